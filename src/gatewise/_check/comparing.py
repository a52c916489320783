"""Values that are compared: whether they are numbers, of which shape, and sums of some of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from gatewise._types import Plain

#: A value or a gradient of floats; and one in each of several runs.
Value: TypeAlias = float | np.ndarray
Values: TypeAlias = list[Value]


def value_in(names: Mapping[str, object], key: str) -> Any:
    """What a key stands for among these names."""
    base, _, entry = key.partition("['")
    held = names.get(base)
    if entry:
        return held.get(entry[:-2]) if isinstance(held, Mapping) else None
    return held


def is_number(value: object) -> bool:
    return isinstance(value, (float, int, np.ndarray, np.generic)) and np.asarray(value).dtype.kind in "fiub"


def is_gradient_like(value: object) -> bool:
    """Whether a value may be a gradient: floats, not a mask and not a count."""
    return isinstance(value, (float, np.ndarray, np.floating)) and np.asarray(value).dtype.kind == "f"


def fits(g: Plain, value: Plain) -> bool:
    """Whether a gradient has the shape of its wire, but for axes of length one."""
    return is_number(g) and squeezed(g) == squeezed(value)


def stretches(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether NumPy stretches the one shape to the other."""
    return len(shape) <= len(whole) and all(n in (1, m) for n, m in zip(shape[::-1], whole[::-1], strict=False))


def in_shape(g: npt.ArrayLike, shape: tuple[int, ...]) -> np.ndarray | None:
    """A gradient in another shape: summed over the axes that are too many, or stretched; None where neither can be."""
    a: np.ndarray = np.asarray(g, float)
    if squeezed(a) == tuple(n for n in shape if n != 1):
        return a.reshape(shape)
    if stretches(a.shape, shape):
        return np.broadcast_to(a, shape)
    if not stretches(shape, a.shape):
        return None
    a = a.sum(axis=tuple(range(a.ndim - len(shape))))
    found: np.ndarray = a.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)
    return found


def squeezed(x: npt.ArrayLike) -> tuple[int, ...]:
    return tuple(n for n in np.shape(x) if n != 1)


def largest(x: object) -> float:
    a = np.abs(np.asarray(x, float))
    a = a[np.isfinite(a)]
    return float(a.max()) if a.size else 0.0


def shown_value(x: Plain | None) -> Plain | None:
    """A value to be shown: a float where it is one number."""
    return x if x is None else float(np.asarray(x)) if np.ndim(x) == 0 else np.asarray(x)


def subsets(atoms: list[Values]) -> Iterator[list[Values]]:
    """All of the contributions, then single ones, then pairs, and so on."""
    if not atoms:
        return
    if len(atoms) > 8:
        yield from ([a] for a in atoms)
        return
    for size in range(1, len(atoms) + 1):
        yield from (list(group) for group in itertools.combinations(atoms, size))


def total(group: Sequence[Values]) -> Values:
    return [sum(parts[1:], parts[0]) for parts in map(list, zip(*group, strict=True))]


def identical(a: npt.ArrayLike | None, b: npt.ArrayLike | None) -> bool:
    """Whether two values are the same to the bit, NaNs included."""
    if a is None or b is None:
        return a is b
    x, y = np.asarray(a), np.asarray(b)
    return x.shape == y.shape and bool(((x == y) | ((x != x) & (y != y))).all())
