"""One run on plain values, noted: what each name held before and after each statement."""

from __future__ import annotations

import ast
import copy
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._build import run_users_code, users_code
from gatewise._check.bodies import bodies_of, statement, with_bodies
from gatewise._check.comparing import identical
from gatewise._check.names import keys_written
from gatewise._check.programs import RETURNED, Program, changed_by
from gatewise._recording.structures import mapped
from gatewise._types import Namespace

VALUE = "__gatewise_value__"
REACHED, SETTLED, LEFT, NAMES = (f"__gatewise_{name}__" for name in ("reached", "settled", "left", "names"))


@dataclass
class Moment:
    """One statement that ran: the names before it, and after it."""

    statement: ast.stmt
    before: dict[str, Any]
    after: dict[str, Any] = field(default_factory=dict)


class Watch:
    """Notes the names before and after each statement of a program that is run once.

    Every statement is made to tell that it is about to run; what it did is known when the next one is, or at the end of
    the body that it stands in.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.moments: list[Moment] = []
        self.places = dict(enumerate(program.statements))
        self.numbers = {s: k for k, s in self.places.items()}
        self.copies: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.open: ast.stmt | None = None
        self.before: dict[str, object] = {}
        self.end: dict[str, object] = {}
        self.stopped: ast.stmt | None = None
        self.hooks = {REACHED: self.reached, SETTLED: self.settled, LEFT: self.left, NAMES: locals}

    def told(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """A body that tells of each statement before it runs, and what is returned."""
        found: list[ast.stmt] = []
        for node in body:
            if node in self.numbers:
                found += [statement(f"{REACHED}({self.numbers[node]}, {NAMES}())", node), node]
            elif isinstance(node, ast.Return):
                found += self.told_of_return(node)
            else:
                found.append(with_bodies(node, self.told) if bodies_of(node) else node)
        return [*found, statement(f"{SETTLED}({NAMES}())", body[-1])] if body else found

    def told_of_return(self, node: ast.Return) -> list[ast.stmt]:
        twin = copy.copy(node)
        names = ast.Call(ast.Name(NAMES, ast.Load()), [], [])
        given = node.value or ast.Constant(None)
        twin.value = ast.Call(ast.Name(LEFT, ast.Load()), [given, names], [])
        ast.fix_missing_locations(twin)
        returned = self.program.returned
        if returned is None or node is not self.program.body[-1]:
            return [twin]
        return [statement(f"{REACHED}({self.numbers[returned[0]]}, {NAMES}())", node), twin]

    def reached(self, number: int, local: Mapping[str, object]) -> None:
        """A statement is about to run: what ran before it is done."""
        self.settled(local)
        self.open = self.places[number]

    def settled(self, local: Mapping[str, object]) -> None:
        """Note the statement that ran last."""
        self.end = self.names(local)
        if self.open is not None:
            self.moments.append(Moment(self.open, self.before, self.end))
        self.open, self.before = None, self.end

    def left(self, value: object, local: Mapping[str, object]) -> Any:
        """The function returns; a dict of gradients that is written into its return statement has a name then."""
        names = self.names(local)
        if self.program.returned is not None:
            _, place = self.program.returned
            names[RETURNED] = self.copied(RETURNED, part_of(value, place))
        self.settled(names)
        return value

    def raised(self) -> bool:
        """The program stopped at an error: whether that was in a backward line, which then gave nothing."""
        s = self.open
        if s is None or s in self.program.forward or not keys_written(s):
            return False
        self.open, self.stopped = None, s
        lost = set(keys_written(s)) if isinstance(s, ast.Assign) else set()
        self.end = {name: value for name, value in self.before.items() if name not in lost}
        self.moments.append(Moment(s, self.before, self.end))
        return True

    def names(self, local: Mapping[str, object]) -> Namespace:
        """The names with copies of what may change; what has not changed is not copied again."""
        return {name: self.copied(name, value) for name, value in local.items() if not name.startswith("__")}

    def copied(self, name: str, value: object) -> Any:
        if isinstance(value, np.ndarray):
            original, held = self.copies.get(name, (None, None))
            if original is not value or held is None or not identical(held, value):
                self.copies[name] = value, value.copy()
            return self.copies[name][1]
        if type(value) in (dict, list, tuple):
            return mapped(lambda _, x: x.copy() if isinstance(x, np.ndarray) else x, value)
        return value


def part_of(value: object, place: int | None) -> object:
    """The part of what is returned that is the dict of gradients."""
    return value if place is None else value[place] if isinstance(value, tuple) else None


def names_after(statement: ast.stmt, names: Mapping[str, object], around: Mapping[str, object]) -> dict[str, object]:
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


def evaluated(expression: ast.expr, names: Mapping[str, object], around: Mapping[str, object]) -> Any:
    """The value of an expression where the names have these values. Raises what it raises."""
    space = {**around, **names}
    target = ast.Assign([ast.Name(VALUE, ast.Store())], expression)
    module = ast.fix_missing_locations(ast.Module([target], []))
    with np.errstate(all="ignore"):
        run_users_code(users_code(module, "<gatewise check>"), space)
    return space[VALUE]
