"""Which values of a program are computed into memory that is used again: liveness, and a plan of buffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._gates import NAMES
from gatewise._program import PART, At, Op, Program, roots, uses

#: Gates beside NumPy's elementwise ones that take `out`.
INTO = frozenset(("matmul", "sum", "max", "min"))


@dataclass(frozen=True)
class Buffers:
    """The buffer of each place that has one, and all buffers by name, each with an array that lies as it has to.

    What is at a place `in_place` is added into the memory of what it is made of, which nobody else reads.
    """

    of: dict[int, str]
    names: dict[str, np.ndarray]
    in_place: frozenset[int] = frozenset()

    def fresh(self) -> tuple[np.ndarray, ...]:
        """Memory for one call."""
        return tuple(np.empty_like(each) for each in self.names.values())

    @property
    def size(self) -> int:
        return sum(each.nbytes for each in self.names.values())


def plan(
    program: Program, values: Sequence[Any], outputs: set[int], order: Sequence[tuple[int, ...]], inside: set[int]
) -> Buffers:
    """Buffers for what no output may be a view of; one that nobody reads any more is used again.

    `order` has the places as they are computed, those of one loop together; what stays `inside` a loop needs no memory.
    """
    first = len(program.inputs)
    writes = [takes_out(op) for op in program.ops]
    in_place = added_in_place(program, values, writes)
    owner = owners(program, values, writes, in_place)
    kept = {root for place in outputs for root in owner[place]}
    last = last_reads(program, owner, order)
    free: dict[object, list[str]] = {}
    buffers = Buffers({}, {}, in_place)
    for n, unit in enumerate(order):
        read = {p for place in unit for each in uses(program.ops[place - first]) for p in owner[each]}
        wanted = [place for place in unit if writes[place - first] and place not in inside]
        over = len(unit) == 1 and program.ops[unit[0] - first].gate not in INTO  # it may be written over what it reads
        for place in () if over else wanted:
            into(place, values, kept, free, buffers)
        for p in sorted(p for p in read if last[p] == n and p in buffers.of):
            free.setdefault(layout(values[p]), []).append(buffers.of[p])
        for place in wanted if over else ():
            into(place, values, kept, free, buffers)
    return buffers


def into(place: int, values: Sequence[Any], kept: set[int], free: dict[object, list[str]], buffers: Buffers) -> None:
    """Give a place a buffer, if it may have one: one that is free, or a new one."""
    value = values[place]
    if place in kept or type(value) is not np.ndarray or not value.ndim or not is_dense(value):
        return
    waiting = free.get(layout(value))
    if waiting:
        buffers.of[place] = waiting.pop()
    else:
        buffers.of[place] = name = f"b{len(buffers.names)}"
        buffers.names[name] = np.empty_like(value)


def takes_out(op: Op) -> bool:
    """Whether a gate writes into memory that it is given."""
    if op.gate == PART:
        return False
    gate = NAMES[op.gate]
    if op.gate in ("sum", "max", "min"):
        return all(
            op.parameters.get(n) == gate.defaults[n] for n in ("where", "initial", "dtype") if n in gate.defaults
        )
    return type(gate.call) is np.ufunc and not op.parameters and gate.call.nout == 1


def added_in_place(program: Program, values: Sequence[Any], writes: Sequence[bool]) -> frozenset[int]:
    """The sums of an array and a part of it whose array is made here, and used for nothing else."""
    first = len(program.inputs)
    if not any(op.gate == "add_at" for op in program.ops):
        return frozenset()
    used = Counter([*roots(program), *(place for op in program.ops for place in uses(op))])
    found = set()
    for place, op in enumerate(program.ops, first):
        whole = op.operands[0] if op.gate == "add_at" else None
        if not isinstance(whole, At) or whole.place < first or used[whole.place] != 1:
            continue
        made = program.ops[whole.place - first].gate in ("scatter", "add_at") or writes[whole.place - first]
        if made and type(values[whole.place]) is np.ndarray and values[whole.place].ndim:
            found.add(place)
    return frozenset(found)


def owners(
    program: Program, values: Sequence[Any], writes: Sequence[bool], in_place: Set[int]
) -> list[tuple[int, ...]]:
    """For each place those whose memory its value may lie in: its own, unless it may be a view."""
    first = len(program.inputs)
    found: list[tuple[int, ...]] = [(k,) for k in range(first)]
    for place, (op, written) in enumerate(zip(program.ops, writes, strict=True), first):
        if written or op.gate == "astype":
            found.append((place,))
            continue
        if place in in_place:
            found.append(found[op.operands[0].place])  # type: ignore[union-attr]
            continue
        behind = [x.place for x in op.operands if type(x) is At]
        viewed = [p for p in behind if op.gate == PART or may_view(op, values[place], values[p])]
        found.append(tuple({place}.union(*(found[p] for p in viewed))))
    return found


def may_view(op: Op, value: Any, operand: Any) -> bool:
    if not isinstance(operand, np.ndarray):
        return False
    return NAMES[op.gate].views or not isinstance(value, np.ndarray) or np.may_share_memory(value, operand)


def last_reads(program: Program, owner: Sequence[tuple[int, ...]], order: Sequence[tuple[int, ...]]) -> list[int]:
    """The last step of the order that reads what lies in the memory of each place; -1 where none does."""
    first = len(program.inputs)
    last = [-1] * len(owner)
    for n, unit in enumerate(order):
        for read in (p for place in unit for p in uses(program.ops[place - first])):
            for root in owner[read]:
                last[root] = n
    return last


def layout(value: np.ndarray) -> object:
    return value.shape, value.dtype.str, value.strides


def is_dense(value: np.ndarray) -> bool:
    """Whether an array's memory is in one piece in some order of its axes, so that another can lie like it."""
    flags = value.flags
    return value.size > 0 and (flags.forc or np.empty_like(value).strides == value.strides)
