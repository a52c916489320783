"""Helpers that a backward pass calls: what they are called with, and what the lines that call them hand on."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import identical, is_gradient_like, largest
from gatewise._check.meant import is_as_meant
from gatewise._check.mending import as_found
from gatewise._check.moving import Inquiry, remembered
from gatewise._check.readings import backward_values
from gatewise._check.recomputed import wires_valued
from gatewise._check.running import evaluated
from gatewise._check.uses import read_off, readings_of, sums, total, uses_at


def is_in_a_helper(inquiry: Inquiry, s: ast.stmt) -> bool:
    """Whether a statement stands in another function than the one that makes the gradients."""
    main = inquiry.events[-1].place.function
    return any(e.place.statement is s and e.place.function != main for e in inquiry.events)


def callers_of(inquiry: Inquiry, i: int) -> list[ast.stmt]:
    """The line that took what a helper made of what it was given, where a value is a helper's."""
    own, main = inquiry.events[i].place.function, inquiry.events[-1].place.function
    later = (inquiry.events[j].place for j in backward_values(inquiry) if j > i and j in inquiry.changes[i])
    return [] if own == main else [place.statement for place in later if place.function != own][:1]


def helpers_of(inquiry: Inquiry, i: int) -> list[ast.stmt]:
    """The line in a helper that made a value, where its own took it as the helper gave it."""
    own = inquiry.events[i]
    made = (e for e in inquiry.events[i - 1 :: -1] if i and e.place.function != own.place.function)
    last = next((e for e in made if np.size(own.value) > 1 and identical(e.value, own.value)), None)
    return [] if last is None or isinstance(last.place.statement, ast.Return) else [last.place.statement]


def hands_on_what_is_right(inquiry: Inquiry, s: ast.stmt, i: int) -> bool:
    """Whether what a line calls a helper with are gradients, values of the forward pass, or no floats.

    Each time that the line runs until a value is made in the helper, and at each point; also where it calls none.
    """
    key = as_found(inquiry, s).key
    done = sum(e.place.statement is s and e.place.key == key for e in inquiry.events[:i])
    around = isinstance(s, ast.AugAssign) or not isinstance(getattr(s, "value", None), ast.Call)
    if around and any(isinstance(e, ast.Call) for e in ast.walk(s)):
        return False  # what it does with what the helper gives may be wrong as well
    given = [
        a for call in ast.walk(s) if isinstance(call, ast.Call) for a in (*call.args, *(k.value for k in call.keywords))
    ]
    given = [a for a in given if not is_heard(inquiry, a)]  # what goes into a value from there is asked for itself
    scopes = [scopes_of(inquiry, n, s) for n in range(len(inquiry.trials))]
    for names in itertools.islice(zip(*scopes, strict=False), done + 1):
        for e in given:
            try:
                values = [evaluated(e, each, inquiry.trials[0].code.space(s)) for each in names]
            except Exception:  # of the user's expression
                return False
            if not is_right_to_hand_on(inquiry, values):
                return False
    return bool(scopes[0]) or not given


def is_heard(inquiry: Inquiry, e: ast.expr) -> bool:
    """Whether an expression calls a helper of which it is known what it returns."""
    called = e.func if isinstance(e, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
    return any(each.place.key == "return" and each.place.function == name for each in inquiry.events)


def is_right_to_hand_on(inquiry: Inquiry, values: Sequence[Any]) -> bool:
    """Whether a value, at each point, is a gradient, or one of the forward pass, or no array of floats."""
    if not is_gradient_like(values[0]) or not np.size(values[0]) or not largest(values[0]):
        return True
    if any(r.whole and inquiry.is_one(r.c) for r in read_off(inquiry, values)):
        return True
    return bool(wires_valued(inquiry, values)) or all(np.array_equal(values[0], v) for v in values[1:])


def is_short_of_what_the_caller_adds(inquiry: Inquiry, i: int) -> bool:
    """Whether a helper's value lacks what comes along uses that another function of the forward pass makes."""
    parts = inquiry.trials[0].circuit.parts
    for k in (r.wire for r in readings_of(inquiry, i) if not r.whole and inquiry.is_one(r.c)):
        consumers = [*dict.fromkeys(c for c, _ in parts.get(k, []))]
        uses = uses_at(inquiry, 0, k)
        for chosen in sums(len(uses)):
            if len(chosen) < len(uses) and inquiry.agree(total(uses, chosen), inquiry.events[i].value):
                there = {function_making(inquiry, consumers[n]) for n in chosen}
                lacking = {function_making(inquiry, c) for n, c in enumerate(consumers) if n not in chosen}
                return not there & lacking
    return False


def function_making(inquiry: Inquiry, k: int) -> str | None:
    """The function of the forward pass in which a wire is made: that of the first value that is not before it."""
    made = ((min(wires), inquiry.events[i].place.function) for i, wires in forward_wires(inquiry).items())
    return next((function for wire, function in sorted(made) if wire >= k), None)


@remembered
def forward_wires(inquiry: Inquiry) -> dict[int, list[int]]:
    """The wires of the values of statements that the function depends on."""
    found = {
        i: wires_valued(inquiry, [r.events[i].value for r in inquiry.runs])
        for i, e in enumerate(inquiry.events)
        if e.place.statement in inquiry.touching and is_gradient_like(e.value)
    }
    return {i: wires for i, wires in found.items() if wires}


@remembered
def scopes_of(inquiry: Inquiry, n: int, s: ast.stmt) -> list[dict[str, Any]]:
    """What the names hold before a line, each time that it runs; nothing where that cannot be seen."""
    try:
        return inquiry.trials[n].scopes(s)
    except Exception:  # of the user's code
        return []


def hands_on_what_is_wrong(inquiry: Inquiry, s: ast.stmt) -> bool:
    """Whether a line gives on as it is what a line before it made, and what may be wrong with it is that."""
    made = [i for i in backward_values(inquiry) if (p := inquiry.events[i].place).statement is s and p.how != "after"]
    return any(
        inquiry.agree(inquiry.events[j].value, inquiry.events[i].value) and not is_as_meant(inquiry, j)
        for i in made
        for j in backward_values(inquiry)
        if j < i and i in inquiry.changes[j]
    )
