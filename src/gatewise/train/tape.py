"""Reading the circuit that a loss came from, as it lies on the tape between forward and backward pass.

Works for whatever the user wrote: layers, or plain NumPy. Nothing here changes a wire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from gatewise._circuit import Wire
from gatewise._types import Plain
from gatewise.nn import Parameter

Names = Mapping[int, str]  #: what to call a wire that is a parameter, by the id of the wire

MOVES = ("transpose", "matrix_transpose", "swapaxes", "reshape", "ravel", "astype")
RECTIFIERS = ("relu", "maximum")
THE_IMAGES = "the images"


def wires_behind(end: Wire | None) -> list[Wire]:
    """All wires that a value was made from, and its own, the oldest first.

    >>> import gatewise as gw
    >>> x = gw.tensor(3.0)
    >>> [gate_of(wire) for wire in wires_behind((x * x + 1).wire)]
    ['', 'multiply', 'add']
    """
    waiting = [] if end is None else [end]
    found = {id(wire): wire for wire in waiting}
    while waiting:
        for parent in waiting.pop().parents:
            if id(parent) not in found:
                found[id(parent)] = parent
                waiting.append(parent)
    return sorted(found.values(), key=lambda wire: wire.order)


def gate_of(wire: Wire) -> str:
    """The name of the gate that made a wire; nothing for an input."""
    gate = getattr(wire.pullback, "gate", None)
    return "" if gate is None else str(gate.name)


def layer_of(wire: Wire, names: Names) -> str:
    """The parameter that a wire was made from most directly, by name."""
    waiting, seen = [wire], {id(wire)}
    while waiting:
        here = waiting.pop(0)
        if id(here) in names:
            return names[id(here)]
        for parent in sorted(here.parents, key=lambda each: -each.order):
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return ""


def rectified(end: Wire | None, names: Names) -> Iterator[tuple[str, np.ndarray]]:
    """Each rectifier behind a value: the parameter before it, and which units are on for which row, as (N, units).

    A unit is a column of a matrix, and a channel of images, which is on where any of its pixels is.
    """
    for wire in wires_behind(end):
        if gate_of(wire) in RECTIFIERS and np.ndim(wire.value) >= 2 and not np.any(np.asarray(wire.value) < 0):
            on = np.asarray(np.asarray(wire.value) > 0)
            yield layer_of(wire, names), np.any(on, axis=tuple(range(2, on.ndim)))


def first_affine(end: Wire, names: Names) -> Plain:
    """What the oldest gate gives that takes a matrix of weights, or filters; where there is none, the end's value."""
    for wire in wires_behind(end):
        if (
            any(id(parent) in names and np.ndim(parent.value) > 1 for parent in operands_unmoved(wire))
            and gate_of(wire) not in MOVES
        ):
            found: Plain = wire.value
            return found
    last: Plain = end.value
    return last


def operands_unmoved(wire: Wire) -> Iterator[Wire]:
    """The operands of a wire; for one that was only moved, such as a transposed matrix, what it was moved from."""
    for parent in wire.parents:
        while gate_of(parent) in MOVES:
            (parent, *_) = parent.parents
        yield parent


def finite(value: npt.ArrayLike) -> bool:
    """Whether an array holds neither NaN nor inf. The sum of squares tells it fast, except where it overflows itself.

    >>> finite(np.array([1.0, np.inf])), finite(np.array([1e30, 1.0], dtype=np.float32))
    (False, True)
    """
    flat = np.asarray(value).reshape(-1)
    if flat.dtype.kind != "f":
        return True
    with np.errstate(all="ignore"):
        return bool(np.isfinite(flat @ flat)) or bool(np.isfinite(flat).all())


def first_non_finite(end: Wire | None, names: Names) -> str:
    """The oldest wire that holds NaN or inf, in words: which gate gave it, after which parameter."""
    for wire in wires_behind(end):
        if any(not finite(value) for value in operand_values(wire)):  # of no older wire, so it was given
            return f"{THE_IMAGES}, or another array that is given"
        if not finite(wire.value):
            return wire_in_words(wire, names)
    return "none"


def operand_values(wire: Wire) -> Iterator[npt.ArrayLike]:
    """The values a wire's rule has saved, those that are numbers."""
    yield from (value for value in wire.operands if isinstance(value, (float, np.ndarray, np.floating)))


def wire_in_words(wire: Wire, names: Names) -> str:
    """A wire in words.

    >>> import gatewise as gw
    >>> w = gw.tensor(3.0)
    >>> wire_in_words((w * 2).wire, {id(w.wire): "fc1.weight"})
    'the output of multiply, after fc1.weight (inf or nan in 0 of 1)'
    """
    value = np.asarray(wire.value)
    wrong = f"(inf or nan in {int(np.sum(~np.isfinite(value))):,} of {value.size:,})"
    if id(wire) in names:
        return f"{names[id(wire)]} {wrong}"
    layer = layer_of(wire, names)
    after = f", after {layer}" if layer else ""
    return f"the output of {gate_of(wire) or 'an input'}{after} {wrong}"


def named_wires(parameters: Callable[[], Iterable[tuple[str, Parameter]]]) -> dict[int, str]:
    """The wires of a module's parameters, by id. They are asked anew each time: an update may have given new ones."""
    return {id(parameter.wire): name for name, parameter in parameters()}
