"""Loops as people write them are printed as loops, and hold at any count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from loops.people import PEOPLE, given_people
from loops.test_printing import run

RECORDED, LONGER = 5, 12


def wanted_of(given: dict[str, Any]) -> list[str]:
    """The arguments that are floats or arrays of floats; no lists."""
    return [name for name, x in given.items() if np.asarray(x).dtype.kind == "f" and not isinstance(x, list)]


@pytest.mark.parametrize("f", PEOPLE, ids=[f.__name__ for f in PEOPLE])
def test_every_loop_is_one_and_holds_at_any_count(f):
    first = given_people(f, RECORDED)
    wrt = wanted_of(first)
    text, longer = (str(gw.circuit(f, **given_people(f, T), wrt=wrt).code()) for T in (RECORDED, LONGER))
    assert "stays unrolled" not in text
    assert "as recorded" not in text
    assert text == longer
    for count in (1, 9):
        there = gw.circuit(f, **given_people(f, count), wrt=wrt)
        value, gradients = run(text, given_people(f, count))
        np.testing.assert_allclose(value, there.value, rtol=1e-13, atol=1e-13)
        should = {name: g for name, g in there.gradients.items() if g is not None}
        for printed, name in zip(gradients, should, strict=True):
            np.testing.assert_allclose(printed, should[name], rtol=1e-11, atol=1e-12, err_msg=name)


# --------------------------------------------------------------------------------------------- what may not be taken so


def relabelled(b, labels):
    s = 0.0
    for t in range(len(labels)):
        s = s + b[labels[t]] * (t + 1)
        labels[t] = max(t, 4) - 4
    return s


def changed_behind(a, ys):
    w = np.zeros(20)
    v = w
    s = 0.0
    for t in range(len(ys)):
        s = s + a * ys[t] + np.sum(w * a)
        v[t] = t // 5
    return s


def moved_bound(a, ys):
    s, t, T = 0.0, 0, len(ys)
    while t < T:
        s = s + a * ys[t]
        T = min(T, 6)
        t += 1
    return s


def moved_within(a, ys):
    s = 0.0
    t = 0
    while t < len(ys):
        t += 1
        s = s + a * ys[t - 1] * t
    return s


def labels_read(b, labels):
    """Holds for the recorded count alone, and says so where the list has another length."""
    s = 0.0
    for label in labels:
        s = s + b[label]
    return s * np.std(b)


ELSEWHERE = [relabelled, changed_behind, moved_bound, moved_within, labels_read]


@pytest.mark.parametrize("f", ELSEWHERE, ids=[f.__name__ for f in ELSEWHERE])
@pytest.mark.parametrize("count", [2, 4, 9])
def test_other_loops_are_right_or_refused(f, count):
    def inputs(T: int) -> list[Any]:
        first = np.array([1.0, 2.0, 4.0, 8.0, 3.0, 5.0]) if f in (relabelled, labels_read) else 0.5
        return [first, [k % 4 for k in range(T)] if f in (relabelled, labels_read) else np.arange(1.0, T + 1)]

    names = list(f.__code__.co_varnames[:2])
    wrt = [name for name in names if name != "labels"]
    text = str(gw.circuit(f, *inputs(5), wrt=wrt).code())
    there = gw.circuit(f, *inputs(count), wrt=wrt)
    try:
        value, gradients = run(text, dict(zip(names, inputs(count), strict=True)))
    except (AssertionError, IndexError, TypeError):
        return
    np.testing.assert_allclose(value, there.value, rtol=1e-13)
    for printed, name in zip(gradients, wrt, strict=True):
        np.testing.assert_allclose(printed, there.gradients[name], rtol=1e-12)
