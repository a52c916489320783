"""Assignment: NumPy's meaning and right gradients, through views and bases, in place where nobody sees it."""

from __future__ import annotations

import gc
import itertools
import math
import sys
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import GatewiseError
from gatewise._gates import assigning
from gatewise._tensor import assigning as assigning_of_tensors

P = np.array([0.7, 1.3, 0.4, 0.9])


def slopes(f: Any, p: Any) -> Any:
    """The gradient by differences, twice extrapolated."""
    found = np.zeros_like(p)
    for i in np.ndindex(p.shape):
        steps = []
        for h in (4e-3, 2e-3, 1e-3):
            up, down = p.copy(), p.copy()
            up[i] += h
            down[i] -= h
            steps.append((float(f(up)) - float(f(down))) / (2 * h))
        one, two = (4 * steps[1] - steps[0]) / 3, (4 * steps[2] - steps[1]) / 3
        found[i] = (16 * two - one) / 15
    return found


def agrees(f: Any, p: Any = P) -> None:
    given = p.copy()
    value, gradient = gw.value_and_grad(f)(given)
    np.testing.assert_array_equal(given, p)  # the caller's array is never changed
    np.testing.assert_allclose(value, f(p.copy()), rtol=1e-14)
    np.testing.assert_allclose(gradient, slopes(f, p), rtol=1e-7, atol=1e-8)
    hessian = np.array([gw.grad(lambda q, i=i: gw.grad(f)(q)[i])(p.copy()) for i in range(len(p))])
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(gw.jvp(f, (p.copy(),), (np.ones_like(p),))[1], gradient.sum(), rtol=1e-10, atol=1e-12)


def rows_apart(p):
    rows = np.zeros((6, 4))
    views = [rows[i] for i in range(6)]
    views[2][:] = p
    views[3][1:] = views[2][:-1] * p[0]
    rows[:, 1] *= p[2]
    views[0] += views[3]
    rows.T[2][::2] = p[:3]
    return np.sum(np.sin(rows)) + sum(np.sum(np.cos(view) * p) for view in views)


def no_entries(p):
    x = p * 1.0
    empty, backwards = x[2:2], x[::-1]
    empty[...] = 3.0
    x[3:1] = p[0]
    x[1] = p[0] * p[1]
    return np.sum(empty) + np.sum(backwards * p)


def heat_flow(p):
    u = np.zeros((5, 4))
    u[0] = p
    u[:, 0] = 1.0
    for _ in range(3):
        u[1:-1, 1:-1] += 0.3 * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * u[1:-1, 1:-1])
    return np.sum(u[1:] ** 2)


def fibonacci_like(p):
    x = np.empty(8)
    x[:2] = p[:2]
    for i in range(2, 8):
        x[i] = p[2] * x[i - 1] + p[3] * np.sin(x[i - 2])
    return x[-1] * x[3]


def argument_written_into(p):
    p[1] *= p[0]
    p[2:] = p[:2] ** 2
    return np.sum(p**3)


def mask_and_product(p):
    d = p[:, None] - p
    d[d < 0] *= p[1]
    d[np.eye(4, dtype=bool)] = 1.0
    return np.sum(np.log(np.abs(d)) * np.arange(16).reshape(4, 4))


def repeated_places(p):
    x = p * 2
    x[[0, 0, 2]] = p[[3, 1, 0]] ** 2  # the last write wins
    return np.sum(x**2)


def views_of_views(p):
    a = np.outer(p, p)
    b = a[1:]
    c = b.T
    c[0] = p[:3] * 2
    a *= 1.5
    b[-1, -1] = p[0]
    return np.sum(c**2) + np.sum(a * b[0])


def a_view_before_its_base_moves(p):
    a = p * 1.0
    head = a[:2]
    a[0] = p[3] ** 2
    return np.sum(head * a[2:])


def reshaped(p):
    a = np.zeros((2, 3))
    flat = a.reshape(-1)
    flat[1:5] = p
    a[0] *= p[0]
    return np.sum(flat**2 * np.arange(6))


def by_columns(p):
    a = np.zeros((3, 4), order="F")
    a[1] = p
    turned = a.T
    turned[:, 2] = p**2
    return np.sum(a.ravel() ** 2 * np.arange(12))


def out_of_a_ufunc(p):
    c = np.empty(4)
    np.multiply(p, p[::-1], out=c)
    np.add(c, p, out=c)
    np.exp(c, out=c)
    return np.sum(c)


def added_at(p):
    x = np.zeros(3)
    np.add.at(x, [0, 2, 0, 2], p)
    np.subtract.at(x, [1], p[0])
    return np.sum(x**3)


