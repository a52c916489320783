"""What is told of a loop that is shown as one round: over all rounds, and how its wires hang together."""

from __future__ import annotations

import math

from gatewise._types import Named
from gatewise._views.numbers import Value, entries, number, quantity
from gatewise._views.phrases import said
from gatewise._views.sheet import Loop, Sheet, Wire
from gatewise._views.text import plain_text


def of_all_rounds(sheet: Sheet, wire: Wire) -> int | None:
    """How many rounds a wire has values of; None where it is one alone."""
    loop = sheet.loop_of(wire)
    return loop.count if loop is not None and wire.id in loop.ends else None


def series(sheet: Sheet, wire: Wire, which: str, digits: int | None) -> str:
    """`0.5 … 3.2, norm 12`: values or gradients of the first and the last round, and the norm of all.

    Of arrays these are norms; nothing for a wire that is not of a round, and where nothing was computed.
    """
    loop = sheet.loop_of(wire)
    ends = loop.ends.get(wire.id) if loop is not None else None
    if ends is None or ends["norm"][which] is None:
        return ""
    first, last = (_end(ends[end], which, wire, digits) for end in ("first", "last"))
    key = "loop.series.arrays" if wire.shape else "loop.series"
    return said(key, first=first, last=last, norm=number(ends["norm"][which], digits))


def _end(told: Named, which: str, wire: Wire, digits: int | None) -> str:
    value, summary = told[which], told.get(f"{which}_summary")
    if not wire.shape or (value is None and summary is None):
        return quantity(value, None, digits)
    return number(summary["norm"] if summary is not None else _norm(value), digits)


def _norm(value: Value) -> float | str:
    found = entries(value)
    known = [abs(entry) for entry in found if isinstance(entry, int | float)]
    return math.hypot(*known) if len(known) == len(found) else "nan"


def of_loops(sheet: Sheet) -> list[str]:
    """A line for each loop: which round is shown, and what stands for the others."""
    return [line for k, loop in enumerate(sheet.loops) for line in _told(sheet, k, loop)]


def _told(sheet: Sheet, k: int, loop: Loop) -> list[str]:
    pairs = [(sheet.operands[after][0].source, before) for after, before in loop.carried]
    carried = [
        said("loop.told.carried", before=_name(sheet, before), after=_name(sheet, after)) for after, before in pairs
    ]
    each = [wire for wire in sheet.wires if wire.loop == k and wire.role == "each"]
    names = ", ".join(plain_text(wire.name) for wire in each)
    wires = ", ".join(plain_text(wire.expression) for wire in each)
    shared = [said("loop.told.each", names=names, wires=wires, count=len(each))] if each else []
    whole = said("loop.told", text=plain_text(loop.text), place=loop.place)
    return [whole, "; ".join([*carried, *shared])] if carried or shared else [whole]


def _name(sheet: Sheet, id_: int) -> str:
    return plain_text(sheet.wires[id_].name)
