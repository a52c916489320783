"""Flat scripts as people write them: right ones pass, and a mistake that is planted in them does not."""

from __future__ import annotations

import numpy as np
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


TOGETHER = """import numpy as np

rng = np.random.default_rng(0)
X, y = rng.normal(size=(4, 3)), np.array([0, 1, 1, 0])  # points, their classes
W1, b1 = (rng.normal(size=(3, 5)),
          np.zeros(5))
W2, b2 = rng.normal(size=(5, 2)), np.zeros(2); N = len(y)
first, second = 1.0, 2.0
first, second = second, first
h = np.maximum(0, X @ W1 + b1)
scores = h @ W2 + b2
p = np.exp(scores)
p = p / p.sum(axis=1, keepdims=True)
loss = -np.log(p[range(N), y]).mean() * first / second
dscores = p.copy()
dscores[range(N), y] -= 1
dscores *= 2 / N
dW2 = h.T @ dscores
db2 = dscores.sum(axis=0)
dh = dscores @ W2.T
dW1 = X.T @ dh
db1 = dh.sum(axis=0)
"""


def test_inputs_that_are_assigned_together_are_inputs(tmp_path):
    """`X, y = ...`: show said that no name is assigned a number, and check did not tell the line."""
    path = tmp_path / "net.py"
    path.write_text(TOGETHER)
    report = check_text(str(path), TOGETHER)
    assert [m.line for m in report.mistakes] == [20]
    assert report.mistakes[0].text == "dh = dscores @ W2.T"
    assert check_text(str(path), TOGETHER.replace("dW1 = X.T", "dh[h <= 0] = 0; dW1 = X.T")).verdict == "right"
    assert {"X", "W1", "W2"} <= set(gw.circuit(str(path)).gradients)
    assert gw.circuit(str(path), W1=np.ones((3, 5))).value != gw.circuit(str(path)).value
