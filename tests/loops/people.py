"""Loops as people write them: buffers, tables, frozen noise. Each is printed as a loop that holds at any count."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from loops.manners import at, number


def power(A, h, steps):
    for _ in range(steps):
        h = A.T @ (A @ h)
        h = h / np.linalg.norm(h)
    return np.sum(h * h[0])


def string(h, a, steps):
    before = h.copy()
    u = h.copy()
    heard = 0.0
    ear = 1
    for _ in range(steps):
        after = np.zeros_like(u)
        after[1:-1] = 2.0 * u[1:-1] - before[1:-1] + a * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        heard += after[ear] ** 2
        before, u = u, after
    return heard + np.sum(u * u)


def growth(saving, k, a):
    capital = [k]
    for t in range(len(saving)):
        capital.append(0.9 * capital[t] + saving[t] * capital[t] ** a)
    eaten = [(1 - s) * c**a for s, c in zip(saving, capital)]
    return sum([np.log(c) for c in eaten])


def noisy_path(a, k, noise):
    S = a * np.ones(4)
    running = np.zeros(4)
    for t in range(noise.shape[1]):
        S = S * np.exp(0.1 * k + a * noise[:, t])
        running += S
    return np.mean(np.log1p(np.exp(running / noise.shape[1])))


def held_out(w, lr, A, b, B, steps):
    for _ in range(steps):
        w = w - lr * A.T @ (A @ w - b)
    return np.mean((B @ w - b) ** 2) + np.mean(np.abs(B))


def step_of_two(h, c, x, W):
    gates = W @ (h + x)
    c = np.tanh(gates) * c + gates
    h = np.sin(c) * gates
    return h, c


def two_at_once(A, xs):
    n = A.shape[0]
    h = np.zeros(n)
    c = np.ones(n)
    for t in range(xs.shape[0]):
        h, c = step_of_two(h, c, xs[t], A)
    return np.sum(h * c)


def path(h, w, a, steps):
    x, v = h, w
    seen = np.zeros((steps + 1, 4))
    seen[0] = x
    for n in range(1, steps + 1):
        v = v - 0.1 * a * x / np.sqrt(np.sum(x**2))
        x = x + 0.1 * v
        seen[n] = x
    radius = np.sum(seen**2, axis=1)
    return np.mean((radius - 1.0) ** 2) + np.dot(v, v)


def turn(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.5], [s, c, 0.0], [0.0, 0.0, 1.0]])


def chain(ys, a):
    M = np.eye(3)
    for y in ys:
        M = M @ turn(y) @ np.array([[1.0, 0.0, a], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    return np.sum(M[:2, 2] ** 2)


def springs(ys, a):
    n = len(ys)
    K = np.zeros((n + 1, n + 1))
    for e in range(n):
        K[e : e + 2, e : e + 2] += np.exp(ys[e]) * np.array([[1.0, -1.0], [-1.0, 1.0]])
    u = np.linalg.solve(K[1:, 1:] + a * np.eye(n), np.linspace(0.5, 1.0, n))
    return np.sum(u**2)


def filtered(ys, a, k):
    F = np.array([[1.0, k], [0.0, 1.0]])
    H = np.array([[1.0, 0.0]])
    P = np.eye(2)
    x = np.zeros(2)
    loss = 0.0
    for n in range(len(ys)):
        x = F @ x
        P = F @ P @ F.T + a * np.eye(2)
        S = H @ P @ H.T + 0.3 * np.eye(1)
        G = P @ H.T @ np.linalg.inv(S)
        r = ys[n] - H @ x
        x = x + G @ r
        P = (np.eye(2) - G @ H) @ P
        loss += 0.5 * (np.log(2 * np.pi * S[0, 0]) + r[0] ** 2 / S[0, 0])
    return loss


def log_shares(z):
    m = np.max(z)
    return z - m - np.log(np.sum(np.exp(z - m)))


def next_words(A, B, words):
    loss = 0.0
    for one, other in zip(words[:-1], words[1:]):  # noqa: RUF007 - as people write it
        loss -= log_shares(B @ A[one])[other]
    return loss / (len(words) - 1)


def chosen(A, xs, ys, k, labels):
    T = len(ys)
    returns = np.zeros(T)
    G = 0.0
    for t in reversed(range(T)):
        G = ys[t] + k * G
        returns[t] = G
    loss = 0.0
    for t in range(T):
        z = xs[t] @ A
        logp = z - np.log(np.sum(np.exp(z)))
        loss = loss - logp[labels[t]] * returns[t]
    return loss / T


def bonds(A, pairs, k):
    energy = 0.0
    for i, j in pairs:
        energy += k * np.sqrt(np.sum((A[i] - A[j]) ** 2))
    return energy


def lesson(w, A, b, rates):
    for t, rate in enumerate(rates):
        w = w - rate * A.T @ (A @ w - b) / (t + 1)
    return np.sum(w**2)


def predators(four, a, steps):
    one, other, third, fourth = four
    prey, hunters = a, one
    cost = 0.0
    t = 0
    while t < steps:
        prey, hunters = prey + 0.1 * (one * prey - other * prey * hunters), hunters + 0.1 * (third * prey - fourth)
        cost += (prey - 1.5) ** 2
        t += 1
    return cost


def fraction(ys, a):
    n = len(ys)
    value = 2.0 + a
    k = n - 1
    while k >= 0:
        value = 2.0 + a / value + 0.1 * ys[k]
        k = k - 1
    return np.log(value) ** 2 + ys[n - 1]


def one_hot_rnn(A, b, words):
    size = A.shape[1]
    xs, hs = {}, {}
    hs[-1] = b
    loss = 0.0
    for t in range(len(words)):
        xs[t] = np.zeros(size)
        xs[t][words[t]] = 1.0
        hs[t] = np.tanh(A @ xs[t] + A.T @ hs[t - 1])
        loss += np.sum(hs[t] ** 2)
    return loss


def upwind(h, w, steps):
    n = h.shape[0]
    for _ in range(steps):
        new = np.empty(n)
        for i in range(n):
            new[i] = h[i] - 0.1 * w[i] * (h[i] - h[i - 1])
        h = new
    return np.sum(h**2)


def soft_least(u, v, w, k):
    z = -np.array([u, v, w]) / k
    m = np.max(z)
    return -k * (m + np.log(np.sum(np.exp(z - m))))


def warping(ys, b, k):
    n, m = len(ys), len(b)
    R = np.full((n + 1, m + 1), 100.0)
    R[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            R[i, j] = (ys[i - 1] - b[j - 1]) ** 2 + soft_least(R[i - 1, j], R[i, j - 1], R[i - 1, j - 1], k)
    return R[n, m]


def adam(w, A, b, lr, k, steps):
    state = {"w": w, "m": np.zeros(4), "v": np.zeros(4)}
    for t in range(1, steps + 1):
        g = A.T @ (A @ state["w"] - b)
        state["m"] = k * state["m"] + (1 - k) * g
        state["v"] = 0.99 * state["v"] + 0.01 * g**2
        step = state["m"] / (1 - k**t) / (np.sqrt(state["v"]) + 1e-8)
        state["w"] = state["w"] - lr * step
    return np.sum(state["w"] ** 2)


def polynomial(coefficients, x):
    acc = np.zeros_like(x)
    for c in reversed(coefficients):
        acc = acc * x + c
    return acc


def fitted(ys, h, b):
    rest = polynomial(ys, h) - b
    return 0.5 * np.dot(rest, rest)


def convolved(image, kernel, bias):
    kh, kw = kernel.shape
    oh = image.shape[0] - kh + 1
    ow = image.shape[1] - kw + 1
    out = np.zeros((oh, ow))
    for i in range(oh):
        for j in range(ow):
            patch = image[i : i + kh, j : j + kw]
            out[i, j] = np.sum(patch * kernel) + bias
    return out


def pooled(xs, kernel, a):
    act = np.tanh(convolved(xs, kernel, a))
    return np.mean(act) ** 2 + 0.1 * np.sum(act[:, 0] ** 2)


def rod(h, a, b, lr, k, steps):
    u = np.zeros((steps + 1, len(h)))
    u[0, :] = h
    r = a * lr / k**2
    for n in range(steps):
        u[n + 1, 1:-1] = u[n, 1:-1] + r * (u[n, 2:] - 2 * u[n, 1:-1] + u[n, :-2])
        u[n + 1, 0] = u[n + 1, 1]
        u[n + 1, -1] = u[n + 1, -2]
    return 0.5 * np.sum((u[steps] - b) ** 2)


def table_of(h, w):
    out = np.zeros((len(h), len(w)))
    for i in range(len(h)):
        for j in range(len(w)):
            out[i, j] = h[i] * w[j] ** 2
    return out


def crossed(h, w, ys):
    """Gives a helper what it calls by another name, and by one that is something else's here."""
    return np.sum(np.tanh(table_of(w, ys))) + np.sum(table_of(ys, h) ** 2)


