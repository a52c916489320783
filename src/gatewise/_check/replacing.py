"""The value that one line should have had: with it in the place of its own, all gradients come out right.

If one line alone is wrong, all that follows it is right; so there is such a value, and it is what a backward pass has
there. Lines without one are not the only wrong one, and of those that have one the first that is not explained is it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import Value, largest, squeezed
from gatewise._check.explaining import explains, explanations, factors_for, works_as
from gatewise._check.mending import Found, only_adds, statements_of
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.naming import wires_named
from gatewise._check.readings import backward_values, is_cleared, is_good, is_known, work_ratio
from gatewise._check.recomputed import is_forward
from gatewise._check.uses import readings_of
from gatewise._types import Plain

ENTRIES = 120  #: numbers of a value that are moved one by one
RUNS = 1200  #: runs for all values together


def by_replacement(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Found | None:
    """The first line whose value is not explained, and for which another value is."""
    for i in on_way:
        if is_good(inquiry, i) or not statements_of(inquiry, [i]) or is_whole_of_parts(inquiry, i):
            continue
        if is_passed_over(inquiry, i):
            continue
        if is_given_by_a_helper(inquiry, i):
            return None
        values = needed_values(inquiry, i, goal)
        if values is None or is_constant_here(inquiry, i):
            continue
        natural = {k for k, _ in explanations(inquiry, values, paths=False, beside=multiplied_by(inquiry, i))}
        if not natural or is_cleared(inquiry, i) or is_short_of_a_factor(inquiry, i, natural):
            return None
        e = inquiry.events[i]
        known = (
            wires_named(inquiry, i)
            or part_roles(inquiry, i)
            or any(i in inquiry.changes[j] for j in backward_values(inquiry))
        )
        if not known or any(is_open(inquiry, j, i) for j in backward_values(inquiry) if i in inquiry.changes[j]):
            return None
        return Found(e.place.statement, e.place.key, e.value, values[0])
    return None


def is_open(inquiry: Inquiry, j: int, i: int) -> bool:
    """Whether a value that another one is made of is neither right nor explained."""
    if inquiry.events[j].place.statement is inquiry.events[i].place.statement or is_known(inquiry, j, i):
        return False
    return is_forward(inquiry, j) or not (is_constant_here(inquiry, j) or explains(inquiry, values_at(inquiry, j)))


def is_constant_here(inquiry: Inquiry, j: int) -> bool:
    """Whether a value is the same at both points: what it is made of is no input."""
    first, *others = values_at(inquiry, j)
    return all(np.array_equal(first, each) for each in others)


@remembered
def is_passed_over(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is right as far as it goes, and what follows does not take it for a gradient."""
    values = values_at(inquiry, i)
    if i not in inquiry.moved or np.asarray(values[0]).dtype.kind != "f" or is_forward(inquiry, i):
        return False
    named = wires_named(inquiry, i)  # of the gradient of its name a part will do: a later line may have the rest
    exact = [r for r in readings_of(inquiry, i) if inquiry.is_one(r.c)]
    if any(r.whole or r.wire in named for r in exact) and not part_roles(inquiry, i):
        return True
    paths = is_added_to_later(inquiry, i)
    if not explains(inquiry, values, paths=paths):
        return False
    if roles := part_roles(inquiry, i):
        return not any(map(inquiry.is_one, roles.values())) and not wires_named(inquiry, i) & {*roles}
    if adds_up(inquiry.events[i].place.statement) or needed_values(inquiry, i, inquiry.wrong) is None:
        return True
    shape, found = squeezed(values[0]), inquiry.trials[0].circuit.found
    pairs = ((k, f[0]) for k, g in found.items() if squeezed(g) == shape for f in factors_for(inquiry, k))
    ratios = ((k, f[0]) for k, f in explanations(inquiry, values, paths=paths))
    return not any(works_as(inquiry, i, k, f) for k, f in (*pairs, *ratios))


def is_short_of_a_factor(inquiry: Inquiry, i: int, wires: set[int]) -> bool:
    """Whether a value is but for a factor the gradient that it is taken for: a later line may lack it as well."""
    if part_roles(inquiry, i):
        return False
    explained = wires & {k for k, _ in explanations(inquiry, values_at(inquiry, i), paths=False)}
    return any(works_as(inquiry, i, k, factor[0]) for k in explained for factor in factors_for(inquiry, k))


def multiplied_by(inquiry: Inquiry, i: int) -> list[list[Value]]:
    """What a variable is multiplied by in place later, at each point."""
    key, size = inquiry.events[i].place.key, np.size(inquiry.events[i].value)
    parts = [
        j
        for j in backward_values(inquiry)
        if j > i and inquiry.events[j].place.how == "part" and j not in inquiry.changes[i]
    ]
    parts = [j for j in parts if inquiry.events[j].place.key == key and np.size(inquiry.events[j].value) == size]
    return [[np.asarray(v, float) for v in values_at(inquiry, j)] for j in parts]


def is_added_to_later(inquiry: Inquiry, i: int) -> bool:
    """Whether a later line that a value goes into adds something up."""
    later = {inquiry.events[j].place.statement for j in inquiry.changes[i]} - {inquiry.events[i].place.statement}
    return any(isinstance(node, (ast.Add, ast.Sub)) for s in later for node in ast.walk(s))


def is_whole_of_parts(inquiry: Inquiry, i: int) -> bool:
    """Whether it is what became of a variable to which something right was added."""
    place = inquiry.events[i].place
    return place.how == "after" and only_adds(inquiry, place.statement)


