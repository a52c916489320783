"""The passes of a compiler: each is a function from program to program, and changes one thing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gatewise._gates import NAMES, names_an_entry_once
from gatewise._program.program import (
    At,
    Constant,
    Op,
    Program,
    shape_and_dtype,
    uses,
)
from gatewise._program.reference import values_of
from gatewise._program.rewriting import (
    Known,
    Pass,
    Rewritten,
    is_nan,
    is_the_number,
    lone_number,
    needed,
    over,
)
from gatewise._program.softmaxes import with_shares, without_shifts


@over()
def folded(op: Op, known: Known) -> Rewritten:
    """Operations of constants alone are computed."""
    if not op.operands or not op.dtype or not all([type(x) is Constant for x in op.operands]) or uses(op):  # noqa: C419
        return None
    size = math.prod(op.shape)
    if size > max([LARGEST, *(np.size(x.value) for x in op.operands if isinstance(x, Constant))]):
        return None
    value = values_of(Program((), (op,), {}), ())[0]
    return Constant(value) if shape_and_dtype(value) == (op.shape, op.dtype) else None


LARGEST = 1_000  #: entries of an array that is computed once and kept, where it was not there before


@over("add", "subtract", "multiply", "divide", "maximum", "minimum")
def without_spreads(op: Op, known: Known) -> Rewritten:
    """Beside an array of the full shape NumPy spreads by itself; an array of one number alone is that number."""
    for k in (0, 1) if op.shape else ():
        whole, x = known.at(op.operands[1 - k]), op.operands[k]
        if whole is None or whole.shape != op.shape:
            continue
        spread = known.op(x, "broadcast_to")
        told = lone_number(x) if spread is None else spread.operands[0]
        if told is not x and op.dtype == (spread or whole).dtype:
            pair = (told, op.operands[1]) if k == 0 else (op.operands[0], told)
            return Op(op.gate, pair, op.parameters, op.shape, op.dtype)
    return None


@over("multiply", "divide", "power", "positive", "copy", "broadcast_to", "reshape", "astype", "negative", "not_equal")
def without_identities(op: Op, known: Known) -> Rewritten:
    """What changes no bit is left out: times 1, minus of minus, to the power 1, to the shape and dtype it has."""
    x, y = (*op.operands, None, None)[:2]
    if op.gate == "multiply" and is_the_number(x, 1) and known.fits(y, op):
        return y
    if op.gate in ("multiply", "divide", "power") and is_the_number(y, 1) and known.fits(x, op):
        return x
    if op.gate in ("positive", "copy", "broadcast_to", "reshape", "astype") and known.fits(x, op):
        return x if isinstance(x, At) and known.at(x).dtype != "bool" else None  # type: ignore[union-attr]
    if op.gate == "negative" and (inner := known.op(x, "negative")) is not None:
        return inner.operands[0] if known.fits(inner.operands[0], op) else None
    if op.gate == "not_equal" and is_the_number(y, 0) and known.fits(x, op):
        return x  # a truth value
    return None


@over()
def told_once(op: Op, known: Known) -> Rewritten:
    """Equal operations are one; of two that commute the order counts for nothing."""
    if len(op.operands) == 2 and NAMES[op.gate].commutes:
        there = known.equal(Op(op.gate, op.operands[::-1], op.parameters, (), ""))
        if there is not None:
            return there
    return known.equal(op)


@over("square", "power")
def with_products(op: Op, known: Known) -> Rewritten:
    """Squares are products."""
    x = op.operands[0] if op.operands else None
    if op.gate == "square" or (op.gate == "power" and is_the_number(op.operands[1], 2)):
        return Op("multiply", (x, x), {}, op.shape, op.dtype) if known.fits(x, op) else None
    return None


@over("divide", "exp")
def with_quotients_shared(op: Op, known: Known) -> Rewritten:
    """-1 / (d * d) is minus the square of 1 / d, where that is there; exp(-u) is 1 / exp(u)."""
    if op.gate == "divide" and is_the_number(op.operands[0], -1):
        squared = known.op(op.operands[1], "multiply")
        if squared is None or squared.operands[0] != squared.operands[1]:
            return None
        inverse = known.of("reciprocal", squared.operands[0])
        if inverse is not None and known.fits(inverse, op):
            product = known.add(Op("multiply", (inverse, inverse), {}, op.shape, op.dtype))
            return Op("negative", (product,), {}, op.shape, op.dtype)
    if op.gate == "exp":
        x = op.operands[0]
        minus = known.op(x, "negative")
        other = known.of("negative", x) if minus is None else minus.operands[0]
        there = None if other is None else known.of("exp", other)
        if there is not None and known.fits(there, op):
            return Op("reciprocal", (there,), {}, op.shape, op.dtype)
    return None


@over("reciprocal")
def without_second_quotients(op: Op, known: Known) -> Rewritten:
    """1 / (1 + 1 / e) is e times 1 / (1 + e), where that is there: of numbers, which are no inf on the way."""
    if op.shape or op.dtype != "float64":
        return None
    total = known.op(op.operands[0], "add")
    inner = (
        None if total is None or not is_the_number(total.operands[0], 1) else known.op(total.operands[1], "reciprocal")
    )
    if inner is None or known.op(inner.operands[0], "exp") is None:
        return None
    e = inner.operands[0]
    for one in (1, 1.0):
        share = known.of("reciprocal", known.of("add", Constant(one), e))
        if share is not None:
            return Op("multiply", (e, share), {}, op.shape, op.dtype)
    return None


@over("where")
def with_switches(op: Op, known: Known) -> Rewritten:
    """What a switch sends down its branch is picked, not multiplied and then looked at.

    `where(k != 0, k * g, 0)` with k = `where(isnan(h), nan, mask)` is `where(isnan(h), nan, where(mask, g, 0))`.
    """
    if not is_the_number(op.operands[2], 0):
        return None
    asked, product = known.op(op.operands[0], "not_equal"), known.op(op.operands[1], "multiply")
    if asked is None or product is None or product.operands[0] != asked.operands[0]:
        return None
    k, g = known.op(product.operands[0], "where"), known.at(product.operands[1])
    mask = None if k is None else known.at(k.operands[2])
    if k is None or g is None or mask is None or not is_the_number(asked.operands[1], 0) or k.shape != op.shape:
        return None
    whole = (g.shape, mask.shape) == (op.shape, op.shape) and mask.dtype == "bool"
    if not whole or not is_nan(k.operands[1]) or (g.dtype != op.dtype and g.dtype != "float32"):
        return None
    picked = Op("where", (k.operands[2], product.operands[1], op.operands[2]), {}, op.shape, g.dtype)
    known_nan = Op("where", (k.operands[0], Constant(math.nan), known.add(picked)), {}, op.shape, g.dtype)
    if g.dtype == op.dtype:
        return known_nan
    return Op("astype", (known.add(known_nan),), {"dtype": np.dtype(op.dtype)}, op.shape, op.dtype)


@over("astype")
def without_round_trips(op: Op, known: Known) -> Rewritten:
    """A conversion of what was converted from that dtype, to a longer one, is what there was."""
    inner = known.op(op.operands[0], "astype")
    if inner is None or (op.dtype, inner.dtype) != ("float32", "float64"):
        return None
    return inner.operands[0] if known.fits(inner.operands[0], op) else None


@over("add")
def with_doubles(op: Op, known: Known) -> Rewritten:
    """c * x added to itself is 2c * x."""
    scaled = known.op(op.operands[0], "multiply") if op.operands[0] == op.operands[1] else None
    if scaled is None or scaled.dtype != op.dtype:
        return None
    for c, x in (scaled.operands, scaled.operands[::-1]):
        if isinstance(c, Constant) and np.ndim(c.value) == 0 and known.fits(x, op):
            return Op("multiply", (Constant(2 * c.value), x), {}, op.shape, op.dtype)
    return None


@over("add")
def with_places(op: Op, known: Known) -> Rewritten:
    """Zeros with a part put in, added to an array, are that array with the part added in at its place."""
    for part, whole in (op.operands, op.operands[::-1]):
        put = known.op(part, "scatter")
        if put is None or not known.fits(part, op) or not known.fits(whole, op) or part == whole:
            continue
        index = put.parameters["index"]
        if names_an_entry_once(tuple(index)):
            return Op("add_at", (whole, put.operands[0]), {"index": index}, op.shape, op.dtype)
    return None


PASSES: Sequence[Pass] = (
    Pass("numbers folded", folded),
    Pass("spread numbers", without_spreads),
    Pass("identities", without_identities),
    Pass("switches", with_switches),
    Pass("round trips", without_round_trips),
    Pass("shares", with_shares, rounds=True),
    Pass("shifts", without_shifts, rounds=True),
    Pass("doubles", with_doubles, rounds=True),
    Pass("squares", with_products, rounds=True),
    Pass("common subexpressions", told_once),
    Pass("shared quotients", with_quotients_shared, rounds=True),
    Pass("second quotients", without_second_quotients, rounds=True),
    Pass("parts in their places", with_places, rounds=True),
    Pass("dead code", needed),
)
