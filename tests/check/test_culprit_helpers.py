"""Wrong lines that run several times, in helpers and loops; parts that are joined in another order; what is missing."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from check.test_forms_people_have import module_of

UNIT = """\
def unit(v):
    n = np.sqrt((v * v).sum(1, keepdims=True))
    return v / n, n

def unit_back(g, u, n):
    inner = (g * u).sum(1, keepdims=True)
    return (g - u * inner) / n

def match(a, b):
    p, n = unit(a)
    q, m = unit(b)
    loss = ((p - q) ** 2 * np.arange(1.0, 4.0)).sum()
    gp = 2 * (p - q) * np.arange(1.0, 4.0)
    ga = unit_back(gp, p, n)
    gb = unit_back(-gp, q, m)
    return loss, (ga, gb)
"""

SQUASH = """\
def squash(z):
    return z / np.sqrt(1 + z * z)

def squash_back(g, z):
    return g * (1 + z * z) ** -1.5

def deep(x, w, v):
    a = x @ w
    h = squash(a)
    b = h @ v
    y = squash(b)
    loss = (y * y).sum()
    gb = squash_back(2 * y, b)
    gv = h.T @ gb
    ga = squash_back(gb @ v.T, a)
    return loss, (ga @ w.T, x.T @ ga, gv)
"""

JOINED = """\
def joined(x, w, c):
    a = np.concatenate([x @ w, c * x])
    loss = (np.tanh(a) ** 2 * np.arange(1.0, 9.0)).sum()
    ga = 2 * np.tanh(a) * (1 - np.tanh(a) ** 2) * np.arange(1.0, 9.0)
    gx = w @ ga[:4] + c * ga[4:]
    gw = np.outer(x, ga[:4])
    gc = ga[4:] * x
    gboth = np.stack([gc, gc * 0])
    return loss, gx, gw, gboth[0]
"""

draw = np.random.default_rng(4).normal
TWO = draw(size=(4, 3)), draw(size=(4, 3))
DEEP = draw(size=(4, 3)), draw(size=(3, 3)), draw(size=(3, 2))
LINE = draw(size=4), draw(size=(4, 4)), draw(size=4)


@pytest.mark.parametrize(
    ("source", "name", "args", "right", "wrong"),
    [
        (UNIT, "match", TWO, "return (g - u * inner) / n", "return g / n"),
        (UNIT, "match", TWO, "return (g - u * inner) / n", "return (g - u * inner) * n"),
        (SQUASH, "deep", DEEP, "return g * (1 + z * z) ** -1.5", "return g / np.sqrt(1 + z * z)"),
        (JOINED, "joined", LINE, "np.stack([gc, gc * 0])", "np.stack([gc * 0, gc])"),
    ],
)
def test_the_line_is_named_and_no_call_of_it(source, name, args, right, wrong):
    assert source.count(right) == 1
    assert gw.check(getattr(module_of(source), name), *args)
    report = gw.check(getattr(module_of(source.replace(right, wrong)), name), *args)
    line = source[: source.index(right)].count("\n") + 1
    assert report.verdict == "wrong"
    assert {m.line for m in report.mistakes} == {line}, report


@pytest.mark.parametrize(
    ("source", "name", "args", "right", "wrong"),
    [
        (UNIT, "match", TWO, "return (g - u * inner) / n", "return (g + u * inner) / n"),
        (SQUASH, "deep", DEEP, "return g * (1 + z * z) ** -1.5", "return g"),
    ],
)
def test_where_the_line_is_not_told_no_call_of_it_is_accused(source, name, args, right, wrong):
    report = gw.check(getattr(module_of(source.replace(right, wrong)), name), *args)
    assert report.verdict == "wrong"
    assert {m.line for m in report.mistakes} <= {source[: source.index(right)].count("\n") + 1}, report


TIED = """\
import numpy as np

X = np.random.RandomState(3).rand(6, 4)


def cost(W, b):
    h = np.tanh(X.dot(W) + b)
    return 0.5 * np.sum((h.dot(W.T) - X) ** 2) + 0.05 * np.sum(W * W)


def slope(W, b):
    h = np.tanh(X.dot(W) + b)
    dr = h.dot(W.T) - X
    dW = dr.T.dot(h)
    dp = dr.dot(W) * (1 - h * h)
    dW += X.T.dot(dp)
    dW += 0.1 * W
    return dW, dp.sum(0)
"""


def test_a_part_of_a_gradient_is_not_right_because_it_is_a_part():
    module = module_of(TIED.replace("dW += X", "dW = X"))
    report = gw.check(module.cost, draw(size=(4, 3)), draw(size=3), gradient=module.slope)
    assert {m.line for m in report.mistakes} == {16}, report
