"""Thirty wrong backward passes as students write them: several mistakes at once, other names, other order.

A wrong line ends in `# wrong: KIND`; where a line is missing, the line that is to be named says so. Everything else in
them is right, and a check that calls it wrong is wrong itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

WRONG = re.compile(r"# wrong: (\w+)")


@dataclass(frozen=True)
class Student:
    """A program, what it is given, and its mistakes by line."""

    name: str
    source: str
    given: dict[str, Any]

    @property
    def mistakes(self) -> dict[int, str]:
        lines = enumerate(self.source.splitlines(), start=1)
        return {k: found[1] for k, line in lines if (found := WRONG.search(line))}


STUDENTS: list[Student] = []


def student(source: str, given: Callable[[np.random.Generator], dict[str, Any]]) -> None:
    rng = np.random.default_rng(len(STUDENTS))
    name = re.search(r"def (\w+)", source)[1]
    STUDENTS.append(Student(name, source.lstrip("\n"), given(rng)))


def pair(rng: np.random.Generator) -> dict[str, Any]:
    return {"x": 1.4, "y": -0.6}


def three(rng: np.random.Generator) -> dict[str, Any]:
    return {"x": -2.0, "y": 5.0, "z": -4.0}


def neuron(rng: np.random.Generator) -> dict[str, Any]:
    return {"w": np.array([2.0, -3.0, -3.0]), "x": np.array([-1.0, -2.0])}


def regression(rng: np.random.Generator, n: int = 6, d: int = 4, h: int = 3) -> dict[str, Any]:
    shapes = {"X": (n, d), "W": (d, h), "b": (h,), "T": (n, h)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def softmax(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "X": rng.normal(size=(6, 4)),
        "y": rng.integers(0, 3, 6),
        "W": rng.normal(size=(4, 3)),
        "b": rng.normal(size=3),
    }


def net(rng: np.random.Generator) -> dict[str, Any]:
    shapes = {"X": (5, 4), "W1": (4, 6), "b1": (6,), "W2": (6, 3), "b2": (3,)}
    return {**{k: rng.normal(size=s) for k, s in shapes.items()}, "y": rng.integers(0, 3, 5), "reg": 0.1}


def square_net(rng: np.random.Generator) -> dict[str, Any]:
    shapes = {"X": (4, 4), "W1": (4, 4), "b1": (4,), "W2": (4, 4), "b2": (4,)}
    return {**{k: rng.normal(size=s) for k, s in shapes.items()}, "y": rng.integers(0, 4, 4), "reg": 0.1}


def normalised(rng: np.random.Generator) -> dict[str, Any]:
    shapes = {"x": (6, 4), "gamma": (4,), "beta": (4,), "t": (6, 4)}
    return {k: rng.normal(size=s) for k, s in shapes.items()}


student(
    """
def swapped_locals(x, y, z):
    q = x + y
    f = q * z
    dfdz = z          # wrong: stale
    dfdq = q          # wrong: stale
    dfdx = 1.0 * dfdq
    dfdy = 1.0 * dfdq
    return f, dfdx, dfdy, dfdz
""",
    three,
)
student(
    """
def forgot_the_chain(x, y, z):
    q = x + y
    f = q * z
    grad_z = q
    grad_q = z
    grad_x = 1.0      # wrong: local
    grad_y = grad_q
    return f, {'x': grad_x, 'y': grad_y, 'z': grad_z}
""",
    three,
)
student(
    """
def overwrites(x, y):
    s = 1 / (1 + np.exp(-x))
    p = x + y
    f = s * p
    d_s = p
    d_p = s
    d_x = d_s * s * (1 - s)
    d_x = d_p         # wrong: fork
    d_y = d_p
    return f, (d_x, d_y)
""",
    pair,
)
student(
    """
def two_at_once(x, y):
    a = x * y
    b = x - y
    sq = b ** 2
    f = a / sq
    da = 1 / sq
    dsq = a / sq ** 2            # wrong: sign
    db = b * dsq                 # wrong: factor
    dx = y * da
    dy = x * da
    dx += db
    dy += -db
    return f, dx, dy
""",
    pair,
)
student(
    """
def quotient(x, y):
    top = np.sin(x)
    bottom = 2 + np.cos(y)
    f = top / bottom
    dtop = 1.0 / bottom
    dbottom = -top / bottom      # wrong: local
    dx = np.cos(x) * dtop
    dy = np.sin(y) * dbottom     # wrong: sign
    return f, dx, dy
""",
    pair,
)
student(
    """
