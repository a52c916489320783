"""Assignment: a new version of the array that everything else looks at.

A view knows its base, and an array its views. What is written into either makes a new wire for the array, and its views
are made anew from it. The value is changed in place where nobody else refers to its memory.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

import numpy as np

from gatewise._circuit import Open, Wire, closed_bits, lent, tick
from gatewise._errors import GateError
from gatewise._gates import (
    CONSTANT,
    GATES,
    UNASKED,
    WANTED,
    Chain,
    Gate,
    blank,
    pick,
    viewed,
    write,
    written,
)
from gatewise._tensor import applying
from gatewise._tensor.applying import IMMUTABLE, apply, demand_plain
from gatewise._tensor.asking import STOPPED, described, is_stopped
from gatewise._tensor.carrier import Tensor
from gatewise._tensor.lists import gathered
from gatewise._tensor.parameters import unwrapped
from gatewise._tensor.spans import EVERYWHERE, Span, entries_at, span_in
from gatewise._types import Function, Index, Parameters, Value

ASSIGN = GATES[written]


class Base:
    """What an array that may be written into knows: its views, and whether its memory is its own."""

    __slots__ = ("own", "views")

    def __init__(self, own: bool = False) -> None:
        self.views: list[weakref.ref[Tensor]] = []
        self.own = own

    def add(self, view: Tensor) -> None:
        if len(self.views) > 16 and len(self.views) & (len(self.views) - 1) == 0:
            self.views = [ref for ref in self.views if ref() is not None]
        self.views.append(weakref.ref(view))

    def before(self, t: Tensor, values: Value) -> None:
        """Asked before `values` are written into the array `t`, by those that know more."""

    def after(self, t: Tensor, values: Value, place: Index, chain: Chain) -> None:
        """Told what was written, by those that know more."""

    def living(self) -> list[Tensor]:
        found = [view for ref in self.views if (view := ref()) is not None]
        if len(found) < len(self.views):
            self.views = [weakref.ref(view) for view in found]
        return found


class View:
    """How a view was made of its base: by a gate, its function and parameters, one output of several."""

    __slots__ = ("base", "forward", "gate", "parameters", "span", "strides", "which")

    def __init__(self, base: Tensor, gate: Gate, forward: Function, parameters: Parameters, which: Any) -> None:
        self.base, self.gate, self.forward, self.parameters, self.which = base, gate, forward, parameters, which
        self.strides: Any = None  # of the array that the span was taken in
        self.span = EVERYWHERE


def root_of(t: Tensor) -> tuple[Tensor, Base, Chain]:
    """The array that a Tensor looks at in the end, and how."""
    chain: list[Any] = []
    while type(alias := t.alias) is View:
        chain.append((alias.forward, alias.parameters, alias.which))
        t = alias.base
    if alias is None:
        alias = t.alias = Base()
    assert isinstance(alias, Base)
    return t, alias, tuple(reversed(chain))


def looked_at(
    out: Value, base: Tensor, gate: Gate, forward: Function, parameters: Parameters, which: Any = None
) -> None:
    """Note that `out` was made by a gate whose results are views, where NumPy says that this one is."""
    if type(out) is not Tensor:
        for k, part in enumerate(out):
            looked_at(part, base, gate, forward, parameters, k)
        return
    root, known, real = base, base.alias, out.value
    chain: Chain = ()
    if type(real) is not np.ndarray or type(base.value) is not np.ndarray:
        return
    if known is None:
        known = base.alias = Base()
    elif type(known) is View:
        root, known, chain = root_of(base)
    if known.own:
        real = viewed(root.value, (*chain, (forward, parameters, which)))
    if not shows(real, root.value):
        return
    out.alias = View(base, gate, forward, parameters, which)
    known.add(out)
    if known.own:
        own_copy(out, real)


def shows(view: Any, array: Any) -> bool:
    """Whether what a gate gave of an array is a view of it: who owns the memory mostly says it."""
    owner = view.base
    if owner is array or view is array or (owner is not None and owner is array.base):
        return True
    return np.may_share_memory(view, array)


def own_copy(view: Tensor, real: Value) -> None:
    """Give a view memory of its own, or what is made of it would keep the next assignment from being made in place."""
    if not real.flags.writeable:
        return  # nothing is written into it, and one entry may stand in many places
    view.value = np.array(real, order="K")
    if view.wire is not None and view.wire is not STOPPED:
        view.wire.value = view.value


applying.look = looked_at


def references(t: Tensor) -> int:
    value = t.value
    return sys.getrefcount(value)


def alone() -> int:
    """How many references an array has that only its Tensor and the wire of its last assignment refer to."""
    array = np.zeros(2)
    t = Tensor(array, Wire(0, 0, array))
    del array
    return references(t)


ALONE = alone()


def assign(t: Tensor, index: Index, values: Value) -> None:
    """`t[index] = values`, for everybody who looks at that memory."""
    root, known, chain = root_of(t)
    demand_writeable(t, root)
    if is_there_already(t, index, values):
        return  # the end of `t[index] += ...`, which has changed the view
    if root.value.dtype.kind == "c" and (part := part_behind(t)) is not None:
        return through_part(t, part, index, values)
    place, values = unwrapped(index), gathered(values)
    if place is Ellipsis and chain and chain[-1][0] is pick:  # `t[1:-1][...]` is `t[1:-1]`
        index = place = chain[-1][1]["index"]
        chain = chain[:-1]
    if type(values) is Tensor and by_mask(place) and type(values.alias) is View and root_of(values)[0] is root:
        what = f"{described(t)} is assigned to by a mask, from a view of itself."
        why = "NumPy reads entries that it has just written, in an order that it does not promise."
        raise GateError(what, why, "a copy of the view: x[mask] = x[::-1].copy()[...].")
    if type(known) is not Base:
        known.before(root, values)
    try:
        if lent.recording:
            recorded(root, place, chain, values, index)
        else:
            eager(root, known, place, chain, values)
    except (IndexError, TypeError, ValueError) as error:
        if type(error).__module__.startswith("gatewise"):
            raise
        raise GateError.like(type(error))(f"{described(t)} cannot be assigned to like this.", str(error)) from None
    if type(known) is not Base:
        known.after(root, values, place, chain)
    if known.views and (views := known.living()):
        low, high = written_span(root.value, place, chain)
        for view in views:
            start, end = span_of(view, root.value)
            if start < high and low < end:
                refresh(view)


def written_span(array: Any, place: Index, chain: Chain) -> Span:
    """Where in an array an assignment wrote; an index by other arrays may lead everywhere in what it was given to."""
    seen = viewed(array, chain)
    if not np.may_share_memory(seen, array):
        return EVERYWHERE
    return span_in(entries_at(seen, place) if is_basic(place) else seen, array)


def span_of(view: Tensor, array: Any) -> Span:
    """Where in its base's array a view lies."""
    alias = view.alias
    assert isinstance(alias, View)
    if alias.strides != array.strides:
        seen = viewed(array, root_of(view)[2])
        alias.span = span_in(seen, array) if np.may_share_memory(seen, array) else EVERYWHERE
        alias.strides = array.strides
    return alias.span


