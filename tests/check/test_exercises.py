"""Exercises: written, marked, and handed in by students who make each mistake there is, in each of them."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from check.mutants import Mutant, mutants_of
from gatewise._check.blank import blank, function_from, function_in, is_exercise, solved
from gatewise._check.diagnosis import KINDS
from gatewise._check.exercises import EXERCISES, Exercise
from gatewise._check.grading import Grade, filled, grade, paper_of
from gatewise._errors import GatewiseError
from gatewise._recording.running import record
from gatewise._source import staged

ALIKE = {
    "staged": {"wire": {"num", "den"}, "upstream": {"dsigx", "dxpysqr", "dnum", "dsigy"}},
    "patterns": {"upstream": {"dp", "dm"}, "wire": {"x", "y"}},
    "neuron": {"weights": {"w0", "w1"}, "inputs": {"x0", "x1"}},
    "net": {"hidden": {"relu_out", "layer1_out"}, "upstream": {"dlayer1_out", "drelu_out"}},
    "batchnorm": {"wire": {"xhat", "xmu"}, "row": {"divar", "dvar", "dsqrtvar"}},
    "compound": {"wire": {"q", "z"}},
    "matrices": {"upstream": {"dR", "dD"}},
}
#: A line that leaves the gradient of the penalty out.
FORGOTTEN = {"net": [("dW2 = (2 * W2) * dpenalty2", "dW2 = 0 * W2"), ("dW1 = (2 * W1) * dpenalty1", "dW1 = 0 * W1")]}
LINES = 0.95

every = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)


def blank_of(exercise: Exercise) -> str:
    return blank(exercise.forward, exercise.inputs, exercise.wrt, "exercise.py")


def solution_of(exercise: Exercise) -> str:
    """The exercise with every line as the solution has it."""
    return filled(paper_of("exercise.py", blank_of(exercise)))


def states(found: Grade) -> Counter[str]:
    return Counter(g.state for g in found.lines)


@every
def test_an_exercise_is_the_staged_code_with_empty_lines(exercise):
    text = blank_of(exercise)
    assert is_exercise(text)
    printed = str(staged(record(exercise.forward, (), exercise.inputs, wrt=exercise.wrt)))
    code = [line.partition("#")[0].rstrip() for line in printed.splitlines()]
    written = [line.partition("#")[0].rstrip() for line in solution_of(exercise).splitlines()]
    assert written[2 : 2 + len(code)] == code  # below the two lines that say what to do
    forward = printed[: printed.index("    # backward pass")]
    assert forward in text
    answers = [line.strip() for line in code if re.match(r"    d\w+ \+?= (?!1\.0)", line)]
    there = {line.partition("#")[0].strip() for line in text[text.index("# backward pass") :].splitlines()}
    assert len(answers) >= 2
    assert not there & set(answers)


@every
def test_empty_lines_and_right_ones(exercise, counted):
    nothing = grade("exercise.py", blank_of(exercise))
    assert set(states(nothing)) == {"empty"}
    assert nothing.verdict == "undecidable"
    everything = grade("exercise.py", solution_of(exercise))
    assert set(states(everything)) == {"right"}
    assert everything.verdict == "right"
    assert everything.report is not None
    assert bool(everything)
    counted("exercises", exercises=1, lines=len(everything.lines))


@every
def test_each_line_written_alone_is_right(exercise):
    """A line is judged though all others are empty."""
    text, whole = blank_of(exercise).split("\n"), solution_of(exercise).split("\n")
    for k, (empty, line) in enumerate(zip(text, whole, strict=True)):
        if empty != line:
            found = grade("exercise.py", "\n".join([*text[:k], line, *text[k + 1 :]]))
            assert [g.line for g in found.lines if g.state == "right"] == [k + 1]
            assert states(found)["wrong"] == 0


def gives_the_same(exercise: Exercise, mutant: Mutant, right: str) -> bool:
    """Whether a changed paper gives what the right one gives; those that do not run do not."""
    ends = []
    for text in (mutant.source, right):
        f = function_from(text, function_in(text).name)
        try:
            _, gradients = f(**exercise.inputs)
        except (ValueError, NameError):
            return False
        ends.append([np.asarray(g, float) for g in (gradients if isinstance(gradients, tuple) else (gradients,))])
    return all(a.shape == b.shape and np.allclose(a, b, rtol=1e-9) for a, b in zip(*ends, strict=True))


def planted_in(exercise: Exercise, right: str) -> list[Mutant]:
    first = 1 + next(k for k, line in enumerate(right.split("\n")) if "# backprop" in line)
    found = list(mutants_of(right, first, ALIKE.get(exercise.name, {})))
    for line, instead in FORGOTTEN.get(exercise.name, []):
        assert line in right
        number = 1 + next(k for k, text in enumerate(right.split("\n")) if line in text)
        others = frozenset(1 + k for k, text in enumerate(right.split("\n")) if line.split()[0] + " " in text)
        found.append(Mutant(right.replace(line, instead), number, "regularisation", instead, others))
    return [m for m in found if not gives_the_same(exercise, m, right)]


@every
def test_a_student_makes_each_mistake(exercise, counted):
    right = solution_of(exercise)
    score: Counter[str] = Counter()
    misses = []
    for mutant in planted_in(exercise, right):
        found = grade("exercise.py", mutant.source)
        wrong = [g for g in found.lines if g.state == "wrong"]
        lines = {mutant.line} | mutant.others
        hit = bool(wrong) and {g.line for g in wrong} <= lines
        told = hit and any(g.mistake is not None and g.mistake.kind == mutant.kind for g in wrong)
        score.update(planted=1, right_line=hit, right_diagnosis=told, passed_as_right=found.verdict == "right")
        score.update(right_lines_called_wrong=sum(g.line not in lines for g in wrong))
        if not told:
            misses.append(
                (mutant.line, mutant.kind, mutant.text, [(g.line, g.mistake and g.mistake.kind) for g in wrong])
            )
    counted("exercises, planted mistakes", **score)
    assert score["planted"] >= 8
    assert score["passed_as_right"] == 0, misses
    assert score["right_lines_called_wrong"] == 0, misses
    assert score["right_line"] >= LINES * score["planted"], misses
    assert score["right_diagnosis"] >= 0.85 * score["planted"], misses


def test_every_kind_of_mistake_is_made():
    made = {m.kind for e in EXERCISES.values() for m in planted_in(e, solution_of(e))}
    assert made == set(KINDS) - {"other"}


def test_a_wrong_line_among_empty_ones():
    """The lines below it stay empty, and are not called wrong; hints do not give the line away."""
    text = blank_of(EXERCISES["staged"]).replace("dxpy = ...", "dxpy = xpy * dxpysqr")
    found = grade("exercise.py", text)
    (wrong,) = [g for g in found.lines if g.state == "wrong"]
    assert (wrong.text, wrong.target) == ("dxpy = xpy * dxpysqr", "dxpy")
    assert wrong.mistake is not None
    assert wrong.mistake.kind == "factor"
    assert states(found) == {"wrong": 1, "empty": 11}
    assert found.verdict == "wrong"
    told = found.to_dict()
    assert not any("solution" in line or "rule" in line for line in told["lines"])
    assert "2 * xpy" not in str(told)
    assert "2 * xpy" in str(found.to_dict(solution=True))


def test_fewer_lines_than_the_solution_has():
    """Three lines in one are as good; what stays empty beside them is not held against them."""
    whole = solution_of(EXERCISES["softmax"])
    one = "dscores = (np.exp(stable) / np.sum(np.exp(stable), axis=1, keepdims=True) - np.eye(3)[y]) * dtotal"
    blanked = blank_of(EXERCISES["softmax"])
    text = blanked.replace("dscores = ...", one, 1).replace("dtotal = ...", "dtotal = dloss / N")
    found = grade("exercise.py", text)
    assert [g.state for g in found.lines] == ["right", "right", "empty", "empty"]
    done = "\n".join(line for line in text.split("\n") if "dscores = ..." not in line)
    assert grade("exercise.py", done).verdict == "right"
    assert grade("exercise.py", whole).verdict == "right"


def test_a_line_that_raises():
    whole = solution_of(EXERCISES["net"])
    found = grade("exercise.py", whole.replace("drelu_out = dscores @ W2.T", "drelu_out = dscores @ W2"))
    wrong = [g for g in found.lines if g.state == "wrong"]
    assert [g.target for g in wrong] == ["drelu_out"]
    assert states(found)["not reached"] == 4
    assert "ValueError" in found.raised
    assert found.verdict == "wrong"


def test_a_line_that_is_gone():
    whole = solution_of(EXERCISES["compound"]).split("\n")
    text = "\n".join(line for line in whole if not line.startswith("    dq ="))
    found = grade("exercise.py", text)
    assert [(g.target, g.state) for g in found.lines if g.state != "right"] == [("dq", "empty")]


OWN = """\
    dinvden = num
    dden = -dinvden / den**2
    dsigx, dxpysqr = dden, dden
    dxpy = (2 * xpy
            * dxpysqr)
    dsigy = invden
    dx = dxpy + sigx * (1 - sigx) * dsigx + invden
    dy = dxpy + sigy * (1 - sigy) * dsigy
