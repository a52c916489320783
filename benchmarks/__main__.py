"""Run every benchmark; benchmarks/results.md has each row as soon as it is measured."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    checkers,
    compiled,
    eager,
    forward,
    loops,
    making,
    numpy_functions,
    pictures,
    sequences,
    startup,
    training,
)
from benchmarks.harness import PEERS, Row, markdown, peers, versions

RESULTS = Path(__file__).with_name("results.md")


def written(head: str, groups: Mapping[str, Callable[[], list[Row]]], path: Path) -> list[str]:
    """Measure group after group, and write the table anew after each; return the names of those that failed.

    A group that fails is a row that says so, and takes no other with it.
    """
    rows: list[Row] = []
    failed = []
    for name, group in groups.items():
        try:
            found = group()
        except Exception as error:
            traceback.print_exc()
            failed.append(name)
            found = [Row(name, f"failed: {type(error).__name__}", held=False)]
        rows += found
        print(markdown(found), flush=True)
        path.write_text(f"{head}\n\n{markdown(rows)}\n", encoding="utf-8")
    return failed


def main() -> int:
    """Measure, with the versions of everything that the figures depend on; 1 where a group failed."""
    installed, absent = peers()
    groups: dict[str, Callable[[], list[Row]]] = {
        "staged function": lambda: eager.against_peers(installed, absent),
        "compiled floats": lambda: compiled.floats(installed),
        "compiled elementwise": lambda: compiled.elementwise(installed),
        "compiled two-layer step": compiled.nets,
        "making": making.making,
        "sequences": lambda: sequences.running(installed),
        "chains": eager.chains,
        "NumPy's functions": lambda: numpy_functions.beside_peers(installed),
        "array makers": numpy_functions.makers,
        "loops": lambda: loops.beside_numpy(installed),
        "loops seen": loops.seen,
        "loops kept": loops.kept,
        "forward": forward.pushing,
        "whole derivatives": forward.whole,
        "training": lambda: training.epochs(installed),
        "pictures": pictures.drawing,
        "import": startup.imports,
        "show": startup.show,
        "checkers": checkers.checking,
    }
    told = versions(("gatewise", "numpy", *PEERS))
    head = f"Medians of interleaved rounds, of NumPy's functions and of loops the least of them, with {told}."
    if absent:
        head += f"\n\nNot installed, so not compared: {', '.join(absent)}. To compare: pip install 'gatewise[peers]'."
    failed = written(head, groups, RESULTS)
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
