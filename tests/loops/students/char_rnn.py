"""The loss of min-char-rnn: a recurrent network that guesses the next character."""

import numpy as np


def lossFun(Wxh, Whh, Why, bh, by, xs, targets, h):
    loss = 0.0
    for t in range(len(xs)):
        h = np.tanh(Wxh @ xs[t] + Whh @ h + bh)
        y = Why @ h + by
        p = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(p[targets[t]])
    return loss


def inputs(T):
    rng = np.random.default_rng(T)
    return {
        "Wxh": rng.normal(size=(3, 4)),
        "Whh": rng.normal(size=(3, 3)),
        "Why": rng.normal(size=(4, 3)),
        "bh": rng.normal(size=3),
        "by": rng.normal(size=4),
        "xs": np.eye(4)[rng.integers(0, 4, size=T)],
        "targets": rng.integers(0, 4, size=T),
        "h": rng.normal(size=3),
    }
