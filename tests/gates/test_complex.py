"""Complex numbers: what a gate that takes them sends back is the slope along the real and the imaginary axis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gates.cases import Case, good_cases, quietly
from gatewise._errors import ComplexGradientError
from gatewise._gates import NAMES, Gate

TAKES = [gate for gate in NAMES.values() if gate.family.name != "stops" and (gate.analytic or gate.complex)]
REFUSES = [gate for gate in NAMES.values() if gate.family.name != "stops" and not (gate.analytic or gate.complex)]


def complex_cases(gate: Gate) -> list[Case]:
    """Calls with complex numbers in the place of floats, those that NumPy answers."""
    found = []
    for n, case in enumerate(case for case in good_cases(gate) if case.places):
        rng = np.random.default_rng(n)
        moved = [np.asarray(x) + 1j * rng.uniform(0.2, 0.6, np.shape(x)) for x in case.values]
        other = Case(gate, case.filled([x if x.ndim else complex(x) for x in moved]), case.kwargs)
        other.__dict__["places"] = case.places
        other.__dict__["values"] = [x if x.ndim else complex(x) for x in moved]
        if other.refusal is None and np.all([np.all(np.isfinite(part)) for part in parts(other.out)]):
            found.append(other)
    return found[:: max(1, len(found) // 8)]


def parts(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (tuple, list)) else [out]


def loss_of(case: Case) -> Any:
    """One real number that every part of the result counts in."""
    rng = np.random.default_rng(7)
    weights = [rng.normal(size=np.shape(p)) + 1j * rng.normal(size=np.shape(p)) for p in parts(case.out)]

    def loss(*values: Any) -> Any:
        found = parts(case.applied(*values))
        return sum(np.sum(np.real(w * p)) for w, p in zip(weights, found, strict=True))

    return loss


@pytest.mark.parametrize("gate", TAKES, ids=lambda gate: gate.name)
def test_the_slope_along_both_axes(gate: Gate) -> None:
    for case in complex_cases(gate):
        loss = loss_of(case)
        found = quietly(gw.grad(loss, range(len(case.values))), *case.values)
        for k, (g, x) in enumerate(zip(found, case.values, strict=True)):
            want = np.zeros(np.shape(x), complex)
            for place in np.ndindex(np.shape(x)):
                for direction in (1, 1j):
                    want[place] += direction * slope(loss, case.values, k, place, direction)
            np.testing.assert_allclose(g, want, rtol=2e-7, atol=2e-7, err_msg=str(case))


def slope(loss: Any, values: Any, k: int, place: Any, direction: complex) -> float:
    steps = []
    for h in (2e-3, 1e-3):
        ends = []
        for sign in (1, -1):
            moved = [np.array(x) for x in values]
            moved[k][place] += sign * h * direction
            ends.append(quietly(loss, *(x if np.ndim(x) else complex(x) for x in moved)))
        steps.append((ends[0] - ends[1]) / (2 * h))
    return float((4 * steps[1] - steps[0]) / 3)


@pytest.mark.parametrize("gate", REFUSES, ids=lambda gate: gate.name)
def test_a_rule_for_real_numbers_is_not_used_for_complex_ones(gate: Gate) -> None:
    for case in complex_cases(gate)[:2]:
        with pytest.raises(ComplexGradientError):
            quietly(gw.grad(loss_of(case), range(len(case.values))), *case.values)
