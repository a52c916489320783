"""Small changes of lines that make wrong gradients right."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from gatewise._check.comparing import Value, is_number, largest, squeezed
from gatewise._check.contributions import Work, work_of
from gatewise._check.explaining import comes_along_a_path, explains
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.names import wire_named
from gatewise._check.naming import values_named, wires_named
from gatewise._check.readings import (
    backward_values,
    conventions_of,
    is_its_own,
    is_made_up_for,
    plain_readings,
    roles_of,
)
from gatewise._check.rows import Change, Rank, changed_statements
from gatewise._check.running import evaluated
from gatewise._check.scope import Formula, scope_of
from gatewise._check.uses import multiple, read_off, readings_of
from gatewise._types import Namespace, Plain

WithOne = Callable[[int], AbstractContextManager[None]]

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
        if n not in done and is_mended_by(inquiry, s, change, goal):
            if patched and s not in patched and change.kind in FACTORS and is_stretching(inquiry, s, change):
                continue
            if change.rank >= Rank.NAME and is_silencing(inquiry, s, change):
                continue
            done.add(n)
            last = min(last, change.rank + 1)
            yield s, change


@remembered
def possible_changes(inquiry: Inquiry, s: ast.stmt) -> Sequence[Change[ast.stmt]]:
    """The changes of a line that a known mistake calls for."""
    names, space = names_at(inquiry, s), inquiry.trials[0].code.space(s)
    if not names:
        return []
    keys = gradient_names(inquiry)
    gradients = [n for n in names if n in keys]
    wires = [n for n in names if n not in keys]

    def value_of(e: ast.expr) -> Any:
        try:
            found = evaluated(e, names, space)
        except Exception:
            return None
        return found if is_number(found) else None

    scope = scope_of(names, wires, gradients, s, Formula())
    scope.value_of, scope.strays = value_of, stray_names(inquiry)
    every = changed_statements(s, scope)
    if work_of(s) is Work.PACKS:  # wrong only in what it puts where
        every = [c for c in every if work_of(c.node) is Work.PACKS]
    return list({ast.dump(c.node): c for c in reversed(every)}.values())[::-1]


@remembered
def names_at(inquiry: Inquiry, s: ast.stmt) -> Namespace:
    """What the names hold before a statement runs first; nothing where that cannot be seen."""
    try:
        scopes = inquiry.trials[0].scopes(s)
    except Exception:
        return {}
    return with_attributes(scopes[0]) if scopes else {}


@remembered
def gradient_names(inquiry: Inquiry) -> set[str]:
    """The names of gradients, and of what is made of them: one that nothing reads may have been forgotten."""
    on_way = backward_values(inquiry)
    made = {j for i in on_way for j in inquiry.changes[i]}
    return {inquiry.events[i].place.key for i in {*on_way} | made}


@remembered
def stray_names(inquiry: Inquiry) -> frozenset[str]:
    """The names of what is made of gradients and is none, as a weight after its step: by name, value and work."""
    known = values_named(inquiry)
    keys = {e.place.key for i, e in enumerate(inquiry.events) if roles_of(inquiry, i) or readings_of(inquiry, i)}
    return frozenset(key for key in gradient_names(inquiry) - keys if wire_named(key, known) is None)


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


def with_change(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> AbstractContextManager[None]:
    """Inside, a line is changed: one of its possible changes, which are compiled once, or another one."""
    numbers, inside = compiled_changes(inquiry, s)
    if change in numbers:
        return inside(numbers[change])
    return inquiry.trials[0].code.with_statement(s, change.node)


@remembered
def compiled_changes(inquiry: Inquiry, s: ast.stmt) -> tuple[dict[Change[ast.stmt], int], WithOne]:
    """The numbers of the possible changes of a line, and what runs it with the one of a number."""
    every = possible_changes(inquiry, s)
    if not every:
        return {}, lambda _: nullcontext()
    inside = inquiry.trials[0].code.with_one_of(s, [c.node for c in every])
    return {c: k for k, c in enumerate(every)}, inside


def with_attributes(names: Mapping[str, object]) -> dict[str, object]:
    """The names, and the numbers that objects and dicts hold under theirs: self.x, cache["x"]."""
    found = dict(names)
    for name, x in names.items():
        held = vars(x) if hasattr(x, "__dict__") and not callable(x) and not isinstance(x, ModuleType) else {}
        found |= {f"{name}.{attribute}": value for attribute, value in held.items() if is_number(value)}
        entries = x if isinstance(x, dict) else {}
        found |= {f"{name}[{k!r}]": value for k, value in entries.items() if isinstance(k, str) and is_number(value)}
    return found
