"""A gradient that was returned is judged, or the report says that nothing was: it is never dropped without a word."""

from __future__ import annotations

import numpy as np
import pytest

import gatewise as gw
from check.test_forms_people_have import module_of
from gatewise._errors import ArgumentError
from gatewise._recording.whose import wire_named

FIT = """\
from collections import namedtuple
Grads = namedtuple("Grads", "v w")


def {name}(w, v, X, t):
    r = X @ (w + v**2) - t
    loss = (r**2).mean()
    g = X.T @ r * 2 / len(t)
    {w} = {first}
    {v} = 2 * v * g
    {back}
"""


def fitted(back, first, w="dw", v="dv", name="fit"):
    draw = np.random.default_rng(3).normal
    source = FIT.format(name=name, w=w, v=v, first=first, back=back.format(w=w, v=v))
    f = getattr(module_of(source), name)
    return gw.check(f, draw(size=3), draw(size=3), draw(size=(5, 3)), draw(size=5), leave_out=("X", "t"))


NAMES = [("w_g", "v_g"), ("g_w", "g_v"), ("wGrad", "vGrad"), ("Gw", "Gv"), ("gradW", "gradV"), ("w_adj", "v_adj")]
BACKS = [
    "return loss, ({w}, {v})",
    "return loss, {v}, {w}",
    "return loss, dict({w}={w}, {v}={v})",
    "return loss, Grads(w={w}, v={v})",
    "return loss, [('v', {v}), ('w', {w})]",
]


@pytest.mark.parametrize("back", BACKS)
@pytest.mark.parametrize("names", NAMES, ids=lambda n: n[0])
@pytest.mark.parametrize("name", ["forward_and_backward", "fit"])
def test_gradients_by_any_usual_name(back, names, name):
    assert fitted(back, "g", *names, name=name)
    assert fitted(back, "g / 2", *names, name=name).verdict == "wrong"


@pytest.mark.parametrize("name", ["forward_and_backward", "fwd_bwd", "forward_grad", "fit"])
@pytest.mark.parametrize("names", [("A", "B"), ("slope_w", "slope_v")])
def test_gradients_without_a_telling_name_are_taken_by_place(names, name):
    assert fitted("return loss, {w}, {v}", "g", *names, name=name)
    assert fitted("return loss, {w}, {v}", "g / 2", *names, name=name).verdict == "wrong"


@pytest.mark.parametrize("back", ["return loss, {w}, {v}", "return loss, {v}", "return loss, {w}, {v}, r"])
def test_where_nothing_of_the_users_was_judged_nothing_is_called_right(back):
    """Out of a function called `forward` they may be a cache: what was looked at is then gatewise's own gradient."""
    report = fitted(back, "g / 2", "A", "B", name="forward")
    assert report.verdict == "undecidable"
    assert not report
    assert "backward" in str(report)


def test_fewer_gradients_than_inputs_are_not_all():
    report = fitted("return loss, dict({v}={v})", "g")
    assert report.not_given == ("w",)
    assert not report


@pytest.mark.parametrize("back", ["return loss, dict(A={w}, {v}={v})", "return loss, dict(A={w}, B={v})"])
def test_a_name_that_is_nobodys_is_refused(back):
    with pytest.raises(ArgumentError, match="belongs to nothing"):
        fitted(back, "g / 2")


NET = """\
class Net:
    def __init__(self):
        self.p = {"w": np.array([[0.3, -0.2], [0.5, 0.4], [-0.6, 0.1]])}

    def loss(self, x, target):
        y = np.tanh(x @ self.p["w"])
        miss = y - target
        dy = 2 * miss / miss.size * (1 - y * y)
        grads = {"w": x.T @ dy}
        grads["KEY"] = FACTOR * dy @ self.p["w"].T
        return np.mean(miss**2), grads
"""


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("key", ["x", "dx"])
def test_the_gradient_of_an_argument_beside_those_of_parameters_is_judged(key, dtype):
    draw = np.random.default_rng(3).normal
    x, target = draw(size=(4, 3)).astype(dtype), draw(size=(4, 2)).astype(dtype)
    for factor, verdict in [("1.0", "right"), ("0.5", "wrong")]:
        net = module_of(NET.replace("KEY", key).replace("FACTOR", factor)).Net()
        net.p["w"] = net.p["w"].astype(dtype)
        report = gw.check(net.loss, x, target, parameters=net.p)
        assert {p.name: p.verdict for p in report.parameters} == {"w": "right", "x": verdict}
        left = gw.check(net.loss, x, target, parameters=net.p, leave_out="x")
        assert {p.name for p in left.parameters} == {"w"}


def sparse(w, rho=0.1, *, weight=0.5):
    return weight * np.sum((w - rho) ** 2), 2 * weight * (w - rho)


@pytest.mark.parametrize("names", ["rho", "weight", ("rho", "weight")])
def test_an_argument_with_a_default_may_be_left_out(names):
    assert gw.check(sparse, np.array([0.3, 0.7]), leave_out=names)
    with pytest.raises(ArgumentError, match="nothing of that name"):
        gw.check(sparse, np.array([0.3, 0.7]), leave_out="roh")


@pytest.mark.parametrize("name", ["w1_g", "g_w1", "w1Grad", "Gw1", "W1_grad", "w1_adj", "adj_w1", "deriv_w1"])
def test_names_that_say_whose_gradient_they_are(name):
    assert wire_named(name, ["w1", "w2"]) == "w1"


@pytest.mark.parametrize("name", ["lag", "img", "w1g1", "gate"])
def test_names_that_only_end_like_one(name):
    assert wire_named(name, ["la", "im", "w1", "a", "at"]) is None
