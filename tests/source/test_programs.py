"""Printed staged source of random programs agrees with the eager sweep, and changes no array behind anybody's back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import gatewise as gw
from source.checking import Case, differences, foul_lines, recorded, run_elsewhere, to_the_bit
from source.programs import write

PROGRAMS = 250  #: `python tests/fuzz_programs.py` has as many as are asked for


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    folder = tmp_path_factory.mktemp("programs")
    return [recorded(write(seed), folder) for seed in range(PROGRAMS)]


def test_printed_programs_agree_with_eager(cases: list[Case], tmp_path: Path, counted: Callable[..., None]) -> None:
    found, problems = run_elsewhere(cases, tmp_path)
    wrong = {c.program.seed: d for c in cases if (d := list(differences(c, found, problems)))}
    assert not wrong
    exact = sum(to_the_bit(c, found) for c in cases)
    counted(
        "printed programs",
        programs=len(cases),
        to_the_bit=exact,
        on_other_inputs_too=sum(c.elsewhere for c in cases),
        other_branches_refused=sum(c.refused for c in cases),
    )


def test_no_printed_line_changes_an_array_another_name_refers_to(cases: list[Case]) -> None:
    foul = {c.program.seed: found for c in cases if (found := list(foul_lines(c.text, c.runs[0])))}
    assert not foul


def test_what_is_finite_is_asked_once_of_what_many_expressions_share(monkeypatch):
    """Each round of Adam uses both moments twice: asked along every way, the questions double with every round."""
    from gatewise._source import nodes

    def adam(x, lr):
        m, v = 0.0, 0.0
        for t in range(1, 25):
            g = 4 * x**3 - x
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
            x = x - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
        return x * x

    asked = []
    whole = nodes.is_tame
    monkeypatch.setattr(nodes, "is_tame", lambda gate, operands: asked.append(gate) or whole(gate, operands))
    c = gw.circuit(adam, 0.7, 0.01)
    assert str(c.code())
    assert 0 < len(asked) < 30 * len(c.wires)


def never_near_zero(x, y):
    return np.sum(np.maximum(x, 0.0) * y / (1 + np.sum(y**2)))


def perhaps_zero(x, y):
    return np.sum(np.maximum(x, 0.0) * y / np.sum(y**2))


@pytest.mark.parametrize(("f", "product"), [(never_near_zero, True), (perhaps_zero, False)])
def test_a_mask_is_a_product_where_what_is_divided_by_is_never_near_zero(f, product):
    text = gw.circuit(f, np.array([0.5, -1.0]), np.array([1.0, 2.0])).code()
    assert ("* (x > 0.0)" in text) == product
    assert ("np.where(" in text) != product
