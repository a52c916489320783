"""Printed staged source of random programs agrees with the eager sweep, and changes no array behind anybody's back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from source.checking import Case, differences, foul_lines, recorded, run_elsewhere, to_the_bit
from source.programs import write

PROGRAMS = 500


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
