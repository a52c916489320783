"""Each pass alone: what it leaves of a program, and that what is left gives the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._compile.recording import input_leaves, program_of_run
from gatewise._program import PASSES, Program, evaluate
from gatewise._program.rewriting import Pass

NAN, INF = np.nan, np.inf
PASS: dict[str, Pass] = {each.name: each for each in PASSES}
DRAW = np.random.default_rng(0)
X, Y = np.array([0.5, -1.5, 3.0]), np.array([2.0, 0.25, -1.0])
S, L = DRAW.normal(size=(4, 3)), np.array([0, 2, 1, 0])


def relu(x: Any) -> Any:
    return np.sum(np.cos(np.maximum(x, 0)) * Y)


def cross_entropy(s: Any, y: Any) -> Any:
    s = s - np.max(s, axis=1, keepdims=True)
    return -np.mean(s[np.arange(4), y] - np.log(np.sum(np.exp(s), axis=1)))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


#: By pass: a function, its arguments, the passes before it, how many operations of a gate it takes away or brings.
CASES: dict[str, tuple[Any, tuple[Any, ...], list[str], dict[str, int]]] = {
    "numbers folded": (gw.grad(lambda x: np.sum(x[1:] * 2) * 3.0), (X,), [], {}),
    "spread numbers": (gw.grad(lambda x: np.sum(np.sin(x))), (X,), [], {}),
    "identities": (gw.grad(lambda x: np.sum(np.sin(x))), (X,), ["spread numbers"], {"multiply": -1}),
    "switches": (gw.grad(relu), (X,), [], {"multiply": -1, "not_equal": -1}),
    "round trips": (gw.grad(lambda x: relu(x) * 1), (X.astype(np.float32),), ["switches"], {}),
    "shares": (gw.grad(cross_entropy), (S, L), ["spread numbers"], {"softmax": -1, "divide": 1, "isfinite": -1}),
    "shifts": (gw.grad(cross_entropy), (S, L), ["spread numbers", "shares"], {"equal": -1, "add": -1}),
    "doubles": (gw.grad(lambda x: 0.25 * np.sum(x * x)), (X,), ["spread numbers", "identities"], {"add": -1}),
    "squares": (lambda x: x**2, (X,), [], {"power": -1, "multiply": 1}),
    "common subexpressions": (lambda x, y: x * y + y * x, (X, Y), [], {"multiply": -1}),
    "shared quotients": (
        gw.value_and_grad(lambda x: 1.0 / x),
        (1.5,),
        ["identities", "squares"],
        {"divide": -1, "negative": 1},
    ),
    "second quotients": (
        gw.value_and_grad(sigmoid),
        (0.75,),
        ["identities", "common subexpressions", "shared quotients"],
        {"reciprocal": -2, "add": -1, "multiply": 1},
    ),
    "parts in their places": (
        gw.grad(lambda x: np.sum(np.sin(x[1:]) * x[:-1]) * x[0]),
        (X,),
        [],
        {"add": -2, "add_at": 2},
    ),
    "dead code": (lambda x: (np.sin(x), x * 2)[1], (X,), [], {}),
}


def recorded(f: Any, args: tuple[Any, ...], before: list[str]) -> tuple[Program, dict[str, Any]]:
    program = program_of_run(f, args, {}).program
    for name in before:
        program = PASS[name].of(program)
    return program, dict(zip([i.name for i in program.inputs], input_leaves(args, {}), strict=True))


@pytest.mark.parametrize("name", PASS)
def test_a_pass_does_what_it_says_and_gives_the_same(name: str) -> None:
    f, args, before, change = CASES[name]
    program, given = recorded(f, args, before)
    after = PASS[name].of(program)
    counts = Counter(op.gate for op in after.ops)
    counts.subtract(Counter(op.gate for op in program.ops))
    assert change.items() <= dict(counts).items(), dict(counts)
    for scale in (1.0, -2.0, 30.0):
        moved = {k: x * scale if np.asarray(x).dtype.kind == "f" else x for k, x in given.items()}
        demand_equal(after, program, moved, exact=not PASS[name].rounds)


def demand_equal(after: Program, program: Program, given: dict[str, Any], exact: bool) -> None:
    have, want = evaluate(after, given), evaluate(program, given)
    for key, value in want.items():
        close = np.array_equal if exact else lambda a, b, **_: np.allclose(a, b, rtol=0, atol=1e-14 * np.max(np.abs(b)))
        assert close(have[key], value, equal_nan=True), (key, have[key], value)


@pytest.mark.parametrize("x", [[NAN, 1.0, -1.0], [INF, -INF, 2.0], [0.0, -0.0, NAN]])
def test_what_a_switch_sends_is_exact_at_the_edges(x: list[float]) -> None:
    program, _ = recorded(gw.grad(relu), (X,), [])
    assert len(PASS["switches"].of(program).ops) < len(program.ops)
    demand_equal(PASS["switches"].of(program), program, {"x0": np.array(x)}, exact=True)


def test_a_softmax_that_was_not_shifted_stays_one() -> None:
    """Its exponentials may all be 0 or beyond all numbers, where the softmax is neither."""

    def unshifted(s: Any, y: Any) -> Any:
        return -np.mean(s[np.arange(4), y] - np.log(np.sum(np.exp(s), axis=1)))

    program, _ = recorded(gw.grad(unshifted), (S, L), ["spread numbers"])
    assert [op.gate for op in PASS["shares"].of(program).ops].count("softmax") == 1
    far = gw.compile(gw.grad(unshifted))
    for s in (S, S - 740.0, S + 800.0, S):
        with np.errstate(all="ignore"):
            assert np.allclose(far(s, L), gw.grad(unshifted)(s, L), equal_nan=True)


def test_a_shift_whose_rows_do_not_add_up_to_nothing_stays() -> None:
    def uneven(s: Any, y: Any) -> Any:
        s = s - np.max(s, axis=1, keepdims=True)
        return -np.mean(2.0 * s[np.arange(4), y] - np.log(np.sum(np.exp(s), axis=1)))

    program, _ = recorded(gw.grad(uneven), (S, L), ["spread numbers", "shares"])
    assert len(PASS["shifts"].of(program).ops) == len(program.ops)
    assert np.allclose(gw.compile(gw.grad(uneven))(S, L), gw.grad(uneven)(S, L), rtol=1e-13)


def test_zeros_with_signs_and_other_dtypes_are_kept_apart() -> None:
    for f in (lambda x: x * np.array([0.0, -0.0, 0.0]), lambda x: x + np.zeros(3), lambda x: x * np.ones(3, int)):
        for x in (X, -X, X.astype(np.float32), np.array([-0.0, 0.0, NAN])):
            have, want = gw.compile(f)(x), f(x)
            assert have.dtype == want.dtype
            assert have.tobytes() == want.tobytes()
