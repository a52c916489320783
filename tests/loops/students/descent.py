"""Gradient descent, unrolled: how the loss after it depends on the step."""

import numpy as np


def descent(A, b, w, lr, steps):
    for _ in range(steps):
        w = w - lr * 2 * A.T @ (A @ w - b)
    return np.sum((A @ w - b) ** 2)


def inputs(T):
    rng = np.random.default_rng(T)
    return {"A": rng.normal(size=(4, 3)), "b": rng.normal(size=4), "w": rng.normal(size=3), "lr": 0.01, "steps": T}
