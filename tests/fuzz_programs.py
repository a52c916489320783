"""Print random programs, run them, compare with the eager sweep: python tests/fuzz_programs.py [N [FIRST]].

Prints every program that disagrees by its seed; ends with 1 where there is one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "src")]

from source.checking import Case, differences, foul_lines, recorded, run_elsewhere, to_the_bit  # noqa: E402
from source.programs import write  # noqa: E402

BATCH = 500


def problems_in(seeds: range, folder: Path) -> tuple[list[str], int]:
    """What is wrong with the programs of these seeds, and how many of them agree to the bit."""
    cases: list[Case] = []
    told: list[str] = []
    for seed in seeds:
        try:
            cases.append(recorded(write(seed), folder))
        except Exception as error:
            told.append(f"seed {seed}: {type(error).__name__}: {error}")
    found, failed = run_elsewhere(cases, folder)
    told += [f"{name}: {problem}" for name, problem in failed.items()]
    whole = [case for case in cases if f"printed_{case.program.seed}" not in failed]
    for case in whole:
        told += [
            f"seed {case.program.seed}: {problem}"
            for problem in [*differences(case, found), *foul_lines(case.text, case.runs[0])]
        ]
    return told, sum(to_the_bit(case, found) for case in whole)


def main(count: int, first: int) -> int:
    told, exact = [], 0
    for start in range(first, first + count, BATCH):
        with tempfile.TemporaryDirectory() as folder:
            new, agreeing = problems_in(range(start, min(start + BATCH, first + count)), Path(folder))
        told, exact = told + new, exact + agreeing
        print("\n".join(new), end="\n" if new else "")
    print(f"{count:,} programs printed and run, {exact:,} equal to the eager sweep to the bit, {len(told)} problems")
    return 1 if told else 0


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 5_000, numbers[1] if len(numbers) > 1 else 1_000_000))
