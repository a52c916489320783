"""The table of changes: what is done to a line, or to a part of it, to undo a mistake that people make.

A row has a name, a kind, a rank (the plainer comes first), the places where it is tried (the whole right-hand side, its
parts, or both), and the function that makes what might have been meant, with what is said of it.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from gatewise._check.scope import Scope
from gatewise._check.trees import binary, call_of, constant, expression_of, method_of, minus, turned, with_field

Made = Iterator[tuple[ast.expr, str]]  #: expressions in the place of one, each with what is said of it


@dataclass(frozen=True)
class Row:
    """One way to go wrong, undone."""

    name: str
    kind: str
    rank: int
    whole: bool
    parts: bool
    make: Callable[[ast.expr, Scope], Made]


ROWS: list[Row] = []


def row(kind: str, rank: int, of: str = "parts") -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """Enters a function into the table; `of` is "line", "parts", or "both"."""

    def enter(make: Callable[..., Made]) -> Callable[..., Made]:
        ROWS.append(Row(make.__name__, kind, rank, of != "parts", of != "line", make))
        return make

    return enter


# ------------------------------------------------------------------------------------------------ signs and operands


@row("sign", 0)
def without_minus(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.UnaryOp) and isinstance(e.op, ast.USub):
        yield e.operand, ""


@row("operands", 10)
def difference_turned(e: ast.expr, scope: Scope) -> Made:
    if is_difference(e) and not stands_so(e, scope):
        yield ast.BinOp(e.right, ast.Sub(), e.left), ""


@row("operands", 11)
def operands_swapped(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.BinOp(left=left, op=ast.MatMult() | ast.Div() as op, right=right):
            yield ast.BinOp(right, op, left), ""
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right], keywords=[]):
            yield method_of(right, "dot", left), ""
        case ast.Call(func=func, args=[left, right], keywords=[]):
            yield ast.Call(func, [right, left], []), ""


@row("sign", 20, of="line")
def minus_missing(e: ast.expr, _: Scope) -> Made:
    yield minus(e), ""


@row("sign", 21)
def sum_for_difference(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        yield ast.BinOp(e.left, ast.Add() if isinstance(e.op, ast.Sub) else ast.Sub(), e.right), ""


@row("operands", 22)
def difference_turned_after_all(e: ast.expr, scope: Scope) -> Made:
    """Where it stands so in the forward pass, it is rather the sign that was forgotten."""
    if is_difference(e) and stands_so(e, scope):
        yield ast.BinOp(e.right, ast.Sub(), e.left), ""


@row("operands", 46)
def operands_swapped_and_turned(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.MatMult, ast.Div)):
        yield ast.BinOp(turned(e.right), e.op, e.left), ""
        yield ast.BinOp(e.right, e.op, turned(e.left)), ""


def is_difference(e: ast.expr) -> TypeGuard[ast.BinOp]:
    return isinstance(e, ast.BinOp) and isinstance(e.op, ast.Sub)


def stands_so(e: ast.BinOp, scope: Scope) -> bool:
    return isinstance(e.left, ast.Constant) or ast.unparse(e) in scope.forward


# ----------------------------------------------------------------------------------------------------------- factors


@row("factor", 24)
def another_size(e: ast.expr, scope: Scope) -> Made:
    for own, other, op in factors_of(e):
        text = ast.unparse(own)
        for size in scope.sizes if text in scope.sizes or is_size(own) else ():
            if size != text:
                yield binary(other, op, expression_of(size)), f"{text} where {size} belongs"


@row("factor", 25)
def factor_too_many(e: ast.expr, scope: Scope) -> Made:
    for own, other, _ in factors_of(e):
        if is_constant(own, scope):
            yield other, f"{ast.unparse(own)} does not belong there"


@row("factor", 27)
def multiplied_for_divided(e: ast.expr, scope: Scope) -> Made:
    for own, other, op in factors_of(e):
        if is_constant(own, scope):
            by = f"divide by {ast.unparse(own)}" if isinstance(op, ast.Mult) else f"multiply by {ast.unparse(own)}"
            yield binary(other, ast.Div() if isinstance(op, ast.Mult) else ast.Mult(), own), by


@row("factor", 30, of="line")
def factor_missing(e: ast.expr, scope: Scope) -> Made:
    for text in dict.fromkeys(("2", *scope.sizes)):
        factor = expression_of(text)
        yield binary(e, ast.Div(), factor), f"{text}: a division by {text} is missing"
        yield binary(factor, ast.Mult(), e), f"{text}: a factor {text} is missing"


@row("factor", 31, of="line")
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


# ------------------------------------------------------------------------------------------------------------ shapes


@row("shape", 2, of="line")
def reshape_missing(e: ast.expr, scope: Scope) -> Made:
    value = scope.value_of(e)
    if scope.own is None or value is None or value.shape == scope.shape or value.size != np.prod(scope.shape):
        return
    own = ast.Attribute(expression_of(scope.own), "shape", ast.Load())
    if value.size > 1:
        yield method_of(e, "reshape", own), f"that of {scope.own} is {scope.shape}, this is {value.shape}"


@row("shape", 1)
def axes_kept(e: ast.expr, scope: Scope) -> Made:
    """`keepdims=True` where the value has no such axis."""
    if isinstance(e, ast.Call) and any(k.arg == "keepdims" for k in e.keywords) and scope.own is not None:
        without = ast.Call(e.func, e.args, [k for k in e.keywords if k.arg != "keepdims"])
        yield without, f"that of {scope.own} is {scope.shape}, and keepdims keeps an axis too many"


@row("transposed", 40)
def turned_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.Attribute) and e.attr == "T":
        yield e.value, ""


@row("transposed", 41)
def not_turned(e: ast.expr, scope: Scope) -> Made:
    if isinstance(e, ast.Attribute) and e.attr == "T":
        return
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.MatMult):
        yield ast.BinOp(turned(e.right), e.op, turned(e.left)), ""
    elif not isinstance(e, ast.Constant) and np.ndim(scope.value_of(e)) == 2:
        yield turned(e), ""


@row("transposed", 45)
def both_turned(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.BinOp(left=left, op=ast.MatMult() | ast.Div() as op, right=right):
            yield ast.BinOp(turned(left), op, turned(right)), ""
        case ast.Call(func=ast.Attribute(value=left, attr="dot"), args=[right], keywords=[]):
            yield method_of(turned(left), "dot", turned(right)), ""


@row("factor", 32)
def sum_for_mean(e: ast.expr, _: Scope) -> Made:
    if totalled(e) is not None and e.func.attr == "mean":  # type: ignore[attr-defined]
        yield with_field(e, "func", with_field(e.func, "attr", "sum")), "a mean where a sum belongs"  # type: ignore[attr-defined]


@row("broadcast", 33)
def another_axis(e: ast.expr, scope: Scope) -> Made:
    """A sum over another axis, or a sum for a mean."""
    if (inner := totalled(e)) is None:
        return
    kept = any(k.arg == "keepdims" for k in e.keywords)  # type: ignore[attr-defined]
    said = said_axis(e)
    for axis in axes_of(scope.value_of(inner)):
        if axis is None or said is None or ast.unparse(said) != str(axis):
            yield summed(inner, axis, kept), f"the sum is over the wrong axis; sum over axis {axis}"


@row("broadcast", 34)
def sum_too_many(e: ast.expr, _: Scope) -> Made:
    if (inner := totalled(e)) is not None:
        yield inner, "the sum is not wanted here"


@row("broadcast", 35)
def sum_missing(e: ast.expr, scope: Scope) -> Made:
    if totalled(e) is None and not isinstance(e, (ast.Constant, ast.Slice, ast.Tuple)):
        for axis in axes_of(scope.value_of(e)):
            yield summed(e, axis), f"not summed over axis {axis}" if axis is not None else ""


@row("broadcast", 36)
def sum_missing_axes_kept(e: ast.expr, scope: Scope) -> Made:
    if totalled(e) is None and not isinstance(e, (ast.Constant, ast.Slice, ast.Tuple)):
        for axis in axes_of(scope.value_of(e)):
            if axis is not None:
                yield summed(e, axis, kept=True), f"not summed over axis {axis}"


def totalled(e: ast.expr) -> ast.expr | None:
    """What a sum or a mean is taken of."""
    if not isinstance(e, ast.Call) or not isinstance(e.func, ast.Attribute) or e.func.attr not in ("sum", "mean"):
        return None
    if isinstance(e.func.value, ast.Name) and e.func.value.id in ("np", "numpy"):
        return e.args[0] if e.args else None
    return e.func.value


def said_axis(e: Any) -> ast.expr | None:
    own = totalled(e) is not e.func.value
    return next((k.value for k in e.keywords if k.arg == "axis"), next(iter(e.args[1 if own else 0 :]), None))


def axes_of(value: Any) -> Iterator[int | tuple[int, ...] | None]:
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


# ------------------------------------------------------------------------------------------------------------- masks


@row("mask", 50)
def condition_turned(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            for other in (ast.Gt(), ast.LtE(), ast.Lt(), ast.GtE()):
                if type(other) is not type(op):
                    yield ast.Compare(left, [other], [right]), ""


@row("mask", 51)
def condition_of_another(e: ast.expr, scope: Scope) -> Made:
    match e:
        case ast.Compare(left=left, ops=[_], comparators=[right]):
            for name in scope.wires:
                if name not in (ast.unparse(left), ast.unparse(right)):
                    for op in (ast.Gt(), ast.LtE(), ast.Lt()):
                        yield ast.Compare(expression_of(name), [op], [right]), ""


@row("mask", 60, of="line")
def mask_missing(e: ast.expr, scope: Scope) -> Made:
    """Only where the forward pass chooses, and of an array: a truth about one number is no mask."""
    if not scope.formula.chooses:
        return
    value = scope.value_of(e)
    for name in scope.masks:
        yield binary(e, ast.Mult(), expression_of(name)), ""
    for name in scope.wires:
        if np.ndim(scope.values[name]) or not np.ndim(value):
            for op in (ast.Gt(), ast.Lt()):
                yield binary(e, ast.Mult(), ast.Compare(expression_of(name), [op], [constant(0)])), ""


# ------------------------------------------------------------------------------------------------------- other names


@row("stale", 1)
def name_without_value(e: ast.expr, scope: Scope) -> Made:
    if (key := name_text(e)) in scope.missing:
        for other in (g for g in scope.gradients if g not in scope.missing):
            yield expression_of(other), f"{key}, which has no value yet, where {other} belongs"


@row("stale", 44)
def taken_backwards(e: ast.expr, _: Scope) -> Made:
    match e:
        case ast.Subscript(value=inner, slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp())):
            yield inner, f"{ast.unparse(e)} where {ast.unparse(inner)} belongs"


@row("stale", 61)
def another_of_its_kind(e: ast.expr, scope: Scope) -> Made:
    key = name_text(e)
    if key is not None and key in scope.values:
        yield from like(key, scope.gradients if key in scope.gradients else scope.wires, scope)


@row("stale", 61, of="line")
def another_everywhere(e: ast.expr, scope: Scope) -> Made:
    """Another wire in every place of a name that stands in more than one."""
    places = [n.id for n in ast.walk(e) if isinstance(n, ast.Name)]
    for name in sorted({n for n in places if places.count(n) > 1 and n in scope.wires}):
        for other in scope.wires:
            if other != name and np.shape(scope.values[other]) == np.shape(scope.values[name]):
                made = copy.deepcopy(e)
                for node in ast.walk(made):
                    if isinstance(node, ast.Name) and node.id == name:
                        node.id = other
                yield made, f"{name} where {other} belongs"


@row("stale", 72)
def value_for_gradient(e: ast.expr, scope: Scope) -> Made:
    key = name_text(e)
    if key is not None and key in scope.values:
        yield from like(key, scope.wires if key in scope.gradients else scope.gradients, scope)


def like(key: str, group: list[str], scope: Scope) -> Made:
    """The names of a group that hold values of one shape with a key's."""
    for other in group:
        if other != key and np.shape(scope.values[other]) == np.shape(scope.values[key]):
            yield expression_of(other), f"{key} where {other} belongs"


