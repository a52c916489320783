"""Every wrong gate is caught by the checks of the registry; those that are not wrong at all are listed with the reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gatewise._gates import NAMES, Gate

from gates.checks import CHECKS
from gates.mutants import Mutant, in_place, mutants_of, unchanged

GATES = list(NAMES.values())

#: Mutants that are the same gate, each with the reason: nothing can tell them from the original.
EQUAL: dict[str, str] = {}


def caught_by(mutant: Mutant) -> tuple[str, str]:
    """The first check that fails on the mutant, and whether by comparing or by an error; empty where all pass."""
    with in_place(mutant):
        for check in CHECKS:
            try:
                check(mutant.gate)
            except AssertionError:
                return check.__name__, "comparison"
            except Exception as error:
                return check.__name__, type(error).__name__
    return "", ""


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_mutants_are_caught(gate: Gate, counted: Callable[..., None]) -> None:
    mutants = list(mutants_of(gate))
    found = {mutant.name: caught_by(mutant) for mutant in mutants}
    escaped = {name for name, (check, _) in found.items() if not check}
    assert escaped == {mutant.name for mutant in mutants} & set(EQUAL)
    by_comparison = sum(how == "comparison" for _, how in found.values())
    by_error = len(found) - len(escaped) - by_comparison
    counted("mutations", mutants=len(found), caught=by_comparison + by_error, caught_by_an_error=by_error, equal=len(escaped))


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)
def test_checks_pass_where_nothing_is_mutated(gate: Gate) -> None:
    if gate.family.name == "stops":
        return  # the only mutation of these changes the family
    for mutant in unchanged(gate):
        assert caught_by(mutant) == ("", ""), mutant.name


def test_list_of_equal_mutants_is_current() -> None:
    assert set(EQUAL) <= {mutant.name for gate in GATES for mutant in mutants_of(gate)}
