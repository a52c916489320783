"""The promises on many cases; the whole run is `make power`."""

from __future__ import annotations

from check.power import CORRECT, MUTATED, holds_correct, holds_mutated, judge_correct, judge_mutated, told

SHARE = 0.1


def test_no_right_gradient_is_called_wrong(counted):
    counts, alarms = judge_correct(int(SHARE * CORRECT))
    counted("correct gradients", **{k.replace(" ", "_"): v for k, v in counts.items()})
    assert counts["hard"] >= SHARE * 1000
    assert [(case.name, case.args) for case in alarms] == []
    assert holds_correct(counts), told("correct", counts)


def test_wrong_gradients_are_found(counted):
    counts, missed = judge_mutated(int(SHARE * MUTATED))
    counted("mutated gradients", **{k.replace(" ", "_"): v for k, v in counts.items()})
    assert holds_mutated(counts), [(m.case.name, m.case.args, m.kind, m.error) for m in missed]
