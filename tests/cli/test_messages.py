"""What people type who come from elsewhere, and the one message each gets: what must stand in it, and what must not.

Every message has what happened and what to write instead; where that is a whole expression, it is typed in turn.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from fuzz_commands import run

XY = ("x=1", "y=2")
MATRICES = ("X=ones(5,4)", "W=ones(4,3)", "b=ones(3)")

#: An expression as typed, its inputs, what is offered in its place, and what else must be said.
OFFERED = [
    (r"\frac{1}{1+e^{-x}}", ("x=1",), "1 / (1 + exp(-x))", ["LaTeX"]),
    (r"$\sigma(x)$", ("x=1",), "sigmoid(x)", ["LaTeX"]),
    (r"$\sigma(x)$", (), "sigmoid(x)", ["LaTeX"]),
    (r"$$\frac{x \cdot y}{\sqrt{z}}$$", (*XY, "z=3"), "x * y / sqrt(z)", ["LaTeX"]),
    (r"\left(x + y\right) \times z", (*XY, "z=3"), "(x + y) * z", ["LaTeX"]),
    (r"x_{1} y_{2}", ("x_1=1", "y_2=2"), "x_1 * y_2", ["LaTeX"]),
    (r"sum(W^{\top} x)", ("W=ones(3,4)", "x=ones(3)"), "sum(W.T @ x)", ["LaTeX"]),
    (r"\max(0, x^{2})", ("x=1",), "maximum(0, x**2)", ["LaTeX"]),
    (r"\log\left(1 + e^{x}\right)", ("x=1",), "log(1 + exp(x))", ["LaTeX"]),
    ("sigma(x)", ("x=1",), "sigmoid(x)", ["unknown gate sigma"]),
    ("expit(x)", ("x=1",), "sigmoid(x)", []),
    ("torch.sigmoid(x)", ("x=1",), "sigmoid(x)", ["another library"]),
    ("torch.nn.functional.relu(x)", ("x=1",), "relu(x)", ["another library"]),
    ("tf.nn.relu(x)", ("x=1",), "relu(x)", ["another library"]),
    ("F.softplus(x)", ("x=1",), "softplus(x)", ["another library"]),
    ("Math.exp(x)", ("x=1",), "exp(x)", ["another library"]),
    ("f(x)=x*y", XY, "x * y", ["defines a function"]),
    ("f(x, y) := x*y", XY, "x * y", ["defines a function"]),
    ("def f(x, y): return x*y", XY, "x * y", ["defines a function"]),
    ("lambda x, y: x*y", XY, "x * y", ["defines a function"]),
    ("@(x, y) x.*y", XY, "x * y", ["defines a function"]),
    ("x -> x^2", ("x=1",), "x**2", ["defines a function"]),
    ("x => x*x", ("x=1",), "x * x", ["defines a function"]),
    ("function(x) x^2", ("x=1",), "x**2", ["defines a function"]),
    ("sin^2(x)", ("x=1",), "sin(x)**2", ["power", "bracket"]),
    ("sin²(x) + cos²(x)", ("x=1",), "sin(x)**2 + cos(x)**2", []),
    ("sin^-1(x)", ("x=0.5",), "arcsin(x)", []),
    ("x if x > 0 else 0", ("x=1",), "where(x > 0, x, 0)", ["where(condition, a, b)"]),
    ("y = x if x > 0 else 0", ("x=1",), "y = where(x > 0, x, 0)", []),
    ("x > 0 ? x : 0", ("x=1",), "where(x > 0, x, 0)", []),
    ("ifelse(x > 0, x, 0)", ("x=1",), "where(x > 0, x, 0)", []),
    ("log(x, 2)", ("x=8",), "log(x) / log(2)", ["log takes 1 operand"]),
    ("x.^2 + y.*x", XY, "x**2 + y * x", ["MATLAB"]),
    ("sum(x'*y)", ("x=ones(3,1)", "y=ones(3,1)"), "sum(x.T @ y)", ["MATLAB"]),
    ("sum(X %*% W)", MATRICES[:2], "sum(X @ W)", []),
    ("y <- x^2", ("x=1",), "y = x**2", ["with ="]),
    ("y := x^2", ("x=1",), "y = x**2", ["with ="]),
    ("let y = 2x", ("x=1",), "y = 2 * x", []),
    (">>> x*y", XY, "x * y", ["prompt"]),
    ("In [3]: x*y", XY, "x * y", ["prompt"]),
    ("“x*y”", XY, "x * y", []),
    ('"x*y"', XY, "x * y", []),
    ("\u200bx\u200b*y", XY, "x * y", []),
    ("|x| + |y|", XY, "abs(x) + abs(y)", []),
    ("√x + √(y)", XY, "sqrt(x) + sqrt(y)", []),
    ("sin x + cos y", XY, "sin(x) + cos(y)", []),
    ("exp -x", ("x=1",), "exp(-x)", []),
    ("[x + y] * z", (*XY, "z=3"), "(x + y) * z", []),
    ("{x + y} * z", (*XY, "z=3"), "(x + y) * z", []),
    ("x₁ + x₂", ("x1=1", "x2=2"), "x1 + x2", []),
    ("x.sum()", ("x=[1.0, 2.0]",), "sum(x)", []),
    ("X.dot(W).sum()", MATRICES[:2], "sum(dot(X, W))", []),
    ("y = x*2, z = y+1", ("x=1",), "y = x * 2; z = y + 1", [";"]),
    ("d/dx (x^2)", ("x=1",), "x**2", ["derivative"]),
    ("print(x*y)", XY, "x * y", []),
    ("import numpy as np; x*y", XY, "x * y", []),
    ("x*y = z", XY, "z = x * y", []),
    ("PI*r^2", ("r=2",), "pi * r**2", []),
    ("∛x", ("x=8",), "x**(1 / 3)", []),
    ("⌊x⌋ * y", XY, "floor(x) * y", []),
    ("Σx", ("x=[1.0, 2.0]",), "sum(x)", []),
    ("sum(Wᵀx)", ("W=ones(3,3)", "x=ones(3)"), "sum(W.T @ x)", ["MATLAB"]),
    ("sum(W'x)", ("W=ones(3,3)", "x=ones(3)"), "sum(W.T @ x)", ["MATLAB"]),
    ("W.t().sum()", ("W=ones(3,3)",), "sum(W.T)", []),
    ("np.dot(W,x).sum()", ("W=ones(3,3)", "x=ones(3)"), "sum(dot(W, x))", []),
    ("sum(X, dim=0)", ("X=ones(2)",), "sum(X, axis=0)", []),
    ("mse(x, y)", XY, "mean((x - y)**2)", []),
    ("sum(dot(W; x))", ("W=ones(3,3)", "x=ones(3)"), "sum(dot(W, x))", []),
    (r"sum(\mathbf{W}\mathbf{x})", ("W=ones(1,2)", "x=ones(2)"), "sum(W @ x)", ["LaTeX"]),
    (r"\|x\|^2", ("x=[1.0, 2.0]",), "norm(x)**2", ["LaTeX"]),
    (r"\operatorname{ReLU}(x)", ("x=1",), "relu(x)", ["LaTeX"]),
    (r"\frac12 x^2", ("x=1",), "1 / 2 * x**2", ["LaTeX"]),
    (r"\sqrt[3]{x}", ("x=8",), "x**(1 / 3)", ["LaTeX"]),
    (r"\sin^2 x + \cos^2 x", ("x=8",), "sin(x)**2 + cos(x)**2", ["LaTeX"]),
    (r"\sigma x", ("sigma=8", "x=1"), "sigma * x", ["LaTeX"]),
    (r"\lambda x", ("lambda_=8", "x=1"), "lambda_ * x", ["LaTeX"]),
    ("sum(X.sum(0))", ("X=ones(2,3)",), "sum(sum(X, axis=0))", []),
    ("½x", ("x=1",), "1 / 2 * x", []),
    ("50%*x", ("x=1",), "50 / 100 * x", []),
    ("“x” * y", XY, "x * y", []),
    ("【x + y】* z", (*XY, "z=3"), "(x + y) * z", []),
    ("np.linalg.norm(x)", ("x=[1.0, 2.0]",), "norm(x)", []),
]


@pytest.mark.parametrize(("text", "inputs", "offer", "said"), OFFERED, ids=lambda part: str(part)[:40])
def test_a_notation_of_elsewhere_is_answered_with_ours_which_is_read(refused, typed, text, inputs, offer, said):
    message = refused("show", text, *inputs)
    assert message.rstrip().endswith(f"instead: {offer}")
    for word in said:
        assert word in message
    if inputs:
        assert typed("show", offer, *inputs).status == 0


#: Words as typed, what must stand in the message, and what must not.
ANSWERED = [
    (("show", r"\sum_i x_i", "x=1"), ["LaTeX", r"sum(x) for \sum_i x_i"], ["means nothing"]),
    (("show", r"\frac{\partial L}{\partial x}", "x=1"), ["derivative"], ["LaTeX"]),
    (("show", r"\frac{1}{2}(y-\hat{y})^2", "y=1"), ["LaTeX"], ["(y - y)"]),
    (("show", "y' + y", "y=1"), ["quotes"], ["y.T"]),
    (("show", "3 % -2*x", "x=1"), ["%"], ["/ 100"]),
    (("show", "x，y", *XY), ["one value"], []),
    (("show", "x*y", "x=【1，2】", "y=1"), ["Write x=[1,2]"], []),
    (("show", "x*y", "x=1。5", "y=1"), ["Write x=1.5"], []),
    (("show", "XW + b", *MATRICES), ["X @ W + b"], ["X * W", "XW=1"]),
    (("show", "X*W + b", *MATRICES), ["X @ W, of shape (5, 3)"], ["broadcast together"]),
    (
        ("show", "X @ W", "X=ones(5,4)", "W=ones(3,4)"),
        ["X (5, 4) and W (3, 4)", "X @ W.T, of shape (5, 3)"],
        ["gufunc"],
    ),
    (("show", "X @ W", "X=ones(4,5)", "W=ones(4,3)"), ["X.T @ W, of shape (5, 3)"], ["gufunc"]),
    (("show", "W @ x", "W=ones(4,3)", "x=ones(4)"), ["W.T @ x, of shape (3,)"], ["gufunc"]),
    (("show", "X + b", "X=ones(5,4)", "b=ones(5)"), ["b.reshape(5, 1)"], []),
    (("show", "f = q*x; q = x+1", "x=1"), ["q is used before it gets its value", "first"], ["q=1"]),
    (("show", "np.nanmedian(x)", "x=[1.0, 2.0]"), ["nanmedian has no gate"], ["mean?"]),
    (("show", "ones(3)*x", "x=1"), ["makes an array", '"A=ones(3)"'], []),
    (("show", "x && y", *XY), ["logical_and"], []),
    (("show", "x and y", *XY), ["logical_and"], ["and_"]),
    (("show", "True*x", "x=1"), ["Write 1."], ["True_"]),
    (("show", "for i in x: i", "x=1"), ["FILE.py:FUNCTION"], []),
    (("show", "exp(x, y)", *XY), ["exp takes 1 operand, not 2", "Write exp(x)."], []),
    (("show", "sum(x, 0)", "x=[1.0, 2.0]"), ["Write sum(x, axis=0)."], []),
    (("show", "xsin(x)", "x=1"), ["x * sin(x)"], ["did you mean sin?"]),
    (("show", "x@y", *XY), ["this is a number", "x * y"], ["unsupported operand"]),
    (("show", "sum(X, axis=2)", "X=ones(2,2)"), ["an axis from -2 to 1"], []),
    (("show", "x*y", "x=1,", "y=2"), ["Write x=1"], []),
    (("show", "x*y", *XY, "––code"), ["instead: --code"], []),
    (("show", "x*y", *XY, "-code"), ["instead: --code"], []),
    (("show", "x*y", "--x=1", "y=2"), ["instead: x=1"], []),
    (("show", "x*y", *XY, "--CODE"), ["Did you mean --code?"], []),
    (("check", "x*y", *XY, "--svg", "a.svg"), ["belongs to show"], []),
    (("show", "x*y", *XY, "--wire", "x"), ["no option --wire", "--card q"], []),
    (("show", "x*y", *XY, "--staged"), ["no option --staged", "instead: --code"], []),
    (("show", "x*y", *XY, "--derivation"), ["no option --derivation", "--derive x"], []),
    (("card", "x*y", *XY), ["no command 'card'", "--card f"], []),
    (("show", "x*y", *XY, "--card"), ["requires an argument", "gatewise show --help"], []),
    (("show", "2,5*x", "x=1"), ["2.5"], []),
    (("show", "x*y", "x=3，y=-4"), ["Write x=3 y=-4"], ["randn"]),
    (("show", "sum(X)", "X=randn(5,4"), ["never closed", "Write X=randn(5,4)"], ["whole numbers"]),
    (("show", "sum(x)", "x=data.csv"), ["x=@data.csv"], []),
    (("show", "x*y", "x==1", "y=2"), ["Write x=1"], []),
    (("show", "x*y", "x=", "3", "y=1"), ["without a space"], []),
    (("show", "x*y", "x", "=", "3"), ["without spaces"], []),
    (("show", "x*y", "x:1", "y:2"), ["instead: x=1"], []),
    (("show", "x*y", 'x="3"', "y=1"), ["Write x=3"], []),
    (("show", "x*y", "x=True", "y=1"), ["Write 1.0"], []),
    (("show", "x*y", "x=1+2j", "y=1"), ["real numbers"], []),
    (("show", "x*y", "x=(1,2)", "y=1"), ["Write x=[1,2]"], []),
    (("show", "'x", "*", "y'", *XY), ["split at its spaces", '"x * y"'], []),
    (("show", "nb.ipynb"), ["is no notebook", "list of cells"], ["transpose"]),
    (("check", "nb.ipynb:f"), ["is no notebook", "Jupyter"], ["means nothing"]),
    (("show", "data.csv"), ["is data", '"sum(x)" x=@data.csv'], []),
    (("show", "net.m"), ["no Python file"], []),
    (("check", "class/"), ["has no Python file", "another folder"], ["class_"]),
    (("show", "."), ["is a folder", "gatewise show ./argv.py"], []),
    (("check", "nowhere/"), ["no folder"], []),
    (("show", "cls.py:Net.loss", "x=1"), ["is a method", "def f(x): return Net().loss(x)"], ["cls.py alone"]),
    (("show", "cls.py:Deep.loss", "x=1"), ["def f(x): return Deep(..., ...).loss(x)"], []),
    (("show", "cls.py", "x=1"), ["cls.py:g x=...", "show"], ["Leave x out"]),
    (("check", "cls.py", "x=1"), ["gatewise check cls.py:g x=..."], ["Leave x out"]),
    (("show", "cls.py", "g", "x=1"), ["gatewise show cls.py:g"], []),
    (("show", "cls.py::g", "x=1"), ["gatewise show cls.py:g"], []),
    (("show", "cls.py:g(x)", "x=1"), ["gatewise show cls.py:g"], []),
    (("show", "cls:g", "x=1"), ["gatewise show cls.py:g"], []),
    (("show", "clss.py:g", "x=1"), ["no such file", "cls.py:g"], []),
    (("check", "a.py", "b.py"), ["a.py cannot be read", "paths that exist"], ["quotes"]),
    (
        ("check", "layer.py:affine_forward", "layer.py:affine_backward"),
        ["gatewise check layer.py:affine_forward --backward layer.py:affine_backward"],
        [],
    ),
    (("show", "x*y", *XY, "--png", "a.png"), ["no option --png", "--save circuit.png"], ["--rng"]),
    (("show", "x*y", *XY, "--pdf", "a.pdf"), ["--tex circuit.tex"], ["--open"]),
    (("show", "x*y", *XY, "--lang", "zh"), ["README.zh-CN.md"], ["--rng"]),
    (("show", "x*y", *XY, "--seed", "1"), ["--rng 0"], []),
    (("train", "--lr", "abc"), ["--lr 'abc'", "a number", "gatewise train --help"], ["show --help"]),
    (("train", "--epochs", "1.5"), ["--epochs '1.5'", "whole number"], ["show --help"]),
    (("graph", "x*y"), ["gatewise show", "--svg"], []),
    (("help",), ["gatewise --help"], []),
    (("gates", "ldexp"), ["x * 2.0**k"], ["exp?"]),
    (("gates", "sigma"), ["sigmoid"], ["sign?"]),
    (("show", "early.py"), ["line 2", "line 3 first"], []),
    (("check", "early.py"), ["line 2", "line 3 first"], []),
    (("show", "latin.py"), ["line 2", "not in utf-8", "coding"], ["codec"]),
    (("show", "utf16.py"), ["UTF-16"], ["codec"]),
    (("show", "prompt.py"), ["prompts"], []),
    (("show", "smart.py"), ["line 2", '" for “'], []),
    (("show", "asks.py"), ["asks.py, line 1", "input()"], []),
    (("check", "asks.py"), ["asks.py, line 1", "input()"], []),
    (
        ("show", "layer.py:affine_backward", "dout=ones(2,3)"),
        ["backward pass", "check layer.py:affine_forward --backward layer.py:affine_backward x=... w=... b=..."],
        ["add cache"],
    ),
    (
        ("show", "layer.py:loss", "W=ones(3,4)", "X=ones(2,3)"),
        ["backward pass (it computes dW)", "gatewise check layer.py:loss W=... X=..."],
        ["name = name"],
    ),
    (("show", "only.py"), ["It has a class", "def f(x): return Layer(...).forward(x)"], []),
    (("show", "only.py:Layer", "x=1"), ["Layer is a class", "def f(x): return Layer(...).forward(x)"], ["Leave x out"]),
    (("show", "names.py:takes_dict", "X=ones(2)"), ['def g(W, b, X): return takes_dict({"W": W, "b": b}, X)'], []),
    (("show", "names.py:truth", "x=1"), ["no slope", "return a float"], ["with a point"]),
    (("show", "names.py:waits", "x=1"), ["coroutine", "async def"], ["never awaited"]),
    (("show", "argv.py"), ["sys.argv"], []),
    (("show", "ends.py"), ["exit status 0"], ["None"]),
    (("show", "loads.py"), ["folder you are in"], []),
    (("show", "names.py:exp_", "x=1"), ["NameError", "np.exp"], []),
    (("show", "names.py:no_np", "x=1"), ["import numpy as np"], []),
    (("show", "names.py:nothing_like_it", "x=1"), ["ModuleNotFoundError", "pip install"], []),
    (("show", "names.py:xor", "x=1"), ["x**2"], []),
]
FILES = {
    "cls.py": (
        "class Net:\n    def __init__(self):\n        self.W = 2.0\n    def loss(self, x):\n        return self.W * x\n"
        "class Deep:\n    def __init__(self, a, b): pass\n    def loss(self, x): return x\n"
        "def f(y):\n    return y * y\ndef g(x, k=2.0):\n    return x * k\n"
    ),
    "layer.py": (
        "import numpy as np\ndef affine_forward(x, w, b):\n    return x @ w + b, (x, w, b)\n"
        "def affine_backward(dout, cache):\n    x, w, b = cache\n    dx, dw, db = dout @ w.T, x.T @ dout, dout.sum(0)\n"
        "    return dx, dw, db\n"
        "def loss(W, X):\n    scores = X @ W\n    dW = np.zeros_like(W)\n    dW += X.T @ scores\n"
        "    return 0.5 * np.sum(scores**2), dW\n"
    ),
    "early.py": "x = 3.0\nf = q * x\nq = x + 1\n",
    "prompt.py": ">>> x = 3.0\n>>> y = x * x\n",
    "smart.py": "x = 3.0\nname = “x”\ny = x * x\n",
    "asks.py": 'n = float(input("n? "))\nx = 3.0\ny = x * n\n',
    "names.py": (
        "def exp_(x):\n    return exp(x)\ndef no_np(x):\n    return np.exp(x)\n"
        "def nothing_like_it(x):\n    import nosuchmodule\n    return x\ndef xor(x):\n    return x^2\n"
        'def takes_dict(p, X):\n    return (p["W"] * X + p["b"]).sum()\ndef truth(x):\n    return x > 0\n'
        "async def waits(x):\n    return x\n"
    ),
    "only.py": "class Layer:\n    def __init__(self, W): self.W = W\n    def forward(self, x): return x * self.W\n",
    "argv.py": "import sys\nx = float(sys.argv[1])\ny = x * x\n",
    "ends.py": "x = 3.0\ny = x * x\nexit()\n",
    "loads.py": "x = 3.0\nopen('nowhere.csv')\ny = x * x\n",
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder with files of every kind, the current one; nobody is at the keyboard."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "latin.py").write_bytes("x = 3.0\n# caf\xe9\ny = x * x\n".encode("latin-1"))
    (tmp_path / "utf16.py").write_text("x = 3.0\n", encoding="utf-16")
    (tmp_path / "nb.ipynb").write_text("{}")
    (tmp_path / "class").mkdir()
    monkeypatch.setattr("sys.stdin", io.StringIO())


@pytest.mark.parametrize(("words", "said", "unsaid"), ANSWERED, ids=lambda part: " ".join(map(str, part))[:50])
def test_what_was_meant_is_said(refused, files, words, said, unsaid):
    message = refused(*words)
    assert "\n  instead: " in message
    for word in said:
        assert word in message, message
    for word in unsaid:
        assert word not in message, message


def test_what_people_expect_to_work_works(typed, files):
    (Path("head.csv")).write_text("a,b\n1.0,2.0\n", encoding="utf-8")
    Path("bom.py").write_bytes(b"\xef\xbb\xbfx = 3.0\r\ny = x * x\r\n")
    Path("coded.py").write_bytes("# -*- coding: latin-1 -*-\nx = 3.0  # caf\xe9\ny = x * x\n".encode("latin-1"))
    for words in (
        ("x*y", "x=1", "y=1/3"),
        ("sum(X.T @ X)", "X=ones(3,2)"),
        ("sum(transpose(X) @ X)", "X=ones(3,2)"),
        ("sum(clip(X, 0, 1))", "X=ones(3,2)"),
        ("sum(x)", "x=@head.csv"),
        ("sum(x)", "x=linspace(0, 1, 5)"),
        ("x\xa0*\xa0y", "x=1", "y=2"),
        ("θ*x + σ(x)", "x=1", "θ=2"),
        ("bom.py",),
        ("coded.py",),
        ("x*y", "x=1", "y=2", "--vary", "x=linspace(0, 1, 3)"),
    ):
        answer = typed("show", *words)
        assert answer.status == 0, (words, answer.err)


def test_an_expression_with_inputs_is_one_whatever_has_its_name(typed):
    Path("a/b").mkdir(parents=True)
    Path("a-b.py").write_text("x = 3.0\n", encoding="utf-8")
    Path("b.py").write_text("x = 3.0\n", encoding="utf-8")
    for words in (("a/b", "a=1", "b=2"), ("a-b", "a=1", "b=2"), ("b", "b=1")):
        assert typed("show", *words).status == 0


@pytest.mark.parametrize(
    "returned", ["loss, dW", "loss, {'W': dW}", "dW"], ids=["a pair", "a dict of gradients", "the gradient alone"]
)
def test_a_backward_pass_is_called_one_by_show(typed, returned):
    text = (
        "import numpy as np\ndef net(W, X):\n    scores = X @ W\n    loss = np.sum(scores**2)\n"
        f"    dW = X.T @ (2 * scores)\n    return {returned}\n"
    )
    Path("net.py").write_text(text, encoding="utf-8")
    answer = typed("show", "net.py:net", "X=ones(2,3)", "W=ones(3,2)")
    assert answer.status == 2
    assert "backward pass" in answer.err or returned == "dW"
    assert "gatewise check net.py:net" in answer.err or returned == "dW"


def test_the_lines_for_a_method_can_be_added_and_shown(refused, typed, files):
    added = re.search(r"def f.*", refused("show", "cls.py:Net.loss", "x=1"))
    assert added is not None
    with Path("cls.py").open("a", encoding="utf-8") as file:
        file.write(f"\n{added[0]}\n")
    assert typed("show", "cls.py:f", "x=1").status == 0


def test_what_is_mistyped_ends_in_a_message():
    """`python tests/fuzz_commands.py 100000` tries more."""
    statuses = run(500)
    assert statuses[0] > 20
    assert statuses[2] > 200
