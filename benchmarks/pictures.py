"""What drawing takes: a circuit of a thousand gates with nothing folded, and the same folded as usual."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.harness import Row, at_most, interleaved
from gatewise._views.picture import picture


def inside_a_call() -> dict[str, Any]:
    """Return the record of a circuit of 1,000 gates that all stand in one call of a function."""

    def loop(x: float) -> Any:
        for number in range(500):
            x = np.sin(x) + number * 0.001 if number % 7 in (1, 2, 4) else np.cos(x) - number * 0.001
        return x

    record: dict[str, Any] = json.loads(gw.circuit(lambda x: loop(x), 1.0).to_json())
    assert len(record["forward"]) == 1000
    return record


def thousand() -> dict[str, Any]:
    """Return the record of a circuit of 1,000 gates with forks and long wires; a loop would be drawn as one round."""
    lines = ["h0 = x"] + [f"h{number + 1} = tanh(w * h{number} + b) + x * h{number}" for number in range(200)]
    record: dict[str, Any] = json.loads(gw.circuit("; ".join(lines), w=0.9, x=0.5, b=0.1).to_json())
    assert len(record["forward"]) == 1000
    return record


def drawing(rounds: int = 5) -> list[Row]:
    """Return what one picture takes, from the record to the text of the SVG."""
    record, called = thousand(), inside_a_call()
    seconds = interleaved(
        rounds,
        1,
        unfolded=lambda: picture(record, fold=False),
        folded=lambda: picture(record),
        called=lambda: picture(called, fold=False),
    )
    return [
        at_most("picture of 1,000 gates, nothing folded", seconds["unfolded"], 1, " s"),
        at_most("picture of the same, folded as usual", seconds["folded"], 1, " s"),
        at_most("picture of 1,000 gates inside a call, nothing folded", seconds["called"], 1, " s"),
    ]
