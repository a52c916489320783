"""isinstance, np.isscalar and what NumPy's own functions ask answer for a Tensor as for its value."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import MethodError
from gatewise._tensor import Tensor

VALUES = {
    "float": 3.0,
    "float64": np.float64(3.0),
    "float32": np.float32(3.0),
    "array": np.array([1.0, 2.0]),
    "matrix": np.ones((2, 2), np.float32),
    "single": np.array(2.0),
}
KINDS = [
    float, int, bool, complex, str, list, tuple, dict, np.ndarray, np.generic, np.floating, np.float64, np.float32,
    np.integer, numbers.Number, numbers.Real, numbers.Integral, float | int, (np.ndarray, list),
]  # fmt: skip


def asked(x: Any) -> list[Any]:
    return [isinstance(x, kind) for kind in KINDS] + [np.isscalar(x), np.ndim(x), np.shape(x), np.size(x)]


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_tensor_answers_as_its_value_does(value):
    want = asked(value)
    found = []

    def f(x):
        assert type(x) is Tensor
        found.append(asked(x))
        found.append(asked(x * 2.0) if type(value * 2.0) is type(value) else want)
        found.append(asked(x > 0) == asked(value > 0))
        return np.sum(x * x)

    gw.grad(f)(value)
    gw.circuit(f, value)
    assert found == [want, want, True] * 2
    assert asked(gw.tensor(value)) == want
    assert isinstance(gw.tensor(value), Tensor)


def test_whole_numbers_are_ints_where_they_were_given_as_ints():
    def f(x, n, rate):
        assert isinstance(n, int)
        assert not isinstance(n, float)
        assert isinstance(rate, float)
        return x**n if isinstance(n, int) and n > 0 else x * rate

    assert gw.grad(f)(3.0, 2, 0.5) == 6.0
    assert gw.grad(f, 2)(3.0, 2, 0.5) == 0.0
    assert gw.circuit(f, 3.0, 2, 0.5).value == 9.0


def test_branches_are_those_of_plain_code():
    def gain(z):  # a filter's update, written for a number or a vector of measurements
        return z * 0.5 if np.isscalar(z) else np.sum(z) * 0.25

    assert gw.value_and_grad(gain)(2.0) == (1.0, 0.5)
    value, gradient = gw.value_and_grad(gain)(np.array([2.0, 4.0]))
    assert (value, gradient.tolist()) == (1.5, [0.25, 0.25])

    def listed(x):
        return np.sum(x**2) if isinstance(x, (list, tuple, np.ndarray)) else x * 5

    assert gw.grad(listed)(3.0) == 5.0
    assert gw.grad(listed)(np.array([3.0])).tolist() == [6.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.polynomial.polynomial.polyvalfromroots(x, [1.0, 2.0, 6.0]),
        lambda x: np.polynomial.polynomial.polyval(x, [1.0, 2.0, 3.0]),
        lambda x: np.polynomial.chebyshev.chebval(x, [1.0, 0.5]),
        lambda x: np.trapezoid(x),
        lambda x: np.vander(x),
        lambda x: np.polyval([1.0, 2.0, 3.0], x),
        lambda x: np.atleast_2d(x),
        lambda x: np.cov(x),
    ],
)
def test_numpys_own_functions_give_their_value_or_a_clear_error(f):
    x = np.array([3.0, 4.0, 5.0])
    try:
        value, gradient = gw.value_and_grad(lambda x: np.sum(f(x)))(x)
    except gw.GatewiseError:
        return
    assert value == pytest.approx(np.sum(f(x)))
    steps = np.eye(3) * 1e-6
    slopes = [(np.sum(f(x + h)) - np.sum(f(x - h))) / 2e-6 for h in steps]
    assert gradient == pytest.approx(slopes, rel=1e-5)


@pytest.mark.parametrize("name", ["as_integer_ratio", "is_integer", "hex", "ctypes", "strides"])
def test_a_method_that_the_value_has_is_a_refusal_not_a_missing_name(name):
    with pytest.raises(MethodError, match=name):
        gw.grad(lambda x: x * 2.0 if not hasattr(x, name) else x * 3.0)(3.0 if hasattr(float, name) else np.ones(()))


def windows(x, frame=4, hop=2):
    n = 1 + (len(x) - frame) // hop
    return np.sum(np.stack([x[i * hop : i * hop + frame] for i in range(n)]) ** 2)


def test_what_whole_numbers_give_together_counts_in_a_circuit_as_in_plain_code():
    x = np.arange(8.0)
    c = gw.circuit(windows, x)
    assert c.value == windows(x)
    np.testing.assert_array_equal(c.gradients["x"], gw.grad(windows)(x))


@pytest.mark.parametrize("n", [3, 3.0])
def test_a_division_gives_no_whole_number(n):
    with pytest.raises(gw.GatewiseError):
        gw.circuit(lambda x, n: np.sum(x[: n / 1]), np.arange(8.0), n)


def test_whole_numbers_in_a_list_pick_entries_in_everything_that_is_shown(tmp_path):
    def picked(B, obs):
        return sum(np.sum(B[:, o] ** 2) for o in obs)

    c = gw.circuit(picked, np.arange(6.0).reshape(2, 3), [0, 2, 1, 2])
    assert c.value == picked(np.arange(6.0).reshape(2, 3), [0, 2, 1, 2])
    c.save(tmp_path / "picked.svg")
    c.save(tmp_path / "picked.html")


def test_numbers_are_keys_by_their_values():
    """Groups by the labels of an array that was given: each entry of it is another Tensor."""

    def grouped(pred, obs, site):
        found = {}
        for p, o, s in zip(pred, obs, site, strict=True):
            found.setdefault(s, []).append((p - o) ** 2)
        return sum(np.sqrt(np.mean(v)) for v in found.values()) + len({*site}) + (2 in found)

    pred, obs, site = np.array([0.5, 1.0, -0.3, 2.0]), np.array([0.1, 0.4, 0.2, 1.5]), np.array([1, 2, 1, 2])
    value, slope = gw.value_and_grad(grouped)(pred, obs, site)
    assert value == grouped(pred, obs, site)
    steps = 1e-6 * np.eye(4)
    want = [(grouped(pred + e, obs, site) - grouped(pred - e, obs, site)) / 2e-6 for e in steps]
    np.testing.assert_allclose(slope, want, rtol=1e-7)
    assert gw.circuit(grouped, pred, obs, site).value == value
    assert gw.circuit(grouped, pred, obs, [1, 2, 1, 2]).value == value


def test_a_memory_of_numbers_finds_them_again():
    def fibonacci(x, n, known):
        if (x, n) not in known:
            known[x, n] = x if n < 2 else fibonacci(x, n - 1, known) + fibonacci(x, n - 2, known) * x
        return known[x, n]

    assert gw.grad(lambda x: fibonacci(x, 20, {}))(1.1) == pytest.approx(
        (fibonacci(1.1 + 1e-6, 20, {}) - fibonacci(1.1 - 1e-6, 20, {})) / 2e-6, rel=1e-6
    )


def test_what_is_learned_is_itself_as_a_key():
    w, b = gw.tensor(0.5), gw.tensor(0.5)
    state = {w: "w", b: "b"}
    assert (state[w], state[b]) == ("w", "b")
