"""The rule that judges a gradient by differences with an error bar: right, wrong, kink or undecidable.

It is one rule, for the check beside the ledger and for `gatewise.check`. A few values that agree settle it; else the
ladder is climbed, and rules are asked in an order in which the first that has an answer gives it. Before a gradient is
called wrong, everything that could make the differences lie is asked once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from gatewise._numerical.corners import (
    Sides,
    beside,
    from_inside,
    nearby,
    sides,
    solver_jump,
    stairs,
    stays_still,
)
from gatewise._numerical.fitting import Fit, fitted
from gatewise._numerical.ladder import (
    RATIO,
    ROUNDING,
    Climb,
    Level,
    climbed,
    level,
    levels,
    power_of_two,
    three_steps,
    without_corners,
)
from gatewise._numerical.lines import EPS, LEAST_FLOAT, Line

CLOSE = 5e-6  # of the largest entry: an error up to this is right, a larger one is wrong
SURE = 3.0  # an error must be this many error bars to be called wrong
OWN_ERROR = 1e-3  # an entry this far off, relative to itself, is wrong even where others are much larger
SMALLEST = 1e-12  # of the largest entry: a smaller error is what adding up rounds, and no entry's own
NOTHING = 1e-9  # of the slopes nearby: what is less is a slope of 0
FAR = 1000  # times the scale: so far away f shows slopes that drown near x
SHORT = 1e-6  # of the least size: within it f goes straight, whatever it is
GLANCE = 2.0**-10  # of the size: the middle of the ladder
SLIGHT = 1e-3  # of a slope: what the two sides of a corner differ by where a solver chose other steps
NEAR = 0.05  # of a slope: how far off such a solver's may be
LOUD = 1e-6  # of its values: a black box as noisy as this is not known to have slopes at all
LONGER = (
    4096.0,
    64.0,
    4.0,
    0.5,
    0.25,
)  # of the scale: steps within which a polynomial is tried where noise hides all else
EXPLAINED = 64  # roundings of f's values: noise that the floats it answers in make
AGAIN = 0.7  # of the best step: the step that is asked once more

STILL = "f does not move along it"
DIGITS = "it is too small to check, f does not move along it, as far as its digits show"
SLIGHT_CORNER = (
    "its slopes on the two sides differ a little: a solver that chooses its own steps does that;"
    " try a smaller tolerance, or fixed steps"
)
STAIRCASE = "f stands still near here and moves farther away, as a staircase does"
JUMPY = "f jumps nearby by as much, as a loop does that stops at a tolerance, or a table"
NOISE_ALONE = "f is nothing but noise at every step"
CONTRADICTED = "short steps say one thing and long ones another: f jumps, or bends sharply"
CORNER_NEAR = "f has a corner nearby, and steps that end before it are too short for its digits"


@dataclass(frozen=True)
class Claim:
    """A slope somebody gave: `close` is the error that is none, `own` what his backward pass itself may round.

    `alone` says whether it is judged by its own size too, `dead` that another derivative is 0 here; `size` is that of
    the largest entry.
    """

    value: float
    size: float
    close: float
    own: float
    alone: bool
    dead: bool


@dataclass(frozen=True)
class Judgement:
    """A verdict on one number, with the slope that the differences say, its bar and its step."""

    word: str
    why: str = ""
    value: float = math.nan
    bar: float = math.inf
    h: float = math.nan
    corner: Sides | None = None

    def between(self, given: float, close: float) -> bool:
        """Whether a gradient lies between the slopes on the two sides of a kink."""
        assert self.corner is not None
        low, high = sorted((self.corner.left, self.corner.right))
        room = self.corner.bar + close
        return low - room <= given <= high + room


@dataclass
class Evidence:
    """What the differences of a line say, for the rules to read."""

    line: Line
    claim: Claim
    climb: Climb

    @property
    def noise(self) -> float:
        return self.climb.noise

    @property
    def slope(self) -> float:
        return self.climb.best.value

    @property
    def bar(self) -> float:
        return self.climb.best.bar

    @property
    def away(self) -> float:
        return abs(self.claim.value - self.slope)

    @property
    def level(self) -> Level:
        """The step that the best rung stands on."""
        return min(self.climb.levels, key=lambda s: abs(s.h - self.climb.best.h))

    @property
    def unfelt(self) -> bool:
        """Whether no step shows a slope above the noise."""
        return all(s.steepest <= 4 * self.noise / s.h for s in self.climb.levels)

    @property
    def too_loud(self) -> bool:
        """Whether a black box is so noisy that it need not have slopes at all."""
        return not self.line.known and self.noise > max(LOUD, EXPLAINED * self.line.precision) * self.line.largest()

    @property
    def explained(self) -> bool:
        """Whether the floats that f answers in make as much noise as was measured."""
        return self.noise <= EXPLAINED * self.line.precision * self.line.largest()

    def off(self) -> bool:
        """Whether the claim is off by more than the differences can be, beside the largest entry or by its own size."""
        if self.away > SURE * self.bar + self.claim.close:
            return True
        floor = max(SMALLEST * self.claim.size, self.claim.own)
        larger = max(abs(self.slope), abs(self.claim.value))
        by_itself = self.away > SURE * self.bar + floor and self.away > OWN_ERROR * larger > 0
        return self.claim.alone and by_itself and SURE * self.bar < self.away / 3

    def says(self, word: str, why: str = "") -> Judgement:
        return Judgement(word, why, self.slope, self.bar, self.climb.best.h)


def closeness(eps: float) -> float:
    """What part of the largest entry an error may be: no less than a few roundings of the floats it was computed in."""
    return CLOSE if eps < 1e-10 else max(2 * CLOSE, 10 * eps)


def judge(
    line: Line,
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
    if (quick := at_a_glance(line, claim)) is not None:
        return quick
    ladder = levels(line, given if math.isfinite(given) else 0.0)
    if len(ladder) < 3:
        return at_an_edge(line, claim)
    if all(s.flat for s in ladder):
        return standing_still(line, claim, ladder[0].h)
    climb = climbed(ladder, line.noise)
    if line.same is not None and not abs(given - climb.best.value) + climb.best.bar <= claim.close:
        climb = without_corners(line, climb)
    evidence = Evidence(line, claim, climb)
    return next(found for rule in RULES if (found := rule(evidence)) is not None)


def not_contradicted(line: Line, given: float, close: float) -> Judgement | None:
    """A few values along a direction, where they do not contradict what was given: enough where f takes long."""
    found = three_steps(line, power_of_two(GLANCE * line.scale), line.noise)
    if found is None or abs(found.value - given) > found.bar:
        return None
    word = "right" if abs(found.value - given) + found.bar <= close else "undecidable"
    return Judgement(word, f"the differences are good to {found.bar:.2g} only", found.value, found.bar)


def at_a_glance(line: Line, claim: Claim) -> Judgement | None:
    """Six values in the middle of the ladder; they only ever say right."""
    h = power_of_two(GLANCE * min(line.scale, line.least)) if min(line.scale, line.least) > 0 else 0.0
    if h <= 64 * line.unit or not math.isfinite(claim.value) or (claim.value == 0 and not line.known):
        return None
    found = three_steps(line, h, line.noise)
    if found is None or line.value(h / RATIO**2) == line.value(0.0) == line.value(-h / RATIO**2):
        return None
    away = abs(found.value - claim.value)
    own_size = OWN_ERROR * abs(claim.value) if claim.alone else claim.close
    if away + found.bar > claim.close or away > max(SURE * found.bar, own_size) or found.bar > own_size:
        return None
    return Judgement("right", "", found.value, found.bar, found.h)


def at_an_edge(line: Line, claim: Claim) -> Judgement:
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


def standing_still(line: Line, claim: Claim, h: float) -> Judgement:
    """f gives the very same value at every step, up to h."""
    noise, given, far = line.noise, abs(claim.value), FAR * line.scale
    if 0 < given <= claim.own:
        return Judgement("right", "", 0.0, noise / h, h)
    if given == 0:
        wide, narrow = level(line, far), level(line, far / 2)
        if wide and narrow and wide.slope != 0:
            crooked = abs(wide.slope - narrow.slope) + abs(wide.bend) + abs(narrow.bend)
            if crooked < 0.01 * abs(wide.slope):
                return Judgement("undecidable", f"its slope is too small for the digits of f, {STILL}", 0.0, noise / h)
        return Judgement("right", "", 0.0, noise / h, h)
    tiny = 4 * (noise if line.known or not line.coarse else max(2 * EPS * abs(line.value(0.0)), 4 * LEAST_FLOAT))
    if line.coarse and not line.known:
        noise = max(noise, 2.0**-22 * abs(line.value(0.0)))  # it may be as coarse as it looks
    bar = noise / h
    if not math.isfinite(claim.value):
        return Judgement("wrong", f"a gradient that is {claim.value}, where {STILL}", 0.0, bar, h)
    # What turns often on its way need not move far: within such a step f is taken to go straight.
    straight = h if claim.dead else min(h, SHORT * line.least if line.known else GLANCE * line.scale)
    if given * straight > SURE * noise:
        return Judgement("wrong", STILL, 0.0, bar, h)
    if given + bar <= claim.close and given < claim.size:
        return Judgement("right", "", 0.0, bar, h)
    if given * line.scale <= tiny:
        return (
            Judgement("right", "", 0.0, bar, h)
            if stays_still(line, noise)
            else Judgement("undecidable", DIGITS, 0.0, bar, h)
        )
    straight = claim.dead or not line.known
    if straight and line.value(far) == line.value(-far) == line.value(0.0) and given * far > SURE * noise:
        return Judgement("wrong", STILL, 0.0, noise / far, h)
    return Judgement("undecidable", DIGITS, 0.0, bar, h)


# --------------------------------------------------------------------------------------------------- rules, in order


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
    return e.says("right") if e.claim.value == 0 and e.slope == 0 else None


def agreeing(e: Evidence) -> Judgement | None:
    """The claim and the differences agree, and these are fine enough to tell."""
    if e.off():
        return None
    return e.says("right") if e.away + e.bar <= e.claim.close or e.away == e.bar == 0 else None


def nothing_against_nothing(e: Evidence) -> Judgement | None:
    """A slope of 0 that rounding made something else, of the gradient or of the differences."""
    if e.off():
        return None
    hidden = abs(e.claim.value) * e.climb.levels[0].h <= 4 * e.noise
    quiet = e.noise <= 1e-10 * max(e.line.largest(), LEAST_FLOAT)
    if hidden and quiet and (e.unfelt or abs(e.slope) <= e.bar) and stays_still(e.line, e.noise):
        return e.says("right")
    if e.claim.value == 0 and e.bar <= NOTHING * nearby(e.line, e.climb.levels, e.noise):
        return e.says("right")
    return None


def by_polynomial(e: Evidence) -> Judgement | None:
    """The differences are too coarse: many values within one step say more."""
    if e.off() or e.bar <= e.claim.close / 2 or e.too_loud:
        return None
    for h in fitting_steps(e):
        found = fitted(e.line, h, e.noise)
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
        found = fitted(e.line, one.h, e.noise, side)
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


def coarse(e: Evidence) -> Judgement | None:
    """The differences cannot tell."""
    if e.off():
        return None
    if e.climb.best.corner > 0 and (near := beside(e.climb.levels, e.noise)) is not None and near.apart > e.claim.close:
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
    for r in e.climb.others:
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
    corner_here, not_a_number, still_near_x, agreeing, nothing_against_nothing, by_polynomial, from_one_side, coarse,
    known_noise_alone, black_box_may_lie, other_steps, off,
)  # fmt: skip


def relative(given: float, should: float) -> float:
    """The relative error as the course notes have it."""
    larger = max(abs(given), abs(should))
    return abs(given - should) / larger if larger > 0 else 0.0
