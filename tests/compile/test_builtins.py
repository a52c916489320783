"""Programs of floats as builtins: the same numbers, types, reads and errors as Python."""

from __future__ import annotations

import gc
import math
import sys

import numpy as np
import pytest

import gatewise as gw
from compile.alike import demand_same

pytest.importorskip("llvmlite")

POINTS = [(3.0, -4.0), (0.5, 0.25), (-2.0, 7.0), (3.0, -4.0)]


def staged(x, y):
    return (x + 1 / (1 + math.exp(-y))) / (1 / (1 + math.exp(-x)) + (x + y) ** 2)


def is_builtin(compiled):
    return "a builtin: " in compiled.explain()


FUNCTIONS = {
    "the staged function": staged,
    "NumPy's functions": lambda x, y: (
        np.tanh(x) * np.exp(y) + np.sin(x * y) - np.cos(y) + np.log(x * x + 1) * np.sqrt(y * y)
    ),
    "a where": lambda x, y: np.where(x > y, np.exp(x), y) + np.maximum(x, y) * np.minimum(x * y, 1.0) + abs(x - y) ** 3,
    "a power": lambda x, y: (
        (abs(x) + 1) ** y + (x * x + 1) ** 1.5 + x**3 - (y + 30.5) ** -1 + np.log1p(x * x) + np.expm1(y)
    ),
    "an input back": lambda x, y: (x, np.exp(x) + y * x - np.sin(y) + np.cos(x) * 2 + np.exp(y)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_program_of_floats_is_as_eager(name):
    f = FUNCTIONS[name]
    demand_same(f, POINTS)
    if name != "an input back":
        assert is_builtin(demand_same(gw.value_and_grad(f, argnums=(0, 1)), POINTS))


def test_a_guard_holds_or_leads_on():
    def f(x, y):
        z = math.exp(-x) * y + x
        return math.sin(z) * z + x * y if z > 1 else math.cos(z) * x - z * y

    step = gw.value_and_grad(f, argnums=(0, 1))
    compiled = demand_same(step, [(0.5, 3.0), (0.5, -3.0), (1.0, 4.0), (-1.0, -2.0), (0.5, 3.0)])
    assert is_builtin(compiled)
    assert "2 paths" in compiled.explain()


@pytest.mark.parametrize(
    "point", [(-800.0, 1.0), (math.inf, 1.0), (math.nan, 0.0), (0.0, -800.0), (1e200, 1e200), (1.0, -1.0)]
)
def test_what_is_inf_or_raises_on_the_way_is_as_eager(point):
    def f(x, y):
        return (1 / (1 + math.exp(-x))) / (x + y) + math.log(x * x) * y

    demand_same(f, [*POINTS, point, *POINTS])
    demand_same(gw.value_and_grad(f, argnums=(0, 1)), [*POINTS, point, *POINTS])


def test_other_arguments_go_another_way():
    compiled = gw.compile(gw.value_and_grad(staged, argnums=(0, 1)))
    eager = gw.value_and_grad(staged, argnums=(0, 1))
    for args in [*POINTS, (3, 4.0), (np.float64(3), 4.0)]:
        assert repr(compiled(*args)) == repr(eager(*args)) or np.allclose(
            compiled(*args)[1], eager(*args)[1], rtol=1e-14
        )
    for wrong in [(), (1.0,), (1.0, 2.0, 3.0), ("a", 2.0)]:
        with pytest.raises(Exception) as mine:
            compiled(*wrong)
        with pytest.raises(type(mine.value)):
            eager(*wrong)


SCALE = 2.0


def test_a_global_is_read_anew(monkeypatch):
    def f(x, y):
        return SCALE * staged(x, y) * x + y

    compiled = gw.compile(f)
    for scale in (2.0, 3.0, 2.0):
        monkeypatch.setitem(globals(), "SCALE", scale)
        assert compiled(3.0, -4.0) == compiled(3.0, -4.0) == pytest.approx(f(3.0, -4.0), rel=1e-14)


def test_no_reference_is_lost_or_kept():
    compiled = gw.compile(gw.value_and_grad(staged, argnums=(0, 1)))
    x, y = 3.5, -4.5
    compiled(x, y)
    gc.collect()  # what other tests left holds references to the class, too
    before = sys.getrefcount(x), sys.getrefcount(np.float64)
    for _ in range(1000):
        found = compiled(x, y)
    assert sys.getrefcount(x) == before[0]
    outer, inner = sys.getrefcount(found), sys.getrefcount(found[1])
    assert (outer, inner) == (2, 2)
    del found
    gc.collect()
    assert abs(sys.getrefcount(np.float64) - before[1]) < 10
