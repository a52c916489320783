"""Examples and labels looked through before the first step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gatewise._errors import DataError

ROWS = 4096  # looked through at a time, so that no mask as large as the data is made


def checked(X: npt.ArrayLike, y: npt.ArrayLike | None, classes: int) -> tuple[np.ndarray, np.ndarray]:
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
    y = labels(y, len(X), classes)
    _check_finite(X)
    return X, y


def labels(y: npt.ArrayLike, rows: int, classes: int | None = None) -> np.ndarray:
    """The labels of so many rows as an array: whole numbers from 0, below `classes` where that is known.

    Raises `DataError`, since NumPy would take a label of -1 from behind.

    >>> labels([0, 2], rows=2, classes=3)
    array([0, 2])
    >>> labels([0, 3], rows=2, classes=3)
    Traceback (most recent call last):
        ...
    gatewise._errors.DataError: a label is 3, and there are 3 classes: y[1], one of 1 out of range...
    """
    y = np.asarray(getattr(y, "value", y))
    if y.shape != (rows,) or y.dtype.kind not in "iu":
        raise DataError(
            f"Expect: y ({rows},), whole numbers. Actual: y {y.shape}, {y.dtype}.",
            "labels are one whole number an example: that of its right class.",
            "y.astype(int), y.ravel() for a column, np.argmax(y, axis=1) for rows of zeros and a one.",
        )
    wrong = np.flatnonzero((y < 0) | (y >= (np.inf if classes is None else classes)))
    if len(wrong):
        first = int(wrong[0])
        there = "labels count from 0" if classes is None else f"there are {classes} classes"
        highest = "" if classes is None else f" to {classes - 1}"
        raise DataError(
            f"a label is {y[first]}, and {there}: y[{first}], one of {len(wrong):,} out of range.",
            f"a label is the number of its column in the scores, from 0{highest}.",
            "np.unique(y) shows what there is; y - y.min() begins at 0.",
        )
    return y


def _check_finite(X: np.ndarray) -> None:
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
