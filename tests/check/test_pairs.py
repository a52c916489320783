"""The pairs of a file by name, what is said of their inputs in words, and the inputs that are drawn for them."""

from __future__ import annotations

import ast

import numpy as np
import pytest

import gatewise as gw
from gatewise._check.guesses import guesses
from gatewise._check.pairs import left_alone, pairs_of
from gatewise._check.shapes import facts_of
from gatewise._errors import ArgumentError


def body(*signatures: str) -> list[ast.stmt]:
    return ast.parse("\n".join(f"def {each}: pass" for each in signatures)).body


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("affine_forward(x)", "affine_backward(dout, cache)"),
        ("forward_relu(x)", "backward_relu(dout, cache)"),
        ("sigmoid(z)", "sigmoid_grad(z)"),
        ("sigmoid(z)", "sigmoid_prime(z)"),
        ("sigmoid(z)", "sigmoidPrime(z)"),
        ("ReLU(x)", "dReLU(x)"),
        ("tanh(x)", "d_tanh(x)"),
        ("f(x)", "grad_f(x)"),
        ("J(theta)", "dJ(theta)"),
        ("forward(x)", "backward(dout, cache)"),
        ("compute_cost(X, y, w)", "compute_gradient(X, y, w)"),
        ("conv_fwd(x)", "conv_bwd(dout, cache)"),
        ("loss(w)", "gradient(w)"),
        ("batchnorm_forward(x)", "batchnorm_backward_alt(dout, cache)"),
    ],
)
def test_two_functions_are_a_pair(one: str, other: str) -> None:
    found = [(p.name, p.backward) for p in pairs_of(body(one, "helper(a)", other, "load_data(path)"))]
    assert found == [(one.partition("(")[0], other.partition("(")[0])]


def test_what_is_no_pair() -> None:
    functions = body(
        "train(x)", "gradient_descent(w)", "numerical_gradient(f, x)", "gradient_check(f)", "pool_backward(d)"
    )
    assert pairs_of(functions) == []
    assert left_alone(functions, []) == ["pool_backward"]


def test_functions_that_return_their_gradients_and_classes() -> None:
    text = """
def svm_loss(W, X, y):
    return loss, dW / n

def net_loss(params, X, y):
    return loss, {"W": g}, grads

def predict(x):
    return x, y

class Affine:
    def forward(self, x):
        return x
    def backward(self, dout):
        return dout

class Module:
    def forward(self, x):
        raise NotImplementedError
    def backward(self, dout):
        raise NotImplementedError

class Data:
    def forward(self, x):
        return x
"""
    assert [p.name for p in pairs_of(ast.parse(text).body)] == ["svm_loss", "net_loss", "Affine"]


def facts(text: str, *names: str) -> list[list[tuple[int, ...]]]:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return [fact.shapes for fact in facts_of(node, text, names).values()]


def test_shapes_are_read_in_docstrings_and_comments() -> None:
    text = '''
def affine(x, w, b, s):  # s is (4*H,)
    """
    - x: inputs, of shape (N, D)
    - w: weights of shape (D, M);
    b: scalar
    """
'''
    assert facts(text, "x", "w", "b", "s") == [[(4, 5)], [(5, 3)], [()], [(24,)]]
    assert facts("def f(x, y):\n    '''x: N x C x L, mu and y are scalars'''", "x", "y") == [[(4, 3, 6)], [()]]
    assert facts("def f(Q, gamma, beta):\n    'gamma, beta: (B, C), Q: (B, T, d)'", "Q", "beta") == [
        [(4, 3, 5)],
        [(4, 3)],
    ]
    assert facts("def f(x):\n    'x is what comes in (see below)'", "x") == [[]]


def drawn(text: str, name: str, **given: object) -> dict[str, str]:
    space: dict[str, object] = {"np": np}
    exec(compile(text, "<pairs>", "exec"), space)
    node = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == name)
    return dict(next(guesses(space[name], [node], text, given)).texts)  # type: ignore[arg-type]


def test_inputs_fit_the_function() -> None:
    affine = "def f(x, w, b):\n    return x @ w + b"
    assert drawn(affine, "f") == {"x": "randn(4, 5)", "w": "randn(5, 3)", "b": "randn(3)"}
    assert drawn(affine, "f", x=np.ones((2, 6))).keys() == {"w", "b"}  # what was given stays
    labels = "def f(x, y):\n    return x[np.arange(len(y)), y].sum()"
    assert drawn(labels, "f") == {"x": "randn(4, 5)", "y": "[0, 2, 1, 2]"}
    pooled = 'def f(x, pool_param):\n    n, c, h, w = x.shape\n    return x[:, :, :: pool_param["stride"]]'
    assert drawn(pooled, "f") == {"x": "randn(2, 3, 6, 6)", "pool_param": '{"stride": 1}'}
    logs = "def f(p):\n    with np.errstate(all='ignore'):\n        return np.log(p).sum()"
    assert drawn(logs, "f") == {"p": "0.5"}


def test_inputs_that_fit_nothing_are_given_up() -> None:
    text = "def f(x, handle):\n    return handle.read(x)"
    with pytest.raises(StopIteration):
        drawn(text, "f")


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = self.dW = self.db = None

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Wrong(Affine):
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=1)
        return dout @ self.W.T


def test_an_object_that_keeps_its_gradients_is_judged_with_its_weights() -> None:
    n = np.random.default_rng(0).normal
    layer = Affine(n(size=(3, 4)), n(size=4))
    before = layer.W.copy()
    report = gw.check(layer, n(size=(5, 3)))
    assert report.verdict == "right"
    assert {p.name for p in report.parameters} == {"W", "b", "x"}
    np.testing.assert_array_equal(layer.W, before)
    report = gw.check(Wrong(n(size=(3, 4)), n(size=4)), x=n(size=(4, 3)))
    assert report.verdict == "wrong"
    assert [m.text.strip() for m in report.mistakes] == ["self.db = dout.sum(axis=1)"]


