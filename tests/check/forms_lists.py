"""Lists of matrices, and parameters that do not come first. As in forms_unrolled."""

from __future__ import annotations

import numpy as np

N = np.random.default_rng(12).normal
Y = np.array([0, 2, 1, 2, 0])

MLP = """\
import numpy as np


def net_loss(X, y, Ws, bs):
    hs = [X]
    for W, b in zip(Ws[:-1], bs[:-1]):
        hs.append(np.maximum(0, hs[-1] @ W + b))
    S = hs[-1] @ Ws[-1] + bs[-1]
    S -= S.max(1, keepdims=True)
    P = np.exp(S) / np.exp(S).sum(1, keepdims=True)
    n = len(y)
    loss = -np.log(P[range(n), y]).mean()
    d = P.copy()
    d[range(n), y] -= 1
    d /= n
    dWs, dbs = [None] * len(Ws), [None] * len(bs)
    for k in reversed(range(len(Ws))):
        dWs[k] = hs[k].T @ d
        dbs[k] = d.sum(0)
        if k:
            d = d @ Ws[k].T
            d[hs[k] <= 0] = 0
    return loss, dWs, dbs
"""
NIELSEN = """\
import numpy as np


def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))


def cost(x, y, biases, weights):
    a = x
    for b, w in zip(biases, weights):
        a = sigma(np.dot(w, a) + b)
    return 0.5 * np.sum((a - y) ** 2)


def backprop(x, y, biases, weights):
    nabla_b = [np.zeros(b.shape) for b in biases]
    nabla_w = [np.zeros(w.shape) for w in weights]
    activation = x
    activations = [x]
    zs = []
    for b, w in zip(biases, weights):
        z = np.dot(w, activation) + b
        zs.append(z)
        activation = sigma(z)
        activations.append(activation)
    delta = (activations[-1] - y) * sigma_prime(zs[-1])
    nabla_b[-1] = delta
    nabla_w[-1] = np.dot(delta, activations[-2].transpose())
    for l in range(2, len(biases) + 1):
        z = zs[-l]
        sp = sigma_prime(z)
        delta = np.dot(weights[-l + 1].transpose(), delta) * sp
        nabla_b[-l] = delta
        nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
    return (nabla_b, nabla_w)
"""
PAIRS = """\
import numpy as np


def forward_backward(batch, layers):
    x, t = batch
    saved = []
    a = x
    for W, b in layers:
        z = a @ W + b
        saved.append((a, z))
        a = np.tanh(z)
    err = a - t
    loss = 0.5 * np.sum(err ** 2) / len(x)
    g = err / len(x)
    grads = []
    for (W, b), (a_in, z) in zip(reversed(layers), reversed(saved)):
        gz = g * (1 - np.tanh(z) ** 2)
        grads.append((a_in.T @ gz, gz.sum(axis=0)))
        g = gz @ W.T
    grads.reverse()
    return loss, grads
"""
LAST = """\
import numpy as np


def ridge(X, y, lam, w):
    r = X @ w - y
    f = r @ r / len(y) + lam * w @ w
    g = 2 * X.T @ r / len(y)
    g += 2 * lam * w
    return f, g
"""
KEYWORD = """\
import numpy as np


def softmax_loss(X, y, *, W, reg=0.1):
    scores = X.dot(W)
    scores -= np.max(scores, axis=1)[:, None]
    e = np.exp(scores)
    probs = e / e.sum(axis=1)[:, None]
    N = X.shape[0]
    loss = np.sum(-np.log(probs[np.arange(N), y])) / N + 0.5 * reg * np.sum(W ** 2)
    probs[np.arange(N), y] -= 1
    dW = X.T.dot(probs) / N
    dW += reg * W
    return loss, dW
"""
DICTS = """\
import numpy as np


def loss(x, y, config, params):
    h = x @ params["W1"] + params["b1"]
    a = h * (h > 0) + config["slope"] * h * (h <= 0)
    out = a @ params["W2"] + params["b2"]
    e = out - y
    value = np.sum(e * e) / e.size
    de = 2 * e / e.size
    grads = {"W2": a.T @ de, "b2": de.sum(axis=0)}
    da = de @ params["W2"].T
    dh = np.where(h > 0, da, config["slope"] * da)
    grads["W1"] = x.T @ dh
    grads["b1"] = dh.sum(axis=0)
    return value, grads
"""
BACKWARD = """\
import numpy as np


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        Z = parameters["W" + str(l)] @ A + parameters["b" + str(l)]
        caches.append((A, Z))
        A = np.maximum(0, Z)
    Z = parameters["W" + str(L)] @ A + parameters["b" + str(L)]
    caches.append((A, Z))
    return 1 / (1 + np.exp(-Z)), caches


def cost_and_grads(X, Y, parameters):
    AL, caches = L_model_forward(X, parameters)
    m = X.shape[1]
    cost = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    grads = {}
    L = len(caches)
    dZ = AL - Y
    for l in reversed(range(1, L + 1)):
        A_prev, Z = caches[l - 1]
        grads["dW" + str(l)] = dZ @ A_prev.T / m
        grads["db" + str(l)] = dZ.sum(axis=1, keepdims=True) / m
        if l > 1:
            dA = parameters["W" + str(l)].T @ dZ
            dZ = dA * (caches[l - 2][1] > 0)
    return cost, grads
"""
TUPLE = """\
import numpy as np
from collections import namedtuple

Params = namedtuple("Params", "A B C")


def simulate(u, target, p):
    s = np.zeros(p.A.shape[0])
    states = [s]
    for k in range(len(u)):
        s = p.A @ s + p.B @ u[k]
        states.append(s)
    e = p.C @ s - target
    J = 0.5 * e @ e
    gC = np.outer(e, s)
    lam = p.C.T @ e
    gA = np.zeros_like(p.A)
    gB = np.zeros_like(p.B)
    for k in reversed(range(len(u))):
        gA += np.outer(lam, states[k])
        gB += np.outer(lam, u[k])
        lam = p.A.T @ lam
    return J, Params(gA, gB, gC)
"""
GRADFN = """\
import numpy as np


def loss(data, theta):
    x, y = data
    W, b = theta
    return np.mean((np.tanh(x @ W + b) - y) ** 2)


def grad(data, theta):
    x, y = data
    W, b = theta
    t = np.tanh(x @ W + b)
    d = 2 * (t - y) / t.size
    d = d * (1 - t * t)
    return [x.T @ d, d.sum(axis=0)]
"""
LOGREG = """\
import numpy as np


def propagate(X, Y, w, b):
    m = X.shape[1]
    A = 1 / (1 + np.exp(-(np.dot(w.T, X) + b)))
    cost = -(1 / m) * np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A))
    dw = (1 / m) * np.dot(X, (A - Y).T)
    db = (1 / m) * np.sum(A - Y)
    grads = {"dw": dw, "db": db}
    return grads, cost
"""
LSTM = """\
import numpy as np


def run(xs, targets, h0, c0, W, U, b):
    n = len(h0)
    h, c, tape, loss = h0, c0, [], 0.0
    for x, t in zip(xs, targets):
        z = W @ x + U @ h + b
        i, f, o = (1 / (1 + np.exp(-z[k * n:(k + 1) * n])) for k in range(3))
        g = np.tanh(z[3 * n:])
        c_new = f * c + i * g
        tape.append((x, h, c, i, f, o, g, c_new, t))
        c = c_new
        h = o * np.tanh(c)
        loss += 0.5 * np.sum((h - t) ** 2)
    dW, dU, db = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    dh, dc = np.zeros(n), np.zeros(n)
    for x, h_prev, c_prev, i, f, o, g, c_new, t in reversed(tape):
        tc = np.tanh(c_new)
        dh = dh + (o * tc - t)
        do = dh * tc
        dc = dc + dh * o * (1 - tc ** 2)
        di, df, dg = dc * g, dc * c_prev, dc * i
        dz = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)])
        dW += np.outer(dz, x)
        dU += np.outer(dz, h_prev)
        db += dz
        dh = U.T @ dz
        dc = dc * f
    return loss, dW, dU, db, dh, dc
"""
CASES = [
    ("mlp", MLP, "net_loss", (N(size=(5, 4)), Y, [N(size=(4, 6)), N(size=(6, 3))], [N(size=6), N(size=3)]), {}, [
        ("d[range(n), y] -= 1", "d[range(n), y] += 1"),
        ("        dbs[k] = d.sum(0)", "        dbs[k] = d.mean(0)"),
        ("d[hs[k] <= 0] = 0", "d[hs[k] > 0] = 0"),
        ("    d /= n", "    d /= n - 1"),
    ]),
    ("nielsen", NIELSEN, "cost",
     (N(size=(3, 1)), N(size=(2, 1)), [N(size=(4, 1)), N(size=(2, 1))], [N(size=(4, 3)), N(size=(2, 4))]),
     {"gradient": "backprop", "leave_out": ("x", "y")}, [
        ("delta = (activations[-1] - y) * sigma_prime(zs[-1])", "delta = (activations[-1] - y) * zs[-1]"),
        ("nabla_w[-l] = np.dot(delta,", "nabla_w[-l] = -np.dot(delta,"),
        ("sp = sigma_prime(z)", "sp = sigma(z)"),
    ]),
    ("pairs", PAIRS, "forward_backward",
     ((N(size=(5, 3)), N(size=(5, 2))), [(N(size=(3, 4)), N(size=4)), (N(size=(4, 2)), N(size=2))]), {}, [
        ("g = err / len(x)", "g = err"),
        ("gz = g * (1 - np.tanh(z) ** 2)", "gz = g * (1 - np.tanh(z))"),
        ("grads.append((a_in.T @ gz, gz.sum(axis=0)))", "grads.append((a_in.T @ gz, gz.mean(axis=0)))"),
    ]),
    ("last", LAST, "ridge", (N(size=(6, 3)), N(size=6), 0.4, N(size=3)), {}, [
        ("g = 2 * X.T @ r / len(y)", "g = X.T @ r / len(y)"),
        ("g += 2 * lam * w", "g += lam * w"),
    ]),
    ("keyword", KEYWORD, "softmax_loss", (N(size=(5, 4)), Y), {"W": N(size=(4, 3))}, [
        ("probs[np.arange(N), y] -= 1", "probs[np.arange(N), y] -= 2"),
        ("dW = X.T.dot(probs) / N", "dW = X.T.dot(probs)"),
        ("dW += reg * W", "dW += 2 * reg * W"),
    ]),
    ("dicts", DICTS, "loss",
     (N(size=(5, 3)), N(size=(5, 2)), {"slope": 0.1},
      {"W1": N(size=(3, 4)), "b1": N(size=4), "W2": N(size=(4, 2)), "b2": N(size=2)}), {}, [
        ("de = 2 * e / e.size", "de = 2 * e / len(e)"),
        ('dh = np.where(h > 0, da, config["slope"] * da)', "dh = np.where(h > 0, da, 0)"),
        ('grads["b1"] = dh.sum(axis=0)', 'grads["b1"] = dh.mean(axis=0)'),
    ]),
    ("dlmodel", BACKWARD, "cost_and_grads",
     (N(size=(3, 5)), np.array([[0.0, 1, 1, 0, 1]]),
      {"W1": N(size=(4, 3)), "b1": N(size=(4, 1)), "W2": N(size=(1, 4)), "b2": N(size=(1, 1))}), {}, [
        ("dZ = AL - Y", "dZ = Y - AL"),
        ("keepdims=True) / m\\n        if", ""),
        ("dZ = dA * (caches[l - 2][1] > 0)", "dZ = dA"),
    ][::2]),
    ("namedtuple", TUPLE, "simulate",
     (N(size=(4, 2)), N(size=2), "Params(0.5 * N(size=(3, 3)), N(size=(3, 2)), N(size=(2, 3)))"), {}, [
        ("gC = np.outer(e, s)", "gC = 2 * np.outer(e, s)"),
        ("lam = p.C.T @ e", "lam = -p.C.T @ e"),
        ("lam = p.A.T @ lam", "lam = p.A @ lam"),
    ]),
    ("tuple", GRADFN, "loss", ((N(size=(5, 3)), N(size=(5, 2))), [N(size=(3, 2)), N(size=2)]), {"gradient": "grad"}, [
        ("d = 2 * (t - y) / t.size", "d = 2 * (t - y)"),
        ("d = d * (1 - t * t)", "d = d * (1 - t)"),
    ]),
    ("value last", LOGREG, "propagate", (N(size=(3, 5)), np.array([[0.0, 1, 1, 0, 1]]), N(size=(3, 1)), 0.2), {}, [
        ("dw = (1 / m) * np.dot(X, (A - Y).T)", "dw = np.dot(X, (A - Y).T)"),
        ("db = (1 / m) * np.sum(A - Y)", "db = -(1 / m) * np.sum(A - Y)"),
    ]),
    ("lstm", LSTM, "run",
     (N(size=(3, 2)), N(size=(3, 3)), np.zeros(3), np.zeros(3), N(size=(12, 2)), N(size=(12, 3)), N(size=12)), {}, [
        ("dc = dc * f", "dc = dc * i"),
        ("dh = U.T @ dz", "dh = U.T @ dz + dh"),
        ("dU += np.outer(dz, h_prev)", "dU += np.outer(dz, o * tc)"),
        ("        do = dh * tc", "        do = dh * c_new"),
    ]),
]  # fmt: skip
