"""Manners of writing a loop: each function is printed as one, and is right at any count."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def collected_stack(W, xs, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    return np.sum(np.stack(hs) ** 2)


def collected_named(W, V, xs, ys, h):
    hs = []
    for t in range(len(xs)):
        h = np.tanh(W @ h + xs[t])
        hs.append(h)
    H = np.stack(hs)
    P = H @ V
    return np.sum((P - ys) ** 2)


def losses_sum(W, xs, h):
    losses = []
    for x in xs:
        h = np.tanh(W @ h + x)
        losses.append(np.sum(h**2))
    return sum(losses)


def losses_mean(W, xs, h):
    losses = []
    for x in xs:
        h = np.tanh(W @ h + x)
        losses.append(np.sum(h**2))
    return sum(losses) / len(losses)


def losses_npmean(W, xs, h):
    losses = []
    for x in xs:
        h = np.tanh(W @ h + x)
        losses.append(np.sum(h**2))
    return np.mean(losses)


def second_loop(W, V, xs, ys, h):
    hs = []
    for t in range(len(xs)):
        h = np.tanh(W @ h + xs[t])
        hs.append(h)
    loss = 0.0
    for t in range(len(xs)):
        loss += np.sum((V @ hs[t] - ys[t]) ** 2)
    return loss


def second_zip(W, V, xs, ys, h):
    hs = []
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    loss = 0.0
    for h, y in zip(hs, ys):
        loss += np.sum((V @ h - y) ** 2)
    return loss


def last(W, xs, h):
    hs = [h]
    for x in xs:
        hs.append(np.tanh(W @ hs[-1] + x))
    return np.sum(hs[-1] ** 2)


def start_stack(W, xs, h):
    hs = [h]
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    return np.sum(np.stack(hs) ** 2)


def minchar(W, V, xs, ys, h):
    hs = {}
    hs[-1] = h
    loss = 0.0
    for t in range(len(xs)):
        hs[t] = np.tanh(W @ hs[t - 1] + xs[t])
        y = V @ hs[t]
        loss += np.sum((y - ys[t]) ** 2)
    return loss


def comp_stack(w, X):
    return np.sum(np.stack([np.tanh(x @ w) for x in X]))


def comp_named(W, xs):
    zs = [np.tanh(W @ x) for x in xs]
    return np.sum(np.stack(zs) ** 2)


def comp_sum(w, X, y):
    return sum((X[i] @ w - y[i]) ** 2 for i in range(len(X))) / len(X)


def comp_zip(w, X, y):
    total = sum((x @ w - t) ** 2 for x, t in zip(X, y))
    return total / len(X)


def comp_loop(W, xs, ys):
    zs = [np.tanh(W @ x) for x in xs]
    loss = 0.0
    for z, y in zip(zs, ys):
        loss = loss + np.sum((z - y) ** 2)
    return loss


def decay(A, b, w):
    lr = 0.1
    for _ in range(6):
        w = w - lr * (A.T @ (A @ w - b))
        lr = lr * 0.9
    return np.sum(w**2)


def times(x, v, k, steps):
    t = 0.0
    dt = 0.1
    for _ in range(steps):
        x = x + dt * v
        v = v - dt * (k * x + np.sin(t))
        t += dt
    return x**2 + v**2


def fib(p, q, a):
    for _ in range(6):
        p, q = q, p + a * q
    return q


def counter(a, xs):
    s = 0.0
    n = 0
    for x in xs:
        n += 1  # noqa: SIM113 - as it is written
        s = s + a * x / n
    return s


def nested(W, xs, h):
    for _ in range(4):
        for t in range(len(xs)):
            h = np.tanh(W @ h + xs[t])
    return np.sum(h)


def epochs(w, X, y, lr, epochs):
    for _ in range(epochs):
        for i in range(len(X)):
            err = X[i] @ w - y[i]
            w = w - lr * err * X[i]
    return np.sum(w**2)


def batch(W, X, h0):
    total = 0.0
    for x in X:
        h = h0
        for t in range(len(x)):
            h = np.tanh(W @ h + x[t])
        total = total + np.sum(h**2)
    return total


def matmul3(A, B):
    s = 0.0
    for i in range(len(A)):
        for j in range(len(B)):
            d = A[i] - B[j]
            s = s + np.exp(-np.sum(d**2))
    return s


def run(W, xs, h):
    for x in xs:
        h = np.tanh(W @ h + x)
    return h


def helper_loop(W, xs, h):
    h = run(W, xs, h)
    return np.sum(h**2)


def flipped(W, xs, h):
    for x in np.flip(xs, axis=0):
        h = np.tanh(W @ h + x)
    return np.sum(h)


def rev_x(W, xs, h):
    for x in reversed(xs):
        h = np.tanh(W @ h + x)
    return np.sum(h)


def sliced(W, xs, h):
    for x in xs[1:]:
        h = np.tanh(W @ h + x)
    return np.sum(h)


def step2(W, xs, h):
    for t in range(0, len(xs), 2):
        h = np.tanh(W @ h + xs[t])
    return np.sum(h)


def vector_out(W, xs, h):
    for x in xs:
        h = np.tanh(W @ h + x)
    return h


def verlet(x0, x1, k, dt):
    x_old = x0
    x = x1
    for _ in range(6):
        x_new = 2 * x - x_old - dt * k * x
        x_old = x
        x = x_new
    return x**2 + x_old


def plain_fib(a, q):
    p = 0.0
    for _ in range(6):
        p, q = q, a * q + p
    return q * p


def ranged_list(W, xs, h):
    losses = []
    for t in range(1, len(xs)):
        h = np.tanh(W @ h + xs[t])
        losses.append(np.sum(h**2))
    total = sum(losses)
    for loss in losses:
        total = total + loss**2
    return total + np.sum(h)


def stepped_list(W, xs, h):
    hs = []
    for t in range(0, len(xs), 2):
        h = np.tanh(W @ h + xs[t])
        hs.append(h)
    s = 0.0
    for k in range(len(hs)):
        s = s + np.sum(hs[k] ** 2) / len(hs)
    return s


def begun_otherwise(W, xs, h):
    hs = [h]
    for x in xs:
        h = 0.9 * h
        hs.append(h)
        h = np.tanh(W @ h + x)
    return sum(np.sum(g**2) for g in hs) + np.sum(h)


def begun_and_stacked(W, xs, h, w):
    hs = [w]
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h)
    return np.sum(np.tanh(np.stack(hs) @ W))


def begun_indexed(W, xs, h, w):
    hs = [w * 2.0]
    for x in xs:
        h = np.tanh(W @ h + x)
        hs.append(h * x)
    s = 0.0
    for k in range(len(hs)):
        s = s + np.sum(hs[k] * h)
    return s


def named_as_carried(W, xs, h):
    hs = []
    for x in xs:
        hs.append(np.tanh(W @ h))
        h = np.sin(h) * x
    H = np.stack(hs)
    return np.sum(np.tanh(H @ W)) + np.sum(h)


def normalised(W, xs, h):
    s = 0.0
    for x in xs:
        s = s + x[1] * h[0]
        h = np.tanh(W @ h + x)
        h = h / (1.0 + np.sum(h**2))
    return s


def second_before(W, xs, h):
    hs = []
    for t in range(len(xs)):
        h = np.sin(W @ h + xs[t])
    for t in range(len(xs)):
        hs.append(h)
        h = np.tanh(W @ h + xs[t])
    s = np.sum(h)
    for g in hs:
        s = s + np.sum(g * h)
    return s


def trajectory(x, k, n):
    xs = []
    for _ in range(n):
        xs.append(x)
        x = x - 0.1 * k * x**3
    return np.sum(np.stack(xs) ** 2) + x


def before_loop(W, xs, h):
    hs = []
    for t in range(len(xs)):
        hs.append(h)
        h = np.tanh(W @ h + xs[t])
    s = 0.0
    for t in range(len(xs)):
        s = s + np.sum(hs[t] * xs[t])
    return s + np.sum(h)


def momentum(w, A, b, lr):
    v = np.zeros(3)
    for _ in range(5):
        v = 0.9 * v - lr * (A.T @ (A @ w - b))
        w = w + v
    return np.sum(w**2)


def own_start(W, xs):
    h = np.zeros(3)
    for x in xs:
        h0 = h
        h = np.tanh(W @ h + x)
        h = h + 0.5 * h0
    return np.sum(h)


def clashing(h, W):
    h0 = h
    for _ in range(4):
        h = np.tanh(W @ h + h0)
    return np.sum(h)


def two_loops(W, xs, h):
    for t in range(len(xs)):
        h = np.tanh(W @ h + xs[t])
    h = h * 2.0
    for t in range(1, len(xs)):
        h = np.sin(W @ h) + xs[t - 1]
    return np.sum(h)


def deep(W, X, h):
    total = 0.0
    for x in X:
        for _ in range(3):
            for t in range(len(x)):
                h = np.tanh(W @ h + x[t])
        total = total + np.sum(h)
    return total


def stacked_inside(W, V, X):
    total = 0.0
    for x in X:
        h = np.zeros(3)
        hs = []
        for t in range(len(x)):
            h = np.tanh(W @ h + x[t])
            hs.append(h)
        total = total + np.sum((np.stack(hs) @ V) ** 2)
    return total / len(X)


def with_helper(W, xs, h):
    s = 0.0
    for x in xs:
        h = run(W, xs, h)
        s = s + np.sum(h * x)
    return s


def arrays(q, a, xs):
    p = np.zeros(3)
    for x in xs:
        p, q = q, 0.5 * p + a * np.tanh(q + x)
    return np.sum(q * p)


def at(shape: Callable[[int], tuple[int, ...]], seed: int) -> Callable[[int], Any]:
    return lambda T: 0.5 * np.random.default_rng(seed).normal(size=shape(T))


def number(value: float) -> Callable[[int], Any]:
    return lambda T: value


ROWS, VECTOR, SQUARE = (lambda T: (T, 3)), (lambda T: (3,)), (lambda T: (3, 3))
GIVEN: dict[str, Callable[[int], Any]] = {
    "W": at(SQUARE, 1),
    "V": at(SQUARE, 2),
    "xs": at(ROWS, 3),
    "ys": at(ROWS, 4),
    "X": at(ROWS, 3),
    "y": at(lambda T: (T,), 7),
    "A": at(lambda T: (4, 3), 8),
    "B": at(lambda T: (4, 3), 10),
    "b": at(lambda T: (4,), 9),
    **{name: at(VECTOR, seed) for seed, name in enumerate(("h", "h0", "w"), 20)},
    **{name: number(0.2 + 0.1 * k) for k, name in enumerate(("k", "a", "lr", "p", "q", "x", "v", "x0", "x1", "dt"))},
    **{name: (lambda T: T) for name in ("steps", "epochs", "n")},
}
#: What some of them are given instead.
INSTEAD: dict[str, dict[str, Callable[[int], Any]]] = {
    "batch": {"X": at(lambda T: (T, 4, 3), 5)},
    "deep": {"X": at(lambda T: (T, 4, 3), 5)},
    "stacked_inside": {"X": at(lambda T: (T, 4, 3), 5)},
    "counter": {"xs": at(lambda T: (T,), 6)},
    "arrays": {"q": at(VECTOR, 11)},
}
HELPERS = {"at", "number", "given", "run"}


def given(f: Callable[..., Any], count: int) -> dict[str, Any]:
    """What a function is given, with so many rounds."""
    table = GIVEN | INSTEAD.get(f.__name__, {})
    return {name: table[name](count) for name in inspect.signature(f).parameters}


FUNCTIONS = [f for f in list(globals().values()) if inspect.isfunction(f)]
MANNERS = [f for f in FUNCTIONS if f.__name__ not in {*HELPERS, "<lambda>"}]
