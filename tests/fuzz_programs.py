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


def problems_in(seeds: range, folder: Path) -> tuple[list[str], tuple[int, int, int]]:
    """What is wrong with the programs of these seeds; how many agree to the bit, elsewhere too, refuse elsewhere."""
    cases: list[Case] = []
    told: list[str] = []
    for seed in seeds:
        try:
            cases.append(recorded(write(seed), folder))
        except Exception as error:
            told.append(f"seed {seed}: {type(error).__name__}: {error}")
    found, problems = run_elsewhere(cases, folder)
    for case in cases:
        told += [
            f"seed {case.program.seed}: {problem}"
            for problem in [*differences(case, found, problems), *foul_lines(case.text, case.runs[0])]
        ]
    whole = [case for case in cases if f"printed_{case.program.seed}" not in problems]
    counts = [to_the_bit(case, found) for case in whole]
    return told, (sum(counts), sum(case.elsewhere for case in cases), sum(case.refused for case in cases))


def main(count: int, first: int) -> int:
    told, counts = [], (0, 0, 0)
    for start in range(first, first + count, BATCH):
        with tempfile.TemporaryDirectory() as folder:
            new, more = problems_in(range(start, min(start + BATCH, first + count)), Path(folder))
        told, counts = told + new, tuple(map(sum, zip(counts, more, strict=True)))
        print("\n".join(new), end="\n" if new else "")
    exact, elsewhere, refused = counts
    print(f"{count:,} programs printed and run, {exact:,} equal to the eager sweep to the bit, {len(told)} problems")
    print(
        f"at other inputs: {elsewhere:,} runs on the same path, {refused:,} on another, which the program must refuse"
    )
    return 1 if told else 0


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    sys.exit(main(numbers[0] if numbers else 5_000, numbers[1] if len(numbers) > 1 else 1_000_000))
