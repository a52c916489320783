"""The course's gradient check: centred differences, one entry at a time, and the error it measures."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from gatewise._errors import ArgumentError, IntegerGradientError
from gatewise._types import Function
from gatewise.course.batches import as_floats


def eval_numerical_gradient(f: Function, x: object, verbose: bool = True, h: float = 0.00001) -> np.ndarray:
    """The gradient of `f` at `x` by centred differences: (f(x + h) - f(x - h)) / 2h for each entry.

    `x` is changed in place, an entry at a time, so that an `f` that reads the same array by another way sees it; every
    entry is put back, whatever `f` does. `verbose` prints each entry's place and slope, as the course's does.
    Raises `IntegerGradientError` where `x` holds no floats, and `ArgumentError` where it cannot be moved by `h`.

    >>> import numpy as np
    >>> x = np.array([1.0, 2.0])
    >>> eval_numerical_gradient(lambda x: np.sum(x * x), x, verbose=False).round(6)
    array([2., 4.])
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        what = f"x of {x.dtype}" if isinstance(x, np.ndarray) else f"x, a {type(x).__name__},"
        raise IntegerGradientError.of(what)
    check_step(h)
    if not x.flags.writeable:
        why = "its entries are moved in place, one at a time."
        raise ArgumentError("x is an array that may not be written to.", why, "x.copy().")
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        gradient[place] = slope(f, x, place, h)
        if verbose:
            sys.stdout.write(f"{place} {gradient[place]}\n")
    return gradient


def check_step(h: object) -> None:
    """Raise `ArgumentError` for a step that is no finite number above 0."""
    if not isinstance(h, (int, float, np.number)) or not 0 < h < np.inf:
        why = "it is how far each entry is moved, up and down."
        raise ArgumentError(f"h is {h!r:.60}.", why, "h=1e-5.")


def slope(f: Function, x: np.ndarray, place: tuple[int, ...], h: float) -> float:
    """The centred difference along one entry, which holds its old value afterwards."""
    old, ends = x[place], []
    try:
        for moved in (old + h, old - h):
            x[place] = moved
            if x[place] == old:
                raise too_small(x, place, h)
            ends.append(one_number(f(x)))
    finally:
        x[place] = old
    return (ends[0] - ends[1]) / (2 * h)


def too_small(x: np.ndarray, place: tuple[int, ...], h: float) -> ArgumentError:
    """The error for a step that rounding takes away, which would give a slope of 0."""
    what = f"x{list(place)} is {x[place]}, which h = {h:g} does not change in {x.dtype}."
    return ArgumentError(what, f"{x.dtype} has no number that near.", "x.astype(np.float64), or a larger h.")


def one_number(value: npt.ArrayLike) -> float:
    """What f gave, which must be one number."""
    if np.size(value) != 1:
        what = f"f gives an array of shape {np.shape(value)}."
        raise ArgumentError(what, "a slope is that of one number.", "np.sum(f(x)).")
    return float(np.asarray(value).reshape(()))


def rel_error(x: npt.ArrayLike, y: npt.ArrayLike) -> float:
    """The largest relative error between two arrays: |x - y| over |x| + |y|, or over 1e-8 where both are tiny.

    >>> rel_error([1.0, 2.0], [1.0, 2.2])
    0.0476190476190...
    """
    x, y = as_floats(x), as_floats(y)
    if x.shape != y.shape and x.ndim and y.ndim:
        what = f"Expect: two arrays of one shape. Actual: {x.shape} and {y.shape}."
        raise ArgumentError(
            what, "entries are compared one by one.", "x.reshape(y.shape), where that is what is meant."
        )
    if not x.size or not y.size:
        raise ArgumentError("there are no entries to compare.", "of none there is no largest.", "two arrays.")
    return float(np.max(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y))))
