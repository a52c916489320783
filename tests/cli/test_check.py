"""`gatewise check`: the verdict as page, JSON and exit status, for functions, layers, scripts and expressions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gatewise._check.exercises import EXERCISES

HOMEWORK = """\
import numpy as np

def right(x, y):
    q = x * y
    f = q * q
    dq = 2 * q
    return f, (y * dq, x * dq)

def wrong(x, y):
    q = x * y
    f = q * q
    dq = 2 * q
    dx = x * dq
    dy = x * dq
    return f, (dx, dy)

def kink(x):
    f = np.maximum(x, 0)
    return f, (SLOPE,)

SLOPE = 0.5

def loss(W, X):
    return np.sum(np.tanh(X @ W))

def loss_grad(W, X):
    T = np.tanh(X @ W)
    return X.T @ (1 - T**2)

def loss_grad_off(W, X):
    return 1.01 * loss_grad(W, X)

def affine_forward(x, w, b):
    out = x.dot(w) + b
    return out, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db

def affine_backward_wrong(dout, cache):
    x, w, b = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = np.sum(dout, axis=1)
    return dx, dw, db

def raises(X, W):
    out = X @ W
    f = np.sum(out)
    dout = np.ones_like(out)
    dW = X @ dout
    return f, {"W": dW}

def stair(x):
    return np.floor(1e6 * x) / 1e6

def noisy(x):
    return x * np.random.rand()

def shouts(x):
    print("shouting")
    return x * x

def crashes(x):
    return x / 0
"""
SCRIPT = """\
import math
x = 3  # example values
y = -4
q = x * y
s = 1 / (1 + math.exp(-q))
f = s * q
ds = q
dq = s + (1 - s) * s * ds
dx = y * dq
dy = x * dq
"""
LAYER = ("x=randn(2,3)", "w=randn(3,4)", "b=randn(4)", "--rng", "1")
NET = ("W=randn(4,3)", "X=randn(5,4)", "--wrt", "W", "--rng", "1")


@pytest.fixture
def check(typed):
    """Run `gatewise check` in a folder with homework.py and notes.py."""
    Path("homework.py").write_text(HOMEWORK, encoding="utf-8")
    Path("notes.py").write_text(SCRIPT, encoding="utf-8")
    return lambda *words: typed("check", *words)


STATUSES = [
    (("homework.py:right", "x=3", "y=-4"), 0, "right"),
    (("homework.py:wrong", "x=3", "y=-4"), 1, "wrong"),
    (("homework.py:kink", "x=0"), 0, "kink"),
    (("homework.py:loss", "--gradient", "homework.py:loss_grad", *NET), 0, "right"),
    (("homework.py:loss", "--gradient", "homework.py:loss_grad_off", *NET), 1, "wrong"),
    (("homework.py:affine_forward", "--backward", "homework.py:affine_backward", *LAYER), 0, "right"),
    (("homework.py:affine_forward", "--backward", "homework.py:affine_backward_wrong", *LAYER), 1, "wrong"),
    (("homework.py:raises", "X=randn(5,4)", "W=randn(4,3)"), 1, "wrong"),
    (("homework.py:noisy", "x=2"), 3, "undecidable"),
    (("homework.py:noisy", "x=2", "--rng", "0"), 0, "right"),
    (("notes.py",), 0, "right"),
    (("notes.py", "x=0.5"), 0, "right"),
    (("(x + y) * z", "x=-2", "y=5", "z=-4"), 0, "right"),
    (("-x*h", "x=2", "h=3"), 0, "right"),
    (("max(x, 0)", "x=0"), 0, "kink"),
    (("X * 2", "X=[1.0, 2.0]", "--upstream", "[1.0, 3.0]"), 0, "right"),
    (("X * 2", "X=[1.0, 2.0]"), 0, "right"),
]


@pytest.mark.parametrize(("words", "status", "verdict"), STATUSES, ids=lambda part: str(part)[:50])
def test_the_verdict_is_the_first_word_and_the_exit_status(check, words, status, verdict):
    answer = check(*words)
    assert (answer.status, answer.out.split(":")[0]) == (status, verdict), answer
    report = json.loads(check(*words, "--json").out)
    assert report["verdict"] == verdict
    assert report["right"] == (status == 0)


def test_a_kink_outside_its_slopes_is_wrong(check):
    Path("homework.py").write_text(HOMEWORK.replace("SLOPE = 0.5", "SLOPE = 1.5"), encoding="utf-8")
    answer = check("homework.py:kink", "x=0")
    assert answer.status == 1
    assert answer.out.startswith("kink: kink has a corner here along x; the gradient does not lie between")
    assert "line 18: f = np.maximum(x, 0)" in answer.out


def test_the_page_has_the_verdict_then_the_lines_then_the_evidence(check):
    out = check("homework.py:wrong", "x=3", "y=-4").out
    verdict, line, evidence = (out.index(t) for t in ("wrong: the gradient", "line 13: dx = x * dq", "x: gradient -72"))
    assert verdict < line < evidence
    assert "dx gave -72, should be 96" in out
    assert "Write  dx = y * dq" in out
    assert "line 14" not in out


def test_lines_of_layers_and_of_passes_that_raise(check):
    answer = check("homework.py:affine_forward", "--backward", "homework.py:affine_backward_wrong", *LAYER)
    assert "line 48: db = np.sum(dout, axis=1)" in answer.out
    answer = check("homework.py:raises", "X=randn(5,4)", "W=randn(4,3)")
    assert "line 55: dW = X @ dout" in answer.out
    assert "raises ValueError" in answer.out
    assert "Traceback" not in answer.err + answer.out


def test_a_script_with_a_mistake(check):
    Path("notes.py").write_text(SCRIPT.replace("dx = y * dq", "dx = -y * dq"), encoding="utf-8")
    answer = check("notes.py")
    assert answer.status == 1
    assert "line 9: dx = -y * dq" in answer.out
    assert "sign" in answer.out


def test_a_gradient_in_the_middle_of_a_script_is_checked(check):
    """dq is wrong and nothing is made of it: every input's gradient is right all the same."""
    script = SCRIPT.replace("dx = y * dq", "dx = y * dq").replace("ds = q\n", "ds = q + 1\n")
    script = script.replace("* s * ds", "* s * q")
    Path("notes.py").write_text(script, encoding="utf-8")
    report = json.loads(check("notes.py", "--json").out)
    assert {p["name"]: p["verdict"] for p in report["parameters"]} == {
        "x": "right",
        "y": "right",
        "q": "right",
        "s": "wrong",
    }
    assert [m["line"] for m in report["mistakes"]] == [7]


