"""Arrays joined, laid out beside each other, and given more axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gatewise._gates.composed.declaring import axis_of, composed, rank, size
from gatewise._gates.live import shape_of
from gatewise._gates.movement import along


@composed(np.atleast_1d)
def atleast_1d(*arrays):
    found = [x if rank(x) else np.reshape(x, (1,)) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


def as_matrix(x):
    return x if rank(x) >= 2 else np.reshape(x, (1, size(x)))


@composed(np.atleast_2d)
def atleast_2d(*arrays):
    found = [as_matrix(x) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


def as_depths(x):
    if rank(x) >= 3:
        return x
    return np.expand_dims(x, -1) if rank(x) == 2 else np.reshape(x, (1, size(x), 1))


@composed(np.atleast_3d)
def atleast_3d(*arrays):
    found = [as_depths(x) for x in arrays]
    return found[0] if len(found) == 1 else tuple(found)


def what_is_joined(arrays: Any) -> list[Any]:
    """What is joined, one by one; an array is joined row by row."""
    return list(arrays)


@composed(np.hstack)
def hstack(tup, *, dtype=None, casting="same_kind"):
    parts = [atleast_1d(x) for x in what_is_joined(tup)]
    joined = np.concatenate(parts, axis=0 if rank(parts[0]) == 1 else 1)
    return joined if dtype is None else joined.astype(dtype)


@composed(np.vstack)
def vstack(tup, *, dtype=None, casting="same_kind"):
    joined = np.concatenate([as_matrix(x) for x in what_is_joined(tup)], axis=0)
    return joined if dtype is None else joined.astype(dtype)


@composed(np.dstack)
def dstack(tup):
    return np.concatenate([as_depths(x) for x in what_is_joined(tup)], axis=2)


@composed(np.column_stack)
def column_stack(tup):
    return np.concatenate([x if rank(x) >= 2 else np.reshape(x, (size(x), 1)) for x in what_is_joined(tup)], axis=1)


@composed(np.block)
def block(arrays):
    deepest = depth_of(arrays)
    most = max([deepest, *map(rank, leaves_of(arrays))])
    return joined_up(arrays, deepest, most)


def depth_of(arrays: object) -> int:
    return 1 + max(map(depth_of, arrays)) if isinstance(arrays, list) else 0


def leaves_of(arrays: object) -> list[object]:
    return [leaf for part in arrays for leaf in leaves_of(part)] if isinstance(arrays, list) else [arrays]


def joined_up(arrays: Any, deepest: int, most: int) -> object:
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


@composed(np.diagflat)
def diagflat(v, k=0):
    return np.diag(np.ravel(v), k)


@composed(np.broadcast_arrays)
def broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*map(shape_of, args))
    return tuple(x if isinstance(x, np.ndarray) and x.shape == shape else np.broadcast_to(x, shape) for x in args)


@composed(np.meshgrid)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    n = len(xi)
    turned = indexing == "xy" and n > 1
    order = [1, 0, *range(2, n)] if turned else range(n)
    open_ = [np.reshape(x, (1,) * a + (size(x),) + (1,) * (n - a - 1)) for x, a in zip(xi, order, strict=True)]
    if not sparse:
        shape = np.broadcast_shapes(*map(shape_of, open_))
        open_ = [np.broadcast_to(x, shape) for x in open_]
    return tuple(map(np.copy, open_) if copy else open_)


@composed(np.resize)
def resize(a, new_shape):
    count = math.prod(new_shape) if np.ndim(new_shape) else int(new_shape)
    if not size(a):
        return np.copy(np.broadcast_to(np.sum(a), new_shape))  # zeros, which may be written into
    return np.reshape(np.ravel(a)[np.arange(count) % max(size(a), 1)], new_shape)
