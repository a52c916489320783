"""Next to a minimum the slope drowns in the digits of f: a wrong 0 is never right, and what is truly 0 stays right."""

from __future__ import annotations

import math

import numpy as np
import pytest

import gatewise as gw
from gatewise._check.probing import as_judgement

A = 1.3
SMALL = [m * 10.0**e for e in range(-15, -9) for m in (1.0, 5.25)]

#: A function with a minimum, its slope, and where that minimum lies.
MINIMA = {
    "exp(x) - 1 - x": (lambda x: np.exp(x) - 1 - x, np.expm1, 0.0),
    "1 - cos(x)": (lambda x: 1 - np.cos(x), np.sin, 0.0),
    "cos(x)": (np.cos, lambda x: -np.sin(x), 0.0),
    "log1p(x) - x": (lambda x: np.log1p(x) - x, lambda x: -x / (1 + x), 0.0),
    "log(1 + x) - x": (lambda x: np.log(1 + x) - x, lambda x: -x / (1 + x), 0.0),
    "sqrt(1 + x*x) - 1": (lambda x: np.sqrt(1 + x * x) - 1, lambda x: x / np.sqrt(1 + x * x), 0.0),
    "1 + x*x": (lambda x: 1 + x * x, lambda x: 2 * x, 0.0),
    "7 + x**4": (lambda x: x**4 + 7, lambda x: 4 * x**3, 0.0),
    "x**2": (lambda x: x**2, lambda x: 2 * x, 0.0),
    "(x - a)**2": (lambda x: (x - A) ** 2, lambda x: 2 * (x - A), A),
    "1 + (x - a)**2": (lambda x: (x - A) ** 2 + 1, lambda x: 2 * (x - A), A),
}


def hidden(f):
    """The same function of one number, as nobody can record it."""
    return lambda x: float(f(float(x)))


def hidden_sum(f):
    return lambda x: float(np.sum(f(np.array(x.tolist()))))


def told(f, x, gradient):
    with np.errstate(all="ignore"):
        return gw.check(f, x, gradient=gradient)


@pytest.mark.parametrize("name", MINIMA)
@pytest.mark.parametrize("hide", [lambda f: f, hidden], ids=["recorded", "hidden"])
def test_a_slope_next_to_a_minimum_is_not_taken_for_0(name, hide):
    f, slope, at = MINIMA[name]
    for x in (at + small for small in SMALL):
        true = float(slope(x))
        if true == 0:
            continue
        for wrong in (0.0, -true, 2 * true):
            report = told(hide(f), x, wrong)
            assert report.verdict in ("wrong", "undecidable"), (x, wrong)
            assert not report
        assert told(hide(f), x, true).verdict in ("right", "undecidable"), x


@pytest.mark.parametrize("name", MINIMA)
@pytest.mark.parametrize("hide", [lambda f: lambda x: np.sum(f(x)), hidden_sum], ids=["recorded", "hidden"])
def test_an_array_next_to_a_minimum(name, hide):
    f, slope, at = MINIMA[name]
    for small in SMALL[::2]:
        x = at + small * np.array([1.0, 1.1, 0.9])
        true = slope(x)
        for wrong in (0 * true, true * [0, 1, 1], -true):
            if np.any(wrong != true):
                assert told(hide(f), x, wrong).verdict in ("wrong", "undecidable"), (x, wrong)
        assert told(hide(f), x, true).verdict in ("right", "undecidable"), x


@pytest.mark.parametrize("hide", [lambda f: f, lambda f: lambda x: float(f(np.array(x.tolist())))])
@pytest.mark.parametrize("small", [1e-14, 1e-12, 1e-10])
def test_one_entry_next_to_its_minimum_among_others(hide, small):
    """Its slope is nothing beside those of the others: a 0 is no error that counts."""
    x = np.array([0.7, small, -0.4])

    def f(x):
        return np.sum(np.exp(x) - 1 - x)

    assert gw.check(hide(f), x, gradient=np.expm1(x)).verdict == "right"
    assert gw.check(hide(f), x, gradient=np.expm1(x) * [1, 0, 1]).verdict == "right"
    assert gw.check(hide(f), x, gradient=np.expm1(x) * [0, 1, 1]).verdict == "wrong"
    assert gw.check(hide(f), x, gradient=np.expm1(x) + np.array([0, 1e-3, 0])).verdict == "wrong"


