"""Layers in the manners of published books and tutorials: right as they stand, wrong with a mistake in them."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest

import gatewise as gw
from gatewise._check.lines import Told
from gatewise._check.verdict import Judge

CELL = """import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

class Cell:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params
        H = h_prev.shape[1]
        A = x @ Wx + h_prev @ Wh + b
        f, g, i = sigmoid(A[:, :H]), np.tanh(A[:, H:2 * H]), sigmoid(A[:, 2 * H:])
        c_next = f * c_prev + g * i
        h_next = np.tanh(c_next)
        self.cache = x, h_prev, c_prev, f, g, i, h_next
        return h_next, c_next

    def backward(self, dh_next, dc_next):
        Wx, Wh, b = self.params
        x, h_prev, c_prev, f, g, i, h_next = self.cache
        ds = dc_next + dh_next * (1 - h_next ** 2)
        dA = np.hstack([ds * c_prev * f * (1 - f), ds * i * (1 - g ** 2), ds * g * i * (1 - i)])
        self.grads[0][...] = x.T @ dA
        self.grads[1][...] = h_prev.T @ dA
        self.grads[2][...] = dA.sum(axis=0)
        return dA @ Wx.T, dA @ Wh.T, ds * f
"""
DENSE = """import numpy as np

class Dense:
    def __init__(self, in_size, out_size):
        self.W = np.random.randn(in_size, out_size)
        self.b = np.zeros((1, out_size))
        self.params = [self.W, self.b]

    def forward(self, X):
        self.X = X
        return X @ self.W + self.b

    def backward(self, dout):
        dW = self.X.T @ dout
        db = np.sum(dout, axis=0)
        return dout @ self.W.T, [dW, db]
"""
STEPPED = """import numpy as np

class Filters:
    def __init__(self, num_filters):
        self.filters = np.random.randn(num_filters, 3) / 9

    def forward(self, input):
        self.last_input = input
        n, = input.shape
        output = np.zeros((n - 2, len(self.filters)))
        for i in range(n - 2):
            output[i] = np.sum(input[i:i + 3] * self.filters, axis=1)
        return output

    def backprop(self, d_L_d_out, learn_rate):
        d_L_d_filters = np.zeros(self.filters.shape)
        for i in range(len(d_L_d_out)):
            for f in range(len(self.filters)):
                d_L_d_filters[f] += d_L_d_out[i, f] * self.last_input[i:i + 3]
        self.filters -= learn_rate * d_L_d_filters
        return None
"""
ONE_HOT = """import numpy as np

class Softmax:
    def forward(self, input):
        self.p = np.exp(input) / np.sum(np.exp(input))
        return self.p

    def backprop(self, d_L_d_out):
        for i, gradient in enumerate(d_L_d_out):
            if gradient == 0:
                continue
            d_out_d_t = -self.p[i] * self.p
            d_out_d_t[i] = self.p[i] * (1 - self.p[i])
            return gradient * d_out_d_t
"""
TWO_WAYS = """import numpy as np

class TwoWays:
    def __init__(self, W1, U1, W2, U2):
        self.W1, self.U1, self.W2, self.U2 = W1, U1, W2, U2

    def forward(self, xs):
        D, H = self.W1.shape[0], self.U1.shape[1] // 3
        self.xs, self.H = xs, H
        self.t1, self.t2 = np.tanh(xs @ self.W1), np.tanh(xs[::-1] @ self.W2)
        return np.concatenate([self.t1 @ self.U1, (self.t2 @ self.U2)[::-1]], axis=1)

    def backward(self, dout):
        half = dout.shape[1] // 2
        d1, d2 = dout[:, :half], dout[:, half:][::-1]
        self.dU1, self.dU2 = self.t1.T @ d1, self.t2.T @ d2
        g1, g2 = (d1 @ self.U1.T) * (1 - self.t1**2), (d2 @ self.U2.T) * (1 - self.t2**2)
        self.dW1, self.dW2 = self.xs.T @ g1, self.xs[::-1].T @ g2
        return g1 @ self.W1.T + (g2 @ self.W2.T)[::-1]
"""
LAZY = """import numpy as np

