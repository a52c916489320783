"""Names for a circuit with repeats: a round has the names the user gave, and no name tells how many there are."""

from __future__ import annotations

import copy
import keyword
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from gatewise._circuit import FrozenCircuit, Input, Repeat, Said, Stage, Wire, wires_in
from gatewise._source.looped.gathering import Listed
from gatewise._source.looped.levels import Inside


class Naming:
    """Gives names to the wires of stretches and bodies, in the order of the text."""

    def __init__(self, circuit: FrozenCircuit, bases: Mapping[Wire, str], tame: frozenset[Wire]) -> None:
        self.circuit, self.bases, self.tame = circuit, bases, tame
        self.around: Naming | None = None
        self.inner: dict[Repeat, Naming] = {}  # those of the loops in it
        self.roots: dict[Any, tuple[Repeat, int, Wire]] = {}  # what the loop around carries in, and what it begins with
        self.own_counter = ""
        self.slight: dict[Wire, str] = {}  # of what needs no line
        self.arrays: set[Wire] = set()  # of lists: a list holds what a name held, whatever that is bound to
        self.counters: set[str] = set()  # the user's
        self.made: dict[str, str] = {}  # names of ours, by which value they number on
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

    def numbered(self, base: str) -> str:
        number = 1
        while (name := f"{base}_{number}") in self.taken or name in self.used:
            number += 1
        self.taken.add(name)
        self.made[name] = base
        return name

    def stretch(self, stages: Iterable[Stage]) -> list[Stage]:
        """The stages of a stretch under their names."""
        return [self.stage(stage, {w: w for w in stage.wires}, {}) for stage in stages]

    def round(self, part: Any, parts: Sequence[Any]) -> list[Any]:
        """Name the stages of one round; a name that is bound twice is the last one's."""
        stretches = [each for each in parts if hasattr(each, "wires")]
        pairs = [
            (w, self.base(stage, w))
            for each in stretches
            for stage in each.stages
            for w in stage.wires
            if self.is_named(w)
        ]
        last = {base: k for k, (_, base) in enumerate(pairs)}
        given: dict[Wire, str] = {}
        for k, (w, base) in enumerate(pairs):
            if last[base] == k:
                may = self.around is not None and self.around.may_have(base, part.repeat, part.body.wires.index(w))
                given[w] = base if may else self.free(base)
                self.taken.add(given[w])
        for each in stretches:
            each.stages = [self.stage(stage, {w: w for w in stage.wires}, given) for stage in each.stages]
        return list(parts)

    def within(self, inside: Inside, part: Any) -> Naming:
        """The same names for the inside of a round."""
        inner = self.inner[part.repeat] = copy.copy(self)
        inner.circuit, inner.bases, inner.own_counter, inner.around = inside.circuit, inside.bases, "", self
        inner.inner = {}
        inner.slight = {new: name for old, new in part.body.instead.items() if (name := self.slight.get(old))}
        inner.tame = self.tame | {new for old, new in part.body.instead.items() if old in self.tame}
        inner.roots = {
            leaf: (part.repeat, q, first)
            for q, leaf in part.body.carried.items()
            if isinstance(first := part.repeat.carried.get(q), Wire)
        }
        return inner

    def outside(self, wire: Wire) -> Input:
        """A wire from outside as an input of a part."""
        return outside(wire, self.circuit, self.names, wire in self.tame)

    def counter(self) -> str:
        """The name of a counter that the user gives none: loops one after the other have the same."""
        self.own_counter = self.own_counter or self.free(next((n for n in "tkij" if n not in self.used_here()), "t"))
        return self.own_counter

    def used_here(self) -> set[str]:
        """Names that a counter of ours keeps away from."""
        return self.taken | self.counters

    def is_named(self, wire: Wire) -> bool:
        return wire in self.circuit.named or wire in self.bases

    def list_of(self, found: Listed, entry: str) -> None:
        """Name a list, and the array of it: as the user did, or alike."""
        several = plural(entry)
        self.lists[found.wire] = self.free(found.name or several)
        own = found.whole and found.wire in self.circuit.named
        users = re.sub(r"_\d+$", "", self.circuit.names[found.wire])
        base = users if users in self.circuit.taken else self.circuit.names[found.wire]
        self.names[found.wire] = self.free(base) if own else self.lists[found.wire]
        self.entries[found.wire] = entry
        self.chosen.add(found.wire)

    def may_have(self, base: str, repeat: Repeat, place: int) -> bool:
        """Whether a value of a round may have this name: nobody's, or that of what it begins with, used up there."""
        holders = [w for w, name in self.names.items() if name == base]
        first = repeat.carried.get(place)
        if base not in self.taken:
            return True
        if (
            isinstance(first, Wire) and first in self.roots and self.around is not None
        ):  # what the loop around carries in: as that one may
            outer, q, root = self.roots[first]
            alone = not self.used_elsewhere(first, repeat) and holders in ([root], [])
            return alone and self.around.may_have(base, outer, q)
        given = isinstance(first, Wire) and holders == [first] and first in self.circuit.edges
        return given and not self.used_elsewhere(first, repeat)

    def used_elsewhere(self, wire: object, repeat: Repeat) -> bool:
        """Whether a wire is used by more than the first round, as what is carried in."""
        aside = {w for row in repeat.rounds for w in row if w is not None} | self.arrays
        others = (made for w, made in self.circuit.steps.items() if w not in aside)
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
                base = self.base(stage, w) if whole else self.slight.get(w)
                self.names[here[w]] = self.free(base) if base else self.numbered(new)
        return Stage(new, stage.line, stage.text, tuple(here[w] for w in stage.wires), stage.statement)

    def base(self, stage: Stage, wire: Wire) -> str:
        """The name that the user gives to a value, without our number."""
        if wire in self.bases:
            return self.bases[wire]
        name, said = self.circuit.names[wire], stage.statement
        targets = [*(said.target or "").split(","), said.into] if said is not None else []
        return next((t for t in targets if t and re.fullmatch(rf"{re.escape(t)}(_\d+)?", name)), name)


