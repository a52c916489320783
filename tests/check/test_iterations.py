"""The rounds in which a wrong line of a loop goes wrong."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw


def rnn(W, U, xs, h):
    for t in range(len(xs)):
        h = np.tanh(W @ h + U @ xs[t])
    return np.sum(h)


def states(W, U, xs, h):
    hs = [h]
    for t in range(len(xs)):
        hs.append(np.tanh(W @ hs[-1] + U @ xs[t]))
    return hs


def stale(W, U, xs, h):
    hs = states(W, U, xs, h)
    dW, dU, dxs = np.zeros_like(W), np.zeros_like(U), np.zeros_like(xs)
    dh = np.ones_like(h)
    for t in reversed(range(len(xs))):
        da = (1 - hs[t + 1] ** 2) * dh
        dW += np.outer(da, hs[t + 1])
        dU += np.outer(da, xs[t])
        dxs[t] = U.T @ da
        dh = W.T @ da
    return dW, dU, dxs, dh


def one_state_off(W, U, xs, h):
    hs = states(W, U, xs, h)
    dW, dU, dxs = np.zeros_like(W), np.zeros_like(U), np.zeros_like(xs)
    dh = np.ones_like(h)
    for t in reversed(range(len(xs))):
        da = (1 - hs[max(t + 1, 2)] ** 2) * dh
        dW += np.outer(da, hs[t])
        dU += np.outer(da, xs[t])
        dxs[t] = U.T @ da
        dh = W.T @ da
    return dW, dU, dxs, dh


def mistakes(gradient):
    n = np.random.default_rng(0).normal
    args = 0.4 * n(size=(3, 3)), n(size=(3, 2)), n(size=(5, 2)), n(size=3)
    return gw.check(rnn, *args, gradient=gradient)


@pytest.mark.parametrize(
    ("gradient", "line", "told"),
    [
        (stale, "dW += np.outer(da, hs[t + 1])", "in all rounds, first where t = 4"),
        (one_state_off, "da = (1 - hs[max(t + 1, 2)] ** 2) * dh", "first where t = 0"),
    ],
)
def test_the_round_in_which_it_first_goes_wrong_is_named(gradient, line, told):
    report = mistakes(gradient)
    (mistake,) = report.mistakes
    assert (mistake.text, mistake.round) == (line, told)
    assert f"      {told}\n" in str(report)
    assert report.to_dict()["mistakes"][0]["round"] == told


def doubled(x):
    return 2.0 * np.cos(x)


def test_a_line_in_no_loop_has_no_round():
    assert [m.round for m in gw.check(lambda x: np.sum(np.sin(x)), np.ones(2), gradient=doubled).mistakes] == [""]
