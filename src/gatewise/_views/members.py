"""What a picture draws as one: a gate, or a group of them, and what a group is called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gatewise._views.phrases import said
from gatewise._views.sheet import Wire

_FEW = 3  # parts that a name lists
_LITERAL = re.compile(r"-?[\d.][\w.]*(?:[-+]\d+)?")  # the number in a symbol
OUTLINED = ("block", "call", "loop")  # the groups that keep an outline when they are open


@dataclass(eq=False)
class GatePart:
    """One gate, as the wires it made."""

    wires: list[Wire]

    @property
    def steps(self) -> list[GatePart]:
        """Itself: what a group has several of."""
        return [self]

    @property
    def is_edge(self) -> bool:
        """Whether it is no gate but stands at the edge of a loop."""
        return self.wires[0].is_edge

    @property
    def signature(self) -> tuple[object, ...]:
        """What makes two gates the same gate at another place."""
        wire = self.wires[0]
        what = wire.symbol if wire.line is None else wire.gate  # a symbol has a literal, which may change with the pass
        return wire.line, what, wire.scope, wire.block


@dataclass(eq=False)
class Group:
    """Gates that belong together; `about` says what they are, where the name does not."""

    name: str
    kind: str
    parts: list[Part]
    about: str = ""
    closed: bool = True
    number: int = field(default=-1)
    title: str = ""  # of the open group, where it is another one

    @cached_property
    def steps(self) -> list[GatePart]:
        """All its gates, in order."""
        return [step for part in self.parts for step in part.steps]

    @cached_property
    def gates(self) -> int:
        """How many gates it has."""
        return sum(not step.is_edge for step in self.steps)

    @cached_property
    def signature(self) -> tuple[object, ...]:
        """What makes two groups the same at another place."""
        return self.kind, tuple(part.signature for part in self.parts)

    @cached_property
    def wires(self) -> list[Wire]:
        """All wires its gates made."""
        return [wire for step in self.steps for wire in step.wires]

    @cached_property
    def made(self) -> frozenset[int]:
        """The ids of these wires."""
        return frozenset(wire.id for wire in self.wires)


Part = GatePart | Group


def first_wire(part: Part) -> Wire:
    """The first wire that a part made."""
    return part.steps[0].wires[0]


def group_of(name: str, kind: str, parts: list[Part], about: str = "") -> Part:
    """The parts as one group; a group of one part says nothing that the part does not, unless it is a call."""
    if len(parts) > 1:
        return Group(name, kind, parts, about)
    (only,) = parts
    if kind != "call":
        return only
    if isinstance(only, Group):
        return Group(name, kind, [only] if only.kind == "repeat" else only.parts, about)
    return only if only.wires[0].symbol == name else Group(name, kind, parts, about)


def is_outlined(part: Part) -> bool:
    """Whether it keeps an outline when it is open."""
    return isinstance(part, Group) and part.kind in OUTLINED


def names_of(parts: Sequence[Part]) -> str:
    """A few parts by their names, more by their number of gates."""
    names = [name_of_part(part) for part in parts]
    return ", ".join(names) if len(names) <= _FEW else gate_count(parts)


def lines_of(parts: Sequence[Part]) -> str:
    """`lines 5-7`, or the names where there are no lines."""
    lines = sorted({wire.line for part in parts for step in part.steps for wire in step.wires if wire.line is not None})
    if not lines:
        return names_of(parts)
    first, last = str(lines[0]), str(lines[-1])
    return said("line", line=first) if len(lines) == 1 else said("group.lines", first=first, last=last)


def name_of_part(part: Part) -> str:
    """The name of a group, the symbol of a gate without its literal."""
    if isinstance(part, Group):
        return part.name
    return _LITERAL.sub("", part.wires[0].symbol) or part.wires[0].gate


def gate_count(parts: Sequence[Part]) -> str:
    """`12 gates`."""
    return said("group.gates", count=str(sum(not step.is_edge for part in parts for step in part.steps)))
