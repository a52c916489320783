"""What gatewise asks of a Tensor: whether it is a leaf, what it was given as, how a message calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatewise._circuit import Open, SourcedWire, Wire, port, step_of
from gatewise._errors import UpstreamError, user_names
from gatewise._gates import Carrier, Stops, plain, shape_of
from gatewise._sweep import ones_for
from gatewise._types import Plain

if TYPE_CHECKING:
    import numpy.typing as npt

BACKWARD = 1  # the lowest bit belongs to backward()


STOPPED = Wire(0, 0, None)  #: the wire of what a gate that stops gradients gave: a constant, as ties are concerned


def is_stopped(wire: Wire | None) -> bool:
    """Whether a value came of a gate that stops gradients, so that it counts as a constant."""
    if type(wire) is SourcedWire and wire.step is not None:
        return wire.still or type(wire.step.gate.family) is Stops
    return wire is STOPPED or is_still(wire)


def is_still(wire: Wire | None) -> bool:
    """Whether a value is made of captured arrays alone, which a recording took for inputs."""
    if wire is not None and wire.pullback is port:
        (wire,) = wire.parents
    return type(wire) is SourcedWire and wire.still


def is_leaf(t: Carrier) -> bool:
    """Whether a computation starts from this Tensor: it has a wire that no gate made."""
    return t.wire is not None and t.wire is not STOPPED and t.wire.pullback is None and step_of(t.wire) is None


def is_kept(x: object) -> bool:
    """Whether a value is a Tensor of derivatives that are all over."""
    return isinstance(x, Carrier) and x.bits != 0 and not x.bits & (Open.derivatives | Open.recordings)


def whole_number(t: Carrier) -> int | None:
    """The int or the array of ints that the user gave where gatewise took it as floats, or what ints give together."""
    wire = t.wire
    if type(wire) is not SourcedWire:
        return None
    if wire.step is None:
        given: int | None = given_whole(wire)
        return given
    return whole_result(wire) if may_be_whole(wire) else None


def given_whole(wire: Wire) -> Any:
    return wire.operands[0] if type(wire) is SourcedWire and wire.pullback is None and wire.operands else None


def may_be_whole(wire: Wire) -> bool:
    return type(wire.value) is float and wire.value.is_integer()


def whole_result(wire: SourcedWire) -> int | None:
    """What steps give of whole numbers alone, where Python gives a whole number there: `1 + (n - m) // k`."""
    known: dict[Wire, Any] = {}
    waiting: list[Wire] = [wire]
    while waiting:
        each = waiting[-1]
        made = each.step if type(each) is SourcedWire else None
        missing = [x for x in made.operands if isinstance(x, Wire) and x not in known] if made is not None else []
        if missing and all(map(may_be_whole, missing)):
            waiting += missing
            continue
        if missing:
            return None
        if made is None:
            found = given_whole(each)
        else:
            operands = [known.get(x, x) if isinstance(x, Wire) else x for x in made.operands]
            whole = not made.parameters and all(type(x) is int for x in operands)
            found = made.forward(*operands) if whole else None
        if not isinstance(found, (int, np.integer)) or found != each.value:
            return None
        known[waiting.pop()] = int(found)
    result: int = known[wire]
    return result


def lent_to(t: Carrier) -> int:
    """The derivatives that a copy of a Tensor's value would be lost to: a leaf's copy may be another parameter."""
    return ~BACKWARD if is_leaf(t) or t.wire is None else -1


def described(x: object) -> str:
    """How a message speaks of a value: by the user's name where there is one, and its shape."""
    if not isinstance(x, (Carrier, np.ndarray)):
        return repr(x) if isinstance(x, (int, float, str)) else f"a {type(x).__name__}"
    names = user_names(x)
    shape = np.shape(plain(x))
    name = getattr(x.wire, "name", None) if isinstance(x, Carrier) else None
    held = isinstance(x, Carrier) and (
        x.bits or x.wire is not STOPPED
    )  # arrays made while a derivative is taken are not
    label = name or next(iter(names), None) or ("a Tensor" if held else "an array")
    return f"{label} {shape}" if shape else label


def gradient_of(t: Carrier) -> Plain | None:
    """The gradient of a leaf to be read only, without the copy that `t.grad` may have to make; or None."""
    if t.wire is None or t.wire.grad is None:
        return None
    gradient: Plain = t.wire.grad[0] if type(t.wire.grad) is list else t.wire.grad
    return gradient


def upstream_for(value: Plain, upstream: npt.ArrayLike | Carrier | None) -> float | np.ndarray:
    """The cotangent to start with: ones for a single number, otherwise what the user gives, checked for shape."""
    shape = shape_of(value)
    if upstream is None:
        if shape:
            raise UpstreamError.missing(shape)
        ones: float | np.ndarray = ones_for(value)
        return ones
    if type(upstream) is float and isinstance(value, float):
        return upstream
    g = np.asarray(plain(upstream))
    if g.shape != shape:
        raise UpstreamError.shaped(g.shape, shape)
    if g.dtype.kind not in "fiub" and not (g.dtype.kind == "c" and np.iscomplexobj(value)):
        what = f"the upstream gradient is {g.dtype}."
        raise UpstreamError(what, "a gradient is made of real numbers.", "give floats.")
    return float(g) if isinstance(value, float) else np.array(g, dtype=np.asarray(value).dtype)
