"""Backward passes in manners that are nobody's here: no right line is accused, and the wrong one is named."""

from __future__ import annotations

from collections import Counter

import pytest

from check.outsiders import Outsider, judged, outsiders

ALL = outsiders()
COUNTS: Counter[str] = Counter()
MISSES: list[str] = []
PLAIN, LOOPS = 0.9, 0.6  #: of the mistakes that are called wrong, in the right line: without loops or classes, with


@pytest.mark.parametrize("outsider", ALL, ids=lambda o: o.name)
def test_no_right_line_is_accused(outsider: Outsider, counted):
    mine: Counter[str] = Counter()
    for what, miss in judged(outsider):
        mine[what.partition(": ")[2]] += 1
        COUNTS[what] += 1
        MISSES.append(f"{what}: {miss}")
    counted("outside", **{what.replace(" ", "_"): n for what, n in mine.items()})
    told = [m for m in MISSES if outsider.name in m]
    assert mine["right lines accused"] == 0, told
    assert mine["right modules called wrong"] == 0, told


@pytest.mark.parametrize(("sort", "floor"), [("plain", PLAIN), ("loops or classes", LOOPS)])
def test_the_wrong_line_is_named(sort, floor):
    """Counted over all modules, where all of them ran."""
    if COUNTS["plain: right modules"] + COUNTS["loops or classes: right modules"] < len(ALL):
        pytest.skip("the modules did not all run in this process")
    wrong = COUNTS[f"{sort}: called wrong"]
    named = COUNTS[f"{sort}: right line named"]
    missed = [m for m in MISSES if m.startswith(f"{sort}: line not named")]
    assert named >= floor * wrong, (named, wrong, missed)
