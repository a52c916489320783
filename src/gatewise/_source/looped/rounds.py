"""A repeat written down: the loop forward with lists of what the way back needs, and the loop backward."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass, field

from gatewise._circuit import Wire
from gatewise._source.looped.lines import PLACE, binds, handed_down, hoisted, reads, renamed
from gatewise._source.looped.parts import Rounds
from gatewise._source.names import Names
from gatewise._source.statements import TextLine


@dataclass(slots=True)
class Written:
    """The lines of a loop: before it, in it, and in the loop back, without the heads."""

    before: list[TextLine] = field(default_factory=list)
    inside: list[TextLine] = field(default_factory=list)
    back: list[TextLine] = field(default_factory=list)


def places_of(part: Rounds) -> dict[Wire, str]:
    """What stands for each value of a round while its way back is written."""
    return {w: f"ꙮ{'at' * (w in part.body.direct)}{w.order}" for w in part.body.wires}


def asked(lines: Sequence[TextLine]) -> set[str]:
    """The places that lines speak of."""
    return {found for line in lines if not line.code.startswith("#") for found in PLACE.findall(line.code)}


def joined(
    part: Rounds, names: Names, forward: list[TextLine], back: list[TextLine], picks: dict[str, str], simple: bool
) -> Written:
    """The loop of a part from the lines of its one round, with lists for what `back` asks of `forward`."""
    written = Written()
    bodys = dict(zip(part.body.wires, range(len(part.body.wires)), strict=True))
    needed = asked(back)
    told = dict(picks)
    kept = Keeping(part, names, simple, written)
    carried_out = {part.body.wires[q]: wire for q, wire in part.body.carried.items()}
    forward, tops = with_carried_in(part, names, forward)
    moving = {part.counter, *(names.circuit.names[w] for w in carried_out), *(f"{n}" for n in tops.values())}
    above, forward = hoisted(forward, moving)
    fixed = {name for line in above for name in binds(line)}
    for wire in bodys:
        token, name = f"ꙮ{wire.order}", names.circuit.names[wire]
        source = carried_out.get(wire)
        if source is not None:
            before = f"ꙮin{source.order}"
            told |= kept.carried(name, token if token in needed else "", before if before in needed else "")
        elif token in needed:
            told |= {token: name} if name in fixed else kept.made(name, token)
    written.before += above
    written.inside = [*kept.top, *(TextLine(f"{name} = {of}") for of, name in tops.items()), *forward, *kept.bottom]
    written.back = [*kept.pops, *renamed(back, told)]
    return written


def with_carried_in(part: Rounds, names: Names, forward: list[TextLine]) -> tuple[list[TextLine], dict[str, str]]:
    """The lines of a round with names for what is carried in: its own, unless that is read once it is bound anew."""
    tops: dict[str, str] = {}
    for q, wire in part.body.carried.items():
        token, name = f"ꙮin{wire.order}", names.circuit.names[part.body.wires[q]]
        at = next((k for k, line in enumerate(forward) if name in binds(line)), len(forward))
        late = any(token in reads(line) for line in forward[at + 1 :])
        told = names.free(f"{name}_prev") if late else name
        if late:
            tops[name] = told
        forward = renamed(forward, {token: told})
    return forward, tops


@dataclass(slots=True)
class Keeping:
    """Lists of what the way back needs, one entry a round."""

    part: Rounds
    names: Names
    simple: bool  # whether the counter is the place in the list
    written: Written
    top: list[TextLine] = field(default_factory=list)
    bottom: list[TextLine] = field(default_factory=list)
    pops: list[TextLine] = field(default_factory=list)

    def list_of(self, name: str) -> str:
        return self.names.free(f"{name}s" if not keyword.iskeyword(f"{name}s") else f"{name}_s")

    def made(self, name: str, token: str) -> dict[str, str]:
        """A value that each round makes."""
        several = self.list_of(name)
        self.written.before.append(TextLine(f"{several} = []"))
        self.bottom.append(TextLine(f"{several}.append({name})"))
        return self.at(token, several, name)

    def carried(self, name: str, after: str, before: str) -> dict[str, str]:
        """A value that is carried on: as it came in, as it goes out, or both in one list that is one longer."""
        if not after and not before:
            return {}
        if not before:
            return self.made(name, after)
        several = self.list_of(name)
        if not after:
            self.written.before.append(TextLine(f"{several} = []"))
            self.top.append(TextLine(f"{several}.append({name})"))
            return self.at(before, several, f"{name}_prev")
        self.written.before.append(TextLine(f"{several} = [{name}]"))
        self.bottom.append(TextLine(f"{several}.append({name})"))
        if self.simple:
            return {before: f"{several}[{self.part.counter}]", after: f"{several}[{self.part.counter} + 1]"}
        one, two = self.names.free(f"{name}_next"), self.names.free(f"{name}_prev")
        self.pops.append(TextLine(f"{one} = {several}.pop()"))
        self.pops.append(TextLine(f"{two} = {several}[-1]"))
        return {before: two, after: one}

    def at(self, token: str, several: str, name: str) -> dict[str, str]:
        """One entry: by the counter where that is its place, else taken from the end."""
        if self.simple:
            return {token: f"{several}[{self.part.counter}]"}
        one = self.names.free(f"{name}_then")
        self.pops.append(TextLine(f"{one} = {several}.pop()"))
        return {token: one}


def down(part: Rounds, names: Names, back: list[TextLine]) -> list[TextLine]:
    """The lines of the way back through one round, with the gradients of what is carried handed to the round before."""
    for q, wire in part.body.carried.items():
        if wire in names.d_names and part.body.wires[q] in names.d_names:
            name, before = names.d_names[part.body.wires[q]], names.d_names[wire]
            back = handed_down(back, name, before)
            if any(before in binds(line) for line in back):
                back = renamed(back, {before: names.free(f"{name}_prev")})
    return back
