"""Rows of local gradients."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatewise._check.scope import Scope
from gatewise._check.table import Made, Makes, Rank, row
from gatewise._check.trees import binary, call_of, constant, expression_of, minus, with_field
from gatewise._gates import NAMES


def factors(make: Makes) -> Makes:
    """A row of factors: not tried inside of subscripts, nor on large arrays."""

    def made(e: ast.expr, scope: Scope) -> Made:
        if not scope.large and not isinstance(e, (ast.Slice, ast.Tuple)):
            yield from make(e, scope)

    made.__name__ = make.__name__
    return made


@row("local", Rank.CHOICE, of="line")
@factors
def factor_of_its_own(e: ast.expr, scope: Scope) -> Made:
    """`-top / bottom` for `-top / bottom**2`: a name on the line once more."""
    inside = {n.id for n in ast.walk(e) if isinstance(n, ast.Name)}
    for name in scope.wires:
        if name in inside:
            yield from with_factor(e, name)


@row("local", Rank.LOCAL, of="both")
@factors
def local_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Mult, ast.Div)):
        yield e.left, f"{ast.unparse(e.right)} does not belong there"
        if isinstance(e.op, ast.Mult):
            yield e.right, f"{ast.unparse(e.left)} does not belong there"


@row("local", Rank.LOCAL, of="both")
@factors
def local_turned_over(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Mult):
        yield binary(e.left, ast.Div(), e.right), f"divide by {ast.unparse(e.right)}"
    elif isinstance(e, ast.BinOp) and isinstance(e.op, ast.Div):
        yield binary(e.left, ast.Mult(), e.right), f"multiply by {ast.unparse(e.right)}"


@row("local", Rank.LOCAL, of="both")
@factors
def another_power(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Pow) and isinstance(e.right, ast.Constant):
        for power in (1, 2, 3):
            if power != e.right.value:
                raised = binary(e.left, ast.Pow(), constant(power)) if power > 1 else e.left
                yield raised, "another power"
    elif not isinstance(e, (ast.Constant, ast.Attribute)):
        yield binary(e, ast.Pow(), constant(2)), f"{ast.unparse(e)} comes in squared"


@row("local", Rank.LOCAL, of="line")
@factors
def local_missing(e: ast.expr, scope: Scope) -> Made:
    for name in scope.wires:
        yield from with_factor(e, name)


@row("local", Rank.LOCAL, of="line")
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
    if formula.has("abs", "fabs", "absolute"):
        yield call_of("np.sign", w)
    if formula.has("cos"):
        yield minus(call_of("np.sin", w))
    if formula.has("exp", "expm1", "logaddexp"):
        yield call_of("np.exp", w)


@row("local", Rank.LOCAL, of="line")
@factors
def upstream_missing(e: ast.expr, scope: Scope) -> Made:
    for name in scope.gradients:
        yield binary(e, ast.Mult(), expression_of(name)), f"the chain rule multiplies by {name}"


@row("local", Rank.LOCAL)
@factors
def edge_left_out(e: ast.expr, scope: Scope) -> Made:
    """`1 / p` where the forward pass has `p + 1e-7`."""
    if isinstance(e, (ast.Name, ast.Subscript)):
        for text in scope.tiny:
            yield binary(e, ast.Add(), expression_of(text)), f"the {text} of the forward pass is left out"


@row("local", Rank.LOCAL)
def another_function(e: ast.expr, _: Scope) -> Made:
    """`np.sin(x)` where `np.cos(x)` belongs."""
    gate = NAMES.get(e.attr) if isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name) else None
    if gate is not None and gate.mistaken is not None:
        yield with_field(e, "attr", gate.mistaken), f"{gate.name} where {gate.mistaken} belongs"


@row("local", Rank.FAR)
def function_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.Call) and len(e.args) == 1 and not e.keywords:
        yield e.args[0], f"{ast.unparse(e.func)} does not belong there"


@row("local", Rank.FAR)
@factors
def local_missing_inside(e: ast.expr, scope: Scope) -> Made:
    if not isinstance(e, ast.Attribute):
        for name in scope.wires:
            yield from with_factor(e, name)


@row("local", Rank.FAR)
@factors
def upstream_missing_inside(e: ast.expr, scope: Scope) -> Made:
    if not isinstance(e, ast.Attribute):
        for name in scope.gradients:
            yield binary(e, ast.Mult(), expression_of(name)), f"the chain rule multiplies by {name}"


@row("fork", Rank.FAR)
def term_too_many(e: ast.expr, _: Scope) -> Made:
    if isinstance(e, ast.BinOp) and isinstance(e.op, (ast.Add, ast.Sub)):
        yield e.left, "a term too many"
        if isinstance(e.op, ast.Add):
            yield e.right, "a term too many"


def with_factor(e: ast.expr, name: str) -> Made:
    yield binary(e, ast.Mult(), expression_of(name)), f"a factor {name} is missing"
    yield binary(e, ast.Div(), expression_of(name)), f"a division by {name} is missing"
