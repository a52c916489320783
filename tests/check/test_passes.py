"""The table of passes in the docs is what was measured, of the modules that are there."""

from __future__ import annotations

import pytest

from benchmarks import checkers
from check import passes
from check.outsiders import HERE, outsiders

MODULES = {f"{folder}/{each.name}".lstrip("/"): each for folder in passes.FOLDERS for each in outsiders(HERE / folder)}


def test_every_module_was_judged_as_it_is():
    assert {name: row["text"] for name, row in passes.stored()["modules"].items()} == {
        name: passes.text_of(module) for name, module in MODULES.items()
    }


def test_the_page_has_the_table_of_what_was_measured():
    page = checkers.PAGE.read_text(encoding="utf-8")
    assert passes.written(page, passes.stored()) == page


def test_every_other_checker_was_there():
    assert all(f"{package} " in passes.stored()["versions"] for package in checkers.PACKAGES[1:])
    rows = passes.stored()["modules"].values()
    said = [part["others"] for row in rows for part in (row["right"], *row["mistakes"]) if part["others"]]
    assert not [answers for answers in said if "-" in answers.values()]


def test_no_wrong_gradient_is_called_right_and_no_right_line_accused():
    for name, row in passes.stored()["modules"].items():
        assert row["right"]["verdict"] in ("right", "kink", "undecidable"), name
        assert not row["right"]["named"], name
        assert not [m for m in row["mistakes"] if m["verdict"] == "right"], name


@pytest.mark.parametrize("form", passes.FORMS)
def test_there_are_passes_of_every_form(form):
    assert sum(row["form"] == form for row in passes.stored()["modules"].values()) >= 4
