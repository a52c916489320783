"""Values and gradients of any round of a loop, and what its rounds send out together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Wire, step_of
from gatewise._record.circuits import contributions_of, gradient_of, operands_by_port, told_part
from gatewise._record.rounds.loops import Loop
from gatewise._sweep import zeros_for
from gatewise._transforms import gradients


class Numbers:
    """All there is to know of the numbers of a circuit whose loops are shown as one round, of whatever round.

    `gradient` is that of every wire, `contributions` what came back along every use.
    """

    def __init__(self, circuit: FrozenCircuit, loops: Sequence[Loop]) -> None:
        self.circuit = circuit
        quiet = {wire for loop in loops for wire in picked_by_round(loop)}
        found, _ = gradients(circuit, quiet=circuit.ids)
        written, self.events = gradients(circuit, as_written=True, quiet=quiet)
        self.contributions = contributions_of(circuit, self.events)
        self.gradient: Mapping[Wire, Any] = {w: gradient_of(w, circuit, found, written) for w in circuit.wires}

    def sent(self, wire: Wire, port: int, source: Wire) -> Any:
        """What came back along one use; None where nothing did."""
        made = self.circuit.steps.get(wire)
        if made is None:
            return None  # it stands beside the circuit: nothing needs it
        if port >= len(made.operands) or source in self.circuit.read:
            return None
        routed = self.is_wanted(wire, source) and made.gate.pattern == "routes"
        return told_part(self.contributions.get((wire, port)), source, self.gradient[source], routed)

    def is_wanted(self, wire: Wire, source: Wire) -> bool:
        """Whether a gradient goes from one wire to what it was made of."""
        bit = self.circuit.bit
        return bool(source.bits & bit and wire.bits & bit) and self.gradient[wire] is not None

    @cached_property
    def users(self) -> dict[Wire, list[tuple[Wire, int]]]:
        """The steps that use each wire, with the port, in tape order."""
        found: dict[Wire, list[tuple[Wire, int]]] = {}
        for wire, made in self.circuit.steps.items():
            for port, source in operands_by_port(self.circuit, made).items():
                found.setdefault(source, []).append((wire, port))
        return found


class RoundsOf:
    """The numbers of one loop: of its places, and of what comes in, comes round and leaves, by round."""

    def __init__(self, numbers: Numbers, loop: Loop) -> None:
        self.numbers, self.loop = numbers, loop
        self.rounds = loop.repeat.rounds
        self.of_shared: dict[Wire, list[tuple[int, int]]] = {wire: [] for wire in loop.each}
        self.of_carried: dict[int, list[tuple[int, int]]] = {q: [] for q in loop.before}
        for place, ways in enumerate(loop.ways):
            for port, (way, x) in ways.items():
                if way == "shared" and isinstance(x, Wire):
                    self.of_shared[x].append((place, port))
                elif way == "carried" and isinstance(x, int):
                    self.of_carried[x].append((place, port))

    def value(self, place: int, k: int) -> Any:
        """The value of a place in a round; None where NumPy did the step, in the first round."""
        wire = self.rounds[k][place]
        return None if wire is None else wire.value

    def gradient(self, place: int, k: int) -> Any:
        """The gradient of a place in a round."""
        wire = self.rounds[k][place]
        return None if wire is None else self.numbers.gradient.get(wire)  # none of what stands beside the circuit

    def source(self, place: int, port: int, k: int) -> Wire | None:
        """The wire that a step of a round uses; None where it was given a plain value, or NumPy did the step."""
        way, x = self.loop.ways[place][port]
        if way == "body" and isinstance(x, int):
            return self.rounds[k][x]
        if way == "carried" and isinstance(x, int):
            first = self.loop.repeat.carried[x]
            return self.rounds[k - 1][x] if k else first if isinstance(first, Wire) else None
        return x if isinstance(x, Wire) else None

    def sent(self, place: int, port: int, k: int) -> Any:
        """What came back along one use in a round."""
        wire, source = self.rounds[k][place], self.source(place, port, k)
        return None if wire is None or source is None else self.numbers.sent(wire, port, source)

    def before(self, place: int, k: int) -> Any:
        """The value that a round is given by the one before."""
        first = self.loop.repeat.carried[place]
        return self.value(place, k - 1) if k else first.value if isinstance(first, Wire) else first

    def to_before(self, place: int, k: int) -> object:
        """The gradient that a round hands to the one before; None behind the last round."""
        if k >= len(self.rounds):
            return None
        wire = self.rounds[1][place]
        assert wire is not None
        return self.total([self.sent(j, port, k) for j, port in self.of_carried[place]], wire)

    def to_shared(self, wire: Wire, k: int) -> object:
        """The gradient of a wire from outside that one round sends back to it."""
        return self.total([self.sent(place, port, k) for place, port in self.of_shared[wire]], wire)

    def together(self, wire: Wire) -> Any:
        """The gradient of a wire from outside that all rounds send back, added up from the last one."""
        parts = (self.to_shared(wire, k) for k in reversed(range(len(self.rounds))))
        return sum_of_gradients([part for part in parts if part is not None])

    def picked(self, place: int) -> Any:
        """What all rounds send back through an index that hangs on the round: each its gradient to its entries."""
        source = self.source(place, 0, 1)
        assert source is not None
        if self.numbers.gradient[source] is None:
            return None
        if self.numbers.users[source] == [(row[place], 0) for row in self.rounds]:
            return self.numbers.gradient[source]
        found = zeros_for(source.value)
        for k, row in enumerate(self.rounds):
            wire, g = row[place], self.gradient(place, k)
            if wire is not None and g is not None and (made := step_of(wire)) is not None:
                np.add.at(found, made.parameters["index"], g)
        return found

    def total(self, parts: list[object], wire: Wire) -> Any:
        """Some contributions to a wire added up; zeros where none came and one was asked for."""
        came = [part for part in parts if part is not None]
        if came:
            return sum_of_gradients(came)
        return zeros_for(wire.value) if self.numbers.gradient[wire] is not None else None


def picked_by_round(loop: Loop) -> Iterator[Wire]:
    """What the rounds pick out of wires from outside, whose contributions are told together."""
    for place, ways in enumerate(loop.ways):
        if any(way == "picked" for way, _ in ways.values()):
            yield from (wire for row in loop.repeat.rounds if (wire := row[place]) is not None)


def sum_of_gradients(parts: list[Any]) -> object:
    """The sum of some gradients; None of none."""
    return sum(parts[1:], parts[0]) if parts else None


def trouble_in(numbers: Numbers, loops: Sequence[Loop]) -> int | None:
    """The first round of a loop in which a value is not finite; where all are, the last of which a gradient is not."""
    for loop in loops:
        for k, row in enumerate(loop.repeat.rounds):
            if not all(wire is None or has_finite_entries(wire.value) for wire in row):
                return k
        for k, row in reversed([*enumerate(loop.repeat.rounds)]):
            if not all(wire is None or has_finite_entries(numbers.gradient.get(wire)) for wire in row):
                return k
    return None


def has_finite_entries(value: Any) -> bool:
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
