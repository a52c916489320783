"""f along one entry of a parameter, or along a direction: values, noise, the branches taken, and the complex step."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np

from gatewise._check.parameters import Parameter
from gatewise._check.recorded import Choice, Run, choices, first_difference, gates, run
from gatewise._check.subject import Subject
from gatewise._numerical import Direction, Judgement, complex_slope
from gatewise._numerical.evidence import OWN_ERROR, SURE
from gatewise._numerical.lines import EPS

T = TypeVar("T")

EXPLAINED = 64 * EPS  # of the value of f: noise that float64 makes; what is more may belong to one entry alone


class Probe:
    """Moves one parameter of a subject, and puts it back; `run` is the recording, where there is one."""

    def __init__(self, subject: Subject, parameter: Parameter, run: Run | None) -> None:
        self.subject, self.parameter, self.run = subject, parameter, run
        self.size = size_of(parameter.array)

    # ----------------------------------------------------------------------------------------------------------- lines

    def entry(self, index: tuple[Any, ...]) -> Direction:
        """f along one entry."""
        array, kind = self.parameter.array, self.parameter.array.dtype.type
        here = float(array[index])

        def at(t: float) -> float:
            before = array[index]
            try:
                array[index] = here + t
                return self.subject.value()
            finally:
                array[index] = before

        unit = float(np.spacing(kind(abs(here)))) if here else 0.0
        alone = array.size == 1 or self.run is not None
        made: Direction = Direction(
            at,
            place=lambda t: float(kind(here + t)),
            scale=max(abs(here), self.size),
            least=min(abs(here) or self.size, self.size),
            noise=None if self.run is None else self.run.noise,
            unit=unit,
            measured=None if alone else lambda: self.noise if self.explained else made.tabled(),
        )
        return self.looked_into(made)

    def direction(self, v: Any, floor: float = 0.0) -> Direction:
        """f along a direction of the whole array."""
        array, base = self.parameter.array, self.parameter.array.copy()

        def at(t: float) -> float:
            try:
                array[...] = base + t * v
                return self.subject.value()
            finally:
                array[...] = base

        made = Direction(
            at,
            unit=self.parameter.eps,
            noise=None if self.run is None else self.run.noise,
            floor=floor,
        )
        return self.looked_into(made)

    def looked_into(self, line: Direction) -> Direction:
        """A line of a function that can be recorded: the branches that it takes and what rounds, at any point."""
        if self.run is not None:
            line.same, line.noise_at = partial(self.keeps_its_branches, line), partial(self.noise_at, line)
        return line

    @cached_property
    def noise(self) -> float:
        """The noise of f along a direction that moves every entry by a part of itself: one table for all of them.

        Along a single entry f may stand still, and a table that grows until it moves runs over the next corner.
        """
        array, draw = self.parameter.array, np.random.default_rng(array_seed(self.parameter))
        part = np.where(array == 0, self.size, np.minimum(np.abs(array), self.size))
        return self.direction(draw.choice((-1.0, 1.0), array.shape) * draw.uniform(0.5, 1.5, array.shape) * part).noise

    @property
    def explained(self) -> bool:
        """Whether rounding in float64 makes as much noise as was measured."""
        return self.noise <= EXPLAINED * abs(self.subject.start)

    # -------------------------------------------------------------------------------------------------------- branches

    def choices_at(self, line: Direction, t: float) -> list[Choice]:
        """The branches f takes at a point of a line."""
        return self.done_at(line, t, lambda: choices(self.subject.on_tensors, self.subject.code)[0])

    def noise_at(self, line: Direction, t: float) -> float:
        """What rounds at a point of a line, by a recording there; 0 where there is none."""
        try:
            return self.done_at(line, t, lambda: run(self.subject.on_tensors, self.subject.upstream)).noise
        except Exception:  # f cannot be recorded there
            return 0.0

    def done_at(self, line: Direction, t: float, something: Callable[[], T]) -> T:
        """Something else than running f, where the parameter has been moved to a point of a line."""
        found: list[T] = []

        def listen() -> float:
            found.append(something())
            return 0.0

        self.subject.instead = listen
        try:
            line.again(t)
        finally:
            self.subject.instead = None
        return found[0]

    def keeps_its_branches(self, line: Direction, t: float) -> bool:
        """Whether f takes the same branches at a point of a line as at x."""
        try:
            return first_difference(self.branches, self.choices_at(line, t)) is None
        except Exception:  # f cannot be recorded there
            return False

    @cached_property
    def branches(self) -> list[Choice]:
        """The branches f takes at x."""
        return choices(self.subject.on_tensors, self.subject.code)[0]

    def where_it_chooses(self, line: Direction, h: float) -> Choice | None:
        """The choice that makes a kink, where the function can be recorded."""
        if self.run is None:
            return None
        try:
            return first_difference(self.choices_at(line, h), self.choices_at(line, -h))
        except Exception:
            return None

    # ----------------------------------------------------------------------------------------------------- complex step

    def complex_slope(self, index: tuple[Any, ...]) -> tuple[float, float] | None:
        """The derivative along one entry by the complex step, and its bar; None where f is not analytic all the way."""
        subject, p = self.subject, self.parameter
        if self.run is None or not is_analytic(subject):
            return None
        moved = p.array.astype(complex)
        here = moved[index]

        def at(t: complex) -> complex:
            moved[index] = here + t
            value = moved if isinstance(p.given, np.ndarray) else complex(moved[()])
            out = subject.output(subject.call(lambda q: value if q is p else q.now()))
            return complex(np.sum(np.asarray(out) * (1.0 if subject.weights is None else subject.weights)))

        try:
            found = complex_slope(at, abs(here) or 1.0)
        except Exception:
            return None
        return None if found is None else (found[0], found[1] + 4 * self.run.noise / (abs(here) or 1.0))


def size_of(array: Any) -> float:
    """The size of an array's entries together: a step of any of them is measured by it."""
    return (float(np.sqrt(np.mean(np.square(array, dtype=float)))) if array.size > 1 else 0.0) or 1.0


def array_seed(p: Parameter) -> list[int]:
    """A seed of its own for every shape: the same check asks at the same places."""
    return [p.size, *p.array.shape]


def is_analytic(subject: Subject) -> bool:
    """Whether every gate on the way takes complex numbers and is analytic."""
    if subject.analytic is None:
        try:
            subject.analytic = subject.held is None and all(gate.analytic for gate in gates(subject.on_tensors))
        except Exception:
            subject.analytic = False
    return subject.analytic


def as_judgement(found: tuple[float, float], given: float, close: float, floor: float) -> Judgement | None:
    """What a slope without differences says of a gradient; None where it cannot tell either.

    An error beyond `floor` that is large beside the entry itself is none that is right.
    """
    value, bar = found
    away = abs(given - value)
    its_own = away > max(OWN_ERROR * max(abs(given), abs(value)), floor) and 3 * SURE * bar < away
    if away + bar <= close and not its_own:
        return Judgement("right", "", value, bar)
    if math.isfinite(away) and away > 3 * bar + close:
        return Judgement("wrong", "", value, bar)
    return None
