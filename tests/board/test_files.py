"""Functions in files and flat scripts: imports, inputs given twice, loops, gradients that are printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import gatewise as gw
from gatewise._errors import UnknownOutputError


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def write(text: str, name: str = "script.py") -> str:
        Path(name).write_text(text, encoding="utf-8")
        return name

    return write


@pytest.mark.parametrize(
    ("imports", "sine"),
    [
        ("import math", "math.sin"),
        ("import math as m, sys", "m.sin"),
        ("from math import sin", "sin"),
        ("from math import sin as s", "s"),
        ("from math import *", "sin"),
        ("if True:\n    import math", "math.sin"),
        ("", "math.sin"),
    ],
)
def test_a_script_may_import_math(script, imports: str, sine: str) -> None:
    c = gw.circuit(script(f"{imports}\nx = 0.0\nf = {sine}(x)\n"))
    assert c.gradients == {"x": 1.0}


def test_an_input_given_twice_is_two_inputs(script) -> None:
    path = script("x = 2.0\nf = x * 3\nx = 5.0\ng = f * x\n")
    assert gw.circuit(path).gradients == {"x": 15.0, "x_2": 6.0}
    assert gw.circuit(path, x=1.0, x_2=7.0).gradients == {"x": 21.0, "x_2": 3.0}
    scope: dict = {}
    exec(gw.circuit(path).code(), scope)
    assert scope["f_and_gradients"](2.0, 5.0) == (30.0, (15.0, 6.0))


def test_an_input_may_be_computed_anew(script) -> None:
    c = gw.circuit(script("x = 2.0\nx = x * 3\n"))
    assert c.value == 6.0
    assert c.gradients == {"x": 3.0}


def test_what_a_loop_assigns_is_seen(script) -> None:
    path = script(
        "import numpy as np\nW = np.array([1.0, 2.0])\nX = np.array([[1.0, 2.0], [3.0, 4.0]])\nlr = 0.1\n"
        "for i in range(2):\n    s = X.dot(W)\n    if i > 0:\n        loss = np.mean(s**2)\n"
        "        ds = 2 * s / 2\n        dW = X.T.dot(ds)\n        W -= lr * dW\n"
        "print(dW)\n"
    )
    c = gw.circuit(path)
    assert c.gradients["W"].tolist() == [38.0, 54.0]
    assert gw.circuit(path, output="s", upstream="ones").gradients["W"].tolist() == [4.0, 6.0]
    with pytest.raises(UnknownOutputError, match="has no output los"):
        gw.circuit(path, output="los")


def test_a_block_of_gradients_alone_is_left_out(script) -> None:
    assert gw.circuit(script("x = 2.0\nf = x * x\nif True:\n    dx = 2 * x\n")).gradients == {"x": 4.0}


def test_a_file_is_found_by_its_dataclasses_and_finds_its_neighbours(script, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    script("def square(x):\n    return x * x\n", "sub/neighbour_of_shown.py")
    path = script(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom typing import ClassVar\n"
        "import neighbour_of_shown\n\n@dataclass\nclass Scale:\n    a: float\n    kind: ClassVar[str] = 's'\n\n"
        "def f(x):\n    import neighbour_of_shown as again\n    return again.square(x) * Scale(2.0).a\n",
        "sub/shown_here.py",
    )
    before = list(sys.path)
    assert gw.circuit(f"{path}:f", x=3).gradients == {"x": 12.0}
    assert sys.path == before
    assert "shown_here" not in sys.modules
    sys.modules.pop("neighbour_of_shown")
