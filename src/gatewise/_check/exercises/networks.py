"""Exercises on arrays: matrix products, losses, layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def matrices(W: np.ndarray, X: np.ndarray, T: np.ndarray) -> object:
    """A matrix product under a squared error: two transposes to place."""
    D = W.dot(X)
    R = D - T
    f = np.sum(R**2)
    return f


def softmax(scores: np.ndarray, y: np.ndarray) -> object:
    """Softmax and cross-entropy, the mean over the examples."""
    N = scores.shape[0]
    stable = scores - np.max(scores, axis=1, keepdims=True)
    correct = stable[np.arange(N), y]
    total = -np.sum(np.log(np.exp(correct) / np.sum(np.exp(stable), axis=1)))
    loss = total / N
    return loss


def net(
    X: np.ndarray, y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, reg: float
) -> object:
    """The two-layer net with softmax loss and regularisation."""
    N = X.shape[0]
    layer1_out = X.dot(W1) + b1
    relu_out = np.maximum(0, layer1_out)
    scores = relu_out.dot(W2) + b2
    stable = scores - np.max(scores, axis=1, keepdims=True)
    correct = stable[np.arange(N), y]
    data_loss = -np.sum(np.log(np.exp(correct) / np.sum(np.exp(stable), axis=1)))
    penalty1 = np.sum(W1 * W1)
    penalty2 = np.sum(W2 * W2)
    loss = data_loss / N + reg * penalty1 + reg * penalty2
    return loss


def batchnorm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, t: np.ndarray) -> object:
    """Batch normalisation, stage by stage, weighted by t."""
    mu = np.mean(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = np.mean(sq, axis=0)
    sqrtvar = np.sqrt(var + 1e-5)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    gx = gamma * xhat
    out = gx + beta
    loss = np.sum(out * t)
    return loss


def short_numbers(seed: int, **shapes: int | tuple[int, ...]) -> dict[str, np.ndarray]:
    """Arrays of short random numbers, that can be read and written down."""
    rng = np.random.default_rng(seed)
    return {name: np.round(rng.normal(size=shape), 2) for name, shape in shapes.items()}


def matrices_inputs() -> Mapping[str, float | np.ndarray]:
    return short_numbers(0, W=(2, 4), X=(4, 3), T=(2, 3))


def softmax_inputs() -> Mapping[str, float | np.ndarray]:
    return {**short_numbers(1, scores=(4, 3)), "y": np.array([0, 2, 1, 2])}


def net_inputs() -> Mapping[str, float | np.ndarray]:
    weights = short_numbers(2, X=(5, 4), W1=(4, 6), b1=6, W2=(6, 3), b2=3)
    return {"X": weights.pop("X"), "y": np.array([0, 1, 2, 2, 1]), **weights, "reg": 0.05}


def batchnorm_inputs() -> Mapping[str, float | np.ndarray]:
    return short_numbers(3, x=(5, 3), gamma=3, beta=3, t=(5, 3))
