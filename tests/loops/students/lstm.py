"""A long short-term memory."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(W, U, b, xs, h, c):
    H = len(h)
    for t in range(len(xs)):
        a = W @ h + U @ xs[t] + b
        i = sigmoid(a[:H])
        f = sigmoid(a[H : 2 * H])
        o = sigmoid(a[2 * H : 3 * H])
        g = np.tanh(a[3 * H :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum(h)


def inputs(T):
    rng = np.random.default_rng(T)
    return {
        "W": 0.3 * rng.normal(size=(12, 3)),
        "U": rng.normal(size=(12, 2)),
        "b": rng.normal(size=12),
        "xs": rng.normal(size=(T, 2)),
        "h": rng.normal(size=3),
        "c": rng.normal(size=3),
    }
