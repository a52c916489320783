"""From program to program: one way to go over all operations, and what a rule sees of those before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._program.building import equality_key
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
    verify,
)


@dataclass(frozen=True)
class Pass:
    """A pass with its name; one that `rounds` may change last bits."""

    name: str
    of: Callable[[Program], Program]
    rounds: bool = False


def needed(program: Program) -> Program:
    """The program without the operations that no output or guard is made of; inputs stay as they are."""
    first = len(program.inputs)
    waiting = [*roots(program)]
    kept = set(range(first))
    while waiting:
        place = waiting.pop()
        if place not in kept:
            kept.add(place)
            waiting += uses(program.ops[place - first])
    places = {old: At(new) for new, old in enumerate(sorted(kept))}
    ops = tuple(op_placed(program.ops[old - first], places) for old in sorted(kept) if old >= first)
    return rewired(program, ops, places)


def rewired(program: Program, ops: Sequence[Op], places: Mapping[int, Operand]) -> Program:
    """A program of these operations, with its outputs and guards where `places` says that they are now."""
    outputs = {name: placed(operand, places) for name, operand in program.outputs.items()}
    guards = tuple(Guard(placed(guard.operand, places), guard.value) for guard in program.guards)
    return verify(Program(program.inputs, tuple(ops), outputs, guards))


def placed(x: Any, places: Mapping[int, Operand]) -> Any:
    return places[x.place] if isinstance(x, At) else x


def op_placed(op: Op, places: Mapping[int, Operand]) -> Op:
    """An operation with its operands where `places` says that they are now."""
    operands = tuple(placed(x, places) for x in op.operands)
    if not op.parameters:
        return Op(op.gate, operands, op.parameters, op.shape, op.dtype)
    parameters = {
        k: tuple(placed(x, places) for x in v) if isinstance(v, tuple) else v for k, v in op.parameters.items()
    }
    return Op(op.gate, operands, parameters, op.shape, op.dtype)


Rewritten = Op | At | Constant | None  #: an operation in another's place, what it is the same as, or None: it stays


def rewritten(program: Program, rule: Callable[[Op, Known], Rewritten]) -> Program:
    """The program with each operation as `rule` says, which sees operands as they have become."""
    known = Known(program)
    places: dict[int, Operand] = {k: At(k) for k in range(len(program.inputs))}
    changed = False
    for k, op in enumerate(program.ops):
        op = op_placed(op, places) if changed else op
        told = rule(op, known) if op.gate != PART else None
        changed = changed or told is not None
        there = told if isinstance(told, (At, Constant)) else known.add(op if told is None else told)
        places[len(program.inputs) + k] = there
    return needed(rewired(program, known.ops, places)) if changed else program


class Known:
    """The operations of a program that is being made: what stands at a place, and where an operation stands."""

    def __init__(self, program: Program) -> None:
        self.inputs, self.ops = program.inputs, list[Op]()
        self.places: dict[object, At] = {}

    def add(self, op: Op) -> At:
        self.ops.append(op)
        place = At(len(self.inputs) + len(self.ops) - 1)
        self.places.setdefault(identity_of(op), place)
        return place

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
        return self.places.get(identity_of(Op(gate, operands, {}, (), "")))

    def fits(self, x: Any, op: Op) -> bool:
        """Whether an operand has the shape and dtype of an operation."""
        found = self.at(x)
        return found is not None and (found.shape, found.dtype) == (op.shape, op.dtype)


def identity_of(op: Op) -> object:
    """What makes two operations equal."""
    named = sorted(op.parameters.items())
    return op.gate, *map(equality_key, op.operands), *((name, equality_key(x)) for name, x in named)


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
