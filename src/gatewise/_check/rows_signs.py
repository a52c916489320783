"""Rows of signs, operands and constant factors."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TypeGuard

from gatewise._check.scope import Scope
from gatewise._check.table import Made, MadeLines, Rank, line_row, row
from gatewise._check.trees import binary, constant, expression_of, method_of, minus, turned, with_field


@row("sign", Rank.SLIP)
def without_minus(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
        yield e.operand, ""


@line_row("sign", Rank.SLIP)
def added_for_subtracted(s: ast.stmt, _: Scope) -> MadeLines:
    yield from by_another_operator(s, {ast.Add: ast.Sub(), ast.Sub: ast.Add()})


@line_row("factor", Rank.SLIP)
def multiplied_by_for_divided_by(s: ast.stmt, _: Scope) -> MadeLines:
    yield from by_another_operator(s, {ast.Mult: ast.Div(), ast.Div: ast.Mult()})


def by_another_operator(s: ast.stmt, pairs: Mapping[type, ast.operator]) -> MadeLines:
    if isinstance(s, ast.AugAssign) and type(s.op) in pairs:
        yield with_field(s, "op", pairs[type(s.op)]), "multiply and divide are swapped"


@row("sign", Rank.SIGN)
def rolled_the_other_way(e: ast.expr, _: Scope) -> Made:
    """`np.roll(g, 1, axis)` where the forward pass rolls by 1: back it goes by -1."""
    match e:
        case ast.Call(func=ast.Attribute(attr="roll"), args=[array, shift, *rest]):
            back = shift.operand if isinstance(shift, ast.UnaryOp) else ast.UnaryOp(ast.USub(), shift)
            yield with_field(e, "args", [array, back, *rest]), f"it goes back by {ast.unparse(back)}"


@row("operands", Rank.OPERANDS)
def difference_turned(e: ast.expr, scope: Scope) -> Made:
    if is_difference(e) and not stands_so(e, scope):
        yield ast.BinOp(e.right, ast.Sub(), e.left), ""


@row("operands", Rank.OPERANDS)
def operands_swapped(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.BinOp(left=left, op=ast.MatMult() | ast.Div() as op, right=right):
            yield ast.BinOp(right, op, left), ""
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right], keywords=[]):
            yield method_of(right, "dot", left), ""
        case ast.Call(func=func, args=[left, right], keywords=[]):
            yield ast.Call(func, [right, left], []), ""


@row("sign", Rank.SIGN, of="line")
def minus_missing(e: ast.expr, _: Scope) -> Made:
    yield minus(e), ""


@row("sign", Rank.SIGN)
def sum_for_difference(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        yield ast.BinOp(e.left, ast.Add() if isinstance(e.op, ast.Sub) else ast.Sub(), e.right), ""


@row("operands", Rank.SIGN)
def difference_turned_after_all(e: ast.expr, scope: Scope) -> Made:
    """Where it stands so in the forward pass, it is rather the sign that was forgotten."""
    if is_difference(e) and stands_so(e, scope):
        yield ast.BinOp(e.right, ast.Sub(), e.left), ""


@row("operands", Rank.TURN)
def operands_swapped_and_turned(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.MatMult, ast.Div)):
        yield ast.BinOp(turned(e.right), e.op, e.left), ""
        yield ast.BinOp(e.right, e.op, turned(e.left)), ""


def is_difference(e: ast.expr) -> TypeGuard[ast.BinOp]:
    return isinstance(e, ast.BinOp) and isinstance(e.op, ast.Sub)


def stands_so(e: ast.BinOp, scope: Scope) -> bool:
    return isinstance(e.left, ast.Constant) or ast.unparse(e) in scope.forward


@row("factor", Rank.FACTOR)
def another_size(e: ast.expr, scope: Scope) -> Made:
    for own, other, op in factors_of(e):
        text = ast.unparse(own)
        for size in scope.sizes if text in scope.sizes or is_size(own) else ():
            if size != text:
                yield binary(other, op, expression_of(size)), f"{text} where {size} belongs"


@line_row("factor", Rank.FACTOR)
def divided_by_another_size(s: ast.stmt, scope: Scope) -> MadeLines:
    """`dx /= n` where the number of something else belongs."""
    if isinstance(s, ast.AugAssign) and isinstance(s.op, (ast.Mult, ast.Div)):
        own = ast.unparse(s.value)
        for size, number in scope.sizes.items():
            if number != scope.sizes.get(own):
                yield with_field(s, "value", expression_of(size)), f"{own} where {size} belongs"


@row("factor", Rank.FACTOR)
def factor_too_many(e: ast.expr, scope: Scope) -> Made:
    for own, other, _ in factors_of(e):
        if is_constant(own, scope):
            yield other, f"{ast.unparse(own)} does not belong there"


@row("factor", Rank.FACTOR)
def multiplied_for_divided(e: ast.expr, scope: Scope) -> Made:
    for own, other, op in factors_of(e):
        if is_constant(own, scope):
            by = f"divide by {ast.unparse(own)}" if isinstance(op, ast.Mult) else f"multiply by {ast.unparse(own)}"
            yield binary(other, ast.Div() if isinstance(op, ast.Mult) else ast.Mult(), own), by


@row("factor", Rank.LENGTH, of="line")
def factor_missing(e: ast.expr, scope: Scope) -> Made:
    for text in dict.fromkeys(("2", *scope.sizes)):
        factor = expression_of(text)
        yield binary(e, ast.Div(), factor), f"{text}: a division by {text} is missing"
        yield binary(factor, ast.Mult(), e), f"{text}: a factor {text} is missing"


@row("factor", Rank.LENGTH)
def factor_missing_in_a_term(e: ast.expr, _: Scope) -> Made:
    """`s**2 - s` for `2 * s**2 - s`."""
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        for n in (2, 3):
            told = f"{n}: a factor {n} is missing"
            yield binary(binary(constant(n), ast.Mult(), e.left), e.op, e.right), told
            yield binary(e.left, e.op, binary(constant(n), ast.Mult(), e.right)), told


@row("factor", Rank.LENGTH, of="line")
def two_over_size_missing(e: ast.expr, scope: Scope) -> Made:
    for text, number in scope.sizes.items():
        if number != 2:
            yield binary(binary(constant(2), ast.Mult(), e), ast.Div(), expression_of(text)), f"2 / {text}"


def factors_of(e: ast.expr) -> Iterator[tuple[ast.expr, ast.expr, ast.operator]]:
    """The factors of a product or quotient: each with the rest, and how it stands to it."""
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Mult, ast.Div)):
        yield e.right, e.left, e.op
        if isinstance(e.op, ast.Mult):
            yield e.left, e.right, e.op


def is_constant(e: ast.expr, scope: Scope) -> bool:
    return isinstance(e, ast.Constant) or ast.unparse(e) in (*scope.sizes, *scope.whole) or is_size(e)


def is_size(e: ast.expr) -> bool:
    """Whether an expression is a length: X.shape[0], X.size, len(X)."""
    match e:
        case ast.Subscript(value=ast.Attribute(attr="shape")) | ast.Attribute(attr="size"):
            return True
        case ast.Call(func=ast.Name(id="len")):
            return True
    return False
