"""The tape: one wire a value, fused with the step that made it, pointing backwards only."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatewise._gates.gate import Gate

tick = itertools.count(1).__next__  # creation index: a step is always younger than its operands

Place = tuple[tuple[Any, int], ...]  #: (code object, last instruction) of the user's frames, the shown function first


class Wire:
    """One value: `order` of creation, `bits` of the derivatives taken through it, and the rule that made it.

    `values` are the operand values (then the parameters, where the gate has any), `parents` the wanted wires,
    `pullback` how it goes back to them; a leaf has none. `grad` is what backward() left, `hooks` are the user's.
    """

    __slots__ = ("__weakref__", "bits", "grad", "hooks", "order", "parents", "pullback", "value", "values")

    def __init__(
        self, order: int, bits: int, value: Any, values: Any = (), parents: tuple[Wire, ...] = (), pullback: Any = None
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
    written: tuple[Any, tuple[Wire, ...], Any] | None

    def __init__(
        self,
        order: int,
        bits: int,
        value: Any,
        values: Any = (),
        parents: tuple[Wire, ...] = (),
        pullback: Any = None,
        sources: Sequence[Wire | None] = (),
        written: Any = None,
        step: Step | None = None,
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.values, self.parents, self.pullback = values, parents, pullback
        self.grad = self.hooks = self.name = None
        self.sources, self.written, self.step = sources, written, step


class VariableWire(Wire):
    """The wire of a value that is changed between runs: its name, and how often it was changed."""

    __slots__ = ("name", "version")
    name: str | None
    version: int

    def __init__(self, order: int, bits: int, value: Any, name: str | None = None, version: int = 0) -> None:
        super().__init__(order, bits, value)
        self.name, self.version = name, version


def parents_as_written(wire: Wire) -> tuple[Wire, ...]:
    """The wanted wires of the gate the user wrote."""
    return wire.parents if type(wire) is not SourcedWire or wire.written is None else wire.written[1]


def sources_of(wire: Wire) -> Sequence[Wire | None]:
    """The wire behind each operand; None for a constant."""
    if type(wire) is SourcedWire:
        return wire.sources
    if wire.pullback is None:
        return ()
    if len(wire.parents) == len(wire.values):
        return wire.parents
    sources: list[Wire | None] = [None] * len(wire.values)
    for position, parent in zip(wire.pullback.positions, wire.parents, strict=True):
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
    calls: tuple[int, ...] = ()  # for each frame of the place the number of the call it belongs to
    parameter_wires: dict[int, Wire] = field(default_factory=dict)  # those inside parameters, by id of the value


def step_wire(wire: Wire) -> SourcedWire | None:
    """The wire that holds the step that made `wire`: itself, or for one output of several the wire of them all."""
    if type(wire) is not SourcedWire and wire.parents and type(wire.value) is not tuple:
        wire = wire.parents[0]
    return wire if type(wire) is SourcedWire and wire.step is not None else None


@dataclass(frozen=True, slots=True)
class Read:
    """A value that Python read while recording: which wire, how (`bool`, `index`, ...), and what it was."""

    wire: Wire
    how: str
    value: Any
