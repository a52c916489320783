"""`gw.check` in a Jupyter kernel: the line in the cell, also after the cell was changed and run again."""

from __future__ import annotations

from pathlib import Path

import pytest

import gatewise

nbformat = pytest.importorskip("nbformat", reason="no nbformat is installed: pip install nbclient ipykernel")
nbclient = pytest.importorskip("nbclient", reason="no nbclient is installed: pip install nbclient ipykernel")
pytest.importorskip("ipykernel", reason="no ipykernel is installed: pip install nbclient ipykernel")

pytestmark = pytest.mark.filterwarnings("ignore")  # what the kernel's own libraries warn of is no matter of ours

FORWARD = "import numpy as np, gatewise as gw\ndef affine(x, w, b):\n    return x @ w + b, (x, w, b)"
BACKWARD = """def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw = dout @ w.T, x.T @ dout
    db = dout.mean(axis=0)
    return dx, dw, db"""
CHECK = """draw = np.random.default_rng(0).normal
report = gw.check(affine, draw(size=(4, 3)), draw(size=(3, 2)), draw(size=2), backward=affine_backward)
print(report.verdict, [(m.line, m.text) for m in report.mistakes])"""


def test_a_cell_that_was_changed_and_run_again(monkeypatch):
    again = "# changed: two lines more\n\n" + BACKWARD.replace("mean(axis=0)", "sum(axis=1)")
    mended = BACKWARD.replace("mean", "sum")
    cells = [FORWARD, BACKWARD, CHECK, again, CHECK, mended, CHECK]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    monkeypatch.setenv("PYTHONPATH", str(Path(gatewise.__file__).parents[1]))
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    said = ["".join(each.get("text", "") for each in cell.outputs).strip() for cell in notebook.cells]
    assert said[2] == "wrong [(4, 'db = dout.mean(axis=0)')]"
    assert said[4] == "wrong [(6, 'db = dout.sum(axis=1)')]"
    assert said[6] == "right []"
