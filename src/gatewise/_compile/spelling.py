"""How each gate is written in compiled source: numbers by Python and `math`, arrays by NumPy.

Where plain numbers overflow or leave a domain, Python raises; then the call goes to the function itself. So what is
written here need only be right where nothing is raised, up to a unit in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gatewise._gates import NAMES
from gatewise._program import Op

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "greater": ">", "greater_equal": ">=", "less": "<",
    "less_equal": "<=", "equal": "==", "not_equal": "!=",
}  # fmt: skip

#: Functions of `math` under the name of their gate.
MATHS: Mapping[str, Callable[..., float]] = {
    "exp": math.exp, "log": math.log, "sin": math.sin, "cos": math.cos, "tan": math.tan, "sqrt": math.sqrt,
    "tanh": math.tanh, "sinh": math.sinh, "cosh": math.cosh, "arctan": math.atan, "arcsin": math.asin,
    "arccos": math.acos, "arctan2": math.atan2, "log1p": math.log1p, "expm1": math.expm1, "log2": math.log2,
    "log10": math.log10, "absolute": math.fabs, "fabs": math.fabs, "power": math.pow, "isfinite": math.isfinite,
    "isnan": math.isnan, "isinf": math.isinf, "arcsinh": math.asinh, "arccosh": math.acosh, "arctanh": math.atanh,
}  # fmt: skip

#: What else is written for numbers; operands are names or numbers as typed.
NUMBERS: Mapping[str, str] = {
    "negative": "-{0}",
    "positive": "{0}",
    "copy": "{0}",
    "broadcast_to": "{0}",
    "reciprocal": "1.0 / {0}",
    "square": "{0} * {0}",
    "where": "{1} if {0} else {2}",
    "maximum": "{0} if {0} >= {1} or {0} != {0} else {1}",
    "minimum": "{0} if {0} <= {1} or {0} != {0} else {1}",
}

#: Powers of numbers that are written out.
POWERS = {1: "{0}", 2: "{0} * {0}", -1: "1.0 / {0}", 3: "{0} * {0} * {0}"}

#: Totals over axes: what adds up, by the name of the gate.
TOTALS: Mapping[str, np.ufunc] = {"sum": np.add, "max": np.maximum, "min": np.minimum}


def finite(x: object) -> object:
    """A number that a gate gave for plain numbers, where Python would not have raised in its place."""
    if isinstance(x, float) and not math.isfinite(x):
        raise ArithmeticError
    return x


def is_default(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def is_over_all(op: Op) -> bool:
    """Whether a total is that of all entries along its axes."""
    defaults = NAMES[op.gate].defaults
    return all(is_default(op.parameters[n], defaults[n]) for n in ("where", "initial", "dtype") if n in defaults)


def axis_of(op: Op) -> Any:
    axis = op.parameters["axis"]
    return tuple(axis) if isinstance(axis, list) else axis
