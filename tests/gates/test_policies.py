"""The published policies: what gates pass at kinks, ties and the edges of the number range. One row, one test."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw

HUGE, SMALL, BIG = 1e300, 1e-300, 1000.0


def gradient(f: Callable[..., Any], *xs: Any) -> Any:
    """The gradient of the sum of all outputs, for one input or as a tuple for several."""
    with np.errstate(all="ignore"):
        found = gw.grad(lambda *given: np.sum(f(*given)), range(len(xs)))(*xs)
    return found[0] if len(xs) == 1 else found


def agree(have: Any, want: Any, limit: float = 1e-12) -> None:
    np.testing.assert_allclose(have, want, rtol=limit, atol=0)


# ---------------------------------------------------------------------------------- kinks: the same in every spelling

RELUS = {
    "maximum(x, 0)": lambda x: np.maximum(x, 0),
    "maximum(0, x)": lambda x: np.maximum(0, x),
    "maximum(0.0, x)": lambda x: np.maximum(0.0, x),
    "maximum(x, zeros)": lambda x: np.maximum(x, np.zeros(np.shape(x))),
    "clip(x, 0, inf)": lambda x: np.clip(x, 0, np.inf),
    "clip(x, 0, None)": lambda x: np.clip(x, 0, None),
    "relu(x)": gw.relu,
    "where(x > 0, x, 0)": lambda x: np.where(x > 0, x, 0),
    "-minimum(-x, 0)": lambda x: -np.minimum(-x, 0),
}


@pytest.mark.parametrize("spelling", RELUS)
@pytest.mark.parametrize("x", [np.array([-2.0, 0.0, 3.0]), np.array([-2.0, 0.0, 3.0], np.float32), 0.0])
def test_spellings_of_relu_agree(spelling: str, x: Any) -> None:
    found = gradient(RELUS[spelling], x)
    assert np.array_equal(found, np.asarray(x) > 0)
    assert np.asarray(found).dtype == np.asarray(x).dtype


KINKS: dict[str, tuple[Callable[..., Any], Any]] = {
    "abs at 0": (np.abs, 0.0),
    "abs at -0.0": (np.abs, -0.0),
    "abs of an array at 0": (np.abs, np.zeros(3)),
    "Python's abs at 0": (abs, 0.0),
    "relu at 0": (gw.relu, 0.0),
    "hypot at the origin": (lambda x: np.hypot(x, x), 0.0),
    "hypot of a wire and 0": (lambda x: np.hypot(x, 0.0), 0.0),
    "std of equal numbers": (np.std, np.full(3, 2.0)),
    "std of one number": (np.std, np.ones(1)),
    "var of equal numbers": (np.var, np.full(3, 2.0)),
    "maximum at a tie with a constant": (lambda x: np.maximum(x, 1.0), 1.0),
    "minimum at a tie with a constant": (lambda x: np.minimum(x, 1.0), 1.0),
    "clip at its lower bound": (lambda x: np.clip(x, 0.0, 1.0), 0.0),
    "clip at its upper bound": (lambda x: np.clip(x, 0.0, 1.0), 1.0),
    "sign at 0": (np.sign, 0.0),
    "x ** 0 at 0": (lambda x: x**0, 0.0),
    "x ** 2 at 0": (lambda x: x**2, 0.0),
}


@pytest.mark.parametrize("kink", KINKS)
def test_kink_passes_the_smallest_subgradient(kink: str) -> None:
    f, x = KINKS[kink]
    assert not np.any(gradient(f, x))


TIES: dict[str, tuple[Callable[..., Any], tuple[Any, ...], Any]] = {
    "maximum of two wires": (np.maximum, (2.0, 2.0), (0.5, 0.5)),
    "minimum of two wires": (np.minimum, (2.0, 2.0), (0.5, 0.5)),
    "maximum of a wire with itself": (lambda x: np.maximum(x, x), (2.0,), 1.0),
    "max of three": (np.max, (np.array([3.0, 1.0, 3.0, 3.0]),), [1 / 3, 0, 1 / 3, 1 / 3]),
    "min of two": (np.min, (np.array([1.0, 3.0, 1.0]),), [0.5, 0, 0.5]),
    "max along an axis": (lambda x: np.max(x, axis=1), (np.array([[2.0, 2.0], [1.0, 2.0]]),), [[0.5, 0.5], [0, 1]]),
    "clip between two wires at the lower": (np.clip, (1.0, 1.0, 2.0), (0.5, 0.5, 0.0)),
}


@pytest.mark.parametrize("tie", TIES)
def test_tied_wires_share_equally(tie: str) -> None:
    f, xs, want = TIES[tie]
    agree(gradient(f, *xs), want)


def test_tie_is_shared_with_a_wire_that_nobody_differentiates() -> None:
    assert gw.grad(lambda x, y: np.maximum(x, y), argnums=0)(2.0, 2.0) == 0.5
    _, pullback = gw.vjp(lambda x: np.maximum(x, gw.tensor(2.0, requires_grad=False)), 2.0)
    assert pullback(1.0) == (0.5,)


def test_tie_is_shared_forward_too() -> None:
    assert gw.jvp(np.maximum, (2.0, 2.0), (1.0, 0.0)) == (2.0, 0.5)


# ----------------------------------------------------------------------------------------------------- dead branches

GUARDS: dict[str, tuple[Callable[..., Any], Any]] = {
    "sqrt": (lambda x: np.where(x > 0, np.sqrt(x), 0.0), np.array([0.0, 4.0])),
    "log": (lambda x: np.where(x > 0, x * np.log(x), 0.0), np.array([0.0, 1.0])),
    "division": (lambda x: np.where(x != 0, np.sin(x) / x, 1.0), np.array([0.0, 1.0])),
    "nested": (
        lambda x: np.where(x > 0, np.where(x > 1, np.log(x - 1), 0.0) + np.sqrt(x), 0.0),
        np.array([0.0, 1.0, 2.0]),
    ),
    "masked away": (lambda x: np.sqrt(x)[x > 0], np.array([0.0, 4.0])),
    "picked": (lambda x: np.sqrt(x)[1], np.array([0.0, 4.0])),
    "maximum": (lambda x: np.maximum(np.sqrt(x), 1.0), np.array([0.0, 4.0])),
    "split": (lambda x: np.split(np.sqrt(x), 2)[1], np.array([0.0, 4.0])),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_dead_branch_passes_exactly_zero_at_every_order(guard: str) -> None:
    f, x = GUARDS[guard]
    once = lambda x: gw.grad(lambda x: np.sum(f(x)))(x)  # noqa: E731
    twice = lambda x: gw.grad(lambda x: np.sum(once(x)))(x)  # noqa: E731
    thrice = lambda x: gw.grad(lambda x: np.sum(twice(x)))(x)  # noqa: E731
    for derivative in (once, twice, thrice):
        with np.errstate(all="ignore"):
            found = derivative(x)
        assert found[0] == 0
        assert np.isfinite(found[-1])


def test_dead_branch_of_floats() -> None:
    guarded = lambda x: np.where(x > 0, np.sqrt(x), 0.0)  # noqa: E731
    assert gradient(guarded, 0.0) == 0
    assert gradient(lambda x: gw.grad(guarded)(x), 0.0) == 0


# ---------------------------------------------------------------------------------------------------------- stability


@pytest.mark.parametrize(
    ("x", "want"),
    [([2.0, 0.0, 3.0], [0.0, 6.0, 0.0]), ([0.0, 0.0, 3.0], [0.0, 0.0, 0.0]), ([0.0], [1.0]), ([2.0, 5.0], [5.0, 2.0])],
)
def test_prod_with_zeros(x: list[float], want: list[float]) -> None:
    assert np.array_equal(gradient(np.prod, np.array(x)), want)


def test_prod_with_zeros_at_second_order() -> None:
    x = np.array([0.0, 0.0, 3.0])
    rows = [gradient(lambda x: gw.grad(np.prod)(x)[i], x) for i in range(3)]  # noqa: B023
    assert np.array_equal(rows, [[0, 3, 0], [3, 0, 0], [0, 0, 0]])


def test_prod_along_an_axis_with_zeros_at_second_order() -> None:
    x = np.array([[0.0, 2.0], [5.0, 3.0]])
    found = gradient(lambda x: gw.grad(lambda x: np.sum(np.prod(x, axis=1)))(x), x)
    assert np.array_equal(found, [[1, 1], [1, 1]])


@pytest.mark.parametrize("size", [HUGE, SMALL, 1.0])
def test_hypot_near_the_edges(size: float) -> None:
    agree(gradient(np.hypot, 3 * size, 4 * size), (0.6, 0.8))


@pytest.mark.parametrize("size", [HUGE, SMALL])
def test_arctan2_near_the_edges(size: float) -> None:
    agree(gradient(np.arctan2, size, size), (0.5 / size, -0.5 / size))


@pytest.mark.parametrize(("x", "y"), [(HUGE, 1e200), (SMALL, 1e-200), (1e200, HUGE), (1e-200, SMALL), (3.0, 1e-160)])
def test_division_near_the_edges(x: float, y: float) -> None:
    agree(gradient(np.divide, x, y), (1 / y, -(x / y) / y))


def test_reciprocal_near_the_edges() -> None:
    agree(gradient(lambda y: 1.0 / y, 1e150), -1e-300)
    agree(gradient(np.reciprocal, np.array([1e150, 1e-150])), [-1e-300, -1e300])


@pytest.mark.parametrize(
    ("x", "y", "want"),
    [
        (BIG, 0.0, (1.0, 0.0)),
        (-BIG, 0.0, (0.0, 1.0)),
        (BIG, BIG, (0.5, 0.5)),
        (-BIG, -BIG, (0.5, 0.5)),
        (-math.inf, 0.0, (0.0, 1.0)),
        (-math.inf, -math.inf, (0.0, 0.0)),
    ],
)
def test_logaddexp_of_large_values(x: float, y: float, want: tuple[float, float]) -> None:
    agree(gradient(np.logaddexp, x, y), want)
    agree(np.ravel(gradient(np.logaddexp, np.array([x]), np.array([y]))), want)


SIGMOIDS = {
    "sigmoid(x)": gw.sigmoid,
    "1 / (1 + exp(-x))": lambda x: 1 / (1 + np.exp(-x)),
    "1.0 / (1.0 + exp(-x))": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "1 / (exp(-x) + 1)": lambda x: 1 / (np.exp(-x) + 1),
}


@pytest.mark.parametrize("spelling", SIGMOIDS)
def test_sigmoid_saturates_to_zero(spelling: str) -> None:
    found = gradient(SIGMOIDS[spelling], np.array([-BIG, -30.0, 0.0, BIG]))
    agree(found, [0.0, math.exp(-30), 0.25, 0.0], limit=1e-9)


SOFTPLUSES = {
    "softplus(x)": gw.softplus,
    "log(1 + exp(x))": lambda x: np.log(1 + np.exp(x)),
    "log1p(exp(x))": lambda x: np.log1p(np.exp(x)),
}


@pytest.mark.parametrize("spelling", SOFTPLUSES)
def test_softplus_is_flat_far_left_and_a_line_far_right(spelling: str) -> None:
    agree(
        gradient(SOFTPLUSES[spelling], np.array([-BIG, -40.0, 0.0, 700.0])), [0.0, math.exp(-40), 0.5, 1.0], limit=1e-9
    )


def shifted_softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@pytest.mark.parametrize("softmax", [gw.softmax, shifted_softmax])
def test_softmax_of_large_values(softmax: Callable[..., Any]) -> None:
    x = np.array([[BIG, 0.0, -BIG], [BIG, BIG, 0.0]])
    found = gradient(lambda x: softmax(x) * np.array([1.0, 2.0, 3.0]), x)
    agree(found, [[0, 0, 0], [-0.25, 0.25, 0]])


def shifted_loss(s: Any, y: Any) -> Any:
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    return -np.sum(np.log(e[np.arange(len(y)), y] / np.sum(e, axis=1)))


def test_cross_entropy_of_large_values() -> None:
    s, y = np.array([[BIG, 0.0, -BIG], [BIG, BIG, 0.0]]), np.array([0, 1])
    found = gradient(lambda s: shifted_loss(s, y), s)
    agree(found, [[0, 0, 0], [0.5, -0.5, 0]])


@pytest.mark.parametrize(
    "s", [np.array([[1.0, 2.0, 0.5], [0.1, -1.0, 0.3]]), np.array([[700.0, 0.0, -700.0], [5.0, 5.0, 0.0]])]
)
def test_cross_entropy_with_and_without_the_shift_is_one_block(s: Any) -> None:
    y = np.array([1, 1])
    plain = lambda s: -np.sum(np.log(np.exp(s[np.arange(2), y]) / np.sum(np.exp(s), axis=1)))  # noqa: E731
    shares = np.exp(s - s.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    want = shares - np.eye(3)[y]
    if np.isfinite(plain(s)):
        np.testing.assert_allclose(gradient(plain, s), want, rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        gradient(lambda s: gw.cross_entropy(s, index=(np.arange(2), y)), s), want, rtol=0, atol=1e-13
    )
    np.testing.assert_allclose(gradient(lambda s: shifted_loss(s, y), s), want, rtol=0, atol=1e-13)


def test_logsumexp_of_large_values() -> None:
    agree(gradient(gw.logsumexp, np.array([BIG, BIG, -BIG])), [0.5, 0.5, 0.0])
    agree(
        gradient(lambda x: np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x), np.array([BIG, BIG, -BIG])),
        [0.5, 0.5, 0.0],
    )


# ------------------------------------------------------------------------------------------------------- what is loud

LOUD: dict[str, tuple[Callable[..., Any], Any, float]] = {
    "sqrt at 0": (np.sqrt, 0.0, math.inf),
    "log at 0": (np.log, 0.0, math.inf),
    "arcsin at 1": (np.arcsin, 1.0, math.inf),
    "1 / x at 0": (lambda x: 1 / x, 0.0, -math.inf),
    "sqrt of a negative number": (np.sqrt, -1.0, math.nan),
}


@pytest.mark.parametrize("edge", LOUD)
def test_infinite_slope_stays_loud(edge: str) -> None:
    f, x, want = LOUD[edge]
    agree(gradient(f, x), want)
    agree(gradient(f, np.array([x])), [want])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_gradient_keeps_the_dtype_of_its_wire(dtype: Any) -> None:
    x, w = np.ones((2, 3), dtype), np.ones(3, np.float64)
    dx, dw = gradient(lambda x, w: 0.5 * np.maximum(x * w, 0.1) ** 2, x, w)
    assert (dx.dtype, dw.dtype) == (dtype, np.float64)
