"""The logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def logsumexp(x: Any) -> Any:
    """Compute it from the largest entry, so that nothing overflows."""
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def read(given: Message) -> tuple[Any, ...]:
    """Return the vector."""
    return (np.array(given["x"]),)


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {"primal": Asked(read, way(logsumexp), float), "gradient": Asked(read, way(gw.grad(logsumexp)), listed)}
