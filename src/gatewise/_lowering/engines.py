"""What an engine is to a program, and a program run by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from gatewise._gates import GATES, NAMES, Gate
from gatewise._lowering.errors import LoweringError
from gatewise._program import OPERATORS, PART, At, Constant, Op, Program, as_gate_takes
from gatewise._types import Json

#: Gates whose operands are not brought to one dtype: the first says which, or they are no numbers of one kind.
APART = {"getitem", "scatter", "add_at", "assign", "full_like", "astype"}
#: Gates that give floats of whole numbers.
AVERAGES = {"mean", "var", "std", "median"}

Kind = Any  #: the dtype of an array, or a number of Python's own, which bends to it


class Engine(Protocol):
    """Computes gates on arrays of its own."""

    name: str
    table: Mapping[str, Callable[..., Any]]  #: by gate, where the function of the same name is another one

    def same(self, gate: Gate) -> Callable[..., Any] | None:
        """Its function of the gate's name, if it has one that is called as NumPy's is."""

    def holds(self, x: object) -> bool:
        """Whether this is an array of its own."""

    def array(self, x: Any, dtype: np.dtype[Any]) -> Any:
        """A number or an array, its own or NumPy's, as its own of this dtype."""

    def dtype(self, x: Any) -> np.dtype[Any]: ...
    def shape(self, x: Any) -> tuple[int, ...]: ...
    def part(self, x: Any) -> Any:
        """A part of an index."""

    def applied(self, gate: Gate, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """The gate on operands that are its own arrays, NumPy's or numbers."""


def applied(engine: Engine, gate: Gate, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
    """The gate by the engine's table, by its function of the same name, or by what it is made of.

    Raises `LoweringError` where there is no way.
    """
    from gatewise._lowering.cells import on_cells

    call = engine.table.get(gate.name)
    if call is None and not gate.own:
        call = engine.same(gate)
    if call is None and not gate.own:
        raise LoweringError(
            f"{gate.name} is not computed on {engine.name}.",
            "it has no function of this name, and gatewise none that is made of others.",
            "run the circuit with NumPy.",
        )
    made = on_cells(gate, engine, operands, parameters) if call is None else call(*operands, **parameters)
    return tuple(made) if isinstance(made, (tuple, list)) else made


def values_of(program: Program, engine: Engine, inputs: Sequence[Any], weak: Sequence[bool]) -> list[Any]:
    """What stands at each place of a program: the inputs first, of which `weak` says which were Python's own floats."""
    values = dict(enumerate(inputs))
    run(program, engine, values, kinds_in(program, weak), range(len(program.ops)))
    return [values[k] for k in range(len(values))]


def kinds_in(program: Program, weak: Sequence[bool]) -> list[Kind]:
    """The kind of what stands at each place."""
    kinds: list[Kind] = [0.0 if w else np.dtype(i.dtype) for i, w in zip(program.inputs, weak, strict=True)]
    for op in program.ops:
        of = [kinds[x.place] if isinstance(x, At) else kind_of(x) for x in op.operands]
        kinds.append(0.0 if is_weak(op, of) else np.dtype(op.dtype or float))
    return kinds


def run(program: Program, engine: Engine, values: dict[int, Any], kinds: Sequence[Kind], which: Iterable[int]) -> None:
    """Compute some operations of a program, each into its place."""
    first = len(program.inputs)

    def value(x: Any) -> Any:
        return values[x.place] if isinstance(x, At) else x.value if isinstance(x, Constant) else x

    def part(x: Any) -> Any:
        return engine.part(value(x))

    for k in which:
        op, kind = program.ops[k], kinds[first + k]
        if op.gate == PART:
            values[first + k] = value(op.operands[0])[op.parameters["place"]]
            continue
        of = [kinds[x.place] if isinstance(x, At) else kind_of(x) for x in op.operands]
        operands = aligned(engine, op, [value(x) for x in op.operands], of, kind)
        parameters = {name: parameter(engine, as_gate_takes(x, part)) for name, x in op.parameters.items()}
        made = engine.applied(NAMES[op.gate], operands, parameters)
        values[first + k] = made if not op.dtype else pinned(engine, made, kind, op)


def parameter(engine: Engine, x: Any) -> Any:
    """A parameter as functions take it: lists inside as tuples, gates in the place of their functions."""
    if isinstance(x, (list, tuple, range)):
        return tuple(parameter(engine, part) for part in x)
    if isinstance(x, dict):
        return {name: parameter(engine, part) for name, part in x.items()}
    if callable(x) and not isinstance(x, np.dtype) and not engine.holds(x):
        gate = GATES.get(x) or next(each for each in NAMES.values() if each.call == x)
        return lambda *operands, **given: engine.applied(gate, operands, given)
    return x


def kind_of(x: Constant | None) -> Kind:
    if x is None:
        return None
    dtype = getattr(x.value, "dtype", None)
    return x.value if dtype is None else np.dtype(str(dtype))


def is_weak(op: Op, kinds: Sequence[Kind]) -> bool:
    """Whether Python's own operators gave a float of its own."""
    return op.dtype == "float64" and op.gate in OPERATORS and all(type(k) in (float, int) for k in kinds)


def aligned(engine: Engine, op: Op, operands: list[Any], kinds: Sequence[Kind], out: Kind) -> list[Any]:
    """The operands in the dtype in which NumPy computes; engines have other rules for whole numbers beside floats."""
    gate = NAMES[op.gate]
    if op.gate in APART or isinstance(out, float):
        return operands
    first = 1 if op.gate == "where" else 0
    known = [k for k in kinds[first:] if k is not None]
    common = np.result_type(*[type(k)(1) if isinstance(k, (bool, int, float)) else k for k in known])
    if common.kind in "iub" and out.kind == "f" and (gate.by_entry or op.gate in AVERAGES):
        common = out
    if common.kind not in "fiubc" or (len(known) == 1 and common == known[0]):
        return operands
    given = [x if k is None or k == common else engine.array(x, common) for x, k in zip(operands, kinds, strict=True)]
    return [*operands[:first], *given[first:]]


def pinned(engine: Engine, made: Any, kind: Kind, op: Op) -> Any:
    """A value in the dtype that was recorded. Raises `LoweringError` where it has not the shape."""
    if np.shape(made) != op.shape:
        what = f"{op.gate} gives the shape {np.shape(made)} on {engine.name}; {op.shape} was recorded."
        raise LoweringError(what, "its shape depends on values.", "the circuit with NumPy.")
    if isinstance(kind, float):
        return made
    return made if engine.holds(made) and engine.dtype(made) == kind else engine.array(made, kind)


def outputs_of(program: Program, values: Sequence[Any] | Mapping[int, Any]) -> Json:
    """The outputs by name."""
    known = values if isinstance(values, Mapping) else dict(enumerate(values))
    return {
        name: known.get(x.place) if isinstance(x, At) else x.value if isinstance(x, Constant) else x
        for name, x in program.outputs.items()
    }
