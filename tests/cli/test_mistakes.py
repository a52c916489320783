"""What bad input gets: one message that says what to write instead, exit status 2, no traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cli.conftest import ROOT

ESCAPE = "\x1b[31m"

EXPRESSIONS = [
    (("(x + y)z", "x=1", "y=2", "z=3"), "expected an operator before z. Did you mean (x + y) * z?"),
    (("xy", "x=1", "y=2"), "did you mean x * y?"),
    (("x * q", "x=1"), "unknown name q"),
    (("sigmod(x)", "x=1"), "did you mean sigmoid?"),
    (("x * y", "x=1"), "Give y a value, such as y=1."),
    (("x * y", "x=1", "y=2", "zz=3"), "f has no input zz."),
    (("3", "x=1"), "It has no inputs."),
    (("x * y", "x=abc", "y=1"), "x=abc: this is not a number"),
    (("x * y", "x=", "y=1"), "x="),
    (("x * y", "x=1", "x=2", "y=1"), "x is given twice."),
    (("x", "*", "y", "x=1", "y=2"), "'*' is neither NAME=VALUE nor an option."),
    (("lambda * y", "lambda=1", "y=1"), "Call it lambda_."),
    (("", "x=1"), "the expression is empty"),
    (("x" * 10_001, "x=1"), "10000 is the limit"),
    (("(" * 101 + "x" + ")" * 101, "x=1"), "100"),
    (("+".join(["x"] * 4999), "x=1"), "more than 5000 parts"),
    (("x * 2**10000", "x=1"), "too large"),
    (("dot(X, W)", "X=ones(5,4)", "W=ones(5,10)"), "dot cannot take X (5, 4) and W (5, 10)."),
    (("X + W", "X=ones(5,4)", "W=ones(5,3)"), "Expect: sizes that are equal or 1 on axis -1. Actual: 4 != 3."),
    (("x * y", "x=[1.0, 2.0]", "y=3"), "--upstream ones"),
    (
        ("x * y", "x=[1.0, 2.0]", "y=3", "--upstream", "[1, 2, 3]"),
        "Expect: upstream of the output's shape (2,). Actual: (3,).",
    ),
    (("x * y", "x=[1.0, 2.0]", "y=3", "--upstream", "dD"), "this is not a number"),
    (("sum(X)", "X=[1, 2]", "--wrt", "X"), "with a point"),
    (("x * y", "x=1", "y=2", "--wrt", "z"), "z"),
    (("x * y", "x=1", "y=2", "--card", "qq"), "There is no wire qq"),
    (("x * y", "x=1", "y=2", "--crad", "x"), "Did you mean --card?"),
    (("--crad", "x * y"), "Did you mean --card?"),
    (("x * y", "x=1", "y=2", "--nonsense"), "There is no option --nonsense."),
    (("x * y", "x=1", "y=2", "--code=poem"), "'poem' is not one of"),
    (("x * y", "x=1", "y=2", "--rng", "a"), "--rng"),
    (("x * y", "x=1", "y=2", "--rng", "-1"), "--rng"),
    (("x * y", "x=1", "y=2", "--json", "--code"), "--json stands alone."),
    (("x * y", "x=1", "y=2", "--output", "f"), "--output is for flat scripts."),
    (("x * y", "x=1", "y=2", "--svg", "missing/a.svg"), "'missing/a.svg' cannot be written."),
    (("x * y", "x=1", "y=2", "--svg", "."), "cannot be written."),
    (("nothing.py:f", "x=1"), "there is no such file"),
    (("nothing.py",), "nothing.py cannot be read."),
    ((), "There is nothing to show."),
]


@pytest.mark.parametrize(("words", "said"), EXPRESSIONS, ids=lambda part: str(part)[:60])
def test_a_mistake_in_what_is_shown(refused, words, said):
    assert said in refused("show", *words)


def test_shapes_that_do_not_fit_name_both_wires(refused):
    message = refused("show", "dot(X, W)", "X=ones(5,4)", "W=ones(5,10)")
    assert "Expect: columns of the first == rows of the second. Actual: 4 != 5." in message


def test_messages_of_expressions_point_at_the_column(refused):
    lines = refused("show", "(x + y)z", "x=1", "y=2", "z=3").splitlines()
    assert lines[1].index("z") == lines[2].index("^")


FILES = {
    "undefined": ("def f(x):\n    q = 2 * x\n    return q + missing\n", "NameError: name 'missing' is not defined", 3),
    "divides": ("def f(x):\n    return x * (1 / 0)\n", "ZeroDivisionError: division by zero", 2),
    "library": ("import json\ndef f(x):\n    return x * json.loads('{')\n", "JSONDecodeError", 3),
    "at import": ("import nosuchmodule\ndef f(x):\n    return x\n", "ModuleNotFoundError", 1),
    "syntax": ("def f(x):\n    return (x\n", "SyntaxError: '(' was never closed", 2),
    "fft": ("import numpy as np\ndef f(x):\n    return np.sum(np.i0(x))\n", "np.i0 has no gate.", 3),
    "reads": (
        "import numpy as np\ndef f(x):\n    out = [0.0]\n    out[0] = float(x[0])\n    return out[0] * x[1]\n",
        "x",
        4,
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_an_exception_in_the_users_file_is_told_with_its_line(refused, case):
    text, said, line = FILES[case]
    Path("mine.py").write_text(text, encoding="utf-8")
    message = refused("show", "mine.py:f", "x=[1.0, 2.0]")
    assert said in message
    assert f"line {line}:  {text.splitlines()[line - 1].strip()}" in message
    assert "gatewise/_" not in message


RESULTS = {
    "'text'": "f returned a str.",
    "None": "f returned nothing.",
    "(x, x)": "f returned 2 values in a tuple.",
    "3.0": "f does not depend on its inputs.",
    "exit(3)": "mine.py ended Python (exit status 3).",
}


@pytest.mark.parametrize("result", RESULTS)
def test_a_function_that_gives_no_number(refused, result):
    Path("mine.py").write_text(f"from sys import exit\ndef f(x): return {result}\n", encoding="utf-8")
    assert RESULTS[result] in refused("show", "mine.py:f", "x=1")


def test_a_function_that_is_not_there(refused):
    Path("mine.py").write_text("def loss(x): return x\n", encoding="utf-8")
    assert "Did you mean loss?" in refused("show", "mine.py:lose", "x=1")
    assert "no function is named" in refused("show", "mine.py:", "x=1")
    assert "mine.py:loss" in refused("show", "mine.py")


def test_inputs_that_do_not_fit_the_function(refused):
    Path("mine.py").write_text("def f(x, y): return x * y\n", encoding="utf-8")
    assert "f needs a value for y." in refused("show", "mine.py:f", "x=1")
    assert "f has no input z." in refused("show", "mine.py:f", "x=1", "y=2", "z=3")


def test_scripts_that_compute_nothing_or_fail(refused):
    Path("empty.py").write_text("", encoding="utf-8")
    Path("fails.py").write_text("x = 3\ny = x * missing\n", encoding="utf-8")
    Path("binary.py").write_bytes(b"\xff\xfe\x00")
    assert "computes nothing" in refused("show", "empty.py")
    assert "fails.py, line 2:  y = x * missing" in refused("show", "fails.py")
    assert "binary.py is not Python." in refused("show", "binary.py")
    assert "binary.py" in refused("show", "binary.py:f")


def test_outputs_and_inputs_that_a_script_does_not_have(refused):
    Path("flat.py").write_text("x = 3\nf = x * x\n", encoding="utf-8")
    assert "q" in refused("show", "flat.py", "--output", "q")
    assert "q" in refused("show", "flat.py", "q=1")


def test_data_files_that_hold_no_numbers(refused):
    Path("text.npy").write_text("not an array", encoding="utf-8")
    np.save("pickled.npy", np.array([{}]), allow_pickle=True)
    np.save("letters.npy", np.array(["a"]))
    for name, said in (
        ("text.npy", "does not hold one array"),
        ("pickled.npy", "pickled objects, which could run code"),
        ("letters.npy", "not numbers"),
        ("missing.npy", "there is no such file"),
    ):
        assert said in refused("show", "x * y", f"x=@{name}", "y=1")


def test_unknown_commands_and_gates(refused):
    assert "gatewise show ..." in refused("shwo", "x")
    assert 'gatewise show "x * y" ...' in refused("x * y", "x=1")
    assert "--nonsense" in refused("--nonsense")
    assert "Did you mean sigmoid?" in refused("gates", "sigmod")
    assert "unexpected extra argument" in refused("gates", "sin", "cos")


HOSTILE = [
    ("show", f"x{ESCAPE} * y", "x=1"),
    ("show", "x * y", f"x{ESCAPE}=1"),
    ("show", "x * y", f"x={ESCAPE}"),
    ("show", "x * y", ESCAPE),
    ("show", "x * y", "x=1", "y=2", "--card", ESCAPE),
    ("show", "x * y", "x=1", "y=2", "--svg", f"no/{ESCAPE}"),
    ("show", "x * y", "x=1", "y=2", f"--code={ESCAPE}"),
    ("show", "x * y", "x=1", "y=2", "--output", ESCAPE),
    ("show", "x * y", "x=1", "y=2", f"--{ESCAPE}"),
    ("show", f"{ESCAPE}.py"),
    ("show", f"{ESCAPE}.py:f"),
    ("gates", ESCAPE),
    (ESCAPE,),
    ("show", "__import__('os').system('true')", "x=1"),
    ("show", "x.__class__", "x=1"),
    ("show", "x * y", "x=__import__('os')", "y=1"),
]


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_hostile_words_reach_no_terminal(refused, words):
    assert refused(*words)  # `refused` holds that every character is printable


def test_hostile_text_of_an_exception_reaches_no_terminal(refused):
    Path("mine.py").write_text("def f(x): raise ValueError('\\x1b[31m red')\n", encoding="utf-8")
    assert r"\x1b[31m red" in refused("show", "mine.py:f", "x=1")


def test_a_defect_of_ours_says_so_and_leaves_with_1(typed, monkeypatch):
    monkeypatch.setattr("gatewise._cli.show.inputs_given", None)
    answer = typed("show", "x", "x=1")
    assert answer.status == 1
    assert answer.err.startswith("gatewise failed: TypeError: 'NoneType' object is not callable")
    monkeypatch.setenv("GATEWISE_TRACEBACK", "1")
    assert "Traceback" in typed("show", "x", "x=1").err


def test_only_svg_files_are_written(refused, tmp_path):
    assert "'a.png' is not the name of an SVG file." in refused("show", "x*2", "x=1", "--svg", "a.png")
    assert not (tmp_path / "a.png").exists()


def test_an_unknown_output_speaks_of_outputs(refused, tmp_path):
    (tmp_path / "s.py").write_text("x = 3\nloss = x * x\nmore = loss + 1\n")
    message = refused("show", "s.py", "--output", "los")
    assert "s.py has no output los." in message
    assert "loss, more" in message


def test_functions_that_take_dicts_are_not_suggested(refused):
    message = refused("show", str(ROOT / "examples" / "decay.py"))
    assert "decay.py:example rate=... height=... background=..." in message
    assert "chi_squared" not in message
    assert ":fit" not in message
