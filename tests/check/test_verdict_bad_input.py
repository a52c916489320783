"""What goes wrong is recognised and said, and nothing is left changed."""

from __future__ import annotations

import random
import sys
import time

import numpy as np
import pytest

import gatewise as gw


def test_a_function_that_changes_its_input():
    def f(x):
        x *= 2
        return float(np.sum(x))

    x = np.array([1.0, 2.0])
    report = gw.check(f, x, gradient=np.array([2.0, 2.0]))
    assert report.verdict == "right", report
    assert "f changes its input x" in str(report)
    assert x.tolist() == [1.0, 2.0]


def test_a_function_that_changes_its_data():
    params, X = {"w": np.array([1.0, 2.0])}, np.array([[1.0, 3.0], [2.0, 5.0]])

    def f(X):
        X -= X.mean(axis=0)
        X += 1
        return np.sum(X @ params["w"]), {"w": X.sum(axis=0)}

    report = gw.check(f, X, parameters=params)
    assert report.verdict == "right", report
    assert "f changes its input X" in str(report)
    assert X.tolist() == [[1.0, 3.0], [2.0, 5.0]]


def test_a_random_function_without_a_seed():
    def f(x):
        return x * np.random.rand()

    before = np.random.get_state()[1].copy()
    report = gw.check(f, 2.0, gradient=0.5)
    assert report.verdict == "undecidable"
    assert "different values for the same inputs" in str(report)
    assert "rng=" in str(report)
    assert np.array_equal(np.random.get_state()[1], before)


def test_a_random_function_with_a_seed():
    np.random.seed(5)
    at_first = np.random.rand()
    state, plain = np.random.get_state()[1].copy(), random.getstate()
    assert gw.check(lambda x: x * np.random.rand(), 2.0, gradient=at_first, rng=5).verdict == "right"
    assert gw.check(lambda x: x * np.random.rand(), 2.0, gradient=at_first / 2, rng=5).verdict == "wrong"
    assert np.array_equal(np.random.get_state()[1], state)
    assert random.getstate() == plain


def test_a_random_function_with_its_own_generator():
    draws = np.random.default_rng(0)
    before = draws.bit_generator.state
    mask = np.random.default_rng(0).random(4) < 0.5

    def f(x):
        return np.sum(x * (draws.random(4) < 0.5))

    assert gw.check(f, np.ones(4), gradient=1.0 * mask, rng=draws).verdict == "right"
    assert gw.check(f, np.ones(4), gradient=1.0 * ~mask, rng=draws).verdict == "wrong"
    assert draws.bit_generator.state == before


def test_a_seed_that_is_none():
    with pytest.raises(gw.GatewiseError, match="rng is a str"):
        gw.check(np.sin, 1.0, rng="today")


def test_other_shapes_nearby():
    def f(x):
        return x[x > 0.5]

    x = np.array([0.2, 0.5 + 1e-9, 0.9])
    report = gw.check(f, x, gradient=np.array([0.0, 1.0, 1.0]))
    assert report.verdict in ("right", "undecidable", "kink")
    assert "an output of shape" in str(report)


def test_leaving_the_domain_steps_stay_inside():
    import math

    def f(x):
        return math.sqrt(float(x))

    assert gw.check(f, 1e-6, gradient=0.5 / 1e-3).verdict == "right"
    report = gw.check(f, 1e-6, gradient=0.4 / 1e-3)
    assert report.verdict == "wrong", report
    assert "f gave no number (ValueError" in str(report)


def test_the_edge_of_the_domain():
    import math

    def f(x):
        return math.sqrt(float(x)) ** 3

    assert gw.check(f, 0.0, gradient=0.0).verdict in ("right", "undecidable")
    assert gw.check(f, 0.0, gradient=1.0).verdict == "wrong"


def test_a_function_that_raises_at_the_point_itself_raises():
    def f(x):
        raise ZeroDivisionError("as it would without gatewise")

    with pytest.raises(ZeroDivisionError, match="as it would"):
        gw.check(f, 1.0, gradient=0.0)


def test_arrays_are_put_back_after_an_exception():
    class Stop(BaseException):
        pass

    calls = []
    params = {"w": np.array([1.0, 2.0, 3.0])}

    def f():
        calls.append(1)
        if len(calls) == 9:
            raise Stop
        return float(np.sum(params["w"] ** 2)), {"w": 3 * params["w"]}

    with pytest.raises(Stop):
        gw.check(f, parameters=params)
    assert params["w"].tolist() == [1.0, 2.0, 3.0]


def test_whole_numbers_do_not_move():
    report = gw.check(lambda x: int(float(x)), 2.5, gradient=0.7)
    assert report.verdict != "right"
    assert "whole numbers" in str(report)


