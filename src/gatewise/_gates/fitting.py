"""What pullbacks call, on numbers or recordings: shapes and dtypes of contributions, switches, casts."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._gates.expression import Traced, traced
from gatewise._gates.gate import GATES, Carrier
from gatewise._gates.live import Live, dtype_of, is_recorded, plain, shape_of
from gatewise._types import Axis, Function, Value


class Showing(threading.local):
    """Whether a backward pass is being written down, `on`: it must hold for other inputs, so a float may have a mask.

    `exact`, it states the rules that eager sweeps go by, and not those of printed lines; `dead`, a switch says what
    it sends down a branch that was not taken, too.
    """

    on = False
    exact = False
    dead = False

    @contextmanager
    def __call__(self, *states: str) -> Iterator[None]:
        """These states, as long as a block lasts."""
        before = {state: getattr(self, state) for state in states}
        vars(self).update(dict.fromkeys(states, True))
        try:
            yield
        finally:
            vars(self).update(before)


showing = Showing()


def one_or_all(axes: Sequence[int]) -> int | tuple[int, ...]:
    """A single axis as a number, as one writes it."""
    return axes[0] if len(axes) == 1 else tuple(axes)


def sum_to(g: object, shape: tuple[int, ...], total: Function = np.sum) -> Value:
    """Undo a broadcast: sum over the axes that `shape` lacks or has stretched from 1."""
    lead = len(shape_of(g)) - len(shape)
    if lead < 0:  # NumPy writes an array with more axes, of length 1, into one with fewer
        return np.reshape(sum_to(g, shape[-lead:], total), shape)
    if lead:
        g = total(g, axis=one_or_all(range(lead)))
    have = shape_of(g)
    stretched = [axis for axis, n in enumerate(shape) if n != have[axis]]
    if any(shape[axis] != 1 for axis in stretched):
        raise ValueError(f"what comes back has the shape {shape_of(g)}, and {shape} was not broadcast to it")
    return total(g, axis=one_or_all(stretched), keepdims=True) if stretched else g


def fit(part: Value, x: object, live: Any = None, scaled: bool = True) -> Value:
    """A contribution in the shape and dtype of its operand; dead entries are zeroed before they can reach a sum."""
    if live is not None and scaled:
        part = np.where(live, part, 0.0)
    if type(part) is np.ndarray and type(x) is np.ndarray and part.shape == x.shape and part.dtype == x.dtype:
        return part if live is None else Live(part, live)
    shape, value = shape_of(x), plain(x)
    if dtype_of(part).kind == "c" and dtype_of(x).kind != "c":
        part = np.real(part)
    if shape_of(part) != shape:
        part = sum_to(part, shape)
        if live is not None:
            whole = live
            live = lambda: sum_to(whole, shape, np.any)  # noqa: E731
    if isinstance(value, float):
        if not showing.on:  # a float needs no mask: it is alive, or gets nothing at all
            if live is not None and not showing.dead and not (live() if callable(live) else live):
                return None
            live = None
        if not isinstance(part, Carrier):
            part = float(part)
            return part if live is None else Live(part, live)
    if dtype_of(part) != dtype_of(x):
        part = cast(part, dtype=dtype_of(x))
    return part if live is None else Live(part, live)


def lanes(live: Any, axis: Axis, shape: tuple[int, ...]) -> Value:
    """The mask, in this shape, of a gate that mixes the entries of each lane: one is alive where an entry of it is."""
    axis = axis if shape else None  # NumPy takes an axis of a single number, which has none
    return np.broadcast_to(np.any(live, axis=axis, keepdims=axis is not None), shape)


def conjugated(x: Value) -> Value:
    """The conjugate of complex numbers; real ones are their own, without a call."""
    return np.conjugate(x) if dtype_of(x).kind == "c" else x


def facing(x: Value) -> object:
    """The direction in which the size of x grows: its sign, of a complex number the conjugate of its direction."""
    if isinstance(x, Traced):
        return traced(facing, x)
    return np.conj(x) / np.where(x == 0, np.inf, np.abs(x)) if dtype_of(x).kind == "c" else np.sign(x)


def route(g: object, slope: Value, x: object, live: object = None) -> object:
    """What a switch sends down one branch: dead where `slope` is zero."""
    if dtype_of(slope) != bool:
        g, slope = slope * g, np.not_equal(slope, 0)
    if shape_of(slope) != shape_of(g):
        slope = np.broadcast_to(slope, shape_of(g))
    return fit(g, x, slope if live is None else slope & live)


def route1(g: Value, slope: object) -> object:
    """The same for floats: a dead branch gets nothing at all."""
    if slope or showing.dead:
        return g if slope is True else slope * g
    return None


def ties(x: Value, y: object) -> Value:
    """1 where x is larger, 0 where y is, a half each where they tie."""
    return (x > y) + 0.5 * (x == y)


def wins(x: Value, y: Value) -> Value:
    """1 where x is the larger; two tied wires take half each, a tie with a constant passes nothing."""
    if getattr(x, "absent", False) or getattr(y, "absent", False):
        return True
    if getattr(x, "constant", False) or getattr(y, "constant", False):
        return x > y
    return traced(ties, x, y) if isinstance(x, Traced) else ties(x, y)


def known(slope: Value, out: Value) -> Value:
    """What a switch sends down a branch; NaN where its value is NaN, because nobody knows which branch that was."""
    if isinstance(slope, Traced):
        return traced(known, slope, out)
    if not isinstance(out, Carrier) and not np.any(np.isnan(out)):
        return slope  # the same, in one look
    if showing.on and not showing.exact:
        return slope  # a printed line passes what its comparison says
    return np.where(np.isnan(out), np.nan, slope)


def at_least(x: Value, low: Value) -> Value:
    """The larger of x and a bound, or x where there is no bound."""
    return x if getattr(low, "absent", False) else np.maximum(x, low)


def spread(g: Value, shape: tuple[int, ...]) -> Value:
    """`g` repeated to `shape`, in memory of its own."""
    if shape_of(g) == shape:
        return g
    if is_recorded(g):
        return np.broadcast_to(g, shape)
    full = np.empty(shape, dtype_of(g))  # a fifth of the time of np.broadcast_to
    full[...] = g
    return full


def kept_axes(axis: object, shape: tuple[int, ...]) -> list[int]:
    """The axes a reduction removes, counted from the front."""
    if not shape:
        return []  # NumPy takes axis 0 and -1 of a single number, which has none
    if axis is None:
        return list(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return sorted(int(a) % len(shape) for a in axes)


def cast(x: object, dtype: object) -> Value:
    """`x` in another dtype; a gate, so that it is recorded too."""
    return GATES[convert](x, dtype=dtype)


def convert(x: Value, dtype: npt.DTypeLike) -> Value:
    """`x.astype(dtype)`, for scalars too."""
    return x.astype(dtype) if isinstance(x, (np.ndarray, np.generic)) else np.dtype(dtype).type(x)
