"""What a recording keeps of each step while the function runs: its place in the user's code, and its stage."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from itertools import takewhile
from operator import is_
from types import CodeType, FrameType
from typing import Any
from weakref import ref

import numpy as np

from gatewise._circuit import Bit, Expr, Place, Read, Where, Wire, detached, identity, lent, seen, tick
from gatewise._errors import PACKAGE, KeptError
from gatewise._gates import Gate
from gatewise._recording.places import Statement, in_loop, statement_at
from gatewise._tensor import Tensor, described
from gatewise._types import Function, Operands, Parameters


class Recorder:
    """Listens to the steps of one run of the function whose code is `shown`; for use with `with`.

    Entering lends the recording its bit. `statements` has for every stage the statement it came from, `bound` for the
    stages that bind several names the wire behind each.
    """

    def __init__(self, shown: CodeType | None = None, bit: int | None = None) -> None:
        self.shown, self.again_with = shown, bit  # a bit of its own, or that of a recording that is taken up again
        self.statements: list[Statement | None] = []
        self.bound: dict[int, dict[str, Wire]] = {}
        self.reads: list[Read] = []
        self.in_loops: list[tuple[int, Expr]] = []  # the steps that stand in a loop, each with an order among the wires
        self._detached: list[ref[Tensor]] = []
        self._copies: dict[int, Any] = {}  # by id of the user's array: it and its copy, the same for every use
        self._instruction = -1
        self._steps: set[int] = set()  # ids of the steps of the stage that is open
        self._frames: list[FrameType] = []  # those of the last step, kept so that no later call can have their ids
        self._calls: tuple[int, ...] = ()
        self._counted = 0

    def __enter__(self) -> Recorder:
        self._bit = Bit(recording=True, bit=self.again_with)
        self.bit = self._bit.__enter__()
        self.first = tick() if self.again_with is None else 0
        self._before = lent.on_step, lent.on_read, lent.on_detach
        lent.on_step, lent.on_read, lent.on_detach = self.step, self.read, self.detach
        return self

    def __exit__(self, *_: object) -> None:
        self._note_bound(self._frames[0] if self._frames else None)
        self._frames = []
        lent.on_step, lent.on_read, lent.on_detach = self._before
        self.let_go()
        self._bit.__exit__()

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
        """Note one step; called by the Tensor for every gate that carries the recording's bit."""
        place, frame = self.place()
        where = Where(place, self.stage(place, frame), self._calls)
        held = [self.held(x, v) for x, v in zip(operands, values, strict=True)]
        fixed: tuple[int, ...] = ()
        if any([isinstance(x, Wire) and x.pullback in OWN for x in held]):  # noqa: C419 - a third of the time
            fixed = tuple(k for k, x in enumerate(held) if isinstance(x, Wire) and x.pullback is detached)
            held = [seen(x) if isinstance(x, Wire) else x for x in held]
        told = {name: told_by_wires(value, plain[name]) for name, value in parameters.items()} if parameters else plain
        step = Expr(gate, forward, tuple(held), told, out, where, {}, fixed)
        self._steps.add(id(step))
        if any([in_loop(*each) for each in place]):  # noqa: C419 - a third of the time
            self.in_loops.append((tick(), step))
        return step

    def read(self, read: Read) -> None:
        """Note what Python read, but for numbers that were written as words, or taken out to be printed."""
        if read.how != "shown" and (read.how != "taken" or not in_print()):
            self.reads.append(read)

    def detach(self, t: Tensor) -> None:
        """Note a Tensor that was detached: it belongs to the recording while that lasts."""
        self._detached.append(ref(t))

    def let_go(self) -> None:
        """What was detached is a constant to all that comes later; a recording around this one still has it."""
        for t in filter(None, (known() for known in self._detached)):
            t.bits &= ~self.bit
            if not t.bits:
                t.wire = None
            elif lent.on_detach is not None:
                lent.on_detach(t)

    def held(self, operand: object, value: object) -> Any:
        """What the record keeps of one operand: its wire, or a plain value of its own."""
        if type(operand) is Tensor and operand.bits & self.bit and operand.wire is not None:
            if operand.wire.order < self.first:
                raise KeptError.of(described(operand))
            return operand.wire
        if not isinstance(value, np.ndarray) or isinstance(operand, Tensor):
            return value
        _, copy = self._copies.get(id(operand), (None, None))
        if copy is None or not np.array_equal(copy, value, equal_nan=copy.dtype.kind == "f"):
            copy = np.array(value)  # in its own layout: BLAS adds in another order in another
            self._copies[id(operand)] = operand, copy
        return copy

    def place(self) -> tuple[Place, FrameType | None]:
        """The user's frames from the shown function inwards, as (code, instruction), and the shown frame."""
        if self.shown is None:  # a way back that is recorded stands nowhere in the user's code
            return (), None
        frame: FrameType | None = sys._getframe(3)
        frames: list[FrameType] = []
        while frame is not None:
            if not frame.f_code.co_filename.startswith(PACKAGE):
                frames.append(frame)
            if frame.f_code is self.shown:
                frames.reverse()
                self.count_calls(frames)
                return tuple([(each.f_code, each.f_lasti) for each in frames]), frame
            frame = frame.f_back
        return (), None

    def count_calls(self, frames: list[FrameType]) -> None:
        """Number the call that each frame is: the same as at the last step where it is the same frame."""
        if len(frames) == len(self._frames) and all(map(is_, frames, self._frames)):
            return
        same = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(frames, self._frames, strict=False)))
        self._calls = self._calls[:same] + tuple(range(self._counted, self._counted + len(frames) - same))
        self._counted += len(frames) - same
        self._frames = frames

    def stage(self, place: Place, frame: FrameType | None) -> int:
        """The number of the stage a step belongs to: a new one for each execution of a statement."""
        statement = statement_at(*place[0]) if place else None
        instruction = place[0][1] if place else -1
        if not self.statements or statement is not self.statements[-1] or self.again(statement, instruction, frame):
            self._note_bound(frame)
            self.statements.append(statement)
            self._steps = set()
        self._instruction = instruction
        return len(self.statements) - 1

    def _note_bound(self, frame: FrameType | None) -> None:
        """Note what the last stage bound, where it bound several names at once (`a, b = f(x)`)."""
        statement = self.statements[-1] if self.statements else None
        names = (statement.target or "").split(",") if statement is not None else []
        if len(names) < 2 or frame is None:
            return
        values = [(name, frame.f_locals.get(name)) for name in names]
        wires = {name: value.wire for name, value in values if type(value) is Tensor and value.wire is not None}
        self.bound[len(self.statements) - 1] = wires

    def again(self, statement: Statement | None, instruction: int, frame: FrameType | None) -> bool:
        """Whether the statement runs another time, in a loop: it began again, or had bound its target."""
        if instruction < self._instruction:
            return True
        if statement is None or frame is None or instruction > self._instruction:
            return False
        bound = [frame.f_locals.get(name) for name in (statement.target or "").split(",")]
        return any(type(value) is Tensor and id(getattr(value.wire, "step", None)) in self._steps for value in bound)


OWN = (detached, identity)  #: at wires that stand for others


def in_print() -> bool:
    """Whether the user's innermost statement is a call of `print`: what it is given goes nowhere else."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    statement = statement_at(frame.f_code, frame.f_lasti) if frame is not None else None
    call = statement.value if statement is not None and not statement.returns and statement.target is None else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


def told_by_wires(parameter: Any, plain: Any) -> object:
    """A parameter as it is kept, with the wires of Tensors inside it (an index) in their place."""
    if type(parameter) is Tensor:
        return seen(parameter.wire) if parameter.wire is not None and parameter.bits & lent.recording else plain
    if type(parameter) not in (tuple, list):
        return plain
    parts = [told_by_wires(part, other) for part, other in zip(parameter, plain, strict=True)]
    return type(plain)(parts) if any(a is not b for a, b in zip(parts, plain, strict=True)) else plain
