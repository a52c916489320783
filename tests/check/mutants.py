"""Backward passes with one mistake planted in them, made from right ones by changing their syntax tree.

`mutants_of(source, first)` changes one statement at a time, from line `first` on: each way to go wrong, at every
statement where it can stand.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass

GRADIENT = re.compile(r"(d|D)[A-Za-z_]\w*|grads")


@dataclass(frozen=True)
class Mutant:
    """A changed program: what was planted, in which line, and what a right diagnosis of it is."""

    source: str
    line: int
    kind: str
    text: str
    others: frozenset[int] = frozenset()  #: lines that may be named as well, where a whole line is missing


def mutants_of(source: str, first: int, names: dict[str, set[str]] | None = None) -> Iterator[Mutant]:
    """Every mutant of the backward lines; `names` groups the names whose values have one shape."""
    tree = ast.parse(source)
    for statement in backward_statements(tree, first):
        for kind, changed in changes(statement, names or {}):
            yield planted(source, statement, kind, changed)
    yield from deletions(source, tree, first)


def backward_statements(tree: ast.Module, first: int) -> list[ast.stmt]:
    return [n for n in ast.walk(tree) if is_gradient(n) and n.lineno >= first]


def is_gradient(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign | ast.AugAssign) and bool(GRADIENT.fullmatch(name_of(target_of(node))))


def planted(source: str, statement: ast.stmt, kind: str, changed: ast.stmt) -> Mutant:
    """The source with one statement replaced; its other lines keep their numbers."""
    lines = source.splitlines()
    row, end = statement.lineno - 1, statement.end_lineno - 1
    text = ast.unparse(ast.fix_missing_locations(changed))
    after = lines[end].encode()[statement.end_col_offset :].decode()
    lines[row] = lines[row][: statement.col_offset] + text + after
    for k in range(row + 1, end + 1):
        lines[k] = ""
    return Mutant("\n".join(lines) + "\n", statement.lineno, kind, text)


def deletions(source: str, tree: ast.Module, first: int) -> Iterator[Mutant]:
    """Statements that mend a gradient in place, left out: `dscores /= N`, `dh[h <= 0] = 0`."""
    statements = backward_statements(tree, first)
    for statement in statements:
        target = statement.target if isinstance(statement, ast.AugAssign) else statement.targets[0]
        own = name_of(target)
        divides = isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Div | ast.Mult)
        masks = isinstance(statement, ast.Assign) and isinstance(target, ast.Subscript) and own != "grads"
        again = isinstance(statement, ast.Assign) and isinstance(target, ast.Name) and own in names_in(statement.value)
        if not (divides or masks or again):
            continue
        kind = "mask" if masks or "Compare" in ast.dump(statement.value) else "factor"
        left = ast.copy_location(ast.Pass(), statement)
        mutant = planted(source, statement, kind, left)
        others = {s.lineno for s in statements if name_of(target_of(s)) == own}
        yield Mutant(mutant.source, statement.lineno, kind, f"without {ast.unparse(statement)}", frozenset(others))


def target_of(statement: ast.stmt) -> ast.expr:
    return statement.target if isinstance(statement, ast.AugAssign) else statement.targets[0]


def name_of(target: ast.expr) -> str:
    while isinstance(target, ast.Subscript | ast.Attribute):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def names_in(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def changes(statement: ast.stmt, names: dict[str, set[str]]) -> Iterator[tuple[str, ast.stmt]]:
    """(what was planted, the changed statement), for each way to go wrong."""
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
        yield "fork", ast.copy_location(ast.Assign([copy.deepcopy(statement.target)], statement.value), statement)
    if isinstance(statement, ast.Assign) or isinstance(statement.op, ast.Add):
        yield "sign", with_value(statement, ast.UnaryOp(ast.USub(), statement.value))
        yield "factor", with_value(statement, ast.BinOp(ast.Constant(2), ast.Mult(), statement.value))
    for node in ast.walk(statement.value):
        for kind, instead in changed_expressions(node, names):
            yield kind, with_node(statement, node, instead)


def changed_expressions(node: ast.AST, names: dict[str, set[str]]) -> Iterator[tuple[str, ast.expr]]:
    """What may be written in the place of one expression."""
    match node:
        case ast.BinOp(left=ast.Constant(value=2), op=ast.Mult(), right=rest):
            yield "factor", rest
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if is_upstream(right):
            yield mask_or_factor(left), right
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if is_upstream(left):
            yield mask_or_factor(right), left
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Name(id="N")):
            yield "factor", left
        case ast.BinOp(left=left, op=ast.Add(), right=right) if not is_upstream(right) and is_upstream(left):
            yield "regularisation", left
        case ast.BinOp(left=left, op=ast.Sub() | ast.Div() as op, right=right) if not isinstance(left, ast.Constant):
            yield "operands", ast.BinOp(right, op, left)
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield "operands", ast.BinOp(right, ast.MatMult(), left)
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right]):
            yield "operands", ast.Call(ast.Attribute(right, "dot", ast.Load()), [left], [])
        case ast.Attribute(value=inner, attr="T"):
            yield "transposed", inner
        case ast.Call(func=ast.Attribute(attr="sum"), args=[inner, *_]) if node.keywords:
            yield "broadcast", inner
        case ast.Call(func=ast.Attribute(value=inner, attr="sum"), args=[]) if node.keywords:
            yield "broadcast", inner
        case ast.Compare(left=left, ops=[op], comparators=right):
            yield "mask", ast.Compare(left, [ast.LtE() if isinstance(op, ast.Gt) else ast.Gt()], right)
        case ast.Name(id=name):
            for group in names.values():
                yield from (("stale", ast.Name(other, ast.Load())) for other in sorted(group - {name}) if name in group)


def is_upstream(node: ast.expr) -> bool:
    return any(GRADIENT.fullmatch(name) and name not in ("den", "D", "denom") for name in names_in(node))


def mask_or_factor(local: ast.expr) -> str:
    if any(isinstance(n, ast.Compare) or "mask" in names_in(n) for n in ast.walk(local)):
        return "mask"
    if isinstance(local, ast.Constant):
        return "factor"
    return "factor" if "ones" in ast.unparse(local) else "local"  # ones / N is the division by the batch


def with_value(statement: ast.stmt, value: ast.expr) -> ast.stmt:
    changed = copy.copy(statement)
    changed.value = value
    return changed


def with_node(statement: ast.stmt, node: ast.AST, instead: ast.expr) -> ast.stmt:
    """A copy of the statement with another expression in the place of `node`."""

    def fresh(each: ast.AST) -> ast.AST:
        if each is node:
            return copy.deepcopy(instead)
        made = copy.copy(each)
        for field, old in ast.iter_fields(each):
            if isinstance(old, ast.AST):
                setattr(made, field, fresh(old))
            elif isinstance(old, list):
                setattr(made, field, [fresh(o) if isinstance(o, ast.AST) else o for o in old])
        return made

    changed = copy.copy(statement)
    changed.value = fresh(statement.value)
    return changed
