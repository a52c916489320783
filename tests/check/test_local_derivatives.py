"""Lines that give a local derivative, one value of the forward pass by another, by their names and by what they do.

And gradients that are called in a manner of the program's own, or kept under the name of an attribute.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import gatewise as gw
from check.rightly import function_of
from check.test_culprit_page import module_of

N = np.random.default_rng(0).normal


def named(report):
    assert report.verdict == "wrong"
    return [m.line for m in report.mistakes]


DECAY = """\
def fit(p, t, y):
    a, k, c = p[0], p[1], p[2]
    e = np.exp(-k * t)
    res = a * e + c - y
    value = 0.5 * np.sum(res**2)
    J = np.stack([e, {column}, np.ones_like(t)], axis=1)
    grad = J.T @ res
    return value, grad
"""


def of_decay(column):
    f = function_of(DECAY.format(column=column))
    return gw.check(f, np.array([1.3, 0.7, 0.2]), np.linspace(0.1, 3, 7), N(size=7), leave_out=("t", "y"))


def test_a_jacobian_is_known_by_what_it_is():
    assert of_decay("-a * t * e").verdict == "right"
    for wrong in ("a * t * e", "-a * e"):
        assert named(of_decay(wrong)) == [6], wrong


SOFTSIGN = """\
def net(W, V, x, t):
    z = x @ W
    h = z / (1 + np.abs(z))
    o = h @ V
    loss = 0.5 * np.sum((o - t) ** 2)
    up = o - t
    gV = h.T @ up
    fp = {slope}
    low = (up @ V.T) * fp
    gW = x.T @ low
    return loss, (gW, gV)
"""


def of_softsign(slope):
    f = function_of(SOFTSIGN.format(slope=slope))
    return gw.check(f, N(size=(3, 4)), N(size=(4, 2)), N(size=(5, 3)), N(size=(5, 2)), leave_out=("x", "t"))


def test_the_derivative_of_an_activation_needs_no_name():
    assert of_softsign("1 / (1 + np.abs(z)) ** 2").verdict == "right"
    for wrong in ("1 / (1 + np.abs(z))", "1 - h**2"):
        assert named(of_softsign(wrong)) == [8], wrong


def test_a_derivative_off_by_a_number_is_one_of_some_lines():
    """A line after it may have been meant to make up for that."""
    report = of_softsign("2 / (1 + np.abs(z)) ** 2")
    assert report.verdict == "wrong"
    assert not report.mistakes
    assert 8 in {s.line for s in report.suspects}


ORBIT = """\
def area(r, th, w):
    s = np.sin(th)
    q = r**2 * s
    f = np.sum(w * q**2)
    gq = 2 * w * q
    dq_dr = {by_r}
    dq_dth = {by_th}
    gr = gq * dq_dr
    gth = np.sum(gq * dq_dth)
    return f, {{"r": gr, "th": gth}}
"""


def of_orbit(by_r="2 * r * s", by_th="r**2 * np.cos(th)"):
    return gw.check(function_of(ORBIT.format(by_r=by_r, by_th=by_th)), N(size=5) + 2, 0.6, N(size=5), leave_out="w")


def test_a_fraction_names_the_derivative_of_what_stands_above():
    assert of_orbit().verdict == "right"
    assert named(of_orbit(by_r="r * s")) == [6]
    assert named(of_orbit(by_th="-(r**2) * np.cos(th)")) == [7]
    assert named(of_orbit(by_th="r**2 * s")) == [7]


POTENTIAL = """\
def pull(x0, y0, m, xs, d):
    u = xs[:, None] - x0
    r2 = u**2 + y0**2
    res = np.sum(m * y0 / r2, axis=1) - d
    f = 0.5 * np.sum(res**2)
    slope_x0 = {by_x0}
    slope_y0 = {by_y0}
    slope_m = y0 / r2
    g_x0 = {up_x0}
    g_y0 = res @ slope_y0
    g_m = res @ slope_m
    return f, g_x0, g_y0, g_m
