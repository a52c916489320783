"""The sums that gradients are: the terms of a variable, and the contributions that they should be."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import stretches, subsets, total
from gatewise._check.contributions import bare_key, contribution, is_new_meaning, split
from gatewise._check.marking import Marking, Version
from gatewise._check.worlds import World


@dataclass(eq=False)
class Term:
    """One term of the sum that a variable is: where it stands, and its value in each world."""

    m: int
    statement: ast.stmt
    part: ast.expr
    sign: int
    values: list[Any]


def terms_of(marking: Marking, version: Version, wire: int | None = None) -> list[Term] | None:
    """The terms that a variable is the sum of, with their values; None where it is made in another way."""
    wire = version.wire if wire is None else wire
    assert wire is not None
    found: list[Term] = []
    for m in version.moments:
        s = marking.worlds[0].moments[m].statement
        how = contribution(s, version.key)
        if how is None and m == version.moments[0] and is_new_meaning(s, version.key):
            how = "set", s.value  # type: ignore[attr-defined]
        if how is None:
            return None
        mode, expression = how
        if mode == "set":
            found = []
        for sign, part in split(expression, -1 if mode == "sub" else 1):
            source = marking.at[m].get(bare_key(part) or "")
            if source is not None and source.wire is None and source is not version and source.moments[-1] < m:
                inner = terms_of(marking, source, version.wire)
                if inner:
                    found += [dataclasses.replace(t, sign=sign * t.sign, values=signed(t.values, sign)) for t in inner]
                    continue
            values = [term_value(marking, wire, part, m, world) for world in marking.worlds]
            if any(v is None for v in values):
                if s is not marking.worlds[0].stopped:
                    return None
                found.append(Term(m, s, part, sign, [None for _ in values]))
            else:
                found.append(Term(m, s, part, sign, [sign * v for v in values]))
    return found


def term_value(marking: Marking, wire: int, expression: ast.expr, m: int, world: World) -> Any:
    """The value of a term, stretched as the sum that it stands in stretches it."""
    found, whole = marking.evaluate(expression, m, world), np.shape(world.value(wire))
    if found is not None and found.shape != whole and stretches(found.shape, whole):
        return np.broadcast_to(found, whole)
    return found


def uses_of(marking: Marking, version: Version, marks: Any) -> dict[int, list[Any]]:
    """The contributions that a wire gets, in each world: one from each wire that is made of it."""
    found: dict[int, list[Any]] = {}
    for n, mark in enumerate(marks):
        for consumer, part in mark[1].get(version.own, []):
            held = found.setdefault(consumer, [0.0] * len(marks))
            held[n] = held[n] + np.asarray(part, float)
    return found


def matched_terms(marking: Marking, terms: list[Term], atoms: list[list[Any]]) -> tuple[list[Term], list[list[Any]]]:
    """The terms that are contributions, or sums of some, and the contributions that are left."""
    left, matched = list(atoms), []
    for term in terms:
        for group in subsets(left):
            if agree_all(marking, term.values, total(group)):
                matched.append(term)
                left = [a for a in left if not any(a is g for g in group)]
                break
    return matched, left


def agree_all(marking: Marking, values: Sequence[Any], should: Sequence[Any]) -> bool:
    return all(marking.agree(a, b) for a, b in zip(values, should, strict=True))

    # ------------------------------------------------------------------------------------------ what a line can see


def signed(values: list[Any], sign: int) -> list[Any]:
    return [None if v is None else sign * v for v in values]
