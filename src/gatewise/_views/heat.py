"""Arrays as small signed heat maps: full cells are positive, hollow ones negative, and darker means larger."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gatewise._views.numbers import Entry, Summary, Value, entries, number, sizes
from gatewise._views.phrases import said

_GAP = 0.3  # from a full cell to the border of its square, so that equal neighbours can be counted
_RING = 1.2  # from the middle of a ring's stroke to that border
MOST = (6, 16)  # rows and columns, as in the record's maps of large arrays
CELL = 6.0
SHADES = 4


@dataclass(frozen=True)
class Heat:
    """The cells of a map, row by row: a shade from 1 to 4 with the entry's sign, 0 for zero, None for not finite."""

    cells: tuple[tuple[int | None, ...], ...]
    scale: str

    @property
    def width(self) -> float:
        """Its width in the picture."""
        return CELL * len(self.cells[0])

    @property
    def height(self) -> float:
        """Its height in the picture."""
        return CELL * len(self.cells)


def heat_of(value: Value, summary: Summary | None, digits: int | None = None) -> Heat | None:
    """The heat map of an array; None for what has no entries, or none that were written down.

    `scale` says how far the entries reach: `max 3` where none is negative, `min -3` where none is positive, `±3` the
    size of the largest where they are of both signs, `all 3` where they are equal; or what is wrong with one of them.
    Of complex numbers it is the map of their sizes, and `size 3` is that of the largest.
    """
    given, value = value, sizes(value)
    table = coarse(value) if value is not None else summary.map if summary else ()
    if not table or not table[0]:
        return None
    cells = [[_finite(entry) for entry in row] for row in table]
    largest = max((abs(cell) for row in cells for cell in row if cell is not None), default=0)
    bad = [entry for row in table for entry in row if _finite(entry) is None]
    reached = entries(value if value is not None else [summary.min, summary.max] if summary else [])
    if value != given and not bad:
        scale = said("map.sizes", value=number(largest, digits))
    else:
        scale = number(bad[0], digits) if bad else _scale(reached, largest, digits)
    return Heat(tuple(tuple(_shade(cell, largest) for cell in row) for row in cells), scale)


def _scale(reached: Sequence[Entry], largest: float, digits: int | None) -> str:
    """What stands beside a map, from all its entries or from the least and the greatest."""
    known = [entry for entry in reached if isinstance(entry, int | float)]
    least, greatest = min(known, default=-largest), max(known, default=largest)
    if least == greatest:
        value = number(least, digits)
        return value if not least or len(reached) == 1 else said("map.all", value=value)
    if least < 0 < greatest:
        return f"±{number(largest, digits)}"
    if greatest > 0:
        return said("map.max", value=number(greatest, digits))
    return said("map.min", value=number(least, digits))


def shades(heat: Heat) -> list[int | None]:
    """The shades of a map that are drawn, what is not finite last."""
    found = {shade for row in heat.cells for shade in row if shade != 0}
    return sorted(found, key=lambda shade: (shade is None, shade or 0))


def squares(heat: Heat, shade: int | None) -> tuple[list[tuple[float, float]], float]:
    """The corners of the squares of one shade, a little inside their cells, and their side."""
    inset = _RING if shade is not None and shade < 0 else _GAP
    corners = [
        (x * CELL + inset, y * CELL + inset)
        for y, row in enumerate(heat.cells)
        for x, cell in enumerate(row)
        if cell == shade
    ]
    return corners, CELL - 2 * inset


def opacity(shade: int) -> float:
    """How dark a shade is."""
    return abs(shade) / SHADES


def _finite(entry: Entry) -> float | None:
    """An entry that is a finite number; None for any other."""
    return entry if isinstance(entry, int | float) and math.isfinite(entry) else None


def _shade(cell: float | None, largest: float) -> int | None:
    if not cell:
        return None if cell is None else 0
    return int(math.copysign(max(1, math.ceil(SHADES * abs(cell) / largest)), cell))


def coarse(value: Value) -> list[list[Entry]]:
    """An array as at most 6 rows of 16: of every part the entry of the largest size, NaN before all others.

    >>> coarse([[1, -2], [3, 0]]), coarse([1.0, 2.0])
    ([[1, -2], [3, 0]], [[1.0, 2.0]])
    """
    table = _rows(value)
    if not table or not table[0]:
        return []
    bands, columns = _cuts(len(table), MOST[0]), _cuts(len(table[0]), MOST[1])
    return [
        [_largest([entry for row in table[top:bottom] for entry in row[left:right]]) for left, right in columns]
        for top, bottom in bands
    ]


def _rows(value: Value) -> list[list[Entry]]:
    """Nested lists as rows of entries; leading axes one after another."""
    parts = value if isinstance(value, list) else [value]
    if not parts or not isinstance(parts[0], list):
        return [[_entry(part) for part in parts]]
    return [row for part in parts for row in _rows(part)]


def _entry(value: Value) -> Entry:
    assert value is None or isinstance(value, bool | int | float | str)
    return value


def _cuts(size: int, most: int) -> Sequence[tuple[int, int]]:
    """The borders of `most` parts, the first ones one longer where it does not come out even."""
    count = min(size, most)
    short, longer = divmod(size, count)
    starts = [place * short + min(place, longer) for place in range(count + 1)]
    return list(pairwise(starts))


def _largest(part: list[Entry]) -> Entry:
    return max(part, key=lambda entry: (entry == "nan", abs(entry) if isinstance(entry, int | float) else math.inf))
