"""Where a backward pass goes wrong, whatever its variables are called, and wherever its lines stand.

Every value that the backward pass makes is moved once, and what becomes of the gradients is compared with what would
become of them in the true one: so a value is known by what it does. A line is named where the values it starts from
are right, and another value in the place of what it makes, or a small change of it, makes all gradients right.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import identical, is_gradient_like, largest
from gatewise._check.contributions import Work, work_of
from gatewise._check.meant import (
    is_as_meant,
    is_exact,
    is_held_at_a_number,
    is_on_its_way,
    is_right_by_name,
    is_taken_exactly,
)
from gatewise._check.mending import (
    Found,
    Located,
    any_of,
    as_found,
    by_changes,
    is_right_by_its_name,
    mendings,
    statements_of,
)
from gatewise._check.missing import (
    as_addition,
    before_or_at,
    is_handed_on_right,
    is_partial,
    lacking_a_term,
    short_of_a_term,
    was_at_hand,
)
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.readings import (
    backward_values,
    down_to,
    forward_values,
    is_begun,
    is_cleared,
    is_known,
    plain_readings,
    read_off,
    roles_of,
    sums,
    total,
    uses_at,
    wires_named,
)
from gatewise._check.recomputed import as_before, wires_valued
from gatewise._check.repeating import each_time
from gatewise._check.replacing import by_replacement, is_passed_over, mends_at, needed_values
from gatewise._check.rows import Rank
from gatewise._check.running import evaluated


def single_line(inquiry: Inquiry, goal: Goal) -> Located:
    """The one line that accounts for all of these gradients."""
    on_way = [i for i in backward_values(inquiry) if inquiry.reaches(i) & {*goal} and inquiry.spoils(i)]
    located = by_patches(inquiry, on_way, goal)
    if located.found or located.doubtful:
        return located
    if not located.listed and (short := short_of_a_term(inquiry, on_way)) is not None:
        return Located([short], [short.statement])
    if located.why:
        return located
    found = by_replacement(inquiry, [i for i in on_way if not is_on_its_way(inquiry, i)], goal)
    added = [i for i in on_way if inquiry.events[i].place.statement not in inquiry.touching]
    found = found or as_addition(inquiry, added, goal)
    return Located([found], [found.statement]) if found is not None else located


def by_patches(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Located:
    """The line at the first value of which another one makes all gradients right."""
    if (again := as_in_forward(inquiry, on_way, goal)) is not None:
        return Located([again], [again.statement])
    patches: list[tuple[int, Any]] = []
    for i in on_way:
        patch = patch_for(inquiry, i, goal)
        if patch is not None:
            patches.append((i, patch))
    if (lacking := lacking_a_term(inquiry, patches)) is not None:
        return lacking
    open_ones = [p for p in patches if not is_as_meant(inquiry, p[0])]
    likely = [p for p in open_ones or last_of(inquiry, patches) if statements_of(inquiry, [p[0]])]
    likely = [p for p in likely if not is_on_its_way(inquiry, p[0])]
    if likely and is_right_by_name(inquiry, likely[0][0]) and (later := by_uncleared(inquiry, on_way, goal)).found:
        return later
    for i, should in likely[:1]:
        i, should = in_common(inquiry, i, patches) or handed_on(inquiry, i, patches) or (i, should)
        return around(inquiry, i, should, goal, [j for j, _ in likely[1:] if j > i])
    if not patches and (several := each_time(inquiry, on_way, goal)) is not None:
        return Located([several], [several.statement])
    return by_uncleared(inquiry, on_way, goal)


def by_uncleared(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Located:
    """The one line of which a small change mends all, among those of which nothing says that they are right."""
    beside = [i for i in forward_values(inquiry) if inquiry.spoils(i) and inquiry.reaches(i) & {*goal}]
    makers = {inquiry.events[i].place.statement for i in backward_values(inquiry)}
    beside = [i for i in beside if inquiry.events[i].place.statement in makers]  # a part of a list that holds others
    suspects = statements_of(inquiry, [*beside, *(i for i in on_way if not is_cleared(inquiry, i))])
    return unless_open(inquiry, by_changes(inquiry, suspects, goal, []), goal)


def as_in_forward(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Found | None:
    """The line that computes a value of the forward pass once more, and another one, where that one mends all."""
    for i in on_way:
        if roles_of(inquiry, i):
            continue
        for values in as_before(inquiry, i):
            if mends_at(inquiry, i, values, goal):
                e = inquiry.events[i]
                return Found(e.place.statement, e.place.key, e.value, values[0])
    return None


def last_of(inquiry: Inquiry, patches: Sequence[tuple[int, object]]) -> list[tuple[int, object]]:
    """Of right values that should be others, those of which no other one is made: it goes wrong after them."""
    return [(i, v) for i, v in patches if not any(j in inquiry.changes[i] for j, _ in patches)]


def in_common(inquiry: Inquiry, i: int, patches: Sequence[tuple[int, object]]) -> tuple[int, object] | None:
    """The value that all is made of that goes wrong before another one, where that is in more than one line."""
    before = [j for j in backward_values(inquiry) if i in inquiry.changes[j] and is_taken_exactly(inquiry, j)]
    wrong = [j for j in before if not is_cleared(inquiry, j)]
    if len(statements_of(inquiry, wrong)) < 2:
        return None
    shared = [p for p in patches if {*wrong} <= inquiry.changes[p[0]] and is_taken_exactly(inquiry, p[0])]
    return shared[-1] if shared else None


def handed_on(inquiry: Inquiry, i: int, patches: Sequence[tuple[int, object]]) -> tuple[int, object] | None:
    """The value that a line adds as it is, where another one in its place mends it: the line computes nothing."""
    s = inquiry.events[i].place.statement
    parts = [j for j, _ in patches if inquiry.events[j].place.statement is s and inquiry.events[j].place.how == "part"]
    if inquiry.events[i].place.how != "after" or not parts or work_of(s) is not Work.HANDS_ON:
        return None
    part = inquiry.events[parts[0]].value
    if not largest(part):
        return None
    sources = (
        p for p in patches if parts[0] in inquiry.changes[p[0]] and inquiry.agree(inquiry.events[p[0]].value, part)
    )
    return next(sources, None)


def around(inquiry: Inquiry, i: int, should: object, goal: Goal, others: Sequence[int]) -> Located:
    """The line of a value that could be another one; or one before it, where it starts from what is not known.

    Where the value is a multiple of what it should be, a line after it may have been meant to make up for that.
    """
    place = inquiry.events[i].place
    before = [j for j in backward_values(inquiry) if i in inquiry.changes[j] and not is_known(inquiry, j, i)]
    before = [j for j in before if inquiry.events[j].place.statement is not place.statement]
    before = [
        j for j in before if is_begun(inquiry, j, i) or not (is_on_its_way(inquiry, j) or is_passed_over(inquiry, j))
    ]
    after = [j for j in others if j in inquiry.changes[i]] if is_held_at_a_number(inquiry, i) else []
    suspects = without_packing(inquiry, statements_of(inquiry, [*before, i, *after]), goal)
    equals = [s for s in equals_of(inquiry, i, others) if s not in suspects] if len(suspects) > 1 else []
    suspects += equals
    first = Found(place.statement, place.key, inquiry.events[i].value, should)
    if not largest(inquiry.events[i].value) and place.how == "value" and not isinstance(place.statement, ast.Return):
        return Located([], [], f"a line is missing that adds to {place.key}")
    if is_handed_on_right(inquiry, i):
        return Located([], [], f"a line is missing that takes {place.key} further back")
    if is_partial(inquiry, i):
        first.lost = True
        if (added := as_addition(inquiry, [*before_or_at(inquiry, i)], goal)) is not None:
            return Located([added], suspects)
        if not was_at_hand(inquiry, i):
            return Located([], [], f"a line is missing that adds to {place.key}")
    if len(suspects) == 1:
        if suspects[0] is not place.statement:
            first = as_found(inquiry, suspects[0])
        first.mend = lambda: next((c for _, c in mendings(inquiry, suspects, goal)), None)
        rivals = rivals_of(inquiry, i)
        callers = [s for s in callers_of(inquiry, i) if not hands_on_what_is_right(inquiry, s, i)]
        callers += helpers_of(inquiry, i)
        if callers and first.mend() is None:  # what it was given may be wrong as well, and nothing tells
            why = "what it is called with may be wrong, or what it does"
            return Located([], [*callers, *suspects], why, listed=True)
        rivals += equals_of(inquiry, i, others)
        if rivals and next(mendings(inquiry, rivals, goal), None) is not None:
            why = "a change of any of these would mend it"
            return Located([], [*rivals, *suspects], why, doubtful=True, listed=True)
        return Located([first], suspects)
    patched = without_packing(inquiry, statements_of(inquiry, [i, *after]), goal)
    return unless_open(inquiry, by_changes(inquiry, suspects, goal, [first], [*patched, *equals]), goal)


def unless_open(inquiry: Inquiry, located: Located, goal: Goal) -> Located:
    """A line with a far-fetched change is named only where no other value before it would mend all as well."""
    for f in located.found:
        if f.change is not None and f.change.rank >= Rank.FAR:
            own = [i for i in backward_values(inquiry) if inquiry.events[i].place.statement is f.statement]
            before = {j for i in own for j in backward_values(inquiry) if i in inquiry.changes[j]} - {*own}
            open_ones = [j for j in sorted(before) if not is_cleared(inquiry, j) and statements_of(inquiry, [j])]
            if any(needed_values(inquiry, j, goal) is not None for j in open_ones):
                return any_of(located.suspects)
    return located


def without_packing(inquiry: Inquiry, statements: Sequence[ast.stmt], goal: Goal) -> list[ast.stmt]:
    """These without the ones that put values together in the right order, where others are left."""

    def packs(s: ast.stmt) -> bool:
        return work_of(s) is Work.PACKS and next(mendings(inquiry, [s], goal), None) is None

    return [s for s in statements if not packs(s)] or list(statements)


def equals_of(inquiry: Inquiry, i: int, others: Sequence[int]) -> list[ast.stmt]:
    """The lines that hand a value on under another name, where its own says nothing of whose gradient it is."""
    if wires_named(inquiry, i) & {*roles_of(inquiry, i)}:
        return []
    own = inquiry.events[i]
    same = [j for j in others if j in inquiry.changes[i] and identical(inquiry.events[j].value, own.value)]
    return [s for s in statements_of(inquiry, same) if s is not own.place.statement and not isinstance(s, ast.Return)]


def rivals_of(inquiry: Inquiry, i: int) -> list[ast.stmt]:
    """The lines before a value that give the gradient of one wire, where what follows takes it for another's."""
    before = [j for j in backward_values(inquiry) if i in inquiry.changes[j] and roles_of(inquiry, j)]
    other = [j for j in before if is_exact(inquiry, j) and not is_taken_for_what_it_is(inquiry, j)]
    other = [j for j in other if not plain_readings(inquiry, j) or not wires_named(inquiry, j)]
    contradicted = bool(wires_named(inquiry, i) & {*roles_of(inquiry, i)})  # its own name: theirs may be believed
    other = [
        j for j in other if not is_right_by_its_name(inquiry, j) or not (contradicted or plain_readings(inquiry, j))
    ]
    return [s for s in statements_of(inquiry, other) if s is not inquiry.events[i].place.statement]