def put_in(p):
    x = np.zeros((2, 3))
    np.put(x, [0, 4], p[:2])
    np.fill_diagonal(x, p[2])
    np.copyto(x[1], p[1:] ** 2)
    np.place(x, x == 0, p[3])
    np.putmask(x, np.array([[0, 0, 1], [0, 0, 0]], bool), p[:1])
    np.put_along_axis(x, np.array([[1], [2]]), p[:2].reshape(2, 1), axis=1)
    return np.sum(x**2)


def flat_entries(p):
    x = np.ones((2, 2))
    x.flat[[0, 3]] = p[:2]
    x.flat[1] = p[2]
    y = np.zeros(4)
    y.fill(p[3])
    return np.sum(x**2) + np.sum(y * x.ravel())


def sorted_in_place(p):
    x = p * 1.0
    x.sort()
    return np.sum(x * np.arange(1, 5))


def swapped(p):
    x = p * 1.0
    x[0], x[1] = x[1], x[0]
    x[[2, 3]] = x[[3, 2]]
    return np.sum(x * np.arange(1, 5) ** 2)


def overlapping(p):
    x = p * 1.0
    x[1:] = x[:-1]
    x[::2] += x[::-2]
    return np.sum(x**2)


def in_pieces(p):
    x = np.zeros(4)
    for part, value in zip(np.split(x, 2), p[:2]):
        part[...] = value**2
    return np.sum(x * p)


def rows_one_by_one(p):
    x = np.outer(p, [1.0, 2.0])
    for row in x:
        row /= np.sum(row**2)
    return np.sum(x * np.arange(8).reshape(4, 2))


def overwritten_root(p):
    x = np.sqrt(np.abs(p - p[0]))  # infinitely steep at 0, and then overwritten
    x[0] = 1.0
    return np.sum(x**2)


def one_number(p):
    x = np.zeros(3)
    x[1] = p[0] * p[1]
    s = x[1]
    x[1] = 0.0
    return s**2 + np.sum(x)


def last_axis(p):
    x = np.zeros((2, 2, 2))
    x[..., 0] = p.reshape(2, 2)
    x[:, None, 0, 1] += p[0]
    return np.sum(x**2 * np.arange(8).reshape(2, 2, 2))


def augmented_all(p):
    x, y = p * 1.0, p[::-1] * 1.0
    x += y
    y *= x
    x /= 1 + y**2
    x **= 2
    x -= p
    return np.sum(x * y)


def copied_before(p):
    x = p * 1.0
    y = x.copy()
    x[0] = 5.0
    return np.sum(x * y)


def complex_entries(p):
    z = np.zeros(4, dtype=complex)
    z[:2] = p[:2] + 1j * p[2:]
    z[2] = z[0] * z[1]
    z.real[3] = 0.5
    return np.sum(np.abs(z) ** 2)


PROGRAMS = [
    f for f in list(globals().values()) if getattr(f, "__code__", None) and f.__code__.co_varnames[:1] == ("p",)
]


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_assignment_has_numpys_meaning_and_the_right_gradient(f):
    agrees(f)


def test_there_are_programs():
    assert len(PROGRAMS) >= 24


BOARD = np.zeros(3)


def writes_to_the_module(p):
    BOARD[1] = 7.0
    x = BOARD * 1.0
    x[0] = p[0]
    return np.sum(x**2)


def test_what_a_function_writes_into_a_captured_array_reaches_it():
    BOARD[:] = 0.0
    assert gw.grad(writes_to_the_module)(P)[0] == pytest.approx(2 * P[0])
    np.testing.assert_array_equal(BOARD, [0.0, 7.0, 0.0])


def test_a_buffer_is_one_piece_of_memory_forward_and_back(monkeypatch):
    places, begun = set(), []
    real = assigning.Growing.of
    monkeypatch.setattr(assigning.Growing, "of", lambda g, mask: begun.append(type(g)) or real(g, mask))

    def f(p):
        x = np.zeros(500)
        x[0] = p
        for i in range(1, 500):
            x[i] = 0.99 * x[i - 1] + p
            if i > 1:
                places.add(x.value.__array_interface__["data"][0])
        return x[-1]

    gw.grad(f)(0.5)
    assert len(places) == 1
    assert len(begun) == 1


def test_a_loop_of_assignments_keeps_little():
    import tracemalloc

    def peak(n):
        def f(p):
            x = np.zeros(n)
            x[0] = p
            for i in range(1, n):
                x[i] = 0.99 * x[i - 1] + p
            return x[-1]

        gc.collect()
        tracemalloc.start()
        gw.grad(f)(0.5)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(4000) < 2.5 * peak(2000)


