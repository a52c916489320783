"""The derivative of a line as one number with an error bar, for those who have no gradient to judge."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gatewise._numerical.corners import Sides, from_inside, sides
from gatewise._numerical.ladder import ROUNDING, climbed, levels
from gatewise._numerical.lines import Direction


@dataclass(frozen=True)
class Slope:
    """A derivative: `value` within `bar`, where f itself is good to `noise`.

    `corner` has the slopes on either side where they stay apart as steps shrink; `sided` says on which side alone f is
    there; `still` that f did not move at all.
    """

    value: float
    bar: float
    noise: float
    corner: Sides | None = None
    sided: str = ""
    still: bool = False

    @property
    def kink(self) -> bool:
        return self.corner is not None and not self.corner.steep

    @property
    def left(self) -> float:
        return math.nan if self.corner is None else self.corner.left

    @property
    def right(self) -> float:
        return math.nan if self.corner is None else self.corner.right


def derivative(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """The derivative of `f` at `x` by differences, and how far it may be off. NaN where f is finite nowhere near.

    >>> value, error = derivative(lambda x: x * x, 3.0)
    >>> abs(value - 6.0) <= error < 1e-8
    True
    """
    found = slope(Direction(lambda t: f(x + t), place=lambda t: x + t, scale=max(abs(x), 1.0), least=abs(x) or 1.0))
    apart = found.corner.apart / 2 if found.kink and found.corner else 0.0  # any slope between the two may be meant
    return found.value, found.bar + apart


def slope(line: Direction) -> Slope:
    """The derivative of a line at 0."""
    if not math.isfinite(line.value(0.0)):
        return Slope(math.nan, math.inf, math.nan)
    found, noise = levels(line, math.inf), line.noise
    if len(found) < 3:
        edge = from_inside(line, noise)
        return Slope(math.nan, math.inf, noise) if edge is None else Slope(edge[0], edge[1], noise, sided=edge[3])
    if all(s.flat for s in found):
        return Slope(0.0, ROUNDING * noise / found[0].h, noise, still=True)
    climb = climbed(found, noise)
    return Slope(climb.best.value, climb.best.bar, climb.noise, sides(climb.levels, climb.noise))
