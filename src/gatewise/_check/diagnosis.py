"""What went wrong in a line: the smallest change of it that gives the right value, and what that change is called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gatewise._check.rows import ROWS
from gatewise._check.scope import Scope
from gatewise._check.trees import call_of, expression_of, replaced, with_field

#: What a student is told, by kind; `{cure}` is the line as it should be.
SAYS = {
    "sign": "The sign is wrong.",
    "operands": "The operands are swapped.",
    "factor": "It is off by a constant factor, {detail}.",
    "transposed": "A matrix is not turned on its side, or should not be.",
    "shape": "A gradient has the shape of its value: {detail}.",
    "broadcast": "The forward pass stretched this value, so its gradient is a sum over the stretched axis.",
    "mask": "The mask is missing or not the right one: the gradient passes only where the gate let the value through.",
    "stale": "It uses {detail}.",
    "local": "The local gradient is not the right one: {detail}.",
    "eps": "It is the gradient of another function: {detail}.",
    "fork": "The value is used in more than one place, and the gradients of all uses add up: {detail}.",
    "regularisation": "{detail}.",
    "other": "None of the usual mistakes explains it{detail}.",
}
KINDS = tuple(SAYS)


@dataclass(frozen=True)
class Change:
    """Another expression (or statement) in the place of the student's."""

    rank: int
    kind: str
    node: Any
    detail: str = ""
    whole: bool = False  #: of the whole right-hand side


# ------------------------------------------------------------------------------------------- the changes of one line


def changes(expression: ast.expr, scope: Scope) -> list[Change]:
    """Every change of an expression that a row of the table calls for, the plainest first."""
    found = [
        Change(each.rank, each.kind, node, detail, whole=True)
        for each in ROWS
        if each.whole
        for node, detail in each.make(expression, scope)
    ]
    places = set(numbers_of_places(expression))  # `-1` in `w[::-1]` has no sign to be wrong
    for part in ast.walk(expression):
        if isinstance(part, ast.expr) and part not in places:
            for each in ROWS:
                if each.parts and not (each.whole and part is expression):
                    for node, detail in each.make(part, scope):
                        found.append(Change(each.rank, each.kind, replaced(expression, part, node), detail))
    return sorted(found, key=lambda change: change.rank)


def numbers_of_places(e: ast.expr) -> Iterator[ast.expr]:
    """The numbers that are written inside of subscripts."""
    for each in ast.walk(e):
        if isinstance(each, ast.Subscript):
            for node in ast.walk(each.slice):
                if isinstance(node, ast.Constant) or (
                    isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
                ):
                    yield node


def changed_statements(s: ast.stmt, scope: Scope) -> list[Change]:
    """Every change of a statement: of its right-hand side, of the index it assigns at, of its operator."""
    found: list[Change] = []
    if not isinstance(s, (ast.Assign, ast.AugAssign)):
        return found
    if isinstance(s, ast.AugAssign):
        for op, kind in ((ast.Add(), "sign"), (ast.Sub(), "sign"), (ast.Mult(), "factor"), (ast.Div(), "factor")):
            pair = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}.get(type(s.op))
            if pair is type(op):
                found.append(Change(5, kind, with_field(s, "op", op), "multiply and divide are swapped"))
        found += list(other_sizes(s, scope))
    for change in changes(s.value, scope):
        found.append(replace(change, node=with_field(s, "value", change.node)))
    found += changed_places(s)
    target = s.target if isinstance(s, ast.AugAssign) else s.targets[0]
    if isinstance(target, ast.Subscript):
        for change in changes(target.slice, scope):
            if change.kind in ("mask", "stale"):
                instead = with_field(target, "slice", change.node)
                new = (
                    with_field(s, "target", instead)
                    if isinstance(s, ast.AugAssign)
                    else with_field(s, "targets", [instead])
                )
                found.append(replace(change, node=new, whole=False))
    return found


def other_sizes(s: ast.AugAssign, scope: Scope) -> Iterator[Change]:
    """`dx /= n` where the number of something else belongs."""
    if isinstance(s.op, (ast.Mult, ast.Div)):
        own = ast.unparse(s.value)
        for size, number in scope.sizes.items():
            if number != scope.sizes.get(own):
                yield Change(24, "factor", with_field(s, "value", expression_of(size)), f"{own} where {size} belongs")


def changed_places(s: ast.stmt) -> Iterator[Change]:
    """`dx[i] = g` for `dx[i] += g`; `dx[i] += g` where an index occurs twice and is added to once."""
    match s:
        case ast.Assign(targets=[ast.Subscript() as target], value=value):
            added = ast.AugAssign(target, ast.Add(), value)
            text = ast.unparse(target)
            yield Change(6, "fork", added, f"= forgets what {text} already held, += adds to it")
        case ast.AugAssign(target=ast.Subscript(value=whole, slice=index) as target, op=ast.Add(), value=value):
            detail = f"+= adds once where a place occurs twice in {ast.unparse(index)}, np.add.at every time"
            yield Change(7, "fork", ast.Expr(call_of("np.add.at", whole, index, value)), detail)
