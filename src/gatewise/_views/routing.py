"""The vertical pieces of wires between two columns: each gets a track of its own, and no two wires meet end on.

A jog comes in from the left at one height and leaves to the right at another. Where one jog comes in at the height at
which another leaves, the first must turn off before the second arrives; where that goes round in a circle, a jog is
broken in two at a free height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CLEAR = 6.0  # the least distance of parallel pieces of different wires


@dataclass
class Jog:
    """A change of height between two columns, and the track it is made on."""

    edge: int
    enter: float
    leave: float
    track: int = 0
    part: tuple[int, ...] = ()

    @property
    def reach(self) -> tuple[float, float]:
        """The heights the vertical piece covers, with the clearance it needs."""
        return min(self.enter, self.leave) - CLEAR, max(self.enter, self.leave) + CLEAR

    @property
    def preference(self) -> tuple[bool, float, int]:
        """Falling jogs from the lowest up, rising ones from the highest down: then neighbours do not cross."""
        falls = self.leave > self.enter
        return not falls, -self.leave if falls else self.leave, self.edge


def assign_tracks(jogs: Sequence[Jog], taken: Sequence[float]) -> list[Jog]:
    """Give each jog a track, numbered from the left; `taken` are the heights of wires that pass straight through.

    A jog that had to be broken comes back as two, the left part first.
    """
    waiting = sorted(jogs, key=lambda jog: jog.preference)
    heights = [*taken, *(height for jog in jogs for height in (jog.enter, jog.leave))]
    placed: list[Jog] = []
    while waiting:
        ready = next((jog for jog in waiting if not any(_must_precede(other, jog) for other in waiting)), None)
        if ready is None:
            _break(waiting, heights)
            continue
        waiting.remove(ready)
        ready.track = 1 + max((other.track for other in placed if _right_of(ready, other)), default=-1)
        placed.append(ready)
    return placed


def _must_precede(first: Jog, second: Jog) -> bool:
    """Whether `first` has to turn off left of where `second` arrives."""
    if first is second:
        return False
    if first.edge == second.edge:
        return first.part < second.part
    return abs(first.enter - second.leave) < CLEAR


def _right_of(jog: Jog, other: Jog) -> bool:
    """Whether the jog needs a track to the right of one already placed."""
    low, high = jog.reach
    other_low, other_high = other.reach
    return _must_precede(other, jog) or (low < other_high and other_low < high)


def _break(waiting: list[Jog], heights: list[float]) -> None:
    """Break the first jog in two at a height nothing else uses."""
    jog = waiting.pop(0)
    middle = _free_height((jog.enter + jog.leave) / 2, heights)
    heights.append(middle)
    waiting += [
        Jog(jog.edge, jog.enter, middle, part=(*jog.part, 0)),
        Jog(jog.edge, middle, jog.leave, part=(*jog.part, 1)),
    ]


def _free_height(wanted: float, heights: Sequence[float]) -> float:
    steps = (sign * CLEAR * step for step in range(len(heights) * 4 + 2) for sign in (1, -1))
    return next(wanted + step for step in steps if all(abs(wanted + step - height) >= CLEAR for height in heights))
