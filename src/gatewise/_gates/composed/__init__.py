"""NumPy's functions that are others of them put together: each is written in gates, with NumPy's own arguments.

What stands here gives NumPy's own bits, and its gradient follows. `COMPOSED` has the body of each.
"""

from gatewise._gates.composed import (
    asking,
    entrywise,
    frequencies,
    joining,
    linear,
    neighbours,
    options,
    picking,
    polynomials,
    quantiles,
    totals,
)
from gatewise._gates.composed.declaring import COMPOSED
from gatewise._gates.composed.options import OPTIONS

__all__ = [
    "COMPOSED", "OPTIONS", "asking", "entrywise", "frequencies", "joining", "linear", "neighbours", "options",
    "picking", "polynomials", "quantiles", "totals",
]  # fmt: skip
