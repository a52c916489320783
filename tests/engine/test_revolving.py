"""Few states and the fewest gates that are computed again with them: counts, bits, memory."""

from __future__ import annotations

import weakref
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from numpy_programs.writing import write

import gatewise as gw
from benchmarks.loops import cell, peak
from engine.test_recomputing import given, same
from gatewise._errors import ArgumentError, GatewiseError
from gatewise._tensor import revolving
from gatewise._tensor.binomial import cost, least_useful, next_state, repeated


@cache
def fewest(steps: int, states: int) -> int:
    """By trying every place for the next state: the recursion that the binomial formula solves."""
    if steps <= 1:
        return 0
    if states == 1:
        return steps * (steps - 1) // 2
    return min(a + fewest(steps - a, states - 1) + fewest(a, states) for a in range(1, steps))


def test_the_formula_is_the_least_of_all_schedules():
    """Griewank and Walther's own example too: 10 steps with 3 states take 15."""
    assert repeated(10, 3) == 15
    for states in range(1, 7):
        for steps in range(1, 50):
            assert repeated(steps, states) == fewest(steps, states)


def test_the_next_state_is_where_the_least_is_repeated():
    for states in range(2, 7):
        for steps in range(2, 50):
            at = next_state(steps, states)
            assert at + fewest(steps - at, states - 1) + fewest(at, states) == fewest(steps, states)
    assert next_state(9, 1) == 8


@pytest.mark.parametrize("states", [3, 5, 10, 20])
def test_not_to_know_the_end_costs_little(states):
    lengths: list[int] = []
    for steps in range(1, 1500):
        lengths.append(1)
        if len(lengths) > states:
            k = least_useful(lengths, states)
            lengths[k - 1 : k + 1] = [lengths[k - 1] + lengths[k]]
        if steps >= 100:
            took = sum(cost(n, states - k) for k, n in enumerate(lengths)) - 1
            assert took <= 1.07 * repeated(steps, states)


@pytest.fixture
def owners(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []

    class Seen(revolving.Revolving):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.held = 0
            found.append(weakref.proxy(self))
            kept.append(self)

        def compute(self, stretch: Any) -> None:
            super().compute(stretch)
            self.held = max(self.held, len(self.states))

    kept: list[Any] = []
    monkeypatch.setattr(revolving, "Revolving", Seen)
    return found


@pytest.mark.parametrize(("states", "gates"), [(2, 8), (3, 4), (5, 4), (20, 2), (400, 4)])
def test_what_is_run_again_is_the_least(owners, states, gates):
    def f(x):
        for _ in range(300):
            x = np.sin(x)
        return x

    assert gw.grad(f, recompute=gw.Binomial(states, gates))(0.7) == gw.grad(f)(0.7)
    (owner,) = owners
    steps = len(owner.stretches)
    assert steps == 300 // gates
    assert owner.held <= states
    assert repeated(steps, states) - 1 <= owner.runs <= 1.07 * repeated(steps, states)


@pytest.mark.parametrize("states", [1, 2, 5, 40])
def test_the_gradient_is_the_same_to_the_last_bit(states):
    args = given(40)
    found = gw.value_and_grad(cell, (0, 1, 2), recompute=gw.Binomial(states, 7))(*args)
    assert same(found, gw.value_and_grad(cell, (0, 1, 2))(*args))


def test_random_programs_over_most_of_numpy():
    for seed in range(40, 70):
        program = write(seed)
        space: dict[str, Any] = {}
        exec(compile(program.text, f"<revolve {seed}>", "exec"), space)
        args = program.given()
        floats = tuple(n for n, x in enumerate(args) if np.asarray(x).dtype.kind in "fc")
        found = []
        for options in ({}, {"recompute": gw.Binomial(1 + seed % 3, 1 + seed % 4)}):
            try:
                found.append(gw.value_and_grad(space["total"], floats, **options)(*map(np.copy, args)))
            except GatewiseError as error:
                found.append(type(error).__name__)
        assert same(*found), seed


def test_values_from_long_before():
    """What many rounds made is used at the end, and what the first one made by all."""

    def f(x):
        first = np.sin(x)
        hs = [first]
        for k in range(40):
            hs.append(np.cos(hs[-1] * first) + hs[k // 2])
        return np.sum(np.stack(hs) ** 2)

    x = np.array([0.3, 0.8])
    for states in (1, 2, 4, 9):
        assert same(gw.grad(f, recompute=gw.Binomial(states, 3))(x), gw.grad(f)(x))


def test_a_pullback_goes_back_twice_and_derivatives_nest():
    args, few = given(20), gw.Binomial(3, 5)
    (_, pullback), (_, whole) = gw.vjp(cell, *args, recompute=few), gw.vjp(cell, *args)
    for upstream in (1.0, -2.0):
        assert same(pullback(upstream), whole(upstream))

    def slope(x, **options):
        return np.sum(gw.grad(lambda y: cell(args[0], args[1], y), **options)(x) ** 2)

    second = gw.grad(slope, recompute=few)(args[2], recompute=few)
    np.testing.assert_allclose(second, gw.grad(slope)(args[2]), rtol=1e-14)


def test_memory_is_that_of_the_states():
    rng = np.random.default_rng(0)
    args = rng.normal(size=3_000), rng.normal(size=(80, 3_000)), rng.normal(size=3_000)
    few, root = (peak(partial(gw.grad(cell, recompute=r), *args)) for r in (gw.Binomial(4), True))
    assert few < 0.7 * root


def test_other_numbers_are_refused():
    for wrong in ({"states": 0}, {"states": 2.0}, {"states": 3, "gates": True}):
        with pytest.raises(ArgumentError, match="is "):
            gw.Binomial(**wrong)
