"""The tape: one wire a value, fused with the step that made it, pointing backwards only.

At a wire that no gate made stands a mark: one of several outputs, a derivative's own input, what was detached.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from gatewise._gates import Expr, Live, Pullback
from gatewise._types import Operands, Parameters, Value

tick = itertools.count(1).__next__  # creation index: a step is always younger than its operands

NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})  #: the parameters of a gate that has none


class Wire:
    """One value: `order` of creation, `bits` of the derivatives taken through it, and the rule that made it.

    `operands` are the values it was made of, `parameters` the gate's (axis, shape, ...), `parents` the wanted wires and
    `pullback` how it goes back to them; a leaf has none. `behind` holds the parents, one alone without a tuple around
    it: Python's collector goes through every tuple of a long tape. `grad` is what backward() left, `hooks` are the
    user's. A mark in a pullback's place has its own use for `operands`.
    """

    __slots__ = (
        *("__weakref__", "behind", "bits", "grad", "hooks", "operands", "order", "parameters", "pullback"),
        "value",
    )

    def __init__(
        self,
        order: int,
        bits: int,
        value: Value,
        operands: Operands = (),
        parents: tuple[Wire, ...] | Wire = (),
        pullback: Any = None,
        parameters: Parameters = NO_PARAMETERS,
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.operands, self.behind, self.pullback = operands, parents, pullback
        self.parameters = parameters  # four at once would make a tuple of each wire's
        self.grad: Any = None
        self.hooks: dict[object, Any] | None = None

    @property
    def parents(self) -> tuple[Wire, ...]:
        behind = self.behind
        return behind if type(behind) is tuple else (behind,)  # type: ignore[return-value]


Made = tuple[Any, Mapping[str, Any], tuple[Wire, ...], Any]  #: operands, parameters, parents, pullback


class SourcedWire(Wire):
    """A wire that knows the wire behind each operand: in a recording, and where a block stands for several gates.

    `sources` has a wire or None for each operand; `written` is what the gate that the user wrote was made of, where a
    block's rule took its place, and `told` the parameters of that rule, with the wires inside them; `step` is what a
    recording keeps; `name` is the name of an input; `still` says that it is made of plain arrays alone, which a
    recording took for inputs, so that it counts as a constant.
    """

    __slots__ = ("name", "sources", "step", "still", "told", "written")
    name: str | None
    still: bool
    sources: Sequence[Wire | None]
    step: Expr | None
    told: Parameters | None
    written: Made | None

    def __init__(
        self,
        order: int,
        bits: int,
        value: Value,
        operands: Operands = (),
        parents: tuple[Wire, ...] | Wire = (),
        pullback: Any = None,
        parameters: Parameters = NO_PARAMETERS,
        sources: Sequence[Wire | None] = (),
        written: Any = None,
        step: Expr | None = None,
    ) -> None:
        self.order, self.bits, self.value = order, bits, value
        self.operands, self.behind, self.pullback = operands, parents, pullback
        self.parameters = parameters  # four at once would make a tuple of each wire's
        self.grad = self.hooks = self.name = self.told = None
        self.sources, self.written, self.step = sources, written, step
        self.still = False


class VariableWire(Wire):
    """The wire of a value that is changed between runs: its name, and how often it was changed."""

    __slots__ = ("name", "version")
    name: str | None
    version: int

    def __init__(self, order: int, bits: int, value: Value, name: str | None = None, version: int = 0) -> None:
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
    parents = wire.parents
    if len(parents) == len(wire.operands):
        return parents
    sources: list[Wire | None] = [None] * len(wire.operands)
    for position, parent in zip(wire.pullback.positions, parents, strict=True):
        sources[position] = parent
    return sources


class Ports(dict[int, Any]):
    """The cotangent of a step with several outputs: only the used ones are in it. Adding two merges them."""

    def __add__(self, other: dict[int, Any]) -> Ports:
        return Ports(self | other)


def to_step(g: Value, out: object, operands: tuple[int], parameters: Parameters, live: Any = None) -> tuple[Ports]:
    """What goes back from one output of a step with several; its only value is which one."""
    return (Ports({operands[0]: g if live is None else Live(g, live)}),)


port = Pullback(to_step, positions=(0,))


def to_original(g: Value, out: object, operands: object, parameters: Parameters, live: Any = None) -> tuple[object]:
    """What goes back from the wire that a derivative, its value the bit, gives to an input which already had one."""
    return (g if live is None else Live(g, live),)


identity = Pullback(to_original, positions=(0,))


@Pullback
def detached(*_: object) -> None:
    """Marks the wire of a value that was detached while it was recorded: it has no bit that a sweep goes by."""


def seen(wire: Wire) -> Wire:
    """The wire behind those that inner derivatives, or `detach`, gave to it."""
    while wire.pullback is identity or wire.pullback is detached:
        wire = wire.parents[0]
    return wire


def part_of(wire: Wire) -> int | None:
    """Which of the outputs of its step a wire is; None where that has only one."""
    return wire.operands[0] if wire.pullback is port else None


def step_of(wire: Wire) -> Expr | None:
    """What made a wire; of one output of several, the step that made them all; None for a leaf."""
    holder = holding(wire)
    return None if holder is None else holder.step


def holding(wire: Wire) -> SourcedWire | None:
    """The wire that holds the step which made `wire`: itself, or for one output of several the wire of them all."""
    if type(wire) is not SourcedWire and wire.parents and type(wire.value) is not tuple:
        wire = wire.parents[0]
    return wire if type(wire) is SourcedWire and wire.step is not None else None


def wires_in(x: object) -> list[Wire]:
    """The wires an expression is made of, those inside its parameters last; or those inside one parameter."""
    if type(x) is Expr:
        operands = [each for each in x.operands if isinstance(each, Wire)]
        return operands + wires_in(tuple(x.parameters.values())) if x.parameters else operands
    if isinstance(x, (tuple, list)):
        return [wire for part in x for wire in wires_in(part)]
    return [x] if isinstance(x, Wire) else []


def with_wires(parameter: Any, instead: Callable[[Wire], Any]) -> Any:
    """A parameter with something in the place of each wire; one without wires is the same object."""
    if isinstance(parameter, (tuple, list)):
        return type(parameter)(with_wires(part, instead) for part in parameter) if wires_in(parameter) else parameter
    return instead(parameter) if isinstance(parameter, Wire) else parameter


def placed(wire: Wire) -> Value:
    """The plain value of a wire in an index: a float there is a whole number that the user gave."""
    return int(wire.value) if type(wire.value) is float else wire.value


def unknown_behind(wire: Wire, known: Callable[[Wire], object]) -> list[Wire]:
    """A wire and those behind it, as far as they are not known, oldest first: a long loop is no deep recursion."""
    found, waiting = set[Wire](), [wire]
    while waiting:
        each = waiting.pop()
        if each in found or known(each):
            continue
        found.add(each)
        if (made := step_of(each)) is not None:
            waiting += wires_in(made)
    return sorted(found, key=attrgetter("order"))


@dataclass(frozen=True, slots=True)
class Read:
    """A value that Python read while recording: which wire, how (`bool`, `index`, ...), and what it was."""

    wire: Wire
    how: str
    value: Any
