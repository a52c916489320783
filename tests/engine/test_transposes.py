"""Jacobians, Hessians and linear approximations against differences, and against each other."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw

X = np.array([0.5, -1.5, 2.0])
M = np.arange(6.0).reshape(2, 3) / 5


def f(x):
    return np.outer(x, x)[:2] * np.sin(x)


def total(x):
    return np.sum(x**3) * x[0] + np.prod(x)


def differences(g, x, h=1e-6):
    rows = []
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        rows.append((g(up) - g(down)) / (2 * h))
    return np.moveaxis(np.array(rows).reshape(*x.shape, *np.shape(rows[0])), range(x.ndim), range(-x.ndim, 0))


def test_jacobian():
    np.testing.assert_allclose(gw.jacobian(f)(X), differences(f, X), rtol=1e-7, atol=1e-8)
    assert gw.jacobian(f)(X).shape == (2, 3, 3)
    assert gw.jacobian(total)(X).tolist() == gw.grad(total)(X).tolist()
    np.testing.assert_allclose(gw.jacobian(lambda A: A @ X)(M), differences(lambda A: A @ X, M), atol=1e-8)


def test_columns_are_pushed_at_once_over_one_run(monkeypatch):
    from gatewise._derivatives import running

    pushed, ran = [], []
    real = running.push
    monkeypatch.setattr(running, "push", lambda *args, **options: pushed.append(1) or real(*args, **options))

    def tall(x):
        ran.append(1)
        return np.outer(np.arange(50.0), x) ** 2

    wanted = differences(tall, X)
    ran.clear()
    np.testing.assert_allclose(gw.jacobian(tall)(X), wanted, rtol=1e-6, atol=1e-4)
    assert (len(pushed), len(ran)) == (1, 1)
    assert gw.jacobian(lambda t: np.arange(9.0) * t)(2.0).tolist() == np.arange(9.0).tolist()
    assert len(pushed) == 2
    gw.jacobian(np.sum)(np.ones(50))  # one row, backward
    assert len(pushed) == 2


def test_several_arguments_and_numbers():
    def g(a, x, n=2):
        return a * x**n

    by_a, by_x = gw.jacobian(g, argnums=(0, 1))(3.0, X, n=3)
    np.testing.assert_allclose(by_a, X**3)
    np.testing.assert_allclose(by_x, np.diag(9 * X**2))


def test_hessian_is_symmetric_and_right():
    found = gw.hessian(total)(X)
    np.testing.assert_allclose(found, found.T, rtol=1e-12)
    np.testing.assert_allclose(found, differences(gw.grad(total), X), rtol=1e-6, atol=1e-6)
    (aa, ab), (ba, bb) = gw.hessian(lambda a, b: np.sum(a**2 * b), argnums=(0, 1))(X, X)
    np.testing.assert_allclose(aa, np.diag(2 * X))
    np.testing.assert_allclose(ab, np.diag(2 * X))
    np.testing.assert_allclose(ba, ab.T)
    assert not bb.any()


def test_hvp_is_the_hessian_times_a_vector():
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(gw.hvp(total, (X,), (v,)), gw.hessian(total)(X) @ v, rtol=1e-12)
    one, other = gw.hvp(lambda a, b: a * a * b, (3.0, 4.0), (1.0, 0.5))
    assert (one, other) == (2 * 4.0 + 2 * 3.0 * 0.5, 2 * 3.0)


def test_any_composition_to_any_order():
    third = gw.jacobian(gw.hessian(total))(X)
    np.testing.assert_allclose(third, np.transpose(third, (2, 0, 1)), rtol=1e-10)
    along = gw.grad(lambda x: np.sum(gw.jacobian(f)(x) ** 2))(X)
    np.testing.assert_allclose(along, differences(lambda x: np.sum(gw.jacobian(f)(x) ** 2), X), rtol=1e-6, atol=1e-6)


def test_linearize_and_entries():
    out, moved = gw.linearize(f, X)
    np.testing.assert_array_equal(out, f(X))
    np.testing.assert_allclose(moved(X), gw.jacobian(f)(X) @ X, rtol=1e-12)
    np.testing.assert_allclose(gw.elementwise_grad(np.tanh)(X), 1 - np.tanh(X) ** 2, rtol=1e-12)


def test_stop_gradient_in_structures():
    def g(x):
        held = gw.stop_gradient({"a": x, "b": [x * 2, "word"]})
        return held["a"] * x + held["b"][0]

    assert gw.grad(g)(3.0) == 3.0
    assert gw.stop_gradient(2.5) == 2.5


def test_a_jacobian_has_the_structure_of_the_output_holding_that_of_the_argument():
    def g(p, x):
        return {"y": p["a"] * x, "z": [np.sum(p["b"] @ x), 7.0]}

    p = {"a": 2.0, "b": M}
    found = gw.jacobian(g)(p, X)
    assert list(found) == ["y", "z"]
    np.testing.assert_allclose(found["y"]["a"], X)
    assert found["y"]["b"].shape == (3, 2, 3)
    assert not found["y"]["b"].any()
    np.testing.assert_allclose(found["z"][0]["b"], np.tile(X, (2, 1)))
    assert found["z"][0]["a"] == 0.0
    assert found["z"][1]["b"].shape == (2, 3)
    both = gw.jacobian(g, argnums=(0, 1))(p, X)
    np.testing.assert_allclose(both["y"][1], 2 * np.eye(3))
    np.testing.assert_allclose(both["z"][0][0]["b"], found["z"][0]["b"])
    second = gw.hessian(lambda p: np.sum(p["a"] ** 2 * p["b"]))({"a": 3.0, "b": X})
    assert second["a"]["a"] == pytest.approx(2 * X.sum())
    np.testing.assert_allclose(second["a"]["b"], np.full(3, 6.0))
    np.testing.assert_allclose(second["b"]["a"], np.full(3, 6.0))
    assert not second["b"]["b"].any()


def test_whole_numbers_that_nobody_differentiates_stay_whole():
    def walk(x, T):
        out = np.zeros(T)
        for t in range(T - 1):
            out[t + 1] = out[t] + x[t % 3]
        return np.sum(out)

    np.testing.assert_allclose(gw.grad(walk)(X, 6), differences(lambda x: walk(x, 6), X), rtol=1e-6)
