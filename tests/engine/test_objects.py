"""Dataclasses, named tuples and objects that have `parameters()`, as arguments and as results of derivatives."""

from __future__ import annotations

import threading
from collections import namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError

X = np.array([1.0, -2.0, 0.5])
Pair = namedtuple("Pair", "first second")


@dataclass
class Params:
    """Two numbers, what goes with them, and a rule of its own."""

    a: float
    b: np.ndarray
    name: str = "net"
    table: Any = field(default_factory=lambda: np.arange(3))

    def scaled(self):
        return self.a * self.b


@dataclass(frozen=True, slots=True)
class Frozen:
    w: np.ndarray
    inner: Any = None


def loss(p):
    assert p.name == "net"
    return np.sum(p.scaled() ** 2 * (1 + p.table))


def test_a_gradient_of_a_dataclass_is_one():
    p = Params(2.0, X)
    value, g = gw.value_and_grad(loss)(p)
    assert value == np.sum((2 * X) ** 2 * np.arange(1, 4))
    assert (type(g), g.name, type(g.a)) == (Params, "net", float)
    np.testing.assert_allclose(g.b, 8 * X * np.arange(1, 4))
    assert p.a == 2.0
    assert p.b is X


def test_dataclasses_inside_structures_and_each_other_frozen_with_slots():
    p = {"one": [Frozen(X, Params(3.0, X * 2))], "two": Pair(Frozen(np.ones(3)), 2.0)}

    def f(p):
        one = p["one"][0]
        return np.sum(one.w * one.inner.b) * one.inner.a * p["two"].second + np.sum(p["two"].first.w * X)

    g = gw.grad(f)(p)
    assert type(g["two"]) is Pair
    np.testing.assert_allclose(g["one"][0].w, 12 * X)
    assert g["one"][0].inner.a == pytest.approx(4 * X @ X)
    np.testing.assert_allclose(g["two"].first.w, X)
    assert g["two"].first.inner is None


def test_results_are_dataclasses_too_and_their_tangents_and_upstream_gradients():
    def f(p):
        return Params(p.a**2, p.b * p.a, name="out")

    p = Params(3.0, X)
    out, tangent = gw.jvp(f, (p,), (Params(1.0, np.ones(3)),))
    assert (out.a, out.name, tangent.a) == (9.0, "out", 6.0)
    np.testing.assert_allclose(tangent.b, X + 3.0)
    out, pullback = gw.vjp(f, p)
    (g,) = pullback(Params(1.0, np.ones(3)))
    assert g.a == pytest.approx(6.0 + X.sum())
    np.testing.assert_allclose(g.b, np.full(3, 3.0))
    assert type(out.b) is np.ndarray
    _, along = gw.linearize(f, p)
    np.testing.assert_allclose(along(Params(0.0, X)).b, 3 * X)


def test_jacobians_and_hessians_of_dataclasses():
    p = Params(2.0, X)
    J = gw.jacobian(lambda p: {"y": p.scaled()})(p)
    np.testing.assert_allclose(J["y"].a, X)
    np.testing.assert_allclose(J["y"].b, 2 * np.eye(3))
    H = gw.hessian(loss)(p)
    np.testing.assert_allclose(H.a.b, H.b.a)
    np.testing.assert_allclose(H.b.b, np.diag(8 * np.arange(1.0, 4.0)))


def test_a_dataclass_that_nobody_differentiates_is_handed_on_as_it_is():
    p = Params(2.0, X)
    seen = []
    assert gw.grad(lambda x, p: seen.append(p) or x * p.a)(3.0, p) == 2.0
    assert seen[0] is p


def test_aux_may_be_a_dataclass_or_an_object():
    model = gw.nn.Linear(3, 1)
    _, (aux, same) = gw.grad(lambda x: (x * x, (Params(x * 2, X), model)), has_aux=True)(3.0)
    assert (aux.a, same) == (6.0, model)


# ----------------------------------------------------------------------------------------- objects with parameters()


def net():
    gw.nn.manual_seed(0)
    return gw.nn.Sequential(gw.nn.Linear(3, 4), gw.nn.Tanh(), gw.nn.Linear(4, 1))


ROWS = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)


def mean_square(model):
    return np.mean(model(ROWS) ** 2)


def test_the_gradient_of_a_model_is_that_of_its_parameters():
    model = net()
    mean_square(model).backward()
    found = gw.grad(mean_square)(model)
    for g, p in zip(found, model.parameters(), strict=True):
        assert type(g) is np.ndarray
        np.testing.assert_allclose(g, p.grad, rtol=1e-6)


def test_products_with_the_hessian_of_a_model():
    model = net()
    along = [np.ones(p.shape, np.float32) for p in model.parameters()]
    found = gw.hvp(mean_square, (model,), (along,))
    again = gw.grad(lambda m: sum(np.sum(g) for g in gw.grad(mean_square)(m)))(model)
    for one, other in zip(found, again, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    tangent = gw.jvp(mean_square, (model,), (along,))[1]
    assert tangent == pytest.approx(sum(float(np.sum(g)) for g in gw.grad(mean_square)(model)), rel=1e-5)


def test_the_model_has_its_own_parameters_again_whatever_happens():
    model = net()
    before = [(p.wire, p.bits) for p in model.parameters()]

    def broken(model):
        raise ValueError(model(ROWS).shape)

    with pytest.raises(ValueError, match="5"):
        gw.grad(broken)(model)
    gw.grad(mean_square)(model)
    assert [(p.wire, p.bits) for p in model.parameters()] == before


def test_a_model_in_two_places_or_two_threads_is_loud():
    model = net()
    with pytest.raises(ArgumentError, match="twice"):
        gw.grad(lambda a, b: mean_square(a), argnums=(0, 1))(model, model)
    said = []

    def meanwhile(m):
        thread = threading.Thread(target=lambda: said.append(complaint()))
        thread.start()
        thread.join()
        return mean_square(m)

    def complaint():
        try:
            gw.grad(mean_square)(model)
        except ArgumentError as error:
            return str(error)

    gw.grad(meanwhile)(model)
    assert "twice at once" in said[0]
    gw.grad(mean_square)(model)


def test_a_model_cannot_be_stopped():
    with pytest.raises(ArgumentError, match="stop_gradient"):
        gw.stop_gradient(net())
    stopped = gw.stop_gradient(Params(2.0, X))
    assert stopped.a == 2.0
