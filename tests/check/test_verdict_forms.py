"""Someone else's gradient, in each form people have."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import gatewise as gw

rng = np.random.default_rng(3)
X, W, b = rng.standard_normal((3, 4)), rng.standard_normal((4, 5)), rng.standard_normal(5)


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def affine_backward_by_name(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return {"dx": dx, "dw": dw, "db": db}


def affine_backward_wrong(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw, db / 3


@pytest.mark.parametrize("backward", [affine_backward, affine_backward_by_name])
def test_the_pair_of_the_course_is_right(backward):
    report = gw.check(affine_forward, X, W, b, backward=backward)
    assert report.verdict == "right", report


def test_the_pair_of_the_course_is_wrong_in_one_of_three():
    report = gw.check(affine_forward, X, W, b, backward=affine_backward_wrong)
    assert [(p.name, p.verdict) for p in report.parameters] == [("x", "right"), ("w", "right"), ("b", "wrong")]
    assert not report
    assert "b[" in str(report)


def test_a_backward_function_needs_a_cache():
    with pytest.raises(gw.GatewiseError, match="returned a float"):
        gw.check(lambda x: x * x, 3.0, backward=affine_backward)


@pytest.mark.parametrize(
    "gradient",
    [np.cos, np.cos(0.7), lambda x: np.array([np.cos(x)]), {"x": np.cos(0.7)}, {"dx": np.cos(0.7)}, (np.cos(0.7),)],
)
def test_a_gradient_beside_any_callable(gradient):
    assert gw.check(np.sin, 0.7, gradient=gradient).verdict == "right"
    assert gw.check(np.sin, 0.71, gradient=np.cos(0.7)).verdict == "wrong"


def test_a_gradient_of_several_arguments():
    def f(x, y):
        return x * y

    assert gw.check(f, 3.0, -4.0, gradient=lambda x, y: (y, x)).verdict == "right"
    assert gw.check(f, 3.0, -4.0, gradient={"y": 3.0, "x": -4.0}).verdict == "right"
    report = gw.check(f, 3.0, -4.0, gradient=(-4.0, -3.0))
    assert {p.name: p.verdict for p in report.parameters} == {"x": "right", "y": "wrong"}


def test_elementwise_and_jacobian():
    v, A = rng.standard_normal(4), rng.standard_normal((3, 4))
    assert gw.check(np.sin, v, gradient=np.cos).verdict == "right"
    assert gw.check(lambda v: A @ v, v, gradient=A).verdict == "right"
    assert gw.check(lambda v: A @ v, v, gradient=2 * A).verdict == "wrong"
    assert gw.check(lambda v: A @ v, v, gradient=A.T @ np.arange(3.0), upstream=np.arange(3.0)).verdict == "right"


def test_value_and_gradients_as_tuple_and_as_dict():
    assert gw.check(lambda x, y: (x * y, (y, x)), 3.0, -4.0).verdict == "right"
    assert gw.check(lambda x, y: (x * y, {"x": y, "dy": x}), 3.0, -4.0).verdict == "right"
    assert gw.check(lambda x, y: (x * y, y, x), 3.0, -4.0).verdict == "right"
    assert gw.check(lambda x, y: (x * y, [y, y]), 3.0, -4.0).verdict == "wrong"


def test_gatewise_s_own_gradient():
    report = gw.check(lambda w, x: np.sum(np.tanh(x @ w)), W, X)
    assert report.verdict == "right"
    assert "gatewise's own" in str(report)


class Net:
    """A two-layer net as in the course: parameters in a dict, the loss and its gradients in one method."""

    def __init__(self, forgets=False):
        draw = np.random.default_rng(0)
        self.forgets = forgets
        self.params = {
            "W1": 0.1 * draw.standard_normal((4, 10)),
            "b1": np.zeros(10),
            "W2": 0.1 * draw.standard_normal((10, 3)),
            "b2": np.zeros(3),
        }

    def loss(self, X, y, reg=0.0):
        W1, b1, W2, b2 = (self.params[k] for k in ("W1", "b1", "W2", "b2"))
        N = X.shape[0]
        hidden = np.maximum(0, X @ W1 + b1)
        scores = hidden @ W2 + b2
        scores = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(scores)
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(p[np.arange(N), y])) + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        dscores = p.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N
        dhidden = dscores @ W2.T
        dhidden[hidden <= 0] = 0
        grads = {"W2": hidden.T @ dscores + 2 * reg * W2, "b2": dscores.sum(0), "b1": dhidden.sum(0)}
        grads["W1"] = X.T @ dhidden + (0 if self.forgets else 2) * reg * W1
        return loss, grads


DATA, LABELS = 10 * np.random.default_rng(1).standard_normal((5, 4)), np.array([0, 1, 2, 2, 1])


def test_parameters_that_the_function_reads_elsewhere():
    net = Net()
    before = {k: v.copy() for k, v in net.params.items()}
    arrays = dict(net.params)
    report = gw.check(net.loss, DATA, LABELS, reg=0.05, parameters=net.params)
    assert report.verdict == "right", report
    assert [p.name for p in report.parameters] == ["W1", "b1", "W2", "b2"]
    assert all(net.params[k] is arrays[k] for k in arrays)
    assert all(np.array_equal(net.params[k], before[k]) for k in before)


def test_the_forgotten_regularisation_is_found():
    net = Net(forgets=True)
    report = gw.check(net.loss, DATA, LABELS, reg=0.05, parameters=net.params)
    assert {p.name: p.verdict for p in report.parameters} == {
        "W1": "wrong",
        "b1": "right",
        "W2": "right",
        "b2": "right",
    }


def test_a_function_that_ignores_its_argument_is_moved_through_the_array_itself():
    net = Net()
    _, grads = net.loss(DATA, LABELS, reg=0.05)

    def f(W):
        return net.loss(DATA, LABELS, reg=0.05)[0]

    for name in net.params:
        before = net.params[name].copy()
        report = gw.check(f, net.params[name], gradient=grads[name])
        assert report.verdict == "right", report
        assert "ignores its argument W" in str(report)
        assert np.array_equal(net.params[name], before)
    assert gw.check(f, net.params["W1"], gradient=2 * grads["W1"]).verdict == "wrong"


def test_structures_of_parameters():
    def f(p, x):
        return np.sum((x @ p["W"] + p["b"][0]) ** 2)

    p = {"W": W, "b": [b]}
    assert gw.check(f, p, X).verdict == "right"
    out = X @ W + b
    right = {"p": {"W": 2 * X.T @ out}}
    report = gw.check(f, p, X, gradient=right)
    assert report.verdict == "right", report
    assert "no gradient was given for" in str(report)


def test_parameters_can_be_left_out():
    report = gw.check(lambda x, y: (x * y, (y, -x)), 3.0, -4.0, leave_out="y")
    assert [p.name for p in report.parameters] == ["x"]


def test_a_gradient_of_another_shape_is_wrong():
    report = gw.check(lambda w: np.sum(X @ w), W, gradient=np.ones((5, 4)))
    assert report.verdict == "wrong"
    assert "the gradient has shape (5, 4), w has (4, 5)" in str(report)


def test_the_lines_at_fault_are_quoted():
    def multiply_and_add(x, y):
        q = x * y
        f = q + x
        df = 1.0
        dq = df
        dx = df
        dx += x * dq
        dy = x * dq
        return f, {"x": dx, "y": dy}

    report = gw.check(multiply_and_add, 3.0, -4.0)
    assert report.verdict == "wrong"
    assert "dx += x * dq" in str(report)
    assert "dx += x * dq" in [m.text for m in report.mistakes]


def test_a_report_is_data_too():
    report = gw.check(lambda x: (x * x, x), 3.0)
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["verdict"] == "wrong"
    assert told["parameters"][0]["findings"][0]["should"] == pytest.approx(6.0)


def test_for_test_suites():
    assert gw.testing.assert_gradients(np.sin, 0.7, gradient=np.cos)
    with pytest.raises(AssertionError, match="should be"):
        gw.testing.assert_gradients(np.sin, 0.7, gradient=np.sin)


def test_functions_of_pytorch():
    torch = pytest.importorskip("torch")

    class Square(torch.autograd.Function):
        factor = 2

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return Square.factor * ctx.saved_tensors[0] * g

    x = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    for f in (Square, Square.apply, lambda x: Square.apply(x)):
        assert gw.check(f, x).verdict == "right"
    Square.factor = 3
    for f in (Square, Square.apply, lambda x: Square.apply(x)):
        assert gw.check(f, x).verdict == "wrong"


JAX = """
import jax
import numpy as np
import gatewise as gw

