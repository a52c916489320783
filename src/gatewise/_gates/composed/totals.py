"""Totals and averages: of entries that count, of entries that are numbers, of entries so far."""

from __future__ import annotations

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import axis_of, composed, is_complex, rank, size
from gatewise._gates.composed.joining import as_matrix
from gatewise._gates.fitting import conjugated
from gatewise._gates.live import dtype_of, shape_of
from gatewise._gates.movement import along

composed(np.amax)(lambda *args, **options: np.max(*args, **options))
composed(np.amin)(lambda *args, **options: np.min(*args, **options))


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
    x = as_matrix(m) if rowvar or rank(m) < 2 else np.transpose(m)
    if y is not None:
        x = np.concatenate([x, as_matrix(y) if rowvar or rank(y) < 2 else np.transpose(y)], axis=0)
    ddof = ddof if ddof is not None else 0 if bias else 1
    if fweights is not None or aweights is not None:
        return cov_of_weighed(x, ddof, fweights, aweights)
    x = x - np.reshape(np.mean(x, axis=1), (-1, 1))
    free = shape_of(x)[1] - ddof
    return np.squeeze(np.dot(x, conjugated(np.transpose(x))) * np.true_divide(1, max(free, 0)))


def cov_of_weighed(x, ddof, often, weights):
    """The covariance of rows whose columns count as often as they are said to, or as much."""
    w = often if weights is None else weights if often is None else np.multiply(often, weights)
    w = w if hasattr(w, "shape") else np.asarray(w)
    mean, total = np.average(x, axis=1, weights=w, returned=True)
    total = total[0]
    lost = 0 if ddof == 0 else ddof if weights is None else ddof * np.sum(w * weights) / total
    x = x - np.reshape(mean, (-1, 1))
    return np.squeeze(np.dot(x, conjugated(np.transpose(x * w))) * np.true_divide(1, total - lost))


@composed(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar)
    if not shape_of(c):
        return c / c
    spread = np.sqrt(np.real(np.diag(c)) if is_complex(c) else np.diag(c))
    c = c / np.expand_dims(spread, 1) / np.expand_dims(spread, 0)
    return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1) if is_complex(c) else np.clip(c, -1, 1)


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
    return nansum(a, axis, keepdims=keepdims) / numbers_in(a, axis, keepdims)


def numbers_in(a, axis, keepdims):
    """How many entries are no NaN, in the precision of `a`: a whole number would make a total of float32 wider."""
    counted = np.sum(~np.isnan(a), axis=axis, keepdims=keepdims)
    kind = np.finfo(dtype_of(a)).dtype
    return counted if kind == float else counted.astype(kind)


@composed(np.nanvar)
def nanvar(a, axis=None, *, ddof=0, keepdims=False):
    counted = numbers_in(a, axis, keepdims)
    away = np.where(np.isnan(a), 0, a - nanmean(a, axis, keepdims=True))
    squares = np.real(np.multiply(away, np.conjugate(away))) if is_complex(away) else np.multiply(away, away)
    return np.sum(squares, axis=axis, keepdims=keepdims) / (counted - ddof)


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
