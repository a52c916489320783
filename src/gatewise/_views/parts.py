"""What a picture consists of, before anything has a place: gates, groups, inputs, ways out, branches and labels.

A picture is a level: what stands in it, and the branches between. A group that is open, or can be opened in a page, has
a level of its own inside, with an entry for each wire that comes in and an exit for each that leaves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

from gatewise._views.drawing import Point, width_of
from gatewise._views.labels import SMALL_SIZE, SYMBOL_SIZE, Label, Labels, Stack, height_of, room_between, shown_name
from gatewise._views.layout import Edge, Node
from gatewise._views.members import GatePart, Group, Part
from gatewise._views.numbers import significant
from gatewise._views.routing import Jog
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import cells

RADIUS = 19.0
PORTS_APART = 15.0
UNDER_PORT = 21.0  # for the label of a branch, whose port may be moved a little
TITLE = 20.0  # the room for the name of an open group, at its upper edge
LABELLED_PORTS_APART = 19.0
_ROUND_SYMBOL = 3  # a longer symbol gets a box
_LONG_NUMBER = re.compile(r"\d+\.\d{4,}(e[-+]?\d+)?")  # in a symbol: all its digits are in the expression


@dataclass(eq=False)
class Piece:
    """A node of the layout and what is drawn for it: an input, a gate, a group, or where a wire comes in or leaves."""

    node: Node
    kind: str
    wires: list[Wire]
    stacks: list[Stack] = field(default_factory=list)
    group: Group | None = None
    inside: Level | None = None
    width: float = 0.0
    x: float = 0.0

    @property
    def symbol(self) -> str:
        """What stands in the gate."""
        return shown_name(self.group.name if self.group else _LONG_NUMBER.sub(_rounded, self.wires[0].symbol))

    @property
    def is_gate(self) -> bool:
        """Whether it is drawn with an outline."""
        return self.kind in ("gate", "group")

    @property
    def is_open(self) -> bool:
        """Whether it is a group drawn with its gates."""
        return self.group is not None and not self.group.closed

    @property
    def is_round(self) -> bool:
        """Whether the outline is a circle: a short symbol, at most two operands, one output."""
        short = self.kind == "gate" and cells(self.symbol) <= _ROUND_SYMBOL
        return short and len(self.node.ins) <= 2 and len(self.wires) == 1

    @property
    def half_height(self) -> float:
        """From the middle line to the top of the outline."""
        if self.is_round or not self.is_gate:
            return RADIUS
        return max(RADIUS - 3, *(abs(offset) + 9 for offset in (*self.node.ins, *self.node.outs)))

    @property
    def span(self) -> tuple[float, float]:
        """The heights of its first and last port, which must stay together."""
        offsets = (0.0, *self.node.ins, *self.node.outs)
        return self.node.y + min(offsets), self.node.y + max(offsets)

    def make_room(self) -> None:
        """The height it needs over and under its middle line, labels included."""
        ins, outs = self.node.ins, self.node.outs
        over = [height_of(above) + 5 - out for (above, _), out in zip(self.stacks, outs, strict=True)]
        under = [height_of(below) + 5 + out for (_, below), out in zip(self.stacks, outs, strict=True)]
        self.node.above = max(self.half_height, *over)
        self.node.below = max(self.half_height, *under, max(ins, default=0.0) + UNDER_PORT)

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


@dataclass(eq=False)
class Return:
    """What comes round in a loop: from where a wire turns, at the right, under everything to where it comes in."""

    turn: Piece
    again: Piece
    wire: Wire
    lane: float = 0.0  # the height of its way back
    points: list[Point] = field(default_factory=list)


@dataclass(eq=False)
class Level:
    """What stands in a picture, or in an open group; `starts` are the places where its columns begin."""

    group: Group | None
    pieces: list[Piece] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    of_wire: dict[int, tuple[Piece, int]] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    @property
    def exits(self) -> list[Piece]:
        """Where wires leave."""
        return [piece for piece in self.pieces if piece.kind == "exit"]

    @property
    def ends(self) -> list[Piece]:
        """Where wires leave, or turn to come round."""
        return [piece for piece in self.pieces if piece.kind in ("exit", "turn")]

    @property
    def ports(self) -> list[tuple[float, str, int]]:
        """The heights at which wires come in and leave, from the top: height, `in` or `out`, which one."""
        sides = (("in", [piece for piece in self.pieces if piece.kind == "entry"]), ("out", self.exits))
        return sorted((piece.node.y, side, place) for side, pieces in sides for place, piece in enumerate(pieces))


def _rounded(found: re.Match[str]) -> str:
    return significant(float(found[0]), 4)


def collect(sheet: Sheet, parts: Sequence[Part], digits: int | None, deep: bool = False) -> Level:
    """The parts of a picture: inputs in the first column, each gate one column right of its last operand.

    `deep` makes the insides of closed groups too.
    """
    return _Collector(sheet, digits, deep, None).level_of(parts)


class _Collector:
    """Collects one level."""

    def __init__(self, sheet: Sheet, digits: int | None, deep: bool, group: Group | None) -> None:
        self.sheet, self.digits, self.deep = sheet, digits, deep
        self.labels = Labels(sheet, digits)
        self.level = Level(group)
        self.leaving = set() if group is None else {wire.id for wire in _leaving(sheet, group)}

    def level_of(self, parts: Sequence[Part]) -> Level:
        self._add_sources(parts)
        ways: list[tuple[int, Piece, int, list[Use]]] = []
        for part in parts:
            if isinstance(part, GatePart) and part.wires[0].role in ("each", "after", "final"):
                continue  # drawn where it comes in or leaves
            operands = self._operands(part)
            piece = self._add_part(part, operands)
            ways += [(uses[0].source, piece, port, uses) for port, uses in enumerate(operands)]
        ways += self._add_exits(parts)
        count: dict[int, int] = {}
        for source, *_ in ways:
            count[source] = count.get(source, 0) + 1
        for source, piece, port, uses in ways:
            self._add_branch(source, piece, port, uses, count[source] > 1)
        return self.level

    # What comes in, and what leaves.

    def _add_sources(self, parts: Sequence[Part]) -> None:
        if self.level.group is None:
            for wire in self.sheet.wires:
                if not wire.is_gate:
                    self._add_piece("input", Node(0, outs=(0.0,)), [wire], [self.labels.stack(wire)])
            return
        for uses in _coming_in(self.sheet, self.level.group):
            room = Node(0, above=PORTS_APART, below=PORTS_APART)
            each = [wire for use in uses if (wire := self.sheet.wires[use.target]).role == "each"]
            stacks = [self.labels.stack(wire) for wire in each]  # what all rounds share, as this one has it
            piece = self._add_piece("entry", room, each or [self.sheet.wires[uses[0].source]], stacks)
            self.level.of_wire[uses[0].source] = piece, 0

    def _add_exits(self, parts: Sequence[Part]) -> list[tuple[int, Piece, int, list[Use]]]:
        last = 1 + max(piece.node.column for piece in self.level.pieces)
        if self.level.returns:
            return self._add_ends_of_round(last)
        leaving = [self.sheet.output] if self.level.group is None else _leaving(self.sheet, self.level.group)
        ways = []
        for wire in leaving:
            piece = Piece(Node(last, above=RADIUS, below=RADIUS), "exit", [])
            if self.level.group is not None:
                above, below = self.labels.stack(wire)
                piece.node.above, piece.node.below = height_of(above) + 5, height_of(below) + 5
            self.level.pieces.append(piece)
            uses = [] if self.level.group is None else _used_outside(self.sheet, wire, self.level.group)
            ways.append((wire.id, piece, 0, uses))
        return ways

    def _add_ends_of_round(self, last: int) -> list[tuple[int, Piece, int, list[Use]]]:
        """Where wires of a round leave the loop, and where they turn to the next round."""
        ways = []
        for final in _leaving(self.sheet, self._group):
            (use,) = self.sheet.operands[final.id]
            above, below = self.labels.stack(final)
            room = Node(last, above=height_of(above) + 5, below=height_of(below) + 5)
            piece = self._add_end("exit", room)
            piece.wires = [final]
            ways.append((use.source, piece, 0, [use]))
        for back in self.level.returns:
            (use,) = self.sheet.operands[back.wire.id]
            self.level.pieces.append(back.turn)
            back.turn.node.column = last
            ways.append((use.source, back.turn, 0, [use]))
        return ways

    def _add_end(self, kind: str, node: Node) -> Piece:
        piece = Piece(node, kind, [])
        self.level.pieces.append(piece)
        return piece

    def _add_return(self, piece: Piece, port: int) -> None:
        """Have what the round before made come in at a port of the gate that stands for it."""
        before = piece.wires[0].id
        loop = self.sheet.loop_of(piece.wires[0])
        after = next(self.sheet.wires[a] for a, b in (loop.carried if loop is not None else ()) if b == before)
        again, turn = self._add_end("return", Node(0)), Piece(Node(0, below=SMALL_SIZE), "turn", [])
        self.level.of_wire[after.id] = again, 0
        self.level.returns.append(Return(turn, again, after))
        self.level.branches.append(Branch(Edge(again.node, 0, piece.node, port), again, piece, after, [], None))

    @property
    def _group(self) -> Group:
        assert self.level.group is not None
        return self.level.group

    # Gates and groups.

    def _operands(self, part: Part) -> list[list[Use]]:
        """The uses that come into a part, those of one operand by several outputs, or into one group, together."""
        if isinstance(part, Group):
            return _coming_in(self.sheet, part)
        together: dict[tuple[int, int], list[Use]] = {}
        for wire in part.wires:
            for use in self.sheet.operands[wire.id]:
                together.setdefault((use.port, use.source), []).append(use)
        return [together[key] for key in sorted(together)]

    def _add_part(self, part: Part, operands: list[list[Use]]) -> Piece:
        columns = [self.level.of_wire[uses[0].source][0].node.column for uses in operands]
        comes_round = isinstance(part, GatePart) and part.wires[0].role == "before"
        node = Node(1 + max(columns, default=0), ins=self._ports([*operands, []] if comes_round else operands))
        if isinstance(part, GatePart):
            piece = self._add_piece("gate", node, part.wires, self._stacks(part.wires))
            if comes_round:
                self._add_return(piece, len(operands))
            return piece
        wires = _leaving(self.sheet, part)
        inside = None
        if self.deep or not part.closed:
            inside = _Collector(self.sheet, self.digits, self.deep, part).level_of(part.parts)
        return self._add_piece("group", node, wires, self._stacks(wires), part, inside)

    def _stacks(self, wires: list[Wire]) -> list[Stack]:
        """The labels of some wires; those that leave the group have theirs outside, where it is closed too."""
        return [([], []) if wire.id in self.leaving else self.labels.stack(wire) for wire in wires]

    def _ports(self, operands: list[list[Use]]) -> tuple[float, ...]:
        labelled = any(self._is_labelled(uses) for uses in operands if uses)
        apart = LABELLED_PORTS_APART if labelled else PORTS_APART
        return _spread([apart] * max(0, len(operands) - 1))

    def _is_labelled(self, uses: list[Use]) -> bool:
        """Whether something may stand where these uses come in."""
        source = self.sheet.wires[uses[0].source]
        forks = len(self.sheet.uses_of[source.id]) + (source.id == self.sheet.output.id) > 1
        return forks or self.sheet.wires[uses[0].target].pattern == "stops"

    def _add_piece(
        self,
        kind: str,
        node: Node,
        wires: list[Wire],
        stacks: list[Stack],
        group: Group | None = None,
        inside: Level | None = None,
    ) -> Piece:
        node.outs = _spread(room_between(stacks))
        piece = Piece(node, kind, wires, stacks, group, inside)
        if piece.is_gate:
            piece.width = 2 * RADIUS if piece.is_round else width_of(piece.symbol, SYMBOL_SIZE) + 18
        if stacks:
            piece.make_room()
        self.level.pieces.append(piece)
        self.level.of_wire |= {wire.id: (piece, place) for place, wire in enumerate(wires)}
        return piece

    def _add_branch(self, source: int, target: Piece, port: int, uses: list[Use], forks: bool) -> None:
        piece, out = self.level.of_wire[source]
        edge = Edge(piece.node, out, target.node, port)
        label = self.labels.branch(uses, forks) if uses else None
        self.level.branches.append(Branch(edge, piece, target, self.sheet.wires[source], uses, label))


def _coming_in(sheet: Sheet, group: Group) -> list[list[Use]]:
    """The uses of wires from outside a group by its gates, by wire, in the order of their first use."""
    found: dict[int, list[Use]] = {}
    for wire in group.wires:
        for use in sheet.operands[wire.id]:
            if use.source not in group.made:
                found.setdefault(use.source, []).append(use)
    return list(found.values())


def _leaving(sheet: Sheet, group: Group) -> list[Wire]:
    """The wires of a group that are used outside it; the last one, where none is."""
    found = [wire for wire in group.wires if wire.id == sheet.output.id or _used_outside(sheet, wire, group)]
    return found or group.wires[-1:]


def _used_outside(sheet: Sheet, wire: Wire, group: Group) -> list[Use]:
    return [use for use in sheet.uses_of[wire.id] if use.target not in group.made]


def _spread(gaps: list[float]) -> tuple[float, ...]:
    """Offsets with these gaps between them, centred on zero."""
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    return tuple(offset - offsets[-1] / 2 for offset in offsets)
