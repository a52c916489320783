"""The tape and the frozen record of a run: wires, steps, circuits, and the bits that keep derivatives apart.

While a function runs, every gate that carries a gradient leaves one `Wire`, fused with the step that made it and
pointing backwards only, so that reference counting frees it. A recording keeps a `SourcedWire`, which also knows its
`Step`: gate, spelling, operands, and the place in the user's code. A `Circuit` is such a tape, frozen.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._errors import GatewiseError
from gatewise._gates.families import kept_axes
from gatewise._gates.gate import UNASKED, WANTED, Gate, key_of
from gatewise._gates.spelling import Pattern, Variable

tick = itertools.count(1).__next__  # creation index: a step is always younger than its operands

Place = tuple[tuple[Any, int], ...]  #: (code object, last instruction) of the user's frames, the shown function first


class Wire:
    """One value: `order` of creation, `bits` of the derivatives taken through it, and the rule that made it.

    `values` are the operand values (then the parameters, where the gate has any), `parents` the wanted wires (one
    alone or a tuple), `pullback` the rule; a leaf has none. `grad` is what backward() left, `hooks` are the user's.
    """

    __slots__ = ("__weakref__", "bits", "grad", "hooks", "order", "parents", "pullback", "value", "values")

    def __init__(
        self, order: int, bits: int, value: Any, values: Any = (), parents: Any = (), pullback: Any = None
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.values, self.parents, self.pullback = values, parents, pullback
        self.grad: Any = None
        self.hooks: dict[object, Any] | None = None


class SourcedWire(Wire):
    """A wire that knows the wire behind each operand: in a recording, and where a block stands for several gates.

    `sources` has a wire or None for each operand; `written` is (values, parents, pullback) of the gate the user wrote
    where a block's rule took its place; `step` is what a recording keeps; `name` is the name of an input.
    """

    __slots__ = ("name", "sources", "step", "written")
    name: str | None
    sources: Sequence[Wire | None]
    step: Step | None
    written: tuple[Any, Any, Any] | None

    def __init__(
        self,
        order: int,
        bits: int,
        value: Any,
        values: Any = (),
        parents: Any = (),
        pullback: Any = None,
        sources: Sequence[Wire | None] = (),
        written: Any = None,
        step: Step | None = None,
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.values, self.parents, self.pullback = values, parents, pullback
        self.grad = self.hooks = self.name = None
        self.sources, self.written, self.step = sources, written, step


def parents_of(wire: Wire) -> tuple[Wire, ...]:
    """The wanted operand wires, always as a tuple."""
    return wire.parents if type(wire.parents) is tuple else (wire.parents,)


def sources_of(wire: Wire) -> Sequence[Wire | None]:
    """The wire behind each operand; None for a constant."""
    if type(wire) is SourcedWire:
        return wire.sources
    if wire.pullback is None:
        return ()
    parents, positions = wire.parents, wire.pullback.positions
    if type(parents) is tuple and len(parents) == len(wire.values):
        return parents
    sources: list[Wire | None] = [None] * len(wire.values)
    for position, parent in zip(positions, parents if type(parents) is tuple else (parents,), strict=True):
        sources[position] = parent
    return sources


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One gate applied: what it was given, how the user spelled it, and where.

    `operands` are wires and plain constants; `texts` are the operands' source texts where they are known.
    """

    gate: Gate
    forward: Callable[..., Any]
    operands: tuple[Any, ...]
    parameters: Mapping[str, Any]
    place: Place
    stage: int
    parameter_wires: Mapping[int, Wire] = field(default_factory=dict)  # Tensors inside parameters, by id of the value


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
class Circuit:
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
    texts: Mapping[int, str] = field(default_factory=dict)  # by id: the user's spelling of a parameter
    setup: tuple[str, ...] = ()  # lines that compute plain numbers (`N = X.shape[0]`)
    reads: tuple[Read, ...] = ()
    taken: frozenset[str] = frozenset()  # names the user's code uses
    scopes: Mapping[Wire, str] = field(default_factory=dict)  # the helper functions a gate stands in

    def made(self, wire: Wire) -> SourcedWire | None:
        """The wire that holds the step that made `wire`; None for an input."""
        return step_wire(wire)

    @property
    def wanted(self) -> tuple[Input, ...]:
        """The inputs whose gradient was asked for."""
        return tuple(i for i in self.inputs if i.wanted)


def step_wire(wire: Wire) -> SourcedWire | None:
    """The wire that holds the step that made `wire`: itself, or for one output of several the wire of them all."""
    if type(wire) is not SourcedWire and wire.parents and type(wire.value) is not tuple:
        wire = wire.parents if type(wire.parents) is not tuple else wire.parents[0]
    return wire if type(wire) is SourcedWire and wire.step is not None else None


