"""What a program is, and the check that one is well formed."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._errors import GatewiseError
from gatewise._gates import NAMES

#: The operation that takes one of the outputs of an operation with several; its only parameter is which.
PART = "part"


@dataclass(slots=True, unsafe_hash=True)  # frozen ones take three times as long to make, and there are many
class At:
    """What stands at a place of a program: its inputs first, then what each operation gives. Nobody changes one."""

    place: int


@dataclass(slots=True, eq=False)
class Constant:
    """A number or an array that is the same in every run. Nobody changes one."""

    value: Any


Operand = At | Constant | None  #: None stands where a bound was left out


@dataclass(frozen=True, slots=True)
class Given:
    """An input: the name it has in the circuit, and the shape and dtype it was recorded with."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(slots=True, eq=False)
class Op:
    """One gate on operands, which nobody changes. Of the `parameters`, `index` is a tuple whose parts may be `At`.

    `shape` and `dtype` are those of the recorded value; of several outputs they say nothing.
    """

    gate: str
    operands: tuple[Operand, ...]
    parameters: Mapping[str, Any]
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """A value that Python read while the function ran, to choose or to count by: the program holds where it is so."""

    operand: Operand
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Inputs, operations in an order in which they can run, and what is wanted of them, by name.

    The grammar, also in docs/design.md:

        program  = inputs, ops, outputs, guards
        input    = name, shape, dtype
        op       = gate, operands, parameters, shape, dtype      one of `gatewise gates`, or "part"
        operand  = At(place) | Constant(number or array) | None
        place    = a whole number: inputs are counted first, then operations; an op's operands stand before it
        parameter= what the gate declares: axis, keepdims, shape, dtype, subscripts, index, ...
        index    = (part, ...);  part = slice | None | ... | whole number | array of them | At(place)
        guard    = operand, value                                what Python read: it may branch by it
        outputs  = name -> operand
    """

    inputs: tuple[Given, ...]
    ops: tuple[Op, ...]
    outputs: Mapping[str, Operand]
    guards: tuple[Guard, ...] = ()


class ProgramError(GatewiseError):
    """A program is not well formed, or is asked where Python would have gone another way.

    Wrong: an operation whose operand is made later. Right: what `program_of` returns.
    """


def roots(program: Program) -> Iterator[int]:
    """The places that are wanted: of outputs, and of guards."""
    for operand in (*program.outputs.values(), *(guard.operand for guard in program.guards)):
        if isinstance(operand, At):
            yield operand.place


def uses(op: Op) -> list[int]:
    """The places an operation takes values from, those inside an index among them."""
    places = [x.place for x in op.operands if type(x) is At]
    if "index" in op.parameters:
        places += [part.place for part in op.parameters["index"] if type(part) is At]
    return places


ANY = -1  #: operands, as many as there are


def verify(program: Program) -> Program:
    """The program, if every operation is a gate on what stands before it, with the parameters that it declares.

    What builds or changes programs ends here. Raises `ProgramError`.
    """
    first = len(program.inputs)
    declared: dict[str, tuple[set[str], int]] = {PART: ({"place"}, ANY)}  # parameters, and how many operands
    for name in {op.gate for op in program.ops} & NAMES.keys():
        declared[name] = {*NAMES[name].parameters}, ANY if NAMES[name].many else NAMES[name].arity
    for k, op in enumerate(program.ops, first):
        for place in uses(op):
            if not 0 <= place < k:
                raise ProgramError(f"operation {k} ({op.gate}) is made of {place}, which is not before it.")
        if op.gate not in declared:
            raise ProgramError(f"operation {k} is {op.gate}, which is no gate.")
        parameters, arity = declared[op.gate]
        if op.parameters.keys() != parameters:
            raise ProgramError(f"operation {k} ({op.gate}) has the parameters {sorted(op.parameters)}.")
        if arity not in (ANY, len(op.operands)):
            raise ProgramError(f"operation {k} ({op.gate}) has {len(op.operands)} operands.")
    if beyond := [place for place in roots(program) if not 0 <= place < first + len(program.ops)]:
        raise ProgramError(f"an output or a guard is {beyond[0]}, which is not in the program.")
    names = [given.name for given in program.inputs]
    if len(set(names)) != len(names):
        raise ProgramError(f"two inputs have one name: {names}.")
    return program


def shape_and_dtype(value: object) -> tuple[tuple[int, ...], str]:
    if type(value) is float:
        return (), "float64"
    array = value if type(value) is np.ndarray else np.asarray(value)
    return array.shape, dtype_name(array.dtype)


@functools.lru_cache
def dtype_name(dtype: np.dtype) -> str:
    """The name of a dtype, which NumPy puts together anew each time."""
    return dtype.name
