"""What can be seen of an expression: its value, its gate, and whether it is made as another one is."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from gatewise._circuit import Expr, Wire
from gatewise._gates import GATES
from gatewise._tensor import Tensor
from gatewise._types import Function


def value_of(x: object) -> Any:
    """The recorded value of a node, a wire, a Tensor, or of itself."""
    return x.value if isinstance(x, (Expr, Wire, Tensor)) else x


def is_the_number(x: object, value: float | None = None) -> bool:
    """Whether `x` is a plain Python number, and this one."""
    return type(x) in (int, float) and (value is None or x == value)


def is_gate(x: object, *functions: Function) -> TypeGuard[Expr]:
    """Whether `x` is an expression whose gate is of one of these functions."""
    return type(x) is Expr and x.gate.function in functions


def is_spread(x: object) -> TypeGuard[Expr]:
    """Whether `x` repeats the entries of an array, as broadcasting does by itself."""
    return type(x) is Expr and x.gate.function is np.broadcast_to


def dtype_of(x: object) -> Any:
    value = value_of(x)
    return np.asarray(value).dtype if not isinstance(value, (tuple, list)) else np.dtype(object)


def same_form(x: object, y: object) -> bool:
    """Whether two values have one shape and one dtype, and are both arrays or both numbers."""
    a, b = value_of(x), value_of(y)
    return (
        np.shape(a) == np.shape(b)
        and dtype_of(a) == dtype_of(b)
        and isinstance(a, np.ndarray) == isinstance(b, np.ndarray)
    )


def weak(value: object) -> Any:
    """A value as NumPy's promotion sees it."""
    return value if type(value) in (int, float, bool) else np.asarray(value).dtype


def same(x: object, y: object, depth: int = 6) -> bool:
    """Whether two values are made in the same way."""
    if x is y:
        return True
    if isinstance(x, Expr) and isinstance(y, Expr) and depth:
        made = x.gate is y.gate and x.forward is y.forward and same_move(x, y) and len(x.operands) == len(y.operands)
        return made and all(same(a, b, depth - 1) for a, b in zip(x.operands, y.operands, strict=True))
    return is_the_number(x) and is_the_number(y) and bool(x == y)


def same_move(x: Expr, y: Expr) -> bool:
    """Whether two steps have the same parameters."""
    return np.shape(x.value) == np.shape(y.value) and same_parameters(x, y)


def same_parameters(x: Expr, y: Expr) -> bool:
    """Parameters are compared by identity where they are arrays: two equal ones may come from two places."""
    if x.parameters.keys() != y.parameters.keys():
        return False
    return all(same_parameter(x.parameters[key], y.parameters[key]) for key in x.parameters)


def same_parameter(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_parameter, a, b))
    return a is b or (type(a) is type(b) and not isinstance(a, (np.ndarray, list)) and bool(a == b))


def is_plain_place(parameter: object) -> bool:
    """Whether a parameter holds no array."""
    parts = parameter if isinstance(parameter, tuple) else (parameter,)
    return not any(isinstance(part, (np.ndarray, list)) for part in parts)


def applied_to(
    function: Function, *operands: object, value: object, sign: Function | None = None, **parameters: object
) -> Expr:
    """The gate of a function on these operands; `sign` is the operator that one writes for it."""
    return Expr(GATES[function], sign or function, operands, parameters, value)
