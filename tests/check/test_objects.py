"""Layers and nets as objects: where people keep weights and gradients, and which layer's line is wrong."""

from __future__ import annotations

import linecache
import types

import numpy as np
import pytest

import gatewise as gw

N = np.random.default_rng(3).normal
BOX = """\
class Param:
    def __init__(self, value):
        self.value, self.grad = value, np.zeros_like(value)
"""
FORMS = {
    "a list of boxes": """\
class Form:
    def __init__(self, W, b):
        self.params = [Param(W), Param(b)]
    def forward(self, x):
        self.x = x
        return x @ self.params[0].value + self.params[1].value
    def backward(self, dout):
        self.params[0].grad[...] = self.x.T @ dout
        self.params[1].grad[...] = dout.sum(axis=0)  # here
        return dout @ self.params[0].value.T
""",
    "boxes as attributes": """\
class Form:
    def __init__(self, W, b):
        self.weight, self.bias = Param(W), Param(b)
    def parameters(self):
        yield self.weight
        yield self.bias
    def forward(self, x):
        self.x = x
        return x @ self.weight.value + self.bias.value
    def backward(self, dout):
        self.weight.grad += self.x.T @ dout
        self.bias.grad += dout.sum(axis=0)  # here
        return dout @ self.weight.value.T
""",
    "boxes in a dict": """\
class Form:
    def __init__(self, W, b):
        self.params = {"W": Param(W), "b": Param(b)}
    def forward(self, x):
        self.x = x
        return x @ self.params["W"].value + self.params["b"].value
    def backward(self, dout):
        self.params["W"].grad = self.x.T @ dout
        self.params["b"].grad = dout.sum(axis=0)  # here
        return dout @ self.params["W"].value.T
""",
    "dicts as boxes": """\
class Form:
    def __init__(self, W, b):
        self.W, self.b = {"data": W, "grad": None}, {"data": b, "grad": None}
    def forward(self, x):
        self.x = x
        return x @ self.W["data"] + self.b["data"]
    def backward(self, dout):
        self.W["grad"] = self.x.T @ dout
        self.b["grad"] = dout.sum(axis=0)  # here
        return dout @ self.W["data"].T
""",
    "pairs that a method lists": """\
class Form:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.accW, self.accb = np.zeros_like(W), np.zeros_like(b)
    def params(self):
        return [(self.W, self.accW), (self.b, self.accb)]
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.accW += self.x.T @ dout
        self.accb += dout.sum(axis=0)  # here
        return dout @ self.W.T
""",
    "a step inside backward": """\
class Form:
    def __init__(self, W, b):
        self.W, self.b, self.lr = W, b, 0.1
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        dx = dout @ self.W.T
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)  # here
        self.W -= self.lr * self.dW
        self.b = self.b - self.lr * self.db
        return dx
""",
    "gradients of weights in a list beside dx": """\
class Form:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        dW = self.x.T @ dout
        db = dout.sum(axis=0)  # here
        return dout @ self.W.T, [dW, db]
""",
    "x given again, and the upstream behind it": """\
class Form:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        return x @ self.W + self.b
    def backward(self, x, dout):
        self.dW = x.T @ dout
        self.db = dout.sum(axis=0)  # here
        return dout @ self.W.T
""",
}


def classes_in(source):
    """What a file that holds this source defines."""
    path = f"<objects {hash(source)}>"
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    space = {"np": np, "__name__": "objects"}
    exec(compile(source, path, "exec"), space)
    return types.SimpleNamespace(**{k: v for k, v in space.items() if not k.startswith("__")})


def weights():
    return N(size=(3, 4)), N(size=4)


@pytest.mark.parametrize("form", FORMS)
def test_weights_are_judged_wherever_their_gradients_are_kept(form):
    layer = classes_in(BOX + FORMS[form]).Form(*weights())
    report = gw.check(layer, N(size=(5, 3)))
    assert report, report
    assert len(report.parameters) == 3, report


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_gradient_of_a_weight_is_found_by_its_line(form):
    wrong = BOX + FORMS[form].replace("sum(axis=0)", "mean(axis=0)")
    report = gw.check(classes_in(wrong).Form(*weights()), N(size=(5, 3)))
    assert report.verdict == "wrong", report
    assert [p.verdict for p in report.parameters] == ["right", "wrong", "right"]
    assert [m.text.endswith("# here") for m in report.mistakes] == [True], report


STEPPING = """\
class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward_propagation(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward_propagation(self, output_error, learning_rate):
        weights_error = self.x.T @ output_error
        bias_error = output_error.sum(axis=0)
        input_error = output_error @ self.W.T
        self.W -= learning_rate * weights_error
        self.b -= learning_rate * bias_error
        return input_error
"""


