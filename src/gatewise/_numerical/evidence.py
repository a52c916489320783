"""What the rules of a verdict read: the claim, and what the differences of a line say; and what a rule answers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gatewise._numerical.corners import Sides
from gatewise._numerical.ladder import Climb, Sample
from gatewise._numerical.lines import Direction

CLOSE = 5e-6  # of the largest entry: an error up to this is right, a larger one is wrong
SURE = 3.0  # an error must be this many error bars to be called wrong
OWN_ERROR = 1e-3  # an entry this far off, relative to itself, is wrong even where others are much larger
SMALLEST = 1e-12  # of the largest entry: a smaller error is what adding up rounds, and no entry's own
NOTHING = 1e-9  # of the slopes nearby: what is less is a slope of 0
SHORT = 1e-6  # of the least size: within it f goes straight, whatever it is
TINY = 2.0**-26  # squares of what is smaller drown beside 1
GLANCE = 2.0**-10  # of the size: the middle of the ladder
SLIGHT = 1e-3  # of a slope: what the two sides of a corner differ by where a solver chose other steps
NEAR = 0.05  # of a slope: how far off such a solver's may be
GROWN = 1e6  # error bars: no corner within the step, and no noise at its ends, is as large where steps agree
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
DROWNS = "its slope is too small for the digits of f, which moves along it farther away only"
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

    line: Direction
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
    def level(self) -> Sample:
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
