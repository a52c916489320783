"""Derivatives inside derivatives: each sees its own input only, to three levels, in any mix, in any thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import KeptError, NoGradientError, ReadingError


def cube(x):
    return x * x * x


# ------------------------------------------------------------------------------------ published perturbation confusion


def test_an_inner_derivative_closes_over_the_outer_variable():
    """Siskind and Pearlmutter 2005: d/dx (x * d/dy (x + y)) at x = 1, y = 1 is 1, not 2."""
    assert gw.grad(lambda x: x * gw.grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_the_inner_function_multiplies_the_outer_variable():
    """d/dx (x * d/dy (x * y)) = d/dx (x * x) = 2 x."""
    assert gw.grad(lambda x: x * gw.grad(lambda y: x * y)(2.0))(3.0) == 6.0


def test_the_outer_tensor_is_the_inner_input():
    """d/dx (x * d/dy (x * y**2) at y = x) = d/dx (2 x**3) = 6 x**2."""
    assert gw.grad(lambda x: x * gw.grad(lambda y: x * y**2)(x))(3.0) == 54.0


def test_the_same_with_jvp_inside():
    def inner(x):
        return x * gw.jvp(lambda y: x + y, (1.0,), (1.0,))[1]

    assert gw.grad(inner)(1.0) == 1.0
    assert gw.jvp(inner, (1.0,), (1.0,)) == (1.0, 1.0)


def test_three_levels_that_each_close_over_the_others():
    """d/dx (x * d/dy (y * d/dz (x y**2 z**3))): 3 x y**2 z**2, then 9 x y**2 z**2, then 18 x y**2 z**2."""

    def outermost(x):
        def middle(y):
            return y * gw.grad(lambda z: x * y**2 * z**3)(2.0)

        return x * gw.grad(middle)(3.0)

    assert gw.grad(outermost)(5.0) == 2 * 5 * 9 * 9 * 4


def test_three_levels_of_the_same_tensor():
    """d/dy (y * d/dz (x y z**3) at z = y) = d/dy (3 x y**4) = 12 x y**3; at y = x, 12 x**4, whose slope is 48 x**3."""

    def third(x):
        def second(y):
            return y * gw.grad(lambda z: x * y * z**3)(y)  # y * 3 x y y**2

        return gw.grad(second)(x)  # 12 x y**3 at y = x: 12 x**4

    assert gw.grad(third)(2.0) == 48 * 8


def test_higher_derivatives_of_a_power():
    def f(x):
        return x**5

    expected = [5 * 16, 20 * 8, 60 * 4, 120 * 2, 120]
    for order, value in enumerate(expected, start=1):
        f = gw.grad(f)
        assert f(2.0) == pytest.approx(value, rel=1e-14), order


def test_a_derivative_of_a_function_that_returns_its_outer_variable_is_zero():
    assert gw.grad(lambda x: gw.grad(lambda y: x)(2.0))(3.0) == 0.0
    assert gw.grad(lambda x: x * gw.grad(lambda y: x * 1.0)(x))(3.0) == 0.0


def test_a_curried_derivative_is_called_at_two_places():
    """Manzyuk et al. 2019: the derivative of a function that returns a function keeps its two uses apart."""

    def shifted(offset):
        return lambda f: lambda x: f(x + offset)

    moves = []

    def at(offset):
        moves.append(shifted(offset))
        return moves[-1](cube)(1.0)

    assert gw.grad(at)(0.0) == 3.0
    escaped = moves[-1]  # still holds the Tensor of a derivative that is over
    assert float(escaped(escaped(cube))(1.0)) == 1.0
    with pytest.raises(KeptError):
        gw.grad(lambda y: escaped(escaped(cube))(y))(1.0)


# ---------------------------------------------------------------------------------------------------------- escaping


def escape(x, depth=1):
    """Give the Tensor that stood for x inside a derivative, and one computed from it."""
    kept = []

    def f(inner):
        if depth > 1:
            kept.extend(escape(inner, depth - 1))
        else:
            kept.extend([inner, inner * inner])
        return inner * inner

    gw.grad(f)(x)
    return kept


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_escaped_tensor_is_a_plain_number_outside(depth):
    x, squared = escape(3.0, depth)
    assert float(x) == 3.0
    assert float(squared) == 9.0
    assert np.asarray(squared * x) == 27.0
    with pytest.raises(NoGradientError):
        squared.backward()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_escaped_tensor_is_no_constant_in_a_new_derivative(depth):
    x, squared = escape(3.0, depth)
    for new in (lambda y: y * squared, lambda y: squared, lambda y: gw.grad(lambda z: z * squared)(y)):
        with pytest.raises(KeptError):
            gw.grad(new)(2.0)
        with pytest.raises(KeptError):
            gw.vjp(new, 2.0)[1](1.0)
    assert gw.grad(lambda y: y * squared.detach() * x.item())(2.0) == 27.0
    assert gw.jvp(lambda y: y * squared.numpy(), (2.0,), (1.0,)) == (18.0, 9.0)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_an_escaped_tensor_is_the_argument_of_a_new_derivative(depth):
    x, squared = escape(3.0, depth)
    for escaped, value in ((x, 3.0), (squared, 9.0)):
        assert float(gw.grad(cube)(escaped)) == 3 * value**2
        assert float(gw.grad(gw.grad(cube))(escaped)) == 6 * value
        assert float(gw.vjp(cube, escaped)[1](1.0)[0]) == 3 * value**2
        assert float(gw.jvp(cube, (escaped,), (1.0,))[1]) == 3 * value**2


def test_a_tensor_that_escaped_from_an_inner_derivative_still_belongs_to_the_outer_one():
    def outer(x):
        kept = []
        gw.grad(lambda y: kept.append(x * y) or y * y)(2.0)
        leaked = kept[0]  # x * 2
        first = leaked * 1.0  # 2 x
        second = gw.grad(lambda z: z * z * z)(leaked) * 2 / 3  # 2 * leaked * leaked = 8 x**2
        return first + second

    assert gw.grad(outer)(3.0) == 2.0 + 16 * 3.0


def test_an_inner_input_that_escaped_is_the_argument_of_the_next_inner_derivative():
    def outer(x):
        kept = []
        gw.grad(lambda y: kept.append(y) or y * y)(x)
        return gw.grad(cube)(kept[0])  # 3 x**2

    assert gw.grad(outer)(2.0) == 12.0


def test_a_gradient_inside_no_grad_is_a_plain_number():
    w = gw.tensor(2.0)
    with gw.no_grad():
        assert type(gw.grad(lambda x: x * x * w)(3.0)) is float
        assert gw.grad(lambda x: x * x * w)(3.0) == 12.0


def test_a_pullback_kept_for_later_is_the_same_whatever_is_open_then():
    w = gw.tensor(2.0)
    _, pullback = gw.vjp(lambda x: x * x * w, w)  # x = w: x**2 w
    with gw.no_grad():
        assert float(pullback(1.0)[0]) == 8.0
    assert gw.grad(lambda g: pullback(g * g)[0])(3.0).item() == 2 * 3 * 8.0


# ------------------------------------------------------------------------------------------------------------- mixes


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def hessian_of_rosenbrock(x):
    n = len(x)
    H = np.zeros((n, n))
    for i in range(n - 1):
        H[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        H[i + 1, i + 1] += 200
        H[i, i + 1] = H[i + 1, i] = -400 * x[i]
    return H


X = np.array([0.3, -1.2, 0.7, 2.0])
V = np.array([1.0, -0.5, 2.0, 0.25])


def forward_over_reverse(x, v):
    return gw.jvp(gw.grad(rosenbrock), (x,), (v,))[1]


def reverse_over_reverse(x, v):
    return gw.grad(lambda x: np.sum(gw.grad(rosenbrock)(x) * v))(x)


def reverse_over_forward(x, v):
    return gw.grad(lambda x: gw.jvp(rosenbrock, (x,), (v,))[1])(x)


def vjp_of_grad(x, v):
    return gw.vjp(gw.grad(rosenbrock), x)[1](v)[0]


def backward_through_grad(x, v):
    t = gw.tensor(x)
    gw.grad(rosenbrock)(t).backward(v)
    return t.grad


def jvp_of_vjp(x, v):
    return gw.jvp(lambda x: gw.vjp(rosenbrock, x)[1](1.0)[0], (x,), (v,))[1]


def forward_over_forward_by_columns(x, v):
    columns = np.eye(len(x))
    second = [gw.jvp(lambda x, e=e: gw.jvp(rosenbrock, (x,), (e,))[1], (x,), (v,))[1] for e in columns]
    return np.array(second)


@pytest.mark.parametrize(
    "hvp",
    [
        forward_over_reverse,
        reverse_over_reverse,
        reverse_over_forward,
        vjp_of_grad,
        backward_through_grad,
        jvp_of_vjp,
        forward_over_forward_by_columns,
    ],
)
def test_every_way_to_a_hessian_vector_product_agrees(hvp):
    expected = hessian_of_rosenbrock(X) @ V
    np.testing.assert_allclose(hvp(X, V), expected, rtol=0, atol=1e-12 * np.abs(expected).max())


def test_vjp_of_jvp_gives_the_gradient_along_both_arguments():
    """jvp of x**3 along t is 3 x**2 t: its slopes are 6 x t and 3 x**2."""

    def moved(x, t):
        return gw.jvp(cube, (x,), (t,))[1]

    out, pullback = gw.vjp(moved, 2.0, 5.0)
    assert out == 60.0
    assert pullback(1.0) == (60.0, 12.0)


def test_jvp_of_jvp_of_jvp():
    def third(x):
        return gw.jvp(
            lambda x: gw.jvp(lambda x: gw.jvp(lambda x: x**4, (x,), (1.0,))[1], (x,), (1.0,))[1], (x,), (1.0,)
        )[1]

    assert third(2.0) == pytest.approx(48.0, rel=1e-14)


def test_grad_inside_the_graph_of_backward():
    w = gw.tensor(2.0)
    slope = gw.grad(lambda x: x**2 * w**3)(3.0)  # 2 x w**3
    assert slope.item() == 48.0
    slope.backward()
    assert w.grad == 6 * 3 * 4.0


def test_backward_inside_a_derivative_is_loud():
    """It leaves numbers in .grad: the derivative around it would be lost without a word."""

    def f(x):
        w = gw.tensor(3.0)
        (w * w * x).backward()
        return w.grad * x

    with pytest.raises(ReadingError, match=r"gw\.grad or gw\.vjp inside"):
        gw.grad(f)(2.0)


def test_backward_inside_a_derivative_of_something_else_is_allowed():
    def f(x):
        w = gw.tensor(3.0)
        (w * w).backward()
        return w.grad * x

    assert gw.grad(f)(2.0) == 6.0


def test_the_pullback_is_called_many_times_and_inside_other_derivatives():
    out, pullback = gw.vjp(lambda x, y: x * y, 3.0, 4.0)
    assert out == 12.0
    assert pullback(1.0) == (4.0, 3.0)
    assert pullback(2.0) == (8.0, 6.0)
    assert gw.grad(lambda g: pullback(g)[0] * pullback(g)[1])(5.0) == 2 * 12 * 5.0


def test_a_pullback_made_outside_is_used_at_a_depth_whose_bit_it_shares():
    def outer(x):
        _, pullback = gw.vjp(lambda y: x * y * y, 3.0)  # 2 x y g
        return gw.grad(lambda g: pullback(g * g)[0])(5.0)  # 4 x y g

    assert gw.grad(outer)(2.0) == 4 * 3 * 5.0


def test_the_derivative_of_a_gradient_step():
    """One step of descent on w**2 from w, with step size a: the loss after it moves with a by -4 w**2 (1 - 2 a)."""

    def after_a_step(a, w):
        w = w - a * gw.grad(lambda w: w * w)(w)
        return w * w

    assert gw.grad(after_a_step)(0.25, 3.0) == pytest.approx(-4 * 9 * 0.5, rel=1e-14)
    assert gw.grad(after_a_step, argnums=1)(0.25, 3.0) == pytest.approx(2 * 3 * 0.25, rel=1e-14)


def test_an_argument_that_is_not_differentiated_may_be_differentiated_inside():
    def f(x, y):
        return x * gw.grad(lambda y: y**3)(y)

    assert gw.grad(f)(2.0, 3.0) == 27.0
    assert gw.grad(f, argnums=1)(2.0, 3.0) == 2 * 6 * 3.0


def test_arrays_to_three_levels():
    x = np.array([1.0, 2.0, 3.0])

    def first(x):
        return np.sum(x**4)

    def second(x):
        return np.sum(gw.grad(first)(x) * x)  # 4 sum x**4

    def third(x):
        return np.sum(gw.grad(second)(x) * x)  # 16 sum x**4

    np.testing.assert_allclose(gw.grad(third)(x), 64 * x**3, rtol=1e-14)


# ----------------------------------------------------------------------------------------------------------- threads


def test_each_thread_has_its_own_depth():
    """Threads meet inside derivatives of different depth, so that a depth shared among them would mix their bits."""
    meet = threading.Barrier(4, timeout=20)

    def work(levels):
        def descend(x, left):
            if left == 0:
                meet.wait()
                return x**4
            return gw.grad(lambda y: descend(y, left - 1))(x)

        return descend(2.0, levels)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, [0, 1, 2, 3]))
    assert found == pytest.approx([16.0, 32.0, 48.0, 48.0], rel=1e-14)


def test_a_tensor_from_another_threads_derivative_is_an_argument_here():
    inside, done = threading.Event(), threading.Event()
    held = []

    def other():
        def f(x):
            held.append(x)
            inside.set()
            assert done.wait(20)
            return x * x

        held.append(gw.grad(f)(3.0))

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(20)
    try:
        assert gw.grad(cube)(held[0]).item() == 27.0
        assert gw.grad(lambda y: y * held[0])(2.0).item() == 3.0
    finally:
        done.set()
        thread.join(20)
    assert held[1] == 6.0


def test_an_inner_derivative_in_another_thread_belongs_to_the_outer_one():
    def f(x):
        with ThreadPoolExecutor(1) as pool:
            return x * pool.submit(lambda: gw.grad(lambda y: x * y)(1.0)).result()

    assert gw.grad(f)(3.0) == 6.0


def test_reading_in_another_thread_is_loud():
    def f(x):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: float(x)).result() + x

    with pytest.raises(ReadingError):
        gw.grad(f)(1.0)


def test_no_grad_in_one_thread_does_not_reach_another():
    inside, done = threading.Event(), threading.Event()

    def other():
        with gw.no_grad():
            inside.set()
            assert done.wait(20)

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(20)
    try:
        x = gw.tensor(3.0)
        (x * x).backward()
        assert x.grad == 6.0
        assert gw.grad(cube)(2.0) == 12.0
    finally:
        done.set()
        thread.join(20)


def test_an_error_inside_a_derivative_leaves_the_depth_as_it_was():
    def fails(x):
        raise RuntimeError("the user's own")

    for _ in range(3):
        with pytest.raises(RuntimeError, match="the user's own"):
            gw.grad(lambda x: gw.grad(fails)(x))(1.0)
    assert gw.grad(lambda x: x * gw.grad(lambda y: x + y)(1.0))(1.0) == 1.0
