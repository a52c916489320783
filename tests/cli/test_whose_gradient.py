"""show and check have one rule for whose gradient a name is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NAMES = ["dy", "y_grad", "grad_y", "gradY", "ygrad", "nabla_y", "dfdy", "dL_dy", "y_bar", "grads['y']"]


@pytest.mark.parametrize("name", NAMES)
def test_show_leaves_out_what_check_judges(typed, name):
    head = "grads = {}\n" if "grads" in name else ""
    text = f"{head}x = 3.0\ny = x * x\nf = y * y\n{name} = 2 * y\n"
    Path("notes.py").write_text(text, encoding="utf-8")
    shown = json.loads(typed("show", "notes.py", "--json").out)
    assert [wire["name"] for wire in shown["wires"]][-1] == "f"
    assert [p["name"] for p in json.loads(typed("check", "notes.py", "--json").out)["parameters"]] == ["y"]
    Path("notes.py").write_text(text.replace("= 2 * y", "= 3 * y"), encoding="utf-8")
    assert typed("check", "notes.py").status == 1


@pytest.mark.parametrize(
    "text",
    [
        "x = 3.0\ndx = 0.5\nloss = x**2 * dx\n",
        "x = 3.0\ndx = 0.5\nv = x**2 * dx\n",
        "x = np.array([1.0, 4.0])\nx_bar = np.mean(x)\nv = np.sum((x - x_bar) ** 2)\n",
        "u = np.array([1.0, 2.0])\ndu = u[1] - u[0]\nenergy = np.sum(u**2) * du\n",
    ],
)
def test_what_the_output_is_computed_from_is_no_gradient(typed, text):
    Path("notes.py").write_text(text, encoding="utf-8")
    shown = json.loads(typed("show", "notes.py", "--json").out)
    assert [wire["name"] for wire in shown["wires"]][-1] in ("loss", "v", "energy")
    assert any(wire["name"] in ("dx", "du", "x_bar") for wire in shown["wires"])
