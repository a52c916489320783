"""Functions of single entries, and functions along axes."""

from __future__ import annotations

import numpy as np

from gatewise._gates.composed.declaring import axis_of, composed, is_complex, only_looked_at, rank
from gatewise._gates.live import dtype_of, shape_of


@composed(np.divmod)
def divmod_(x, y):
    return np.floor_divide(x, y), np.remainder(x, y)


composed(np.around)(lambda a, decimals=0: np.round(a, decimals))


@composed(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if is_complex(x):
        return nan_to_num(np.real(x), copy, nan, posinf, neginf) + 1j * nan_to_num(
            np.imag(x), copy, nan, posinf, neginf
        )
    limits = np.finfo(dtype_of(x))
    found = np.where(np.isnan(x), nan, x)
    found = np.where(x == np.inf, limits.max if posinf is None else posinf, found)
    found = np.where(x == -np.inf, limits.min if neginf is None else neginf, found)[()]
    if copy or not shape_of(x):
        return found
    x[...] = found
    return x


@composed(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    axis = axis_of(axis, arr)
    lanes = np.moveaxis(arr, axis, -1)
    outer = shape_of(lanes)[:-1]
    found = [func1d(lanes[place], *args, **kwargs) for place in np.ndindex(outer)]
    whole = np.reshape(np.stack(found), outer + shape_of(found[0]))
    inner = rank(found[0])
    return np.moveaxis(whole, range(len(outer), len(outer) + inner), range(axis, axis + inner)) if inner else whole


@composed(np.real_if_close)
def real_if_close(a, tol=100):
    close = np.real_if_close(only_looked_at(a), tol)
    a = a if isinstance(a, np.ndarray) else np.copy(a)  # of a number an array without axes
    return np.real(a) if close.dtype.kind == "f" else a


@composed(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    for axis in axes if np.ndim(axes) else [axes]:
        found = func(a, axis)
        a = found if rank(found) == rank(a) else np.expand_dims(found, axis)
    return a


composed(np.astype)(lambda x, dtype, /, *, copy=True: x.astype(dtype, copy=copy))


@composed(np.frexp)
def frexp(x):
    """Mantissa and exponent: the exponent is a whole number, which has no slope."""
    exponent = np.frexp(only_looked_at(x))[1]
    return x * np.ldexp(np.ones((), dtype_of(x)), -exponent), exponent
