"""Loops that are printed round by round hold for as many entries as were recorded, and say so at others."""

from typing import Any

import numpy as np
import pytest

import gatewise as gw


def squares(a):
    total = 0.0
    for entry in a:
        total = total + entry * entry
    return total


def indexed(a):
    total = 0.0
    for t in range(len(a)):
        total = total + a[t] * a[t]
    return total


def columns(a):
    total = 0.0
    for t in range(a.shape[1]):
        total = total + np.sum(a[:, t] ** 3)
    return total


def unpacked(a):
    first, *others = a
    return first * sum(others)


def picked_by_python(a):
    return max(a) + a[0]


def branching(a):
    total = 0.0
    for entry in a:
        total = total + (entry if total < 1 else entry * entry)
    return total


def alternating(a):
    total = 0.0
    for t in range(len(a)):
        total = total + a[0] if t % 2 else total * a[1]
    return total


def counted_by_while(a):
    total, t = 0.0, 0
    while t * t < len(a):
        total = total + a[1] * t
        t += 1
    return total


def windows(a):
    sums = np.zeros(a.shape[0] - 1)
    for t in range(sums.shape[0]):
        if t != 1:
            sums[t] = np.sum(a[t : t + 2] ** 2)
    return np.sum(sums)


def literal(a):
    return a[0] * a[1] + a[-1]


COUNTED = (alternating, counted_by_while, windows)


def given(f: Any, count: int) -> np.ndarray:
    return np.arange(1.0, 2 * count + 1).reshape(2, count) if f is columns else np.arange(1.0, count + 1)


def printed(f: Any, count: int) -> Any:
    namespace: dict[str, Any] = {}
    exec(str(gw.circuit(f, given(f, count)).code()), namespace)
    return namespace[f"{f.__name__}_and_gradients"]


@pytest.mark.parametrize("recorded", [2, 5])
@pytest.mark.parametrize("f", [squares, indexed, columns, unpacked, picked_by_python, branching, literal, *COUNTED])
def test_at_other_counts_it_is_right_or_says_so(f, recorded):
    program = printed(f, recorded)
    refused = []
    for count in (2, 3, 5, 8):
        try:
            value, gradient = program(given(f, count))
        except (AssertionError, IndexError):
            refused.append(count)
            continue
        should, slopes = gw.value_and_grad(f)(given(f, count))
        assert np.isclose(value, should)
        assert np.shape(gradient) == np.shape(slopes)
        assert np.allclose(gradient, slopes)
    assert recorded not in refused
    if f is literal:
        assert not refused  # numbers that the user wrote hold at any length


def test_the_assertion_says_how_many():
    with pytest.raises(AssertionError, match="recorded with 2 entries: record it again"):
        printed(squares, 2)(np.ones(3))
