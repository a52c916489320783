"""The marks of a picture: lines, small signs, outlines and words, before they are SVG or TikZ.

Marks of a level carry both its own coordinates and, through the maps of `elastic`, those on paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from gatewise._views.drawing import Point
from gatewise._views.elastic import Placed
from gatewise._views.labels import Label
from gatewise._views.members import Group
from gatewise._views.sheet import Sheet

Box = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True)
class WireLine:
    """A piece of wire: a `trunk` or a `use`, to a port of a gate (`to` its wire), of a group (`g3`), or `out`."""

    kind: str
    points: tuple[Point, ...]
    own: tuple[Point, ...]
    wire: int
    to: str = ""
    port: int = 0
    is_blocked: bool = False


@dataclass(frozen=True)
class Mark:
    """Something small at a point: an `arrow` tip, a `fork` dot, a `cut`."""

    kind: str
    at: Point
    own: Point
    wire: int
    to: str = ""
    is_hidden: bool = False  # an arrow at the edge of a group that is open: its wire goes on


@dataclass(frozen=True)
class Outline:
    """A gate or a closed group: left, top, width, height on paper; `own` is its middle, `span` its ports' heights."""

    box: Box
    own: Point
    span: tuple[float, float]
    is_round: bool
    is_loud: bool
    wires: tuple[int, ...]
    title: str
    symbol: Word
    tie: Word | None = None
    group: Group | None = None
    number: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it is not to be seen, because its gates are."""
        return self.group is not None and not self.group.closed


@dataclass(frozen=True)
class Word:
    """A line of text, with a heat map before it for an array."""

    label: Label
    at: Point
    own: Point
    size: float
    anchor: str = "start"
    to: str = ""
    port: int = 0
    heat_at: Point | None = None


AnyMark = WireLine | Mark | Outline | Word


@dataclass
class View:
    """A level on paper; `box` is the outline of an open group, `gate` the closed group's outline where it is one."""

    placed: Placed
    marks: list[AnyMark]
    inner: list[View] = field(default_factory=list)
    box: Box | None = None
    title: str = ""
    is_shown: bool = True

    @property
    def words(self) -> list[Word]:
        """Its words, in tape order."""
        return [mark for mark in self.marks if isinstance(mark, Word)]

    @property
    def group(self) -> Group | None:
        """The group whose inside this is; None for the whole circuit."""
        return self.placed.level.group


@dataclass(frozen=True)
class Scene:
    """A whole picture."""

    sheet: Sheet
    width: float
    height: float
    root: View
    legend: list[Word]
    told: str


def words_in_order(scene: Scene) -> list[Word]:
    """The words in the order in which they are to be read: wires as on the tape, then branches, the output last."""
    found = [word for view in all_views(scene.root) if view.is_shown for word in view.words]
    return sorted(found, key=lambda word: (word.to == "out", bool(word.to), -1 if word.to else word.label.wire))


def all_views(view: View) -> Iterator[View]:
    """A level and all inside it."""
    yield view
    for inner in view.inner:
        yield from all_views(inner)