"""


def of_potential(by_x0="2 * m * y0 * u / r2**2", by_y0="m / r2 - 2 * m * y0**2 / r2**2", up_x0="res @ slope_x0"):
    f = function_of(POTENTIAL.format(by_x0=by_x0, by_y0=by_y0, up_x0=up_x0))
    points = np.array([-1.0, 0.4, 1.3]), np.array([0.9, 1.4, 0.7]), np.array([1.0, 2.0, -0.5])
    return gw.check(f, *points, np.linspace(-3, 3, 8), N(size=8), leave_out=("xs", "d"))


def test_what_is_called_alike_is_the_derivative_of_one_value():
    assert of_potential().verdict == "right"
    assert named(of_potential(by_x0="-2 * m * y0 * u / r2**2")) == [6]
    assert named(of_potential(by_y0="-2 * m * y0**2 / r2**2")) == [7]
    assert named(of_potential(up_x0="-res @ slope_x0")) == [9]


MODULATED = """\
def loss(s, w):
    p = 1 / (1 + np.exp(-s))
    weight = (1 - p) ** 3
    f = -np.sum(w * weight * np.log(p))
    d_weight = {slope}
    d_p = -w * (d_weight * np.log(p) + weight / p)
    d_s = {last}
    return f, d_s
"""


def of_modulated(slope="-3 * (1 - p) ** 2", last="d_p * p * (1 - p)"):
    f = function_of(MODULATED.format(slope=slope, last=last))
    return gw.check(f, N(size=6), N(size=6) + 2, leave_out="w")


def test_a_factor_that_goes_into_a_gradient_is_a_derivative_by_what_that_is_of():
    assert of_modulated().verdict == "right"
    for wrong in ("3 * (1 - p) ** 2", "-(1 - p) ** 2"):
        assert named(of_modulated(wrong)) == [5], wrong
    assert named(of_modulated(last="d_p * p")) == [7]


TEMPERED = """\
def nce(a, log_t, y):
    temp = np.exp(log_t)
    s = temp * a
    z = s - s.max()
    logp = z - np.log(np.sum(np.exp(z)))
    f = -np.sum(y * logp)
    co_s = np.exp(logp) * y.sum() - y
    co_temp = np.sum(co_s * a)
    co_a = {a}
    return f, {{
        "a": co_a,
        "log_t": {log_t},
    }}
"""


def test_names_of_gradients_are_learned_from_those_that_are_right():
    def of(a="co_s * temp", log_t="co_temp * temp"):
        y = np.array([0.0, 1.0, 0.0, 0.5])
        return gw.check(function_of(TEMPERED.format(a=a, log_t=log_t)), N(size=4), 0.3, y, leave_out="y")

    assert of().verdict == "right"
    assert named(of(log_t="co_temp")) == [12]
    assert named(of(a="co_s")) == [9]


GATED = """\
import numpy as np


class Gate:
    def forward(self, x, A, b):
        self.x, self.A = x, A
        self.mean = x.mean(axis=1)
        self.u = self.mean * A + b
        self.open = 1 / (1 + np.exp(-self.u))
        return x * self.open[:, None]

    def backward(self, up):
        width = self.x.shape[1]
        down = up * self.open[:, None]
        grad_open = (up * self.x).sum(axis=1)
        grad_u = {u}
        self.grad_A = np.sum(self.mean * grad_u)
        self.grad_b = grad_u.sum()
        grad_mean = grad_u * self.A
        down += {spread}
        return down


def run(x, A, b, up):
    gate = Gate()
    f = np.sum(up * gate.forward(x, A, b))
    return f, {{"x": gate.backward(up), "A": gate.grad_A, "b": gate.grad_b}}
"""


def test_what_an_object_holds_is_known_by_the_name_of_its_attribute():
    def of(u="grad_open * self.open * (1 - self.open)", spread="grad_mean[:, None] / width"):
        module = module_of(GATED.format(u=u, spread=spread))
        return gw.check(module["run"], N(size=(4, 3)), 0.8, -0.2, N(size=(4, 3)), leave_out="up")

    assert of().verdict == "right"
    assert named(of(spread="grad_mean[:, None]")) == [20]


RIDGED = """\
def fit(w, X, y, k):
    r = X @ w - y
    value = np.mean(r**2) + k * w @ w
    data = -2 * X.T @ r
    data /= len(y)
    slope = -data + {penalty}
    return value, slope
"""


@pytest.mark.parametrize("penalty", ["k * w"])
def test_a_term_that_is_right_is_not_at_fault_for_the_one_beside_it(penalty):
    def of(penalty):
        return gw.check(
            function_of(RIDGED.format(penalty=penalty)), N(size=3), N(size=(6, 3)), N(size=6), 0.3,
            leave_out=("X", "y", "k"),
        )  # fmt: skip

    assert of("2 * k * w").verdict == "right"
    assert named(of(penalty)) == [6]


HEAT = """\
def run(u0, a, goal):
    us = [u0]
    for n in range(4):
        u = us[-1]
        us.append(u - 0.1 * a * u**3)
    f = 0.5 * np.sum((us[-1] - goal) ** 2)
    lam = us[-1] - goal
    ga = 0.0
    for n in range(3, -1, -1):
        u = us[{at}]
        ga = ga - 0.1 * np.sum(lam * u**3)
        lam = lam * (1 - 0.3 * a * u**2)
    return f, {{"u0": lam, "a": ga}}
