"""The table of checkers in the docs is what the script measured, and gatewise's answers are still those."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import checkers


def test_the_page_has_the_table_of_what_was_measured():
    page, data = checkers.PAGE.read_text(encoding="utf-8"), checkers.stored()
    assert checkers.written(page, data) == page
    assert [row["case"] for row in data["rows"]] == [case.name for case in checkers.CASES]
    assert all(set(checkers.CHECKERS) <= set(row) for row in data["rows"])


def test_every_peer_was_there_when_it_was_measured():
    data = checkers.stored()
    assert all(row[name] != "-" for row in data["rows"] for name in checkers.CHECKERS)
    assert all(f"{package} " in data["versions"] for package in checkers.PACKAGES[1:])


@pytest.mark.parametrize("case", checkers.CASES, ids=lambda case: case.name)
def test_what_gatewise_says(case, counted):
    said = checkers.answer("gatewise", case)
    assert said in (case.expected, checkers.UNTOLD)
    counted("cases beside other checkers", cases=1, told=said == case.expected)


SMOOTH = [case for case in checkers.CASES if "kink" not in case.trap]


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="long doubles are doubles here")
@pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.name)
def test_right_and_wrong_are_what_the_cases_say(case):
    """By the definition: a difference with more digits than any checker has, along one direction."""
    x = np.asarray(case.at, dtype=np.longdouble)
    h = 1e-4 * min(float(np.abs(x).max()), 1.0) * np.random.default_rng(1).uniform(0.5, 1, x.shape)
    slope = float((case.f(np, x + h) - case.f(np, x - h)) / 2)
    given = float(np.sum(case.gradient(np, x) * h))
    close = 3e-3 if "cancellation" in case.trap else 1e-6
    assert (abs(given - slope) <= close * abs(slope)) == (case.expected == checkers.RIGHT)
