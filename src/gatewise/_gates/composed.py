"""NumPy's functions that are others of them put together: each is written in gates, with NumPy's own arguments.

What stands here gives NumPy's own bits, and its gradient follows. `COMPOSED` has the body of each.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.gate import Carrier
from gatewise._gates.live import dtype_of, shape_of
from gatewise._gates.movement import along, scatter
from gatewise._gates.ordering import lanes_of

#: By NumPy's function what stands for it.
COMPOSED: dict[Any, Callable[..., Any]] = {}


def composed(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that a body stands for these functions of NumPy's."""

    def declare(body: Callable[..., Any]) -> Callable[..., Any]:
        COMPOSED.update(dict.fromkeys(functions, body))
        return body

    return declare


def rank(x: Any) -> int:
    return len(shape_of(x))


def size(x: Any) -> int:
    return math.prod(shape_of(x))


def axis_of(axis: int, x: Any) -> int:
    """An axis counted from the front."""
    if not -rank(x) <= axis < rank(x):
        raise np.exceptions.AxisError(axis, rank(x))
    return axis % rank(x)


# ------------------------------------------------------------------------------------------------------------- joining


@composed(np.atleast_1d)
def atleast_1d(*arrays):
    found = [x if rank(x) else np.reshape(x, (1,)) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


def as_rows(x):
    return x if rank(x) >= 2 else np.reshape(x, (1, size(x)))


@composed(np.atleast_2d)
def atleast_2d(*arrays):
    found = [as_rows(x) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


def as_depths(x):
    if rank(x) >= 3:
        return x
    return np.expand_dims(x, -1) if rank(x) == 2 else np.reshape(x, (1, size(x), 1))


@composed(np.atleast_3d)
def atleast_3d(*arrays):
    found = [as_depths(x) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


def listed(arrays: Any) -> list[Any]:
    """What is joined, one by one; an array is joined row by row."""
    return list(arrays)


@composed(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    parts = [atleast_1d(x) for x in listed(tup)]
    joined = np.concatenate(parts, axis=0 if rank(parts[0]) == 1 else 1)
    return joined if dtype is None else joined.astype(dtype)


@composed(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    joined = np.concatenate([as_rows(x) for x in listed(tup)], axis=0)
    return joined if dtype is None else joined.astype(dtype)


@composed(np.dstack)
def dstack(tup):
    return np.concatenate([as_depths(x) for x in listed(tup)], axis=2)


@composed(np.column_stack)
def column_stack(tup):
    return np.concatenate([x if rank(x) >= 2 else np.reshape(x, (size(x), 1)) for x in listed(tup)], axis=1)


@composed(np.block)
def block(arrays):
    deepest = depth_of(arrays)
    most = max([deepest, *map(rank, leaves_of(arrays))])
    return joined_up(arrays, deepest, most)


def depth_of(arrays: Any) -> int:
    return 1 + max(map(depth_of, arrays)) if isinstance(arrays, list) else 0


def leaves_of(arrays: Any) -> list[Any]:
    return [leaf for part in arrays for leaf in leaves_of(part)] if isinstance(arrays, list) else [arrays]


def joined_up(arrays: Any, deepest: int, most: int) -> Any:
    if not isinstance(arrays, list):
        return np.reshape(arrays, (1,) * (most - rank(arrays)) + shape_of(arrays))
    return np.concatenate([joined_up(part, deepest - 1, most) for part in arrays], axis=-deepest)


@composed(np.append)
def append(arr, values, axis=None):
    if axis is None:
        return np.concatenate([np.ravel(arr), np.ravel(values)])
    return np.concatenate([arr, values], axis=axis)


@composed(np.insert)
def insert(arr, obj, values, axis=None):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis_of(axis, arr)
    n = shape_of(arr)[axis]
    places = np.insert(np.arange(n), obj, -1)
    new = len(places) - n
    shape = (*shape_of(arr)[:axis], new, *shape_of(arr)[axis + 1 :])
    if np.ndim(obj) == 0 and not isinstance(obj, slice):  # then the axis of the values is their first
        values = np.moveaxis(np.reshape(values, (1,) * (rank(arr) - rank(values)) + shape_of(values)), 0, axis)
        places = np.insert(np.arange(n), [obj] * shape_of(values)[axis], -1)
        shape = (*shape[:axis], shape_of(values)[axis], *shape[axis + 1 :])
    kept = np.arange(n, n + np.sum(places < 0))
    places[places < 0] = kept
    order = np.asarray(obj)
    if order.ndim and order.dtype != bool:  # several are put in by their places, not in the order they are given in
        places[np.isin(places, kept)] = kept[np.argsort(np.where(order < 0, order + n, order), kind="stable")]
    whole = np.concatenate([arr, np.broadcast_to(values, shape).astype(arr.dtype)], axis=axis)
    return whole[along(axis, places)]


@composed(np.delete)
def delete(arr, obj, axis=None):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis_of(axis, arr)
    return arr[along(axis, np.delete(np.arange(shape_of(arr)[axis]), obj))]


@composed(np.diagflat)
def diagflat(v, k=0):
    return np.diag(np.ravel(v), k)


@composed(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(shape_of, args))
    return tuple(np.broadcast_to(x, shape) for x in args)


@composed(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    n = len(xi)
    turned = indexing == "xy" and n > 1
    order = [1, 0, *range(2, n)] if turned else range(n)
    open_ = [np.reshape(x, (1,) * a + (size(x),) + (1,) * (n - a - 1)) for x, a in zip(xi, order, strict=True)]
    if sparse:
        return tuple(open_)
    shape = np.broadcast_shapes(*map(shape_of, open_))
    return tuple(np.broadcast_to(x, shape) for x in open_)


@composed(np.divmod)
def divmod_(x, y):
    return x // y, x % y


composed(np.around)(lambda a, decimals=0: np.round(a, decimals))
composed(np.amax)(lambda *args, **options: np.max(*args, **options))
composed(np.amin)(lambda *args, **options: np.min(*args, **options))


@composed(np.max)
def largest(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return extreme(np.max, np.maximum, -np.inf, a, axis, keepdims, initial, where) if out is None else NotImplemented


@composed(np.min)
def smallest(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return extreme(np.min, np.minimum, np.inf, a, axis, keepdims, initial, where) if out is None else NotImplemented


def extreme(whole, of_two, least, a, axis, keepdims, initial, where):
    """The largest or smallest entry where only some are looked at, or where a number is given to begin with."""
    if initial is None and where is True:
        return NotImplemented
    found = whole(a if where is True else np.where(where, a, least), axis=axis, keepdims=keepdims)
    return found if initial is None else of_two(found, initial)


# ------------------------------------------------------------------------------------------------------------- parting


def bounds_of(n: int, sections: Any) -> list[int]:
    """Where an axis of length n is cut: at given places, or into so many parts that are as equal as can be."""
    if np.ndim(sections):
        return list(sections)
    each, more = divmod(n, sections)
    ends = np.cumsum([each + 1] * more + [each] * (sections - more))
    return [int(end) for end in ends[:-1]]


@composed(np.array_split)
def array_split(ary, indices_or_sections, axis=0):
    return np.split(ary, bounds_of(shape_of(ary)[axis], indices_or_sections), axis=axis)


@composed(np.hsplit)
def hsplit(ary, indices_or_sections):
    return np.split(ary, indices_or_sections, axis=1 if rank(ary) > 1 else 0)


@composed(np.vsplit)
def vsplit(ary, indices_or_sections):
    return np.split(ary, indices_or_sections, axis=0)


@composed(np.dsplit)
def dsplit(ary, indices_or_sections):
    return np.split(ary, indices_or_sections, axis=2)


# ------------------------------------------------------------------------------------------------------------- picking


@composed(np.take)
def take(a, indices, axis=None, *, mode="raise"):
    if axis is None:
        a, axis = np.ravel(a), 0
    n, indices = shape_of(a)[axis], np.asarray(indices)
    if mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    elif mode == "wrap":
        indices = indices % n
    return a[along(axis_of(axis, a), indices)]


@composed(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    if axis is None:
        return np.ravel(arr)[indices]
    axis = axis_of(axis, arr)
    shape = tuple(n if a == axis else m for a, (n, m) in enumerate(zip(shape_of(indices), shape_of(arr), strict=True)))
    return arr[lanes_of(axis, indices, shape)]


@composed(np.compress)
def compress(condition, a, axis=None):
    return take(a, np.flatnonzero(condition), axis)


@composed(np.extract)
def extract(condition, arr):
    return np.ravel(arr)[np.flatnonzero(condition)]


@composed(np.select)
def select(condlist, choicelist, default=0):
    found = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        found = np.where(condition, choice, found)
    return found


@composed(np.choose)
def choose(a, choices, *, mode="raise"):
    choices, number = list(choices), np.asarray(a)
    if mode != "raise":
        number = number % len(choices) if mode == "wrap" else np.clip(number, 0, len(choices) - 1)
    shape = np.broadcast_shapes(number.shape, *map(shape_of, choices))
    whole = np.stack([np.broadcast_to(choice, shape) for choice in choices])
    return whole[np.broadcast_to(number, shape), *np.indices(shape, sparse=True)] if shape else whole[int(number)]


# -------------------------------------------------------------------------------------------------------------- totals


@composed(np.ptp)
def ptp(a, axis=None, *, keepdims=False):
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@composed(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        return (mean, np.full_like(mean, size(a) / size(mean))) if returned else mean
    if shape_of(weights) != shape_of(a):
        if axis is None or np.ndim(axis) or rank(weights) != 1:
            raise UnsupportedError.of("np.average of weights whose shape is another")
        weights = np.reshape(weights, tuple(-1 if k == axis_of(axis, a) else 1 for k in range(rank(a))))
        weights = np.broadcast_to(weights, shape_of(a))
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    mean = np.sum(np.multiply(a, weights), axis=axis, keepdims=keepdims) / total
    return (mean, total) if returned else mean


@composed(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    axis = axis_of(axis, y)
    if x is None:
        width = dx
    else:
        width = np.diff(x, axis=-1 if rank(x) == 1 else axis)
        if rank(x) == 1:
            width = np.reshape(width, tuple(-1 if k == axis else 1 for k in range(rank(y))))
    later, before = along(axis, slice(1, None)), along(axis, slice(None, -1))
    return np.sum(width * (y[later] + y[before]) / 2.0, axis=axis)


@composed(np.cov)
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    if not (fweights is None and aweights is None):
        raise UnsupportedError.of("np.cov with weights")
    x = as_rows(m) if rowvar or rank(m) < 2 else np.transpose(m)
    if y is not None:
        x = np.concatenate([x, as_rows(y) if rowvar or rank(y) < 2 else np.transpose(y)], axis=0)
    x = x - np.reshape(np.mean(x, axis=1), (-1, 1))
    free = shape_of(x)[1] - (ddof if ddof is not None else 0 if bias else 1)
    return np.squeeze(np.dot(x, np.transpose(x)) * np.true_divide(1, max(free, 0)))


@composed(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar)
    if not shape_of(c):
        return c / c
    spread = np.sqrt(np.diag(c))
    return np.clip(c / np.expand_dims(spread, 1) / np.expand_dims(spread, 0), -1, 1)


@composed(np.nansum)
def nansum(a, axis=None, *, keepdims=False):
    return np.sum(np.where(np.isnan(a), 0, a), axis=axis, keepdims=keepdims)


@composed(np.nanprod)
def nanprod(a, axis=None, *, keepdims=False):
    return np.prod(np.where(np.isnan(a), 1, a), axis=axis, keepdims=keepdims)


@composed(np.nancumsum)
def nancumsum(a, axis=None):
    return np.cumsum(np.where(np.isnan(a), 0, a), axis=axis)


@composed(np.nancumprod)
def nancumprod(a, axis=None):
    return np.cumprod(np.where(np.isnan(a), 1, a), axis=axis)


@composed(np.nanmean)
def nanmean(a, axis=None, *, keepdims=False):
    return nansum(a, axis, keepdims=keepdims) / np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)


@composed(np.nanvar)
def nanvar(a, axis=None, *, ddof=0, keepdims=False):
    counted = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
    away = np.where(np.isnan(a), 0, a - nanmean(a, axis, keepdims=True))
    return np.sum(np.multiply(away, away), axis=axis, keepdims=keepdims) / (counted - ddof)


@composed(np.nanstd)
def nanstd(a, axis=None, *, ddof=0, keepdims=False):
    return np.sqrt(nanvar(a, axis, ddof=ddof, keepdims=keepdims))


@composed(np.nanmax)
def nanmax(a, axis=None, *, keepdims=False):
    found = np.max(np.where(np.isnan(a), -np.inf, a), axis=axis, keepdims=keepdims)
    return np.where(np.all(np.isnan(a), axis=axis, keepdims=keepdims), np.nan, found)[()]


@composed(np.nanmin)
def nanmin(a, axis=None, *, keepdims=False):
    found = np.min(np.where(np.isnan(a), np.inf, a), axis=axis, keepdims=keepdims)
    return np.where(np.all(np.isnan(a), axis=axis, keepdims=keepdims), np.nan, found)[()]


@composed(np.percentile)
def percentile(a, q, axis=None, *, method="linear", keepdims=False):
    return quantile(a, np.true_divide(q, 100), axis, method=method, keepdims=keepdims)


@composed(np.quantile)
def quantile(a, q, axis=None, *, method="linear", keepdims=False):
    if method != "linear" or np.ndim(axis):
        raise UnsupportedError.of(f"np.quantile(..., axis={axis}, method={method!r})")
    shape = tuple(1 for _ in shape_of(a)) if axis is None else None
    lanes, axis = (np.ravel(a), 0) if axis is None else (a, axis_of(axis, a))
    ordered = np.sort(np.moveaxis(lanes, axis, 0), axis=0)
    at = np.asarray(q) * (shape_of(ordered)[0] - 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, shape_of(ordered)[0] - 1)
    t = np.reshape(at - low, np.shape(q) + (1,) * (rank(ordered) - 1))
    first, last = ordered[low], ordered[high]
    wide = last - first
    found = np.where(t >= 0.5, last - wide * (1 - t), first + wide * t)[()]
    if not keepdims:
        return found
    return np.reshape(found, np.shape(q) + (shape or tuple(1 if k == axis else n for k, n in enumerate(shape_of(a)))))


# -------------------------------------------------------------------------------------------------- neighbours, curves


@composed(np.diff)
def diff(a, n=1, axis=-1, prepend=None, append=None):
    axis = axis_of(axis, a)
    one = tuple(1 if k == axis else m for k, m in enumerate(shape_of(a)))
    ends = [x if x is None or rank(x) else np.broadcast_to(x, one) for x in (prepend, append)]
    if not all(x is None for x in ends):
        a = np.concatenate([x for x in (ends[0], a, ends[1]) if x is not None], axis=axis)
    for _ in range(n):
        a = a[along(axis, slice(1, None))] - a[along(axis, slice(None, -1))]
    return a


@composed(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    row = np.ravel(ary)
    parts = [to_begin, row[1:] - row[:-1], to_end]
    parts = [np.ravel(x) for x in parts if x is not None]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@composed(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    axes = range(rank(f)) if axis is None else [axis] if np.ndim(axis) == 0 else axis
    axes = [axis_of(a, f) for a in axes]
    widths = list(varargs) * (len(axes) if len(varargs) == 1 else 1) or [1.0] * len(axes)
    if len(widths) != len(axes):
        raise TypeError("invalid number of arguments")
    found = [slopes(f, width, a, edge_order) for a, width in zip(axes, widths, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def slopes(f: Any, width: Any, axis: int, edge_order: int) -> Any:
    """The slopes of f along one axis: those of parabolas inside, of straight lines or parabolas at both ends."""

    def at(start: Any, stop: Any = None) -> Any:
        return f[along(axis, slice(start, stop))]

    if rank(width):
        gaps = np.diff(width)
        gaps = np.reshape(gaps, tuple(-1 if k == axis else 1 for k in range(rank(f))))
        even = type(gaps) is np.ndarray and bool(np.all(gaps == gaps.flat[0]))
        width = gaps.flat[0] if even else None
    if width is not None:
        inside = (at(2) - at(None, -2)) / (2.0 * width)
        first, last = width, width
    else:
        before, after = gaps[along(axis, slice(None, -1))], gaps[along(axis, slice(1, None))]
        inside = (
            -after / (before * (before + after)) * at(None, -2)
            + (after - before) / (before * after) * at(1, -1)
            + before / (after * (before + after)) * at(2)
        )
        first, last = gaps[along(axis, slice(0, 1))], gaps[along(axis, slice(-1, None))]
    if edge_order == 1:
        start, end = (at(1, 2) - at(0, 1)) / first, (at(-1) - at(-2, -1)) / last
    elif width is not None:
        start = -1.5 / width * at(0, 1) + 2.0 / width * at(1, 2) + -0.5 / width * at(2, 3)
        end = 0.5 / width * at(-3, -2) + -2.0 / width * at(-2, -1) + 1.5 / width * at(-1)
    else:
        one, two = gaps[along(axis, slice(0, 1))], gaps[along(axis, slice(1, 2))]
        start = (
            -(2.0 * one + two) / (one * (one + two)) * at(0, 1)
            + (one + two) / (one * two) * at(1, 2)
            + -one / (two * (one + two)) * at(2, 3)
        )
        one, two = gaps[along(axis, slice(-2, -1))], gaps[along(axis, slice(-1, None))]
        end = (
            two / (one * (one + two)) * at(-3, -2)
            + -(two + one) / (one * two) * at(-2, -1)
            + (2.0 * two + one) / (two * (one + two)) * at(-1)
        )
    return np.concatenate([start, inside, end], axis=axis)


@composed(np.interp)
def interp(x, xp, fp, left=None, right=None, period=None):
    if period is not None:
        raise UnsupportedError.of("np.interp(..., period=...)")
    xp, fp = (z if hasattr(z, "shape") else np.asarray(z, float) for z in (xp, fp))
    k = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, size(xp) - 2)
    slope = (fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k])
    found = np.where(x >= xp[-1], fp[-1], slope * (x - xp[k]) + fp[k])
    if right is not None:
        found = np.where(x > xp[-1], right, found)
    return np.where(x < xp[0], fp[0] if left is None else left, found)[()]


@composed(np.correlate)
def correlate(a, v, mode="valid"):
    if size(v) > size(a):
        return np.flip(np.convolve(v, np.flip(a), mode=mode))
    return np.convolve(a, np.flip(v), mode=mode)


@composed(np.polyval)
def polyval(p, x):
    found = np.zeros_like(x)
    for k in range(shape_of(p)[0]):
        found = found * x + p[k]
    return found


@composed(np.vander)
def vander(x, N=None, increasing=False):
    powers = [np.ones_like(x)]
    for _ in range((shape_of(x)[0] if N is None else N) - 1):
        powers.append(powers[-1] * x)
    return np.stack(powers if increasing else powers[::-1], axis=1)


@composed(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    limits = np.finfo(dtype_of(x))
    found = np.where(np.isnan(x), nan, x)
    found = np.where(x == np.inf, limits.max if posinf is None else posinf, found)
    return np.where(x == -np.inf, limits.min if neginf is None else neginf, found)[()]


@composed(np.unwrap)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    axis = axis_of(axis, p)
    change, half = np.diff(p, axis=axis), period / 2
    turn = np.mod(change + half, period) - half
    turn = np.where((turn == -half) & (change > 0), half, turn)
    correction = np.where(np.abs(change) < (half if discont is None else discont), 0, turn - change)
    return np.concatenate(
        [p[along(axis, slice(0, 1))], p[along(axis, slice(1, None))] + np.cumsum(correction, axis)], axis
    )


@composed(np.bincount)
def bincount(x, weights=None, minlength=0):
    shape = (max(int(np.max(x)) + 1 if len(x) else 0, minlength),)
    return scatter(weights, index=np.asarray(x), shape=shape)


@composed(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    axis = axis_of(axis, arr)
    lanes = np.moveaxis(arr, axis, -1)
    outer = shape_of(lanes)[:-1]
    found = [func1d(lanes[place], *args, **kwargs) for place in np.ndindex(outer)]
    whole = np.reshape(np.stack(found), outer + shape_of(found[0]))
    inner = rank(found[0])
    return np.moveaxis(whole, range(len(outer), len(outer) + inner), range(axis, axis + inner)) if inner else whole


# ------------------------------------------------------------------------------------------------------ linear algebra


@composed(np.linalg.svdvals)
def svdvals(x):
    return np.linalg.svd(x, compute_uv=False)


@composed(np.linalg.norm)
def matrix_norm(x, ord=None, axis=None, keepdims=False):
    """The norms of matrices; those of vectors, and the length of all entries, are a gate of this name."""
    axes = tuple(range(rank(x))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) != 2 or ord in (None, "fro", "f"):
        return NotImplemented
    rows, columns = (axis_of(a, x) for a in axes)
    kept = tuple(1 if a in (rows, columns) else n for a, n in enumerate(shape_of(x)))
    if ord in ("nuc", 2, -2):
        values = np.linalg.svd(np.moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        found = (np.sum if ord == "nuc" else np.max if ord == 2 else np.min)(values, axis=-1)
    else:
        added, compared = (rows, columns) if abs(ord) == 1 else (columns, rows)
        total = np.sum(np.abs(x), axis=added)
        found = (np.max if ord > 0 else np.min)(total, axis=compared - (compared > added))
    return np.reshape(found, kept) if keepdims else found


@composed(np.linalg.cond)
def cond(x, p=None):
    if p is None or p in (2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


@composed(np.linalg.matrix_power)
def matrix_power(a, n):
    if n == 0:
        return np.broadcast_to(np.eye(shape_of(a)[-1], dtype=a.dtype), shape_of(a))
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n <= 3:
        return a if n == 1 else a @ a if n == 2 else (a @ a) @ a
    square = found = None
    while n:
        square = a if square is None else square @ square
        n, odd = divmod(n, 2)
        if odd:
            found = square if found is None else found @ square
    return found


@composed(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    if axes is not None:
        order = [k for k in range(rank(a)) if k not in axes]
        a = np.transpose(a, (*order, *axes))
    shape = shape_of(a)[rank(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (size(b), math.prod(shape))), np.ravel(b)), shape)


@composed(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    shape = shape_of(a)
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(shape[:ind]), -1))), shape[ind:] + shape[:ind])


@composed(np.linalg.multi_dot)
def multi_dot(arrays):
    parts = list(arrays)
    return functools.reduce(np.dot, parts)


composed(np.linalg.diagonal)(lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composed(np.linalg.trace)(lambda x, /, *, offset=0: np.trace(x, offset, -2, -1))
composed(np.linalg.matrix_transpose)(lambda x, /: np.matrix_transpose(x))
composed(np.linalg.matmul)(lambda x1, x2, /: np.matmul(x1, x2))
composed(np.linalg.outer)(lambda x1, x2, /: np.outer(x1, x2))


# ------------------------------------------------------------------------------------------------------ picked by value


@composed(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, **options):
    if axis is not None:
        raise UnsupportedError.of("np.unique(..., axis=...)")
    _, index, inverse, counts = np.unique(asked(ar), True, True, True, equal_nan=equal_nan, **options)
    asked_for = ((return_index, index), (return_inverse, inverse), (return_counts, counts))
    found = [np.ravel(ar)[index], *(x for wanted, x in asked_for if wanted)]
    return found[0] if len(found) == 1 else tuple(found)


def asked(x):
    """The plain value of what is only looked at."""
    return x.numpy() if isinstance(x, Carrier) else x


def by_value(function):
    """A function that only counts, sorts or asks: it is given plain values, and its answer is plain."""

    @functools.wraps(function)
    def answered(*args, **kwargs):
        inside = {"list": list, "tuple": tuple}

        def bare(x):
            return inside[type(x).__name__](map(bare, x)) if type(x) in (list, tuple) else asked(x)

        return function(*map(bare, args), **{name: bare(x) for name, x in kwargs.items()})

    return answered


COUNTING = (
    np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.lexsort, np.array_equal, np.array_equiv, np.allclose,
    np.isin, np.nanargmax, np.nanargmin, np.iscomplex, np.isreal, np.isrealobj, np.shares_memory, np.may_share_memory,
    np.linalg.matrix_rank, np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    np.digitize, np.can_cast, np.common_type, np.isposinf, np.isneginf,
)  # fmt: skip
COMPOSED.update({function: by_value(function) for function in COUNTING})


@composed(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    if axis is None:
        found = np.linalg.norm(np.ravel(x), ord)
        return np.reshape(found, (1,) * rank(x)) if keepdims else found
    if not isinstance(axis, tuple):
        return np.linalg.norm(x, ord, axis, keepdims)
    if ord != 2:
        raise UnsupportedError.of(f"np.linalg.vector_norm(..., axis={axis}, ord={ord})")
    return np.linalg.norm(x, None, axis, keepdims)


composed(np.linalg.matrix_norm)(lambda x, /, *, keepdims=False, ord="fro": np.linalg.norm(x, ord, (-2, -1), keepdims))


# -------------------------------------------------------------------------------------------------------- frequencies


@composed(np.fft.fft2)
def fft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.fftn(a, s, axes, norm)


@composed(np.fft.ifft2)
def ifft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.ifftn(a, s, axes, norm)


@composed(np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None):
    axis = axis_of(axis, a)
    return np.fft.fft(a, n, axis, norm)[along(axis, slice((shape_of(a)[axis] if n is None else n) // 2 + 1))]


@composed(np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None):
    axis = axis_of(axis, a)
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    half = a[along(axis, slice(n // 2 + 1))]
    short = n // 2 + 1 - shape_of(half)[axis]
    if short > 0:
        half = np.pad(half, [(0, short if k == axis else 0) for k in range(rank(a))])
    first, inner = half[along(axis, slice(0, 1))], half[along(axis, slice(1, (n + 1) // 2))]
    parts = [np.real(first) + 0j, inner]
    if n % 2 == 0:
        parts.append(np.real(half[along(axis, slice(n // 2, n // 2 + 1))]) + 0j)
    parts.append(np.conjugate(np.flip(inner, axis=axis)))
    return np.real(np.fft.ifft(np.concatenate(parts, axis=axis), n, axis, norm))


@composed(np.fft.rfftn)
def rfftn(a, s=None, axes=None, norm=None):
    *others, last = range(-len(s), 0) if axes is None and s is not None else range(rank(a)) if axes is None else axes
    found = np.fft.rfft(a, None if s is None else s[-1], last, norm)
    return np.fft.fftn(found, None if s is None else s[:-1], others, norm) if others else found


@composed(np.fft.rfft2)
def rfft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.rfftn(a, s, axes, norm)


@composed(np.fft.irfftn)
def irfftn(a, s=None, axes=None, norm=None):
    *others, last = range(-len(s), 0) if axes is None and s is not None else range(rank(a)) if axes is None else axes
    found = np.fft.ifftn(a, None if s is None else s[:-1], others, norm) if others else a
    return np.fft.irfft(found, None if s is None else s[-1], last, norm)


@composed(np.fft.irfft2)
def irfft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.irfftn(a, s, axes, norm)


@composed(np.fft.fftshift)
def fftshift(x, axes=None):
    axes = tuple(range(rank(x))) if axes is None else (axes,) if np.ndim(axes) == 0 else tuple(axes)
    return np.roll(x, tuple(shape_of(x)[a] // 2 for a in axes), axes)


@composed(np.fft.ifftshift)
def ifftshift(x, axes=None):
    axes = tuple(range(rank(x))) if axes is None else (axes,) if np.ndim(axes) == 0 else tuple(axes)
    return np.roll(x, tuple(-(shape_of(x)[a] // 2) for a in axes), axes)


@composed(np.real_if_close)
def real_if_close(a, tol=100):
    close = np.real_if_close(asked(a), tol)
    return np.real(a) if close.dtype.kind == "f" else a


# ---------------------------------------------------------------------------------------------------- newer, and older


@composed(np.cumulative_sum)
def cumulative_sum(x, /, *, axis=None, include_initial=False):
    return running(np.cumsum, x, axis, 0.0, include_initial)


@composed(np.cumulative_prod)
def cumulative_prod(x, /, *, axis=None, include_initial=False):
    return running(np.cumprod, x, axis, 1.0, include_initial)


def running(total, x, axis, initial, include_initial):
    axis = axis_of(0 if axis is None and rank(x) == 1 else axis, x)
    found = total(x, axis=axis)
    if not include_initial:
        return found
    shape = tuple(1 if k == axis else n for k, n in enumerate(shape_of(x)))
    return np.concatenate([np.full(shape, initial, dtype_of(x)), found], axis=axis)


@composed(np.unstack)
def unstack(x, /, *, axis=0):
    axis = axis_of(axis, x)
    return tuple(x[along(axis, k)] for k in range(shape_of(x)[axis]))


@composed(np.matvec)
def matvec(x1, x2, /):
    return (x1 @ np.expand_dims(x2, -1))[..., 0]


@composed(np.vecmat)
def vecmat(x1, x2, /):
    return (np.expand_dims(x1, -2) @ x2)[..., 0, :]


@composed(np.resize)
def resize(a, new_shape):
    count = math.prod(new_shape) if np.ndim(new_shape) else int(new_shape)
    return np.reshape(np.ravel(a)[np.arange(count) % max(size(a), 1)], new_shape)


@composed(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    for axis in axes if np.ndim(axes) else [axes]:
        found = func(a, axis)
        a = found if rank(found) == rank(a) else np.expand_dims(found, axis)
    return a


@composed(np.linspace)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    parts = num - 1 if endpoint else num
    steps = np.reshape(np.arange(0, num, dtype=float), (-1,) + (1,) * max(rank(start), rank(stop)))
    step = (stop - start) / parts if parts else np.nan
    made = steps * step + start if parts else steps * (stop - start) + start
    if endpoint and num > 1:
        made = np.concatenate([made[:-1], np.expand_dims(stop * 1.0 + 0.0 * made[0], 0)], axis=0)
    made = made if axis == 0 else np.moveaxis(made, 0, axis)
    return (made, step) if retstep else made


@composed(np.logspace)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    return np.power(base, linspace(start, stop, num, endpoint, axis=axis))


@composed(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    conditions = list(condlist) if not rank(x) or rank(condlist[0]) else [condlist]
    if len(funclist) == len(conditions) + 1:
        others = ~conditions[0]
        for condition in conditions[1:]:
            others = others & ~condition
        conditions = [*conditions, others]
    found = np.zeros_like(x)
    for condition, part in zip(conditions, funclist, strict=True):
        found = np.where(condition, part(x, *args, **kw) if callable(part) else part, found)
    return found


@composed(np.poly)
def poly(seq_of_zeros):
    if rank(seq_of_zeros) != 1:
        raise UnsupportedError.of("np.poly of a matrix")
    found = np.ones(1)
    for k in range(size(seq_of_zeros)):
        found = np.convolve(found, np.stack([1.0, -seq_of_zeros[k]]), mode="full")
    return found


@composed(np.polymul)
def polymul(a1, a2):
    return np.convolve(a1, a2)


@composed(np.polyder)
def polyder(p, m=1):
    for _ in range(m):
        p = p[:-1] * np.arange(size(p) - 1, 0, -1)
    return p


composed(np.linalg.cross)(lambda x1, x2, /, *, axis=-1: np.cross(x1, x2, axis=axis))
composed(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes=axes))
composed(np.linalg.vecdot)(lambda x1, x2, /: np.vecdot(x1, x2))
composed(np.astype)(lambda x, dtype, /, *, copy=True: x.astype(dtype))


@composed(np.polyadd)
def polyadd(a1, a2):
    n = max(size(a1), size(a2))
    return in_front(a1, n) + in_front(a2, n)


@composed(np.polysub)
def polysub(a1, a2):
    n = max(size(a1), size(a2))
    return in_front(a1, n) - in_front(a2, n)


def in_front(p, n):
    """A polynomial with zeros before its first coefficient, n in all."""
    return p if size(p) == n else np.concatenate([np.zeros(n - size(p)), p])


@composed(np.polyint)
def polyint(p, m=1, k=None):
    if m != 1:
        raise UnsupportedError.of(f"np.polyint(..., m={m})")
    constant = np.reshape(0.0 if k is None else k, (1,))
    return np.concatenate([p / np.arange(size(p), 0, -1), constant])


@composed(np.trim_zeros)
def trim_zeros(filt, trim="fb"):
    kept = np.flatnonzero(asked(filt))
    start = int(kept[0]) if "f" in trim.lower() and len(kept) else 0
    stop = int(kept[-1]) + 1 if "b" in trim.lower() and len(kept) else size(filt)
    return filt[start:stop] if len(kept) else filt[:0]


composed(np.unique_values)(lambda x: np.unique(x))


def all_in_a_row(function):
    """What orders entries, along no axis: all of them, in one row."""

    def body(a, *args, axis=-1, **options):
        return function(np.ravel(a), *args, **options) if axis is None else NotImplemented

    return body


COMPOSED.update({function: all_in_a_row(function) for function in (np.sort, np.argsort, np.partition, np.argpartition)})
