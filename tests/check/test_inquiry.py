"""Kinds of backward passes in which another line than the wrong one is easily accused, or none is found."""

from __future__ import annotations

import functools

import numpy as np
import pytest

import gatewise as gw
from check.rightly import function_of
from check.test_culprit_page import module_of
from gatewise._check import trials

N = np.random.default_rng(0).normal

NET = """\
def net(W1, b1, W2, b2, X, Y):
    m = X.shape[0]
    A1 = np.tanh(X @ W1 + b1)
    Z2 = A1 @ W2 + b2
    J = np.sum((Z2 - Y) ** 2) / m
    dZ2 = {held} * (Z2 - Y)
    dW2 = {rest} * (A1.T @ dZ2)
    db2 = {rest} * dZ2.sum(axis=0)
    dZ1 = (dZ2 @ W2.T) * (1 - A1**2)
    dW1 = {rest} * (X.T @ dZ1)
    db1 = {rest} * dZ1.sum(axis=0)
    return J, dict(W1=dW1, b1=db1, W2=dW2, b2=db2)
"""
HELD = {"m": ("2", "(1 / m)"), "-1": ("-2 / m", "-1"), "2": ("1 / m", "2"), "2/m": ("1", "2 / m")}
MISTAKES = {
    7: ("(A1.T @ dZ2)", "(A1.T @ dZ2) * 3"),
    9: ("(1 - A1**2)", "(1 - A1)"),
    10: ("(X.T @ dZ1)", "-(X.T @ dZ1)"),
    11: ("dZ1.sum(axis=0)", "dZ1.mean(axis=0)"),
}


def lines(f, *args, **kwargs):
    report = gw.check(f, *args, **kwargs)
    assert report.verdict == "wrong"
    return [m.line for m in report.mistakes]


def of_net():
    return N(size=(3, 4)), N(size=4), N(size=(4, 2)), N(size=2), N(size=(5, 3)), N(size=(5, 2))


@pytest.mark.parametrize("held", HELD)
def test_a_convention_is_no_mistake(held):
    source = NET.format(held=HELD[held][0], rest=HELD[held][1])
    assert gw.check(function_of(source), *of_net(), leave_out=("X", "Y")).verdict == "right"


@pytest.mark.parametrize("line", MISTAKES)
@pytest.mark.parametrize("held", HELD)
def test_the_mistake_beside_a_convention_is_found_alone(held, line):
    source = NET.format(held=HELD[held][0], rest=HELD[held][1])
    text = source.splitlines()
    right, wrong = MISTAKES[line]
    assert right in text[line - 1]
    text[line - 1] = text[line - 1].replace(right, wrong)
    assert lines(function_of("\n".join(text) + "\n"), *of_net(), leave_out=("X", "Y")) == [line]


def test_a_factor_that_is_forgotten_at_the_top_is_one_mistake():
    """Every gradient is m times too large: one line, not four."""
    source = NET.format(held="2", rest="1")
    assert lines(function_of(source), *of_net(), leave_out=("X", "Y")) == [6]


ZEROS = """\
def layer(h, W, c, t):
    y = W @ h + c
    loss = 0.5 * np.sum((y - t) ** 2)
    dy = y - t
    {zeros}
    {added}
    dh = W.T @ dy
    return loss, dict(h=dh, W=np.outer(dy, h), c=dc)
"""


@pytest.mark.parametrize(
    ("zeros", "added"),
    [
        ("dc = np.zeros_like(c)", "dc += dc"),
        ("dc, extra = np.zeros_like(c), 0.0", "dc += 3 * dy"),
        ("dc = np.zeros(c.shape)", "dc[:] = 2 * dy"),
        ("dc = 0 * c", "dc -= dy"),
    ],
)
def test_zeros_are_not_the_mistake(zeros, added):
    f = function_of(ZEROS.format(zeros=zeros, added=added))
    assert lines(f, N(size=3), N(size=(2, 3)), N(size=2), N(size=2), leave_out="t") == [6]


PAIR = """\
def forward(x, w, b):
    z = x @ w + b
    a = np.maximum(z, 0)
    return a * a, (x, w, z, a)


def backward(dout, cache):
    x, w, z, a = cache
    da = 2 * a * dout
    da[z < 0] = 0
    {mask}
    dx = da @ w.T
    {dw}
    db = da.sum(axis=0)
    return dx, dw, db
"""


@pytest.mark.parametrize(
    ("mask", "dw", "wrong"),
    [
        ("da *= 3", "dw = x.T @ da", [11]),
        ("da[z > 1] = 0", "dw = x.T @ da", [11]),
        ("pass", "dw = x.T @ (da * da)", [13]),
        ("pass", "dw = (x.T @ da).T.reshape(w.shape)", [13]),
    ],
)
def test_what_is_changed_in_place_and_what_is_unpacked(mask, dw, wrong):
    """The line that spoils the value is named: not the one that made the array, nor the one that unpacks the cache."""
    names = module_of(PAIR.format(mask=mask, dw=dw))
    args = N(size=(6, 3)), N(size=(3, 4)), N(size=4)
    assert lines(names["forward"], *args, backward=names["backward"]) == wrong


