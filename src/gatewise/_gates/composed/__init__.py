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
    picking,
    polynomials,
    totals,
)
from gatewise._gates.composed.declaring import COMPOSED

__all__ = [
    "COMPOSED", "asking", "entrywise", "frequencies", "joining", "linear", "neighbours", "picking", "polynomials",
    "totals",
]  # fmt: skip
