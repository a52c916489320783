"""`gatewise check layers.py`: every pair of a file, with inputs that are drawn; a class by its name; settings typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

LAYERS = """
import numpy as np

def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)

def relu(x):
    return np.maximum(x, 0)

def relu_backward(dout, x):
    dx = dout.copy()
    dx[x > 0] = 0
    return dx

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(a):
    return a * (1 - a)

def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    n = len(y)
    dx = p.copy()
    dx[np.arange(n), y] -= 1
    return -np.log(p[np.arange(n), y]).mean(), dx / n

def batchnorm_forward(x, gamma, beta, bn_param):
    mode = bn_param["mode"]
    mu, var = x.mean(axis=0), x.var(axis=0)
    bn_param["running_mean"] = 0.9 * bn_param.get("running_mean", 0.0) + 0.1 * mu
    hat = (x - mu) / np.sqrt(var + 1e-5)
    return gamma * hat + beta, (hat, gamma, var)

def batchnorm_backward(dout, cache):
    hat, gamma, var = cache
    g = dout * gamma
    dx = (g - g.mean(axis=0) - hat * (g * hat).mean(axis=0)) / np.sqrt(var + 1e-5)
    return dx, (dout * hat).sum(axis=0), dout.sum(axis=0)

class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.mean(axis=0)
        return dout @ self.W.T

def open_backward(dout, cache):
    return dout
"""


@pytest.fixture
def layers() -> str:
    Path("layers.py").write_text(LAYERS, encoding="utf-8")
    return "layers.py"


def test_a_row_for_each_pair(typed, layers):
    result = typed("check", layers)
    assert result.status == 1
    text = result.out
    assert f"{layers}: 6 pairs: 4 right, 2 wrong." in text
    for said in (
        "right        affine_forward, affine_backward",
        "wrong        relu, relu_backward\n               line 16: dx[x > 0] = 0",
        "right        sigmoid, sigmoid_prime\n               read so: a is what sigmoid returns",
        "right        softmax_loss",
        "right        batchnorm_forward, batchnorm_backward",
        "wrong        Affine\n               line 54: self.db = dout.mean(axis=0)",
        "No forward half was found for open_backward.",
    ):
        assert said in text
    assert f"gatewise check {layers}:relu 'x=randn(4, 5)'" in text


def test_the_rows_as_json(typed, layers):
    found = json.loads(typed("check", layers, "--json").out)
    assert found["verdict"] == "wrong"
    assert [row["verdict"] for row in found["pairs"]] == ["right", "wrong", "right", "right", "right", "wrong"]
    assert found["pairs"][0]["inputs"] == {"x": "randn(4, 5)", "w": "randn(5, 3)", "b": "randn(3)"}
    assert found["alone"] == ["open_backward"]


def test_one_pair_alone(typed, layers):
    result = typed("check", f"{layers}:relu", "x=randn(2, 3)")
    assert result.status == 1
    assert "line 16: dx[x > 0] = 0" in result.out
    result = typed("check", f"{layers}:Affine", "W=randn(3, 4)", "b=randn(4)", "x=randn(5, 3)")
    assert result.status == 1
    assert "line 54: self.db = dout.mean(axis=0)" in result.out
    assert "a factor dout.shape[0] is missing" in result.out


def test_settings_are_typed(typed, layers):
    words = ("x=randn(4,5)", "gamma=randn(5)", "beta=randn(5)")
    assert typed("check", f"{layers}:batchnorm_forward", *words, 'bn_param={"mode": "train"}').status == 0
    assert typed("check", f"{layers}:batchnorm_forward", *words, "bn_param={'mode': 'train', 'eps': 1e-5}").status == 0
    result = typed("check", f"{layers}:batchnorm_forward", *words, "bn_param={mode: train}")
    assert result.status == 2
    assert "this is no dict of numbers and words" in result.err


def test_inputs_that_are_not_found_are_asked_for(typed):
    text = "def read_forward(handle, x):\n    return handle.read(x), handle\n\n\ndef read_backward(dout, cache): ...\n"
    Path("odd.py").write_text(text, encoding="utf-8")
    result = typed("check", "odd.py")
    assert result.status == 3
    assert "not run      read_forward, read_backward" in result.out
    assert "gatewise check odd.py:read_forward handle=... x=..." in result.out


def test_where_other_shapes_are_right_nothing_is_called_wrong(typed):
    """One row is an example in the one reading, a feature in the other: it is not told which is meant."""
    text = (
        "def scale(x, g):\n    return x * g\n\n\n"
        "def scale_backward(dout, x, g):\n    return dout * g, (dout * x if g.ndim else dout).sum(axis=0)\n"
    )
    Path("rows.py").write_text(text, encoding="utf-8")
    assert "  wrong " not in typed("check", "rows.py").out


def test_a_gate_of_two_operands_is_judged_on_operands_of_one_shape(typed, tmp_path):
    """Broadcast operands would want sums that such a gate leaves out; whole numbers would leave one unjudged."""
    file = tmp_path / "gates.py"
    file.write_text(GATES.format(dy="dout * self.x"))
    shown = typed("check", str(file))
    assert shown.status == 0
    assert "1 pair: 1 right." in shown.out
    assert "x=randn(4, 5)' 'y=randn(4, 5)'" in shown.out
    file.write_text(GATES.format(dy="dout * self.y"))
    assert "line 10: dy = dout * self.y" in typed("check", str(file)).out


GATES = """class Times:
    def forward(self, x, y):
        self.x = x
        self.y = y
        out = x * y
        return out

    def backward(self, dout):
        dx = dout * self.y
        dy = {dy}
        return dx, dy
