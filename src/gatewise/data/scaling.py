"""Preprocessing: what is subtracted from images and what they are divided by, measured on the training images alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gatewise._errors import DataError

ROWS = 1024  # measured at a time, so that no copy of the data in double precision is made


@dataclass(frozen=True)
class Scaling:
    """Images become `(X - shift) / scale`; the same for validation and test images, and for new ones.

    >>> import numpy as np
    >>> Scaling(np.float32(1.0), np.float32(2.0))(np.array([[3.0, 5.0]], dtype=np.float32))
    array([[1., 2.]], dtype=float32)
    """

    shift: np.ndarray
    scale: np.ndarray

    def __call__(self, X: np.ndarray) -> np.ndarray:
        X = X if X.dtype.kind == "f" else X.astype(np.float32)
        scaled: np.ndarray = np.subtract(X, np.asarray(self.shift, X.dtype))
        scaled /= np.asarray(self.scale, X.dtype)
        return scaled

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint keeps; `Scaling(**state)` is this again."""
        return {"shift": self.shift, "scale": self.scale}


def mean_image(X_train: np.ndarray) -> Scaling:
    """Subtract the mean of the training images, pixel by pixel, as the course does.

    >>> import numpy as np
    >>> mean_image(np.array([[0.0, 2.0], [4.0, 4.0]])).shift
    array([2., 3.], dtype=float32)
    """
    _check(X_train)
    shift = X_train.mean(axis=0, dtype=np.float64)
    return Scaling(shift.astype(np.float32), np.ones((), np.float32))


def per_channel(X_train: np.ndarray, channels: int | None = None) -> Scaling:
    """Subtract each channel's mean and divide by its standard deviation; a channel that never changes is not divided.

    Images are (N, channels, height, width), or flat with `channels` said.

    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(3.0, 2.0, (100, 3, 8, 8))
    >>> scaled = per_channel(X)(X)
    >>> scaled.mean(axis=(0, 2, 3)).round(6) + 0.0, scaled.std(axis=(0, 2, 3)).round(6)
    (array([0., 0., 0.]), array([1., 1., 1.]))
    """
    _check(X_train)
    flat = X_train.ndim == 2
    channels = channels or 0 if flat else X_train.shape[1]
    if channels < 1 or X_train.shape[1] % channels:
        why = f"a row of {X_train.shape[1]} numbers does not say how many channels it has."
        raise DataError(
            f"the images have shape {X_train.shape}.", why, "channels=3, or images of (N, 3, height, width)."
        )
    parted = X_train.reshape(len(X_train), channels, -1)
    mean = _mean_of(parted, np.zeros(parted.shape[1]), 1)
    deviation = np.sqrt(_mean_of(parted, mean, 2))
    deviation[deviation == 0] = 1.0
    # The rows of flat images hold one channel after the other.
    shape = (parted.shape[1], *[1] * (X_train.ndim - 2))
    both = [np.repeat(each, parted.shape[2]) if flat else each.reshape(shape) for each in (mean, deviation)]
    return Scaling(*(each.astype(np.float32) for each in both))


def _mean_of(parted: np.ndarray, centre: np.ndarray, power: int) -> np.ndarray:
    """The mean of `(x - centre) ** power` over each channel, summed in double precision."""
    total: np.ndarray = np.zeros(parted.shape[1])
    for start in range(0, len(parted), ROWS):
        total += ((parted[start : start + ROWS] - centre[:, None]) ** power).sum(axis=(0, 2))
    mean: np.ndarray = total / (len(parted) * parted.shape[2])
    return mean


def _check(X_train: np.ndarray) -> None:
    if X_train.ndim < 2 or not X_train.size:
        raise DataError(
            f"the images have shape {X_train.shape}.", "there is nothing to measure.", "images of (N, ...)."
        )