@pytest.mark.parametrize("hide", [lambda f: f, hidden], ids=["recorded", "hidden"])
@pytest.mark.parametrize(
    ("f", "at"),
    [
        (lambda x: x**2, 0.0),
        (np.cos, 0.0),
        (lambda x: 1 - np.cos(x), 0.0),
        (lambda x: np.sqrt(1 + x * x) - 1, 0.0),
        (lambda x: (x - A) ** 2, A),
        (lambda x: (x - A) ** 2 + 1, A),
        (lambda x: x**4 + 7, 0.0),
        (lambda x: 3.0 + 0 * x, 0.3),
    ],
)
def test_a_right_0(f, at, hide):
    assert gw.check(hide(f), at, gradient=0.0).verdict == "right"
    assert gw.check(hide(f), at, gradient=1e-3).verdict == "wrong"


def test_gatewises_own_0_of_what_is_not_even_about_its_minimum():
    for f in (lambda x: np.exp(x) - 1 - x, lambda x: np.log1p(x) - x):
        assert gw.check(f, 0.0).verdict == "right"
        assert gw.check(f, 1e-13, gradient=0.0).verdict != "right"


# -------------------------------------------------------------------------------------------------- what is truly 0


@pytest.mark.parametrize("size", [1e-14, 1e-9, 1e-4, 1.0, 1e5])
def test_what_stands_still_up_to_a_corner_has_slope_0(size):
    v = size * np.array([1.0, -2.0, 3.0])

    def units(x):
        h = x.copy()
        h[h < 0] = 0
        return float((h**2).sum())

    assert gw.check(units, v, gradient=2 * v * (v > 0)).verdict == "right"
    hinges = [
        lambda x: np.sum(np.maximum(0, x - 4 * size)),
        lambda x: float(sum(max(0.0, float(t) - 4 * size) for t in x)),
        lambda x: float(sum(max(0.0, float(t) - 4 * size) ** 2 for t in x)),
        lambda x: 2 * size + float(sum(max(0.0, float(t) - 4 * size) for t in x)),
        lambda x: 3.0,
    ]
    for f in hinges:
        assert gw.check(f, v, gradient=np.zeros(3)).verdict == "right"
        assert gw.check(f, v, gradient=np.full(3, 0.1)).verdict == "wrong"


@pytest.mark.parametrize("made", [0.0, 1e-17])
@pytest.mark.parametrize("hide", [lambda f: f, hidden_sum])
def test_a_bias_that_a_norm_takes_away(made, hide):
    x, t = np.random.default_rng(3).standard_normal((2, 6, 2))

    def f(b):
        z = x + b
        z = z - np.mean(z, axis=0)
        return np.sum(t * z / np.sqrt(np.mean(z**2, axis=0) + 1e-5))

    for b in (np.zeros(2), np.array([0.3, -0.7]), np.array([1e-6, 2e-6])):
        assert gw.check(hide(f), b, gradient=np.full(2, made)).verdict == "right"
        assert gw.check(hide(f), b, gradient=np.full(2, 1e-3)).verdict == "wrong"


def test_what_is_said_of_a_slope_that_drowns():
    report = gw.check(lambda x: float(x) ** 4 + 7, 1e-13, gradient=0.0)
    assert report.verdict == "undecidable"
    assert "too small for the digits of f" in str(report)
    assert math.isfinite(report.parameters[0].findings[0].bar)


@pytest.mark.parametrize("size", [1e-300, 1e-310, 1e-320])
def test_where_the_entries_are_the_smallest_numbers_there_are(size):
    x = size * np.array([1.0, 2.0, 3.0])
    for f, true in (
        (lambda x: np.sum(x * x), 2 * x),
        (lambda x: 1 + np.sum(x * x), 2 * x),
        (lambda x: 7.0, 0 * x),
        (lambda x: float(sum(x.tolist())), np.ones(3)),
    ):
        assert told(f, x, true).verdict != "wrong"


def test_the_complex_step_does_not_excuse_a_small_entry_that_is_wrong():
    judged = [as_judgement((1.0, 1e-9), given, 5.0, 1e-6) for given in (1.0, 0.0, 1.01)]
    assert [j.word if j else "" for j in judged] == ["right", "", ""]
