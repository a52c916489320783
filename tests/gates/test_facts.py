"""What a declaration says beside the rule, held against the function."""

from __future__ import annotations

import numpy as np
import pytest

from gatewise._gates import NAMES, Gate

OF_TWO = [g for g in NAMES.values() if g.arity == 2 and isinstance(g.function, np.ufunc) and g.by_entry and not g.path]


@pytest.mark.parametrize("gate", OF_TWO, ids=lambda gate: gate.name)
def test_operands_change_places_where_the_declaration_says_so(gate: Gate) -> None:
    one, other = np.meshgrid(np.linspace(*gate.domain, 7), np.linspace(*gate.domain, 5))
    if gate.sample and not np.issubdtype(np.asarray(gate.sample[0][0][0]).dtype, np.floating):
        one, other = (x > x.mean() for x in (one, other))
    same = np.array_equal(gate.call(one, other), gate.call(other, one), equal_nan=True)
    assert gate.commutes == same


def test_a_gate_whose_operands_commute_has_two() -> None:
    assert all(gate.arity == 2 for gate in NAMES.values() if gate.commutes)


def test_gates_that_are_mistaken_for_one_another_say_so_both() -> None:
    mistaken = {gate.name: gate.mistaken for gate in NAMES.values() if gate.mistaken is not None}
    assert mistaken["sin"] == "cos"
    assert all(mistaken[other] == name for name, other in mistaken.items())
