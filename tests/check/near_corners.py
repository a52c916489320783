"""Right gradients where a check is easily misled: corners within the steps, sizes far apart, zeros made by rounding.

Some of the functions change arrays in place, so they cannot be recorded; the others may be hidden, and are then read as
plain numbers only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Drawn = tuple[str, Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]


def maybe_hidden(f: Callable[..., Any], rng: np.random.Generator) -> Callable[..., Any]:
    """The function, or half of the time the same one as nobody can record it."""
    if rng.random() < 0.5:
        return f
    return lambda *args: f(*(np.array(x, dtype=float)[()] for x in args))


def distance(rng: np.random.Generator) -> float:
    return float(10 ** rng.uniform(-9, -2) * rng.choice((-1, 1)))


def corner_beside(rng: np.random.Generator) -> Drawn:
    """A corner of any size, anywhere from 1e-9 to 1e-2 beside x."""
    d, jump, x = distance(rng), float(10 ** rng.uniform(-3, 1)), float(rng.uniform(0.3, 3))
    at = x + d

    def f(x):
        return np.sin(x) + jump * np.abs(x - at)

    return "corner beside x", maybe_hidden(f, rng), (x,), (float(np.cos(x) + jump * np.sign(x - at)),)


def corners_on_both_sides(rng: np.random.Generator) -> Drawn:
    x = float(rng.uniform(0.3, 3))
    low, high = x - abs(distance(rng)), x + abs(distance(rng))

    def f(x):
        return np.tanh(x) + np.maximum(x - high, 0) - 0.5 * np.maximum(low - x, 0)

    return "corners on both sides", maybe_hidden(f, rng), (x,), (float(1 - np.tanh(x) ** 2),)


def relu_at(rng: np.random.Generator) -> Drawn:
    """Units whose inputs lie anywhere from 1e-9 to 1e-2 beside 0."""
    x = np.array([distance(rng) for _ in range(4)])
    w = rng.standard_normal(4)
    gradient = w * (x > 0) + 0.1 * np.cos(x)

    def f(x):
        return np.sum(w * np.maximum(x, 0) + 0.1 * np.sin(x))

    return "units beside 0", maybe_hidden(f, rng), (x,), (gradient,)


def hinges(rng: np.random.Generator) -> Drawn:
    """The course's SVM loss, some of its margins next to 0."""
    data, y = rng.standard_normal((6, 4)), rng.integers(0, 3, 6)
    W = rng.standard_normal((4, 3)) * float(10 ** rng.uniform(-2, 0))
    rows = np.arange(6)
    margins = data @ W - (data @ W)[rows, y][:, None] + 1
    margins[rows, y] = 0
    active = (margins > 0) * 1.0
    active[rows, y] = -active.sum(axis=1)

    def f(W):
        scores = data @ W
        margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
        return (np.sum(margins) - 6) / 6 + 0.05 * np.sum(W * W)

    return "hinges", maybe_hidden(f, rng), (W,), (data.T @ active / 6 + 0.1 * W,)


def small_net(rng: np.random.Generator) -> Drawn:
    """The course's two-layer net at its own std=1e-4."""
    n, d, hidden, classes = 5, 4, 8, 3
    X, y, rows = 10 * rng.standard_normal((n, d)), rng.integers(0, classes, n), np.arange(n)
    W1, b1 = 1e-4 * rng.standard_normal((d, hidden)), np.zeros(hidden)
    W2, b2 = 1e-4 * rng.standard_normal((hidden, classes)), np.zeros(classes)

    def f(W1, b1, W2, b2):
        scores = np.maximum(0, X @ W1 + b1) @ W2 + b2
        e = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        return -np.mean(np.log(e[rows, y] / np.sum(e, axis=1)))

    z = X @ W1 + b1
    h = np.maximum(0, z)
    scores = h @ W2 + b2
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    ds = p / p.sum(axis=1, keepdims=True)
    ds[rows, y] -= 1
    ds /= n
    dz = (ds @ W2.T) * (z > 0)
    gradients = X.T @ dz, dz.sum(axis=0), h.T @ ds, ds.sum(axis=0)
    return "net at std 1e-4", maybe_hidden(f, rng), (W1, b1, W2, b2), gradients