def renumbered(made: Mapping[str, str], taken: Collection[str], texts: Iterable[str]) -> dict[str, str]:
    """Other names for those of `made` that stand in these texts, with or without something around: from 1 on.

    Which parts of a line have a name is known once it is written: `dh_1`, where only the fourth of them has a line.
    """
    there = {word for text in texts for word in re.findall(r"\w+", text)}
    spoken = {name for word in there if (name := spoken_name(word, made))}
    others = {word for word in there if spoken_name(word, made) is None} | {*taken} - {*made}
    found: dict[str, str] = {}
    for name in sorted(spoken, key=lambda each: (len(each), each)):
        numbers = (f"{made[name]}_{k}" for k in count(1))
        new = next(n for n in numbers if n not in found.values() and not {n, f"d{n}", plural(n)} & others)
        found[name] = new
    return {word: found[name].join(word.split(name, 1)) for word in there if (name := spoken_name(word, made))}


def spoken_name(word: str, made: Mapping[str, str]) -> str | None:
    """The name of ours in a word: `h_4` in `dh_4`, `h_4s` and `h_4_local`."""
    ends = [len(word), *([len(word) - 1] if word.endswith("s") else ()), *(m.start() for m in re.finditer("_", word))]
    tries = (word[begin:end] for begin in ((0, 1) if word.startswith("d") else (0,)) for end in ends)
    return next((name for name in tries if name in made), None)


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


def spoken_of(circuit: FrozenCircuit, repeats: Sequence[Repeat]) -> set[str]:
    """The names in what is taken over of the user's code."""
    texts = [*circuit.setup, *circuit.texts.values(), *circuit.spelled.values()]
    texts += [i.text for i in circuit.inputs if isinstance(i.text, Said)]
    for repeat in repeats:
        texts += [text for move in repeat.moves for text in (move.begins, move.text)]
        texts += [*repeat.counting.setup, *repeat.starts.values(), *repeat.indexed.values()]
        texts += [repeat.counting.told] if repeat.counting.told is not None else []
    lines = [text.partition(" = ")[0] for text in texts if " = " in text]
    return {*lines, *(name for text in texts for name in text.names)}
