"""Where a backward pass goes wrong, whatever its variables are called, and wherever its lines stand.

Every value that the backward pass makes is moved once, and what becomes of the gradients is compared with what would
become of them in the true one: so a value is known by what it does. A line is named where the values it starts from
are right, and another value in the place of what it makes, or a small change of it, makes all gradients right.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from gatewise._check.calling import callers_of, hands_on_what_is_right, helpers_of, is_short_of_what_the_caller_adds
from gatewise._check.chaining import line_it_goes_on_from
from gatewise._check.comparing import identical, largest
from gatewise._check.contributions import Work, work_of
from gatewise._check.fetching import fetches, unless_fetched
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
from gatewise._check.moving import Goal, Inquiry
from gatewise._check.naming import wires_named
from gatewise._check.patching import patch_for
from gatewise._check.readings import (
    backward_values,
    forward_values,
    is_added_to,
    is_begun,
    is_cleared,
    is_known,
    is_made_up_for,
    plain_readings,
    roles_of,
)
from gatewise._check.recomputed import as_before
from gatewise._check.repeating import each_time
from gatewise._check.replacing import adds_up, by_replacement, is_passed_over, mends_at, needed_values
from gatewise._check.rows import Rank
from gatewise._check.slopes import is_slope, slope_named, slopes_beside, slopes_instead
from gatewise._check.uses import readings_of


def single_line(inquiry: Inquiry, goal: Goal) -> Located:
    """The one line that accounts for all of these gradients."""
    on_way = [i for i in backward_values(inquiry) if inquiry.reaches(i) & {*goal} and inquiry.spoils(i)]
    located = unless_fetched(inquiry, by_patches(inquiry, on_way, goal), goal)
    if is_open_to_others(located) and (local := as_some_slope(inquiry, on_way, located, goal)) is not None:
        return Located([local], [local.statement])
    if located.found or located.doubtful:
        return located
    if not located.listed and (short := short_of_a_term(inquiry, on_way)) is not None:
        return Located([short], [short.statement])
    if located.why:
        return located
    found = by_replacement(inquiry, [i for i in on_way if not is_on_its_way(inquiry, i)], goal)
    added = [i for i in on_way if inquiry.events[i].place.statement not in inquiry.touching]
    found = found or as_addition(inquiry, added, goal)
    if found is None:
        return located
    first = next((i for i in on_way if inquiry.events[i].place.statement is found.statement), None)
    one = Located([found], [found.statement])
    return one if first is None else unless_gone_on_from(inquiry, one, first)


def by_patches(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Located:
    """The line at the first value of which another one makes all gradients right."""
    if (again := as_in_forward(inquiry, on_way, goal)) is not None:
        return Located([again], [again.statement])
    if (local := as_named(inquiry, goal)) is not None:
        return Located([local], [local.statement])
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
    likely = [p for p in likely if not is_term_of_another(inquiry, p[0], likely, goal)]
    if likely and is_right_by_name(inquiry, likely[0][0]) and (later := by_uncleared(inquiry, on_way, goal)).found:
        return later
    for i, should in likely[:1]:
        i, should = taken_over(inquiry, i, likely) or (i, should)
        i, should = in_common(inquiry, i, patches) or handed_on(inquiry, i, patches) or (i, should)
        return unless_gone_on_from(inquiry, around(inquiry, i, should, goal, [j for j, _ in likely[1:] if j > i]), i)
    if not patches and (several := each_time(inquiry, on_way, goal)) is not None:
        first = next(i for i in on_way if inquiry.events[i].place.statement is several.statement)
        return unless_gone_on_from(inquiry, Located([several], [several.statement]), first)
    return by_uncleared(inquiry, on_way, goal)


def unless_gone_on_from(inquiry: Inquiry, located: Located, i: int) -> Located:
    """A line that was found; both, where it may be the one before it in a chain as well."""
    if [f.statement for f in located.found] != [inquiry.events[i].place.statement]:
        return located
    (found,) = located.found
    own = found.change or found.mend()
    if own is not None and own.rank < Rank.CHOICE:
        return located
    before = line_it_goes_on_from(inquiry, found.statement, i)
    return located if before is None else any_of([before, found.statement])


def by_uncleared(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Located:
    """The one line of which a small change mends all, among those of which nothing says that they are right."""
    beside = [i for i in forward_values(inquiry) if inquiry.spoils(i) and inquiry.reaches(i) & {*goal}]
    makers = {inquiry.events[i].place.statement for i in backward_values(inquiry)}
    beside = [  # a part of a list that holds others; what was kept of another step
        i for i in beside if (s := inquiry.events[i].place.statement) in makers or fetches(s)
    ]
    suspects = statements_of(inquiry, [*beside, *(i for i in on_way if not is_cleared(inquiry, i))])
    begins = where_it_begins(inquiry, [i for i in on_way if not is_cleared(inquiry, i)])
    return unless_open(inquiry, by_changes(inquiry, suspects, goal, [], begins=begins), goal)


def where_it_begins(inquiry: Inquiry, uncleared: Sequence[int]) -> list[ast.stmt]:
    """The statements of values that are made of nothing of which it is open whether it is right, apart from parts."""

    def is_first(i: int) -> bool:
        own = inquiry.events[i].place.statement
        before = [j for j in uncleared if j < i and i in inquiry.changes[j]]
        return all(inquiry.events[j].place.statement is own or is_partial(inquiry, j) for j in before)

    return statements_of(inquiry, [i for i in uncleared if is_first(i)])


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


def as_named(inquiry: Inquiry, goal: Goal) -> Found | None:
    """The line that gives another local derivative than its name says, where that one mends all.

    Also one that gives a value of the forward pass.
    """
    for i, e in enumerate(inquiry.events):
        if e.place.statement in inquiry.touching or not inquiry.reaches(i) & {*goal} or not inquiry.spoils(i):
            continue
        should = slope_named(inquiry, i)
        if should is not None and mends_at(inquiry, i, should, goal):
            return Found(e.place.statement, e.place.key, e.value, should[0], by_name=True)
    return None


def is_open_to_others(located: Located) -> bool:
    """Whether no line was found, or one of which no plain change mends it."""
    changes = [f.change or f.mend() for f in located.found if not f.by_name]
    return not located.found or any(change is None or change.rank >= Rank.NAME for change in changes)


def as_some_slope(inquiry: Inquiry, on_way: Sequence[int], located: Located, goal: Goal) -> Found | None:
    """The one line that gives what is no local derivative, and made of what is known, where one mends all."""
    suspects = [] if located.found else located.suspects
    found: dict[int, Found] = {}
    for i in on_way:
        e = inquiry.events[i]
        if (suspects and e.place.statement not in suspects) or is_cleared(inquiry, i) or readings_of(inquiry, i):
            continue
        if callers_of(inquiry, i) or wires_named(inquiry, i) & {*roles_of(inquiry, i)}:
            continue  # what it was called with may be wrong; or it is meant for a gradient
        if any(i in inquiry.changes[j] and not is_known(inquiry, j, i) for j in on_way if j < i):
            continue
        should = next((each for each in slopes_instead(inquiry, i) if mends_at(inquiry, i, each, goal)), None)
        if should is not None:
            found.setdefault(id(e.place.statement), Found(e.place.statement, e.place.key, e.value, should[0]))
    return next(iter(found.values())) if len(found) == 1 else None


def is_sure_slope(inquiry: Inquiry, i: int, goal: Goal) -> bool:
    """Whether a value is a local derivative, and no other one of the same value would mend all in its place."""
    return is_slope(inquiry, i) and not any(mends_at(inquiry, i, each, goal) for each in slopes_beside(inquiry, i))


def is_term_of_another(inquiry: Inquiry, i: int, patches: Sequence[tuple[int, object]], goal: Goal) -> bool:
    """Whether a value is what comes along some uses, and a later line adds the rest: a change of it mends all."""
    terms = [r for r in readings_of(inquiry, i) if not r.whole and is_made_up_for(inquiry, i, r)]
    if not any(is_added_to(inquiry, i, r.wire) for r in terms):
        return False
    later = (inquiry.events[j].place.statement for j, _ in patches if j in inquiry.changes[i])
    sums = [s for s in later if adds_up(s)]
    return next(mendings(inquiry, sums, goal, up_to=Rank.LOCAL), None) is not None


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


def taken_over(inquiry: Inquiry, i: int, patches: Sequence[tuple[int, object]]) -> tuple[int, object] | None:
    """The value of a line that calls a helper which gave a part of a gradient: the rest is the caller's to add."""
    callers = callers_of(inquiry, i) if is_partial(inquiry, i) and is_right_elsewhere(inquiry, i) else []
    same = (p for p in patches if p[0] in inquiry.changes[i] and inquiry.events[p[0]].place.statement in callers)
    return next((p for p in same if inquiry.agree(inquiry.events[p[0]].value, inquiry.events[i].value)), None)


