"""The texts of one round: each step under the names of the round, what hangs on its number by the user's text."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from gatewise._circuit import Expr, FrozenCircuit, Said, Slot, SourcedWire, Wire, step_of, tick
from gatewise._loops import node_of, slots, with_slots
from gatewise._record.rounds.lists import operand
from gatewise._record.rounds.loops import Loop, chain_of, place_of
from gatewise._recording import slice_text
from gatewise._source import GateText, local_gradients, step_texts


def texts_of(circuit: FrozenCircuit, wires: Iterable[Wire]) -> dict[Wire, GateText]:
    """The texts of what made some wires of a circuit; outputs of one step share theirs."""
    made = {wire: circuit.steps[wire] for wire in wires}
    found = step_texts(circuit, ((step, wire) for wire, step in made.items()))
    return {wire: found[step] for wire, step in made.items()}


def texts_of_round(circuit: FrozenCircuit, loops: Sequence[Loop], n: int) -> list[GateText]:
    """The texts of the steps of one round, by place, of those of loops inside it as well; one round stands for all."""
    loop = loops[n]
    told = RoundTexts(circuit, loops, n)
    steps = [told.step(place) for place in range(len(loop.names))]
    spelled, texts = {**circuit.spelled, **told.spelled}, {**circuit.texts, **told.texts}
    inputs = tuple(i for i in circuit.inputs if i.wire not in loop.each or i.kind != "constant")
    names = names_in_round(circuit, loops, n)
    round_ = dataclasses.replace(circuit, names=names, spelled=spelled, texts=texts, inputs=inputs)
    found = step_texts(round_, zip(steps, loop.repeat.body, strict=True))
    return [found[step] for step in steps]


def names_in_round(circuit: FrozenCircuit, loops: Sequence[Loop], n: int | None) -> dict[Wire, str]:
    """The names of all wires as a round of a loop has them."""
    if n is None:
        return dict(circuit.names)
    loop = loops[n]
    body = {wire: name for wire, name in zip(loop.repeat.body, loop.names, strict=True) if name}
    before = {wire: loop.before[q] for q in loop.before if (wire := loop.repeat.rounds[0][q]) is not None}
    taken: dict[Wire, str] = {}
    for place, way in enumerate(loop.ways):
        for port, (kind, x) in way.items():
            wire = operand(loop.repeat, place, (port,)) if kind == "taken" else None
            if wire is not None and isinstance(x, tuple):
                taken[wire] = loop.taken[x]
    return {**names_in_round(circuit, loops, loop.around), **loop.each, **body, **before, **taken}


def in_round(text: GateText, wire: Wire | None) -> GateText:
    """The text of a step with the local gradients that it has in one round; none where NumPy did the step."""
    if not text.local_values:
        return text
    local = {} if wire is None else local_gradients(wire)
    kept = {position: local[position] for position in text.local_values if position in local}
    dead = {position for position, value in kept.items() if value is None}
    values = {position: 0.0 if value is None else value for position, value in kept.items()}
    return dataclasses.replace(text, local_values=values, dead=dead)


class RoundTexts:
    """The steps of a round with the user's text for what is another number each time."""

    def __init__(self, circuit: FrozenCircuit, loops: Sequence[Loop], n: int) -> None:
        self.circuit, self.loops, self.loop = circuit, loops, loops[n]
        self.spelled: dict[Wire, Said] = {}
        self.texts: dict[Any, Said] = {}
        self.kept: list[Any] = []  # what `texts` goes by is told by its id, so it has to live

    def step(self, place: int) -> Expr:
        """The step at one place of the body."""
        made = step_of(self.loop.repeat.body[place])
        assert made is not None
        given = slots(made)
        told: dict[Slot, Any] = {}
        typed = dict(made.typed)
        for slot, text in self.by_round(self.loop.repeat.body[place]).items():
            if isinstance(slot[0], int):
                typed[slot[0]] = text
            elif slot[0] == "index" and isinstance(given[slot], slice):
                told[slot] = self.cut(made, slot, given[slot], text)
            elif type(given[slot]) is int and slot[0] == "index":
                number = told[slot] = SourcedWire(tick(), self.circuit.recording, given[slot])
                self.spelled[number] = text
        return dataclasses.replace(with_slots(made, told), typed=typed)

    def by_round(self, wire: Wire) -> dict[Slot, Said]:
        """The user's texts of what a step is given by the number of the round, or of a round around."""
        found: dict[Slot, Said] = {}
        for loop in chain_of(self.loops, self.loop):
            repeat, place = loop.repeat, place_of(loop.repeat.body)[wire]
            moved = {key: each.text for key, each in repeat.moved.items()}
            texts = {slot: text for (at, slot), text in {**repeat.indexed, **moved}.items() if at == place}
            found |= {slot: text or Said(loop.counter, {loop.counter}) for slot, text in texts.items()}
        return {slot: self.with_counters(text) for slot, text in found.items()}

    def with_counters(self, text: Said) -> Said:
        """A text with the letter of ours for the number of a round around that has no name."""
        for loop in chain_of(self.loops, self.loop):
            mark, counter = f"ꙮ{loop.repeat.counting.line}", loop.counter
            if mark in text:
                text = Said(text.replace(mark, counter), {counter if n == mark else n for n in text.names})
        return text

    def cut(self, made: Expr, slot: Slot, given: slice, text: Said) -> slice:
        """A slice that is spelled as the user wrote it."""
        new = slice(given.start, given.stop, given.step)
        self.kept.append(new)
        node = node_of(made, slot)
        spelled = slice_text(node) if isinstance(node, ast.Slice) else text
        self.texts["index", id(new)] = Said(spelled, text.names)
        return new
