"""What is not there: a term that was at hand and is not added, `=` where `+=` belongs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from gatewise._check.comparing import largest
from gatewise._check.meant import is_as_meant, is_on_its_way
from gatewise._check.mending import (
    Found,
    Located,
    is_mended_by,
    is_right_by_its_name,
    only_adds,
    statements_of,
)
from gatewise._check.moving import Goal, Inquiry
from gatewise._check.naming import wires_named
from gatewise._check.readings import backward_values, forward_values, roles_of
from gatewise._check.rows import Change, Rank
from gatewise._check.uses import readings_of


def lacking_a_term(inquiry: Inquiry, patches: Sequence[tuple[int, object]]) -> Located | None:
    """Where what is added up is right as far as it goes, and a term is missing: at its line where that was at hand."""
    keys: list[str] = []
    for i, should in patches:
        e = inquiry.events[i]
        if not (e.place.how == "after" and only_adds(inquiry, e.place.statement)):
            if not (is_as_meant(inquiry, i) or is_on_its_way(inquiry, i)) and statements_of(inquiry, [i]):
                break
        elif is_partial(inquiry, i):
            keys.append(e.place.key)
            if was_at_hand(inquiry, i) and lies_idle(inquiry, i):
                found = Found(e.place.statement, e.place.key, e.value, should, lost=True)
                return Located([found], [found.statement])
    return Located(why=f"a line is missing that adds to {keys[0]}") if keys else None


def short_of_a_term(inquiry: Inquiry, on_way: Sequence[int]) -> Found | None:
    """The first value that is a part of the gradient that its name says, where all gradients that it is made of are.

    Of lines that run several times and are right at one: there the missing term is 0.
    """
    for i in on_way:
        e = inquiry.events[i]
        if is_whole_or_idle(inquiry, i) or e.place.how != "value":
            continue
        named = wires_named(inquiry, i)
        parts = [r.wire for r in readings_of(inquiry, i) if not r.whole and inquiry.is_one(r.c)]
        if parts and goes_on(inquiry, i):
            continue
        if not {*parts} & named or not statements_of(inquiry, [i]) or not is_right_once(inquiry, e.place.statement):
            return None
        return Found(e.place.statement, e.place.key, e.value, None, lost=True)
    return None


def is_right_once(inquiry: Inquiry, s: ast.stmt) -> bool:
    """Whether a line gives, one of the times that it runs, the gradient that its name says."""
    own = (i for i, e in enumerate(inquiry.events) if e.place.statement is s and i in inquiry.moved)
    return any(largest(inquiry.events[i].value) > 0 and is_right_by_its_name(inquiry, i) for i in own)


def is_whole_or_idle(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is a whole gradient, is 0, or spoils nothing."""
    if not largest(inquiry.events[i].value) or not inquiry.spoils(i) or i in forward_values(inquiry):
        return True
    return any(r.whole and inquiry.is_one(r.c) for r in readings_of(inquiry, i))


def goes_on(inquiry: Inquiry, i: int) -> bool:
    """Whether a later line makes another value of a variable of the one that it has."""
    places = [e.place for e in inquiry.events]
    same = (j for j in inquiry.changes[i] if places[j].how != "part" and places[j].function == places[i].function)
    return any(places[j].key == places[i].key and places[j].statement is not places[i].statement for j in same)


def is_handed_on_right(inquiry: Inquiry, i: int) -> bool:
    """Whether a value of no telling name is a gradient that was made before, and is taken for one further back."""
    roles, behind = {*roles_of(inquiry, i)}, inquiry.trials[0].circuit.behind
    if wires_named(inquiry, i) or inquiry.events[i].place.how != "value":
        return False
    whole = [r.wire for r in readings_of(inquiry, i) if r.whole and inquiry.is_one(r.c) and r.wire not in roles]
    before = [j for j in backward_values(inquiry) if j < i and i in inquiry.changes[j]]
    return any(
        behind[k] & roles and any(x.wire == k and x.whole and inquiry.is_one(x.c) for x in readings_of(inquiry, j))
        for k in whole
        for j in before
    )


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
        later = [j for j in backward_values(inquiry) if j > i and j not in inquiry.changes[i]]
        later = [j for j in later if inquiry.events[j].place.statement is not here]
        if not any(x.wire in consumers and x.whole for j in later for x in readings_of(inquiry, j)):
            return True
    return False


def lies_idle(inquiry: Inquiry, i: int) -> bool:
    """Whether a line before made what the missing term is made of, and a sum has nothing of it."""
    parts = inquiry.trials[0].circuit.parts
    consumers = {c for r in readings_of(inquiry, i) if inquiry.is_one(r.c) for c, _ in parts.get(r.wire, [])}
    idle = (j for j in inquiry.moved if j < i and i not in inquiry.changes[j])
    return any(
        x.wire in consumers and x.whole and inquiry.is_one(x.c)
        for j in idle
        if inquiry.events[j].place.statement not in inquiry.touching
        for x in readings_of(inquiry, j)
    )


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
