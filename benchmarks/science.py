"""What value and gradient of the codes in examples/science take beside the value: `python -m benchmarks.science`."""

from __future__ import annotations

import inspect
import runpy
from pathlib import Path
from typing import Any

import gatewise as gw
from benchmarks.harness import interleaved, seconds_of, versions
from gatewise._board import frozen_of

FOLDER = Path(__file__).parent.parent / "examples" / "science"
HEAD = ("code", "lines", "gates", "value, ms", "value and gradient, ms", "ratio")


def row(path: Path, rounds: int = 5) -> tuple[str, ...]:
    """Return a code's cells: its lines and gates, the time of its loss, and of loss and gradient beside it.

    A code that gatewise cannot differentiate as it stands says so in place of figures.
    """
    names = runpy.run_path(str(path), run_name=path.stem)
    loss, args = names["loss"], names["problem"]()
    label = f"[{path.stem}](../examples/science/{path.name})"
    lines = str(len(path.read_text(encoding="utf-8").splitlines()))
    both = gw.value_and_grad(loss)
    try:
        gates = gates_of(loss, *args)
        calls = max(1, int(0.02 / seconds_of(lambda: loss(*args))))  # a round of the value takes a moment
        seconds = interleaved(rounds, calls, plain=lambda: loss(*args), both=lambda: both(*args))
    except gw.GatewiseError as error:
        return label, lines, f"not as it stands: `{type(error).__name__}`", "", "", ""
    milliseconds = {name: 1000 * taken for name, taken in seconds.items()}
    ratio = seconds["both"] / seconds["plain"]
    return label, lines, f"{gates:,}", f"{milliseconds['plain']:.3g}", f"{milliseconds['both']:.3g}", f"{ratio:.3g}"


def gates_of(loss: Any, *args: Any) -> int:
    """Return how many gates a loss goes through."""
    first = next(iter(inspect.signature(loss).parameters))
    return len(frozen_of(gw.circuit(loss, *args, wrt=first)).steps)


def main() -> None:
    """Measure every code and print one Markdown table."""
    print(f"Medians, interleaved, one thread, with {versions(('gatewise', 'numpy'))}.\n")
    print("| " + " | ".join(HEAD) + " |")
    print("| --- " * len(HEAD) + "|")
    for path in sorted(FOLDER.glob("*.py")):
        print("| " + " | ".join(row(path)) + " |", flush=True)


if __name__ == "__main__":
    main()
