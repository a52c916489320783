"""What is looked at of many parameters: random directions first, then entries of every array, then all on demand."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gatewise._check.claims import SEED
from gatewise._check.parameters import Parameter
from gatewise._errors import ArgumentError

PATIENCE = 2.0  # seconds before a progress bar shows
RUNS = 16  # of f for a direction or an entry, as a rule
WIDTH = 70  # of what is written over


@dataclass(frozen=True)
class Effort:
    """How much is looked at: directions for each array, entries of all arrays together, and the fewest of each."""

    directions: int
    entries: int
    each: int


EFFORTS = {"quick": Effort(2, 8, 2), "default": Effort(3, 40, 4), "all": Effort(3, sys.maxsize, sys.maxsize)}


def effort_of(name: object) -> Effort:
    """The effort by its name. Raises `ArgumentError`."""
    if name not in EFFORTS:
        raise ArgumentError(
            f"there is no effort {name!r}.",
            "it says how many entries are looked at.",
            f"effort={' or '.join(map(repr, EFFORTS))}.",
        )
    return EFFORTS[name]


def entries_looked_at(p: Parameter, claim: npt.ArrayLike, effort: Effort, parameters: Sequence[Parameter]) -> list[int]:
    """The entries of one array that are looked at: all of a small one; else the largest, both ends, and random ones."""
    share = max(effort.each, effort.entries // max(1, len(parameters)))
    if p.size <= share:
        return list(range(p.size))
    largest = int(np.argmax(np.abs(np.nan_to_num(claim, nan=np.inf))))
    drawn = np.random.default_rng([SEED, p.size]).integers(p.size, size=4 * share)
    looked = dict.fromkeys([largest, 0, p.size - 1, *map(int, drawn)])  # in this order, each once
    return sorted(list(looked)[:share])


def direction(p: Parameter, k: int, size: float) -> np.ndarray:
    """A random direction: every entry moves, none by the same amount, so that errors do not cancel."""
    rng = np.random.default_rng([SEED, k, p.size])
    signs: np.ndarray = rng.choice((-1.0, 1.0), size=p.array.shape)
    signs *= rng.uniform(0.5 * size, 1.5 * size, size=p.array.shape)
    return signs


def told_before(name: str, seconds: float, directions: int, entries: int, size: int) -> str:
    """What a check that takes long is going to do, in a sentence; nothing of one that does not."""
    expected = seconds * RUNS * (directions + entries)
    if expected < PATIENCE:
        return ""
    looked = (
        f"{directions} random directions and {entries:,} of {size:,} entries" if directions else f"{size:,} entries"
    )
    less = "" if entries <= EFFORTS["quick"].entries else '; effort="quick" looks at fewer'
    return f"gw.check runs {name} some {RUNS} times for each of {looked}: about {expected:,.0f} seconds{less}."


class Progress:
    """A bar on standard error, where more than two seconds have gone; used with `with`.

    `told` is said before. `show` says whether; where it is None, a terminal there decides.
    """

    def __init__(self, total: int, told: str = "", show: bool | None = None) -> None:
        self.total, self.done, self.shown = max(total, 1), 0, False
        self.wanted = sys.stderr is not None and (sys.stderr.isatty() if show is None else show)
        self.started = time.monotonic()
        if told and self.wanted:
            sys.stderr.write(f"{told}\n")
            sys.stderr.flush()

    def over(self, things: Sequence[object]) -> Iterator[Any]:
        for thing in things:
            yield thing
            self.step()

    def step(self) -> None:
        self.done += 1
        if self.wanted and time.monotonic() - self.started > PATIENCE:
            full = 30 * min(self.done, self.total) // self.total
            self.show(f"checking [{'#' * full}{'.' * (30 - full)}] {self.done} of {self.total}")

    def show(self, text: str) -> None:
        """A line in the place of the one that stands there."""
        sys.stderr.write(f"\r{text:{WIDTH}}")
        sys.stderr.flush()
        self.shown = True

    def looks_for_the_line(self) -> None:
        """The numbers are known, and the line is looked for: that may take as long again."""
        if self.wanted and time.monotonic() - self.started > PATIENCE:
            self.show("looking for the line")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown:
            sys.stderr.write("\r" + " " * WIDTH + "\r")
            sys.stderr.flush()
