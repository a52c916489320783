"""Programs as JSON, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gatewise._gates import NAMES
from gatewise._program.program import PART, At, Constant, Given, Guard, Op, Program, verify
from gatewise._types import Json

WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def to_json(program: Program) -> Json:
    """A program as plain lists: places are whole numbers, constants stand in `{"is": ...}`, None is null.

    An operation is `[gate, operands, parameters, shape, dtype]`, with the parameters in the order in which the gate
    declares them. The parts of an index are `["slice", from, to, step]`, `["newaxis"]`, `["rest"]` for the dots and
    `["at", operand]`; NaN and inf are words.
    """
    return {
        "inputs": [[given.name, list(given.shape), given.dtype] for given in program.inputs],
        "ops": [op_written(op) for op in program.ops],
        "outputs": {name: operand_written(operand) for name, operand in program.outputs.items()},
        "guards": [[operand_written(guard.operand), constant_written(guard.value)] for guard in program.guards],
    }


def from_json(told: Json) -> Program:
    """The program that `to_json` wrote. Raises `ProgramError` for one that is not well formed."""
    inputs = tuple(Given(name, tuple(shape), dtype) for name, shape, dtype in told["inputs"])
    ops = tuple(
        Op(gate, tuple(map(operand_read, operands)), parameters_read(gate, values), tuple(shape), dtype)
        for gate, operands, values, shape, dtype in told["ops"]
    )
    guards = tuple(Guard(operand_read(x), constant_read(value)) for x, value in told["guards"])
    return verify(Program(inputs, ops, {name: operand_read(x) for name, x in told["outputs"].items()}, guards))


def op_written(op: Op) -> list[object]:
    names = declared(op.gate)
    values = [parameter_written(name, op.parameters[name]) for name in names]
    return [op.gate, [operand_written(x) for x in op.operands], values, list(op.shape), op.dtype]


def declared(gate: str) -> list[str]:
    return ["place"] if gate == PART else NAMES[gate].parameters


#: An operand in JSON: the number of its place, or what a constant is; null for none.
Written = int | dict[str, object] | None


def operand_written(x: At | Constant | None) -> Written:
    if isinstance(x, At):
        return x.place
    return None if x is None else constant_written(x.value)


def constant_written(value: object) -> dict[str, object]:
    return {"is": number_written(value), **dtype_told(value)}


def dtype_told(value: object) -> Json:
    """What a list of numbers does not say: the dtype of an array, or of NumPy's number."""
    return {"dtype": value.dtype.str, "shape": list(value.shape)} if isinstance(value, (np.ndarray, np.generic)) else {}


def operand_read(x: Any) -> Any:
    if x is None or isinstance(x, int):
        return None if x is None else At(x)
    return Constant(constant_read(x))


def constant_read(told: Json) -> Any:
    value = number_read(told["is"])
    if "dtype" not in told:
        return value
    array = np.array(value, np.dtype(told["dtype"])).reshape(told["shape"])
    return array if array.ndim else array[()]


def number_written(value: object) -> object:
    """A number or nested lists of them as JSON has them."""
    value = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    if isinstance(value, list):
        return [number_written(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def number_read(told: object) -> object:
    if isinstance(told, list):
        return [number_read(each) for each in told]
    return WORDS[told] if isinstance(told, str) else told


def parameter_written(name: str, value: Any) -> object:
    if name == "index":
        return [part_written(part) for part in value]
    return value.name if isinstance(value, np.dtype) else number_written(value)


def parameters_read(gate: str, values: list[object]) -> Json:
    return {name: parameter_read(name, value) for name, value in zip(declared(gate), values, strict=True)}


def parameter_read(name: str, told: Any) -> object:
    if name == "index":
        return tuple(map(part_read, told))
    if name == "dtype" and told is not None:
        return np.dtype(told)
    return WORDS.get(told, told) if isinstance(told, str) else told


def part_written(part: object) -> list[object]:
    if part is None or part is Ellipsis:
        return ["newaxis"] if part is None else ["rest"]
    if isinstance(part, slice):
        return ["slice", part.start, part.stop, part.step]
    return ["at", part.place if isinstance(part, At) else {"is": number_written(part)}]


def part_read(told: list[Any]) -> object:
    kind, *rest = told
    if kind == "slice":
        return slice(*rest)
    if kind == "at":
        return At(rest[0]) if isinstance(rest[0], int) else whole_numbers(rest[0]["is"])
    return None if kind == "newaxis" else ...


def whole_numbers(told: object) -> object:
    return np.array(told, np.intp) if isinstance(told, list) else told