def name_text(e: ast.expr) -> str | None:
    if isinstance(e, ast.Name) or (
        isinstance(e, ast.Subscript) and isinstance(e.value, ast.Name) and isinstance(e.slice, ast.Constant)
    ):
        return ast.unparse(e)
    return None


# --------------------------------------------------------------------------------------------------- local gradients


def factors(make: Callable[..., Made]) -> Callable[..., Made]:
    """A row of factors: not tried inside of subscripts, nor on large arrays."""

    def made(e: ast.expr, scope: Scope) -> Made:
        if not scope.large and not isinstance(e, (ast.Slice, ast.Tuple)):
            yield from make(e, scope)

    made.__name__ = make.__name__
    return made


@row("local", 58, of="line")
@factors
def factor_of_its_own(e: ast.expr, scope: Scope) -> Made:
    """`-top / bottom` for `-top / bottom**2`: a name on the line once more."""
    inside = {n.id for n in ast.walk(e) if isinstance(n, ast.Name)}
    for name in scope.wires:
        if name in inside:
            yield from with_factor(e, name)


@row("local", 62, of="both")
@factors
def local_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Mult, ast.Div)):
        yield e.left, f"{ast.unparse(e.right)} does not belong there"
        if isinstance(e.op, ast.Mult):
            yield e.right, f"{ast.unparse(e.left)} does not belong there"


