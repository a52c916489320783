"""The statements inside of statements: loops, conditions, `try`, `with` and `match` have bodies, definitions too."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

BODIES = ("body", "orelse", "finalbody")
PARTS = ("handlers", "cases")  #: what holds a body in its turn, and is no statement
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

Node = TypeVar("Node", bound=ast.AST)
Body = list[ast.stmt]


def defines(node: ast.stmt) -> bool:
    return isinstance(node, DEFINITIONS)


def bodies_of(node: ast.stmt) -> list[Body]:
    """The bodies of a statement; not those of a definition, which run when it is called."""
    if defines(node):
        return []
    own = [body for name in BODIES if (body := getattr(node, name, None))]
    return [*own, *(part.body for name in PARTS for part in getattr(node, name, ()))]


def simple(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that compute something, those inside loops and conditions too."""
    for node in body:
        if isinstance(node, SIMPLE):
            yield node
        for inner in bodies_of(node):
            yield from simple(inner)


def with_bodies(node: Node, made: Callable[[Body], Body]) -> Node:
    """A copy of a statement in which each body is made anew of the one there was; `pass` where nothing is left."""
    twin = copy.copy(node)
    for name in BODIES:
        if inner := getattr(node, name, None):
            setattr(twin, name, made(inner) or [ast.copy_location(ast.Pass(), inner[0])])
    for name in PARTS:
        if held := getattr(node, name, None):
            setattr(twin, name, [with_bodies(each, made) for each in held])
    return twin


def placed(node: Node, where: ast.expr | ast.stmt) -> Node:
    """A new piece of program at the place of another one."""
    for each in ast.walk(node):
        if isinstance(each, (ast.expr, ast.stmt)):
            ast.copy_location(each, where)
    return node


def statement(text: str, where: ast.stmt) -> ast.stmt:
    """A statement, from its text, at the place of another one."""
    return placed(ast.parse(text).body[0], where)
