"""Which values of a program are computed into memory that is used again: liveness, and a plan of buffers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._gates import NAMES
from gatewise._program import PART, At, Op, Program, uses

#: Gates beside NumPy's elementwise ones that take `out`.
INTO = frozenset(("matmul", "sum", "max", "min"))


@dataclass(frozen=True)
class Buffers:
    """The buffer of each place that has one, and all buffers by name, each with an array that lies as it has to."""

    of: dict[int, str]
    names: dict[str, np.ndarray]

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
    owner = owners(program, values)
    kept = {root for place in outputs for root in owner[place]}
    last = last_reads(program, owner, order)
    free: dict[object, list[str]] = {}
    buffers = Buffers({}, {})
    for n, unit in enumerate(order):
        ops = [program.ops[place - first] for place in unit]
        ended = {p for op in ops for p in ending(op, owner) if last[p] == n and p in buffers.of}
        in_place = len(unit) == 1 and takes_out(ops[0]) and ops[0].gate not in INTO
        wanted = [(place, op) for place, op in zip(unit, ops, strict=True) if place not in inside]
        for place, op in () if in_place else wanted:
            into(place, op, values, kept, free, buffers)
        for p in sorted(ended):
            free.setdefault(layout(values[p]), []).append(buffers.of[p])
        for place, op in wanted if in_place else ():
            into(place, op, values, kept, free, buffers)
    return buffers


def into(
    place: int, op: Op, values: Sequence[Any], kept: set[int], free: dict[object, list[str]], buffers: Buffers
) -> None:
    """Give a place a buffer, if it may have one: one that is free, or a new one."""
    value = values[place]
    if place in kept or not takes_out(op) or type(value) is not np.ndarray or not value.ndim or not is_dense(value):
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


def owners(program: Program, values: Sequence[Any]) -> list[frozenset[int]]:
    """For each place those whose memory its value may lie in: its own, unless it may be a view."""
    first = len(program.inputs)
    found = [frozenset((k,)) for k in range(first)]
    for k, op in enumerate(program.ops):
        behind = [x.place for x in op.operands if isinstance(x, At)]
        viewed = [p for p in behind if op.gate == PART or may_view(op, values[first + k], values[p])]
        found.append(frozenset((first + k,)).union(*(found[p] for p in viewed)))
    return found


def may_view(op: Op, value: Any, operand: Any) -> bool:
    if takes_out(op) or op.gate == "astype" or not isinstance(operand, np.ndarray):
        return False
    return NAMES[op.gate].views or not isinstance(value, np.ndarray) or np.may_share_memory(value, operand)


def last_reads(program: Program, owner: Sequence[frozenset[int]], order: Sequence[tuple[int, ...]]) -> dict[int, int]:
    """The last step of the order that reads what lies in the memory of each place."""
    first = len(program.inputs)
    last: dict[int, int] = {}
    for n, unit in enumerate(order):
        for used in (p for place in unit for p in uses(program.ops[place - first])):
            last.update(dict.fromkeys(owner[used], n))
    return last


def ending(op: Op, owner: Sequence[frozenset[int]]) -> list[int]:
    return sorted({root for place in uses(op) for root in owner[place]})


def layout(value: np.ndarray) -> object:
    return value.shape, value.dtype.str, value.strides


def is_dense(value: np.ndarray) -> bool:
    """Whether an array's memory is in one piece in some order of its axes, so that another can lie like it."""
    return value.size > 0 and np.empty_like(value).strides == value.strides
