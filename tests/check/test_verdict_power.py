"""The promises on many cases; the whole run is `make power`."""

from __future__ import annotations

import pytest

from check.power import RUNS, in_words

SHARE = 0.05


@pytest.mark.parametrize("name", RUNS)
def test_the_promises_hold(name, counted):
    judge, count, holds = RUNS[name]
    counts, alarms = judge(max(1, int(SHARE * count)))
    counted(name, **{k.replace(" ", "_"): v for k, v in counts.items() if not k.startswith("kind ")})
    assert alarms == []
    assert holds(counts), in_words(name, counts)
