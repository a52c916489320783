"""What is done is counted in lines, not in seconds: a busy machine gets the same answer."""

from __future__ import annotations

import ast
import time

import numpy as np
import pytest

import gatewise as gw
from gatewise._check import guesses as guessing
from gatewise._check import thinning
from gatewise._check.work import LineCount, SpentError


def loops(n):
    total = 0.0
    for _ in range(n):
        total += 1.0
    return total


def test_lines_are_counted_and_not_those_of_numpy():
    work = LineCount(10_000)
    with work.counted():
        loops(100)
    assert 200 < work.lines < 210
    with work.counted():
        np.linalg.norm(np.ones((3, 3)))
    assert work.lines < 215


def test_what_is_too_much_is_stopped_whatever_it_catches():
    def endless():
        while True:
            try:
                loops(1)
            except Exception:
                pass

    with pytest.raises(SpentError), LineCount(1000).counted():
        endless()


def cubed(X, W):
    Z = X @ W
    loss = np.sum(Z**3)
    dZ = 3 * Z
    dW = X.T @ dZ
    return loss, dW


@pytest.mark.parametrize("times", [1, 40])
def test_a_busy_machine_gets_the_same_lines(monkeypatch, times):
    """Its clock runs faster beside what is done: forty times as fast here."""
    started, clock = time.monotonic(), time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: started + times * (clock() - started))
    N = np.random.default_rng(0).normal
    report = gw.check(cubed, N(size=(12, 10)), N(size=(10, 9)), leave_out="X")
    assert [m.text for m in report.mistakes] == ["dZ = 3 * Z"]
    assert not any("smaller inputs" in note for note in report.notes)
    text = "def f(x, w, b):\n    return np.maximum(x @ w + b, 0)"
    space = {"np": np}
    exec(text, space)
    (node,) = ast.parse(text).body
    assert next(guessing.guesses(space["f"], [node], text, {})).texts["x"] == "randn(4, 5)"


def test_a_long_run_is_looked_at_smaller(monkeypatch):
    monkeypatch.setattr(thinning, "LINES", 3)
    N = np.random.default_rng(0).normal
    report = gw.check(cubed, N(size=(12, 10)), N(size=(10, 9)), leave_out="X")
    assert any("smaller inputs" in note for note in report.notes)
    assert [m.text for m in report.mistakes] == ["dZ = 3 * Z"]


def test_a_function_that_runs_for_ever_is_given_up():
    text = "def f(x):\n    while True:\n        x = x + 1"
    space = {"np": np}
    exec(text, space)
    (node,) = ast.parse(text).body
    assert next(guessing.guesses(space["f"], [node], text, {}), None) is None
