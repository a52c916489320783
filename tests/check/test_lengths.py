"""Lengths of axes that fit together are found by running a function, where neither words nor lists have them."""

from __future__ import annotations

import ast
import textwrap

import numpy as np
import pytest

from gatewise._check.guesses import guesses
from gatewise._check.lengths import told_in

LSTM = """
def step(x, h, c0, Wx, Wh, b):
    H = h.shape[1]
    a = x.dot(Wx) + h.dot(Wh) + b
    i, f, o = sig(a[:, :H]), sig(a[:, H : 2 * H]), sig(a[:, 2 * H : 3 * H])
    c = f * c0 + i * np.tanh(a[:, 3 * H :])
    return o * np.tanh(c)
"""
GRU = """
def step(x, h, W, U, b, Wc, Uc, bc):
    z, r = np.split(sig(x @ W + h @ U + b), 2, axis=1)
    new = np.tanh(x @ Wc + (r * h) @ Uc + bc)
    return z * h + (1 - z) * new
"""
BUFFER = """
def run(x, h0, Wx, Wh, b):
    N, T, D = x.shape
    out = np.zeros((N, T, b.shape[0]))
    for t in range(T):
        out[:, t] = np.tanh(x[:, t].dot(Wx) + (out[:, t - 1] if t else h0).dot(Wh) + b)
    return out
"""
ATTENTION = """
def attend(x, Wq, Wk, Wv, Wo):
    B, T, D = x.shape
    s = np.einsum("btd,dh,bsd,eh->bts", x, Wq, x, Wk)
    p = np.exp(s - s.max(axis=-1, keepdims=True))
    return (p / p.sum(axis=-1, keepdims=True)) @ x @ Wv @ Wo
"""
COLUMNS = """
def forward(X, W1, b1, W2, b2, Y):
    A = np.dot(W2, np.maximum(0, np.dot(W1, X) + b1)) + b2
    return np.sum((A - Y) ** 2) / X.shape[1]
"""
MASKED = """
def loss(x, y, mask):
    N, T, V = x.shape
    flat = x.reshape(N * T, V)
    p = np.exp(flat - flat.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return -np.sum(mask.reshape(N * T) * np.log(p[np.arange(N * T), y.reshape(N * T)])) / N
"""
JOINED = """
def step(x, h, Wf, bf):
    both = np.concatenate([h, x], axis=1)
    return h * sig(both @ Wf + bf)
"""


def found(text):
    text = textwrap.dedent(text)
    scope = {"np": np, "sig": lambda z: 1 / (1 + np.exp(-z))}
    exec(compile(text, "f.py", "exec"), scope)
    node = ast.parse(text).body[0]
    return next(guesses(scope[node.name], [node], text, {}), None)


@pytest.mark.parametrize("text", [LSTM, GRU, BUFFER, ATTENTION, COLUMNS, MASKED, JOINED])
def test_inputs_are_found_without_a_word_on_their_shapes(text):
    guess = found(text)
    assert guess is not None
    assert not guess.told
    assert all(max(np.shape(x), default=1) < 60 for x in guess.values.values())


def test_an_lstm_s_four_gates_are_four_times_its_state():
    shapes = {name: np.shape(x) for name, x in found(LSTM).values.items()}
    H = shapes["h"][1]
    assert shapes["Wx"] == (shapes["x"][1], 4 * H)
    assert shapes["Wh"] == (H, 4 * H)
    assert shapes["c0"] == shapes["h"] != shapes["x"]


def test_axes_that_nothing_joins_have_lengths_of_their_own():
    shapes = {name: np.shape(x) for name, x in found(COLUMNS).values.items()}
    assert len({shapes["X"][0], shapes["X"][1], shapes["W1"][0], shapes["W2"][0]}) == 4


def test_what_fits_nowhere_is_given_up():
    assert found("def f(x, w):\n    return (x @ w) @ (x @ np.ones((7, 3)) @ w).T[:, :2, :9]\n") is None


def test_a_matrix_that_is_called_symmetric_is_drawn_so():
    """A gradient of x @ J @ x that is written as 2 * J @ x is right where J is."""
    J = found("# couplings J (symmetric)\ndef energy(x, J):\n    return x @ J @ x\n").values["J"]
    assert np.array_equal(J, J.T)


@pytest.mark.parametrize(
    "run",
    [
        lambda: np.ones((2, 3)).dot(np.ones((4, 5))),
        lambda: np.ones((2, 3)) @ np.ones((4, 5)),
        lambda: np.ones((2, 3)) + np.ones((2, 4)),
        lambda: np.zeros((2, 4)).__setitem__(slice(None), np.ones((2, 3))),
    ],
)
def test_what_numpy_says_of_two_lengths_is_read(run):
    with pytest.raises(ValueError, match=r".") as caught:
        run()
    told = told_in(str(caught.value))
    assert {told.length, told.becomes} == {3, 4}
