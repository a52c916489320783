"""Large inputs: what is said before, a bar, a sample of entries, and the line, looked for at smaller inputs."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

import gatewise as gw
from check.test_forms_people_have import module_of
from gatewise._check import sampling

N = np.random.default_rng(5).normal

HINGE = """\
def hinge(W, X, y, reg):
    dW = np.zeros(W.shape)
    loss = 0.0
    for i in range(X.shape[0]):
        scores = X[i].dot(W)
        right = scores[y[i]]
        for j in range(W.shape[1]):
            if j == y[i]:
                continue
            margin = scores[j] - right + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i]
                dW[:, y[i]] -= X[i]
    loss /= X.shape[0]
    dW /= X.shape[0]
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW
"""
PAIR = """\
def scan_forward(x, n, gain):
    h = np.zeros((n + 1, x.shape[1]))
    for t in range(n):
        h[t + 1] = np.tanh(gain * h[t] + x[t])
    return h[1:], (h, gain)


def scan_backward(dout, cache):
    h, gain = cache
    dx, dh, dgain = np.zeros_like(dout), np.zeros(dout.shape[1]), 0.0
    for t in reversed(range(len(dout))):
        dh = dh + dout[t]
        dz = dh * (1 - h[t + 1] ** 2)
        dx[t] = dz
        dgain += np.sum(dz * h[t + 1])
        dh = gain * dz
    return dx, None, dgain
"""


def test_a_line_of_a_loop_over_many_samples_is_found_at_a_few():
    f = module_of(HINGE.replace("dW[:, y[i]] -= X[i]", "dW[:, y[i]] += X[i]")).hinge
    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, size=60)
    started = time.monotonic()
    report = gw.check(f, 0.1 * rng.normal(size=(50, 4)), rng.normal(size=(60, 50)), y, 0.1, effort="quick")
    assert [m.line for m in report.mistakes] == [14], report
    assert any("W (5, 4) of (50, 4), X (3, 5) of (60, 50), y (3,) of (60,)" in note for note in report.notes), report
    assert time.monotonic() - started < 30


def test_a_whole_number_of_that_length_is_cut_too():
    module = module_of(PAIR)
    report = gw.check(
        module.scan_forward, 0.3 * N(size=(400, 9)), 400, 0.7, backward=module.scan_backward, effort="quick"
    )
    assert [m.line for m in report.mistakes] == [15], report
    assert any("n 4 of 400" in note for note in report.notes), report


def test_inputs_that_cannot_be_cut_are_told_of():
    """The length stands in the function: nothing smaller runs."""
    f = module_of(
        "def f(x):\n    total, dx = 0.0, np.zeros(1200)\n    for t in range(1200):\n        total += x[t] ** 3\n"
        "        dx[t] = 2 * x[t] ** 2\n    return total, dx\n"
    ).f
    report = gw.check(f, N(size=1200), effort="quick")
    assert report.verdict == "wrong"
    assert "too much happens" in str(report) or [m.line for m in report.mistakes] == [5]


def slow(x):
    time.sleep(0.02)
    return np.sum(x * x)


@pytest.mark.parametrize(("terminal", "asked"), [(True, None), (False, None), (False, True), (True, False)])
def test_what_takes_long_is_said_before(monkeypatch, capsys, terminal, asked):
    monkeypatch.setattr(sampling, "PATIENCE", 0.5)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    gw.check(slow, N(size=(100, 30)), gradient=lambda x: 2 * x, effort="quick", progress=asked)
    said = capsys.readouterr().err
    if asked if asked is not None else terminal:
        assert "2 random directions and 8 of 3,000 entries: about" in said
        assert "checking [" in said
    else:
        assert said == ""


def test_nothing_is_said_of_what_is_quick(capsys):
    gw.check(lambda x: np.sum(x * x), N(size=400), progress=True)
    assert capsys.readouterr().err == ""
