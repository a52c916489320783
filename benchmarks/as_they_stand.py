"""Programs as people write them in NumPy, each of one row of numbers: what benchmarks/comparison.py has differentiated.

Nothing here knows of any library but NumPy and `math`. `PROGRAMS` names them, with what each is there for; every one is
smooth at `AT`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import elsewhere

AT = np.array([0.7, -1.2, 0.4, 1.5, -0.3, 0.9])
DATA = np.array([[0.2, -1.0, 0.5], [1.3, 0.4, -0.7], [-0.6, 0.8, 1.1], [0.9, -0.2, 0.3]])
LABELS = np.array([0, 1, 1, 0])
BARS = [(0, 1), (1, 2), (0, 2)]


def entries(x):
    return np.sum(np.exp(-x * x) * np.sin(3 * x)) / (1 + np.mean(x**2))


def classifier(x):
    scores = DATA @ x.reshape(3, 2)
    p = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    return -np.mean(np.log(p[range(4), LABELS]))


def buffer(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = x[i] ** 2 + out[i - 1] * 0.5
    return np.sum(out)


def heat(x):
    u = x.copy()
    for _ in range(5):
        u[1:-1] += 0.2 * (u[2:] - 2 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def turned(x):
    c, s = np.cos(x[0]), np.sin(x[0])
    R = np.array([[c, -s], [s, c]])
    return np.sum((R @ x[1:3]) ** 3)


def maths(x):
    return math.exp(x[0]) * math.sin(x[1]) + math.sqrt(1 + x[2] ** 2)


def collected(x):
    rows = []
    for a in x:
        rows.append(a * np.array([1.0, a, a**2]))
    return np.sum(np.array(rows) ** 2)


def newton(x):
    root = 1.0
    while abs(root**3 - 2 - x[0] ** 2) > 1e-12:
        root = root - (root**3 - 2 - x[0] ** 2) / (3 * root**2)
    return root * x[1]


def masked(x):
    return np.sum(x[x > 0] ** 2) + np.sum(np.where(x > 0.5, x**3, np.maximum(x, -1.0)))


def written_by_mask(x):
    y = x * 2.0
    y[y < 0] = 0.1 * y[y < 0]
    return np.sum(y * y)


def spectrum(x):
    return np.sum(np.abs(np.fft.fft(x)[1:3]) ** 2)


def solved(x):
    A = np.eye(3) * 4 + np.outer(x[:3], x[3:])
    return np.sum(np.linalg.solve(A, x[:3]) ** 2)


def vibrating(x):
    K = np.diag(2 + x[:3] ** 2) - np.diag(x[3:5], 1) - np.diag(x[3:5], -1)
    return np.linalg.eigvalsh(K)[0]


def assembled(x):
    K = np.zeros((3, 3))
    for (i, j), k in zip(BARS, x[:3] ** 2):
        K[np.ix_([i, j], [i, j])] += k * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return np.sum(np.linalg.inv(K + np.eye(3)) ** 2)


def scattered(x):
    total = np.zeros(3)
    np.add.at(total, [0, 1, 1, 2, 2, 2], x * x)
    return np.prod(total)


def view(x):
    A = np.zeros((2, 3))
    row = A[1]
    row += x[:3]
    A[0] = row * x[3:]
    return np.sum(A**2)


def complex_waves(x):
    z = np.exp(1j * x[:3]) * x[3:]
    return np.abs(np.sum(z)) ** 2


def ordered(x):
    return np.sum(np.cumsum(np.sort(x)) ** 2) + np.median(x)


def contracted(x):
    A = x.reshape(2, 3)
    return np.einsum("ij,kj,ik->", A, A, np.array([[1.0, 2.0], [0.5, 3.0]]))


def interpolated(x):
    return np.sum(np.interp(np.array([0.25, 1.5, 3.3]), np.arange(6.0), x) ** 2) + np.trapezoid(x * x, dx=0.5)


def smoothed(x):
    return np.sum(np.convolve(np.pad(x, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid") ** 2)


def recurrent(x):
    W = x[:4].reshape(2, 2)
    h, states = np.zeros(2), []
    for t in range(4):
        h = np.tanh(W.dot(h) + x[4:] * t)
        states.append(h)
    return np.sum(np.concatenate(states) ** 2)


def gaussian(x):
    covariance = np.eye(2) + np.outer(x[:2], x[:2])
    L = np.linalg.cholesky(covariance)
    miss = np.linalg.solve(L, x[2:4])
    return -0.5 * miss @ miss - np.log(np.diag(L)).sum()


@dataclass
class Spring:
    """What a model is made of."""

    stiffness: Any
    damping: Any

    def force(self, place, speed):
        return -self.stiffness * place - self.damping * speed


def springs(x):
    spring = Spring(stiffness=x[0] ** 2, damping=x[1] ** 2)
    place, speed, path = x[2], x[3], np.empty(20)
    for k in range(20):
        speed += 0.05 * spring.force(place, speed)
        place += 0.05 * speed
        path[k] = place
    return np.mean(path**2)


class Memory:
    """What is made before it is used, and keeps what it was given."""

    def __init__(self):
        self.kept = np.zeros(6)

    def keep(self, x):
        self.kept[:] = x**2
        return self.kept


MEMORY = Memory()


def imported(x):
    return np.sum(elsewhere.weighted(x) ** 2)


def made_before(x):
    return np.sum(MEMORY.keep(x) * x)


PROGRAMS: dict[Callable[[Any], Any], str] = {
    entries: "entry by entry",
    classifier: "a softmax loss, `p[range(N), y]`, `p /= ...`",
    buffer: "a buffer filled in a loop",
    heat: "slices changed in place",
    turned: "a matrix made of numbers, `np.array([[c, -s], [s, c]])`",
    maths: "`math.exp` of an entry",
    collected: "a list that is appended to, made an array",
    newton: "`while` on values",
    masked: "`x[x > 0]`, `np.where`",
    written_by_mask: "`y[y < 0] = ...`",
    spectrum: "`np.fft`",
    solved: "`np.linalg.solve`",
    vibrating: "`np.linalg.eigvalsh` of `np.diag`",
    assembled: "`K[np.ix_(i, i)] += ...`",
    scattered: "`np.add.at`",
    view: "a view that is written into",
    complex_waves: "complex numbers",
    ordered: "`np.sort`, `np.cumsum`, `np.median`",
    contracted: "`np.einsum`",
    interpolated: "`np.interp`, `np.trapezoid`",
    smoothed: "`np.pad`, `np.convolve`",
    recurrent: "`W.dot(h)` in a loop, `np.concatenate`",
    gaussian: "`np.linalg.cholesky`",
    springs: "an object with numbers in it",
    imported: "a helper in another file, with a buffer",
    made_before: "an array of an object that was made before",
}
