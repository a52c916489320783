"""Vital signs: what a loop that trains shows of its health, step by step.

`Signs` takes the place of two lines of a loop: `signs.backward(loss)` for `loss.backward()` and `signs.step()` for
`optimizer.step()`. It measures every so many steps, and says each thing once.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._circuit import Wire
from gatewise._errors import DivergedError
from gatewise._tensor import Tensor, gradient_of
from gatewise._types import Json
from gatewise.nn import Module, Parameter
from gatewise.optim import Optimizer
from gatewise.train.held import FINITE, FLAG, LIST, NUMBER, TEXT, WHOLE, Held, Kind
from gatewise.train.settings import held_by
from gatewise.train.tape import finite, first_non_finite, named_wires, rectified

EVERY = 50  # steps between two measurements
WARM_UP = 50  # steps after which ratios are judged: first steps from tiny weights are long
IN_A_ROW = 3  # measurements that must agree before a ratio is spoken of

DEAD = 0.6  # the share of a layer's units that are off for a whole batch
ROWS_TO_TELL = 50  # a unit that is off for fewer images may only be choosy
LARGE_RATIO, SMALL_RATIO = 0.1, 1e-6  # of an update to its weights; about 1e-3 is usual
RATE_IS_OVER = 0.1  # of the first rate: a schedule that has come this far down is meant to make small updates
SPREAD_OF_LAYERS = 1e5  # between the relative gradients of two layers
GROWTH = 1e3  # of a layer's gradient over its own median
REMEMBERED = 20


def is_streak(value: Any) -> bool:
    kinds = (TEXT, TEXT, WHOLE)
    return LIST.fits(value) and len(value) == 3 and all(kind.fits(each) for kind, each in zip(kinds, value))


STREAKS = Kind("a list of kind, place and count", lambda value: LIST.fits(value) and all(map(is_streak, value)))
LENGTHS = Kind("a list of numbers", lambda value: LIST.fits(value) and all(map(NUMBER.fits, value)))


@dataclass(frozen=True)
class Sign:
    """One thing that was seen: its kind, where, what it says, what to do, and in which step, counted from 1."""

    kind: str
    where: str
    said: str
    cure: str
    step: int = 0

    def __str__(self) -> str:
        return f"step {self.step}: {self.said}\n  instead: {self.cure}"


@dataclass
class Measured:
    """What the last measurement gave, by parameter: the length of its gradient and of its update, over its own."""

    gradients: dict[str, float] = field(default_factory=dict)
    updates: dict[str, float] = field(default_factory=dict)
    off: dict[str, float] = field(default_factory=dict)


class Signs:
    """Watches a module and its optimiser through a loop; `found` has what was seen, `measured` the last numbers.

    `say` is called with each new `Sign`. `backward` raises `DivergedError` where the loss or a gradient is no finite
    number: the step is then not applied.

    >>> import numpy as np
    >>> import gatewise as gw
    >>> net = gw.nn.Linear(2, 3)
    >>> optimizer = gw.optim.SGD(net.parameters(), lr=0.1)
    >>> signs = Signs(net, optimizer)
    >>> for _ in range(2):
    ...     loss = gw.nn.functional.cross_entropy(net(np.ones((4, 2), np.float32)), np.array([0, 1, 2, 0]))
    ...     signs.backward(loss)  # and no optimizer.zero_grad()
    ...     signs.step()
    >>> [sign.kind for sign in signs.found]
    ['zero_grad']
    """

    def __init__(
        self, model: Module, optimizer: Optimizer, *, every: int = EVERY, say: Callable[[Sign], object] | None = None
    ) -> None:
        self.model, self.optimizer, self.every, self.say = model, optimizer, every, say
        self.found: list[Sign] = []
        self.measured = Measured()
        self.steps = 0
        self.first_rate = self.rate
        self.streaks: dict[tuple[str, str], int] = {}
        self.past: dict[str, list[float]] = {}
        self.stepped = False

    # ------------------------------------------------------------------------------------------------- in the loop

    def backward(self, loss: Tensor) -> None:
        """Take the place of `loss.backward()`."""
        parameters = self.parameters()
        if self.stepped:
            self.look_for_leftovers(parameters)
            self.stepped = False  # further calls before the next step add gradients up on purpose
        names = named_wires(self.model.named_parameters)
        if not finite(loss.value):
            raise self.diverged(f"the loss is {float(loss.item())}", first_non_finite(loss.wire, names))
        if self.due and loss.wire is not None:
            self.look_at_rectifiers(loss.wire, names)
        loss.backward()
        for name, parameter in parameters:
            if not parameter.requires_grad:
                continue
            if (gradient := gradient_of(parameter)) is None:
                self.tell("unused", name, f"{name} gets no gradient: the loss does not depend on it.",
                          "use it in forward(), or leave it out of the module.")  # fmt: skip
            elif not finite(gradient):
                raise self.diverged(f"the gradient of {name} is not finite", f"the gradient of {name}")
        if self.due:
            self.look_at_gradients(parameters)

    def step(self) -> None:
        """Take the place of `optimizer.step()`."""
        due, parameters = self.due, self.parameters()
        before = {name: np.array(parameter.value) for name, parameter in parameters} if due else {}
        self.optimizer.step()
        if due:
            self.look_at_updates(before, parameters)
        self.steps += 1
        self.stepped = True

    def state(self) -> Json:
        """What decides which signs are seen from here on, as a checkpoint holds it."""
        streaks = [[kind, where, count] for (kind, where), count in self.streaks.items()]
        found = [asdict(sign) for sign in self.found]
        told = {"steps": self.steps, "stepped": self.stepped, "first_rate": self.first_rate}
        return told | {"found": found, "streaks": streaks, "past": self.past}

    def restore(self, state: Mapping[str, object] | Held) -> None:
        """Go on from where `state()` was taken. Raises `CheckpointError` for anything else."""
        held = state if isinstance(state, Held) else Held(dict(state))
        self.steps, self.stepped = held.take("steps", WHOLE), held.take("stepped", FLAG)
        self.first_rate = held.take("first_rate", FINITE)
        self.found = [each.made(Sign) for each in held.each("found")]
        self.streaks = {(kind, where): count for kind, where, count in held.take("streaks", STREAKS)}
        self.past = {name: list(lengths) for name, lengths in held.inside("past").all(LENGTHS).items()}

    # ---------------------------------------------------------------------------------------------- what is looked at

    @property
    def due(self) -> bool:
        """Whether this step is measured."""
        return self.steps % self.every == 0

    @property
    def rate(self) -> float:
        return max((float(group["lr"]) for group in self.optimizer.param_groups), default=0.0)

    def parameters(self) -> list[tuple[str, Parameter]]:
        return list(self.model.named_parameters())

    def look_for_leftovers(self, parameters: Sequence[tuple[str, Parameter]]) -> None:
        """Gradients that are still there after a step are added to: the next step goes along their sum."""
        own = held_by(self.optimizer)  # what others hold, zero_grad() does not reach
        if not any(id(parameter) in own for _, parameter in parameters):
            self.tell("optimizer", "", "the optimizer has none of the model's parameters, and moves nothing.",
                      "make it from model.parameters(), after the model was made.")  # fmt: skip
        left = [name for name, parameter in parameters if id(parameter) in own and np.any(gradient_of(parameter))]
        if left:
            self.tell("zero_grad", left[0], "the gradients of the step before are still there, and are added to.",
                      "optimizer.zero_grad() before loss.backward().")  # fmt: skip

    def look_at_rectifiers(self, loss: Wire, names: dict[int, str]) -> None:
        for layer, alive in rectified(loss, names):
            off = self.measured.off[layer] = float(np.mean(~alive.any(axis=0)))
            if off >= DEAD and len(alive) >= ROWS_TO_TELL:
                said = f"{off:.0%} of the relus after {layer} are off for every image of the batch."
                cure = "a lower rate, or smaller first weights: what is off gets no gradient, and stays off."
                self.tell("dead", layer, said, cure)

    def look_at_gradients(self, parameters: Sequence[tuple[str, Parameter]]) -> None:
        relative: dict[str, float] = {}
        for name, parameter in parameters:
            found = gradient_of(parameter)
            if found is None or np.ndim(parameter.value) < 2:
                continue  # a bias begins at 0, and has no size to compare with
            gradient, weight = length(found), length(parameter.value)
            relative[name] = gradient / weight if weight else math.inf
            self.look_for_growth(name, gradient)
        self.measured.gradients = relative
        self.look_at_layers({name: value for name, value in relative.items() if 0 < value < math.inf})

    def look_for_growth(self, name: str, gradient: float) -> None:
        past = self.past.setdefault(name, [])
        usual = statistics.median(past) if len(past) >= IN_A_ROW else 0.0
        if usual and gradient > GROWTH * usual:
            self.tell("exploding", name, f"the gradient of {name} is {gradient / usual:.0f} times its usual length.",
                      "a lower rate; or scale long gradients down before the step.")  # fmt: skip
        past.append(gradient)
        del past[:-REMEMBERED]

    def look_at_layers(self, relative: dict[str, float]) -> None:
        if len(relative) < 2:
            return
        names = list(relative)
        small, large = min(relative, key=lambda name: relative[name]), max(relative, key=lambda name: relative[name])
        if not self.lasts("layers", small, relative[large] > SPREAD_OF_LAYERS * relative[small]):
            return
        times = f"{relative[large] / relative[small]:.0e}"
        if names.index(small) < names.index(large):
            self.tell("vanishing", small, f"the gradient vanishes on its way back: {small}'s is {times} times smaller, "
                      f"for its weights, than {large}'s.", "relu for sigmoid, Kaiming weights, or batch "
                      "normalisation.")  # fmt: skip
        else:
            self.tell("exploding", large, f"the gradient grows on its way back: {large}'s is {times} times larger, "
                      f"for its weights, than {small}'s.", "smaller weights, or batch normalisation.")  # fmt: skip

    def look_at_updates(self, before: dict[str, np.ndarray], parameters: Sequence[tuple[str, Parameter]]) -> None:
        self.measured.updates = {}
        slowed, own = self.rate < RATE_IS_OVER * self.first_rate, held_by(self.optimizer)
        for name, parameter in parameters:
            weight = length(before[name])
            if np.ndim(parameter.value) < 2 or not weight or id(parameter) not in own:
                continue
            ratio = self.measured.updates[name] = length(parameter.value - before[name]) / weight
            judged = self.steps >= WARM_UP
            if self.lasts("large update", name, judged and ratio > LARGE_RATIO):
                self.tell("large update", name, f"an update changes {name} by {ratio:.0%} of its length; 0.1 % is "
                          "usual.", f"a rate {tidy(ratio / 1e-3)} times lower.")  # fmt: skip
            still = not ratio and not slowed and bool(np.any(gradient_of(parameter)))
            if self.lasts("no update", name, still):
                self.tell("no update", name, f"{name} has a gradient, and its updates do not change it.",
                          "a rate above 0." if not self.rate else "a higher rate.")  # fmt: skip
            if self.lasts("small update", name, judged and not slowed and 0 < ratio < SMALL_RATIO):
                self.tell("small update", name, f"an update changes {name} by {ratio:.0e} of its length; 1e-3 is "
                          "usual.", f"a rate {tidy(1e-3 / ratio)} times higher.")  # fmt: skip

    def lasts(self, kind: str, where: str, seen: bool) -> bool:
        """Whether something was seen in several measurements one after the other."""
        key = (kind, where)
        self.streaks[key] = self.streaks.get(key, 0) + 1 if seen else 0
        return self.streaks[key] >= IN_A_ROW

    # ----------------------------------------------------------------------------------------------------- telling

    def tell(self, kind: str, where: str, said: str, cure: str) -> None:
        """Say a thing the first time that it is seen at this place."""
        if any(sign.kind == kind and sign.where == where for sign in self.found):
            return
        sign = Sign(kind, where, said, cure, self.steps + 1)
        self.found.append(sign)
        if self.say is not None:
            self.say(sign)

    def diverged(self, what: str, wire: str) -> DivergedError:
        """The error for a step that is not applied."""
        return DivergedError(
            f"step {self.steps + 1}: {what}.\n  The first that is not finite: {wire}.",
            "the weights have grown too far, or an operation left its domain; this step was not applied.",
            f"a rate lower than {self.rate:g}.",
        )


def length(values: npt.ArrayLike) -> float:
    """The root of the sum of the squares.

    >>> length([3.0, 4.0])
    5.0
    """
    flat = np.asarray(values).reshape(-1)
    with np.errstate(all="ignore"):
        total = float(flat @ flat)
    return math.sqrt(total) if math.isfinite(total) else float(np.linalg.norm(flat.astype(np.float64)))


def tidy(times: float) -> str:
    """A factor to one digit: 30 for 27.3."""
    return f"{float(f'{times:.0e}'):g}"
