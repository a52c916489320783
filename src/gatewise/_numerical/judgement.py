"""The rule that judges a gradient by differences with an error bar: right, wrong, kink or undecidable.

It is one rule, for the check beside the ledger and for `gatewise.check`. A few values that agree settle it; else the
ladder is climbed, and rules are asked in an order in which the first that has an answer gives it. Before a gradient is
called wrong, everything that could make the differences lie is asked once more.
"""

from __future__ import annotations

import math

from gatewise._numerical.corners import LEAST_SCALE, farthest, first_step, from_inside, stays_still
from gatewise._numerical.evidence import (
    CLOSE,
    DIGITS,
    DROWNS,
    GLANCE,
    GROWN,
    OWN_ERROR,
    SHORT,
    STILL,
    SURE,
    Claim,
    Evidence,
    Judgement,
)
from gatewise._numerical.ladder import RATIO, Rung, climbed, level, levels, power_of_two, three_steps, without_corners
from gatewise._numerical.lines import EPS, LEAST_FLOAT, Direction
from gatewise._numerical.rules import RULES


def closeness(eps: float) -> float:
    """What part of the largest entry an error may be: no less than a few roundings of the floats it was computed in."""
    return CLOSE if eps < 1e-10 else max(2 * CLOSE, 10 * eps)


def judge(
    line: Direction,
    given: float,
    size: float,
    *,
    closeness: float = CLOSE,
    own: float = 0.0,
    alone: bool = True,
    dead: bool = False,
) -> Judgement:
    """The verdict on one number as the slope of a line.

    `size` is that of the largest entry of its gradient, `closeness` what part of it an error may be, `own` how far the
    rounding of the backward pass moves this entry; `alone` says that it is judged by its own size too,
    `dead` that another derivative is 0 here.
    """
    if not math.isfinite(line.value(0.0)):
        return Judgement("undecidable", "f gives no numbers nearby")
    size = max(size, abs(given)) if math.isfinite(given) else size
    claim = Claim(given, size, closeness * size + own, own, alone, dead)
    if (h := step_of_a_glance(line, claim)) is not None:
        quick = at_a_glance(line, claim, h, three_steps(line, h, line.noise))
        if quick is not None:
            return quick
    ladder = levels(line, given if math.isfinite(given) else 0.0)
    if len(ladder) < 3:
        return at_an_edge(line, claim)
    if all(s.flat for s in ladder):
        return standing_still(line, claim, ladder[0].h)
    climb = climbed(ladder, line.noise)
    away, bar = abs(given - climb.best.value), climb.best.bar
    surely = climb.best.value != 0 and away > SURE * GROWN * bar
    if line.same is not None and not away + bar <= claim.close and not surely:
        climb = without_corners(line, climb)
    evidence = Evidence(line, claim, climb)
    return next(found for rule in RULES if (found := rule(evidence)) is not None)


def not_contradicted(line: Direction, given: float, close: float) -> Judgement | None:
    """A few values along a direction, where they do not contradict what was given: enough where f takes long."""
    found = three_steps(line, power_of_two(GLANCE * line.scale), line.noise)
    if found is None or abs(found.value - given) > found.bar:
        return None
    word = "right" if abs(found.value - given) + found.bar <= close else "undecidable"
    return Judgement(word, f"the differences are good to {found.bar:.2g} only", found.value, found.bar)


def step_of_a_glance(line: Direction, claim: Claim) -> float | None:
    """The step in the middle of the ladder; None where no glance would say anything."""
    h = power_of_two(GLANCE * min(line.scale, line.least)) if min(line.scale, line.least) > 0 else 0.0
    if h <= 64 * line.unit or not math.isfinite(claim.value) or (claim.value == 0 and not line.known):
        return None
    return h


def at_a_glance(line: Direction, claim: Claim, h: float, found: Rung | None) -> Judgement | None:
    """Six values in the middle of the ladder, from steps of h down; they only ever say right."""
    if found is None or line.value(h / RATIO**2) == line.value(0.0) == line.value(-h / RATIO**2):
        return None
    away = abs(found.value - claim.value)
    own_size = OWN_ERROR * abs(claim.value) if claim.alone else claim.close
    if away + found.bar > claim.close or away > max(SURE * found.bar, own_size) or found.bar > own_size:
        return None
    return Judgement("right", "", found.value, found.bar, found.h)


def at_an_edge(line: Direction, claim: Claim) -> Judgement:
    """f is finite on one side of x at most."""
    found = from_inside(line, line.noise)
    if found is None:
        return Judgement("undecidable", "f gives no numbers nearby")
    value, bar, rising, _ = found
    away = abs(claim.value - value)
    if rising:
        return Judgement("undecidable", "f jumps here, or rises without end", value, bar)
    if away + bar <= claim.close:
        return Judgement("right", "", value, bar)
    if away > SURE * bar + claim.close:
        return Judgement("wrong", "", value, bar)
    return Judgement("undecidable", f"the differences are good to {bar:.2g} only", value, bar)


def standing_still(line: Direction, claim: Claim, h: float) -> Judgement:
    """f gives the very same value at every step, up to h."""
    noise, given, far = line.noise, abs(claim.value), farthest(line)
    if 0 < given <= claim.own:
        return Judgement("right", "", 0.0, noise / h, h)
    if given == 0:
        wide, narrow = level(line, far), level(line, far / 2)
        if wide and narrow and wide.slope != 0:
            crooked = abs(wide.slope - narrow.slope) + abs(wide.bend) + abs(narrow.bend)
            if crooked < 0.01 * abs(wide.slope):
                return Judgement("undecidable", f"its slope is too small for the digits of f, {STILL}", 0.0, noise / h)
        if noise / h > claim.close and not claim.dead and first_step(line, noise, h) > 0:
            return Judgement("undecidable", DROWNS, 0.0, noise / h, h)
        return Judgement("right", "", 0.0, noise / h, h)
    tiny = 4 * (noise if line.known or not line.coarse else max(2 * EPS * abs(line.value(0.0)), 4 * LEAST_FLOAT))
    if line.coarse and not line.known:
        noise = max(noise, 2.0**-22 * abs(line.value(0.0)))  # it may be as coarse as it looks
    if not line.known:
        noise = max(noise, first_step(line, line.noise, h))
    bar = noise / h
    if not math.isfinite(claim.value):
        return Judgement("wrong", f"a gradient that is {claim.value}, where {STILL}", 0.0, bar, h)
    # What turns often on its way need not move far: within such a step f is taken to go straight.
    straight = h if claim.dead else min(h, SHORT * line.least if line.known else GLANCE * line.scale)
    if given * straight > SURE * noise:
        return Judgement("wrong", STILL, 0.0, bar, h)
    if given + bar <= claim.close and given < claim.size:
        return Judgement("right", "", 0.0, bar, h)
    if given * max(line.scale, LEAST_SCALE) <= tiny:
        return (
            Judgement("right", "", 0.0, bar, h)
            if stays_still(line, noise)
            else Judgement("undecidable", DIGITS, 0.0, bar, h)
        )
    straight = claim.dead or not line.known
    if straight and line.value(far) == line.value(-far) == line.value(0.0) and given * far > SURE * noise:
        return Judgement("wrong", STILL, 0.0, noise / far, h)
    return Judgement("undecidable", DIGITS, 0.0, bar, h)


def relative(given: float, should: float) -> float:
    """The relative error as the course notes have it."""
    larger = max(abs(given), abs(should))
    return abs(given - should) / larger if larger > 0 else 0.0
