"""A step's parameters (axes, indices, shapes), as they are kept: without Tensors, and changed by nobody."""

from __future__ import annotations

import array
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from gatewise._tensor.carrier import Tensor


def unwrapped(parameter: Any) -> Any:
    """A parameter without Tensors, and without anything that somebody else may change."""
    kind = type(parameter)
    if kind is int or kind is str or parameter is None:
        return parameter
    if kind is Tensor:
        value = parameter.placed()
        return value.copy().view(Kept) if isinstance(value, np.ndarray) else value
    if kind is slice:
        bounds = (parameter.start, parameter.stop, parameter.step)
        if all(type(b) is int or b is None for b in bounds):
            return parameter
        return slice(*(operator.index(b) if hasattr(b, "__index__") else b for b in bounds))
    if isinstance(parameter, (tuple, list)):
        parts = [unwrapped(p) for p in parameter]
        same = kind is tuple and all(map(operator.is_, parts, parameter))  # a list may change later
        return parameter if same else parts if isinstance(parameter, list) else tuple(parts)
    if isinstance(parameter, (np.generic, np.dtype, bool, type, Kept)):
        return parameter
    if isinstance(parameter, (array.array, memoryview)) or hasattr(parameter, "__array__"):
        return np.array(parameter).view(Kept)
    if hasattr(parameter, "__index__"):
        return operator.index(parameter)
    return parameter


class Kept(np.ndarray):
    """An array among a step's parameters, copied once: from then on it is known by its identity."""


def bits_inside(parameters: Iterable[Any]) -> int:
    """The bits of Tensors inside parameters: an index that is being recorded."""
    bits = 0
    for p in parameters:
        if type(p) is Tensor:
            bits |= p.bits
        elif type(p) in (tuple, list):
            bits |= bits_inside(p)
    return bits


def tensors_inside(parameters: Iterable[Any]) -> list[Tensor]:
    """The Tensors among parameters, and inside them."""
    found: list[Tensor] = []
    for p in parameters:
        if type(p) is Tensor:
            found.append(p)
        elif type(p) in (tuple, list):
            found += tensors_inside(p)
    return found
