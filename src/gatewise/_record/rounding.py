"""How far the rounding of every gate moves the output: the noise of a function whose run was recorded.

Every gate rounds what it gives. How far that moves the output is the wire's gradient times the rounding: summed over
all wires, absolutely, it is how far two values of the function may be apart without meaning anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._circuit import Ports, Wire, made_as_written
from gatewise._gates import Gate, without_mask
from gatewise._types import Operands, Parameters


def rounding(wire: Wire, g: object, parts: list[tuple[int, object]], eps: float | None = None) -> float:
    """How far the rounding of one gate moves the output; `eps` is the precision, if not that of its dtype."""
    operands, parameters, _, pullback = made_as_written(wire)
    gate = getattr(pullback, "gate", None)
    if gate is None or isinstance(g, Ports):
        return 0.0
    if gate.exact and not shortens(wire.value, operands):
        return 0.0
    eps = float(np.finfo(np.asarray(wire.value).dtype).eps) if eps is None else eps
    total = magnitude(g, size_of(gate, operands, parameters, wire.value))
    if gate.family.name == "elementwise" or gate.sums:
        return eps * total
    moved = sum(magnitude(without_mask(part), operands[k]) for k, part in parts)
    return 2 * eps * (total + moved)


def shortens(out: object, values: Any) -> bool:
    """Whether what comes out has shorter floats than something that went in: a Python float beside a float32."""
    kind = np.asarray(out).dtype
    floats = [np.asarray(x).dtype for x in values if isinstance(x, (float, np.ndarray, np.floating))]
    return any(k.kind == "f" and k.itemsize > kind.itemsize for k in floats)


def magnitude(g: object, value: object) -> float:
    """The sum of |g| |value|; what is no number weighs nothing."""
    try:
        return float(np.sum(np.abs(np.asarray(g)) * np.abs(np.asarray(value))))
    except (TypeError, ValueError):
        return 0.0


def size_of(gate: Gate, operands: Operands, parameters: Parameters, out: object) -> object:
    """The size of what a gate rounds: of a sum, the sum of the sizes of its terms."""
    if not gate.sums:
        return out
    try:
        return gate.call(
            *(np.abs(x) if isinstance(x, (np.ndarray, np.floating, float)) else x for x in operands), **parameters
        )
    except (TypeError, ValueError):
        return out
