"""A circuit of a million gates: recorded, differentiated, printed and freed at Python's own recursion limit.

Takes about three minutes and 4 GB: python -m benchmarks.million [GATES]
"""

from __future__ import annotations

import gc
import sys
import time

import gatewise as gw
from gatewise._board import frozen_of
from gatewise._transforms import gradients

GATES = 1_000_000


def chain(x, half):
    """Two gates a turn."""
    z = x
    for _ in range(half):
        z = z * 0.999 + x
    return z


def main() -> None:
    """Print how long each part took; raise where a number or a count is wrong."""
    gates = int(sys.argv[1]) if len(sys.argv) > 1 else GATES
    times = [time.perf_counter()]
    circuit = gw.circuit(chain, x=1.0, half=gates // 2, wrt="x")
    times.append(time.perf_counter())
    found, events = gradients(frozen_of(circuit))
    assert len(events) == gates + 1, len(events)  # one visit a gate, and the input's
    slope = found[frozen_of(circuit).wanted[0].wire]
    assert abs(slope - gw.grad(chain)(1.0, gates // 2)) <= 1e-12 * abs(slope)
    times.append(time.perf_counter())
    text = circuit.code()
    times.append(time.perf_counter())
    lines = text.count("\n")
    gc.collect()
    gc.disable()
    del circuit, found, events, text
    times.append(time.perf_counter())
    assert gc.collect() == 0
    parts = ("recorded", "differentiated twice", f"printed, {lines:,} lines", "freed by reference counting")
    print(f"{gates:,} gates, recursion limit {sys.getrecursionlimit()}")
    for part, start, end in zip(parts, times, times[1:], strict=False):
        print(f"  {part}: {end - start:.1f} s")


if __name__ == "__main__":
    main()
