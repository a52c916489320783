"""A circuit freed of the size of its batch: recorded at four sizes, what changes told as expressions in the size.

What was the same at all four may still be another at a fifth (`if len(X) > 100`): so each size that a call comes
with is recorded once, too, and compared with what the expressions say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from gatewise._circuit import Input
from gatewise._lowering.errors import LoweringError
from gatewise._lowering.lowered import Lowered
from gatewise._lowering.sizes import ByNumPy, Filled, Maker, Whole, at, filled, power, rounding, whole
from gatewise._program import At, Constant, Guard, Op, Operand, Program

SIZES = (5, 8, 13, 34)  #: the last of which is to be as the others say


class Freed:
    """A circuit for any size of its batch: `recorded(n)` is what it is at one."""

    def __init__(self, recorded: Callable[[int], Lowered], batch: Sequence[str]) -> None:
        self.recorded, self.batch = recorded, tuple(batch)
        many = [recorded(n) for n in SIZES]
        self.lowered = many[0]
        self.program = Merging(many, SIZES, lambda i: i.parameter in batch).program()
        self.agreed = set(SIZES)

    def size(self, shapes: Iterable[tuple[Any, ...]]) -> Any:
        """How many rows the first input of the batch has."""
        told = zip(self.lowered.inputs, shapes, strict=True)
        return next(shape[0] if shape else 0 for i, shape in told if i.parameter in self.batch)

    def at(self, n: Any, maker: Maker) -> Lowered:
        """The circuit at one size. Raises `LoweringError` where it is another function there."""
        if isinstance(n, int) and n not in self.agreed:
            here = self.recorded(n)
            if (place := difference(program_at(self.program, n, ByNumPy()), here)) is not None:
                line = here.line(place) if place >= 0 else ""
                raise LoweringError(
                    f"{self.lowered.name} is another function at a batch of {n}{f': {line}' if line else ''}.",
                    f"it was recorded at batches of {SIZES}, and what changes from one to the next goes on otherwise.",
                    "the circuit of a batch of this size; or the same lines for every size.",
                )
            self.agreed.add(n)
        return dataclasses.replace(self.lowered, program=program_at(self.program, n, maker))


def program_at(program: Program, n: Any, maker: Maker) -> Program:
    """A program with the expressions in it worked out."""

    def operand(x: Operand) -> Operand:
        if not isinstance(x, Constant):
            return x
        value = at(x.value, n, maker)
        return Constant(maker.whole(value) if isinstance(x.value, Whole) else value)

    def op(x: Op) -> Op:
        parameters = {name: at(value, n, maker) for name, value in x.parameters.items()}
        return Op(x.gate, tuple(map(operand, x.operands)), parameters, at(x.shape, n, maker), x.dtype)

    return Program(
        tuple(dataclasses.replace(i, shape=at(i.shape, n, maker)) for i in program.inputs),
        tuple(map(op, program.ops)),
        {name: operand(x) for name, x in program.outputs.items()},
        tuple(Guard(operand(g.operand), at(g.value, n, maker)) for g in program.guards),
    )


class Merging:
    """Several recordings as one: `varied` says which inputs had numbers of their own in each."""

    def __init__(self, many: Sequence[Lowered], sizes: Sequence[int], varied: Callable[[Input], bool]) -> None:
        self.many, self.sizes, self.programs = many, sizes, [each.program for each in many]
        first = many[0]
        self.first = len(first.program.inputs)
        self.given = {  # the numbers of the batch at each size, by the input's place
            k: [np.asarray(each.inputs[k].wire.value) for each in many] for k, i in enumerate(first.inputs) if varied(i)
        }
        self.line = ""

    def program(self) -> Program:
        shapes = [(len(p.inputs), len(p.ops), len(p.guards)) for p in self.programs]
        if len(set(shapes)) > 1:
            place = min(self.parting(p) for p in self.programs[1:])
            self.line = self.many[0].line(place) if place < self.first + len(self.programs[0].ops) else ""
            told = [f"{n} operations at {size}" for (_, n, _), size in zip(shapes, self.sizes, strict=True)]
            self.refuse(f"other gates, {', '.join(told)}")
        ops = tuple(self.op(k, ops) for k, ops in enumerate(zip(*(p.ops for p in self.programs), strict=True)))
        inputs = tuple(self.input(each) for each in zip(*(p.inputs for p in self.programs), strict=True))
        self.line = ""
        outputs = {n: self.operand([p.outputs[n] for p in self.programs]) for n in self.programs[0].outputs}
        guards = tuple(map(self.guard, zip(*(p.guards for p in self.programs), strict=True)))
        return Program(inputs, ops, outputs, guards)

    def guard(self, each: Sequence[Guard]) -> Guard:
        return Guard(self.operand([g.operand for g in each]), self.merged([g.value for g in each]))

    def parting(self, other: Program) -> int:
        """The first operation that is of another gate."""
        ops = self.programs[0].ops
        same = [a.gate == b.gate for a, b in zip(ops, other.ops, strict=False)]
        return self.first + (same.index(False) if False in same else len(same))

    def refuse(self, what: str) -> NoReturn:
        where = f" ({self.line})" if self.line else ""
        name = self.many[0].name
        raise LoweringError(
            f"{name} is not free of the size of its batch: {what}{where}.",
            f"at batches of {tuple(self.sizes)} it is no polynomial, power, arange, fill or identity of these.",
            "the same lines for every size: no loop over rows, and arrays of the batch as arguments of it.",
        )

    def input(self, each: Sequence[Any]) -> Any:
        self.line = f"the input {each[0].name}"
        if any((x.name, x.dtype) != (each[0].name, each[0].dtype) for x in each):
            self.refuse("another input")
        return dataclasses.replace(each[0], shape=self.merged([x.shape for x in each]))

    def op(self, k: int, ops: Sequence[Op]) -> Op:
        a = ops[0]
        self.line = self.many[0].line(self.first + k)
        if any((x.gate, x.dtype, len(x.operands)) != (a.gate, a.dtype, len(a.operands)) for x in ops):
            self.refuse(f"another gate, {', '.join(x.gate for x in ops)}")
        operands = tuple(self.operand([x.operands[j] for x in ops]) for j in range(len(a.operands)))
        parameters = {name: self.merged([x.parameters[name] for x in ops]) for name in a.parameters}
        return Op(a.gate, operands, parameters, self.merged([x.shape for x in ops]), a.dtype)

    def operand(self, xs: Sequence[Operand]) -> Operand:
        if all(isinstance(x, Constant) for x in xs):
            value = self.merged([x.value for x in xs if isinstance(x, Constant)])
            return value if isinstance(value, At) else Constant(value)
        if any(x != xs[0] for x in xs):
            self.refuse("another operand")
        return xs[0]

    def merged(self, values: Sequence[Any]) -> Any:
        """One value for all sizes."""
        a = values[0]
        if any(type(v) is not type(a) for v in values):
            self.refuse("a value of another kind")
        if isinstance(a, (tuple, list)):
            if any(len(v) != len(a) for v in values):
                self.refuse("more or fewer of them")
            return type(a)(self.merged([v[k] for v in values]) for k in range(len(a)))
        if isinstance(a, slice):
            return slice(*(self.merged([getattr(v, part) for v in values]) for part in ("start", "stop", "step")))
        if all(equal(a, v) for v in values):
            return a
        if isinstance(a, np.ndarray):
            return self.array(values)
        found: Any = None
        if isinstance(a, (int, np.integer)) and not isinstance(a, bool):
            found = whole([int(v) for v in values], self.sizes)
        elif isinstance(a, (float, np.floating)):
            found = power([float(v) for v in values], self.sizes, rounding(a))
        if found is None:
            self.refuse(f"{a!r:.40} is another value for another batch")
        return found

    def array(self, arrays: Sequence[np.ndarray]) -> Any:
        a = arrays[0]
        if any(v.ndim != a.ndim or v.dtype != a.dtype for v in arrays):
            self.refuse("an array of another kind")
        for place, given in self.given.items():  # the user's own batch, read out and used again
            if given[0].dtype.kind == a.dtype.kind and all(
                np.array_equal(v, w) for v, w in zip(arrays, given, strict=True)
            ):
                return At(place)
        how = filled(arrays)
        if not how:
            self.refuse(f"an array of shape {a.shape} is another one for another batch")
        shape = self.merged([v.shape for v in arrays])
        return Filled(how, shape, self.merged([v.flat[0] for v in arrays]) if how == "full" else None, a.dtype)


def equal(a: Any, b: Any) -> bool:
    """Whether two values are one, floats but for the rounding of sums."""
    if not isinstance(a, (np.ndarray, np.generic, float)):
        return bool(a == b)
    x, y = np.asarray(a), np.asarray(b)
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.dtype.kind != "f" or not x.size:
        return np.array_equal(x, y)
    return bool(np.allclose(x, y, rtol=rounding(x), atol=0, equal_nan=True) and np.all(np.signbit(x) == np.signbit(y)))


def difference(told: Program, here: Lowered) -> int | None:
    """The place of the first operation of a recorded program that is another one; -1 for what is no operation."""
    first, recorded = len(told.inputs), here.program

    def alike(a: Any, b: Any) -> bool:
        """Whether two operands or parameters are one: floats to their last digit but one."""
        other = b.value if isinstance(b, Constant) else b
        if isinstance(a, At) and isinstance(other, np.ndarray):  # the batch itself, which was read out
            return a.place < first and np.array_equal(here.inputs[a.place].wire.value, other)
        mine = a.value if isinstance(a, Constant) else a
        if isinstance(mine, (tuple, list)) and isinstance(other, (tuple, list)):
            return len(mine) == len(other) and all(map(alike, mine, other))
        if type(mine) is not type(other):
            return False
        kind = np.asarray(mine).dtype.kind if isinstance(mine, (float, np.generic, np.ndarray)) else ""
        if kind == "f":
            return np.shape(mine) == np.shape(other) and bool(
                np.allclose(mine, other, rtol=rounding(other), atol=0, equal_nan=True)
            )
        return np.array_equal(mine, other) if kind else bool(mine == other)

    for k, (a, b) in enumerate(zip(told.ops, recorded.ops, strict=False)):
        if a.gate != b.gate or a.shape != b.shape or a.dtype != b.dtype or a.parameters.keys() != b.parameters.keys():
            return first + k
        parts = zip((*a.operands, *a.parameters.values()), (*b.operands, *b.parameters.values()), strict=True)
        if not all(alike(x, y) for x, y in parts):
            return first + k
    ends = [ends_of(told), ends_of(recorded)]
    same = len(told.ops) == len(recorded.ops) and len(ends[0]) == len(ends[1])
    return None if same and all(alike(x, y) for x, y in zip(*ends, strict=True)) else -1


def ends_of(program: Program) -> list[Operand]:
    """What is wanted of a program, and what Python read."""
    read = [x for guard in program.guards for x in (guard.operand, Constant(guard.value))]
    return [*program.outputs.values(), *read]
