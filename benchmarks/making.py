"""How long a compiled function takes to be made, by its parts: python -m benchmarks.making [GATES ...]."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.harness import Row
from gatewise._compile import collecting, natives, paths, recording, surroundings
from gatewise._program import values_of

LENGTHS = (1_000, 10_000)  #: gates of a chain
STEPS = (16, 128)  #: of the LSTM
CELLS = 14


def chain(gates: int) -> Callable[..., Any]:
    """Return a function of so many gates on one small array."""

    def f(x: Any) -> Any:
        for _ in range(gates // 2):
            x = np.tanh(x) * 1.0001
        return np.sum(x)

    return f


def cell(weight: Any, bias: Any, hidden: Any, state: Any, x: Any) -> Any:
    """Compute one cell of the LSTM of GradBench, whose weights are diagonal."""
    n = len(hidden)
    gates = np.concatenate((x, hidden, x, hidden)) * weight + bias
    forget, take, give = (1.0 / (1.0 + np.exp(-gates[k * n : (k + 1) * n])) for k in range(3))
    state = state * forget + take * np.tanh(gates[3 * n :])
    return give * np.tanh(state), state


def lstm(main: Any, extra: Any, states: Any, sequence: Any) -> Any:
    """Compute its loss over a sequence, the loop as one writes it."""
    states, total = [states[i] for i in range(len(states))], 0.0
    for k in range(len(sequence) - 1):
        x, gold = sequence[k], sequence[k + 1]
        y = x * extra[0]
        for i in range(0, len(states), 2):
            states[i], states[i + 1] = cell(main[i], main[i + 1], states[i], states[i + 1], y)
            y = states[i]
        y = y * extra[1] + extra[2]
        total = total + np.sum(gold * (y - np.log(np.sum(np.exp(y)) + 2)))
    return -total / ((len(sequence) - 1) * CELLS)


def given(steps: int) -> tuple[Any, ...]:
    """Return the arguments of the LSTM of two layers."""
    draw = np.random.default_rng(0)
    shapes = (4, 4 * CELLS), (3, CELLS), (4, CELLS)
    return *(0.3 * draw.normal(size=shape) for shape in shapes), draw.integers(0, 2, (steps + 1, CELLS)).astype(float)


def parts(f: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, float]:
    """Return the seconds of each part of a first call, and the number of operations under `operations`."""
    seconds: dict[str, float] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        seconds[name] = time.perf_counter() - start

    with collecting.resting:
        with timed("eager"):
            eager = f(*args)
        with timed("recording and reversing"):
            recorded = recording.program_of_run(f, args, {})
        with timed("passes"):
            program, passes = paths.improved(recorded.program, exact=False)
        with timed("values"):
            values = values_of(program, args)
        with timed("native code"):
            native = natives.natives_of(program, values, paths.outputs_of(program), set())
        taken = paths.Taken(args, args, values, eager, False, frozenset())
        path = paths.Path(program, surroundings.Surroundings(f), recorded.lines, passes, "_0")
        with timed("writing and Python's compile"):
            paths.write_source(path, recorded, taken, set(), native)
        with timed("run"):
            assert np.allclose(path.run(*args)[0], eager[0])
    return seconds | {"operations": len(recorded.program.ops)}


def rows_of(what: str, f: Callable[..., Any], args: tuple[Any, ...]) -> list[Row]:
    """Return a row for each part: microseconds an operation, backward ones counted, and one for all in seconds."""
    seconds = parts(f, args)
    count = seconds.pop("operations")
    told = [
        Row(f"{what}, {count:,} operations, {name}", f"{s / count * 1e6:.1f} us each") for name, s in seconds.items()
    ]
    return [*told, Row(f"{what}, together", f"{sum(seconds.values()):.2f} s")]


def making(lengths: tuple[int, ...] = LENGTHS, steps: tuple[int, ...] = STEPS) -> list[Row]:
    """Return the rows of chains and of the LSTM."""
    start = np.ones(4)
    parts(gw.value_and_grad(chain(10)), (start,))  # rules are derived on their first use
    parts(gw.value_and_grad(lstm, argnums=(0, 1)), given(3))
    rows: list[Row] = []
    for n in lengths:
        rows += rows_of(f"a chain of {n:,} gates", gw.value_and_grad(chain(n)), (start,))
    for n in steps:
        rows += rows_of(f"an LSTM of {n:,} steps", gw.value_and_grad(lstm, argnums=(0, 1)), given(n))
    return rows


if __name__ == "__main__":
    asked = tuple(map(int, sys.argv[1:]))
    for row in making(asked, ()) if asked else making():
        print(f"{row.what:75s} {row.measured}")
