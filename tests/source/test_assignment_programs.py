"""Printed source of random programs that write into arrays, views and bases agrees with eager in a fresh process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz_assignment import P, Q, program, text_of

from gatewise._errors import GatewiseError
from source.checking import Case, differences, foul_lines, recorded, run_elsewhere, to_the_bit
from source.programs import Program

#: `python tests/source/test_assignment_programs.py 500` has as many as are asked for.
PROGRAMS = 100


def written(seed: int) -> Program:
    """A program of `fuzz_assignment` as a module; what plain NumPy refuses, and a `try` around it, is left out."""
    source = "import numpy as np\n\n" + text_of(*program(seed), everything=False)
    others = ([0.9 * P + 0.01, Q - 0.02], {})
    return Program(seed, source, ([P, Q], {}), others, None, [([1.02 * P, 1.01 * Q], {})])


def cases_of(seeds: range, folder: Path) -> tuple[list[Case], dict[int, str]]:
    """The programs as recorded and printed, and what was refused of them."""
    found, refused = [], {}
    for seed in seeds:
        try:
            found.append(recorded(written(seed), folder))
        except GatewiseError as error:
            refused[seed] = error.what
    return found, refused


def wrong_in(cases: list[Case], folder: Path) -> dict[int, list[str]]:
    found, problems = run_elsewhere(cases, folder)
    return {c.program.seed: d for c in cases if (d := list(differences(c, found, problems)))}


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    found, refused = cases_of(range(PROGRAMS), tmp_path_factory.mktemp("programs"))
    assert all("view of itself" in said for said in refused.values()), refused
    return found


def test_printed_programs_agree_with_eager(cases: list[Case], tmp_path: Path, counted: Callable[..., None]) -> None:
    assert not wrong_in(cases, tmp_path)
    found, _ = run_elsewhere(cases, tmp_path)
    counted(
        "printed programs that write into arrays",
        programs=len(cases),
        to_the_bit=sum(to_the_bit(c, found) for c in cases),
        on_other_inputs_too=sum(c.elsewhere for c in cases),
        other_branches_refused=sum(c.refused for c in cases),
    )


def test_no_printed_line_changes_an_array_another_name_refers_to(cases: list[Case]) -> None:
    foul = {c.program.seed: found for c in cases if (found := list(foul_lines(c.text, c.runs[0])))}
    assert not foul


def main(many: str = "500", first: str = "0") -> int:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found, refused = cases_of(range(int(first), int(first) + int(many)), Path(folder))
        wrong = wrong_in(found, Path(folder))
    elsewhere = sum(c.elsewhere for c in found)
    print(f"{len(found)} programs printed, {len(refused)} refused, {len(wrong)} wrong; at {elsewhere} other inputs too")
    for seed, said in [*list(wrong.items())[:3], *list(refused.items())[:3]]:
        print(seed, said)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
