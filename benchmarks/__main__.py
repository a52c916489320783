"""Run every benchmark and print one Markdown table."""

from __future__ import annotations

from benchmarks import checkers, eager, pictures, startup, training
from benchmarks.harness import PEERS, markdown, peers, versions


def main() -> None:
    """Measure, then print: medians, with the versions of everything they depend on."""
    installed, absent = peers()
    rows = eager.against_peers(installed, absent)
    rows += eager.chains()
    rows += training.epochs(installed)
    rows += pictures.drawing()
    rows += startup.imports()
    rows += startup.show()
    rows += checkers.checking()
    print(f"Medians, interleaved, with {versions(('gatewise', 'numpy', *PEERS))}.\n")
    print(markdown(rows))
    if absent:
        print(f"\nNot installed, so not compared: {', '.join(absent)}. To compare: pip install 'gatewise[peers]'.")


if __name__ == "__main__":
    main()
