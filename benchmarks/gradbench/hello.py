"""The square of a number, and its derivative."""

from __future__ import annotations

from typing import Any

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Way


def square(x: Any) -> Any:
    """Compute the square."""
    return x * x


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {
        "square": Asked(lambda x: (x,), way(square), float),
        "double": Asked(lambda x: (x,), way(gw.grad(square)), float),
    }
