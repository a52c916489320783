"""`gatewise show`: expressions, functions in files and scripts, and every way to look at them."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import gatewise as gw
from cli.conftest import ROOT, in_a_process

COMPOUND = ("show", "(x + y) * z", "x=-2", "y=5", "z=-4")
STAGED = str(ROOT / "examples" / "staged.py")


def test_the_ledger_has_values_gradients_and_numerical_derivatives(typed):
    answer = typed(*COMPOUND)
    assert (answer.status, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert lines[0].split() == [
        "wire", "made", "by", "value", "gradient", "numerical", "local", "gradients", "what", "the", "gate", "does",
    ]  # fmt: skip
    assert [line.split()[:4] for line in lines[2:5]] == [
        ["x", "input", "-2", "-4"],
        ["y", "input", "5", "-4"],
        ["z", "input", "-4", "3"],
    ]
    assert "to raise f: lower x (force 4), lower y (force 4), raise z (force 3)" in lines
    assert "checked: x, y, z agree" in answer.out


def test_what_is_piped_is_the_ledger_that_python_prints(typed):
    assert typed(*COMPOUND).out == f"{gw.circuit('(x + y) * z', x=-2, y=5, z=-4)}\n"


def test_the_card_of_a_wire(typed):
    answer = typed("show", "q = x + y; f = q * z", "x=-2", "y=5", "z=-4", "--card", "q", "--card=f")
    assert answer.out.count("downstream") == 2
    assert "wire  made by" not in answer.out
    assert answer.out.startswith("gate  q = x + y")


@pytest.mark.parametrize("place", [1, 2, -1])
def test_code_may_stand_anywhere_without_a_style(typed, place):
    words = ["show", "x * y", "x=2", "y=3"]
    words.insert(place if place > 0 else len(words), "--code")
    assert typed(*words).out == f"{gw.circuit('x * y', x=2, y=3).code()}"


@pytest.mark.parametrize("style", ["code", "notes"])
def test_the_style_of_code_may_be_a_word_of_its_own(typed, style):
    expected = typed("show", "x * y", "x=2", "y=3", f"--code={style}")
    assert typed("show", "x * y", "x=2", "y=3", "--code", style) == expected
    assert typed("show", "--code", style, "x * y", "x=2", "y=3") == expected
    assert typed("show", "--code", "notes * 2", "notes=2").status == 0


def test_code_in_the_style_of_notes(typed):
    answer = typed("show", "x * y", "x=2", "y=3", "--code=notes")
    assert answer.out == f"{gw.circuit('x * y', x=2, y=3).code('notes')}"


def test_json_is_the_record_alone(typed):
    record = json.loads(typed(*COMPOUND, "--json").out)
    assert record == json.loads(gw.circuit("(x + y) * z", x=-2, y=5, z=-4).to_json())


def test_json_is_utf8_whatever_the_terminal_shows():
    answer = in_a_process("show", "损失 * x", "损失=2", "x=3", "--json", PYTHONIOENCODING="latin-1")
    assert json.loads(answer.out)["wires"][0]["name"] == "损失"


def test_a_terminal_that_lacks_letters_gets_numbers():
    answer = in_a_process("show", "损失 * x", "损失=2", "x=3", PYTHONIOENCODING="latin-1")
    assert answer.status == 0
    assert r"\u635f\u5931" in answer.out


def test_the_picture_goes_to_a_file_and_the_ledger_is_still_printed(typed):
    answer = typed(*COMPOUND, "--svg", "circuit.svg")
    assert answer.out == typed(*COMPOUND).out
    assert "circuit.svg" in answer.err
    assert ElementTree.fromstring(Path("circuit.svg").read_text(encoding="utf-8")).tag.endswith("svg")


def test_the_picture_alone_on_standard_output(typed):
    assert ElementTree.fromstring(typed(*COMPOUND, "--svg", "-").out).tag.endswith("svg")


def test_an_expression_may_begin_with_a_dash(typed):
    assert "lower x (force 2), lower y (force 1)" in typed("show", "-x*y", "x=1", "y=2").out
    assert typed("show", "--x", "x=1").status == 0


def test_names_of_our_own_arguments_are_free(typed):
    answer = typed("show", "f*x + wrt*upstream*output", "f=1", "x=2", "wrt=3", "upstream=4", "output=5")
    assert (answer.status, answer.err) == (0, "")


def test_full_width_signs_of_chinese_keyboards(typed):
    assert typed("show", "损失 × ２", "损失＝3").status == 0


def test_random_draws_repeat_with_a_seed(typed):
    words = ("show", "sum(dot(W, X))", "W=randn(5,10)", "X=randn(10,3)")
    assert typed(*words, "--rng", "0").out == typed(*words, "--rng=0").out != typed(*words, "--rng", "1").out


def test_a_seed_reaches_the_draws_of_a_script(typed):
    Path("draw.py").write_text("W = np.random.randn(2, 3)\nf = np.sum(W * W)\n", encoding="utf-8")
    assert typed("show", "draw.py", "--rng", "3").out == typed("show", "draw.py", "--rng", "3").out


def test_arrays_from_files(typed):
    np.save("X.npy", np.array([[1.0, 2.0]]))
    assert "raise X[0, 1] (force 4)" in typed("show", "sum(X * X)", "X=@X.npy").out


def test_lists_of_whole_numbers_are_data_and_say_so(typed):
    answer = typed("show", "sum(dot(W, X))", "W=ones(2,2)", "X=[[1,2],[3,4]]")
    assert "X holds whole numbers" in answer.out
    assert "W holds" not in answer.out
    assert "holds" not in typed("show", "sum(X)", "X=[[1.0,2.0]]").out


def test_only_the_gradients_that_are_wanted(typed):
    record = json.loads(typed("show", "x * y * z", "x=2", "y=3", "z=5", "--wrt", "x,z", "--json").out)
    assert [wire["gradient"] for wire in record["wires"][:3]] == [15.0, None, 6.0]
    assert json.loads(typed("show", "x * y * z", "x=2", "y=3", "z=5", "--wrt", "x", "--wrt=z", "--json").out) == record


# Functions in files


def test_a_function_in_a_file(typed):
    answer = typed("show", f"{STAGED}:f", "x=3", "y=-4", "--code")
    assert "dx += ((1 - sigx) * sigx) * dsigx" in answer.out


def test_a_file_finds_its_neighbours_and_leaves_the_path_as_it_was(typed):
    Path("inner").mkdir()
    Path("inner/squares.py").write_text("def square(x): return x * x\n", encoding="utf-8")
    Path("inner/uses.py").write_text(
        "import squares, sys\ndef f(x): return squares.square(x) * len(sys.argv)\n", encoding="utf-8"
    )
    before = list(sys.path), list(sys.argv)
    assert "raise x (force 6)" in typed("show", "inner/uses.py:f", "x=3").out
    assert (sys.path, sys.argv) == before


def test_what_a_function_prints_does_not_mix_with_what_is_shown(typed):
    Path("loud.py").write_text("print('loading')\ndef f(x):\n    print('at', x)\n    return x * x\n", encoding="utf-8")
    answer = typed("show", "loud.py:f", "x=3", "--json")
    assert json.loads(answer.out)["output"] == 1
    assert answer.err.splitlines()[0] == "loading"


def test_an_array_needs_an_upstream_gradient_and_gets_it(typed):
    Path("twice.py").write_text("def f(x):\n    print('ran')\n    return 2 * x\n", encoding="utf-8")
    words = ("show", "twice.py:f", "x=[1.0, 2.0]", "--json")
    ones = typed(*words, "--upstream", "ones")
    assert json.loads(ones.out)["wires"][0]["gradient"] == [2.0, 2.0]
    assert ones.err == "ran\n"
    assert json.loads(typed(*words, "--upstream", "[3, -4]").out)["wires"][0]["gradient"] == [6.0, -8.0]
    assert json.loads(typed(*words, "--upstream", "2 * ones(2)").out)["wires"][0]["gradient"] == [4.0, 4.0]


def test_ones_fit_a_single_number_too(typed):
    assert typed("show", "x * x", "x=3", "--upstream", "ones").out == typed("show", "x * x", "x=3").out
    assert "raise upstream * f: raise x (force 12)" in typed("show", "x * x", "x=3", "--upstream=2").out


# Flat scripts


def test_a_flat_script(typed):
    answer = typed("show", str(ROOT / "examples" / "flat.py"))
    assert "raise w (force 12), lower x (force 24), lower b (force 12)" in answer.out


def test_a_script_with_other_inputs_and_another_output(typed):
    answer = typed("show", str(ROOT / "examples" / "flat.py"), "w=-5", "--output", "score")
    assert "to raise score: lower w (force 1), lower x (force 5), raise b (force 1)" in answer.out


def test_a_gradient_that_the_script_assigns_as_upstream(typed):
    Path("product.py").write_text(
        "W = np.random.randn(2, 3)\nX = np.random.randn(3, 4)\nD = W.dot(X)\n"
        "dD = np.random.randn(*D.shape)\ndW = dD.dot(X.T)\n",
        encoding="utf-8",
    )
    answer = typed("show", "product.py", "--upstream", "dD", "--rng", "0", "--json")
    record = json.loads(answer.out)
    by_name = {wire["name"]: wire for wire in record["wires"]}
    expected = np.array(record["upstream"]) @ np.array(by_name["X"]["value"]).T
    np.testing.assert_allclose(by_name["W"]["gradient"], expected, rtol=1e-14)


# What a run costs and says


def test_warnings_are_one_line(typed):
    answer = typed("show", "exp(x) * log(y)", "x=1000", "y=-1")
    assert answer.status == 0
    assert len(answer.err.splitlines()) == 1
    assert answer.err.startswith("note: ")


def test_rich_is_loaded_on_a_terminal_only():
    run = "import sys; from gatewise._cli.commands import status_of; status_of(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", f"{run}; print('rich' in sys.modules)", *COMPOUND],
        capture_output=True,
        text=True,
        cwd=ROOT / "src",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_a_terminal_gets_a_table(typed, monkeypatch):
    plain = typed(*COMPOUND).out
    monkeypatch.setattr("gatewise._cli.terminal.on_terminal", lambda: True)
    monkeypatch.setattr("gatewise._cli.show.on_terminal", lambda: True)
    drawn = typed(*COMPOUND).out
    assert "─" in drawn
    assert "\x1b[" not in drawn  # this is no terminal, and NO_COLOR is set
    assert {"f_1", "-12", "swaps"} <= set(plain.split()) & set(drawn.split())


def test_markup_in_a_name_is_data(typed, monkeypatch):
    monkeypatch.setattr("gatewise._cli.terminal.on_terminal", lambda: True)
    monkeypatch.setattr("gatewise._cli.show.on_terminal", lambda: True)
    Path("name.py").write_text(
        "def f(x):\n    return x['[bold]'] if isinstance(x, dict) else x[0] * 2\n", encoding="utf-8"
    )
    assert "x[0]" in typed("show", "name.py:f", "x=[1.0, 2.0]").out


def test_a_reader_who_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m gatewise gates | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT / "src", check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("gate ")


def test_the_module_is_the_command():
    assert in_a_process(*COMPOUND).out == f"{gw.circuit('(x + y) * z', x=-2, y=5, z=-4)}\n"


# What there is


def test_bare_gatewise_prints_three_examples_that_work(typed):
    printed = typed().out
    examples = [line.strip() for line in printed.splitlines() if line.startswith("  gatewise")]
    assert len(examples) == 3
    for example in examples:
        assert typed(*shlex.split(example)[1:]).status == 0


def test_help_says_that_a_file_is_run(typed):
    assert "runs that file" in typed("--help").out
    page = typed("show", "--help").out
    assert "RUNS the file" in page
    assert typed("show", "-h").out == page


def test_the_version(typed):
    assert typed("--version").out.startswith("gatewise")


def test_short_help(typed):
    assert typed("-h").out == typed("--help").out != ""


def test_ones_run_a_function_once(typed, tmp_path):
    (tmp_path / "f.py").write_text("def f(x):\n    print('run')\n    return x * 2\n")
    answer = typed("show", "f.py:f", "x=[1.0, 2.0]", "--upstream", "ones")
    assert answer.err.count("run") == 1
    assert "[2, 2]" in answer.out


def test_to_show_loads_no_checker():
    """It is a third of what the command would load."""
    code = (
        "import sys; from gatewise._cli.commands import status_of; status_of(['show', 'x * y', 'x=2', 'y=3']);"
        "sys.exit(any(name.startswith(('gatewise._check', 'gatewise.train')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_derivation_is_text_on_a_terminal_and_markdown_in_a_pipe(typed, monkeypatch):
    words = ("show", "q = x + y; f = q * z", "x=-2", "y=5", "z=-4", "--derive", "x")
    assert "\\frac" in typed(*words).out
    assert typed(*words, "--latex", "--form", "standalone").out.startswith("\\documentclass")
    text = typed(*words, "--form", "text").out
    monkeypatch.setattr("gatewise._cli.terminal.on_terminal", lambda: True)
    monkeypatch.setattr("gatewise._cli.show.on_terminal", lambda: True)
    drawn = typed(*words).out
    assert "∂f / ∂x = ∂f / ∂q · ∂q / ∂x = -4 · 1 = -4" in drawn
    assert drawn.split() == text.split()
    assert "\\frac" in typed(*words, "--latex").out