@dataclass(frozen=True, slots=True)
class Read:
    """A value that Python read while recording: which wire, how (`bool`, `index`, ...), and what it was."""

    wire: Wire
    how: str
    value: Any


class Lent(threading.local):
    """What this thread is doing: its recordings, and the derivatives that it has switched off."""

    recording = 0  # the bits of this thread's recordings
    closed = 0  # the bits that no_grad() has switched off
    on_step: Callable[..., Step] | None = None  # what the recording, if there is one, does with each of its steps
    on_read: Callable[[Read], None] | None = None


lent = Lent()


class Open:
    """The bits that are lent now, in all threads: a derivative may be taken in a thread that another one started."""

    derivatives = 1  # backward()'s bit is always lent
    recordings = 0
    lock = threading.Lock()


class Bit:
    """Lends a bit for one derivative or recording, above all that are lent: bits go by depth, and are used again.

    A `bit` of a recording that has ended may be given, to take that recording up again.
    """

    def __init__(self, recording: bool = False, bit: int | None = None) -> None:
        self.recording, self.given = recording, bit

    def __enter__(self) -> int:
        with Open.lock:
            lent_now = Open.derivatives | Open.recordings
            self.bit = 1 << lent_now.bit_length() if self.given is None else self.given
            self.added = self.bit & ~lent_now
            if self.recording:
                Open.recordings |= self.added
            else:
                Open.derivatives |= self.added
        self.before = lent.recording
        lent.recording |= self.bit if self.recording else 0
        return self.bit

    def __exit__(self, *_: object) -> None:
        lent.recording = self.before
        with Open.lock:
            Open.derivatives &= ~self.added
            Open.recordings &= ~self.added


def open_bits() -> int:
    """The derivatives that are being taken now; backward()'s bit is always among them."""
    return Open.derivatives


class CircuitError(GatewiseError):
    """A circuit is not well formed; this is a defect of gatewise, or of a transform written for it.

    Wrong: a step whose operand is made later. Right: what `gw.circuit` returns.
    """


def verify(circuit: Circuit) -> Circuit:
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


# --------------------------------------------------------------------------------------- recognising a block's spelling


def written_gate(wire: Wire) -> Gate | None:
    """The gate the user wrote to make this wire."""
    if type(wire) is SourcedWire:
        if wire.step is not None:
            return wire.step.gate
        if wire.written is not None:
            written: Gate = wire.written[2].gate
            return written
    return wire.pullback.gate if wire.pullback is not None else None


def written_operands(wire: Wire) -> tuple[Sequence[Any], Sequence[Wire | None], Mapping[str, Any]]:
    """Values, wires and parameters of the gate the user wrote."""
    gate = written_gate(wire)
    assert gate is not None
    values, sources = wire.values, None
    if type(wire) is SourcedWire:
        sources = wire.sources
        if wire.written is not None:
            values, parents, pullback = wire.written
            sources = [None] * len(values)
            for position, parent in zip(
                pullback.positions, parents if type(parents) is tuple else (parents,), strict=True
            ):
                sources[position] = parent
    sources = sources_of(wire) if sources is None else sources
    return (values[:-1], sources[: len(values) - 1], values[-1]) if gate.parameters else (values, sources, {})


def inside_block(wire: SourcedWire) -> list[Wire]:
    """The wires that a block's rule passes over, newest first."""
    borders = {*(s for s in wire.sources if s is not None), *parents_of(wire)}
    assert wire.written is not None
    waiting = list(wire.written[1] if type(wire.written[1]) is tuple else (wire.written[1],))
    found: list[Wire] = []
    while waiting:
        inner = waiting.pop()
        if inner not in borders and inner not in found:
            found.append(inner)
            waiting.extend(parents_of(inner))
    return sorted(found, key=lambda w: -w.order)


def may_close(gate: Gate, first: Wire | None) -> bool:
    """Whether the first operand is of a gate that stands first in a spelling `gate` closes: a quick no for most."""
    if first is None or (type(first) is SourcedWire and (first.step is not None or first.written is not None)):
        return True
    return first.pullback is not None and first.pullback.gate in gate.openers


def recognise(
    gate: Gate, wires: Sequence[Wire | None], values: Sequence[Any], parameters: Mapping[str, Any], out: Any
) -> tuple[Any, Any, Any, Any] | None:
    """The block that a step of `gate` closes: its (values, parents, pullback, sources), or None.

    Only where the forward value is finite: elsewhere the gates as written make the gradient loud.
    """
    for pattern, block in gate.closings:
        found: dict[str, Any] = {}
        if matches(pattern, values, wires, parameters, found):
            return closing(block, found, out)
    return None