def test_what_was_returned_shares_memory_with_nothing():
    def f(p):
        x = p * 1.0
        x[0] = 2.0
        return x

    out, pullback = gw.vjp(f, P)
    upstream = np.ones(4)
    (g,) = pullback(upstream)
    assert not np.shares_memory(g, upstream)
    np.testing.assert_array_equal(upstream, 1.0)
    np.testing.assert_array_equal(pullback(upstream)[0], g)
    out[1] = 9.0
    np.testing.assert_array_equal(pullback(upstream)[0], [0, 1, 1, 1])


WRONG = [
    ("x[5] = p[0]", IndexError),
    ("x[[True, False]] = p[0]", IndexError),
    ("x[:2] = p[:3]", ValueError),
    ("x += np.ones((2, 4))", (ValueError, TypeError)),
    ("x[np.array([0.5])] = p[0]", IndexError),
    ("np.add(x, x, out=y)", (ValueError, TypeError)),
]


@pytest.mark.parametrize(("line", "error"), WRONG, ids=[line for line, _ in WRONG])
def test_what_numpy_refuses_is_refused_and_nothing_is_half_done(line, error):
    kept = []

    def f(p):
        x, y = p * 1.0, p[:2] * 1.0
        kept.append((x, x.numpy()))
        exec(line, {"x": x, "y": y, "p": p, "np": np})
        return np.sum(x)

    with pytest.raises(error) as told:
        gw.grad(f)(P)
    assert isinstance(told.value, GatewiseError)
    [(x, before)] = kept
    np.testing.assert_array_equal(x.value, before)


def test_a_mask_and_a_view_of_the_same_array_are_refused():
    def f(p):
        x = p * 1.0
        x[x > 0.5] = x[::-1][:3]
        return np.sum(x)

    with pytest.raises(GatewiseError, match="view of itself"):
        gw.grad(f)(P)


def test_no_grad_puts_in_constants_and_keeps_the_rest():
    def f(p):
        x = p * 2.0
        with gw.no_grad():
            x[0] = p[1] * 10
        return np.sum(x)

    np.testing.assert_array_equal(gw.grad(f)(P), [0, 2, 2, 2])


def test_a_parameter_is_not_written_into_by_the_way():
    w = gw.tensor(P)
    with pytest.raises(GatewiseError):
        w[0] = 1.0
    with pytest.raises(GatewiseError):
        w += 1.0


def test_backward_goes_through_assignments():
    w = gw.tensor(P)
    x = w * 1.0
    x[1] = x[0] * 3
    x[2:] *= x[:2]
    np.sum(x**2).backward()

    def f(p):
        x = p * 1.0
        x[1] = x[0] * 3
        x[2:] *= x[:2]
        return np.sum(x**2)

    np.testing.assert_allclose(w.grad, slopes(f, P), rtol=1e-7)


def test_math_and_lists():
    def f(p):
        c, s = math.cos(p[0]), math.sin(p[0])
        turn = np.array([[c, -s], [s, c]])
        far = math.hypot(p[1], p[2]) + math.dist(p[:2], [0.0, 1.0]) + math.fsum([p[0], p[1]]) + math.floor(p[3])
        return np.sum(turn @ np.asarray([p[1], 2.0])) * np.max([p[2], p[3]]) + far

    agrees(f)


def safe_ratio(p, q):
    return np.sum(np.divide(p, q, out=np.zeros_like(p), where=q > 0) ** 2)


def safe_log(p, q):
    into = np.full_like(p, 2.0)
    np.log(q, out=into, where=q > 0)
    np.multiply(into, p, out=into, where=p > 0.6)
    return np.sum(into**2)


EDGES = np.array([[0, 1], [1, 2], [2, 0], [0, 1]])


def laplacian(p, q, edges=EDGES):
    L = np.zeros((3, 3))
    np.add.at(L, (edges[:, 0], edges[:, 0]), q)
    np.subtract.at(L, (edges[:, 0], edges[:, 1]), q * p)
    return np.sum(L**2)


def test_places_that_were_given_as_arguments():
    p, q, edges = np.array([0.5, 0.7, 1.3]), np.array([2.0, 0.4, 1.5]), np.array([[0, 1], [1, 2], [0, 1]])
    found = gw.grad(laplacian, (0, 1))(p, q, edges)
    fixed = gw.grad(lambda p, q: laplacian(p, q, edges), (0, 1))(p, q)
    np.testing.assert_array_equal(found, fixed)