def sizes_apart(rng: np.random.Generator) -> Drawn:
    """Entries of the gradient from 1e-12 to 1e6 in one array."""
    c, x = 10 ** rng.uniform(-12, 6, size=6), rng.standard_normal(6)
    return (
        "sizes far apart",
        maybe_hidden(lambda x: np.sum(c * np.tanh(x)), rng),
        (x,),
        (c * (1 - np.tanh(x) ** 2),),
    )


def bias_before_norm(rng: np.random.Generator) -> Drawn:
    """The gradient of a bias in front of a batch norm is 0; adding up makes 1e-17 of it."""
    X, t = rng.standard_normal((5, 4)), rng.standard_normal((5, 3))
    W, b, gamma = rng.standard_normal((4, 3)) * float(10 ** rng.uniform(-2, 0)), np.zeros(3), np.ones(3)
    a = X @ W + b
    mean, std = a.mean(axis=0), np.sqrt(a.var(axis=0) + 1e-5)
    h = (a - mean) / std
    dh = t * (1 - np.tanh(gamma * h) ** 2)
    dx = dh * gamma
    da = (dx - dx.mean(axis=0) - h * (dx * h).mean(axis=0)) / std

    def f(W, b, gamma):
        a = X @ W + b
        mean = np.mean(a, axis=0)
        std = np.sqrt(np.mean((a - mean) ** 2, axis=0) + 1e-5)
        return np.sum(t * np.tanh(gamma * ((a - mean) / std)))

    gradients = X.T @ da, da.sum(axis=0), (dh * h).sum(axis=0)
    return "bias before a norm", maybe_hidden(f, rng), (W, b, gamma), gradients


def shift_before_softmax(rng: np.random.Generator) -> Drawn:
    """What shifts every score of a row alike changes no probability."""
    scores, shift, y = rng.standard_normal((4, 3)), rng.standard_normal((4, 1)), rng.integers(0, 3, 4)
    rows = np.arange(4)
    e = np.exp(scores + shift)
    ds = e / e.sum(axis=1, keepdims=True)
    ds[rows, y] -= 1
    ds /= 4

    def f(scores, shift):
        moved = scores + shift
        e = np.exp(moved - np.max(moved, axis=1, keepdims=True))
        return -np.mean(np.log(e[rows, y] / np.sum(e, axis=1)))

    gradients = ds, ds.sum(axis=1, keepdims=True)
    return "shift before softmax", maybe_hidden(f, rng), (scores, shift), gradients


def mask_in_place(rng: np.random.Generator) -> Drawn:
    x, w = rng.standard_normal((3, 4)), rng.standard_normal((4, 3))
    z = x @ w
    dz = (z > 0) * (1 - np.tanh(z) ** 2)

    def f(x, w):
        h = np.array(x, dtype=float) @ np.array(w, dtype=float)
        h[h < 0] = 0
        return float(np.sum(np.tanh(h)))

    return "mask in place", f, (x, w), (dz @ w.T, x.T @ dz)


def clipped_in_place(rng: np.random.Generator) -> Drawn:
    x = rng.standard_normal((3, 4))

    def f(x):
        x = np.array(x, dtype=float)
        x[x > 1] = 1
        x *= x
        return float(x.sum())

    return "clipped in place", f, (x,), (2 * x * (x <= 1),)


def pool_by_loops(rng: np.random.Generator) -> Drawn:
    x, t = rng.standard_normal((2, 4, 4)), rng.standard_normal((2, 2, 2))

    def f(x):
        x = np.array(x, dtype=float)
        out = np.zeros(t.shape)
        for c, i, j in np.ndindex(t.shape):
            out[c, i, j] = np.max(x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
        return float(np.sum(out * t))

    gradient = np.zeros_like(x)
    for c, i, j in np.ndindex(t.shape):
        window = x[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        gradient[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = (window == window.max()) * t[c, i, j]
    return "pool by loops", f, (x,), (gradient,)


NEAR_CORNERS = (
    corner_beside, small_net, sizes_apart, bias_before_norm, mask_in_place, relu_at, corners_on_both_sides, hinges,
    shift_before_softmax, clipped_in_place, pool_by_loops, corner_beside,
)  # fmt: skip
