"""The forward sweep: it agrees with the way back, in every composition, and where steps are unusual."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError, GatewiseError

X = np.array([0.7, -0.4, 1.3])
V = np.array([0.5, 1.0, -0.8])
A = np.array([[2.0, 0.3, -0.1], [0.4, 1.5, 0.2], [0.1, -0.3, 1.8]])

# ------------------------------------------------------------------------------------------- functions of three numbers


def smooth(x):
    return np.sum(np.sin(x) * x[::-1]) + np.prod(x) / (1 + x @ x)


def switches(x):
    y = np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)) ** 3, np.exp(x) * x[0])
    return np.max(y) * np.sum(np.maximum(x, x[::-1] ** 2)) + np.sum(np.abs(y * x))


def written_into(x):
    out = np.zeros(4)
    out[0] = x[0] * x[1]
    for k in range(3):
        out[k + 1] = np.sin(out[k]) + x[k]
    out[1:3] *= x[:2]
    return np.sum(out**2 * out[::-1])


def by_matrices(x):
    B = A + np.outer(x, x)
    return np.sum(np.linalg.solve(B, x) * x) + np.linalg.slogdet(B)[1] + np.sum(np.linalg.inv(B) @ x)


def mixed_lanes(x):
    shares = gw.softmax(x * x)
    first, second = np.split(np.cumprod(np.concatenate([x, shares])), 2)
    return np.sum(np.sort(first) * second[::-1]) + np.log(np.sum(np.exp(x)))


def of_floats(x):
    a, b, c = x[0], x[1], x[2]
    return max(a, b) * np.tanh(a * b) + c**3 / (2.0 + np.cos(a)) + np.hypot(b, c) ** 3


FUNCTIONS = [smooth, switches, written_into, by_matrices, mixed_lanes, of_floats]


# ------------------------------------------------------------------------------------------------------- compositions


def by_grad(f):
    return lambda x: np.sum(gw.grad(f)(x) * V)


def by_vjp(f):
    return lambda x: np.sum(gw.vjp(f, x)[1](1.0)[0] * V)


def by_jvp(f):
    return lambda x: gw.jvp(f, (x,), (V,))[1]


def by_jacobian(f):
    return lambda x: np.sum(gw.jacobian(lambda x: f(x) * np.array([1.0, 2.0]))(x)[1] * V) / 2


def by_linearize(f):
    return lambda x: gw.linearize(f, x)[1](V)


def by_hessian(f):
    return lambda x: V @ gw.hessian(f)(x) @ V


def by_hvp(f):
    return lambda x: np.sum(gw.hvp(f, (x,), (V,)) * V)


#: By name, what gives the derivative along V, and how many times.
WAYS = {by_grad: 1, by_vjp: 1, by_jvp: 1, by_jacobian: 1, by_linearize: 1, by_hessian: 2, by_hvp: 2}


def slope(f, x):
    """The derivative along V by differences, extrapolated."""
    steps = (4e-3, 2e-3, 1e-3)
    slopes = [(f(x + h * V) - f(x - h * V)) / (2 * h) for h in steps]
    for order in (4, 16):
        slopes = [(order * b - a) / (order - 1) for a, b in itertools.pairwise(slopes)]
    return slopes[0]


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_every_composition_of_two_and_three_transforms(f, counted):
    """Differences of one order less say what the first of each order gives; all others give the same."""
    want, tried = {1: slope(f, X)}, 0
    for order in (2, 3):
        lower = f
        for _ in range(order - 1):
            lower = by_grad(lower)
        want[order] = slope(lower, X)
    exact = {order: float(of_order(f, order)(X)) for order in want}
    for order, value in exact.items():
        assert value == pytest.approx(want[order], rel=1e-6, abs=1e-6)
    for ways in itertools.chain(itertools.product(WAYS, repeat=2), itertools.product(WAYS, repeat=3)):
        order = sum(WAYS[way] for way in ways)
        if order > 3:
            continue
        composed = f
        for way in ways:
            composed = way(composed)
        names = " of ".join(way.__name__ for way in ways[::-1])
        assert float(composed(X)) == pytest.approx(exact[order], rel=1e-10, abs=1e-10), names
        tried += 1
    counted("forward", compositions=tried)


def of_order(f, order):
    for _ in range(order):
        f = by_grad(f)
    return f


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)
def test_columns_and_rows_are_the_same_jacobian(f):
    def several(x):
        return np.stack([f(x * k) for k in (1.0, 0.9, 1.1)])

    columns = gw.jacobian(several)(X)
    rows = np.stack([gw.vjp(several, X)[1](unit)[0] for unit in np.eye(3)])
    np.testing.assert_allclose(columns, rows, rtol=1e-12, atol=1e-12)
    second = gw.hessian(f)(X)
    np.testing.assert_allclose(second, second.T, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(second, gw.jacobian(by_rows(f))(X), rtol=1e-10, atol=1e-10)


def by_rows(f):
    return lambda x: gw.vjp(f, x)[1](1.0)[0]


# ------------------------------------------------------------------------------------------------- what does not move


def test_entries_that_do_not_move_stay_still_behind_infinite_slopes():
    def f(x):
        out = np.zeros(3)
        out[1] = x
        return np.sqrt(out) + np.sqrt(np.stack([0.0, x, 0.0])) + np.sqrt(np.where([False, True, False], x, 0.0))

    assert gw.jvp(f, (4.0,), (1.0,))[1].tolist() == [0.0, 0.75, 0.0]
    assert gw.jacobian(f)(4.0).tolist() == [0.0, 0.75, 0.0]
    assert gw.jvp(lambda x: np.sqrt(np.maximum(x, 0.0)), (-1.0,), (1.0,))[1] == 0.0
    assert gw.jvp(gw.grad(lambda x: np.sqrt(np.maximum(x, 0.0)) + x**2), (-1.0,), (1.0,))[1] == 2.0


def test_a_value_taken_before_it_was_written_over_moves_as_it_did():
    def f(x):
        y = x * 2.0
        before = y * y
        view = y[1:]
        y[1] = x[0] ** 3
        view[1] += before[2]
        return y * before

    tangent = gw.jvp(f, (X,), (V,))[1]
    np.testing.assert_allclose(tangent, (f(X + 1e-6 * V) - f(X - 1e-6 * V)) / 2e-6, rtol=1e-8)


def test_a_loop_of_assignments_changes_one_array(monkeypatch):
    from gatewise._forward import writing

    made = []
    real = writing.of_its_own
    monkeypatch.setattr(writing, "of_its_own", lambda *args: made.append(1) or real(*args))

    def loop(x):
        out = np.zeros(2000)
        for k in range(1, 2000):
            out[k] = out[k - 1] + x * k
        return out

    along = gw.jvp(loop, (2.0,), (1.0,))[1]
    np.testing.assert_array_equal(along, np.cumsum(np.arange(2000.0)))
    assert len(made) == 1


def test_a_tangent_of_an_outer_derivative_is_written_into_a_buffer():
    def f(t):
        def fill(x):
            out = np.zeros(3)
            out[0] = x
            out[1] = out[0] * x
            return out

        return np.sum(gw.jvp(fill, (3.0,), (t,))[1] ** 2)  # t**2 + (6 t)**2

    assert gw.grad(f)(2.0) == 2 * 2.0 * 37
    assert gw.jvp(f, (2.0,), (1.0,))[1] == 2 * 2.0 * 37


def test_a_version_that_is_an_output_stays_as_it_was():
    def f(x):
        out = x * 1.0
        out[0] = x[1] ** 2
        before = out * 1.0
        first = out
        out[1] = 5.0
        return first, before, out[1:]

    (_, (first, before, rest)) = gw.jvp(f, (X,), (V,))
    np.testing.assert_allclose(before, [2 * X[1] * V[1], V[1], V[2]])
    np.testing.assert_allclose(first, [2 * X[1] * V[1], 0.0, V[2]])
    np.testing.assert_allclose(rest, [0.0, V[2]])


def test_stopped_detached_and_whole_numbers_do_not_move():
    def f(x):
        with gw.no_grad():
            fixed = x * 3.0
        return x * fixed, gw.stop_gradient(x) * x, np.argmax(x), np.round(x) + x, x.detach()

    _, (one, two, three, four, five) = gw.jvp(f, (X,), (V,))
    np.testing.assert_allclose(one, 3 * X * V)
    np.testing.assert_allclose(two, X * V)
    assert three == 0.0
    np.testing.assert_allclose(four, V)
    assert not five.any()


def test_an_argument_that_the_output_does_not_need_moves_nothing():
    out, tangent = gw.jvp(lambda x, y: {"x": x * x, "fixed": 2.5}, (3.0, X), (1.0, V))
    assert (out, tangent) == ({"x": 9.0, "fixed": 2.5}, {"x": 6.0, "fixed": 0.0})


def test_the_same_output_twice_and_an_input_as_output():
    out, (first, again, given) = gw.jvp(lambda x: (y := x * x, y, x), (X,), (V,))
    np.testing.assert_array_equal(first, 2 * X * V)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(given, V)
    assert not any(np.may_share_memory(a, b) for a, b in itertools.combinations([first, again, given, V, *out], 2))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_tangent_has_the_dtype_of_its_output(dtype):
    x = X.astype(dtype)
    for f in (lambda x: x * 2.5, lambda x: x * np.ones(3), np.sum, lambda x: x.astype(np.float64), np.tanh):
        out, tangent = gw.jvp(f, (x,), (V.astype(dtype),))
        assert (np.shape(tangent), np.asarray(tangent).dtype) == (np.shape(out), np.asarray(out).dtype)


def test_hooks_change_what_moves_as_they_change_the_gradient():
    def f(x):
        y = x * x
        y.register_hook(lambda g: 3.0 * g)
        return np.sum(np.sin(y))

    tangent = gw.jvp(f, (X,), (V,))[1]
    assert tangent == pytest.approx(gw.grad(f)(X) @ V, rel=1e-14)
    assert gw.hvp(f, (X,), (V,)) == pytest.approx(gw.vjp(gw.grad(f), X)[1](V)[0], rel=1e-12)


# ------------------------------------------------------------------------------------------------- one run, many sweeps


def test_a_linearization_runs_the_function_once_and_holds_when_it_is_over():
    ran = []

    def f(x, y):
        ran.append(1)
        return np.sin(x) * y, {"sum": np.sum(x * x)}

    out, along = gw.linearize(f, X, 2.0)
    for k in range(3):
        one, other = along(k * V, 1.0 - k)
        np.testing.assert_allclose(one, 2 * np.cos(X) * k * V + np.sin(X) * (1.0 - k), rtol=1e-14)
        assert other["sum"] == pytest.approx(2 * k * X @ V)
    assert len(ran) == 1
    np.testing.assert_array_equal(out[0], np.sin(X) * 2.0)


def test_a_linearization_inside_a_derivative_is_differentiated():
    def f(x):
        _, along = gw.linearize(lambda y: y**3 * x, x)
        return along(x) + along(1.0)  # 3 x**3 (x + 1)

    assert gw.grad(f)(2.0) == pytest.approx(12 * 8.0 + 9 * 4.0)
    assert gw.jvp(f, (2.0,), (1.0,))[1] == pytest.approx(12 * 8.0 + 9 * 4.0)


def test_threads_share_a_linearization():
    _, along = gw.linearize(by_matrices, X)
    rows = np.random.default_rng(0).normal(size=(40, 3))
    want = [along(row) for row in rows]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(along, rows)) == want
        assert list(threads.map(lambda row: gw.jvp(by_matrices, (X,), (row,))[1], rows)) == want


def test_many_columns_are_moved_in_pieces_where_there_is_no_room(monkeypatch):
    from gatewise import _transposes

    want = gw.jacobian(lambda x: np.outer(x, x))(X)
    monkeypatch.setattr(_transposes, "ENTRIES", 20)
    np.testing.assert_array_equal(gw.jacobian(lambda x: np.outer(x, x))(X), want)
    p = {"a": 1.5, "b": X, "c": A}
    f = lambda p: np.sin(p["a"] * p["b"] @ p["c"])  # noqa: E731
    one = gw.jacobian(f)(p)
    monkeypatch.setattr(_transposes, "ENTRIES", 1 << 22)
    for name, whole in gw.jacobian(f)(p).items():
        np.testing.assert_allclose(one[name], whole, rtol=1e-14)


# ----------------------------------------------------------------------------------------------------- JAX's signatures


def test_aux_comes_last_from_every_transform():
    def f(x):
        return np.sum(x**3), {"seen": x * 2, "word": "kept"}

    assert gw.jvp(f, (X,), (V,), has_aux=True)[2]["word"] == "kept"
    out, pullback, aux = gw.vjp(f, X, has_aux=True)
    np.testing.assert_allclose(pullback(1.0)[0], 3 * X**2)
    assert type(aux["seen"]) is np.ndarray
    out, along, aux = gw.linearize(f, X, has_aux=True)
    assert (out, along(V)) == (pytest.approx(np.sum(X**3)), pytest.approx(3 * X**2 @ V))
    jacobian, aux = gw.jacobian(f, has_aux=True)(X)
    np.testing.assert_allclose(jacobian, 3 * X**2)
    second, aux = gw.hessian(f, has_aux=True)(X)
    np.testing.assert_allclose(second, np.diag(6 * X))
    np.testing.assert_array_equal(aux["seen"], X * 2)
    assert gw.grad(f, has_aux=True)(X)[1]["word"] == "kept"


@pytest.mark.parametrize("transform", [gw.grad, gw.value_and_grad, gw.jacobian, gw.hessian])
def test_options_of_jax_that_change_the_meaning_are_refused(transform):
    with pytest.raises(ArgumentError, match="holomorphic"):
        transform(smooth, holomorphic=True)
    with pytest.raises(ArgumentError, match="allow_int"):
        transform(smooth, allow_int=True)


def test_a_jacobian_by_real_numbers_of_complex_ones_and_not_by_complex_ones():
    f = lambda x: np.exp(1j * x)  # noqa: E731
    np.testing.assert_allclose(gw.jacobian(f)(X), np.diag(1j * np.exp(1j * X)), rtol=1e-14)
    with pytest.raises(ArgumentError, match="complex"):
        gw.jacobian(lambda z: z * z)(X + 1j)


def test_argnums_in_jacobians_and_hessians():
    f = lambda a, x, n=2: a * x**n  # noqa: E731
    assert gw.jacobian(f, argnums=-1)(2.0, X).shape == (3, 3)
    by_x, by_a = gw.jacobian(f, argnums=[1, 0])(2.0, X, n=3)
    np.testing.assert_allclose(by_x, np.diag(6 * X**2))
    np.testing.assert_allclose(by_a, X**3)
    (aa, ax), (xa, xx) = gw.hessian(lambda a, x: np.sum(f(a, x)), argnums=(0, 1))(2.0, X)
    assert (aa.shape, ax.shape, xa.shape, xx.shape) == ((), (3,), (3,), (3, 3))
    np.testing.assert_allclose(ax, 2 * X)
    np.testing.assert_allclose(xa, 2 * X)
    with pytest.raises(ArgumentError, match="argnums"):
        gw.jacobian(f, argnums=3)(2.0, X)


def test_empty_arguments_and_outputs():
    assert gw.jacobian(lambda x: x * 2)(np.zeros(0)).shape == (0, 0)
    assert gw.jacobian(lambda x: x[:0])(X).shape == (0, 3)
    assert gw.jacobian(lambda x: np.ones(2))(X).tolist() == np.zeros((2, 3)).tolist()
    assert gw.hessian(lambda x: np.sum(x**2))(np.zeros(0)).shape == (0, 0)


# -------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("tangents", "word"),
    [((V, V), "structure"), ((np.ones(2),), "shape"), ((None,), "None"), (({"a": V},), "structure")],
)
def test_tangents_that_do_not_fit_are_refused(tangents, word):
    with pytest.raises(GatewiseError, match=word):
        gw.jvp(smooth, (X,), tangents)
    with pytest.raises(GatewiseError, match=word):
        gw.linearize(smooth, X)[1](*tangents)


def test_a_value_kept_from_a_derivative_that_is_over_is_loud_forward_too():
    kept = []
    gw.grad(lambda x: kept.append(x * x) or x * x)(3.0)
    with pytest.raises(GatewiseError):
        gw.jvp(lambda y: y * kept[0], (2.0,), (1.0,))


def test_what_does_not_move_stays_still_where_it_is_written_into_an_array():
    """The mask of a tangent goes into the array with it: sqrt is infinitely steep at 0."""

    def f(x):
        out = np.ones(4)
        out[1:] = np.where(x > 0, x, 0.0)
        out[0] = np.sum(out[2:])
        return np.sqrt(out)

    x = np.array([0.0, 1.0, 4.0])
    moved = gw.jvp(f, (x,), (np.ones(3),))[1]
    np.testing.assert_allclose(moved, [2 / (2 * np.sqrt(5)), 0.0, 0.5, 0.25], rtol=1e-15)
