"""Where numbers stop being finite, how that came about, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._views.numbers import is_finite
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Wire
from gatewise._views.text import plain_text

LONGEST_CURE = 1000  # characters: a cure is whole, or of no use


def not_finite(sheet: Sheet) -> list[str]:
    """Where numbers stop being finite, on the way forward and on the way back, how that came about, and its cure."""
    lines = []
    forward = next((wire for wire in sheet.wires if not is_finite(wire.value, wire.summary)), None)
    if forward is not None:
        lines.append(said("trouble.value", where=_name_and_line(forward), value=sheet.value(forward)))
        lines += _how_made(sheet, forward)
    backward = [wire for wire in sheet.wires if not is_finite(wire.gradient, wire.gradient_summary)]
    if backward:
        where, found = _name_and_line(backward[-1]), sheet.gradient(backward[-1])
        lines.append(said("trouble.gradient", where=where, value=found))
        user = next((sheet.wires[u.target] for u in sheet.uses if u.source == backward[-1].id), None)
        lines += _how_made(sheet, user) if user is not None and forward is None else []
    return lines


def _how_made(sheet: Sheet, wire: Wire) -> list[str]:
    """The gate at fault with the values it was given, and what to write instead."""
    if not wire.is_gate:
        return []
    operands = [sheet.wires[use.source] for use in sheet.operands[wire.id]]
    values = ", ".join(f"{plain_text(o.name)} = {sheet.value(o)}" for o in operands)
    told = [said("trouble.made", made=wire.made, values=values)]
    told += [said("trouble.instead", cure=plain_text(wire.cure, LONGEST_CURE))] if wire.cure else []
    return [f"  {line}" for line in told]


def cure_lines(wires: Sequence[Wire]) -> list[str]:
    """The cure of the first of some wires, where a number of theirs is not finite."""
    cure = wires[0].cure
    return [plain_text(cure, LONGEST_CURE)] if cure and not all(wire.is_finite for wire in wires) else []


def _name_and_line(wire: Wire) -> str:
    return said("at.line", name=plain_text(wire.name), line=str(wire.line)) if wire.line else plain_text(wire.name)