jax.config.update("jax_enable_x64", True)
for factor, verdict in ((2, "right"), (3, "wrong")):
    square = jax.custom_vjp(lambda x: x * x)
    square.defvjp(lambda x: (x * x, x), lambda x, g: (factor * x * g,))
    assert gw.check(square, np.array([1.0, 2.0])).verdict == verdict
jax.config.update("jax_enable_x64", False)
for factor, verdict in ((1, "right"), (1.0002, "wrong")):
    bend = jax.custom_vjp(lambda x, w: jax.numpy.tanh(x @ w))
    def back(saved, g, factor=factor):
        x, w, y = saved
        d = g * (1 - y * y)
        return d @ w.T, factor * x.T @ d
    bend.defvjp(lambda x, w: (jax.numpy.tanh(x @ w), (x, w, jax.numpy.tanh(x @ w))), back)
    draw = np.random.default_rng(0).normal
    x, w = (jax.numpy.asarray(draw(size=size), dtype="float32") for size in ((5, 4), (4, 3)))
    report = gw.check(bend, x, w)
    assert report.verdict == verdict, report
    assert [p.name for p in report.parameters] == ["x", "w"]
    assert not jax.config.jax_enable_x64
"""


def test_functions_of_jax():
    """In a process of its own: JAX has threads, and what is forked after it was loaded may stand still."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    done = subprocess.run([sys.executable, "-c", JAX], capture_output=True, text=True, env=with_sources(), check=False)
    assert done.returncode == 0, done.stderr


def with_sources() -> dict[str, str]:
    """The environment, with gatewise to be imported from where it is here."""
    return os.environ | {"PYTHONPATH": str(Path(gw.__file__).parent.parent)}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_methods_of_arrays_that_are_left_out_meet_wires(kind):
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(4, 3)).astype(kind), rng.normal(size=(3, 2)).astype(kind)
    assert gw.check(lambda X, W: np.sum(np.tanh(X.dot(W))), X, W, leave_out="X").verdict == "right"
    held = {"W": W}
    assert gw.check(lambda X: np.sum(np.tanh(X.dot(held["W"]))), X, parameters=held).verdict == "right"


def test_what_is_recorded_holds_no_gate_that_the_function_has_not():
    """A Tensor passes for an array, and is not to be copied like one."""
    seen = []

    def f(x):
        seen.append(x)
        return np.sum(x * x)

    gw.check(f, np.array([1.0, 2.0]))
    wires = [x.wire for x in seen if hasattr(x, "wire") and x.wire is not None]
    assert wires
    assert all(not wire.parents for wire in wires)
