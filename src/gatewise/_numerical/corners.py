"""Where f is not smooth: corners at x and beside it, jumps, stairs, and edges of its domain."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from gatewise._numerical.ladder import LONGEST, ROUNDING, Level, sided, steps
from gatewise._numerical.lines import Line
from gatewise._numerical.noise import concentrated

STAIR = 10  # halvings that tell a stair from a corner
SOLVER = 18  # halvings that tell a loop's jump from a bend
BESIDE = 0.01371  # of the way: neighbours far away, none at a round number, where rounding would be alike
SPACED = 0.003  # of the size: how far apart the values are in which jumps are looked for


@dataclass(frozen=True)
class Sides:
    """The slopes on the two sides of a corner, each within `bar`; `steep` where they come apart without end."""

    left: float = math.nan
    right: float = math.nan
    bar: float = math.nan
    steep: bool = False

    @property
    def apart(self) -> float:
        return abs(self.right - self.left)


def sides(found: Sequence[Level], noise: float) -> Sides | None:
    """The two slopes, where they stay apart down to the finest step that can see it; None where they come together."""
    seen = [k for k, s in enumerate(found) if s.bend != 0 and abs(s.bend) > 5 * ROUNDING * noise / s.h]
    if len(seen) < 3 or seen[-1] < 2:
        return None
    last = seen[-1]
    bends = [abs(s.bend) for s in found[last - 2 : last + 1]]
    if not all(wide < 2 * narrow for wide, narrow in itertools.pairwise(bends)):
        return None
    if last + 1 < len(found) and 10 * ROUNDING * noise / found[last + 1].h < bends[-1]:
        return None  # finer steps would see it, and do not: it lies beside x
    if all(wide < 0.7 * narrow for wide, narrow in itertools.pairwise(bends)):
        return Sides(steep=True)
    left, left_bar = sided([(s.h, s.left) for s in found], noise)
    right, right_bar = sided([(s.h, s.right) for s in found], noise)
    if not abs(right - left) > left_bar + right_bar:
        return None
    return Sides(left, right, max(left_bar, right_bar))


def beside(found: Sequence[Level], noise: float) -> Sides | None:
    """The slopes around a corner that is so near x that steps ending before it are too short for the digits of f."""
    best = None
    for wide, narrow in itertools.pairwise(found):
        rounding = 2 * ROUNDING * noise / narrow.h
        change = abs(wide.bend - narrow.bend)
        if abs(wide.bend) > 4 * rounding and change <= 0.25 * abs(wide.bend) + rounding:
            bar = change + abs(wide.slope - narrow.slope) + rounding
            if best is None or bar < best.bar:
                best = Sides(narrow.left, narrow.right, bar)
    return best


def stairs(line: Line, found: Sequence[Level], noise: float) -> bool:
    """Whether f, which stands still near x, moves farther away by a jump, and not from a corner on."""
    moved = next((s for s in reversed(found) if not s.flat), None)
    if moved is None:
        return False
    ladder = steps(line)
    far = min(ladder, key=lambda h: abs(h - moved.h))
    side = 1.0 if line.value(far) != line.value(0.0) else -1.0
    near = max((h for h in ladder if h < 0.9 * far), default=far / 4)
    whole = abs(line.value(side * far) - line.value(side * near))
    left = concentrated(line.value, side * near, side * far, STAIR)
    return left is None or (left > whole / 4 and left > 3 * noise)


def solver_jump(line: Line, noise: float) -> bool:
    """Whether f jumps nearby, as a loop does that stops at a tolerance: the change stays however close one looks."""
    size = min(line.scale, line.least)
    for _ in range(12):
        places = [k * SPACED * size for k in range(-4, 5)]
        values = [line.value(t) for t in places]
        if all(map(math.isfinite, values)):
            break
        size /= 10
    else:
        return True
    changes = [b - a for a, b in itertools.pairwise(values)]
    usual = median(changes)
    away = [abs(change - usual) for change in changes]
    k = max(range(len(away)), key=away.__getitem__)
    if away[k] <= max(4 * median(away), 3 * noise):
        return False
    left = concentrated(line.value, places[k], places[k + 1], SOLVER, usual / (SPACED * size))
    return left is not None and left > max(away[k] / 4, 3 * noise)


def from_inside(line: Line, noise: float) -> tuple[float, float, bool, str] | None:
    """The slope at the edge of a domain, from the side where f is finite: value, bar, whether it rises without end."""
    here = line.place(0.0)
    for sign, side in ((1.0, "right"), (-1.0, "left")):
        found = []
        for h in steps(line):
            gone = line.place(sign * h) - here
            value = line.value(sign * h)
            if gone and math.isfinite(value):
                found.append((abs(gone), (value - line.value(0.0)) / gone))
        if len(found) < 3:
            continue
        return *sided(found, noise), abs(found[-1][1]) > 1.5 * abs(found[-3][1]), side
    return None


def stays_still(line: Line, noise: float) -> bool:
    """Whether f moves by nothing that counts even far away, over 10 and 1,000 times the scale.

    There x itself has fewer digits: what neighbours scatter by is no move.
    """
    here = line.value(0.0)
    for far in (10 * line.scale, 1000 * line.scale):
        for side in (-1, 1):
            values = [line.value(side * far * (1 - k * BESIDE)) for k in range(6)]
            if not all(map(math.isfinite, values)):
                return True
            scattered = min(4 * (max(values) - min(values)), 200 * noise * far / line.scale)
            if max(abs(v - here) for v in values) > max(200 * noise, scattered):
                return False
    return True


def nearby(line: Line, found: Sequence[Level], noise: float) -> float:
    """The largest slope at steps that matter, beyond what is noise: what a slope of 0 is measured by."""
    slopes = (s.steepest - 3 * noise / s.h for s in found if s.h <= 1.1 * LONGEST * line.least)
    return max(0.0, max(slopes, default=0.0))