BEHIND = """\
def loss_and_grad(w, x):
    s = x @ w
    loss = np.sum(s**2)
    ds = 2 * s
    dw = 3 * x.T @ ds
    return loss, dw


class Model:
    def __init__(self, x):
        self.x = x

    def method(self, w):
        return loss_and_grad(w, self.x)

    def __call__(self, w):
        return loss_and_grad(w, self.x)

    @classmethod
    def of_class(cls, w):
        return loss_and_grad(w, np.ones((4, 3)))

    @staticmethod
    def static(w):
        return loss_and_grad(w, np.ones((4, 3)))


def decorated(f):
    @functools.wraps(f)
    def around(*args):
        return f(*args)

    return around
"""


@pytest.mark.parametrize("how", ["lambda", "partial", "method", "call", "classmethod", "static", "decorated"])
def test_the_line_is_found_behind(how):
    names = module_of("import functools\nimport numpy as np\n" + BEHIND)
    x, w = N(size=(4, 3)), N(size=3)
    f = names["loss_and_grad"]
    model = names["Model"](x)
    wrapped = {
        "lambda": lambda w: f(w, x),
        "partial": functools.partial(f, x=x),
        "method": model.method,
        "call": model,
        "classmethod": names["Model"].of_class,
        "static": names["Model"].static,
        "decorated": lambda w: names["decorated"](f)(w, x),
    }[how]
    assert lines(wrapped, w) == [7]


def test_a_naive_convolution():
    source = """\
def forward(x, w):
    n = x.shape[0] - 2
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            out[i, j] = np.sum(x[i : i + 3, j : j + 3] * w)
    return out, (x, w)


def backward(dout, cache):
    x, w = cache
    dx = np.zeros_like(x)
    dw = np.zeros_like(w)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            dx[i : i + 3, j : j + 3] += w.T * dout[i, j]
            dw += x[i : i + 3, j : j + 3] * dout[i, j]
    return dx, dw
"""
    names = module_of(source)
    assert lines(names["forward"], N(size=(5, 5)), N(size=(3, 3)), backward=names["backward"]) == [16]


def test_nothing_of_the_users_is_changed():
    """Functions run their own code afterwards, and their globals are what they were."""
    names = module_of("import functools\nimport numpy as np\n" + BEHIND)
    f, before = names["loss_and_grad"], set(names)
    code = f.__code__
    lines(f, N(size=3), N(size=(4, 3)), leave_out="x")
    assert f.__code__ is code
    assert set(names) == before


def test_where_any_of_some_lines_could_be_it_none_is_named_and_they_are_listed():
    source = """\
def f(q, t):
    u = q * t
    loss = np.sum(u**2)
    part = np.sqrt(t)
    whole = part * u
    return loss, 2 * whole
"""
    report = gw.check(function_of(source), N(size=3), np.abs(N(size=3)) + 0.5, leave_out="t")
    assert not report.mistakes
    (note,) = [n for n in report.notes if n.startswith("the line could not be told")]
    assert "it is line 4 or 5" in note
    assert [(each.line, each.text) for each in report.suspects] == [(4, "part = np.sqrt(t)"), (5, "whole = part * u")]
    assert "Where it goes wrong, in one of these lines as far as can be told:\n  line 4: part = np.sqrt(t)\n" in str(
        report
    )
    assert report.to_dict()["suspects"][1] == {"line": 5, "text": "whole = part * u"}


def test_a_value_of_complex_numbers_may_be_the_wrong_one():
    """The line that takes the real part of it starts from what is not known: it is not accused."""
    source = """\
def f(x, scale):
    field = np.fft.fft(x)
    loss = scale * np.sum(np.abs(field) ** 2)
    dfield = 2 * field
    back = np.fft.ifft(dfield) * len(x)
    dx = back.real
    return loss, dx
"""
    report = gw.check(function_of(source), N(size=4), 1.7, leave_out="scale")
    assert not report.mistakes
    assert 4 in [each.line for each in report.suspects]


def test_what_is_asked_of_the_way_back_has_an_end(monkeypatch):
    """Of a loop that is unrolled, where every value could be a part of every gradient, no line is named."""

    def f(w, x):
        h = x
        for _ in range(5):
            h = np.tanh(w * h) + np.sin(h)
        dw = 0.5 * np.cos(h) * x
        return np.sum(h), dw

    monkeypatch.setattr(trials, "VISITS", 10)
    report = gw.check(f, np.full(3, 0.7), np.array([0.2, -0.4, 0.9]), leave_out="x")
    assert report.verdict == "wrong"
    assert not report.mistakes
    assert any("more of its values than there is time for" in note for note in report.notes)
