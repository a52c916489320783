"""`gatewise check homework.ipynb`: its cells run in the order of their place, lines are told by cell and line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

START = "%matplotlib inline\nimport numpy as np\n!pip install \\\n    numpy\nnp.random?"
FORWARD = "def affine_forward(x, w, b):\n    out = x @ w + b\n    return out, (x, w, b)"
BACKWARD = (
    "%%time\n# the other half\ndef affine_backward(dout, cache):\n    x, w, b = cache\n    dx = dout @ w.T\n"
    "    dw = x.T @ dout\n    db = dout.mean(axis=0)\n    return dx, dw, db"
)
RELU = (
    "def relu(x):\n    return np.maximum(x, 0)\n\ndef relu_backward(dout, x):\n"
    '    """%not a command"""\n    return (dout\n      % 1e9) * (x > 0) + 0 * dout'
).replace("(dout\n      % 1e9)", "dout")
STOPS = "%time a = np.ones(3)\nprint(a.shapes)\ndef lost(x):\n    return x"
FLAT = ("import numpy as np\nx = 3.0\ny = -4.0", "q = x * y\nf = q * q", "dq = 2 * q\n\ndx = x * dq\ndy = x * dq")


def saved(name: str, cells: Sequence[str], counts: Sequence[int | None] = (), **about: object) -> str:
    """Save a notebook as Jupyter does, a heading first."""
    found: list[object] = [{"cell_type": "markdown", "metadata": {}, "source": "# Homework"}]
    for k, text in enumerate(cells):
        count = counts[k] if counts else k + 1
        cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": count}
        found.append({**cell, "source": text.splitlines(keepends=True)})
    content = {"cells": found, "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    Path(name).write_text(json.dumps(content), encoding="utf-8")
    return name


def test_one_with_commands(typed):
    answer = typed("check", saved("homework.ipynb", [START, FORWARD, BACKWARD, RELU]))
    assert answer.status == 1
    assert "homework.ipynb: 2 pairs: 1 right, 1 wrong." in answer.out
    assert "wrong        affine_forward, affine_backward\n               cell 3, line 7: db = dout.mean(" in answer.out
    assert "gatewise check homework.ipynb:affine_forward" in answer.out
    assert "stopped" not in answer.out


def test_one_that_stops_in_the_middle(typed):
    """What stands around the cells that stop is judged; that they stopped is said, and it is not all right then."""
    cells = [START, FORWARD, BACKWARD.replace("mean", "sum"), STOPS, "def f(:\n    pass", "%%bash\nls", RELU]
    answer = typed("check", saved("homework.ipynb", cells))
    assert answer.status == 3
    assert "homework.ipynb: 2 pairs: 2 right." in answer.out
    assert "stopped in cell 4, line 2: AttributeError: 'numpy.ndarray' object has no attribute 'shapes'" in answer.out
    assert "stopped in cell 5, line 1: SyntaxError: invalid syntax" in answer.out
    assert "cell 6: %%bash is not run" in answer.out
    found = json.loads(typed("check", "homework.ipynb", "--json").out)
    assert [told.partition(":")[0] for told in found["stopped"]] == ["cell 4, line 2", "cell 5, line 1"]


def test_one_saved_out_of_order(typed):
    answer = typed("check", saved("homework.ipynb", [START, RELU, FORWARD, BACKWARD], [1, 4, 2, 3]))
    assert "cell 4, line 7: db = dout.mean(axis=0)" in answer.out
    assert "cell 3 ran before cell 2 when the notebook was saved; here cells run in the order in which" in answer.out
    answer = typed("check", saved("homework.ipynb", [BACKWARD, FORWARD, START, "y = z", "z = 3"], [5, 6, 1, None, 2]))
    assert "stopped in cell 4, line 1: NameError: name 'z' is not defined" in answer.out


def test_a_flat_script_in_cells(typed):
    answer = typed("check", saved("notes.ipynb", FLAT))
    assert answer.status == 1
    assert "  cell 3, line 3: dx = x * dq" in answer.out
    found = json.loads(typed("check", "notes.ipynb", "--json").out)
    assert [(m["cell"], m["line"], m["text"]) for m in found["mistakes"]] == [(3, 3, "dx = x * dq")]
    assert typed("check", "notes.ipynb", "y=2").status == 1
    answer = typed("check", saved("notes.ipynb", [*FLAT[:2], FLAT[2].replace("x * dq\ndy", "y * dq\ndy") + "\nboom()"]))
    assert answer.status == 3
    assert "right: the gradient of f agrees" in answer.out
    assert "stopped in cell 3, line 5: NameError: name 'boom' is not defined" in answer.out


def test_a_cell_alone(typed):
    saved("homework.ipynb", [START, FORWARD, BACKWARD, RELU, *FLAT])
    assert typed("check", "homework.ipynb", "--cell", "4").status == 0
    assert typed("check", "homework.ipynb", "--cell", "relu").status == 0
    answer = typed("check", "homework.ipynb", "--cell", "affine_backward")
    assert "1 pair: 1 wrong." in answer.out
    assert "cell 7, line 3: dx = x * dq" in typed("check", "homework.ipynb", "--cell", "7").out


def test_a_function_of_a_cell(typed):
    saved("homework.ipynb", [START, FORWARD, BACKWARD])
    answer = typed("check", "homework.ipynb:affine_forward", "x=randn(4,5)", "w=randn(5,3)", "b=randn(3)")
    assert answer.status == 1
    assert "  cell 3, line 7: db = dout.mean(axis=0)" in answer.out


def test_show(typed):
    saved("homework.ipynb", [START, "def g(x, w):\n    q = x * w\n    return np.sin(q)", *FLAT])
    for words in (("homework.ipynb:g",), ("homework.ipynb", "--cell", "g")):
        assert "cell 2, line 2   q = x * w" in typed("show", *words, "x=2", "w=3", "--card", "q").out
    answer = typed("show", "homework.ipynb", "--cell", "4", "--card", "q")
    assert "cell 4, line 1   q = x * y" in answer.out
    assert "q * q" in typed("show", "homework.ipynb").out


def test_several_notebooks_are_many_files(typed):
    Path("class", ".ipynb_checkpoints").mkdir(parents=True)
    saved("class/one.ipynb", [START, FORWARD, BACKWARD])
    saved("class/.ipynb_checkpoints/one.ipynb", FLAT)
    saved("class/two.ipynb", [START, RELU, STOPS])
    rows = json.loads(typed("check", "class", "--json").out)
    assert [(row["verdict"], row["lines"]) for row in rows] == [("wrong", "3:7"), ("right", "")]
    assert rows[1]["note"].startswith("stopped in cell 3, line 2: AttributeError")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x = 3", "bad.ipynb cannot be read."),
        ('{"a": 1}', "bad.ipynb is no notebook."),
        ("[" * 100_000, "bad.ipynb cannot be read."),
        ('{"cells": [{"cell_type": "markdown"}, 3]}', "bad.ipynb has no cell of code."),
        ('{"cells": [{"cell_type": "code", "source": {"a": 2}}]}', "bad.ipynb has no inputs."),
        (
            '{"cells": [{"cell_type": "code", "source": "x = \\ud800"}]}',
            "stopped in cell 1, line 1: UnicodeEncodeError",
        ),
        ('{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "bad.ipynb is a notebook of R."),
    ],
)
def test_what_is_no_notebook(refused, content, said):
    Path("bad.ipynb").write_text(content, encoding="utf-8")
    assert said in refused("check", "bad.ipynb")


def test_what_is_no_cell(refused, typed):
    saved("homework.ipynb", [START, FORWARD, "1 +", "loss = undefined\n"])
    assert "homework.ipynb has no cell 9." in refused("check", "homework.ipynb", "--cell", "9")
    assert "homework.ipynb has no cell 0." in refused("show", "homework.ipynb", "--cell", "0")
    assert "Nothing of cell 3 ran." in refused("check", "homework.ipynb", "--cell", "3")
    assert "stopped in cell 4, line 1: NameError" in refused("check", "homework.ipynb", "--cell", "2")
    assert "--cell is for notebooks." in refused("check", "x * y", "x=1", "y=2", "--cell", "2")
    assert "--cell is for notebooks." in refused("show", "x * y", "x=1", "y=2", "--cell", "2")
    assert "both named" in refused("check", "homework.ipynb:affine_forward", "--cell", "2")
    assert "homework.ipynb has no function g" in refused("show", "homework.ipynb:g", "x=1")
    told = refused("show", "homework.ipynb")
    assert "homework.ipynb, cell 4, line 1:  loss = undefined" in told
    assert "#" not in refused("show", "homework.ipynb", "--cell", "1")


def test_a_cell_of_more_than_a_thousand_lines(typed):
    long = "\n".join(["# a thousand and more"] * 1200)
    answer = typed("check", saved("notes.ipynb", [FLAT[0], long, *FLAT[1:]]))
    assert "  cell 4, line 3: dx = x * dq" in answer.out


def test_an_old_notebook(typed):
    cells = [{"cell_type": "code", "input": text, "prompt_number": k} for k, text in enumerate(FLAT, 1)]
    Path("old.ipynb").write_text(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}), encoding="utf-8")
    assert "  cell 3, line 3: dx = x * dq" in typed("check", "old.ipynb").out