def test_a_script_that_draws(check):
    Path("notes.py").write_text(
        "import numpy as np\nW = np.random.randn(2, 3)\nX = np.random.randn(3, 4)\nD = W.dot(X)\n"
        "dD = np.random.randn(2, 4)\ndW = dD.dot(X.T)\ndX = W.T.dot(dD)\n",
        encoding="utf-8",
    )
    before = np.random.get_state()[1].copy()
    answer = check("notes.py")
    assert answer.status == 0
    assert np.array_equal(np.random.get_state()[1], before)


def test_what_stands_below_main_is_not_run(check):
    script = SCRIPT + 'if __name__ == "__main__":\n    print(dx)\n    open("made.txt", "w").close()\n'
    Path("notes.py").write_text(script, encoding="utf-8")
    answer = check("notes.py")
    assert (answer.status, answer.err) == (0, "")
    assert not Path("made.txt").exists()


def test_prints_of_the_function_do_not_reach_standard_output(check):
    answer = check("homework.py:shouts", "x=2", "--json")
    assert json.loads(answer.out)["verdict"] == "right"
    assert "shouting" in answer.err


MISTAKES = [
    ((), "There is nothing to check."),
    (("homework.py:nope", "x=3"), "has no function nope"),
    (("homework.py:", "x=3"), "no function is named"),
    (("nothing.py",), "nothing.py cannot be read"),
    (("homework.py:right", "x=3"), "needs a value for y"),
    (("homework.py:right", "x=3", "y=4", "z=5"), "no input z"),
    (("homework.py:crashes", "x=3"), "ZeroDivisionError"),
    (("homework.py:loss", "--gradient", "homework.py", *NET), "names no function"),
    (("homework.py:loss", "--gradient", "a.py:g", "--backward", "a.py:h", *NET), "were both given"),
    (("notes.py", "--gradient", "homework.py:loss_grad"), "--gradient is for functions"),
    (("notes.py", "z=3"), "z"),
    (("x * y", "x=1"), "unknown name y"),
    (("x * y", "x=1", "y=2", "--wrt", "z"), "there is no such input"),
    (("x * y", "x=1", "y=2", "--gradiant", "a.py:g"), "Did you mean --gradient?"),
    (("x * y", "x=1", "y=2", "--effort", "huge"), "huge"),
    (("x * y", "x=1", "y=2", "--hint"), "are for exercises"),
    (("x * y", "x=1", "y=2", "-o", "a.py"), "-o has nothing to write"),
    (("--blank", "staged"), "has no file to write"),
    (("--blank", "stagedd", "-o", "a.py"), "There is no exercise"),
    (("--blank", "staged", "-o", "a.txt"), "is not the name of a Python file"),
    (("--blank", "staged", "-o", "notes.py"), "is there already"),
    (("--blank", "notes.py", "-o", "a.py"), "A flat script makes no exercise"),
    (("--blank", "homework.py:loss", "W=randn(100,100)", "X=randn(100,100)", "-o", "a.py"), "too large"),
    (("--blank", "x +", "-o", "a.py"), "expected"),
]


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=lambda part: str(part)[:60])
def test_a_mistake_in_what_is_checked(check, refused, words, said):
    assert said in refused("check", *words)


