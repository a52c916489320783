"""The lines at fault in the report: of functions, layers, scripts, and passes that raise; and where none is found."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from check.rightly import function_of
from check.test_culprit_page import LAYERS, module_of
from gatewise._check.scripts import check_text
from gatewise._check.verdict import checked
from gatewise._errors import ScriptError


def layers(wrong: str = "", instead: str = ""):
    assert wrong in LAYERS
    names = module_of(LAYERS.replace(wrong, instead) if wrong else LAYERS)
    return names["affine_forward"], names["affine_backward"]


def given():
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5)


def test_a_layer_in_two_functions():
    forward, backward = layers()
    report = gw.check(forward, *given(), backward=backward)
    assert report.verdict == "right"
    assert not report.mistakes


@pytest.mark.parametrize(
    ("right", "wrong", "line", "kind"),
    [
        ("dout.dot(w.T)", "dout.dot(w.T * 2)", 8, "factor"),
        ("T.dot(dout)", "T.dot(-dout)", 9, "sign"),
        ("db = np.sum(dout, axis=0)", "db = dout", 10, "broadcast"),
    ],
)
def test_a_wrong_line_of_a_layer(right, wrong, line, kind):
    forward, backward = layers(right, wrong)
    report = gw.check(forward, *given(), backward=backward)
    assert report.verdict == "wrong"
    assert [(m.line, m.kind) for m in report.mistakes] == [(line, kind)]
    page = str(report)
    assert page.index("wrong: the gradient") < page.index(f"line {line}: ") < page.index("Checked:")


def test_a_layer_whose_backward_pass_raises():
    forward, backward = layers("T.dot(dout)", "dot(dout)")
    report = gw.check(forward, *given(), backward=backward)
    assert report.verdict == "wrong"
    assert [m.line for m in report.mistakes] == [9]
    assert any("raises ValueError" in note for note in report.notes)
    assert "dw raises an error, should be" in str(report)


RAISES = """\
def raises(X, W):
    out = X @ W
    f = np.sum(out * out)
    dout = 2 * out
    dW = X @ dout
    return f, {'W': dW}
"""


def test_a_function_whose_backward_pass_raises():
    rng = np.random.default_rng(0)
    report = gw.check(function_of(RAISES), rng.normal(size=(5, 4)), rng.normal(size=(4, 3)))
    assert (report.verdict, bool(report)) == ("wrong", False)
    assert [(m.line, m.kind) for m in report.mistakes] == [(5, "transposed")]
    assert report.to_dict()["mistakes"][0]["gave"] is None
    assert str(report).startswith("wrong: the backward pass of raises is not right.")


def test_a_function_whose_forward_pass_raises_is_the_users_error():
    with pytest.raises(ZeroDivisionError):
        gw.check(function_of("def f(x):\n    f = x / 0\n    dx = 1.0\n    return f, dx\n"), 3.0)
    with pytest.raises(ZeroDivisionError):
        gw.check(function_of("def f(x):\n    return x / 0\n"), 3.0, gradient=1.0)


def test_where_no_line_is_found_the_report_says_why():
    hidden = function_of("def f(x):\n    y = x * x\n    return y, 3 * x\n")
    report = gw.check(lambda x: hidden(x), 2.0)
    assert [(m.line, m.variable) for m in report.mistakes] == [(3, "returned value")]
    elsewhere = gw.check(lambda x: (x * x, float(np.multiply(3, x))), 2.0)
    assert (elsewhere.verdict, elsewhere.mistakes) == ("wrong", ())
    assert any(note.startswith("the line could not be told:") for note in elsewhere.notes)


def test_a_culprit_that_fails_does_not_hide_the_verdict(monkeypatch):
    from gatewise._check import faults, lines
    from gatewise._check.mending import Located

    def failing(*_):
        raise RecursionError("too deep")

    monkeypatch.setattr(faults, "culprits", failing)
    report = gw.check(function_of("def f(x):\n    y = x * x\n    dx = 3 * x\n    return y, dx\n"), 2.0)
    assert report.verdict == "wrong"
    assert [m.line for m in report.mistakes] == [3]
    monkeypatch.setattr(
        faults, "lines_of_check", lambda *args: lines.agreed(Located(why="it is dark", unseen=True), args[-1])
    )
    report = gw.check(function_of("def f(x):\n    y = x * x\n    dx = 3 * x\n    return y, dx\n"), 2.0)
    assert "the line could not be told: it is dark" in report.notes


def test_a_gradient_from_elsewhere_has_no_lines_here():
    report = gw.check(lambda x: x * x, 2.0, gradient=5.0)
    assert report.verdict == "wrong"
    assert not any("could not be told" in note for note in report.notes)


GRADIENT = """\
def loss_grad(W, X):
    S = X @ W
    loss = np.sum(np.tanh(S) ** 2)
    T = np.tanh(S)
    dS = 2 * T * (1 - T)
    dW = X.T @ dS
    return dW
