"""What the course's classifiers share: where random numbers come from, what is fit to be learned, and its batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._errors import DataError, user_line

#: A seed, a generator of NumPy's, or None: NumPy's global one, which `np.random.seed` sets in the course's notebooks.
Source = int | np.random.Generator | np.random.RandomState | None


def draws(rng: Source) -> Any:
    """What has `standard_normal` and `choice`.

    >>> draws(3).choice(5) == np.random.default_rng(3).choice(5)
    True
    """
    if rng is None:
        return np.random  # as a module it has both, on the global state
    return np.random.default_rng(rng) if isinstance(rng, (int, np.integer)) else rng


def as_floats(X: Any) -> Any:
    """The images as an array of floats: whole numbers become float64, floats stay what they are."""
    X = np.asarray(X)
    return X if X.dtype.kind == "f" else X.astype(np.float64)


def as_classes(y: Any, rows: int, classes: int) -> Any:
    """The labels, one a row, each the number of a class. Raises `DataError`: NumPy would take -1 from behind."""
    y = np.asarray(y)
    if y.shape != (rows,) or y.dtype.kind not in "iu":
        raise DataError(
            f"Expect: y ({rows},), whole numbers. Actual: y {y.shape}, {y.dtype}.{user_line()}",
            "each row of X has one right class.",
            "y.ravel() for a column, np.argmax(y, axis=1) for one-hot rows.",
        )
    if rows and (y.min() < 0 or y.max() >= classes):
        wrong = int(y.min() if y.min() < 0 else y.max())
        raise DataError(
            f"a label is {wrong}, and there are {classes} classes.{user_line()}",
            f"a label is the number of its column in the scores, from 0 to {classes - 1}.",
            "np.unique(y) shows what there is; the number of classes is y.max() + 1.",
        )
    return y


def as_finite(X: Any, name: str) -> Any:
    """The array, which must hold neither NaN nor inf. Raises `DataError`."""
    if not np.isfinite(X).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(X))[0])
        raise DataError(
            f"{name}{list(place)} is {X[place]}.{user_line()}",
            "one entry that is no finite number turns the loss, and then every weight, into NaN.",
            "np.nan_to_num(X), or leave such rows out: X[np.isfinite(X).all(axis=1)].",
        )
    return X
