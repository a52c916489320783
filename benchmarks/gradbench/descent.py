"""Gradient descent as `particle` and `saddle` define it: the step doubles after ten that went well, else is halved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gatewise as gw


def argmin(f: Callable[..., Any], gradient: Callable[..., Any], x: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return where `f` of as many numbers as `x` has is least."""
    fx, g = f(*x), gradient(*x)
    well, step = 0, 1e-5
    while True:
        if np.sqrt(sum(gi * gi for gi in g)) <= 1e-5:
            return x
        if well == 10:
            step, well = step * 2, 0
            continue
        moved = tuple(xi - step * gi for xi, gi in zip(x, g))
        if np.sqrt(sum((mi - xi) * (mi - xi) for mi, xi in zip(moved, x))) <= 1e-5:
            return x
        value = f(*moved)
        if value < fx:
            x, fx, g, well = moved, value, gradient(*moved), well + 1
        else:
            step, well = step / 2, 0


def backward(f: Callable[..., Any], many: int) -> Callable[..., Any]:
    """Return the gradient of `f` of so many numbers by one sweep back."""
    return gw.grad(f, tuple(range(many)))


def forward(f: Callable[..., Any], many: int) -> Callable[..., Any]:
    """Return the gradient by one push forward for each number."""
    along = [tuple(float(i == j) for j in range(many)) for i in range(many)]
    return lambda *at: tuple(gw.jvp(f, at, direction)[1] for direction in along)


MODES = {"r": backward, "f": forward}