def demand_writeable(t: Tensor, root: Tensor) -> None:
    """Refuse a single number, and what NumPy gives to be read alone, as it does itself."""
    if type(root.value) is not np.ndarray:
        what = f"{described(t)} has no entries to assign to."
        raise GateError.like(TypeError)(what, "it is a single number.", "a new one in its place.")
    if not t.value.flags.writeable:
        what = f"{described(t)} can only be read."
        why = "several entries may lie in one place, or it shows another array's; NumPy refuses this too."
        raise GateError.like(ValueError)(what, why, "a copy, which can be written into.")


#: What shows one part of complex numbers, and what it does not show.
PARTS = {GATES[np.real]: (GATES[np.imag], 1.0, 1j), GATES[np.imag]: (GATES[np.real], 1j, 1.0)}


def part_behind(t: Tensor) -> Tensor | None:
    """The real or imaginary part of a complex array that a Tensor looks at."""
    while type(alias := t.alias) is View:
        if alias.gate in PARTS and alias.base.dtype.kind == "c":
            return t
        t = alias.base
    return None


def through_part(t: Tensor, part: Tensor, index: Index, values: Value) -> None:
    """Write into one part of complex numbers: a copy of it takes the values, and both parts make the whole anew."""
    steps: list[View] = []
    while t is not part:
        alias = t.alias
        assert isinstance(alias, View)
        steps, t = [alias, *steps], alias.base
    new: Any = np.copy(part)
    target = new
    for step in steps:
        target = apply(step.gate, step.forward, (target,), step.parameters)
        target = target if step.which is None else target[step.which]
    assign(target, index, values)
    alias = part.alias
    assert isinstance(alias, View)
    other, mine, its = PARTS[alias.gate]
    assign(alias.base, ..., new * mine + other(alias.base) * its)