def sigmoid_neuron(w, x):
    dot = w[0]*x[0] + w[1]*x[1] + w[2]
    f = 1.0 / (1 + np.exp(-dot))
    ddot = (1 - f) * f
    dx = np.array([w[0] * ddot, w[1] * ddot])
    dw = np.array([x[0] * ddot, x[1] * ddot, 1.0])   # wrong: local
    return f, dx, dw
""",
    neuron,
)
student(
    """
def neuron_without_slope(w, x):
    s = w[0]*x[0] + w[1]*x[1] + w[2]
    f = 1.0 / (1 + np.exp(-s))
    ds = 1 - f        # wrong: local
    dx = w[:2] * ds
    dw = np.array([x[0], x[1], 1.0]) * ds
    return f, dx, dw
""",
    neuron,
)
student(
    """
def tanh_twice(x, y):
    h = np.tanh(x * y)
    g = np.tanh(h + x)
    loss = 0.5 * g ** 2
    dg = g
    dpre = dg * (1 - g)          # wrong: local
    dh = dpre
    dx = dpre
    dx += dh * (1 - h ** 2) * y
    dy = dh * (1 - h ** 2) * x
    return loss, dx, dy
""",
    pair,
)
student(
    """
def minus_sign(X, W, b, T):
    P = X.dot(W) + b
    diff = T - P
    loss = np.mean(diff ** 2)
    ddiff = 2 * diff / diff.size
    dP = ddiff                   # wrong: sign
    dW = X.T.dot(dP)
    db = dP.sum(axis=0)
    return loss, dW, db
""",
    regression,
)
student(
    """
def mean_forgotten(X, W, b, T):
    out = X @ W + b
    r = out - T
    loss = np.sum(r ** 2) / len(X)
    dr = 2 * r                   # wrong: factor
    dout = dr
    dW = X.T @ dout
    db = np.sum(dout, axis=1)[:3]    # wrong: broadcast
    dX = dout @ W.T
    return loss, dX, dW, db
""",
    regression,
)
student(
    """
def bias_not_summed(X, W, b, T):
    N = X.shape[0]
    out = X @ W + b
    r = out - T
    loss = 0.5 / N * np.sum(r * r)
    dout = r / N
    dX = dout @ W.T
    dW = X.T @ dout
    db = dout                    # wrong: broadcast
    return loss, {'X': dX, 'W': dW, 'b': db}
""",
    regression,
)
student(
    """
def bias_of_the_mean(X, W, b, T):
    N = X.shape[0]
    out = X @ W + b
    r = out - T
    loss = 0.5 / N * np.sum(r * r)
    dout = r / N
    dW = X.T @ dout
    db = np.mean(dout, axis=0)   # wrong: factor
    return loss, {'W': dW, 'b': db}
""",
    regression,
)
student(
    """
def square_and_turned(X, W, b, T):
    out = X.dot(W) + b
    r = out - T
    loss = np.sum(r ** 2)
    dr = r                       # wrong: factor
    dX = dr.dot(W)               # wrong: transposed
    dW = X.dot(dr)               # wrong: transposed
    db = dr.sum(axis=0)
    return loss, dX, dW, db
""",
    lambda rng: regression(rng, 4, 4, 4),
)
student(
    """
def product_other_way_round(X, W, b, T):
    out = X.dot(W) + b
    r = out - T
    loss = np.sum(r ** 2)
    grad_out = 2 * r
    grad_W = grad_out.T.dot(X)   # wrong: transposed
    grad_b = grad_out.sum(0)
    grad_X = grad_out.dot(W.T)
    return loss, grad_X, grad_W, grad_b
""",
    lambda rng: regression(rng, 5, 4, 4),
)
student(
    """
def softmax_without_minus_one(X, y, W, b):
    N = X.shape[0]
    scores = X @ W + b
    shifted = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).sum() / N
    dscores = p.copy()
    dscores[np.arange(N), y] += 1    # wrong: sign
    dscores /= N
    dW = X.T @ dscores
    db = dscores.sum(axis=0)
    return loss, dW, db
""",
    softmax,
)
student(
    """
def divided_twice(X, y, W, b):
    N = X.shape[0]
    scores = X @ W + b
    shifted = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).sum() / N
    ds = p.copy()
    ds[np.arange(N), y] -= 1
    ds /= N
    dW = X.T @ ds / N            # wrong: factor
    db = ds.sum(axis=0)
    return loss, {'W': dW, 'b': db}
""",
    softmax,
)
student(
    """
