"""What is said of a function that is to be differentiated: argnums, aux, options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError, UpstreamError
from gatewise._sweep import FLOATS
from gatewise._tensor import Binomial, Tensor
from gatewise._types import Function, Value

Argnums = int | Sequence[int]


def positions_of(f: Function, argnums: object) -> tuple[int, ...]:
    """The arguments to differentiate, as a tuple."""
    demand_function(f)
    positions = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(positions, (tuple, list, range)) or not all(isinstance(p, int) for p in positions):
        raise ArgumentError(
            f"argnums is {argnums!r}.",
            "it says which positions to differentiate.",
            "argnums=0, or a tuple such as argnums=(0, 1)."
            if isinstance(argnums, (str, tuple, list))
            else "gw.grad(f)(x): the function first, its arguments afterwards; argnums=0, or a tuple such as (0, 1).",
        )
    return tuple(positions)


def demand_plain_meaning(holomorphic: bool, allow_int: bool) -> None:
    """Refuse two of JAX's options, which change what a derivative means."""
    if holomorphic:
        raise ArgumentError(
            "holomorphic=True is not offered.",
            "a complex argument moves in two directions: gradients here are those of a real number by both.",
            "gw.vjp or gw.jvp: of a holomorphic function the pullback of 1 is its derivative.",
        )
    if allow_int:
        raise ArgumentError(
            "allow_int=True is not offered.",
            "a whole number has no slope, and zeros in its place would hide that.",
            "argnums without it, or x.astype(float).",
        )


def kept_by(recompute: object) -> int | Binomial | None:
    """What is kept of a run: as `stretch_of`, or so many states."""
    return recompute if isinstance(recompute, Binomial) else stretch_of(recompute)


def stretch_of(recompute: object) -> int | None:
    """How many gates, or rounds, apart values stay: a number, 0 for a length that grows, None where all are kept."""
    if recompute is False:
        return None
    if isinstance(recompute, (int, np.integer)) and recompute > 0:
        return 0 if recompute is True else int(recompute)
    raise ArgumentError(
        f"recompute is {recompute!r}.",
        "it says whether values are computed again on the way back, or how many gates (of code: rounds) are between.",
        "recompute=True, or a whole number such as recompute=1000.",
    )


def demand_function(f: object) -> None:
    if not callable(f):
        raise ArgumentError(
            f"a {type(f).__name__} was to be differentiated.",
            "a derivative is taken of a function.",
            "gw.grad(f)(x) or gw.vjp(f, x): the function first, its arguments afterwards.",
        )


def output_and_aux(out: object) -> Any:
    """The output and the aux of a function with has_aux."""
    if isinstance(out, (tuple, list)) and len(out) == 2:
        return out
    raise ArgumentError(
        f"with has_aux the function returned a {type(out).__name__} that is not a pair.",
        "its first output is differentiated, its second handed on.",
        "return number, anything.",
    )


def single_number(out: Value) -> object:
    """The plain value of an output that must be a single real number."""
    value = out.value if type(out) is Tensor else out
    if type(value) in FLOATS:
        return value
    number = isinstance(value, (float, int, np.generic, np.ndarray)) and np.asarray(value).dtype.kind in "fiu"
    if not number:
        raise ArgumentError(
            f"the function returned a {type(value).__name__}.",
            "a gradient is the slope of a single number.",
            "return one number; with has_aux=True return (number, anything).",
        )
    if np.shape(value):
        raise UpstreamError.no_number(np.shape(value))
    return value
