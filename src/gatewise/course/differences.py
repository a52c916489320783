"""The course's gradient check: centred differences, one entry at a time, and the error it measures."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._errors import IntegerGradientError, user_line


def eval_numerical_gradient(
    f: Callable[[Any], Any], x: Any, verbose: bool = True, h: float = 0.00001
) -> np.ndarray[Any, Any]:
    """The gradient of `f` at `x` by centred differences: (f(x + h) - f(x - h)) / 2h for each entry.

    `x` is changed in place, an entry at a time, so that an `f` that reads the same array by another way sees it; every
    entry is put back, whatever `f` does. `verbose` prints each entry's place and slope, as the course's does.
    Raises `IntegerGradientError` where `x` cannot be moved by `h`.

    >>> import numpy as np
    >>> x = np.array([1.0, 2.0])
    >>> eval_numerical_gradient(lambda x: np.sum(x * x), x, verbose=False).round(6)
    array([2., 4.])
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        what = f"x of {x.dtype}" if isinstance(x, np.ndarray) else f"x, a {type(x).__name__},"
        raise IntegerGradientError.of(what, user_line())
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        gradient[place] = slope(f, x, place, h)
        if verbose:
            sys.stdout.write(f"{place} {gradient[place]}\n")
    return gradient


def slope(f: Callable[[Any], Any], x: np.ndarray[Any, Any], place: tuple[int, ...], h: float) -> float:
    """The centred difference along one entry, which holds its old value afterwards."""
    old = x[place]
    try:
        x[place] = old + h
        above = float(f(x))
        x[place] = old - h
        below = float(f(x))
    finally:
        x[place] = old
    return (above - below) / (2 * h)


def rel_error(x: Any, y: Any) -> float:
    """The largest relative error between two arrays: |x - y| over |x| + |y|, or over 1e-8 where both are tiny.

    >>> rel_error([1.0, 2.0], [1.0, 2.2])
    0.0476190476190...
    """
    x, y = np.asarray(x), np.asarray(y)
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))
