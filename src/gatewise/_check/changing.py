"""What may be done to a line: the changes that a known mistake calls for, compiled once and run by their numbers."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType
from typing import Any

from gatewise._check.comparing import is_number
from gatewise._check.contributions import Work, work_of
from gatewise._check.moving import Inquiry, remembered
from gatewise._check.names import wire_named
from gatewise._check.naming import values_named
from gatewise._check.readings import backward_values, roles_of
from gatewise._check.rows import Change, changed_statements
from gatewise._check.running import evaluated
from gatewise._check.scope import Formula, scope_of
from gatewise._check.uses import readings_of
from gatewise._types import Namespace

WithOne = Callable[[int], AbstractContextManager[None]]


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
    return every


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


def with_change(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> AbstractContextManager[None]:
    """Inside, a line is changed: one of its possible changes, which are compiled once, or another one."""
    numbers, inside = compiled_changes(inquiry, s, change.rank)
    if change in numbers:
        return inside(numbers[change])
    return inquiry.trials[0].code.with_statement(s, change.node)


@remembered
def compiled_changes(inquiry: Inquiry, s: ast.stmt, rank: int) -> tuple[dict[Change[ast.stmt], int], WithOne]:
    """The numbers of the possible changes of a line, of one rank, and what runs it with the one of a number."""
    every = [c for c in possible_changes(inquiry, s) if c.rank == rank]
    every = [c for c in every if first_written_so(inquiry, s, c) is c]
    if not every:
        return {}, lambda _: nullcontext()
    inside = inquiry.trials[0].code.with_one_of(s, [c.node for c in every])
    return {c: k for k, c in enumerate(every)}, inside


def first_written_so(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> Change[ast.stmt]:
    """The first change of a line that makes the same of it: others need not be tried."""
    written: dict[str, Change[ast.stmt]] = inquiry.memory.setdefault((first_written_so, s), {})
    return written.setdefault(ast.dump(change.node), change)


def with_attributes(names: Mapping[str, object]) -> dict[str, object]:
    """The names, and the numbers that objects and dicts hold under theirs: self.x, cache["x"]."""
    found = dict(names)
    for name, x in names.items():
        held = vars(x) if hasattr(x, "__dict__") and not callable(x) and not isinstance(x, ModuleType) else {}
        found |= {f"{name}.{attribute}": value for attribute, value in held.items() if is_number(value)}
        entries = x if isinstance(x, dict) else {}
        found |= {f"{name}[{k!r}]": value for k, value in entries.items() if isinstance(k, str) and is_number(value)}
    return found
