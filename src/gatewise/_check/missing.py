"""What is not there: a term that was at hand and is not added, `=` where `+=` belongs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Any

from gatewise._check.meant import is_as_meant, is_on_its_way
from gatewise._check.mending import (
    Found,
    is_mended_by,
    only_adds,
    statements_of,
)
from gatewise._check.moving import Goal, Inquiry
from gatewise._check.readings import (
    backward_values,
    readings_of,
)
from gatewise._check.rows import Change, Rank


def lacking_a_term(inquiry: Inquiry, patches: Sequence[tuple[int, Any]]) -> Found | None:
    """The line that adds all but one term, of those that were at hand: what it adds is right as far as it goes."""
    for i, should in patches:
        e = inquiry.events[i]
        if not (e.place.how == "after" and only_adds(inquiry, e.place.statement)):
            if not (is_as_meant(inquiry, i) or is_on_its_way(inquiry, i)) and statements_of(inquiry, [i]):
                return None
        elif is_partial(inquiry, i) and was_at_hand(inquiry, i):
            return Found(e.place.statement, e.place.key, e.value, should, lost=True)
    return None


def is_partial(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is the sum of some of the contributions to its gradient, and not of all."""
    return any(inquiry.is_one(r.c) and not r.whole for r in readings_of(inquiry, i))


def was_at_hand(inquiry: Inquiry, i: int) -> bool:
    """Whether what a missing contribution is made of was there when the line ran: nothing later is that."""
    circuit = inquiry.trials[0].circuit
    for r in readings_of(inquiry, i):
        if not inquiry.is_one(r.c) or r.whole:
            continue
        consumers = {c for c, _ in circuit.parts.get(r.wire, [])}
        here = inquiry.events[i].place.statement
        later = [j for j in inquiry.moved if j > i and j not in inquiry.changes[i]]  # one that nothing reads, too
        later = [j for j in later if inquiry.events[j].place.statement is not here]
        if not any(x.wire in consumers and x.whole for j in later for x in readings_of(inquiry, j)):
            return True
    return False


def before_or_at(inquiry: Inquiry, i: int) -> Iterator[int]:
    """A value, those of its variable, and those that it is made of."""
    key = inquiry.events[i].place.key
    made_of = backward_values(inquiry)
    for j, e in enumerate(inquiry.events):
        if e.place.key == key or (j in made_of and i in inquiry.changes[j]):
            yield j


def as_addition(inquiry: Inquiry, events: Sequence[int], goal: Goal) -> Found | None:
    """The line that assigns where it should add to what stood there, if there is one."""
    for e in {id(e.place.statement): e for e in (inquiry.events[i] for i in events) if e.place.how != "after"}.values():
        s, key = e.place.statement, e.place.key
        target = s.targets[0] if isinstance(s, ast.Assign) else None
        if isinstance(s, ast.Assign) and isinstance(target, (ast.Name, ast.Subscript)):
            instead = ast.AugAssign(target, ast.Add(), s.value)
            change = Change(Rank.SLIP, 0, "fork", instead, f"= forgets what {key} already held, += adds to it")
            if is_mended_by(inquiry, s, change, goal):
                return Found(s, key, e.value, None, change)
    return None
