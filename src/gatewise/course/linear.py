"""The course's linear classifiers: scores X W, under a softmax or a multi-class SVM loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gatewise._derivatives import value_and_grad
from gatewise._errors import ArgumentError
from gatewise._gates import cross_entropy
from gatewise._tensor import Values
from gatewise.course.batches import Source, as_image_rows, as_learnable, as_whole_number, descent, draws
from gatewise.data import labels

if TYPE_CHECKING:
    from gatewise.nn import functional

SPREAD = 0.001  # the standard deviation of the first weights


def softmax_loss(W: Values, X: np.ndarray, y: npt.ArrayLike, reg: float = 0.0) -> functional.Loss:
    """The mean softmax loss of the scores X W, and reg times the sum of the squared weights.

    Raises `DataError` for labels that name no column of the scores, as the other losses do.

    >>> import numpy as np
    >>> float(softmax_loss(np.zeros((2, 10)), np.ones((3, 2)), np.array([0, 1, 2])).round(4))  # ln 10
    2.3026
    """
    loss: functional.Loss = cross_entropy(X @ W, labels(y, len(X), W.shape[1])) / len(X) + reg * np.sum(W * W)
    return loss


def svm_loss(W: Values, X: np.ndarray, y: npt.ArrayLike, reg: float = 0.0) -> functional.Loss:
    """The mean multi-class SVM loss: each wrong class counts by how far its score exceeds the right one's less 1.

    >>> import numpy as np
    >>> float(svm_loss(np.zeros((2, 10)), np.ones((3, 2)), np.array([0, 1, 2])))
    9.0
    """
    y = labels(y, len(X), W.shape[1])
    scores = X @ W
    rows = np.arange(len(X))
    margins = np.maximum(0, scores - scores[rows, y][:, np.newaxis] + 1)
    right = np.arange(W.shape[1]) == y[:, np.newaxis]
    loss: functional.Loss = np.sum(np.where(right, 0, margins)) / len(X) + reg * np.sum(W * W)
    return loss


LOSSES = {"softmax": softmax_loss, "svm": svm_loss}


class LinearClassifier:
    """Weights W (D, C) under one of the course's two losses, "softmax" or "svm".

    Without a bias of its own: append a column of ones to X, as the course does.

    >>> import numpy as np
    >>> X, y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    >>> classifier = LinearClassifier("svm")
    >>> losses = classifier.train(X, y, learning_rate=0.1, num_iters=50, rng=0)
    >>> losses[-1] < losses[0], classifier.predict(X).tolist()
    (True, [0, 1])
    """

    kind = "softmax"

    def __init__(self, loss: str | None = None) -> None:
        if loss is not None and loss not in LOSSES:
            why = f"a linear classifier is trained under one of {', '.join(LOSSES)}."
            raise ArgumentError(f"there is no loss {loss!r}.", why, 'LinearClassifier("svm").')
        self.kind = loss or self.kind
        self.W: np.ndarray | None = None

    def loss(self, X: npt.ArrayLike, y: npt.ArrayLike, reg: float = 0.0) -> tuple[float, np.ndarray]:
        """The loss of images X (N, D) with classes y, and its gradient by W."""
        W = self.weights()
        X = as_image_rows(X, len(W))
        found: tuple[float, np.ndarray] = value_and_grad(LOSSES[self.kind])(W, X, labels(y, len(X), W.shape[1]), reg)
        return found

    def weights(self) -> np.ndarray:
        """W, which `train` draws. Raises `ArgumentError` before that."""
        if self.W is None:
            why = "train() draws them: the labels say how many classes there are."
            raise ArgumentError("the classifier has no weights yet.", why, "classifier.train(X, y) first.")
        return self.W

    def train(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        learning_rate: float = 1e-3,
        reg: float = 1e-5,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
        rng: Source = None,
    ) -> list[float]:
        """Descend along the gradient of batches drawn with replacement; return the loss of every iteration.

        The first call draws W, with as many classes as the labels name. `rng` as in `TwoLayerNet`.
        """
        num_iters, batch_size = as_whole_number("num_iters", num_iters, 0), as_whole_number("batch_size", batch_size, 1)
        X = as_learnable(X, None if self.W is None else len(self.W), "X")
        y = labels(y, len(X), None if self.W is None else self.W.shape[1])
        source = draws(rng)
        if self.W is None:
            self.W = SPREAD * source.standard_normal((X.shape[1], int(np.max(y)) + 1))
        losses = []
        for _, _, loss, gradient in descent(
            lambda X, y: self.loss(X, y, reg), X, y, num_iters, batch_size, verbose, source
        ):
            losses.append(loss)
            self.W -= learning_rate * gradient
        return losses

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """The class with the largest score for each image."""
        W = self.weights()
        largest: np.ndarray = np.argmax(as_image_rows(X, len(W)) @ W, axis=1)
        return largest


class LinearSVM(LinearClassifier):
    """The linear classifier under the multi-class SVM loss.

    >>> LinearSVM().kind
    'svm'
    """

    kind = "svm"


class Softmax(LinearClassifier):
    """The linear classifier under the softmax loss.

    >>> Softmax().kind
    'softmax'
    """

    kind = "softmax"
