"""An equation y_i' = x_i y_(i-1) integrated by Runge and Kutta's method of fourth order from 0 to 2."""

from __future__ import annotations

from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def slope(x: Any, y: Any) -> Any:
    """Compute y'; the first entry moves at a constant rate."""
    return np.concatenate([x[:1], x[1:] * y[:-1]])


def solve(x: Any, steps: int) -> Any:
    """Compute y at time 2."""
    h = 2.0 / steps
    y = np.zeros_like(x)
    for _ in range(steps):
        k1 = slope(x, y)
        k2 = slope(x, y + h * k1 / 2)
        k3 = slope(x, y + h * k2 / 2)
        k4 = slope(x, y + h * k3)
        y = y + h * (k1 + 2 * k2 + 2 * k3 + k4) / 6
    return y


def last(x: Any, steps: int) -> Any:
    """Compute the last entry of y."""
    return solve(x, steps)[-1]


def read(given: Message) -> tuple[Any, ...]:
    """Return the vector and the number of steps."""
    return np.array(given["x"]), given["s"]


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {"primal": Asked(read, way(solve), listed), "gradient": Asked(read, way(gw.grad(last)), listed)}
