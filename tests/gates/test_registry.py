"""Every gate of the registry passes every check; no gate is named here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gates.cases import LEAST, cases_of, good_cases
from gates.checks import CHECKS, Check, differentiable, printed_code_is_eager
from gates.differences import has_complex_loop
from gatewise._gates import NAMES, Gate

GATES = list(NAMES.values())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_gate(gate: Gate, check: Check, counted: Callable[..., None]) -> None:
    counted("registry", checked_cases=check(gate))


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_printed_code_is_eager(gate: Gate, counted: Callable[..., None]) -> None:
    counted("registry", checked_cases=printed_code_is_eager(gate))


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_gate_is_tried(gate: Gate, counted: Callable[..., None]) -> None:
    assert len(good_cases(gate)) >= LEAST, "too few cases that NumPy answers: give the declaration a sample"
    cases = differentiable(gate)
    by_complex_step = bool(cases) and has_complex_loop(cases[0])
    counted("registry", gates=1, calls=len(cases_of(gate)), gates_by_complex_step=by_complex_step)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_gate_says_what_it_does(gate: Gate) -> None:
    assert gate.doc.endswith("."), "a gate's docstring is the sentence a teacher would say"
