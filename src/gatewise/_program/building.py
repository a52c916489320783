"""From a circuit, and from what a sweep of it left, to a program."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from gatewise._circuit import (
    NO_PARAMETERS,
    Expr,
    FrozenCircuit,
    Input,
    Ports,
    Read,
    Wire,
    part_of,
    placed,
    seen,
    step_of,
    unknown_behind,
    wires_in,
    with_wires,
)
from gatewise._errors import GatewiseError
from gatewise._gates import GATES, Gate, without_mask
from gatewise._program.program import PART, At, Constant, Given, Guard, Op, Operand, Program, shape_and_dtype, verify
from gatewise._recording.recorder import Recorder
from gatewise._sweep import zeros_for
from gatewise._tensor import Tensor
from gatewise._transforms import traced


class NotTold(Exception):  # noqa: N818 - told to the builder's caller, who says what it means there
    """Something that a program cannot say, or not by the gates that were allowed."""


def program_of(circuit: FrozenCircuit, builder: Builder | None = None) -> Program:
    """The value of a circuit, `value`, and the gradient of each input that was asked for, `d` and its name.

    A `builder` of the circuit that is given knows afterwards which operation each wire is.

    >>> from gatewise._board import circuit, frozen_of
    >>> from gatewise._program import evaluate
    >>> program = program_of(frozen_of(circuit("(x + y) * z", x=-2, y=5, z=-4)))
    >>> {name: float(x) for name, x in evaluate(program, {"x": 1.0, "y": 2.0, "z": 3.0}).items()}
    {'value': 9.0, 'dx': 3.0, 'dy': 3.0, 'dz': 3.0}
    """
    with Recorder(bit=circuit.recording):
        builder = builder or Builder(circuit)
        outputs = {"value": builder.of(circuit.output)}
        found, _ = traced(circuit)
        for each in circuit.wanted:
            arrived = found.get(each.wire)
            g = zeros_for(each.wire.value) if arrived is None else without_mask(arrived)
            outputs[f"d{each.name}"] = builder.of(g)
        guards = [builder.guard(each) for each in circuit.reads if builder.depends_on(each)]
        return builder.program(outputs, guards)


def every(gate: Gate) -> bool:
    return True


class Recorded(Protocol):
    """What a builder asks of a circuit, or of a run that is none: its inputs, where it begins, and its bit."""

    @property
    def inputs(self) -> Sequence[Input]: ...
    @property
    def edges(self) -> Container[Wire]: ...
    @property
    def recording(self) -> int: ...


class Builder:
    """Makes operations of wires and Tensors, each of which is told once; for use while a recorder is open.

    The inputs of the program are those of the circuit; what its code named and never changes is a constant. A gate
    that is not `known` is told by what it is made of.
    """

    def __init__(self, circuit: Recorded, known: Callable[[Gate], bool] = every) -> None:
        self.circuit, self.knows = circuit, known
        self.inputs: list[Given] = []
        self.ops: list[Op] = []
        self.held: set[Wire] = set()  # whose values stand in parameters as they were recorded
        self.made: dict[Wire, Operand] = {}
        self.places: dict[Any, At] = {}  # of each operation by what it is: equal ones are one
        for each in circuit.inputs:
            if each.kind != "constant":
                self.made[each.wire] = At(len(self.inputs))
                self.inputs.append(Given(each.name, *shape_and_dtype(each.wire.value)))

    def at(self, x: At) -> Given | Op:
        """What stands at a place."""
        return self.inputs[x.place] if x.place < len(self.inputs) else self.ops[x.place - len(self.inputs)]

    def program(self, outputs: Mapping[str, Operand], guards: Sequence[Guard] = ()) -> Program:
        return verify(Program(tuple(self.inputs), tuple(self.ops), dict(outputs), tuple(guards)))

    def depends_on(self, read: Read) -> bool:
        """Whether the program holds only where Python reads the same again: an index that is an operand may change."""
        return read.how != "shape" and (read.how != "place" or read.wire in self.held)

    def guard(self, read: Read) -> Guard:
        """What Python read, as it read it: of a question of yes or no the answer. Raises `NotTold`."""
        seen = self.of(read.wire)
        if read.how != "bool":
            return Guard(seen, read.value)
        answer = self.told(Op("not_equal", (seen, Constant(0)), {}, np.shape(read.wire.value), "bool"))
        return Guard(answer, np.not_equal(read.value, 0))

    def of(self, x: Any) -> Operand:
        """The operand that a value is: of a recorded one its place, of a plain one itself. Raises `NotTold`."""
        if isinstance(x, Tensor):
            x = x.value if x.wire is None else x.wire
        if not isinstance(x, Wire):
            return None if x is None else constant(x)
        if x in self.made:
            return self.made[x]
        wire = seen(x)
        for each in unknown_behind(wire, self.made.__contains__):
            made = None if each in self.circuit.edges else step_of(each)
            self.made[each] = self.unmade(each) if made is None else self.op(each, made)
        return self.made[wire]

    def unmade(self, wire: Wire) -> Constant:
        """What a wire is that no step made: a value that nothing here hangs on."""
        return constant(wire.value)

    def op(self, wire: Wire, made: Expr) -> Operand:
        """The operation that made a wire. Raises `NotTold`."""
        gate = made.gate
        parameters = {**gate.defaults, **made.parameters} if gate.parameters else NO_PARAMETERS
        if self.knows is not every:
            if not self.knows(gate):
                return self.unfolded(gate, made.operands, parameters)
            if not is_plain_total(gate, parameters):
                raise NotTold(f"{gate.name} of some entries, or from a number on, is not computed")
        told = self.parameters(made, parameters) if parameters else {}
        operands = tuple([self.of(x) for x in made.operands])
        kind = shape_and_dtype_of(made.value)
        if gate is GATES[np.multiply] and (other := beside_one(operands)) is not None:
            same = self.at(other)
            if (same.shape, same.dtype) == kind:  # truth values times 1.0 are numbers
                return other
        name = gate.name
        x = operands[0] if gate is GATES[np.reciprocal] else None
        if isinstance(x, At) and self.at(x).dtype not in (kind[1], "float16"):
            name, operands = "divide", (Constant(1), x)  # 1 / n of whole numbers, of which the ufunc gives 0
        whole, place = self.told(Op(name, operands, told, *kind)), part_of(wire)
        if place is None:
            return whole
        return self.told(Op(PART, (whole,), {"place": place}, *shape_and_dtype(wire.value)))

    def parameters(self, made: Expr, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of an operation as a program has them."""
        told = {name: parameter(self.as_it_was(value)) for name, value in parameters.items() if name != "index"}
        if "index" in parameters:
            told["index"] = self.index(parameters["index"])
        if "subscripts" in parameters:
            told["subscripts"] = letters(parameters["subscripts"], [np.ndim(value_behind(x)) for x in made.operands])
        return told

    def told(self, op: Op) -> At:
        """The place of an operation: of an equal one that is there already, or a new one."""
        identity = identity_of(op)
        place = self.places.get(identity)
        if place is None:
            self.places[identity] = place = At(len(self.inputs) + len(self.ops))
            self.ops.append(op)
        return place

    def unfolded(self, gate: Gate, operands: Sequence[object], parameters: Mapping[str, object]) -> Operand:
        """A gate of our own by what it is made of. Raises `NotTold`."""
        if not gate.own:
            raise NotTold(f"{gate.name} is not computed")
        bit = self.circuit.recording
        given = {name: self.as_it_was(value) for name, value in parameters.items()}
        try:
            made = gate.function(*(Tensor(x.value, x, bit) if isinstance(x, Wire) else x for x in operands), **given)
        except (GatewiseError, ArithmeticError, TypeError, ValueError, IndexError) as error:
            raise NotTold(f"{gate.name} is not computed") from error
        return self.of(made)

    def as_it_was(self, parameter: object) -> object:
        """A parameter with the values that its wires had."""
        self.held.update(wires_in(parameter))
        return with_wires(parameter, placed)

    def index(self, index: Any) -> tuple[Any, ...]:
        """The parts of an index, each a slice, None, dots, whole numbers or the place of such."""
        parts = index if isinstance(index, tuple) else (index,)
        return tuple(told for part in parts for told in self.part(part))

    def part(self, part: Any) -> Iterator[Any]:
        """A part as the operands that it is: a mask that is the same in every run is its whole numbers."""
        if type(part) is int or part is None or part is Ellipsis:
            yield part
            return
        if isinstance(part, Wire):
            told = self.of(part)
            part = told.value if isinstance(told, Constant) else told
        part = self.as_it_was(part)  # a list of numbers
        if isinstance(part, slice):
            yield slice(*(None if bound is None else int(bound) for bound in (part.start, part.stop, part.step)))
        elif isinstance(part, At):
            yield part
        elif np.asarray(part).dtype == bool:
            yield from np.nonzero(np.asarray(part))
        else:
            yield np.array(part) if np.ndim(part) else int(part)