def delta_not_divided(X, y, W, b):
    n = len(y)
    z = X @ W + b
    e = np.exp(z)
    p = e / np.sum(e, axis=1, keepdims=True)
    loss = np.mean(-np.log(p[np.arange(n), y]))
    delta = p - np.eye(3)[y]     # wrong: factor
    dW = np.dot(X.T, delta)
    db = np.sum(delta, axis=0)
    return loss, dW, db
""",
    softmax,
)
student(
    """
def mask_forgotten(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    h = np.maximum(0, X.dot(W1) + b1)
    scores = h.dot(W2) + b2
    e = np.exp(scores)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).sum() / N + reg * np.sum(W1 * W1) + reg * np.sum(W2 * W2)
    grads = {}
    dscores = p
    dscores[np.arange(N), y] -= 1
    dscores /= N
    grads['W2'] = h.T.dot(dscores) + 2 * reg * W2
    grads['b2'] = dscores.sum(axis=0)
    dh = dscores.dot(W2.T)       # wrong: mask
    grads['W1'] = X.T.dot(dh) + 2 * reg * W1
    grads['b1'] = dh.sum(axis=0)
    return loss, grads
""",
    net,
)
student(
    """
def mask_of_the_gradient(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    a1 = X.dot(W1) + b1
    h1 = np.maximum(0, a1)
    scores = h1.dot(W2) + b2
    e = np.exp(scores)
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(N), y]).sum() / N + 0.5 * reg * np.sum(W1 * W1) + 0.5 * reg * np.sum(W2 * W2)
    dscores = p.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = h1.T.dot(dscores) + reg * W2
    db2 = dscores.sum(axis=0)
    dh1 = dscores.dot(W2.T)
    da1 = dh1 * (dh1 > 0)        # wrong: mask
    dW1 = X.T.dot(da1)           # wrong: regularisation
    db1 = da1.sum(axis=0)
    return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}
""",
    net,
)
student(
    """
def mask_turned_round(X, y, W1, b1, W2, b2, reg):
    N = X.shape[0]
    hidden = np.maximum(0, X.dot(W1) + b1)
    scores = hidden.dot(W2) + b2
    e = np.exp(scores)
    probs = e / e.sum(axis=1, keepdims=True)
    loss = -np.log(probs[range(N), y]).sum() / N + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    dscores = probs
    dscores[range(N), y] -= 1
    dscores /= N
    dW2 = np.dot(hidden.T, dscores)
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = np.dot(dscores, W2.T)
    dhidden[hidden > 0] = 0      # wrong: mask
    dW1 = np.dot(X.T, dhidden)
    db1 = np.sum(dhidden, axis=0, keepdims=True)
    dW2 += 2 * reg * W2          # wrong: factor
    dW1 += reg * W1
    return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}
""",
    lambda rng: {**net(rng), "b1": rng.normal(size=(1, 6)), "b2": rng.normal(size=(1, 3))},
)
student(
    """
def regularised_once(X, y, W1, b1, W2, b2, reg):
    N = len(X)
    a = X @ W1 + b1
    h = np.maximum(a, 0)
    scores = h @ W2 + b2
    e = np.exp(scores)
    p = e / e.sum(1, keepdims=True)
    data_loss = -np.log(p[np.arange(N), y]).mean()
    reg_loss = reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    loss = data_loss + reg_loss
    dscores = p.copy()
    dscores[np.arange(N), y] -= 1
    dscores /= N
    dW2 = h.T @ dscores + reg * W2       # wrong: factor
    db2 = dscores.sum(0)
    dh = dscores @ W2.T
    da = dh * (a > 0)
    dW1 = X.T @ da                       # wrong: regularisation
    db1 = da.sum(0)
    return loss, {'W1': dW1, 'b1': db1, 'W2': dW2, 'b2': db2}
""",
    net,
)
student(
    """
def wrong_layer(X, y, W1, b1, W2, b2, reg):
    N = len(X)
    z1 = X @ W1 + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    dz2 = p.copy()
    dz2[np.arange(N), y] -= 1
    dz2 /= N
    dW2 = z1.T @ dz2                     # wrong: stale
    db2 = dz2.sum(0)
    da1 = dz2 @ W2.T
    dz1 = da1 * z1 * (1 - z1)            # wrong: stale
    dW1 = X.T @ dz1
    db1 = dz1.sum(0)
    return loss, dW1, db1, dW2, db2
""",
    net,
)
student(
    """