def closing(block: Gate, found: Mapping[str, Any], out: Any) -> tuple[Any, Any, Any, Any] | None:
    """The rule of `block` for the wires and parameters that were found."""
    scalar = isinstance(out, float)
    if not (math.isfinite(out) if scalar else np.isfinite(out).all()):
        return None
    open_ = ~(lent.recording | lent.closed)
    if scalar and block.arity == 1 and not block.parameters:
        wire = found[block.operands[0]]
        return ((wire.value,), wire, block.scalar[0b110], (wire,)) if wire.bits & open_ else None
    wires = [found[name] for name in block.operands]
    parameters = {name: found[name] for name in block.parameters if name in found}
    if block.when and not block.when(*(w.value for w in wires), **parameters):
        return None
    receivers = [unshifted(w, block.shift(**parameters)) if block.shift else w for w in wires]
    wanted = [w for w in receivers if w.bits & open_]
    if not wanted:
        return None
    key = key_of([WANTED if w in wanted else UNASKED for w in receivers])
    values = tuple(w.value for w in wires) + ((parameters,) if block.parameters else ())
    pullback = (block.scalar if scalar and all(isinstance(w.value, float) for w in wires) else block.array)[key]
    return values, wanted[0] if len(wanted) == 1 else tuple(wanted), pullback, wires


def unshifted(wire: Wire, axis: Any) -> Wire:
    """The wire before the shift `x - max(x)`: the block is the same without it, so the gradient goes there."""
    gate = written_gate(wire)
    if gate is None or gate.name != "subtract":
        return wire
    _, (x, top), _ = written_operands(wire)
    if x is None or top is None or (found := written_gate(top)) is None or found.name != "max":
        return wire
    _, (source,), parameters = written_operands(top)
    shape = np.shape(x.value)
    along = kept_axes(parameters.get("axis"), shape) == kept_axes(axis, shape)
    return x if source is x and along and parameters.get("keepdims") else wire


def matches(
    pattern: Pattern,
    values: Sequence[Any],
    wires: Sequence[Wire | None],
    parameters: Mapping[str, Any],
    found: dict[str, Any],
) -> bool:
    """Whether a step of the pattern's gate fits it; `found` gets what the pattern's variables stand for."""
    gate, wanted = pattern.gate, pattern.operands
    if gate.parameters and not parameters_match(pattern, values, parameters, found):
        return False
    if len(wanted) == 1:
        return operand_matches(wanted[0], values[0], wires[0], found)
    if gate.name == "add" and type(wanted[0]) in (int, float):  # 1 + x or x + 1
        i = 0 if wires[0] is None else 1
        return is_literal(wanted[0], values[i], wires[i]) and operand_matches(
            wanted[1], values[1 - i], wires[1 - i], found
        )
    return all(operand_matches(p, value, wire, found) for p, value, wire in zip(wanted, values, wires, strict=True))


def operand_matches(pattern: Any, value: Any, wire: Wire | None, found: dict[str, Any]) -> bool:
    """Whether an operand is what a pattern says: a number, any wire (the same one each time), or a step."""
    if type(pattern) is Variable:
        return wire is not None and found.setdefault(pattern.name, wire) is wire
    if type(pattern) is not Pattern:
        return is_literal(pattern, value, wire)
    if type(wire) is Wire:  # the eager path
        gate = pattern.gate
        if wire.pullback is None or wire.pullback.gate is not gate:
            return False
        if gate.arity == 1 and not gate.parameters:
            return operand_matches(pattern.operands[0], None, wire.parents, found)
    elif wire is None or written_gate(wire) is not pattern.gate:
        return False
    return matches(pattern, *written_operands(wire), found)


def is_literal(number: float, value: Any, wire: Wire | None) -> bool:
    """Whether an operand is this plain number."""
    return wire is None and isinstance(value, (int, float)) and value == number


def parameters_match(
    pattern: Pattern, values: Sequence[Any], parameters: Mapping[str, Any], found: dict[str, Any]
) -> bool:
    """Whether the parameters are those of the pattern; axes are compared as positions from the front."""
    gate = pattern.gate
    for name in gate.parameters:
        wanted = pattern.parameters.get(name, gate.defaults.get(name))
        have = parameters.get(name, gate.defaults.get(name))
        if isinstance(wanted, Variable):
            if found.setdefault(wanted.name, have) is not have:
                return False
        elif name == "axis" and wanted is not None and have is not None:
            if kept_axes(wanted, np.shape(values[0])) != kept_axes(have, np.shape(values[0])):
                return False
        elif bool(wanted) != bool(have) if name == "keepdims" else wanted != have:
            return False
    return True
