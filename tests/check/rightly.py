"""Right backward passes to plant mistakes in, what they are given, and where their backward lines begin."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

numbers = count(1)


@dataclass(frozen=True)
class Program:
    """A function with a hand-written backward pass, right as it stands; `alike` are names with values of one shape."""

    name: str
    source: str
    given: Callable[[np.random.Generator, bool], dict[str, Any]]
    alike: dict[str, set[str]] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The first line of the backward pass."""
        return 1 + next(k for k, line in enumerate(self.source.splitlines()) if "# backward" in line)


def function_of(source: str) -> Any:
    """The last function that a source defines, with its lines where tracebacks look for them."""
    filename = f"<program {next(numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"np": np, "math": math}
    exec(compile(source, filename, "exec"), names)
    return [value for value in names.values() if hasattr(value, "__code__")][-1]


def sized(square: bool) -> tuple[int, int, int, int]:
    return (4, 4, 4, 4) if square else (5, 4, 6, 3)


CIRCUIT = """\
def f(x, y):
    sigy = 1.0 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + np.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    # backward
    dnum = invden
    dinvden = num
    dden = (-1.0 / (den**2)) * dinvden
    dsigx = 1 * dden
    dxpysqr = 1 * dden
    dxpy = (2 * xpy) * dxpysqr
    dx = 1 * dxpy
    dy = 1 * dxpy
    dx += ((1 - sigx) * sigx) * dsigx
    dx += 1 * dnum
    dsigy = 1 * dnum
    dy += ((1 - sigy) * sigy) * dsigy
    return f, (dx, dy)
"""

NET = """\
def net(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    layer1_out = X.dot(W1) + b1
    relu_out = np.maximum(0, layer1_out)
    scores = relu_out.dot(W2) + b2
    stable = scores - np.max(scores, axis=1, keepdims=True)
    correct = stable[np.arange(N), y]
    loss = -np.sum(np.log(np.exp(correct) / np.sum(np.exp(stable), axis=1)))
    loss = loss / N + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    grads = {}
    # backward
    dscores = np.exp(stable) / np.sum(np.exp(stable), axis=1, keepdims=True)
    dscores[np.arange(N), y] -= 1
    dscores = dscores / N
    grads['b2'] = np.sum(dscores, axis=0)
    grads['W2'] = relu_out.T.dot(dscores) + 2 * reg * W2
    drelu_out = dscores.dot(W2.T)
    dlayer1_out = drelu_out * (layer1_out > 0)
    grads['b1'] = np.sum(dlayer1_out, axis=0)
    grads['W1'] = X.T.dot(dlayer1_out) + 2 * reg * W1
    return loss, grads
"""

TERSE = """\
def terse(X, y, W1, b1, W2, b2, reg):
    N = len(y)
    hidden = np.maximum(0, X @ W1 + b1)
    scores = hidden @ W2 + b2
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = exps / exps.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(N), y]).mean() + 0.5 * reg * (np.sum(W1**2) + np.sum(W2**2))
    # backward
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = hidden.T @ dscores
    db2 = dscores.sum(axis=0)
    dhidden = dscores @ W2.T
    dhidden[hidden <= 0] = 0
    dW1 = X.T @ dhidden
    db1 = dhidden.sum(axis=0)
    dW1 += reg * W1
    dW2 += reg * W2
    return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}
"""

BATCHNORM = """\
def batchnorm(x, gamma, beta, t):
    N = x.shape[0]
    mu = np.mean(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = np.mean(sq, axis=0)
    sqrtvar = np.sqrt(var + 1e-5)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    gx = gamma * xhat
    out = gx + beta
    loss = np.sum(out * t)
    # backward
    dout = t
    dbeta = np.sum(dout, axis=0)
    dgx = dout
    dgamma = np.sum(dgx * xhat, axis=0)
    dxhat = dgx * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 / sqrtvar * dsqrtvar
    dsq = np.ones(x.shape) / N * dvar
    dxmu += 2 * xmu * dsq
    dx = dxmu.copy()
    dmu = -np.sum(dxmu, axis=0)
    dx += np.ones(x.shape) / N * dmu
    return loss, (dx, dgamma, dbeta)
"""

