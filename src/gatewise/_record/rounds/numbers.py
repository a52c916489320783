"""Values and gradients of any round of a loop, and what its rounds send out together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Wire
from gatewise._record.circuits import contributions_of, gradient_of, operands_by_port, shown, told_part
from gatewise._record.rounds.lists import Taken
from gatewise._record.rounds.loops import Loop
from gatewise._sweep import zeros_for
from gatewise._transforms import gradients
from gatewise._types import Json, Value


class Numbers:
    """All there is to know of the numbers of a circuit whose loops are shown as one round, of whatever round.

    `gradient` is that of every wire, `contributions` what came back along every use.
    """

    def __init__(self, circuit: FrozenCircuit, loops: Sequence[Loop]) -> None:
        self.circuit = circuit
        self.picking = {wire for loop in loops if loop.around is None for wire in picked_by_round(loop)}
        found, _ = gradients(circuit, quiet=circuit.ids)
        written, self.events = gradients(circuit, as_written=True, quiet=self.picking)
        self.contributions = contributions_of(circuit, self.events)
        self.gradient: Mapping[Wire, Any] = {w: gradient_of(w, circuit, found, written) for w in circuit.wires}

    def sent(self, wire: Wire, port: int, source: Wire) -> Value:
        """What came back along one use; None where nothing did."""
        made = self.circuit.steps.get(wire)
        if made is None:
            return None  # it stands beside the circuit: nothing needs it
        if port >= len(made.operands) or source in self.circuit.read:
            return None
        if wire in self.picking:
            return None if self.gradient[wire] is None else self.into(zeros_for(source.value), wire)
        routed = self.is_wanted(wire, source) and made.gate.pattern == "routes"
        return told_part(self.contributions.get((wire, port)), source, self.gradient[source], routed)

    def into(self, array: Value, wire: Wire) -> Value:
        """The array with the gradient of what an index picks added to its entries."""
        made, g = self.circuit.steps.get(wire), self.gradient.get(wire)
        if made is not None and g is not None:
            np.add.at(array, made.parameters["index"], g)
        return array

    def is_wanted(self, wire: Wire, source: Wire) -> bool:
        """Whether a gradient goes from one wire to what it was made of."""
        bit = self.circuit.bit
        return bool(source.bits & bit and wire.bits & bit) and self.gradient[wire] is not None

    def operands(self, wire: Wire) -> dict[int, Wire]:
        """What the step of a wire is given, by port."""
        return operands_by_port(self.circuit, self.circuit.steps[wire])

    @cached_property
    def users(self) -> dict[Wire, list[tuple[Wire, int]]]:
        """The steps that use each wire, with the port, in tape order."""
        found: dict[Wire, list[tuple[Wire, int]]] = {}
        for wire in self.circuit.steps:
            for port, source in self.operands(wire).items():
                found.setdefault(source, []).append((wire, port))
        return found


class RoundsOf:
    """The numbers of one loop: of its places, and of what comes in, comes round and leaves, by round.

    Those of a loop inside another's round are of the one in round `turn` of that.
    """

    def __init__(self, numbers: Numbers, loop: Loop, around: RoundsOf | None = None, turn: int = 0) -> None:
        self.numbers, self.loop, self.around, self.turn = numbers, loop, around, turn
        self.rounds: Sequence[Sequence[Wire | None]] = loop.repeat.rounds
        if around is not None:
            self.rounds = [[wire_or_none(self.outside(wire)) for wire in row] for row in loop.repeat.rounds]
        self.of_shared: dict[Wire, list[tuple[int, int]]] = {wire: [] for wire in loop.each}
        self.of_carried: dict[int, list[tuple[int, int]]] = {q: [] for q in loop.before}
        self.of_taken: dict[Taken, list[tuple[int, int]]] = {key: [] for key in loop.taken}
        for place, ways in enumerate(loop.ways):
            for port, (way, x) in ways.items():
                if way == "shared" and isinstance(x, Wire):
                    self.of_shared[x].append((place, port))
                elif way == "carried" and isinstance(x, int):
                    self.of_carried[x].append((place, port))
                elif way == "taken" and isinstance(x, tuple):
                    self.of_taken[x].append((place, port))

    @cached_property
    def own(self) -> set[Wire]:
        """The wires of all rounds."""
        return {wire for row in self.rounds for wire in row if wire is not None}

    @cached_property
    def at(self) -> dict[Wire, tuple[int, int]]:
        """By the wires of the model round, and of the one before it, how many rounds before they are, and the place."""
        before = {wire: (1, q) for q in self.loop.before if (wire := self.loop.repeat.rounds[0][q]) is not None}
        return {**before, **{wire: (0, q) for q, wire in enumerate(self.loop.repeat.body)}}

    def seen(self, x: Any, k: int) -> Any:
        """What stands in round `k` for what the model round has; None for what NumPy did in the first one."""
        lag, place = self.at.get(x, (0, -1)) if isinstance(x, Wire) else (0, -1)
        if place < 0:
            return self.outside(x)
        return self.rounds[k - lag][place] if k >= lag else self.outside(self.loop.repeat.carried[place])

    def outside(self, x: Any) -> Any:
        """What stands for a wire from outside, or a plain value, in the round around that this loop is of."""
        return x if self.around is None else self.around.seen(x, self.turn)

    def value(self, place: int, k: int) -> Value:
        """The value of a place in a round; None where NumPy did the step, in the first round."""
        wire = self.rounds[k][place]
        return None if wire is None else wire.value

    def gradient(self, place: int, k: int) -> Value:
        """The gradient of a place in a round."""
        wire = self.rounds[k][place]
        return None if wire is None else self.numbers.gradient.get(wire)  # none of what stands beside the circuit

    def source(self, place: int, port: int, k: int) -> Wire | None:
        """The wire that a step of a round uses; None where it was given a plain value, or NumPy did the step."""
        way, x = self.loop.ways[place][port]
        if way == "body" and isinstance(x, int):
            return self.rounds[k][x]
        if way == "carried" and isinstance(x, int):
            return self.rounds[k - 1][x] if k else wire_or_none(self.outside(self.loop.repeat.carried[x]))
        if way == "taken":
            wire = self.rounds[k][place]
            return None if wire is None else self.numbers.operands(wire).get(port)
        return wire_or_none(self.outside(x))

    def taken(self, key: Taken, k: int) -> Wire | None:
        """The entry of a list that a round takes."""
        place, port = self.of_taken[key][0]
        return self.source(place, port, k)

    def value_taken(self, key: Taken, k: int) -> Any:
        """The value that a round takes from a list; None where NumPy did the step."""
        return value_behind(self.taken(key, k))

    def to_taken(self, key: Taken, k: int) -> Any:
        """The gradient that a round sends back to the entry of a list that it takes."""
        return self.total([self.sent(j, port, k) for j, port in self.of_taken[key]], self.taken(key, k))

    def to_gathered(self, key: Taken, entries: Sequence[Wire]) -> Any:
        """What all rounds send back to the entries of a list, as an array; None where none is asked for."""
        at = {wire: k for k, wire in enumerate(entries)}
        sent = [(self.taken(key, k), self.to_taken(key, k)) for k in range(len(self.rounds))]
        if all(g is None for _, g in sent):
            return None
        found = np.stack([np.asarray(zeros_for(wire.value)) for wire in entries])
        for wire, g in sent:
            if wire is not None and g is not None:
                found[at[wire]] += g
        return found

    def sent(self, place: int, port: int, k: int) -> Any:
        """What came back along one use in a round."""
        wire, source = self.rounds[k][place], self.source(place, port, k)
        return None if wire is None or source is None else self.numbers.sent(wire, port, source)

    def before(self, place: int, k: int) -> Value:
        """The value that a round is given by the one before."""
        return self.value(place, k - 1) if k else value_behind(self.outside(self.loop.repeat.carried[place]))

    def to_before(self, place: int, k: int) -> object:
        """The gradient that a round hands to the one before; None behind the last round."""
        if k >= len(self.rounds):
            return None
        parts = [self.sent(j, port, k) for j, port in self.of_carried[place]]
        return self.total(parts, self.loop.repeat.body[place])

    def to_shared(self, wire: Wire, k: int) -> object:
        """The gradient of a wire from outside that one round sends back to it."""
        return self.total([*self.parts_to_shared(wire, k), self.picked(self.picks(wire), [k])], wire)

    def together(self, wire: Wire) -> Value:
        """The gradient of a wire from outside that all rounds send back, added up from the last one."""
        parts = (self.total(self.parts_to_shared(wire, k), None) for k in reversed(range(len(self.rounds))))
        picked = self.picked(self.picks(wire), range(len(self.rounds)))
        return self.total([*parts, picked], wire)

    def parts_to_shared(self, wire: Wire, k: int) -> list[object]:
        """What one round sends back to a wire from outside, but through indices that hang on a round."""
        return [self.sent(j, port, k) for j, port in self.of_shared[wire] if j not in self.loop.picking]

    def picks(self, wire: Wire) -> list[int]:
        """The places at which a wire from outside is picked from by the number of another loop's round."""
        return [j for j, _ in self.of_shared[wire] if j in self.loop.picking]

    def picked(self, places: Sequence[int], rounds: Sequence[int]) -> Value:
        """What rounds send back through indices that hang on the round: each its gradient to its entries."""
        wires = [wire for place in places for k in rounds if (wire := self.rounds[k][place]) is not None]
        source = next((x for place in places if (x := self.source(place, 0, 0)) is not None), None)
        if source is None or self.numbers.gradient[source] is None:
            return None
        if self.numbers.users.get(source) == [(wire, 0) for wire in wires]:
            return self.numbers.gradient[source]
        found = zeros_for(source.value)
        for wire in wires:
            self.numbers.into(found, wire)
        return found

    def ends(self, key: tuple[Any, ...]) -> Json:
        """Of a wire of the body: value and gradient in the first and in the last round, and their norms over all."""
        role, _, which = key
        value, gradient = (self.value_taken, self.to_taken) if role == "taken" else (self.value, self.gradient)
        values = [value(which, k) for k in range(len(self.rounds))]
        gradients = [gradient(which, k) for k in range(len(self.rounds))]
        return {
            "first": {"value": values[0], "gradient": shown(gradients[0])},
            "last": {"value": values[-1], "gradient": shown(gradients[-1])},
            "norm": {"value": norm(values), "gradient": norm(gradients)},
        }

    def total(self, parts: Sequence[object], wire: Wire | None) -> Any:
        """Some contributions to a wire added up; zeros where none came and one was asked for."""
        came = [part for part in parts if part is not None]
        if came or wire is None:
            return sum_of_gradients(came)
        return zeros_for(wire.value) if self.numbers.gradient[wire] is not None else None


