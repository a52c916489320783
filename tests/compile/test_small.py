"""Records for the native runner: the same numbers, types, warnings and errors as the function itself."""

from __future__ import annotations

import threading
import warnings

import numpy as np
import pytest

import gatewise as gw
from compile.alike import demand_same

pytest.importorskip("llvmlite")
from gatewise._native import ELEMENTWISE
from gatewise._native.kernels import BINARY, UNARY
from gatewise._native.records import SAME

KINDS = [np.float64, np.float32]


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def is_run(compiled):
    """Whether the runner takes part."""
    return "native records" in compiled.explain()


def many(f, rounds=10):
    """A function of many gates: one for which the runner pays."""

    def g(x, y):
        for _ in range(rounds):
            x = 0.5 * x + 0.1 * f(x, y)
        return x

    return g


def test_every_elementwise_gate_has_a_kernel():
    assert {SAME.get(name, name) for name in ELEMENTWISE} <= {*UNARY, *BINARY}


BODIES = {
    "arithmetic": lambda x, y: (x + y) * (x - y) / (2 + y * y) - 1 / (3 + x * x),
    "numbers at either side": lambda x, y: 2 - x * 3 + 1 / (4 + x**2) - 2 / (y * y + 1),
    "functions": lambda x, y: np.exp(-x * x) + np.log(1 + y * y) + np.tanh(x) * np.sin(y) + np.cos(x) + np.sqrt(y * y),
    "powers": lambda x, y: (1 + x * x) ** y + (2 + y) ** 3,
    "small functions": lambda x, y: np.expm1(-x * x) + np.log1p(y * y) + np.abs(x),
    "choices": lambda x, y: np.where((x > y) & (x < 1), x * 2, -y) + np.maximum(x, y) * np.minimum(x, 0.5),
    "comparisons": lambda x, y: x * (y >= 0) + y * (x <= 0.1) + x * (x != y) + np.where(x == y, 1.0, x),
    "a row": lambda x, y: x * y[0] + y[:, :1],
    "rows of sums": lambda x, y: x - np.sum(x * y, axis=1, keepdims=True),
    "columns of sums": lambda x, y: x - np.sum(x * y, axis=0),
    "all sums": lambda x, y: x * np.sum(y) + np.mean(x * x),
    "shares": lambda x, y: np.exp(x - np.max(x, axis=1, keepdims=True)) / np.sum(np.exp(y), axis=1, keepdims=True),
    "products": lambda x, y: x @ y.T @ y / 12,
    "products with vectors": lambda x, y: (x @ y[0])[:, None] * y + (y[:, 1] @ x) + x[0] @ y[1],
    "pieces": lambda x, y: np.concatenate([x[1:], y[:1]]) + np.concatenate([y[:, ::2], x[:, 1:3]], axis=1),
    "stacks": lambda x, y: np.stack([x[0], y[2], x[1]]) + np.stack([x[:, 0], y[:, 1], x[:, 2], y[:, 3]], axis=1),
    "picks": lambda x, y: x[[2, 0, 1]] + y[::-1] + x[1, 2] * y[:, [0, 0, 1, 3]],
    "moves": lambda x, y: x.reshape(4, 3).T.reshape(3, 4) + np.broadcast_to(y[1], (3, 4)) + y.T[::-1].T,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", BODIES)
def test_gates_and_their_gradients(draw, name, kind):
    points = [tuple(draw.normal(size=(2, 3, 4)).astype(kind) * 0.7) for _ in range(3)]
    f = many(BODIES[name])
    assert is_run(demand_same(f, points))
    assert is_run(demand_same(gw.value_and_grad(lambda x, y: np.sum(np.sin(f(x, y))), argnums=(0, 1)), points))


def cell(x, w):
    """A loop with rows picked, gathered and added up."""
    h, rows = np.zeros(5), []
    for t in range(6):
        z = np.tanh(w @ h + x[t])
        h = h * 0.5 + z * (1 / (1 + np.exp(-z)))
        rows.append(h)
    return np.sum(np.stack(rows) ** 2)


def test_a_loop_of_cells(draw):
    points = [(draw.normal(size=(6, 5)), draw.normal(size=(5, 5))) for _ in range(3)]
    compiled = demand_same(gw.value_and_grad(cell, argnums=(0, 1)), points)
    assert is_run(compiled)


def test_what_it_gives_is_not_written_into_again(draw):
    f = gw.compile(many(BODIES["arithmetic"]))
    x, y = draw.normal(size=(2, 3, 4))
    f(x, y)
    first = f(x, y)
    kept = first.copy()
    f(y, x)
    assert np.array_equal(first, kept)
    assert is_run(f)


def test_numbers_that_numpy_warns_of_are_warned_of():
    f = many(lambda x, y: 1 / x + np.log(y))
    compiled = gw.compile(f)
    x, y = np.ones(5), np.full(5, 2.0)
    compiled(x, y)
    assert is_run(compiled)
    for bad in (np.zeros(5), np.full(5, -1.0)):
        with warnings.catch_warnings(record=True) as want:
            warnings.simplefilter("always")
            theirs = f(x, bad)
        with warnings.catch_warnings(record=True) as have:
            warnings.simplefilter("always")
            mine = compiled(x, bad)
        assert np.array_equal(mine, theirs, equal_nan=True)
        assert {str(w.message) for w in have} == {str(w.message) for w in want} != set()
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            compiled(x, bad)
        with np.errstate(all="ignore"):
            assert np.array_equal(compiled(x, bad), theirs, equal_nan=True)


def test_plain_numbers_raise_where_python_raises():
    def f(a, x):
        total = 0.0
        for k in range(20):
            total = total + a[k] / x
        return total * 1.0

    compiled = gw.compile(f)
    a = [1.0 + k for k in range(20)]
    assert compiled(a, 2.0) == f(a, 2.0)
    with np.errstate(all="ignore"), pytest.raises(ZeroDivisionError):
        compiled(a, 0.0)


def test_a_read_on_the_way_is_a_guard(draw):
    def f(x, y):
        z = many(BODIES["arithmetic"])(x, y)
        if z[0, 0] - z[0, 0] + y[0, 0] > 0:
            return many(BODIES["choices"])(z, y)
        return many(BODIES["functions"])(z, x)

    compiled = demand_same(f, [tuple(draw.normal(size=(2, 3, 4))) for _ in range(8)])
    assert is_run(compiled)
    assert "2 paths" in compiled.explain()


def test_with_exact_there_are_no_records(draw):
    x, y = draw.normal(size=(2, 3, 4))
    assert not is_run(demand_same(many(BODIES["functions"]), [(x, y)], exact=True))


def test_large_arrays_are_left_to_others(draw):
    x, y = draw.normal(size=(2, 100, 100))
    assert not is_run(demand_same(many(BODIES["arithmetic"]), [(x, y)]))


def test_eight_threads(draw):
    compiled = gw.compile(many(BODIES["functions"]))
    points = [tuple(draw.normal(size=(2, 3, 4))) for _ in range(8)]
    compiled(*points[0])
    want, wrong = [compiled(*point) for point in points], []

    def calls(k):
        for _ in range(200):
            if not np.array_equal(compiled(*points[k]), want[k]):
                wrong.append(k)

    threads = [threading.Thread(target=calls, args=(k,)) for k in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
