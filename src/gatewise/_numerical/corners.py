"""Where f is not smooth: corners at x and beside it, jumps, stairs, and edges of its domain."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from gatewise._numerical.ladder import LONGEST, ROUNDING, Sample, power_of_two, sided, steps
from gatewise._numerical.lines import LEAST_FLOAT, Direction
from gatewise._numerical.noise import concentrated

STAIR = 10  # halvings that tell a stair from a corner
SOLVER = 18  # halvings that tell a loop's jump from a bend
BESIDE = 0.00371  # of the way: neighbours far away, none at a round number, where rounding would be alike
UNFELT = 200  # times the noise: what f moves by less than that far away is nothing
DIGITS_LOST = 8  # times what the noise grows to far away, where x has fewer digits: less is nothing there
FAR = 1000  # times the scale: so far away f shows slopes that drown near x
LEAST_SCALE = 0.01  # of what f is looked at far away by
WIDER = 10.0  # times: from one distance far away to the next
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


def sides(found: Sequence[Sample], noise: float) -> Sides | None:
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


def slopes_beside(found: Sequence[Sample], noise: float) -> Sides | None:
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


def stairs(line: Direction, found: Sequence[Sample], noise: float) -> bool:
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


def solver_jump(line: Direction, noise: float) -> bool:
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


def from_inside(line: Direction, noise: float) -> tuple[float, float, bool, str] | None:
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


def stays_still(line: Direction, noise: float) -> bool:
    """Whether f moves by nothing that counts even far away."""
    places = distances(line, LONGEST * line.scale)
    return not any(moved for side in (-1, 1) for moved in moves(line, noise, side, places))


def even(line: Direction, found: Sequence[Sample]) -> bool:
    """Whether f is the same to the last bit on both sides of x, at every step, and not so around the next float."""
    here, size = line.place(0.0), power_of_two(line.scale)
    longer = [h for k in range(4) if line.place(h := size / 2**k) - here == h == here - line.place(-h)]
    if any(s.slope != 0 for s in found) or any(skewed(line, 0.0, h) for h in longer):
        return False
    return here == 0 or all(any(skewed(line, at, h) for h in longer) for at in (-line.unit, line.unit))


def skewed(line: Direction, at: float, h: float) -> bool:
    """Whether f differs on the two sides of a point."""
    return line.value(at + h) != line.value(at - h)


def first_step(line: Direction, noise: float, h: float) -> float:
    """By how much f, which stands still within h, first moves, if as a smooth function does whose slope drowns; else 0.

    Behind a corner f moves on at once: over a little more than the way on which it began, by much more than it began
    with. Of a smooth function the first step is one of its rounding, and nothing follows so soon; nor behind a jump.
    """
    return max(first_step_on(line, noise, h, side) for side in (-1, 1))


def first_step_on(line: Direction, noise: float, h: float, side: int) -> float:
    """The first step on one side; 0 where f does not move there, or from a corner on."""
    here, still, far = line.value(0.0), h, h
    for far, moved in zip(places := distances(line, h), moves(line, noise, side, places), strict=False):
        if moved:
            break
        still = far
    else:
        return 0.0
    if far == h:
        return moved  # f stands still at round numbers only
    for _ in range(STAIR):
        middle = (still + far) / 2
        if abs(line.value(side * middle) - here) > 3 * noise:
            far = middle
        else:
            still = middle
    began = line.value(side * far)
    goes_on = line.value(side * (far + 8 * (far - still)))
    step = abs(began - here)
    return 0.0 if abs(goes_on - began) > 4 * step else step


def farthest(line: Direction) -> float:
    """How far away f is looked at: where every entry is tiny, f shows only farther off that it moves."""
    return FAR * max(line.scale, LEAST_SCALE)


def distances(line: Direction, start: float) -> list[float]:
    """Where f is looked at far away, from near to far."""
    end, found = farthest(line), [max(start, LEAST_FLOAT)]
    while found[-1] * WIDER < end:
        found.append(found[-1] * WIDER)
    return [*found, end]


def moves(line: Direction, noise: float, side: int, places: Sequence[float]) -> Iterator[float]:
    """By how much f moves, place after place, as far as it gives numbers; 0 where that does not count.

    Far away x itself has fewer digits: what that rounds is no move, nor what neighbours scatter by there.
    """
    here = line.value(0.0)
    for far in places:
        values = [line.value(side * far * (1 - k * BESIDE)) for k in range(6)]
        if not all(map(math.isfinite, values)):
            return
        scattered = max(4 * (max(values) - min(values)), DIGITS_LOST * noise * far / max(line.scale, 1.0))
        nothing = min(scattered, UNFELT * noise * far / line.scale)
        moved = max(abs(v - here) for v in values)
        yield moved if moved > max(UNFELT * noise, nothing) else 0.0


def nearby(line: Direction, found: Sequence[Sample], noise: float) -> float:
    """The largest slope at steps that matter, beyond what is noise: what a slope of 0 is measured by."""
    slopes = (s.steepest - 3 * noise / s.h for s in found if s.h <= 1.1 * LONGEST * line.least)
    return max(0.0, max(slopes, default=0.0))
