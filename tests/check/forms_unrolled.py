"""Gradients of one flat vector that is unrolled inside, as courses in Octave's tradition and scipy.optimize have them.

Each case: the text of a file, how it is called, and mistakes, a line's text and another one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

N = np.random.default_rng(11).normal


def one_hot(y: Any, k: int) -> Any:
    return np.eye(k)[y]


NG = """\
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoidGradient(z):
    g = sigmoid(z)
    return g * (1 - g)


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda_=0.0):
    Theta1 = np.reshape(nn_params[:hidden_layer_size * (input_layer_size + 1)],
                        (hidden_layer_size, (input_layer_size + 1)))
    Theta2 = np.reshape(nn_params[(hidden_layer_size * (input_layer_size + 1)):],
                        (num_labels, (hidden_layer_size + 1)))
    m = y.size
    J = 0
    a1 = np.concatenate([np.ones((m, 1)), X], axis=1)
    z2 = a1.dot(Theta1.T)
    a2 = np.concatenate([np.ones((m, 1)), sigmoid(z2)], axis=1)
    a3 = sigmoid(a2.dot(Theta2.T))
    y_matrix = np.eye(num_labels)[y.reshape(-1)]
    temp1 = Theta1
    temp2 = Theta2
    reg_term = (lambda_ / (2 * m)) * (np.sum(np.square(temp1[:, 1:])) + np.sum(np.square(temp2[:, 1:])))
    J = (-1 / m) * np.sum((np.log(a3) * y_matrix) + np.log(1 - a3) * (1 - y_matrix)) + reg_term
    delta_3 = a3 - y_matrix
    delta_2 = delta_3.dot(Theta2)[:, 1:] * sigmoidGradient(z2)
    Delta1 = delta_2.T.dot(a1)
    Delta2 = delta_3.T.dot(a2)
    Theta1_grad = (1 / m) * Delta1
    Theta1_grad[:, 1:] = Theta1_grad[:, 1:] + (lambda_ / m) * Theta1[:, 1:]
    Theta2_grad = (1 / m) * Delta2
    Theta2_grad[:, 1:] = Theta2_grad[:, 1:] + (lambda_ / m) * Theta2[:, 1:]
    grad = np.concatenate([Theta1_grad.ravel(), Theta2_grad.ravel()])
    return J, grad
"""
LINREG = """\
import numpy as np


def linearRegCostFunction(X, y, theta, lambda_=0.0):
    m = y.size
    h = X.dot(theta)
    J = (1 / (2 * m)) * np.sum(np.square(h - y)) + (lambda_ / (2 * m)) * np.sum(np.square(theta[1:]))
    grad = (1 / m) * (h - y).dot(X)
    grad[1:] = grad[1:] + (lambda_ / m) * theta[1:]
    return J, grad
"""
COFI = """\
import numpy as np


def cofiCostFunc(params, Y, R, num_users, num_movies, num_features, lambda_=0.0):
    X = params[:num_movies * num_features].reshape(num_movies, num_features)
    Theta = params[num_movies * num_features:].reshape(num_users, num_features)
    err = (X.dot(Theta.T) - Y) * R
    J = 0.5 * np.sum(err ** 2)
    J += (lambda_ / 2) * (np.sum(X ** 2) + np.sum(Theta ** 2))
    X_grad = np.zeros(X.shape)
    Theta_grad = np.zeros(Theta.shape)
    for i in range(R.shape[0]):
        idx = np.where(R[i, :] == 1)[0]
        Theta_temp = Theta[idx, :]
        Y_temp = Y[i, idx]
        X_grad[i, :] = np.dot(np.dot(X[i, :], Theta_temp.T) - Y_temp, Theta_temp) + lambda_ * X[i, :]
    for j in range(R.shape[1]):
        idx = np.where(R[:, j] == 1)[0]
        X_temp = X[idx, :]
        Y_temp = Y[idx, j]
        Theta_grad[j, :] = np.dot(np.dot(X_temp, Theta[j, :]) - Y_temp, X_temp) + lambda_ * Theta[j, :]
    grad = np.concatenate([X_grad.ravel(), Theta_grad.ravel()])
    return J, grad
"""
SHAPES = """\
import numpy as np

shapes = [(4, 5), (5,), (5, 3), (3,)]


def unpack(vec):
    out, at = [], 0
    for shape in shapes:
        n = int(np.prod(shape))
        out.append(vec[at:at + n].reshape(shape))
        at += n
    return out


def pack(arrays):
    return np.concatenate([a.ravel() for a in arrays])


