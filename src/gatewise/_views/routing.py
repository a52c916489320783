"""The vertical pieces of wires between two columns: each gets a track of its own, and no two wires meet end on.

A jog comes in from the left at one height and leaves to the right at another. Where one jog comes in at the height at
which another leaves, the first must turn off before the second arrives; where that goes round in a circle, a jog is
broken in two at a free height.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

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
    placed: list[tuple[float, float, int]] = []
    ordered = _left_to_right(jogs, [*taken, *(height for jog in jogs for height in (jog.enter, jog.leave))])
    for jog in ordered:
        low, high = jog.reach
        jog.track = 1 + max((track for start, end, track in placed if low < end and start < high), default=-1)
        placed.append((low, high, jog.track))
    return ordered


def _left_to_right(jogs: Sequence[Jog], heights: list[float]) -> list[Jog]:
    """The jogs in an order in which each turns off before another arrives at its height; circles are broken."""
    ordered: list[Jog] = []
    waiting = list(jogs)
    while waiting:
        followers = _followers(waiting)
        ready = _as_far_as_it_goes(waiting, followers)
        ordered += [waiting[number] for number in ready]
        stuck = [number for number in range(len(waiting)) if number not in set(ready)]
        waiting = _without_circle(waiting, stuck, followers, heights)
    return ordered


def _followers(jogs: Sequence[Jog]) -> list[list[int]]:
    """For each jog, those that arrive where it comes in, and its own later part: they stand right of it."""
    arrivals = sorted((jog.leave, number) for number, jog in enumerate(jogs))
    found: list[list[int]] = []
    for number, jog in enumerate(jogs):
        start, end = (
            bisect_right(arrivals, (jog.enter - CLEAR, len(jogs))),
            bisect_left(arrivals, (jog.enter + CLEAR, -1)),
        )
        near = [other for _, other in arrivals[start:end] if jogs[other].edge != jog.edge]
        later = [
            other
            for other in range(len(jogs) if jog.part else 0)
            if jogs[other].edge == jog.edge and jog.part < jogs[other].part
        ]
        found.append([other for other in [*near, *later] if other != number])
    return found


def _as_far_as_it_goes(jogs: Sequence[Jog], followers: list[list[int]]) -> list[int]:
    """The jogs that wait for no circle, each after those it has to follow, otherwise by preference."""
    waits_for = [0] * len(jogs)
    for followed in followers:
        for number in followed:
            waits_for[number] += 1
    ready = [(jog.preference, number) for number, jog in enumerate(jogs) if not waits_for[number]]
    heapify(ready)
    order = []
    while ready:
        _, number = heappop(ready)
        order.append(number)
        for follower in followers[number]:
            waits_for[follower] -= 1
            if not waits_for[follower]:
                heappush(ready, (jogs[follower].preference, follower))
    return order


def _without_circle(jogs: list[Jog], stuck: list[int], followers: list[list[int]], heights: list[float]) -> list[Jog]:
    """The jogs that are stuck, one of a circle broken in two at a height nothing else uses."""
    if not stuck:
        return []
    broken = _in_a_circle(stuck, followers)
    jog = jogs[broken]
    middle = _free_height((jog.enter + jog.leave) / 2, heights)
    heights.append(middle)
    halves = [
        Jog(jog.edge, jog.enter, middle, part=(*jog.part, 0)),
        Jog(jog.edge, middle, jog.leave, part=(*jog.part, 1)),
    ]
    return [*(jogs[number] for number in stuck if number != broken), *halves]


def _in_a_circle(stuck: list[int], followers: list[list[int]]) -> int:
    """A jog that waits for itself: every stuck jog waits for a stuck one, so walking back must come round."""
    waits_for = {follower: number for number in stuck for follower in followers[number]}
    seen: set[int] = set()
    number = stuck[0]
    while number not in seen:
        seen.add(number)
        number = waits_for[number]
    return number


def _free_height(wanted: float, heights: Sequence[float]) -> float:
    steps = (sign * CLEAR * step for step in range(len(heights) * 4 + 2) for sign in (1, -1))
    return next(wanted + step for step in steps if all(abs(wanted + step - height) >= CLEAR for height in heights))
