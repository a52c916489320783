"""Quantiles, along any axes and by any of NumPy's ways to lie between entries; those that leave NaN out."""

from __future__ import annotations

import numpy as np

from gatewise._gates.composed.declaring import asked, axis_of, composed, rank
from gatewise._gates.live import shape_of


def in_front(a, axis):
    """The entries that one quantile is of along the first axis, and the shape that keeps their axes."""
    axes = range(rank(a)) if axis is None else [axis] if np.ndim(axis) == 0 else axis
    axes = [axis_of(k, a) for k in axes]
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape_of(a)))
    if rank(a) == 0 or len(axes) == rank(a):
        return np.ravel(a), kept
    turned = np.moveaxis(a, axes, range(len(axes)))
    return (turned if len(axes) == 1 else np.reshape(turned, (-1, *shape_of(turned)[len(axes) :]))), kept


@composed(np.percentile)
def percentile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return quantile(a, np.true_divide(q, 100), axis, overwrite_input, method, keepdims, weights=weights)


@composed(np.quantile)
def quantile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    if weights is not None:
        return NotImplemented
    lanes, kept = in_front(a, axis)
    ordered = np.sort(lanes, axis=0)
    n = shape_of(ordered)[0]
    at = np.asarray(q) * (n - 1) if method == "linear" else places(n, q, method)
    low = np.floor(at).astype(int)
    found = between(ordered[low], ordered[np.minimum(low + 1, n - 1)], at - low)
    if np.isnan(asked(ordered)[-1:]).any():
        found = np.where(np.isnan(ordered[-1]), np.nan, found)[()]
    return np.reshape(found, np.shape(q) + kept) if keepdims else found


def places(n, q, method):
    """Where NumPy finds quantiles of n entries in order: it is asked for those of their numbers."""
    return np.quantile(np.arange(float(n)), q, method=method)


def between(first, last, t):
    """What lies at t between two entries, counted from the nearer one, as NumPy does."""
    wide = last - first
    t = np.reshape(t, np.shape(t) + (1,) * (rank(first) - np.ndim(t)))
    return np.where(t >= 0.5, last - wide * (1 - t), first + wide * t)[()]


@composed(np.nanpercentile)
def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return nanquantile(a, np.true_divide(q, 100), axis, out, overwrite_input, method, keepdims, weights=weights)


@composed(np.nanquantile)
def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    if weights is not None or out is not None:
        return NotImplemented
    lanes, kept = in_front(a, axis)
    ordered = np.sort(lanes, axis=0)  # NaN comes last
    counts = np.sum(~np.isnan(asked(ordered)), axis=0)
    rows = np.asarray(q).reshape((-1,) + (1,) * (rank(ordered) - 1))
    if method == "linear":
        at = rows * np.maximum(counts - 1, 0)
    else:
        at = np.vectorize(lambda n, p: places(n, p, method) if n else 0.0)(counts, rows)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    first, last = (np.take_along_axis(ordered, k, axis=0) for k in (low, high))
    found = np.reshape(between(first, last, at - low), np.shape(q) + shape_of(ordered)[1:])[()]
    return np.reshape(found, np.shape(q) + kept) if keepdims else found


@composed(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return nanquantile(a, 0.5, axis, out, keepdims=keepdims)
