"""What a verdict rests on: every row of a Jacobian, every input, f's own digits, and no more runs than it takes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import gatewise as gw
from gatewise.testing import assert_gradients

A, v = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 2.0])


def product(x, y):
    return x * y


# ------------------------------------------------------------------------------------------------ outputs and Jacobians


@pytest.mark.parametrize(
    ("f", "jacobian"),
    [
        (lambda x: A @ x, lambda x: A),
        (lambda x: np.sin(x)[::-1], lambda x: np.diag(np.cos(x))[::-1]),
        (
            lambda x: np.outer(x, x),
            lambda x: np.einsum("ik,j->ijk", np.eye(2), x) + np.einsum("jk,i->ijk", np.eye(2), x),
        ),
    ],
)
def test_a_jacobian_with_its_rows_swapped_is_wrong(f, jacobian):
    assert gw.check(f, v, gradient=jacobian).verdict == "right"
    report = gw.check(f, v, gradient=lambda x: jacobian(x)[::-1])
    assert report.verdict == "wrong", report


def test_jacobians_and_sums_are_not_mixed():
    def f(x, b):
        return A @ x + b

    assert gw.check(f, v, v, gradient=(A, np.eye(2))).verdict == "right"
    assert gw.check(f, v, v, gradient=(A[::-1], np.eye(2))).verdict == "wrong"
    assert gw.check(f, v, v, gradient=(A.sum(axis=0), np.ones(2))).verdict == "right"
    with pytest.raises(gw.GatewiseError, match="the one of b is not"):
        gw.check(f, v, v, gradient=(A, np.ones(2)))


def test_an_array_with_its_gradient():
    report = gw.check(lambda x: (np.tanh(x), 1 - np.tanh(x) ** 2), v)
    assert report.verdict == "right", report
    assert "returns beside its value" in report.source
    assert gw.check(lambda x: (np.tanh(x), 1 - np.tanh(x)), v).verdict == "wrong"
    assert gw.check(lambda x: (A @ x, A), v).verdict == "right"
    assert gw.check(lambda x: (A @ x, A[::-1]), v).verdict == "wrong"
    assert gw.check(lambda x: (A @ x, {"x": A}), v).verdict == "right"
    assert gw.check(lambda x, y: (x * y, y, x), v, v + 1).verdict == "right"
    assert gw.check(lambda x, y: (x * y, [y, y]), v, v + 1).verdict == "wrong"


@pytest.mark.parametrize("f", [lambda x: (2 * x, np.ones(3)), lambda x: (2 * x, x.sum(), 3.0)])
def test_a_tuple_that_cannot_be_read_is_asked_about(f):
    with pytest.raises(gw.GatewiseError, match="returned a tuple"):
        gw.check(f, v)


def test_a_list_of_outputs_has_its_own_gradient():
    report = gw.check(lambda x: [x[0] * x[1], x[0] + x[1]], v)
    assert report.verdict == "right", report
    assert [f.given for f in report.parameters[0].findings] == [3.0, 2.0]


# -------------------------------------------------------------------------------- gradients that are missing


@pytest.mark.parametrize(
    ("given", "told"),
    [({"x": 4.0, "z": 3.0}, "'z' belongs to nothing"), ({"x": 4.0, "yy": 3.0}, "did you mean 'y'")],
)
def test_a_gradient_of_nothing_is_an_error(given, told):
    with pytest.raises(gw.GatewiseError, match=told):
        gw.check(product, 3.0, 4.0, gradient=given)


def test_a_name_in_the_wrong_case_is_an_error():
    def net(W, x):
        return np.sum(W @ x), {"W": np.outer(np.ones(2), x), "X": W.sum(axis=0)}

    with pytest.raises(gw.GatewiseError, match="did you mean 'x'"):
        gw.check(net, A, v)


def test_a_gradient_in_between_is_only_noted():
    report = gw.check(product, 3.0, 4.0, gradient={"x": 4.0, "y": 3.0, "q": 1.0})
    assert report
    assert "'q' belong to no input" in str(report)


@pytest.mark.parametrize("given", [(4.0,), {"x": 4.0}, lambda x, y: y])
def test_an_input_without_a_gradient_is_not_right(given):
    report = gw.check(product, 3.0, 4.0, gradient=given)
    assert str(report).startswith("right for x; y was not given.")
    assert not report
    assert report.to_dict()["not_given"] == ["y"]
    with pytest.raises(AssertionError, match="y was not given"):
        assert_gradients(product, 3.0, 4.0, gradient=given)


def test_an_input_that_is_passed_over_on_purpose():
    assert gw.check(product, 3.0, 4.0, gradient=(4.0, None))
    assert gw.check(product, 3.0, 4.0, gradient=(4.0,), leave_out="y")
    assert gw.check(product, 3.0, 4.0, gradient={"x": 4.0, "y": 3.0}, leave_out="y")


@pytest.mark.parametrize(("name", "told"), [("q", "given nothing of that name"), ("b", r"did you mean \"p\['b'\]\"")])
def test_a_name_to_leave_out_that_nothing_has(name, told):
    with pytest.raises(gw.GatewiseError, match=told):
        gw.check(lambda p: np.sum(p["W"] * p["b"]), {"W": v, "b": v}, leave_out=name)


# ------------------------------------------------------------------------------------------------------ how much is run


@pytest.mark.parametrize("size", [30, 3000])
def test_a_certain_error_is_not_looked_at_for_long(size):
    x = np.random.default_rng(0).standard_normal(size)
    right, wrong = (gw.check(lambda x: np.sum(x * x) / 2, x, gradient=factor * x) for factor in (1.0, 1.1))
    assert (right.verdict, wrong.verdict) == ("right", "wrong")
    assert wrong.evaluations < 600
    assert [f.verdict for f in wrong.parameters[0].findings].count("wrong") >= 5
    everything = gw.check(lambda x: np.sum(x * x) / 2, x[:30], gradient=1.1 * x[:30], effort="all")
    assert everything.parameters[0].entries == 30


def test_one_wrong_entry_among_right_ones_is_found():
    x = np.random.default_rng(0).standard_normal(30)
    given = x.copy()
    given[17] *= 1.5
    report = gw.check(lambda x: np.sum(x * x) / 2, x, gradient=given)
    assert [f.index for f in report.parameters[0].findings if f.verdict == "wrong"] == [(17,)]
    assert report.parameters[0].entries == 30


def test_the_noise_is_that_of_most_lines():
    W = np.linspace(-1, 1, 6)

    def f(W):  # a table of values straddles the jumps along the first entry alone
        return float(np.floor(1e7 * float(W[0])) * 1e-3 + sum(float(w) ** 2 for w in W))

    assert gw.check(f, W, gradient=2 * W).noise < 1e-9


# ------------------------------------------------------------------------------------------------------ what is printed


def test_the_error_of_a_right_gradient_does_not_contradict_it():
    report = gw.check(lambda x: np.sum(x**3), np.array([1e-9, 1e5]), gradient=np.array([0.01, 3e10]))
    assert report.verdict == "right"
    assert "of the largest entry; entries below" in str(report)
    assert "probably wrong" not in str(report)


def solved(k):
    """y' = -k y as a black box whose choice of steps changes at k = 1: by less than its tolerance."""
    return float(np.exp(-float(k))) * (1 + 1e-4 * abs(float(k) - 1.0))