def constant(x: object) -> Constant:
    """A plain number or array, in memory of its own. Raises `NotTold`."""
    if type(x) is float:
        return Constant(x)
    if isinstance(x, Ports) or np.asarray(x).dtype.kind not in "fiub":
        raise NotTold("it is made of something that is no number")
    return Constant(np.array(x) if isinstance(x, np.ndarray) else x)


def is_plain_total(gate: Gate, parameters: Mapping[str, object]) -> bool:
    """Whether a total, if it is one, is that of all entries: the script of a page knows no other."""
    return all(parameters[n] is gate.defaults[n] for n in ("where", "initial", "dtype") if n in gate.defaults)


def beside_one(operands: Sequence[Operand]) -> At | None:
    """What is multiplied with the number 1."""
    for one, other in (operands, operands[::-1]):
        if isinstance(one, Constant) and type(one.value) is float and one.value == 1.0 and isinstance(other, At):
            return other
    return None


def parameter(x: object) -> Any:
    """A parameter as plain Python has it, lists for tuples: a tuple is an index."""
    if isinstance(x, (tuple, list)):
        return [parameter(each) for each in x]
    if isinstance(x, (np.dtype, type)):
        return np.dtype(x)
    return int(x) if isinstance(x, np.integer) else x


def shape_and_dtype_of(value: object) -> tuple[tuple[int, ...], str]:
    """Those of a value; of several there are none."""
    return ((), "") if isinstance(value, (tuple, list)) else shape_and_dtype(value)


