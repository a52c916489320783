"""Derivatives from function values alone: the complex step, and central differences extrapolated to step 0."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from gates.cases import Case, is_float

TINY = 1e-30  # the complex step subtracts nothing, so that it can be as small as one likes
STEPS = (1e-3, 5e-4, 2.5e-4)


def extrapolated(function: Callable[[float], Any]) -> Any:
    """The derivative of `function` at 0 by Richardson's extrapolation of central differences."""
    slopes = [(function(h) - function(-h)) / (2 * h) for h in STEPS]
    for order in (4, 16):
        slopes = [(order * finer - coarser) / (order - 1) for coarser, finer in pairwise(slopes)]
    return slopes[0]


def floats_of(out: Any) -> list[Any]:
    """The float and complex outputs of a call; whole numbers and truth values have no slope."""
    outs = out if isinstance(out, (tuple, list)) else (out,)
    return [np.asarray(x) for x in outs if is_float(x) or np.asarray(x).dtype.kind == "c"]


def upstreams_of(case: Case) -> list[Any]:
    outs, us = (x if isinstance(x, (tuple, list)) else (x,) for x in (case.out, case.upstream))
    return [np.asarray(u) for x, u in zip(outs, us, strict=True) if is_float(x)]


def flat(outs: Sequence[Any]) -> Any:
    """All outputs as one row."""
    return np.concatenate([np.ravel(x) for x in outs]) if outs else np.zeros(0)


def moved(case: Case, tangents: Sequence[Any], step: Any) -> Any:
    """All float outputs with the values moved along `tangents`."""
    return flat(floats_of(case.function(*(x + step * t for x, t in zip(case.values, tangents, strict=True)))))


@cache
def has_complex_loop(case: Case) -> bool:
    """Whether the function takes complex numbers, and its complex step is its real slope."""
    here = flat(floats_of(case.out))
    if not here.size or case.gate.arbitrary or not any(np.size(x) for x in case.values):
        return False
    try:
        there = moved(case, case.tangents, 1j * TINY)
    except (TypeError, ValueError, FloatingPointError, NotImplementedError):
        return False
    if there.dtype.kind != "c" or there.shape != here.shape:
        return False
    slope = extrapolated(lambda h: moved(case, case.tangents, h))
    return bool(np.allclose(there.imag / TINY, slope, rtol=1e-6, atol=1e-6))


def slope_along(case: Case, tangents: Sequence[Any]) -> Any:
    """How all float outputs move along `tangents`."""
    if case.gate.arbitrary or not any(np.size(x) for x in case.values):
        return np.zeros(flat(floats_of(case.out)).size)
    if has_complex_loop(case):
        return moved(case, tangents, 1j * TINY).imag / TINY
    return extrapolated(lambda h: moved(case, tangents, h))


@cache
def jacobian(case: Case) -> list[Any]:
    """For each value all slopes, outputs x entries of that value."""
    return [
        np.stack(columns, axis=1) if (columns := list(columns_of(case, k))) else empty(case)
        for k in range(len(case.values))
    ]


def columns_of(case: Case, k: int) -> Any:
    for entry in range(np.size(case.values[k])):
        unit = np.zeros(np.size(case.values[k]))
        unit[entry] = 1.0
        tangents: list[Any] = [0.0] * len(case.values)
        tangents[k] = unit.reshape(np.shape(case.values[k]))
        yield slope_along(case, tangents)


def empty(case: Case) -> Any:
    return np.zeros((flat(floats_of(case.out)).size, 0))


@cache
def expected_gradients(case: Case) -> list[Any]:
    """What each value should get for the case's upstream gradient."""
    u = flat(upstreams_of(case))
    return [(u @ J).reshape(np.shape(x)) for J, x in zip(jacobian(case), case.values, strict=True)]


@cache
def expected_tangent(case: Case) -> Any:
    """How all float outputs should move along the case's tangents."""
    return slope_along(case, case.tangents)


def tolerance(case: Case) -> float:
    """1e-13 by the complex step, 1e-9 by differences."""
    return 1e-13 if has_complex_loop(case) else 1e-9
