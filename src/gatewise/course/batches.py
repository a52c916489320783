"""What the course's classifiers share: where random numbers come from, what is fit to be learned, and its descent."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gatewise._errors import ArgumentError, DataError

#: A seed, a generator of NumPy's, or None: NumPy's global one, which `np.random.seed` sets in the course's notebooks.
Source = int | np.random.Generator | np.random.RandomState | None

#: An array, or one for each name.
Gradient = TypeVar("Gradient")

EVERY = 100  # iterations between two lines of `verbose`


def draws(rng: Source) -> Any:
    """What has `standard_normal` and `choice`.

    >>> draws(3).choice(5) == np.random.default_rng(3).choice(5)
    True
    """
    if rng is None:
        return np.random  # as a module it has both, on the global state
    return np.random.default_rng(rng) if isinstance(rng, (int, np.integer)) else rng


def as_floats(X: npt.ArrayLike, name: str = "X") -> np.ndarray:
    """The images as an array of floats: whole numbers become float64, floats stay what they are."""
    X = np.asarray(X)
    if X.dtype.kind not in "biuf":
        raise DataError(f"{name} is an array of {X.dtype}.", "images are real numbers.", "X.astype(float).")
    return X if X.dtype.kind == "f" else X.astype(np.float64)


def as_image_rows(X: npt.ArrayLike, width: int | None, name: str = "X") -> np.ndarray:
    """The images as floats, one a row, each with as many entries as there are rows of weights. Raises `DataError`."""
    X = as_floats(X, name)
    if X.ndim != 2 or (width is not None and X.shape[1] != width):
        entries = "D" if width is None else width
        raise DataError(
            f"Expect: {name} (N, {entries}). Actual: {name} {X.shape}.",
            "each row is an image, and each of its entries meets a row of the weights.",
            f"{name}.reshape(len({name}), -1) for images with rows and columns.",
        )
    return X


def as_learnable(X: npt.ArrayLike, width: int | None, name: str) -> np.ndarray:
    """Such rows, at least one, with neither NaN nor inf. Raises `DataError`."""
    X = as_image_rows(X, width, name)
    if not len(X):
        raise DataError(f"{name} has no rows.", "nothing can be learned from none.", "N of 1 or more.")
    if not np.isfinite(X).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(X))[0])
        raise DataError(
            f"{name}{list(place)} is {X[place]}.",
            "one entry that is no finite number turns the loss, and then every weight, into NaN.",
            "np.nan_to_num(X), or leave such rows out: X[np.isfinite(X).all(axis=1)].",
        )
    return X


def as_whole_number(name: str, value: object, least: int) -> int:
    """A whole number, so much or more. Raises `ArgumentError`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        usual = {"num_iters": 100, "batch_size": 200}.get(name, 10)
        what = f"{name} is {value!r:.60}."
        raise ArgumentError(what, f"it is a whole number, {least} or more.", f"{name}={usual}.")
    return int(value)


def descent(
    loss: Callable[[np.ndarray, np.ndarray], tuple[float, Gradient]],
    X: np.ndarray,
    y: np.ndarray,
    num_iters: int,
    batch_size: int,
    verbose: bool,
    source: Any,
) -> Iterator[tuple[int, np.ndarray, float, Gradient]]:
    """Draw batches with replacement, as the course does; give iteration, rows, loss and gradient of each."""
    for step in range(num_iters):
        rows = source.choice(len(X), batch_size, replace=True)
        value, gradient = loss(X[rows], y[rows])
        if verbose and step % EVERY == 0:
            sys.stdout.write(f"iteration {step} / {num_iters}: loss {value:f}\n")
        yield step, rows, float(value), gradient
