"""A vanilla recurrent network."""

import numpy as np


def rnn(W, U, xs, h):
    T = len(xs)
    for t in range(T):
        h = np.tanh(W @ h + U @ xs[t])
    return np.sum(h * h)


def inputs(T):
    rng = np.random.default_rng(T)
    return {
        "W": 0.5 * rng.normal(size=(3, 3)),
        "U": rng.normal(size=(3, 2)),
        "xs": rng.normal(size=(T, 2)),
        "h": rng.normal(size=3),
    }