@pytest.mark.parametrize(
    "text", ["x = 3\nthis is no python\n", "x = 3\nf = x * undefined\ndf = 1\ndx = 2\n", "", "# no\n"]
)
def test_scripts_that_cannot_be_checked(check, refused, text):
    Path("notes.py").write_text(text, encoding="utf-8")
    assert "notes.py" in refused("check", "notes.py")


# ------------------------------------------------------------------------------------------------------- exercises


def test_exercises_are_listed(check):
    out = check("--exercises").out
    assert all(name in out for name in EXERCISES)


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_from_beginning_to_end(check, name):
    """Written, empty, solved with what --solution says, and right."""
    assert check("--blank", name, "-o", "exercise.py").status == 0
    empty = check("exercise.py")
    assert empty.status == 3
    assert "--hint says" in empty.out
    told = json.loads(check("exercise.py", "--solution", "--json").out)
    lines = Path("exercise.py").read_text(encoding="utf-8").split("\n")
    for each in told["lines"]:
        assert each["state"] == "empty"
        lines[each["line"] - 1] = f"    {each['solution']}"
    Path("exercise.py").write_text("\n".join(lines), encoding="utf-8")
    done = check("exercise.py")
    assert done.status == 0
    assert done.out.rstrip().endswith("Every line is right: well done.")


def test_hints_and_solutions_only_where_they_are_asked_for(check):
    check("--blank", "staged", "-o", "exercise.py")
    text = Path("exercise.py").read_text(encoding="utf-8")
    Path("exercise.py").write_text(text.replace("dxpy = ...", "dxpy = xpy * dxpysqr"), encoding="utf-8")
    plain, hint, solution = (check("exercise.py", *more) for more in ((), ("--hint",), ("--solution",)))
    assert plain.status == hint.status == solution.status == 1
    assert "wrong        dxpy = xpy * dxpysqr" in plain.out
    assert "hint:" not in plain.out
    assert "rule:" not in plain.out
    assert "hint: factor" in hint.out
    assert "rule: " in hint.out
    assert "2 * xpy" not in plain.out + hint.out
    assert "solution: dxpy = (2 * xpy) * dxpysqr" in solution.out


def test_exercises_on_a_function_and_an_expression_of_ones_own(check):
    words = ("--blank", "homework.py:loss", "W=randn(4,3)", "X=randn(5,4)", "--wrt", "W", "-o", "a.py")
    assert check(*words).status == 0
    assert check("a.py").status == 3
    text = Path("a.py").read_text(encoding="utf-8")
    assert "wrt = ['W']" in text
    assert "dX" not in text
    expression = "(x + sigmoid(y)) / (sigmoid(x) + (x + y)**2)"
    assert check("--blank", expression, "-o", "b.py").status == 0
    assert check("b.py").status == 3
    assert check("--blank", expression, "x=3", "y=-4", "-o", "b.py").status == 0
    assert "'x': 3" in Path("b.py").read_text(encoding="utf-8")


TRAINED = """\
import numpy as np
np.random.seed(0)
W = np.random.randn(3, 2)
X = np.random.randn(5, 3)
for it in range(20):
    s = X @ W
    loss = np.sum(s**2)
    ds = 2 * s
    dW = X.T @ ds
    W -= 1e-3 * dW
"""


def test_a_loop_of_gradient_descent(check):
    Path("train.py").write_text(TRAINED, encoding="utf-8")
    assert check("train.py").status == 0
    Path("train.py").write_text(TRAINED.replace("X.T @ ds", "X.T @ s"), encoding="utf-8")
    found = check("train.py")
    assert found.status == 1
    assert "line 9: dW = X.T @ s" in found.out


