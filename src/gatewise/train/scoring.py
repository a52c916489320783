"""What a model says of images: its scores, their loss, and how many are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from gatewise import data
from gatewise._errors import DataError, TrainingError
from gatewise._gates import plain
from gatewise._tensor import Tensor, Values, no_grad
from gatewise.nn import Module, Parameter

#: Scores and classes to one number, a Tensor while anything is learned.
Loss: TypeAlias = Callable[[Any, np.ndarray], Any]
LARGE_BATCH = 500  # images looked at together where nothing is learned


def objective(model: Module, scores: Values, y: np.ndarray, loss: Loss, reg: float) -> Tensor:
    """What is made small: the loss of the scores, and `reg` times the sum of the squared weights."""
    value: Tensor = loss(scores, y)
    if reg:
        for weight in weights(model):
            value = value + reg * np.sum(np.square(weight))
    return value


def weights(model: Module) -> list[Parameter]:
    """The parameters that are regularised: matrices and filters, not biases, and not what a normalisation scales by."""
    return [parameter for parameter in model.parameters() if np.ndim(parameter.value) > 1]


def in_batches(model: Module, X: np.ndarray, size: int = LARGE_BATCH) -> Iterator[tuple[int, Values]]:
    """The scores of images, so many at a time and without a tape, each with the number of its first image."""
    training = model.training
    model.train(False)
    try:
        for start in range(0, len(X), size):
            with no_grad():
                scores = model(X[start : start + size])
            yield start, scores
    finally:
        model.train(training)


def looked_at(model: Module, X: np.ndarray, y: np.ndarray) -> Iterator[tuple[Values, np.ndarray]]:
    """The scores of images, so many at a time, each with the labels of the same images."""
    y = np.asarray(y)
    for start, scores in in_batches(model, X):
        yield scores, y[start : start + len(scores)]


def count_right(scores: Values, y: np.ndarray) -> float:
    """How many of the largest scores are at the right class."""
    return float(np.sum(np.argmax(plain(scores), axis=1) == y))


def accuracy(model: Module, X: np.ndarray, y: np.ndarray) -> float:
    """The share of images whose largest score is at the right class; the model looks at them as in `eval()`.

    >>> import numpy as np, gatewise as gw
    >>> accuracy(gw.nn.Flatten(), np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0]))
    0.75
    """
    y = data.labels(y, len(X))
    if not len(X):
        raise DataError("there are no images.", "of none there is no share.", "X of (N, ...), N at least 1.")
    return sum(count_right(*pair) for pair in looked_at(model, X, y)) / len(X)


def classes_of(model: Module, X: np.ndarray) -> int:
    """How many classes a model gives scores for, found by showing it the first image."""
    if not len(X):
        raise TrainingError("there are no images.", "nothing can be learned from none.", "X of (N, ...), N at least 1.")
    _, scores = next(in_batches(model, np.asarray(X)[:1]))
    if np.ndim(scores) != 2:
        why = f"for one image it gives an array of shape {np.shape(scores)}."
        raise TrainingError("the model gives no scores (N, C).", why, "nn.Flatten() before its last layers.")
    return int(np.shape(scores)[1])
