"""The numbers of a record in which loops are one round: of its wires and uses, for whatever rounds are chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Wire
from gatewise._record.rounds.loops import Loop
from gatewise._record.rounds.numbers import Numbers, RoundsOf, sum_of_gradients, value_behind
from gatewise._sweep import zeros_for

#: ("wire", wire) of the circuit, or (role, loop, which): "each", "before", "after", "body", "final", "list", "taken" or
#: "gathered".
Key = tuple[Any, ...]


class Shown:
    """The numbers of one choice of rounds: `k` has one for each loop."""

    def __init__(self, numbers: Numbers, loops: Sequence[Loop], k: Sequence[int], known: dict[Any, Any]) -> None:
        self.circuit: FrozenCircuit = numbers.circuit
        self.numbers, self.loops, self.k, self.known = numbers, loops, k, known

    def rounds(self, n: int) -> RoundsOf:
        """The numbers of a loop, in the rounds that are chosen of those around it."""
        around = self.loops[n].around
        key = (n, *self.turns(around))
        if key not in self.known:
            outer = (self.rounds(around), self.k[around]) if around is not None else ()
            self.known[key] = RoundsOf(self.numbers, self.loops[n], *outer)
        found: RoundsOf = self.known[key]
        return found

    def turns(self, n: int | None) -> tuple[int, ...]:
        """The rounds of a loop and of those around it."""
        return () if n is None else (*self.turns(self.loops[n].around), self.k[n])

    def wire(self, key: Key) -> Any:
        """What the record's wire is in the circuit: a wire, or a plain value; None for what NumPy did."""
        role, n, x = key if key[0] != "wire" else ("wire", -1, key[1])
        if role == "wire":
            return x
        rounds = self.rounds(n)
        if role == "each":
            return rounds.outside(x)
        if role == "list":
            return rounds.outside(self.loops[n].lists[x])
        if role == "taken":
            return rounds.taken(x, self.k[n])
        if role == "gathered":
            return np.stack([np.asarray(wire.value) for wire in self.loops[n].gathered[x].entries])
        if role == "before" and self.k[n] == 0:
            return rounds.outside(self.loops[n].repeat.carried[x])
        return rounds.rounds[{"before": self.k[n] - 1, "final": -1}.get(role, self.k[n])][x]

    def value(self, key: Key) -> Any:
        if key[0] in ("body", "after"):
            return self.rounds(key[1]).value(key[2], self.k[key[1]])
        return value_behind(self.wire(key))

    def gradient(self, key: Key) -> Any:
        """The gradient of a wire of the record."""
        if key[0] == "wire":
            return self.numbers.gradient[key[1]]
        role, n, x = key
        rounds, k = self.rounds(n), self.k[n]
        if role == "body":
            return rounds.gradient(x, k)
        if role == "each":
            return rounds.to_shared(x, k)
        if role == "before":
            return rounds.to_before(x, k)
        if role == "after":
            return self.from_next(n, x)
        if role == "taken":
            return rounds.to_taken(x, k)
        if role == "gathered":
            return self.of_gathered(n, x)
        return self.from_behind(n, self.wire(key)) if role == "final" else self.numbers.gradient.get(self.wire(key))

    def part(self, key: Key, port: int) -> object:
        """What came back along the use that made a wire, or along one of its uses."""
        if key[0] == "wire":
            return self.numbers.sent(key[1], port, self.numbers.operands(key[1])[port])
        role, n, x = key
        rounds, k = self.rounds(n), self.k[n]
        if role == "body":
            picked = self.loops[n].ways[x][port][0] == "picked"
            return rounds.picked([x], range(self.loops[n].count)) if picked else rounds.sent(x, port, k)
        if role == "each":
            return rounds.together(x)
        if role == "before":
            return rounds.to_before(x, 0)
        if role == "taken":
            return rounds.to_gathered(x, self.loops[x[0]].gathered[x[1]].entries)
        if role == "gathered":
            g = self.of_gathered(n, x)
            return None if g is None else g[k]
        if role == "after":
            return self.from_next(n, x)
        return self.to_final(n, x) if role == "final" else self.to_list(n, x)

    def blocked(self, key: Key, port: int) -> bool:
        """Whether a gate that routes gave nothing to an operand, though something arrived."""
        if key[0] not in ("wire", "body"):
            return False
        wire = self.wire(key)
        if not isinstance(wire, Wire) or wire not in self.circuit.steps:
            return False
        made, numbers = self.circuit.steps[wire], self.numbers
        source = numbers.operands(wire).get(port)
        if made.gate.pattern != "routes" or port >= len(made.operands) or source is None:
            return False
        if not numbers.is_wanted(wire, source):
            return False
        return not np.any(numbers.sent(wire, port, source)) and bool(np.any(numbers.gradient[wire]))

    # ---------------------------------------------------------------------------------------- what comes from elsewhere

    def from_next(self, n: int, place: int) -> object:
        """What the next round sends back to this one: nothing behind the last."""
        found = self.rounds(n).to_before(place, self.k[n] + 1)
        return self.nothing(self.loops[n].repeat.body[place]) if found is None else found

    def to_final(self, n: int, place: int) -> object:
        """What comes back to a round from behind the loop: to the last one alone."""
        wire = self.rounds(n).rounds[-1][place]
        if self.k[n] < self.loops[n].count - 1:
            return self.nothing(self.loops[n].finals[place])
        return self.from_behind(n, wire)

    def to_list(self, n: int, place: int) -> Any:
        """What comes back to a round from the array of all: its entry's gradient."""
        g = self.numbers.gradient.get(self.wire(("list", n, place)))
        return None if g is None else np.asarray(g)[self.k[n]]

    def of_gathered(self, n: int, place: int) -> Any:
        """The gradient of a list: what all loops that go through it send back to its entries."""
        key = "gathered", n, place
        if key not in self.known:
            entries = self.loops[n].gathered[place].entries
            parts = (
                self.rounds(m).to_gathered(taken, entries)
                for m, loop in enumerate(self.loops)
                for taken in loop.taken
                if taken[:2] == (n, place)
            )
            self.known[key] = sum_of_gradients([g for g in parts if g is not None])
        return self.known[key]

    def from_behind(self, n: int, wire: Any) -> object:
        """What comes back to the last round of a loop from behind it."""
        if not isinstance(wire, Wire) or wire not in self.numbers.gradient:
            return None
        found = sum_of_gradients(list(self.came_behind(n, wire)))
        return self.nothing(wire) if found is None else found

    def came_behind(self, n: int, wire: Wire) -> Iterator[object]:
        """What comes back to the value of a last round from behind the loop."""
        rounds = self.rounds(n)
        within = {*rounds.own, *(rounds.outside(array) for array in self.loops[n].lists.values())}
        within |= {step for each in self.loops[n].gathered.values() if wire in each.entries for step in each.takers}
        for user, port in self.numbers.users.get(wire, ()):
            part = None if user in within else self.numbers.sent(user, port, wire)
            if part is not None:
                yield part
        if wire is self.circuit.output and self.numbers.gradient[wire] is not None:
            yield self.circuit.upstream

    def nothing(self, wire: Wire) -> Any:
        return None if self.numbers.gradient[wire] is None else zeros_for(wire.value)
