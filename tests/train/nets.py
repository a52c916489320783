"""Small nets and images for the tests of training: quick to learn, and told apart by eye."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gatewise import data, nn


def blobs(count: int = 400, classes: int = 4, size: int = 12, apart: float = 1.5, seed: int = 0) -> tuple[Any, Any]:
    """Points around one centre for each class, standardised."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, count)
    X = rng.standard_normal((count, size)) + apart * rng.standard_normal((classes, size))[y]
    return ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32), y


def digits(count: int = 800) -> tuple[Any, Any]:
    """The bundled digits, standardised, as images (N, 1, 8, 8)."""
    found = data.digits()
    X = found.X_train[:count]
    return data.per_channel(X)(X), found.y_train[:count]


def mlp(*sizes: int, seed: int = 0, between: Any = nn.ReLU) -> Any:
    """Linear layers with something between them; the last one's weights are small."""
    rng = np.random.default_rng(seed)
    layers: list[Any] = [nn.Flatten()]
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs, rng=rng), between()]
    return nn.Sequential(*layers[:-1])


def convolutional(seed: int = 0) -> Any:
    """Two convolutions for images (N, 1, 8, 8)."""
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 10, rng=rng),
    )  # fmt: skip
