"""A kernel held against a plain NumPy function: values, gradients, floats of its own."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise._check import likeness
from gatewise._errors import ArgumentError

N = np.random.default_rng(3).normal
X, W = N(size=(5, 4)), N(size=(4, 3))


def plain(x, w):
    return np.tanh(x @ w)


def kernel(x, w):
    y = np.tanh(x @ w)
    return y, (x, w, y)


def back(dout, cache):
    x, w, y = cache
    d = dout * (1 - y * y)
    return d @ w.T, x.T @ d


def wrong_back(dout, cache):
    x, w, y = cache
    d = dout * (1 - y * y)
    return d @ w.T, 1.001 * x.T @ d


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.float16])
def test_values_and_gradients_in_the_kernels_floats(kind):
    x, w = X.astype(kind), W.astype(kind)
    report = gw.check(kernel, x, w, backward=back, like=plain)
    assert report, report
    assert [p.name for p in report.parameters] == ["value", "x", "w"]
    other = gw.check(kernel, x, w, backward=wrong_back, like=plain)
    assert other.verdict == ("right" if kind is np.float16 else "wrong"), other
    if kind is not np.float16:
        assert [p.name for p in other.parameters if p.verdict == "wrong"] == ["w"]


def test_values_alone():
    assert gw.check(lambda x, w: np.tanh(x @ w), X, W, like=plain)
    report = gw.check(lambda x, w: np.tanh(x @ w) * 1.0001, X, W, like=plain)
    assert report.verdict == "wrong"
    assert "only values were compared" in str(report)


def shifted(x):
    return (x + 1e7) - 1e7


def shifted_dict(p):
    return (p["w"] + 1e7) - 1e7


def test_a_value_in_short_floats_is_as_close_as_numpys_own(monkeypatch):
    """What cancels is lost in float32 by NumPy too: that is no mistake of the kernel's, in a dict as alone."""
    x = np.full(4, 1000.1, dtype=np.float32)
    assert gw.check(shifted, x, like=shifted)
    assert gw.check(shifted_dict, {"w": x}, like=shifted_dict)
    monkeypatch.setattr(likeness, "ROUNDED", 0.0)
    assert gw.check(shifted, x, like=shifted).verdict == "wrong"


def test_a_gradient_that_is_not_given_is_named():
    report = gw.check(kernel, X, W, gradient=lambda x, w: {"x": (1 - np.tanh(x @ w) ** 2) @ w.T}, like=plain)
    assert report.verdict == "right"
    assert "no gradient was given for w: not compared" in str(report)


def test_nan_is_no_number_of_the_other_function():
    assert gw.check(lambda x: np.nan * x, X, like=plain_of_one).verdict == "wrong"


def plain_of_one(x):
    return x * 1.0


def test_the_inputs_and_names_may_be_called_otherwise():
    assert gw.check(kernel, X, W, backward=back, like=lambda a, b: np.tanh(a @ b))
    assert gw.check(kernel, X, W, backward=back, leave_out="w", like=plain)


@pytest.mark.parametrize("like", [3, lambda x, w: plain(x, w) @ np.ones(3), lambda x: x])
def test_what_cannot_be_compared_is_said(like):
    with pytest.raises(ArgumentError):
        gw.check(kernel, X, W, backward=back, like=like)


def test_a_function_of_pytorch():
    torch = pytest.importorskip("torch")

    class Twice(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            y = torch.tanh(x @ w)
            ctx.save_for_backward(x, w, y)
            return y

        @staticmethod
        def backward(ctx, g):
            x, w, y = ctx.saved_tensors
            d = g * (1 - y * y)
            return d @ w.T, 2 * x.T @ d

    x, w = (torch.tensor(a, dtype=torch.float32) for a in (X, W))
    assert gw.check(lambda x, w: torch.tanh(x @ w), x, w, like=plain)
    report = gw.check(Twice, x, w, like=plain)
    assert [p.name for p in report.parameters if p.verdict == "wrong"] == [report.parameters[-1].name]
    with pytest.raises(ArgumentError, match="bfloat16"):
        gw.check(Twice, x.bfloat16(), w.bfloat16(), like=plain)


def test_a_function_of_jax():
    jax = pytest.importorskip("jax")
    x, w = jax.numpy.asarray(X), jax.numpy.asarray(W)
    assert gw.check(lambda x, w: jax.numpy.tanh(x @ w), x, w, like=plain)
    assert gw.check(lambda x, w: 1.001 * jax.numpy.tanh(x @ w), x, w, like=plain).verdict == "wrong"
