"""What the numbers mean: which way to push each input to raise the output, and by how much that moves it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gatewise._views.checks import check_lines, entry_name
from gatewise._views.corners import before_corners, meets_corner, two_slopes
from gatewise._views.numbers import Entry, entries, is_finite, number
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Wire
from gatewise._views.text import plain_text
from gatewise._views.trouble import not_finite

NUDGE = 0.01


def objective(sheet: Sheet) -> str:
    """What the gradients are gradients of: the output, its sum, or the output weighted by the upstream gradient."""
    key = "objective" if sheet.upstream_is_one else "objective.weighted"
    return said(f"{key}.sum" if sheet.output.shape else key, output=plain_text(sheet.output.name))


def meaning(sheet: Sheet, digits: int | None = None) -> tuple[str, ...]:
    """The lines under a ledger: how to raise the output, what was checked, what is not finite."""
    return (_to_raise(sheet, digits), *check_lines(sheet, digits), *not_finite(sheet))


def _to_raise(sheet: Sheet, digits: int | None) -> str:
    inputs = [wire for wire in sheet.wires if wire.kind == "input" and wire.has_gradient]
    f = objective(sheet)
    if not inputs:
        return said("raise.none", f=f)
    if not _is_output_finite(sheet):
        return said("raise.unknown", f=f, output=plain_text(sheet.output.name), value=sheet.value(sheet.output, digits))
    before = before_corners(sheet)
    return said("raise", f=f, moves=", ".join(_move(sheet, wire, digits, wire.id in before) for wire in inputs))


def _is_output_finite(sheet: Sheet) -> bool:
    return is_finite(sheet.output.value, sheet.output.summary)


def _move(sheet: Sheet, wire: Wire, digits: int | None, is_before_corner: bool) -> str:
    where, force = steepest(wire)
    if force is None or not is_finite(force):
        return said("move.unknown", where=where, force=number(force))
    if is_before_corner and (sides := two_slopes(sheet, wire)):
        return _move_from_corner(where, *sides, digits)
    if corner := _checked_corner(sheet, wire):
        return _move_from_corner(*corner, digits)
    if force == 0:
        return said("move.same", where=where)
    return said("move.up" if force > 0 else "move.down", where=where, force=number(abs(force), digits))


def _move_from_corner(where: str, up: float, down: float, digits: int | None) -> str:
    """Which way to push what stands at a corner, where f changes by `up` as it rises and by `down` as it falls."""
    best = max(up, down)
    if best <= 0:
        return said("move.corner.neither", where=where)
    way = "either" if up == down else "up" if up == best else "down"
    return said(f"move.corner.{way}", where=where, force=number(best, digits))


def steepest(wire: Wire) -> tuple[str, float | None]:
    """Where a wire's gradient is largest, written as the user would index it, and what it is there.

    None for what is no real number and so has no direction.
    """
    name = plain_text(wire.name)
    if not wire.shape:
        (entry,) = entries(wire.gradient)
        return name, entry if isinstance(entry, int | float) else None
    if wire.gradient is None:
        ends = [wire.gradient_summary.min, wire.gradient_summary.max] if wire.gradient_summary else []
        return said("steepest", name=name), _largest_of(entries(ends))
    flat = entries(wire.gradient)
    if not flat:
        return name, 0
    best = largest_entry(flat)
    if best is None:
        return name, None
    return f"{name}[{', '.join(map(str, _unravel(best, wire.shape)))}]", _largest_of(flat)


def largest_entry(flat: Sequence[Entry]) -> int | None:
    """Where the entry of the largest size stands; one that is not finite comes first. None without real numbers."""
    sizes = [(not math.isfinite(entry), abs(entry)) for entry in flat if isinstance(entry, int | float)]
    return sizes.index(max(sizes)) if sizes and len(sizes) == len(flat) else None


def _largest_of(flat: Sequence[Entry]) -> float | None:
    place = largest_entry(flat)
    entry = None if place is None else flat[place]
    return entry if isinstance(entry, int | float) else None


def _unravel(position: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index: list[int] = []
    for size in reversed(shape):
        position, place = divmod(position, size)
        index.append(place)
    return tuple(reversed(index))


def nudge(sheet: Sheet, wire: Wire, digits: int | None = None) -> str:
    """`raising q by 0.01 lowers f by about 0.04`; nothing where no finite gradient was computed.

    `digits` are for values alone: a push of 0.01 changes little, and rounding would hide how much.
    """
    where, force = steepest(wire)
    if force is None or 0 in wire.shape:
        return ""
    if not _is_output_finite(sheet):
        return said("nudge.unknown", output=plain_text(sheet.output.name), value=sheet.value(sheet.output, digits))
    if not is_finite(force):
        return ""
    f, step = objective(sheet), str(NUDGE)
    sides = two_slopes(sheet, wire)
    if corner := (where, *sides) if sides else _checked_corner(sheet, wire):
        up, down = (_change(slope, f) for slope in corner[1:])
        return said("nudge.corner", where=corner[0], step=step, up=up, down=down)
    place = largest_entry(entries(wire.gradient)) if wire.gradient is not None else None
    if place is not None and meets_corner(sheet, wire, place):
        return said("nudge.rates", where=where, f=f)
    if force == 0:
        return said("nudge.same", where=where, f=f)
    return said("nudge", where=where, step=step, change=_change(force, f))


def _change(slope: float, f: str) -> str:
    if slope == 0:
        return said("change.none", f=f)
    change = abs(float(f"{slope * NUDGE:.12g}"))  # 0.01 is not a power of two: 3 * 0.01 is to read 0.03
    return said("change.up" if slope > 0 else "change.down", f=f, change=number(change))


def _checked_corner(sheet: Sheet, wire: Wire) -> tuple[str, float, float] | None:
    """The slopes on both sides as the check saw them, with the entry it is about; None where another is steeper."""
    check = sheet.checks.get(wire.id)
    if check is None or not (slopes := check.get("slopes")):
        return None
    (left, right), (steepest_place, force) = slopes, steepest(wire)
    place = entry_name(wire, check)
    return (place, right, -left) if place == steepest_place or force == 0 else None
