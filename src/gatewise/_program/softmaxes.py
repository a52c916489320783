"""Passes over a softmax and its gradient: what a shift by the largest allows to be left out."""

from __future__ import annotations

import numpy as np

from gatewise._program.program import (
    At,
    Constant,
    Op,
    Operand,
)
from gatewise._program.rewriting import Known, Rewritten, is_nan, is_the_number, lone_number, over


@over("where")
def with_shares(op: Op, known: Known) -> Rewritten:
    """A softmax of what was shifted by its largest is exp(x) over the total of these, where both are there."""
    softmax = known.op(op.operands[1], "softmax") if is_nan(op.operands[2]) else None
    finite = None if softmax is None else known.op(op.operands[0], "isfinite")
    if softmax is None or finite is None or softmax.dtype != op.dtype or softmax.shape != op.shape:
        return None
    log = known.op(known.behind(finite.operands[0]), "log")
    total = None if log is None else known.op(log.operands[0], "sum")
    if total is None or not is_shifted(softmax.operands[0], softmax.parameters["axis"], known):
        return None
    exp = known.op(total.operands[0], "exp")
    axis = softmax.parameters["axis"] % len(op.shape)
    if (
        exp is None
        or exp.operands[0] != softmax.operands[0]
        or total.parameters["axis"] not in (axis, axis - len(op.shape))
    ):
        return None
    kept = (*op.shape[:axis], 1, *op.shape[axis + 1 :])
    whole = known.add(Op("reshape", (log.operands[0],), {"shape": [*kept]}, kept, total.dtype))  # type: ignore[union-attr]
    return Op("divide", (total.operands[0], whole), {}, op.shape, op.dtype)


@over("add")
def without_shifts(op: Op, known: Known) -> Rewritten:
    """Nothing goes back through the largest that a softmax was shifted by: the rows of its gradient add up to 0."""
    for part, g in (op.operands, op.operands[::-1]):
        longer = known.op(part, "astype")
        routed = known.op(part if longer is None else longer.operands[0], "where")
        if routed is None or not is_the_number(routed.operands[2], 0):
            continue
        product = known.op(routed.operands[1], "multiply")
        totals = [known.op(known.behind(x), "sum") for x in product.operands] if product is not None else []
        for total in filter(None, totals):
            minus = known.op(total.operands[0], "negative")
            if minus is not None and minus.operands[0] == g and known.fits(g, op):
                axis = total.parameters["axis"]
                return g if isinstance(axis, int) and adds_up_to_nothing(g, axis, known) else None
    return None


def adds_up_to_nothing(g: Operand, axis: int, known: Known) -> bool:
    """Whether each row is a number times a softmax, and minus that number at one entry."""
    total = known.op(g, "add")
    for at, shares in (total.operands, total.operands[::-1]) if total is not None else ():
        scatter, scaled = known.op(at, "scatter"), known.op(shares, "multiply")
        if scatter is None or scaled is None or len(scatter.shape) != 2 or axis % 2 != 1:
            continue
        picked = lone_number(scatter.operands[0])
        numbers = [x for x in map(lone_number, scaled.operands) if isinstance(x, Constant)]
        index = scatter.parameters["index"]
        rows = len(index) == 2 and isinstance(index[0], np.ndarray) and isinstance(index[1], At)
        if not rows or not isinstance(picked, Constant) or len(numbers) != 1 or np.ndim(picked.value):
            continue
        one_each = np.array_equal(index[0], np.arange(scatter.shape[0])) and known.shape(index[1]) == index[0].shape
        if one_each and bool(picked.value == -numbers[0].value) and any(is_share(x, known) for x in scaled.operands):
            return True
    return False


def is_share(x: Operand, known: Known) -> bool:
    """Whether rows of two axes are exponentials over their total, or a softmax along the last axis."""
    softmax, quotient = known.op(x, "softmax"), known.op(x, "divide")
    if softmax is not None:
        return bool(softmax.parameters["axis"] in (1, -1))
    total = None if quotient is None else known.op(known.behind(quotient.operands[1]), "sum")
    exp = None if quotient is None else known.op(quotient.operands[0], "exp")
    return (
        total is not None
        and exp is not None
        and quotient is not None
        and (total.operands[0] == quotient.operands[0] and total.parameters["axis"] in (1, -1))
    )


def is_shifted(x: Operand, axis: int, known: Known) -> bool:
    """Whether a value is one minus the largest of its entries along an axis, so that none is above 0 and one is 0."""
    shifted = known.op(x, "subtract")
    largest = None if shifted is None else known.op(shifted.operands[1], "max")
    if shifted is None or largest is None or largest.operands[0] != shifted.operands[0]:
        return False
    rank, along = len(shifted.shape), largest.parameters["axis"]
    return isinstance(along, int) and along % rank == axis % rank and bool(largest.parameters["keepdims"])
