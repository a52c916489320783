"""The rules of a verdict, asked in order: the first that has an answer gives it.

Before a gradient is called wrong, everything that could make the differences lie is asked once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from gatewise._numerical.corners import (
    LEAST_SCALE,
    even,
    first_step,
    nearby,
    sides,
    slopes_beside,
    solver_jump,
    stairs,
    stays_still,
)
from gatewise._numerical.evidence import (
    AGAIN,
    CONTRADICTED,
    CORNER_NEAR,
    DROWNS,
    GLANCE,
    GROWN,
    JUMPY,
    LONGER,
    LOUD,
    NEAR,
    NOISE_ALONE,
    NOTHING,
    SLIGHT,
    SLIGHT_CORNER,
    STAIRCASE,
    SURE,
    TINY,
    Evidence,
    Judgement,
)
from gatewise._numerical.fitting import Fit, fitted_slope
from gatewise._numerical.ladder import LONGEST, RATIO, ROUNDING, three_steps
from gatewise._numerical.lines import EPS, LEAST_FLOAT


def corner_here(e: Evidence) -> Judgement | None:
    """f has a corner at x, or jumps, or rises without end."""
    if e.bar <= e.claim.close or e.climb.smooth_to:
        return None
    found = sides(e.climb.levels, e.line.noise if e.line.known else e.noise)
    if found is None:
        return None
    if found.steep:
        return e.says("undecidable", "f jumps here, or rises without end")
    if found.apart <= e.claim.close:
        return None
    middle = (found.left + found.right) / 2
    steeper = max(abs(found.left), abs(found.right))
    if not e.line.known and found.apart <= SLIGHT * steeper and abs(e.claim.value - middle) <= NEAR * steeper:
        return Judgement("undecidable", SLIGHT_CORNER, middle, found.apart / 2)
    return Judgement("kink", "", middle, found.apart / 2, e.climb.best.h, found)


def not_a_number(e: Evidence) -> Judgement | None:
    if math.isfinite(e.claim.value):
        return None
    told = f"a gradient that is {e.claim.value}"
    if e.bar > abs(e.slope) / 100:
        return e.says("undecidable", told)
    return e.says("wrong", f"{told}, where f has a slope")


def still_near_x(e: Evidence) -> Judgement | None:
    """f stands still near x and moves farther away: a staircase, or flat up to a corner."""
    if e.line.known or not e.level.flat:
        return None
    short = e.explained and e.line.precision > EPS  # what stands still then does so by rounding
    if not short and stairs(e.line, e.climb.levels, e.noise):
        return e.says("undecidable", STAIRCASE)
    if e.claim.value != 0 or e.slope != 0:
        return None
    if e.bar > e.claim.close and not even(e.line, e.climb.levels) and first_step(e.line, e.noise, e.level.h) > 0:
        return e.says("undecidable", DROWNS)
    return e.says("right")


def agreeing(e: Evidence) -> Judgement | None:
    """The claim and the differences agree, and these are fine enough to tell."""
    if e.off():
        return None
    return e.says("right") if e.away + e.bar <= e.claim.close or e.away == e.bar == 0 else None


def nothing_against_nothing(e: Evidence) -> Judgement | None:
    """A slope of 0 that rounding made something else, of the gradient or of the differences."""
    if e.off():
        return None
    hidden = abs(e.claim.value) * max(e.climb.levels[0].h, LONGEST * LEAST_SCALE) <= 4 * e.noise
    quiet = e.noise <= 1e-10 * max(e.line.largest(), LEAST_FLOAT)
    if hidden and quiet and (e.unfelt or abs(e.slope) <= e.bar) and stays_still(e.line, e.noise):
        return e.says("right")
    if e.claim.value != 0:
        return None
    small = e.claim.dead and e.bar <= NOTHING * nearby(e.line, e.climb.levels, e.noise)
    return e.says("right") if small or even(e.line, e.climb.levels) else None


def by_polynomial(e: Evidence) -> Judgement | None:
    """The differences are too coarse: many values within one step say more."""
    if e.off() or e.bar <= e.claim.close / 2 or e.too_loud:
        return None
    for h in fitting_steps(e):
        found = fitted_slope(e.line, h, e.noise)
        if found is None or abs(found.value - e.slope) > 2 * (found.bar + e.bar):
            continue
        away = abs(e.claim.value - found.value)
        if away + found.bar <= e.claim.close:
            return Judgement("right", "", found.value, found.bar, h)
        if away > SURE * found.bar + e.claim.close:
            return None
    return None


def fitting_steps(e: Evidence) -> list[float]:
    """The steps within which a polynomial is tried, the longest first: about those used, and longer ones."""
    wide = e.climb.best.wide
    tried = sorted({2 * wide, wide, wide / 2, *(part * e.line.scale for part in LONGER)}, reverse=True)
    same = e.line.same
    return [h for h in tried if same is None or h <= e.climb.smooth_to or (same(h) and same(-h))]


def from_one_side(e: Evidence) -> Judgement | None:
    """A corner lies beside x, on one side: the other side alone, over longer steps, has the slope at x."""
    if e.off() or e.bar <= e.claim.close or e.too_loud:
        return None
    found = {side: smooth_side(e, side) for side in (-1, 1)}
    for side, fit in found.items():
        if fit is None or not belongs_to_x(e, side, fit, found[-side]):
            continue
        if abs(e.claim.value - fit.value) + fit.bar <= e.claim.close:
            return Judgement("right", "", fit.value, fit.bar)
    return None  # never wrong: over a long step what bends near x within the noise of f is not seen


def smooth_side(e: Evidence, side: int) -> Fit | None:
    """The slope by a polynomial through one side of x alone, from the longest step that a polynomial takes."""
    for one in e.climb.levels:
        if e.line.same is not None and not e.line.same(side * one.h):
            continue
        found = fitted_slope(e.line, one.h, e.noise, side)
        if found is not None:
            return found
        if one.h < e.climb.best.h / RATIO**2:
            break
    return None


def belongs_to_x(e: Evidence, side: int, fit: Fit, other: Fit | None) -> bool:
    """Whether the slope on one side is that at x: by the branches taken, or by steps that end before the corner.

    The other side then goes on as this one does, as far as it goes before the corner; or the corner is so near that the
    other side contradicts the short steps.
    """
    if e.line.same is not None:
        return True  # on a corner f takes a branch of its own
    short = min((r for r in e.climb.rungs if r.corner == 0), key=lambda r: r.bar, default=None)
    if short is None or other is None or abs(fit.value - short.value) > short.bar + fit.bar:
        return False
    goes_on = abs(other.value - fit.value) <= fit.bar + other.bar
    return goes_on or abs(other.value - short.value) > SURE * (short.bar + other.bar)


def differences_too_coarse(e: Evidence) -> Judgement | None:
    """The differences cannot tell."""
    if e.off():
        return None
    if (
        e.climb.best.corner > 0
        and (near := slopes_beside(e.climb.levels, e.noise)) is not None
        and near.apart > e.claim.close
    ):
        return e.says("undecidable", CORNER_NEAR)
    good_to = f"the differences are good to {e.bar:.2g} only"
    if e.claim.value != 0 and max(abs(e.claim.value), abs(e.slope)) <= SURE * e.bar:
        return e.says("undecidable", f"it is too small to check, {good_to}")
    return e.says("undecidable", good_to)


def black_box_may_lie(e: Evidence) -> Judgement | None:
    """What makes the differences of a function lie that nobody can look into: noise, stairs, loops with a tolerance."""
    if e.line.known:
        return None
    given, shortest = e.claim.value, e.climb.levels[-3:]
    if e.too_loud and (e.unfelt or abs(e.slope) <= SURE * e.bar):
        return e.says("undecidable", NOISE_ALONE)
    for s in shortest:
        blurred = 3 * ROUNDING * e.noise / s.h
        if s.h < e.climb.best.h / 16 and blurred < e.away / 10 and abs(given - s.slope) <= blurred + e.claim.close:
            return e.says("undecidable", CONTRADICTED)
    # Numbers so small are rounded where f adds others to them: long steps say more than theirs.
    far = three_steps(e.line, GLANCE, e.noise) if e.line.scale < TINY else None
    for r in e.climb.others if far is None else (*e.climb.others, far):
        if abs(given - r.value) <= SURE * r.bar + e.claim.close and SURE * r.bar < e.away:
            return e.says("undecidable", CONTRADICTED)
    if given == 0 and not e.explained and all(s.left == 0 or s.right == 0 for s in shortest):
        return e.says("undecidable", STAIRCASE)
    if e.away <= NEAR * abs(e.slope) and solver_jump(e.line, e.noise):
        return e.says("undecidable", JUMPY)
    return None


def known_noise_alone(e: Evidence) -> Judgement | None:
    """A recorded function that is nothing but rounding, as a chaotic iteration is."""
    if e.line.known and e.noise > LOUD * e.line.largest() and (e.unfelt or abs(e.slope) <= SURE * e.bar):
        return e.says("undecidable", NOISE_ALONE)
    return None


def louder_farther_on(e: Evidence) -> Judgement | None:
    """A recorded function that rounds more at the ends of the step than at x: what cancels is larger there."""
    if e.line.noise_at is None:
        return None
    best = e.climb.best
    if e.slope != 0 and e.away > SURE * GROWN * (e.bar + ROUNDING * e.noise / best.h):
        return None
    noise = max(e.line.noise_at(-best.wide), e.line.noise_at(best.wide))
    if noise <= e.noise or e.away > SURE * (e.bar + ROUNDING * noise / best.h):
        return None
    return e.says("undecidable", f"f itself is good to {noise:.2g} only, so far from x")


def other_steps(e: Evidence) -> Judgement | None:
    """Steps that were not asked before must say the same."""
    best = e.climb.best
    wide = AGAIN * best.h * RATIO
    fresh = three_steps(e.line, wide, e.noise, wide <= e.climb.smooth_to)
    if fresh is None:
        return None
    if abs(e.claim.value - fresh.value) <= SURE * fresh.bar or abs(fresh.value - e.slope) > 3 * (e.bar + fresh.bar):
        return e.says("undecidable", "other steps say something else")
    return None


def off(e: Evidence) -> Judgement | None:
    return e.says("wrong")


RULES: tuple[Callable[[Evidence], Judgement | None], ...] = (
    corner_here, not_a_number, still_near_x, agreeing, nothing_against_nothing, by_polynomial, from_one_side,
    differences_too_coarse, known_noise_alone, louder_farther_on, black_box_may_lie, other_steps, off,
)  # fmt: skip
