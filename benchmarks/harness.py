"""Timing that a slow minute of the machine cannot bend, and the table it is printed in."""

from __future__ import annotations

import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

PEERS = ("torch", "jax", "autograd", "mygrad")


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the result, and the bound it is held to (empty where there is none)."""

    what: str
    measured: str
    bound: str = ""
    held: bool | None = None


def interleaved(
    rounds: int, calls: int, of: Callable[[list[float]], float] = statistics.median, **functions: Callable[[], object]
) -> dict[str, float]:
    """Return the median seconds a call of each function takes, or the least of all rounds with `of=min`.

    Every round times `calls` calls of each function in turn, so that whatever slows the machine slows all alike.
    Each round begins with another function. A first round warms up and is not counted.

    >>> medians = interleaved(3, 10, short=lambda: sum(range(10)), long=lambda: sum(range(10_000)))
    >>> medians["short"] < medians["long"]
    True
    """
    names = list(functions)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            taken = seconds_of(functions[name], calls)
            if turn:
                seconds[name].append(taken / calls)
    return {name: of(times) for name, times in seconds.items()}


def seconds_of(function: Callable[[], object], calls: int = 1) -> float:
    """Return the seconds that `calls` calls of a function take together."""
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return time.perf_counter() - start


def process(*command: str) -> Callable[[], object]:
    """Return a function that runs a command to its end; its output is thrown away, its failure is not."""
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def at_most(what: str, value: float, bound: float, unit: str = "") -> Row:
    """Return the row of a value that has an upper bound."""
    return Row(what, f"{value:.3g}{unit}", f"at most {bound:g}{unit}", value <= bound)


def peers() -> tuple[dict[str, ModuleType], list[str]]:
    """Return the peers that are installed, by name, and the names of those that are not."""
    found, absent = {}, []
    for name in PEERS:
        try:
            found[name] = import_module(name)
        except ImportError:
            absent.append(name)
    return found, absent


def versions(packages: Iterable[str]) -> str:
    """Return one line with the versions of Python, of the machine and of the packages that are installed."""
    told = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            told.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join([*told, f"{platform.system()} {platform.machine()}"])


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, its columns lined up so that it can be read as it stands."""
    verdicts = {True: "yes", False: "NO", None: ""}
    cells = [("measured", "result", "promised", "held")]
    cells += [(row.what, row.measured, row.bound, verdicts[row.held]) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in cells]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
