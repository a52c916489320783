"""A saddle point: the least over one point of the greatest over another, descent within descent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.gradbench.asked import Asked, Message, Way
from benchmarks.gradbench.descent import MODES, argmin


def height(x1: Any, y1: Any, x2: Any, y2: Any) -> Any:
    """Compute the function whose saddle point is sought."""
    return (x1 * x1 + y1 * y1) - (x2 * x2 + y2 * y2)


def below(first: tuple[Any, Any]) -> Callable[..., Any]:
    """Return minus the height, a function of the second point."""
    return lambda x, y: -height(*first, x, y)


def greatest(first: tuple[Any, Any], start: tuple[float, float], mode: str) -> Any:
    """Compute the greatest height that the second point reaches from the start."""
    reached = argmin(below(first), MODES[mode](below(first), 2), start)
    return height(*first, *reached)


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions: the first letter is the mode of the outer descent, the second that of the inner."""

    def of(outer: str, inner: str) -> Asked:
        def top(x: Any, y: Any, sx: float, sy: float) -> Any:
            return greatest((x, y), (sx, sy), inner)

        value = way(top)
        slope = way(lambda x, y, sx, sy: MODES[outer](lambda x, y: top(x, y, sx, sy), 2)(x, y))

        def run(sx: float, sy: float) -> Any:
            first = argmin(lambda x, y: value(x, y, sx, sy), lambda x, y: slope(x, y, sx, sy), (sx, sy))
            return *first, *argmin(below(first), MODES[inner](below(first), 2), (sx, sy))

        return Asked(read, run, lambda found: [float(number) for number in found])

    return {outer + inner: of(outer, inner) for outer in MODES for inner in MODES}


def read(given: Message) -> tuple[Any, ...]:
    """Return where every descent starts."""
    return tuple(map(float, given["start"]))
