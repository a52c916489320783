"""Small changes of lines that make wrong gradients right."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._check.changing import first_written_so, possible_changes, with_change
from gatewise._check.comparing import Value, largest, squeezed
from gatewise._check.explaining import comes_along_a_path, explains
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.naming import wires_named
from gatewise._check.readings import (
    backward_values,
    conventions_of,
    is_its_own,
    is_made_up_for,
    plain_readings,
    roles_of,
)
from gatewise._check.rows import Change, Rank
from gatewise._check.uses import multiple, read_off, readings_of
from gatewise._types import Plain

FACTORS = ("factor", "local", "mask")  #: kinds of changes that multiply by something


@dataclass
class Found:
    """A line that is wrong, what it gives and should give, and the change that mends it, where one was found."""

    statement: ast.stmt
    key: str
    gave: Any
    should: Any
    change: Change[ast.stmt] | None = None
    mend: Callable[[], Change[ast.stmt] | None] = lambda: None  #: looks for that change, where it was not needed so far
    lost: bool = False  #: what it gives is a part of the gradient: something is missing in it
    at: ast.stmt | ast.expr | None = None  #: the part of the statement that is wrong
    text: str = ""
    shape: bool = False  #: it has the shape of something else
    by_name: bool = False  #: its name says what it should be: a plainer change of another line has no better claim


@dataclass
class Located:
    """The lines found; `suspects` are those among which the wrong ones are; `why` says what stands in the way."""

    found: list[Found] = field(default_factory=list)
    suspects: list[ast.stmt] = field(default_factory=list)
    why: str = ""
    doubtful: bool = False  #: several lines could be the one
    listed: bool = False  #: one of the suspects is wrong: a change of it mends all, or another value in its place
    unseen: bool = False  #: the program could not be looked at
    right: bool = False  #: all gradients are right
    cleared: set[int] = field(default_factory=set)  #: lines that right gradients are made by
    idle: set[int] = field(default_factory=set)  #: lines that put values together, or take them apart
    misshaped: list[str] = field(default_factory=list)  #: parameters whose gradients have another shape
    texts: dict[int, str] = field(default_factory=dict)  #: suspects by their lines, as the user wrote them
    cures: Callable[[int, str], bool] = lambda *_: True  #: whether a text in the place of a line mends something
    doubted: list[Found] = field(default_factory=list)  #: lines named only where the marking names them as well

    @property
    def lines(self) -> set[int]:
        return {f.statement.lineno for f in self.found}


def statements_of(inquiry: Inquiry, events: Iterable[int]) -> list[ast.stmt]:
    """The statements of these values that may be wrong, in the order in which they ran."""
    found = {id(inquiry.events[i].place.statement): inquiry.events[i].place.statement for i in sorted(events)}
    return [s for s in found.values() if s not in inquiry.touching and not only_adds(inquiry, s)]


def only_adds(inquiry: Inquiry, s: ast.stmt) -> bool:
    """Whether a statement adds what is right to something, each time that it runs."""
    adds = isinstance(s, ast.AugAssign) and isinstance(s.op, (ast.Add, ast.Sub))
    sets = isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Subscript)
    if not (adds or sets or isinstance(s, ast.Expr)):
        return False
    parts = [i for i, e in enumerate(inquiry.events) if e.place.statement is s and e.place.how == "part"]
    return bool(parts) and all(
        any(
            is_made_up_for(inquiry, i, r) or is_its_own(inquiry, i, r)
            for r in readings_of(inquiry, i)
            if (r.whole and not is_short_of_a_use(inquiry, i)) or not sets
        )
        or (adds and comes_along_a_path(inquiry, i))
        for i in parts
    )


def is_short_of_a_use(inquiry: Inquiry, i: int) -> bool:
    """Whether a value does the work of gradients that come from several sides, and is not their sum."""
    circuit, roles = inquiry.trials[0].circuit, roles_of(inquiry, i)
    apart = [k for k in roles if not any(k in circuit.behind[m] or m in circuit.behind[k] for m in roles)]
    wanted = sum(np.reshape(circuit.found[k] / roles[k], squeezed(circuit.found[k])) for k in apart)
    return len(apart) > 1 and not inquiry.agree(inquiry.events[i].value, wanted)


def by_changes(
    inquiry: Inquiry,
    suspects: Sequence[ast.stmt],
    goal: Goal,
    first: Sequence[Found],
    patched: Sequence[ast.stmt] = (),
    begins: Sequence[ast.stmt] = (),
) -> Located:
    """The one among some lines of which a small change makes the gradients right.

    The lines in `patched` explain it too, each with another value in the place of its own. Where it goes wrong first
    (`begins`) is tried before all others, and what mends it there stands where there are too many to be tried.
    """
    doubtful = any_of(suspects)
    mending = list(mendings(inquiry, suspects, goal, patched, begins=begins))
    sure = (change.rank < inquiry.tried_up_to or s in begins for s, change in mending)
    if inquiry.tried > inquiry.enough and not any(sure):
        return Located([], [], "there are more ways to mend it than could be tried")
    if len({change.rank <= Rank.FACTOR for _, change in mending}) > 1:  # another one stands there, or one is missing
        if named := [each for each in mending if is_off_its_name(inquiry, *each)]:
            s, change = min(named, key=lambda each: suspects.index(each[0]))  # what is made of it is off with it
            found = with_its_change(inquiry, s, change, first)
            found.by_name = True
            return Located([found], list(suspects))
        if any(puts_in_a_number(*each) for each in mending if each[1].rank > Rank.FACTOR):
            return doubtful  # lengths that are in the ratio of a small number say nothing
        mending = [each for each in mending if each[1].rank <= Rank.FACTOR]
        if len(mending) == 1:
            return Located([with_its_change(inquiry, *mending[0], first)], list(suspects))
    if len(mending) > 1 and (left := [each for each in mending if not spoils_what_is_right(inquiry, *each)]):
        mending = left
        if len(mending) == 1:
            return Located([with_its_change(inquiry, *mending[0], first)], list(suspects))
    if len(mending) > 1:  # what mends a line can be done to a later one as well: what is a gradient then, decides
        s, change = min(mending, key=lambda each: suspects.index(each[0]))
        both = sum(each in patched for each, _ in mending) > 1
        if both or is_explained_as_it_is(inquiry, s) or not is_known_with(inquiry, s, change):
            return doubtful
        mending = [(s, change)]
    for s, change in mending:
        open_to_both = patched and s not in patched and is_outer(inquiry, s, change)
        if open_to_both and (is_explained_as_it_is(inquiry, s) or not is_known_with(inquiry, s, change)):
            return doubtful
        return Located([with_its_change(inquiry, s, change, first)], list(suspects))
    return Located([], list(suspects), listed=bool(patched))


def is_off_its_name(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a line gives a multiple of the gradients that its names say, and these themselves once it is changed."""
    own = [i for i in backward_values(inquiry) if inquiry.events[i].place.statement is s]
    off = [i for i in own if any(r.whole and r.wire in wires_named(inquiry, i) for r in readings_of(inquiry, i))]
    return bool(off) and not any(is_right_by_its_name(inquiry, i) for i in off) and is_known_with(inquiry, s, change)


