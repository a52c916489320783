"""Arrays used entry by entry, masks as deep as there are uses; sources and their memory; indices that move."""

from __future__ import annotations

import gc
import linecache
import sys
import time

import numpy as np
import pytest

import gatewise as gw
from gatewise._build import build
from gatewise._errors import GatewiseError
from gatewise._recording import places


def by_entries(y):
    x = y * 2.0
    total = 0.0
    for i in range(len(x)):
        total = total + x[i] * x[i]
    return total


def by_iteration(y):
    return sum(v * v for v in y * 2.0)


def by_slices(y):
    x = y * 2.0
    return sum(np.sum(x[i : i + 2] ** 2) for i in range(0, len(x), 2))


def by_lists(y):
    x = y * 2.0
    return sum(np.sum(x[[i]] ** 2) for i in range(len(x)))


def by_masks(y):
    x = y * 2.0
    return sum(np.sum(x[np.arange(len(x)) == i] ** 2) for i in range(len(x)))


@pytest.mark.parametrize("f", [by_entries, by_iteration, by_slices, by_lists, by_masks])
def test_a_loop_over_the_entries_of_a_computed_array(f):
    n = 2 * sys.getrecursionlimit()
    assert np.allclose(gw.grad(f)(np.ones(n)), 8.0)
    w = gw.tensor(np.ones(n))
    f(w).backward()
    assert np.allclose(w.grad, 8.0)
    small = np.array([1.0, -2.0, 3.0, 0.5])
    assert np.allclose(gw.jvp(f, (small,), (small,))[1], 8 * small @ small)
    assert np.allclose(gw.grad(lambda x: np.sum(gw.grad(f)(x) * x))(small), 16 * small)


def test_masks_of_many_switches():
    def f(x):
        y = x * 1.0
        return sum(np.sum(np.maximum(y, c)) for c in np.linspace(-1, 1, 2000))

    x = np.array([-2.0, 0.0005, 2.0])
    assert gw.grad(f)(x).tolist() == [0.0, 1000.0, 2000.0]


def test_the_time_of_a_loop_over_rows_is_that_of_the_rows():
    def f(y):
        x = y * 2.0
        return sum(np.sum(row * row) for row in x)

    def seconds(n):
        start = time.process_time()
        gw.grad(f)(np.ones((n, 100)))
        return time.process_time() - start

    seconds(10)
    assert min(seconds(4000) for _ in range(2)) < 20 * min(seconds(400) for _ in range(3))


def random_uses(rng, steps):
    """A function that uses an array whole and in pieces, some of them dead, in an order drawn at random."""
    kinds = rng.integers(0, 7, steps)
    at = rng.integers(0, 5, (steps, 3))

    def f(x):
        y = x * 1.5
        total = 0.0
        for kind, (i, j, k) in zip(kinds, at, strict=True):
            weight = 0.25 + i + j / 3
            total = total + (
                weight * y[i] * y[j] if kind == 0
                else np.sum(weight * y**2) if kind == 1
                else np.sum(np.where(y > 0, np.sqrt(np.abs(y)), 0.0)) * weight if kind == 2
                else np.sum(y[i:] * weight) if kind == 3
                else np.sum(y[[i, j, i]] ** 3) * weight if kind == 4
                else np.sum(np.maximum(y[k:], 0.1)) * weight if kind == 5
                else y[i] * np.where(y[j] > 0, np.log(np.abs(y[k]) + 1), 0.0)
            )  # fmt: skip
        return total

    return f


def test_pieces_and_wholes_add_up_in_any_order():
    rng = np.random.default_rng(0)
    for _ in range(60):
        f, x = random_uses(rng, 12), rng.standard_normal(5)
        gradient = gw.grad(f)(x)
        steps = np.eye(5) * 1e-6
        assert gradient == pytest.approx([(f(x + h) - f(x - h)) / 2e-6 for h in steps], rel=1e-6, abs=1e-6)
        recorded = gw.grad(lambda x, f=f: np.sum(gw.grad(f)(x) * np.arange(5.0)))(x)
        along = [(gw.grad(f)(x + h) - gw.grad(f)(x - h)) @ np.arange(5.0) / 2e-6 for h in steps]
        assert recorded == pytest.approx(along, rel=1e-5, abs=1e-5)
        c = gw.circuit(f, x)
        assert c.gradients["x"] == pytest.approx(gradient, rel=1e-12)


