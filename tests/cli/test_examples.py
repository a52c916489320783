"""The examples run, show, and are right."""

from __future__ import annotations

import runpy
import shlex

import numpy as np
import pytest

import gatewise as gw
from cli.conftest import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(path, capsys):
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_command_that_an_example_names_works(path, typed, monkeypatch):
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    command = next(line for line in text.splitlines() if f"gatewise show examples/{path.name}" in line)
    command = command[command.index("gatewise show") :].split("`")[0]
    monkeypatch.chdir(ROOT)
    answer = typed(*shlex.split(command)[1:])
    assert answer.status == 0, answer.err
    assert "agree" in answer.out or "backward pass" in answer.out


def test_the_gradients_written_by_hand_in_the_flat_script_are_right():
    path = ROOT / "examples" / "flat.py"
    values = runpy.run_path(str(path))
    assert gw.circuit(path).gradients == {name: values[f"d{name}"] for name in ("w", "x", "b")}


def test_the_fit_of_the_decay_finds_a_minimum():
    example = runpy.run_path(str(ROOT / "examples" / "decay.py"))
    _, found = example["fit"]({"rate": 0.3, "height": 90.0, "background": 12.0})
    gradient = gw.grad(example["chi_squared"])(found)
    assert all(abs(g) * abs(p) < 1e-3 for g, p in zip(gradient.values(), found.values(), strict=True))
    np.testing.assert_allclose([found["rate"], found["height"]], [0.5, 100], rtol=0.15)
