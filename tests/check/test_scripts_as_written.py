"""Flat scripts as people write them: right ones pass, and a mistake that is planted in them does not."""

from __future__ import annotations

import pytest

import gatewise as gw
from check.more_scripts import MORE
from check.written_scripts import WRITTEN
from gatewise._check.scripts import check_text
from gatewise._cli.asked import status

SCRIPTS = [*WRITTEN, *MORE]
WITH_MISTAKE = [w for w in SCRIPTS if w.planted is not None]


def ends_in(text):
    try:
        report = check_text("<script>", text)
    except gw.GatewiseError as error:
        return 2, str(error)
    return status(report.verdict, bool(report)), str(report)


@pytest.mark.parametrize("written", SCRIPTS, ids=lambda w: w.name)
def test_a_right_script_passes(written):
    found, page = ends_in(written.text)
    assert found == written.status, page


@pytest.mark.parametrize("written", WITH_MISTAKE, ids=lambda w: w.name)
def test_a_planted_mistake_does_not(written):
    found, page = ends_in(written.wrong)
    assert found in (1, 3), page


def test_the_step_that_comes_too_early_is_named():
    (written,) = [w for w in WRITTEN if w.name == "the step comes before its gradient is passed on"]
    (mistake,) = check_text("<script>", written.wrong).mistakes
    assert (mistake.text, mistake.variable, mistake.kind) == ("W2 = W2 - 0.1 * dW2", "W2", "stale")
    assert "take the steps after the last gradient" in str(check_text("<script>", written.wrong))
