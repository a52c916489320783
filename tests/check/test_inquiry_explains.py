"""Lines of which another value makes all right, before values that are no gradients but parts and factors of some."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from check.test_inquiry import N, function_of, lines

RMS_NORM = """\
def rms_norm(x, gain, up):
    size = np.sqrt(np.mean(x * x, axis=1, keepdims=True) + 1e-3)
    loss = np.sum(x / size * gain * up)
    dgain = np.sum(up * x / size, axis=0)
    dn = up * gain
    along = np.mean(dn * x, axis=1, keepdims=True)
    dx = dn - x * along / size**2
    dx /= size
    return loss, (dx, dgain)
"""
ONE_SIDED = """\
def one_sided(q, k, v, up):
    s = q @ k.T / np.sqrt(q.shape[1])
    p = np.exp(s - s.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = np.sum(p @ v * up)
    dv = p.T @ up
    dp = up @ v.T
    ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    ds /= np.sqrt(q.shape[1])
    dq = ds @ k
    dk = ds.T @ q
    return loss, (dq, dk, dv)
"""
SOFT_STEP = """\
def soft_step(x, a, up):
    z = a * x
    loss = np.sum(up * z * np.tanh(z))
    g = np.tanh(z) + z * (1 - np.tanh(z) ** 2)
    g *= up
    dx = a * g
    da = np.sum(x * g, axis=0)
    return loss, (dx, da)
"""
WEIGHTED = """\
def weighted(w, b, x, y, share):
    p = 1 / (1 + np.exp(-(x @ w + b)))
    loss = -np.sum(share * (y * np.log(p) + (1 - y) * np.log(1 - p)))
    err = share * (p - y)
    g = err.copy()
    dw = x.T @ g
    db = g.sum()
    return loss, (dw, db)
"""
FIELD = """\
def field(r, a, b):
    d = np.sqrt(np.sum(r * r, axis=1))
    loss = np.sum(a / d**3) + np.sum(b * d**2)
    f = -3 * a / d**5
    f += 2 * b
    return loss, f[:, None] * r
"""
INPUTS = {
    "rms": (RMS_NORM, lambda: ((N(size=(3, 4)), N(size=4), N(size=(3, 4))), "up")),
    "attention": (ONE_SIDED, lambda: ((N(size=(3, 4)), N(size=(5, 4)), N(size=(5, 2)), N(size=(3, 2))), "up")),
    "step": (SOFT_STEP, lambda: ((N(size=(3, 4)), N(size=4), N(size=(3, 4))), "up")),
    "weighted": (
        WEIGHTED,
        lambda: (
            (N(size=3), 0.2, N(size=(5, 3)), np.array([0.0, 1, 1, 0, 1]), np.array([0.1, 0.3, 0.2, 0.15, 0.25])),
            ("x", "y", "share"),
        ),
    ),
    "field": (FIELD, lambda: ((N(size=(4, 3)), np.abs(N(size=4)) + 0.5, np.abs(N(size=4)) + 0.5), ("a", "b"))),
}
MISTAKES = [
    ("rms", 7, "x * along", "along"),
    ("attention", 8, "dp * p, axis=1", "dp, axis=1"),
    ("attention", 10, "ds @ k", "p @ k"),
    ("step", 4, "np.tanh(z) + z * (1 - np.tanh(z) ** 2)", "1 - np.tanh(z) ** 2"),
    ("step", 4, "z * (1 - np.tanh(z) ** 2)", "z * np.tanh(z) ** 2 / 3"),
    ("weighted", 4, "share * (p - y)", "(p - y) / len(y)"),
    ("field", 4, "-3 * a / d**5", "-3 * a / (d**5 + 1)"),
    ("field", 5, "2 * b", "b / (1 + b)"),
]


@pytest.mark.parametrize(("name", "line", "right", "wrong"), MISTAKES)
def test_the_line_is_named_that_should_have_had_another_value(name, line, right, wrong):
    source, inputs = INPUTS[name]
    text = source.splitlines()
    assert right in text[line - 1]
    text[line - 1] = text[line - 1].replace(right, wrong)
    args, left_out = inputs()
    assert lines(function_of("\n".join(text) + "\n"), *args, leave_out=left_out) == [line]


def test_a_factor_that_two_lines_miss_is_missing_before_both():
    text = ONE_SIDED.replace("    ds /= np.sqrt(q.shape[1])\n", "\n")
    args, left_out = INPUTS["attention"][1]()
    assert lines(function_of(text), *args, leave_out=left_out) == [8]


@pytest.mark.parametrize(("right", "wrong"), [("size**2", "size"), ("dx /= size", "dx /= size**2")])
def test_a_factor_that_either_of_two_lines_may_lack_is_missing_in_neither(right, wrong):
    args, left_out = INPUTS["rms"][1]()
    assert lines(function_of(RMS_NORM.replace(right, wrong)), *args, leave_out=left_out) == []


@pytest.mark.parametrize("name", INPUTS)
def test_right_as_they_stand(name):
    source, inputs = INPUTS[name]
    args, left_out = inputs()
    assert gw.check(function_of(source), *args, leave_out=left_out).verdict == "right"
