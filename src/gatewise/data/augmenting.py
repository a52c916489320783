"""Images changed at random in ways that leave their class alone."""

from __future__ import annotations

import numpy as np

from gatewise._errors import DataError


def flipped(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images (N, channels, height, width), each mirrored left to right with probability one half.

    >>> import numpy as np
    >>> flipped(np.arange(4.0).reshape(2, 1, 1, 2), np.random.default_rng(1)).tolist()
    [[[[0.0, 1.0]]], [[[2.0, 3.0]]]]
    >>> flipped(np.arange(4.0).reshape(2, 1, 1, 2), np.random.default_rng(0)).tolist()
    [[[[0.0, 1.0]]], [[[3.0, 2.0]]]]
    """
    _check_images(X)
    mirrored = rng.random(len(X)) < 0.5
    return np.where(mirrored[:, None, None, None], X[..., ::-1], X)


def cropped(X: np.ndarray, rng: np.random.Generator, padding: int = 4) -> np.ndarray:
    """Return images moved by up to `padding` pixels each way, zeros where they came from outside.

    >>> import numpy as np
    >>> cropped(np.ones((5, 3, 8, 8)), np.random.default_rng(0), padding=1).shape
    (5, 3, 8, 8)
    """
    _check_images(X)
    count, channels, height, width = X.shape
    larger = np.zeros((count, channels, height + 2 * padding, width + 2 * padding), X.dtype)
    larger[:, :, padding : padding + height, padding : padding + width] = X
    windows = np.lib.stride_tricks.sliding_window_view(larger, (height, width), axis=(2, 3))
    down, right = rng.integers(0, 2 * padding + 1, (2, count))
    return windows[np.arange(count), :, down, right]


def augmented(X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return images flipped and cropped at random, as is usual for CIFAR-10: hand it to `batches` as `change`.

    >>> import numpy as np
    >>> augmented(np.ones((5, 3, 32, 32)), np.random.default_rng(0)).shape
    (5, 3, 32, 32)
    """
    return cropped(flipped(X, rng), rng)


def _check_images(X: np.ndarray) -> None:
    if X.ndim != 4:
        cure = "X.reshape(N, channels, height, width), and flat=False where they are loaded."
        raise DataError(f"the images have shape {X.shape}.", "to be flipped or moved they need rows and columns.", cure)
