"""How noisy the values of a function are, from a table of differences of a few of them.

After Moré and Wild, "Estimating computational noise" (SIAM J. Sci. Comput. 33, 2011): differences of high order of a
smooth function vanish, those of its rounding errors do not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

POINTS = 9
TRIES = 9
SAFETY = 8.0  # from a standard deviation to a bound of the difference of two values
WIDEST = 0.03  # a table that is wider than this tells of the function, and not of its noise
HALVINGS = 14  # of the interval in which values change, until a jump is told from a corner
SPREAD = 64  # times what a slope would leave of the change: more is a jump


def noise_of(f: Callable[[float], float], spacing: float, tries: int = TRIES) -> float:
    """A bound of how far rounding moves the difference of two values of `f` near 0; NaN where the table does not tell.

    `spacing` is the first try; it grows where the values are too much alike, and shrinks where they are too far apart.

    >>> import numpy as np
    >>> 1e-8 < noise_of(lambda t: float(np.float32(np.sin(1 + t))), 1e-10) < 1e-5
    True
    """
    low, high = 0.0, math.inf
    for _ in range(tries):
        values = [f(k * spacing) for k in range(-(POINTS // 2), POINTS // 2 + 1)]
        finite = all(map(math.isfinite, values))
        if finite and mostly_equal(values):
            low = spacing
        else:
            found = deviation(values) if finite else math.nan
            if finite and low > 0 and not jumps(f, spacing, values):
                return math.nan  # all alike up to a corner
            if not math.isnan(found):
                return SAFETY * found
            high = spacing
        if low == 0:
            spacing /= 30
        elif math.isinf(high):
            spacing *= 100
        elif high < 4 * low:
            return SAFETY * deviation(values, last=True) if finite else math.nan
        else:
            spacing = math.sqrt(low * high)
        if spacing > WIDEST:
            break
    return math.nan


def mostly_equal(values: Sequence[float]) -> bool:
    """Whether at least half of all neighbours are equal: the values lie too close together to tell."""
    return sum(a == b for a, b in itertools.pairwise(values)) >= len(values) // 2


def jumps(f: Callable[[float], float], spacing: float, values: Sequence[float]) -> bool:
    """Whether the largest change between neighbours is a jump: halved again and again, its interval keeps it all."""
    changes = [abs(b - a) for a, b in itertools.pairwise(values)]
    k = max(range(len(changes)), key=changes.__getitem__)
    ends = [(j - POINTS // 2) * spacing for j in (k, k + 1)]
    left = concentrated(f, ends[0], ends[1], HALVINGS)
    return left is None or left > SPREAD * changes[k] / 2**HALVINGS


def concentrated(f: Callable[[float], float], a: float, b: float, halvings: int, slope: float = 0.0) -> float | None:
    """How much of the change of `f` over [a, b], beyond what `slope` makes, is left after halving towards where it is.

    None where f gives no number on the way.
    """
    at_a, at_b = f(a), f(b)
    for _ in range(halvings):
        middle = (a + b) / 2
        here = f(middle)
        if not math.isfinite(here):
            return None
        if abs(here - at_a - slope * (middle - a)) >= abs(at_b - here - slope * (b - middle)):
            b, at_b = middle, here
        else:
            a, at_a = middle, here
    return abs(at_b - at_a - slope * (b - a))


def deviation(values: Sequence[float], last: bool = False) -> float:
    """The standard deviation of the noise, from the first three orders of differences that agree on one; else NaN.

    With `last`, where none agree, what the highest order says: no less than the noise.
    """
    top = max(map(abs, values))
    unit = 2.0 ** math.floor(math.log2(top)) if top > 0 else 1.0  # squares of very large and small numbers do not hold
    row, found, mixed = [x / unit for x in values], [], []
    for order in range(1, len(values) - 1):
        row = [b - a for a, b in itertools.pairwise(row)]
        gamma = math.factorial(order) ** 2 / math.factorial(2 * order)
        found.append(unit * math.sqrt(gamma * sum(x * x for x in row) / len(row)))
        mixed.append(min(row) < 0 < max(row))
    for k in range(len(found) - 2):
        three = found[k : k + 3]
        if max(three) <= 4 * min(three) and mixed[k]:
            return found[k]
    return found[-1] if last else math.nan
