"""Rows of shapes, sums and turned matrices."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gatewise._check.scope import Scope
from gatewise._check.table import Made, Rank, row
from gatewise._check.trees import (
    call_of,
    expression_of,
    method_of,
    replaced,
    turned,
    with_field,
)


@row("shape", Rank.SLIP)
def axes_kept(e: ast.expr, scope: Scope) -> Made:
    """`keepdims=True` where the value has no such axis."""
    if isinstance(e, ast.Call) and any(k.arg == "keepdims" for k in e.keywords) and scope.own is not None:
        without = ast.Call(e.func, e.args, [k for k in e.keywords if k.arg != "keepdims"])
        yield without, f"that of {scope.own} is {scope.shape}, and keepdims keeps an axis too many"


@row("shape", Rank.SLIP, of="line")
def reshape_missing(e: ast.expr, scope: Scope) -> Made:
    value = scope.value_of(e)
    if scope.own is None or value is None or value.shape == scope.shape or value.size != np.prod(scope.shape):
        return
    own = ast.Attribute(expression_of(scope.own), "shape", ast.Load())
    if value.size > 1:
        yield method_of(e, "reshape", own), f"that of {scope.own} is {scope.shape}, this is {value.shape}"


@row("factor", Rank.SLIP, of="line")
def axis_not_chosen(e: ast.expr, scope: Scope) -> Made:
    """`n = x.shape` for the length of one axis."""
    if isinstance(e, ast.Attribute) and e.attr == "shape":
        for k in range(np.ndim(scope.value_of(e.value))):
            yield ast.Subscript(e, ast.Constant(k), ast.Load()), f"{ast.unparse(e)} where {ast.unparse(e)}[{k}] belongs"


@row("transposed", Rank.TURN)
def turned_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.Attribute) and e.attr == "T":
        yield e.value, ""


@row("transposed", Rank.TURN)
def not_turned(e: ast.expr, scope: Scope) -> Made:
    if isinstance(e, ast.Attribute) and e.attr == "T":
        return
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.MatMult):
        yield ast.BinOp(turned(e.right), e.op, turned(e.left)), ""
    elif not isinstance(e, ast.Constant) and np.ndim(scope.value_of(e)) == 2:
        yield turned(e), ""


@row("transposed", Rank.TURN)
def both_turned(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.BinOp(left=left, op=ast.MatMult() | ast.Div() as op, right=right):
            yield ast.BinOp(turned(left), op, turned(right)), ""
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right], keywords=[]):
            yield method_of(turned(left), "dot", turned(right)), ""


@row("factor", Rank.SUM)
def sum_for_mean(e: ast.expr, _: Scope) -> Made:
    if (total := total_in(e)) is not None and total.is_mean:
        yield (
            ast.Call(with_field(total.func, "attr", "sum"), total.call.args, total.call.keywords),
            "a mean where a sum belongs",
        )


@row("broadcast", Rank.SUM)
def another_axis(e: ast.expr, scope: Scope) -> Made:
    """A sum over another axis, or a sum for a mean."""
    if (total := total_in(e)) is not None:
        for axis in axes_of(scope.value_of(total.of)):
            if axis is None or total.axis is None or ast.unparse(total.axis) != str(axis):
                yield summed(total.of, axis, total.kept), f"the sum is over the wrong axis; sum over axis {axis}"


@row("broadcast", Rank.SUM)
def another_axis_said(e: ast.expr, _: Scope) -> Made:
    """Another axis of any function that takes one."""
    for k in e.keywords if isinstance(e, ast.Call) else ():
        if k.arg == "axis" and isinstance(k.value, ast.Constant):
            for axis in (-1, 0, 1, 2):
                if axis != k.value.value:
                    other = ast.keyword("axis", ast.Constant(axis))
                    yield replaced(e, k, other), f"the sum is over the wrong axis; sum over axis {axis}"


@row("broadcast", Rank.SUM)
def sum_too_many(e: ast.expr, _: Scope) -> Made:
    if (total := total_in(e)) is not None:
        yield total.of, "the sum is not wanted here"


@row("broadcast", Rank.STRETCH)
def sum_missing(e: ast.expr, scope: Scope) -> Made:
    if may_be_summed(e):
        for axis in axes_of(scope.value_of(e)):
            yield summed(e, axis), f"not summed over axis {axis}" if axis is not None else ""


@row("broadcast", Rank.STRETCH)
def sum_missing_axes_kept(e: ast.expr, scope: Scope) -> Made:
    if may_be_summed(e):
        for axis in axes_of(scope.value_of(e)):
            if axis is not None:
                yield summed(e, axis, kept=True), f"not summed over axis {axis}"


def may_be_summed(e: ast.expr) -> bool:
    return total_in(e) is None and not isinstance(e, (ast.Constant, ast.Slice, ast.Tuple))


@dataclass(frozen=True)
class Total:
    """A sum or a mean: np.sum(x, axis=0), x.mean()."""

    call: ast.Call
    func: ast.Attribute
    of: ast.expr
    axis: ast.expr | None

    @property
    def is_mean(self) -> bool:
        return self.func.attr == "mean"

    @property
    def kept(self) -> bool:
        return any(k.arg == "keepdims" for k in self.call.keywords)


def total_in(e: ast.expr) -> Total | None:
    """The sum or the mean that an expression is."""
    match e:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="sum" | "mean") as func, args=[of, *rest]
        ):
            pass
        case ast.Call(func=ast.Attribute(value=of, attr="sum" | "mean") as func, args=rest):
            if isinstance(of, ast.Name) and of.id in ("np", "numpy"):
                return None
        case _:
            return None
    said = [k.value for k in e.keywords if k.arg == "axis"]
    return Total(e, func, of, next(iter([*said, *rest]), None))


def axes_of(value: np.ndarray | None) -> Iterator[int | tuple[int, ...] | None]:
    """The axes that an array may be summed over: all, one, or several of three and more."""
    if value is None or not np.ndim(value):
        return
    yield None
    yield from range(np.ndim(value))
    for several in range(2, np.ndim(value)):
        yield from itertools.combinations(range(np.ndim(value)), several)


def summed(e: ast.expr, axis: int | tuple[int, ...] | None, kept: bool = False) -> ast.expr:
    call = call_of("np.sum", e)
    if axis is not None:
        call.keywords = [ast.keyword("axis", expression_of(repr(axis)))]
    if kept:
        call.keywords = [*call.keywords, ast.keyword("keepdims", ast.Constant(True))]
    return call
