"""Random programs, compiled at one point and run at others; `python tests/fuzz_compiled.py 1000` has more."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from fuzz_compiled import KINDS, problems_of, problems_of_captured, that_write

PROGRAMS = 25


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("made", KINDS)
def test_compiled_programs_are_what_they_are(made: Any, counted: Any) -> None:
    counts: Counter[str] = Counter()
    assert [problem for seed in range(PROGRAMS) for problem in problems_of(seed, made, counts)] == []
    assert not counts["refused for its numbers"]
    assert counts["paths"] > PROGRAMS // 2
    counted(made.__name__, programs=2 * PROGRAMS, calls=counts["calls"], compiled=counts["compiled"])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("made", KINDS)
def test_so_are_those_that_find_their_arrays_around_them(made: Any) -> None:
    counts: Counter[str] = Counter()
    assert [problem for seed in range(PROGRAMS) for problem in problems_of_captured(seed, made, counts)] == []
    assert counts["read anew"] > (5 if made is not that_write else 0)
