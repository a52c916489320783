"""The rule that judges a gradient by a derivative that has an error bar: right, wrong, kink or undecidable.

It is one rule, for the check beside the ledger and for `gatewise.check`.
"""

from __future__ import annotations

import math
from statistics import median

from gatewise._numerical.ladder import Line, Slope, nearby

CLOSE = 5e-6  # of the largest entry: an error up to this is right, a larger one is wrong
SURE = 3.0  # an error must be this many error bars to be called wrong
OWN_ERROR = 1e-3  # an entry this far off, relative to itself, is wrong even where others are much larger
SMALLEST = 1e-9  # of the largest entry: below it, an entry of its own is not judged
SHORT = 1e-6  # of the smallest size that matters: within it f is taken to go straight
NOTHING = 1e-9  # of the slopes nearby: what is less is a slope of 0


def judged(given: float, s: Slope, size: float, line: Line, zero: bool, closeness: float = CLOSE) -> tuple[str, str]:
    """The verdict on one number, and why where it is not plain. `zero`: gatewise's own gradient is 0 here.

    `size` is that of the largest entry, `closeness` what part of it an error may be.
    """
    close = closeness * size
    if math.isinf(s.bar) or math.isnan(s.value):
        return "undecidable", "f gives no numbers nearby"
    if s.steep:
        return "undecidable", "f jumps here, or rises without end"
    if not math.isfinite(given):
        told = f"a gradient that is {given}"
        return ("undecidable", told) if s.bar > abs(s.value) / 100 else ("wrong", f"{told}, where f has a slope")
    if s.kink and abs(s.right - s.left) > close:
        return "kink", ""
    away = abs(given - s.value)
    if s.still:
        return judged_still(given, s, close, line, zero)
    if s.flat and not line.known:
        return "undecidable", "f stands still near here and moves farther away, as a staircase does"
    if away + s.bar <= close:
        return "right", ""
    if away == 0 and s.bar == 0:
        return "right", ""
    if given == 0 and away <= SURE * s.bar <= NOTHING * nearby(line, s):
        return "right", ""
    clearly = away > SURE * s.bar + close
    by_itself = away > SURE * s.bar + SMALLEST * size and away > OWN_ERROR * max(abs(s.value), abs(given)) > 0
    if clearly or (by_itself and SURE * s.bar < away / 10):
        near = [r for r in s.others if r.h <= 0.2 * line.least and SURE * r.bar < away]
        if not line.known and any(abs(given - r.value) <= SURE * r.bar + close for r in near):
            return "undecidable", "short steps say one thing and long ones another: f jumps, or bends sharply"
        return "wrong", ""
    if too_small(given, s, s.bar):
        return "undecidable", f"it is too small to check, the differences are good to {s.bar:.2g} only"
    return "undecidable", f"the differences are good to {s.bar:.2g} only"


def judged_still(given: float, s: Slope, close: float, line: Line, zero: bool) -> tuple[str, str]:
    """The verdict where f did not move at all."""
    if given == 0 and (zero or not line.known):
        return "right", ""
    if s.bar <= close and abs(given) <= close:
        return "right", ""
    bar = s.bar * s.h / min(s.h, SHORT * line.least)  # f may turn often on its way over the longest step
    if line.known and abs(given) > SURE * bar + close / 2:
        return "wrong", "f does not move along it"
    why = "f does not move along it, as far as its digits show"
    return "undecidable", f"it is too small to check, {why}" if too_small(given, s, bar) else why


def too_small(given: float, s: Slope, bar: float) -> bool:
    """Whether a gradient that is not 0 drowns in the noise of f, and so does the slope."""
    return given != 0 and max(abs(given), abs(s.value)) <= SURE * bar


def turns_too_fast(given: float, s: Slope, line: Line) -> bool:
    """Whether f may turn often between the points that were asked, so that differences tell nothing of its slope.

    The gradient would move f over the shortest step by more than f moves over most longer ones; or the slopes on the
    two sides come apart as steps shrink, instead of together; or they are known too badly to call it a kink; or
    rounding hides what steps within which f goes straight would show.
    """
    if s.rungs and abs(given) * s.rungs[-1].h > 2 * median(r.h * max(abs(r.left), abs(r.right)) for r in s.rungs):
        return True
    if s.kink:
        return abs(s.right - s.left) <= 8 * s.side_bar
    best = next((r.bend for r in s.rungs if r.h == s.h), math.inf)
    if any(r.h < s.h and r.bend > 2 * r.bend_noise and r.bend > 10 * best for r in s.rungs):
        return True
    return abs(given - s.value) <= SURE * s.noise / (SHORT * line.least)


def bends_around(given: float, s: Slope) -> bool:
    """Whether f bends within the best step, and the gradient is a slope between the two sides of the bend."""
    best = next((r for r in s.rungs if r.h == s.h), None)
    if best is None or best.bend <= 5 * best.bend_noise:
        return False
    low, high = sorted((best.left, best.right))
    return low - SURE * s.bar <= given <= high + SURE * s.bar


def keeps_its_bend(s: Slope) -> bool:
    """Whether the step before the best one bends as much: at a corner beside x the bend does not grow with the step."""
    best = next(k for k, r in enumerate(s.rungs) if r.h == s.h)
    return any(r.bend < 2 * s.rungs[best].bend for r in s.rungs[max(0, best - 1) : best])


def reaches_over_a_corner(given: float, s: Slope) -> bool:
    """Whether the best step ends beyond a corner beside x, and the gradient is a slope between its two sides."""
    return bends_around(given, s) and keeps_its_bend(s)


def between_slopes(given: float, s: Slope, close: float) -> bool:
    """Whether a gradient lies between the slopes on the two sides of a kink."""
    low, high = sorted((s.left, s.right))
    room = s.side_bar + close
    return low - room <= given <= high + room


def relative(given: float, should: float) -> float:
    """The relative error as the course notes have it."""
    larger = max(abs(given), abs(should))
    return abs(given - should) / larger if larger > 0 else 0.0
