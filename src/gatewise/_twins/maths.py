"""The functions of `math`, which take Tensors too."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates import GATES, Gate, load_scipys
from gatewise._tensor import Tensor, apply, gathered, has_tensor
from gatewise._types import Function

#: What `math` calls otherwise than NumPy does.
NUMPYS = {
    math.fabs: np.absolute,
    math.asin: np.arcsin,
    math.acos: np.arccos,
    math.atan: np.arctan,
    math.atan2: np.arctan2,
    math.asinh: np.arcsinh,
    math.acosh: np.arccosh,
    math.atanh: np.arctanh,
    math.pow: np.power,
}


class MathGate:
    """A function of `math` that takes Tensors too: on floats it is math's own, to the bit."""

    def __init__(self, function: Function, gate: Gate) -> None:
        self.function, self.gate, self.__name__ = function, gate, function.__name__

    def __call__(self, *args: Any) -> Any:
        if not any(type(x) is Tensor for x in args):
            return self.function(*args)
        if any(np.shape(x.value if type(x) is Tensor else x) for x in args):
            return self.gate(*args)  # math itself would refuse an array; the gate is what was meant
        return apply(self.gate, self.function, args, {})


def math_gate(function: Function) -> object:
    """The Tensor-taking twin of one of math's functions; anything else as it is."""
    ufunc = NUMPYS.get(function) or getattr(np, function.__name__, None)
    if isinstance(ufunc, np.ufunc) and ufunc in GATES and function is not math.floor:
        return MathGate(function, GATES[ufunc])
    return IN_GATES.get(function, function)


def math_of(body: Function, function: Function) -> Function:
    """A function of `math` that has no gate: on Tensors it is `body`."""

    @functools.wraps(function)
    def twin(*args: object, **kwargs: object) -> Any:
        if any(map(has_tensor, args)):
            return body(*args, **kwargs)
        return function(*args, **kwargs)

    return twin


def rounded_number(t: object, rounded: Callable[[Any], Any]) -> object:
    """A number as the whole one below it, above it, ...: Python counts by it."""
    return rounded(t.item() if type(t) is Tensor else t)


def by_scipys_gate(name: str, function: Callable[[float], float]) -> Callable[[object], object]:
    """A function of `math` whose derivative is that of one of `scipy.special`."""

    @functools.wraps(function)
    def twin(x: Any, /) -> Any:
        if type(x) is not Tensor:
            return function(x)
        if not load_scipys():
            what = f"math.{function.__name__} is differentiated by the gate of scipy.special.{name}."
            raise UnsupportedError(what, "SciPy is not installed here.", "pip install 'gatewise[scipy]'")
        return apply(GATES[getattr(sys.modules["scipy.special"], name)], function, (x,), {})

    return twin


IN_GATES: dict[Any, Callable[..., Any]] = {
    math.floor: math_of(lambda t: rounded_number(t, math.floor), math.floor),
    math.ceil: math_of(lambda t: rounded_number(t, math.ceil), math.ceil),
    math.trunc: math_of(lambda t: rounded_number(t, math.trunc), math.trunc),
    math.fsum: math_of(lambda xs: np.sum(gathered(list(xs))), math.fsum),
    math.prod: math_of(lambda xs, start=1: np.prod(gathered(list(xs))) * start, math.prod),
    math.hypot: math_of(lambda *xs: np.linalg.norm(gathered(list(xs))), math.hypot),
    math.dist: math_of(lambda p, q: np.linalg.norm(gathered(p) - gathered(q)), math.dist),
    math.log: math_of(lambda x, base=math.e: np.log(x) / np.log(base) if base is not math.e else np.log(x), math.log),
    math.erf: by_scipys_gate("erf", math.erf),
    math.erfc: by_scipys_gate("erfc", math.erfc),
    math.gamma: by_scipys_gate("gamma", math.gamma),
    math.lgamma: by_scipys_gate("gammaln", math.lgamma),
    math.isclose: math_of(lambda a, b, **k: math.isclose(item_of(a), item_of(b), **k), math.isclose),
}  # fmt: skip


def item_of(x: object) -> Any:
    return x.item() if type(x) is Tensor else x
