"""The numbers of all rounds, column by column, as a page keeps them: small, and quick to take a round out of."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, step_of
from gatewise._record.circuits import given, shown
from gatewise._record.rounds.loops import Loop
from gatewise._record.rounds.numbers import Numbers
from gatewise._record.rounds.record import Key, Writing
from gatewise._record.rounds.texts import in_round
from gatewise._record.written import WHOLE, written_out
from gatewise._types import Json

MOST = 200_000  # numbers that are kept: of a longer loop fewer rounds, evenly apart


def series(circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int = -1) -> list[Json]:
    """For each loop its rounds: `kept`, their numbers from 0 on, and a column for each thing that changes with them.

    `wires` and `uses` have columns by id and by place in the record: `value`, `gradient`, `local`, `contribution`,
    `blocked`. A column stands in `columns`, each once: its first entry is that of the first round that is kept.
    """
    writing = Writing(circuit, loops, numbers, asked)
    return [OfLoop(writing, n).told() for n in range(len(loops))]


class OfLoop:
    """The columns of one loop."""

    def __init__(self, writing: Writing, n: int) -> None:
        self.writing, self.n = writing, n
        self.loop, self.rounds = writing.loops[n], writing.rounds[n]
        self.columns: dict[str, int] = {}
        self.found: list[dict[str, Any]] = []
        self.kept: Sequence[int] = range(self.loop.count)

    def told(self) -> Json:
        uses = [(at, key, port) for at, (key, port) in enumerate(self.writing.use_keys()) if self.is_inside(key)]
        wires = [
            (key, self.writing.ids[key]) for key in self.writing.of_loop(self.n) if key[0] not in ("final", "list")
        ]
        self.kept = self.rounds_kept(len(wires) * 2 + len(uses) * 2)
        told_wires = {str(id_): self.of_wire(key) for key, id_ in wires}
        told_uses = {str(at): self.of_use(key, port) for at, key, port in uses}
        return {"kept": list(self.kept), "wires": told_wires, "uses": told_uses, "columns": self.found}

    def is_inside(self, key: Key) -> bool:
        """Whether the numbers of a use that made this wire are those of one round."""
        return key[0] in ("body", "after", "final", "list") and key[1] == self.n

    def rounds_kept(self, columns: int) -> Sequence[int]:
        """All rounds, or as many as there is room for, the first and the last among them."""
        sizes = [min(np.size(wire.value), WHOLE) for wire in self.loop.repeat.body]
        each = max(1, columns * max(1, sum(sizes) // max(1, len(sizes))))
        count = self.loop.count
        room = max(2, MOST // each)
        if count <= room:
            return range(count)
        shown_now = self.writing.k[self.n]
        return sorted({*np.linspace(0, count - 1, room).round().astype(int).tolist(), shown_now})

    def of_wire(self, key: Key) -> dict[str, int]:
        """The columns of a wire of the loop."""
        role, _, x = key
        rounds = self.rounds
        value: Callable[[int], Any] = {
            "each": lambda k: x.value,
            "before": lambda k: rounds.before(x, k),
            "body": lambda k: rounds.value(x, k),
            "after": lambda k: rounds.value(x, k),
        }[role]
        gradient: Callable[[int], Any] = {
            "each": lambda k: rounds.to_shared(x, k),
            "before": lambda k: rounds.to_before(x, k),
            "body": lambda k: rounds.gradient(x, k),
            "after": lambda k: self.writing.from_next(self.n, x, k),
        }[role]
        found = {
            "value": self.column(map(value, self.kept)),
            "gradient": self.column(shown(gradient(k)) for k in self.kept),
        }
        return {**found, "given": self.given(x)} if role == "body" else found

    def given(self, place: int) -> int:
        """What a gate was given beside wires, which may hang on the round."""
        made = [None if (wire := self.loop.repeat.rounds[k][place]) is None else step_of(wire) for k in self.kept]
        found = [{} if each is None else given(each) for each in made]
        return self.column({name: written_out(number)[0] for name, number in each.items()} for each in found)

    def of_use(self, key: Key, port: int) -> dict[str, int]:
        """The columns of a use by a wire of the loop."""
        role, n, x = key
        if role == "after":
            return {"contribution": self.column(shown(self.writing.from_next(n, x, k)) for k in self.kept)}
        if role == "list":
            return {"contribution": self.column(shown(self.writing.to_list(n, x, k)) for k in self.kept)}
        if role == "final":
            return {"contribution": self.column(shown(self.writing.to_final(n, x, k)) for k in self.kept)}
        texts = [in_round(self.writing.of_round[n][x], self.loop.repeat.rounds[k][x]) for k in self.kept]
        local = self.column(text.local_values.get(port) for text in texts)
        found = {"local": local, "local_text": self.column(text.local(port) for text in texts)}
        if self.loop.ways[x][port][0] == "picked":
            return found
        parts = [self.rounds.sent(x, port, k) for k in self.kept]
        blocked = [self.is_blocked(x, port, k) for k in self.kept]
        return {**found, "contribution": self.column(map(shown, parts)), "blocked": self.column(iter(blocked))}

    def is_blocked(self, place: int, port: int, k: int) -> bool:
        wire, source = self.loop.repeat.rounds[k][place], self.rounds.source(place, port, k)
        return wire is not None and source is not None and self.writing.blocked(wire, port, source)

    def column(self, entries: Iterator[object]) -> int:
        """Where a column stands; one that is there already is told once."""
        told = packed(list(entries))
        key = repr(told)
        if key not in self.columns:
            self.columns[key] = len(self.found)
            self.found.append(told)
        return self.columns[key]


def packed(entries: list[object]) -> dict[str, object]:
    """A column: one entry where all are the same, floats in their 8 bytes, or the entries as a record has them."""
    first = entries[0]
    if any(isinstance(x, str | dict) for x in entries):
        return {"same": first} if all(x == first for x in entries) else {"each": [(x, None) for x in entries]}
    arrays = [None if x is None else np.asarray(x) for x in entries]
    known = [x for x in arrays if x is not None]
    if not known:
        return {"same": None}
    small = all(x.shape == known[0].shape and x.dtype.kind in "fiub" and x.size <= WHOLE for x in known)
    if len(known) == len(arrays) and small:
        if all(x.tobytes() == known[0].tobytes() for x in known):
            return {"same": written_out(first)[0]}
        if known[0].dtype.kind == "f":
            data = base64.b64encode(np.stack(known).astype("<f8").tobytes()).decode()
            return {"shape": list(known[0].shape), "floats": data}
    return {"each": [written_out(x) for x in entries]}
