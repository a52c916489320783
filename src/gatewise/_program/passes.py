"""From program to program: each pass is a function of its own, and changes one thing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._gates import NAMES
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
    shape_and_dtype,
    uses,
    verify,
)
from gatewise._program.reference import values_of


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
    ops = tuple(moved(program.ops[old - first], places) for old in sorted(kept) if old >= first)
    return rewired(program, ops, places)


def rewired(program: Program, ops: Sequence[Op], places: Mapping[int, Operand]) -> Program:
    """A program of these operations, with its outputs and guards where `places` says that they are now."""
    outputs = {name: elsewhere(operand, places) for name, operand in program.outputs.items()}
    guards = tuple(Guard(elsewhere(guard.operand, places), guard.value) for guard in program.guards)
    return verify(Program(program.inputs, tuple(ops), outputs, guards))


def elsewhere(x: Any, places: Mapping[int, Operand]) -> Any:
    return places[x.place] if isinstance(x, At) else x


def moved(op: Op, places: Mapping[int, Operand]) -> Op:
    """An operation with its operands where `places` says that they are now."""
    operands = tuple(elsewhere(x, places) for x in op.operands)
    parameters = {
        k: tuple(elsewhere(x, places) for x in v) if isinstance(v, tuple) else v for k, v in op.parameters.items()
    }
    return Op(op.gate, operands, parameters, op.shape, op.dtype)


Rewritten = Op | At | Constant | None  #: an operation in another's place, what it is the same as, or None: it stays


def rewritten(program: Program, rule: Callable[[Op, Known], Rewritten]) -> Program:
    """The program with each operation as `rule` says, which sees operands as they have become."""
    known = Known(program)
    places: dict[int, Operand] = {k: At(k) for k in range(len(program.inputs))}
    for k, op in enumerate(program.ops):
        op = moved(op, places)
        told = rule(op, known) if op.gate != PART else None
        there = told if isinstance(told, (At, Constant)) else known.add(op if told is None else told)
        places[len(program.inputs) + k] = there
    return needed(rewired(program, known.ops, places))


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


def folded(program: Program) -> Program:
    """Operations of constants alone are computed."""

    def rule(op: Op, known: Known) -> Rewritten:
        if not op.operands or not all(isinstance(x, Constant) for x in op.operands) or [*uses(op)] or not op.dtype:
            return None
        size = math.prod(op.shape)
        if size > max([LARGEST, *(np.size(x.value) for x in op.operands if isinstance(x, Constant))]):
            return None
        value = values_of(Program((), (op,), {}), ())[0]
        return Constant(value) if shape_and_dtype(value) == (op.shape, op.dtype) else None

    return rewritten(program, rule)


LARGEST = 1_000  #: entries of an array that is computed once and kept, where it was not there before


def without_spreads(program: Program) -> Program:
    """Beside an array of the full shape, an array of one number alone is that number."""

    def one(x: Operand) -> Operand:
        if not isinstance(x, Constant) or not isinstance(x.value, np.ndarray) or not x.value.size:
            return x
        first = x.value.flat[0]
        if x.value.dtype.kind != "f" or not np.array_equal(x.value, np.full_like(x.value, first)):
            return x
        if np.signbit(x.value).any() != np.signbit(first):
            return x
        return Constant(float(first) if x.value.dtype == np.float64 else first)

    def rule(op: Op, known: Known) -> Rewritten:
        if op.gate not in ("add", "subtract", "multiply", "divide", "maximum", "minimum") or not op.shape:
            return None
        whole = [
            k for k, x in enumerate(op.operands) if (stands := known.at(x)) is not None and stands.shape == op.shape
        ]
        told = tuple(x if k in whole else one(x) for k, x in enumerate(op.operands))
        dtypes = [getattr(known.at(op.operands[k]), "dtype", "") for k in whole]
        if op.dtype not in dtypes or told == op.operands:
            return None
        return Op(op.gate, told, op.parameters, op.shape, op.dtype)

    return rewritten(program, rule)


def without_identities(program: Program) -> Program:
    """What changes no bit is left out: times 1, minus of minus, to the power 1, to the shape and dtype it has."""

    def rule(op: Op, known: Known) -> Rewritten:
        x, y = (*op.operands, None, None)[:2]
        if op.gate == "multiply" and is_number(x, 1) and known.fits(y, op):
            return y
        if op.gate in ("multiply", "divide", "power") and is_number(y, 1) and known.fits(x, op):
            return x
        if op.gate in ("positive", "copy", "broadcast_to", "reshape", "astype") and known.fits(x, op):
            return x if isinstance(x, At) and known.at(x).dtype != "bool" else None  # type: ignore[union-attr]
        if op.gate == "negative" and (inner := known.op(x, "negative")) is not None:
            return inner.operands[0] if known.fits(inner.operands[0], op) else None
        if op.gate == "not_equal" and is_number(y, 0) and known.fits(x, op):
            return x  # a truth value
        return None

    return rewritten(program, rule)


def told_once(program: Program) -> Program:
    """Equal operations are one; of two that commute the order counts for nothing."""

    def rule(op: Op, known: Known) -> Rewritten:
        there = known.places.get(identity_of(op))
        if there is None and len(op.operands) == 2 and NAMES[op.gate].commutes:
            there = known.places.get(identity_of(Op(op.gate, op.operands[::-1], op.parameters, (), "")))
        return there

    return rewritten(program, rule)


def with_products(program: Program) -> Program:
    """Squares are products."""

    def rule(op: Op, known: Known) -> Rewritten:
        x = op.operands[0] if op.operands else None
        if op.gate == "square" or (op.gate == "power" and is_number(op.operands[1], 2)):
            return Op("multiply", (x, x), {}, op.shape, op.dtype) if known.fits(x, op) else None
        return None

    return rewritten(program, rule)


def with_quotients_shared(program: Program) -> Program:
    """-1 / (d * d) is minus the square of 1 / d, where that is there; exp(-u) is 1 / exp(u)."""

    def rule(op: Op, known: Known) -> Rewritten:
        if op.gate == "divide" and is_number(op.operands[0], -1):
            squared = known.op(op.operands[1], "multiply")
            if squared is None or squared.operands[0] != squared.operands[1]:
                return None
            inverse = known.of("reciprocal", squared.operands[0])
            if inverse is not None and known.fits(inverse, op):
                product = known.add(Op("multiply", (inverse, inverse), {}, op.shape, op.dtype))
                return Op("negative", (product,), {}, op.shape, op.dtype)
        if op.gate == "exp":
            x = op.operands[0]
            minus = known.op(x, "negative")
            other = known.of("negative", x) if minus is None else minus.operands[0]
            there = None if other is None else known.of("exp", other)
            if there is not None and known.fits(there, op):
                return Op("reciprocal", (there,), {}, op.shape, op.dtype)
        return None

    return rewritten(program, rule)


def without_second_quotients(program: Program) -> Program:
    """1 / (1 + 1 / e) is e times 1 / (1 + e), where that is there: of numbers, which are no inf on the way."""

    def rule(op: Op, known: Known) -> Rewritten:
        if op.gate != "reciprocal" or op.shape or op.dtype != "float64":
            return None
        total = known.op(op.operands[0], "add")
        inner = (
            None if total is None or not is_number(total.operands[0], 1) else known.op(total.operands[1], "reciprocal")
        )
        if inner is None or known.op(inner.operands[0], "exp") is None:
            return None
        e = inner.operands[0]
        for one in (1, 1.0):
            share = known.of("reciprocal", known.of("add", Constant(one), e))
            if share is not None:
                return Op("multiply", (e, share), {}, op.shape, op.dtype)
        return None

    return rewritten(program, rule)


def is_number(x: object, number: float) -> bool:
    """Whether an operand is a single constant number, this one."""
    return isinstance(x, Constant) and np.ndim(x.value) == 0 and bool(x.value == number)


PASSES: Sequence[Pass] = (
    Pass("numbers folded", folded),
    Pass("spread numbers", without_spreads),
    Pass("identities", without_identities),
    Pass("squares", with_products, rounds=True),
    Pass("common subexpressions", told_once),
    Pass("shared quotients", with_quotients_shared, rounds=True),
    Pass("second quotients", without_second_quotients, rounds=True),
    Pass("dead code", needed),
)
