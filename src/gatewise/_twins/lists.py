"""Functions of NumPy's that take lists of Tensors where they take arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._gates import GATES, Gate
from gatewise._tensor import LISTS, UNHURRIED, Tensor, apply1, apply2, by_function, gathered, has_tensor
from gatewise._types import Function


def in_lists(args: Any) -> bool:
    """Whether a Tensor stands in a list among the arguments."""
    for x in args:  # noqa: SIM110  (asked in each call: a generator would take as long as the rest of it)
        if type(x) in LISTS and has_tensor(x):
            return True
    return False


#: Functions that take a list of arrays: what stands in it is gathered, each by itself.
TAKE_LISTS = {
    np.concatenate, np.stack, np.hstack, np.vstack, np.dstack, np.column_stack, np.select, np.choose,
    np.linalg.multi_dot, np.lexsort, np.ravel_multi_index,
}  # fmt: skip

#: Functions that look into nested lists themselves.
TAKE_NESTED_LISTS = {np.block, np.piecewise, np.histogramdd, np.ix_}


def each_gathered(x: Any) -> object:
    """A list with each of its parts as one Tensor."""
    return type(x)(map(gathered, x)) if type(x) in LISTS and not LISTS.isdisjoint(map(type, x)) else x


def of_lists(function: Function, gather: Callable[[Any], Any] | None = None) -> Function:
    """A function of NumPy's that takes lists of Tensors where it takes arrays."""
    by_each = function in TAKE_LISTS
    gather = gather or (each_gathered if by_each else gathered)
    dispatched = hasattr(function, "_implementation")

    @functools.wraps(function, updated=())
    def twin(*args: Any, **kwargs: object) -> Any:
        if not kwargs and len(args) == 1:  # the quick way for most calls
            first = args[0]
            kinds = set(map(type, first)) if by_each and type(first) in LISTS else {type(first)}
            if dispatched and Tensor in kinds and LISTS.isdisjoint(kinds):
                return by_function(None, function, (), args, kwargs)
        if in_lists(args) or (kwargs and in_lists(kwargs.values())):
            args = tuple(map(gather, args))
            kwargs = {name: x if name == "out" else gather(x) for name, x in kwargs.items()}
        if dispatched and args and (type(args[0]) is Tensor or (by_each and has_tensor(args[0]))):
            return by_function(None, function, (), args, kwargs)  # as NumPy would have it done, in a longer way
        return function(*args, **kwargs)

    return twin


def of_one(ufunc: np.ufunc, gate: Gate) -> Function:
    """A ufunc of one operand: a Tensor goes to its gate at once, without NumPy's way around."""

    @functools.wraps(ufunc, updated=())
    def twin(x: object, /, *args: object, **kwargs: object) -> Any:
        if type(x) is Tensor and not args and not kwargs:
            return apply1(gate, ufunc, x)
        if type(x) in (list, tuple):
            x = gathered(x)
        return ufunc(x, *args, **kwargs)

    return twin


def of_two(ufunc: np.ufunc, gate: Gate) -> Function:
    """A ufunc of two operands, likewise."""

    @functools.wraps(ufunc, updated=())
    def twin(x: object, y: object, /, *args: object, **kwargs: object) -> Any:
        if (type(x) is Tensor or type(y) is Tensor) and not args and not kwargs:
            return apply2(gate, ufunc, gathered(x), gathered(y))
        if type(x) in (list, tuple) or type(y) in (list, tuple):
            x, y = gathered(x), gathered(y)
        return ufunc(x, y, *args, **kwargs)

    return twin


def but_indices(x: object) -> object:
    """A list as one Tensor; a tuple is an index."""
    return x if type(x) is tuple else gathered(x)


def of_ufunc(ufunc: np.ufunc) -> Function:
    """A ufunc that takes lists of Tensors; its other ways and facts are its own."""
    gate = GATES.get(ufunc)
    direct = gate is not None and gate not in UNHURRIED and ufunc.nin <= 2
    twin = (of_one, of_two)[ufunc.nin - 1](ufunc, gate) if direct and gate is not None else of_lists(ufunc)
    for name in ("reduce", "accumulate", "outer", "at", "reduceat"):
        setattr(twin, name, of_lists(getattr(ufunc, name), but_indices if name == "at" else None))
    for name in ("nin", "nout", "nargs", "ntypes", "types", "identity", "signature"):
        setattr(twin, name, getattr(ufunc, name))
    return twin