"""


def test_lines_of_a_gradient_function_that_computes_the_value_too():
    rng = np.random.default_rng(0)
    W, X = rng.normal(size=(4, 3)), rng.normal(size=(5, 4))

    def loss(W, X):
        return np.sum(np.tanh(X @ W) ** 2)

    report = gw.check(loss, W, X, gradient=function_of(GRADIENT))
    assert report.verdict == "wrong"
    assert [m.line for m in report.mistakes] == [5]
    right = GRADIENT.replace("(1 - T)", "(1 - T**2)")
    assert gw.check(loss, W, X, gradient=function_of(right)).verdict == "right"
    other = gw.check(lambda W, X: 2 * loss(W, X), W, X, gradient=function_of(right))  # of another function
    assert (other.verdict, other.mistakes) == ("wrong", ())


def test_whole_numbers_are_moved_as_floats_for_the_lines_too():
    """At x = 3 the missing 1 is also x / 3; at another x it is not."""
    source = "def f(x, y):\n    q = x * y\n    f = q + x\n    dq = 1.0\n    dx = y * dq\n    return f, (dx, x * dq)\n"
    (mistake,) = gw.check(function_of(source), 3, -4).mistakes
    assert (mistake.line, mistake.kind) == (5, "fork")


def test_a_right_line_after_a_wrong_one_that_it_does_not_use():
    source = "x = 3.0\nq = x * x\ns = q * q\nf = s * q\nds = q + 1\ndq = 3 * q * q\ndx = 2 * x * dq\n"
    report = check_text("<script>", source)
    assert [m.line for m in report.mistakes] == [5]
    assert {p.name: p.verdict for p in report.parameters} == {"x": "right", "q": "right", "s": "wrong"}


def test_arguments_may_have_any_name():
    report = checked(lambda rng, effort: rng * effort, (), {"rng": 2.0, "effort": 3.0}, gradient=(3.0, 2.0))
    assert report.verdict == "right"


SCRIPTS = [
    ("x = [1.0, 2.0]\nf = x[0] * x[1]\ndx = [x[1], x[0]]\n", "right"),
    ("import math\nx = 2\nf = math.exp(x)\ndx = f\n", "right"),
    ("from math import *\nx = 2\nf = exp(x)\ndx = 2 * f\n", "wrong"),
    ("x, y = 1.0, 2.0\nz = 3.0\nf = x * y * z\ndz = x * y\n", "right"),
    ("x = 2.0\nf = 1.0\nfor k in range(3):\n    f = f * x\ndx = 3 * x**2\n", "right"),
    ("x = 2.0\nf = 1.0\nfor k in range(3):\n    f = f * x\ndx = 2 * x**2\n", "wrong"),
    ("def square(v):\n    return v * v\nx = 2.0\nf = square(x)\ndx = 2 * x\n", "right"),
    ("x = 2.0\nf = x * x\n", "right"),
    ("x = -2.0\nif x > 0:\n    f = x\nelse:\n    f = -3 * x\ndfdx = -3.0\n", "right"),
    (
        "rng = np.random.default_rng(0)\nx = rng.normal(size=3)\nn = rng.normal(size=3)\nf = np.sum(x * n)\ndx = n\n",
        "right",
    ),
    ("n = np.random.randn(3)\nx = np.random.randn(3)\nf = np.sum(x * (n + 1))\ndx = n + 1\n", "right"),
]


@pytest.mark.parametrize(("text", "verdict"), SCRIPTS)
def test_scripts_as_people_write_them(text, verdict):
    report = check_text("<script>", text)
    assert report.verdict == verdict, str(report)
    assert verdict == "right" or [m.text.startswith("dx") for m in report.mistakes] == [True]


DATA = "import numpy as np\nnp.random.seed(0)\nW = np.random.randn(3, 2)\nX = np.random.randn(5, 3)\n"
PASS = ["s = X @ W", "loss = np.sum(s**2)", "ds = 2 * s", "dW = X.T @ ds"]
STEPS = [
    ["W -= 1e-3 * dW"],
    ["W = W - 1e-3 * dW"],
    ["W[...] -= 1e-3 * dW"],
    ["v = 0.9 * 0 - 1e-3 * dW", "W += v"],
]
LOOPS = ["", "for it in range(20):", "while True:", "for epoch in range(3):\n  for it in range(5):"]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("step", STEPS, ids=lambda s: s[-1])
@pytest.mark.parametrize("wrong", [False, True])
def test_a_step_of_gradient_descent_belongs_to_no_pass(step, loop, wrong):
    """The gradients are judged at the parameters they were computed at, in a loop those it starts from."""
    lines = [line.replace("2 * s", "3 * s") if wrong else line for line in PASS] + step
    room = "    " if loop else ""
    after = "" if loop.startswith("while") else "\nloss = np.sum((np.ones((2, 3)) @ W) ** 2)\nprint(loss)"
    text = DATA + f"{loop}\n" + "\n".join(room + line for line in lines) + after + "\n"
    report = check_text("<script>", text)
    assert report.verdict == ("wrong" if wrong else "right"), str(report)
    assert [m.text for m in report.mistakes] == (["ds = 3 * s"] if wrong else [])


def test_linear_regression_as_it_is_taught():
    text = """\
