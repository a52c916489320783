"""A gate's own NumPy function, run on the arrays of an engine: each NumPy call in it is a gate again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gatewise._gates import GATES, NAMES, Carrier, Gate
from gatewise._lowering.engines import Engine


class Cell(NDArrayOperatorsMixin, Carrier):
    """An array of an engine that answers NumPy's protocols. Its `value` has the shape and the dtype, and no numbers."""

    __slots__ = ("array", "engine", "value")
    __hash__ = object.__hash__

    def __init__(self, array: Any, engine: Engine) -> None:
        self.array, self.engine = array, engine
        self.value = np.broadcast_to(np.zeros((), engine.dtype(array)), engine.shape(array))

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    dtype = property(lambda self: self.value.dtype)
    T = property(lambda self: np.transpose(self))
    mT = property(lambda self: np.matrix_transpose(self))  # noqa: N815 - NumPy's name

    def __getitem__(self, index: Any) -> Any:
        return self.__gate__(NAMES["getitem"], (self,), {"index": index})

    def __gate__(self, gate: Gate, operands: Sequence[object], parameters: Mapping[str, Any]) -> Any:
        given = [bare(x) for x in operands]
        made = self.engine.applied(gate, given, {name: bare(x) for name, x in parameters.items()})
        return tuple(Cell(x, self.engine) for x in made) if isinstance(made, tuple) else Cell(made, self.engine)

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        return self.__gate__(GATES[ufunc], operands, {})

    def __array_function__(self, function: Any, types: object, args: Any, kwargs: Any) -> Any:
        gate = GATES[function]
        return self.__gate__(gate, *gate.sorted(args, kwargs))


def bare(x: Any) -> Any:
    """What an engine is given for a cell, or for what has cells in it."""
    if isinstance(x, Cell):
        return x.array
    return type(x)(map(bare, x)) if type(x) in (tuple, list) else x


def on_cells(gate: Gate, engine: Engine, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
    """The gate by what it is made of."""
    made = gate.function(*(Cell(x, engine) if engine.holds(x) else x for x in operands), **parameters)
    return tuple(map(bare, made)) if isinstance(made, (tuple, list)) else bare(made)
