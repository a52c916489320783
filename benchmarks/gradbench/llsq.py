"""Least squares: a polynomial of degree m - 1 fitted to the sign of n points between -1 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def residual(x: Any, powers: Any, signs: Any) -> Any:
    """Compute half the sum of squares of what the polynomial misses."""
    missed = signs - powers @ x
    return np.sum(missed * missed) / 2


def loss(x: Any, t: Any) -> Any:
    """Compute it from the points themselves: their powers belong to the function."""
    return residual(x, np.vander(t, len(x), increasing=True), np.sign(t))


def read(given: Message) -> tuple[Any, ...]:
    """Return the coefficients and the points."""
    n = given["n"]
    return np.array(given["x"]), -1 + np.arange(n) * 2 / (n - 1)


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {"primal": Asked(read, way(loss), float), "gradient": Asked(read, way(gw.grad(loss)), listed)}
