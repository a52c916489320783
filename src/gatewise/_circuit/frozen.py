"""The frozen record of a run, and the check that it is well formed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewise._circuit.tape import Read, SourcedWire, Wire, step_wire
from gatewise._errors import GatewiseError


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One wire at the left edge: an argument, or one entry of an argument that is a structure.

    `text` is how printed code reads it (`x`, `params["W1"]`); `wanted` whether its gradient was asked for; `kind` is
    "input" for an argument, "constant" for a value the user's code named, "captured" for an array
    that came from outside.
    """

    wire: Wire
    name: str
    parameter: str
    path: tuple[Any, ...]
    text: str
    wanted: bool
    kind: str = "input"


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What the user wrote as one assignment: its name, line and text, and the wires it made, the named one last."""

    name: str
    line: int | None
    text: str
    wires: tuple[Wire, ...]
    statement: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class FrozenCircuit:
    """The frozen record of a run.

    `wires` are all of them in tape order, inputs first; `made` gives for each wire that a gate made the wire that
    holds its step (itself, or the one whose output it is); `bit` is the derivative's, `recording` the recording's.
    """

    name: str
    inputs: tuple[Input, ...]
    wires: tuple[Wire, ...]
    output: Wire
    names: Mapping[Wire, str]
    named: frozenset[Wire]  # those whose names the user chose
    stages: tuple[Stage, ...]
    upstream: Any
    bit: int
    recording: int
    signature: tuple[tuple[str, str, Any], ...] = ()  # (name, kind, default text or None) in the user's order
    texts: Mapping[Any, str] = field(default_factory=dict)  # by id: the user's spelling of a parameter
    setup: tuple[str, ...] = ()  # lines that compute plain numbers (`N = X.shape[0]`)
    reads: tuple[Read, ...] = ()
    taken: frozenset[str] = frozenset()  # names the user's code uses
    scopes: Mapping[Wire, str] = field(default_factory=dict)  # the helper functions a gate stands in
    sites: Mapping[Wire, tuple[int, ...]] = field(default_factory=dict)  # where each of them was called: an instruction
    calls: Mapping[Wire, tuple[int, ...]] = field(default_factory=dict)  # which call of each it was, counted in a run

    def made(self, wire: Wire) -> SourcedWire | None:
        """The wire that holds the step that made `wire`; None for an input."""
        return step_wire(wire)

    @property
    def wanted(self) -> tuple[Input, ...]:
        """The inputs whose gradient was asked for."""
        return tuple(i for i in self.inputs if i.wanted)


class CircuitError(GatewiseError):
    """A circuit is not well formed; this is a defect of gatewise, or of a transform written for it.

    Wrong: a step whose operand is made later. Right: what `gw.circuit` returns.
    """


def verify(circuit: FrozenCircuit) -> FrozenCircuit:
    """The circuit, if every wire has one name of its own and is made of wires that stand before it.

    Every transform's result goes through here. Raises `CircuitError`.
    """
    inputs = {i.wire for i in circuit.inputs}
    seen: set[Wire] = set()
    for wire in circuit.wires:
        holder = step_wire(wire)
        if wire not in inputs:
            if holder is None or holder.step is None:
                raise CircuitError(f"the wire {circuit.names[wire]} is neither an input nor made by a step.")
            late = [s for s in holder.sources if s is not None and s.pullback is not None and s.order > holder.order]
            if late:
                raise CircuitError(f"the wire {circuit.names[wire]} is made of one that is made later.")
        seen.add(wire)
    names = [circuit.names[w] for w in circuit.wires]
    if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
        twice = next((n for n in names if names.count(n) > 1 or not n.isidentifier()), "")
        raise CircuitError(f"the name {twice!r} is taken twice, or is no identifier.")
    if circuit.output not in seen:
        raise CircuitError("the output is not among the wires.")
    return circuit