def picked_by_round(loop: Loop) -> Iterator[Wire]:
    """What the rounds pick out of wires from outside, whose contributions are told together."""
    yield from (wire for place in loop.picking for row in loop.repeat.rounds if (wire := row[place]) is not None)


def wire_or_none(x: Any) -> Wire | None:
    return x if isinstance(x, Wire) else None


def value_behind(x: Any) -> Value:
    return x.value if isinstance(x, Wire) else x


def sum_of_gradients(parts: list[Value]) -> object:
    """The sum of some gradients; None of none."""
    return sum(parts[1:], parts[0]) if parts else None


def trouble_in(numbers: Numbers, loops: Sequence[Loop]) -> tuple[int, ...]:
    """The first round of a loop in which a value is not finite; where all are, the last of which a gradient is not.

    Behind it that of the loop inside of it; nothing where all is finite.
    """
    for n, loop in enumerate(loops):
        k = first_trouble(RoundsOf(numbers, loop)) if loop.around is None else None
        if k is not None:
            inner = (RoundsOf(numbers, x, RoundsOf(numbers, loop), k) for x in loops if x.around == n)
            return k, *[found for each in inner if (found := first_trouble(each)) is not None][:1]
    return ()


def first_trouble(rounds: RoundsOf) -> int | None:
    """The first round of a loop in which a value is not finite, or the last of which a gradient is not."""
    for k, row in enumerate(rounds.rounds):
        if not all(wire is None or has_finite_entries(wire.value) for wire in row):
            return k
    for k, row in reversed([*enumerate(rounds.rounds)]):
        if not all(wire is None or has_finite_entries(rounds.numbers.gradient.get(wire)) for wire in row):
            return k
    return None


def has_finite_entries(value: Value) -> bool:
    if type(value) is float:
        return math.isfinite(value)
    return value is None or bool(np.isfinite(value).all())


def numbers_of(counts: range) -> list[int]:
    """The first number of a loop's counter, the last, and the step."""
    return [counts[0], counts[-1], counts.step]


def norm(found: Sequence[Any]) -> float | None:
    """The norm of all entries of all rounds; None where there is none."""
    known = [x for x in found if x is not None]
    with np.errstate(all="ignore"):
        return float(np.sqrt(sum(float(np.sum(np.square(np.abs(x), dtype=float))) for x in known))) if known else None
