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


def test_a_function_of_jax():
    jax = pytest.importorskip("jax")
    x, w = jax.numpy.asarray(X), jax.numpy.asarray(W)
    assert gw.check(lambda x, w: jax.numpy.tanh(x @ w), x, w, like=plain)
    assert gw.check(lambda x, w: 1.001 * jax.numpy.tanh(x @ w), x, w, like=plain).verdict == "wrong"


# ------------------------------------------------------------------------------------------------------------- stages


def attention(q, k, v):
    scores = q @ k.T / np.sqrt(q.shape[1])
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    p = e / e.sum(axis=1, keepdims=True)
    out = p @ v
    return out


def attention_kernel(q, k, v, scale=1.0, turned=False):
    scores = q @ k.T / np.sqrt(q.shape[1]).astype(q.dtype)
    e = np.exp((scores - scores.max(axis=1, keepdims=True)) * q.dtype.type(scale))
    p = e / e.sum(axis=1, keepdims=True)
    return {"scores": scores, "p": p.T if turned else p, "out": p @ v}


Q = [N(size=(6, 4)).astype(np.float32) for _ in range(3)]


def test_the_stages_of_a_kernel_are_held_against_variables():
    report = gw.check(attention_kernel, *Q, like=attention)
    assert report, report
    assert [p.name for p in report.parameters] == ["stage scores", "stage p", "value"]


def test_the_first_stage_that_differs_is_named():
    report = gw.check(lambda q, k, v: attention_kernel(q, k, v, scale=1.01), *Q, like=attention)
    assert report.verdict == "wrong"
    assert [p.verdict for p in report.parameters] == ["right", "wrong", "wrong"]
    line = attention.__code__.co_firstlineno + 4
    assert f"the first that differs is stage p (line {line} of attention: p = e / " in str(report)


def test_a_stage_in_another_shape_is_wrong():
    report = gw.check(lambda q, k, v: attention_kernel(q[:3], k, v, turned=True), Q[0][:3], *Q[1:], like=attention)
    assert "stage p  wrong: it has shape (6, 3), should have (3, 6)" in str(report)


def test_the_cache_of_a_backward_half_has_stages_too():
    def kernel(x, w):
        y = np.tanh(x @ w)
        return y, {"x": x, "w": w, "z": x @ w, "mine": 3}

    def wrong(x, w):
        y, cache = kernel(x, w)
        return y, {**cache, "z": 1.01 * cache["z"]}

    def plain(x, w):
        z = x @ w
        return np.tanh(z)

    def back(dout, cache):
        d = dout * (1 - np.tanh(cache["x"] @ cache["w"]) ** 2)
        return d @ cache["w"].T, cache["x"].T @ d

    assert gw.check(kernel, X, W, backward=back, like=plain)
    report = gw.check(wrong, X, W, backward=back, like=plain)
    assert [p.name for p in report.parameters if p.verdict == "wrong"] == ["stage z"]


def test_a_stage_without_a_variable_is_an_error():
    with pytest.raises(ArgumentError, match="'sum' is no variable of attention"):
        gw.check(lambda q, k, v: {**attention_kernel(q, k, v), "sum": 0.0}, *Q, like=attention)


# ------------------------------------------------------------------------------------------ floats that NumPy has not


def test_bfloat16_of_pytorch():
    torch = pytest.importorskip("torch")
    q = [torch.tensor(x, dtype=torch.bfloat16) for x in Q]

    def kernel(q, k, v, factor=1.0):
        p = torch.softmax(factor * (q @ k.T) / q.shape[1] ** 0.5, dim=1)
        return {"p": p, "out": p @ v}

    report = gw.check(kernel, *q, like=attention)
    assert report, report
    assert {p.name for p in report.parameters} == {"stage p", "value", "q", "k", "v"}
    assert report.noise == 2 * 2.0**-7
    report = gw.check(lambda q, k, v: kernel(q, k, v, 1.5), *q, like=attention)
    assert report.verdict == "wrong"
    assert "the first that differs is stage p" in str(report)


def test_bfloat16_in_arrays():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    x, w = X.astype(ml_dtypes.bfloat16), W.astype(ml_dtypes.bfloat16)

    def kernel(x, w):
        assert x.dtype == ml_dtypes.bfloat16
        return np.tanh(x.astype(np.float32) @ w.astype(np.float32)).astype(ml_dtypes.bfloat16)

    def gradient(x, w):
        x, w = x.astype(np.float32), w.astype(np.float32)
        d = 1 - np.tanh(x @ w) ** 2
        return (d @ w.T).astype(ml_dtypes.bfloat16), (x.T @ d).astype(ml_dtypes.bfloat16)

    assert gw.check(kernel, x, w, gradient=gradient, like=plain)
    report = gw.check(
        kernel, x, w, gradient=lambda x, w: (gradient(x, w)[0], 1.1 * gradient(x, w)[1].astype(float)), like=plain
    )
    assert [p.name for p in report.parameters if p.verdict == "wrong"] == ["w"]