def test_a_slight_corner_of_a_black_box_cannot_be_told():
    report = gw.check(solved, 1.0, gradient=-np.exp(-1.0))
    assert report.verdict == "undecidable", report
    assert "chooses its own steps" in str(report)
    assert not gw.check(solved, 1.0, gradient=-0.7)
    assert gw.check(solved, 1.0, gradient=-0.7).verdict == "kink"
    assert gw.check(lambda x: abs(float(x)), 0.0, gradient=0.2).verdict == "kink"


def test_a_gradient_function_that_changes_its_input():
    report = gw.check(lambda x: np.sum(x**2), v, gradient=lambda x: np.multiply(x, 2, out=x))
    assert report.verdict == "right", report
    assert "the gradient function changes its input x" in str(report)
    assert v.tolist() == [1.0, 2.0]


def test_a_function_that_returns_the_input_it_changed():
    def f(x):
        x *= 2
        out = np.sum(x**2)
        x *= 4
        return out, x

    report = gw.check(f, v)
    assert report.verdict == "right", report
    assert v.tolist() == [1.0, 2.0]


def test_a_backward_function_that_changes_its_cache():
    def backward(dout, cache):
        cache *= 2
        return dout * cache

    report = gw.check(lambda x: (x**2, x), v, backward=backward)
    assert report.verdict == "right", report
    assert "the backward function changes its input x" in str(report)


def test_a_counter_is_not_called_random():
    calls = []

    def f(x):
        calls.append(x)
        return x * x + 1e-3 * len(calls)

    assert "keeps something between calls" in str(gw.check(f, 3.0, gradient=6.0))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (np.array([]), "empty"),
        (1 + 2j, "complex"),
        (np.array([1j]), "complex"),
        (Fraction(1, 2), "Fraction"),
        (np.array([1.0], dtype=object), "Python objects"),
        (np.array([1, 2]), "whole numbers"),
        ("word", "str"),
    ],
)
def test_an_input_that_cannot_be_checked_is_named(given, told):
    with pytest.raises(gw.GatewiseError, match=f"x (is|holds).*{told}"):
        gw.check(lambda x: x, given)


def test_calls_that_cannot_be_checked_say_why():
    with pytest.raises(gw.GatewiseError, match="given nothing"):
        gw.check(lambda: 3.0)
    with pytest.raises(gw.GatewiseError, match="left out: x"):
        gw.check(lambda x: x, 3.0, leave_out="x")
    with pytest.raises(gw.GatewiseError, match="first argument is a float"):
        gw.check(3.0, 3.0)
    with pytest.raises(gw.GatewiseError, match="is a Tensor"):
        gw.check(lambda x: x * x, gw.tensor(3.0))
    with pytest.raises(gw.GatewiseError, match="cannot be called with the inputs"):
        gw.check(lambda x: x * x, 3.0, gradient=lambda: 1)


def test_an_error_of_the_gradient_function_s_own_is_kept():
    def gradient(x):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        gw.check(lambda x: x * x, 3.0, gradient=gradient)


def test_one_entry_of_each_parameter_is_shown_beside_a_line_that_is_named():
    def f(x):
        h = np.tanh(x)
        out = np.sum(h)
        dh = np.ones_like(x)
        dx = dh * (1 + h**2)
        return out, dx

    report = gw.check(f, np.linspace(-1, 1, 5))
    assert [m.variable for m in report.mistakes] == ["dx"]
    assert str(report).count("should be") == 2
    assert "and 3 more" in str(report)


def test_a_wrong_shape_counts_no_entries():
    report = gw.check(lambda x: np.sum(x * x), v, gradient=np.ones(3))
    assert report.verdict == "wrong"
    assert "Checked: the gradient that was given; f ran" in str(report)
