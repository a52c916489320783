"""Is this checkout slower than another? `python -m tools.slower ../before 5` runs the rows that both have, in turn.

Each round runs the rows of `ROWS` three times, each time in a process of its own: in the other checkout, here, and in
the other checkout again. The ratio of the other one to itself is what the machine alone makes of a ratio; slower is
what lies beyond it.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
# What a row is called, and the call that gives it; a checkout that lacks one leaves it out.
ROWS = (
    "eager.against_peers({}, [])",
    "eager.chains()",
    "training.epochs({})",
    "pictures.drawing()",
    "startup.imports()",
    "startup.show()",
)
FIGURE = re.compile(r"\d[\d,.]*(?:e[-+]?\d+)?")
MEASURE = """
import importlib, json
rows = []
for call in {calls!r}:
    module = importlib.import_module("benchmarks." + call.partition(".")[0])
    rows += eval(call, {{call.partition(".")[0]: module}})
print(json.dumps([(row.what, row.measured) for row in rows]))
"""


def measured(checkout: Path) -> dict[str, float]:
    """Return the figure of each row, as one checkout gives it in a process of its own."""
    paths = os.pathsep.join((str(checkout / "src"), str(checkout)))
    told = subprocess.run(
        [sys.executable, "-c", MEASURE.format(calls=ROWS)],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
    )
    return {what: number for what, text in json.loads(told.stdout) if (number := figure(text)) is not None}


def figure(text: str) -> float | None:
    """Return the number of a row, without its unit, which is the same in both; None where there is none."""
    found = FIGURE.match(text)
    return float(found[0].replace(",", "")) if found else None


def compared(before: Path, rounds: int) -> list[tuple[str, float, float]]:
    """Return of each row that both checkouts have: its name, this one over the other, and the other over itself."""
    ratios: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(rounds):
        first, here, again = measured(before), measured(HERE), measured(before)
        for what in first.keys() & here.keys() & again.keys():
            ratios[what].append((2 * here[what] / (first[what] + again[what]), again[what] / first[what]))
    return [(what, *(statistics.median(column) for column in zip(*found))) for what, found in sorted(ratios.items())]


def main() -> None:
    """Print the table."""
    before, rounds = Path(sys.argv[1]).resolve(), int(sys.argv[2])
    print("| measured | this checkout / the other | the other / itself |\n| --- | --- | --- |")
    for what, ratio, spread in compared(before, rounds):
        print(f"| {what} | {ratio:.2f} | {spread:.2f} |")


if __name__ == "__main__":
    main()