def identity_of(op: Op) -> object:
    """What makes two operations equal."""
    operands = tuple([x.place if type(x) is At else equality_key(x) for x in op.operands])
    if not op.parameters:
        return op.gate, operands
    return op.gate, operands, *[(name, equality_key(x)) for name, x in sorted(op.parameters.items())]


def equality_key(x: object) -> object:
    """What makes two operands or parameters equal: the bits of constants, 0.0 and -0.0 apart."""
    kind = type(x)
    if kind is Constant:
        value = x.value  # type: ignore[attr-defined]
        if type(value) is float:
            return "float", value.hex()
        array = np.asarray(value)
        return type(value).__name__, array.dtype.str, array.shape, array.tobytes()
    if kind is At or kind is str or x is None:
        return x
    if kind is np.ndarray:
        return x.dtype.str, x.shape, x.tobytes()  # type: ignore[attr-defined]
    if isinstance(x, (tuple, list)):
        return tuple(map(equality_key, x))
    return repr(x) if kind is slice else (kind.__name__, x)


def value_behind(x: object) -> Any:
    return x.value if isinstance(x, (Wire, Tensor)) else x


def letters(subscripts: str, ranks: Sequence[int]) -> str:
    """The letters of an einsum of operands with so many axes: its output written out, letters in the place of dots.

    >>> letters("...i, i", [3, 1])
    'ABi,i->AB'
    """
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    if not arrow:
        once = sorted({c for c in left if c.isalpha() and left.count(c) == 1})
        out = ("..." if "..." in left else "") + "".join(once)
    parts = left.split(",")
    free = [rank - len(part.replace("...", "")) for part, rank in zip(parts, ranks, strict=True)]
    most = max((n for part, n in zip(parts, free, strict=True) if "..." in part), default=0)
    dots = "".join(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in left)[:most]
    told = [part.replace("...", dots[most - n :]) for part, n in zip(parts, free, strict=True)]
    return ",".join(told) + "->" + out.replace("...", dots)
