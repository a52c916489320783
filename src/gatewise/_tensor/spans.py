"""Where in memory an array lies: which views a change of some entries does not reach."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._types import Index

Span = tuple[int, int]  #: the bytes from the first entry to the last, counted from where the base begins

EVERYWHERE: Span = (-(2**62), 2**62)


def span_in(array: np.ndarray, base: np.ndarray) -> Span:
    """The bytes in `base` that a view of it spans; nothing where it has no entry."""
    low: int = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
    high = low + array.itemsize
    for n, stride in zip(array.shape, array.strides, strict=True):
        if n == 0:
            return 0, 0
        if stride < 0:
            low += (n - 1) * stride
        else:
            high += (n - 1) * stride
    return low, high


def entries_at(array: np.ndarray, index: Index) -> np.ndarray:
    """The view of `array` that an index of whole numbers and slices names, of one entry too."""
    parts = index if isinstance(index, tuple) else (index,)
    found: np.ndarray[Any, Any] = array[parts if any(part is Ellipsis for part in parts) else (*parts, ...)]
    return found