"""


def test_a_state_of_another_step_is_fetched_in_its_line():
    def of(at):
        return gw.check(function_of(HEAT.format(at=at)), N(size=5), 0.7, N(size=5), leave_out="goal")

    assert of("n").verdict == "right"
    assert named(of("n + 1")) == [10]


CHAIN = """\
def net(weights, x, y, masks):
    hs, zs = [x], []
    for l in range(3):
        zs.append(hs[-1] @ weights[l])
        hs.append(np.tanh(zs[-1]) * masks[l])
    f = 0.5 * np.sum((hs[-1] - y) ** 2)
    back = [None] * 3
    g = (hs[-1] - y) * masks[2] * (1 - np.tanh(zs[2]) ** 2)
    for l in (2, 1, 0):
        back[l] = hs[l].T @ g
        if l:
            g = g @ weights[l].T
            {mask}
            g = g * (1 - np.tanh(zs[l - 1]) ** 2)
    return f, back
"""


@pytest.mark.parametrize("widths", [(3, 4, 4, 2), (3, 5, 4, 2)])
def test_of_a_chain_with_a_link_missing_no_line_is_accused(widths):
    rng = np.random.default_rng(4)
    weights = [rng.normal(size=pair) for pair in itertools.pairwise(widths)]
    masks = [(rng.random((5, n)) < 0.7) / 0.7 for n in widths[1:]]

    def of(mask):
        f = function_of(CHAIN.format(mask=mask))
        return gw.check(f, weights, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), masks,
                        leave_out=("x", "y", "masks"))  # fmt: skip

    assert of("g = g * masks[l - 1]").verdict == "right"
    report = of("pass")
    assert report.verdict == "wrong"
    assert {m.line for m in report.mistakes} <= {12, 13}


BLOCKS = """\
import numpy as np


class Scale:
    def __init__(self, s):
        self.s = s

    def forward(self, x):
        self.x = x
        return x * self.s

    def backward(self, up):
        self.ds = np.sum(up * self.x, axis=0)
        return up * self.s


class Center:
    def forward(self, x):
        self.n = x.shape[0]
        c = x - x.mean(axis=0)
        self.std = np.sqrt((c * c).mean(axis=0) + 1e-3)
        self.c = c / self.std
        return self.c

    def backward(self, up):
        a = up.mean(axis=0)
        b = (up * self.c).mean(axis=0)
        return {center}


class Bend:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, up):
        return up * (1 - self.y**2)


def loss(s, t, x):
    one, norm, bend, two = Scale(s), Center(), Bend(), Scale(t)
    out = two.forward(bend.forward(norm.forward(one.forward(x))) + x)
    value = np.sum(out**3)
    top = two.backward(3 * out**2)
    down = one.backward(norm.backward(bend.backward(top)))
    {skip}
    return value, {{"s": one.ds, "t": two.ds, "x": down}}
"""


def test_layers_that_are_called_inside_of_one_another():
    def of(center="(up - a - self.c * b) / self.std", skip="down = down + top"):
        module = module_of(BLOCKS.format(center=center, skip=skip))
        return gw.check(module["loss"], N(size=3), N(size=3), N(size=(5, 3)))

    assert of().verdict == "right"
    assert named(of(center="(up - a) / self.std")) == [28]
    assert named(of(skip="pass")) == [45]


WINCH = """\
def cost(v, goal, mass):
    s = np.cumsum(v)
    height, reach = mass @ np.sin(s), mass @ np.cos(s)
    f = 0.5 * (height - goal) ** 2 + reach**2
    up = {up}
    along = np.array([-(mass[k:] @ np.sin(s[k:])) for k in range(len(v))])
    return f, (height - goal) * up + 2 * reach * along
"""


def test_a_derivative_by_another_value_than_the_one_beside_it():
    def of(up):
        points = np.array([0.3, 0.5, -0.9, 0.4]), 0.2, np.array([1.0, 0.5, 2.0, 0.7])
        return gw.check(function_of(WINCH.format(up=up)), *points, leave_out=("goal", "mass"))

    assert of("np.array([mass[k:] @ np.cos(s[k:]) for k in range(len(v))])").verdict == "right"
    assert named(of("mass * np.cos(s)")) == [5]
