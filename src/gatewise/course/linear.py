"""The course's linear classifiers: scores X W, under a softmax or a multi-class SVM loss."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from gatewise._derivatives import value_and_grad
from gatewise._errors import ArgumentError
from gatewise._gates.neural import cross_entropy
from gatewise.course.batches import Source, as_classes, as_finite, as_floats, draws

EVERY = 100  # iterations between two lines of `verbose`
SPREAD = 0.001  # the standard deviation of the first weights


def softmax_loss(W: Any, X: Any, y: Any, reg: float = 0.0) -> Any:
    """The mean softmax loss of the scores X W, and reg times the sum of the squared weights.

    >>> import numpy as np
    >>> float(softmax_loss(np.zeros((2, 10)), np.ones((3, 2)), np.array([0, 1, 2])).round(4))  # ln 10
    2.3026
    """
    return cross_entropy(X @ W, y) / len(X) + reg * np.sum(W * W)


def svm_loss(W: Any, X: Any, y: Any, reg: float = 0.0) -> Any:
    """The mean multi-class SVM loss: each wrong class counts by how far its score exceeds the right one's less 1.

    >>> import numpy as np
    >>> float(svm_loss(np.zeros((2, 10)), np.ones((3, 2)), np.array([0, 1, 2])))
    9.0
    """
    scores = X @ W
    rows = np.arange(len(X))
    margins = np.maximum(0, scores - scores[rows, y][:, np.newaxis] + 1)
    right = np.arange(W.shape[1]) == np.asarray(y)[:, np.newaxis]
    return np.sum(np.where(right, 0, margins)) / len(X) + reg * np.sum(W * W)


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
        self.W: Any = None

    def loss(self, X: Any, y: Any, reg: float = 0.0) -> tuple[float, Any]:
        """The loss of images X (N, D) with classes y, and its gradient by W."""
        X = as_floats(X)
        return value_and_grad(LOSSES[self.kind])(self.W, X, as_classes(y, len(X), self.W.shape[1]), reg)  # type: ignore[no-any-return]

    def train(
        self,
        X: Any,
        y: Any,
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
        X = as_finite(as_floats(X), "X")
        source = draws(rng)
        if self.W is None:
            self.W = SPREAD * source.standard_normal((X.shape[1], int(np.max(y)) + 1))
        y = as_classes(y, len(X), self.W.shape[1])
        losses = []
        for step in range(num_iters):
            rows = source.choice(len(X), batch_size, replace=True)
            loss, gradient = self.loss(X[rows], y[rows], reg)
            losses.append(float(loss))
            self.W -= learning_rate * gradient
            if verbose and step % EVERY == 0:
                sys.stdout.write(f"iteration {step} / {num_iters}: loss {loss:f}\n")
        return losses

    def predict(self, X: Any) -> Any:
        """The class with the largest score for each image."""
        return np.argmax(as_floats(X) @ self.W, axis=1)


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