# ----------------------------------------------------------------------------------------------- sources and memory


def test_an_expression_leaves_its_source_with_its_circuit():
    gw.circuit("x * 2 + 1", x=1.0)
    gc.collect()
    before = len(linecache.cache), len(places._known)
    for k in range(50):
        gw.circuit(f"x * {k} + 3", x=1.0)
    gc.collect()
    assert (len(linecache.cache), len(places._known)) == before
    kept = gw.circuit("x * 17 + 3", x=1.0)
    gc.collect()
    assert "x * 17 + 3" in str(kept.code())


def test_a_source_stays_as_long_as_one_of_its_functions():
    functions = build("def f(x):\n    return x\n\ndef g(x):\n    return x\n", {})
    name = functions["f"].__code__.co_filename
    del functions["f"]
    assert name in linecache.cache
    functions.clear()
    gc.collect()
    assert name not in linecache.cache


def test_a_script_of_many_lines_takes_time_by_its_lines(tmp_path):
    from gatewise._recording.scripts import record_script

    def seconds(lines):
        path = tmp_path / f"long_{lines}.py"
        steps = [f"z{i + 1} = z{i} * 0.99 + x  # é" for i in range(lines)]
        path.write_text("\n".join(["x = 1.5", "z0 = x * 2", *steps]), encoding="utf-8")
        start = time.process_time()
        circuit = record_script(str(path), {})
        assert circuit.stages[-1].text == steps[-1].partition("  #")[0]
        return time.process_time() - start

    seconds(20)
    assert seconds(1600) < 9 * min(seconds(400) for _ in range(2))


def test_texts_of_statements_over_lines_and_letters():
    source = places.Source('é = "ü"; x = (1 +\n    2)\ny = "äöü" + x; z = lambda a: (lambda b: b + a)\n')
    texts = [source.segment(node) for node in source.statements]
    assert texts == ['é = "ü"', "x = (1 + 2)", 'y = "äöü" + x', "z = lambda a: (lambda b: b + a)"]
    inner = source.lambdas[-1]
    assert source.innermost_lambda(places.span_of(inner.body)) is inner
    assert source.statement((1, 0, 1, 2)) is source.statements[0]
    assert source.statement((9, 0, 9, 2)) is None


# ------------------------------------------------------------------------------------------------ indices and orders


class Place:
    """A counter that can be an index."""

    def __init__(self):
        self.value = 0

    def __index__(self):
        return self.value


class Positions(list):
    """A list of the user's own class."""


@pytest.mark.parametrize(
    ("start", "index", "move"),
    [
        (lambda: [np.array(0), np.array(2)], lambda p: slice(p[0], p[1]), lambda p: [np.add(q, 1, out=q) for q in p]),
        (lambda: np.array([0, 1]), lambda p: p, lambda p: np.add(p, 1, out=p)),
        (lambda: [0, 1], lambda p: p, lambda p: p.__setitem__(slice(None), [q + 1 for q in p])),
        (lambda: Positions([0, 1]), lambda p: p, lambda p: p.__setitem__(slice(None), [q + 1 for q in p])),
        (lambda: np.arange(6) < 2, lambda p: p, lambda p: p.__setitem__(slice(None), np.roll(p, 1))),
        (lambda: np.array([0, 2]), lambda p: slice(*p), lambda p: np.add(p, 1, out=p)),
        (lambda: np.array(0), lambda p: (slice(p, None, np.array(9)),), lambda p: np.add(p, 1, out=p)),
        (Place, lambda p: p, lambda p: setattr(p, "value", p.value + 1)),
        (Place, lambda p: slice(p, 5), lambda p: setattr(p, "value", p.value + 1)),
        (lambda: memoryview(bytearray(b"\0\1")), lambda p: p, lambda p: p.__setitem__(0, p[0] + 1)),
    ],
)
def test_an_index_that_moves_afterwards(start, index, move):
    def f(x):
        place, total = start(), 0.0
        for weight in (1.0, 10.0, 100.0):
            total = total + weight * np.sum(x[index(place)])
            move(place)
        return total

    x = np.arange(1.0, 7.0)
    want = [(f(x + h) - f(x - h)) / 2e-6 for h in np.eye(6) * 1e-6]
    assert gw.grad(f)(x) == pytest.approx(want, abs=1e-5)
    assert gw.circuit(f, x).gradients["x"] == pytest.approx(want, abs=1e-5)


