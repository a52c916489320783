"""The tape: one wire a value, fused with the step that made it, pointing backwards only."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from gatewise._gates import Gate

tick = itertools.count(1).__next__  # creation index: a step is always younger than its operands

Place = tuple[tuple[Any, int], ...]  #: (code object, last instruction) of the user's frames, the shown function first


NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})  #: the parameters of a gate that has none


class Wire:
    """One value: `order` of creation, `bits` of the derivatives taken through it, and the rule that made it.

    `operands` are the values it was made of, `parameters` the gate's (axis, shape, ...), `parents` the wanted wires and
    `pullback` how it goes back to them; a leaf has none. `grad` is what backward() left, `hooks` are the
    user's. A mark in a pullback's place has its own use for `operands`.
    """

    __slots__ = (
        *("__weakref__", "bits", "grad", "hooks", "operands", "order", "parameters", "parents", "pullback"),
        "value",
    )

    def __init__(
        self,
        order: int,
        bits: int,
        value: Any,
        operands: Any = (),
        parents: tuple[Wire, ...] = (),
        pullback: Any = None,
        parameters: Mapping[str, Any] = NO_PARAMETERS,
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.operands, self.parents, self.pullback = operands, parents, pullback
        self.parameters = parameters  # four at once would make a tuple of each wire's
        self.grad: Any = None
        self.hooks: dict[object, Any] | None = None


Made = tuple[Any, Mapping[str, Any], tuple[Wire, ...], Any]  #: operands, parameters, parents, pullback


class SourcedWire(Wire):
    """A wire that knows the wire behind each operand: in a recording, and where a block stands for several gates.

    `sources` has a wire or None for each operand; `written` is what the gate that the user wrote was made of, where a
    block's rule took its place; `step` is what a recording keeps; `name` is the name of an input.
    """

    __slots__ = ("name", "sources", "step", "written")
    name: str | None
    sources: Sequence[Wire | None]
    step: Step | None
    written: Made | None

    def __init__(
        self,
        order: int,
        bits: int,
        value: Any,
        operands: Any = (),
        parents: tuple[Wire, ...] = (),
        pullback: Any = None,
        parameters: Mapping[str, Any] = NO_PARAMETERS,
        sources: Sequence[Wire | None] = (),
        written: Any = None,
        step: Step | None = None,
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.operands, self.parents, self.pullback = operands, parents, pullback
        self.parameters = parameters  # four at once would make a tuple of each wire's
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


def made_as_written(wire: Wire) -> Made:
    """Operands, parameters, parents and pullback of the gate the user wrote."""
    if type(wire) is SourcedWire and wire.written is not None:
        return wire.written
    return wire.operands, wire.parameters, wire.parents, wire.pullback


def parents_as_written(wire: Wire) -> tuple[Wire, ...]:
    """The wanted wires of the gate the user wrote."""
    return wire.parents if type(wire) is not SourcedWire or wire.written is None else wire.written[2]


def sources_of(wire: Wire) -> Sequence[Wire | None]:
    """The wire behind each operand; None for a constant."""
    if type(wire) is SourcedWire:
        return wire.sources
    if wire.pullback is None:
        return ()
    if len(wire.parents) == len(wire.operands):
        return wire.parents
    sources: list[Wire | None] = [None] * len(wire.operands)
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
