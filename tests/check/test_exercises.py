"""Exercises: written, marked, and handed in by students who make each mistake there is, in each of them."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from check.mutants import Mutant, mutants_of
from gatewise._board import expression_function
from gatewise._check.blank import blank, function_from, function_in, is_exercise, is_untouched, solved
from gatewise._check.diagnosis import KINDS
from gatewise._check.exercises import EXERCISES, Exercise
from gatewise._check.grading import Grade, grade
from gatewise._check.papers import filled, other_inputs, paper_of
from gatewise._cli.asked import CheckRequest
from gatewise._cli.exercises import write_blank
from gatewise._errors import CommandError, GatewiseError, ScriptError
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
    # Staged code has no reshape to forget and no small number to leave out: both are in test_cures.
    assert made == set(KINDS) - {"other", "shape", "eps"}


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


# ---------------------------------------------------------------------------------------- what was given, and copying


def with_backward(lines: str) -> str:
    """The exercise `staged` with these lines for its backward pass, from the first stage on."""
    text = blank_of(EXERCISES["staged"])
    return text[: text.index("    # backprop f")] + lines + text[text.index("    return f") :]


def wrong_lines(found: Grade) -> list[tuple[str, str]]:
    return [(g.text, g.note) for g in found.lines if g.state == "wrong"]


def test_numbers_that_were_copied_are_wrong():
    whole = solution_of(EXERCISES["staged"])
    space: dict[str, object] = {}
    exec(whole + "\nfound = staged_and_gradients(**inputs)", space)
    _, (dx, dy) = space["found"]
    found = grade("exercise.py", with_backward(f"    dx = {float(dx)!r}\n    dy = {float(dy)!r}\n"))
    assert [text.split()[0] for text, _ in wrong_lines(found)] == ["dx", "dy"]
    assert all("own inputs alone" in note for _, note in wrong_lines(found))
    assert found.verdict == "wrong"


def test_one_copied_number_among_empty_lines_is_wrong():
    exercise = EXERCISES["compound"]
    text = blank_of(exercise)
    assert "dq = ..." in text
    assert exercise.inputs["z"] == -4.0
    found = grade("exercise.py", text.replace("dq = ...", "dq = -4.0"))
    assert [text for text, _ in wrong_lines(found)] == ["dq = -4.0"]
    assert [g.state for g in grade("exercise.py", text.replace("dq = ...", "dq = z")).lines if g.target == "dq"] == [
        "right"
    ]


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("", "    import gatewise as gw\n    dx, dy = gw.grad(h, argnums=(0, 1))(x, y)\n"),
        ("from gatewise import grad\n", "    dx, dy = grad(h, argnums=(0, 1))(x, y)\n"),
        (
            "import gatewise\n\ndef ask(x, y): return gatewise.grad(h, argnums=(0, 1))(x, y)\n",
            "    dx, dy = ask(x, y)\n",
        ),
    ],
)
def test_gradients_from_gatewise_are_not_written_by_hand(above, line):
    h = "h = lambda x, y: (x + 1 / (1 + np.exp(-y))) / (1 / (1 + np.exp(-x)) + (x + y) ** 2)\n"
    text = with_backward(line).replace("import numpy as np\n", f"import numpy as np\n{above}{h}", 1)
    found = grade("exercise.py", text)
    assert found.verdict == "wrong"
    assert [note for _, note in wrong_lines(found)] == [
        "gatewise finds the gradient here: an exercise is written by hand"
    ]


@pytest.mark.parametrize(
    ("old", "new", "changed", "what"),
    [
        ("xpysqr = xpy**2 ", "xpysqr = xpy**3 ", "xpysqr = xpy**3", "the forward pass"),
        ("    num = x + sigy ", "    x = 0 * x; num = x + sigy ", "x = 0 * x; num = x + sigy", "the forward pass"),
        ("f = num * invden  ", "f = x + y  ", "f = x + y", "the forward pass"),
        ("return f, ", "return num, ", "return num, (dx, dy)", "what is returned"),
        ("wrt = ['x', 'y']", "wrt = ['x']", "wrt = ['x']", "wrt"),
        ("(x, y):", "(y, x):", "def staged_and_gradients(y, x):", "the head of the function"),
    ],
)
def test_a_changed_forward_pass_is_told_at_its_line(old, new, changed, what):
    """The lines below it are not called wrong: they are right for the exercise, wrong for what is in the file."""
    whole = solution_of(EXERCISES["staged"])
    assert old in whole
    found = grade("exercise.py", whole.replace(old, new))
    ((text, note),) = wrong_lines(found)
    assert text == changed
    assert note.startswith(f"{what} is not the exercise's")
    assert set(states(found)) == {"wrong", "not judged"}
    assert (found.verdict, bool(found)) == ("wrong", False)


def test_a_forward_pass_that_was_replaced():
    text = with_backward("    dx = df\n    dy = df\n")
    first, last = text.index("    sigy ="), text.index("\n    # backward pass")
    found = grade("exercise.py", text[:first] + "    f = x + y\n" + text[last:])
    ((line, note),) = wrong_lines(found)
    assert (line, found.verdict) == ("f = x + y", "wrong")
    assert note.startswith("the forward pass is not the exercise's")


def test_a_forward_pass_that_the_backward_pass_puts_right_again():
    """The gradients are those of the forward pass, not of what the function returns in the end."""
    found = grade("exercise.py", with_backward("    f = x + y\n    dx = 1.0\n    dy = 1.0\n"))
    assert not found
    assert found.verdict == "wrong"


def test_other_inputs_stay_where_the_forward_pass_is_defined():
    text = blank(expression_function("log(1-x)*y", {"x": 0.95, "y": 2.0}), {"x": 0.95, "y": 2.0}, None, "exercise.py")
    paper = paper_of("exercise.py", text)
    others = other_inputs(paper)
    assert len(others) == 3
    assert all(inputs["x"] < 1 and inputs["x"] != 0.95 for inputs in others)
    assert grade("exercise.py", filled(paper)).verdict == "right"


def test_layout_comments_and_prints_change_no_forward_pass():
    whole = solution_of(EXERCISES["staged"])
    odd = whole.replace("xpy = x + y  ", "print('here')\n    xpy = x+y # a note ").replace(
        "wrt = ['x', 'y']", 'wrt = ["x","y"]'
    )
    assert odd != whole
    assert grade("exercise.py", odd.replace('["x","y"]', "['x','y']")).verdict == "right"


def test_without_its_last_line_an_exercise_is_not_called_right():
    whole = solution_of(EXERCISES["staged"])
    bare = re.sub(r"\nexercise = .*", "", whole)
    assert bare != whole
    found = grade("exercise.py", bare)
    assert set(states(found)) == {"right"}
    assert (found.verdict, bool(found)) == ("undecidable", False)


@every
def test_a_file_is_untouched_until_anything_is_written(exercise):
    text = blank_of(exercise)
    assert is_untouched(text)
    assert not is_untouched(solution_of(exercise))
    assert not is_untouched(text.replace("...  # your line", "1.0", 1))
    assert not is_untouched(text.replace("    # backprop", "    # my note\n    # backprop", 1))
    assert not is_untouched(text + "# a note at the end\n")


def test_blank_never_writes_over_written_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    request = CheckRequest((), blank="staged", to="mine.py")
    write_blank(request)
    write_blank(request)
    mine = (tmp_path / "mine.py").read_text().replace("dnum = ...", "dnum = invden * df")
    (tmp_path / "mine.py").write_text(mine)
    with pytest.raises(CommandError, match="there already"):
        write_blank(request)
    assert (tmp_path / "mine.py").read_text() == mine


# ----------------------------------------------------------------------------------------- blame where it belongs alone


def test_all_lines_gone_are_all_empty_and_nothing_else():
    found = grade("exercise.py", with_backward(""))
    assert set(states(found)) == {"empty"}
    assert len(found.lines) == 12
    assert found.raised == ""


def test_a_line_that_is_gone_is_put_where_it_is_needed():
    """What the solution has in its place does not make the student's line below it wrong, nor hide a mistake of it."""
    whole = solution_of(EXERCISES["staged"]).split("\n")
    some = [line for line in whole if line.split("=")[0].strip() not in {"dinvden", "dden", "dxpysqr"}]
    found = grade("exercise.py", "\n".join(some))
    assert {g.target for g in found.lines if g.state == "empty"} == {"dinvden", "dden", "dxpysqr"}
    assert states(found)["wrong"] == 0
    spoilt = "\n".join(some).replace("dxpy = (2 * xpy)", "dxpy = (3 * xpy)").replace("dxpy = 2 *", "dxpy = 3 *")
    assert spoilt != "\n".join(some)
    wrong = [g for g in grade("exercise.py", spoilt).lines if g.state == "wrong"]
    assert [(g.target, spoilt.split("\n")[g.line - 1].strip()[:6]) for g in wrong] == [("dxpy", "dxpy =")]


