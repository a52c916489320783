"""One run of a function as a program: all that it returns, all that Python read, at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gatewise._circuit import Bit, Expr, Input, Read, Wire, step_of
from gatewise._circuit import seen as wire_behind
from gatewise._compile.captured import Captured, World
from gatewise._errors import GatewiseError, refusals, user_line
from gatewise._gates import Gate, showing
from gatewise._program import At, Builder, Constant, Given, Guard, NotTold, Op, Operand, Program
from gatewise._recording import Recorder, leaves, mapped, told_by_wires
from gatewise._tensor import Tensor, leaf
from gatewise._twins import seen
from gatewise._types import Function, Operands, Parameters


@dataclass(frozen=True)
class Recorded:
    """A run: its program, the structure it returned with the names of the program's outputs in it, and its reads.

    The last inputs of the program are the `captured` arrays.
    `lines` has for each guard how Python read, and the user's line. A leaf of `returned` that is no `Output` is what
    the function returned there itself.
    """

    program: Program
    returned: Any
    lines: Sequence[str]
    captured: Sequence[Captured] = ()


@dataclass(frozen=True)
class Output:
    """An output of a program, by name, where it stands in what a function returned."""

    name: str


class Listening(Recorder):
    """Records with no frames and no names; of what Python read it keeps the line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.raising: list[Expr] = []  # steps on Python's floats, which raise at other numbers

    def step(
        self,
        gate: Gate,
        forward: Function,
        operands: Operands,
        values: Sequence[Any],
        parameters: Parameters,
        plain: Parameters,
        out: object,
    ) -> Expr:
        """Note one step, which stands nowhere in the user's code."""
        held = [self.held(x, v) for x, v in zip(operands, values, strict=True)]
        kept = tuple([wire_behind(x) if isinstance(x, Wire) else x for x in held])
        told = {name: told_by_wires(value, plain[name]) for name, value in parameters.items()} if parameters else plain
        step = Expr(gate, forward, kept, told, out)
        if type(out) is float and gate.name in RAISING:
            self.raising.append(step)
        return step

    def read(self, read: Read) -> None:
        self.reads.append(read)
        self.lines.append(user_line().strip() if read.how != "shape" else "")


@dataclass(frozen=True)
class Built:
    """What a builder asks of a circuit."""

    inputs: Sequence[Input]
    recording: int
    edges: Mapping[Wire, Input]


class Strict(Builder):
    """Takes nothing for a constant that came from an input."""

    def unmade(self, wire: Wire) -> Constant:
        if wire.bits & self.circuit.recording:
            raise NotTold("a value comes from its inputs in a way that was not recorded")
        return super().unmade(wire)


def program_of_run(
    f: Function, args: Sequence[Any], kwargs: Mapping[str, Any], arrays: Sequence[np.ndarray] = ()
) -> Recorded:
    """Run `f` once on Tensors, or twice, captured `arrays` among them. Raises `NotTold`, or what the function raises.

    Python may read what nobody differentiates; what is written into arrays is told apart only where somebody does.
    """
    try:
        return run_on_tensors(f, args, kwargs, arrays, NOBODY)
    except (GatewiseError, TypeError, ValueError, AttributeError, LookupError):
        with Bit() as bit:
            return run_on_tensors(f, args, kwargs, arrays, bit)


NOBODY = 0
RAISING = frozenset(("divide", "floor_divide", "power", "reciprocal", "remainder", "exp", "log", "sqrt"))


def run_on_tensors(
    f: Function, args: Sequence[Any], kwargs: Mapping[str, Any], arrays: Sequence[np.ndarray], bit: int
) -> Recorded:
    """Run `f` once on Tensors of the derivative `bit`."""
    inputs: list[Input] = []
    recorder = Listening()
    with recorder, refusals() as met:

        def lent(_: object, x: Any) -> Any:
            if not is_input(x):
                return x
            tensor, name = leaf(x, recorder.bit | bit), f"x{len(inputs)}"
            assert tensor.wire is not None
            inputs.append(Input(tensor.wire, name, name, (), name, False, "input"))
            return tensor

        given = mapped(lent, [*args]), mapped(lent, dict(kwargs))
        world = World({id(x): lent(None, x) for x in arrays})
        if arrays:
            f = world.of(f)
        for tensor in world.instead.values():
            tensor.wire.still = True  # as an array is, where a tie is between it and an input
        with showing("on", "exact"), np.errstate(all="ignore"):
            out = seen_by_gates(f)(*given[0], **given[1])
            if met:
                raise NotTold(f"it goes on after an error that it caught: {met[0].what}")
            made = as_program(Strict(Built(inputs, recorder.bit, {i.wire: i for i in inputs})), out, recorder)
            return replace(made, captured=[Captured(x, world.edges[id(x)]) for x in arrays])


def as_program(builder: Builder, out: Any, recorder: Listening) -> Recorded:
    """The program of a run: what was read first, in the order in which it was, then what was returned."""
    guards: list[Guard] = []
    lines: list[str] = []

    def guard(guard: Guard, line: str) -> None:
        if isinstance(guard.operand, At):
            guards.append(guard)
            lines.append(line)

    for read, line in zip(recorder.reads, recorder.lines, strict=True):
        if read.how not in ("shape", "place"):
            guard(builder.guard(read), f"{read.how}, {line}" if line else read.how)
    outputs: dict[str, Operand] = {}

    def named(_: object, x: Any) -> Any:
        if type(x) is not Tensor:
            return x
        name = f"y{len(outputs)}"
        outputs[name] = builder.of(x)
        return Output(name)

    returned = mapped(named, out)
    made = {id(step_of(wire)) for wire in builder.made} if recorder.raising else set()
    for step in recorder.raising:
        if id(step) not in made:  # nobody needs the number, but where the function raises it raises
            outputs[f"unused{len(outputs)}"] = builder.op(builder.circuit.inputs[0].wire, step)
    told: set[Wire] = set()
    while left := builder.held - told:  # what counts in a parameter
        told |= left
        for wire in sorted(left, key=lambda w: w.order):
            guard(Guard(builder.of(wire), wire.value), "parameter")
    program = builder.program(outputs, guards)
    demand_fixed_shapes(program)
    return Recorded(program, returned, lines)


def demand_fixed_shapes(program: Program) -> None:
    """Raises `NotTold` where a mask picks entries: how many there are depends on values."""
    for op in program.ops:
        for part in op.parameters.get("index", ()):
            if isinstance(part, At) and what_stands_at(program, part).dtype == "bool":
                raise NotTold("how many entries a mask picks depends on values")


def what_stands_at(program: Program, x: At) -> Given | Op:
    first = len(program.inputs)
    return program.inputs[x.place] if x.place < first else program.ops[x.place - first]


def is_input(x: Any) -> bool:
    """Whether a leaf is an input of a program; whole numbers of Python's and words are part of what is recorded."""
    return type(x) is float or isinstance(x, (np.floating, np.ndarray))


def seen_by_gates(f: Function) -> Function:
    """The function with `math` answered by gates, as a derivative sees it; a transform does that itself."""
    name = str(getattr(f, "__globals__", {}).get("__name__", ""))
    return f if name.partition(".")[0] == "gatewise" else seen(f)


def input_leaves(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """The inputs among the leaves of a call, in order."""
    return [x for _, x in leaves(([*args], dict(kwargs))) if is_input(x)]
