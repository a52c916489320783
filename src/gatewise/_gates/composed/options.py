"""What functions are with options that their own gates do not have: these are asked when a gate has refused a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import axis_of, rank
from gatewise._gates.gate import Carrier
from gatewise._gates.live import dtype_of, shape_of
from gatewise._types import Function

#: By NumPy's function what stands for its calls with other options.
OPTIONS: dict[Any, Callable[..., Any]] = {}


def options(function: object) -> Callable[[Function], Function]:
    """Declare a body for calls that a function's own gate does not know."""

    def declare(body: Function) -> Function:
        OPTIONS[function] = body
        return body

    return declare


def in_dtype(x, dtype):
    """An array, or each one of a list, in a dtype that is asked for: computed in it from the start."""
    if dtype is None:
        return x
    if type(x) in (list, tuple):
        return [in_dtype(part, dtype) for part in x]
    if not isinstance(x, Carrier):
        return np.asarray(x, dtype)
    recorded: Any = x
    return x if dtype_of(x) == np.dtype(dtype) else recorded.astype(dtype)


@options(np.concatenate)
def concatenate(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return np.concatenate(in_dtype(arrays, dtype), axis=axis)


@options(np.stack)
def stack(arrays, axis=0, *, dtype=None, casting="same_kind"):
    return np.stack(in_dtype(arrays, dtype), axis=axis)


@options(np.trace)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None):
    return NotImplemented if dtype is None else np.trace(in_dtype(a, dtype), offset, axis1, axis2)


@options(np.cumsum)
def cumsum(a, axis=None, dtype=None):
    return NotImplemented if dtype is None else np.cumsum(in_dtype(a, dtype), axis)


@options(np.cumprod)
def cumprod(a, axis=None, dtype=None):
    return NotImplemented if dtype is None else np.cumprod(in_dtype(a, dtype), axis)


@options(np.max)
def largest(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return extreme(np.max, np.maximum, -np.inf, a, axis, keepdims, initial, where) if out is None else NotImplemented


@options(np.min)
def smallest(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return extreme(np.min, np.minimum, np.inf, a, axis, keepdims, initial, where) if out is None else NotImplemented


def extreme(whole, of_two, least, a, axis, keepdims, initial, where):
    """The largest or smallest entry where only some are looked at, or where a number is given to begin with."""
    if initial is None and where is True:
        return NotImplemented
    if initial is not None and 0 in shape_of(a):  # no entries, and a number to begin with
        found = whole(np.zeros(shape_of(a), dtype_of(a)), axis=axis, keepdims=keepdims, initial=least)
    else:
        found = whole(a if where is True else np.where(where, a, least), axis=axis, keepdims=keepdims)
    return found if initial is None else of_two(found, initial)


@options(np.var)
def var(a, axis=None, dtype=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    a, ddof = in_dtype(a, dtype), ddof if correction is None else correction
    if where is True and mean is None:
        return np.var(a, axis=axis, ddof=ddof, keepdims=keepdims)
    looked = {} if where is True else {"where": where}
    away = a - (np.mean(a, axis=axis, keepdims=True, **looked) if mean is None else mean)
    count = np.sum(np.broadcast_to(where, shape_of(a)), axis=axis, keepdims=keepdims)
    total = np.sum(np.multiply(away, away), axis=axis, keepdims=keepdims, **looked)
    return total / np.maximum(count - ddof, 0)


@options(np.std)
def std(a, axis=None, dtype=None, ddof=0, keepdims=False, *, where=True, mean=None, correction=None):
    if where is True and mean is None:
        ddof = ddof if correction is None else correction
        return np.std(in_dtype(a, dtype), axis=axis, ddof=ddof, keepdims=keepdims)
    return np.sqrt(var(a, axis, dtype, ddof, keepdims, where=where, mean=mean, correction=correction))


@options(np.median)
def median(a, axis=None, overwrite_input=False, keepdims=False):
    return np.median(a, axis=axis, keepdims=keepdims)  # what may be overwritten is left as it is


@options(np.einsum)
def einsum(*operands, optimize=False):
    return np.einsum(*operands)  # all at once, in whatever order NumPy would


def with_its_axis(function):
    """`np.argmax` and its like, with the axis that they went along kept."""

    def body(a, axis=None, *, keepdims):
        found = function(a, axis)
        if not keepdims:
            return found
        return np.reshape(found, (1,) * rank(a)) if axis is None else np.expand_dims(found, axis)

    return body


OPTIONS.update({function: with_its_axis(function) for function in (np.argmax, np.argmin)})


def leaving_numpy():
    """NumPy's own warning about vectors of two entries; where warnings are errors, the call is refused."""
    try:
        np.cross([1.0, 0.0], [0.0, 1.0])
    except DeprecationWarning as error:
        raise UnsupportedError.of("np.cross of vectors with two entries") from error


@options(np.cross)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Vectors of two entries lie in a plane: two of them give the third number, one is crossed as (x, y, 0)."""
    a, b = (x if hasattr(x, "shape") else np.asarray(x) for x in (a, b))
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    a, b = np.moveaxis(a, axis_of(axisa, a), -1), np.moveaxis(b, axis_of(axisb, b), -1)
    sizes = {shape_of(a)[-1], shape_of(b)[-1]}
    if 2 in sizes:
        leaving_numpy()
    if sizes == {2}:
        third = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
        return third if rank(third) else np.copy(third)  # an array, where NumPy's others give a number
    if sizes != {2, 3}:
        return NotImplemented
    a, b = (x if shape_of(x)[-1] == 3 else np.concatenate([x, np.zeros_like(x[..., :1])], axis=-1) for x in (a, b))
    return np.cross(a, b, axisc=axisc)


@options(np.pad)
def pad(array, pad_width, mode="constant", *, end_values=0, stat_length=None):
    """What pads with a number computed along each axis: axis by axis, with what the axes before were padded with."""
    whole = {"mean": np.mean, "median": np.median, "maximum": np.max, "minimum": np.min}.get(mode)
    if stat_length is not None or (whole is None and mode != "linear_ramp"):
        return NotImplemented
    widths = np.broadcast_to(np.asarray(pad_width, int), (rank(array), 2))
    ends = np.broadcast_to(np.asarray(end_values), (rank(array), 2))
    for axis, (widths_here, ends_here) in enumerate(zip(widths.tolist(), ends.tolist(), strict=True)):
        sides = [
            beside(array, axis, k, n, whole, end) for k, n, end in zip((0, -1), widths_here, ends_here, strict=True)
        ]
        array = np.concatenate([sides[0], array, sides[1]], axis=axis)
    return array


def beside(x, axis, edge, n, whole, end):
    """What is put before (edge 0) or behind (edge -1) an array along an axis."""
    if whole is not None:
        return np.repeat(whole(x, axis=axis, keepdims=True), n, axis=axis)
    ramp = np.linspace(end, np.take(x, edge, axis=axis), n, endpoint=False, axis=axis)
    return ramp if edge == 0 else np.flip(ramp, axis)
