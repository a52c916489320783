"""Backward passes in manners that are nobody's here: no right line is accused, and the wrong one is named."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest

from check.outsiders import Outsider, judged, outsiders
from check.passes import stored

ALL = outsiders()
#: Every eighth in the suite, which has minutes; all with `make outside`.
JUDGED = ALL if os.environ.get("GATEWISE_OUTSIDE") == "all" else ALL[::8]


def not_named(outsider: Outsider) -> set[int]:
    """The mistakes whose line was not named when the table of passes was made, by line: one in ten is the promise.

    A new miss fails, and so does a line of these that is named by now: make the table again.
    """
    mistakes = stored()["modules"][outsider.name]["mistakes"]
    return {m["line"] for m in mistakes if not {*m["named"]} & {*m["accept"]}}


@pytest.mark.parametrize("outsider", JUDGED, ids=lambda o: o.name)
def test_no_right_line_is_accused_and_the_wrong_one_is_named(outsider: Outsider, counted):
    counts: Counter[str] = Counter()
    misses = []
    for what, miss in judged(outsider):
        counts[what.partition(": ")[2]] += 1
        misses += [f"{what}: {miss}"] if miss else []
    counted("outside", **{what.replace(" ", "_"): n for what, n in counts.items()})
    assert counts["right lines accused"] == 0, misses
    assert counts["cures that are none"] == 0, misses
    assert counts["right modules"] == 1, misses
    assert counts["right modules called wrong"] == 0, misses
    assert counts["called wrong"] == counts["mistakes"], misses
    unnamed = {int(found[1]) for m in misses if (found := re.search(r"line not named: \w+:(\d+)", m))}
    assert unnamed == not_named(outsider), misses


def test_what_is_written_without_sight_is_what_it_says():
    """Each mistake is in the file, word for word; the promise and how far it is from kept."""
    for outsider in ALL:
        lines = outsider.source.splitlines()
        assert all(lines[m["line"] - 1] == m["right"] for m in outsider.told["mistakes"]), outsider.name
    mistakes, missed = Counter(), Counter()
    for outsider in ALL:
        mistakes[outsider.plain] += len(outsider.told["mistakes"])
        missed[outsider.plain] += len(not_named(outsider))
    assert missed[True] <= 0.1 * mistakes[True]
    assert missed[False] <= 0.12 * mistakes[False]
