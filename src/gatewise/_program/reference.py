"""What a program says, computed by NumPy: what every faster or other way is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._gates import NAMES
from gatewise._program.program import PART, At, Constant, Op, Program, ProgramError
from gatewise._types import Json


def evaluate(program: Program, given: Mapping[str, object]) -> Json:
    """The outputs by name for the inputs given by name: plain numbers and arrays, as NumPy has them.

    Raises `ProgramError` where Python would have read something else than it did.
    """
    values = values_of(program, [given[each.name] for each in program.inputs])

    def value(x: object) -> Any:
        return values[x.place] if isinstance(x, At) else x.value if isinstance(x, Constant) else x

    for guard in program.guards:
        if not np.array_equal(now := value(guard.operand), guard.value, equal_nan=np.asarray(now).dtype.kind == "f"):
            raise ProgramError(
                f"a value is {now}, and Python read {guard.value}.",
                "it may have gone another way with that one.",
                "record again with these inputs.",
            )
    return {name: value(operand) for name, operand in program.outputs.items()}


def values_of(program: Program, inputs: Sequence[object]) -> list[Any]:
    """What stands at each place of a program for these inputs: the inputs themselves first."""
    values = [*inputs]

    def value(x: Any) -> Any:
        return values[x.place] if isinstance(x, At) else x.value if isinstance(x, Constant) else x

    with np.errstate(all="ignore"):
        for op in program.ops:
            operands = [value(x) for x in op.operands]
            parameters = {name: as_gate_takes(x, value) for name, x in op.parameters.items()}
            values.append(applied(op, operands, parameters))
    return values


def as_gate_takes(parameter: Any, value: Any) -> object:
    """A parameter as a gate takes it: an index with the values of its places, axes and shapes as tuples."""
    if isinstance(parameter, tuple):
        parts = tuple(map(value, parameter))
        return parts if len(parts) != 1 else parts[0]
    return tuple(parameter) if isinstance(parameter, list) else parameter


#: What Python's own operators give for Python's own floats is one of these, which bends to a shorter array.
OPERATORS = {name for name, gate in NAMES.items() if gate.infix} | {"negative", "positive", "absolute", "reciprocal"}


def applied(op: Op, operands: list[Any], parameters: Json) -> Any:
    if op.gate == PART:
        return operands[0][parameters["place"]]
    call = NAMES[op.gate].call
    try:
        value = call(*operands, **parameters)
        plain = op.gate in OPERATORS and all(type(x) in (float, int) for x in operands)
        return float(value) if plain and type(value) is np.float64 else value
    except ArithmeticError:  # Python's floats raise where NumPy gives inf
        return call(*(np.float64(x) if isinstance(x, float) else x for x in operands), **parameters)
