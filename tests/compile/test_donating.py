"""Donated arguments: results in their memory, right whatever else lies there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from compile.alike import outcome, same
from gatewise._compile import donating
from gatewise._errors import ArgumentError
from gatewise._recording import leaves

X = np.arange(6.0).reshape(2, 3) / 5
AROUND = np.array([1.0, -2.0, 0.5])


def parameters() -> dict[str, Any]:
    draw = np.random.default_rng(0)
    return {"W": draw.normal(size=(3, 4)), "b": draw.normal(size=4), "deep": [draw.normal(size=4), 2.0]}


def loss(p: Any, x: Any) -> Any:
    h = np.tanh(x @ p["W"] + p["b"])
    return np.sum(h * p["deep"][0]) ** 2 * p["deep"][1]


def step(p: Any, x: Any, rate: float = 0.1) -> Any:
    value, g = gw.value_and_grad(loss)(p, x)
    new = {name: p[name] - rate * g[name] for name in ("W", "b")}
    return new | {"deep": [a - rate * b for a, b in zip(p["deep"], g["deep"], strict=True)]}, value


@pytest.mark.parametrize("donate", [(0,), "p", ("p",), 0])
def test_a_step_of_training_is_done_in_place(donate: Any) -> None:
    compiled = gw.compile(step, donate=donate)
    p, q = parameters(), parameters()
    for k in range(5):
        before = p
        p, value = compiled(p, X)
        q, wanted = step(q, X)
        assert same(p, q)
        assert same(value, wanted)
        kept = [a is b for (_, a), (_, b) in zip(leaves(p), leaves(before), strict=True)]
        assert kept == ([True, True, True, False] if k else [False] * 4)
    p, _ = compiled(p=p, x=X)  # another kind of call
    q, _ = step(q, X)
    before = p
    p, _ = compiled(x=X, p=p, rate=0.2)
    q, _ = step(q, X, 0.2)
    assert same(p, q)


def test_nothing_is_written_into_what_was_not_donated() -> None:
    compiled = gw.compile(step, donate=("x",))
    p, x = parameters(), X.copy()
    for _ in range(3):
        compiled(p, x)
        assert same(p, parameters(), exact=True)
        assert np.array_equal(x, X)


def crossed(a: Any, b: Any) -> Any:
    return b + a, a - b


def views(a: Any, b: Any) -> Any:
    return a + b, a[1:], b * 2


def flipped(a: Any, b: Any) -> Any:
    return a[::-1] * b, b + 1


def branched(a: Any, b: Any) -> Any:
    c = a * 2 if np.sum(a) > 0 else b - a
    return (c + b, c) if b[0] > 0 else (c - b, a)


def captured(a: Any, b: Any) -> Any:
    return a + AROUND, np.sum(AROUND * a) + b


def chained(a: Any, b: Any) -> Any:
    c = a * b
    return c, c + 1, b - 1


CASES: list[Callable[..., Any]] = [crossed, views, flipped, branched, captured, chained]
A, B = np.array([1.0, -2.0, 4.0]), np.array([0.5, 3.0, -1.0])
BOTH = np.arange(1.0, 9.0)

#: Arguments that lie in all kinds of memory, made anew each time.
MEMORY: dict[str, Callable[[], tuple[Any, Any]]] = {
    "apart": lambda: (A.copy(), B.copy()),
    "negative": lambda: (-A, B.copy()),
    "negative too": lambda: (-A, -B),
    "one array": lambda: (c := A.copy(), c),
    "overlapping": lambda: (lambda c: (c[:3], c[2:5]))(BOTH.copy()),
    "every second": lambda: (lambda c: (c[:6:2], c[1:7:2]))(BOTH.copy()),
    "read-only": lambda: (np.broadcast_to(3.0, (3,)), B.copy()),
    "the captured one": lambda: (AROUND, B.copy()),
    "its views": lambda: (AROUND[:], AROUND[::-1]),
}


@pytest.mark.parametrize("f", CASES)
@pytest.mark.parametrize("donate", [(0,), (1,), (0, 1)])
def test_whatever_else_lies_there_the_numbers_are_right(f: Any, donate: Any) -> None:
    compiled = gw.compile(f, donate=donate)
    kept = AROUND.copy()
    for name in (*MEMORY, *MEMORY):
        AROUND[...] = kept
        want = outcome(f, tuple(x.copy() for x in MEMORY[name]()), {})
        AROUND[...] = kept
        have = compiled(*MEMORY[name]())
        assert same(have, want), (name, compiled.source)
    AROUND[...] = kept
    for name in ("the captured one", "its views"):
        compiled(*MEMORY[name]())
        assert np.array_equal(AROUND, kept) or f is not captured


def test_an_ending_that_another_one_looks_into_is_found(monkeypatch: Any) -> None:
    """A mistake in the choice is seen by the first call, which compares what the text gives."""
    monkeypatch.setattr(donating, "clashing", lambda *_: set())
    compiled = gw.compile(crossed, donate=(0, 1))
    assert same(compiled(A.copy(), B.copy()), crossed(A, B))
    assert "its numbers are others" in compiled.explain()


def test_an_error_of_numpys_while_donated_memory_is_written_into_is_raised() -> None:
    def f(a: Any, b: Any) -> Any:
        return a / b

    compiled = gw.compile(f, donate=(0,))
    for _ in range(2):
        compiled(A.copy(), B.copy())
    assert "try" in compiled.source
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        compiled(A.copy(), np.zeros(3))
    with pytest.warns(RuntimeWarning, match="divide"):
        assert np.isinf(compiled(A.copy(), np.zeros(3))).all()
    with pytest.raises(ValueError, match="broadcast"):
        compiled(A.copy(), np.zeros(4))


@pytest.mark.parametrize("donate", [(2,), "q", ("a", "z"), (-1,), (1.0,)])
def test_what_is_no_argument_cannot_be_donated(donate: Any) -> None:
    with pytest.raises(ArgumentError, match="donate says"):
        gw.compile(crossed, donate=donate)
