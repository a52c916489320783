"""Changes of a line, the plainest first: what the rows of the table make of it, for both finders of wrong lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatewise._check import rows_local, rows_names, rows_shapes, rows_signs  # noqa: F401  (they enter their rows)
from gatewise._check.scope import Scope
from gatewise._check.table import LINE_ROWS as LINE_ROWS
from gatewise._check.table import ROWS as ROWS
from gatewise._check.table import Change as Change
from gatewise._check.table import Rank as Rank
from gatewise._check.trees import replaced, with_field


def changes(expression: ast.expr, scope: Scope) -> list[Change[ast.expr]]:
    """Every change of an expression that a row of the table calls for, the plainest first."""
    found = [
        Change(each.rank, each.place, each.kind, node, detail, whole=True)
        for each in ROWS
        if each.whole
        for node, detail in each.make(expression, scope)
    ]
    return sorted([*found, *changed_parts(expression, scope)], key=lambda change: change.order)


def changed_elements(expression: ast.expr, scope: Scope, names: bool) -> Iterator[Change[ast.expr]]:
    """The changes of what a tuple, a list or a dict is put together of, where it is computed there."""
    for e in elements(expression):
        computed = isinstance(e, (ast.BinOp, ast.UnaryOp, ast.Call)) or (names and isinstance(e, ast.Name))
        for each in ROWS if computed and e is not expression else ():
            if each.whole:
                for node, detail in each.make(e, scope):
                    yield Change(each.rank, each.place, each.kind, replaced(expression, e, node), detail)


def elements(e: ast.expr) -> Iterator[ast.expr]:
    """What literals are put together of, those inside of others too."""
    parts = e.elts if isinstance(e, (ast.Tuple, ast.List)) else e.values if isinstance(e, ast.Dict) else None
    if parts is None:
        yield e
    for each in parts or ():
        yield from elements(each)


def changed_parts(expression: ast.expr, scope: Scope) -> Iterator[Change[ast.expr]]:
    """The changes of parts of an expression."""
    places = set(numbers_of_places(expression))  # `-1` in `w[::-1]` has no sign to be wrong
    for part in ast.walk(expression):
        if isinstance(part, ast.expr) and part not in places:
            for each in ROWS:
                if each.parts and not (each.whole and part is expression):
                    for node, detail in each.make(part, scope):
                        instead = replaced(expression, part, node)
                        yield Change(each.rank, each.place, each.kind, instead, detail)


def numbers_of_places(e: ast.expr) -> Iterator[ast.expr]:
    """The numbers that are written inside of subscripts."""
    for each in ast.walk(e):
        if isinstance(each, ast.Subscript):
            for node in ast.walk(each.slice):
                if isinstance(node, ast.Constant) or (
                    isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
                ):
                    yield node


def changed_statements(s: ast.stmt, scope: Scope) -> list[Change[ast.stmt]]:
    """Every change of a statement: of the whole, of its right-hand side, of the index that it assigns at."""
    found = [
        Change(each.rank, each.place, each.kind, node, detail)
        for each in LINE_ROWS
        for node, detail in each.make(s, scope)
    ]
    if isinstance(s, (ast.Assign, ast.AugAssign, ast.Return)) and s.value is not None:
        of_elements = changed_elements(s.value, scope, names=isinstance(s, ast.Assign))
        found += [c.with_node(with_field(s, "value", c.node)) for c in (*changes(s.value, scope), *of_elements)]
    elif isinstance(s, ast.Expr):  # a call for what it does: what it gives is nobody's
        found += [c.with_node(with_field(s, "value", c.node)) for c in changed_parts(s.value, scope)]
    for name, target in targets_of(s):
        for change in changes(target.slice, scope):
            if change.kind in ("mask", "stale"):
                instead = with_field(target, "slice", change.node)
                made = with_field(s, name, [instead] if name == "targets" else instead)
                found.append(Change(change.rank, change.place, change.kind, made, change.detail))
    return sorted(found, key=lambda change: change.order)


def targets_of(s: ast.stmt) -> Iterator[tuple[str, ast.Subscript]]:
    """The place in an array that a statement assigns at, and the field that it stands in."""
    match s:
        case ast.Assign(targets=[ast.Subscript() as target, *_]):
            yield "targets", target
        case ast.AugAssign(target=ast.Subscript() as target):
            yield "target", target
