"""A circuit with one round of each loop: which round it is, and its record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Wire
from gatewise._errors import ArgumentError
from gatewise._record import (
    CHECKED,
    Check,
    Loop,
    Numbers,
    check_written,
    jsonable,
    kept_loops,
    nothing_checked,
    record_of_round,
    series,
    trouble_in,
)
from gatewise._types import Json, Named

Round = int | str | None  #: a number from 1 on, or from the last back as -1, "first" or "last"; None for the usual one
WORDS = {"first": 1, "last": -1}
FEW_STEPS = 250_000  # times entries of inputs, up to which there are numerical derivatives


def counted_round(asked: object) -> int | None:
    """The round that was asked for, as a number from 1 on or from -1 back. Raises `ArgumentError`."""
    found = WORDS.get(asked.strip().lower(), asked) if isinstance(asked, str) else asked
    if found is None or (type(found) is int and found != 0):
        return found
    why = "rounds are counted from 1, or back from the last one, -1."
    raise ArgumentError(f"there is no round {asked!r}.", why, 'round=3, round="first" or round="last".')


class Rounds:
    """The loops of a circuit that are shown as one round, and the record of any round."""

    def __init__(self, circuit: FrozenCircuit) -> None:
        self.circuit = circuit
        self.found: dict[tuple[int, bool], dict[str, Any]] = {}

    @cached_property
    def usual(self) -> list[Loop]:
        """The loops that are shown so without being asked."""
        return kept_loops(self.circuit)

    @cached_property
    def all(self) -> list[Loop]:
        """Those that can be: those of a handful of gates too."""
        return kept_loops(self.circuit, small=0)

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of all rounds."""
        return Numbers(self.circuit, self.usual or self.all)

    def loops(self, asked: int | None) -> list[Loop]:
        """The loops that are shown as one round: all, where a round is asked for. Raises `ArgumentError`."""
        loops = self.usual if asked is None or self.usual else self.all
        if asked is not None and not loops:
            why = "no loop of this circuit has rounds that are all the same, and none is shown as one."
            raise ArgumentError(f"there is no round {asked} to show.", why, "leave round= out.")
        most = max((loop.count for loop in loops), default=0)
        if asked is not None and abs(asked) > most:
            raise ArgumentError(f"there is no round {asked}.", f"the loop has {most} rounds.", f"round={most}.")
        return loops

    def record(self, asked: int | None) -> Json | None:
        """The record of a round; None where no loop is shown so."""
        loops = self.loops(asked)
        if not loops:
            return None
        first = trouble_in(self.numbers, loops) if asked is None else None
        k = first if first is not None else -1 if asked is None else asked - (asked > 0)
        key = k, loops is self.usual
        if key not in self.found:
            self.found[key] = jsonable(record_of_round(self.circuit, loops, self.numbers, k))
        return self.found[key]

    def series(self, record: Named) -> list[Json]:
        """The numbers of all rounds of the loops that a record shows."""
        loops = self.usual if len(self.usual) == len(record["loops"]) else self.all
        return series(self.circuit, loops, self.numbers, record["loops"][0]["round"])

    def standing_for(self, name: str, asked: int | None) -> tuple[str, int | None, Wire | None] | None:
        """What a record with rounds shows for a name: the name there, the round, and the circuit's wire that it is.

        A wire of a round has the circuit's own name, h_3, or the one that stands for all, h_t. None where no loop is
        shown as one round, or it has no such wire.
        """
        loops = self.loops(asked)
        outside = {self.circuit.names[w]: w for w in self.circuit.wires}
        for loop in loops:
            k = min(loop.count, asked) - 1 if asked and asked > 0 else max(0, loop.count + (asked or -1))
            if name in loop.names:
                return name, asked, loop.repeat.rounds[k][loop.names.index(name)]
            if name in (*loop.before.values(), *loop.after.values(), *loop.each.values()):
                return name, asked, None
            if (wire := outside.get(name)) is not None and wire not in loop.finals.values():
                for turn, row in enumerate(loop.repeat.rounds, 1):
                    if wire in row:
                        return loop.names[row.index(wire)], turn, wire
        return (name, asked, outside[name]) if loops and name in outside else None


def is_short(circuit: FrozenCircuit) -> bool:
    """Whether differences along all inputs take seconds: each entry that is checked runs the circuit a few times."""
    entries = sum(min(np.size(i.wire.value), CHECKED) for i in circuit.wanted)
    return len(circuit.steps) * entries <= FEW_STEPS


def unchecked(circuit: FrozenCircuit) -> dict[str, Check]:
    """The checks of the inputs of a circuit that is too long for them."""
    reason = f"{len(circuit.steps):,} gates are too many for differences here; gw.check has them"
    return {i.name: nothing_checked(reason) for i in circuit.wanted}


def with_checks(record: Json, checks: Mapping[str, Check]) -> dict[str, object]:
    """A record with numerical derivatives, which come by name."""
    ids = {wire["name"]: wire["id"] for wire in record["wires"]}
    told = {str(ids[name]): check_written(check) for name, check in checks.items() if name in ids}
    return {**record, "checks": told}