def test_a_file_of_functions_alone(check):
    text = "EPS = 1e-5\ndef loss(x): return x**2\ndef slope(x): return 9 * x\n"
    Path("lib.py").write_text(text, "utf-8")
    found = check("lib.py")
    assert found.status == 2
    assert "name a function: lib.py:loss, lib.py:slope" in found.err
    Path("lib.py").write_text(text.replace("slope", "loss_grad"), "utf-8")
    found = check("lib.py")
    assert found.status == 1
    assert "line 3: def loss_grad(x): return 9 * x" in found.out


# -------------------------------------------------------------------------------------------- how scripts are read

UNNAMED = "x = 2.0\nw = 3.0\ns = w * x\nloss = s**2\nds = 2 * s\nw -= 0.1 * (x * ds)\n"


def test_what_is_not_judged_ends_in_3_until_it_is_left_out(check):
    Path("step.py").write_text(UNNAMED, encoding="utf-8")
    found = check("step.py")
    assert found.status == 3
    assert found.out.startswith("right for s; w was not judged.")
    assert "line 6 changes it by a gradient that has no name" in found.out
    assert check("step.py", "--leave-out", "w").status == 0
    assert json.loads(check("step.py", "--json").out)["not_judged"] == ["w"]


def test_a_gradient_of_nothing_ends_in_3_until_it_is_left_out(check):
    text = UNNAMED.replace("w -= 0.1 * (x * ds)", "dw = x * ds\ngrad_v = 5 * x")
    Path("step.py").write_text(text, encoding="utf-8")
    assert check("step.py").status == 3
    assert check("step.py", "--leave-out", "grad_v").status == 0
    wrong = text.replace("dw = x", "dw = 2 * x")
    Path("step.py").write_text(wrong, encoding="utf-8")
    assert check("step.py").status == 1
    assert check("step.py", "--leave-out", "dw,grad_v").status == 0


def test_a_name_to_leave_out_that_the_script_does_not_have(check, refused):
    Path("step.py").write_text(UNNAMED, encoding="utf-8")
    assert "nothing of that name" in refused("check", "step.py", "--leave-out", "dq")


def test_inputs_of_functions_are_left_out(check):
    Path("f.py").write_text("def f(x, y):\n    return x * y, {'x': y}\n", encoding="utf-8")
    assert check("f.py:f", "x=2", "y=3").status == 3
    assert check("f.py:f", "x=2", "y=3", "--leave-out", "y").status == 0


@pytest.mark.parametrize("ask", ["input('x? ')", "input()", "ask()"])
def test_a_script_that_asks(check, refused, ask):
    head = "def ask():\n    return input('x? ')\n" if ask == "ask()" else ""
    Path("ask.py").write_text(f"{head}x = float({ask})\ny = x * x\ndx = 2 * x\n", encoding="utf-8")
    assert "input()" in refused("check", "ask.py")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfx = 3.0\r\ny = x * x\r\ndx = 2 * x\r\n",
        "# -*- coding: latin-1 -*-\n# für\nx = 3.0\ny = x * x\ndx = 2 * x\n".encode("latin-1"),
        "# coding: gbk\n# 梯度\nx = 3.0\ny = x * x\ndx = 2 * x\n".encode("gbk"),
    ],
)
def test_encodings_that_python_reads(check, content):
    Path("notes.py").write_bytes(content)
    assert check("notes.py").status == 0


def test_an_encoding_that_nobody_knows(check, refused):
    Path("notes.py").write_bytes("# für\nx = 3.0\ny = x * x\ndx = 2 * x\n".encode("latin-1"))
    assert "its encoding is not known" in refused("check", "notes.py")


def test_the_backward_half_in_the_file_is_found(check):
    half = (
        "import numpy as np\ndef relu_forward(x):\n    out = np.maximum(x, 0)\n    cache = x\n    return out, cache\n"
    )
    Path("layers.py").write_text(half, encoding="utf-8")
    found = check("layers.py:relu_forward", "x=randn(3,2)")
    assert found.status == 3
    assert "backward=relu_backward" in found.out
    Path("layers.py").write_text(half + "def relu_backward(dout, cache):\n    return dout * (cache > 0)\n", "utf-8")
    assert check("layers.py:relu_forward", "x=randn(3,2)").status == 0
    Path("layers.py").write_text(half + "def relu_backward(dout, cache):\n    return dout * (cache < 0)\n", "utf-8")
    assert check("layers.py:relu_forward", "x=randn(3,2)").status == 1
