"""Complex numbers in what is shown: their values, and as gradients the directions of steepest rise."""

from __future__ import annotations

import json

import numpy as np
import pytest

import gatewise as gw
from gatewise._views.numbers import number


def power(x, k):
    z = np.exp(1j * k * x)
    w = z * (2 + 1j)
    return np.sum(np.abs(w + x) ** 2)


X = np.array([0.5, 1.0])


@pytest.fixture(scope="module")
def circuit():
    return gw.circuit(power, X, 2.0)


def test_the_gradient_shown_is_the_one_that_grad_gives(circuit):
    wire = next(w for w in json.loads(circuit.to_json())["wires"] if w["name"] == "z")
    z = np.exp(2j * X)
    np.testing.assert_array_equal(np.array(wire["value"], complex), z)
    direction = gw.grad(lambda z: np.sum(np.abs(z * (2 + 1j) + X) ** 2))(z)
    np.testing.assert_allclose(np.array(wire["gradient"], complex), direction, rtol=1e-14)
    moved = lambda d: power_of(z + 1e-6 * d) - power_of(z - 1e-6 * d)  # noqa: E731
    slope = moved(direction) / 2e-6
    assert slope == pytest.approx(np.sum(np.abs(direction) ** 2), rel=1e-8)


def power_of(z):
    return np.sum(np.abs(z * (2 + 1j) + X) ** 2)


def test_tables_and_cards_write_both_parts_and_say_how_they_are_meant(circuit):
    note = "a complex gradient is shown as the direction in which power rises fastest: the conjugate of what the code"
    assert "[0.5403+0.8415j, -0.4161+0.9093j]" in str(circuit)
    assert note in str(circuit)
    assert note in circuit.card("w")
    assert "scales by 0" not in str(circuit)
    assert "complex gradient" not in str(gw.circuit(lambda x: np.sum(x * x), X))


@pytest.mark.parametrize("ending", ["svg", "tex", "dot", "html", "json"])
def test_every_form_of_file_takes_them(circuit, ending, tmp_path):
    path = tmp_path / f"power.{ending}"
    circuit.save(path)
    assert path.stat().st_size > 1000


def test_a_derivation_is_one_of_real_numbers(circuit):
    with pytest.raises(gw.GatewiseError, match="is complex"):
        circuit.derive()


@pytest.mark.parametrize(
    ("word", "text"),
    [("1j", "0+1j"), ("-0.5-2j", "-0.5-2j"), ("1e-20+nanj", "1e-20+NaN!j"), ("0.123456-0j", "0.1235-0j")],
)
def test_numbers(word, text):
    assert number(word) == text
