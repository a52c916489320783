"""Way B: which operations of a program are records for the native runner: many gates, each on few entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gatewise._compile.spelling import is_over_all
from gatewise._gates import NAMES
from gatewise._native import ELEMENTWISE, MOVED, Flagged, Runner, product_of
from gatewise._program import At, Constant, Op, Program, uses

if TYPE_CHECKING:
    from gatewise._compile.writing import Writer

LARGEST = 2048  #: entries of a value
PRODUCT = 32_768  #: products of numbers in one product of matrices: from there on BLAS is as fast
LEAST = 24  #: operations of one run: a call of the runner takes as long as some NumPy calls
FLOATS = ("float64", "float32")
ANY_KIND = frozenset(("getitem", "concatenate", "stack", "where", "scatter", *MOVED))  #: of truth values too


@dataclass(frozen=True)
class Small:
    """A run of consecutive operations, and the runner that computes it."""

    program: Program
    places: range
    gives: tuple[int, ...]
    runner: Runner

    @property
    def told(self) -> str:
        runner = self.runner
        return f"native records: {len(self.places)} operations, {runner.count} records, {runner.size:,} bytes"

    def lines(self, writer: Writer) -> list[str]:
        """The call; where NumPy would speak, NumPy runs all."""
        given = ", ".join(writer.text(x) for x in self.runner.reads)
        names = ", ".join(f"v{place}" for place in self.gives)
        inputs = ", ".join(f"x{n}" for n in range(writer.first))
        leaving = [f"    {line}" for line in writer.give_back()]
        writer.pure |= {p for p in self.gives if is_number(writer.values[p]) and writer.values[p].dtype == np.float64}
        return [
            "try:", f"    [{names}] = {writer.named(self.runner, 'records')}({given})",
            f"except {writer.named(Flagged, 'Flagged')}:", *leaving, f"    return numpy{writer.mark}({inputs})",
        ]  # fmt: skip


def is_number(x: Any) -> bool:
    return isinstance(x, (float, np.generic)) and hasattr(x, "dtype")


def small_of(program: Program, values: Sequence[Any], outputs: set[int], apart: Set[int]) -> list[Small]:
    """The runs of a program that pay, without operations `apart`. Raises `Unavailable`."""
    return [small(program, values, places, dtype, outputs) for places, dtype in runs(program, values, outputs, apart)]


def small(program: Program, values: Sequence[Any], places: range, dtype: str, outputs: set[int]) -> Small:
    first, inside = len(program.inputs), set(places)
    wanted = (outputs | {x.place for guard in program.guards if isinstance(x := guard.operand, At)}) & inside
    for place, op in enumerate(program.ops, first):
        if place not in inside:
            wanted |= inside.intersection(uses(op))
    gives = tuple(sorted(wanted))
    strict = any(not isinstance(values[place], np.ndarray) for place in places)
    return Small(program, places, gives, Runner(program, values, places, gives, dtype, strict=strict))


def runs(program: Program, values: Sequence[Any], outputs: set[int], apart: Set[int]) -> Iterator[tuple[range, str]]:
    """Consecutive operations that have kernels, with the kind of their floats; nothing goes beyond a guard."""
    first = len(program.inputs)
    read = {guard.operand.place for guard in program.guards if isinstance(guard.operand, At)}
    start, dtype = first, ""
    for place, op in enumerate([*program.ops, None], first):
        kind = None if op is None or place in apart else kind_of(op, place, values, outputs)
        if kind is None or (kind and dtype and kind != dtype):
            if dtype and place - start >= LEAST:
                yield range(start, place), dtype
            start, dtype = (place + 1, "") if kind is None else (place, "")
        if kind:
            dtype = kind
        if place in read:
            if dtype and place + 1 - start >= LEAST:
                yield range(start, place + 1), dtype
            start, dtype = place + 1, ""


def kind_of(op: Op, place: int, values: Sequence[Any], outputs: set[int]) -> str | None:
    """The kind of floats of an operation that has a kernel; empty for one of truth values alone; None for others."""
    value = values[place]
    if not has_kernel(op, values) or not is_small(value) or (place in outputs and NAMES[op.gate].views):
        return None
    dtype = np.asarray(value).dtype.name
    if dtype not in (*FLOATS, "bool"):
        return None
    kinds = {dtype} - {"bool"}
    for x in op.operands:
        found = values[x.place] if isinstance(x, At) else x.value if x is not None else None
        told = None if found is None else operand_kind(x, found)
        if told is None:
            return None
        kinds |= {told} - {""}
    if dtype == "bool" and op.gate not in ANY_KIND and not ELEMENTWISE[op.gate]:
        return None
    if dtype != "bool" and op.gate in ELEMENTWISE and ELEMENTWISE[op.gate]:
        return None
    return None if len(kinds) > 1 else next(iter(kinds), "")


def operand_kind(x: At | Constant | None, found: Any) -> str | None:
    """The kind of floats that an operand brings; empty for a number that takes any; None for what has no kernel."""
    if type(found) is float or (isinstance(x, Constant) and type(found) in (bool, int) and abs(found) <= 2**53):
        return ""
    if not is_small(found):
        return None
    name = np.asarray(found).dtype.name
    return name if name in FLOATS else "" if name == "bool" else None


def is_small(x: Any) -> bool:
    """Whether a value is a number or an array of few entries."""
    if isinstance(x, np.ndarray):
        return 0 < x.size <= LARGEST
    return isinstance(x, (float, np.floating, np.bool_, bool))


def has_kernel(op: Op, values: Sequence[Any]) -> bool:
    """Whether a kernel computes the gate with its parameters."""
    gate, parameters = op.gate, op.parameters
    if any(isinstance(part, At) for x in parameters.values() if isinstance(x, tuple) for part in x):
        return False
    if gate in ELEMENTWISE:
        return not parameters or gate in ("copy", "astype")
    if gate in ("getitem", "zeros_like", "ones_like", *MOVED):
        return True
    if gate == "where":
        return len(op.operands) == 3
    if gate == "scatter":
        return isinstance(values_shape(op, values), tuple)
    if gate in ("concatenate", "stack"):
        return isinstance(parameters["axis"], int)
    if gate in ("sum", "mean", "max"):
        return is_over_all(op)
    return gate == "matmul" and is_small_product(op, values)


def values_shape(op: Op, values: Sequence[Any]) -> tuple[int, ...] | None:
    """The shape of what is scattered, if each entry has one place."""
    (x,) = op.operands
    shape = np.shape(values[x.place] if isinstance(x, At) else x.value) if x is not None else None
    places = np.empty(op.shape, bool)[op.parameters["index"]]
    return shape if shape == np.shape(places) else None


def is_small_product(op: Op, values: Sequence[Any]) -> bool:
    """Whether a product of vectors or matrices is one of few numbers."""
    shapes = [np.shape(values[x.place] if isinstance(x, At) else x.value) for x in op.operands if x is not None]
    if not all(1 <= len(shape) <= 2 for shape in shapes):
        return False
    n, k, m = product_of(*shapes)
    return n * k * m <= PRODUCT
