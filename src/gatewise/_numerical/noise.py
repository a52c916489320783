"""How noisy the values of a function are, from a table of differences of a few of them.

After Moré and Wild, "Estimating computational noise" (SIAM J. Sci. Comput. 33, 2011): differences of high order of a
smooth function vanish, those of its rounding errors do not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

POINTS = 9
TRIES = 6
SAFETY = 8.0  # from a standard deviation to a bound of the difference of two values


def noise_of(f: Callable[[float], float], spacing: float) -> float:
    """A bound of how far rounding moves the difference of two values of `f` near 0; NaN where the table does not tell.

    `spacing` is the first try; it grows where the values are too much alike, and shrinks where they are too far apart.

    >>> import numpy as np
    >>> 1e-8 < noise_of(lambda t: float(np.float32(np.sin(1 + t))), 1e-10) < 1e-5
    True
    """
    low, high = 0.0, math.inf
    for _ in range(TRIES):
        values = [f(k * spacing) for k in range(-(POINTS // 2), POINTS // 2 + 1)]
        if not all(map(math.isfinite, values)):
            high = spacing
        elif alike(values):
            low = spacing
        else:
            found = deviation(values)
            if not math.isnan(found):
                return SAFETY * found
            high = spacing
        if math.isinf(high):
            spacing *= 100
        elif low == 0:
            spacing /= 100
        else:
            spacing = math.sqrt(low * high)
    return math.nan


def alike(values: Sequence[float]) -> bool:
    """Whether at least half of all neighbours are equal: the values lie too close together to tell."""
    return sum(a == b for a, b in itertools.pairwise(values)) >= len(values) // 2


def deviation(values: Sequence[float], last: bool = False) -> float:
    """The standard deviation of the noise, from the first three orders of differences that agree on one; else NaN.

    With `last`, where none agree, what the highest order says: no less than the noise.
    """
    row, found, mixed = list(values), [], []
    for order in range(1, len(values) - 1):
        row = [b - a for a, b in itertools.pairwise(row)]
        gamma = math.factorial(order) ** 2 / math.factorial(2 * order)
        found.append(math.sqrt(gamma * sum(x * x for x in row) / len(row)))
        mixed.append(min(row) < 0 < max(row))
    for k in range(len(found) - 2):
        three = found[k : k + 3]
        if max(three) <= 4 * min(three) and mixed[k]:
            return found[k]
    return found[-1] if last else math.nan