class Accumulating:
    """A layer in the manner of a course: gradients are added up until somebody empties them, and x is kept."""

    def __init__(self):
        self.w, self.b = np.full((3, 5), 0.3) + np.eye(3, 5), np.zeros(3)
        self.x, self.y = np.zeros(5), np.zeros(3)
        self.grad_w, self.grad_b = np.zeros((3, 5)), np.zeros(3)

    def forward(self, x):
        self.x = x.ravel()
        self.y = np.matmul(self.w, self.x)
        self.y += self.b
        return self.y

    def backward(self, grad_y):
        self.grad_b += grad_y
        self.grad_w += np.outer(grad_y, self.x)
        return np.matmul(grad_y, self.w)


class Averaging(Accumulating):
    def backward(self, grad_y):
        self.grad_b += grad_y / 2
        self.grad_w += np.outer(grad_y, self.x)
        return np.matmul(grad_y, self.w)


def test_gradients_that_are_added_up_begin_at_nothing_each_time():
    x = np.linspace(-1, 1, 5)
    report = gw.check(Accumulating(), x)
    assert report.verdict == "right"
    assert [p.name for p in report.parameters] == ["w", "b", "x"]  # one x: what is kept of it is no weight
    report = gw.check(Averaging(), x)
    assert [m.text for m in report.mistakes] == ["self.grad_b += grad_y / 2"]


def test_a_base_class_that_reads_nothing_is_no_layer():
    text = (
        "class Loss:\n    def forward(self, x, t):\n        return 0.0\n    def backward(self):\n        return 0.0\n"
    )
    assert pairs_of(ast.parse(text).body) == []


class Keeping:
    """A loss that is kept and not returned, in the manner of a public library."""

    def forward(self, x, t):
        self.x, self.t = x, t
        self.loss = 0.5 * np.sum((x - t) ** 2)
        return x

    def backward(self):
        return self.x - self.t


def test_a_way_back_without_an_upstream_gradient_is_none_from_an_array():
    with pytest.raises(ArgumentError, match=r"backward takes nothing, and what comes out has shape \(3,\)"):
        gw.check(Keeping(), np.ones(3), np.zeros(3))


class Scaled:
    """A weight that is called g, as gradients are, is no gradient to be emptied."""

    def __init__(self):
        self.g = np.ones(3)

    def forward(self, x):
        self.x = x
        return self.g * x**2

    def backward(self, dout):
        self.dg = (dout * self.x**2).sum(axis=0)
        return self.g * dout * self.x


def test_a_weight_that_is_called_g_stays_the_weight():
    report = gw.check(Scaled(), np.linspace(-1, 1, 6).reshape(2, 3))
    assert [p.verdict for p in report.parameters] == ["right", "wrong"]
    assert [m.text for m in report.mistakes] == ["return self.g * dout * self.x"]


def test_what_arrives_at_a_layer_may_be_given():
    x = np.linspace(-1, 1, 5)
    assert gw.check(Accumulating(), x, upstream=np.array([1.0, 0.0, 2.0])).verdict == "right"
    report = gw.check(Averaging(), x, upstream=np.array([1.0, 0.0, 0.0]))
    assert [(p.name, p.verdict) for p in report.parameters] == [("w", "right"), ("b", "wrong"), ("x", "right")]


class TwoWeights:
    """Of two weights one has its gradient; enc and dec both have a W; a list of weights, with one of gradients."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W1, self.W2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))

    def forward(self, x):
        self.x, self.h = x, x @ self.W1
        return self.h @ self.W2

    def backward(self, dout):
        self.dW2 = self.h.T @ dout
        return dout @ self.W2.T @ self.W1.T


class TwoDicts:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.enc, self.dec = {"W": rng.normal(size=(3, 4))}, {"W": rng.normal(size=(4, 2))}

    def forward(self, x):
        self.x, self.h = x, x @ self.enc["W"]
        return self.h @ self.dec["W"]

    def backward(self, dout):
        dh = dout @ self.dec["W"].T
        self.enc_grads, self.dec_grads = {"W": 7 * self.x.T @ dh}, {"W": self.h.T @ dout}
        return dh @ self.enc["W"].T


class InLists:
    factor = 1.0

    def __init__(self):
        rng = np.random.default_rng(0)
        self.layers = [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))]

    def forward(self, x):
        self.x, self.h = x, x @ self.layers[0]
        return self.h @ self.layers[1]

    def backward(self, dout):
        dh = dout @ self.layers[1].T
        self.grads = [self.factor * self.x.T @ dh, self.h.T @ dout]
        return dh @ self.layers[0].T


class InListsWrong(InLists):
    factor = 3.0


def test_a_weight_without_a_gradient_is_not_passed_over():
    x = np.random.default_rng(1).normal(size=(5, 3))
    report = gw.check(TwoWeights(), x)
    assert report.not_given == ("W1",)
    assert not report
    report = gw.check(TwoDicts(), x)
    assert report.not_given == ("enc['W']",)
    assert not report


def test_weights_in_a_list_have_their_gradients_in_another():
    x = np.random.default_rng(1).normal(size=(5, 3))
    assert [(p.name, p.verdict) for p in gw.check(InLists(), x).parameters] == [
        ("layers[0]", "right"), ("layers[1]", "right"), ("x", "right"),
    ]  # fmt: skip
    assert [p.verdict for p in gw.check(InListsWrong(), x).parameters] == ["wrong", "right", "right"]
