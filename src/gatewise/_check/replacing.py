"""The value that one line should have had: with it in the place of its own, all gradients come out right.

If one line alone is wrong, all that follows it is right; so there is such a value, and it is what a backward pass has
there. Lines without one are not the only wrong one, and of those that have one the first that is not explained is it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._check.comparing import largest, squeezed
from gatewise._check.mending import Found, Mending

ENTRIES = 120  #: numbers of a value that are moved one by one
RUNS = 1200  #: runs for all values together


class Replacing(Mending):
    """Finds the line of which another value makes all gradients right."""

    run_so_far = 0

    def by_replacement(self, on_way: Sequence[int], goal: Sequence[str]) -> Found | None:
        """The first line whose value is not explained, and for which another value is."""
        for i in on_way:
            if self.is_good(i) or not self.statements([i]) or self.is_whole_of_parts(i):
                continue
            if self.is_passed_over(i):
                continue
            if self.is_given_by_a_helper(i):
                return None
            values = self.needed(i, goal)
            if values is None or self.is_constant_here(i):
                continue
            natural = {k for k, _ in self.explanations(values, paths=False, beside=self.multiplied_by(i))}
            if not natural or self.is_cleared(i) or self.is_short_of_a_factor(i, natural):
                return None
            e = self.events[i]
            known = self.wires_named(i) or self.part_roles(i) or any(i in self.changes[j] for j in self.backward)
            if not known or any(self.is_open(j, i) for j in self.backward if i in self.changes[j]):
                return None
            return Found(e.place.statement, e.place.key, e.value, values[0])
        return None

    def is_open(self, j: int, i: int) -> bool:
        """Whether a value that another one is made of is neither right nor explained."""
        if self.events[j].place.statement is self.events[i].place.statement or self.is_known(j, i):
            return False
        return self.is_forward(j) or not (self.is_constant_here(j) or self.explains(self.values(j)))

    def is_constant_here(self, j: int) -> bool:
        """Whether a value is the same at both points: what it is made of is no input."""
        first, *others = self.values(j)
        return all(np.array_equal(first, each) for each in others)

    def is_passed_over(self, i: int) -> bool:
        """Whether a value is right as far as it goes, and what follows does not take it for a gradient."""
        if i not in self._passed_over:
            self._passed_over[i] = self.found_passed_over(i)
        return self._passed_over[i]

    @cached_property
    def _passed_over(self) -> dict[int, bool]:
        return {}

    def found_passed_over(self, i: int) -> bool:
        values = self.values(i)
        if i not in self.moved or np.asarray(values[0]).dtype.kind != "f" or self.is_forward(i):
            return False
        if any(r.whole and self.is_one(r.c) for r in self.readings(i)) and not self.part_roles(i):
            return True
        paths = self.is_added_to_later(i)
        if not self.explains(values, paths=paths):
            return False
        if roles := self.part_roles(i):
            return not any(map(self.is_one, roles.values())) and not self.wires_named(i) & {*roles}
        if adds_up(self.events[i].place.statement) or self.needed(i, self.wrong) is None:
            return True
        shape, found = squeezed(values[0]), self.trials[0].circuit.found
        pairs = ((k, f[0]) for k, g in found.items() if squeezed(g) == shape for f in self.factors(k))
        ratios = ((k, f[0]) for k, f in self.explanations(values, paths=paths))
        return not any(self.works_as(i, k, f) for k, f in (*pairs, *ratios))

    def is_short_of_a_factor(self, i: int, wires: set[int]) -> bool:
        """Whether a value is but for a factor the gradient that it is taken for: a later line may lack it as well."""
        if self.part_roles(i):
            return False
        explained = wires & {k for k, _ in self.explanations(self.values(i), paths=False)}
        return any(self.works_as(i, k, factor[0]) for k in explained for factor in self.factors(k))

    def multiplied_by(self, i: int) -> list[list[Any]]:
        """What a variable is multiplied by in place later, at each point."""
        key, size = self.events[i].place.key, np.size(self.events[i].value)
        parts = [j for j in self.backward if j > i and self.events[j].place.how == "part" and j not in self.changes[i]]
        parts = [j for j in parts if self.events[j].place.key == key and np.size(self.events[j].value) == size]
        return [[np.asarray(v, float) for v in self.values(j)] for j in parts]

    def is_added_to_later(self, i: int) -> bool:
        """Whether a later line that a value goes into adds something up."""
        later = {self.events[j].place.statement for j in self.changes[i]} - {self.events[i].place.statement}
        return any(isinstance(node, (ast.Add, ast.Sub)) for s in later for node in ast.walk(s))

    def is_whole_of_parts(self, i: int) -> bool:
        """Whether it is what became of a variable to which something right was added."""
        place = self.events[i].place
        return place.how == "after" and self.only_adds(place.statement)

    def is_given_by_a_helper(self, i: int) -> bool:
        """Whether it is what a helper returns: what that was called with is not looked at."""
        place = self.events[i].place
        later = [self.events[j].place.function for j in self.backward if j > i and j in self.changes[i]]
        return bool(later) and later[0] != place.function

    def values(self, i: int) -> list[Any]:
        return [r.events[i].value for r in self.runs]

    def part_roles(self, i: int) -> dict[int, float]:
        """The wires whose gradient a value does the work of, at one parameter at least; and how many times over."""
        shape = np.shape(self.events[i].value)
        found = {}
        for k in self.trials[0].circuit.found:
            if np.size(self.trials[0].circuit.value(k)) != int(np.prod(shape)) or i not in self.moved:
                continue
            times = [d for d in (self.ratio(i, k) or {}).values() if d]
            if times and all(abs(d / times[0] - 1) < 1e-4 for d in times):
                found[k] = times[0]
        return found

    def needed(self, i: int, goal: Sequence[str]) -> list[Any] | None:
        """The value that makes the gradients right, at each point; None where there is none, or where it is not found.

        What follows is linear in it, more often than not.
        """
        key = i, tuple(goal)
        if key not in self._needed:
            self._needed[key] = self.gradient_needed(i, goal) or self.solved_for(i, goal)
        return self._needed[key]

    @cached_property
    def _needed(self) -> dict[tuple[int, tuple[str, ...]], list[Any] | None]:
        return {}

    def gradient_needed(self, i: int, goal: Sequence[str]) -> list[Any] | None:
        """The gradient that a value does the work of, where that mends it."""
        for k, d in self.part_roles(i).items():
            values = [t.circuit.found[k] / d for t in self.trials]
            if self.mends(i, values, goal):
                return values
        return None

    def solved_for(self, i: int, goal: Sequence[str]) -> list[Any] | None:
        found = [self.needed_at(n, i, goal) for n in range(len(self.trials))]
        return None if any(v is None for v in found) else found

    def needed_at(self, n: int, i: int, goal: Sequence[str]) -> Any:
        value = np.asarray(self.runs[n].events[i].value)
        if value.dtype.kind != "f" or not 0 < value.size <= ENTRIES or self.run_so_far + value.size > RUNS:
            return None
        self.run_so_far += value.size
        try:
            asked = [q for q in self.names if q in goal or q not in self.wrong]
            here = self.flat(n, self.runs[n].gradients, asked)
            truth = self.flat(n, {q: self.truth(n, q) for q in asked}, asked)
            ends = (self.with_entry_moved(n, i, value, index) for index in np.ndindex(value.shape))
            slopes = np.stack([(self.flat(n, end, asked) - here) / (largest(value) or 1.0) for end in ends], axis=1)
            by = np.linalg.lstsq(slopes, truth - here, rcond=1e-9)[0]
            new = (value + by.reshape(value.shape)).astype(value.dtype)
            right = self.mended(n, self.trials[n].heard({i: new}).gradients, goal)
        except Exception:
            return None
        return new if right and not self.agree(value, new) else None

    def with_entry_moved(self, n: int, i: int, value: Any, index: tuple[int, ...]) -> Mapping[str, Any]:
        """The gradients where one entry of a value is moved by as much as its largest is."""
        moved = value.copy()
        moved[index] += largest(value) or 1.0
        return self.trials[n].heard({i: moved}).gradients

    def flat(self, n: int, gradients: Mapping[str, Any], asked: Sequence[str]) -> Any:
        """Gradients in one row, each in units of its largest entry."""
        sizes = {q: largest(self.truth(n, q)) or 1.0 for q in asked}
        return np.concatenate([np.ravel(np.asarray(gradients[q], float)) / sizes[q] for q in asked])

    def mends(self, i: int, values: Sequence[Any], goal: Sequence[str]) -> bool:
        if self.agree(self.events[i].value, values[0]):
            return False
        return self.mends_together([{i: value} for value in values], goal)

    def mends_together(self, values: Sequence[dict[int, Any]], goal: Sequence[str]) -> bool:
        """Whether other values in the place of some, at each point, make the gradients right."""
        for n, (trial, instead) in enumerate(zip(self.trials, values, strict=True)):
            try:
                if not self.mended(n, trial.heard(instead).gradients, goal):
                    return False
            except Exception:
                return False
        return True


def adds_up(s: ast.stmt) -> bool:
    """Whether a statement makes a sum: a factor of all of it that is missing belongs to a line that multiplies."""
    value = getattr(s, "value", None)
    return isinstance(s, ast.Assign) and isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub))