def test_where_only_a_step_is_taken_it_is_the_gradient():
    layer = classes_in(STEPPING).Dense(*weights())
    before = layer.W.copy(), layer.b.copy()
    report = gw.check(layer, N(size=(5, 3)))
    assert report, report
    assert {p.name for p in report.parameters} == {"W", "b", "x"}
    assert np.array_equal(before[0], layer.W)
    assert np.array_equal(before[1], layer.b)
    report = gw.check(classes_in(STEPPING.replace(".sum", ".mean")).Dense(*weights()), N(size=(5, 3)))
    assert {p.name: p.verdict for p in report.parameters} == {"W": "right", "b": "wrong", "x": "right"}
    assert 9 in [*(m.line for m in report.mistakes), *(s.line for s in report.suspects)], report


NET = """\
class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
class Output(Linear):
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, dout):
        return dout * self.mask
class Cost:
    def forward(self, x, t):
        self.miss = x - t
        return 0.5 * np.sum(self.miss**2)
    def backward(self):
        return self.miss
class Net:
    def __init__(self, W1, b1, W2, b2):
        self.layers = [Linear(W1, b1), ReLU(), Output(W2, b2)]
        self.cost = Cost()
    def forward(self, x, t):
        for layer in self.layers:
            x = layer.forward(x)
        return self.cost.forward(x, t)
    def backward(self):
        dout = self.cost.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
"""


def net_of(source):
    return classes_in(source).Net(*weights(), N(size=(4, 2)), N(size=2)), N(size=(5, 3)), N(size=(5, 2))


def test_a_net_whose_backward_takes_nothing_and_returns_nothing():
    net, x, t = net_of(NET)
    report = gw.check(net, x, t)
    assert report, report
    assert {p.name for p in report.parameters} == {"layers[0].W", "layers[0].b", "layers[2].W", "layers[2].b"}


@pytest.mark.parametrize(
    ("right", "wrong", "line", "layer"),
    [
        ("return dout @ self.W.T\nclass ReLU", "return 2 * dout @ self.W.T\nclass ReLU", 15, "layers[2] (Output)"),
        ("return dout * self.mask", "return dout", 21, "layers[1] (ReLU)"),
        ("return self.miss\n", "return -self.miss\n", 27, "cost (Cost)"),
    ],
)
def test_the_layer_is_named_and_then_its_line(right, wrong, line, layer):
    """Given its own upstream: what is wrong in front of it for that reason alone is not accused."""
    assert right in NET
    net, x, t = net_of(NET.replace(right, wrong))
    report = gw.check(net, x, t)
    assert report.verdict == "wrong"
    assert [(m.layer, m.line) for m in report.mistakes] == [(layer, line)], report
    assert f"{layer}, line {line}: " in str(report)
    assert report.to_dict()["mistakes"][0]["layer"] == layer


def test_a_layer_that_is_passed_over_on_the_way_back_is_named():
    net, x, t = net_of(NET.replace("reversed(self.layers)", "self.layers[::-2]"))
    report = gw.check(net, x, t)
    assert report.verdict == "wrong"
    assert any("never comes to layers[1] (ReLU)" in note for note in report.notes), report


def test_nothing_is_left_changed():
    net, x, t = net_of(NET)
    layer = net.layers[0]
    kept = vars(layer).copy()
    gw.check(net, x, t)
    assert {*vars(layer)} == {*kept}
    assert layer.W is kept["W"]


FORGOTTEN = FORMS["a step inside backward"].replace("        return dx\n", "")


def test_a_layer_that_forgets_to_return_dx_is_not_right():
    report = gw.check(classes_in(FORGOTTEN).Form(*weights()), N(size=(5, 3)))
    assert not report, report
    assert report.not_given == ("x",)


RETURNING = """\
class TwoLayer:
    def __init__(self, W1, W2):
        self.params = {"W1": W1, "W2": W2}
        self.fc1, self.fc2 = Linear(W1), Linear(W2)
    def loss(self, x, t):
        self.miss = self.fc2.forward(self.fc1.forward(x)) - t
        return 0.5 * np.sum(self.miss**2)
    def gradient(self, x, t):
        self.loss(x, t)
        self.fc1.backward(self.fc2.backward(self.miss))
        return {"W1": self.fc1.dW, "W2": self.fc2.dW}
class Linear:
    def __init__(self, W):
        self.W = W
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T
"""


def test_a_net_with_loss_and_gradient():
    x, t, args = N(size=(5, 3)), N(size=(5, 2)), (N(size=(3, 4)), N(size=(4, 2)))
    report = gw.check(classes_in(RETURNING).TwoLayer(*args), x, t, leave_out=("x", "t"))
    assert report, report
    assert {p.name for p in report.parameters} == {"W1", "W2"}
    wrong = RETURNING.replace("return dout @ self.W.T", "return dout @ self.W.T / 2")
    report = gw.check(classes_in(wrong).TwoLayer(*args), x, t)
    assert [(m.layer, m.line) for m in report.mistakes] == [("fc1 (Linear), fc2 (Linear)", 20)], report
