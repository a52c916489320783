"""`gatewise check FILE.py:Class` and `FILE.py:Class.method`: the object is made, its weights are judged."""

from __future__ import annotations

from pathlib import Path

import pytest
from check.test_objects import BOX, FORMS, NET

RETURNS = """\
import numpy as np
class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size):
        self.params = {"W1": 0.1 * np.random.randn(input_size, hidden_size), "b1": np.zeros(hidden_size)}
        self.params.update(W2=0.1 * np.random.randn(hidden_size, output_size), b2=np.zeros(output_size))
    def loss(self, X, y=None, reg=0.0):
        W1, b1, W2, b2 = (self.params[name] for name in ("W1", "b1", "W2", "b2"))
        n = X.shape[0]
        h = np.maximum(0, X.dot(W1) + b1)
        scores = h.dot(W2) + b2
        if y is None:
            return scores
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(n), y]).mean() + reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
        dscores = p.copy()
        dscores[np.arange(n), y] -= 1
        dscores /= n
        grads = {}
        grads["W2"] = h.T.dot(dscores) + 2 * reg * W2
        grads["b2"] = dscores.sum(axis=0)
        dh = dscores.dot(W2.T)
        dh[h <= 0] = 0
        grads["W1"] = X.T.dot(dh) + 2 * reg * W1
        grads["b1"] = dh.sum(axis=0)
        return loss, grads
"""
GIVEN = ("W1=randn(3,4)", "b1=randn(4)", "W2=randn(4,2)", "b2=randn(2)", "x=randn(5,3)", "t=randn(5,2)")


@pytest.mark.parametrize("named", ["", ":TwoLayerNet.loss"])
@pytest.mark.parametrize(("right", "status"), [("2 * reg * W1", 0), ("reg * W1", 1)])
def test_a_method_that_returns_gradients_is_judged_with_the_weights_of_its_object(typed, named, right, status):
    Path("net.py").write_text(RETURNS.replace("2 * reg * W1", right))
    answer = typed("check", f"net.py{named}")
    assert answer.status == status, answer
    assert ("line 24: grads" in answer.out) is (status == 1)


def test_a_net_on_the_command_line(typed):
    Path("net.py").write_text("import numpy as np\n" + NET.replace("return dout * self.mask", "return dout"))
    answer = typed("check", "net.py:Net", *GIVEN)
    assert answer.status == 1
    assert "layers[1] (ReLU), line 22: return dout" in answer.out
    Path("net.py").write_text("import numpy as np\n" + NET)
    assert typed("check", "net.py:Net.backward", *GIVEN).status == 0


LINE = "class Line:\n    def __init__(self, w):\n        self.w = w\n    def at(self, x):\n        return x @ self.w\n"


def test_a_method_that_gives_no_gradient_is_not_right(typed):
    Path("line.py").write_text(LINE)
    answer = typed("check", "line.py:Line.at", "w=randn(3)", "x=randn(2,3)")
    assert answer.status == 2
    assert "gives no gradient" in answer.err
    assert "no method of this name" in typed("check", "line.py:Line.att").err
    assert "gatewise check line.py:Line.at" in typed("check", "line.py:Line").err


COST = """\
import numpy as np
class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return -np.sum(t * np.log(self.y)) / x.shape[0]
    def backward(self, dout=1):
        batch_size = self.t.shape[0]
        return (self.y - self.t) / batch_size
"""


@pytest.mark.parametrize(("text", "status"), [(COST, 0), (COST.replace(" / batch_size", ""), 1)])
def test_labels_of_a_softmax_are_drawn_as_one_hot_rows(typed, text, status):
    """At other labels `y - t` is not the gradient, and the right one was called wrong."""
    Path("cost.py").write_text(text)
    answer = typed("check", "cost.py")
    assert answer.status == status, answer
    assert ("t has one-hot rows" in answer.out) is (status == 0)


DENSE = """\
import numpy as np
class Dense:
    def __init__(self, input_size, output_size):
        self.weights, self.bias = np.random.randn(output_size, input_size), np.random.randn(output_size, 1)
    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias
    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient
def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))
def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [("", "", 0), ("self.weights.T, output", "2 * self.weights.T, output", 10), ("2 * (y_pred", "(y_pred", 17)],
)
def test_a_file_in_the_manner_of_a_tutorial(typed, right, wrong, line):
    """Gradients that are only steps, columns that the first inputs do not fit, labels before what is predicted."""
    Path("dense.py").write_text(DENSE.replace(right, wrong, 1))
    answer = typed("check", "dense.py")
    assert answer.status == (1 if line else 0), answer
    assert not line or f"line {line}: " in answer.out


LAYERS = DENSE.partition("class Dense")[0] + "class Affine" + FORMS["a list of boxes"].partition("class Form")[2]
SEQUENTIAL = """\
class Sequential:
    def __init__(self, *layers):
        self.layers = layers
    def forward(self, x):
        return x
    def backward(self, d):
        return d
"""


def test_what_is_typed_after_a_class(typed):
    Path("layers.py").write_text(BOX + LAYERS)
    assert "gatewise check layers.py:Affine.forward" in typed("check", "layers.py:Affine.forward()").err
    assert "--wrt is not for Affine" in typed("check", "layers.py:Affine", "--wrt", "x").err
    assert "(5,4) (5,)" in typed("check", "layers.py:Affine", "W=randn(3,4)", "b=randn(5)", "x=randn(5,3)").err
    answer = typed("check", "layers.py:Affine", "x=randn(5,3)")
    assert "params[1]  right" in answer.out, "a bias that is a number is not judged"


def test_a_container_of_layers_that_are_handed_to_it_has_no_row(typed):
    Path("layers.py").write_text(BOX + LAYERS + SEQUENTIAL)
    assert "1 pair: 1 right" in typed("check", "layers.py").out


def test_an_empty_mark_of_a_package_is_no_answer(typed):
    Path("package").mkdir()
    Path("package/__init__.py").write_text("")
    Path("package/one.py").write_text("x = 2.0\nf = x * x\ndx = 2 * x\n")
    assert typed("check", "package", "--timeout", "60").out.splitlines()[-2] == "1 files: 1 right."
