"""A derivative from a ladder of steps, each a quarter of the one before, with an error bar and both sides' slopes.

Two neighbouring differences are extrapolated (Richardson). The finest rungs are drowned in the noise of f, and say so
in their bars; the coarsest see another function than the one at hand. So the ladder is climbed from its finest end, and
left at the first rung that contradicts the ones below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from gatewise._numerical.noise import SAFETY, deviation, noise_of

RATIO = 4.0
EPS = 2.0**-52
ROUNDING = 1.2  # an extrapolated difference over 2 h is off by up to this times noise / h
SLIGHT = 0.01  # the two sides of a slope differ by no more where it is taken after two steps


class Line:
    """A function of one number, `value(t)`, around t = 0: one coordinate, or a direction.

    `place(t)` is where t really leads, after rounding; `scale` and `least` are the largest and the smallest size that
    matter; `noise(t)` bounds how far rounding moves the difference of two values near t (None: it is not known).
    """

    def __init__(
        self,
        value: Callable[[float], float],
        *,
        place: Callable[[float], float] = float,
        scale: float = 1.0,
        least: float = 1.0,
        noise: Callable[[float], float] | None = None,
        floor: float = 0.0,
        eps: float = EPS,
    ) -> None:
        self._value, self.place, self.scale, self.least = value, place, scale, least
        self._noise, self.floor, self.eps = noise, floor, eps
        self._values: dict[float, float] = {}
        self._noises: dict[float, float] = {}

    def value(self, t: float) -> float:
        """The function's value; each point is asked for once."""
        if t not in self._values:
            self._values[t] = self._value(t)
        return self._values[t]

    def again(self, t: float) -> float:
        """The value, asked for once more."""
        return self._value(t)

    @property
    def known(self) -> bool:
        """Whether the noise comes from the recording, and not from a table of values."""
        return self._noise is not None

    def noise(self, t: float) -> float:
        """How far rounding moves the difference of two values near t."""
        if t not in self._noises:
            self._noises[t] = self.base_noise if self._noise is None else max(self._noise(t), self.floor)
        return self._noises[t]

    @cached_property
    def base_noise(self) -> float:
        """The noise at 0: from the recording, or from a table of values."""
        size = abs(self.value(0.0))
        if self._noise is not None:
            return max(self._noise(0.0), self.floor)
        found = noise_of(self.value, 1e-9 * self.scale)
        rounding = 2 * self.eps * size if math.isfinite(size) else 0.0
        return max(rounding, self.floor, 0.0 if math.isnan(found) else found)


@dataclass(frozen=True)
class Rung:
    """What one step h tells: the extrapolated difference and its bar, and the slopes on either side."""

    h: float
    value: float
    bar: float
    left: float
    right: float
    bend: float  # how far the slopes on either side are apart
    bend_noise: float


@dataclass(frozen=True)
class Slope:
    """A derivative: `value` within `bar`, from the step `h`, where f itself is good to `noise`.

    `kink` says that the slopes on either side (`left`, `right`, within `side_bar`) stay apart as steps shrink;
    `rough` that coarser steps contradict finer ones; `still` that f did not move at all; `sided` that f is there on one
    side only. `rungs` are all steps, coarse to fine.
    """

    value: float
    bar: float
    h: float
    noise: float
    rungs: tuple[Rung, ...] = ()
    kink: bool = False
    left: float = math.nan
    right: float = math.nan
    side_bar: float = math.nan
    rough: bool = False
    still: bool = False
    steep: bool = False  # the two sides come apart without end as steps shrink: a jump, or a root
    flat: bool = False  # f stands still near x and moves farther away: it may be a staircase
    sided: str = ""
    turned: float = 0.0  # the shortest step that sees a kink beside x
    others: tuple[Rung, ...] = ()  # the rungs that contradict