def is_given_by_a_helper(inquiry: Inquiry, i: int) -> bool:
    """Whether it is what a helper returns: what that was called with is not looked at."""
    place = inquiry.events[i].place
    later = [inquiry.events[j].place.function for j in backward_values(inquiry) if j > i and j in inquiry.changes[i]]
    return bool(later) and later[0] != place.function


def values_at(inquiry: Inquiry, i: int) -> list[Value]:
    return [r.events[i].value for r in inquiry.runs]


def part_roles(inquiry: Inquiry, i: int) -> dict[int, float]:
    """The wires whose gradient a value does the work of, at one parameter at least; and how many times over."""
    shape = np.shape(inquiry.events[i].value)
    found = {}
    for k in inquiry.trials[0].circuit.found:
        if np.size(inquiry.trials[0].circuit.value(k)) != int(np.prod(shape)) or i not in inquiry.moved:
            continue
        times = [d for d in (work_ratio(inquiry, i, k) or {}).values() if d]
        if times and all(abs(d / times[0] - 1) < 1e-4 for d in times):
            found[k] = times[0]
    return found


@remembered
def needed_values(inquiry: Inquiry, i: int, goal: Goal) -> list[Any] | None:
    """The value that makes the gradients right, at each point; None where there is none, or where it is not found.

    What follows is linear in it, more often than not.
    """
    return gradient_needed(inquiry, i, goal) or solved_for(inquiry, i, goal)


def gradient_needed(inquiry: Inquiry, i: int, goal: Goal) -> list[Value] | None:
    """The gradient that a value does the work of, where that mends it."""
    for k, d in part_roles(inquiry, i).items():
        values = [t.circuit.found[k] / d for t in inquiry.trials]
        if mends_at(inquiry, i, values, goal):
            return values
    return None


def solved_for(inquiry: Inquiry, i: int, goal: Goal) -> list[object] | None:
    found = [needed_at(inquiry, n, i, goal) for n in range(len(inquiry.trials))]
    return None if any(v is None for v in found) else found


def needed_at(inquiry: Inquiry, n: int, i: int, goal: Goal) -> object:
    value = np.asarray(inquiry.runs[n].events[i].value)
    if value.dtype.kind != "f" or not 0 < value.size <= ENTRIES or inquiry.run_so_far + value.size > RUNS:
        return None
    inquiry.run_so_far += value.size
    asked = [q for q in inquiry.names if q in goal or q not in inquiry.wrong]
    here = in_one_row(inquiry, n, inquiry.runs[n].gradients, asked)
    truth = in_one_row(inquiry, n, {q: inquiry.truth(n, q) for q in asked}, asked)
    ends = [with_entry_moved(inquiry, n, i, value, index) for index in np.ndindex(value.shape)]
    if any(end is None or any(end.get(q) is None for q in asked) for end in ends):
        return None
    rows = [in_one_row(inquiry, n, end, asked) for end in ends if end is not None]
    if any(np.shape(row) != np.shape(truth) or not np.isfinite(row).all() for row in (here, *rows)):
        return None
    slopes = np.stack([(row - here) / (largest(value) or 1.0) for row in rows], axis=1)
    by = np.linalg.lstsq(slopes, truth - here, rcond=1e-9)[0]
    new = (value + by.reshape(value.shape)).astype(value.dtype)
    again = heard_with(inquiry, n, {i: new})
    right = again is not None and inquiry.mended(n, again, goal)
    return new if right and not inquiry.agree(value, new) else None


def with_entry_moved(
    inquiry: Inquiry, n: int, i: int, value: Any, index: tuple[int, ...]
) -> Mapping[str, object] | None:
    """The gradients where one entry of a value is moved by as much as its largest is."""
    moved = value.copy()
    moved[index] += largest(value) or 1.0
    return heard_with(inquiry, n, {i: moved})


def heard_with(inquiry: Inquiry, n: int, instead: Mapping[int, object]) -> Mapping[str, Any] | None:
    """The gradients with other values in the place of some; None where the user's code raises then."""
    try:
        return inquiry.trials[n].gradients_with(instead)
    except Exception:  # of the user's code
        return None


def in_one_row(inquiry: Inquiry, n: int, gradients: Mapping[str, object], asked: Sequence[str]) -> Value:
    """Gradients in one row, each in units of its largest entry."""
    sizes = {q: largest(inquiry.truth(n, q)) or 1.0 for q in asked}
    return np.concatenate([np.ravel(np.asarray(gradients[q], float)) / sizes[q] for q in asked])


def mends_at(inquiry: Inquiry, i: int, values: Sequence[Plain], goal: Goal) -> bool:
    if inquiry.agree(inquiry.events[i].value, values[0]):
        return False
    return mends_together(inquiry, [{i: value} for value in values], goal)


def mends_together(inquiry: Inquiry, values: Sequence[dict[int, Plain]], goal: Goal) -> bool:
    """Whether other values in the place of some, at each point, make the gradients right."""
    for n, instead in enumerate(values):
        gradients = heard_with(inquiry, n, instead)
        if gradients is None or not inquiry.mended(n, gradients, goal):
            return False
    return True


def adds_up(s: ast.stmt) -> bool:
    """Whether a statement makes a sum: a factor of all of it that is missing belongs to a line that multiplies."""
    value = getattr(s, "value", None)
    return isinstance(s, ast.Assign) and isinstance(value, ast.BinOp) and isinstance(value.op, (ast.Add, ast.Sub))
