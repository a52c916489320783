"""A charged particle steered through the origin: the path follows a gradient, and descent follows that of the path."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.gradbench.asked import Asked, Message, Way
from benchmarks.gradbench.descent import MODES, argmin

STEP = 0.1  #: of Euler's method


def potential(x: Any, y: Any, w: Any) -> Any:
    """Compute the potential of two charges, one of which w moves."""
    one = math.sqrt((x - 10.0) * (x - 10.0) + (y - (10.0 - w)) * (y - (10.0 - w)))
    other = math.sqrt((x - 10.0) * (x - 10.0) + y * y)
    return 1 / one + 1 / other


def missed(w: Any, mode: str) -> Any:
    """Compute the square of where the particle crosses the axis, its force a derivative in the mode named."""
    x, y, vx, vy = 0.0, 8.0, 0.75, 0.0
    force = MODES[mode](lambda x, y: potential(x, y, w), 2)
    while True:
        fx, fy = force(x, y)
        x, y = x + STEP * vx, y + STEP * vy
        if y <= 0:
            crossed = x - y / vy * vx
            return crossed * crossed
        vx, vy = vx - STEP * fx, vy - STEP * fy


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions: the first letter is the mode of the descent, the second that of the force."""

    def of(outer: str, inner: str) -> Asked:
        path = way(lambda w: missed(w, inner))
        slope = way(MODES[outer](lambda w: missed(w, inner), 1))
        return Asked(read, lambda w: argmin(path, slope, (w,))[0], float)

    return {outer + inner: of(outer, inner) for outer in MODES for inner in MODES}


def read(given: Message) -> tuple[Any, ...]:
    """Return where descent starts."""
    return (float(given["w"]),)
