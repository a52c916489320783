"""Exercises as they come back: another return, none, other names, lines that are gone: each has a mark and a reason."""

from __future__ import annotations

import re

import pytest

from check.test_exercises import solution_of
from gatewise._check.exercises import EXERCISES
from gatewise._check.grading import grade

RETURN = "return f, (dx, dy)"


@pytest.fixture(scope="module")
def staged() -> str:
    return solution_of(EXERCISES["staged"])


@pytest.mark.parametrize(
    ("instead", "note"),
    [
        ("return f, dx", "it leaves out dy"),
        ("return f, (dy,)", "it leaves out dx"),
        ("return f", "it leaves out dx, dy"),
        ("return dx, dy", "it leaves out f"),
        ("print(f)", "it leaves out f, dx, dy"),
        ("return", "it leaves out f, dx, dy"),
        ("found = (dx,)\n    return f, found", "1 gradients came back, 2 are asked"),
    ],
)
def test_a_return_that_leaves_something_out(staged, instead, note):
    found = grade("exercise.py", staged.replace(RETURN, instead))
    assert found.verdict == "wrong"
    (wrong,) = [g for g in found.lines if g.state != "right"]
    assert (wrong.state, wrong.note) == ("wrong", note)
    assert found.count("right") == 12


def test_a_wrong_line_beside_such_a_return(staged):
    text = staged.replace("dsigx = dden", "dsigx = 2 * dden").replace(RETURN, "return f, dx")
    found = grade("exercise.py", text)
    lines = text.split("\n")
    wrong = [lines[g.line - 1].strip() for g in found.lines if g.state == "wrong"]
    assert wrong == ["dsigx = 2 * dden", "return f, dx"]


def test_a_gradient_without_a_line_and_out_of_the_return(staged):
    text = re.sub(r"\n    dy .*", "", staged).replace(RETURN, "return f, dx")
    found = grade("exercise.py", text)
    assert [g.text.partition(":")[0] for g in found.lines if g.state == "empty"] == ["dy", "dy"]
    assert found.count("wrong") == 1
    assert found.count("right") == 10


def test_other_names(staged):
    for renamed in (("dnum",), ("dx", "dy", "dden", "dsigx")):
        text = staged
        for name in renamed:
            text = re.sub(rf"\b{name}\b", name.replace("d", "grad_of_", 1), text)
        found = grade("exercise.py", text)
        assert found.verdict == "right"
        assert bool(found)
        found = grade("exercise.py", text.replace("= invden * df", "= 2 * invden * df"))
        assert found.verdict == "wrong"
        assert [g.state for g in found.lines if g.state != "right"] == ["wrong"]


def test_a_changed_forward_pass_is_not_put_back(staged):
    found = grade("exercise.py", staged.replace("num = x + sigy", "num = x").replace(RETURN, "return f, dx"))
    assert found.verdict == "wrong"
    assert found.count("right") == 0
