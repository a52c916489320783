"""What changes with the size of a batch, as an expression in that size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np


class Maker(Protocol):
    """Makes arrays of a size that may be a symbol: NumPy, or jax.numpy."""

    def arange(self, n: Any, dtype: Any) -> Any: ...
    def eye(self, n: Any, dtype: Any) -> Any: ...
    def full(self, shape: Any, value: Any, dtype: Any) -> Any: ...
    def number(self, n: Any) -> Any: ...
    def whole(self, n: Any) -> Any: ...


class ByNumPy:
    """Arrays and numbers of NumPy's."""

    def arange(self, n: Any, dtype: Any) -> Any:
        return np.arange(n, dtype=dtype)

    def eye(self, n: Any, dtype: Any) -> Any:
        return np.eye(n, dtype=dtype)

    def full(self, shape: Any, value: Any, dtype: Any) -> Any:
        return np.full(shape, value, dtype)

    def number(self, n: Any) -> Any:
        return float(n)

    def whole(self, n: Any) -> Any:
        return n


@dataclass(frozen=True)
class Whole:
    """A whole number: c0 + c1 N + c2 N**2."""

    c0: int
    c1: int
    c2: int

    def at(self, n: Any, maker: Maker) -> Any:
        out = self.c1 * n if not self.c2 else self.c1 * n + self.c2 * n * n
        return out + self.c0 if self.c0 else out


@dataclass(frozen=True)
class Power:
    """A float: scale * (N - less) ** power."""

    scale: float
    power: int
    less: int

    def at(self, n: Any, maker: Maker) -> Any:
        base = maker.number(n) - self.less
        if self.power > 0:
            return self.scale * base**self.power
        return self.scale / base**-self.power if not isinstance(base, float) or base else float(np.inf)


@dataclass(frozen=True)
class Filled:
    """An array: 0, 1, 2 ... ("arange"), the identity ("eye"), or one number everywhere ("full")."""

    how: str
    shape: tuple[Any, ...]
    value: Any
    dtype: Any

    def at(self, n: Any, maker: Maker) -> Any:
        shape = tuple(at(x, n, maker) for x in self.shape)
        if self.how == "full":
            return maker.full(shape, at(self.value, n, maker), self.dtype)
        return (maker.arange if self.how == "arange" else maker.eye)(shape[0], self.dtype)


def at(x: Any, n: Any, maker: Maker) -> Any:
    """What an expression is at a size; anything else itself, expressions in it worked out."""
    if isinstance(x, (Whole, Power, Filled)):
        return x.at(n, maker)
    if isinstance(x, slice):
        return slice(*(at(part, n, maker) for part in (x.start, x.stop, x.step)))
    return type(x)(at(part, n, maker) for part in x) if type(x) in (tuple, list) else x


def whole(values: Sequence[int], sizes: Sequence[int]) -> Whole | None:
    """The polynomial through the first three, if it has whole coefficients and goes through the others too."""
    if len(set(sizes)) < 3:
        return None
    (n0, n1, n2), (v0, v1, v2) = sizes[:3], values[:3]
    first, second = Fraction(v1 - v0, n1 - n0), Fraction(v2 - v1, n2 - n1)
    c2 = (second - first) / (n2 - n0)
    c1 = first - c2 * (n0 + n1)
    c0 = v0 - c1 * n0 - c2 * n0 * n0
    through = all(c0 + c1 * n + c2 * n * n == v for n, v in zip(sizes, values, strict=True))
    return Whole(int(c0), int(c1), int(c2)) if through and all(c.denominator == 1 for c in (c0, c1, c2)) else None


def power(values: Sequence[float], sizes: Sequence[int], within: float) -> Power | None:
    """The power of N, or of N - 1, that these are a multiple of, if there is one."""
    for less in (0, 1) if len(set(sizes)) > 2 else ():
        for k in (-1, 1, -2, 2):
            scales = [v / float(n - less) ** k for v, n in zip(values, sizes, strict=True)]
            if all(np.isfinite(scales)) and np.allclose(scales, scales[0], rtol=within, atol=0):
                return Power(float(np.median(scales)), k, less)
    return None


def rounding(x: Any) -> float:
    """How far apart two floats of a dtype may be that are one number: sums of many entries are rounded."""
    return 64 * float(np.finfo(np.asarray(x).dtype).eps)


def filled(arrays: Sequence[np.ndarray]) -> str:
    """What all of these are, "" where they are nothing of the kind."""
    first = arrays[0]
    if first.ndim == 1 and all(np.array_equal(v, np.arange(len(v))) for v in arrays):
        return "arange"
    if first.ndim == 2 and all(np.array_equal(v, np.eye(len(v))) for v in arrays):
        return "eye"
    return "full" if all(v.size and bool(np.all(v == v.flat[0])) for v in arrays) else ""
