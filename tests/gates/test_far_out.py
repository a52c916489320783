"""Slopes far out, where the output is rounded: against Python's decimals, at first and second order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np
import pytest

import gatewise as gw

#: Far out on both sides, and near the middle.
PLACES = [-700.0, -300.0, -60.0, -38.0, -20.0, -5.0, -0.3, 0.0, 0.4, 5.0, 20.0, 30.0, 35.0, 38.0, 60.0, 300.0, 700.0]
NARROW = [x for x in PLACES if abs(x) <= 60.0]


@cache
def exactly(f: Callable[[Decimal], Decimal], x: float) -> float:
    """The value of `f` with 30 digits or more."""
    with localcontext() as context:
        context.prec = 340  # 1 + exp(700) has 304 digits before the 1
        return float(f(Decimal(x)))


def share(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


def sigmoid1(x: Decimal) -> Decimal:
    return share(x) * share(-x)


def sigmoid2(x: Decimal) -> Decimal:
    return share(x) * share(-x) * (share(-x) - share(x))


def tanh1(x: Decimal) -> Decimal:
    return 4 * sigmoid1(2 * x)


def tanh2(x: Decimal) -> Decimal:
    return 8 * sigmoid2(2 * x)


Curve = tuple[Callable[..., Any], Callable[[Decimal], Decimal], Callable[[Decimal], Decimal]]
CURVES: dict[str, Curve] = {
    "sigmoid(x)": (gw.sigmoid, sigmoid1, sigmoid2),
    "1 / (1 + exp(-x))": (lambda x: 1 / (1 + np.exp(-x)), sigmoid1, sigmoid2),
    "1.0 / (1.0 + exp(-x))": (lambda x: 1.0 / (1.0 + np.exp(-x)), sigmoid1, sigmoid2),
    "exp(x) / (1 + exp(x))": (lambda x: np.exp(x) / (1 + np.exp(x)), sigmoid1, sigmoid2),
    "tanh(x)": (np.tanh, tanh1, tanh2),
    "softplus(x)": (gw.softplus, share, sigmoid1),
    "log(1 + exp(x))": (lambda x: np.log(1 + np.exp(x)), share, sigmoid1),
    "log1p(exp(x))": (lambda x: np.log1p(np.exp(x)), share, sigmoid1),
    "logaddexp(0, x)": (lambda x: np.logaddexp(0, x), share, sigmoid1),
    "logaddexp(x, 0)": (lambda x: np.logaddexp(x, 0.0), share, sigmoid1),
    "logsumexp": (lambda x: gw.logsumexp(np.stack([x, 0 * x]), axis=0), share, sigmoid1),
    "log(sum(exp))": (lambda x: np.log(np.sum(np.exp(np.stack([x, 0 * x])), axis=0)), share, sigmoid1),
    "softmax": (lambda x: gw.softmax(np.stack([x, 0 * x]), axis=0)[0], sigmoid1, sigmoid2),
    "the other share": (
        lambda x: gw.softmax(np.stack([0 * x, x]), axis=0)[0], lambda x: -sigmoid1(x), lambda x: -sigmoid2(x),
    ),
    "cross_entropy": (
        lambda x: gw.cross_entropy(np.reshape(np.stack([x, 0 * x]), (1, 2)), np.array([0])),
        lambda x: -share(-x),
        sigmoid1,
    ),
    "-sum(log(exp / sum))": (
        lambda x: cross_entropy_spelled(np.reshape(np.stack([x, 0 * x]), (1, 2))),
        lambda x: -share(-x),
        sigmoid1,
    ),
}  # fmt: skip


def cross_entropy_spelled(s: Any) -> Any:
    s = s - np.max(s, axis=1, keepdims=True)
    return -np.sum(np.log(np.exp(s[np.arange(1), np.array([0])]) / np.sum(np.exp(s), axis=1)))


def slopes(f: Callable[..., Any], x: Any) -> tuple[Any, Any]:
    """The first and the second derivative at a number, or at each entry of an array."""
    once = lambda x: gw.grad(lambda x: np.sum(f(x)))(x)  # noqa: E731
    with np.errstate(all="ignore"):
        return once(x), gw.grad(lambda x: np.sum(once(x)))(x)


def close(have: Any, want: float, x: float) -> bool:
    """To the last digits: near 0 the two halves of a second slope cancel, and 1e-300 has fewer digits."""
    least = 1e-15 if abs(x) < 1 else 1e-305
    return bool(abs(float(have) - want) <= 1e-13 * abs(want) + least)


@pytest.mark.parametrize("curve", CURVES)
def test_slopes_far_out_are_right_to_the_last_digits(curve: str) -> None:
    f, first, second = CURVES[curve]
    wrong = []
    for x in PLACES:
        if curve == "-sum(log(exp / sum))" and x < -600:
            continue  # its share underflows
        for have, want in zip(slopes(f, x), (exactly(first, x), exactly(second, x)), strict=True):
            if not close(have, want, x):
                wrong.append((x, have, want))
    assert not wrong


@pytest.mark.parametrize("curve", [c for c in CURVES if "cross" not in c and "-sum" not in c])
def test_arrays_have_them_too(curve: str) -> None:
    f, first, second = CURVES[curve]
    have = slopes(f, np.array(PLACES))
    want = [[exactly(order, x) for x in PLACES] for order in (first, second)]
    for found, right in zip(have, want, strict=True):
        assert all(close(a, b, x) for a, b, x in zip(found, right, PLACES, strict=True)), (found, right)


@pytest.mark.parametrize("curve", [c for c in CURVES if "cross" not in c and "-sum" not in c])
def test_single_precision_too(curve: str) -> None:
    f, first, second = CURVES[curve]
    have = slopes(f, np.array(NARROW, np.float32))
    want = [[exactly(order, x) for x in np.array(NARROW, np.float32).tolist()] for order in (first, second)]
    for found, right in zip(have, want, strict=True):
        np.testing.assert_allclose(found, right, rtol=2e-5, atol=2e-7 if found is have[1] else 1e-37)


SHARES = np.array([[38.0, 0.0, -3.0], [800.0, 0.0, 1.0], [0.5, 0.5, 0.0]])


def test_softmax_of_several_keeps_all_digits() -> None:
    """Each entry against the sum of what others gain and lose, which cancels nothing."""
    weights = np.array([2.0, -1.0, 0.5])
    found = gw.grad(lambda s: np.sum(gw.softmax(s) * weights))(SHARES)
    shares = gw.softmax(SHARES)
    for k in range(3):
        gained = np.sum(shares * (weights[k] - weights), axis=1)
        np.testing.assert_allclose(found[:, k], shares[:, k] * gained, rtol=1e-13)


def test_cross_entropy_of_a_sure_row_has_what_the_others_have() -> None:
    found = gw.grad(lambda s: gw.cross_entropy(s, np.array([0])))(np.array([[60.0, 0.0, 1.0]]))
    np.testing.assert_allclose(found[0, 0], -(np.exp(-60.0) + np.exp(-59.0)), rtol=1e-14)


# --------------------------------------------------------------------------------------------- what printed code says

PRINTED = ["sigmoid(x)", "tanh(x)", "softmax", "cross_entropy"]


@pytest.mark.parametrize("curve", PRINTED)
@pytest.mark.parametrize("x", PLACES)
def test_the_printed_line_is_good_to_four_roundings_of_its_output(curve: str, x: float) -> None:
    """(1 - s) * s, 1 - f**2, p * (g - sum(p * g)), p - 1: rounding of s, f and p, which are at most 1."""
    f, first, _ = CURVES[curve]
    names: dict[str, Any] = {}
    exec(str(gw.circuit(f, x).code()), names)
    with np.errstate(all="ignore"):
        _, found = next(v for k, v in names.items() if k.endswith("_and_gradients"))(x)
    assert abs(float(found) - exactly(first, x)) <= 4 * np.finfo(float).eps


# ------------------------------------------------------------------------------------------------------------- NaN

NANS: dict[str, Callable[..., Any]] = {
    "relu": gw.relu,
    "maximum of a constant": lambda x: np.maximum(x, 0),
    "maximum, the other way round": lambda x: np.maximum(0, x),
    "minimum": lambda x: np.minimum(x, 1.0),
    "clip": lambda x: np.clip(x, 0, 1),
    "clip from below": lambda x: np.clip(x, 0, None),
    "maximum of two": lambda x: np.maximum(x, 2 * x),
    "maximum of a row": lambda x: np.max(np.stack([x, 0 * x])),
    "minimum of a row": lambda x: np.min(np.stack([x, 0 * x])),
    "abs": np.abs,
    "hypot": lambda x: np.hypot(x, 1.0),
    "max pool": lambda x: np.sum(gw.max_pool2d(np.reshape(np.stack([x, 0 * x, x, x]), (1, 1, 2, 2)))),
}


@pytest.mark.parametrize("gate", NANS)
@pytest.mark.parametrize("x", [np.nan, np.array(np.nan), np.float32("nan")])
def test_what_routes_is_nan_at_nan(gate: str, x: Any) -> None:
    with np.errstate(all="ignore"):
        assert np.isnan(gw.grad(lambda x: np.sum(NANS[gate](x)))(x))


def test_entries_beside_a_nan_keep_their_slopes() -> None:
    x = np.array([1.0, np.nan, -1.0])
    for f in (gw.relu, lambda x: np.maximum(x, 0), lambda x: -np.minimum(-x, 0), lambda x: np.clip(x, 0, None)):
        assert np.array_equal(gw.grad(lambda x: np.sum(f(x)))(x), [1.0, np.nan, 0.0], equal_nan=True)  # noqa: B023
    found = gw.grad(lambda x, y: np.sum(np.maximum(x, y)), (0, 1))(x, np.array([0.0, 1.0, 2.0]))
    assert np.array_equal(found[0], [1.0, np.nan, 0.0], equal_nan=True)
    assert np.array_equal(found[1], [0.0, np.nan, 1.0], equal_nan=True)
