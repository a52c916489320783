"""Twins of SciPy's functions that have gates, and of its distributions: made when SciPy's own module is loaded."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from gatewise._gates import COMPOSED, GATES
from gatewise._tensor import Tensor, gathered
from gatewise._twins.lists import of_ufunc
from gatewise._types import Function, Namespace


def first_tensor(x: Any) -> Tensor | None:
    """The first Tensor in nested lists and tuples."""
    if type(x) is Tensor:
        return x
    parts = x if type(x) in (list, tuple) else x.values() if type(x) is dict else ()
    return next((t for t in map(first_tensor, parts) if t is not None), None)


def of_function(function: Function) -> Function:
    """A function of SciPy's that is given Tensors too: they go to its gate."""

    @functools.wraps(function, updated=())
    def twin(*args: Any, **kwargs: object) -> Any:
        tensor = first_tensor([args, kwargs])
        if tensor is None:
            return function(*args, **kwargs)
        args = tuple(x if type(x) is tuple else gathered(x) for x in args)
        kwargs = {name: gathered(x) for name, x in kwargs.items()}
        return tensor.__array_function__(function, (), args, kwargs)

    return twin


class Distribution:
    """A distribution of `scipy.stats`, with the twins of those of its methods that have gates."""

    def __init__(self, original: Any) -> None:
        self.original = original
        self.gates = [name for name in METHODS if getattr(original, name, None) in GATES]
        for name in self.gates:
            setattr(self, name, of_function(getattr(original, name)))

    def __call__(self, *args: Any, **kwargs: object) -> Any:
        return Frozen(self, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class Frozen:
    """A distribution with its parameters, some of which may be Tensors."""

    def __init__(self, distribution: Distribution, args: tuple[Any, ...], kwargs: Namespace) -> None:
        for name in distribution.gates:
            method = getattr(distribution, name)
            setattr(self, name, lambda x, method=method: method(x, *args, **kwargs))
        self.whole = functools.cache(lambda: distribution.original(*args, **kwargs))
        if first_tensor([args, kwargs]) is None:
            self.whole()  # what SciPy refuses, it refuses here

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole(), name)


METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")


def twins_in(module: types.ModuleType) -> Iterator[tuple[object, object]]:
    """Those of a module's names that have twins, each with it."""
    for value in list(vars(module).values()):
        if isinstance(value, np.ufunc) and value in GATES:
            yield value, of_ufunc(value)
        elif inspect.isfunction(value) and (value in GATES or value in COMPOSED):
            yield value, of_function(value)
        elif getattr(type(value), "__module__", "").startswith("scipy.stats.") and any(
            getattr(value, name, None) in GATES for name in METHODS[:2]
        ):
            yield value, Distribution(value)


def is_scipys(module: types.ModuleType) -> bool:
    """Whether a module is SciPy or one of its."""
    name = module.__name__
    return (name == "scipy" or name.startswith("scipy.")) and sys.modules.get(name) is module
