"""A record in which a loop is one round: a circuit like any other, with four kinds of wires at the loop's edge.

`W_t` is W as one round has it: its gradient is what that round sends back, and W's the sum over the rounds. `h_prev` is
what the round is given by the one before, `h_next` what it hands on, and behind the loop stands what the last one made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Wire, part_of, step_of
from gatewise._record.circuits import Entries, given, guards_of, shown
from gatewise._record.cures import cures
from gatewise._record.rounds.edges import GATES, KINDS, SAYS, SYMBOLS, backward_line, role_told
from gatewise._record.rounds.lists import operand
from gatewise._record.rounds.loops import Loop, name_outside, place_of, turn
from gatewise._record.rounds.numbers import Numbers, numbers_of
from gatewise._record.rounds.shown import Key, Shown
from gatewise._record.rounds.texts import in_round, texts_of, texts_of_round
from gatewise._record.schema import LoopEntry, Record, Sent, Source, UseEntry, WireEntry
from gatewise._source import GateText, sizes

WITH_LOOPS = 2  # the version of a record in which a loop is one round: a reader has to know


def record_of_round(
    circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int | Sequence[int] = -1
) -> Record:
    """The record with one round of each loop, by how deep it stands: one of `asked`, or the last one.

    They count from 0, or from the last one back; of a shorter loop it is the last one at most.
    """
    return Writing(circuit, loops, numbers, asked).record()


class Writing:
    """Writes one record."""

    def __init__(
        self, circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int | Sequence[int]
    ) -> None:
        self.circuit, self.loops, self.numbers = circuit, loops, numbers
        self.k = [turn(loops, n, [asked] if isinstance(asked, int) else asked) for n in range(len(loops))]
        self.shown = Shown(numbers, loops, self.k, {})
        self.inside = {
            w: n for n, loop in self.outer_loops() for row in loop.repeat.rounds for w in row if w is not None
        }
        self.finals = {w: (n, q) for n, loop in self.outer_loops() for q, w in loop.finals.items()}
        self.lists = {w: (n, q) for n, loop in self.outer_loops() for q, w in loop.lists.items()}
        self.places = [place_of(loop.repeat.body) for loop in loops]
        self.keys = list(self.ordered())
        self.ids = {key: k for k, key in enumerate(self.keys)}
        outer = [key[1] for key in self.keys if key[0] == "wire" and key[1] in circuit.steps]
        self.texts = texts_of(circuit, outer)
        self.of_round = [texts_of_round(circuit, loops, n) for n in range(len(loops))]
        self.cured = cures(circuit, numbers.gradient)
        self.entries = Entries(circuit, dict(numbers.gradient), self.cured)

    def outer_loops(self) -> Iterator[tuple[int, Loop]]:
        """The loops that stand in no other's round, with their numbers."""
        return ((n, loop) for n, loop in enumerate(self.loops) if loop.around is None)

    def ordered(self) -> Iterator[Key]:
        """All wires of the record in order: a loop stands where its first round does."""
        begun: set[int] = set()
        for wire in self.circuit.wires:
            n = self.inside.get(wire)
            if wire in self.lists:
                continue  # it stands at the edge of its loop
            if n is None:
                yield "wire", wire
            elif n not in begun:
                begun.add(n)
                yield from self.of_loop(n)

    def of_loop(self, n: int) -> Iterator[Key]:
        """The wires of a loop, those of the loops inside it where they stand."""
        loop = self.loops[n]
        begun: set[int] = set()
        yield from (("each", n, wire) for wire in loop.each)
        yield from (("before", n, q) for q in loop.before)
        yield from (("taken", n, key) for key in loop.taken)
        for q in range(len(loop.names)):
            m = loop.inner[q][0] if q in loop.inner else None
            if m is None:
                yield "body", n, q
            elif m not in begun:
                begun.add(m)
                yield from self.of_loop(m)
        yield from (("after", n, q) for q in loop.after)
        yield from (("final", n, q) for q in loop.finals)
        yield from (("list", n, q) for q in loop.lists)
        yield from (("gathered", n, q) for q in loop.gathered)

    def own(self, n: int) -> list[Key]:
        """The wires of a loop without those of loops inside it."""
        return [key for key in self.of_loop(n) if key[1] == n]

    def key_outside(self, wire: Wire) -> Key:
        """The wire that stands for one of the circuit outside of loops: of a loop's the one behind it."""
        if wire in self.lists:
            return ("list", *self.lists[wire])
        return ("final", *self.finals[wire]) if wire in self.finals else ("wire", wire)

    def key_of_place(self, n: int, place: int) -> Key:
        """The wire of a round at a place of its body: of a loop inside it the one behind that."""
        m, role, q = self.loops[n].inner.get(place, (n, "body", place))
        return role, m, q

    def key_around(self, n: int, wire: Wire) -> Key:
        """The wire that stands for one from outside of a loop, where the loop stands."""
        around = self.loops[n].around
        if around is None:
            return self.key_outside(wire)
        loop = self.loops[around]
        if wire in self.places[around]:
            return self.key_of_place(around, self.places[around][wire])
        before = next((q for q in loop.before if loop.repeat.rounds[0][q] is wire), None)
        return ("before", around, before) if before is not None else ("each", around, wire)

    def where(self, wire: Wire) -> tuple[str, tuple[int, ...]] | None:
        """What stands in a record for a wire of the circuit that is one round's, and in which rounds, from 1 on."""
        for n, loop in self.outer_loops():
            k = next((k for k, row in enumerate(loop.repeat.rounds) if wire in row), None)
            if k is not None and wire not in loop.finals.values():
                return self.within(n, loop.repeat.rounds[k].index(wire), (k + 1,))
        return None

    def within(self, n: int, place: int, turns: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
        """The same of a place in a round: in the loops inside it, if it is of one of those."""
        model = self.loops[n].repeat.body[place]
        m, role, _ = self.loops[n].inner.get(place, (n, "body", place))
        if role != "final":
            return self.name(self.key_of_place(n, place)), turns
        k, row = next((k, row) for k, row in enumerate(self.loops[m].repeat.rounds) if model in row)
        return self.within(m, row.index(model), (*turns, k + 1))

    def record(self) -> Record:
        circuit = self.circuit
        wires = [self.wire(k, key) for k, key in enumerate(self.keys)]
        uses = [use for key in self.keys for use in self.uses(key)]
        return {
            "version": WITH_LOOPS,
            "name": circuit.name,
            "wires": wires,
            "uses": uses,
            "forward": [k for k, w in enumerate(wires) if w["kind"] == "gate"],
            "backward": self.backward(wires, uses),
            "output": self.ids[self.key_outside(circuit.output)],
            "upstream": circuit.upstream,
            "checks": {},
            "guards": guards_of(circuit),
            "loops": [self.loop(n) for n in range(len(self.loops))],
            "sizes": {name: n for n, name in sizes(circuit).items()},
        }

    # ----------------------------------------------------------------------------------------------------- the wires

    def wire(self, id_: int, key: Key) -> WireEntry:
        if key[0] == "wire":
            return self.outer(id_, key[1])
        if key[0] == "body":
            return self.of_body(id_, key[1], key[2])
        return self.at_edge(id_, key)

    def outer(self, id_: int, wire: Wire) -> WireEntry:
        entry = self.entries.entry(id_, wire, self.texts.get(wire))
        return {**entry, "block_end": None if entry["block_end"] is None else self.closing(wire)}

    def closing(self, wire: Wire) -> int | None:
        return self.ids.get(("wire", self.entries.closing[wire]))

    def of_body(self, id_: int, n: int, place: int) -> WireEntry:
        """A step of a round: told as the second round's, with the numbers of the round that is shown."""
        loop, key = self.loops[n], ("body", n, place)
        model = loop.repeat.body[place]
        entry = self.entries.entry(id_, model, self.of_round[n][place])
        wire = self.shown.wire(key)
        closing = self.entries.closing.get(model)
        made = None if wire is None else step_of(wire)
        return {
            **entry,
            "name": loop.names[place],
            "value": self.shown.value(key),
            "gradient": shown(self.shown.gradient(key)),
            "given": given(made) if made is not None else {},
            "cure": self.cured.get(wire, "") if wire is not None else "",
            "block_end": None if closing is None else self.ids[self.key_of_place(n, self.places[n][closing])],
        }

    def at_edge(self, id_: int, key: Key) -> WireEntry:
        """A wire at the edge of a loop; it stands in for the one that it is of in name, shape and place."""
        role, n, which = key
        model = self.model_at_edge(role, n, which)
        name, expression = self.told_at_edge(role, n, which)
        entry = self.entries.entry(id_, model, None)
        stage = None if role in ("each", "taken") else entry["stage"]
        value = self.shown.value(key)
        return {
            **entry,
            "shape": list(np.shape(value)),
            "name": name,
            "kind": "gate",
            "named": role != "after",
            "cut": False,
            "read": False,
            "given": {},
            "value": value,
            "gradient": shown(self.shown.gradient(key)),
            "expression": expression,
            "corner": None,
            "cure": "",
            "gate": GATES.get(role, role),
            "symbol": SYMBOLS[role],
            "pattern": KINDS[role],
            "says": SAYS[role],
            "step": None,
            "block": None,
            "block_end": None,
            "scope": "",
            "sites": [],
            "calls": [],
            "stage": stage,
            "source": self.source(n),
        }

    def model_at_edge(self, role: str, n: int, which: Any) -> Any:
        """The wire that one at the edge of a loop stands in for."""
        loop = self.loops[n]
        if role == "taken":
            place, port = self.shown.rounds(n).of_taken[which][0]
            return operand(loop.repeat, place, (port,))
        if role == "each":
            return which
        return loop.lists[which] if role == "list" else loop.repeat.body[which]

    def told_at_edge(self, role: str, n: int, which: Any) -> tuple[str, str]:
        """Name and expression of a wire at the edge of a loop."""
        loop = self.loops[n]
        if role == "each":
            return loop.each[which], self.name(self.key_around(n, which))
        if role == "before":
            return loop.before[which], self.begins(n, which)
        if role == "after":
            return loop.after[which], self.name(self.key_of_place(n, which))
        if role == "taken":
            return loop.taken[which], f"{self.loops[which[0]].gathered[which[1]].name}[{which[2]}]"
        made = self.name(self.key_of_place(n, which))
        return self.name((role, n, which)), f"{made}{'' if role == 'final' else ' of all rounds'}"

    def source(self, n: int) -> Source:
        counting = self.loops[n].repeat.counting
        return {"line": counting.line, "text": counting.text}

    def begins(self, n: int, place: int) -> str:
        """What the first round is given, and what the others are."""
        loop = self.loops[n]
        first = loop.repeat.carried[place]
        start = loop.repeat.starts.get(place, "").partition(" = ")[2]
        told = (
            self.name(self.key_around(n, first))
            if isinstance(first, Wire)
            else start or f"{np.asarray(first).tolist()}"
        )
        return f"{told}, then {self.name(self.key_of_place(n, place))}"

    def name(self, key: Key) -> str:
        role, n, x = key if key[0] != "wire" else ("wire", -1, key[1])
        if role == "wire":
            return self.circuit.names[x]
        loop = self.loops[n]
        if role == "gathered":
            return loop.gathered[x].name
        if role in ("final", "list"):
            wire = loop.finals[x] if role == "final" else loop.lists[x]
            return name_outside(self.circuit, None if loop.around is None else self.loops[loop.around], wire)
        names = {"body": loop.names, "before": loop.before, "after": loop.after, "each": loop.each, "taken": loop.taken}
        return str(names[role][x])  # type: ignore[index]

    # ------------------------------------------------------------------------------------------------------ the uses

    def uses(self, key: Key) -> Iterator[UseEntry]:
        """The uses that made a wire."""
        if key[0] == "wire":
            yield from self.outer_uses(key[1])
        elif key[0] == "body":
            for port in self.loops[key[1]].ways[key[2]]:
                yield self.body_use(key[1], key[2], port)
        else:
            yield from self.edge_uses(*key)

    def use_keys(self) -> Iterator[tuple[Key, Any]]:
        """By its place in the record: the wire that a use made, and the port."""
        for key in self.keys:
            yield from ((key, use["port"]) for use in self.uses(key))

    def outer_uses(self, wire: Wire) -> Iterator[UseEntry]:
        if wire not in self.circuit.steps:
            return
        text = self.texts[wire]
        for port, source in self.numbers.operands(wire).items():
            yield self.use(self.key_outside(source), ("wire", wire), port, text, text.local_values.get(port))

    def body_use(self, n: int, place: int, port: int) -> UseEntry:
        """A use in the round that is shown."""
        way, x = self.loops[n].ways[place][port]
        source: Key = ("before", n, x)
        if way == "body" and isinstance(x, int):
            source = self.key_of_place(n, x)
        elif way == "taken":
            source = ("taken", n, x)
        elif isinstance(x, Wire):
            source = ("each", n, x) if way == "shared" else self.key_around(n, x)
        text = self.shown_text(n, place)
        return self.use(source, ("body", n, place), port, text, text.local_values.get(port))

    def shown_text(self, n: int, place: int) -> GateText:
        """The text of a step, with the local gradients of the round that is shown."""
        return in_round(self.of_round[n][place], self.shown.wire(("body", n, place)))

    def edge_uses(self, role: str, n: int, which: Any) -> Iterator[UseEntry]:
        key = (role, n, which)
        if role == "each":
            yield self.use(self.key_around(n, which), key, 0, None)
        elif role == "taken":
            yield self.use(("gathered", *which[:2]), key, 0, None)
        elif role != "before":
            yield self.use(self.key_of_place(n, which), key, 0, None)
        elif isinstance(first := self.loops[n].repeat.carried[which], Wire):
            yield self.use(self.key_around(n, first), key, 0, None)

    def use(
        self,
        source: Key,
        target: Key,
        port: int,
        text: GateText | None,
        local: object = None,
    ) -> UseEntry:
        return {
            "from": self.ids[source],
            "to": self.ids[target],
            "port": port,
            "local": local,
            "local_text": text.local(port)
            if text is not None
            else "1"
            if target[0] not in ("list", "gathered", "taken")
            else "-",
            "contribution": shown(self.shown.part(target, port)),
            "blocked": self.shown.blocked(target, port),
        }

    def backward(self, wires: Sequence[WireEntry], uses: Sequence[UseEntry]) -> list[Sent]:
        """One event a gate, from the last to the first."""
        into: dict[int, list[int]] = {}
        for at, use in enumerate(uses):
            into.setdefault(use["to"], []).append(at)
        swept = {event.wire for event in self.numbers.events}
        return [
            {"wire": k, "uses": into[k], "code": self.code(self.keys[k], uses[into[k][0]], wires)}
            for k in reversed(range(len(wires)))
            if k in into and self.is_swept(self.keys[k], swept, wires[k])
        ]

    def is_swept(self, key: Key, swept: set[Wire], wire: WireEntry) -> bool:
        if key[0] in ("wire", "body"):
            return self.shown.wire(key) in swept
        return wire["gradient"] is not None

    def code(self, key: Key, use: UseEntry, wires: Sequence[WireEntry]) -> list[str]:
        """The lines of backward code: of what all rounds share, the sum; of what is carried, what is handed down."""
        if key[0] == "wire":
            return [] if part_of(key[1]) is not None else self.texts[key[1]].lines
        if key[0] == "body":
            return self.shown_text(key[1], key[2]).lines
        source, own = wires[use["from"]]["name"], wires[use["to"]]["name"]
        index = key[2][2] if key[0] == "taken" else self.loops[key[1]].counter
        return [backward_line(key[0], source, own, index)]

    # ----------------------------------------------------------------------------------------------------- the loops

    def loop(self, n: int) -> LoopEntry:
        """What is told of a loop as a whole."""
        loop, rounds, counting = self.loops[n], self.shown.rounds(n), self.loops[n].repeat.counting
        roles = {str(self.ids[key]): role_told(key[0]) for key in self.own(n)}
        return {
            "line": counting.line,
            "text": counting.text,
            "counter": loop.counter,
            "count": loop.count,
            "around": loop.around,
            "round": self.k[n],
            "numbers": numbers_of(counting.counts),
            "wires": roles,
            "carried": [[self.ids["after", n, q], self.ids["before", n, q]] for q in loop.before],
            "ends": {id_: rounds.ends(self.keys[int(id_)]) for id_, role in roles.items() if role == "body"},
        }