AFFINE = """\
def affine(x, w, b, t):
    h = x.dot(w)
    out = h + b
    diff = out - t
    sq = diff**2
    loss = np.sum(sq) / len(x)
    # backward
    N = len(x)
    dsq = np.ones_like(sq) / N
    ddiff = 2 * diff * dsq
    dout = ddiff
    db = np.sum(dout, axis=0)
    dh = dout
    dx = dh.dot(w.T)
    dw = x.T.dot(dh)
    return loss, dx, dw, db
"""


LAYERNORM = """\
def layernorm(x, g, b, t, eps):
    D = x.shape[1]
    m = x.mean(axis=1, keepdims=True)
    c = x - m
    v = (c ** 2).mean(axis=1, keepdims=True)
    s = np.sqrt(v + eps)
    n = c / s
    y = g * n + b
    loss = 0.5 * np.mean((y - t) ** 2)
    # backward
    dy = (y - t) / y.size
    db = dy.sum(axis=0)
    dg = (dy * n).sum(axis=0)
    dn = dy * g
    dc = dn / s
    ds = -(dn * c).sum(axis=1, keepdims=True) / s ** 2
    dv = ds * 0.5 / s
    dc += dv * 2 * c / D
    dx = dc - dc.mean(axis=1, keepdims=True)
    return loss, {'x': dx, 'g': dg, 'b': db}
"""
RNN = """\
def rnn(x0, x1, h0, Wx, Wh, t):
    a1 = x0 @ Wx + h0 @ Wh
    h1 = np.tanh(a1)
    a2 = x1 @ Wx + h1 @ Wh
    h2 = np.tanh(a2)
    e = h2 - t
    loss = np.sum(e * e) / len(e)
    # backward
    de = 2 * e / len(e)
    dh2 = de
    da2 = (1 - h2 ** 2) * dh2
    dWx = x1.T @ da2
    dWh = h1.T @ da2
    dh1 = da2 @ Wh.T
    da1 = (1 - h1 ** 2) * dh1
    dWx += x0.T @ da1
    dWh += h0.T @ da1
    dh0 = da1 @ Wh.T
    return loss, dWx, dWh, dh0
"""
ATTENTION = """\
def attention(X, Wq, Wk, Wv, T):
    Q = X @ Wq
    K = X @ Wk
    V = X @ Wv
    S = Q @ K.T / np.sqrt(Q.shape[1])
    E = np.exp(S - S.max(axis=1, keepdims=True))
    A = E / E.sum(axis=1, keepdims=True)
    O = A @ V
    loss = np.sum((O - T) ** 2)
    # backward
    dO = 2 * (O - T)
    dV = A.T @ dO
    dA = dO @ V.T
    dS = A * (dA - (dA * A).sum(axis=1, keepdims=True))
    dQ = dS @ K / np.sqrt(Q.shape[1])
    dK = dS.T @ Q / np.sqrt(Q.shape[1])
    dWq = X.T @ dQ
    dWk = X.T @ dK
    dWv = X.T @ dV
    dX = dQ @ Wq.T
    dX += dK @ Wk.T
    dX += dV @ Wv.T
    return loss, (dX, dWq, dWk, dWv)
"""
HINGE = """\
def hinge(X, y, W, b, reg):
    N = X.shape[0]
    scores = X.dot(W) + b
    correct = scores[np.arange(N), y][:, None]
    margins = np.maximum(0, scores - correct + 1.0)
    margins[np.arange(N), y] = 0
    loss = np.sum(margins) / N + reg * np.sum(W * W)
    # backward
    dscores = (margins > 0).astype(float)
    dscores[np.arange(N), y] -= dscores.sum(axis=1)
    dscores /= N
    dW = X.T.dot(dscores) + 2 * reg * W
    db = np.sum(dscores, axis=0)
    dX = dscores.dot(W.T)
    return loss, dX, dW, db
"""
NEURON = """\
def neuron(w, x, t):
    z = w[0] * x[0] + w[1] * x[1] + w[2]
    p = 1 / (1 + np.exp(-z))
    q = p - t
    f = q * q * np.exp(z)
    # backward
    ez = np.exp(z)
    dq = 2 * q * ez
    dz = q * q * ez
    dp = dq
    dz += p * (1 - p) * dp
    dx = np.array([w[0], w[1]]) * dz
    dw = np.array([x[0], x[1], 1.0]) * dz
    return f, dw, dx
"""


