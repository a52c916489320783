"""Operations of a program on small arrays as records for the runner: where each value lies in the arena, and when.

All values of one run of records are of one kind of floats; truth values are 0.0 and 1.0 among them. What NumPy moves
without computing (another shape, rows of an array) is an address here where its entries lie together, and a table of
places where they do not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._gates import NAMES
from gatewise._native.kernels import OPS, RECORD, UNARY
from gatewise._native.runner import MOVED, product_of
from gatewise._program import At, Constant, Op, Program

#: Gates that are kernels of another name.
SAME = {
    "bitwise_or": "logical_or", "bitwise_and": "logical_and", "fabs": "absolute", "invert": "logical_not",
    "positive": "copy", "astype": "copy",
}  # fmt: skip
SHAPES = frozenset(("reshape", "ravel", "expand_dims", "squeeze"))
LINE = 8  #: entries to which a value is rounded up: each begins where a vector can


def size_of(x: Any) -> int:
    return int(np.size(x))


@dataclass(frozen=True)
class Spot:
    """Where a value lies: in which one's memory, and from which entry of it on."""

    root: Any
    offset: int = 0


@dataclass
class Records:
    """The records of the operations at `places`, made by `build`; what is read from outside, what is given out.

    `entries` is the size of the arena, `start` what of it is the same in every run. `inputs` and `outputs` say from
    which entry on each lies there.
    """

    program: Program
    values: Sequence[Any]
    places: range
    gives: Sequence[int]
    dtype: str
    reads: list[Any] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    start: list[tuple[int, np.ndarray]] = field(default_factory=list)
    entries: int = 0

    def build(self) -> None:
        self.first = len(self.program.inputs)
        self.rows: list[tuple[int, ...]] = []
        self.tables: list[np.ndarray] = []
        self.known: dict[bytes, int] = {}
        self.table_size = 0
        self.spots: dict[Any, Spot] = {}
        self.at: dict[Any, int] = {}  # the first entry of each root
        self.free: dict[int, list[int]] = {}
        self.rooms: dict[Any, int] = {}
        self.added: dict[int, tuple[Any, np.ndarray]] = {}  # scattered parts that are added into a total where it lies
        self.spreads: list[Any] = []  # memory of one operation alone
        self.lives()
        for place in self.places:
            self.emit(place, self.op(place))
            for root in (*self.ending.get(place, ()), *self.spreads):
                self.release(root)
            self.spreads = []
        self.outputs = [self.entry(At(place)) for place in self.gives]
        self.finish()

    def finish(self) -> None:
        """The records and tables as arrays; entries become bytes."""
        size = np.dtype(self.dtype).itemsize
        self.code = np.array(self.rows, RECORD)
        for name in "dac":
            self.code[name] *= size
        tabled = np.isin(self.code["op"], [OPS["gather"], OPS["put"]])
        self.code["b"] *= np.where(tabled, np.dtype(np.int32).itemsize, size)
        self.table = np.concatenate([*self.tables, np.zeros(1, np.int32)]).astype(np.int32)
        arena = np.zeros(self.entries, self.dtype)
        for at, value in self.start:
            arena[at : at + value.size] = value
        self.arena = arena

    # ------------------------------------------------------------------------------------------------------- lives

    def op(self, place: int) -> Op:
        return self.program.ops[place - self.first]

    def lives(self) -> None:
        """Which values end where, and which parts are added in place."""
        readers: dict[int, list[int]] = {}
        for place in self.places:
            for x in self.op(place).operands:
                if isinstance(x, At):
                    readers.setdefault(x.place, []).append(place)
        kept = set(self.gives)
        self.into: dict[int, int] = {}  # a total: the place of the scattered part that is added into it
        for place in self.places:
            op = self.op(place)
            if op.gate == "add" and all(isinstance(x, At) for x in op.operands):
                for x in op.operands[::-1]:
                    if isinstance(x, At) and x.place not in kept and self.may_be_added(x.place, place, readers):
                        self.into[place] = x.place
                        break
        self.late = late = set(self.into.values())
        owner: dict[int, set[int]] = {}
        last: dict[int, int] = {}
        for place in self.places:
            op, behind = self.op(place), set[int]()
            for x in op.operands:
                if isinstance(x, At):
                    behind |= owner.get(x.place, {x.place})
            owner[place] = behind | {place} if op.gate in SHAPES or op.gate == "getitem" or place in late else {place}
            for root in behind:
                last[root] = place
            last.setdefault(place, place)
        for place in self.gives:
            for root in owner[place]:
                last.pop(root, None)
        self.last = last
        self.ending: dict[int, list[int]] = {}
        for root, place in last.items():
            if root in self.places:
                self.ending.setdefault(place, []).append(root)

    def may_be_added(self, part: int, total: int, readers: Mapping[int, list[int]]) -> bool:
        """Whether a scattered part is for one total alone."""
        if part not in self.places or self.op(part).gate != "scatter" or readers[part] != [total]:
            return False
        op = self.op(total)
        return self.op(part).shape == op.shape == self.shape(other_than(op, At(part)))

    def shape(self, x: Any) -> tuple[int, ...]:
        return np.shape(self.value(x))

    def value(self, x: Any) -> Any:
        return self.values[x.place] if isinstance(x, At) else x.value

    # ------------------------------------------------------------------------------------------------------- memory

    def room(self, root: Any, size: int, *, lasting: bool = False) -> int:
        """Memory for a value."""
        rounded = -(-size // LINE) * LINE
        free = self.free.get(rounded)
        if free and not lasting:
            self.at[root] = free.pop()
        else:
            self.at[root] = self.entries
            self.entries += rounded
        self.rooms[root] = rounded
        self.spots[root] = Spot(root)
        return self.at[root]

    def release(self, root: Any) -> None:
        if root in self.at:
            self.free.setdefault(self.rooms[root], []).append(self.at[root])

    def spot(self, x: Any) -> Spot:
        """Where an operand lies; what comes from outside is given room when it is first asked for."""
        key = x.place if isinstance(x, At) else x if np.ndim(x.value) else repr(float(x.value))
        if key in self.spots:
            return self.spots[key]
        at = self.room(key, max(1, size_of(self.value(x))), lasting=True)
        if isinstance(x, At):
            self.reads.append(x)
            self.inputs.append(at)
        else:
            self.start.append((at, np.ravel(np.asarray(x.value, self.dtype))))
        return self.spots[key]

    def entry(self, x: Any) -> int:
        spot = self.spot(x)
        return self.at[spot.root] + spot.offset

    def tabled(self, places: np.ndarray) -> int:
        """Where a table of places stands."""
        table = np.ascontiguousarray(places, np.int32).ravel()
        key = table.tobytes()
        if key not in self.known:
            self.known[key] = self.table_size
            self.tables.append(table)
            self.table_size += table.size
        return self.known[key]

    def put(self, kernel: str, n: int, d: int, a: int = 0, b: int = 0, c: int = 0, *, m: int = 0, k: int = 0) -> None:
        self.rows.append((OPS[kernel], n, m, k, d, a, b, c))

    # --------------------------------------------------------------------------------------------------- operations

    def emit(self, place: int, op: Op) -> None:
        if place in self.late:
            return  # it is added where its total is computed
        if place in self.into:
            self.add_into(place, op)
        elif op.gate in SHAPES:
            self.alias(place, op.operands[0], 0)
        elif op.gate in WAYS:
            WAYS[op.gate](self, place, op)
        else:
            self.elementwise(place, op)

    def alias(self, place: int, x: Any, offset: int) -> None:
        spot = self.spot(x)
        self.spots[place] = Spot(spot.root, spot.offset + offset)

    def elementwise(self, place: int, op: Op) -> None:
        gate, shape = SAME.get(op.gate, op.gate), op.shape
        n = math.prod(shape)
        if gate in UNARY:
            a = self.entry(op.operands[0])
            self.put(gate, n, self.room(place, n), a)
            return
        x, y = op.operands
        one, other = (math.prod(self.shape(each)) for each in (x, y))
        how = "" if n == one == other or n == 1 else ":number" if other == 1 else "number:" if one == 1 else ""
        sources = [self.entry(x) if how == "number:" else self.spread(x, shape)]
        sources.append(self.entry(y) if how == ":number" else self.spread(y, shape))
        self.put(gate + how, n, self.room(place, n), *sources)

    def spread(self, x: Any, shape: tuple[int, ...]) -> int:
        """Where an operand lies with an entry for each of a shape; spread into memory of this operation alone."""
        mine = self.shape(x)
        n = math.prod(shape)
        if math.prod(mine) == n:
            return self.entry(x)
        a = self.entry(x)
        key = object()
        d = self.room(key, n)
        if math.prod(mine) == 1:
            self.put("fill", n, d, a)
        else:
            places = np.broadcast_to(np.arange(math.prod(mine)).reshape(mine), shape)
            self.put("gather", n, d, a, self.tabled(places))
        self.spreads.append(key)
        return d

    def where(self, place: int, op: Op) -> None:
        n = math.prod(op.shape)
        sources = [self.spread(x, op.shape) for x in op.operands]
        self.put("where", n, self.room(place, n), *sources)

    def picked(self, place: int, x: Any, places: np.ndarray) -> None:
        """Entries of an operand: an address where they lie together, else a copy by a table."""
        table = places.ravel()
        if is_together(table):
            self.alias(place, x, int(table[0]))
        else:
            a = self.entry(x)
            self.put("gather", table.size, self.room(place, table.size), a, self.tabled(table))

    def getitem(self, place: int, op: Op) -> None:
        x = op.operands[0]
        self.picked(place, x, numbered(self.shape(x))[op.parameters["index"]])

    def move(self, place: int, op: Op) -> None:
        x = op.operands[0]
        self.copied(place, x, moved(op, self.shape(x)))

    def copied(self, place: int, x: Any, places: np.ndarray) -> None:
        a, n = self.entry(x), places.size
        if size_of(self.value(x)) == 1:
            self.put("fill", n, self.room(place, n), a)
        else:
            self.put("gather", n, self.room(place, n), a, self.tabled(places))

    def scatter(self, place: int, op: Op) -> None:
        n = math.prod(op.shape)
        a = self.entry(op.operands[0])
        d = self.room(place, n)
        self.put("zero", n, d)
        self.add_at(d, a, places_of(op))

    def add_at(self, d: int, a: int, places: np.ndarray) -> None:
        table = places.ravel()
        if is_together(table):
            self.put("add_into", table.size, d + int(table[0]), a)
        else:
            self.put("put", table.size, d, a, self.tabled(table))

    def add_into(self, place: int, op: Op) -> None:
        """A total and a scattered part: the part is added where the total lies, if nobody reads that any more."""
        part = self.op(self.into[place])
        x = other_than(op, At(self.into[place]))
        n = math.prod(op.shape)
        spot, a = self.spot(x), self.entry(part.operands[0])
        source = self.spot(part.operands[0])
        if spot == Spot(getattr(x, "place", None)) and self.last.get(spot.root) == place and source.root != spot.root:
            self.at[place], self.rooms[place] = self.at.pop(spot.root), self.rooms[spot.root]
            self.spots[place] = Spot(place)
            d = self.at[place]
        else:
            from_ = self.entry(x)
            d = self.room(place, n)
            self.put("copy", n, d, from_)
        self.add_at(d, a, places_of(part))

    def joined(self, place: int, op: Op) -> None:
        """Arrays in one: along the first axis one after the other, along others by a table."""
        d = self.room(place, math.prod(op.shape))
        axis = op.parameters["axis"]
        sources = [numbered(self.shape(x)) for x in op.operands]
        starts = np.cumsum([0, *(each.size for each in sources)])
        given = [each + start for each, start in zip(sources, starts[:-1], strict=True)]
        order = (np.stack if op.gate == "stack" else np.concatenate)(given, axis=axis)
        back = np.empty(order.size, np.intp)
        back[order.ravel()] = np.arange(order.size)
        for x, each, start in zip(op.operands, sources, starts[:-1], strict=True):
            to, a = back[start : start + each.size], self.entry(x)
            if is_together(to):
                self.put("copy", each.size, d + int(to[0]), a)
            else:
                self.put_in_pieces(d, a, to)

    def put_in_pieces(self, d: int, a: int, to: np.ndarray) -> None:
        """Copy entries to places that do not lie together, in pieces that do."""
        cuts = [0, *(np.flatnonzero(np.diff(to) != 1) + 1).tolist(), to.size]
        for start, end in itertools.pairwise(cuts):
            self.put("copy", end - start, d + int(to[start]), a + start)

    def full(self, place: int, op: Op) -> None:
        """zeros_like, ones_like."""
        n = math.prod(op.shape)
        if op.gate == "zeros_like":
            self.put("zero", n, self.room(place, n))
        else:
            a = self.entry(Constant(1.0))
            self.put("fill", n, self.room(place, n), a)

    def total(self, place: int, op: Op) -> None:
        """A sum or a largest over axes: rows of what is joined."""
        x = op.operands[0]
        shape = self.shape(x)
        axes = axes_of(op, len(shape))
        kept = [k for k in range(len(shape)) if k not in axes]
        rows, columns = math.prod(shape[k] for k in kept), math.prod(shape[k] for k in axes)
        order = numbered(shape).transpose([*kept, *sorted(axes)]).ravel()
        a = self.entry(x)
        if not is_together(order):
            key = object()
            source, a = a, self.room(key, order.size)
            self.put("gather", order.size, a, source, self.tabled(order))
            self.spreads.append(key)
        if op.gate == "mean":
            total, count = self.room(op, rows), self.entry(Constant(float(columns)))
            self.put("sums", rows, total, a, m=columns)
            self.put("divide:number" if rows > 1 else "divide", rows, self.room(place, rows), total, count)
            self.spreads.append(op)
        else:
            self.put("sums" if op.gate == "sum" else "largest", rows, self.room(place, rows), a, m=columns)

    def matmul(self, place: int, op: Op) -> None:
        n, k, m = product_of(*map(self.shape, op.operands))
        a, b = map(self.entry, op.operands)
        if m == 1 and k > 1 and n == 1:
            key = object()
            t = self.room(key, k)
            self.put("multiply", k, t, a, b)
            self.put("sums", 1, self.room(place, 1), t, m=k)
            self.spreads.append(key)
        else:
            self.put("matmul", n, self.room(place, n * m), a, b, m=m, k=k)


WAYS: Mapping[str, Callable[[Records, int, Op], None]] = {
    "where": Records.where,
    "getitem": Records.getitem,
    "scatter": Records.scatter,
    "concatenate": Records.joined,
    "stack": Records.joined,
    "zeros_like": Records.full,
    "ones_like": Records.full,
    "sum": Records.total,
    "mean": Records.total,
    "max": Records.total,
    "matmul": Records.matmul,
    **dict.fromkeys(MOVED - SHAPES, Records.move),
}


def other_than(op: Op, x: Any) -> Any:
    """The operand of a sum beside another one."""
    return op.operands[1] if op.operands[0] == x else op.operands[0]


def numbered(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(math.prod(shape)).reshape(shape)


def places_of(op: Op) -> np.ndarray:
    """Where a scattered part goes."""
    return np.asarray(numbered(op.shape)[op.parameters["index"]])


def is_together(table: np.ndarray) -> bool:
    return bool(table.size) and (table.size == 1 or bool((np.diff(table) == 1).all()))


def moved(op: Op, shape: tuple[int, ...]) -> np.ndarray:
    """The entry that stands at each place after a move."""
    parameters = {name: tuple(x) if isinstance(x, list) else x for name, x in op.parameters.items()}
    return np.asarray(NAMES[op.gate].call(numbered(shape), **parameters))


def axes_of(op: Op, ndim: int) -> set[int]:
    axis = op.parameters["axis"]
    axes = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    return {a % ndim for a in axes}
