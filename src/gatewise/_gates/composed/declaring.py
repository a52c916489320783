"""What declares a body for functions of NumPy's, and what such bodies ask of their arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._gates.gate import Carrier
from gatewise._gates.live import dtype_of, shape_of
from gatewise._types import Function, Value

#: By NumPy's function what stands for it.
COMPOSED: dict[Any, Callable[..., Any]] = {}


def composed(*functions: object) -> Callable[[Function], Function]:
    """Declare that a body stands for these functions of NumPy's."""

    def declare(body: Function) -> Function:
        COMPOSED.update(dict.fromkeys(functions, body))
        return body

    return declare


def rank(x: object) -> int:
    return len(shape_of(x))


def size(x: Value) -> int:
    return math.prod(shape_of(x))


def axis_of(axis: int, x: object) -> int:
    """An axis counted from the front."""
    if not -rank(x) <= axis < rank(x):
        raise np.exceptions.AxisError(axis, rank(x))
    return axis % rank(x)


def only_looked_at(x):
    """The plain value of what is only looked at."""
    return x.numpy() if isinstance(x, Carrier) else x


def is_complex(x: object) -> bool:
    return dtype_of(x).kind == "c"


def as_floats(x: object) -> Value:
    """An array as it is, a list as one of floats."""
    return x if hasattr(x, "shape") else np.asarray(x, float)
