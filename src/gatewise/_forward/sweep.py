"""The only forward loop: steps oldest first, each pushes the tangents of its operands through."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Wire, identity, port
from gatewise._errors import KeptError
from gatewise._forward.shapes import faced, row, settled, stacked
from gatewise._forward.transposing import transposed, transposed_hooks
from gatewise._forward.writing import ASSIGN, GETITEM, LastReaders, any_recorded, assigned, at_rest, has_grown, picked
from gatewise._gates import Live, Pushforward, lanes, shape_of
from gatewise._sweep import Lift, boxed, no_way_back, reached, recorded
from gatewise._types import Operands, Parameters, Value

SLOW = object()  #: in the place of a tangent: it takes a closer look
Tangents = dict[Wire, Any]  #: by wire how it moves; a wire that does not move at all is not in it


def between(outputs: Iterable[Wire], inputs: Collection[Wire], bit: int) -> list[Wire]:
    """The wires by which outputs depend on inputs, oldest first, those aside."""
    return [wire for wire in reached(outputs, bit, edges=inputs) if wire not in inputs]


def push(
    order: Sequence[Wire],
    outputs: Collection[Wire],
    along: Mapping[Wire, Any],
    bit: int,
    *,
    lower: int,
    lift: Lift,
    many: int = 0,
) -> Tangents:
    """How the wires of `order`, `outputs` among them, move where the inputs move `along`.

    `bit`, `lower` and `lift` are as in a sweep. With `many`, each tangent has an axis in front, of that length: so
    many are pushed at once.
    """
    tangents: Tangents = dict(along)
    readers: LastReaders | None = None
    with np.errstate(all="ignore"):
        for wire in order:
            pullback = wire.pullback
            if pullback is None:
                raise KeptError.of("a Tensor")
            ts = [tangents.get(parent) for parent in wire.parents]
            plainly = not (many or wire.bits & lower)
            t: Any = SLOW
            if plainly and pullback.gate is ASSIGN and not any_recorded(ts):
                readers = readers if readers is not None else LastReaders(order, outputs)
                t = assigned(wire, ts, readers)
            elif readers is not None and has_grown(ts):
                if plainly and pullback.gate is GETITEM:
                    t = settled(picked(wire, ts), wire.value, 0)
                ts = [at_rest(each) for each in ts] if t is SLOW else ts
            if t is SLOW:
                t = pushed_through(wire, ts, plainly, lower, lift, many)
            if t is not None and wire.hooks is not None:
                t = transposed_hooks(wire, at_rest(t), lower, lift, many)
            if t is not None:
                tangents[wire] = t
    return {wire: at_rest(tangents[wire]) for wire in outputs if wire in tangents}


def pushed_through(wire: Wire, ts: Operands, plainly: bool, lower: int, lift: Lift, many: int) -> object:
    """The tangent of one wire, whatever made it."""
    pullback = wire.pullback
    if pullback.gate is not None:
        if plainly and (t := quickly(wire, ts)) is not SLOW:
            return t
        return through(wire, ts, lower, lift, many)
    if pullback is port:
        return None if ts[0] is None else ts[0][wire.operands[0]]
    if pullback is identity:
        return ts[0]
    return pullback.back(None, wire.value, wire.operands, wire.parameters)  # released, outdated, kept: it says so


NUMBERS = frozenset((float, np.float64))
QUICK = NUMBERS | {np.ndarray}


def quickly(wire: Wire, ts: Operands) -> object:
    """The tangent of one step on plain numbers that all move, or SLOW where it takes a closer look."""
    for t in ts:
        if type(t) not in QUICK:
            return SLOW
    pullback, value = wire.pullback, wire.value
    rule = (pullback.forward or pullback.pushing()).push
    if rule is None:
        return SLOW
    try:
        t = rule(ts, value, wire.operands, wire.parameters)
    except (ArithmeticError, TypeError, ValueError, IndexError):
        return SLOW  # which says more
    if type(t) is np.ndarray:
        same = type(value) is np.ndarray and t.shape == value.shape and t.dtype == value.dtype
        return t if same else settled(t, value, 0)
    return t if type(t) in NUMBERS and type(value) in NUMBERS else settled(t, value, 0)


def through(wire: Wire, ts: Operands, lower: int, lift: Lift, many: int) -> Value:
    """The tangent of one step."""
    pullback = wire.pullback
    given = ts
    forward: Pushforward = pullback.forward or pullback.pushing()
    missing = [t is None for t in ts] if any(t is None for t in ts) else ()
    if missing:
        given = [t for t in ts if t is not None]
        if not given:
            return None
        forward = pullback.pushing([not gone for gone in missing])
    out, operands, parameters = wire.value, wire.operands, wire.parameters
    if wire.bits & lower:
        out, operands, parameters = recorded(wire, operands, pullback, None, lower, lift)
    value = wire.value
    try:
        if forward.push is None:
            t = transposed(wire, ts, (out, operands, parameters), lower, lift, many)
            return settled(in_lanes(t, ts, wire), value, many)
        if not many:
            t = pushed(forward, given, out, operands, parameters)
            return settled(in_lanes(t, ts, wire), value, 0)
        if forward.batches:
            rank = len(shape_of(value)) + 1
            return settled(pushed(forward, [faced(t, rank) for t in given], out, operands, parameters), value, many)
        if forward.rows:
            t = pushed(forward, given, out, operands, parameters, many=many)
            if t is not NotImplemented:
                return settled(t, value, many)
        rows = [pushed(forward, [row(t, k) for t in given], out, operands, parameters) for k in range(many)]
        return stacked([settled(each, value, 0) for each in rows])
    except (TypeError, ValueError, IndexError) as error:
        raise no_way_back(pullback, error) from error


def pushed(
    forward: Pushforward, ts: Sequence[object], out: Value, operands: Operands, parameters: Parameters, **options: int
) -> object:
    """What one step's rule says; dead entries of the tangents are told apart."""
    assert forward.push is not None
    live = ([t.mask if type(t) is Live else None for t in ts],) if any(type(t) is Live for t in ts) else ()
    bare = [t.g if type(t) is Live else t for t in ts] if live else ts
    try:
        return forward.push(bare, out, operands, parameters, *live, **options)
    except ArithmeticError:
        return forward.push(list(map(boxed, bare)), boxed(out), tuple(map(boxed, operands)), parameters, *live)


def in_lanes(t: Value, ts: Operands, wire: Wire) -> object:
    """A tangent of a gate that mixes the entries of each lane: a lane moves where one of its entries does."""
    along = wire.pullback.gate.along
    if along is None or t is None or type(ts[0]) is not Live:
        return t
    mask = lanes(ts[0].mask, along(**wire.parameters), shape_of(wire.value))
    return Live(np.where(mask, t, 0.0), mask)