def is_there_already(t: Tensor, index: Index, values: Value) -> bool:
    """Whether the values are the view of those places."""
    alias = values.alias if type(values) is Tensor else None
    if type(alias) is not View or alias.base is not t or alias.forward is not pick:
        return False
    return bool(alias.parameters["index"] == index) if is_basic(index) else False


def is_basic(index: Index) -> bool:
    """Whether an index is made of whole numbers and slices of them; to NumPy True and False are masks."""
    parts = index if isinstance(index, tuple) else (index,)
    plain = (int, type(None), type(Ellipsis))
    return all(
        (isinstance(p, plain) and not isinstance(p, bool))
        or (isinstance(p, slice) and all(isinstance(x, plain) for x in (p.start, p.stop, p.step)))
        for p in parts
    )


def by_mask(index: Index) -> bool:
    """Whether an index is one array of truth values."""
    return isinstance(index, np.ndarray) and index.dtype == bool


def refresh(view: Tensor) -> None:
    """Make a view anew, from a base that moved."""
    alias = view.alias
    assert isinstance(alias, View)
    fresh = apply(alias.gate, alias.forward, (alias.base,), alias.parameters)
    fresh = fresh if alias.which is None else fresh[alias.which]
    view.value, view.wire, view.bits = fresh.value, fresh.wire, fresh.bits


def recorded(root: Tensor, place: Index, chain: Chain, values: Value, index: Index) -> None:
    """In a circuit every version is a wire with a value of its own."""
    parameters = {"index": index, "chain": chain} if chain else {"index": index}
    new = apply(ASSIGN, written, (root, values), parameters)
    root.value, root.wire, root.bits = new.value, new.wire, new.bits


def eager(root: Tensor, known: Base, place: Index, chain: Chain, values: Value) -> None:
    if root.bits & Open.recordings:
        raise applying.in_another_thread(ASSIGN)
    plain, kind, own, old = values, CONSTANT, 0, root.wire
    if type(values) is Tensor:
        plain, own = values.value, values.bits & ~closed_bits()
        kind = WANTED if own else CONSTANT if is_stopped(values.wire) else UNASKED
    elif isinstance(values, (list, tuple)):
        plain = np.asarray(values)
    elif not isinstance(values, (*IMMUTABLE, np.ndarray)):
        demand_plain(values)
    again = old is not None and old.pullback is not None and old.pullback.gate is ASSIGN
    in_place = known.own and references(root) <= (ALONE if again else ALONE - (old is None or old is STOPPED))
    array = root.value if in_place else np.array(root.value, order="K")
    write(array, plain, place, chain)
    known.own = True
    bits = root.bits | own
    if array.dtype.kind not in "fc" or not bits:
        root.value, root.wire, root.bits = array, STOPPED, 0
        return
    parents: Any = values.wire if own else ()
    if root.bits:
        key, parents = 1 << 2 | WANTED, (old, parents) if own else old
    else:
        key = 1 << 2 | (CONSTANT if is_stopped(old) else UNASKED)
    without = blank(array)
    if in_place and again and old is not None:
        old.value = without
    saved = plain if isinstance(plain, (float, np.ndarray, np.generic)) else np.asarray(plain)
    if isinstance(saved, np.ndarray):
        saved = blank(saved)
    parameters = {"index": place, "chain": chain} if chain else {"index": place}
    wire = Wire(tick(), bits, array, (without, saved), parents, ASSIGN.array[key << 2 | kind], parameters)
    root.value, root.wire, root.bits = array, wire, bits
