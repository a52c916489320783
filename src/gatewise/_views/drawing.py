"""SVG as text: shapes and words, every character of the user's escaped, every length decided here."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from functools import lru_cache

from gatewise._views.text import cells, plain_text

ADVANCE = 0.6  # the width of one cell of a monospace font, in font sizes
USUAL_SIZE = 13.0  # of text that states no size of its own
CORNER = 5.0  # the radius of a wire's corners

Point = tuple[float, float]


def width_of(text: str, size: float) -> float:
    """How wide a text is drawn; its length is fixed in the file, so no font can change it."""
    return cells(text) * size * ADVANCE


def escaped(text: str, limit: int = 400) -> str:
    """Text that is data and nothing else, in content and in attributes."""
    return html.escape(plain_text(text, limit), quote=True)


def figure(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def attributes(pairs: Mapping[str, str | float]) -> str:
    """Attributes as they stand in a tag, all of them ours; an underscore in a name stands for a hyphen."""
    return "".join(
        [
            f' {_attribute_name(name)}="{_harmless(value) if isinstance(value, str) else figure(value)}"'
            for name, value in pairs.items()
        ]
    )


@lru_cache(maxsize=256)
def _attribute_name(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


@lru_cache(maxsize=1024)
def _harmless(text: str) -> str:
    return html.escape(text)


def shape(tag: str, **pairs: str | float) -> str:
    """An element without content."""
    return f"<{tag}{attributes(pairs)}/>"


def words(
    text: str, x: float, y: float, size: float, *, title: str = "", look: Mapping[str, str | float] | None = None
) -> str:
    """A line of text on its baseline; `title` is what a pointer resting on it shows.

    Its length is fixed, so that no font can change the layout.
    """
    sized = {} if size == USUAL_SIZE else {"font_size": size}
    fixed = attributes({"x": x, "y": y, **sized, "textLength": width_of(text, size), **(look or {})})
    drawn = f"<text{fixed}>{escaped(text)}</text>"
    return f"<g><title>{escaped(title)}</title>{drawn}</g>" if title else drawn


def bent(points: Sequence[Point]) -> str:
    """The path through some points, its corners rounded; each corner itself is the control point of its curve.

    >>> bent([(0, 0), (20, 0), (20, 30)])
    'M0,0H15q5,0 5,5V30'
    """
    track = track_of(points)
    pieces = [f"M{path_point(track[0])}"]
    for before, corner, after in zip(track, track[1:], track[2:], strict=False):
        radius = min(CORNER, distance(before, corner) / 2, distance(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        pieces.append(f"{_straight(before, start)}q{_step(start, corner)} {_step(start, end)}")
    return "".join([*pieces, _straight(track[-2], track[-1])])


def _straight(start: Point, end: Point) -> str:
    """A level or upright line."""
    return f"H{figure(end[0])}" if start[1] == end[1] else f"V{figure(end[1])}"


def _step(start: Point, end: Point) -> str:
    return path_point((end[0] - start[0], end[1] - start[1]))


def track_of(points: Sequence[Point]) -> list[Point]:
    """Where a wire begins, turns and ends: without points on a straight line between their neighbours."""
    track: list[Point] = []
    for point in points:
        if track and point == track[-1]:
            continue
        if len(track) > 1 and any(track[-2][axis] == track[-1][axis] == point[axis] for axis in (0, 1)):
            track.pop()
        track.append(point)
    return track if len(track) > 1 else [*track, track[0]]


def distance(first: Point, second: Point) -> float:
    """How far apart two points of a level or upright line are."""
    return abs(first[0] - second[0]) + abs(first[1] - second[1])


def _towards(start: Point, end: Point, length: float) -> Point:
    share = length / (distance(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def path_point(point: Point) -> str:
    """A point as a path has it."""
    return f"{figure(point[0])},{figure(point[1])}"