def upstream_of_another(X, y, W1, b1, W2, b2, reg):
    N = len(X)
    z1 = X @ W1 + b1
    a1 = np.tanh(z1)
    z2 = a1 @ W2 + b2
    e = np.exp(z2)
    p = e / e.sum(1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    dz2 = p.copy()
    dz2[np.arange(N), y] -= 1
    dz2 = dz2 / N
    dW2 = a1.T @ dz2
    db2 = dz2.sum(0)
    da1 = dz2 @ W2                       # wrong: transposed
    dz1 = (1 - a1 ** 2) * da1
    dW1 = X.T @ da1                      # wrong: stale
    db1 = dz1.sum(0)
    return loss, dW1, db1, dW2, db2
""",
    square_net,
)
student(
    """
def too_early(X, y, W1, b1, W2, b2, reg):
    N = len(X)
    h = np.maximum(0, X @ W1 + b1)
    scores = h @ W2 + b2
    e = np.exp(scores)
    p = e / e.sum(1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    dscores = p.copy()
    dscores[np.arange(N), y] -= 1
    dW2 = h.T @ dscores                  # wrong: stale
    dscores /= N
    db2 = dscores.sum(0)
    dh = dscores @ W2.T
    dh[h <= 0] = 0
    dW1 = X.T @ dh
    db1 = dh.sum(0)
    return loss, dW1, db1, dW2, db2
""",
    net,
)
student(
    """
def centred(x, gamma, beta, t):
    N = x.shape[0]
    mu = x.mean(axis=0)
    xc = x - mu
    out = gamma * xc + beta
    loss = np.sum(out * t)
    dout = t
    dgamma = np.sum(dout * xc, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxc = dout * gamma
    dmu = np.sum(dxc, axis=0)            # wrong: sign
    dx = dxc + dmu                       # wrong: factor
    return loss, dx, dgamma, dbeta
""",
    normalised,
)
student(
    """
def variance_path_lost(x, gamma, beta, t):
    N = x.shape[0]
    mu = x.mean(axis=0)
    xc = x - mu
    var = np.mean(xc ** 2, axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    out = gamma * xhat + beta
    loss = np.sum(out * t)
    dout = t
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxhat = dout * gamma
    dstd = -np.sum(dxhat * xc, axis=0) / std ** 2
    dvar = 0.5 * dstd / std
    dxc = dxhat / std
    dxc = 2 / N * xc * dvar              # wrong: fork
    dmu = -dxc.sum(axis=0)
    dx = dxc + dmu / N
    return loss, dx, dgamma, dbeta
""",
    normalised,
)
student(
    """
def batchnorm_three(x, gamma, beta, t):
    N = x.shape[0]
    mu = x.mean(axis=0)
    xc = x - mu
    var = np.mean(xc ** 2, axis=0)
    std = np.sqrt(var + 1e-5)
    xhat = xc / std
    out = gamma * xhat + beta
    loss = np.sum(out * t)
    dout = t
    dbeta = dout.sum(axis=0)
    dgamma = dout.sum(axis=0)            # wrong: local
    dxhat = dout * gamma
    dstd = np.sum(dxhat * xc, axis=0) / std ** 2     # wrong: sign
    dvar = 0.5 / std * dstd
    dxc = dxhat / std
    dxc += 2 * xc * dvar                 # wrong: factor
    dx = dxc - dxc.mean(axis=0)
    return loss, dx, dgamma, dbeta
""",
    normalised,
)
student(
    """
def attention_like(X, W, b, T):
    K = X @ W
    S = K @ K.T
    loss = 0.5 * np.sum(S * S)
    dS = S
    dK = dS @ K                          # wrong: fork
    dW = X.T @ dK
    dX = dK @ W.T
    return loss, dX, dW
""",
    regression,
)
student(
    """
def column_by_column(X, W, b, T):
    out = np.zeros(T.shape) + X @ W
    out = out + b
    r = out - T
    loss = np.mean(np.sum(r ** 2, axis=1))
    dr = 2.0 * r / r.size                # wrong: factor
    dout = dr
    db = dout.sum(axis=0)
    dW = X.T @ dout
    dX = W @ dout.T                      # wrong: transposed
    return loss, {'X': dX, 'W': dW, 'b': db}
""",
    regression,
)
student(
    """
def logistic(X, W, b, T):
    logits = X @ W + b
    prob = 1 / (1 + np.exp(-logits))
    loss = np.sum((prob - T) ** 2)
    dprob = 2 * (T - prob)               # wrong: operands
    dlogits = dprob * prob * (1 - prob)
    dW = X.T @ dlogits
    db = np.sum(dlogits)                 # wrong: broadcast
    dX = dlogits @ W.T
    return loss, dX, dW, db
""",
    regression,
)
