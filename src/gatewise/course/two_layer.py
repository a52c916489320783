"""The course's two-layer net: affine, relu, affine, softmax; L2 regularisation on both weight matrices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gatewise._derivatives import value_and_grad
from gatewise._gates import cross_entropy
from gatewise._tensor import Values
from gatewise.course.batches import Source, as_image_rows, as_learnable, as_whole_number, descent, draws
from gatewise.data import labels

if TYPE_CHECKING:
    from gatewise.nn import functional

Params = Mapping[str, Values]


def scores_of(params: Params, X: np.ndarray) -> Values:
    """The scores (N, C) of images X (N, D)."""
    layer1_out = X @ params["W1"] + params["b1"]
    relu_out = np.maximum(0, layer1_out)
    scores: Values = relu_out @ params["W2"] + params["b2"]
    return scores


def two_layer_loss(params: Params, X: np.ndarray, y: npt.ArrayLike, reg: float = 0.0) -> functional.Loss:
    """The mean softmax loss of a dict of parameters, and reg times the sum of the squared weights.

    Plain NumPy: `gw.value_and_grad(two_layer_loss)(params, X, y)` gives the loss and a dict of gradients.

    >>> import numpy as np, gatewise as gw
    >>> params = {"W1": np.eye(2), "b1": np.zeros(2), "W2": np.eye(2), "b2": np.zeros(2)}
    >>> loss, grads = gw.value_and_grad(two_layer_loss)(params, np.zeros((1, 2)), np.array([0]))
    >>> float(loss.round(4)), grads["b2"].tolist()
    (0.6931, [-0.5, 0.5])
    """
    y = labels(y, len(X), len(params["b2"]))
    data_loss = cross_entropy(scores_of(params, X), y) / len(X)
    loss: functional.Loss = data_loss + reg * (
        np.sum(params["W1"] * params["W1"]) + np.sum(params["W2"] * params["W2"])
    )
    return loss


class TwoLayerNet:
    """The course's two-layer net, with its parameters in `params`: W1 (D, H), b1 (H,), W2 (H, C), b2 (C,).

    Weights are drawn from a normal distribution of standard deviation `std`, W1 first. `rng` is a seed or a generator;
    without it they come from NumPy's global generator, so that `np.random.seed(0)` gives the course's numbers.

    >>> import numpy as np
    >>> net = TwoLayerNet(4, 10, 3, std=1e-1, rng=0)
    >>> loss, grads = net.loss(np.ones((2, 4)), np.array([0, 2]), reg=0.05)
    >>> grads["W1"].shape, net.loss(np.ones((2, 4))).shape
    ((4, 10), (2, 3))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_classes: int, std: float = 1e-4, rng: Source = None
    ) -> None:
        source = draws(rng)
        self.params: dict[str, np.ndarray] = {
            "W1": std * source.standard_normal((input_size, hidden_size)),
            "b1": np.zeros(hidden_size),
            "W2": std * source.standard_normal((hidden_size, num_classes)),
            "b2": np.zeros(num_classes),
        }

    @property
    def num_classes(self) -> int:
        return len(self.params["b2"])

    def loss(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None, reg: float = 0.0) -> Any:
        """Without `y` the scores (N, C) of the images X (N, D); with it the loss, and the gradients by name."""
        X = as_image_rows(X, len(self.params["W1"]))
        if y is None:
            return scores_of(self.params, X)
        return value_and_grad(two_layer_loss)(self.params, X, labels(y, len(X), self.num_classes), reg)

    def train(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        X_val: npt.ArrayLike,
        y_val: npt.ArrayLike,
        learning_rate: float = 1e-3,
        learning_rate_decay: float = 0.95,
        reg: float = 5e-6,
        num_iters: int = 100,
        batch_size: int = 200,
        verbose: bool = False,
        rng: Source = None,
    ) -> dict[str, list[float]]:
        """Descend along the gradient of batches drawn with replacement, as the course does; return its `stats`.

        `stats` has `loss_history`, a loss for each iteration, and `train_acc_history` and `val_acc_history`, an
        accuracy for each epoch, at whose end the rate is multiplied by `learning_rate_decay`. An epoch is
        max(N // batch_size, 1) iterations.
        Raises `DataError` for labels or images that cannot be learned, before the first step.
        """
        num_iters, batch_size = as_whole_number("num_iters", num_iters, 0), as_whole_number("batch_size", batch_size, 1)
        width = len(self.params["W1"])
        X, X_val = as_learnable(X, width, "X"), as_learnable(X_val, width, "X_val")
        y, y_val = labels(y, len(X), self.num_classes), labels(y_val, len(X_val), self.num_classes)
        epoch = max(len(X) // batch_size, 1)
        stats: dict[str, list[float]] = {"loss_history": [], "train_acc_history": [], "val_acc_history": []}
        for step, rows, loss, grads in descent(
            lambda X, y: self.loss(X, y, reg), X, y, num_iters, batch_size, verbose, draws(rng)
        ):
            stats["loss_history"].append(loss)
            for name, gradient in grads.items():
                self.params[name] -= learning_rate * gradient
            if step % epoch == 0:
                stats["train_acc_history"].append(float(np.mean(self.predict(X[rows]) == y[rows])))
                stats["val_acc_history"].append(float(np.mean(self.predict(X_val) == y_val)))
                learning_rate *= learning_rate_decay
        return stats

    def predict(self, X: npt.ArrayLike) -> np.ndarray:
        """The class with the largest score for each image."""
        largest: np.ndarray = np.argmax(self.loss(X), axis=1)
        return largest
