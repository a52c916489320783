"""Right backward passes in the styles that people have; not one of their lines may be called wrong."""

from __future__ import annotations

import numpy as np


def copies_first(x, y):
    """dy takes dx as it is so far, and both go on."""
    xpy = x + y
    sq = xpy**2
    s = np.sin(x) * y
    f = sq * s
    dsq = s
    ds = sq
    dxpy = 2 * xpy * dsq
    dx = dxpy
    dy = dx
    dx = dx + np.cos(x) * y * ds
    dy = dy + np.sin(x) * ds
    return f, (dx, dy)


def one_name_for_all(x, w1, w2, t):
    """A single running gradient, bound anew at every layer."""
    h = np.tanh(x @ w1)
    out = h @ w2
    loss = np.sum((out - t) ** 2)
    g = 2 * (out - t)
    dw2 = h.T @ g
    g = g @ w2.T
    g = g * (1 - h**2)
    dw1 = x.T @ g
    return loss, {"w1": dw1, "w2": dw2}


def name_of_another_wire(X, y, W):
    """dprobs is the gradient of the scores, as in many repositories."""
    n = len(y)
    scores = X @ W
    probs = np.exp(scores)
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(probs[np.arange(n), y]))
    dprobs = probs.copy()
    dprobs[np.arange(n), y] -= 1
    dprobs /= n
    dW = X.T @ dprobs
    return loss, dW


def in_a_loop(x, h0, W, U):
    """A recurrent net, backwards through time."""
    steps = [h0]
    h = h0
    for k in range(3):
        h = np.tanh(x[k] @ W + h @ U)
        steps.append(h)
    loss = 0.5 * np.sum(h * h)
    dW = np.zeros_like(W)
    dU = np.zeros_like(U)
    dh = h
    for k in reversed(range(3)):
        da = (1 - steps[k + 1] ** 2) * dh
        dW += np.outer(x[k], da)
        dU += np.outer(steps[k], da)
        dh = da @ U.T
    dh0 = dh
    return loss, dW, dU, dh0


def relu_by_product(X, W1, W2, T):
    """The mask is kept from the forward pass."""
    a = X @ W1
    mask = a > 0
    h = a * mask
    out = h @ W2
    diff = out - T
    loss = np.mean(diff**2)
    dout = 2 * diff / diff.size
    dW2 = h.T @ dout
    dh = (dout @ W2.T) * mask
    dW1 = X.T @ dh
    return loss, dW1, dW2


def helper_functions(x, y):
    """Local gradients from helpers."""
    s = sigmoid(x)
    f = s * y
    ds = y
    dx = sigmoid_slope(s) * ds
    dy = s
    return f, dx, dy


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(s):
    return s * (1 - s)


def signs_from_the_other_side(x, y):
    """Differences written the other way round, and a gradient that is subtracted."""
    d = y - x
    f = d**2 + x * y
    dd = 2 * d
    dx = y
    dx -= dd
    dy = x + dd
    return f, dx, dy


def with_dropout(X, W, T):
    """A random mask, drawn anew at every call."""
    keep = (np.random.rand(*X.shape) < 0.5) / 0.5
    dropped = X * keep
    out = dropped @ W
    loss = np.sum((out - T) ** 2)
    dout = 2 * (out - T)
    dW = dropped.T @ dout
    ddropped = dout @ W.T
    dX = ddropped * keep
    return loss, dX, dW


def only_gradients(x, y):
    """It gives back the gradients alone."""
    p = x * y
    q = p + np.sin(x)
    dq = 2 * q
    f = q * q  # noqa: F841  (it is what the gradients are of)
    dp = dq
    dx = y * dp
    dx += np.cos(x) * dq
    dy = x * dp
    return dx, dy


def a_step_downhill(x, w, t, lr):
    """The gradient is used at once."""
    out = w * x
    loss = np.sum((out - t) ** 2)
    dout = 2 * (out - t)
    dw = np.sum(dout * x)
    dx = dout * w
    w = w - lr * dw
    return loss, {"w": dw, "x": dx}


def trained_in_place(x, w, t, lr):
    """The parameter itself is changed at the end."""
    out = x @ w
    loss = np.sum((out - t) ** 2)
    dout = 2 * (out - t)
    dw = x.T @ dout
    w -= lr * dw
    return loss, dw


class Net:
    """A net that holds its parameters, as the course's does."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.params = {
            "W1": rng.normal(size=(4, 5)),
            "b1": rng.normal(size=5),
            "W2": rng.normal(size=(5, 3)),
            "b2": rng.normal(size=3),
        }

    def loss(self, X, y=None, reg=0.0):
        W1, b1 = self.params["W1"], self.params["b1"]
        W2, b2 = self.params["W2"], self.params["b2"]
        N, _ = X.shape
        h = np.maximum(0, X.dot(W1) + b1)
        scores = h.dot(W2) + b2
        if y is None:
            return scores
        scores -= np.max(scores, axis=1, keepdims=True)
        p = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
        loss = np.sum(-np.log(p[np.arange(N), y])) / N
        loss += reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        grads = {}
        dscores = p.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        grads["W2"] = h.T.dot(dscores) + 2 * reg * W2
        grads["b2"] = dscores.sum(axis=0)
        dh = dscores.dot(W2.T)
        dh[h <= 0] = 0
        grads["W1"] = X.T.dot(dh) + 2 * reg * W1
        grads["b1"] = dh.sum(axis=0)
        return loss, grads


def cases() -> list[tuple]:
    """(function, arguments)."""
    rng = np.random.default_rng(4)
    n = rng.normal
    return [
        (copies_first, (0.7, 1.3)),
        (one_name_for_all, (n(size=(5, 4)), n(size=(4, 6)), n(size=(6, 3)), n(size=(5, 3)))),
        (name_of_another_wire, (n(size=(5, 4)), rng.integers(0, 3, 5), n(size=(4, 3)))),
        (in_a_loop, (n(size=(3, 4)), n(size=5), n(size=(4, 5)), n(size=(5, 5)))),
        (relu_by_product, (n(size=(5, 4)), n(size=(4, 6)), n(size=(6, 3)), n(size=(5, 3)))),
        (helper_functions, (0.3, 1.9)),
        (signs_from_the_other_side, (0.4, 1.1)),
        (with_dropout, (n(size=(5, 4)), n(size=(4, 3)), n(size=(5, 3)))),
        (only_gradients, (0.4, 1.7)),
        (a_step_downhill, (n(size=4), 1.5, n(size=4), 0.1)),
        (trained_in_place, (n(size=(5, 4)), n(size=(4, 3)), n(size=(5, 3)), 0.1)),
        (Net().loss, (n(size=(6, 4)), rng.integers(0, 3, 6), 0.05)),
    ]
