"""Tangents in the shape and dtype of their wire's value, one or many in the rows of an array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._gates import Carrier, Live, cast, convert, dtype_of, shape_of
from gatewise._types import Value


def settled(t: Value, value: Value, many: int) -> Value:
    """A tangent in the shape and dtype of its wire's value, and its mask if any entry is dead."""
    if t is None or (type(t) is float and type(value) is float):
        return t
    if isinstance(value, (tuple, list)):
        return [settled(part, each, many) for part, each in zip(t, value, strict=True)]
    if type(t) is not Live:
        return fitted(t, value, many)
    mask = t.mask
    if not isinstance(mask, Carrier) and np.all(mask):
        return fitted(t.g, value, many)
    if not np.ndim(value):  # a single number needs no mask: it moves, or not at all
        return fitted(t.g, value, many) if mask else None
    return Live(fitted(t.g, value, many), mask if shape_of(mask) == value.shape else np.broadcast_to(mask, value.shape))


def fitted(t: Value, value: Value, many: int) -> Value:
    """A tangent in the shape and dtype of its wire's value."""
    want = (many, *np.shape(value)) if many else np.shape(value)
    dtype = value.dtype if isinstance(value, (np.ndarray, np.generic)) else np.dtype(type(value))
    if dtype.kind not in "fc":
        return None  # a whole number or a truth value does not move
    if shape_of(t) != want:
        t = np.broadcast_to(t, want)
    if dtype_of(t).kind == "c" and dtype.kind != "c":
        t = np.real(t)
    if isinstance(t, Carrier):
        return t if dtype_of(t) == dtype else cast(t, dtype=dtype)
    if type(t) is np.ndarray and t.dtype == dtype:
        return t
    if isinstance(value, (float, complex)) and not many:
        return type(value)(t)
    return convert(t, dtype)


def faced(t: Value, rank: int) -> object:
    """Many tangents of an operand that is broadcast, with axes of length 1 behind the first: up to this rank."""
    if type(t) is Live:
        return Live(faced(t.g, rank), t.mask)
    many, *shape = shape_of(t)
    return t if len(shape) + 1 >= rank else np.reshape(t, (many, *(1,) * (rank - 1 - len(shape)), *shape))


def row(t: Value, k: int) -> Value:
    """One of many tangents."""
    if t is None:
        return None
    if isinstance(t, list):
        return [row(part, k) for part in t]
    return Live(t.g[k], t.mask) if type(t) is Live else t[k]


def stacked(rows: Sequence[Any]) -> Value:
    """Many tangents in one array, of one output or of several; which entries move is the same in all."""
    first = rows[0]
    if first is None:
        return None
    if isinstance(first, list):
        return [stacked(parts) for parts in zip(*rows, strict=True)]
    return Live(np.stack([each.g for each in rows]), first.mask) if type(first) is Live else np.stack(rows)
