"""What a cell that ends in a view shows, and what one that fails says."""

from __future__ import annotations

from pathlib import Path

import pytest

import gatewise as gw

nbformat = pytest.importorskip("nbformat", reason="no nbformat is installed: pip install nbclient ipykernel")
nbclient = pytest.importorskip("nbclient", reason="no nbclient is installed: pip install nbclient ipykernel")
pytest.importorskip("ipykernel", reason="no ipykernel is installed: pip install nbclient ipykernel")

pytestmark = pytest.mark.filterwarnings("ignore")  # what the kernel's own libraries warn of is no matter of ours

FIRST = "import numpy as np, gatewise as gw\nc = gw.circuit('q = x + y; f = q * z', x=-2, y=5, z=-4)"
CELLS = {
    "first": FIRST,
    "derivation": "c.derive('x')",
    "latex": "c.derive('x', latex=True)",
    "card": "c.card('q')",
    "picture": "c.svg()",
    "report": "gw.check(lambda x: x * x, 3.0, gradient=5.0)",
    "code": "c.code()",
    "mine": "def f(x):\n    x = x + 1\n    return float(x)",
    "fails": "gw.grad(f)(3.0)",
    "theirs": "gw.circuit(lambda x: 1 / 0, x=2.0)",
    "missing": "c['nothing']",
}


@pytest.fixture(scope="module")
def outputs() -> dict:
    """The outputs of each cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS.values()])
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(Path(gw.__file__).parents[1]))
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    return dict(zip(CELLS, [cell.outputs for cell in notebook.cells], strict=True))


def shown(outputs: list) -> dict:
    (output,) = outputs
    return output["data"]


def test_a_view_shows_itself_as_what_it_is(outputs) -> None:
    c = gw.circuit("q = x + y; f = q * z", x=-2, y=5, z=-4)
    assert shown(outputs["derivation"])["text/markdown"] == c.derive("x")
    assert shown(outputs["picture"])["image/svg+xml"] == c.svg()
    assert len(shown(outputs["picture"])["text/plain"]) < 60
    assert shown(outputs["card"])["text/plain"] == c.card("q")
    assert shown(outputs["latex"])["text/plain"] == c.derive("x", latex=True).rstrip()
    assert "text/markdown" in shown(outputs["code"])
    assert shown(outputs["report"])["text/plain"].startswith("wrong: the gradient")


def test_views_are_still_strings() -> None:
    c = gw.circuit("x * y", x=2.0, y=3.0)
    for text in (c.derive("x"), c.card("f"), c.svg()):
        assert isinstance(text, str)
        assert type(text + "") is str
        assert str(text) == text


@pytest.mark.parametrize(("cell", "line", "says"), [
    ("fails", "return float(x)", "instead:"),
    ("missing", "c['nothing']", "nothing"),
])  # fmt: skip
def test_an_error_shows_the_user_s_lines_and_what_to_write(outputs, cell, line, says) -> None:
    (error,) = outputs[cell]
    told = "\n".join(error["traceback"])
    assert "Cell In[" in told
    assert line in told
    assert says in told
    assert "gatewise/" not in told
    assert "site-packages" not in told
    assert len(told.splitlines()) <= 14


def test_the_error_of_another_keeps_its_frames(outputs) -> None:
    (error,) = outputs["theirs"]
    assert error["ename"] == "ZeroDivisionError"
    assert len("\n".join(error["traceback"]).splitlines()) > 5
