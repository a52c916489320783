"""Examples and labels looked through before the first step."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._errors import DataError

Array = np.ndarray[Any, Any]

ROWS = 4096  # looked through at a time, so that no mask as large as the data is made


def checked(X: Any, y: Any, classes: int) -> tuple[Array, Array]:
    """Return X and y as arrays, or raise `DataError` naming what is wrong: lengths, labels, a NaN.

    X is (N, ...) of real numbers, all finite; y is (N,) of whole numbers from 0 to `classes` - 1. Nothing is copied.

    >>> import numpy as np
    >>> X, y = checked([[1.0], [2.0]], [0, 1], classes=2)
    >>> checked(np.array([[1.0], [np.nan]]), [0, 1], classes=2)
    Traceback (most recent call last):
        ...
    gatewise._errors.DataError: X[1, 0] is nan; 1 of 2 numbers is not finite...
    """
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim < 1 or not len(X):
        raise DataError(f"X has shape {X.shape}.", "there is no example in it.", "an array of (N, ...).")
    if X.dtype.kind not in "biuf":
        raise DataError(f"X is an array of {X.dtype}.", "examples are real numbers.", "X.astype(np.float32).")
    if y.ndim != 1:
        raise DataError(
            f"y has shape {y.shape}.",
            "labels are one whole number an example.",
            "an array of (N,): y.ravel(), or y.argmax(1) for rows of zeros and a one.",
        )
    if y.dtype.kind not in "iu":
        raise DataError(f"y is an array of {y.dtype}.", "labels are whole numbers.", "y.astype(int).")
    if len(X) != len(y):
        raise DataError(f"X has {len(X):,} examples, y has {len(y):,} labels.", "each example has one label.")
    _check_labels(y, classes)
    _check_finite(X)
    return X, y


def _check_labels(y: Array, classes: int) -> None:
    wrong = np.flatnonzero((y < 0) | (y >= classes))
    if len(wrong):
        first = int(wrong[0])
        what = f"y[{first}] is {y[first]}; {_counted(len(wrong), len(y), 'label')} out of range."
        raise DataError(what, f"labels of {classes} classes are 0 to {classes - 1}.", "classes=, or labels from 0.")


def _check_finite(X: Array) -> None:
    if X.dtype.kind != "f":
        return
    first, count = "", 0
    for start in range(0, len(X), ROWS):
        rows = X[start : start + ROWS]
        if not (wrong := ~np.isfinite(rows)).any():
            continue
        count += int(np.count_nonzero(wrong))
        if not first:
            place = np.unravel_index(int(wrong.argmax()), rows.shape)
            first = f"X[{', '.join(map(str, (int(place[0]) + start, *map(int, place[1:]))))}] is {rows[place]}"
    if count:
        cure = "np.nan_to_num(X), or leave those examples out."
        raise DataError(f"{first}; {_counted(count, X.size, 'number')} not finite.", "one spoils every weight.", cure)


def _counted(count: int, of: int, what: str) -> str:
    return f"{count:,} of {of:,} {what}s {'is' if count == 1 else 'are'}"