@row("local", 63, of="both")
@factors
def local_turned_over(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Mult):
        yield binary(e.left, ast.Div(), e.right), f"divide by {ast.unparse(e.right)}"
    elif isinstance(e, ast.BinOp) and isinstance(e.op, ast.Div):
        yield binary(e.left, ast.Mult(), e.right), f"multiply by {ast.unparse(e.right)}"


@row("local", 64, of="both")
@factors
def another_power(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Pow) and isinstance(e.right, ast.Constant):
        for power in (1, 2, 3):
            if power != e.right.value:
                raised = binary(e.left, ast.Pow(), constant(power)) if power > 1 else e.left
                yield raised, "another power"
    elif not isinstance(e, (ast.Constant, ast.Attribute)):
        yield binary(e, ast.Pow(), constant(2)), f"{ast.unparse(e)} comes in squared"


@row("local", 65, of="line")
@factors
def local_missing(e: ast.expr, scope: Scope) -> Made:
    for name in scope.wires:
        yield from with_factor(e, name)


@row("local", 66, of="line")
@factors
def derivative_missing(e: ast.expr, scope: Scope) -> Made:
    """The derivative of a function that the forward pass calls."""
    for name in scope.wires:
        w = expression_of(name)
        for factor in derivatives(w, scope):
            yield binary(factor, ast.Mult(), e), f"a factor {ast.unparse(factor)} is missing"


