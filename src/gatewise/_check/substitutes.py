"""NumPy functions that have no gate, made of those that have one: only to find the wrong lines of a backward pass.

A function that moves entries and computes nothing is run on the places of its entries: that says where each goes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._check.comparing import Value
from gatewise._tensor import Tensor
from gatewise._types import Function, Plain

#: Functions that move, repeat and drop entries, and put zeros between them.
MOVING = (
    "append", "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "block", "broadcast_arrays", "column_stack",
    "delete", "diag", "diagflat", "diagonal", "dsplit", "dstack", "flip", "fliplr", "flipud", "hsplit", "hstack",
    "insert", "meshgrid", "moveaxis", "pad", "repeat", "resize", "roll", "rollaxis", "rot90", "take",
    "take_along_axis", "tile", "tril", "triu", "vsplit", "vstack",
)  # fmt: skip


def moving(f: Function) -> Function:
    """A function that only moves entries, for Tensors: entries are numbered from 1, and 0 is where there is none."""

    def on_tensors(*args: Any, **kwargs: Any) -> object:
        if not any(is_tensor(x) for x in [*args, *kwargs.values()]):
            return f(*args, **kwargs)
        parts: list[Any] = [np.zeros(1)]
        count = itertools.count(1)

        def numbered(x: Any) -> object:
            if type(x) in (list, tuple):
                return type(x)(map(numbered, x))
            if not isinstance(x, (Tensor, float)) and getattr(getattr(x, "dtype", None), "kind", "") != "f":
                return x
            parts.append(np.reshape(x, (-1,)))
            return np.array([next(count) for _ in range(int(np.size(x)))]).reshape(np.shape(x))

        places = f(*map(numbered, args), **{name: numbered(x) for name, x in kwargs.items()})
        entries = np.concatenate(parts)
        return [entries[p] for p in places] if isinstance(places, (list, tuple)) else entries[places]

    return on_tensors


def is_tensor(x: Any) -> bool:
    return isinstance(x, Tensor) or (type(x) in (list, tuple) and any(map(is_tensor, x)))


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> object:
    if ord not in (None, 2, "fro") or (ord == 2 and axis is None and np.ndim(x) == 2):
        return np.linalg.norm(x, ord, axis, keepdims)
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


def diff(x: npt.ArrayLike, n: int = 1, axis: int = -1) -> Value:
    size = np.shape(x)[axis]
    later, before = moving(np.take)(x, range(1, size), axis=axis), moving(np.take)(x, range(size - 1), axis=axis)
    return later - before if n == 1 else diff(later - before, n - 1, axis)


def cumsum(x: npt.ArrayLike, axis: int | None = None) -> Value:
    if axis is None:
        return cumsum(np.reshape(x, (-1,)), 0)
    axes = [*range(np.ndim(x))]
    axes[0], axes[axis] = axes[axis], axes[0]
    first = np.transpose(x, axes)
    rows = np.tri(np.shape(first)[0]) @ np.reshape(first, (np.shape(first)[0], -1))
    return np.transpose(np.reshape(rows, np.shape(first)), axes)


def average(x: Any, axis: Any = None, weights: Any = None) -> object:
    if weights is None:
        return np.mean(x, axis=axis)
    if np.ndim(weights) != np.ndim(x):
        return np.average(x, axis=axis, weights=weights)
    return np.sum(x * weights, axis=axis) / np.sum(weights, axis=axis)


def inner(a: npt.ArrayLike, b: npt.ArrayLike) -> Value:
    return a @ np.transpose(b) if np.ndim(a) and np.ndim(b) and np.ndim(b) < 3 else np.inner(a, b)


def vdot(a: npt.ArrayLike, b: npt.ArrayLike) -> object:
    return np.sum(np.reshape(a, (-1,)) * np.reshape(b, (-1,)))


def trace(x: npt.ArrayLike) -> Any:
    return np.sum(moving(np.diagonal)(x)) if np.ndim(x) == 2 else np.trace(x)


def solve(a: Any, b: Any) -> Value:
    return np.linalg.inv(a) @ b if np.ndim(a) == 2 else np.linalg.solve(a, b)


def outer_of(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def outer(a: npt.ArrayLike, b: npt.ArrayLike) -> object:
        return f(np.reshape(a, (*np.shape(a), *(1 for _ in np.shape(b)))), b)

    return outer


def reduced(f: Function) -> Function:
    def reduce(x: object, axis: object = 0, keepdims: bool = False) -> object:
        return f(x, axis=axis, keepdims=keepdims)

    return reduce


COMPUTED: Mapping[str, Function] = {
    "linalg.norm": norm, "linalg.solve": solve, "diff": diff, "cumsum": cumsum, "average": average, "inner": inner,
    "vdot": vdot, "trace": trace, "add.reduce": reduced(np.sum), "maximum.reduce": reduced(np.max),
    "minimum.reduce": reduced(np.min), "add.outer": outer_of(np.add), "subtract.outer": outer_of(np.subtract),
    "multiply.outer": outer_of(np.multiply),
}  # fmt: skip


def with_tensors(f: Function, substitute: Function) -> Function:
    """The substitute where a Tensor is about, NumPy's own function elsewhere."""

    def chosen(*args: Plain, **kwargs: Plain) -> object:
        held = any(is_tensor(x) for x in [*args, *kwargs.values()])
        return substitute(*args, **kwargs) if held else f(*args, **kwargs)

    return chosen


def attribute(name: str) -> Any:
    found: Any = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


#: What stands for a NumPy function, by its name: "vstack", "linalg.norm".
SUBSTITUTES: Mapping[str, Function] = {name: moving(attribute(name)) for name in MOVING} | {
    name: with_tensors(attribute(name), f) for name, f in COMPUTED.items()
}
