"""A ufunc's other ways to be called: reduce, accumulate, outer, reduceat, and its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._gates import GATES, along, shape_of
from gatewise._types import Axis, Index, Named, Operands, Value

#: What reduces by each ufunc.
TOTALS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
RUNNING: dict[np.ufunc, Callable[..., Any]] = {np.add: np.cumsum, np.multiply: np.cumprod}


def reduce(
    ufunc: np.ufunc, x: Value, axis: Axis = 0, dtype: npt.DTypeLike | None = None, out: object = None, **options: Any
) -> object:
    """`np.add.reduce(x)`: along the first axis, where `np.sum` goes along all."""
    if ufunc not in TOTALS:
        return folded(ufunc, x, axis, dtype, **options)
    if out is not None:
        return NotImplemented
    given = options if dtype is None else {**options, "dtype": dtype}
    return TOTALS[ufunc](x, axis=axis if shape_of(x) else None, **given)


def folded(
    ufunc: np.ufunc, x: Value, axis: Axis, dtype: npt.DTypeLike | None, keepdims: bool = False, **options: object
) -> Value:
    """`np.logaddexp.reduce(x)`: one entry after the other, as NumPy goes along one axis."""
    shape = shape_of(x)
    axis = 0 if axis is None and len(shape) == 1 else axis
    if ufunc not in GATES or ufunc.nin != 2 or ufunc.nout != 1 or options or dtype is not None:
        return NotImplemented
    if not isinstance(axis, int) or not shape or not shape[axis]:
        return NotImplemented
    entries = np.moveaxis(x, axis, 0)
    total = entries[0]
    for k in range(1, shape[axis]):
        total = ufunc(total, entries[k])
    return np.expand_dims(total, axis) if keepdims else total


def accumulate(ufunc: np.ufunc, x: Value, axis: int = 0, dtype: object = None, out: object = None) -> object:
    """`np.maximum.accumulate(x)`: each round doubles how many entries are in each total."""
    if out is not None or dtype is not None:
        return NotImplemented
    if ufunc in RUNNING:
        return RUNNING[ufunc](x, axis=axis)
    if ufunc not in (np.maximum, np.minimum):
        return NotImplemented
    axis, reach = axis % len(shape_of(x)), 1
    while reach < shape_of(x)[axis]:
        first, later = along(axis, slice(None, reach)), along(axis, slice(reach, None))
        x = np.concatenate([x[first], ufunc(x[later], x[along(axis, slice(None, -reach))])], axis=axis)
        reach *= 2
    return x if reach > 1 else np.copy(x)


def outer(ufunc: np.ufunc, x: Value, y: Value) -> Value:
    """`np.subtract.outer(x, y)`: every entry of x with every entry of y."""
    whole = shape_of(x) + (1,) * len(shape_of(y))
    return ufunc(np.reshape(x, whole) if whole else x, y)


def reduceat(
    ufunc: np.ufunc, x: Value, indices: Index, axis: int = 0, dtype: object = None, out: object = None
) -> object:
    """`np.add.reduceat(x, places)`: the totals of the pieces between the places."""
    if ufunc not in TOTALS or out is not None or dtype is not None:
        return NotImplemented
    n, starts = shape_of(x)[axis], [int(i) for i in indices]
    ends = [*starts[1:], n]
    pieces = [slice(i, j if j > i else i + 1) for i, j in zip(starts, ends, strict=True)]
    return np.stack([TOTALS[ufunc](x[along(axis % len(shape_of(x)), piece)], axis=axis) for piece in pieces], axis=axis)


WAYS: Mapping[str, Callable[..., Any]] = {
    "reduce": reduce,
    "accumulate": accumulate,
    "outer": outer,
    "reduceat": reduceat,
}


def otherwise(ufunc: np.ufunc, method: str, operands: Operands, options: Named) -> Any:
    """A call that is none of the ufunc itself, in gates; `NotImplemented` where there are none for it."""
    if method != "__call__":
        way = WAYS.get(method)
        return NotImplemented if way is None else way(ufunc, *operands, **options)
    dtype = options.get("dtype")
    if set(options) - {"dtype", "casting"} or dtype is None or np.dtype(dtype).kind != "f":
        return NotImplemented
    return ufunc(*(x.astype(dtype) if hasattr(x, "astype") else np.dtype(dtype).type(x) for x in operands))
