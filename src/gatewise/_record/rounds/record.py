"""A record in which a loop is one round: a circuit like any other, with four kinds of wires at the loop's edge.

`W_t` is W as one round has it: its gradient is what that round sends back, and W's the sum over the rounds. `h_prev` is
what the round is given by the one before, `h_next` what it hands on, and behind the loop stands what the last one made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Wire, part_of, step_of
from gatewise._record.circuits import Entries, given, guards_of, operands_by_port, shown
from gatewise._record.cures import cures
from gatewise._record.rounds.loops import Loop
from gatewise._record.rounds.numbers import Numbers, RoundsOf, norm, numbers_of, sum_of_gradients
from gatewise._record.rounds.texts import in_round, texts_of, texts_of_round
from gatewise._record.schema import LoopEntry, Record, Sent, Source, UseEntry, WireEntry
from gatewise._source import GateText
from gatewise._sweep import zeros_for
from gatewise._types import Named, Plain

WITH_LOOPS = 2  # the version of a record in which a loop is one round: a reader has to know
KINDS = {"each": "shares", "before": "carries", "after": "continues", "final": "leaves", "list": "collects"}

Key = tuple[
    Any, ...
]  #: ("wire", wire) of the circuit, or ("each" | "before" | "after" | "body" | "final" | "list", loop, which)


def record_of_round(circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int = -1) -> Record:
    """The record with one round of each loop: `asked` counts from 0, or from the last one back; at most its last."""
    return Writing(circuit, loops, numbers, asked).record()


class Writing:
    """Writes one record."""

    def __init__(self, circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int) -> None:
        self.circuit, self.loops, self.numbers = circuit, loops, numbers
        self.rounds = [RoundsOf(numbers, loop) for loop in loops]
        self.k = [max(0, min(asked if asked >= 0 else loop.count + asked, loop.count - 1)) for loop in loops]
        self.inside = {w: n for n, loop in enumerate(loops) for row in loop.repeat.rounds for w in row if w is not None}
        self.finals = {w: (n, q) for n, loop in enumerate(loops) for q, w in loop.finals.items()}
        self.lists = {w: (n, q) for n, loop in enumerate(loops) for q, w in loop.lists.items()}
        self.keys = list(self.ordered())
        self.ids = {key: k for k, key in enumerate(self.keys)}
        outer = [key[1] for key in self.keys if key[0] == "wire" and key[1] in circuit.steps]
        self.texts = texts_of(circuit, outer)
        self.of_round = [texts_of_round(circuit, loop) for loop in loops]
        self.cured = cures(circuit, numbers.gradient)
        self.entries = Entries(circuit, dict(numbers.gradient), self.cured)

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
        loop = self.loops[n]
        yield from (("each", n, wire) for wire in loop.each)
        yield from (("before", n, q) for q in loop.before)
        yield from (("body", n, q) for q in range(len(loop.names)))
        yield from (("after", n, q) for q in loop.after)
        yield from (("final", n, q) for q in loop.finals)
        yield from (("list", n, q) for q in loop.lists)

    def key_outside(self, wire: Wire) -> Key:
        """The wire that stands for one of the circuit outside of loops: of a loop's the one behind it."""
        if wire in self.lists:
            return ("list", *self.lists[wire])
        return ("final", *self.finals[wire]) if wire in self.finals else ("wire", wire)

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
        loop, k = self.loops[n], self.k[n]
        model = loop.repeat.body[place]
        entry = self.entries.entry(id_, model, self.of_round[n][place])
        wire = loop.repeat.rounds[k][place]
        closing = self.entries.closing.get(model)
        made = None if wire is None else step_of(wire)
        return {
            **entry,
            "name": loop.names[place],
            "value": self.rounds[n].value(place, k),
            "gradient": shown(self.rounds[n].gradient(place, k)),
            "given": given(made) if made is not None else {},
            "cure": self.cured.get(wire, "") if wire is not None else "",
            "block_end": None if closing is None else self.ids["body", n, loop.repeat.body.index(closing)],
        }

    def at_edge(self, id_: int, key: Key) -> WireEntry:
        """A wire at the edge of a loop; it stands in for the one that it is of in name, shape and place."""
        role, n, which = key
        model = which if role == "each" else self.loops[n].repeat.body[which]
        model = self.loops[n].lists[which] if role == "list" else model
        name, expression, value, gradient = self.told_at_edge(role, n, which)
        entry = self.entries.entry(id_, model, None)
        stage = None if role == "each" else entry["stage"]
        return {
            **entry,
            "name": name,
            "kind": "gate",
            "named": role != "after",
            "cut": False,
            "read": False,
            "given": {},
            "value": value,
            "gradient": shown(gradient),
            "expression": expression,
            "corner": None,
            "cure": "",
            "gate": role,
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

    def told_at_edge(self, role: str, n: int, which: Any) -> tuple[str, str, Plain, object]:
        """Name, expression, value and gradient of a wire at the edge of a loop."""
        loop, rounds, k = self.loops[n], self.rounds[n], self.k[n]
        if role == "each":
            return loop.each[which], self.circuit.names[which], which.value, rounds.to_shared(which, k)
        if role == "before":
            return loop.before[which], self.begins(n, which), rounds.before(which, k), rounds.to_before(which, k)
        if role == "after":
            return loop.after[which], loop.names[which], rounds.value(which, k), self.from_next(n, which, k)
        if role == "list":
            array = loop.lists[which]
            told = f"{loop.names[which]} of all rounds"
            return self.circuit.names[array], told, array.value, self.numbers.gradient[array]
        wire = loop.finals[which]
        return self.circuit.names[wire], loop.names[which], wire.value, self.from_behind(wire)

    def from_next(self, n: int, place: int, k: int) -> object:
        """What the next round sends back to a round: nothing behind the last."""
        found = self.rounds[n].to_before(place, k + 1)
        model = self.loops[n].repeat.body[place]
        return self.nothing(model) if found is None else found

    def source(self, n: int) -> Source:
        counting = self.loops[n].repeat.counting
        return {"line": counting.line, "text": counting.text}

    def begins(self, n: int, place: int) -> str:
        """What the first round is given, and what the others are."""
        loop = self.loops[n]
        first = loop.repeat.carried[place]
        start = loop.repeat.starts.get(place, "").partition(" = ")[2]
        told = (
            self.name(self.key_outside(first)) if isinstance(first, Wire) else start or f"{np.asarray(first).tolist()}"
        )
        return f"{told}, then {loop.names[place]}"

    def from_behind(self, wire: Wire) -> object:
        """What comes back to the last round of a loop from behind it."""
        found = sum_of_gradients(list(self.came_behind(wire)))
        return self.nothing(wire) if found is None else found

    def nothing(self, wire: Wire) -> Any:
        return None if self.numbers.gradient[wire] is None else zeros_for(wire.value)

    def came_behind(self, wire: Wire) -> Iterator[object]:
        """What comes back to the value of a last round from behind the loop."""
        for user, port in self.numbers.users.get(wire, ()):
            beyond = self.inside.get(user) is None or self.inside[user] != self.inside[wire]
            if beyond and self.lists.get(user, (None, None))[0] != self.inside[wire]:
                part = self.numbers.sent(user, port, wire)
                if part is not None:
                    yield part
        if wire is self.circuit.output and self.numbers.gradient[wire] is not None:
            yield self.circuit.upstream

    def name(self, key: Key) -> str:
        return self.loops[key[1]].names[key[2]] if key[0] == "body" else self.circuit.names[self.wire_of(key)]

    def wire_of(self, key: Key) -> Wire:
        if key[0] not in ("final", "list"):
            return key[1]  # type: ignore[no-any-return]
        loop = self.loops[key[1]]
        return (loop.finals if key[0] == "final" else loop.lists)[key[2]]

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
        for port, source in operands_by_port(self.circuit, self.circuit.steps[wire]).items():
            part = self.numbers.sent(wire, port, source)
            local = text.local_values.get(port)
            yield self.use(
                self.key_outside(source), ("wire", wire), port, text, part, self.blocked(wire, port, source), local
            )

    def blocked(self, wire: Wire, port: int, source: Wire) -> bool:
        """Whether a gate that routes gave nothing to an operand, though something arrived."""
        made, numbers = self.circuit.steps.get(wire), self.numbers
        if (
            made is None
            or made.gate.pattern != "routes"
            or port >= len(made.operands)
            or not numbers.is_wanted(wire, source)
        ):
            return False
        return not np.any(numbers.sent(wire, port, source)) and bool(np.any(numbers.gradient[wire]))

    def body_use(self, n: int, place: int, port: int) -> UseEntry:
        """A use in the round that is shown."""
        loop, rounds, k = self.loops[n], self.rounds[n], self.k[n]
        way, x = loop.ways[place][port]
        source: Key = {
            "body": ("body", n, x),
            "carried": ("before", n, x),
            "shared": ("each", n, x),
            "picked": self.key_outside(x) if isinstance(x, Wire) else (),
        }[way]
        wire, used = loop.repeat.rounds[k][place], rounds.source(place, port, k)
        text = self.shown_text(n, place)
        part = rounds.picked(place) if way == "picked" else rounds.sent(place, port, k)
        blocked = way != "picked" and wire is not None and used is not None and self.blocked(wire, port, used)
        return self.use(source, ("body", n, place), port, text, part, blocked, text.local_values.get(port))

    def shown_text(self, n: int, place: int) -> GateText:
        """The text of a step, with the local gradients of the round that is shown."""
        text = self.of_round[n][place]
        return in_round(text, self.loops[n].repeat.rounds[self.k[n]][place])

    def edge_uses(self, role: str, n: int, which: Any) -> Iterator[UseEntry]:
        loop, rounds, key = self.loops[n], self.rounds[n], (role, n, which)
        body: Key = ("body", n, which)
        if role == "each":
            yield self.use(self.key_outside(which), key, 0, None, rounds.together(which))
        elif role == "before" and isinstance(first := loop.repeat.carried[which], Wire):
            yield self.use(self.key_outside(first), key, 0, None, rounds.to_before(which, 0))
        elif role == "after":
            yield self.use(body, key, 0, None, self.from_next(n, which, self.k[n]))
        elif role == "final":
            yield self.use(body, key, 0, None, self.to_final(n, which, self.k[n]))
        elif role == "list":
            yield self.use(body, key, 0, None, self.to_list(n, which, self.k[n]))

    def to_final(self, n: int, place: int, k: int) -> object:
        """What comes back to a round from behind the loop: to the last one alone."""
        loop = self.loops[n]
        return self.from_behind(loop.finals[place]) if k == loop.count - 1 else self.nothing(loop.finals[place])

    def to_list(self, n: int, place: int, k: int) -> Any:
        """What comes back to a round from the array of all: its entry's gradient."""
        g = self.numbers.gradient[self.loops[n].lists[place]]
        return None if g is None else np.asarray(g)[k]

    def use(
        self,
        source: Key,
        target: Key,
        port: int,
        text: GateText | None,
        part: object,
        blocked: bool = False,
        local: object = None,
    ) -> UseEntry:
        return {
            "from": self.ids[source],
            "to": self.ids[target],
            "port": port,
            "local": local,
            "local_text": text.local(port) if text is not None else "-" if target[0] == "list" else "1",
            "contribution": shown(part),
            "blocked": blocked,
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
        if key[0] == "wire":
            return key[1] in swept
        if key[0] == "body":
            return self.loops[key[1]].repeat.rounds[self.k[key[1]]][key[2]] in swept
        return wire["gradient"] is not None

    def code(self, key: Key, use: UseEntry, wires: Sequence[WireEntry]) -> list[str]:
        """The lines of backward code: of what all rounds share, the sum; of what is carried, what is handed down."""
        if key[0] == "wire":
            return [] if part_of(key[1]) is not None else self.texts[key[1]].lines
        if key[0] == "body":
            return self.shown_text(key[1], key[2]).lines
        source, own = wires[use["from"]]["name"], wires[use["to"]]["name"]
        if key[0] == "list":
            return [f"d{source} += d{own}[{self.loops[key[1]].counter}]"]
        return [f"d{source} {'+=' if key[0] == 'each' else '='} d{own}"]

    # ----------------------------------------------------------------------------------------------------- the loops

    def loop(self, n: int) -> LoopEntry:
        """What is told of a loop as a whole."""
        loop, counting = self.loops[n], self.loops[n].repeat.counting
        roles = {str(self.ids[key]): key[0].replace("list", "final") for key in self.of_loop(n)}
        return {
            "line": counting.line,
            "text": counting.text,
            "counter": loop.counter,
            "count": loop.count,
            "round": self.k[n],
            "numbers": numbers_of(counting.counts),
            "wires": roles,
            "carried": [[self.ids["after", n, q], self.ids["before", n, q]] for q in loop.before],
            "ends": {id_: self.ends(n, id_) for id_, role in roles.items() if role == "body"},
        }

    def ends(self, n: int, id_: str) -> Named:
        """Of a wire of the body: value and gradient in the first and in the last round, and their norms over all."""
        loop, rounds = self.loops[n], self.rounds[n]
        place = self.keys[int(id_)][2]
        last = loop.count - 1
        values = [rounds.value(place, k) for k in range(loop.count)]
        gradients = [rounds.gradient(place, k) for k in range(loop.count)]
        return {
            "first": {"value": values[0], "gradient": shown(gradients[0])},
            "last": {"value": values[last], "gradient": shown(gradients[last])},
            "norm": {"value": norm(values), "gradient": norm(gradients)},
        }


SYMBOLS = {"each": "Σ", "before": "↻", "after": "→", "final": "→", "list": "→"}
SAYS = {
    "each": "What all rounds share gets the sum of what each round sends back.",
    "before": "Hands a round what the round before made, and its gradient back to that one.",
    "after": "Hands the next round what this one made.",
    "final": "What the last round made is used after the loop.",
    "list": "What each round made is an entry here; it gets that entry's gradient.",
}