@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_entries_are_read_in_the_order_of_plain_numpy(order):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, 3, 4))
    for axes in ((0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)):
        turned = lambda x, axes=axes: np.transpose(x, axes)  # noqa: E731
        reads = [
            lambda x: np.ravel(turned(x), order),  # noqa: B023
            lambda x: turned(x).ravel(order=order),  # noqa: B023
            lambda x: turned(x).flatten(order),  # noqa: B023
            lambda x: np.ravel(turned(x)[::-1, :, ::2], order=order),  # noqa: B023
            lambda x: np.ravel(np.copy(turned(x), order="C"), order),  # noqa: B023
            lambda x: np.reshape(turned(x), (4, -1), order=order),  # noqa: B023
            lambda x: turned(x).reshape(6, 4, order=order),  # noqa: B023
        ]
        for read in reads:
            try:
                want = read(x)
            except ValueError:
                with pytest.raises(ValueError, match="order 'K'"):
                    gw.vjp(read, x)
                continue
            try:
                out, pullback = gw.vjp(read, x)
            except GatewiseError:
                continue
            g = rng.standard_normal(want.shape)
            assert np.array_equal(out, want)
            assert np.sum(pullback(g)[0] * x) == pytest.approx(np.sum(g * want))
            code = {}
            exec(str(gw.circuit(lambda x, read=read, g=g: np.sum(read(x) * g), x).code()), code)
            printed = code["f_and_gradients"]
            assert callable(printed)


def test_more_axes_of_length_one_are_given_back():
    for shape, fill in (((3,), (1, 3)), ((2, 3), (1, 1, 1, 3)), ((3,), (1, 1)), ((), (1, 1))):
        y, x = np.arange(1.0, 1.0 + np.prod(fill)).reshape(fill), np.ones(shape)
        gradient = gw.grad(lambda x, y: np.sum(np.full_like(x, y) * 2.0), 1)(x, y)
        assert gradient.shape == fill
        assert np.sum(gradient) == 2.0 * x.size


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(np.einsum(np.outer(x, x), [0, 1], x, [1])),
        lambda x: np.einsum(x, [0], x, [0], []),
        lambda x: np.sum(np.einsum(np.outer(x, x), [..., 0], [...])),
        lambda x: np.sum(np.expand_dims(x, [0, 2])),
        lambda x: np.linalg.slogdet(np.outer(x, x) + 9 * np.eye(3)).logabsdet,
        lambda x: sum(np.sum(part) * k for k, part in enumerate(reversed(np.split(x, 3)))),
        lambda x: np.sum(np.mean(x)[..., None] ** 2),
        lambda x: np.sum((np.mean(x) * 2.0)[None, None] * x[0]),
    ],
)
def test_spellings_that_were_raw_errors(f):
    x = np.array([1.0, 2.0, 3.0])
    want = [(f(x + h) - f(x - h)) / 2e-6 for h in np.eye(3) * 1e-6]
    assert gw.grad(f)(x) == pytest.approx(want, rel=1e-6)
    assert gw.jvp(f, (x,), (x,))[1] == pytest.approx(np.dot(want, x), rel=1e-6)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(x ** np.array([True, False, True])),
        lambda x: np.amax(x),
        lambda x: np.sum(np.partition(x, 1)),
    ],
)
def test_what_has_no_number_is_gatewises_own_error(f):
    x = np.array([1.0, 2.0, 3.0])
    try:
        gradient = gw.grad(f)(x)
    except GatewiseError:
        return
    want = [(f(x + h) - f(x - h)) / 2e-6 for h in np.eye(3) * 1e-6]
    assert gradient == pytest.approx(want, rel=1e-6)


def test_the_gradient_of_an_array_names_what_can_be_done():
    with pytest.raises(gw.GatewiseError, match=r"np\.sum") as caught:
        gw.grad(lambda x: x * 2)(np.array([1.0, 2.0]))
    assert "gw.vjp" in str(caught.value)
    assert "upstream=" not in str(caught.value)