def objective(vec, X, T):
    W1, b1, W2, b2 = unpack(vec)
    H = np.tanh(X @ W1 + b1)
    S = H @ W2 + b2
    S = S - S.max(axis=1, keepdims=True)
    E = np.exp(S)
    P = E / E.sum(axis=1, keepdims=True)
    n = len(X)
    value = -np.sum(T * np.log(P)) / n
    dS = (P - T) / n
    gW2 = H.T @ dS
    gb2 = dS.sum(axis=0)
    dH = dS @ W2.T
    dZ = dH * (1 - H ** 2)
    gW1 = X.T @ dZ
    gb1 = dZ.sum(axis=0)
    return value, pack([gW1, gb1, gW2, gb2])
"""
SEPARATE = """\
import numpy as np


def cost(theta, X, y, k):
    Theta = theta.reshape(k, -1)
    scores = X @ Theta.T
    scores = scores - np.max(scores, axis=1, keepdims=True)
    logp = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(logp[np.arange(len(y)), y]) + 0.005 * np.sum(Theta ** 2)


def cost_grad(theta, X, y, k):
    Theta = theta.reshape(k, -1)
    scores = X @ Theta.T
    scores = scores - np.max(scores, axis=1, keepdims=True)
    p = np.exp(scores)
    p = p / p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    g = p.T @ X / len(y)
    g = g + 0.01 * Theta
    return g.ravel()
"""
ROSEN = """\
import numpy as np


def rosen(x):
    a = x[1:] - x[:-1] ** 2
    b = 1 - x[:-1]
    f = np.sum(100.0 * a ** 2 + b ** 2)
    g = np.zeros_like(x)
    g[1:] += 200.0 * a
    g[:-1] += -400.0 * x[:-1] * a
    g[:-1] += -2.0 * b
    return f, g
"""
EM = """\
import numpy as np


def nll(p, t, c):
    beta = p[:-1]
    log_sigma = p[-1]
    sigma = np.exp(log_sigma)
    mu = c @ beta
    z = (t - mu) / sigma
    value = 0.5 * np.dot(z, z) + len(t) * log_sigma
    jac = np.empty_like(p)
    jac[:-1] = -(c.T @ z) / sigma
    jac[-1] = len(t) - np.dot(z, z)
    return value, jac
"""
AUTOENC = """\
import numpy as np


def sig(a):
    return 1 / (1 + np.exp(-a))


def sparseAutoencoderCost(theta, visibleSize, hiddenSize, decay, rho, beta, data):
    hv = hiddenSize * visibleSize
    W1 = theta[0:hv].reshape(hiddenSize, visibleSize)
    W2 = theta[hv:2 * hv].reshape(visibleSize, hiddenSize)
    b1 = theta[2 * hv:2 * hv + hiddenSize]
    b2 = theta[2 * hv + hiddenSize:]
    m = data.shape[1]
    a2 = sig(W1.dot(data) + b1[:, np.newaxis])
    a3 = sig(W2.dot(a2) + b2[:, np.newaxis])
    rho_hat = np.mean(a2, axis=1)
    kl = np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat)))
    cost = 0.5 * np.sum((a3 - data) ** 2) / m + 0.5 * decay * (np.sum(W1 ** 2) + np.sum(W2 ** 2)) + beta * kl
    d3 = (a3 - data) * a3 * (1 - a3)
    sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat))
    d2 = (W2.T.dot(d3) + sparsity[:, np.newaxis]) * a2 * (1 - a2)
    W1grad = d2.dot(data.T) / m + decay * W1
    W2grad = d3.dot(a2.T) / m + decay * W2
    b1grad = np.sum(d2, axis=1) / m
    b2grad = np.sum(d3, axis=1) / m
    grad = np.hstack((W1grad.ravel(), W2grad.ravel(), b1grad.ravel(), b2grad.ravel()))
    return cost, grad
"""
CLASSY = """\
import numpy as np


class Net:
    def __init__(self, d, h):
        self.d, self.h = d, h

    def value_and_grad(self, w, X, y):
        k = self.d * self.h
        A = w[:k].reshape(self.d, self.h)
        v = w[k:k + self.h]
        Z = np.maximum(X @ A, 0)
        r = Z @ v - y
        f = 0.5 * (r @ r)
        grad = np.zeros(w.size)
        gZ = np.outer(r, v)
        gZ[Z <= 0] = 0
        grad[:k] = (X.T @ gZ).reshape(-1)
        grad[k:k + self.h] = Z.T @ r
        return f, grad
"""
FORTRAN = """\
import numpy as np


def fun(x, A, B, rank):
    m, n = A.shape
    U = x[: m * rank].reshape((m, rank), order="F")
    V = x[m * rank :].reshape((n, rank), order="F")
    R = B * (U @ V.T - A)
    f = 0.5 * (R * R).sum()
    G = B * R
    GU = G @ V
    GV = G.T @ U
    return f, np.r_[GU.ravel(order="F"), GV.ravel(order="F")]
