"""A determinant by expansion by minors, each minor computed once: 2^n of them instead of the n! paths to them."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def minors(n: int, m: int) -> tuple[Any, Any, Any]:
    """Return, for every choice of m columns of n, its columns, which choice of m - 1 each leaves, and the signs."""
    smaller = {chosen: i for i, chosen in enumerate(combinations(range(n), m - 1))}
    larger = list(combinations(range(n), m))
    left = [[smaller[chosen[:j] + chosen[j + 1 :]] for j in range(m)] for chosen in larger]
    return np.array(larger), np.array(left), np.where(np.arange(m) % 2, -1.0, 1.0)


def determinant(A: Any, choices: Any) -> Any:
    """Compute the determinant of n x n numbers, row upon row from the last."""
    n = len(choices) + 1
    rows = A.reshape(n, n)
    below = rows[-1]
    for row, (columns, left, signs) in zip(rows[-2::-1], choices):
        below = np.sum(signs * row[columns] * below[left], axis=1)
    return below[0]


def read(given: Message) -> tuple[Any, ...]:
    """Return the numbers, row after row, and the choices of columns: they do not depend on the numbers."""
    n = given["ell"]
    return np.array(given["A"]), [minors(n, m) for m in range(2, n + 1)]


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {"primal": Asked(read, way(determinant), float), "gradient": Asked(read, way(gw.grad(determinant)), listed)}
