"""Which operations of a program make one native loop: entry by entry over one shape, with sums at their end."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._compile.spelling import axis_of, is_over_all
from gatewise._native import GATES, TRUTHS, Load, Loop
from gatewise._program import At, Constant, Op, Program, uses

LEAST = 64  #: entries from which a loop pays
MOST = 200  #: operations of one loop, each of which takes LLVM some 90 us
COSTLY = frozenset("exp expm1 log log1p tanh sigmoid sin cos power".split())  # noqa: SIM905


@dataclass(eq=False)
class Group:
    """Operations of one shape. With `columns`, its last axes count as one, over which rows repeat and sums go."""

    shape: tuple[int, ...]
    dtype: str = ""
    columns: int = 0
    places: list[int] = field(default_factory=list)
    totals: dict[int, tuple[int, int]] = field(default_factory=dict)
    loads: dict[Any, Load] = field(default_factory=dict)
    after: set[Group] = field(default_factory=set)  # the groups that it takes values of

    def comes_after(self, other: Group) -> bool:
        """Whether it is made of what another group gives, directly or not."""
        waiting, seen = [*self.after], set()
        while waiting:
            each = waiting.pop()
            if each is other:
                return True
            if each not in seen:
                seen.add(each)
                waiting += each.after
        return False


class Grouping:
    """The groups of a program; `order` has all places in the order in which they are computed, groups in one piece.

    Operations `apart` are in none. There is a group for each shape between two guards, and more where one takes what is
    made of another.
    """

    def __init__(self, program: Program, values: Sequence[Any], apart: Set[int]) -> None:
        self.program, self.values, self.first = program, values, len(program.inputs)
        self.group_of: dict[int, Group] = {}
        self.groups: list[Group] = []
        self.behind: dict[int, set[Group]] = {}  # the groups a place outside of all is made of
        read = {x.place for guard in program.guards for x in (guard.operand,) if isinstance(x, At)}
        opened: list[Group] = []
        for place, op in enumerate(program.ops, self.first):
            if place in read:  # nothing is computed on the other side of a guard
                opened = []
            if place in read or place in apart or not self.join(place, op, opened):
                self.behind[place] = self.needed(op, None)
            if place in read:
                opened = []
        self.order = self.sorted()

    # -------------------------------------------------------------------------------------------------- which join

    def needed(self, op: Op, inside: Group | None) -> set[Group]:
        """The groups that an operation in a group takes values of, itself or by what lies between."""
        found: set[Group] = set()
        for place in uses(op):
            if place in self.group_of and (self.group_of[place] is not inside or place in self.group_of[place].totals):
                found.add(self.group_of[place])
            found |= self.behind.get(place, set())
        return found

    def join(self, place: int, op: Op, opened: list[Group]) -> bool:
        """Put an operation into an open group, or a new one, if it can be computed in a loop at all."""
        if op.gate == "sum":
            return self.join_sum(place, op, opened)
        value = self.values[place]
        if op.gate not in GATES or op.parameters or not is_plain(value) or not value.ndim or value.size < LEAST:
            return False
        if (value.dtype == bool) != (op.gate in TRUTHS):
            return False
        for group in [*(g for g in reversed(opened) if g.shape == value.shape), Group(value.shape)]:
            told = self.told(op, group, value)
            needed = self.needed(op, group)
            if told is None or len(group.places) >= MOST or any(g is group or g.comes_after(group) for g in needed):
                continue
            if not group.places:
                self.groups.append(group)
                opened.append(group)
            group.dtype, group.columns, loads = told
            group.loads |= loads
            self.enter(place, group, needed)
            return True
        return False

    def enter(self, place: int, group: Group, needed: set[Group]) -> None:
        group.places.append(place)
        group.after |= needed
        self.group_of[place] = group

    def join_sum(self, place: int, op: Op, opened: list[Group]) -> bool:
        """A sum joins the group whose entries it adds."""
        (x,) = op.operands
        group = self.group_of.get(x.place) if isinstance(x, At) else None
        if group is None or group not in opened or not is_over_all(op) or not isinstance(x, At):
            return False
        if x.place in group.totals or self.values[place].dtype.name != group.dtype:
            return False
        if self.values[x.place].dtype.name != group.dtype:
            return False
        axis, ndim = axis_of(op), len(group.shape)
        axes = {a % ndim for a in (range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,))}
        if axes == set(range(ndim)):
            if isinstance(self.values[place], np.ndarray):
                return False
            group.totals[place] = x.place, 0
        else:
            columns = math.prod(group.shape[min(axes) :])
            if axes != set(range(min(axes), ndim)) or group.columns not in (0, columns) or columns < 2:
                return False
            if not is_plain(self.values[place]):
                return False
            group.columns = columns
            group.totals[place] = x.place, 1
        self.enter(place, group, set())
        return True

    def told(self, op: Op, group: Group, value: np.ndarray) -> tuple[str, int, dict[Any, Load]] | None:
        """The dtype and columns of the group with this operation, and what is read for it; None if that cannot be."""
        kinds, columns, loads = {group.dtype, "" if value.dtype == bool else value.dtype.name}, group.columns, {}
        floats = 0
        for x in op.operands:
            if isinstance(x, At) and self.group_of.get(x.place) is group and x.place not in group.totals:
                floats += self.values[x.place].dtype != bool
                continue
            operand = self.values[x.place] if isinstance(x, At) else None if x is None else x.value
            if isinstance(x, Constant) and type(operand) in NUMBERS:
                floats += type(operand) in FLOATS
                kinds.add(operand.dtype.name if isinstance(operand, np.floating) else "")
                if type(operand) is int and abs(operand) > 2**53:
                    return None
                continue
            read = read_as(operand, group.shape, columns)
            if read is None:
                return None
            load, columns = read
            floats += load.dtype != "bool"
            kinds.add("" if load.dtype in ("bool", "float") else load.dtype)
            loads[x.place if isinstance(x, At) else x] = load
        kinds.discard("")
        if len(kinds) > 1 or (op.gate not in LOGICAL and (not floats or not kinds)):
            return None
        return (kinds.pop() if kinds else ""), columns, loads

    # ------------------------------------------------------------------------------------------------------- order

    def sorted(self) -> list[tuple[int, ...]]:
        """All places as they are computed, groups in one piece, as early as what they are made of allows."""
        for group in [g for g in self.groups if not self.pays(g)]:
            self.groups.remove(group)
            for place in group.places:
                del self.group_of[place]
        places = range(self.first, self.first + len(self.program.ops))
        unit_of = {p: tuple(self.group_of[p].places) if p in self.group_of else (p,) for p in places}
        missing: dict[tuple[int, ...], int] = {}
        readers: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        for unit in dict.fromkeys(unit_of.values()):
            used = {unit_of[p] for k in unit for p in uses(self.program.ops[k - self.first]) if p >= self.first} - {
                unit
            }
            missing[unit] = len(used)
            for each in used:
                readers.setdefault(each, []).append(unit)
        ready = [(unit[-1], unit) for unit, count in missing.items() if not count]
        heapq.heapify(ready)
        order = []
        while ready:
            _, unit = heapq.heappop(ready)
            order.append(unit)
            for each in readers.get(unit, ()):
                missing[each] -= 1
                if not missing[each]:
                    heapq.heappush(ready, (each[-1], each))
        return order

    def pays(self, group: Group) -> bool:
        gates = [self.program.ops[place - self.first].gate for place in group.places]
        return bool(group.dtype) and (len(gates) > 1 or bool(COSTLY.intersection(gates)))

    def loops(self, outputs: set[int]) -> Iterator[tuple[Group, Loop]]:
        """Each group as a loop, which stores what is read outside it."""
        readers: dict[int, set[Group | None]] = {}
        for place, op in enumerate(self.program.ops, self.first):
            for used in uses(op):
                readers.setdefault(used, set()).add(self.group_of.get(place))
        for group in self.groups:
            stores = {
                place: self.values[place].dtype.name
                for place in group.places
                if place not in group.totals and (place in outputs or readers.get(place, set()) - {group})
            }
            ops = [(p, self.program.ops[p - self.first]) for p in group.places if p not in group.totals]
            size = math.prod(group.shape)
            columns = group.columns or 1
            yield group, Loop(size // columns, columns, group.dtype, group.loads, ops, stores, group.totals)


FLOATS = (float, np.float64, np.float32)
NUMBERS = (bool, int, *FLOATS)
LOGICAL = frozenset(("logical_and", "logical_or", "logical_xor", "logical_not"))


def is_plain(x: Any) -> bool:
    """Whether the entries of an array lie one after the other, in a dtype that a loop knows."""
    return type(x) is np.ndarray and x.dtype.name in KINDS and x.dtype.isnative and x.flags.c_contiguous


KINDS = ("float64", "float32", "bool")


def read_as(x: Any, shape: tuple[int, ...], columns: int) -> tuple[Load, int] | None:
    """How a loop over a shape reads an operand, and the columns of the loop then; None where it does not."""
    if type(x) in (float, np.float64):
        return Load("float", type(x).__name__), columns
    if not is_plain(x) or x.ndim > len(shape):
        return None
    name, kept = x.dtype.name, x.shape
    if x.shape == shape or x.size == 1:
        return Load("full" if x.shape == shape else "single", name), columns
    while kept[0] == 1:
        kept = kept[1:]
    if shape[-len(kept) :] == kept:
        return (Load("row", name), x.size) if columns in (0, x.size) else None
    rows = len(x.shape) - sum(n == 1 for n in x.shape)
    if x.shape == shape[:rows] + (1,) * (len(shape) - rows):
        its = math.prod(shape[rows:])
        return (Load("column", name), its) if columns in (0, its) and its > 1 else None
    return None