"""


def test_a_student_with_a_style_of_their_own():
    """Two names in one line, one line over two, a gradient that gets no line, contributions in one sum."""
    text = blank_of(EXERCISES["staged"])
    own = text[: text.index("    # backprop f")] + OWN + text[text.index("    return f") :]
    found = grade("exercise.py", own)
    assert (found.verdict, set(states(found))) == ("right", {"right"})
    wrong = grade("exercise.py", own.replace("2 * xpy", "3 * xpy").replace(" + invden", ""))
    assert [g.target for g in wrong.lines if g.state == "wrong"] == ["dxpy", "dx"]


@pytest.mark.parametrize(
    "line", ["dnum = None", "dnum = undefined", "dnum = []", "dnum = 'a'", "dnum = np.nan", "import os"]
)
def test_lines_that_are_no_gradient_at_all(line):
    whole = solution_of(EXERCISES["staged"])
    assert "dnum = invden * df" in whole
    found = grade("exercise.py", whole.replace("dnum = invden * df", line))
    assert not found
    assert states(found)["wrong"] + states(found)["empty"] >= 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.replace("inputs = {", "given = {"),
        lambda t: t.replace("_and_gradients", "_finished"),
        lambda t: t.replace("# backward pass, in reverse order", "# backward"),
        lambda t: t + "\nthis is no python\n",
        lambda t: t.replace("    return f, (dx, dy, dz)", "    print(f)"),
    ],
)
def test_an_exercise_that_is_none_any_more(spoil):
    with pytest.raises(GatewiseError):
        grade("exercise.py", spoil(blank_of(EXERCISES["compound"])))


@every
def test_the_solution_is_found_from_the_exercise_alone(exercise):
    text = blank_of(exercise)
    lines = [g.solution for g in grade("exercise.py", text).lines]
    printed = solved(text, exercise.inputs, exercise.wrt)
    assert lines == [line for line in lines if f"    {line}" in printed]
    assert all(g.rule for g in grade("exercise.py", text).lines)
