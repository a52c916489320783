"""Printed loops that keep few states: to the bit those that keep all, at any count, in less memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import ArgumentError
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


@pytest.mark.parametrize("recompute", [True, 1, 3])
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
    few = str(circuit.code(recompute=3))
    assert "rounds = range(" in few
    for count in (1, 5, 9):
        demand_same(str(circuit.code()), few, given(f, count))


def test_so_are_those_of_random_loops():
    for seed in range(200, 210):
        at = [dict(zip(NAMES, inputs(seed, n), strict=True)) for n in (5, 9)]
        circuit = gw.circuit(function(drawn(seed).text, seed), **at[0], wrt=WANTED)
        whole, few = str(circuit.code()), str(circuit.code(recompute=2))
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


def test_what_is_no_loop_is_said():
    circuit = gw.circuit("x * y", x=2.0, y=3.0)
    with pytest.raises(ArgumentError, match="recompute= is for loops"):
        circuit.code("notes", recompute=True)
    with pytest.raises(ArgumentError, match="recompute is 0"):
        circuit.code(recompute=0)
    assert "# nothing is computed again: no loop is printed as one" in circuit.code(recompute=True)
