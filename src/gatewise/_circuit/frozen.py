"""The frozen record of a run, and the check that it is well formed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from gatewise._circuit.tape import Read, Wire, step_of, wires_in
from gatewise._errors import GatewiseError
from gatewise._gates import Expr, Gate
from gatewise._types import Parameters, Plain


class Said(str):
    """A piece of the user's code, with the names in it and how tightly it holds together: nobody reads it again."""

    names: frozenset[str]
    holds: Literal["atom", "unary", "loosely"]

    def __new__(cls, text: str, names: Iterable[str], holds: Literal["atom", "unary", "loosely"] = "atom") -> Said:
        said = super().__new__(cls, text)
        said.names, said.holds = frozenset(names), holds
        return said


@dataclass(frozen=True, slots=True, eq=False)
class Input:
    """One wire at the left edge: an argument, or one entry of an argument that is a structure.

    `text` is how printed code reads it (`x`, `params["W1"]`), of a constant what the user said; `wanted` whether its
    gradient was asked for; `kind` is "input" for an argument, "constant" for a value the user's code named, "captured"
    for an array that came from outside.
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
class Block:
    """A block that closes at a wire, beside the gates the user wrote: its own rule goes from there to its operands.

    `inside` are the wires that this rule passes over.
    """

    gate: Gate
    operands: tuple[Any, ...]
    parameters: Parameters
    inside: frozenset[Wire]


@dataclass(frozen=True, eq=False)
class FrozenCircuit:
    """The frozen record of a run.

    `wires` are all of them in tape order, inputs first; `steps` says what made each that is no input, `blocks` which
    blocks close where; `bit` is the derivative's, `recording` the recording's. The grammar, also in docs/design.md:

        circuit   = inputs, wires, steps, blocks, output, reads, stages, names
        input     = wire, name, text, wanted, kind            kind: "input", "constant", "captured" or "cut"
        step      = wire -> Expr(gate, operands, parameters, value)
        operand   = wire that stands before | number | array | None
        parameter = what the gate declares; an array in an index that was computed, given or named is its wire
        block     = wire -> gate, operands, parameters, the wires inside
        read      = wire, how, value                          what Python read: the circuit holds where it is so
        stage     = name, line, text, the wires it made
        name      = wire -> identifier, each wire its own
    """

    name: str
    inputs: tuple[Input, ...]
    wires: tuple[Wire, ...]
    output: Wire
    names: Mapping[Wire, str]
    named: frozenset[Wire]  # those whose names the user chose
    stages: tuple[Stage, ...]
    upstream: Plain
    bit: int
    recording: int
    signature: tuple[tuple[str, str, Any], ...] = ()  # (name, kind, default text or None) in the user's order
    blocks: Mapping[Wire, Block] = field(default_factory=dict)
    spelled: Mapping[Wire, Said] = field(default_factory=dict)  # arrays inside indices, as the user's code says them
    texts: Mapping[Any, Said] = field(default_factory=dict)  # by id: the user's spelling of a parameter
    setup: tuple[Said, ...] = ()  # lines that compute plain numbers (`N = X.shape[0]`)
    reads: tuple[Read, ...] = ()
    read: frozenset[Wire] = frozenset()  # floats that Python read as whole numbers: not differentiated
    taken: frozenset[str] = frozenset()  # names the user's code uses
    scopes: Mapping[Wire, str] = field(default_factory=dict)  # the helper functions a gate stands in
    sites: Mapping[Wire, tuple[int, ...]] = field(default_factory=dict)  # where each of them was called: an instruction
    calls: Mapping[Wire, tuple[int, ...]] = field(default_factory=dict)  # which call of each it was, counted in a run
    beside: tuple[Wire, ...] = ()  # steps that stand where others do which the output needs: a last round is whole
    around: Any = None  # the plain names of the function, by which its texts are worked out again; None once it was cut

    @cached_property
    def edges(self) -> Mapping[Wire, Input]:
        """The inputs by their wires."""
        return {i.wire: i for i in self.inputs}

    @cached_property
    def steps(self) -> Mapping[Wire, Expr]:
        """What made each wire that is no input, in tape order."""
        edges = self.edges
        return {wire: step for wire in self.wires if wire not in edges and (step := step_of(wire)) is not None}

    @cached_property
    def ids(self) -> Mapping[Wire, int]:
        """The place of each wire in tape order."""
        return {wire: k for k, wire in enumerate(self.wires)}

    @property
    def wanted(self) -> tuple[Input, ...]:
        """The inputs whose gradient was asked for."""
        return tuple(i for i in self.inputs if i.wanted)


class CircuitError(GatewiseError):
    """A circuit is not well formed; this is a defect of gatewise, or of a transform written for it.

    Wrong: a step whose operand is made later. Right: what `gw.circuit` returns.
    """


def verify(circuit: FrozenCircuit) -> FrozenCircuit:
    """The circuit, if it is as its grammar says.

    Every transform's result goes through here. Raises `CircuitError`.
    """
    names, steps, ids, later = circuit.names, circuit.steps, circuit.ids, set(circuit.wires)
    for wire in circuit.wires:
        if (made := steps.get(wire)) is not None:
            if not later.isdisjoint(behind := wires_in(made)):
                raise CircuitError(f"the wire {names[wire]} is made of one that is made later.")
            if made.parameters and not made.parameters.keys() <= set(made.gate.parameters):
                raise CircuitError(f"the gate {made.gate.name} has parameters that it does not declare.")
            if any([x not in ids and step_of(x) is not None for x in behind]):  # noqa: C419 - a third of the time
                raise CircuitError(f"the wire {names[wire]} is made of one that is not in the circuit.")
        elif wire not in circuit.edges:
            raise CircuitError(f"the wire {names[wire]} is neither an input nor made by a step.")
        later.discard(wire)
    told = [names[w] for w in circuit.wires]
    if len(set(told)) != len(told) or not all(name.isidentifier() for name in told):
        twice = next((n for n in told if told.count(n) > 1 or not n.isidentifier()), "")
        raise CircuitError(f"the name {twice!r} is taken twice, or is no identifier.")
    if circuit.output not in circuit.ids:
        raise CircuitError("the output is not among the wires.")
    return circuit