"""


def test_a_scalar_whose_gradient_has_an_output_s_shape_is_told_so(typed, tmp_path):
    file = tmp_path / "shift.py"
    file.write_text(
        "def shift(x, b):\n    return x + b, None\n\n\ndef shift_backward(dout, cache):\n    return dout, dout\n"
    )
    assert "the gradient has shape (4,), b has ()" in typed("check", f"{file}:shift", "x=randn(4)", "b=0.5").out


def test_a_class_is_made_by_what_its_base_takes(typed, tmp_path):
    file = tmp_path / "acts.py"
    file.write_text(BASED)
    assert "line 13: return g * (self.x >= 0) * 2" in typed("check", str(file)).out


BASED = """import numpy as np

class Base:
    def __init__(self, shape_in):
        self.y = np.zeros(shape_in)

class Relu(Base):
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, g):
        return g * (self.x >= 0) * 2
"""


def test_a_cache_of_anything_is_no_number(typed, tmp_path):
    file = tmp_path / "tagged.py"
    file.write_text(
        "import numpy as np\n\n\ndef twice_forward(x):\n    return 2 * x, np.array([x, 'tag'], dtype=object)\n\n\n"
        "def twice_backward(dout, cache):\n    return 3 * dout\n"
    )
    assert "line 9: return 3 * dout" in typed("check", str(file)).out


NET = """import numpy as np


def loss(X, y, W1, b1, W2, b2):
    N = len(y)
    h = np.maximum(0, X @ W1 + b1)
    p = np.exp(h @ W2 + b2)
    p /= p.sum(axis=1, keepdims=True)
    cost = -np.log(p[range(N), y]).mean()
    dscores = p.copy()
    dscores[range(N), y] -= 1
    dscores /= N
    dW2 = h.T @ dscores
    db2 = dscores.sum(axis=0)
    dh = dscores @ W2.T
    dh[h <= 0] = 0
    dW1 = X.T @ dh
    db1 = dh.sum(axis=0)
    return cost, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
"""


@pytest.mark.parametrize(
    ("without", "said"), [("", "1 right"), ("    dh[h <= 0] = 0\n", "line 15: dh = dscores @ W2.T")]
)
def test_a_net_runs_with_a_number_for_a_bias_and_is_not_judged_at_it(typed, tmp_path, without, said):
    """Its last bias drawn as a number, the sum that makes its gradient was called wrong, of a right net."""
    file = tmp_path / "net.py"
    file.write_text(NET.replace(without, "") if without else NET)
    told = typed("check", str(file)).out
    assert said in told
    assert "line 14" not in told
