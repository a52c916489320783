"""From program to program: one way to go over all operations, and what a rule sees of those before it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._program.building import identity_of
from gatewise._program.program import (
    PART,
    At,
    Constant,
    Given,
    Guard,
    Op,
    Operand,
    Program,
    roots,
    uses,
)

Rewritten = Op | At | Constant | None  #: an operation in another's place, what it is the same as, or None: it stays
Rule = Callable[[Op, "Known"], Rewritten]


@dataclass(frozen=True)
class Pass:
    """A pass with its name; one that `rounds` may change last bits."""

    name: str
    of: Callable[[Program], Program]
    rounds: bool = False


def over(*gates: str) -> Callable[[Rule], Callable[[Program], Program]]:
    """The pass that a rule is, which is asked of operations of these gates alone; of all where none is named."""

    def passed(rule: Rule) -> Callable[[Program], Program]:
        return functools.wraps(rule)(lambda program: rewritten(program, rule, frozenset(gates)))

    return passed


def needed(program: Program) -> Program:
    """The program without the operations that no output or guard is made of; inputs stay as they are."""
    first, count = len(program.inputs), len(program.ops)
    kept = bytearray(first + count)
    for place in roots(program):
        kept[place] = 1
    for k in range(count - 1, -1, -1):
        if kept[first + k]:
            for place in uses(program.ops[k]):
                kept[place] = 1
    if all(kept[first:]):
        return program
    places: list[Operand] = [At(k) for k in range(first)]
    ops: list[Op] = []
    for k, op in enumerate(program.ops):
        places.append(At(first + len(ops)))
        if kept[first + k]:
            ops.append(op_placed(op, places))
    return rewired(program, ops, places)


def rewired(program: Program, ops: Sequence[Op], places: Sequence[Operand]) -> Program:
    """A program of these operations, with its outputs and guards where `places` says that they are now."""
    outputs = {name: placed(operand, places) for name, operand in program.outputs.items()}
    guards = tuple(Guard(placed(guard.operand, places), guard.value) for guard in program.guards)
    return Program(program.inputs, tuple(ops), outputs, guards)


def placed(x: Any, places: Sequence[Operand]) -> Any:
    return places[x.place] if type(x) is At else x


def op_placed(op: Op, places: Sequence[Operand]) -> Op:
    """An operation with its operands where `places` says that they are now."""
    operands = tuple([places[x.place] if type(x) is At else x for x in op.operands])
    parameters = op.parameters
    if "index" in parameters:
        parameters = {**parameters, "index": tuple([placed(x, places) for x in parameters["index"]])}
    return Op(op.gate, operands, parameters, op.shape, op.dtype)


def rewritten(program: Program, rule: Rule, gates: frozenset[str] = frozenset()) -> Program:
    """The program with each operation of these `gates` as `rule` says, which sees operands as they have become."""
    if gates and gates.isdisjoint(op.gate for op in program.ops):
        return program
    known = Known(program)
    places: list[Operand] = [At(k) for k in range(len(program.inputs))]
    changed = False
    for op in program.ops:
        if changed:
            op = op_placed(op, places)
        told = None
        if (not gates or op.gate in gates) and op.gate != PART:
            told = rule(op, known)
            changed = changed or told is not None
        places.append(told if isinstance(told, (At, Constant)) else known.add(op if told is None else told))
    return needed(rewired(program, known.ops, places)) if changed else program


class Known:
    """The operations of a program that is being made: what stands at a place, and where an operation stands."""

    def __init__(self, program: Program) -> None:
        self.inputs, self.ops = program.inputs, list[Op]()
        self._places: dict[object, At] = {}  # by identity, as far as somebody asked
        self._entered = 0
        self._last: tuple[Op | None, object] = None, None

    def add(self, op: Op) -> At:
        self.ops.append(op)
        return At(len(self.inputs) + len(self.ops) - 1)

    def equal(self, op: Op) -> At | None:
        """Where an equal operation stands already, the first of them."""
        for k in range(self._entered, len(self.ops)):
            each = self.ops[k]
            identity = self._last[1] if self._last[0] is each else identity_of(each)
            self._places.setdefault(identity, At(len(self.inputs) + k))
        self._entered = len(self.ops)
        self._last = op, identity_of(op)  # it is most likely added next
        return self._places.get(self._last[1])

    def at(self, x: Any) -> Given | Op | None:
        """What stands at a place; None for a constant."""
        if not isinstance(x, At):
            return None
        first = len(self.inputs)
        return self.inputs[x.place] if x.place < first else self.ops[x.place - first]

    def op(self, x: Any, gate: str) -> Op | None:
        """The operation at a place, if it is of this gate."""
        found = self.at(x)
        return found if isinstance(found, Op) and found.gate == gate else None

    def shape(self, x: Any) -> tuple[int, ...] | None:
        found = self.at(x)
        return None if found is None else found.shape

    def behind(self, x: Any) -> Any:
        """What stands behind another shape of it."""
        found = self.at(x)
        while isinstance(found, Op) and found.gate in ("reshape", "expand_dims", "squeeze", "broadcast_to"):
            x = found.operands[0]
            found = self.at(x)
        return x

    def of(self, gate: str, *operands: Operand) -> At | None:
        """Where a gate without parameters on these operands stands already."""
        return self.equal(Op(gate, operands, {}, (), ""))

    def fits(self, x: Any, op: Op) -> bool:
        """Whether an operand has the shape and dtype of an operation."""
        found = self.at(x)
        return found is not None and (found.shape, found.dtype) == (op.shape, op.dtype)


def lone_number(x: Operand) -> Operand:
    """The number that an array of floats holds everywhere, if it does, as a constant."""
    if not isinstance(x, Constant) or not isinstance(x.value, np.ndarray) or not x.value.size:
        return x
    first = x.value.flat[0]
    alike = np.array_equal(x.value, np.full_like(x.value, first)) and (np.signbit(x.value) == np.signbit(first)).all()
    if x.value.dtype.kind != "f" or not alike:
        return x
    return Constant(float(first) if x.value.dtype == np.float64 else first)


def is_nan(x: object) -> bool:
    return isinstance(x, Constant) and np.ndim(x.value) == 0 and bool(np.isnan(x.value))


def is_the_number(x: object, number: float) -> bool:
    """Whether an operand is a single constant number, this one."""
    return isinstance(x, Constant) and np.ndim(x.value) == 0 and bool(x.value == number)
