"""Loops in helpers and methods: their counts in terms of the function's arguments, where these are what they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from loops.test_printing import bits, run


class Net:
    def __init__(self, W, xs, rounds):
        self.W, self.xs = W, xs
        self.T = len(xs)
        self.rounds = rounds
        self.h = W

    def step(self, x):
        self.h = np.tanh(self.W * self.h + x)

    def run(self):
        for t in range(self.T):
            self.step(self.xs[t])
        return self.h

    def inner(self):
        return self.power(self.W)

    def power(self, h):
        for _ in range(self.rounds):
            h = self.W * h
        return h


class Moved(Net):
    def run(self):
        return self.power(self.W)


class Shorter:
    def __init__(self, W, n):
        self.W, self.n = W, n

    def run(self):
        self.n = min(self.n, 5)
        h = self.W
        for _ in range(self.n):
            h = self.W * h
        return h


def along(W, xs):
    net = Net(W, xs, 3)
    return np.sum(net.run() ** 2)


def by_number(W, rounds):
    net = Net(W, np.ones((2, 3)), rounds)
    return np.sum(net.power(W) ** 2)


def by_method(W, rounds):
    net = Net(W, np.ones((2, 3)), rounds)
    return np.sum(net.inner() ** 2)


def inherited(W, rounds):
    net = Moved(W, np.ones((2, 3)), rounds)
    return np.sum(net.run() ** 2)


def shorter(W, rounds):
    net = Shorter(W, rounds)
    return np.sum(net.run() ** 2)


class Open:
    def __init__(self, W, times):
        self.W, self.times = W, times

    def run(self):
        h = self.W
        for _ in range(self.times):
            h = self.W * h
        return h


def set_outside(W, rounds):
    net = Open(W, rounds)
    net.times = min(rounds, 5)
    return np.sum(net.run() ** 2)


def steps(W, h, n):
    for _ in range(n):
        h = np.tanh(W * h)
    return h


def follow(W, ys):
    h = W
    for t in range(len(ys)):
        h = np.tanh(W * h + ys[t])
    return h


def bound_anew(W, rounds):
    rounds = min(rounds, 5)
    return np.sum(steps(W, W, rounds) ** 2)


def cut_anew(W, xs):
    xs = xs[:5]
    return np.sum(follow(W, xs) ** 2)


def bound_in_a_loop(W, rounds):
    h = W
    for _ in range(3):
        h = steps(W, h, rounds)
        rounds = min(rounds, 5)
    return np.sum(h**2)


def bound_behind(W, rounds):
    h = steps(W, W, rounds)
    rounds = 2.0
    return np.sum(h**rounds)


def given(f: Any, count: int) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    whole = {"W": rng.normal(size=3), "rounds": count, "xs": rng.normal(size=(count, 3))}
    return {name: whole[name] for name in f.__code__.co_varnames[: f.__code__.co_argcount]}


def right_or_refused(f: Any, count: int) -> bool:
    """Whether the text of five rounds runs at this count; what it gives then is what the function gives."""
    text = str(gw.circuit(f, **given(f, 5)).code())
    try:
        value, gradients = run(text, given(f, count))
    except AssertionError:
        return False
    names = [n for n in given(f, count) if n != "rounds"]
    expected = gw.circuit(f, **given(f, count)).gradients
    assert np.isclose(value, f(**given(f, count)), rtol=1e-13, atol=0)
    for name, found in zip(names, gradients, strict=False):
        np.testing.assert_allclose(found, expected[name], rtol=1e-12)
    return True


@pytest.mark.parametrize("f", [along, by_number, by_method])
@pytest.mark.parametrize("count", [1, 2, 5, 17])
def test_a_loop_in_a_method_takes_any_count_by_what_the_object_was_made_of(f, count):
    assert right_or_refused(f, count)
    text = str(gw.circuit(f, **given(f, 5)).code())
    assert len(text.splitlines()) == len(str(gw.circuit(f, **given(f, 40)).code()).splitlines())
    assert bits(run(text, given(f, 5))[0]) == bits(gw.circuit(f, **given(f, 5)).value)


@pytest.mark.parametrize("f", [inherited, shorter, set_outside])
def test_an_attribute_that_may_be_another_number_by_then_leaves_the_recorded_count(f):
    assert right_or_refused(f, 5)
    assert not right_or_refused(f, 8)
    assert "for t in range(5):" in str(gw.circuit(f, **given(f, 5)).code())


@pytest.mark.parametrize("f", [bound_anew, cut_anew, bound_in_a_loop])
def test_an_argument_that_was_bound_anew_before_the_call_is_not_what_tells_the_count(f):
    assert right_or_refused(f, 5)
    assert not right_or_refused(f, 8)


def test_one_that_is_bound_anew_behind_the_call_is():
    assert right_or_refused(bound_behind, 8)


def test_a_method_by_itself_has_the_count_of_its_object():
    net = Net(np.array([0.5, 0.2, 0.1]), np.ones((2, 3)), 6)
    text = str(gw.circuit(net.power, np.ones(3), upstream=np.ones(3)).code())
    assert "for t in range(6):" in text
    assert "6 rounds, as recorded: what it goes through, range(self.rounds), is not told by the arguments" in text
