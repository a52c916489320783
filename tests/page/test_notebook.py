"""The element in a notebook that was executed and exported to HTML, with scripts and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gatewise

HOW = "pip install nbclient nbconvert ipykernel"
nbformat = pytest.importorskip("nbformat", reason=f"no nbformat is installed: {HOW}")
nbclient = pytest.importorskip("nbclient", reason=f"no nbclient is installed: {HOW}")
nbconvert = pytest.importorskip("nbconvert", reason=f"no nbconvert is installed: {HOW}")
pytest.importorskip("ipykernel", reason=f"no ipykernel is installed: {HOW}")

# What the kernel's own libraries warn of is no matter of ours.
pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.filterwarnings("ignore")]

SHOWN = """
import json
import gatewise as gw
from gatewise._views.page import element
from IPython.display import HTML
circuit = gw.circuit({text!r}, x=-2, y=5, z=-4)
HTML(element(json.loads(circuit.to_json()), circuit._formulas, staged=circuit.code()))
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the HTML that nbconvert makes of a notebook that shows one circuit twice and another once."""
    cells = [nbformat.v4.new_code_cell(SHOWN.format(text=text)) for text in ("(x + y) * z", "(x + y) * z", "x * y + z")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    folder = tmp_path_factory.mktemp("notebook")
    source = Path(gatewise.__file__).parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(source))
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    text, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(notebook)
    path = folder / "notebook.html"
    path.write_text(f"<!DOCTYPE html><html><body>{text}</body></html>", encoding="utf-8")
    return path


def test_with_scripts_every_circuit_is_live(page: Any, exported: Path) -> None:
    page.goto(exported.as_uri())
    status = page.locator(".status")
    status.nth(2).wait_for()
    assert status.count() == 3
    assert page.locator("img").count() == 3  # they stay for the next reader, behind the shadow roots
    assert page.locator("img:visible").count() == 0
    hosts = page.locator(".gatewise-circuit[data-live]")
    hosts.nth(0).get_by_label("x", exact=True).fill("1")
    assert hosts.nth(0).locator("text.value[data-wire='4']").text_content() == "-24"
    assert hosts.nth(1).locator("text.value[data-wire='4']").text_content() == "-12"
    hosts.nth(2).get_by_role("button", name="last step", exact=True).click()
    assert "backward" in status.nth(2).text_content()


def test_without_scripts_the_picture_is_there(browser: Any, exported: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(exported.as_uri())
    images = page.locator("img[alt^='Circuit: f = -12 at x = -2, y = 5, z = -4']")
    assert images.count() == 2
    box = images.first.bounding_box()
    assert box is not None
    assert box["width"] > 200
    assert box["height"] > 80
    context.close()


def test_a_sanitised_output_keeps_the_picture(page: Any, exported: Path) -> None:
    text = exported.read_text(encoding="utf-8")
    page.goto("about:blank")
    page.evaluate(
        """(text) => {
          const parsed = new DOMParser().parseFromString(text, "text/html");
          parsed.querySelectorAll("script, style").forEach((each) => each.remove());
          document.body.replaceChildren(...parsed.body.children);
        }""",
        text,
    )
    assert page.locator("img:visible").count() == 3


def test_running_the_script_again_changes_nothing(page: Any, exported: Path, counted: Callable[..., None]) -> None:
    page.goto(exported.as_uri())
    page.locator(".status").nth(2).wait_for()
    page.evaluate(
        """() => {
          const again = document.createElement("script");
          again.textContent = document.querySelector(".gatewise-circuit script:not([type])").textContent;
          document.body.append(again);
        }"""
    )
    assert page.locator(".status").count() == 3
    counted("page", circuits_in_notebooks=3)
