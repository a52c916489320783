"""The table beside other libraries is what the script measured, and gatewise's own cells are still those."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import as_they_stand, comparison, gradients


@pytest.mark.parametrize("page", comparison.PAGES)
def test_the_pages_have_the_tables_of_what_was_measured(page):
    text = (comparison.ROOT / page).read_text(encoding="utf-8")
    assert comparison.MARK.search(text)
    assert comparison.filled(text, comparison.stored()) == text


def test_every_library_was_there_and_every_cell_was_made():
    data = comparison.stored()
    assert all(f"{package} " in data["versions"] for package in comparison.TOOLS.values())
    assert set(data["cells"]) == {*comparison.HEADS, "import"}
    assert all(set(cells) == set(comparison.TOOLS) for cells in data["cells"].values())
    assert "?" not in str(data["cells"])
    names = [f.__name__ for f in as_they_stand.PROGRAMS]
    assert all(list(data["programs"][tool]) == names for tool in comparison.TOOLS)
    said = {answer for tool in data["programs"].values() for each in tool.values() for answer in each.values()}
    assert "-" not in said  # where a library is not installed


def test_each_answer_is_the_one_of_today():
    assert comparison.programs("gatewise") == comparison.stored()["programs"]["gatewise"]


@pytest.mark.parametrize(
    "row", [row for row in comparison.ROWS if row != "size"]
)  # sizes are of the measured installation
def test_each_cell_is_the_one_of_today(row):
    assert comparison.ROWS[row]("gatewise") == comparison.stored()["cells"][row]["gatewise"]


def test_counts_are_of_the_answers():
    data = comparison.stored()
    for tool in comparison.TOOLS:
        assert data["cells"]["stands"][tool] == comparison.counted(data["programs"][tool], "as it stands")


def test_a_wrong_gradient_is_told_from_an_error_and_from_none(monkeypatch):
    f, x = as_they_stand.entries, as_they_stand.AT
    true = gradients.numerical(f, x)
    for given, said in (
        (true, "right"),
        (true * 1.001, "silently wrong"),
        (None, "None"),
        (true * np.nan, "not finite"),
    ):
        monkeypatch.setitem(gradients.GRADIENTS, "gatewise", lambda f, x, given=given: given)
        assert gradients.answer("gatewise", f, x, true) == said


def test_chinese_has_a_word_for_every_cell():
    words = {cell for row in comparison.HEADS for cell in comparison.stored()["cells"][row].values()}
    prose = {cell for cell in words if any(c.isalpha() for c in cell)} - set(comparison.CHINESE)
    assert {cell for cell in prose if not cell.endswith((" MB", " false"))} == {"XLA", "C"}
