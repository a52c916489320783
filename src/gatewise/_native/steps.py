"""The gates that a loop computes entry by entry, as LLVM instructions: (builder, kind of float, operands) -> value.

A truth value is an i1, and becomes 0.0 or 1.0 beside floats, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from llvmlite import ir

from gatewise._native.mathematics import FUNCTIONS
from gatewise._native.reals import intrinsic
from gatewise._program import Constant, Op

TRUTH = ir.IntType(1)
Step = Callable[[Any, Any, list[Any]], Any]


def number(kind: Any, x: float) -> Any:
    return ir.Constant(kind, float(x))


def as_float(b: Any, kind: Any, x: Any) -> Any:
    return b.uitofp(x, kind) if x.type == TRUTH else x


def as_truth(b: Any, x: Any) -> Any:
    return x if x.type == TRUTH else b.fcmp_unordered("!=", x, number(x.type, 0.0))


def of_floats(f: Callable[..., Any]) -> Step:
    """A step whose operands are floats; `f` takes the builder and them."""
    return lambda b, kind, xs: f(b, *(as_float(b, kind, x) for x in xs))


def compares(how: str) -> Step:
    compare = "fcmp_unordered" if how == "!=" else "fcmp_ordered"
    return of_floats(lambda b, x, y: getattr(b, compare)(how, x, y))


def of_truths(name: str) -> Step:
    return lambda b, kind, xs: getattr(b, name)(*(as_truth(b, x) for x in xs))


def called(name: str) -> Step:
    return of_floats(lambda b, *xs: b.call(intrinsic(b, name, xs[0].type, len(xs)), list(xs)))


def larger(how: str) -> Step:
    """The larger or the smaller number; NaN where one is NaN, the first that is."""

    def step(b: Any, x: Any, y: Any) -> Any:
        return b.select(b.or_(b.fcmp_ordered(how, x, y), b.fcmp_unordered("!=", x, x)), x, y)

    return of_floats(step)


def where(b: Any, kind: Any, xs: list[Any]) -> Any:
    condition, x, y = xs
    if x.type != y.type:
        x, y = as_float(b, kind, x), as_float(b, kind, y)
    return b.select(as_truth(b, condition), x, y)


def sign(b: Any, x: Any) -> Any:
    zero = number(x.type, 0.0)
    signed = b.select(b.fcmp_ordered("<", x, zero), number(x.type, -1.0), x)
    return b.select(
        b.fcmp_ordered(">", x, zero), number(x.type, 1.0), b.select(b.fcmp_ordered("==", x, zero), zero, signed)
    )


STEPS: Mapping[str, Step] = {
    "add": of_floats(lambda b, x, y: b.fadd(x, y)),
    "subtract": of_floats(lambda b, x, y: b.fsub(x, y)),
    "multiply": of_floats(lambda b, x, y: b.fmul(x, y)),
    "divide": of_floats(lambda b, x, y: b.fdiv(x, y)),
    "negative": of_floats(lambda b, x: b.fneg(x)),
    "positive": of_floats(lambda b, x: x),
    "square": of_floats(lambda b, x: b.fmul(x, x)),
    "reciprocal": of_floats(lambda b, x: b.fdiv(number(x.type, 1.0), x)),
    "absolute": called("llvm.fabs"),
    "fabs": called("llvm.fabs"),
    "floor": called("llvm.floor"),
    "ceil": called("llvm.ceil"),
    "trunc": called("llvm.trunc"),
    "rint": called("llvm.rint"),
    "copysign": called("llvm.copysign"),
    "sign": of_floats(sign),
    "maximum": larger(">="),
    "minimum": larger("<="),
    "relu": lambda b, kind, xs: larger(">=")(b, kind, [*xs, number(kind, 0.0)]),
    "where": where,
    "greater": compares(">"),
    "greater_equal": compares(">="),
    "less": compares("<"),
    "less_equal": compares("<="),
    "equal": compares("=="),
    "not_equal": compares("!="),
    "logical_and": of_truths("and_"),
    "logical_or": of_truths("or_"),
    "logical_xor": of_truths("xor"),
    "logical_not": of_truths("not_"),
    "isnan": of_floats(lambda b, x: b.fcmp_unordered("uno", x, x)),
    **{name: of_floats(f) for name, f in FUNCTIONS.items()},
}


def computed(b: Any, kind: Any, op: Op, xs: list[Any]) -> Any:
    """What an operation gives; powers to small whole numbers are products, as in NumPy."""
    exponent = op.operands[1].value if op.gate == "power" and isinstance(op.operands[1], Constant) else None
    if type(exponent) not in (int, float) or exponent not in (1, 2, 3, -1):
        return STEPS[op.gate](b, kind, xs)
    x = as_float(b, kind, xs[0])
    if exponent == -1:
        return b.fdiv(number(kind, 1.0), x)
    found = x
    for _ in range(int(exponent) - 1):
        found = b.fmul(found, x)
    return found
