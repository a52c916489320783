"""A derivative from a ladder of steps, each a quarter of the one before, with an error bar.

Each step h gives the odd part of f (the central difference) and its even part (half of how far the slopes on the two
sides are apart). Of a smooth f the even part vanishes with h; a corner inside the step leaves in it what it does to the
odd part, so it goes into the bar. Three neighbouring steps are extrapolated (Richardson). The finest rungs are drowned
in the noise of f, and say so in their bars; the coarsest see another function than the one at hand. So the ladder is
climbed from its finest end, and left at the first rung that contradicts the ones below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from gatewise._numerical.lines import EPS, LEAST_FLOAT, Direction

RATIO = 4.0
ROUNDING = 1.2  # an extrapolated difference is off by up to this times noise / h
LONGEST = 0.1  # of the scale
SHORTEST = 1e-14  # of the least size
DROWNED = 7  # steps in a row at which noise hides both claim and slopes: none finer tells anything


@dataclass(frozen=True, slots=True)
class Sample:
    """One step h: `slope` is the odd part of f, `bend` the even part, `left` and `right` the one-sided slopes."""

    h: float
    slope: float
    bend: float
    left: float
    right: float
    flat: bool

    @property
    def steepest(self) -> float:
        return max(abs(self.left), abs(self.right))


@dataclass(frozen=True, slots=True)
class Rung:
    """What three neighbouring steps tell: the extrapolated slope and its bar.

    `h` is the middle step, `wide` the longest; `corner` is what a corner inside may have done, where it shows.
    """

    h: float
    wide: float
    value: float
    bar: float
    corner: float


def power_of_two(size: float) -> float:
    """The largest power of two that is no larger: steps of that size are exact, and so are the places they lead to."""
    return 2.0 ** math.floor(math.log2(size))


def steps(line: Direction) -> list[float]:
    """The steps, coarse to fine.

    None is longer than a tenth of the scale: where f bends and then goes straight, long steps agree with one another
    on a slope that is not the one at x.
    """
    h, found = power_of_two(LONGEST * line.scale), []
    end = max(4 * line.unit, SHORTEST * line.least, 4 * LEAST_FLOAT)
    while h >= end:
        found.append(h)
        h /= RATIO
    return found


def level(line: Direction, h: float) -> Sample | None:
    """One step, where f is finite at both its ends."""
    below, here, above = line.value(-h), line.value(0.0), line.value(h)
    low, middle, high = line.place(-h), line.place(0.0), line.place(h)
    if not (math.isfinite(below) and math.isfinite(above) and low < middle < high):
        return None
    left, right = (here - below) / (middle - low), (above - here) / (high - middle)
    slope = (above - below) / (high - low)
    if not (math.isfinite(left) and math.isfinite(right) and math.isfinite(slope)):
        return None
    return Sample((high - low) / 2, slope, (right - left) / 2, left, right, below == here == above)


def levels(line: Direction, claim: float) -> list[Sample]:
    """All steps, coarse to fine, until noise hides the claim and every slope."""
    found, drowned, noise = [], 0, line.noise
    for h in steps(line):
        one = level(line, h)
        if one is None:
            continue
        found.append(one)
        hidden = 3 * noise / one.h
        drowned = drowned + 1 if one.steepest < hidden and abs(claim) < hidden else 0
        if drowned == DROWNED:
            break
    return found


def rung(coarse: Sample, middle: Sample, fine: Sample, noise: float, smooth: bool = False) -> Rung:
    """Three neighbouring steps as one slope; `smooth` says that no corner lies inside."""
    wider, finer = coarse.h / middle.h, middle.h / fine.h
    value = (wider**2 * middle.slope - coarse.slope) / (wider**2 - 1)
    next_value = (finer**2 * fine.slope - middle.slope) / (finer**2 - 1)
    changed, changed_next = abs(coarse.slope - middle.slope), abs(middle.slope - fine.slope)
    cut = abs(value - next_value)
    orderly = 0.5 * wider**2 * changed_next <= changed <= 2 * wider**2 * changed_next
    if not orderly:
        cut = max(cut, changed / 2, changed_next)
    rounding = ROUNDING * noise / middle.h
    if cut <= 2.5 * noise / fine.h:  # noise at the finest of the three makes as much
        cut = min(cut, max(changed / 2, rounding))
    size, seen = (0.0, 0.0) if smooth else bend_left(coarse, middle, fine, noise)
    corner = size if seen else min(size, rounding)
    return Rung(middle.h, coarse.h, value, cut + corner + rounding + 4 * EPS * abs(value), seen)


def three_steps(line: Direction, wide: float, noise: float, smooth: bool = False) -> Rung | None:
    """The rung of three steps from `wide` down, where f is finite at all their ends."""
    first, second, third = level(line, wide), level(line, wide / RATIO), level(line, wide / RATIO**2)
    if first is None or second is None or third is None:
        return None
    return rung(first, second, third, noise, smooth)


def bend_left(coarse: Sample, middle: Sample, fine: Sample, noise: float) -> tuple[float, float]:
    """What is left of the bend where the step goes to 0, by extrapolation, and what of it is more than noise."""
    found = []
    for wide, narrow in ((coarse, middle), (middle, fine)):
        ratio = wide.h / narrow.h
        left = abs(ratio * narrow.bend - wide.bend) / (ratio - 1)
        found.append((left, left > 1.5 * noise / narrow.h * (ratio + 1) / (ratio - 1)))
    return max(left for left, _ in found), max(left if real else 0.0 for left, real in found)


def rungs(found: Sequence[Sample], noise: float, smooth_to: float = 0.0) -> list[Rung]:
    """Every three neighbouring steps as a rung; up to `smooth_to` f is known to have no corner."""
    return [rung(a, b, c, noise, a.h <= smooth_to * 1.01) for a, b, c in zip(found, found[1:], found[2:], strict=False)]


def best_of(found: Sequence[Rung]) -> tuple[Rung, tuple[Rung, ...]]:
    """The rung with the smallest bar among those that agree with all finer ones, and the others."""
    best = found[-1]
    for k in range(len(found) - 2, -1, -1):
        one = found[k]
        if abs(one.value - best.value) > 2 * (one.bar + best.bar):
            return best, tuple(found[: k + 1])
        if one.bar < best.bar:
            best = one
    return best, ()


def scattered(found: Sequence[Rung], best: Rung) -> float:
    """The noise that would explain how finer rungs scatter around the best one.

    What half of six in a row say counts: a corner lies within some of them, noise in all. They may be any six:
    within the finest steps f may not round at all.
    """
    finer = [r.h * (abs(r.value - best.value) - best.bar) / ROUNDING for r in found if r.h < best.h]
    rows = [finer[k : k + 6] for k in range(max(1, len(finer) - 5))]
    return max((median(row) for row in rows if len(row) >= 4), default=0.0)


@dataclass(frozen=True)
class Climb:
    """A ladder with what was made of it; `smooth_to` is the longest step known to have no corner inside."""

    levels: tuple[Sample, ...]
    rungs: tuple[Rung, ...]
    best: Rung
    others: tuple[Rung, ...]
    noise: float
    smooth_to: float = 0.0


def climbed(found: Sequence[Sample], noise: float, smooth_to: float = 0.0) -> Climb:
    """The best rung of a ladder, and what its finer rungs say of the noise."""
    for _ in range(5):
        made = rungs(found, noise, smooth_to)
        best, others = best_of(made)
        wider = scattered(made, best)
        if wider <= 1.5 * noise:
            break
        noise = wider  # f is noisier than its table said
    return Climb(tuple(found), tuple(made), best, others, noise, smooth_to)


def without_corners(line: Direction, climb: Climb) -> Climb:
    """The ladder from the longest step on whose two ends take the branches of x, where a recording shows them."""
    assert line.same is not None
    low, high = 0, len(climb.levels)
    while low < high:
        middle = (low + high) // 2
        if line.same(climb.levels[middle].h) and line.same(-climb.levels[middle].h):
            high = middle
        else:
            low = middle + 1
    if low > len(climb.levels) - 3:
        return climb
    kept = climb.levels[low:]
    return climbed(kept, climb.noise, kept[0].h)


def sided(found: Sequence[tuple[float, float]], noise: float) -> tuple[float, float]:
    """The slope on one side, from (step, one-sided slope) coarse to fine by extrapolation, and its bar."""
    best = (math.nan, math.inf)
    for (fine, narrow), (coarse, wide) in itertools.pairwise(reversed(found)):
        ratio = coarse / fine
        if ratio < 1.5:
            continue
        value = (ratio * narrow - wide) / (ratio - 1)
        bar = abs(value - narrow) + 3 * ROUNDING * noise / fine + 4 * EPS * abs(value)
        if math.isfinite(best[0]) and abs(value - best[0]) > 2 * (bar + best[1]):
            break
        if bar < best[1]:
            best = value, bar
    return best
