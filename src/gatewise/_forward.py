"""The only forward loop: steps oldest first, each pushes the tangents of its operands through, by slopes or as it is.

What no rule pushes is a pullback, which is linear in the upstream gradient: it is transposed, there and then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Bit, Wire, identity, port
from gatewise._errors import KeptError
from gatewise._gates import Carrier, Live, convert, plain, shape_of, without_mask
from gatewise._gates.fitting import cast, lanes
from gatewise._gates.gate import Forward, Gate
from gatewise._gates.live import dtype_of
from gatewise._sweep import Lift, boxed, hooked, no_way_back, ones_for, reached, recorded, sweep
from gatewise._tensor import Tensor, leaf

Tangents = dict[Wire, Any]  #: by wire how it moves; a wire that does not move at all is not in it


def between(outputs: Iterable[Wire], inputs: Collection[Wire], bit: int) -> list[Wire]:
    """The wires by which outputs depend on inputs, oldest first, those aside."""
    return [wire for wire in reached(outputs, bit, edges=inputs) if wire not in inputs]


def push(
    order: Sequence[Wire], along: Mapping[Wire, Any], bit: int, *, lower: int, lift: Lift, many: int = 0
) -> Tangents:
    """How the wires of `order` move where the inputs move `along`.

    `bit`, `lower` and `lift` are as in a sweep. With `many`, each tangent has an axis in front, of that length: so
    many are pushed at once.
    """
    tangents: Tangents = dict(along)
    with np.errstate(all="ignore"):
        for wire in order:
            pullback = wire.pullback
            if pullback is None:
                raise KeptError.of("a Tensor")
            ts = [tangents.get(parent) for parent in wire.parents]
            if pullback.gate is not None:
                if many or wire.bits & lower or (t := quickly(wire, ts)) is SLOW:
                    t = through(wire, ts, lower, lift, many)
            elif pullback is port:
                t = None if ts[0] is None else ts[0][wire.operands[0]]
            elif pullback is identity:
                (t,) = ts
            else:  # released, outdated, kept: it says so
                t = pullback.back(None, wire.value, wire.operands, wire.parameters)
            if t is not None and wire.hooks is not None:
                t = transposed_hooks(wire, t, lower, lift, many)
            if t is not None:
                tangents[wire] = t
    return tangents


SLOW = object()
NUMBERS = frozenset((float, np.float64))
QUICK = NUMBERS | {np.ndarray}


def quickly(wire: Wire, ts: Sequence[Any]) -> Any:
    """The tangent of one step on plain numbers that all move, or SLOW where it takes a closer look."""
    for t in ts:
        if type(t) not in QUICK:
            return SLOW
    pullback, value = wire.pullback, wire.value
    rule, _ = pullback.forward or pullback.pushing()
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


def through(wire: Wire, ts: Sequence[Any], lower: int, lift: Lift, many: int) -> Any:
    """The tangent of one step."""
    pullback = wire.pullback
    given = ts
    forward: Forward = pullback.forward or pullback.pushing()
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
            return settled(in_lanes(t, ts, pullback.gate, parameters), value, many)
        if not many:
            t = pushed(forward, given, out, operands, parameters)
            return settled(in_lanes(t, ts, pullback.gate, parameters), value, 0)
        if forward.batches:
            rank = len(shape_of(value)) + 1
            return settled(pushed(forward, [faced(t, rank) for t in given], out, operands, parameters), value, many)
        rows = [pushed(forward, [row(t, k) for t in given], out, operands, parameters) for k in range(many)]
        return stacked([settled(each, value, 0) for each in rows])
    except (TypeError, ValueError, IndexError) as error:
        raise no_way_back(pullback, error) from error


def pushed(forward: Forward, ts: Sequence[Any], out: Any, operands: Any, parameters: Any) -> Any:
    """What one step's rule says; dead entries of the tangents are told apart."""
    assert forward.push is not None
    live = ([t.mask if type(t) is Live else None for t in ts],) if any(type(t) is Live for t in ts) else ()
    bare = [t.g if type(t) is Live else t for t in ts] if live else ts
    try:
        return forward.push(bare, out, operands, parameters, *live)
    except ArithmeticError:
        return forward.push(list(map(boxed, bare)), boxed(out), tuple(map(boxed, operands)), parameters, *live)


def in_lanes(t: Any, ts: Sequence[Any], gate: Gate, parameters: Any) -> Any:
    """A tangent of a gate that mixes the entries of each lane: a lane moves where one of its entries does."""
    if gate.along is None or t is None or type(ts[0]) is not Live:
        return t
    mask = lanes(ts[0].mask, gate.along(**parameters))
    return Live(np.where(mask, t, 0.0), mask)


# ------------------------------------------------------------------------------------------------------ shape and dtype


def settled(t: Any, value: Any, many: int) -> Any:
    """A tangent in the shape and dtype of its wire's value, and its mask if any entry is dead."""
    if t is None or (type(t) is float and type(value) is float):
        return t
    if isinstance(value, (tuple, list)):
        return [settled(part, each, many) for part, each in zip(t, value, strict=True)]
    if type(t) is not Live:
        return fitted(t, value, many)
    mask = t.mask
    if not isinstance(mask, Carrier) and np.all(mask):
        return fitted(t.g, value, many)
    if not np.ndim(value):  # a single number needs no mask: it moves, or not at all
        return fitted(t.g, value, many) if mask else None
    return Live(fitted(t.g, value, many), mask if shape_of(mask) == value.shape else np.broadcast_to(mask, value.shape))


