"""The sums that gradients are: the terms of a variable, and the contributions that they should be."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import Value, Values, stretches, subsets, total
from gatewise._check.contributions import Contribution, bare_key, contribution, is_new_meaning, split
from gatewise._check.marking import Marking, Version
from gatewise._check.wires import Mark
from gatewise._check.worlds import World
from gatewise._types import Plain


@dataclass(eq=False)
class Term:
    """One term of the sum that a variable is: where it stands, and its value in each world."""

    m: int
    statement: ast.stmt
    part: ast.expr
    sign: int
    values: list[Any]  #: None where it raises


@dataclass
class Sum:
    """A variable as the sum of its terms, beside the contributions that its gradient is the sum of."""

    terms: list[Term]
    uses: Mapping[int, Values]  #: the contribution of each wire that is made of its own
    goals: Values  #: all of them together
    matched: list[Term]  #: the terms that are contributions, or sums of some
    left: list[Values]  #: the contributions that are in no term

    @property
    def bad(self) -> list[Term]:
        return [t for t in self.terms if t not in self.matched]

    def of_one_line(self) -> ast.stmt | None:
        """The statement that all wrong terms stand in, where it is one."""
        first, *others = self.bad
        return first.statement if all(t.statement is first.statement for t in others) else None


def sum_of(marking: Marking, version: Version, marks: Sequence[Mark]) -> Sum | None:
    """A variable as a sum; None where it is made in another way."""
    terms = terms_of(marking, version)
    if terms is None:
        return None
    k = version.own
    zeros = [np.zeros(np.shape(world.value(k))) for world in marking.worlds]
    goals: Values = [mark.gradients.get(k, zero) for mark, zero in zip(marks, zeros, strict=True)]
    uses = uses_of(version, marks)
    matched, left = matched_terms(marking, terms, list(uses.values()))
    return Sum(terms, uses, goals, matched, left)


def terms_of(marking: Marking, version: Version, wire: int | None = None) -> list[Term] | None:
    """The terms that a variable is the sum of, with their values; None where it is made in another way."""
    wire = version.wire if wire is None else wire
    assert wire is not None
    found: list[Term] = []
    for m in version.moments:
        s = marking.worlds[0].moments[m].statement
        how = contribution(s, version.key)
        if how is None and m == version.moments[0] and isinstance(s, ast.Assign) and is_new_meaning(s, version.key):
            how = Contribution(s.value)
        if how is None:
            return None
        if not how.adds:
            found = []
        for sign, part in split(how.value, how.sign):
            source = marking.at[m].get(bare_key(part) or "")
            if source is not None and source.wire is None and source is not version and source.moments[-1] < m:
                inner = terms_of(marking, source, version.wire)
                if inner:
                    found += [dataclasses.replace(t, sign=sign * t.sign, values=signed(t.values, sign)) for t in inner]
                    continue
            values: list[Any] = [term_value(marking, wire, part, m, world) for world in marking.worlds]
            if any(v is None for v in values):
                if s is not marking.worlds[0].stopped:
                    return None
                found.append(Term(m, s, part, sign, [None for _ in values]))
            else:
                found.append(Term(m, s, part, sign, [sign * v for v in values]))
    return found


def term_value(marking: Marking, wire: int, expression: ast.expr, m: int, world: World) -> np.ndarray | None:
    """The value of a term, stretched as the sum that it stands in stretches it."""
    found: np.ndarray | None = marking.evaluate(expression, m, world)
    whole = np.shape(world.value(wire))
    if found is not None and found.shape != whole and stretches(found.shape, whole):
        return np.broadcast_to(found, whole)
    return found


def uses_of(version: Version, marks: Sequence[Mark]) -> dict[int, list[Value]]:
    """The contributions that a wire gets, in each world: one from each wire that is made of it."""
    found: dict[int, Values] = {}
    for n, mark in enumerate(marks):
        for consumer, part in mark.parts.get(version.own, []):
            held = found.setdefault(consumer, [0.0] * len(marks))
            held[n] = held[n] + np.asarray(part, float)
    return found


def matched_terms(marking: Marking, terms: list[Term], atoms: list[Values]) -> tuple[list[Term], list[Values]]:
    """The terms that are contributions, or sums of some, and the contributions that are left."""
    left, matched = list(atoms), []
    for term in terms:
        for group in subsets(left):
            if agree_all(marking, term.values, total(group)):
                matched.append(term)
                left = [a for a in left if not any(a is g for g in group)]
                break
    return matched, left


def agree_all(marking: Marking, values: Sequence[Plain], should: Sequence[Plain]) -> bool:
    return all(marking.agree(a, b) for a, b in zip(values, should, strict=True))


def signed(values: Sequence[Value | None], sign: int) -> list[Value | None]:
    return [None if v is None else sign * v for v in values]