def is_right_elsewhere(inquiry: Inquiry, i: int) -> bool:
    """Whether the line of a value gives a gradient another time that it runs: a helper's may be right as it is."""
    s = inquiry.events[i].place.statement
    return any(is_exact(inquiry, j) for j in backward_values(inquiry) if inquiry.events[j].place.statement is s)


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


def unknown_before(inquiry: Inquiry, i: int, goal: Goal) -> list[int]:
    """The values before one, in other lines, of which nothing says that they are right."""
    place = inquiry.events[i].place
    before = [j for j in backward_values(inquiry) if i in inquiry.changes[j] and not is_known(inquiry, j, i)]
    before = [j for j in before if inquiry.events[j].place.statement is not place.statement]
    sure = [j for j in before if is_sure_slope(inquiry, j, goal)]
    if sure and next(mendings(inquiry, [place.statement], goal, up_to=Rank.NAME), None) is not None:
        before = [j for j in before if j not in sure]  # a slope is taken for right where a plain change mends this line
    if is_partial(inquiry, i):
        handed = [j for j in before if callers_of(inquiry, j) == [place.statement] and is_right_elsewhere(inquiry, j)]
        before = [j for j in before if j not in handed or not same_value(inquiry, i, j)]
    return [
        j for j in before if is_begun(inquiry, j, i) or not (is_on_its_way(inquiry, j) or is_passed_over(inquiry, j))
    ]


def around(inquiry: Inquiry, i: int, should: object, goal: Goal, others: Sequence[int]) -> Located:
    """The line of a value that could be another one; or one before it, where it starts from what is not known.

    Where the value is a multiple of what it should be, a line after it may have been meant to make up for that.
    """
    place = inquiry.events[i].place
    before = unknown_before(inquiry, i, goal)
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
        adds = is_short_of_what_the_caller_adds(inquiry, i)
        callers = [s for s in callers_of(inquiry, i) if adds or not hands_on_what_is_right(inquiry, s, i)]
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


def same_value(inquiry: Inquiry, i: int, j: int) -> bool:
    return inquiry.agree(inquiry.events[i].value, inquiry.events[j].value)


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