x = np.linspace(0, 1, 20)
y = 3 * x + 1
w = 0.0
b = 0.0
lr = 0.1
for epoch in range(50):
    yhat = w * x + b
    loss = np.mean((yhat - y)**2)
    dw = np.mean(2 * (yhat - y) * x)
    db = np.mean(2 * (yhat - y))
    w = w - lr * dw
    b = b - lr * db
"""
    report = check_text("<script>", text)
    assert report.verdict == "right"
    assert {p.name for p in report.parameters} == {"w", "b"}
    report = check_text("<script>", text.replace("db = np.mean(2 * ", "db = np.mean("))
    assert [m.line for m in report.mistakes] == [10]
    (b,) = [p for p in report.parameters if p.name == "b"]
    assert report.mistakes[0].should == pytest.approx(b.findings[0].should)


def test_a_loop_over_parameters_in_a_dict():
    text = """\
params = {"W": np.ones((3, 2)), "b": np.zeros(2)}
X = np.linspace(-1, 2, 15).reshape(5, 3)
for it in range(100):
    W = params["W"]
    s = X @ W + params["b"]
    loss = np.sum(s**2)
    ds = 2 * s
    grads = {}
    grads["W"] = X.T @ ds
    for k in grads:
        params[k] -= 1e-3 * grads[k]
"""
    report = check_text("<script>", text)
    assert report.verdict == "right"
    assert [p.name for p in report.parameters if p.verdict == "right"] == ["W", "s"]
    assert any("steps of gradient descent were left out" in note for note in report.notes)


def test_a_motion_in_time_is_no_step_of_gradient_descent():
    text = "x = 1.0\ndt = 0.1\nfor k in range(3):\n    dx = 2 * x\n    x = x + dt * dx\nf = x * x\n"
    assert check_text("<script>", text).verdict == "right"


def test_a_number_that_is_called_like_a_gradient():
    """dx is the width of a grid; the gradient is d_x."""
    text = "x = 2.0\ndt = 0.1\ndx = 0.5\nv = x * dt\nf = v**2\ndf = 1.0\ndv = 2 * v\nd_x = dt * dv\n"
    assert check_text("<script>", text).verdict == "right"
    report = check_text("<script>", text.replace("d_x = dt", "d_x = 3 * dt"))
    assert [m.line for m in report.mistakes] == [8]
    report = check_text("<script>", text.replace("d_x = dt * dv\n", ""))  # now it is all there is
    assert [m.line for m in report.mistakes] == [3]


def test_a_script_without_gradients_says_so_first():
    page = str(check_text("<script>", "x = 3.0\ny = x * x\n"))
    assert page.startswith("No gradient of yours was found: what was checked is gatewise's own.\nright: ")


FUNCTIONS = "EPS = 1e-5\ndef loss(x): return x**2\ndef loss_grad(x): return 99 * x\n"
MOTION = (
    "dt = 0.1\nx = 0.3\nv = 0.0\nfor i in range(10):\n    dx = v\n    dv = -x\n    x = x + dt * dx\n    v += dt * dv\n"
)


@pytest.mark.parametrize(
    ("text", "said"), [(FUNCTIONS, "name a function: lib.py:loss, lib.py:loss_grad"), (MOTION, "call it f or loss")]
)
def test_a_script_without_gradients_of_what_it_computes(text, said):
    with pytest.raises(ScriptError, match=said) as caught:
        check_text("lib.py", text)
    assert "No gradient was found in lib.py." in str(caught.value)


def test_a_name_that_is_bound_again_stands_for_what_it_holds_last():
    text = "x = 3.0\nx = x * 2\nf = x * x\ndf = 1.0\ndx = 3 * x\n"
    report = check_text("<script>", text)
    assert report.verdict == "wrong"
    assert report.parameters[0].findings[0].should == pytest.approx(12.0)
    assert check_text("<script>", text.replace("3 * x", "2 * x")).verdict == "right"


def test_names_that_change_are_said_to():
    """x is read before it changes and after: whose gradient dx is cannot be told."""
    text = "x = 3.0\ny = 2 * x\nx = y + 1\nf = x * y\ndy = x + y\ndx = 5 * y\n"
    report = check_text("<script>", text)
    assert report.verdict != "right"
    assert not report


def test_gradient_descent_on_a_loss_that_is_never_computed():
    text = (
        "X = np.linspace(0, 1, 20).reshape(10, 2)\ny = X @ np.ones(2)\nw = np.zeros(2)\nfor epoch in range(5):\n"
        "    err = X @ w - y\n    dw = 2 * X.T @ err / 10\n    w -= 0.1 * dw\n"
    )
    with pytest.raises(ScriptError, match="No loss was found"):
        check_text("<script>", text)
    with_loss = text.replace("    dw =", "    loss = np.mean(err**2)\n    dw =")
    assert check_text("<script>", with_loss).verdict == "right"