class Lazy:
    def __init__(self, n_out):
        self.n_out, self.is_initialized, self.X = n_out, False, []
        self.parameters, self.gradients = {"W": None, "b": None}, {}
        self.derived_variables = {"Z": []}

    def forward(self, X):
        if not self.is_initialized:
            W, b = np.random.randn(X.shape[1], self.n_out), np.zeros((1, self.n_out))
            self.parameters = {"W": W, "b": b}
            self.gradients = {"W": np.zeros_like(W), "b": np.zeros_like(b)}
            self.is_initialized = True
        Z = X @ self.parameters["W"] + self.parameters["b"]
        self.X.append(X)
        self.derived_variables["Z"].append(Z)
        return np.tanh(Z)

    def backward(self, dLdy):
        dX = []
        for X, Z in zip(self.X, self.derived_variables["Z"]):
            dZ = dLdy * (1 - np.tanh(Z) ** 2)
            self.gradients["W"] += X.T @ dZ
            self.gradients["b"] += dZ.sum(axis=0)
            dX.append(dZ @ self.parameters["W"].T)
        return dX[0] if len(self.X) == 1 else dX
"""
LEFT_BEHIND = """import numpy as np

class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.1 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)
"""
MEAN_LOSS = """import numpy as np

class CrossEntropy:
    def forward(self, y_pred, y_true):
        clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return -np.log(clipped[range(len(y_pred)), y_true])

    def backward(self, dvalues, y_true):
        samples, labels = dvalues.shape
        y_true = np.eye(labels)[y_true]
        self.dinputs = -y_true / dvalues
        self.dinputs = self.dinputs / samples
"""
CASES = {
    "left behind": (LEFT_BEHIND, "np.dot(dvalues, self.weights.T)", "np.dot(dvalues, self.weights.T) * 0.5"),
    "weights left behind": (LEFT_BEHIND, "np.dot(self.inputs.T, dvalues)", "np.dot(self.inputs.T, dvalues) / 2"),
    "a mean loss": (MEAN_LOSS, "self.dinputs / samples", "self.dinputs / labels"),
    "weights made at first": (LAZY, "+= X.T @ dZ", "+= X.T @ dZ / len(X)"),
    "several outputs": (CELL, "ds = dc_next + dh_next * (1 - h_next ** 2)", "ds = dh_next * (1 - h_next ** 2)"),
    "a row of biases": (DENSE, "dW = self.X.T @ dout", "dW = self.X.T @ dout / len(dout)"),
    "a step at a rate": (STEPPED, "d_L_d_filters[f] += d_L_d_out[i, f]", "d_L_d_filters[f] += 2 * d_L_d_out[i, f]"),
    "two directions": (TWO_WAYS, "(d1 @ self.U1.T) * (1 - self.t1**2)", "(d1 @ self.U1.T) * (1 - self.t1)"),
    "one entry": (ONE_HOT, "d_out_d_t[i] = self.p[i] * (1 - self.p[i])", "d_out_d_t[i] = self.p[i]"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_published_manner(typed, tmp_path, name):
    text, right, wrong = CASES[name]
    file = tmp_path / "layer.py"
    file.write_text(text)
    assert "1 pair: 1 right." in typed("check", str(file)).out
    file.write_text(text.replace(right, wrong))
    with mock.patch.object(Judge, "told_of_lines", return_value=Told()):  # the verdict alone: the search takes its time
        assert "1 wrong" in typed("check", str(file)).out


def test_every_gradient_of_a_layer_that_fills_lists_is_judged(typed, tmp_path):
    file = tmp_path / "lazy.py"
    file.write_text(LAZY.replace("X.T @ dZ", "X.T @ dZ / len(X)"))
    found = typed("check", f"{file}:Lazy", "n_out=3", "X=randn(4, 5)").out
    assert [f"{name}  {word}" in found for name, word in (("W", "wrong"), ("b", "right"), ("X", "right"))] == [True] * 3


def test_what_is_right_for_one_entry_says_so(typed, tmp_path):
    file = tmp_path / "softmax.py"
    file.write_text(ONE_HOT)
    assert "read so: one entry alone of what arrives is not 0" in typed("check", str(file)).out


def test_several_upstreams_may_be_given():
    space: dict[str, object] = {}
    exec(CELL, space)
    N = np.random.default_rng(2).normal
    cell = space["Cell"](N(size=(3, 12)), N(size=(4, 12)), N(size=12))
    args = N(size=(2, 3)), N(size=(2, 4)), N(size=(2, 4))
    assert gw.check(cell, *args, upstream=(np.ones((2, 4)), np.zeros((2, 4))))
