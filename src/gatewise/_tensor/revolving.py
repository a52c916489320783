"""Recomputing with so many states: what a stretch is given is kept for few of them, and made anew for the others.

While the function runs a state that saves little makes room for a new one. On the way back what lies between two states
is gone through as `binomial` says: run on from the nearest state, and keep others there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gatewise._circuit import Wire
from gatewise._tensor.binomial import Binomial, least_useful, next_state
from gatewise._tensor.recomputing import Given, Inside, Outside, Recomputing, Stretch


@dataclass(slots=True)
class State:
    """What is needed to go on from where a stretch begins to where another one does."""

    begin: int
    end: int
    given: dict[Outside, Any]


class Numbered(Stretch):
    """A stretch with its number; `asks` are the results of earlier ones that it is given."""

    __slots__ = ("asks", "number")

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number, self.asks = number, tuple[Outside, ...]()


class Revolving(Recomputing):
    """Takes the steps of one derivative into stretches, and keeps the states at the beginning of few of them."""

    stretch: Numbered

    def __init__(self, bit: int, asked: Binomial) -> None:
        super().__init__(bit, asked.gates)
        self.most = asked.states
        self.stretches: list[Numbered] = []
        self.states: list[State] = []
        self.made: dict[int, Outside] = {}  # by a wire's number, where it was made
        self.runs = 0  #: stretches that were run again

    def begin(self) -> None:
        self.stretch = Numbered(len(self.stretches))
        self.places: dict[Wire, int] = {}
        self.given: dict[Outside, Any] = {}

    def entry_of(self, wire: Wire | None, value: object) -> object:
        """An operand for another time: by its place, or by its value where no stretch makes it."""
        if wire is None:
            return value
        if (at := self.places.get(wire)) is not None:
            return Inside(at)
        if (found := self.made.get(wire.order)) is None:
            return value
        self.given[found] = value
        return found

    def turn(self) -> None:
        number = len(self.stretches)
        self.made |= {wire.order: Outside(number, at) for wire, at in self.places.items()}
        self.stretch.asks = tuple(self.given)
        self.stretches.append(self.stretch)
        self.states.append(State(number, number + 1, self.given))
        if len(self.states) > self.most:
            self.leave_out()
        super().turn()

    def leave_out(self) -> None:
        """Go on without the state that saves least: the one before takes what is needed behind it."""
        k = least_useful([state.end - state.begin for state in self.states], self.most)
        before, gone = self.states[k - 1], self.states.pop(k)
        before.end = gone.end
        before.given |= {found: value for found, value in gone.given.items() if found.stretch < before.begin}

    def __exit__(self, *_: object) -> None:
        super().__exit__(*_)
        del self.given
        self.made.clear()

    def compute(self, stretch: Stretch) -> None:
        """Compute a stretch again, from the nearest state before it; those behind it were gone through.

        From the beginning all can be reached, whatever was kept on the way.
        """
        assert isinstance(stretch, Numbered)
        if self.full is not None:
            self.full.let_go(self)
        self.full = stretch
        while len(self.states) > 1 and not self.states[-1].begin <= stretch.number < self.states[-1].end:
            self.states.pop()
        at, given = self.states[-1].begin, self.states[-1].given
        while at < stretch.number:
            spare = self.most - len(self.states)
            end = at + next_state(stretch.number - at + 1, spare + 1)
            given = self.run_on(at, end, stretch.number, given)
            at = end
            if at < stretch.number:
                self.states.append(State(at, stretch.number + 1, dict(given)))
        self.runs += 1
        stretch.compute(given)

    def run_on(self, begin: int, end: int, goal: int, given: Given) -> dict[Outside, Any]:
        """Run from one stretch to another; what is needed from there to the goal."""
        last: dict[Outside, int] = {}
        for each in self.stretches[begin : goal + 1]:
            last |= dict.fromkeys(each.asks, each.number)
        used = by_stretch(last)
        held = dict(given)
        for each in self.stretches[begin:end]:
            made: list[Any] = []
            for _ in each.run(made, held):
                pass
            held |= {found: made[found.at] for found in used.get(each.number, ())}
            held = {found: value for found, value in held.items() if last.get(found, -1) > each.number}
        self.runs += end - begin
        return held


def recomputing_by(bit: int, asked: int | Binomial) -> Recomputing:
    """What takes the steps of a derivative that keeps few values."""
    return Revolving(bit, asked) if isinstance(asked, Binomial) else Recomputing(bit, asked)


def by_stretch(places: Iterable[Outside]) -> dict[int, list[Outside]]:
    found: dict[int, list[Outside]] = {}
    for place in places:
        found.setdefault(place.stretch, []).append(place)
    return found
