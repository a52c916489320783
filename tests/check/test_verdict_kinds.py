"""Kinds of gradients that were once judged falsely: each with members of its kind beside the first that was found."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import gatewise as gw
from check.near_corners import NEAR_CORNERS, small_net

v = np.array([1.0, -2.0, 3.0])


# --------------------------------------------------------------------------- arrays that are handed out are copies


def scaled_in_place(dout, x):
    dout *= 2
    return dout * x


def added_in_place(dout, x):
    dout += 1
    return dout * 2 * x


def zeroed_in_place(dout, x):
    dx = dout * 2 * x
    dout[...] = 0
    return dx


@pytest.mark.parametrize(
    ("backward", "verdict"),
    [
        (scaled_in_place, "right"),
        (lambda dout, x: 2 * scaled_in_place(dout, x), "wrong"),
        (added_in_place, "wrong"),
        (zeroed_in_place, "right"),
    ],
)
def test_a_backward_pass_may_change_its_upstream_gradient(backward, verdict):
    report = gw.check(lambda x: (x * x, x), v, backward=backward)
    assert report.verdict == verdict, report
    assert "changes its input dout; it was given copies" in str(report)


@pytest.mark.parametrize("change", [lambda x: x.sort(), lambda x: np.negative(x, out=x), lambda x: x.fill(0)])
def test_what_a_function_does_to_its_arguments_is_its_own_affair(change):
    X = np.array([3.0, 1.0, 2.0])

    def f(w, X):
        out, dw = np.sum(w * X), X.copy()
        change(X)
        return out, {"w": dw}

    report = gw.check(f, v, X, leave_out="X")
    assert report.verdict == "right", report
    assert "f changes its input X; it was given copies" in str(report)
    assert X.tolist() == [3.0, 1.0, 2.0]


def test_parameters_that_every_run_changes_are_put_back_every_time():
    params = {"W": np.ones((2, 2))}

    def step():
        loss, dW = float(np.sum(params["W"] ** 2)), 2 * params["W"]
        params["W"] -= 0.1 * dW
        return loss, {"W": dW}

    report = gw.check(step, parameters=params)
    assert report.verdict == "right", report
    assert params["W"].tolist() == [[1.0, 1.0], [1.0, 1.0]]


# ------------------------------------------------------------------------------------- entries that do not move f


def relu(x):
    h = x.copy()
    h[h < 0] = 0
    return float((h**2).sum())


@pytest.mark.parametrize(
    ("f", "x", "right", "wrong"),
    [
        (relu, v, 2 * v * (v > 0), 2 * v),
        (lambda x: x[0] ** 2, v, np.array([2.0, 0, 0]), np.array([2.0, 0, 0.5])),
        (lambda x: float(max(x.tolist())), v, np.array([0, 0, 1.0]), np.array([0.1, 0, 1.0])),
        (lambda x: float(np.maximum(0, 1.5 - x).sum()), v, -1.0 * (v < 1.5), -np.ones(3)),
        (lambda x: 3.0, 1.0, 0.0, 1.0),
    ],
)
def test_an_entry_along_which_f_stands_still(f, x, right, wrong):
    assert gw.check(f, x, gradient=right).verdict == "right"
    assert gw.check(f, x, gradient=wrong).verdict == "wrong"


@pytest.mark.parametrize("width", [1e-1, 1e-3, 1e-6, 1e-8])
@pytest.mark.parametrize("at", [0.7531, 0.3])
def test_a_staircase_is_never_wrong_where_it_stands_still(width, at):
    report = gw.check(lambda x: float(np.floor(float(x) / width) * width), at, gradient=0.0)
    assert report.verdict in ("right", "undecidable")


# --------------------------------------------------------------------------------- small entries beside large ones


@pytest.mark.parametrize("second", [0.0, -1.0, 1.002, 2.0])
@pytest.mark.parametrize("large", [1e6, 1e4, 1e8])
def test_a_small_entry_beside_a_large_one(large, second):
    def f(x):
        return large * x[0] + x[1] ** 2 / 2

    assert gw.check(f, np.ones(2), gradient=np.array([large, 1.0])).verdict == "right"
    assert gw.check(f, np.ones(2), gradient=np.array([large, second])).verdict == "wrong"


# ---------------------------------------------------------------------------------------- corners, zeros by rounding


@pytest.mark.parametrize("drawn", dict.fromkeys(NEAR_CORNERS), ids=lambda drawn: drawn.__name__)
def test_right_gradients_near_corners_and_zeros(drawn):
    words: Counter[str] = Counter()
    for n in range(12):
        _, f, args, gradients = drawn(np.random.default_rng([31, n]))
        with np.errstate(all="ignore"):
            given = gradients if len(gradients) > 1 else gradients[0]
            words[gw.check(f, *args, gradient=given).verdict] += 1
    assert words["wrong"] == 0
    assert words["right"] >= 11


def test_a_small_net_whose_gradient_is_a_little_off_is_wrong():
    _, f, args, (dW1, db1, dW2, db2) = small_net(np.random.default_rng(5))
    assert gw.check(f, *args, gradient=(dW1, db1, 1.001 * dW2, db2)).verdict == "wrong"
    assert gw.check(f, *args, gradient=(dW1, db1 + 0.01 * np.max(db1), dW2, db2)).verdict == "wrong"


@pytest.mark.parametrize("f", [lambda x: np.sqrt(x * x), lambda x: np.sqrt(x**2), lambda x: np.sqrt(np.sum(x * x))])
def test_the_root_of_a_square_has_a_corner_at_0(f):
    for gradient, good in ((0.0, True), (1.0, True), (1.5, False), (np.nan, False)):
        report = gw.check(f, 0.0, gradient=gradient)
        assert (report.verdict, bool(report)) == ("kink", good)
        (finding,) = report.parameters[0].findings
        assert (finding.left, finding.right) == pytest.approx((-1.0, 1.0), abs=1e-9)
        assert "should be" not in str(report)


# ------------------------------------------------------------------------------- edges, noise, chaos, tiny numbers


@pytest.mark.parametrize("d", [1e-3, 1e-6, 1e-9, 1e-11, 1e-12, 1e-13, 1e-15])
def test_next_to_the_edge_of_a_domain(d):
    edges = [(np.log, d), (np.sqrt, d), (lambda x: np.sqrt(1 - x), 1 - d), (lambda x: np.log1p(-x), 1 - d)]
    for f, at in [*edges, (np.arcsin, 1 - d), (np.arccos, 1 - d)]:
        assert gw.check(f, at).verdict != "wrong"


@pytest.mark.parametrize("n", range(3, 11))
def test_ill_conditioned_matrices(n):
    H = 1.0 / (np.arange(n)[:, None] + np.arange(n) + 1)
    for f in (lambda h: np.linalg.slogdet(h)[1], lambda h: np.sum(np.linalg.inv(h))):
        assert gw.check(f, H).verdict != "wrong"


@pytest.mark.parametrize("size", [1e-305, 1e-310, 1e-320])
def test_tiny_numbers(size):
    assert gw.check(lambda x: size * x, 3.0, gradient=size).verdict != "wrong"
    assert gw.check(lambda x: size * x, 3.0, gradient=0.0).verdict != "right"


@pytest.mark.parametrize("steps", [10, 30, 60, 90])
def test_chaos(steps):
    def chaos(x):
        for _ in range(steps):
            x = 3.9 * x * (1 - x)
        return x

    assert gw.check(chaos, 0.3).verdict != "wrong"


@pytest.mark.parametrize("rate", [1e6, 1e9, 1e12])
def test_waves_that_are_too_fast(rate):
    assert gw.check(lambda x: np.sin(rate * x), 1.0).verdict != "wrong"


# ------------------------------------------------------------------------------------------------------- short floats


@pytest.mark.parametrize("kind", [np.float32, np.float16])
def test_a_black_box_that_takes_short_floats_alone(kind):
    for seed in range(4):
        x = np.random.default_rng(seed).standard_normal(4).astype(kind)

        def f(x):
            if x.dtype != kind:
                raise TypeError("short floats only")
            return kind(np.sum(np.tanh(x)))

        right = (1 - np.tanh(x.astype(float)) ** 2).astype(kind)
        assert gw.check(f, x, gradient=right).verdict in ("right", "undecidable")
        assert gw.check(f, x, gradient=2 * right).verdict == "wrong"
        assert gw.check(f, x, gradient=-right).verdict == "wrong"


def test_a_net_with_float32_parameters_of_its_own():
    rng = np.random.default_rng(0)
    params = {"W": rng.standard_normal((4, 3)).astype(np.float32), "b": np.zeros(3, np.float32)}
    X = rng.standard_normal((5, 4)).astype(np.float32)

    def loss():
        h = np.tanh(X @ params["W"] + params["b"])
        d = (1 - h**2) * 2 * h
        return float(np.sum(h**2)), {"W": X.T @ d, "b": d.sum(axis=0)}

    before = {name: x.copy() for name, x in params.items()}
    assert gw.check(loss, parameters=params).verdict == "right"
    assert all(params[n].dtype == np.float32 and np.array_equal(params[n], before[n]) for n in params)


def test_parameters_that_a_function_has_from_elsewhere_stay_in_float32():
    W = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    report = gw.check(lambda: (float(np.sum(np.tanh(W))), {"W": 1 - np.tanh(W) ** 2}), parameters={"W": W})
    assert report.verdict != "wrong"
    assert "taken in float64" not in str(report)
