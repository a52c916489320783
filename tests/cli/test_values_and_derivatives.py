"""Objects with a value and its derivative, as activations and losses; losses along their predictions."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from gatewise._board import module_in_file
from gatewise._check.pairs import pairs_of
from gatewise._syntax import module

N = np.random.default_rng(5).normal


class Swish:
    def __init__(self, steep: float = 1.5) -> None:
        self.steep = steep

    def __call__(self, x):
        return x / (1 + np.exp(-self.steep * x))

    def derivative(self, x):
        s = 1 / (1 + np.exp(-self.steep * x))
        return s + self.steep * x * s * (1 - s)


class Crooked(Swish):
    def derivative(self, x):
        s = 1 / (1 + np.exp(-self.steep * x))
        return s + x * s * (1 - s)


def test_an_object_with_a_value_and_its_derivative():
    assert gw.check(Swish(), N(size=(3, 4)))
    report = gw.check(Crooked(), N(size=(3, 4)))
    assert report.verdict == "wrong"
    assert [m.text for m in report.mistakes] == ["return s + x * s * (1 - s)"]


def test_an_object_whose_derivative_takes_something_else_is_a_function():
    class Model:
        def __call__(self, x):
            return np.sum(np.tanh(x))

        def gradient(self, X, y):
            raise AssertionError("this is of a loss")

    assert gw.check(Model(), N(size=3)).source == "gatewise's own gradient"


LOSSES = """import numpy as np

class Quadratic:
    def loss(self, y, y_pred):
        return 0.5 * (y - y_pred) ** 2

    def gradient(self, y, y_pred):
        return {quadratic}

class Bernoulli:
    def loss(self, y, p):
        return -y * np.log(p) - (1 - y) * np.log(1 - p)

    def gradient(self, y, p):
        return {bernoulli}

class Penalty:
    def __init__(self, alpha):
        self.alpha = alpha
    def __call__(self, w):
        return 0.5 * self.alpha * np.sum(w * w)
    def grad(self, w):
        return {penalty}

class Unwritten:
    def loss(self, y, y_pred):
        return NotImplementedError()
    def gradient(self, y, y_pred):
        raise NotImplementedError()

def mse(y_pred, y):
    return np.mean((y_pred - y) ** 2)

def mse_grad(y_pred, y):
    return {mse}
"""
RIGHT = {
    "quadratic": "-(y - y_pred)",
    "bernoulli": "-y / p + (1 - y) / (1 - p)",
    "penalty": "self.alpha * w",
    "mse": "2 * (y_pred - y) / y.size",
}
WRONG = {
    "quadratic": "2 * (y_pred - y)",
    "bernoulli": "-y / p - (1 - y) / (1 - p)",
    "penalty": "self.alpha * 2 * w",
    "mse": "2 * (y_pred - y)",
}


def test_losses_along_the_prediction(typed, tmp_path):
    file = tmp_path / "losses.py"
    file.write_text(LOSSES.format(**RIGHT))
    found = typed("check", str(file)).out
    assert "4 pairs: 4 right." in found


SIGN = {"quadratic": "y - y_pred", "bernoulli": "y / p - (1 - y) / (1 - p)", "mse": "-2 * (y_pred - y) / y.size"}


@pytest.mark.parametrize("name", SIGN)
def test_the_gradient_along_the_labels_is_not_that_of_the_prediction(typed, tmp_path, name):
    """Of a loss of differences the one is the other with the wrong sign."""
    file = tmp_path / "losses.py"
    file.write_text(LOSSES.format(**{**RIGHT, name: SIGN[name]}))
    assert "4 pairs: 3 right, 1 wrong." in typed("check", str(file)).out


@pytest.mark.parametrize("name", RIGHT)
def test_a_wrong_loss_is_wrong_along_every_input(typed, tmp_path, name):
    file = tmp_path / "losses.py"
    file.write_text(LOSSES.format(**{**RIGHT, name: WRONG[name]}))
    found = typed("check", str(file)).out
    assert "4 pairs: 3 right, 1 wrong." in found
    assert f"return {WRONG[name]}" in found


def test_a_class_that_is_left_to_be_written_is_no_pair():
    named = [(p.name, p.methods, p.is_gradient) for p in pairs_of(module(LOSSES.format(**RIGHT)).body) if p.methods]
    assert named == [
        ("Quadratic", ("loss", "gradient"), True),
        ("Bernoulli", ("loss", "gradient"), True),
        ("Penalty", ("__call__", "grad"), True),
    ]


def elbo(y, y_pred, t_mean, t_log_var):
    kl = -0.5 * np.sum(1 + t_log_var - t_mean**2 - np.exp(t_log_var))
    return np.sum((y - y_pred) ** 2) + kl


def elbo_grad(y, y_pred, t_mean, t_log_var):
    dLogVar = -0.5 * (1 - np.exp(t_log_var))
    dMean = t_mean
    dY_pred = 2 * (y_pred - y)
    return dY_pred, dLogVar, dMean


def test_gradients_are_called_after_the_last_words_of_a_name():
    report = gw.check(elbo, N(size=(4, 3)), N(size=(4, 3)), N(size=(4, 2)), N(size=(4, 2)), gradient=elbo_grad)
    assert {p.name: p.verdict for p in report.parameters} == dict.fromkeys(("y_pred", "t_mean", "t_log_var"), "right")


HALVES = """import numpy as np

def linear_forward(X, W, b):
    n_out = W.shape[0]
    out = W @ X.reshape(W.shape[1], -1) + b
    return out.reshape(n_out, -1), (X, W, b)

def linear_backward(dout, cache):
    X, W, b = cache
    db = np.sum(dout, axis=1).reshape(W.shape[0], -1)
    dW = dout @ X.reshape(W.shape[1], -1).T
    return (W.T @ dout).reshape(X.shape), dW, db

def drop_forward(X, p_dropout):
    kept = np.random.binomial(1, p_dropout, size=X.shape) / p_dropout
    return X * kept, kept

def drop_backward(dout, cache):
    return dout * cache

def norm_forward(X, gamma, cache, momentum=0.9):
    mean, scale = cache
    mu = np.mean(X, axis=0)
    cache = (X - mu, gamma)
    mean = momentum * mean + (1 - momentum) * mu
    return gamma * (X - mu), cache, mean

def norm_backward(dout, cache):
    centred, gamma = cache
    return gamma * (dout - dout.mean(axis=0)), np.sum(dout * centred, axis=0)
"""


def test_columns_of_biases_shares_and_caches_that_are_handed_on(typed, tmp_path):
    """A bias in a column is drawn so; a share kept has no gradient; the cache is what the backward half calls so."""
    file = tmp_path / "layers.py"
    file.write_text(HALVES)
    assert "3 pairs: 3 right." in typed("check", f"{file}").out
    args = N(size=(4, 5)), N(size=5), (N(size=5), N(size=5))
    with module_in_file(str(file)) as made:
        assert gw.check(made.norm_forward, *args, backward=made.norm_backward)
