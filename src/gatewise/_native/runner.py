"""Runs records: values are copied into an arena, one native call computes all, and what is wanted is copied out."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gatewise._native.llvm import Library, library, machine
from gatewise._native.loop import LOUD, UNDERFLOW, Flagged, heard
from gatewise._program import Program

#: The gates with a kernel that goes entry by entry, and whether their result is true or false.
ELEMENTWISE = {
    **dict.fromkeys(
        (
            *("add", "subtract", "multiply", "divide", "negative", "positive", "square", "reciprocal", "absolute"),
            *("fabs", "maximum", "minimum", "copy", "astype", "power", "sqrt", "exp", "expm1", "log", "log1p"),
            *("tanh", "sigmoid", "sin", "cos"),
        ),
        False,
    ),
    **dict.fromkeys(
        (
            *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "invert"),
            *("logical_and", "logical_or", "logical_not", "bitwise_and", "bitwise_or"),
        ),
        True,
    ),
}
#: The gates that move all entries of their operand, or repeat them, and that are shapes alone.
MOVED = frozenset((
    *("broadcast_to", "transpose", "matrix_transpose", "swapaxes", "moveaxis", "flip"),
    *("reshape", "ravel", "expand_dims", "squeeze"),
))  # fmt: skip


class Arena:
    """The memory of one call at a time, with what goes in and comes out as views of it."""

    def __init__(
        self, arena: np.ndarray, inputs: Sequence[tuple[int, Any]], outputs: Sequence[tuple[int, Any]]
    ) -> None:
        self.memory = arena.copy()
        self.address = self.memory.ctypes.data
        self.inputs = [view(self.memory, *each) for each in inputs]
        self.outputs = [view(self.memory, *each) for each in outputs]


def view(memory: np.ndarray, at: int, value: Any) -> np.ndarray:
    return memory[at : at + np.size(value)].reshape(np.shape(value))


class Runner:
    """Operations of a program, the consecutive `places`, as a function of the values of `reads`.

    It returns the values of `gives`: arrays of their own, and floats where numbers are. `strict` says that plain
    numbers are computed, for which Python may raise. Calling it raises `Flagged` where NumPy would speak.
    """

    def __init__(
        self, program: Program, values: Sequence[Any], places: range, gives: Sequence[int], dtype: str, *, strict: bool
    ) -> None:
        from gatewise._native.records import Records

        self.library, run = kernels(dtype)
        self.run, self.strict = run, strict
        records = Records(program, values, places, gives, dtype)
        records.build()
        self.reads, self.count, self.size = records.reads, len(records.code), records.arena.nbytes
        self.code, self.table, self.start = records.code, records.table, records.arena
        self.inputs = list(zip(records.inputs, map(records.value, records.reads), strict=True))
        self.outputs = list(zip(records.outputs, (values[place] for place in gives), strict=True))
        self.kinds = [kind_of(values[place]) for place in gives]
        self.addresses = self.code.ctypes.data, self.table.ctypes.data
        self.free: list[Arena] = []

    def __call__(self, *given: Any) -> Any:
        try:
            arena = self.free.pop()
        except IndexError:
            arena = Arena(self.start, self.inputs, self.outputs)
        for into, x in zip(arena.inputs, given, strict=True):
            into[...] = x
        code, table = self.addresses
        if flags := self.run(code, self.count, arena.address, table):
            if self.strict and flags & LOUD:
                raise Flagged
            hear(flags)
        found = [kind(x) for kind, x in zip(self.kinds, arena.outputs, strict=True)]
        self.free.append(arena)
        return found


def hear(flags: int) -> None:
    """Raises `Flagged` where NumPy would warn or raise, which is not where it was told to ignore all."""
    if any(said != "ignore" for said in np.geterr().values()):
        heard(flags)


def kind_of(value: Any) -> Callable[[np.ndarray], Any]:
    """How a value is taken out of the arena."""
    if isinstance(value, np.ndarray):
        return np.copy if value.dtype != bool else not_zero
    return {"float32": np.float32, "bool": bool}.get(np.asarray(value).dtype.name, float)


def not_zero(x: np.ndarray) -> Any:
    return np.not_equal(x, 0)


@functools.cache
def kernels(dtype: str) -> tuple[Library, Any]:
    """All kernels of one kind of floats, and the function that runs records. Raises `Unavailable`."""
    machine()
    from gatewise._native.kernels import text_of

    found = library(text_of(dtype, LOUD | UNDERFLOW), ["run"])
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p)
    return found, kind(found.addresses["run"])


def product_of(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, int, int]:
    """Rows, middle and columns of a product of matrices or vectors of these shapes."""
    return (x[0] if len(x) == 2 else 1), x[-1], (y[1] if len(y) == 2 else 1)