def fitted(t: Any, value: Any, many: int) -> Any:
    """A tangent in the shape and dtype of its wire's value."""
    want = (many, *np.shape(value)) if many else np.shape(value)
    dtype = value.dtype if isinstance(value, (np.ndarray, np.generic)) else np.dtype(type(value))
    if dtype.kind not in "fc":
        return None  # a whole number or a truth value does not move
    if shape_of(t) != want:
        t = np.broadcast_to(t, want)
    if dtype_of(t).kind == "c" and dtype.kind != "c":
        t = np.real(t)
    if isinstance(t, Carrier):
        return t if dtype_of(t) == dtype else cast(t, dtype=dtype)
    if type(t) is np.ndarray and t.dtype == dtype:
        return t
    if isinstance(value, (float, complex)) and not many:
        return type(value)(t)
    return convert(t, dtype)


def faced(t: Any, rank: int) -> Any:
    """Many tangents of an operand that is broadcast, with axes of length 1 behind the first: up to this rank."""
    if type(t) is Live:
        return Live(faced(t.g, rank), t.mask)
    many, *shape = shape_of(t)
    return t if len(shape) + 1 >= rank else np.reshape(t, (many, *(1,) * (rank - 1 - len(shape)), *shape))


def row(t: Any, k: int) -> Any:
    """One of many tangents."""
    if t is None:
        return None
    if isinstance(t, list):
        return [row(part, k) for part in t]
    return Live(t.g[k], t.mask) if type(t) is Live else t[k]


def stacked(rows: Sequence[Any]) -> Any:
    """Many tangents in one array, of one output or of several; which entries move is the same in all."""
    first = rows[0]
    if first is None:
        return None
    if isinstance(first, list):
        return [stacked(parts) for parts in zip(*rows, strict=True)]
    return Live(np.stack([each.g for each in rows]), first.mask) if type(first) is Live else np.stack(rows)


# --------------------------------------------------------------------------------------------------------- transposing


def transposed(wire: Wire, ts: Sequence[Any], step: Sequence[Any], lower: int, lift: Lift, many: int) -> Any:
    """How the output of a step moves, by its pullback: of one number at an upstream of 1, else by going back twice."""
    out, operands, parameters = step
    value, back = wire.value, wire.pullback.back
    bare = [without_mask(t) for t in ts]
    if not isinstance(value, (tuple, list)) and np.size(value) == 1:
        parts = back(ones_for(value), out, operands, parameters)
        pairs = zip(parts, bare, strict=True)
        found = [inner(part, t) for part, t in pairs if part is not None and t is not None]
        return np.reshape(sum(found[1:], found[0]), (*(many,) * bool(many), *np.shape(value))) if found else None
    with Bit() as dual:
        if isinstance(value, (tuple, list)):
            probes = {k: probe(part, dual) for k, part in enumerate(value) if np.asarray(part).dtype.kind in "fc"}
        else:
            probes = {0: probe(value, dual)}
        g = probes if isinstance(value, (tuple, list)) else probes[0]
        parts = [without_mask(part) for part in back(g, out, operands, parameters)]

        def along(bare: Sequence[Any]) -> Any:
            back = going_back(parts, bare, dual, lower, lift)
            found = {k: back.get(p.wire, 0.0 * p.value) for k, p in probes.items()}
            return [found.get(k) for k in range(len(value))] if isinstance(value, (tuple, list)) else found[0]

        if not many:
            return along(bare)
        return stacked([settled(along([row(t, k) for t in bare]), value, 0) for k in range(many)])


def probe(value: Any, dual: int) -> Tensor:
    """A stand-in upstream gradient: only that everything is linear in it counts, not its value."""
    return leaf(ones_for(value), dual)


def going_back(parts: Sequence[Any], ts: Sequence[Any], dual: int, lower: int, lift: Lift) -> dict[Wire | None, Any]:
    """What arrives at the probes where the tangents go back along what the probes sent to the operands."""
    upstream: dict[Wire, Any] = {}
    for part, t in zip(parts, ts, strict=True):
        if t is not None and type(part) is Tensor and part.bits & dual and part.wire is not None:
            upstream[part.wire] = upstream[part.wire] + t if part.wire in upstream else t
    return {wire: without_mask(g) for wire, g in sweep(upstream, dual, lower=lower, lift=lift).items()}


def inner(part: Any, t: Any) -> Any:
    """The sum of all products of what came back to an operand with how that moves."""
    product = without_mask(part) * t
    axes = tuple(range(-len(shape_of(plain(part))), 0))
    return np.sum(product, axis=axes) if axes else product


def transposed_hooks(wire: Wire, t: Any, lower: int, lift: Lift, many: int) -> Any:
    """A tangent where the user's hooks change the gradient: what they do to it is linear, and transposed."""
    with Bit() as dual:
        given = probe(wire.value, dual)
        changed = hooked(wire, given, False)
        if changed is given:
            return t

        def along(t: Any) -> Any:
            return going_back([changed], [without_mask(t)], dual, lower, lift).get(given.wire, 0.0 * given.value)

        return along(t) if not many else stacked([along(row(t, k)) for k in range(many)])
