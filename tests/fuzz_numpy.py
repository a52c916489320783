"""Random programs over most of NumPy, against JAX or differences: `python tests/fuzz_numpy.py [how many] [first seed]`.

Values must be NumPy's, gradients JAX's where it is installed and says the same and those of differences elsewhere;
forward, reverse and all orders of nesting must agree, and full Hessians be symmetric. Beside every tenth stands a
program on a kink, which passes what docs/subgradients.md says. Every disagreement is printed as the smallest program
that shows it; ends with 1 where there is one. `--jax N` asks JAX about every Nth program, 0 about none: it takes
about a third of a second for each.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent / "src")]

from numpy_programs.judging import Verdict, judged  # noqa: E402
from numpy_programs.kinks import kinks_found  # noqa: E402
from numpy_programs.shrinking import shrunk  # noqa: E402
from numpy_programs.writing import Program, write  # noqa: E402

Peer = Callable[[Program], Any]


def peer_here() -> Peer | None:
    """JAX's gradients, where it is installed."""
    try:
        from numpy_programs.in_jax import gradients
    except ImportError:
        return None
    return gradients


def found_in(seeds: range, peer: Peer | None, every: int = 1) -> Iterator[tuple[Program, Verdict]]:
    """The program of each seed, and what became of it."""
    for seed in seeds:
        program = write(seed)
        yield program, judged(program, peer=peer if every and seed % every == 0 else None)


def told(program: Program, verdict: Verdict, peer: Peer | None) -> str:
    """The smallest program that goes wrong in the same way, with what is wrong with it."""
    small = shrunk(program, lambda smaller: judged(smaller, peer=peer).kind == verdict.kind)
    text = small.text[small.text.index("def f(") :]
    return f"seed {program.seed}: {'; '.join(verdict.problems)}\n{small.inputs}\n{text}"


def main() -> int:
    options = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    options.add_argument("many", nargs="?", type=int, default=1000)
    options.add_argument("first", nargs="?", type=int, default=0)
    options.add_argument("--jax", type=int, default=1, metavar="N")
    given = options.parse_args()
    counts: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    peer = peer_here()
    for program, verdict in found_in(range(given.first, given.first + given.many), peer, given.jax):
        counts[verdict.kind] += 1
        notes.update({note.partition(": ")[0] if note.startswith("peer: ") and note[6:10] != "said" else note
                      for note in verdict.notes})  # fmt: skip
        if verdict.problems:
            print(told(program, verdict, peer if given.jax else None), flush=True)
    bent = list(kinks_found(range(given.first // 10, (given.first + given.many) // 10)))
    print("\n".join(bent), end="\n" * bool(bent))
    print(f"{given.many:,} programs: {dict(counts)}")
    print(f"compared: {dict(notes)}; on kinks: {given.many // 10:,} programs, {len(bent)} wrong")
    return int(bool(bent) or counts.total() > counts["right"] + counts["refused"])


if __name__ == "__main__":
    sys.exit(main())
