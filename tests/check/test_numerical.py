"""Derivatives by differences: the value lies within the bar, and the bar is small where it can be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gatewise._numerical import Direction, complex_slope, derivative, noise_of, slope

CURVES = [
    (math.sin, math.cos, 0.7),
    (math.exp, math.exp, -2.0),
    (math.log, lambda x: 1 / x, 1e-7),
    (lambda x: x**3 - x, lambda x: 3 * x**2 - 1, 1e5),
    (math.sin, math.cos, 1e6),
    (lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2, 3.0),
    (lambda x: math.sin(1e4 * x), lambda x: 1e4 * math.cos(1e4 * x), 1.0),
    (math.sqrt, lambda x: 0.5 / math.sqrt(x), 1e-9),
]


@pytest.mark.parametrize(("f", "true", "x"), CURVES)
def test_the_value_lies_within_its_bar(f, true, x):
    def safe(x):
        try:
            return f(x)
        except ValueError:
            return math.nan

    value, bar = derivative(safe, x)
    assert abs(value - true(x)) <= bar
    assert bar < 1e-6 * abs(true(x))


def test_a_function_that_is_finite_nowhere_near_has_no_derivative():
    value, bar = derivative(lambda x: math.nan, 1.0)
    assert math.isnan(value)
    assert bar == math.inf


def test_an_edge_of_the_domain_is_seen_from_inside():
    found = slope(line_of(lambda x: x * x + x if x >= 1 else math.nan, 1.0))
    assert found.sided == "right"
    assert abs(found.value - 3.0) <= found.bar < 1e-5


def test_a_kink_has_two_slopes():
    found = slope(line_of(lambda x: max(2 * x, -x), 0.0))
    assert found.kink
    assert (found.left, found.right) == pytest.approx((-1.0, 2.0))


@pytest.mark.parametrize("f", [lambda x: abs(x) ** 3, lambda x: x * abs(x), lambda x: x**2 if x > 0 else x**3])
def test_a_curve_that_changes_its_rule_smoothly_has_no_kink(f):
    assert not slope(line_of(f, 0.0)).kink


def test_a_kink_beside_the_point_is_not_at_it():
    found = slope(line_of(lambda x: max(x, 0.0), 1e-7))
    assert not found.kink
    assert abs(found.value - 1.0) <= found.bar < 1e-6


@pytest.mark.parametrize("digits", [np.float32, np.float16])
def test_the_noise_of_short_floats_is_seen_from_outside(digits):
    noise = noise_of(lambda t: float(digits(math.sin(1 + t))), 1e-10)
    unit = float(np.finfo(digits).eps) * math.sin(1)
    assert 0.3 * unit < noise < 30 * unit


def test_smooth_values_have_no_noise_to_speak_of():
    noise = noise_of(lambda t: math.sin(1 + t), 1e-9)
    assert math.isnan(noise) or noise < 1e-14


def test_the_complex_step_loses_nothing_to_cancellation():
    value, bar = complex_slope(lambda t: (1.5 + t) * 1e-9 + 1e9 - 1e9, 1.0)
    assert abs(value - 1e-9) <= bar < 1e-20


def test_a_function_without_complex_numbers_has_no_complex_step():
    assert complex_slope(lambda t: math.sin(t), 1.0) is None


def test_noise_that_is_known_widens_the_bar():
    quiet, loud = (slope(line_of(math.sin, 1.0, noise)).bar for noise in (1e-16, 1e-6))
    assert quiet < 1e-10 < 1e-6 < loud


def line_of(f, x, noise=None):
    return Direction(
        lambda t: f(x + t), place=lambda t: x + t, scale=max(abs(x), 1.0), least=abs(x) or 1.0, noise=noise
    )