HELPERS = {"polynomial", "table_of", "convolved", "soft_least", "log_shares", "turn", "step_of_two"}
PEOPLE = [
    f
    for f in list(globals().values())
    if inspect.isfunction(f) and f.__module__ == __name__ and f.__name__ not in HELPERS
]

SERIES = lambda T: (T,)  # noqa: E731
GIVEN: dict[str, Callable[[int], Any]] = {
    "A": at(lambda T: (4, 4), 1),
    "B": at(lambda T: (4, 4), 2),
    "b": at(lambda T: (4,), 3),
    "h": at(lambda T: (4,), 4),
    "w": at(lambda T: (4,), 5),
    "noise": at(lambda T: (4, T), 6),
    "saving": lambda T: 0.2 + 0.05 * np.cos(np.arange(T)),
    "xs": at(lambda T: (T, 4), 7),
    "kernel": at(lambda T: (1, 2), 9),
    "ys": at(SERIES, 8),
    **{name: number(0.2 + 0.1 * k) for k, name in enumerate(("k", "a", "lr"))},
    "steps": lambda T: T,
    "four": lambda T: np.array([1.1, 0.4, 0.9, 0.3]),
    "words": lambda T: [k % 4 for k in range(2, T + 3)],
    "labels": lambda T: [3 - k % 3 for k in range(T)],
    "pairs": lambda T: [(k % 3, 3) for k in range(T)],
    "rates": lambda T: [0.1 / (k + 1) for k in range(T)],
}


def given_people(f: Callable[..., Any], count: int) -> dict[str, Any]:
    """What a function is given, with so many rounds."""
    return {name: GIVEN[name](count) for name in inspect.signature(f).parameters}
