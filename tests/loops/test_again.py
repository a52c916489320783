"""Printed loops that keep few states: to the bit those that keep all, at any count, in less memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError
from gatewise._tensor.binomial import repeated
from loops import manners
from loops.manners import given
from loops.random_loops import NAMES, WANTED, drawn, function, inputs
from loops.test_printing import STUDENTS, run, student


def demand_same(whole: str, few: str, at: dict[str, Any]) -> None:
    """Both texts give the same bits."""
    (value, gradients), (other, others) = run(whole, at), run(few, at)
    assert np.asarray(value).tobytes() == np.asarray(other).tobytes()
    for one, two in zip(gradients, others, strict=True):
        assert np.asarray(one).tobytes() == np.asarray(two).tobytes()


@pytest.mark.parametrize("recompute", [True, 1, 3, gw.Binomial(1), gw.Binomial(3)], ids=str)
@pytest.mark.parametrize("module", STUDENTS)
def test_the_gradients_are_those_of_the_program_that_keeps_all(module, recompute):
    f, inputs_of = student(module)
    circuit = gw.circuit(f, **inputs_of(5))
    few = str(circuit.code(recompute=recompute))
    assert "rounds = range(" in few
    for count in (1, 2, 5, 17):
        demand_same(str(circuit.code()), few, inputs_of(count))


FEW = ("nested", "deep", "stacked_inside", "rev_x", "step2", "decay", "arrays", "begun_otherwise", "before_loop")


@pytest.mark.parametrize("name", FEW)
def test_so_are_those_of_other_manners_of_loops(name):
    f = getattr(manners, name)
    circuit = gw.circuit(f, **given(f, 5))
    whole = str(circuit.code())
    for recompute in (3, gw.Binomial(3)):
        few = str(circuit.code(recompute=recompute))
        assert "rounds = range(" in few
        for count in (1, 5, 9):
            demand_same(whole, few, given(f, count))


def test_so_are_those_of_random_loops():
    for seed in range(200, 210):
        at = [dict(zip(NAMES, inputs(seed, n), strict=True)) for n in (5, 9)]
        circuit = gw.circuit(function(drawn(seed).text, seed), **at[0], wrt=WANTED)
        whole = str(circuit.code())
        for recompute in (2, gw.Binomial(2)):
            few = str(circuit.code(recompute=recompute))
            for each in at[: 1 if "as recorded" in whole or "unrolled" in whole else 2]:
                demand_same(whole, few, each)


def peak(text: str, at: dict[str, Any]) -> int:
    """The memory that a printed program takes beside its inputs, in bytes."""
    namespace: dict[str, Any] = {}
    exec(compile(text, "<printed>", "exec"), namespace)
    printed = next(v for name, v in namespace.items() if name.endswith("_and_gradients"))
    tracemalloc.start()
    printed(**at)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_grows_with_the_square_root_of_the_rounds():
    f, inputs_of = student("heat")
    circuit = gw.circuit(f, **inputs_of(5))
    at = inputs_of(5) | {"u": np.linspace(0.0, 1.0, 2000), "steps": 400}
    whole, few = (peak(str(circuit.code(recompute=r)), at) for r in (False, True))
    assert few < 0.15 * whole


class Counted(list):
    """The states of a printed program, and how many were there at most."""

    most = 0

    def append(self, state: object) -> None:
        super().append(state)
        Counted.most = max(Counted.most, len(self))


def waned(h, rounds):
    for _ in range(rounds):
        h = np.sin(h)
    return h * h


@pytest.mark.parametrize("states", [1, 2, 5])
@pytest.mark.parametrize("rounds", [0, 1, 2, 17, 200])
def test_a_schedule_keeps_no_more_than_it_may_and_runs_no_round_oftener_than_it_must(states, rounds):
    text = str(gw.circuit(waned, 0.7, 40).code(recompute=gw.Binomial(states)))
    assert text.count("states = []") == 1
    assert text.count("h = np.sin(h)\n") == 4  # thrice, and in a comment
    counted = text.replace("states = []", "states = Counted()").replace("np.sin(h)", "sin(h)")
    runs: list[float] = []

    def sin(h: float) -> float:
        runs.append(h)
        return float(np.sin(h))

    Counted.most = 0
    namespace: dict[str, Any] = {"Counted": Counted, "sin": sin}
    exec(compile(counted, "<printed>", "exec"), namespace)
    namespace["waned_and_gradients"](0.7, rounds)
    assert Counted.most <= states
    # One run forward, one that makes what a round's way back needs, and the least that Algorithm 799 says between them.
    assert len(runs) <= 2 * rounds + (repeated(rounds, states) if rounds else 0)


def test_what_is_no_loop_is_said():
    circuit = gw.circuit("x * y", x=2.0, y=3.0)
    with pytest.raises(ArgumentError, match="recompute= is for loops"):
        circuit.code("notes", recompute=True)
    with pytest.raises(ArgumentError, match="recompute is 0"):
        circuit.code(recompute=0)
    assert "# nothing is computed again: no loop is printed as one" in circuit.code(recompute=True)
