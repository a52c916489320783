"""A function of one number around a point: its values, where its steps lead, and how noisy it is."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable
from functools import cached_property

from gatewise._numerical.noise import noise_of

EPS = 2.0**-52
LEAST_FLOAT = 5e-324
FINEST = 8  # spacings of floats around x: what lies closer together tells little
SECOND = 2.0**-39  # of the scale: rounding inside f may come in longer strides than those of x
SHORT_FLOATS = (("bfloat16", 2.0**-7), ("e", 2.0**-10), ("f", 2.0**-23))  # by the letters of `struct`
FEARED = 64  # times what rounding mostly makes: a bound that adds up every gate's worst
NORMAL = 1e-35  # values below it fit no short float, and prove nothing


class Direction:
    """A function of one number, `value(t)`, around t = 0: one coordinate, or a direction.

    `place(t)` is where t really leads, after rounding, and `unit` the spacing of floats there; `scale` and `least` are
    the largest and the smallest size that matter. `noise` bounds how far rounding moves the difference of two values
    (None: it is not known, and measured; `measured` gives what was measured elsewhere); it is no less than `floor`.
    `same(t)` says whether f takes the same branches at t as at x, and `noise_at(t)` what rounds there, where that is
    known.
    """

    def __init__(
        self,
        value: Callable[[float], float],
        *,
        place: Callable[[float], float] = float,
        scale: float = 1.0,
        least: float = 1.0,
        noise: float | None = None,
        floor: float = 0.0,
        unit: float | None = None,
        measured: Callable[[], float] | None = None,
        same: Callable[[float], bool] | None = None,
        noise_at: Callable[[float], float] | None = None,
    ) -> None:
        self._value, self.place, self.scale, self.least = value, place, scale, least
        self._noise, self.floor, self.measured, self.same = noise, floor, measured, same
        self.noise_at = noise_at
        here = place(0.0)
        self.unit = unit if unit is not None else math.ulp(here) if here else 0.0
        self._values: dict[float, float] = {}

    def value(self, t: float) -> float:
        """The function's value; each point is asked for once."""
        if t not in self._values:
            self._values[t] = self._value(t)
        return self._values[t]

    def again(self, t: float) -> float:
        """The value, asked for once more."""
        return self._value(t)

    def largest(self) -> float:
        """The largest value seen so far, in size."""
        return max((abs(v) for v in self._values.values() if math.isfinite(v)), default=0.0)

    @property
    def known(self) -> bool:
        """Whether the noise comes from the recording, and not from a table of values."""
        return self._noise is not None

    def as_black_box(self) -> Direction:
        """The same line for one who cannot look into f, and what a recording fears of its noise is feared a little."""
        made = Direction(
            self._value, place=self.place, scale=self.scale, least=self.least, unit=self.unit,
            floor=max(self.floor, self.noise / FEARED), measured=self.measured,
        )  # fmt: skip
        made._values = self._values
        return made

    @property
    def noise(self) -> float:
        """How far rounding moves the difference of two values: from the recording, or as far as it was seen by now."""
        here = self.value(0.0)
        if self._noise is not None:
            return max(self._noise, self.floor, 2 * LEAST_FLOAT)
        table = self.table
        seen = 2 * self.precision * abs(here) if math.isfinite(here) else 0.0
        return max(seen, self.floor, 4 * LEAST_FLOAT, 0.0 if math.isnan(table) else table)

    @cached_property
    def table(self) -> float:
        """The noise as a table of values tells it, here or along another line."""
        return self.tabled() if self.measured is None else self.measured()

    @property
    def precision(self) -> float:
        """The spacing at 1 of the floats that f answers in, as far as its values show."""
        return precision(self._values.values())

    def tabled(self) -> float:
        """The noise by a table of values next to x, and a second one a little farther away; NaN where neither tells."""
        finest = max(FINEST * self.unit, 1e-15 * self.least)
        tables = [noise_of(self.value, finest)]
        second = SECOND * self.scale
        if finest < second / 10 and second < 0.01 * self.least:
            tables.append(noise_of(self.value, second, tries=1))
        return max((t for t in tables if not math.isnan(t)), default=math.nan)

    @property
    def coarse(self) -> bool:
        """Whether f may answer in float32, as far as its value at x shows."""
        return holds_exactly("f", self.value(0.0))


def precision(values: Iterable[float]) -> float:
    """The spacing of floats at 1 in the shortest type that holds every value, where at least four differ.

    >>> precision([0.1, 0.2, 0.3, 0.4]) == EPS
    True
    >>> import numpy as np
    >>> precision(float(np.float32(x)) for x in (0.1, 0.2, 0.3, 0.4)) == 2.0**-23
    True
    """
    different = {v for v in values if math.isfinite(v)}
    if len(different) < 4 or min(map(abs, different)) < NORMAL:
        return EPS
    return next((eps for kind, eps in SHORT_FLOATS if all(holds_exactly(kind, v) for v in different)), EPS)


def holds_exactly(kind: str, value: float) -> bool:
    """Whether a short float holds this value exactly."""
    try:
        if kind != "bfloat16":
            return bool(struct.unpack(kind, struct.pack(kind, value))[0] == value)
        return holds_exactly("f", value) and struct.unpack("I", struct.pack("f", value))[0] & 0xFFFF == 0
    except OverflowError:
        return False