def circuit_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    return {"x": 3.0, "y": -4.0} if square else {"x": 0.7, "y": 1.3}


def net_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d, h, c = sized(square)
    return {
        "X": rng.normal(size=(n, d)),
        "y": rng.integers(0, c, size=n),
        "W1": rng.normal(size=(d, h)),
        "b1": rng.normal(size=h),
        "W2": rng.normal(size=(h, c)),
        "b2": rng.normal(size=c),
        "reg": 0.05,
    }


def batchnorm_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d, _, _ = sized(square)
    return {
        "x": rng.normal(size=(n, d)),
        "gamma": rng.normal(size=d),
        "beta": rng.normal(size=d),
        "t": rng.normal(size=(n, d)),
    }


def affine_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d, h, _ = sized(square)
    return {
        "x": rng.normal(size=(n, d)),
        "w": rng.normal(size=(d, h)),
        "b": rng.normal(size=h),
        "t": rng.normal(size=(n, h)),
    }


def layernorm_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d = (4, 4) if square else (5, 3)
    return {**normal(rng, x=(n, d), g=d, b=d, t=(n, d)), "eps": 1e-5}


def rnn_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d, h = (4, 4, 4) if square else (5, 3, 6)
    return normal(rng, x0=(n, d), x1=(n, d), h0=(n, h), Wx=(d, h), Wh=(h, h), t=(n, h))


def attention_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d, k, v = (4, 4, 4, 4) if square else (5, 3, 2, 6)
    return normal(rng, X=(n, d), Wq=(d, k), Wk=(d, k), Wv=(d, v), T=(n, v))


def hinge_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    n, d = (4, 4) if square else (5, 6)
    return {
        **normal(rng, X=(n, d), W=(d, 4 if square else 3), b=4 if square else 3),
        "y": rng.integers(0, 3, n),
        "reg": 0.1,
    }


def neuron_given(rng: np.random.Generator, square: bool) -> dict[str, Any]:
    return {**normal(rng, w=3, x=2), "t": 0.4}


def normal(rng: np.random.Generator, **shapes: Any) -> dict[str, Any]:
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


PROGRAMS = [
    Program(
        "circuit", CIRCUIT, circuit_given, {"upstream": {"dsigx", "dsigy", "dnum", "dinvden"}, "wire": {"num", "den"}}
    ),
    Program("net", NET, net_given, {"hidden": {"relu_out", "layer1_out"}, "upstream": {"dlayer1_out", "drelu_out"}}),
    Program("terse", TERSE, net_given, {"size": {"W1", "W2"}}),
    Program(
        "batchnorm",
        BATCHNORM,
        batchnorm_given,
        {"wire": {"xhat", "xmu"}, "upstream": {"dxhat", "dxmu"}, "row": {"divar", "dvar", "dsqrtvar"}},
    ),
    Program("affine", AFFINE, affine_given, {"upstream": {"dsq", "ddiff"}}),
    Program("layernorm", LAYERNORM, layernorm_given),
    Program("rnn", RNN, rnn_given, {"state": {"h1", "h2"}, "upstream": {"dh1", "dh2"}}),
    Program("attention", ATTENTION, attention_given, {"wire": {"Q", "K"}, "upstream": {"dQ", "dK"}}),
    Program("hinge", HINGE, hinge_given),
    Program("neuron", NEURON, neuron_given),
]
