"""Native loops: the same numbers, warnings and errors as NumPy; with threads, in a fork, without llvmlite."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import warnings
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from compile.alike import demand_same
from gatewise import _native
from gatewise._native import machine

pytest.importorskip("llvmlite")
from gatewise._native.steps import STEPS

N = 200


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def natives(compiled):
    """How many native loops a compiled function has."""
    return compiled.explain().count("native loop over")


def test_every_gate_of_a_loop_has_its_instructions():
    assert set(STEPS) == _native.GATES


def logistic(x, y):
    return np.sum((x + 1 / (1 + np.exp(-y))) / (1 / (1 + np.exp(-x)) + (x + y) ** 2))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_a_gradient_is_one_loop(draw, kind):
    points = [(draw.normal(size=N).astype(kind) + 4, draw.normal(size=N).astype(kind)) for _ in range(3)]
    compiled = demand_same(gw.value_and_grad(logistic, argnums=(0, 1)), points)
    assert natives(compiled) == 1
    assert "buffers" not in compiled.explain()


FUNCTIONS = {
    "a row": lambda x, b: np.tanh(x + b[0]) * 2,
    "a column": lambda x, b: np.exp(x - b[:, :1]) + x,
    "a row and a column": lambda x, b: np.exp(x - b[:, :1]) + b[0],
    "sums of rows": lambda x, b: np.sum(np.exp(x) * b, axis=1),
    "sums of rows, kept": lambda x, b: np.sum(np.exp(x) * b, axis=-1, keepdims=True) * x,
    "shares of rows": lambda x, b: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True),
    "a number": lambda x, b: np.sum(x * b) * np.sin(x) * b,
    "two sums": lambda x, b: (np.sum(np.cos(x) * b), np.sum(np.cos(x) + b)),
    "comparisons": lambda x, b: (np.where((x > b) & (x < 1), np.exp(x), -b), x * (b >= 0) - 1),
    "a comparison alone": lambda x, b: np.logical_and(x > 0, np.exp(b) > 1),
    "extremes": lambda x, b: np.maximum(x, b) * np.minimum(x, 0) + np.abs(x),
    "powers": lambda x, b: np.abs(x) ** 1.7 + b**3 + np.sqrt(np.abs(b)),
    "signs": lambda x, b: np.sign(x) * np.copysign(b, x) + np.floor(x) - np.ceil(b) + np.rint(x) - np.trunc(b),
    "an axis in front": lambda x, b: np.sum(np.exp(x) * b, axis=0) + 1,
    "transposed": lambda x, b: np.exp(x.T) * b.T,
    "two shapes": lambda x, b: (np.exp(x) * x, np.exp(b[0]) * b[0] + np.sum(x)),
    "a product between": lambda x, b: np.exp((np.exp(x) * 2 @ (b.T * 2 + 1)) - 3) * 2,
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_shapes_and_gates_are_as_eager(name, kind, draw):
    f = FUNCTIONS[name]
    points = [tuple((scale * draw.normal(size=(20, 30))).astype(kind) for _ in range(2)) for scale in (1, 0.5, 1)]
    compiled = demand_same(f, points)
    assert natives(compiled) or name in ("transposed",), compiled.explain()
    demand_same(gw.grad(lambda x, b: sum(np.sum(np.asarray(each) * 1.5) for each in np.atleast_1d(f(x, b)))), points)


def test_a_number_of_pythons_beside_short_floats(draw):
    x = draw.normal(size=N).astype(np.float32)
    demand_same(lambda x, a: np.exp(x * a) + a, [(x, 0.3), (x, 1.7)])
    demand_same(lambda x, a: np.exp(x * a) + a, [(x, np.float64(0.3)), (x, np.float64(1.7))])


def test_a_guard_between(draw):
    def f(x):
        y = np.exp(x) * 2
        return np.log(y) + 1 if np.sum(y) > 400 else np.sqrt(y) * y

    compiled = demand_same(f, [(np.full(N, a) + draw.normal(size=N) * 0.01,) for a in (-1.0, 1.0, -1.0, 1.0)])
    assert natives(compiled) >= 2


LOUD = {
    "log of nought": (lambda x: np.log(x) * 2, 0.0),
    "log of less": (lambda x: np.log(x) * 2, -1.0),
    "exp": (lambda x: np.exp(x * 500) + 1, 2.0),
    "a quotient": (lambda x: 1 / x + x, 0.0),
    "a root": (lambda x: np.sqrt(x) + x, -2.0),
    "inf - inf": (lambda x: (x - x) * 2, np.inf),
    "a power": (lambda x: np.power(x, -0.5) * 2, 0.0),
    "sin of inf": (lambda x: np.sin(x) * 2, np.inf),
    "exp of much less": (lambda x: np.exp(x) * 2, -1000.0),
}


def spoken(f, x):
    """The warnings of a call, and the error where errors are wanted, without the gate in which they were met."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        f(x)
    with np.errstate(all="raise"):
        try:
            f(x)
            return {str(each.message).partition(" in ")[0] for each in caught}, ""
        except FloatingPointError as error:
            return {str(each.message).partition(" in ")[0] for each in caught}, str(error).partition(" in ")[0]


