"""Changing a Tensor in place, under no_grad() and by optimisers, so that no number changes under anybody's hands."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from gatewise._circuit import VariableWire, closed_bits, lent, tick
from gatewise._errors import AssignmentError, GateError, NoGradientError, user_names
from gatewise._gates import plain
from gatewise._sweep import outdated
from gatewise._tensor.asking import BACKWARD, described, is_leaf
from gatewise._tensor.assigning import assign
from gatewise._tensor.carrier import Tensor, give
from gatewise._tensor.making import variable
from gatewise._tensor.parameters import unwrapped


def change(t: Tensor, write: Callable[[np.ndarray], None]) -> None:
    """Change a Tensor in place: `write` is given its array, the Tensor's own memory.

    Where something else still refers to that memory (a tape that was not swept, a view, a detached Tensor), a copy is
    made first, so no number changes under anybody's hands; and a tape that holds the Tensor itself says that it is
    outdated when it is swept.
    """
    wire = t.wire
    if wire is None or not is_leaf(t):
        raise NoGradientError(
            f"{described(t)} cannot be changed in place.",
            "only the values that a computation starts from are: parameters, and what gw.tensor made.",
            "optim.SGD(model.parameters(), lr=0.1).",
        )
    array = t.value
    if type(array) is not np.ndarray or array.base is not None or not array.flags.c_contiguous or is_shared(t):
        array = np.array(t.value, order="C")
    write(array)
    if type(wire) is not VariableWire or wire_shared(t):
        name = getattr(wire, "name", None)
        new = VariableWire(tick(), wire.bits, t.value, name, getattr(wire, "version", 0))
        new.grad, new.hooks, t.wire = wire.grad, wire.hooks, new
        wire.operands = (name or next(iter(user_names(t)), None) or "a Tensor", new.version + 1)
        wire.pullback, wire = outdated, new
    wire.version += 1
    wire.value = t.value = array if isinstance(t.value, np.ndarray) else type(t.value)(array)


def change_entries(t: Tensor, index: object, value: object) -> None:
    if t.bits & ~BACKWARD or not may_change(t):
        if not t.bits & ~BACKWARD and is_learned(t):
            raise not_changed(t)
        assign(t, index, value)
        return
    place, new = unwrapped(index), plain(value)

    def write(array: np.ndarray) -> None:
        what = f"{described(t)} cannot be changed like this."
        try:
            if (kind := np.asarray(new).dtype).kind not in "fiub":
                raise GateError(what, f"it holds floats, and {kind} are no real numbers.", "real numbers.")
            array[place] = new
        except (IndexError, TypeError, ValueError) as error:
            raise GateError.like(type(error))(what, str(error)) from None

    change(t, write)


def may_change(t: Tensor) -> bool:
    """Whether the user may change a Tensor in place here: a parameter, frozen or not, under no_grad()."""
    off = closed_bits() & BACKWARD and not lent.recording and not t.bits & ~BACKWARD
    return bool(off) and is_leaf(t) and (bool(t.bits) or type(t.wire) is VariableWire)


def is_learned(t: Tensor) -> bool:
    """Whether a Tensor is where a computation starts and waits for backward(): nobody writes into it by the way."""
    return not lent.recording and not t.bits & ~BACKWARD and is_leaf(t) and bool(t.bits or type(t.wire) is VariableWire)


def not_changed(t: Tensor, sign: str | None = None) -> AssignmentError:
    """Why a Tensor is not changed in place, by `sign` and = or by an item, and what to write instead."""
    learned = not lent.recording and not t.bits & ~BACKWARD and is_leaf(t)
    if not learned or closed_bits() & BACKWARD:
        return AssignmentError.augmented(described(t), sign) if sign else AssignmentError.item(described(t))
    return AssignmentError(
        f"{described(t)} was to be changed in place{f' by {sign}=' if sign else ''}.",
        "it wants a gradient, and its value is saved for the backward pass.",
        f"with gw.no_grad(): t {sign}= ..., for an update by hand; t = t {sign} ... for a new array."
        if sign
        else "with gw.no_grad(): t[index] = ...; or np.where(mask, new, t) for a new array.",
    )


def value_references(t: Tensor) -> int:
    value = t.value
    return sys.getrefcount(value)


def wire_references(t: Tensor) -> int:
    wire = t.wire
    return sys.getrefcount(wire)


def is_shared(t: Tensor) -> bool:
    """Whether anything but the Tensor and its wire refers to its array; the caller has one name for it."""
    return value_references(t) > UNSHARED + 1


def wire_shared(t: Tensor) -> bool:
    """Whether anything but the Tensor refers to its wire; the caller has one name for it."""
    return wire_references(t) > WIRE_UNSHARED + 1


UNSHARED = value_references(variable(0.0))
WIRE_UNSHARED = wire_references(variable(0.0))

give(__setitem__=change_entries)