def test_line_numbers_in_a_hint_are_those_of_the_file():
    """Though lines that are gone stand above them in what was judged."""
    half = "-0.5 / den**2 * dinvden"
    halves = f"    dden = {half}\n    dsigx = dden\n    dden += {half}\n    dxpysqr = dden\n"
    rest = solution_of(EXERCISES["staged"])
    text = with_backward(halves + rest[rest.index("    dxpy =") : rest.index("    return f")])
    (wrong,) = [g for g in grade("exercise.py", text).lines if g.state == "wrong"]
    line = 1 + next(k for k, each in enumerate(text.split("\n")) if "dden += " in each)
    assert (wrong.text, wrong.mistake.kind) == ("dsigx = dden", "stale")
    assert f"line {line} " in wrong.mistake.cure


@pytest.mark.parametrize(("returned", "verdict"), [("(dy, dx)", "wrong"), ("{'x': dx, 'y': dy}", "right")])
def test_what_is_returned_is_checked_too(returned, verdict):
    whole = solution_of(EXERCISES["staged"])
    found = grade("exercise.py", whole.replace("return f, (dx, dy)", f"return f, {returned}"))
    assert found.verdict == verdict


@pytest.mark.parametrize("returned", ["f", "f, dx", "f, (dx,)"])
def test_gradients_that_are_not_returned(returned):
    whole = solution_of(EXERCISES["staged"])
    found = grade("exercise.py", whole.replace("return f, (dx, dy)", f"return {returned}"))
    assert wrong_lines(found) == [(f"return {returned}", f"it leaves out {'dy' if 'dx' in returned else 'dx, dy'}")]


