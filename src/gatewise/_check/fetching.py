"""A value that a line takes from where the forward pass kept it, and another one belongs there: `h = hs[t - 1]`.

In one round of many it may be another one than in the rest, as the state before the first step. It shows in the line
that computes with it, which is right in every other round.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatewise._check.comparing import squeezed
from gatewise._check.mending import Found, Located, any_of
from gatewise._check.moving import Goal, Inquiry
from gatewise._check.replacing import mends_at
from gatewise._check.uses import readings_of


def fetches(s: ast.stmt) -> bool:
    """Whether a statement gives a name to what was kept at a place that is computed, as `u = us[t]`."""
    value = getattr(s, "value", None)
    parts = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
    indices = [e.slice for e in parts if isinstance(e, ast.Subscript)]
    return isinstance(s, ast.Assign) and any(isinstance(e, ast.Name) for i in indices for e in ast.walk(i))


def unless_fetched(inquiry: Inquiry, located: Located, goal: Goal) -> Located:
    """A line that was found; the one that fetches a value for it, where another value of the forward pass mends all.

    Both, where the line that was found gives nothing right in any other round.
    """
    if len(located.found) != 1 or located.found[0].by_name:
        return located
    (found,) = located.found
    if (found.change or found.mend()) is not None:
        return located
    other = next(fetched_for(inquiry, found, goal), None)
    if other is None:
        return located
    right = any(inquiry.is_one(r.c) for i in own_of(inquiry, found) for r in readings_of(inquiry, i))
    return Located([other], [other.statement]) if right else any_of([other.statement, found.statement])


def own_of(inquiry: Inquiry, found: Found) -> list[int]:
    return [i for i, e in enumerate(inquiry.events) if e.place.statement is found.statement and e.place.how != "after"]


def fetched_for(inquiry: Inquiry, found: Found, goal: Goal) -> Iterator[Found]:
    """The lines that fetch a value which this one computes with, each with the value that mends all."""
    own = {*own_of(inquiry, found)}
    for j, e in enumerate(inquiry.events):
        s = e.place.statement
        if j not in inquiry.moved or s in inquiry.touching or not fetches(s) or not own & inquiry.changes[j]:
            continue
        for k, wire in enumerate(inquiry.trials[0].circuit.wires):
            if squeezed(wire.value) == squeezed(e.value):
                values = [t.circuit.value(k) for t in inquiry.trials]
                if mends_at(inquiry, j, values, goal):
                    yield Found(s, e.place.key, e.value, values[0])
                    break
