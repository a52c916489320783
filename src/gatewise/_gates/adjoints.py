"""What the adjoints of linear gates send back: masks moved by the gate's own rule, vectors as rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._gates.fitting import cast, fit, showing, sum_to
from gatewise._gates.gate import Rule
from gatewise._gates.live import Live, plain, shape_of, without_mask
from gatewise._types import Operands, Parameters, Value


def as_tuple(x: object) -> tuple[Any, ...]:
    return x if isinstance(x, tuple) else (x,)


def moved_with_mask(
    rule: Rule, part: object, i: int, out: object, operands: Operands, parameters: Parameters, live: object
) -> Value:
    """`part` with the upstream gradient's mask, moved by the gate's own rule; a dead float gets nothing."""

    def mask() -> Any:
        if live is not None:
            ones = cast(live, dtype=np.dtype(float))
        else:  # which entries are reached hangs on no value, and the mask is the same in every run
            ones = np.ones_like(plain(out) if showing.exact else out)
        reached = np.not_equal(as_tuple(rule(ones, *operands, **parameters))[i](), 0)
        return reached if shape_of(reached) == shape_of(part) else sum_to(reached, shape_of(part), np.any)

    if isinstance(plain(operands[i]), float) and not showing.on:
        return part if mask() else None
    return Live(part, mask)


def from_pieces(
    rule: Rule, pieces: dict[int, object], operands: Operands, parameters: Parameters, mixes: bool
) -> object:
    """What the one input of a step with several outputs gets; a float that only dead outputs came from gets nothing."""
    bare = {k: without_mask(piece) for k, piece in pieces.items()}
    down = as_tuple(rule(bare, *operands, **parameters))[0]()
    if down is None or mixes:
        return None if down is None else fit(down, operands[0])

    def mask() -> Any:
        return live_pieces(rule, pieces, [plain(x) for x in operands], parameters)

    part = fit(down, operands[0])
    if isinstance(plain(operands[0]), float) and not showing.on:
        return part if mask() else None
    return Live(part, mask)


def live_pieces(rule: Rule, pieces: dict[int, object], operands: Operands, parameters: Parameters) -> object:
    """Where the one input of a step with several outputs is alive: nowhere that only an unused output came from."""
    alive = {k: g.mask.astype(float) if type(g) is Live else np.ones_like(g) for k, g in pieces.items()}
    return np.not_equal(as_tuple(rule(alive, *operands, **parameters))[0](), 0)


def matrix_parts(rule: Rule, g: Value, operands: Operands, wanted: Sequence[int]) -> list[object]:
    """The adjoints of a matrix product, with the axes that NumPy adds to vectors put in and taken out."""
    a, b = operands
    if not shape_of(a) or not shape_of(b):  # np.dot with a scalar multiplies
        return [fit((b, a)[i] * g, operands[i]) for i in wanted]
    column, row = len(shape_of(b)) == 1, len(shape_of(a)) == 1
    if column:
        b, g = np.expand_dims(b, 1), np.expand_dims(g, -1)
    if row:
        a, g = np.expand_dims(a, 0), np.expand_dims(g, -2)
    parts = [fit(rule(g, a, b)[i](), (a, b)[i]) for i in wanted]
    added = [0 if row else None, 1 if column else None]
    return [
        part if added[i] is None else fit(np.squeeze(part, added[i]), operands[i])
        for i, part in zip(wanted, parts, strict=True)
    ]
