"""Every row of docs/subgradients.md: what each spelling passes at its kink, on numbers and on arrays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gatewise as gw

PAGE = Path(__file__).parents[2] / "docs" / "subgradients.md"


def rows() -> list[tuple[str, str, str, str]]:
    """One (what, spelling, point, passed) for each spelling in the table."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]
    found = []
    for line in lines:
        what, spellings, point, passed = (cell.strip() for cell in line.strip("|").split(" | "))
        found += [
            (what, spelling, point.strip("`"), passed.strip("`")) for spelling in re.findall("`([^`]+)`", spellings)
        ]
    return found


ROWS = rows()


def evaluated(text: str, names: dict[str, Any]) -> Any:
    """The value of an expression of the page."""
    return eval(text, {"np": np, "gw": gw, **names})  # noqa: S307  (our own page)


def passed_to(spelling: str, point: dict[str, Any]) -> Any:
    """What each input is passed."""

    def function(*values: Any) -> Any:
        out = evaluated(spelling, dict(zip(point, values, strict=True)))
        return np.sum(out) if np.ndim(out.value) else out

    with np.errstate(all="ignore"):
        return gw.grad(function, range(len(point)))(*point.values())


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 80


@pytest.mark.parametrize(("what", "spelling", "at", "passed"), ROWS, ids=[f"{what}: {s}" for what, s, _, _ in ROWS])
def test_every_row_holds(what: str, spelling: str, at: str, passed: str) -> None:
    point = evaluated(f"dict({at})", {})
    want = evaluated(f"[{passed}]", {})
    point = {name: np.array(x) if isinstance(x, list) else x for name, x in point.items()}
    for have, expected in zip(passed_to(spelling, point), want, strict=True):
        assert np.array_equal(have, expected, equal_nan=True), f"{what}: {spelling} passed {have}"
    if all(isinstance(x, float) for x in point.values()) and not spelling.startswith(("max(", "min(")):
        arrays = {name: np.full((2, 3), x) for name, x in point.items()}
        for have, expected in zip(passed_to(spelling, arrays), want, strict=True):
            assert np.array_equal(have, np.full((2, 3), expected), equal_nan=True), f"{what}: {spelling} passed {have}"
