"""Makers of arrays: what they make may be written into while a derivative is being taken."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._circuit import lent
from gatewise._tensor import STOPPED, Tensor, gathered, has_tensor, laid_out, whole_number
from gatewise._types import Function


def buffer(array: Any) -> object:
    """A new array as a Tensor where a derivative is being taken: Tensors may be written into it."""
    if not lent.taking or type(array) is not np.ndarray or array.dtype.kind not in "fc":
        return array
    return Tensor(array, STOPPED)


def makes(function: Function, done_by: Function | None = None) -> Function:
    """A function of NumPy's that makes an array of numbers; `done_by` makes the same numbers each time."""
    make = done_by or function

    @functools.wraps(function, updated=())
    def twin(*args: Any, **kwargs: object) -> Any:
        return buffer(make(*args, **kwargs))

    return twin


def filled(shape: Any, fill_value: object, dtype: npt.DTypeLike | None = None, **options: Any) -> object:
    fill_value = gathered(fill_value)
    if type(fill_value) is not Tensor:
        return buffer(np.full(shape, fill_value, dtype, **options))
    whole = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    made = np.copy(np.broadcast_to(fill_value, whole))
    return made if dtype is None else made.astype(dtype)


def of_array(function: Function, copies: bool) -> Function:
    """`np.array` and its like."""
    order = {np.ascontiguousarray: "C", np.asfortranarray: "F"}.get(function, "K")

    @functools.wraps(function, updated=())
    def twin(a: Any, dtype: npt.DTypeLike | None = None, *args: object, **kwargs: Any) -> Any:
        if not has_tensor(a):
            return buffer(function(a, dtype, *args, **kwargs) if args or kwargs else function(a, dtype))
        made = gathered(a) if dtype is None or np.dtype(dtype) != object else a
        if type(made) is not Tensor or (dtype is not None and np.dtype(dtype) == object):
            return buffer(function(a, dtype, *args, **kwargs))
        if dtype is not None and np.dtype(dtype) != made.dtype:
            made = made.astype(dtype)
        if type(made.value) is not np.ndarray or (made is a and kwargs.get("copy", copies)):
            made = np.copy(made)  # of a number too: an array without axes, which may be written into
        made = laid_out(made, args[0] if args else kwargs.get("order", order))
        least = kwargs.get("ndmin", 0 if order == "K" else 1)
        return made if least <= made.ndim else np.reshape(made, (1,) * (least - made.ndim) + made.shape)

    return twin


def copied(a: Any, *args: Any, **options: Any) -> Any:
    """`np.copy`: of a plain array, too, one that may be written into."""
    return buffer(np.copy(gathered(a), *args, **options))


def required(a: Any, dtype: Any = None, requirements: Any = None, **options: Any) -> Any:
    """`np.require`: of a Tensor, an array that lies as is asked; what else may be asked for every new array has."""
    if not has_tensor(a):
        return buffer(np.require(a, dtype, requirements, **options))
    asked = {str(each).upper()[0] for each in requirements or ()}
    made = MAKERS[np.asarray](a, dtype, order="F" if "F" in asked else "C" if "C" in asked else "K")
    return np.copy(made) if made is a and asked & {"O", "E"} else made


def of_entries(iterable: Any, dtype: Any, count: int = -1, **options: Any) -> Any:
    """`np.fromiter`, whose entries may be Tensors."""
    entries = list(iterable if count < 0 else itertools.islice(iterable, count))
    if not has_tensor(entries) or np.dtype(dtype) == object:
        return buffer(np.fromiter(entries, dtype, count, **options))
    made: Any = gathered(entries)
    return made if made.dtype == np.dtype(dtype) else made.astype(dtype)


def even_steps(
    start: Any, stop: object, num: Any = 50, endpoint: bool = True, retstep: bool = False, **options: Any
) -> object:
    plainly: Any = np.linspace
    made = plainly(start, stop, int(num), endpoint, retstep, **options)
    return made if type(start) is Tensor or type(stop) is Tensor else buffer(made)


def counted(*args: Any, **options: Any) -> Any:
    if Tensor not in map(type, args):
        return buffer(np.arange(*args, **options))
    args = tuple(x.__index__() if type(x) is Tensor and whole_number(x) is not None else x for x in args)
    if not any(type(x) is Tensor and x.dtype.kind == "f" for x in args):
        return buffer(np.arange(*args, **options))
    start, stop, step = args if len(args) == 3 else (*args, 1) if len(args) == 2 else (0, *args, 1)
    bare = [x.item() if type(x) is Tensor else x for x in (start, stop, step)]
    return start + step * np.arange(len(np.arange(*bare)), dtype=float)


class Rows:
    """`np.r_` and `np.c_` of Tensors."""

    def __init__(self, original: Any, columns: bool) -> None:
        self.original, self.columns = original, columns

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not any(map(has_tensor, parts)):
            return buffer(self.original[key])
        if any(isinstance(part, str) for part in parts):
            return self.original[key]
        arrays = [np.r_[part] if isinstance(part, slice) else gathered(part) for part in parts]
        if self.columns:
            return np.concatenate([x if np.ndim(x) > 1 else np.reshape(x, (-1, 1)) for x in arrays], axis=-1)
        return np.concatenate([x if np.ndim(x) else np.reshape(x, (1,)) for x in arrays])


class Entrywise:
    """`np.vectorize` of a function of numbers, on Tensors too."""

    def __init__(self, pyfunc: Any, *args: Any, **options: Any) -> None:
        self.pyfunc, self.plain = pyfunc, np.vectorize(pyfunc, *args, **options)

    def __call__(self, *args: Any, **kwargs: object) -> Any:
        if not any(map(has_tensor, args)) or kwargs:
            return self.plain(*args, **kwargs)
        whole = np.broadcast_arrays(*map(gathered, args))
        shape = np.shape(whole[0])
        found = [self.pyfunc(*(x[place] if place else x for x in whole)) for place in np.ndindex(shape)]
        if not has_tensor(found):
            return np.reshape(np.array(found), shape)
        return np.reshape(np.stack(found), shape)


MAKERS: dict[Any, Any] = {
    np.empty: makes(np.empty, np.zeros),
    **{f: makes(f) for f in (np.zeros, np.ones, np.eye, np.identity, np.logspace, np.geomspace, np.tri,
                             np.fromfunction, np.zeros_like, np.ones_like, np.empty_like)},
    np.fromiter: functools.wraps(np.fromiter, assigned=("__name__",))(of_entries),
    np.full: functools.wraps(np.full)(filled),
    np.array: of_array(np.array, True),
    np.asarray: of_array(np.asarray, False),
    np.copy: functools.wraps(np.copy, updated=())(copied),
    np.require: functools.wraps(np.require)(required),
    np.asanyarray: of_array(np.asanyarray, False),
    np.ascontiguousarray: of_array(np.ascontiguousarray, False),
    np.asfortranarray: of_array(np.asfortranarray, False),
    np.linspace: functools.wraps(np.linspace)(even_steps),
    np.arange: functools.wraps(np.arange, assigned=("__name__",))(counted),
}  # fmt: skip
