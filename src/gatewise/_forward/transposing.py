"""Steps that no rule pushes: their pullback is linear in the upstream gradient, and is transposed, there and then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Bit, Wire
from gatewise._forward.shapes import row, settled, stacked
from gatewise._gates import plain, shape_of, without_mask
from gatewise._sweep import Lift, hooked, ones_for, sweep
from gatewise._tensor import Tensor, leaf
from gatewise._types import Operands, Value


def transposed(wire: Wire, ts: Operands, step: Sequence[Any], lower: int, lift: Lift, many: int) -> Value:
    """How the output of a step moves, by its pullback: of one number at an upstream of 1, else by going back twice.

    A complex number's goes back twice too: what comes back to a real operand is the real part alone.
    """
    out, operands, parameters = step
    value, back = wire.value, wire.pullback.back
    bare = [without_mask(t) for t in ts]
    if not isinstance(value, (tuple, list)) and np.size(value) == 1 and not np.iscomplexobj(value):
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

        def along(bare: Sequence[object]) -> Value:
            back = going_back(parts, bare, dual, lower, lift)
            found = {k: back.get(p.wire, 0.0 * p.value) for k, p in probes.items()}
            return [found.get(k) for k in range(len(value))] if isinstance(value, (tuple, list)) else found[0]

        if not many:
            return along(bare)
        return stacked([settled(along([row(t, k) for t in bare]), value, 0) for k in range(many)])


def probe(value: object, dual: int) -> Tensor:
    """A stand-in upstream gradient: only that everything is linear in it counts, not its value."""
    return leaf(ones_for(value), dual)


def going_back(
    parts: Sequence[object], ts: Sequence[object], dual: int, lower: int, lift: Lift
) -> dict[Wire | None, object]:
    """What arrives at the probes where the tangents go back along what the probes sent to the operands."""
    upstream: dict[Wire, Any] = {}
    for part, t in zip(parts, ts, strict=True):
        if t is not None and type(part) is Tensor and part.bits & dual and part.wire is not None:
            upstream[part.wire] = upstream[part.wire] + t if part.wire in upstream else t
    return {wire: without_mask(g) for wire, g in sweep(upstream, dual, lower=lower, lift=lift).items()}


def inner(part: object, t: object) -> Value:
    """The sum of all products of what came back to an operand with how that moves."""
    product = without_mask(part) * t
    axes = tuple(range(-len(shape_of(plain(part))), 0))
    return np.sum(product, axis=axes) if axes else product


def transposed_hooks(wire: Wire, t: object, lower: int, lift: Lift, many: int) -> object:
    """A tangent where the user's hooks change the gradient: what they do to it is linear, and transposed."""
    with Bit() as dual:
        given = probe(wire.value, dual)
        changed = hooked(wire, given, False)
        if changed is given:
            return t

        def along(t: object) -> Value:
            return going_back([changed], [without_mask(t)], dual, lower, lift).get(given.wire, 0.0 * given.value)

        return along(t) if not many else stacked([along(row(t, k)) for k in range(many)])
