"""Every wrong gate is caught by the checks of the registry; those that are not wrong are listed with the reason."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable

import pytest

from gates.checks import CHECKS, Check
from gates.mutants import Mutant, in_place, mutants_of, unchanged
from gatewise._gates import NAMES, Gate

GATES = list(NAMES.values())

#: Mutants that are the same gate, each with the reason: nothing can tell them from the original.
EQUAL = {
    f"{name}: {mutant}": reason
    for reason, names, mutants in (
        (
            "tangents are written into arrays in a way of its own, which tests/engine/test_forward.py holds",
            "assign",
            ["dropped mask, not read forward", "dropped mask, not passed on forward"],
        ),
        ("both inputs get the same", "add", ["swapped operands, x and y"]),
        ("nothing goes back to the condition", "where", ["sign, chosen", "factor 1 + 1e-5, chosen"]),
        ("nothing goes back to the number that only gives its sign", "copysign", ["sign, y", "factor 1 + 1e-5, y"]),
        ("nothing goes back to the array that only gives its shape", "full_like", ["sign, x", "factor 1 + 1e-5, x"]),
        (
            "nothing is compared",
            "where getitem assign",
            ["wrong tie share, all of it to both", "wrong tie share, won from a constant"],
        ),
        ("the other side is a constant, so that no two wires tie", "relu", ["wrong tie share, all of it to both"]),
        (
            "no operand is broadcast",
            "outer concatenate stack affine batch_norm conv2d conv2d_input conv2d_weight max_pool2d_input "
            "max_pool2d_picked sliding_window_view",
            ["missing un-broadcast", "missing un-broadcast, the first is taken"],
        ),
        (
            "its ties are shared by a gate of its own, which a witness of max_pool2d holds, not by what these spoil",
            "max_pool2d",
            ["wrong tie share, all of it to both", "wrong tie share, won from a constant"],
        ),
        (
            "nothing goes back to the images, which only say where the largest entries are",
            "max_pool2d_input max_pool2d_picked",
            ["sign, x", "factor 1 + 1e-5, x"],
        ),
        (
            "entries go by their places in the order, which tied ones have too",
            "sort partition",
            ["wrong tie share, all of it to both", "wrong tie share, won from a constant"],
        ),
        (
            "the rule itself adds up what was repeated or met several others",
            "lstsq tensordot vdot kron tile repeat trace convolve multivariate_normal_pdf multivariate_normal_logpdf",
            ["missing un-broadcast", "missing un-broadcast, the first is taken"],
        ),
        (
            "the one axis that is added is that of a single number, and has length 1",
            "cumsum",
            ["missing un-broadcast, the first is taken"],
        ),
        ("the way back goes by the shape alone", "squeeze", ["wrong axis"]),
        ("each local gradient needs its own operand and the output alone", "hypot", ["saved without a copy"]),
        (
            "the output is a truth value or a whole number, to which no gradient comes",
            "greater greater_equal less less_equal equal not_equal isclose logical_and logical_or logical_xor "
            "logical_not bitwise_and bitwise_or bitwise_xor invert isfinite isinf isnan signbit any all argmax argmin "
            "argsort argpartition searchsorted",
            ["leak"],
        ),
    )
    for name in names.split()
    for mutant in mutants
}


#: `make mutants` runs all of them. Here stands every third one of a gate, in turn with its neighbours; those that are
#: the same gate pass every check, which takes most of the time.
ALL = os.environ.get("GATEWISE_MUTANTS") == "all"

#: For each mutation the checks, the one that caught such a mutant last at the head.
LIKELY: defaultdict[str, list[Check]] = defaultdict(lambda: list(CHECKS))


def caught_by(mutant: Mutant) -> tuple[str, str]:
    """A check that fails on the mutant, and whether by comparing or by an error; empty where all pass."""
    likely = LIKELY[mutant.mutation]
    with in_place(mutant):
        for check in likely:
            try:
                check(mutant.gate)
            except Exception as error:
                likely.insert(0, likely.pop(likely.index(check)))
                return check.__name__, "comparison" if isinstance(error, AssertionError) else type(error).__name__
    return "", ""


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_mutants_are_caught(gate: Gate, counted: Callable[..., None]) -> None:
    mutants = list(mutants_of(gate))
    if not ALL:
        mutants = [mutant for mutant in mutants[GATES.index(gate) % 3 :: 3] if mutant.name not in EQUAL]
    found = {mutant.name: caught_by(mutant) for mutant in mutants}
    escaped = {name for name, (check, _) in found.items() if not check}
    assert escaped == {mutant.name for mutant in mutants} & set(EQUAL)
    by_comparison = sum(how == "comparison" for _, how in found.values())
    by_error = len(found) - len(escaped) - by_comparison
    counted(
        "mutations",
        mutants=len(found),
        caught=by_comparison + by_error,
        caught_by_an_error=by_error,
        equal=len(escaped),
    )


@pytest.mark.parametrize(
    "gate", GATES if ALL else GATES[::25], ids=lambda gate: gate.name
)  # the registry's test has all, as they are
def test_checks_pass_where_nothing_is_mutated(gate: Gate) -> None:
    if gate.family.name == "stops":
        return  # the only mutation of these changes the family
    assert caught_by(unchanged(gate)) == ("", "")


def test_list_of_equal_mutants_is_current() -> None:
    assert set(EQUAL) <= {mutant.name for gate in GATES for mutant in mutants_of(gate)}