def is_taken_for_what_it_is(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is a multiple of a gradient of which what follows makes that gradient's work."""
    roles = roles_of(inquiry, i)
    return any(inquiry.is_one(r.c * roles[r.wire]) for r in plain_readings(inquiry, i))


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


def is_right_to_hand_on(inquiry: Inquiry, values: Sequence[Any]) -> bool:
    """Whether a value, at each point, is a gradient, or one of the forward pass, or no array of floats."""
    if not is_gradient_like(values[0]) or not np.size(values[0]) or not largest(values[0]):
        return True
    if any(r.whole and inquiry.is_one(r.c) for r in read_off(inquiry, values)):
        return True
    return bool(wires_valued(inquiry, values)) or all(np.array_equal(values[0], v) for v in values[1:])


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
        inquiry.agree(inquiry.events[j].value, inquiry.events[i].value) and not is_exact(inquiry, j)
        for i in made
        for j in backward_values(inquiry)
        if j < i and i in inquiry.changes[j]
    )


def patch_for(inquiry: Inquiry, i: int, goal: Goal) -> object:
    """Another value in the place of one, with which the gradients are right; None where there is none."""
    for k, d in roles_of(inquiry, i).items():
        if not {*down_to(inquiry, k)} & {*goal}:
            continue
        for chosen in sums(len(uses_at(inquiry, 0, k))):
            values = [total(uses_at(inquiry, n, k), chosen) / d for n in range(len(inquiry.trials))]
            if mends_at(inquiry, i, values, goal):
                return values[0]
    return None
