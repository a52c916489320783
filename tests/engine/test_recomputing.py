"""Values that are computed again on the way back: the same gradient to the last bit, in less memory."""

from __future__ import annotations

import gc
import threading
import weakref
from functools import partial
from types import SimpleNamespace
from typing import Any

import fuzz_assignment
import numpy as np
import pytest
from numpy_programs.writing import write

import gatewise as gw
from benchmarks.loops import cell, filled, peak
from gatewise._errors import ArgumentError, GatewiseError

H, T = 5_000, 150


def given(rounds: int = 7, size: int = 3) -> tuple[Any, ...]:
    rng = np.random.default_rng(rounds)
    return rng.normal(size=size), rng.normal(size=(rounds, size)), rng.normal(size=size)


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit, with type, shape and dtype."""
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    one_, other_ = np.asarray(one), np.asarray(other)
    return type(one) is type(other) and one_.dtype == other_.dtype and one_.tobytes() == other_.tobytes()


@pytest.mark.parametrize("every", [True, 1, 2, 3, 7, 50, 10_000])
def test_the_gradient_is_the_same_to_the_last_bit(every):
    args = given(40)
    assert same(gw.value_and_grad(cell, (0, 1, 2), recompute=every)(*args), gw.value_and_grad(cell, (0, 1, 2))(*args))


def test_random_programs_that_write_into_arrays():
    for seed in range(60):
        f = fuzz_assignment.function_of(fuzz_assignment.text_of(*fuzz_assignment.program(seed)), f"<recompute {seed}>")
        agree(f, (fuzz_assignment.P, fuzz_assignment.Q), (0, 1), seed)


def test_random_programs_over_most_of_numpy():
    for seed in range(40):
        program = write(seed)
        space: dict[str, Any] = {}
        exec(compile(program.text, f"<recompute {seed}>", "exec"), space)
        args = program.given()
        floats = [n for n, x in enumerate(args) if np.asarray(x).dtype.kind in "fc"]
        agree(space["total"], args, floats, seed)


def agree(f: Any, args: Any, argnums: Any, seed: int) -> None:
    """The same gradients, or the same refusal."""
    found = []
    for options in ({}, {"recompute": 1 + seed % 4}):
        try:
            found.append(gw.value_and_grad(f, tuple(argnums), **options)(*map(np.copy, args)))
        except GatewiseError as error:
            found.append(type(error).__name__)
    assert same(*found), (seed, found)


def test_several_outputs_and_blocks_between_them():
    def f(x):
        total = 0.0
        for _ in range(9):
            a, b = np.split(x, 2)
            q, r = np.linalg.qr(np.outer(a, b) + np.eye(3))
            x = np.concatenate([np.exp(a) / np.sum(np.exp(a)), q[0] + r[:, 2]])
            total = total + np.sum(x**2)
        return total

    x = given(2)[1].ravel()
    for every in (1, 2, 5, 11):
        assert same(gw.grad(f, recompute=every)(x), gw.grad(f)(x))


@pytest.mark.parametrize(
    "second",
    [
        lambda f, x, e: gw.grad(lambda y: np.sum(gw.grad(f, recompute=e)(y) ** 2), recompute=e)(x),
        lambda f, x, e: gw.grad(lambda y: np.sum(gw.grad(f, recompute=e)(y) ** 2))(x),
        lambda f, x, e: gw.grad(lambda y: np.sum(gw.grad(f)(y) ** 2), recompute=e)(x),
        lambda f, x, e: gw.jvp(gw.grad(f, recompute=e), (x,), (np.ones_like(x),)),
    ],
)
def test_derivatives_of_derivatives(second):
    W, xs, h = given(6)

    def f(y):
        return cell(W, xs, y)

    with_all = second(f, h, False)
    for every in (1, 4, 30):
        assert np.allclose(second(f, h, every), with_all, rtol=1e-14, atol=0)


def test_a_pullback_goes_back_twice():
    args = given()
    out, pullback = gw.vjp(cell, *args, recompute=3)
    whole, all_kept = gw.vjp(cell, *args)
    assert same(out, whole)
    for upstream in (1.0, -2.0):
        assert same(pullback(upstream), all_kept(upstream))


def test_what_the_function_changes_on_the_way_is_computed_from_what_was_there():
    """A captured array that changes between rounds, an index, a buffer: each value is that of its round."""
    held = SimpleNamespace(scale=np.ones(3), index=np.array([0, 1, 2]))

    def f(x):
        buffer = np.zeros(3)
        for k in range(8):
            x = np.sin(x * held.scale)[held.index] + buffer
            held.scale[:] += 0.1 * k
            held.index[:] = np.roll(held.index, 1)
            buffer[k % 3] = x[0]
        return np.sum(x)

    def gradient(**options):
        held.scale[:], held.index[:] = 1.0, [0, 1, 2]
        return gw.grad(f, **options)(np.array([0.3, 0.5, 0.7]))

    for every in (1, 2, 5):
        assert same(gradient(recompute=every), gradient())


def test_a_parameter_that_changes_under_no_grad_keeps_its_old_value_or_says_so():
    w = gw.tensor(np.array([0.5, 0.7]))

    def f(x):
        y = np.sin(x * w)
        z = y * w
        for _ in range(4):
            z = np.cos(z)
        with gw.no_grad():
            w[0] = 3.0
        return np.sum(z * w)

    def gradient(**options):
        with gw.no_grad():
            w[0] = 0.5
        return gw.grad(f, **options)(np.array([0.3, 0.4])).numpy()

    assert same(gradient(recompute=1), gradient())


def test_memory_is_that_of_the_states():
    """Over ten arrays a round without; with, two every so many rounds and those of one stretch."""
    rng = np.random.default_rng(0)
    args = rng.normal(size=H), rng.normal(size=(T, H)), rng.normal(size=H)
    assert peak(partial(gw.grad(cell, recompute=True), *args)) < 0.2 * peak(partial(gw.grad(cell), *args))


def test_a_buffer_is_still_filled_in_place():
    """One array of `n`, not one a round."""
    n = 1_500
    assert peak(partial(gw.grad(filled, recompute=True), 1.0, n)) < 8 * n * n / 4


@pytest.mark.parametrize("recompute", [10, gw.Binomial(3, 10)], ids=str)
def test_nothing_is_left_behind(recompute):
    """Graphs go by counting references alone, empty or full."""
    seen = []

    def f(x):
        for _ in range(200):
            x = np.sin(x)
        seen.append(weakref.ref(x))
        return np.sum(x)

    gc.disable()
    try:
        before = len(gc.get_objects())
        gw.grad(f, recompute=recompute)(np.ones(3))
        assert seen[0]() is None
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


def test_only_this_derivative_is_recomputed():
    """Neither one that stands around it, nor another thread's, nor one after it."""
    taken = []

    def f(x):
        inner = gw.grad(lambda y: np.sum(y**3), recompute=1)(x)
        worker = threading.Thread(target=lambda: taken.append(gw.grad(lambda y: np.sum(y**2))(np.ones(2))))
        worker.start()
        worker.join()
        return np.sum(inner)

    assert same(gw.grad(f)(np.array([1.0, 2.0])), np.array([6.0, 12.0]))
    assert same(taken[0], np.array([2.0, 2.0]))
    assert same(gw.grad(f, recompute=True)(np.array([1.0, 2.0])), np.array([6.0, 12.0]))


def test_an_error_inside_ends_it():
    def f(x):
        return np.sum(np.sin(x)) + undefined  # noqa: F821

    with pytest.raises(NameError):
        gw.grad(f, recompute=1)(np.ones(2))
    assert same(gw.grad(cell, recompute=2)(*given()), gw.grad(cell)(*given()))


@pytest.mark.parametrize("recompute", [0, -1, 1.5, "all", None])
def test_what_it_takes_is_said(recompute):
    with pytest.raises(ArgumentError, match="recompute"):
        gw.grad(cell, recompute=recompute)