def test_a_return_that_is_gone():
    whole = solution_of(EXERCISES["staged"])
    found = grade("exercise.py", whole.replace("return f, (dx, dy)", "print(f)"))
    ((text, note),) = wrong_lines(found)
    assert text == "the return is gone"
    assert "leaves out" in note


@pytest.mark.parametrize("value", ["'a'", "None", "[]"])
def test_a_line_that_raises_because_of_another_is_not_wrong(value):
    whole = solution_of(EXERCISES["staged"])
    assert "dsigx = dden" in whole
    found = grade("exercise.py", whole.replace("dsigx = dden", f"dsigx = {value}"))
    assert [g.text for g in found.lines if g.state == "wrong"] == [f"dsigx = {value}"]
    assert states(found)["not reached"] == 4


@pytest.mark.parametrize("names", ["[]", "['q']", "[3]"])
def test_wrt_that_names_no_input_calls_no_line_wrong(names):
    text = blank_of(EXERCISES["staged"]).replace("wrt = ['x', 'y']", f"wrt = {names}")
    with pytest.raises(CommandError, match="put wrt back"):
        grade("exercise.py", text)


def test_a_forward_pass_that_raises_is_told_in_the_name_of_the_file():
    text = blank_of(EXERCISES["staged"])
    line = 1 + next(k for k, each in enumerate(text.split("\n")) if "invden = 1.0 / den" in each)
    with pytest.raises(ScriptError) as caught:
        grade("mine.py", text.replace("den = sigx + xpysqr", "den = 0.0").replace("1.0 / den ", "1.0 / 0.0 ", 1))
    assert f"The forward pass of mine.py stops in line {line}." in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)
    assert "<exercise" not in str(caught.value)
