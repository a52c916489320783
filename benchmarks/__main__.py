"""Run every benchmark and print one Markdown table."""

from __future__ import annotations

from benchmarks import checkers, compiled, eager, forward, loops, making, numpy_functions, pictures, startup, training
from benchmarks.harness import PEERS, markdown, peers, versions


def main() -> None:
    """Measure, then print, with the versions of everything that the figures depend on."""
    installed, absent = peers()
    rows = eager.against_peers(installed, absent)
    rows += compiled.against_hand(installed)
    rows += making.making()
    rows += eager.chains()
    rows += numpy_functions.beside_peers(installed)
    rows += numpy_functions.makers()
    rows += loops.beside_numpy(installed)
    rows += loops.seen()
    rows += loops.kept()
    rows += forward.pushing()
    rows += forward.whole()
    rows += training.epochs(installed)
    rows += pictures.drawing()
    rows += startup.imports()
    rows += startup.show()
    rows += checkers.checking()
    told = versions(("gatewise", "numpy", *PEERS))
    print(f"Medians of interleaved rounds, of NumPy's functions and of loops the least of them, with {told}.\n")
    print(markdown(rows))
    if absent:
        print(f"\nNot installed, so not compared: {', '.join(absent)}. To compare: pip install 'gatewise[peers]'.")


if __name__ == "__main__":
    main()
