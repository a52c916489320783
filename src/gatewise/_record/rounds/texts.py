"""The texts of one round: each step under the names of the round, what hangs on its number by the user's text."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Said, Slot, SourcedWire, Wire, made_as_written, step_of, tick
from gatewise._gates import plain
from gatewise._loops import node_of, slots, with_slots
from gatewise._record.rounds.loops import Loop
from gatewise._recording.recorder import Recorder
from gatewise._source.gate_texts import GateText, contributions_of, gate_writer, one_gate


def texts_of(circuit: FrozenCircuit, wires: Iterable[Wire]) -> dict[Wire, GateText]:
    """The texts of what made some wires of a circuit; outputs of one step share theirs."""
    writer = gate_writer(circuit)
    found: dict[Expr, GateText] = {}
    texts: dict[Wire, GateText] = {}
    with Recorder(bit=circuit.recording):
        for wire in wires:
            made = circuit.steps[wire]
            if made not in found:
                found[made] = one_gate(circuit, writer, made, wire)
            texts[wire] = found[made]
    return texts


def texts_of_round(circuit: FrozenCircuit, loop: Loop) -> list[GateText]:
    """The texts of the steps of one round, by place; the second round stands for all."""
    names = dict(circuit.names) | loop.each
    names.update(zip(loop.repeat.body, loop.names, strict=True))
    names.update((wire, loop.before[q]) for q in loop.before if (wire := loop.repeat.rounds[0][q]) is not None)
    told = Told(circuit, loop)
    steps = [told.step(place) for place in range(len(loop.names))]
    spelled, texts = {**circuit.spelled, **told.spelled}, {**circuit.texts, **told.texts}
    inputs = tuple(i for i in circuit.inputs if i.wire not in loop.each or i.kind != "constant")
    round_ = dataclasses.replace(circuit, names=names, spelled=spelled, texts=texts, inputs=inputs)
    writer = gate_writer(round_)
    with Recorder(bit=circuit.recording):
        found = [one_gate(round_, writer, made, wire) for made, wire in zip(steps, loop.repeat.body, strict=True)]
    return found


def in_round(text: GateText, wire: Wire | None) -> GateText:
    """The text of a step with the local gradients that it has in one round; none where NumPy did the step."""
    local = {} if wire is None else locals_at(wire)
    kept = {position: local[position] for position in text.local_values if position in local}
    dead = {position for position, value in kept.items() if value is None}
    values = {position: 0.0 if value is None else value for position, value in kept.items()}
    return dataclasses.replace(text, local_values=values, dead=dead)


def locals_at(wire: Wire) -> dict[int, Any]:
    """The local gradients of an elementwise gate, by its rule on numbers: what it makes of ones; None where it is dead."""
    operands, parameters, _, pullback = made_as_written(wire)
    if pullback is None:
        return {}
    one: Any = 1.0 if isinstance(wire.value, float) else np.ones_like(wire.value)
    with np.errstate(all="ignore"):
        parts = contributions_of(pullback, one, wire.value, operands, parameters)
    return {pullback.positions[k]: None if part is None else plain(part) for k, part in parts}


class Told:
    """The steps of a round with the user's text for what is another number each time."""

    def __init__(self, circuit: FrozenCircuit, loop: Loop) -> None:
        self.circuit, self.loop = circuit, loop
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
        for (at, slot), text in self.loop.repeat.indexed.items():
            if at != place:
                continue
            text = text or Said(self.loop.counter, {self.loop.counter})
            if isinstance(slot[0], int):
                typed[slot[0]] = text
            elif slot[0] == "index" and isinstance(given[slot], slice):
                told[slot] = self.cut(made, slot, given[slot], text)
            elif type(given[slot]) is int and slot[0] == "index":
                number = told[slot] = SourcedWire(tick(), self.circuit.recording, given[slot])
                self.spelled[number] = text
        return dataclasses.replace(with_slots(made, told), typed=typed)

    def cut(self, made: Expr, slot: Slot, given: slice, text: Said) -> slice:
        """A slice that is spelled as the user wrote it."""
        new = slice(given.start, given.stop, given.step)
        self.kept.append(new)
        node = node_of(made, slot)
        parts = (node.lower, node.upper, node.step) if isinstance(node, ast.Slice) else ()
        spelled = ":".join(ast.unparse(p).replace(" ", "") if p else "" for p in parts[: 3 if parts and parts[2] else 2])
        self.texts["index", id(new)] = Said(spelled or text, text.names)
        return new
