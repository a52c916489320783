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
    Writing,
    chain_of,
    check_written,
    folded_record_of_round,
    jsonable,
    kept_loops,
    nothing_checked,
    record_of_round,
    series,
    trouble_in,
)
from gatewise._types import Json, Named

One = int | str  #: a number from 1 on, or from the last back as -1, "first" or "last"
Round = One | tuple[One, ...] | None  #: of the loops inside one another, outermost first; None for the usual one
WORDS = {"first": 1, "last": -1}
FEW_STEPS = 250_000  # times entries of inputs, up to which there are numerical derivatives


def counted_round(asked: object) -> tuple[int, ...] | None:
    """The rounds that were asked for, as numbers from 1 on or from -1 back. Raises `ArgumentError`."""
    if asked is None:
        return None
    several = asked if isinstance(asked, tuple) and asked else (asked,)
    found = [WORDS.get(each.strip().lower(), each) if isinstance(each, str) else each for each in several]
    counted = tuple(each for each in found if type(each) is int and each != 0)
    if len(counted) == len(found):
        return counted
    why = "rounds are counted from 1, or back from the last one, -1."
    raise ArgumentError(f"there is no round {asked!r}.", why, 'round=3, round="first" or round="last".')


class Rounds:
    """The loops of a circuit that are shown as one round, and the record of any round."""

    def __init__(self, circuit: FrozenCircuit, folded: bool = False) -> None:
        self.circuit, self.folded = circuit, folded
        self.found: dict[tuple[tuple[int, ...], bool], dict[str, Any]] = {}

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

    def loops(self, asked: tuple[int, ...] | None) -> list[Loop]:
        """The loops that are shown as one round: all, where a round is asked for. Raises `ArgumentError`."""
        loops = self.usual if asked is None or self.usual else self.all
        if asked is not None and not loops:
            why = "no loop of this circuit has rounds that are all the same, and none is shown as one."
            raise ArgumentError(f"there is no round {told(asked)} to show.", why, "leave round= out.")
        for deep, k in enumerate(asked or ()):
            counts = [loop.count for loop in loops if len(chain_of(loops, loop)) == deep + 1]
            if not counts:
                why = f"the loops stand in one another {deep} deep."
                raise ArgumentError(f"there is no round {told(asked or ())}.", why, f"a round for each of {deep}.")
            if abs(k) > max(counts):
                raise ArgumentError(
                    f"there is no round {k}.", f"the loop has {max(counts)} rounds.", f"round={max(counts)}."
                )
        return loops

    def record(self, asked: tuple[int, ...] | None) -> Json | None:
        """The record of a round; None where no loop is shown so."""
        loops = self.loops(asked)
        if not loops:
            return None
        counted = tuple(k - (k > 0) for k in asked) if asked is not None else trouble_in(self.numbers, loops)
        key = counted, loops is self.usual
        if key not in self.found:
            written = folded_record_of_round if self.folded else record_of_round
            self.found[key] = jsonable(written(self.circuit, loops, self.numbers, counted))
        return self.found[key]

    def series(self, record: Named) -> list[Json]:
        """The numbers of all rounds of the loops that a record shows; none of a folded one: its page has no slider."""
        if self.folded:
            return []
        loops = self.usual if len(self.usual) == len(record["loops"]) else self.all
        return series(self.circuit, loops, self.numbers, rounds_shown(record))

    def standing_for(
        self, name: str, asked: tuple[int, ...] | None
    ) -> tuple[str, tuple[int, ...] | None, Wire | None] | None:
        """What a record with rounds shows for a name: the name there, the round, and the circuit's wire that it is.

        A wire of a round has the circuit's own name, h_3, or the one that stands for all, h_t. None where no loop is
        shown as one round, or it has no such wire.
        """
        loops = self.loops(asked)
        outside = {self.circuit.names[w]: w for w in self.circuit.wires}
        if not loops:
            return None
        written = Writing(self.circuit, loops, self.numbers, tuple(k - (k > 0) for k in asked or (-1,)))
        for key in written.keys:
            if key[0] not in ("wire", "final", "list") and written.name(key) == name:
                wire = written.shown.wire(key) if key[0] == "body" else None
                return name, asked, wire
        if name not in outside:
            return None
        found = written.where(outside[name])
        return (name, asked, outside[name]) if found is None else (found[0], found[1], outside[name])


def rounds_shown(record: Named) -> tuple[int, ...]:
    """Which rounds a record shows, from 0 on: of the loops inside one another, as far as they are the same."""
    loops = record["loops"]
    found: list[int] = []
    here: int | None = 0
    while here is not None:
        found.append(loops[here]["round"])
        here = next((n for n, each in enumerate(loops) if each["around"] == here), None)
    return tuple(found)


def told(asked: tuple[int, ...]) -> object:
    return asked[0] if len(asked) == 1 else asked


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
