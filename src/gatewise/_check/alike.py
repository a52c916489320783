"""Values of one shape side by side: which of them another one is, and of which it is a multiple."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from gatewise._check.comparing import Value

Key = TypeVar("Key")


class Rows(Generic[Key]):
    """Values of one shape at each point, a row each, by what they belong to."""

    def __init__(self, keys: Sequence[Key], values: Sequence[Sequence[Value]]) -> None:
        self.keys = keys
        self.at = [np.stack([np.ravel(np.asarray(v, float)) for v in each]) for each in zip(*values, strict=True)]
        self.largest = [largest_of_rows(rows) for rows in self.at]
        with np.errstate(all="ignore"):
            self.squares = np.einsum("ij,ij->i", self.at[0], self.at[0])

    def equal_to(self, values: Sequence[object], close: float) -> list[Key]:
        """The keys of the rows that are these values but for rounding, at as many points as are given."""
        same = np.ones(len(self.keys), bool)
        for v, rows, sizes in zip(values, self.at, self.largest, strict=False):
            v = np.ravel(np.asarray(v, float))
            with np.errstate(all="ignore"):
                off = np.abs(v - rows) <= np.maximum(close * sizes, 1e-12)[:, None]
                same &= (off | (v == rows)).all(1)
        return [key for key, fits in zip(self.keys, same, strict=True) if fits]

    def multiples(self, values: Sequence[Any], close: float) -> Iterator[tuple[Key, float]]:
        """The keys of the rows of which these values are a multiple, the same at each point, and how many times."""
        v = np.ravel(np.asarray(values[0], float))
        with np.errstate(all="ignore"):
            c = (self.at[0] @ v) / self.squares
            fits = np.isfinite(c) & (c != 0)
            for v, rows, sizes in zip(values, self.at, self.largest, strict=True):
                v = np.ravel(np.asarray(v, float))
                fits &= (sizes > 0) & (largest_of_rows(v - c[:, None] * rows) <= close * largest_of_rows(v[None]))
        for key, times, one in zip(self.keys, c, fits, strict=True):
            if one:
                yield key, float(times)

    def slopes(self, d: object, tolerance: float) -> np.ndarray:
        """How many times each row a value is, at the first point; 0 where more is left over than is tolerated."""
        d = np.ravel(np.asarray(d, float))
        with np.errstate(all="ignore"):
            c = (self.at[0] @ d) / self.squares
            left = largest_of_rows(d - c[:, None] * self.at[0])
        found: np.ndarray = np.where(np.isfinite(c) & (left <= tolerance), c, 0.0)
        return found


def largest_of_rows(rows: np.ndarray) -> np.ndarray:
    """The largest size of the finite entries of each row; 0 of one without any."""
    sizes = np.abs(rows)
    found: np.ndarray = np.where(np.isfinite(sizes), sizes, 0.0).max(1, initial=0.0)
    return found
