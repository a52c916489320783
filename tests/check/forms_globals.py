"""Functions that read their parameters as globals, as character models in one file have them. As in forms_unrolled."""

from __future__ import annotations

import numpy as np

CHAR = """\
import numpy as np
np.random.seed(3)
hidden_size, vocab_size = 5, 4
Wxh = np.random.randn(hidden_size, vocab_size) * 0.3
Whh = np.random.randn(hidden_size, hidden_size) * 0.3
Why = np.random.randn(vocab_size, hidden_size) * 0.3
bh = np.zeros((hidden_size, 1))
by = np.zeros((vocab_size, 1))


def lossFun(inputs, targets, hprev):
    xs, hs, ys, ps = {}, {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(ys[t]) / np.sum(np.exp(ys[t]))
        loss += -np.log(ps[t][targets[t], 0])
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    for dparam in [dWxh, dWhh, dWhy, dbh, dby]:
        np.clip(dparam, -5, 5, out=dparam)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]
"""
LOGIT = """\
import numpy as np
rng = np.random.default_rng(0)
w = rng.normal(size=4)
b = 0.3


def loss(X, t):
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    L = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    dz = (p - t) / len(t)
    dw = X.T @ dz
    db = np.sum(dz)
    return L, dw, db
"""
PARAMS = """\
import numpy as np
rng = np.random.default_rng(1)
params = {"W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4), "W2": rng.normal(size=(4, 2))}


def train_step(x, y):
    h = np.tanh(x @ params["W1"] + params["b1"])
    out = h @ params["W2"]
    loss = np.mean((out - y) ** 2)
    dout = 2 * (out - y) / out.size
    grads = {}
    grads["W2"] = h.T @ dout
    dh = dout @ params["W2"].T
    dpre = dh * (1 - h ** 2)
    grads["W1"] = x.T @ dpre
    grads["b1"] = dpre.sum(axis=0)
    return loss, grads
"""
LISTS = """\
import numpy as np
rng = np.random.default_rng(2)
sizes = [3, 5, 4, 2]
weights = [rng.normal(size=(m, n)) * 0.5 for m, n in zip(sizes[:-1], sizes[1:])]
biases = [rng.normal(size=(1, n)) * 0.1 for n in sizes[1:]]


def backprop(x, y):
    acts = [x]
    a = x
    for W, b in zip(weights, biases):
        a = 1 / (1 + np.exp(-(a @ W + b)))
        acts.append(a)
    cost = 0.5 * np.sum((a - y) ** 2)
    nabla_w = [np.zeros(W.shape) for W in weights]
    nabla_b = [np.zeros(b.shape) for b in biases]
    delta = (acts[-1] - y) * acts[-1] * (1 - acts[-1])
    for l in range(1, len(sizes)):
        nabla_w[-l] = acts[-l - 1].T @ delta
        nabla_b[-l] = delta.sum(axis=0, keepdims=True)
        if l < len(sizes) - 1:
            delta = delta @ weights[-l].T * acts[-l - 1] * (1 - acts[-l - 1])
    return cost, nabla_w, nabla_b
"""
TWO = """\
import numpy as np
rng = np.random.default_rng(3)
E = rng.normal(size=(6, 3))
U = rng.normal(size=(6, 3))


def forward(center, context):
    scores = U @ E[center]
    scores = scores - scores.max()
    p = np.exp(scores) / np.exp(scores).sum()
    return -np.log(p[context]), p


def skipgram(center, context):
    loss, p = forward(center, context)
    d = p.copy()
    d[context] -= 1
    gE = np.zeros_like(E)
    gE[center] = U.T @ d
    gU = np.outer(d, E[center])
    return loss, gE, gU
"""
FLATFN = """\
import numpy as np
rng = np.random.default_rng(4)
A = rng.normal(size=(3, 3))
c = rng.normal(size=3)


def energy(x):
    r = A @ x - c
    return 0.5 * r @ r


def grad_energy(x):
    r = A @ x - c
    dA = np.outer(r, x)
    dc = -r
    dx = A.T @ r
    return {"A": dA, "c": dc, "x": dx}
"""
DECLARED = """\
import numpy as np
np.random.seed(5)
W = np.random.randn(4, 3)
b = np.random.randn(3)
cache = None


def forward(x):
    global cache
    s = x @ W + b
    out = np.maximum(s, 0)
    cache = (x, s)
    return out


def step(x, target):
    out = forward(x)
    loss = np.sum((out - target) ** 2)
    x_in, s = cache
    dout = 2 * (out - target)
    ds = dout * (s > 0)
    dW = x_in.T @ ds
    db = ds.sum(0)
    return loss, dW, db
"""
KALMAN = """\
import numpy as np
rng = np.random.default_rng(6)
F = np.array([[1.0, 0.1], [0.0, 0.95]])
h = np.array([1.0, 0.5])


def rollout(x0, ys):
    xs = [x0]
    cost = 0.0
    for y in ys:
        e = h @ xs[-1] - y
        cost += 0.5 * e * e
        xs.append(F @ xs[-1])
    dF = np.zeros_like(F)
    dh = np.zeros_like(h)
    lam = np.zeros(2)
    for k in range(len(ys) - 1, -1, -1):
        dF += np.outer(lam, xs[k])
        lam = F.T @ lam
        e = h @ xs[k] - ys[k]
        dh += e * xs[k]
        lam = lam + e * h
    return cost, dF, dh, lam
"""
GRU = """\
import numpy as np
rng = np.random.default_rng(7)
n, d = 3, 2
Wz, Wh = rng.normal(size=(n, d + n)), rng.normal(size=(n, d + n))
bz, bhh = np.zeros(n), np.zeros(n)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def loss_and_grads(X, T):
    h = np.zeros(n)
    states = []
    L = 0.0
    for x, t in zip(X, T):
        v = np.concatenate([x, h])
        z = sigmoid(Wz @ v + bz)
        g = np.tanh(Wh @ v + bhh)
        hn = (1 - z) * h + z * g
        L += 0.5 * np.sum((hn - t) ** 2)
        states.append((v, z, g, h, hn, t))
        h = hn
    dWz, dWh, dbz, dbhh = np.zeros_like(Wz), np.zeros_like(Wh), np.zeros_like(bz), np.zeros_like(bhh)
    dh = np.zeros(n)
    for v, z, g, h, hn, t in reversed(states):
        dh = dh + (hn - t)
        dz = dh * (g - h) * z * (1 - z)
        dg = dh * z * (1 - g ** 2)
        dWz += np.outer(dz, v)
        dWh += np.outer(dg, v)
        dbz += dz
        dbhh += dg
        dv = Wz.T @ dz + Wh.T @ dg
        dh = dh * (1 - z) + dv[d:]
    return L, dWz, dWh, dbz, dbhh
"""
SCALARS = """\
import math
m, c = 0.7, -0.2
xs = [0.5, 1.5, 2.0, -1.0]
ys = [1.0, 0.4, 2.2, 0.1]


def mse():
    total = 0.0
    dm = 0.0
    dc = 0.0
    for x, y in zip(xs, ys):
        e = m * x + c - y
        total += e ** 2
        dm += 2 * e * x
        dc += 2 * e
    n = len(xs)
    return total / n, dm / n, dc / n
"""
CASES = [
    ("char", CHAR, "lossFun", ([0, 1, 2, 1], [1, 2, 1, 3], np.zeros((5, 1))), {}, [
        ("dy[targets[t]] -= 1", "dy[targets[t]] += 1"),
        ("dhraw = (1 - hs[t] * hs[t]) * dh", "dhraw = (1 - hs[t]) * dh"),
        ("dWhh += np.dot(dhraw, hs[t - 1].T)", "dWhh += np.dot(dhraw, hs[t].T)"),
        ("dhnext = np.dot(Whh.T, dhraw)", "dhnext = np.dot(Whh, dhraw)"),
        ("dh = np.dot(Why.T, dy) + dhnext", "dh = np.dot(Why.T, dy)"),
    ]),
    ("logit", LOGIT, "loss", (np.random.default_rng(1).normal(size=(6, 4)), np.array([0.0, 1, 1, 0, 1, 0])), {}, [
        ("dz = (p - t) / len(t)", "dz = p - t"),
        ("dw = X.T @ dz", "dw = -X.T @ dz"),
        ("db = np.sum(dz)", "db = np.mean(dz)"),
    ]),
    ("params", PARAMS, "train_step", (np.random.default_rng(2).normal(size=(5, 3)), np.ones((5, 2))), {}, [
        ("dout = 2 * (out - y) / out.size", "dout = 2 * (out - y) / len(y)"),
        ("dpre = dh * (1 - h ** 2)", "dpre = dh * h * (1 - h)"),
        ('grads["b1"] = dpre.sum(axis=0)', 'grads["b1"] = dpre.mean(axis=0)'),
    ]),
    ("lists", LISTS, "backprop", (np.random.default_rng(3).normal(size=(5, 3)), np.full((5, 2), 0.3)), {}, [
        ("delta = (acts[-1] - y) * acts[-1] * (1 - acts[-1])", "delta = (acts[-1] - y)"),
        ("keepdims=True)\\n        if", "keepdims=True)\\n        if"),
        ("nabla_w[-l] = acts[-l - 1].T @ delta", "nabla_w[-l] = 2 * acts[-l - 1].T @ delta"),
    ][::2]),
    ("skipgram", TWO, "skipgram", (2, 4), {}, [
        ("d[context] -= 1", "d[context] -= 2"),
        ("gE[center] = U.T @ d", "gE[center] = -(U.T @ d)"),
        ("gU = np.outer(d, E[center])", "gU = np.outer(d, E[context])"),
    ]),
    ("energy", FLATFN, "energy", (np.array([0.3, -1.0, 2.0]),), {"gradient": "grad_energy"}, [
        ("dA = np.outer(r, x)", "dA = np.outer(x, r)"),
        ("dc = -r", "dc = r"),
        ("dx = A.T @ r", "dx = A @ r"),
    ]),
    ("declared", DECLARED, "step", (np.random.default_rng(4).normal(size=(5, 4)), np.ones((5, 3))), {}, [
        ("ds = dout * (s > 0)", "ds = dout * (s < 0)"),
        ("db = ds.sum(0)", "db = ds.mean(0)"),
        ("dout = 2 * (out - target)", "dout = (out - target)"),
    ]),
    ("rollout", KALMAN, "rollout", (np.array([0.4, 1.1]), np.array([0.2, -0.4, 1.0, 0.6])), {}, [
        ("lam = F.T @ lam", "lam = F @ lam"),
        ("dF += np.outer(lam, xs[k])", "dF += np.outer(xs[k], lam)"),
        ("lam = lam + e * h", "lam = lam - e * h"),
    ]),
    ("gru", GRU, "loss_and_grads", (np.random.default_rng(5).normal(size=(4, 2)), np.full((4, 3), 0.2)), {}, [
        ("dz = dh * (g - h) * z * (1 - z)", "dz = dh * (g + h) * z * (1 - z)"),
        ("dh = dh * (1 - z) + dv[d:]", "dh = dh * z + dv[d:]"),
        ("dWh += np.outer(dg, v)", "dWh += np.outer(dz, v)"),
    ]),
    ("scalars", SCALARS, "mse", (), {}, [
        ("dm += 2 * e * x", "dm += e * x"),
        ("dc += 2 * e", "dc -= 2 * e"),
    ]),
]  # fmt: skip