"""
y = np.array([0, 2, 1, 2, 0, 1])
CASES = [
    ("ng", NG, "nnCostFunction", (0.5 * N(size=5 * 5 + 3 * 6), 4, 5, 3, N(size=(6, 4)), y, 0.7), {}, [
        ("delta_3 = a3 - y_matrix", "delta_3 = y_matrix - a3"),
        ("    Delta2 = delta_3.T.dot(a2)", "    Delta2 = 2 * delta_3.T.dot(a2)"),
        ("(lambda_ / m) * Theta1[:, 1:]", "lambda_ * Theta1[:, 1:]"),
    ]),
    ("linreg", LINREG, "linearRegCostFunction", (N(size=(7, 3)), N(size=7), N(size=3), 1.5), {}, [
        ("grad = (1 / m) * (h - y).dot(X)", "grad = (h - y).dot(X)"),
        ("(lambda_ / m) * theta[1:]", "(lambda_ / (2 * m)) * theta[1:]"),
    ]),
    ("cofi", COFI, "cofiCostFunc",
     (N(size=5 * 2 + 4 * 2), N(size=(5, 4)), (N(size=(5, 4)) > 0).astype(float), 4, 5, 2, 1.5), {}, [
        ("Y_temp, Theta_temp) + lambda_ * X[i, :]", "Y_temp, Theta_temp) + lambda_ / 2 * X[i, :]"),
        ("X_temp) + lambda_ * Theta[j, :]", "X_temp)"),
    ]),
    ("shapes", SHAPES, "objective", (0.5 * N(size=43), N(size=(6, 4)), one_hot(y, 3)), {}, [
        ("dH = dS @ W2.T", "dH = dS @ W2.T * 0.5"),
        ("dZ = dH * (1 - H ** 2)", "dZ = dH * (1 - H)"),
        ("gb2 = dS.sum(axis=0)", "gb2 = dS.mean(axis=0)"),
        ("    dS = (P - T) / n", "    dS = P - T"),
    ]),
    ("separate", SEPARATE, "cost", (N(size=12), N(size=(6, 4)), y, 3), {"gradient": "cost_grad"}, [
        ("g = p.T @ X / len(y)", "g = p.T @ X"),
        ("g = g + 0.01 * Theta", "g = g + 0.005 * Theta"),
        ("p[np.arange(len(y)), y] -= 1", "p[np.arange(len(y)), y] -= 2"),
    ]),
    ("rosen", ROSEN, "rosen", (N(size=5),), {}, [
        ("g[1:] += 200.0 * a", "g[1:] += 100.0 * a"),
        ("g[:-1] += -400.0 * x[:-1] * a", "g[:-1] += 400.0 * x[:-1] * a"),
        ("g[:-1] += -2.0 * b", "g[:-1] += 2.0 * b"),
    ]),
    ("normal", EM, "nll", (N(size=4), N(size=8), N(size=(8, 3))), {}, [
        ("jac[:-1] = -(c.T @ z) / sigma", "jac[:-1] = -(c.T @ z)"),
        ("jac[-1] = len(t) - np.dot(z, z)", "jac[-1] = len(t) + np.dot(z, z)"),
    ]),
    ("autoencoder", AUTOENC, "sparseAutoencoderCost",
     (0.5 * N(size=2 * 12 + 3 + 4), 4, 3, 0.01, 0.1, 0.5, N(size=(4, 6))), {}, [
        ("d3 = (a3 - data) * a3 * (1 - a3)", "d3 = (a3 - data)"),
        ("b1grad = np.sum(d2, axis=1) / m", "b1grad = np.sum(d2, axis=1)"),
        ("(W2.T.dot(d3) + sparsity", "(W2.T.dot(d3) - sparsity"),
    ]),
    ("method", CLASSY, "Net(4, 3).value_and_grad", (N(size=15), N(size=(6, 4)), N(size=6)), {}, [
        ("gZ[Z <= 0] = 0", "gZ[Z > 0] = 0"),
        ("grad[k:k + self.h] = Z.T @ r", "grad[k:k + self.h] = 2 * Z.T @ r"),
        ("gZ = np.outer(r, v)", "gZ = np.outer(r, v) / len(y)"),
    ]),
    ("order", FORTRAN, "fun", (N(size=5 * 2 + 4 * 2), N(size=(5, 4)), (N(size=(5, 4)) > 0).astype(float), 2), {}, [
        ("GU = G @ V", "GU = 2 * G @ V"),
        ("    G = B * R", "    G = -B * R"),
    ]),
]  # fmt: skip
