"""Values that are compared: whether they are numbers, of which shape, and sums of some of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np

#: A value or a gradient of floats.
Value: TypeAlias = float | np.ndarray


def value_in(names: Mapping[str, Any], key: str) -> Any:
    """What a key stands for among these names."""
    base, _, entry = key.partition("['")
    held = names.get(base)
    if entry:
        return held.get(entry[:-2]) if isinstance(held, Mapping) else None
    return held


def is_number(value: Any) -> bool:
    return isinstance(value, (float, int, np.ndarray, np.generic)) and np.asarray(value).dtype.kind in "fiub"


def is_gradient_like(value: Any) -> bool:
    """Whether a value may be a gradient: floats, not a mask and not a count."""
    return isinstance(value, (float, np.ndarray, np.floating)) and np.asarray(value).dtype.kind == "f"


def fits(g: Any, value: Any) -> bool:
    """Whether a gradient has the shape of its wire, but for axes of length one."""
    return is_number(g) and squeezed(g) == squeezed(value)


def stretches(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    """Whether NumPy stretches the one shape to the other."""
    return len(shape) <= len(whole) and all(n in (1, m) for n, m in zip(shape[::-1], whole[::-1], strict=False))


def in_shape(g: Any, shape: tuple[int, ...]) -> Any:
    """A gradient in another shape: summed over the axes that are too many, or stretched; None where neither can be."""
    g = np.asarray(g, float)
    if squeezed(g) == tuple(n for n in shape if n != 1):
        return g.reshape(shape)
    if stretches(g.shape, shape):
        return np.broadcast_to(g, shape)
    if not stretches(shape, g.shape):
        return None
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)


def squeezed(x: Any) -> tuple[int, ...]:
    return tuple(n for n in np.shape(x) if n != 1)


def largest(x: Any) -> float:
    a = np.abs(np.asarray(x, float))
    a = a[np.isfinite(a)]
    return float(a.max()) if a.size else 0.0


def plain(x: Any) -> Any:
    """A value to be shown: a float where it is one number."""
    return x if x is None else float(x) if np.ndim(x) == 0 else np.asarray(x)


def subsets(atoms: list[Any]) -> Iterator[list[Any]]:
    """All of the contributions, then single ones, then pairs, and so on."""
    if not atoms:
        return
    if len(atoms) > 8:
        yield from ([a] for a in atoms)
        return
    for size in range(1, len(atoms) + 1):
        yield from (list(group) for group in itertools.combinations(atoms, size))


def total(group: list[list[Any]]) -> list[Any]:
    return [sum(parts[1:], parts[0]) for parts in map(list, zip(*group, strict=True))]