@pytest.mark.parametrize("f", [safe_ratio, safe_log, laplacian])
def test_ufuncs_where_some_entries_are_asked_for_and_at_pairs_of_places(f):
    p, q = np.array([0.5, 0.7, 1.3, 0.9]), np.array([2.0, 0.0, 1.5, -0.7])
    found = gw.value_and_grad(f, (0, 1))(p, q)
    assert found[0] == f(p, q)
    for k, g in enumerate(found[1]):
        for i in range(4):
            if (k, i) == (1, 1) and f is not laplacian:
                assert g[i] == 0  # nobody asked for this entry
                continue
            ends = []
            for h in (1e-6, -1e-6):
                moved = [p.copy(), q.copy()]
                moved[k][i] += h
                ends.append(f(*moved))
            assert abs(g[i] - (ends[0] - ends[1]) / 2e-6) < 1e-7


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8, np.array, lambda i: (np.int64(i),), lambda i: [i]])
def test_an_entry_that_is_read_and_written_by_a_whole_number_of_any_type(kind):
    def chained(x):
        r = x.copy()
        for i, j in ((0, 1), (1, 0), (0, 1)):
            r[kind(i)] += r[kind(j)] ** 2
        return np.sum(r)

    x = np.array([0.5, 0.7])
    slope = np.array([(chained(x + e) - chained(x - e)) / 2e-5 for e in 1e-5 * np.eye(2)])
    np.testing.assert_allclose(gw.grad(chained)(x), slope, rtol=1e-8)


def test_whole_numbers_of_a_table_that_was_given():
    def played(ratings, games):
        r = ratings.copy()
        for winner, loser in games:
            r[winner] += r[loser] ** 2
        return np.sum(r)

    x, games = np.array([0.5, 0.7]), np.array([[0, 1], [1, 0]])
    slope = np.array([(played(x + e, games) - played(x - e, games)) / 2e-5 for e in 1e-5 * np.eye(2)])
    np.testing.assert_allclose(gw.grad(played)(x, games), slope, rtol=1e-8)


def arrays_made(monkeypatch, run):
    """How many bytes the arrays have together that NumPy makes for gatewise during a run."""
    made = []

    def counting(function):
        def counted(*args, **kwargs):
            out = function(*args, **kwargs)
            made.append(out.nbytes)
            return out

        return counted

    with monkeypatch.context() as patch:
        for name in ("array", "zeros", "ones", "empty", "full", "zeros_like", "ones_like", "copy", "where"):
            patch.setattr(np, name, counting(getattr(np, name)))
        run()
    return sum(made)


def operations(run):
    """How many functions are called during a run, Python's and C's."""
    count = itertools.count()
    sys.setprofile(lambda frame, event, arg: next(count) if event in ("call", "c_call") else None)
    try:
        run()
    finally:
        sys.setprofile(None)
    return next(count)


zeros = np.zeros  # known by what it is, also while another stands at its name in NumPy


def one_by_one(p, n):
    x = zeros(n)
    x[0] = p
    for i in range(1, n):
        x[i] = 0.999 * x[i - 1] + p
    return x[-1]


def rows_of(p, n):
    x = zeros((n, 4))
    x[0] = p
    for i in range(1, n):
        x[i] = 0.999 * x[i - 1] + p
    return np.sum(x[-1])


def test_single_assignments_into_a_long_buffer_are_linear_in_memory(monkeypatch):
    n = 100_000
    bytes_made = arrays_made(monkeypatch, lambda: gw.grad(one_by_one)(0.5, n))
    assert bytes_made < 100 * n  # one copy of the buffer an assignment would be 80 GB


@pytest.mark.parametrize(("f", "p"), [(one_by_one, 0.5), (rows_of, P)], ids=["entries", "rows"])
def test_assignments_are_linear_in_operations_and_bytes(f, p, monkeypatch):
    gw.grad(f)(p, 10)
    few, many = (operations(lambda n=n: gw.grad(f)(p, n)) for n in (1000, 3000))
    assert many < 3.05 * few
    few, many = (arrays_made(monkeypatch, lambda n=n: gw.grad(f)(p, n)) for n in (1000, 3000))
    assert many < 3.05 * few


def test_a_change_of_one_row_leaves_the_views_of_others_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    made_anew = []
    refresh = assigning_of_tensors.refresh
    monkeypatch.setattr(assigning_of_tensors, "refresh", lambda view: (made_anew.append(view), refresh(view)))

    def f(p):
        rows = np.zeros((200, 4))
        views = [rows[i] for i in range(200)]
        for i, view in enumerate(views):
            view[:] = p * i
        return np.sum(rows) + np.sum(views[7])

    np.testing.assert_allclose(gw.grad(f)(P), np.full(4, sum(range(200)) + 7.0))
    assert len(made_anew) == 200


def test_what_is_taken_lies_in_memory_as_numpy_lays_it():
    """np.take of turned axes gives rows in order, so that a reshape of it is a view, which shows what is written."""

    def f(x):
        taken = np.take(x.swapaxes(0, -1), [0, -1], axis=-1)
        row = taken.reshape(-1)
        taken[0] = 0.5
        return np.sum(row * np.arange(18.0))

    x = np.arange(18.0).reshape(2, 3, 3)
    assert gw.value_and_grad(f)(x)[0] == f(x.copy())
