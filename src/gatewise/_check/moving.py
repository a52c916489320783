"""One wrong backward pass at two points, and every value of it moved once: what that changes, and which gradients."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from gatewise._check.comparing import Value, identical, largest, squeezed
from gatewise._check.trials import Heard, Trial
from gatewise._types import Named, Plain

EVENTS = 1000  #: values that are moved, each in a run of its own
ENTRIES = 2_000_000  #: numbers in all of them together
CHANGES = 6000  #: changes of lines that are tried
RUN = 400_000  #: values on the way, times changes that are tried: for long loops fewer
WORK = 1e9  #: numbers in all values, times changes that are tried: for large arrays fewer
Goal = tuple[str, ...]  #: the gradients that are to be made right
P = ParamSpec("P")
T = TypeVar("T")


class TooMuchError(Exception):
    """More happens on the way than can be looked at value by value."""


def remembered(f: Callable[Concatenate[Inquiry, P], T]) -> Callable[Concatenate[Inquiry, P], T]:
    """A function that is asked the same again and again: what it said is kept with the inquiry."""

    @wraps(f)
    def asked(inquiry: Inquiry, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = f, args
        if key not in inquiry.memory:
            inquiry.memory[key] = f(inquiry, *args, **kwargs)
        found: T = inquiry.memory[key]
        return found

    return asked


@dataclass(frozen=True)
class Moved:
    """What became of a run in which one value was moved."""

    by: Any
    gradients: Mapping[str, Any]
    value: Any
    changed: set[int]  #: the later values that are others
    reached: set[str]  #: the gradients that are


class Inquiry:
    """One backward pass, at one point and at another one nearby, and what its values do.

    Whatever else is asked of it are functions that are given it; what these have found out, it keeps (`remembered`).
    """

    def __init__(self, trials: Sequence[Trial]) -> None:
        self.trials = trials
        self.memory: dict[object, Any] = {}
        self.compared = self.tried = self.run_so_far = 0  #: values compared, changes tried, runs to solve for a value
        self.tried_up_to = 0  #: the rank of the last change that was tried
        self.runs = [t.heard() for t in trials]
        self.misshaped = [q for q in trials[0].names if any(r.gradients.get(q) is None for r in self.runs)]
        self.names = [q for q in trials[0].names if q not in self.misshaped]
        self.events = self.runs[0].events
        size = 1 + sum(np.size(e.value) for e in self.events)
        self.is_large = len(self.events) > EVENTS or size > ENTRIES
        if self.is_large and not self.misshaped:
            raise TooMuchError
        self.enough = min(CHANGES, int(WORK / size), RUN // (1 + len(self.events)))
        letters = {np.asarray(e.value).dtype.char for e in self.events if e.value is not None}
        self.close = 1e-3 if "f" in letters else 1e-6
        beside = self.beside()
        try:
            for trial in trials:
                trial.record(beside)
        except Exception:  # what has no gate, what was made a plain array: of the user's forward pass
            self.close = 1e-5
            for trial in trials:
                trial.differ()

    def beside(self) -> set[ast.stmt]:
        """The statements that make values on which the function does not depend."""
        if self.is_large:
            return set()
        found = {self.events[i].place.statement for i in self.moved} - self.touching
        return {s for s in found if not isinstance(s, ast.Return)}

    # ------------------------------------------------------------------------------------------------- what is wrong

    def agree(self, a: Any, b: Any) -> bool:
        """Whether two gradients are equal but for rounding."""
        if a is None or b is None or squeezed(a) != squeezed(b):
            return False
        a, b = np.asarray(a, float).ravel(), np.asarray(b, float).ravel()
        with np.errstate(all="ignore"):
            return bool(np.all((np.abs(a - b) <= max(self.close * largest(b), 1e-12)) | (a == b)))

    def is_one(self, c: float) -> bool:
        """Whether a number that was found by dividing is 1, as far as the floats of the program tell."""
        return abs(c - 1) < max(1e-5, self.close)

    def gradient(self, name: str) -> np.ndarray:
        """A gradient as it was given, of those that came in their parameter's shape."""
        found = self.runs[0].gradients[name]
        assert found is not None
        return found

    def truth(self, n: int, name: str) -> Value:
        given = self.runs[n].gradients[name]
        return np.broadcast_to(self.trials[n].circuit.truth(name), np.shape(given) if given is not None else ())

    def right(self, n: int, gradients: Named, name: str) -> bool:
        g, should = gradients.get(name), self.trials[n].circuit.truth(name)
        if g is None or np.size(should) not in (1, np.size(g)):  # a line that was changed made a parameter another one
            return False
        return self.agree(g, np.broadcast_to(np.ravel(should), np.size(g)).reshape(np.shape(g)))

    def off(self, name: str) -> np.ndarray:
        """Where a gradient is wrong, entry by entry."""
        g, should = np.asarray(self.runs[0].gradients[name], float), np.asarray(self.truth(0, name), float)
        return np.asarray(~(np.abs(g - should) <= max(self.close * largest(should), 1e-12)))

    @cached_property
    def wrong(self) -> Goal:
        runs = list(enumerate(self.runs))
        return tuple(q for q in self.names if not all(self.right(n, r.gradients, q) for n, r in runs))

    def mended(self, n: int, gradients: Mapping[str, object], goal: Iterable[str]) -> bool:
        """Whether the gradients asked for are right, and none that was right is wrong."""
        wanted = {*goal} | ({*self.names} - {*self.wrong})
        return all(self.right(n, gradients, q) for q in wanted)

    @cached_property
    def touching(self) -> set[ast.stmt]:
        """The statements on which the function itself depends: where they run for a gradient too, they are right."""
        value = self.runs[0].value
        return {self.events[i].place.statement for i, m in self.moved.items() if m.value != value}

    # -------------------------------------------------------------------------------------------- what does what

    @cached_property
    def moved(self) -> dict[int, Moved]:
        """For each value of floats that can be moved: by how much it was, and the run with it moved."""
        found = {}
        for i, e in enumerate(self.events):
            if e.value is None or not np.size(e.value):
                continue
            v = np.asarray(e.value)
            if v.dtype.kind == "b":
                by = ~v
                new = by
            else:
                by = (0.1 * (largest(v) or 1.0) * self.direction(v.shape)).astype(v.dtype)
                new = v + by
            try:
                found[i] = self.moved_by(i, np.asarray(by), self.trials[0].heard({i: new}))
            except Exception:
                continue
        return found

    def moved_by(self, i: int, by: Plain, run: Heard) -> Moved:
        later = range(i + 1, len(self.events))
        same_way = len(run.events) == len(self.events)
        changed = {j for j in later if same_way and not identical(run.events[j].value, self.events[j].value)}
        reached = {q for q in self.names if not identical(run.gradients.get(q), self.runs[0].gradients[q])}
        return Moved(by, run.gradients, run.value, changed, reached)

    def direction(self, shape: tuple[int, ...]) -> np.ndarray:
        """The direction in which all values of a shape are moved, so that what becomes of it is found once a wire."""
        return np.random.default_rng(11).normal(size=(int(np.prod(shape)),)).reshape(shape)

    @cached_property
    def changes(self) -> dict[int, set[int]]:
        """For each value, the later ones that it changes."""
        return {i: moved.changed for i, moved in self.moved.items()}

    def spoils(self, i: int) -> bool:
        """Whether a value changes an entry of a gradient that is wrong; where it does not, it is no matter."""
        gradients = self.moved[i].gradients if i in self.moved else {}
        return any(
            bool(np.any(self.off(q) & ~(np.asarray(gradients[q]) == self.runs[0].gradients[q])))
            for q in self.reaches(i)
            if q in self.wrong and gradients.get(q) is not None
        )

    def reaches(self, i: int) -> set[str]:
        """The gradients that a value changes."""
        return self.moved[i].reached if i in self.moved else set()
