"""The pre-flight's look at gradients: layers that learn nothing, and gradients against differences."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import numpy as np

from gatewise import nn, optim
from gatewise._gates import plain
from gatewise._tensor import Tensor, Values, no_grad
from gatewise.nn import Module, Parameter
from gatewise.train.looking import Finding, Subject, calm, clear
from gatewise.train.scoring import in_batches
from gatewise.train.signs import length
from gatewise.train.tape import named_wires, rectified

TO_DIFFERENTIATE = 4  # images in the gradient check
DEAD = 0.6
LOOKS, DROWNED = 20, 30.0  # a dropout of 0.5 has a share of noise of about 1, one of 0.97 of 30
STEPS_TO_ARRIVE = 5
WRONG_GRADIENT = 1e-3  # relative
DIRECTIONS, LENGTHS = 2, (1e-4, 1e-5, 1e-6)  # a parameter, and of its own size
SMALLEST_SIZE = 1e-3  # that a parameter's entries are taken for: biases begin at 0
ROUNDING = 1e-14  # of a loss in double precision, relative


def dead_layers(subject: Subject) -> Finding:
    """What learns nothing: relus that are all off, layers without a gradient, units that are alike, noise alone."""
    subject.model.train()
    share = share_of_noise(subject)
    if share > DROWNED:
        said = f"what is drawn at random while training moves the scores {share:.3g} times as much as the images do"
        return Finding("dead layers", False, said, "a dropout of 0.5 or less.")
    if len(learned_matrices(subject)) > 1 and not any(np.any(each.value) for _, each in learned_matrices(subject)):
        said, cure = (
            "all weights are 0, so that all units learn the same",
            "weights drawn at random, of Kaiming's size.",
        )
        return Finding("dead layers", False, said, cure)
    if alike := [name for name, parameter in learned_matrices(subject) if all_rows_alike(parameter.value)]:
        said = f"in {', '.join(alike)} the weights of all units are the same, so that all learn the same"
        return Finding("dead layers", False, said, "weights drawn at random, of Kaiming's size.")
    calm(subject.model)
    value = subject.value(subject.X, subject.y)
    names = named_wires(subject.model.named_parameters)
    off = {layer: float(np.mean(~alive.any(axis=0))) for layer, alive in rectified(value.wire, names)}
    dead = [layer for layer, share in off.items() if share >= DEAD]
    if dead:
        said = "; ".join(f"{off[layer]:.0%} of the relus after {layer} are off for every image" for layer in dead)
        return Finding("dead layers", False, said, "biases of 0 and weights drawn around 0, of Kaiming's size.")
    if still := without_gradient(subject):
        said = f"{', '.join(still)} {'gets' if len(still) == 1 else 'get'} no gradient at all"
        return Finding("dead layers", False, said, "weights that are not all equal or 0, and layers that are used.")
    share = max(off.values(), default=0.0)
    return Finding("dead layers", True, f"none; at most {share:.0%} of a layer's relus are off for every image")


def learned_matrices(subject: Subject) -> list[tuple[str, Parameter]]:
    """The matrices and filters that are to be learned, by name."""
    return [(name, each) for name, each in subject.parameters if np.ndim(each.value) > 1 and each.requires_grad]


def all_rows_alike(weight: np.ndarray) -> bool:
    """Whether every unit has the same weights, not all 0: units that begin at 0 can be told apart by what follows."""
    return len(weight) > 1 and bool(np.any(weight)) and bool(np.all(weight == weight[:1]))


def without_gradient(subject: Subject) -> list[str]:
    """The matrices that get no gradient, not even after some steps: behind weights of 0 it arrives one step later."""
    optimizer = optim.Adam(subject.model.parameters(), lr=1e-3)
    still = {name for name, _ in learned_matrices(subject)}
    for _ in range(STEPS_TO_ARRIVE):
        clear(subject)
        subject.value(subject.X, subject.y).backward()
        still -= {name for name, each in learned_matrices(subject) if each.grad is not None and np.any(each.grad)}
        if not still:
            break
        optimizer.step()
    return [name for name, _ in learned_matrices(subject) if name in still]


def share_of_noise(subject: Subject) -> float:
    """How much what is drawn anew at each look moves the scores, over how much the images do; both as variances."""
    with no_grad():
        looks = np.stack([np.asarray(plain(subject.model(subject.X)), dtype=np.float64) for _ in range(2)])
        if not np.isfinite(looks).all() or np.array_equal(*looks):
            return math.inf if nothing_left(subject, looks[0]) else 0.0
        more = [np.asarray(plain(subject.model(subject.X)), dtype=np.float64) for _ in range(LOOKS - 2)]
    looks = np.stack([*looks, *more])
    noise = float(looks.var(axis=0, ddof=1).mean())
    images = float(looks.mean(axis=0).var(axis=0).mean()) - noise / LOOKS
    return noise / images if images > 0 else math.inf


def nothing_left(subject: Subject, scores: Values) -> bool:
    """Whether all images have the same scores while training, and others afterwards."""
    ((_, calmly),) = in_batches(subject.model, subject.X)
    return not np.any(scores - scores[:1]) and bool(np.any(plain(calmly) - plain(calmly)[:1]))


def gradients(subject: Subject) -> Finding:
    """Gradients against differences, in double precision on a few images, along random directions of each parameter."""
    model = in_double_precision(subject.model)
    X, y = np.asarray(subject.X[:TO_DIFFERENTIATE], dtype=np.float64), subject.y[:TO_DIFFERENTIATE]

    def value() -> Tensor:
        return subject.objective(model, model(X), y, subject.loss, subject.reg)

    value().backward()
    found = [(error_along(value, each, np.random.default_rng(k)), name) for k, (name, each) in
             enumerate(model.named_parameters())]  # fmt: skip
    worst, name = max(found, default=(0.0, ""))
    if worst <= WRONG_GRADIENT:
        return Finding("gradients", True, f"agree with differences to {worst:.0e}")
    cure = "look at the rule of a gate of your own between this parameter and the loss: gw.circuit shows each gate's."
    return Finding("gradients", False, f"that of {name} is {worst:.1%} off the numerical one", cure)


def in_double_precision(model: Module) -> Module:
    """A copy of a model, in evaluation, whose parameters are float64."""
    twin = copy.deepcopy(model).train(False)
    doubled: dict[int, Parameter] = {}  # a parameter that two modules share stays one
    for module in twin.modules():
        for name, each in list(vars(module).items()):
            if isinstance(each, nn.Parameter):
                new = doubled.setdefault(id(each), nn.Parameter(np.asarray(plain(each), dtype=np.float64)))
                setattr(module, name, new)
    return twin


def error_along(value: Callable[[], Tensor], parameter: Parameter, rng: np.random.Generator) -> float:
    """The error of the slope along random directions of one parameter, each at the best of its step lengths.

    It is relative to the slope or to the gradient's length, whichever is larger. A kink that a long step meets is not
    met by a shorter one; a wrong gradient is wrong at every length.
    """
    base = np.array(parameter.value)
    gradient = np.zeros_like(base) if parameter.grad is None else np.asarray(parameter.grad)
    size = max(length(base) / math.sqrt(base.size), SMALLEST_SIZE)
    worst = 0.0
    for _ in range(DIRECTIONS):
        move = size * rng.choice([-1.0, 1.0], base.shape)
        claimed, usual = float(np.sum(gradient * move)), size * length(gradient)
        errors = [off(difference(value, parameter, base, move, step), claimed, usual) for step in LENGTHS]
        worst = max(worst, min(errors))
    give_numbers(parameter, base)
    return worst


def difference(
    value: Callable[[], Tensor], parameter: Parameter, base: np.ndarray, move: np.ndarray, step: float
) -> tuple[float, float]:
    """The slope of a loss along a move of one parameter, and what rounding may have done to it."""
    ends = []
    for sign in (1.0, -1.0):
        give_numbers(parameter, base + sign * step * move)
        with no_grad():
            ends.append(float(plain(value())))
    return (ends[0] - ends[1]) / (2 * step), ROUNDING * max(map(abs, ends)) / step


def off(found: tuple[float, float], claimed: float, usual: float) -> float:
    """How far a slope that is claimed lies from the one found, relative to the largest; 0 within its rounding.

    >>> off((2.0, 0.0), 1.9, 0.1)
    0.050000000000000044
    """
    slope, rounding = found
    largest = max(abs(slope), abs(claimed), usual)
    return max(abs(slope - claimed) - rounding, 0.0) / largest if largest else 0.0


def give_numbers(parameter: Parameter, value: np.ndarray) -> None:
    """Give a parameter other numbers."""
    nn.init.fill(parameter, lambda _: value)
