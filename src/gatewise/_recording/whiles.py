"""Loops that count by hand, read as the `for` that counts so: `t = 0`, `while t < T: ...; t += 1` as `range(T)`.

Only where the text says it for certain: the counter is bound right before the loop and moved on by its last statement
alone, the bound is made of names that the loop does not bind, and nothing leaves a round early.
"""

from __future__ import annotations

import ast
import copy

from gatewise._syntax import names_in

LEAVES = (ast.Break, ast.Continue, ast.Return, ast.Raise, ast.Try, ast.Yield, ast.YieldFrom, ast.Await, ast.Lambda)
PLAIN = (ast.Name, ast.Constant, ast.BinOp, ast.Attribute, ast.Call, ast.Subscript, ast.operator, ast.expr_context)


class Counted(ast.For):
    """A `while` that counts, as a `for`; `said` is its head as the user wrote it."""

    said: str = ""


def read_counts(tree: ast.AST) -> bool:
    """Put a `for` in the place of each `while` that counts; whether there was one."""
    found = False
    for node in ast.walk(tree):
        for block in (getattr(node, field, None) for field in ("body", "orelse", "finalbody")):
            if not isinstance(block, list):
                continue
            for k, statement in enumerate(block):
                if isinstance(statement, ast.While) and (loop := as_for(statement, block[:k])) is not None:
                    block[k] = loop
                    found = True
    return found


def as_for(loop: ast.While, before: list[ast.stmt]) -> Counted | None:
    """The `for` that goes round as often as a `while`, with the same counter; None where that is not certain."""
    match loop.test:
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[bound]):
            pass
        case _:
            return None
    step, start = moved_by(loop.body[-1], name), begun(before, name)
    ends = {ast.Lt: 0, ast.LtE: 1} if step > 0 else {ast.Gt: 0, ast.GtE: -1} if step < 0 else {}
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    bound_in = [n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    fixed = names_in(bound).isdisjoint(bound_in) and all(isinstance(n, PLAIN) for n in ast.walk(bound))
    left = loop.orelse or any(isinstance(n, LEAVES) for n in inside)
    if start is None or type(op) not in ends or bound_in.count(name) != 1 or not fixed or left:
        return None
    last = shifted(bound, ends[type(op)])
    first = [] if step == 1 and isinstance(start, ast.Constant) and start.value == 0 else [copy.deepcopy(start)]
    by = [] if step == 1 else [number(step)]
    counts = ast.Call(ast.Name("range", ast.Load()), [*(first or [number(0)] * len(by)), last, *by], [])
    found = Counted(ast.Name(name, ast.Store()), counts, loop.body[:-1] or [ast.Pass()], [])
    for node in (found, found.target, *ast.walk(counts)):
        ast.copy_location(node, loop if node is found else loop.test)
    found.said = f"while {ast.unparse(loop.test)}:"
    return found


def moved_by(statement: ast.stmt, name: str) -> int:
    """By how much the last statement of a round moves the counter on; 0 where it does not, or not by a typed number."""
    match statement:
        case ast.AugAssign(target=ast.Name(id=moved), op=op, value=ast.Constant(value=int(by))):
            read = moved
        case ast.Assign(targets=[ast.Name(id=moved)], value=ast.BinOp(ast.Name(id=read), op, ast.Constant(int(by)))):
            pass
        case _:
            return 0
    sign = {ast.Add: 1, ast.Sub: -1}.get(type(op), 0)
    return sign * by if moved == read == name else 0


def begun(before: list[ast.stmt], name: str) -> ast.expr | None:
    """What the counter is bound to by the last statement before the loop that binds it."""
    for statement in reversed(before):
        match statement:
            case ast.Assign(targets=[ast.Name(id=bound)], value=given) if bound == name:
                return given
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=several)) if len(targets) == len(
                several
            ):
                found = [v for t, v in zip(targets, several, strict=True) if isinstance(t, ast.Name) and t.id == name]
                if found:
                    return found[-1]
        if any(
            isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load) for n in ast.walk(statement)
        ):
            return None
    return None


def shifted(bound: ast.expr, by: int) -> ast.expr:
    """A bound and one more, or less."""
    if isinstance(bound, ast.Constant) and isinstance(bound.value, int):
        return number(bound.value + by)
    bound = copy.deepcopy(bound)
    return ast.BinOp(bound, ast.Add() if by > 0 else ast.Sub(), number(1)) if by else bound


def number(value: int) -> ast.expr:
    return ast.Constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-value))