def derivatives(w: ast.expr, scope: Scope) -> Iterator[ast.expr]:
    """The local gradients that are written with one name, of the functions that the forward pass is made of."""
    formula = scope.formula
    square = binary(w, ast.Pow(), constant(2))
    less = binary(constant(1), ast.Sub(), w)
    yield less
    if formula.has("exp", "sigmoid", "expit", "softmax"):
        yield binary(less, ast.Mult(), w)
    if formula.uses(ast.Pow, ast.Mult) or formula.has("square", "power", "sum", "norm"):
        yield binary(constant(2), ast.Mult(), w)
    if formula.has("tanh", "exp"):
        yield binary(constant(1), ast.Sub(), square)
    if formula.uses(ast.Div, ast.Pow) or formula.has("power", "reciprocal", "divide"):
        yield binary(constant(-1.0), ast.Div(), square)
        yield binary(constant(1.0), ast.Div(), square)
    if formula.has("sqrt", "norm", "power") or formula.uses(ast.Pow):
        yield binary(constant(0.5), ast.Div(), w)
    yield minus(w)
    if formula.uses(ast.Pow, ast.Mult, ast.Div) or formula.has("square", "power"):
        yield square
    if formula.has("sin"):
        yield call_of("np.cos", w)
    if formula.has("cos"):
        yield minus(call_of("np.sin", w))
    if formula.has("exp", "expm1", "logaddexp"):
        yield call_of("np.exp", w)


@row("local", 67, of="line")
@factors
def upstream_missing(e: ast.expr, scope: Scope) -> Made:
    for name in scope.gradients:
        yield binary(e, ast.Mult(), expression_of(name)), f"the chain rule multiplies by {name}"


@row("local", 68)
@factors
def edge_left_out(e: ast.expr, scope: Scope) -> Made:
    """`1 / p` where the forward pass has `p + 1e-7`."""
    if name_text(e) is not None or isinstance(e, ast.Subscript):
        for text in scope.tiny:
            yield binary(e, ast.Add(), expression_of(text)), f"the {text} of the forward pass is left out"


@row("local", 76)
@factors
def local_missing_inside(e: ast.expr, scope: Scope) -> Made:
    if not isinstance(e, ast.Attribute):
        for name in scope.wires:
            yield from with_factor(e, name)


@row("local", 78)
@factors
def upstream_missing_inside(e: ast.expr, scope: Scope) -> Made:
    if not isinstance(e, ast.Attribute):
        for name in scope.gradients:
            yield binary(e, ast.Mult(), expression_of(name)), f"the chain rule multiplies by {name}"


@row("fork", 84)
def term_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        yield e.left, "a term too many"
        if isinstance(e.op, ast.Add):
            yield e.right, "a term too many"


def with_factor(e: ast.expr, name: str) -> Made:
    yield binary(e, ast.Mult(), expression_of(name)), f"a factor {name} is missing"
    yield binary(e, ast.Div(), expression_of(name)), f"a division by {name} is missing"
