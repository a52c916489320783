"""What carries tangents forward calls, on numbers or recordings: masks of what moves at all, sums, products.

A tangent has its wire's shape, or in a batch one axis more, in front. A mask has the wire's shape; an entry that is not
in it does not move, whatever the numbers say: it stays 0 where a slope is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._gates.fitting import cast
from gatewise._gates.gate import Gate, carriers_in
from gatewise._gates.live import Live, dtype_of, plain, shape_of
from gatewise._types import Operands, Parameters, Value


def nothing(*_: object) -> None:
    """What moves nothing."""


def taken(*parts: Any) -> Value:
    """The sum of what came down the branches that were taken, if anything did: of floats."""
    total = None
    for part in parts:
        if part is not None:
            total = part if total is None else total + part
    return total


def switched(part: Value, mask: Any) -> Live:
    """What one branch of a switch hands on, given as tangent and slope: nothing where the slope is zero."""
    t, slope = part
    if dtype_of(slope) != bool:
        t, slope = slope * t, np.not_equal(slope, 0)
    mask = slope if mask is None else slope & mask
    return Live(np.where(mask, t, 0.0), mask)


def merged(parts: Iterable[Live]) -> Live:
    """What comes out of all branches of a switch."""
    first, *rest = parts
    t, mask = first.g, first.mask
    for part in rest:
        t, mask = t + part.g, mask | part.mask
    return Live(t, mask)


def alive(parts: Sequence[Value], masks: Sequence[Any]) -> Value:
    """The sum of all parts, each 0 where its own mask says that nothing moves."""
    total, joint = None, None
    for part, mask in zip(parts, masks, strict=True):
        part = part if mask is None else np.where(mask, part, 0.0)
        total = part if total is None else total + part
        joint = mask if joint is None else joint | mask if mask is not None else joint
    return total if any(mask is None for mask in masks) else Live(total, joint)


def totalled(t: Value, mask: Any, axes: tuple[int, ...], keepdims: bool) -> object:
    """The sum over some axes, counted from the last."""
    if axes:
        t = np.sum(t, axis=axes, keepdims=keepdims)
        mask = mask if mask is None else np.any(mask, axis=axes, keepdims=keepdims)
    return t if mask is None else Live(t, mask)


def product(
    gate: Gate, given: Mapping[int, object], operands: Sequence[object], parameters: Parameters, added: int
) -> Any:
    """How a product moves where its operands do: each tangent times the other operands.

    What is `added`, if anything is (else -1), comes once.
    """
    total = None
    for i in [i for i in given if i != added] or [added]:
        others = list(operands) if i != added else [zeros_like(x) for x in operands]
        if i != added:
            others[i] = given[i]
        if added >= 0:
            others[added] = given[added] if total is None and added in given else zeros_like(operands[added])
        part = gate.on(others, parameters)
        total = part if total is None else total + part
    return total


def in_rows(
    gate: Gate, given: Mapping[int, Any], operands: Operands, parameters: Parameters, multiplies: bool
) -> object:
    """What a linear gate makes of many tangents at once; NotImplemented where it is to be asked for each."""
    if gate.rows is not None and (multiplies or len(operands) == 1):
        moved = [
            gate.rows(i, *(given[i] if k == i else x for k, x in enumerate(operands)), **parameters) for i in given
        ]
        if all(part is not NotImplemented for part in moved):
            return sum(moved[1:], moved[0])
    if not gate.rearranges or len(operands) > 1 or any(map(carriers_in, parameters.values())):
        return NotImplemented
    (t,), (x,) = given.values(), operands
    shape = shape_of(x)
    places = gate.call(np.arange(math.prod(shape)).reshape(shape), **parameters)
    return np.reshape(t, (shape_of(t)[0], -1))[:, places]


def zeros_like(x: Value) -> Value:
    """Zeros in the place of an operand that does not move; what was left out stays so."""
    value = plain(x)
    if value is None:
        return None
    if isinstance(value, float):
        return 0.0
    dtype = dtype_of(value)
    return np.zeros(np.shape(value), dtype if dtype.kind in "fc" else float)


def of_kind(tangent: object, x: object) -> object:
    """A tangent as NumPy's number where the operand is one: it may be indexed, as Python's may not."""
    return np.float64(tangent) if type(tangent) is float and isinstance(x, np.generic) else tangent


def as_number(mask: object, x: object) -> object:
    """A mask as ones and zeros in the place of the operand `x`, to be moved like it."""
    if mask is None:
        return np.ones(shape_of(x))
    return np.broadcast_to(cast(mask, dtype=np.dtype(float)), shape_of(x))


def with_masks(moved: Value, alive: Any) -> Any:
    """One output, or several, with the entries that move."""
    if isinstance(moved, (tuple, list)):
        return [Live(t, np.not_equal(mask, 0)) for t, mask in zip(moved, alive, strict=True)]
    return Live(moved, np.not_equal(alive, 0))
