"""exp and its like: one unit in the last place of long doubles, and every edge as NumPy has it."""

from __future__ import annotations

import ctypes
import ctypes.util
import platform

import numpy as np
import pytest

from native.loops import mapped

pytest.importorskip("llvmlite")
from gatewise._native.mathematics import FUNCTIONS

if np.finfo(np.longdouble).nmant < 60:
    pytest.skip("a long double is no longer than a double", allow_module_level=True)


def sigmoid(x):
    return (1 / (1 + np.exp(-x.astype(np.longdouble)))).astype(x.dtype)


TRUTH = {name: sigmoid if name == "sigmoid" else getattr(np, name) for name in FUNCTIONS}
ONE = [name for name in FUNCTIONS if name != "power"]
KINDS = [np.float64, np.float32]
SPECIAL = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, np.inf, -np.inf, np.nan, 5e-324, -5e-324, 1e-310, 2.3e-308,
    1e-300, 1e-20, -1e-20, 1e-9, 1 - 1e-16, 1 + 1e-15, 1.5, -1.5, 36.7, -36.7, 40, 88.7, -88.7, -103.9, 89, 700,
    709.78, 709.79, -708.4, -745.1, -745.2, -746, 1e3, -1e3, 1e9, 2.0**53, -(2.0**53) - 2, 1e300, -1e300, 1.7e308,
    -1.7e308,
]  # fmt: skip


def arguments(name, kind):
    """Random arguments of every size, many near where the function bends."""
    rng = np.random.default_rng(0)
    size = 10.0 ** rng.uniform(-320, 308, 20_000)
    x = np.concatenate(
        [
            *(rng.uniform(-far, far, 50_000) for far in (1, 10, 750, 1e6, 2.0**30)),
            *(size, -size, rng.uniform(0.5, 2, 30_000)),
            *(np.pi / 2 * rng.integers(-(2**20), 2**20, 20_000), -1 + 10.0 ** rng.uniform(-16, 0, 5_000)),
        ]
    )
    with np.errstate(over="ignore"):
        x = x.astype(kind)
    if name in ("log", "sqrt"):
        x = np.abs(x)
    if name in ("sin", "cos"):
        x = x[np.abs(x) <= 2.0**30]
    return x[x > -1] if name == "log1p" else x


def units(found, true):
    """How many units in the last place of the true value lie between, and where both are infinite none."""
    with np.errstate(all="ignore"):
        near = true.astype(found.dtype)
        away = np.abs(found - true) / np.spacing(np.abs(near)).astype(np.longdouble)
        return np.where(
            (found == near) | (np.isnan(found) & np.isnan(near)), np.minimum(np.nan_to_num(away), 0.5), away
        )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ONE)
def test_within_a_unit_in_the_last_place(name, kind):
    x = arguments(name, kind)
    with np.errstate(all="ignore"):
        true = TRUTH[name](x.astype(np.longdouble))
    away = units(mapped(FUNCTIONS[name], x), true)
    assert away.max() < 1, (x[np.argmax(away)], away.max())


@pytest.mark.parametrize("kind", KINDS)
def test_powers_are_within_a_unit_in_the_last_place(kind):
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [10.0 ** rng.uniform(-300, 300, 50_000), rng.uniform(0, 3, 100_000), 1 + rng.normal(size=50_000) * 1e-5]
    )
    y = np.concatenate([rng.normal(size=50_000), rng.uniform(-600, 600, 100_000), rng.normal(size=50_000) * 1e7])
    with np.errstate(all="ignore"):
        x, y = x.astype(kind), y.astype(kind)
        true = np.power(x.astype(np.longdouble), y.astype(np.longdouble))
    away = units(mapped(FUNCTIONS["power"], x, y), true)
    worst = np.argmax(away)
    assert away.max() < 1, (x[worst], y[worst], away.max())


def same_edges(found, true):
    assert np.array_equal(np.isnan(found), np.isnan(true))
    there = ~np.isnan(true)
    assert np.array_equal(np.signbit(found[there]), np.signbit(true[there]))
    assert units(found, true.astype(np.longdouble)).max() < 2  # NumPy's own may be one away


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ONE)
def test_edges_are_those_of_numpy(name, kind):
    with np.errstate(all="ignore"):
        x = np.array(SPECIAL).astype(kind)
        x = x[~np.isfinite(x) | (np.abs(x) <= 2.0**30)] if name in ("sin", "cos") else x
        same_edges(mapped(FUNCTIONS[name], x), TRUTH[name](x))


@pytest.mark.parametrize("kind", KINDS)
def test_edges_of_powers_are_those_of_numpy(kind):
    with np.errstate(all="ignore"):
        x, y = (each.ravel().astype(kind) for each in np.meshgrid(SPECIAL, SPECIAL))
        same_edges(mapped(FUNCTIONS["power"], x, y), np.power(x, y))


def flagged(name, *numbers):
    """Whether a flag of the processor for which NumPy warns is raised by one call."""
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    values = [np.full(64, x) for x in numbers]
    mapped(FUNCTIONS[name], *values)
    libm.feclearexcept(LOUD)
    mapped(FUNCTIONS[name], *values)
    return bool(libm.fetestexcept(LOUD))


LOUD = (1 | 4 | 8) if platform.machine() in ("x86_64", "AMD64") else (1 | 2 | 4)  # invalid, division by zero, overflow
WARNS = [
    ("exp", 710.0), ("expm1", 710.0), ("log", 0.0), ("log", -0.0), ("log", -1.0), ("log", -5e-324), ("log1p", -1.0),
    ("log1p", -1.5), ("sin", np.inf), ("cos", -np.inf), ("sin", 1e300), ("sqrt", -1.0), ("power", 0.0, -1.0),
    ("power", -0.0, -3.0), ("power", 0.0, -0.1), ("power", -2.0, 0.5), ("power", 1e300, 2.0), ("power", 1e-300, -2.0),
]  # fmt: skip
SILENT = [
    ("exp", 709.0), ("exp", -1e3), ("expm1", -1e3), ("log", 5e-324), ("log", 3.0), ("log1p", -0.5), ("tanh", 1e3),
    ("tanh", 0.3), ("sigmoid", -1e3), ("sigmoid", 1e3), ("sin", 1e6), ("cos", 0.0), ("power", 0.0, 2.0),
    ("power", 2.0, -3.0), ("sqrt", 0.0), ("power", -2.0, 3.0),
]  # fmt: skip


@pytest.mark.parametrize("case", WARNS)
def test_a_flag_is_raised_where_numpy_warns(case):
    name, *numbers = case
    assert flagged(name, *numbers)


@pytest.mark.parametrize("case", SILENT)
def test_no_flag_is_raised_on_ordinary_numbers(case):
    name, *numbers = case
    assert not flagged(name, *numbers)