def derivative(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """The derivative of `f` at `x` by differences, and how far it may be off. NaN where f is finite nowhere near.

    >>> value, error = derivative(lambda x: x * x, 3.0)
    >>> abs(value - 6.0) <= error < 1e-8
    True
    """
    line = Line(lambda t: f(x + t), place=lambda t: x + t, scale=max(abs(x), 1.0), least=abs(x) or 1.0)
    found = slope(line)
    apart = abs(found.right - found.left) / 2 if found.kink else 0.0  # at a kink any slope between the two may be meant
    return found.value, found.bar + apart


def slope(line: Line, enough: float = 0.0, near: float | None = None, hurried: bool = False) -> Slope:
    """The derivative of a line at 0.

    Where the middle of the ladder gives `near` (what somebody says it is) within `enough`, the rest is not climbed;
    `hurried`: nor where it does not contradict it.
    """
    if near is not None and hurried and (rough := not_contradicted(line, near)) is not None:
        return rough
    if near is not None and (quick := at_a_glance(line, enough, near)) is not None:
        return quick
    steps = ladder(line)
    if still(line, steps):
        return settled_still(line, steps)
    found = climbed(line, steps)
    if math.isinf(found.bar):
        return one_sided(line, steps)
    return found


def nearby(line: Line, s: Slope) -> float:
    """The largest slope a little farther away, beyond what is noise: what a slope of 0 is measured by."""
    rungs = [r for r in s.rungs if 0.002 * line.least <= r.h <= 0.1 * line.least]
    slopes = (abs(x) - r.bend_noise for r in rungs for x in (r.left, r.right) if math.isfinite(x))
    return max(0.0, max(slopes, default=0.0))


def ladder(line: Line) -> list[float]:
    """The steps, coarse to fine.

    None is longer than a tenth of the scale: where f bends and then goes straight, long steps agree with one another
    on a slope that is not the one at x, and short floats cannot contradict them.
    """
    h, steps = 0.1 * line.scale, []
    while h > 1e-12 * line.least:
        steps.append(h)
        h /= RATIO
    return steps


def at_a_glance(line: Line, enough: float, near: float) -> Slope | None:
    """The derivative from four steps in the middle, where it is `near`, within `enough`, and f is smooth there.

    The steps are long enough for the noise not to matter.
    """
    if not math.isfinite(near) or enough <= 0 or (near == 0 and not line.known):
        return None
    noise = line.noise(0.0)
    finest = max(min(line.least, line.scale) * 6e-5, 5 * noise / enough)
    if not math.isfinite(finest) or finest * RATIO**3 > 0.1 * line.scale:
        return None
    steps = [finest * RATIO**k for k in (3, 2, 1, 0)]
    for rung in rungs_of(line, steps[1:3], noise) if line.known else []:
        # Where the sides are so close and the gradient is in the middle, it lies between them, kink or not.
        if rung.bar + abs(rung.value - near) <= enough and rung.bend <= SLIGHT * abs(rung.value):
            return Slope(rung.value, rung.bar, rung.h, noise, (rung,))
    rungs = rungs_of(line, steps, noise)
    good = [r for r in rungs if r.bar + abs(r.value - near) <= enough]
    if len(good) < 2 or any(r.bend > max(enough, r.bend_noise) and not shrinking(rungs) for r in rungs):
        return None
    best = min(good, key=lambda r: r.bar)
    if not line.known and line.value(0.0) == line.value(steps[-1]):
        return None
    return Slope(best.value, best.bar, best.h, noise, tuple(rungs))


def not_contradicted(line: Line, near: float) -> Slope | None:
    """The derivative from three steps, where `near` lies within its bar."""
    noise = line.noise(0.0)
    rungs = rungs_of(line, [1e-3 * line.scale / RATIO**k for k in range(3)], noise)
    best = min(rungs, key=lambda r: r.bar, default=None)
    if best is None or abs(best.value - near) > best.bar:
        return None
    return Slope(best.value, best.bar, best.h, noise, tuple(rungs))


def shrinking(rungs: list[Rung]) -> bool:
    """Whether the slopes on either side come together as steps shrink, as they do where there is a curve."""
    return all(fine.bend <= 0.5 * coarse.bend + fine.bend_noise for coarse, fine in itertools.pairwise(rungs))


def jumps(line: Line) -> float:
    """The size of the jumps of f nearby, in units of its slope: loops that stop at a tolerance and tables make them."""
    size = min(line.scale, line.least)
    values = [line.value(k * 0.003 * size) for k in range(-4, 5)]
    return SAFETY * deviation(values, last=True) / size


def still(line: Line, steps: list[float]) -> bool:
    """Whether f gives the very same value wherever it is asked."""
    middle = line.value(0.0)
    return all(line.value(s * h) == middle for h in steps for s in (1, -1))


def settled_still(line: Line, steps: list[float]) -> Slope:
    """The derivative of what does not move: 0, and as sure as the noise allows over the longest step."""
    noise = line.noise(0.0)
    return Slope(0.0, ROUNDING * noise / steps[0], steps[0], noise, still=True)


def difference(line: Line, h: float) -> float:
    """The exact difference: what f moved by, over what x really moved by."""
    gone = line.place(h) - line.place(-h)
    return (line.value(h) - line.value(-h)) / gone if gone else math.nan


def rungs_of(line: Line, steps: list[float], noise: float) -> list[Rung]:
    """Every pair of neighbouring steps as a rung; those where f is not finite are left out."""
    plain = [difference(line, h) for h in steps]
    middle, here = line.value(0.0), line.place(0.0)
    pairs = list(zip(steps, steps[1:], plain, plain[1:], strict=False))
    refined = [(RATIO**2 * narrow - wide) / (RATIO**2 - 1) for _, _, wide, narrow in pairs]
    found = []
    for k, (_, h, wide, narrow) in enumerate(pairs):
        if not math.isfinite(refined[k]):
            continue
        rounding = ROUNDING * noise / h + 4 * EPS * abs(refined[k])
        cut = abs(wide - narrow) / 2  # where the rule of f changes here, the error falls with h, not with its square
        if k + 1 < len(pairs) and math.isfinite(refined[k + 1]):
            finer = narrow - plain[k + 2]
            orderly = 8 * abs(finer) <= abs(wide - narrow) <= 32 * abs(finer)
            cut = abs(refined[k] - refined[k + 1]) if orderly else max(cut, abs(refined[k] - refined[k + 1]))
        up, down = line.place(h) - here, here - line.place(-h)
        right = (line.value(h) - middle) / up if up else math.nan
        left = (middle - line.value(-h)) / down if down else math.nan
        found.append(Rung(h, refined[k], cut + rounding, left, right, abs(right - left), 2 * ROUNDING * noise / h))
    return found


def climbed(line: Line, steps: list[float]) -> Slope:
    """The best rung of those that do not contradict the finer ones."""
    noise = line.noise(0.0)
    rungs = rungs_of(line, steps, noise)
    best, others = chosen(rungs)
    for _ in range(3):
        if best is None:
            break
        wider = min(line.noise(best.h), line.noise(-best.h)) if line.known else scatter(rungs, best)
        if not math.isfinite(wider) or wider <= 1.5 * noise:
            break
        noise = wider  # f is noisier than it seemed from x
        rungs = rungs_of(line, steps, noise)
        best, others = chosen(rungs)
    if best is None:
        return Slope(math.nan, math.inf, math.nan, noise)
    flat = line.value(best.h) == line.value(-best.h) == line.value(0.0)
    found = Slope(best.value, best.bar, best.h, noise, tuple(rungs), others=others, rough=bool(others), flat=flat)
    return with_sides(line, rungs, found)


def scatter(rungs: list[Rung], best: Rung) -> float:
    """The noise that would explain how finer rungs scatter around the best one."""
    finer = [r for r in rungs if r.h < best.h]
    return max((r.h * (abs(r.value - best.value) - best.bar) / ROUNDING for r in finer), default=0.0)


def chosen(rungs: list[Rung]) -> tuple[Rung | None, tuple[Rung, ...]]:
    """The rung with the smallest bar among those that agree with all finer ones, and what the others say."""
    best: Rung | None = None
    for k in range(len(rungs) - 1, -1, -1):
        rung = rungs[k]
        if best is not None and abs(rung.value - best.value) > 2 * (rung.bar + best.bar):
            return best, tuple(rungs[: k + 1])
        if best is None or rung.bar < best.bar:
            best = rung
    return best, ()


def with_sides(line: Line, rungs: list[Rung], found: Slope) -> Slope:
    """The slope, told whether it is one from both sides."""
    seen = [k for k, r in enumerate(rungs) if math.isfinite(r.bend) and r.bend > 5 * r.bend_noise and r.bend > 0]
    if len(seen) < 3:
        return found
    last = seen[-1]  # the finest step that sees the two sides differ
    if last < 2 or not all(rungs[j].bend < 2 * rungs[j + 1].bend for j in (last - 1, last - 2)):
        return found
    if last + 1 < len(rungs) and 10 * rungs[last + 1].bend_noise < rungs[last].bend:
        return replace(found, turned=rungs[last].h)  # finer steps would see it, and do not: it lies beside x
    if all(rungs[j].bend < 0.7 * rungs[j + 1].bend for j in (last - 1, last - 2)):
        return replace(found, steep=True)
    left, left_bar = from_one_side(line, rungs, "left", found.noise)
    right, right_bar = from_one_side(line, rungs, "right", found.noise)
    if not abs(right - left) > left_bar + right_bar:
        return found
    return replace(found, kink=True, left=left, right=right, side_bar=max(left_bar, right_bar))


def from_one_side(line: Line, rungs: list[Rung], side: str, noise: float) -> tuple[float, float]:
    """The slope seen from one side, by extrapolation of one-sided differences, and its bar."""
    best = (math.nan, math.inf)
    for coarse, fine in zip(rungs[::-1][1:], rungs[::-1], strict=False):
        wide, narrow = getattr(coarse, side), getattr(fine, side)
        if not math.isfinite(wide) or not math.isfinite(narrow):
            continue
        refined = (RATIO * narrow - wide) / (RATIO - 1)
        bar = abs(refined - narrow) + 3 * ROUNDING * noise / fine.h + 4 * EPS * abs(refined)
        if math.isfinite(best[0]) and abs(refined - best[0]) > 2 * (bar + best[1]):
            break
        if bar < best[1]:
            best = refined, bar
    return best


def one_sided(line: Line, steps: list[float]) -> Slope:
    """The slope where f is finite on one side of x only: at the edge of its domain."""
    middle, here, noise = line.value(0.0), line.place(0.0), line.noise(0.0)
    for sign, side in ((1.0, "right"), (-1.0, "left")):
        rungs = []
        for h in steps:
            gone = line.place(sign * h) - here
            value = (line.value(sign * h) - middle) / gone if gone else math.nan
            if math.isfinite(value):
                rungs.append(Rung(h, value, math.inf, value, value, 0.0, 0.0))
        if len(rungs) >= 3:
            value, bar = from_one_side(line, rungs, side, noise)
            return Slope(value, bar, rungs[-1].h, noise, tuple(rungs), sided=side)
    return Slope(math.nan, math.inf, math.nan, noise)
