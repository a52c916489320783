"""Where a slip stands in another line than the one in which it shows: that one is named, or both are listed."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from check.rightly import function_of
from check.test_culprit_page import module_of
from gatewise._check import lines
from gatewise._check.alike import Rows

N = np.random.default_rng(0).normal

NORM = """\
def norm(x, g):
    m = x.mean(axis=0)
    v = x - m
    s = np.sqrt((v * v).mean(axis=0) + 1e-5)
    h = v / s
    loss = np.sum(g * h * h * h)
    {count}
    up = 3 * g * h * h
    low = up.sum(axis=0)
    both = (up * h).sum(axis=0)
    back = n * up - low - h * both
    back /= s
    back /= n
    return loss, {{"x": back}}
"""


def of_norm(count):
    return gw.check(function_of(NORM.format(count=count)), N(size=(6, 3)), N(size=3), leave_out="g")


def test_a_whole_number_may_be_the_wrong_one():
    assert of_norm("n = x.shape[0]").verdict == "right"
    for wrong in ("n = -x.shape[0]", "n = x.shape[1]", "n = x.shape[0] - 1"):
        report = of_norm(wrong)
        assert report.verdict == "wrong"
        assert {m.line for m in report.mistakes} <= {7}, wrong
        assert report.mistakes or 7 in {s.line for s in report.suspects}, wrong


ABS = """\
def cost(q, w):
    over = np.maximum(np.abs(q) - 1.0, 0.0)
    loss = np.sum(w * q) + 5 * np.sum(over**2)
    g = w.copy()
    over = np.maximum(np.abs(q) - 1.0, 0.0)
    g += 10 * over{sign}
    return loss, {{"q": g}}
"""


def test_what_the_forward_pass_has_under_that_name_is_right():
    q, w = np.array([1.4, -2.0, 0.3, -1.2]), N(size=4)
    assert gw.check(function_of(ABS.format(sign=" * np.sign(q)")), q, w, leave_out="w").verdict == "right"
    report = gw.check(function_of(ABS.format(sign="")), q, w, leave_out="w")
    assert [m.line for m in report.mistakes] == [6]


SLIP = """\
def hinge(W, X, y):
    n = len(X)
    rows = np.arange(n)
    s = X @ W
    over = np.maximum(0, s - s[rows, y][:, None] + 1.0)
    over[rows, y] = 0
    loss = over.sum() / n
    push = {push}
    push[rows, y] = -push.sum(axis=1)
    gradW = X.T @ push / n
    return loss, gradW
"""


@pytest.mark.parametrize("push", ["-(over > 0).astype(float)", "(over > 0).astype(float) * 1.5"])
def test_a_slip_in_a_value_without_a_name_is_not_the_next_line_s(push):
    args = N(size=(4, 3)), N(size=(5, 4)), np.array([0, 2, 1, 1, 0])
    report = gw.check(function_of(SLIP.format(push=push)), *args, leave_out="X")
    assert [m.line for m in report.mistakes] in ([8], [])


CHAIN = """\
def walk(a, b, x):
    h, kept = 0.4, []
    loss = 0.0
    for t in range(len(x)):
        s = a * h * h + b
        k = s / (1 + s * s)
        kept.append((h, s, k))
        loss += k * x[t] + np.log(1 + s * s)
        h = np.tanh(k)
    d_a = d_b = d_h = 0.0
    for t in range(len(x) - 1, -1, -1):
        h, s, k = kept[t]
        d_k = x[t] + d_h * (1 - np.tanh(k) ** 2)
        d_s = {d_s}
        d_b += d_s
        d_a += d_s * h * h
        d_h = 2 * a * h * d_s
    return loss, (d_a, d_b)
"""


def test_a_line_in_a_loop_that_lacks_a_term_is_named():
    whole = "2 * s / (1 + s * s) + d_k * (1 - s * s) / (1 + s * s) ** 2"
    args = 0.7, 0.3, N(size=4)
    assert gw.check(function_of(CHAIN.format(d_s=whole)), *args, leave_out="x").verdict == "right"
    report = gw.check(function_of(CHAIN.format(d_s="2 * s / (1 + s * s)")), *args, leave_out="x")
    assert {m.line for m in report.mistakes} <= {14}


HELPERS = """\
def scale_fwd(x, g):
    c = x - x.mean(-1, keepdims=True)
    return g * c, (c, g)


def scale_bwd(dout, cache):
    c, g = cache
    dg = (dout * c).sum(axis=0)
    dc = dout * g
    dx = dc{mean}
    return dx, dg


def block_fwd(x, g, w):
    n, cache = scale_fwd(x, g)
    return x + np.tanh(n @ w), (cache, n, w, np.tanh(n @ w))


def block_bwd(dy, cache):
    inner, n, w, a = cache
    da = dy * (1 - a**2)
    dw = n.T @ da
    dn = da @ w.T
    dx, dg = scale_bwd(dn, inner)
    dx = dx + dy
    return dx, dg, dw
"""


def test_a_line_that_takes_what_a_helper_gives_is_not_named_for_the_helper_s_mistake():
    args = N(size=(5, 3)), N(size=3), N(size=(3, 3))
    right = module_of(HELPERS.format(mean=" - dc.mean(-1, keepdims=True)"))
    assert gw.check(right["block_fwd"], *args, backward=right["block_bwd"]).verdict == "right"
    wrong = module_of(HELPERS.format(mean=""))
    report = gw.check(wrong["block_fwd"], *args, backward=wrong["block_bwd"])
    assert report.verdict == "wrong"
    assert {m.line for m in report.mistakes} <= {10}


def test_rows_say_which_of_them_a_value_is_and_how_many_times():
    rows = Rows(
        ["a", "b"], [[np.array([1.0, 2.0]), np.array([3.0, 1.0])], [np.array([2.0, 0.0]), np.array([0.0, 4.0])]]
    )
    assert rows.equal_to([np.array([1.0, 2.0])], 1e-9) == ["a"]
    assert rows.equal_to([np.array([1.0, 2.0]), np.array([0.0, 1.0])], 1e-9) == []
    assert list(rows.multiples([np.array([4.0, 0.0]), np.array([0.0, 8.0])], 1e-9)) == [("b", 2.0)]
    assert rows.slopes(np.array([3.0, 6.0]), 1e-9).tolist() == [3.0, 0.0]


def test_a_defect_of_the_inquiry_costs_no_verdict(monkeypatch):
    def failing(_):
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(lines, "looked_through", failing)
    with pytest.raises(ZeroDivisionError):
        gw.check(square, 3.0)
    monkeypatch.setattr(lines, "raises_its_own_errors", False)
    report = gw.check(square, 3.0)
    assert report.verdict == "wrong"
    assert any("gatewise failed while it looked for it (ZeroDivisionError: of ours)" in note for note in report.notes)


def square(x):
    f = x * x
    dx = 3 * x
    return f, dx


def test_what_a_caller_forgets_to_add_is_not_the_helper_s_mistake():
    source = HELPERS.format(mean=" - dc.mean(-1, keepdims=True)").replace("    dx = dx + dy\n", "\n")
    wrong = module_of(source)
    report = gw.check(wrong["block_fwd"], N(size=(5, 3)), N(size=3), N(size=(3, 3)), backward=wrong["block_bwd"])
    assert report.verdict == "wrong"
    assert {m.line for m in report.mistakes} <= {24}
    assert report.mistakes or 24 in {s.line for s in report.suspects}
