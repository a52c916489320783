"""Functions with gradients that are known to be right, at all scales, and the ways a gradient is made wrong.

A case is hard where the function's own digits are few: terms that cancel, float32 inside, loops that stop at a
tolerance, tables. There a checker may say that it cannot tell; it may never say "wrong". Some hard ones are staircases:
they stand still almost everywhere, and what slope is meant is not theirs to tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from check.near_corners import NEAR_CORNERS


@dataclass
class Case:
    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    gradients: tuple[Any, ...]
    hard: bool = False
    stairs: bool = False


# ------------------------------------------------------------------------------------- functions of one number, scaled

CURVES = {
    "sin": (np.sin, np.cos, -3.0, 3.0),
    "cos": (np.cos, lambda u: -np.sin(u), -3.0, 3.0),
    "exp": (np.exp, np.exp, -3.0, 3.0),
    "log": (np.log, lambda u: 1 / u, 0.1, 5.0),
    "sqrt": (np.sqrt, lambda u: 0.5 / np.sqrt(u), 0.1, 5.0),
    "tanh": (np.tanh, lambda u: 1 / np.cosh(u) ** 2, -2.0, 2.0),
    "sigmoid": (lambda u: 1 / (1 + np.exp(-u)), lambda u: 1 / (4 * np.cosh(u / 2) ** 2), -4.0, 4.0),
    "square": (lambda u: u**2, lambda u: 2 * u, -3.0, 3.0),
    "cube": (lambda u: u**3, lambda u: 3 * u**2, -3.0, 3.0),
    "reciprocal": (lambda u: 1 / u, lambda u: -1 / u**2, 0.2, 5.0),
    "arctan": (np.arctan, lambda u: 1 / (1 + u**2), -3.0, 3.0),
    "power": (lambda u: u**2.7, lambda u: 2.7 * u**1.7, 0.1, 4.0),
    "relu": (lambda u: np.maximum(u, 0), lambda u: 1.0 * (u > 0), -3.0, 3.0),
    "absolute": (np.abs, np.sign, -3.0, 3.0),
    "rational": (lambda u: u / (1 + u**2), lambda u: (1 - u**2) / (1 + u**2) ** 2, -3.0, 3.0),
    "bump": (lambda u: np.exp(-(u**2)), lambda u: -2 * u * np.exp(-(u**2)), -2.0, 2.0),
    "wave": (lambda u: np.sin(20 * u), lambda u: 20 * np.cos(20 * u), -3.0, 3.0),
    "steps": (lambda u: np.where(u > 0, u**2, u**3), lambda u: np.where(u > 0, 2 * u, 3 * u**2)[()], -3.0, 3.0),
}


def scaled(name: str, rng: np.random.Generator) -> Case:
    """A f(x / b): any curve, with values and places anywhere between 1e-12 and 1e12."""
    f, slope, low, high = CURVES[name]
    a, b = (float(10 ** rng.uniform(-12, 12)) for _ in range(2))
    u = float(rng.uniform(low, high))
    while abs(u) < 0.02:
        u = float(rng.uniform(low, high))
    x = u * b
    return Case(f"{name} scaled", lambda x: a * f(x / b), (x,), (a / b * float(slope(x / b)),))


# ------------------------------------------------------------------------------------------------- arrays, also scaled


def affine(rng: np.random.Generator) -> Case:
    n, d, m = rng.integers(1, 5, size=3)
    x, w, b = rng.standard_normal((n, d)), rng.standard_normal((d, m)), rng.standard_normal(m)
    s = float(10 ** rng.uniform(-12, 12))
    t = np.tanh(x @ w + b)
    back = s * (1 - t**2)
    gradients = back @ w.T, x.T @ back, back.sum(axis=0)
    return Case("affine and tanh", lambda x, w, b: s * np.sum(np.tanh(x @ w + b)), (x, w, b), gradients)


def cross_entropy(rng: np.random.Generator) -> Case:
    n, c = rng.integers(2, 6, size=2)
    scores, y = 2 * rng.standard_normal((n, c)), rng.integers(c, size=n)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)

    def loss(scores):
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        p = np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)
        return -np.mean(np.log(p[np.arange(n), y]))

    return Case("cross-entropy", loss, (scores,), ((p - np.eye(c)[y]) / n,))


def two_layers(rng: np.random.Generator) -> Case:
    x, w, v = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)), rng.standard_normal((5, 2))
    z = x @ w
    h = np.maximum(z, 0)
    r = float(10 ** rng.uniform(-6, 6))
    dv = h.T @ np.ones((3, 2)) * r + 0.1 * v
    dw = x.T @ ((np.ones((3, 2)) * r @ v.T) * (z > 0))

    def f(w, v):
        return r * np.sum(np.maximum(x @ w, 0) @ v) + 0.05 * np.sum(v * v)

    return Case("two layers", f, (w, v), (dw, dv))


def normalised(rng: np.random.Generator) -> Case:
    x = rng.standard_normal((6, 2)) * rng.uniform(0.5, 3) + rng.uniform(-2, 2)
    t = rng.standard_normal((6, 2))
    mean, std = x.mean(axis=0), np.sqrt(x.var(axis=0) + 1e-5)
    h = (x - mean) / std
    dx = (t - t.mean(axis=0) - h * (t * h).mean(axis=0)) / std

    def f(x):
        centred = x - np.mean(x, axis=0)
        return np.sum(t * (centred / np.sqrt(np.mean(centred**2, axis=0) + 1e-5)))

    return Case("batch normalisation", f, (x,), (dx,))


def quotient(rng: np.random.Generator) -> Case:
    a, b, c = (float(10 ** rng.uniform(-12, 12)) for _ in range(3))
    x, y = float(rng.uniform(0.3, 3) * b), float(rng.uniform(0.3, 3) * c)
    return Case("quotient", lambda x, y: a * x / y, (x, y), (a / y, -a * x / y**2))


def norm(rng: np.random.Generator) -> Case:
    x = rng.standard_normal(5) * float(10 ** rng.uniform(-12, 12))
    size = math.sqrt(float(np.sum(x**2)))
    return Case("norm", lambda x: np.sqrt(np.sum(x * x)), (x,), (x / size,))


def log_sum_exp(rng: np.random.Generator) -> Case:
    x = 3 * rng.standard_normal(6)
    e = np.exp(x - x.max())
    return Case("log of a sum of exp", lambda x: np.log(np.sum(np.exp(x))), (x,), (e / e.sum(),))


def black_box(rng: np.random.Generator) -> Case:
    """A function nobody can look into: it takes plain numbers only."""
    name = str(rng.choice(sorted(CURVES)))
    f, slope, low, high = CURVES[name]
    a, b = (float(10 ** rng.uniform(-6, 6)) for _ in range(2))
    u = float(rng.uniform(max(low, 0.1), high))
    return Case(f"{name} hidden", lambda x: a * float(f(float(x) / b)), (u * b,), (a / b * float(slope(u)),))


ARRAYS = (affine, cross_entropy, two_layers, normalised, quotient, norm, log_sum_exp, black_box)


# ------------------------------------------------------------------------------------------------------ hard functions


def there_and_back(rng: np.random.Generator) -> Case:
    far, x = float(10 ** rng.uniform(4, 12)), float(rng.uniform(0.5, 2))
    return Case("there and back", lambda x: (x + far) - far, (x,), (1.0,), True)


def hidden_there_and_back(rng: np.random.Generator) -> Case:
    far, x = float(10 ** rng.uniform(4, 12)), float(rng.uniform(0.5, 2))
    return Case("there and back, hidden", lambda x: (float(x) + far) - far, (x,), (1.0,), True)


def square_of_far(rng: np.random.Generator) -> Case:
    far, x = float(10 ** rng.uniform(2, 7)), float(rng.uniform(0.5, 2))
    return Case("square of far", lambda x: (x + far) * (x + far) - far**2 - 2 * far * x, (x,), (2 * x,), True)


def naive_variance(rng: np.random.Generator) -> Case:
    d = rng.standard_normal(100) + float(10 ** rng.uniform(1, 6))
    x = float(rng.uniform(0.5, 2))

    def f(x):
        return np.mean((x * d) * (x * d)) - np.mean(x * d) * np.mean(x * d)

    return Case("naive variance", f, (x,), (2 * x * float(np.var(d)),), True)


def naive_variance_of_data(rng: np.random.Generator) -> Case:
    x = rng.standard_normal(7) + float(10 ** rng.uniform(1, 6))

    def f(x):
        return np.mean(x * x) - np.mean(x) ** 2

    return Case("naive variance of data", f, (x,), (2 * (x - x.mean()) / 7,), True)


def versine(rng: np.random.Generator) -> Case:
    x = float(10 ** rng.uniform(-8, -1))
    return Case("1 - cos", lambda x: 1 - np.cos(x), (x,), (math.sin(x),), True)


def exp_less_one(rng: np.random.Generator) -> Case:
    x = float(10 ** rng.uniform(-14, -3))
    return Case("exp - 1 - x", lambda x: np.exp(x) - 1 - x, (x,), (math.expm1(x),), True)


def circle(rng: np.random.Generator) -> Case:
    x = float(rng.uniform(-3, 3))
    return Case("sin^2 + cos^2 + x/1000", lambda x: np.sin(x) ** 2 + np.cos(x) ** 2 + x / 1000, (x,), (0.001,), True)


def float32_inside(rng: np.random.Generator) -> Case:
    name = str(rng.choice(sorted(CURVES)))
    f, slope, low, high = CURVES[name]
    u = float(rng.uniform(max(low, 0.1), high))
    return Case(f"{name} in float32", lambda x: f(np.float32(x)), (u,), (float(slope(u)),), True)


def float32_cast(rng: np.random.Generator) -> Case:
    name = str(rng.choice(sorted(CURVES)))
    f, slope, low, high = CURVES[name]
    u = rng.uniform(max(low, 0.1), high, size=3)
    return Case(f"{name} of float32 arrays", lambda x: np.sum(f(x.astype(np.float32))), (u,), (slope(u),), True)


def float32_arguments(rng: np.random.Generator) -> Case:
    w, x = rng.standard_normal((4, 3)).astype(np.float32), rng.standard_normal((2, 4)).astype(np.float32)
    t = np.tanh(x.astype(float) @ w.astype(float))
    gradient = x.T.astype(float) @ (1 - t**2)
    return Case("float32 arguments", lambda w: np.sum(np.tanh(x @ w)), (w,), (gradient.astype(np.float32),), True)


def newton(rng: np.random.Generator) -> Case:
    a, tolerance = float(rng.uniform(0.5, 50)), float(10 ** rng.uniform(-12, -3))

    def root(a):
        x = 1.0
        for _ in range(60):
            x, before = 0.5 * (x + a / x), x
            if abs(x - before) < tolerance:
                break
        return x

    x, slope = 1.0, 0.0  # of the loop as it runs: stopped early, it has another slope than its limit
    for _ in range(60):
        x, slope, before = 0.5 * (x + a / x), 0.5 * (slope + 1 / x - a * slope / x**2), x
        if abs(x - before) < tolerance:
            break
    return Case("Newton's root", root, (a,), (slope,), True)


def fixed_point(rng: np.random.Generator) -> Case:
    a, tolerance = float(rng.uniform(0.3, 1.0)), float(10 ** rng.uniform(-12, -3))

    def point(a):
        x = 0.5
        for _ in range(2000):
            x, before = a * np.cos(x), x
            if abs(x - before) < tolerance:
                break
        return x

    x, slope = 0.5, 0.0
    for _ in range(2000):
        x, slope, before = a * math.cos(x), math.cos(x) - a * math.sin(x) * slope, x
        if abs(x - before) < tolerance:
            break
    return Case("fixed point", point, (a,), (slope,), True)


def bisection(rng: np.random.Generator) -> Case:
    a, tolerance = float(rng.uniform(0.5, 5)), float(10 ** rng.uniform(-12, -3))

    def root(a):
        low, high = 0.0, 10.0
        while high - low > tolerance:
            middle = (low + high) / 2
            low, high = (middle, high) if middle**3 < a else (low, middle)
        return (low + high) / 2

    return Case("bisection", root, (a,), (a ** (-2 / 3) / 3,), True, True)


def series(rng: np.random.Generator) -> Case:
    x, tolerance = float(rng.uniform(-2, 2)), float(10 ** rng.uniform(-14, -3))

    def exp(x):
        term = total = 1.0
        k = 0
        while abs(term) > tolerance:
            k += 1
            term = term * x / k
            total = total + term
        return total

    term = slope = 1.0
    k = 1
    while abs(term * x / k) > tolerance:  # the sum of all terms but the last
        term = term * x / k
        slope += term
        k += 1
    return Case("series until small", exp, (x,), (slope,), True)


def lookup(rng: np.random.Generator) -> Case:
    n = int(10 ** rng.uniform(2, 5))
    table, x = np.sin(np.linspace(0, 3, n + 1)), float(rng.uniform(0.2, 1.3))
    return Case("nearest in a table", lambda x: table[round(float(x) / 3 * n)], (x,), (math.cos(x),), True, True)


def interpolated(rng: np.random.Generator) -> Case:
    n = int(10 ** rng.uniform(1, 4))
    knots = np.linspace(0, 3, n + 1)
    table, x = np.exp(knots), float(rng.uniform(0.1, 2.9))
    k = min(int(x / 3 * n), n - 1)
    slope = (table[k + 1] - table[k]) / (knots[k + 1] - knots[k])
    return Case("interpolated", lambda x: np.interp(float(x), knots, table), (x,), (float(slope),), True)


def rounded(rng: np.random.Generator) -> Case:
    digits, x = int(rng.integers(3, 13)), float(rng.uniform(0.3, 2.5))
    return Case("rounded", lambda x: round(math.sin(float(x)), digits), (x,), (math.cos(x),), True, True)


HARD = (
    there_and_back, hidden_there_and_back, square_of_far, naive_variance, naive_variance_of_data, versine, exp_less_one,
    circle, float32_inside, float32_cast, float32_arguments, newton, fixed_point, bisection, series, lookup,
    interpolated, rounded,
)  # fmt: skip


def correct_cases(count: int, seed: int) -> Iterator[Case]:
    """Cases of every kind in turn: three in ten of them hard, three next to corners, zeros or much larger entries."""
    rng = np.random.default_rng(seed)
    names = sorted(CURVES)
    for k in range(count):
        if k % 10 < 3:
            yield HARD[(k // 10 * 3 + k % 10) % len(HARD)](rng)
        elif k % 10 < 5:
            yield scaled(names[(k // 10 * 2 + k % 10) % len(names)], rng)
        elif k % 10 < 7:
            yield ARRAYS[(k // 10 * 2 + k % 10) % len(ARRAYS)](rng)
        else:
            yield Case(*NEAR_CORNERS[(k // 10 * 3 + k % 10) % len(NEAR_CORNERS)](rng))


# ------------------------------------------------------------------------------------------------------------- mutants


@dataclass
class Mutant:
    case: Case
    kind: str
    gradients: tuple[Any, ...]
    error: float  # relative to the largest entry of that gradient
    entry: tuple[int, int] | None = None  # gradient and position of the one small entry that is wrong


def mutants(count: int, seed: int) -> Iterator[Mutant]:
    """Cases with one gradient made wrong: by 1e-5 of its largest entry or more, or in one small entry of its own."""
    rng = np.random.default_rng(seed)
    cases = correct_cases(10**9, seed + 1)
    done = 0
    while done < count:
        case = next(cases)
        for _ in range(3):
            which = int(rng.integers(len(case.gradients)))
            true = np.asarray(case.gradients[which], dtype=float)
            kind = str(rng.choice(sorted(MUTATIONS)))
            wrong = MUTATIONS[kind](true, rng)
            largest = np.max(np.abs(true))
            if wrong is None or largest == 0 or case.stairs or made_by_rounding(largest, case.gradients):
                continue
            error = float(np.max(np.abs(wrong - true)) / largest)
            entry = None
            if kind == "small entry":
                entry = which, int(np.argmax(np.abs(wrong - true)))
            elif error < 1e-5:
                continue
            gradients = list(case.gradients)
            gradients[which] = float(wrong) if true.ndim == 0 else wrong
            done += 1
            yield Mutant(case, kind, tuple(gradients), error, entry)
            if done == count:
                return


def made_by_rounding(largest: float, gradients: tuple[Any, ...]) -> bool:
    """Whether a gradient is 0, but for the rounding of a backward pass: then nothing makes it wrong by a part of it."""
    return bool(largest < 1e-11 * max(np.max(np.abs(g)) for g in gradients)) and len(gradients) > 1


def small_entry(true: Any, rng: np.random.Generator) -> Any:
    """One of the entries below a hundredth of the largest, off by 1 in 1,000 of itself or more, or missing."""
    small = np.flatnonzero((np.abs(true) < 0.01 * np.max(np.abs(true))) & (true != 0))
    if not small.size:
        return None
    wrong, k = true.copy(), int(rng.choice(small))
    wrong.flat[k] *= 0.0 if rng.random() < 0.5 else 1 + 10 ** rng.uniform(-2.9, 0) * rng.choice((-1, 1))
    return wrong


def one_entry(true: Any, rng: np.random.Generator) -> Any:
    wrong = true.copy()
    wrong.flat[int(rng.integers(true.size))] += np.max(np.abs(true)) * 10 ** rng.uniform(-5, 0) * rng.choice((-1, 1))
    return wrong


MUTATIONS: dict[str, Callable[[Any, np.random.Generator], Any]] = {
    "scaled a little": lambda g, rng: g * (1 + rng.choice((-1, 1)) * 10 ** rng.uniform(-5, -1)),
    "sign": lambda g, rng: -g,
    "zero": lambda g, rng: 0 * g,
    "twice": lambda g, rng: 2 * g,
    "half": lambda g, rng: g / 2,
    "divided by N": lambda g, rng: g / max(2, g.shape[0] if g.ndim else 2),
    "one entry": one_entry,
    "small entry": small_entry,
    "one entry zero": lambda g, rng: np.where(np.arange(g.size).reshape(g.shape) == rng.integers(g.size), 0, g),
    "transposed": lambda g, rng: g.T if g.ndim == 2 and g.shape[0] == g.shape[1] else None,
    "shuffled": lambda g, rng: rng.permutation(g.ravel()).reshape(g.shape) if g.size > 1 else None,
    "mean": lambda g, rng: np.full_like(g, g.mean()) if g.size > 1 else None,
}
