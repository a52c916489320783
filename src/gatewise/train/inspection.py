"""What the course says to look at before a long run: seconds that save hours.

Each check is a function that looks at a `Subject` and returns a `Finding`: what it saw, and whether that is healthy.
Whatever they do to the model (steps, running statistics, random draws) is undone.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise import data, nn, optim
from gatewise._tensor import Tensor, no_grad
from gatewise.nn import functional
from gatewise.train.fitting import classes_of, objective, weights
from gatewise.train.signs import length
from gatewise.train.tape import finite, first_affine, named_wires, plain, rectified

Loss = Callable[[Any, Any], Any]

IMAGES = 100  # looked at by most checks
TO_COMPARE = 2000  # images whose neighbours are asked for their class
TO_OVERFIT, STEPS_TO_OVERFIT, LEARNED = 20, 150, 0.95
TO_DIFFERENTIATE = 4  # images in the gradient check
TRIAL = 20  # steps with a rate, on one batch
FAR = 100.0  # how much higher a rate is tried where the one given hardly moves

SCALE = (0.5, 2.0)  # of the first loss, in units of what chance gives
PROPORTION = 0.02  # what the loss of equal scores may be off
LARGEST_SUM, LARGEST_INPUT, SMALLEST_INPUT = 20.0, 20.0, 1e-3
DEAD = 0.6
WRONG_GRADIENT = 1e-3  # relative
DIRECTIONS, LENGTHS = 2, (1e-4, 1e-5, 1e-6)  # a parameter, and of its own size
SMALLEST_SIZE = 1e-3  # that a parameter's entries are taken for: biases begin at 0
ROUNDING = 1e-14  # of a loss in double precision, relative
HARDLY = 0.06  # of the loss: what a rate that is right takes off within the trial
WORSE, PEAK = 1.05, 3.0  # times the first loss
EVIDENCE = 4.0  # standard deviations above chance
ENOUGH_TO_TELL = 100  # images


@dataclass(frozen=True)
class Finding:
    """What one check saw: `healthy` or not, and where not, what to do."""

    check: str
    healthy: bool
    said: str
    cure: str = ""

    def __str__(self) -> str:
        head = f"{self.check}: {self.said}"
        return head if self.healthy else f"{head}\n  instead: {self.cure}"


@dataclass(frozen=True)
class Report:
    """All findings, in the order of the checks. Empty `warnings` mean that nothing speaks against the run.

    >>> report = Report([Finding("input scale", True, "mean 0.0, deviation 1.0")])
    >>> report.healthy, str(report)
    (True, 'input scale: mean 0.0, deviation 1.0')
    """

    findings: list[Finding]

    @property
    def warnings(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.healthy]

    @property
    def healthy(self) -> bool:
        return not self.warnings

    def __getitem__(self, check: str) -> Finding:
        return next(finding for finding in self.findings if finding.check == check)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


@dataclass(frozen=True)
class Subject:
    """What is looked at: a model, a few of its images, its loss and its optimiser."""

    model: Any
    X: Any
    y: Any
    classes: int
    loss: Loss
    reg: float
    optimizer: Any
    expected: float | None  # the loss where all scores are 0
    objective: Callable[..., Any]

    def value(self, X: Any, y: Any, reg: float = 0.0) -> Any:
        """The loss, regularised, with its tape."""
        return self.objective(self.model, self.model(X), y, self.loss, reg)

    @property
    def parameters(self) -> list[tuple[str, Any]]:
        return list(self.model.named_parameters())


def preflight(
    model: Any,
    X: Any,
    y: Any,
    *,
    loss: Loss = functional.cross_entropy,
    reg: float = 0.0,
    optimizer: Any = None,
    expected: float | None = None,
    objective: Callable[..., Any] = objective,
    rng: int | np.random.Generator = 0,
) -> Report:
    """Look at a model, its images `X` (N, ...) and classes `y` before it is trained, as the course advises.

    Looked at are: the scale of the images, whether the labels have to do with them, the loss of equal scores and the
    first loss against ln C, regularisation, dead layers, gradients against differences, whether 20 images can be
    overfitted, and, with an `optimizer`, its rate. `expected` is the loss where all scores are 0: ln C for a softmax
    loss, C - 1 for an SVM's. An `objective(model, scores, y, loss, reg)` of one's own takes the place of the loss plus
    `reg` times the sum of the squared weights. Model, optimiser and generators are as they were, afterwards.
    Raises `DataError` for labels and images that cannot be learned.

    >>> import numpy as np, gatewise as gw
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 3, 300)
    >>> X = (rng.standard_normal((300, 5)) + 2 * np.eye(3, 5)[y]).astype(np.float32)
    >>> preflight(gw.nn.Linear(5, 3), X, y).healthy
    True
    >>> print(preflight(gw.nn.Linear(5, 3), 1000 * X, y)["input scale"].healthy)
    False
    """
    classes = classes_of(model, X)
    X, y = data.checked(X, y, classes)
    chosen = np.random.default_rng(rng).permutation(len(X))
    few = chosen[:IMAGES]
    if expected is None:
        expected = classes - 1.0 if "hinge" in getattr(loss, "__name__", "") else math.log(classes)
    subject = Subject(model, X[few], y[few], classes, loss, reg, optimizer, expected, objective)
    findings = [related_labels(X[chosen[:TO_COMPARE]], y[chosen[:TO_COMPARE]], classes)]
    for check in CHECKS:
        with undone(subject):
            finding = check(subject)
        if finding is not None:
            findings.append(finding)
    return Report(findings)


@contextmanager
def undone(subject: Subject) -> Iterator[None]:
    """Put model, optimiser and generators back as they were."""
    model, optimizer = subject.model, subject.optimizer
    training = {name: module.training for name, module in model.named_modules()}
    kept, drawn = model.state_dict(), model.random_state()
    steps = None if optimizer is None else copy.deepcopy(optimizer.state_dict())
    gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
    try:
        with np.errstate(all="ignore"):
            yield
    finally:
        model.load_state_dict(kept)
        if optimizer is not None:
            optimizer.load_state_dict(steps)
        model.load_random_state(drawn)
        for name, module in model.named_modules():
            module.training = training[name]
        for parameter, gradient in gradients:
            parameter.grad = gradient


# ---------------------------------------------------------------------------------------------------- the images


def input_scale(subject: Subject) -> Finding:
    """Whether the images are centred and of a size that the first weights are drawn for."""
    X = np.asarray(subject.X, dtype=np.float64)
    mean, deviation = float(X.mean()), float(X.std())
    size = math.hypot(mean, deviation)
    sums = first_sums(subject)
    said = f"mean {mean:.3g}, deviation {deviation:.3g}; the first layer's sums are about {sums:.3g}"
    cure = "subtract the mean image and divide by the deviation, both of the training images."
    centred = abs(mean) <= deviation / 2
    healthy = size >= SMALLEST_INPUT and sums <= LARGEST_SUM and (size <= LARGEST_INPUT or centred)
    return Finding("input scale", healthy, said, cure)


def first_sums(subject: Subject) -> float:
    """The size of what the first layer with weights gives: the root of the mean square."""
    names = named_wires(subject.model.named_parameters)
    scores = subject.model(subject.X)
    return float(np.sqrt(np.mean(np.square(first_affine(scores.wire, names), dtype=np.float64))))


def related_labels(X: Any, y: Any, classes: int) -> Finding:
    """Whether images of one class look more alike than others: by the nearest mean, and by the nearest image."""
    if len(X) < ENOUGH_TO_TELL:
        return Finding("labels", True, f"too few images ({len(X)}) to tell")
    half = len(X) // 2
    flat = X.reshape(len(X), -1).astype(np.float64)
    flat = (flat - flat.mean(axis=0)) / (flat.std() or 1.0)
    known, asked, answers, right = flat[:half], flat[half:], y[:half], y[half:]
    present = np.unique(answers)
    means = np.stack([known[answers == each].mean(axis=0) for each in present])
    by_mean = np.mean(present[nearest(asked, means)] == right)
    by_image = np.mean(answers[nearest(asked, known)] == right)
    shares = np.bincount(y, minlength=classes) / len(y)
    chance = float(max(np.sum(shares**2), shares.max()))
    doubt = math.sqrt(chance * (1 - chance) / len(right))
    best = max(float(by_mean), float(by_image))
    said = f"the nearest images name the class of {best:.0%}, chance {chance:.0%}"
    cure = "look at a few images with their labels; shuffle both in one order: X[order], y[order]."
    return Finding("labels", best > chance + EVIDENCE * doubt or chance > 1 - 1e-9, said, cure)


def nearest(points: Any, others: Any) -> Any:
    """The row of `others` that lies nearest to each point."""
    return np.argmin(np.sum(others**2, axis=1) - 2 * points @ others.T, axis=1)


# ------------------------------------------------------------------------------------------------------- the loss


def scale_of_loss(subject: Subject) -> Finding:
    """The loss of scores that are all equal is known; a sum in place of a mean, or a factor, shows here."""
    assert subject.expected is not None
    scores = np.zeros((len(subject.X), subject.classes), dtype=subject.X.dtype)
    found = float(plain(subject.loss(Tensor(scores), subject.y)))
    ratio = found / subject.expected
    said = f"{found:.4g} where all scores are equal; {subject.expected:.4g} is what chance gives"
    whole = math.isclose(ratio, len(subject.X), rel_tol=PROPORTION)
    cure = "take the mean over the images, not their sum." if whole else f"divide the loss by {ratio:.3g}."
    return Finding("loss of equal scores", abs(ratio - 1) <= PROPORTION, said, cure)


def first_loss(subject: Subject) -> Finding:
    """With small weights no class is preferred, so the first loss is near what chance gives."""
    assert subject.expected is not None
    found = float(subject.value(subject.X, subject.y).item())
    low, high = (factor * subject.expected for factor in SCALE)
    said = f"{found:.4g}; about {subject.expected:.4g} is what chance gives"
    cure = "smaller weights in the last layer, and images of the scale that the weights are drawn for."
    return Finding("first loss", bool(low <= found <= high), said, cure)


def regularisation(subject: Subject) -> Finding:
    """Regularisation makes the loss larger, or was forgotten on the way. Seen in double: tiny weights cost little."""
    model, strength = in_double_precision(subject.model), subject.reg or 1.0
    X, y = np.asarray(subject.X, dtype=np.float64), subject.y
    with no_grad():
        without, with_it = (
            float(plain(subject.objective(model, model(X), y, subject.loss, reg))) for reg in (0.0, strength)
        )
    said = f"{strength:g} raises the loss by {with_it - without:.3g}"
    cure = "loss = loss + reg * np.sum(W * W), for each matrix of weights."
    weightless = not any(np.any(weight.value) for weight in weights(model))
    return Finding("regularisation", weightless or with_it > without or not finite(without), said, cure)


# -------------------------------------------------------------------------------------------------- the gradients


def dead_layers(subject: Subject) -> Finding:
    """Layers whose relus are all off, and parameters whose gradient is 0 for every image, learn nothing."""
    subject.model.train()
    calm(subject.model)
    clear(subject)
    value = subject.value(subject.X, subject.y)
    names = named_wires(subject.model.named_parameters)
    off = {layer: float(np.mean(~alive.any(axis=0))) for layer, alive in rectified(value.wire, names)}
    value.backward()
    still = [
        name
        for name, parameter in subject.parameters
        if np.ndim(parameter.value) > 1 and (parameter.grad is None or not np.any(parameter.grad))
    ]
    dead = [layer for layer, share in off.items() if share >= DEAD]
    if dead:
        said = "; ".join(f"{off[layer]:.0%} of the relus after {layer} are off for every image" for layer in dead)
        return Finding("dead layers", False, said, "biases of 0 and weights drawn around 0, of Kaiming's size.")
    if still:
        said = f"{', '.join(still)} {'gets' if len(still) == 1 else 'get'} no gradient at all"
        return Finding("dead layers", False, said, "weights that are not all equal or 0, and layers that are used.")
    share = max(off.values(), default=0.0)
    return Finding("dead layers", True, f"none; at most {share:.0%} of a layer's relus are off for every image")


def gradients(subject: Subject) -> Finding:
    """Gradients against differences, in double precision on a few images, along random directions of each parameter."""
    model = in_double_precision(subject.model)
    X, y = np.asarray(subject.X[:TO_DIFFERENTIATE], dtype=np.float64), subject.y[:TO_DIFFERENTIATE]

    def value() -> Any:
        return subject.objective(model, model(X), y, subject.loss, subject.reg)

    value().backward()
    found = [(error_along(value, each, np.random.default_rng(k)), name) for k, (name, each) in
             enumerate(model.named_parameters())]  # fmt: skip
    worst, name = max(found, default=(0.0, ""))
    if worst <= WRONG_GRADIENT:
        return Finding("gradients", True, f"agree with differences to {worst:.0e}")
    cure = "look at the rule of a gate of your own between this parameter and the loss: gw.circuit shows each gate's."
    return Finding("gradients", False, f"that of {name} is {worst:.1%} off the numerical one", cure)


def in_double_precision(model: Any) -> Any:
    """A copy of a model, in evaluation, whose parameters are float64."""
    twin = copy.deepcopy(model).train(False)
    doubled: dict[int, Any] = {}  # a parameter that two modules share stays one
    for module in twin.modules():
        for name, each in list(vars(module).items()):
            if isinstance(each, nn.Parameter):
                new = doubled.setdefault(id(each), nn.Parameter(np.asarray(plain(each), dtype=np.float64)))
                setattr(module, name, new)
    return twin


def error_along(value: Callable[[], Any], parameter: Any, rng: np.random.Generator) -> float:
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
    moved(parameter, base)
    return worst


def difference(value: Callable[[], Any], parameter: Any, base: Any, move: Any, step: float) -> tuple[float, float]:
    """The slope of a loss along a move of one parameter, and what rounding may have done to it."""
    ends = []
    for sign in (1.0, -1.0):
        moved(parameter, base + sign * step * move)
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


def moved(parameter: Any, value: Any) -> None:
    """Give a parameter other numbers."""
    nn.init.fill(parameter, lambda _: value)


# -------------------------------------------------------------------------------------------------------- learning


def overfitting(subject: Subject) -> Finding:
    """A net that can learn at all learns twenty images by heart, without regularisation."""
    X, y = subject.X[:TO_OVERFIT], subject.y[:TO_OVERFIT]
    best = 0.0
    start = subject.model.state_dict()
    for rate in (1e-3, 1e-4, 1e-2):
        subject.model.load_state_dict(start)
        best = max(best, learned(subject, X, y, optim.Adam(subject.model.parameters(), lr=rate)))
        if best >= LEARNED:
            break
    said = f"{len(X)} images are learned by heart to {best:.0%}"
    cure = (
        "look for layers that pass nothing on, labels that contradict each other, and a loss that is not of the scores."
    )
    return Finding("overfitting 20 images", best >= LEARNED, said, cure)


def learned(subject: Subject, X: Any, y: Any, optimizer: Any) -> float:
    """The best accuracy on the images that are learned, within so many steps."""
    subject.model.train()
    calm(subject.model)
    best = 0.0
    for _ in range(STEPS_TO_OVERFIT):
        optimizer.zero_grad()
        scores = subject.model(X)
        best = max(best, float(np.mean(np.argmax(plain(scores), axis=1) == y)))
        value = subject.objective(subject.model, scores, y, subject.loss, 0.0)
        if best >= LEARNED or not finite(value.value):
            break
        value.backward()
        optimizer.step()
    return best


def rate(subject: Subject) -> Finding | None:
    """Some steps on one batch at the rate given; where they hardly move the loss, some at a rate far higher."""
    if subject.optimizer is None:
        return None
    rates = [float(group["lr"]) for group in subject.optimizer.param_groups]
    losses = trial(subject, 1.0)
    first, last, peak = losses[0], losses[-1], max(losses)
    told = f"{max(rates):g}: the loss of one batch goes from {first:.4g} to {last:.4g} in {TRIAL} steps"
    if not all(map(math.isfinite, losses)) or last > WORSE * first or peak > PEAK * first:
        return Finding("rate", False, told, f"a lower rate, such as {max(rates) / FAR:g} to {max(rates) / 10:g}.")
    if first - last < HARDLY * first:
        far = trial(subject, FAR)
        gained, fine = far[0] - far[-1], all(map(math.isfinite, far)) and max(far) <= WORSE * far[0]
        if fine and gained > 10 * max(first - last, 1e-6 * first):
            cure = f"a higher rate: {FAR * max(rates):g} takes it to {far[-1]:.4g}."
            return Finding("rate", False, told, cure)
    return Finding("rate", True, told)


def trial(subject: Subject, times: float) -> list[float]:
    """The loss of one batch before each of some steps, and after the last, at a multiple of the rate."""
    losses = []
    with undone(subject):
        subject.model.train()
        calm(subject.model)
        for group in subject.optimizer.param_groups:
            group["lr"] *= times
        for _ in range(TRIAL):
            subject.optimizer.zero_grad()
            value = subject.value(subject.X, subject.y, subject.reg)
            losses.append(float(value.item()))
            if not math.isfinite(losses[-1]):
                return losses
            value.backward()
            subject.optimizer.step()
        losses.append(float(subject.value(subject.X, subject.y, subject.reg).item()))
    return losses


CHECKS: tuple[Callable[[Subject], Finding | None], ...] = (
    input_scale, scale_of_loss, first_loss, regularisation, dead_layers, gradients, overfitting, rate,
)  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- pieces


def calm(model: Any) -> None:
    """Switch off what is drawn anew in every step, so that what is left is the net's."""
    for module in model.modules():
        if "Dropout" in type(module).__name__:
            module.train(False)


def clear(subject: Subject) -> None:
    for _, parameter in subject.parameters:
        parameter.grad = None
