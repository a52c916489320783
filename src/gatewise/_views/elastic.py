"""Open groups in their places: a picture is pulled apart where a group needs more room than its closed gate had.

Every coordinate goes through a rising map that is stretched at some places and nowhere squeezed. Such a map keeps wires
upright and level, in their order, and everything at least as far apart as it was; so a picture without faults stays
one, and a page can open and close groups without laying anything out anew (`web/picture.js` does the same sums).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from gatewise._views.drawing import Point
from gatewise._views.parts import Branch, Level, Piece

SAME = 0.01  # heights closer than this are one: coordinates are written to a tenth


@dataclass(frozen=True)
class Demand:
    """Two places on one axis, and how far apart they have to be."""

    start: float
    end: float
    room: float


@dataclass
class RisingMap:
    """A rising map of one coordinate: from each place on, everything is moved on by its extra room."""

    places: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, coordinate: float) -> float:
        """Where a coordinate goes."""
        if not self.places:
            return coordinate
        reached = bisect_right(self.places, (coordinate + SAME, float("inf")))
        return coordinate + sum(extra for _, extra in self.places[:reached])

    def pull(self, demands: Iterable[Demand], whole: Sequence[tuple[float, float]] = ()) -> None:
        """Make room for every demand, if possible without tearing the intervals of `whole` apart."""
        for demand in sorted(demands, key=lambda demand: (demand.end, demand.start)):
            missing = demand.room - (self(demand.end) - self(demand.start))
            if missing > 1e-6:
                insort(self.places, (_free_place(demand, whole), missing))


def _free_place(demand: Demand, whole: Sequence[tuple[float, float]]) -> float:
    """The last place of a demand that is in no interval; its end, where there is none."""
    place = demand.end
    while hit := [low for low, high in whole if low + SAME < place <= high + SAME]:
        place = min(hit)
    return place if place > demand.start + SAME else demand.end


@dataclass(eq=False)
class Placed:
    """A level where it is drawn: maps of its own coordinates, and the corner of its box."""

    level: Level
    across: RisingMap
    down: RisingMap
    inner: list[tuple[Piece, Placed]]
    settled: RisingMap = field(default_factory=RisingMap)  # what the level around asks for on top
    left: float = 0.0
    top: float = 0.0

    @property
    def width(self) -> float:
        """Its width with everything open inside."""
        return self.across(self.level.width)

    @property
    def height(self) -> float:
        """Its height with everything open inside."""
        return self.y(self.level.height) - self.top

    def x(self, coordinate: float) -> float:
        """Where a coordinate of the level is drawn."""
        return self.left + self.across(coordinate)

    def y(self, coordinate: float) -> float:
        """Where a height of the level is drawn."""
        return self.top + self.settled(self.down(coordinate))

    def points(self, branch: Branch) -> list[Point]:
        """The corners of a branch; one that leads into an open group ends at its outline."""
        found = [(self.x(x), self.y(y)) for x, y in branch.points]
        if branch.target.is_open:
            inside = next(placed for piece, placed in self.inner if piece is branch.target)
            found[-1] = (inside.left, found[-1][1])
        return [(round(x, 1), round(y, 1)) for x, y in found]

    def outline(self, piece: Piece) -> tuple[float, float, float, float]:
        """The box of a closed piece: left, top, width, height; taller where its ports were pulled apart."""
        low, high = piece.span
        middle, half = piece.node.y, piece.half_height
        top, bottom = self.y(low) - (half + low - middle), self.y(high) + (half - high + middle)
        return self.x(piece.x) - piece.width / 2, top, piece.width, bottom - top


def place(level: Level) -> Placed:
    """A level with its open groups opened, all maps made."""
    placed = _pulled(level)
    _settle(placed)
    return placed


def _pulled(level: Level) -> Placed:
    """The level with room for its open groups."""
    inner = [(piece, _pulled(piece.inside)) for piece in level.pieces if piece.is_open and piece.inside]
    placed = Placed(level, RisingMap(), RisingMap(), inner)
    wider: dict[int, float] = {}
    for piece, inside in inner:
        column = piece.node.column
        wider[column] = max(wider.get(column, 0.0), inside.width - piece.width)
    placed.across.places += [(level.starts[column], extra) for column, extra in sorted(wider.items())]
    placed.down.pull([demand for piece, inside in inner for demand in _demands(piece, inside)], _spans(placed))
    return placed


def _port_heights(piece: Piece) -> list[float]:
    """The heights of a group's ports in the level around it, from the top, in the order of its inside."""
    assert piece.inside is not None
    offsets = {"in": piece.node.ins, "out": piece.node.outs}
    return [piece.node.y + offsets[side][which] for _, side, which in piece.inside.ports]


def _demands(piece: Piece, inside: Placed) -> Iterator[Demand]:
    """The heights an open group needs over, between and under its ports."""
    outer = _port_heights(piece)
    within = [inside.down(height) for height, _, _ in inside.level.ports]
    yield Demand(piece.node.y - piece.node.above, outer[0], within[0])
    for (upper, lower), (above, below) in zip(pairwise(outer), pairwise(within), strict=True):
        yield Demand(upper, lower, below - above)
    yield Demand(outer[-1], piece.node.y + piece.node.below, inside.down(inside.level.height) - within[-1])


def _settle(placed: Placed) -> None:
    """Give each open group its corner, and pull its ports to where the wires around it arrive."""
    for piece, inside in placed.inner:
        wanted = [placed.y(height) for height in _port_heights(piece)]
        within = [inside.down(height) for height, _, _ in inside.level.ports]
        inside.settled.pull(
            [
                Demand(*pair, lower - upper)
                for pair, (upper, lower) in zip(pairwise(within), pairwise(wanted), strict=True)
            ],
            [(inside.down(low), inside.down(high)) for low, high in _spans(inside)],
        )
        inside.top = wanted[0] - within[0]
        inside.left = placed.x(piece.x + piece.width / 2) - inside.width
        _settle(inside)


def _spans(placed: Placed) -> list[tuple[float, float]]:
    """The heights between the first and the last port of every gate that is not open."""
    opened = {id(piece) for piece, _ in placed.inner}
    return [piece.span for piece in placed.level.pieces if piece.is_gate and id(piece) not in opened]
