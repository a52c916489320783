"""The numbers of all rounds, column by column, as a page keeps them: small, and quick to take a round out of."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import product
from math import isqrt, prod
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, step_of
from gatewise._record.circuits import given, shown
from gatewise._record.rounds.loops import Loop, chain_of
from gatewise._record.rounds.numbers import Numbers
from gatewise._record.rounds.record import Writing
from gatewise._record.rounds.shown import Key, Shown
from gatewise._record.rounds.texts import in_round
from gatewise._record.written import WHOLE, written_out
from gatewise._types import Json

MOST = 200_000  # numbers that are kept: of a longer loop fewer rounds, evenly apart


def series(
    circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int | Sequence[int] = -1
) -> list[Json]:
    """For each loop its rounds: `kept`, their numbers from 0 on, and a column for each thing that changes with them.

    `wires` and `uses` have columns by id and by place in the record: `value`, `gradient`, `local`, `contribution`,
    `blocked`. A column stands in `columns`, each once: its first entry is that of the first round that is kept; of a
    loop inside another's round there are all its rounds for each one of that.
    """
    writing = Writing(circuit, loops, numbers, asked)
    kept: list[Sequence[int]] = []
    known: dict[Any, Any] = {}
    return [OfLoop(writing, n, kept, known).told() for n in range(len(loops))]


class OfLoop:
    """The columns of one loop; `kept` has the rounds of those before it, and gets its own."""

    def __init__(self, writing: Writing, n: int, kept: list[Sequence[int]], known: dict[Any, Any]) -> None:
        self.writing, self.n, self.kept, self.known = writing, n, kept, known
        self.loop = writing.loops[n]
        self.columns: dict[str, int] = {}
        self.found: list[dict[str, Any]] = []
        self.turns: list[Shown] = []

    def told(self) -> Json:
        writing = self.writing
        uses = [(at, key, port) for at, (key, port) in enumerate(writing.use_keys()) if self.is_use_here(key)]
        wires = [(key, id_) for key, id_ in writing.ids.items() if self.is_here(key)]
        self.kept.append(self.rounds_kept(len(wires) * 2 + len(uses) * 2))
        self.turns = [Shown(writing.numbers, writing.loops, k, self.known) for k in self.choices()]
        told_wires = {str(id_): self.of_wire(key) for key, id_ in wires}
        told_uses = {str(at): self.of_use(key, port) for at, key, port in uses}
        return {"kept": list(self.kept[self.n]), "wires": told_wires, "uses": told_uses, "columns": self.found}

    def is_here(self, key: Key) -> bool:
        """Whether the numbers of a wire are those of one round: what leaves a loop is of the round around it."""
        if key[0] == "wire":
            return False
        return (self.writing.loops[key[1]].around if key[0] in ("final", "list", "gathered") else key[1]) == self.n

    def is_use_here(self, key: Key) -> bool:
        """Whether the numbers of the use that made a wire are: what comes into a loop is of the round around it."""
        if key[0] == "wire":
            return False
        return (self.writing.loops[key[1]].around if key[0] in ("each", "before") else key[1]) == self.n

    def choices(self) -> Iterator[list[int]]:
        """All rounds that are kept, with all of the loops around it."""
        loops = self.writing.loops
        numbers = [loops.index(loop) for loop in chain_of(loops, self.loop)]
        for rounds in product(*(self.kept[n] for n in numbers)):
            chosen = dict(zip(numbers, rounds, strict=True))
            yield [chosen.get(n, k) for n, k in enumerate(self.writing.k)]

    def rounds_kept(self, columns: int) -> Sequence[int]:
        """All rounds, or as many as there is room for, the first and the last among them."""
        sizes = [min(np.size(self.loop.repeat.body[q].value), WHOLE) for q in self.loop.own] or [1]
        each = max(1, columns * max(1, sum(sizes) // len(sizes)))
        loops, count = self.writing.loops, self.loop.count
        times = prod(len(self.kept[loops.index(loop)]) for loop in chain_of(loops, self.loop)[:-1])
        room = max(2, MOST // each // times)
        inside = max((loop.count for loop in loops if loop.around == self.n), default=1)
        room = max(2, isqrt(room), room // inside) if inside > 1 else room
        if count <= room:
            return range(count)
        shown_now = self.writing.k[self.n]
        return sorted({*np.linspace(0, count - 1, room).round().astype(int).tolist(), shown_now})

    def of_wire(self, key: Key) -> dict[str, int]:
        """The columns of a wire of the loop."""
        found = {
            "value": self.column(turn.value(key) for turn in self.turns),
            "gradient": self.column(shown(turn.gradient(key)) for turn in self.turns),
        }
        return {**found, "given": self.given(key)} if key[0] == "body" else found

    def given(self, key: Key) -> int:
        """What a gate was given beside wires, which may hang on the round."""
        made = [None if (wire := turn.wire(key)) is None else step_of(wire) for turn in self.turns]
        found = [{} if each is None else given(each) for each in made]
        return self.column({name: written_out(number)[0] for name, number in each.items()} for each in found)

    def of_use(self, key: Key, port: int) -> dict[str, int]:
        """The columns of a use by a wire of the loop."""
        role, n, place = key
        if role == "taken" and self.loop.around is None:
            return {}  # the contributions of all rounds together, which are the same in every one
        if role != "body":
            return {"contribution": self.column(shown(turn.part(key, port)) for turn in self.turns)}
        texts = [in_round(self.writing.of_round[n][place], turn.wire(key)) for turn in self.turns]
        local = self.column(text.local_values.get(port) for text in texts)
        found = {"local": local, "local_text": self.column(text.local(port) for text in texts)}
        if self.loop.ways[place][port][0] == "picked" and self.loop.around is None:
            return found
        return {
            **found,
            "contribution": self.column(shown(turn.part(key, port)) for turn in self.turns),
            "blocked": self.column(turn.blocked(key, port) for turn in self.turns),
        }

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
