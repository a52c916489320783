"""Entries written into an array: what was overwritten gets nothing, what was written in what comes back from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gatewise._gates.families import Linear
from gatewise._gates.fitting import fit, sum_to
from gatewise._gates.gate import Derivation, Gate, Rule
from gatewise._gates.live import WHOLE, Live, is_recorded, names_an_entry_once, plain, shape_of, worked_out
from gatewise._gates.movement import getitem
from gatewise._types import Function, Index, Operands, Parameters, Value

#: One view of an array after the other, as (function, parameters, which of several outputs): `x[1:].T`.
Chain = tuple[tuple[Any, Any, Any], ...]


def viewed(x: Value, chain: Chain) -> Value:
    """`x` as the chain looks at it."""
    for function, parameters, which in chain:
        x = function(x, **parameters)
        x = x if which is None else x[which]
    return x


def places_named(shape: tuple[int, ...], index: Index, chain: Chain) -> Any:
    """Where the entries that an index names, in what the chain looks at, stand in an array of this shape, by rows."""
    return viewed(np.arange(int(np.prod(shape))).reshape(shape), chain)[index]


def written(x: Value, values: Value, index: Index, chain: Chain = ()) -> Value:
    """A copy of `x` with `values` written in."""
    out = np.array(x, order="K")
    write(out, values, index, chain)
    return out


def write(array: Any, values: Value, index: Index, chain: Chain) -> None:
    """Write into an array, through a view of it."""
    if not chain:
        array[index] = values
        return
    target = viewed(array, chain)
    if np.may_share_memory(target, array):
        target[index] = values
    else:  # this array lies otherwise in memory than the one that was looked at
        whole = places_named(array.shape, index, chain)
        array[np.unravel_index(whole, array.shape)] = np.broadcast_to(values, np.shape(whole))


def lasting(shape: tuple[int, ...], index: Index, chain: Chain) -> Any:
    """Which of the entries that were written stayed: of those that name one place twice, the last. None: all."""
    if type(index) is int or names_an_entry_once(index):
        return None
    whole = places_named(shape, index, chain)
    _, last = np.unique(np.ravel(whole)[::-1], return_index=True)
    if len(last) == whole.size:
        return None
    stayed = np.zeros(whole.size, bool)
    stayed[whole.size - 1 - last] = True
    return stayed.reshape(whole.shape)


class Growing:
    """The cotangent of an array that is written into, entry by entry: one array, changed in place on the way back.

    Only one wire has it at a time, so nobody sees the change. `mask` says which entries are alive.
    """

    __slots__ = ("g", "mask")
    __array_ufunc__ = None

    def __init__(self, g: Value, mask: Any) -> None:
        self.g, self.mask = g, mask

    def absorb(self, other: Any) -> Growing:
        """Add another cotangent to this one."""
        if type(other) is not Live:
            self.g += other
            self.mask[...] = True
        elif other.pieces is None:
            self.g += other.g
            self.mask |= worked_out(other._mask)
        else:
            for index, g, mask in other.pieces:
                self.absorb_piece(index, g, mask)
        return self

    def absorb_piece(self, index: Index, g: Value, mask: Any) -> None:
        if index is WHOLE:
            index = ...
        if type(index) is int or names_an_entry_once(index):
            self.g[index] += g
            if mask is None:
                self.mask[index] = True
            else:
                self.mask[index] |= worked_out(mask)
        else:
            np.add.at(self.g, index, g)
            np.logical_or.at(self.mask, index, True if mask is None else worked_out(mask))

    @classmethod
    def of(cls, g: Value, mask: Any) -> Growing:
        """A cotangent in memory of its own."""
        alive = np.ones(np.shape(g), bool) if mask is None else np.array(worked_out(mask))
        return cls(np.array(g), alive)

    def settled(self, copy: bool = False) -> Value:
        """The same for everybody."""
        g, mask = (np.array(self.g), np.array(self.mask)) if copy else (self.g, self.mask)
        return g if mask.all() else Live(g, mask)


class InPlace(Linear):
    """A linear gate whose cotangent is changed in place on the way back, where it is made of numbers."""

    def derive(self, gate: Gate, kinds: Sequence[int], wanted: Sequence[int], scalar: bool) -> Derivation:
        by_rule, needs = super().derive(gate, kinds, wanted, scalar)

        def back(g: Value, out: Value, operands: Operands, parameters: Parameters, live: Any = None) -> Value:
            if type(g) is Growing or (0 in wanted and not (is_recorded(g) or is_recorded(live))):
                g = g if type(g) is Growing else Growing.of(g, live)
                parts = taken_out(g, operands, parameters["index"], parameters.get("chain", ()), wanted)
                if parts is not None:
                    return parts
                g, live = g.g, g.mask
            return by_rule(g, out, operands, parameters, live)

        return back, needs


def in_place(function: Function, **facts: Any) -> Callable[[Rule], Gate]:
    """Declare such a gate."""
    return lambda rule: Gate(function, rule, InPlace(), **facts)


def taken_out(g: Growing, operands: Operands, index: Index, chain: Chain, wanted: Sequence[int]) -> list[Any] | None:
    """What an assignment sends back, taken out of its own cotangent; None where that cannot be looked at like this."""
    x, values = operands
    if type(x) is not np.ndarray and 0 in wanted and not isinstance(plain(x), np.ndarray):
        return None  # written into a copy of a number, which has no entries that are alive
    here, alive = g.g, g.mask
    if chain:
        here, alive = viewed(here, chain), viewed(alive, chain)
        if not (np.may_share_memory(here, g.g) and np.may_share_memory(alive, g.mask)):
            return None
    parts: list[Any] = [g] if 0 in wanted else []
    if 1 in wanted:
        part, live = here[index], alive[index]
        if type(part) is not np.ndarray and isinstance(values, float):  # one number, in and out
            parts.append(type(values)(part.real) if live else None)
        else:
            parts.append(of_values(np.array(part), np.array(live), values, lasting(g.g.shape, index, chain)))
    here[index] = 0
    alive[index] = False
    return parts


def of_values(part: Value, live: Any, values: Value, stayed: Value) -> Value:
    """What comes back to the values that were written: of what was written twice to one place, to the last alone."""
    if stayed is not None:
        part, live = np.where(stayed, part, 0.0), live & stayed
    shape = np.shape(values)
    if part.shape != shape:
        part, live = sum_to(np.where(live, part, 0.0), shape), sum_to(live, shape, np.any)
    return fit(part, values, None if np.all(live) else live)


@in_place(
    written,
    pattern="routes",
    text="statement",
    symbol="[ ] =",
    sample=[
        ((np.arange(4.0), 7.5), {"index": 2}),
        ((np.arange(4.0), np.array([7.5, 8.5])), {"index": slice(1, 3)}),
        ((np.arange(4.0), 7.5), {"index": slice(None, None, 2)}),
        ((np.arange(4.0), np.array([7.5, 8.5, 9.5])), {"index": np.array([1, 1, 3])}),
        ((np.arange(6.0).reshape(2, 3), np.array([7.5, 8.5])), {"index": (slice(None), 1)}),
        ((np.arange(6.0).reshape(2, 3), np.ones((1, 3))), {"index": 0}),
        ((np.arange(6.0).reshape(2, 3), 0.5), {"index": np.array([[True, False, True], [False, True, True]])}),
    ],
    analytic=True,
    in_page=False,
    sizeless=True,
)
def assign(g: Value, x: Value, values: Value, *, index: Index, chain: Chain = ()) -> Value:
    """What was overwritten gets nothing; what was written in gets what comes back from there."""
    g = g if shape_of(x) else np.copy(g)  # an array without axes, where a number may have come back
    return lambda: assign(g, 0.0, index=index, chain=chain), lambda: picked_up(g, values, index, chain, shape_of(x))


def picked_up(g: Value, values: Value, index: Index, chain: Chain, shape: tuple[int, ...]) -> Value:
    """What comes back to the values that were written."""
    stayed = lasting(shape, index, chain)
    part = getitem(viewed(g, chain), index=index)
    if stayed is not None:
        part = np.where(stayed, part, 0.0)
    return sum_to(part, shape_of(values))


def blank(x: Value) -> Value:
    """An array of this shape and dtype without memory: what is kept of one whose values nobody needs."""
    kind = x.shape, x.dtype
    found = BLANKS.get(kind)
    if found is None:
        if len(BLANKS) > 256:
            BLANKS.clear()
        found = BLANKS[kind] = np.broadcast_to(np.zeros((), x.dtype), x.shape)
    return found


BLANKS: dict[Any, Any] = {}