def puts_in_a_number(s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change of a line has a number in it that the line has not: the 2 of a square."""
    old, new = (Counter(e.value for e in ast.walk(x) if isinstance(e, ast.Constant)) for x in (s, change.node))
    return any(type(n) in (int, float) for n in new - old)


def any_of(suspects: Sequence[ast.stmt]) -> Located:
    """Some lines, each of which may be the wrong one."""
    return Located([], list(suspects), "a change of any of these would mend it", doubtful=True, listed=True)


def with_its_change(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt], first: Sequence[Found]) -> Found:
    held = next((f for f in first if f.statement is s), None) or as_found(inquiry, s)
    held.change = change
    return held


def is_explained_as_it_is(inquiry: Inquiry, s: ast.stmt) -> bool:
    """Whether what a line gives is a gradient but for a factor that a later line may have been meant to have."""
    given = [
        i
        for i in backward_values(inquiry)
        if inquiry.events[i].place.statement is s and inquiry.events[i].place.how != "part"
    ]
    values = [[r.events[i].value for r in inquiry.runs] for i in given]
    return (
        bool(values)
        and all(explains(inquiry, each, along_axes=False) for each in values)
        and not any(plain_readings(inquiry, i) for i in given)
    )


def is_outer(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change does something to what a line gives: a later line that reads it can do the same to it."""
    if change.whole and not adds_to_something(inquiry, s):
        return True
    pairs = values_with(inquiry, s, change)
    return all(largest(old) and multiple(inquiry, [new], [old]) is not None for old, new in pairs)


def adds_to_something(inquiry: Inquiry, s: ast.stmt) -> bool:
    """Whether what a statement gives is not all that is there after it: no later line can do to it what this can."""
    if not isinstance(s, ast.AugAssign) or not isinstance(s.op, (ast.Add, ast.Sub)):
        return False
    values: dict[str, list[Any]] = {}
    for e in inquiry.events:
        if e.place.statement is s and e.value is not None:
            values.setdefault(e.place.how, []).append(np.abs(e.value))
    pairs = zip(values.get("part", ()), values.get("after", ()), strict=False)
    return any(not inquiry.agree(part, after) for part, after in pairs)


def is_stretching(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change gives a line's value more axes or longer ones."""
    return any(np.size(new) > np.size(old) for old, new in values_with(inquiry, s, change))


def spoils_what_is_right(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change makes another value of one that is exactly the gradient that its name says."""
    if conventions_of(inquiry):
        return False
    own = [i for i, e in enumerate(inquiry.events) if e.place.statement is s and e.place.how != "part"]
    pairs = zip(own, values_with(inquiry, s, change), strict=False)
    return any(is_right_by_its_name(inquiry, i) and not inquiry.agree(new, old) for i, (old, new) in pairs)


def is_right_by_its_name(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is the gradient that its name says, whatever becomes of it."""
    named = wires_named(inquiry, i)
    return any(r.whole and inquiry.is_one(r.c) and r.wire in named for r in readings_of(inquiry, i))


def is_silencing(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change leaves nothing of what a line gives: where 0 is right, something else may come too many."""
    pairs = values_with(inquiry, s, change)
    return any(largest(old) for old, _ in pairs) and not any(largest(new) for _, new in pairs)


def values_with(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> list[tuple[Value, Value]]:
    """What a line gives as it stands, and what it gives once it is changed, each time that it runs."""
    try:
        run = inquiry.trials[0].heard(statement=(s, change.node))
    except Exception:
        return []
    old = [e.value for e in inquiry.events if e.place.statement is s and e.place.how != "part"]
    new = [e.value for e in run.events if e.place.line == s.lineno and e.place.how != "part"]
    return [(a, b) for a, b in zip(old, new, strict=False) if a is not None and b is not None]


def is_known_with(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether what a line gives is a gradient once it is changed, each time that it runs."""
    try:
        runs = [t.heard(statement=(s, change.node)) for t in inquiry.trials]
    except Exception:
        return False
    key = as_found(inquiry, s).key
    places = [e.place for e in runs[0].events]
    made = [i for i, p in enumerate(places) if p.line == s.lineno and p.key == key and p.how != "part"]
    values = [[r.events[i].value for r in runs] for i in made]
    return bool(made) and all(is_held(inquiry, each) for each in values if largest(each[0]))


def is_held(inquiry: Inquiry, values: Sequence[Plain]) -> bool:
    """Whether a value is a gradient, at its size or at one at which others are held."""
    constants = {1.0, *conventions_of(inquiry)}
    return any(r.whole and any(inquiry.is_one(r.c / c) for c in constants) for r in read_off(inquiry, values))


def as_found(inquiry: Inquiry, s: ast.stmt) -> Found:
    e = next(e for e in reversed(inquiry.events) if e.place.statement is s)
    return Found(s, e.place.key, e.value, None)


def mendings(
    inquiry: Inquiry,
    suspects: Sequence[ast.stmt],
    goal: Goal,
    patched: Sequence[ast.stmt] = (),
    up_to: int = max(Rank) + 1,
    begins: Sequence[ast.stmt] = (),
) -> Iterator[tuple[ast.stmt, Change[ast.stmt]]]:
    """For each line the plainest change of it that makes the gradients right at both points, of lower ranks than one.

    Where one is found, changes that are much farther fetched are not tried any more. A factor that would stretch
    what a line gives belongs into a later line, where there is one that explains it too.
    """

    def is_late(s: ast.stmt, change: Change[ast.stmt]) -> bool:
        return bool(begins) and change.rank >= Rank.NAME and s not in begins

    every = [
        ((is_late(s, c), *c.order, n), n, s, c) for n, s in enumerate(suspects) for c in possible_changes(inquiry, s)
    ]
    done: set[int] = set()
    last: int = up_to - 1
    for _, n, s, change in sorted(every, key=lambda each: each[0]):
        if inquiry.tried > inquiry.enough:
            return
        if change.rank > last:
            continue
        inquiry.tried_up_to = change.rank
        if n not in done and is_mended_by(inquiry, s, first_written_so(inquiry, s, change), goal):
            if patched and s not in patched and change.kind in FACTORS and is_stretching(inquiry, s, change):
                continue
            if change.rank >= Rank.NAME and is_silencing(inquiry, s, change):
                continue
            done.add(n)
            last = min(last, change.rank + 1)
            yield s, change


def is_mended_by(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt], goal: Goal) -> bool:
    """Whether a change of a line makes the gradients right, and leaves the right ones so."""
    wanted = {*goal} | ({*inquiry.names} - {*inquiry.wrong})
    return all(wanted <= right_with(inquiry, n, s, change) for n in range(len(inquiry.trials)))


def is_cured_by(inquiry: Inquiry, line: int, text: str) -> bool:
    """Whether a text in the place of a line makes a wrong gradient right, or one of another shape, and spoils none.

    True where it cannot be tried: it is a part of a statement, or no statement was heard there.
    """
    s = next((e.place.statement for e in inquiry.events if e.place.line == line), None)
    try:
        (node,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return True
    if s is None or isinstance(node, ast.Expr) != isinstance(s, ast.Expr):
        return True
    change = Change(Rank.FAR, 0, "other", ast.copy_location(node, s))
    right = [right_with(inquiry, n, s, change) for n in range(len(inquiry.trials))]
    kept = {*inquiry.names} - {*inquiry.wrong}
    mended = (q for q in (*inquiry.wrong, *inquiry.misshaped) if all(q in each for each in right))
    return all(kept <= each for each in right) and next(mended, None) is not None


@remembered
def right_with(inquiry: Inquiry, n: int, s: ast.stmt, change: Change[ast.stmt]) -> set[str]:
    """The gradients that are right at a point where a line is changed."""
    inquiry.tried += n == 0
    try:
        found = inquiry.trials[n].changed(with_change(inquiry, s, change))
    except Exception:
        return set()
    return {q for q in (*inquiry.names, *inquiry.misshaped) if inquiry.right(n, found, q)}
