"""What a picture consists of, before anything has a place: gates, groups, inputs, ways out, branches and labels.

A picture is a level: what stands in it, and the branches between. A group that is open, or can be opened in a page, has
a level of its own inside, with an entry for each wire that comes in and an exit for each that leaves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import Any

from gatewise._views.drawing import USUAL_SIZE, Point, width_of
from gatewise._views.groups import GatePart, Group, Part
from gatewise._views.heat import Heat, heat_of
from gatewise._views.layout import Edge, Node
from gatewise._views.meaning import objective
from gatewise._views.numbers import entries, is_finite, quantity, shape_text, significant
from gatewise._views.routing import Jog
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import cells, plain, shorten

SIZE, SMALL_SIZE, SYMBOL_SIZE = USUAL_SIZE, 11.0, 14.0
LINE = 15.0  # from one line of text to the next
RADIUS = 19.0
PORTS_APART = 15.0
UNDER_PORT = 21.0  # for the label of a branch, whose port may be moved a little
NOT_COMPUTED = "–"
TITLE = 20.0  # the room for the name of an open group, at its upper edge
_LABELLED_PORTS_APART = 19.0
_WIDEST_NAME = 24
_ROUND_SYMBOL = 3  # a longer symbol gets a box
_HEAT_GAP = 4.0  # between a heat map and what stands beside it, or under it
_LONG_NUMBER = re.compile(r"\d+\.\d{4,}(e[-+]?\d+)?")  # in a symbol: all its digits are in the expression
_NEAR = 8.0  # ports of a closed group keep the order its inside has, but not its distances


@dataclass
class Label:
    """One line of text, with a heat map before it for an array; the title is what a pointer resting on it shows."""

    text: str
    kind: str
    title: str = ""
    is_loud: bool = False
    wire: int | None = None
    heat: Heat | None = None

    @property
    def width(self) -> float:
        """Its width where it stands beside a wire."""
        return width_of(self.text, SIZE) + (self.heat.width + _HEAT_GAP if self.heat else 0.0)

    @property
    def height(self) -> float:
        """Its height there."""
        return max(LINE, self.heat.height + _HEAT_GAP if self.heat else 0.0)

    @property
    def text_from(self) -> float:
        """Where the text begins."""
        return self.heat.width + _HEAT_GAP if self.heat else 0.0


Stack = tuple[list[Label], list[Label]]  # above and below a wire


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
class Level:
    """What stands in a picture, or in an open group; `starts` are the places where its columns begin."""

    group: Group | None
    pieces: list[Piece] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    of_wire: dict[int, tuple[Piece, int]] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    @property
    def exits(self) -> list[Piece]:
        """Where wires leave."""
        return [piece for piece in self.pieces if piece.kind == "exit"]

    @property
    def ports(self) -> list[tuple[float, str, int]]:
        """The heights at which wires come in and leave, from the top: height, `in` or `out`, which one."""
        sides = (("in", [piece for piece in self.pieces if piece.kind == "entry"]), ("out", self.exits))
        return sorted((piece.node.y, side, place) for side, pieces in sides for place, piece in enumerate(pieces))


def _rounded(found: re.Match[str]) -> str:
    return significant(float(found[0]), 4)


def shown_name(name: str) -> str:
    """A name as a picture shows it: harmless, and not too long."""
    return shorten(plain(name), _WIDEST_NAME)


def collect(sheet: Sheet, parts: Sequence[Part], digits: int | None, deep: bool = False) -> Level:
    """The parts of a picture: inputs in the first column, each gate one column right of its last operand.

    `deep` makes the insides of closed groups too.
    """
    return _Collector(sheet, digits, deep, None).level_of(parts)


class _Collector:
    """Collects one level."""

    def __init__(self, sheet: Sheet, digits: int | None, deep: bool, group: Group | None) -> None:
        self.sheet, self.digits, self.deep = sheet, digits, deep
        self.level = Level(group)
        self.leaving = set() if group is None else {wire.id for wire in _leaving(sheet, group)}

    def level_of(self, parts: Sequence[Part]) -> Level:
        self._add_sources(parts)
        ways: list[tuple[int, Piece, int, list[Use]]] = []
        for part in parts:
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
                    self._add_piece("input", Node(0, outs=(0.0,)), [wire], [self._stack(wire)])
            return
        for uses in _coming_in(self.sheet, self.level.group):
            room = Node(0, above=PORTS_APART, below=PORTS_APART)
            self._add_piece("entry", room, [self.sheet.wires[uses[0].source]], [])

    def _add_exits(self, parts: Sequence[Part]) -> list[tuple[int, Piece, int, list[Use]]]:
        last = 1 + max(piece.node.column for piece in self.level.pieces)
        leaving = [self.sheet.output] if self.level.group is None else _leaving(self.sheet, self.level.group)
        ways = []
        for wire in leaving:
            piece = Piece(Node(last, above=RADIUS, below=RADIUS), "exit", [])
            if self.level.group is not None:
                above, below = self._stack(wire)
                piece.node.above, piece.node.below = _height(above) + 5, _height(below) + 5
            self.level.pieces.append(piece)
            uses = [] if self.level.group is None else _used_outside(self.sheet, wire, self.level.group)
            ways.append((wire.id, piece, 0, uses))
        return ways

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
        node = Node(1 + max(columns, default=0), ins=self._ports(operands))
        if isinstance(part, GatePart):
            return self._add_piece("gate", node, part.wires, self._stacks(part.wires))
        wires = _leaving(self.sheet, part)
        inside = None
        if self.deep or not part.closed:
            inside = _Collector(self.sheet, self.digits, self.deep, part).level_of(part.parts)
        return self._add_piece("group", node, wires, self._stacks(wires), part, inside)

    def _stacks(self, wires: list[Wire]) -> list[Stack]:
        """The labels of some wires; those that leave the group have theirs outside, where it is closed too."""
        return [([], []) if wire.id in self.leaving else self._stack(wire) for wire in wires]

    def _ports(self, operands: list[list[Use]]) -> tuple[float, ...]:
        labelled = any(self._is_labelled(uses) for uses in operands)
        apart = _LABELLED_PORTS_APART if labelled else PORTS_APART
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
        gaps = [_height(under) + _height(over) + 16 for (_, under), (over, _) in pairwise(stacks)]
        node.outs = _spread(gaps)
        piece = Piece(node, kind, wires, stacks, group, inside)
        if piece.is_gate:
            piece.width = 2 * RADIUS if piece.is_round else width_of(piece.symbol, SYMBOL_SIZE) + 18
        if stacks:
            make_room(piece)
        self.level.pieces.append(piece)
        self.level.of_wire |= {wire.id: (piece, place) for place, wire in enumerate(wires)}
        return piece

    def _add_branch(self, source: int, target: Piece, port: int, uses: list[Use], forks: bool) -> None:
        piece, out = self.level.of_wire[source]
        edge = Edge(piece.node, out, target.node, port)
        label = self._branch_label(uses, forks) if uses else None
        self.level.branches.append(Branch(edge, piece, target, self.sheet.wires[source], uses, label))

    # Labels.

    def _stack(self, wire: Wire) -> Stack:
        return self._above(wire), self._below(wire)

    def _above(self, wire: Wire) -> list[Label]:
        """From the top down: the name and shape of an inner wire, then the value."""
        name = shown_name(wire.name) if wire.named and wire.id != self.sheet.output.id else ""
        head = " ".join(part for part in (name, shape_text(wire.shape)) if part)
        heads = [Label(head, "name" if name else "shape", wire.name, False, wire.id)] if head and wire.is_gate else []
        if wire.is_cut:
            heads = [Label("cut", "shape", f"{wire.name} was cut: what made it is left out", False, wire.id)]
        title = f"value of {wire.name}: {_in_full(wire.value, wire.summary)}"
        loud = not is_finite(wire.value, wire.summary)
        text, heat = self.sheet.value(wire, self.digits), None
        if wire.shape and wire.dtype != "bool" and (heat := heat_of(wire.value, wire.summary, self.digits)):
            text = heat.scale
        return [*heads, Label(text, "value", title, loud, wire.id, heat)]

    def _below(self, wire: Wire) -> list[Label]:
        title = f"gradient of {objective(self.sheet)} with respect to {wire.name}: "
        if not wire.has_gradient:
            return [Label(NOT_COMPUTED, "gradient", title + "not computed", False, wire.id)]
        text, heat = self.sheet.gradient(wire, self.digits), None
        if wire.shape and (heat := heat_of(wire.gradient, wire.gradient_summary, self.digits)):
            text = heat.scale
        text += " routed away" if self.sheet.is_routed_away(wire) else ""
        loud = not is_finite(wire.gradient, wire.gradient_summary)
        title += _in_full(wire.gradient, wire.gradient_summary)
        return [Label(text, "gradient", title, loud, wire.id, heat)]

    def _branch_label(self, uses: list[Use], forks: bool) -> Label | None:
        """What came back along one branch of a fork; where a wire has one branch, its gradient says it already."""
        source, target = self.sheet.wires[uses[0].source], self.sheet.wires[uses[0].target]
        if all(self.sheet.wires[use.target].pattern == "stops" for use in uses):
            return Label("stops", "branch", f"{target.gate} stops the gradient on its way to {source.name}")
        if not forks:
            return None
        if all(use.blocked for use in uses):
            return Label("routed away", "branch", f"{target.gate} routed the gradient away from {source.name}")
        came, summary = _total([use.contribution for use in uses]), uses[0].contribution_summary
        if came is None and not source.has_gradient:
            return None  # the dash on the trunk says it for every branch
        if summary is not None and len(uses) > 1:
            return None  # no sum of summaries says anything
        heat = heat_of(came, summary, self.digits) if summary is not None or isinstance(came, list) else None
        text = NOT_COMPUTED if came is summary is None else heat.scale if heat else quantity(came, summary, self.digits)
        title = f"what comes back to {source.name} along this use: {_in_full(came, summary)}"
        return Label(text, "branch", title, not is_finite(came, summary))


def make_room(piece: Piece) -> None:
    """The height a piece needs over and under its middle line, labels included."""
    ins, outs, stacks = piece.node.ins, piece.node.outs, piece.stacks
    over = [_height(above) + 5 - out for (above, _), out in zip(stacks, outs, strict=True)]
    under = [_height(below) + 5 + out for (_, below), out in zip(stacks, outs, strict=True)]
    piece.node.above = max(piece.half_height, *over)
    piece.node.below = max(piece.half_height, *under, max(ins, default=0.0) + UNDER_PORT)


def settle_ports(piece: Piece) -> None:
    """Give a group the ports its inside has, in the same order from the top, only nearer to one another."""
    if piece.inside is None:
        return
    ports = piece.inside.ports
    outs = [piece.stacks[which] for _, side, which in ports if side == "out"]  # from the top, as they leave the inside
    places = _nearer(ports, [_height(under) + _height(over) + 16 for (_, under), (over, _) in pairwise(outs)])
    middle = (places[0] + places[-1]) / 2
    sides: dict[str, dict[int, float]] = {"in": {}, "out": {}}
    for place, (_, side, which) in zip(places, ports, strict=True):
        sides[side][which] = round(place - middle, 1)
    piece.node.ins, piece.node.outs = (tuple(found[which] for which in sorted(found)) for found in sides.values())
    make_room(piece)


def _nearer(ports: Sequence[tuple[float, str, int]], label_rooms: Sequence[float]) -> list[float]:
    """Heights for the ports of a closed group: as near as labels let them, nowhere farther apart than inside.

    So a group that opens need not pull its gates apart.
    """
    heights = [height for height, _, _ in ports]
    inside = [lower - upper for upper, lower in pairwise(heights)]
    rooms = {"in": [_LABELLED_PORTS_APART] * len(ports), "out": list(label_rooms)}
    needs: list[tuple[int, int, float]] = []  # the first port, the second, how far apart they have to be
    for side, apart in rooms.items():
        own = [number for number, port in enumerate(ports) if port[1] == side]
        needs += [
            (a, b, min(room, heights[b] - heights[a])) for (a, b), room in zip(pairwise(own), apart, strict=False)
        ]
    needs += [(number, number + 1, min(_NEAR, gap)) for number, gap in enumerate(inside)]
    needs += [(number + 1, number, -gap) for number, gap in enumerate(inside)]
    places = [0.0] * len(ports)
    for _ in ports:  # longest paths: after as many rounds as there are ports nothing moves any more
        before = list(places)
        for first, second, room in needs:
            places[second] = max(places[second], places[first] + room)
        if places == before:
            break
    return places


def _height(labels: Sequence[Label]) -> float:
    return sum(label.height for label in labels)


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
