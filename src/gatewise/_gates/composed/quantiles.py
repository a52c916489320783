"""Quantiles, along any axes and by any of NumPy's ways to lie between entries; those that leave NaN out."""

from __future__ import annotations

import numpy as np

from gatewise._gates.composed.declaring import axis_of, composed, only_looked_at, rank
from gatewise._gates.live import dtype_of, shape_of


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
    return quantile(a, hundredths(q), axis, overwrite_input, method, keepdims, weights=weights)


def hundredths(q):
    """Percents as shares; Python's number stays one, because it does not widen the entries."""
    return q / 100 if type(q) in (int, float) else np.true_divide(q, 100)


@composed(np.quantile)
def quantile(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    if weights is not None:
        return NotImplemented
    lanes, kept = in_front(a, axis)
    ordered = np.sort(lanes, axis=0)
    n = shape_of(ordered)[0]
    at = np.asarray(q) * (n - 1) if method == "linear" else numpys_places(n, q, method)
    low = np.floor(at).astype(int)
    found = between(ordered[low], ordered[np.minimum(low + 1, n - 1)], at - low, weights_dtype(a, q, method))
    unknown = np.isnan(only_looked_at(ordered)[-1:]).any(axis=0)
    if np.any(unknown):
        nans = np.sum(lanes, axis=0) * np.nan  # nobody knows which entry it would be: no slope is known either
        found = np.where(unknown, nans, found) if np.ndim(found) else nans
    return np.reshape(found, np.shape(q) + kept) if keepdims else found


def numpys_places(n, q, method):
    """Where NumPy finds quantiles of n entries in order: it is asked for those of their numbers."""
    return np.quantile(np.arange(float(n)), q, method=method)


#: Ways that take an entry as it is.
PICKING = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")


def weights_dtype(a, q, method):
    """The dtype of the weights between entries: that of the entries, or of a q that is an array and widens them."""
    own = np.asarray(q).dtype
    takes = method in PICKING or (method == "linear" and own.kind in "iu")
    return dtype_of(a) if takes or type(q) in (int, float) else own if own.kind == "f" else None


def between(first, last, t, kind):
    """What lies at t between two entries, counted from the nearer one, as NumPy does."""
    wide = last - first
    t = np.reshape(t, np.shape(t) + (1,) * (rank(first) - np.ndim(t)))
    near, far = (np.asarray(share, kind) for share in (t, 1 - t))
    return np.where(t >= 0.5, last - wide * far, first + wide * near)[()]


@composed(np.nanpercentile)
def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    return nanquantile(a, hundredths(q), axis, out, overwrite_input, method, keepdims, weights=weights)


@composed(np.nanquantile)
def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
    if weights is not None or out is not None:
        return NotImplemented
    lanes, kept = in_front(a, axis)
    ordered = np.sort(lanes, axis=0)  # NaN comes last
    counts = np.sum(~np.isnan(only_looked_at(ordered)), axis=0)
    rows = np.asarray(q).reshape((-1,) + (1,) * (rank(ordered) - 1))
    if method == "linear":
        at = rows * np.maximum(counts - 1, 0).astype(rows.dtype)
    else:
        at = np.vectorize(lambda n, p: numpys_places(n, p, method) if n else 0.0)(counts, rows)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    first, last = (np.take_along_axis(ordered, k, axis=0) for k in (low, high))
    found = np.reshape(
        between(first, last, at - low, weights_dtype(a, q, method)), np.shape(q) + shape_of(ordered)[1:]
    )[()]
    return np.reshape(found, np.shape(q) + kept) if keepdims else found


@composed(np.nanmedian)
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    return nanquantile(a, 0.5, axis, out, keepdims=keepdims)