def test_integer_arrays_are_data():
    report = gw.check(lambda x, y: np.sum(x[y]), np.arange(4.0), np.array([0, 2]))
    assert [p.name for p in report.parameters] == ["x"]
    with pytest.raises(gw.GatewiseError, match="nothing that"):
        gw.check(lambda y: np.sum(y), np.array([1, 2]))


def test_float32_says_how_good_it_is():
    """Differences are taken in float64; where f rounds to float32 itself, that is its noise."""
    x = np.float32([0.3, 1.1])
    report = gw.check(lambda x: np.sum(np.sin(x)), x, gradient=np.cos)
    assert report.verdict == "right", report
    assert report.noise < 1e-14
    assert "taken in float64" in str(report)
    inside = gw.check(lambda x: np.sum(np.sin(x.astype(np.float32))), x, gradient=np.cos)
    assert inside.verdict in ("right", "undecidable")
    assert 1e-8 < inside.noise < 1e-5
    assert "only good to" in str(inside)
    assert gw.check(lambda x: np.sum(np.sin(x)), x, gradient=lambda x: 0.5 * np.cos(x)).verdict == "wrong"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite(value):
    report = gw.check(lambda x: x * value, 1.0, gradient=value)
    assert report.verdict == "undecidable"


def test_a_gradient_that_is_not_finite_is_wrong():
    assert gw.check(np.sin, 1.0, gradient=np.nan).verdict == "wrong"


def test_a_gradient_that_fits_nothing():
    with pytest.raises(gw.GatewiseError, match="belongs to nothing"):
        gw.check(np.sin, 1.0, gradient={"weights": 1.0})
    with pytest.raises(gw.GatewiseError, match="3 gradients were given"):
        gw.check(lambda x: x, 1.0, gradient=(1.0, 2.0, 3.0))
    with pytest.raises(gw.GatewiseError, match="made of real numbers"):
        gw.check(np.sin, 1.0, gradient="cos")


def test_outputs_that_have_no_gradient():
    for out in ("word", None, {"a": 1.0}):
        with pytest.raises(gw.GatewiseError, match="returned a"):
            gw.check(lambda x, out=out: out, 1.0, gradient=1.0)
    with pytest.raises(gw.GatewiseError, match="complex"):
        gw.check(lambda x: x * 1j, 1.0, gradient=1.0)


def test_an_effort_that_is_none():
    with pytest.raises(gw.GatewiseError, match="no effort 'much'"):
        gw.check(np.sin, 1.0, effort="much")


def test_many_parameters_are_sampled_and_all_on_demand():
    w = np.random.default_rng(0).standard_normal(300)

    def f(w):
        return np.sum(w**2)

    report = gw.check(f, w, gradient=2 * w)
    assert report.verdict == "right"
    assert report.sampled == "3 random directions and 40 of 300 entries"
    wrong = 2 * w
    wrong[137] *= 1.01
    assert gw.check(f, w, gradient=wrong, effort="all").verdict == "wrong"
    wrong[137] *= 10
    assert gw.check(f, w, gradient=wrong, effort="quick").verdict == "wrong"


def test_the_word_proof_is_never_used():
    for gradient in (np.cos, np.sin):
        assert "proof" not in str(gw.check(np.sin, 0.7, gradient=gradient)).lower()


def test_a_kink_shows_its_line_and_both_slopes():
    def hinge(x):
        margin = 1 - x
        return np.maximum(margin, 0)

    report = gw.check(hinge, 1.0, gradient=-0.5)
    assert report.verdict == "kink"
    assert report
    finding = report.parameters[0].findings[0]
    assert (finding.left, finding.right) == pytest.approx((-1.0, 0.0), abs=1e-9)
    assert "np.maximum(margin, 0)" in finding.text
    assert not gw.check(hinge, 1.0, gradient=0.5)


def test_two_million_parameters_take_seconds(counted):
    """At the default effort. The limit is loose: other tests run at the same time."""
    draws = np.random.default_rng(0)
    W1, W2 = 0.03 * draws.standard_normal((500, 4000)), 0.03 * draws.standard_normal((4000, 10))
    X, y = draws.standard_normal((8, 500)), draws.integers(10, size=8)

    def loss(W1, W2):
        scores = np.tanh(X @ W1) @ W2
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - shifted[np.arange(8), y])

    started = time.monotonic()
    report = gw.check(loss, W1, W2)
    seconds = time.monotonic() - started
    assert report.verdict == "right", report
    assert seconds < 60
    counted("a net of 2 million parameters", seconds=round(seconds), evaluations=report.evaluations)


def test_progress_shows_on_a_terminal_after_a_while(monkeypatch, capsys):
    from gatewise._check import sampling

    monkeypatch.setattr(sampling, "PATIENCE", -1.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    gw.check(lambda x: np.sum(x * x), np.arange(1.0, 5.0))
    assert "of 4" in capsys.readouterr().err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    gw.check(lambda x: np.sum(x * x), np.arange(1.0, 5.0))
    assert capsys.readouterr().err == ""
