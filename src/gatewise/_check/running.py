"""One run on plain values, watched: what each name held before and after each statement."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.bodies import bodies_of, simple
from gatewise._check.names import keys_written
from gatewise._check.programs import RETURNED, Program, changed_by
from gatewise._recording.structures import mapped

VALUE = "__gatewise_value__"


@dataclass
class Moment:
    """One statement that ran: the names before it, and after it."""

    statement: ast.stmt
    before: dict[str, Any]
    after: dict[str, Any] = field(default_factory=dict)


class Watch:
    """Notes the names before and after each statement of a code object that is run once."""

    def __init__(self, program: Program, space: Mapping[str, Any]) -> None:
        self.program, self.space = program, space
        self.moments: list[Moment] = []
        self.at: dict[int, list[ast.stmt]] = {}
        for s in program.statements:
            for line in range(s.lineno, (s.end_lineno or s.lineno) + 1):
                self.at.setdefault(line, []).append(s)
        self.copies: dict[str, tuple[Any, Any]] = {}
        self.open: list[ast.stmt] = []
        self.before: dict[str, Any] = {}
        self.end: dict[str, Any] = {}
        self.stopped: ast.stmt | None = None
        self.instruction = -1
        self.conditional = set(on_one_line(program.body))

    def line(self, frame: types.FrameType, number: int) -> None:
        """A line is about to run: what ran before it is done."""
        due = self.at.get(number, [])
        goes_on, self.instruction = frame.f_lasti > self.instruction, frame.f_lasti
        if due and due == self.open and goes_on:
            return  # another line of the same statement
        names = self.names(frame.f_locals)
        self.close(names)
        self.open, self.before = due, names

    def leave(self, frame: types.FrameType, value: Any) -> None:
        """The function returns."""
        self.end = self.names(frame.f_locals)
        if self.program.returned is not None:
            _, place = self.program.returned
            whole = value if place is None else value[place] if isinstance(value, tuple) else None
            self.end[RETURNED] = self.copied(RETURNED, whole)
        self.close(self.end)

    def close(self, names: dict[str, Any]) -> None:
        """Note the statements of the line that has run; a line may hold several."""
        before = self.before
        for s in self.open[:-1]:
            after = self.between(s, before, names)
            self.moments.append(Moment(s, before, after))
            before = after
        if self.open and not (self.open[-1] in self.conditional and unchanged(self.open[-1], before, names)):
            self.moments.append(Moment(self.open[-1], before, names))
        self.open = []

    def raised(self, program: Program) -> bool:
        """The function stopped at an error: whether that was in a backward line, which then gave nothing."""
        if not self.open or self.open[-1] in program.forward or not keys_written(self.open[-1]):
            return False
        s, self.open = self.open[-1], []
        self.stopped = s
        lost = set(keys_written(s)) if isinstance(s, ast.Assign) else set()
        self.end = {name: value for name, value in self.before.items() if name not in lost}
        self.moments.append(Moment(s, self.before, self.end))
        return True

    def between(self, s: ast.stmt, before: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
        """The names after one statement of a line that holds several; run again only where another writes over it."""
        keys = set(keys_written(s))
        others = {key for other in self.open if other is not s for key in keys_written(other)}
        if keys & others:
            return names_after(s, before, self.space)
        bases = {key.partition("[")[0] for key in keys}
        return {**before, **{name: names[name] for name in bases if name in names}}

    def names(self, local: Mapping[str, Any]) -> dict[str, Any]:
        """The local names with copies of what may change; what has not changed is not copied again."""
        return {name: self.copied(name, value) for name, value in local.items()}

    def copied(self, name: str, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            original, held = self.copies.get(name, (None, None))
            if original is not value or not same(held, value):
                self.copies[name] = value, value.copy()
            return self.copies[name][1]
        if type(value) in (dict, list, tuple):
            return mapped(lambda _, x: x.copy() if isinstance(x, np.ndarray) else x, value)
        return value


def on_one_line(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of `if c: x = 1`, which may not run though their line does."""
    for node in body:
        for inner in bodies_of(node):
            yield from (s for s in simple(inner) if s.lineno == node.lineno)
            yield from on_one_line(inner)


def unchanged(s: ast.stmt, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a statement left the names it assigns as they were."""
    bases = {key.partition("[")[0] for key in keys_written(s)}
    return all(before.get(base) is after.get(base) for base in bases)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and bool(((a == b) | (a != a)).all())


def names_after(statement: ast.stmt, names: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    """The names after a statement that is run on copies of these values. Raises what the statement raises."""
    space = {**around, **names}
    touched = set(keys_written(statement)) | set(changed_by(statement)) | added_to(statement)
    for name in {key.partition("[")[0] for key in touched} & space.keys():
        if not isinstance(space[name], types.ModuleType):
            space[name] = copy.deepcopy(space[name])
    module = ast.fix_missing_locations(ast.Module([statement], []))
    with np.errstate(all="ignore"):
        run_users_code(users_code(module, "<gatewise check>"), space)
    return {name: space[name] for name in space if name in names or (name not in around and name != "__builtins__")}


def added_to(statement: ast.stmt) -> set[str]:
    """The name that `np.add.at(dx, places, g)` changes."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="at"), args=[ast.Name(id=name), *_])):
            return {name}
    return set()


def evaluated(expression: ast.expr, names: Mapping[str, Any], around: Mapping[str, Any]) -> Any:
    """The value of an expression where the names have these values. Raises what it raises."""
    space = {**around, **names}
    target = ast.Assign([ast.Name(VALUE, ast.Store())], expression)
    module = ast.fix_missing_locations(ast.Module([target], []))
    with np.errstate(all="ignore"):
        run_users_code(users_code(module, "<gatewise check>"), space)
    return space[VALUE]
