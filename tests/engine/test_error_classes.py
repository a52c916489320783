"""One class per mistake: each says what, why and what to write instead, and shows a wrong and a right program."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import numpy as np
import pytest

import gatewise as gw
from gatewise import _errors
from gatewise._errors import GatewiseError, LineError, expected_shapes, user_line

CLASSES = [
    value
    for value in vars(_errors).values()
    if inspect.isclass(value) and issubclass(value, GatewiseError) and value is not GatewiseError
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_class_is_documented_by_a_program_that_runs(error):
    text = error.__doc__
    assert text.splitlines()[0].endswith(".")
    examples = doctest.DocTestParser().get_examples(text)
    assert examples, "an example"
    raised = [e for e in examples if e.exc_msg]
    shown = [e for e in examples if error.__name__ in e.source]
    assert (raised and "Right:" in text) or shown


def wrong_programs(error):
    """The lines of a docstring's examples up to each that raises."""
    examples = doctest.DocTestParser().get_examples(error.__doc__)
    for k, example in enumerate(examples):
        if example.exc_msg:
            yield [e.source for e in examples[: k + 1] if e is example or not e.exc_msg]


def raised_by(lines):
    *before, wrong = lines
    space = {}
    exec("".join(before), space)
    with pytest.raises(GatewiseError) as caught:
        exec(wrong, space)
    return caught.value


@pytest.mark.parametrize(
    ("error", "lines"),
    [pytest.param(error, lines, id=error.__name__) for error in CLASSES for lines in wrong_programs(error)],
)
def test_every_wrong_program_is_told_in_three_parts(error, lines):
    raised = raised_by(lines)
    assert isinstance(raised, error)
    assert type(raised).__name__ == error.__name__  # where plain code raises too, it is of that class as well
    assert raised.what
    assert raised.why
    assert str(raised).startswith(raised.what)


def test_the_parts_stand_on_lines_of_their_own():
    error = GatewiseError("what", "why", "cure")
    assert str(error) == "what\n  why:     why\n  instead: cure"
    assert str(GatewiseError("what")) == "what"
    assert (error.what, error.why, error.cure) == ("what", "why", "cure")


@pytest.mark.parametrize("error", [c for c in CLASSES if issubclass(c, LineError)], ids=lambda error: error.__name__)
def test_the_errors_of_one_line_find_it_themselves(error):
    said = str(error("what", "why", "cure", "below"))
    first, line, *others = said.splitlines()
    assert first == "what"
    assert line.endswith(':  said = str(error("what", "why", "cure", "below"))')
    assert others == ["  below", "  why:     why", "  instead: cure"]


def test_no_caller_writes_the_line():
    folder = Path(gw.__file__).parent
    calls = {
        str(f.relative_to(folder)): f.read_text(encoding="utf-8").count("user_line()") for f in folder.rglob("*.py")
    }
    kept = {
        "_tensor/applying.py": 1,  # where a Tensor is lent to another derivative, and the error comes later
        "_compile/recording.py": 1,  # what Python read is told with its line, and is no error
    }
    assert {file: n for file, n in calls.items() if n and file != "_errors/lines.py"} == kept


def test_a_line_that_was_told_is_not_told_again():
    assert str(LineError("what", line="")) == "what"
    assert str(LineError("what", line="\n  line 7:  x = 1")) == "what\n  line 7:  x = 1"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: gw.circuit("x * y", wrt=3, x=2.0, y=3.0),
        lambda: gw.circuit(lambda x: None, 2.0),
        lambda: gw.check(3.0, 2.0),
        lambda: gw.grad(np.sum, argnums=2)(np.ones(2)),
    ],
)
def test_arguments_are_refused_with_the_line_that_gave_them(wrong):
    with pytest.raises(GatewiseError, match=r"\n  line \d+:  "):
        wrong()


@pytest.mark.parametrize(
    ("gate", "shapes", "said"),
    [
        ("matmul", ((5, 4), (5, 10)), "4 != 5"),
        ("dot", ((4,), (5,)), "4 != 5"),
        ("matmul", ((2, 5, 4), (4, 3)), ""),
        ("add", ((5, 4), (3,)), "4 != 3"),
        ("add", ((5, 4), (3, 4)), "axis -2. Actual: 5 != 3"),
        ("add", ((5, 1), (4,)), ""),
        ("exp", ((3,),), ""),
    ],
)
def test_what_was_expected_of_shapes(gate, shapes, said):
    found = expected_shapes(gate, shapes)
    assert said in found
    assert bool(found) == bool(said)


def helper_of_the_user(x):
    return x @ x[:2]


def test_the_line_is_the_users_innermost_one():
    with pytest.raises(GatewiseError, match=r"line \d+:  return x @ x\[:2\]"):
        gw.grad(helper_of_the_user)([1.0, 2.0] and gw.tensor([1.0, 2.0, 3.0]))
    assert "assert" in user_line()


def test_an_error_stops_nothing_that_follows():
    x = gw.tensor([1.0, 2.0, 3.0])
    for _ in range(3):
        with pytest.raises(GatewiseError):
            helper_of_the_user(x)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]
