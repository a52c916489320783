"""Names for a circuit with repeats: a round has the names the user gave, and no name tells how many there are."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

from gatewise._circuit import FrozenCircuit, Input, Repeat, Stage, Wire, wires_in
from gatewise._source.looped.bodies import Body
from gatewise._source.looped.gathering import Listed


class Naming:
    """Gives names to the wires of stretches and bodies, in the order of the text."""

    def __init__(self, circuit: FrozenCircuit, bases: Mapping[Wire, str]) -> None:
        self.circuit, self.bases = circuit, bases
        self.own_counter = ""
        self.lists: dict[Wire, str] = {}  # by the wire of its array, what a list is called
        self.entries: dict[Wire, str] = {}  # and an entry of it
        self.names: dict[Wire, str] = {i.wire: i.name for i in circuit.inputs}
        self.taken = set(self.names.values()) | {i.parameter for i in circuit.inputs}
        self.taken |= {name for name, _, _ in circuit.signature}
        self.used = set(circuit.taken) - set(circuit.names.values())
        self.chosen: set[Wire] = {i.wire for i in circuit.inputs}

    def free(self, base: str) -> str:
        """The first of base, base_2, base_3, ... that nobody has."""
        name, number = base, 1
        while name in self.taken or (number > 1 and name in self.used):
            number += 1
            name = f"{base}_{number}"
        self.taken.add(name)
        return name

    def inner(self, base: str) -> str:
        number = 1
        while (name := f"{base}_{number}") in self.taken or name in self.used:
            number += 1
        self.taken.add(name)
        return name

    def stretch(self, stages: Iterable[Stage]) -> list[Stage]:
        """The stages of a stretch under their names."""
        return [self.stage(stage, {w: w for w in stage.wires}, {}) for stage in stages]

    def body(self, repeat: Repeat, body: Body, stages: list[Stage]) -> list[Stage]:
        """The stages of one round under their names; a name that is bound twice is the last one's."""
        here = dict(zip(repeat.body, body.wires, strict=True))
        flat = [w for stage in stages for w in stage.wires if self.is_named(w)]
        bases = [self.base(stage, w) for stage in stages for w in stage.wires if self.is_named(w)]
        last = {base: k for k, base in enumerate(bases)}
        given: dict[Wire, str] = {}
        for k, (w, base) in enumerate(zip(flat, bases, strict=True)):
            if last[base] == k:
                given[w] = base if self.may_have(base, repeat, repeat.body.index(w)) else self.free(base)
                self.taken.add(given[w])
        return [self.stage(stage, here, given) for stage in stages]

    def counter(self) -> str:
        """The name of a counter that the user gives none: loops one after the other have the same."""
        self.own_counter = self.own_counter or self.free("t")
        return self.own_counter

    def is_named(self, wire: Wire) -> bool:
        return wire in self.circuit.named or wire in self.bases

    def list_of(self, found: Listed, entry: str) -> None:
        """Name a list, and the array of it: as the user did, or alike."""
        several = plural(entry)
        self.lists[found.wire] = self.free(found.name or several)
        own = found.whole and found.wire in self.circuit.named
        self.names[found.wire] = self.free(self.circuit.names[found.wire]) if own else self.lists[found.wire]
        self.entries[found.wire] = entry
        self.chosen.add(found.wire)

    def may_have(self, base: str, repeat: Repeat, place: int) -> bool:
        """Whether a value of a round may have this name: nobody's, or that of what it begins with, used up there."""
        holders = [w for w, name in self.names.items() if name == base]
        first = repeat.carried.get(place)
        if base not in self.taken:
            return True
        given = isinstance(first, Wire) and holders == [first] and first in self.circuit.edges
        return given and not self.used_elsewhere(first, repeat)

    def used_elsewhere(self, wire: Any, repeat: Repeat) -> bool:
        """Whether a wire is used by more than the first round, as what is carried in."""
        inside = {w for row in repeat.rounds for w in row if w is not None}
        others = (made for w, made in self.circuit.steps.items() if w not in inside)
        carried = [q for q, first in repeat.carried.items() if first is wire]
        return (
            wire in repeat.shared
            or len(carried) > 1
            or wire is self.circuit.output
            or any(wire in wires_in(made) for made in others)
            or any(read.wire is wire and read.how not in ("place", "shape") for read in self.circuit.reads)
        )

    def stage(self, stage: Stage, here: Mapping[Wire, Wire], given: Mapping[Wire, str]) -> Stage:
        """One stage: the wires that have the user's names, then those inside."""
        new = stage.name
        for w in stage.wires:
            if self.is_named(w):
                self.names[here[w]] = given.get(w) or self.free(self.base(stage, w))
                self.chosen.add(here[w])
                if self.circuit.names[w] == stage.name:
                    new = self.names[here[w]]
        for w in stage.wires:
            if here[w] not in self.names:
                whole = self.circuit.names[w] == stage.name and stage.statement is not None
                self.names[here[w]] = self.free(self.base(stage, w)) if whole else self.inner(new)
        return Stage(new, stage.line, stage.text, tuple(here[w] for w in stage.wires), stage.statement)

    def base(self, stage: Stage, wire: Wire) -> str:
        """The name that the user gives to a value, without our number."""
        if wire in self.bases:
            return self.bases[wire]
        name, said = self.circuit.names[wire], stage.statement
        targets = [*(said.target or "").split(","), said.into] if said is not None else []
        return next((t for t in targets if t and re.fullmatch(rf"{re.escape(t)}(_\d+)?", name)), name)


def plural(name: str) -> str:
    """The name of a list of such values."""
    if name.endswith("y") and name[-2:-1] not in ("", "_", *"aeiou"):
        return f"{name[:-1]}ies"
    ending = "es" if name.endswith("ss") else "s"
    return f"{name}_{ending}" if keyword.iskeyword(name + ending) else name + ending


def outside(wire: Wire, circuit: FrozenCircuit, names: Mapping[Wire, str], tame: bool) -> Input:
    """A wire that a part is given, as an input of it."""
    given = circuit.edges.get(wire)
    if given is not None:
        return given
    wanted = bool(wire.bits & circuit.bit)
    return Input(wire, names[wire], names[wire], (), names[wire], wanted, "input" if tame else "wild")
