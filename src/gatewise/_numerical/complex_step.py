"""The complex step: for analytic functions a derivative without any difference, so nothing cancels."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable

TINY = 1e-30  # added as an imaginary part; its square is lost beside any number that matters
JITTER = (-4e-15, -1.7e-15, 1.3e-15, 3.1e-15)  # of the scale: where rounding shows in what should be one number


def complex_slope(f: Callable[[complex], complex], scale: float) -> tuple[float, float] | None:
    """The derivative of `f` at 0 and how far it may be off; None where `f` does not take complex numbers there.

    The same is done at neighbours of 0: what rounding does to them is what it may do to the answer.

    >>> value, bar = complex_slope(lambda t: cmath.exp(1 + t) - 1e8 + 1e8, 1.0)
    >>> abs(value - cmath.e) <= bar < 1e-12
    True
    """
    step = TINY * scale
    found = []
    for offset in (0.0, *JITTER):
        try:
            value = complex(f(complex(offset * scale, step)))
        except (TypeError, ValueError, ArithmeticError):
            return None
        if not cmath.isfinite(value):
            return None
        found.append(value.imag / step)
    underflow = 4 * math.ulp(0.0) / step
    return found[0], 4 * (max(found) - min(found)) + 1e-14 * abs(found[0]) + underflow
