"""Tangents of arrays that are written into: changed in place where nobody reads the version before any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from gatewise._circuit import Wire
from gatewise._gates import GATES, Growing, Live, is_recorded, pick, write, written
from gatewise._types import Operands, Value

ASSIGN, GETITEM = GATES[written], GATES[pick]


class LastReaders(dict[Wire, Wire]):
    """By wire the youngest step that reads it; an output is read when all is over."""

    def __init__(self, order: Sequence[Wire], outputs: Collection[Wire]) -> None:
        super().__init__((parent, wire) for wire in order for parent in wire.parents if parent not in outputs)


def assigned(wire: Wire, ts: Operands, readers: LastReaders) -> Growing | None:
    """The tangent of an array after an assignment: that of the version before, where this step is its last reader."""
    given = dict(zip(wire.pullback.positions, ts, strict=True))
    base, part = given.get(0), at_rest(given.get(1))
    if base is None and part is None:
        return None
    if type(base) is not Growing or readers.get(wire.parents[0]) is not wire:
        base = of_its_own(base, wire.value)
    chain = wire.parameters.get("chain", ())
    moved, alive = (0.0, False) if part is None else (part.g, part.mask) if type(part) is Live else (part, True)
    write(base.g, moved, wire.parameters["index"], chain)
    write(base.mask, alive, wire.parameters["index"], chain)
    return base


def of_its_own(t: Value, value: Value) -> Growing:
    """A tangent that may be changed in place."""
    if t is None:
        return Growing(np.zeros(value.shape, value.dtype), np.zeros(value.shape, bool))
    return Growing.of(t.g, t.mask) if type(t) in (Live, Growing) else Growing.of(t, None)


def any_recorded(ts: Sequence[object]) -> bool:
    """Whether a tangent is part of an outer derivative: then a rule has to say what becomes of it."""
    return any(is_recorded(x) for t in ts for x in ((t.g, t.mask) if type(t) is Live else (t,)))


def has_grown(ts: Sequence[object]) -> bool:
    return any(type(t) is Growing for t in ts)


def at_rest(t: object) -> object:
    """A tangent that nobody changes any more."""
    return t.settled(copy=True) if type(t) is Growing else t


def picked(wire: Wire, ts: Operands) -> Live:
    """The tangent of entries that are picked."""
    (t,) = ts
    index = wire.parameters["index"]
    return Live(np.array(t.g[index]), np.array(t.mask[index]))