@pytest.mark.parametrize("name", LOUD)
def test_numpy_speaks_as_it_does(name):
    f, bad = LOUD[name]
    calm, x = np.full(N, 1.25), np.full(N, 1.25)
    x[N // 2] = bad
    compiled = gw.compile(f)
    compiled(calm)
    assert natives(compiled) == 1
    assert spoken(compiled, calm) == spoken(f, calm) == (set(), "")
    assert spoken(compiled, x) == spoken(f, x)
    assert spoken(f, x)[1]
    with np.errstate(all="ignore"):
        assert np.array_equal(compiled(x), f(x), equal_nan=True)


def test_nan_and_far_angles_are_right(draw):
    x = draw.normal(size=N)
    far = np.where(np.arange(N) == 7, 1e15, x)
    hole = np.where(np.arange(N) == 7, np.nan, x)
    compiled = demand_same(lambda x: np.sin(x) * 2 + np.maximum(x, 0), [(x,), (far,), (hole,), (x,)])
    assert natives(compiled) == 1


def test_underflow_alone_is_no_reason_to_run_again(draw, monkeypatch):
    compiled = gw.compile(lambda x: np.exp(x) * 2)
    compiled(draw.normal(size=N))
    (key,) = compiled.__globals__["call"].__self__.paths
    (path,) = compiled.__globals__["call"].__self__.paths[key]
    monkeypatch.setitem(path.run.__globals__, f"numpy{path.mark}", None)
    assert np.array_equal(compiled(np.full(N, -1000.0)), np.zeros(N))


# ------------------------------------------------------------------------------------------------------------- threads

WIDE = 100_000


@pytest.mark.parametrize("count", ["1", "2", "5"])
def test_threads_share_a_wide_loop(count, draw, monkeypatch):
    monkeypatch.setenv("GATEWISE_NUM_THREADS", count)
    points = [(draw.normal(size=WIDE) + 4, draw.normal(size=WIDE)) for _ in range(2)]
    demand_same(gw.value_and_grad(logistic, argnums=(0, 1)), points)
    demand_same(FUNCTIONS["shares of rows"], [(draw.normal(size=(300, 200)), draw.normal(size=(300, 200)))] * 3)


def test_a_flag_in_another_thread_is_heard(monkeypatch):
    monkeypatch.setenv("GATEWISE_NUM_THREADS", "2")
    compiled = gw.compile(lambda x: np.log(x) * 2)
    x = np.ones(WIDE)
    compiled(x)
    x[-1] = 0
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        compiled(x)
    x[-1], x[0] = 1, 0
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        compiled(x)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        compiled(x)


def test_many_threads_call_one_compiled_function(draw):
    step = gw.value_and_grad(logistic, argnums=(0, 1))
    compiled, points = gw.compile(step), [(draw.normal(size=WIDE) + 4, draw.normal(size=WIDE)) for _ in range(4)]
    compiled(*points[0])
    wanted, wrong = [step(*point)[1][0] for point in points], []

    def calls(k):
        for _ in range(5):
            if not np.allclose(compiled(*points[k])[1][0], wanted[k], rtol=1e-12, atol=1e-15):
                wrong.append(k)

    threads = [threading.Thread(target=calls, args=(k,)) for k in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own(draw, monkeypatch):
    monkeypatch.setenv("GATEWISE_NUM_THREADS", "2")
    x, y = draw.normal(size=WIDE) + 4, draw.normal(size=WIDE)
    compiled = gw.compile(logistic)
    want = compiled(x, y), compiled(x, y)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=lambda: queue.put(float(compiled(x, y))))
    child.start()
    assert queue.get(timeout=30) == want[1]
    child.join()


# ------------------------------------------------------------------------------------------------- without native code


def test_without_llvmlite_numpy_computes_and_explain_says_so(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    machine.cache_clear()
    try:
        compiled = demand_same(logistic, [(draw.normal(size=N), draw.normal(size=N))] * 2)
        assert "no native loop: llvmlite is not there" in compiled.explain()
        assert not natives(compiled)
    finally:
        monkeypatch.undo()
        machine.cache_clear()


def test_a_broken_llvmlite_is_said(draw, monkeypatch):
    def broken(self, text):
        raise RuntimeError("LLVM is another one")

    monkeypatch.setattr(type(machine()), "compiled", broken)
    monkeypatch.setenv("GATEWISE_CACHE", "/nowhere/at/all")
    compiled = demand_same(lambda x: np.exp(x) * 2.125, [(draw.normal(size=N),)] * 2)
    assert "no native loop: llvmlite does not work: RuntimeError: LLVM is another one" in compiled.explain()


def test_exact_leaves_native_code_out(draw):
    compiled = demand_same(logistic, [(draw.normal(size=N), draw.normal(size=N))] * 2, exact=True)
    assert not natives(compiled)


def test_small_arrays_are_left_to_numpy(draw):
    assert not natives(demand_same(logistic, [(draw.normal(size=5), draw.normal(size=5))] * 2))


def test_a_sum_of_products_is_not_a_product_of_a_sum():
    """Of inf, 0 and inf the sum of products is nan; with the factor taken out it is inf."""

    def f(x: Any, y: Any) -> Any:
        return np.sum(np.power(2.0, x) * np.cumsum(y, axis=0), axis=-1, keepdims=True)

    x, y = np.linspace(-1.0, 1.0, 16), np.ones((16, 1))
    y[4] = np.inf
    compiled = demand_same(f, [(x, np.ones((16, 1))), (np.where(x < 0, -np.inf, x), y), (x, y)])
    assert "native loop" in compiled.explain()
