"""What a picture consists of, before anything has a place: gates, inputs, the way out, branches, and their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import Any

from gatewise._views.drawing import Point, width_of
from gatewise._views.layout import Edge, Node
from gatewise._views.meaning import objective
from gatewise._views.numbers import entries, is_finite, quantity, shape_text
from gatewise._views.routing import Jog
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import cells, plain, shorten

SIZE, SMALL_SIZE, SYMBOL_SIZE = 13.0, 11.0, 14.0
LINE = 15.0  # from one line of text to the next
RADIUS = 19.0
PORTS_APART = 15.0
NOT_COMPUTED = "–"
_LABELLED_PORTS_APART = 19.0
_WIDEST_NAME = 24
_ROUND_SYMBOL = 3  # a longer symbol gets a box


@dataclass
class Label:
    """One line of text; the title is what a pointer resting on it shows."""

    text: str
    kind: str
    title: str = ""
    is_loud: bool = False


@dataclass(eq=False)
class Piece:
    """A node of the layout and what is drawn for it: a wire from outside, a gate with its wires, or the way out."""

    node: Node
    wires: list[Wire]
    stacks: list[tuple[list[Label], list[Label]]] = field(default_factory=list)  # above and below each wire
    width: float = 0.0
    x: float = 0.0

    @property
    def symbol(self) -> str:
        """What stands in the gate."""
        return shown_name(self.wires[0].symbol)

    @property
    def is_gate(self) -> bool:
        """Whether it is drawn with an outline."""
        return bool(self.wires) and self.wires[0].is_gate

    @property
    def is_round(self) -> bool:
        """Whether the outline is a circle: a short symbol, at most two operands, one output."""
        return self.is_gate and cells(self.symbol) <= _ROUND_SYMBOL and len(self.node.ins) <= 2 and len(self.wires) == 1

    @property
    def half_height(self) -> float:
        """From the middle line to the top of the outline."""
        if self.is_round or not self.is_gate:
            return RADIUS
        return max(RADIUS - 3, *(abs(offset) + 9 for offset in (*self.node.ins, *self.node.outs)))

    def side(self, offset: float) -> float:
        """How far left and right of the middle the outline is at this offset from the middle line."""
        return sqrt(self.width**2 / 4 - offset**2) if self.is_round else self.width / 2


@dataclass(eq=False)
class Branch:
    """An edge of the layout with what it shows; the way out of the circuit is a branch without uses."""

    edge: Edge
    source: Piece
    target: Piece
    wire: Wire
    uses: list[Use]
    label: Label | None
    jogs: dict[int, list[Jog]] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        """Whether the gate at its end routed the gradient elsewhere."""
        return bool(self.uses) and all(use.blocked for use in self.uses)


@dataclass
class Parts:
    """Everything in one picture; the way out is the last piece and the last branch."""

    pieces: list[Piece]
    branches: list[Branch]
    of_wire: dict[int, tuple[Piece, int]]

    @property
    def exit(self) -> Piece:
        """Where the output leaves."""
        return self.pieces[-1]


def shown_name(name: str) -> str:
    """A name as a picture shows it: harmless, and not too long."""
    return shorten(plain(name), _WIDEST_NAME)


def collect(sheet: Sheet, digits: int | None) -> Parts:
    """The parts of a picture: inputs in the first column, each gate one column right of its last operand."""
    collector = _Collector(sheet, digits)
    collector.add_pieces()
    collector.add_branches()
    return collector.parts


class _Collector:
    def __init__(self, sheet: Sheet, digits: int | None) -> None:
        self.sheet, self.digits = sheet, digits
        self.parts = Parts([], [], {})

    def add_pieces(self) -> None:
        for wire in self.sheet.wires:
            if not wire.is_gate:
                self._add_piece([wire], 0, (0.0,))
        for wires in self.sheet.steps:
            operands = self._operands(wires)
            columns = [self.parts.of_wire[uses[0].source][0].node.column for uses in operands]
            self._add_piece(wires, 1 + max(columns, default=0), self._ports(operands))
        last = max(piece.node.column for piece in self.parts.pieces)
        self.parts.pieces.append(Piece(Node(last + 1, above=RADIUS, below=RADIUS), []))

    def add_branches(self) -> None:
        for piece in self.parts.pieces:
            if piece.is_gate:
                for port, uses in enumerate(self._operands(piece.wires)):
                    self._add_branch(uses[0].source, piece, port, uses)
        self._add_branch(self.sheet.output.id, self.parts.exit, 0, [])

    def _operands(self, wires: list[Wire]) -> list[list[Use]]:
        """The uses that come into a gate, those of one operand by several outputs taken together."""
        together: dict[tuple[int, int], list[Use]] = {}
        for wire in wires:
            for use in self.sheet.operands[wire.id]:
                together.setdefault((use.port, use.source), []).append(use)
        return [together[key] for key in sorted(together)]

    def _ports(self, operands: list[list[Use]]) -> tuple[float, ...]:
        labelled = any(self._branch_label(uses) for uses in operands)
        apart = _LABELLED_PORTS_APART if labelled else PORTS_APART
        return _spread([apart] * max(0, len(operands) - 1))

    def _add_piece(self, wires: list[Wire], column: int, ins: tuple[float, ...]) -> None:
        stacks = [(self._above(wire), self._below(wire)) for wire in wires]
        gaps = [LINE * (len(under) + len(over)) + 16 for (_, under), (over, _) in pairwise(stacks)]
        piece = Piece(Node(column, ins=ins, outs=_spread(gaps)), wires, stacks)
        if piece.is_gate:
            piece.width = 2 * RADIUS if piece.is_round else width_of(piece.symbol, SYMBOL_SIZE) + 18
        self._make_room(piece)
        self.parts.pieces.append(piece)
        self.parts.of_wire |= {wire.id: (piece, position) for position, wire in enumerate(wires)}

    def _make_room(self, piece: Piece) -> None:
        """The height a piece needs over and under its middle line, labels included."""
        ins, outs, stacks = piece.node.ins, piece.node.outs, piece.stacks
        piece.node.above = max(piece.half_height, LINE * len(stacks[0][0]) + 5 - outs[0])
        piece.node.below = max(piece.half_height, LINE * len(stacks[-1][1]) + 5 + outs[-1], max(ins, default=0.0) + 15)

    def _add_branch(self, source: int, target: Piece, port: int, uses: list[Use]) -> None:
        piece, out = self.parts.of_wire[source]
        edge = Edge(piece.node, out, target.node, port)
        label = self._branch_label(uses) if uses else None
        self.parts.branches.append(Branch(edge, piece, target, self.sheet.wires[source], uses, label))

    def _above(self, wire: Wire) -> list[Label]:
        """From the top down: the name and shape of an inner wire, then the value."""
        name = shown_name(wire.name) if wire.named and wire.id != self.sheet.output.id else ""
        head = " ".join(part for part in (name, shape_text(wire.shape)) if part)
        heads = [Label(head, "name" if name else "shape", wire.name)] if head and wire.is_gate else []
        if wire.is_cut:
            heads = [Label("cut", "shape", f"{wire.name} was cut: what made it is left out")]
        title = f"value of {wire.name}: {_in_full(wire.value, wire.summary)}"
        loud = not is_finite(wire.value, wire.summary)
        return [*heads, Label(self.sheet.value(wire, self.digits), "value", title, loud)]

    def _below(self, wire: Wire) -> list[Label]:
        title = f"gradient of {objective(self.sheet)} with respect to {wire.name}: "
        if not wire.has_gradient:
            return [Label(NOT_COMPUTED, "gradient", title + "not computed")]
        text = self.sheet.gradient(wire, self.digits) + (" routed away" if self.sheet.is_routed_away(wire) else "")
        loud = not is_finite(wire.gradient, wire.gradient_summary)
        return [Label(text, "gradient", title + _in_full(wire.gradient, wire.gradient_summary), loud)]

    def _branch_label(self, uses: list[Use]) -> Label | None:
        """What came back along one branch of a fork; where a wire has one use, its gradient says it already."""
        source, target = self.sheet.wires[uses[0].source], self.sheet.wires[uses[0].target]
        if target.pattern == "stops":
            return Label("stops", "branch", f"{target.gate} stops the gradient on its way to {source.name}")
        if self._count_branches(source) < 2:
            return None
        if all(use.blocked for use in uses):
            return Label("routed away", "branch", f"{target.gate} routed the gradient away from {source.name}")
        came = _total([use.contribution for use in uses])
        if came is None and not source.has_gradient:
            return None  # the dash on the trunk says it for every branch
        text = NOT_COMPUTED if came is None else quantity(came, None, self.digits)
        title = f"what comes back to {source.name} along this use: {_in_full(came, None)}"
        return Label(text, "branch", title, not is_finite(came))

    def _count_branches(self, wire: Wire) -> int:
        """How many ways lead on from a wire: into gates, and out of the circuit."""
        ends = set()
        for use in self.sheet.uses_of[wire.id]:
            step = self.sheet.wires[use.target].step
            ends.add((("wire", use.target) if step is None else ("step", step), use.port))
        return len(ends) + (wire.id == self.sheet.output.id)


def _spread(gaps: list[float]) -> tuple[float, ...]:
    """Offsets with these gaps between them, centred on zero."""
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    return tuple(offset - offsets[-1] / 2 for offset in offsets)


def _total(contributions: list[Any]) -> Any:
    """The sum of what came back for one operand; None where nothing came."""
    came = [each for each in contributions if each is not None]
    if len(came) < 2:
        return came[0] if came else None
    if isinstance(came[0], list):
        return [_total(list(parts)) for parts in zip(*came, strict=True)]
    return sum(entries(came))


def _in_full(value: Any, summary: Mapping[str, Any] | None) -> str:
    if value is None:
        return "not computed" if summary is None else quantity(None, summary)
    return str(value)
