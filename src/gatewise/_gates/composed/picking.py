"""Entries picked: arrays parted, and taken from by places, by conditions or by value."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import axis_of, composed, only_looked_at, rank, size
from gatewise._gates.fitting import cast
from gatewise._gates.gate import Carrier
from gatewise._gates.live import dtype_of, shape_of
from gatewise._gates.movement import along, scatter
from gatewise._gates.ordering import lanes_of


@composed(np.delete)
def delete(arr, obj, axis=None):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis = axis_of(axis, arr)
    return arr[along(axis, np.delete(np.arange(shape_of(arr)[axis]), obj))]


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


@composed(np.take)
def take(a, indices, axis=None, *, mode="raise"):
    if axis is None or not rank(a):
        a, axis = np.ravel(a), 0
    n, indices = shape_of(a)[axis], np.asarray(indices)
    if mode == "clip":
        indices = np.clip(indices, 0, n - 1)
    elif mode == "wrap":
        indices = indices % n
    found = a[along(axis_of(axis, a), indices)]
    if not indices.ndim and rank(found):
        return np.copy(found)  # one place would be a view
    rows = not rank(found) or only_looked_at(found).flags.c_contiguous
    return found if rows else found.copy()  # as NumPy lays it out: a reshape of it is a view


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


@composed(np.bincount)
def bincount(x, weights=None, minlength=0):
    shape = (max(int(np.max(x)) + 1 if len(x) else 0, minlength),)
    weights = weights if dtype_of(weights) == float else cast(weights, dtype=np.dtype(float))  # as NumPy does
    return scatter(weights, index=np.asarray(x), shape=shape)


@composed(np.unique)
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, **options):
    if axis is not None:
        raise UnsupportedError.of("np.unique(..., axis=...)")
    _, index, inverse, counts = np.unique(only_looked_at(ar), True, True, True, equal_nan=equal_nan, **options)
    asked_for = ((return_index, index), (return_inverse, inverse), (return_counts, counts))
    found = [np.ravel(ar)[index], *(x for wanted, x in asked_for if wanted)]
    return found[0] if len(found) == 1 else tuple(found)


@composed(np.unstack)
def unstack(x, /, *, axis=0):
    axis = axis_of(axis, x)
    return tuple(x[along(axis, k)] for k in range(shape_of(x)[axis]))


@composed(np.piecewise)
def piecewise(x, condlist, funclist, *args, **kw):
    conditions = list(condlist) if not rank(x) or rank(condlist[0]) else [condlist]
    if len(funclist) == len(conditions) + 1:
        others = np.logical_not(conditions[0])  # `~True` would be -2
        for condition in conditions[1:]:
            others = np.logical_and(others, np.logical_not(condition))
        conditions = [*conditions, others]
    found = np.zeros_like(x)
    for condition, part in zip(conditions, funclist, strict=True):
        found = np.where(condition, part(x, *args, **kw) if callable(part) else part, found)
    return found


@composed(np.trim_zeros)
def trim_zeros(filt, trim="fb"):
    kept = np.flatnonzero(only_looked_at(filt))
    start = int(kept[0]) if "f" in trim.lower() and len(kept) else 0
    stop = int(kept[-1]) + 1 if "b" in trim.lower() and len(kept) else size(filt)
    return filt[start:stop] if len(kept) else filt[:0]


@composed(np.unique_values)
def unique_values(x):
    """Each value once, in the order in which NumPy gives them, which need not be a sorted one."""
    found = np.unique_values(only_looked_at(x))
    places = np.empty(len(found), int)
    places[np.argsort(found, kind="stable")] = np.unique(only_looked_at(x), return_index=True, equal_nan=False)[1]
    return np.ravel(x)[places]


@composed(np.histogram)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """The counts are whole numbers; the edges of equal bins move with the smallest and the largest entry."""
    if isinstance(weights, Carrier):
        raise UnsupportedError.of("np.histogram with weights that have a gradient")
    counts, _ = np.histogram(only_looked_at(a), only_looked_at(bins), range, None, weights)
    edges = histogram_bin_edges(a, bins, range, weights)
    return (counts / np.diff(edges) / np.sum(counts) if density else counts), edges


@composed(np.histogram_bin_edges)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    edges = np.histogram_bin_edges(only_looked_at(a), only_looked_at(bins), range, weights)
    if np.ndim(bins):
        return bins if isinstance(bins, Carrier) else edges
    moves = range is None and size(a) and np.ptp(only_looked_at(a))
    return np.linspace(np.min(a), np.max(a), len(edges)) if moves else edges  # how many there are is counted
