"""What a gate did to the gradient, said in one short sentence."""

from __future__ import annotations

from math import prod

from gatewise._views.numbers import Value, entries, number
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import plain_text

_OF_TWO = {"larger", "smaller"}  # corners of gates that choose between operands
_OF_ALL = {"largest", "smallest"}  # and of those that choose among entries
_ELEMENTWISE = {"distributes", "routes", "swaps", "scales"}
_PLAINLY = {"spreads", "mixes", "moves", "stops"}
_AT_EDGE = {"shares", "carries", "continues", "leaves", "collects"}  # of a loop


def what_it_did(sheet: Sheet, wire: Wire, digits: int | None = None) -> str:
    """What the gate that made this wire does to the gradient here; nothing for an input."""
    if not wire.is_gate:
        return ""
    if wire.pattern in _AT_EDGE:
        return said(f"did.{wire.pattern}")
    tell = {"distributes": _distributes, "routes": _routes, "swaps": _swaps, "scales": _scales}.get(
        wire.pattern, _plainly
    )
    did = said("did", gate=spoken(wire), what=tell(sheet, wire, sheet.operands[wire.id], digits))
    for use in sheet.operands[wire.id] if wire.pattern in _ELEMENTWISE else ():
        if axes := stretched_axes(sheet.wires[use.source].shape, wire.shape):
            did = said("did.summed", did=did, axes=axes_text(axes), name=_source_name(sheet, use))
    return did


def lesson(sheet: Sheet, wire: Wire) -> str:
    """What is worth saying of a gate besides what it did: that add hands out no shares, and that a tie is split."""
    operands = sheet.operands[wire.id]
    if wire.pattern == "distributes" and len(operands) > 1 and wire.has_gradient:
        key = "lesson.whole.minus" if any(use.local == -1 for use in operands) else "lesson.whole"
        return said(key, d=f"d{plain_text(wire.name)}")
    if wire.corner in _OF_TWO:
        return _tie_of_two(sheet, wire, operands)
    return _tie_inside(wire, operands) if wire.corner in _OF_ALL else ""


def _tie_of_two(sheet: Sheet, wire: Wire, operands: list[Use]) -> str:
    """What a max of two wires did with ties: scalars by name, entries of arrays by their number."""
    if not operands or any(sheet.wires[use.source].shape for use in operands):
        ties = max((_shares(use.local) for use in operands), default=0) if len(operands) > 1 else 0
        return said("lesson.ties", gate=spoken(wire), count=ties) if ties else ""
    winners = list(dict.fromkeys(_source_name(sheet, use) for use in _winners(operands)))
    return said("lesson.tie", names=winners, gate=spoken(wire)) if len(winners) > 1 else ""


def _tie_inside(wire: Wire, operands: list[Use]) -> str:
    """What the max of one array's entries did with ties."""
    if wire.shape or len(operands) != 1 or not isinstance(operands[0].contribution, list):
        return ""
    tied = sum(entry != 0 for entry in entries(operands[0].contribution))
    return said("lesson.entries", count=str(tied), gate=spoken(wire)) if tied > 1 else ""


def _shares(local: Value) -> int:
    """How many entries of a routing gate's local gradient are shares: more than nothing, less than the whole."""
    return sum(isinstance(entry, float) and 0 < entry < 1 for entry in entries(local))


def tie(sheet: Sheet, wire: Wire) -> str | None:
    """What stands under a max that several were the largest for: that it split, or let nothing pass; None for none."""
    operands = sheet.operands[wire.id]
    if wire.corner in _OF_ALL:
        came = [entry for use in operands for entry in entries(use.contribution)]
        return "mark.tie" if sum(map(bool, came)) > prod(wire.shape) else None
    if wire.corner not in _OF_TWO:
        return None
    if any(_shares(use.local) for use in operands):
        return "mark.tie"
    is_met = len(operands) == 1 and _meets(sheet.wires[operands[0].source], wire, operands[0])
    return "mark.tie.constant" if is_met else None


def _meets(operand: Wire, result: Wire, use: Use) -> bool:
    """Whether an entry that gets nothing is itself the largest: as large as the constant beside it."""
    if operand.shape != result.shape:
        return False
    columns = zip(entries(operand.value), entries(result.value), entries(use.local), strict=False)
    return any(own == chosen and local == 0 for own, chosen, local in columns)


def spoken(wire: Wire) -> str:
    """The gate's name as one says it: max for maximum, as its symbol has it without a literal."""
    return plain_text(wire.symbol.split(" ")[0] if wire.corner in _OF_TWO else wire.gate)


def axes_text(axes: tuple[int, ...]) -> str:
    """`axis 0`, or `axes 0 and 1`."""
    return said("axes", count=len(axes), axes=list(map(str, axes)))


def stretched_axes(operand: tuple[int, ...], result: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of the result along which broadcasting used the operand again and again.

    >>> stretched_axes((3,), (4, 3)), stretched_axes((4, 1), (4, 3)), stretched_axes((4, 3), ())
    ((0,), (1,), ())
    """
    missing = len(result) - len(operand)
    if missing < 0 or any(size not in (1, other) for size, other in zip(operand, result[missing:], strict=True)):
        return ()
    padded = (None,) * missing + operand
    return tuple(
        axis for axis, (size, other) in enumerate(zip(padded, result, strict=True)) if size is None or size < other
    )


def _distributes(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    minus = [_source_name(sheet, use) for use in operands if use.local == -1]
    straight = [_source_name(sheet, use) for use in operands if use.local != -1]
    if minus:
        return said("did.distributes.some" if straight else "did.distributes.minus", names=straight, minus=minus)
    if len(straight) == 1:
        return said("did.distributes", names=straight)
    return said("did.distributes.both" if len(straight) == 2 else "did.distributes.all", count=str(len(straight)))


def _routes(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    if wire.shape or any(sheet.wires[use.source].shape for use in operands):
        return said("did.routes.entries")
    winners, names = _winners(operands), [_source_name(sheet, use) for use in operands]
    if len(winners) > 1:
        each = [(number(use.local, digits), _source_name(sheet, use)) for use in winners]
        return said(
            "did.routes.ties", shares=[said("did.routes.share", share=share, name=name) for share, name in each]
        )
    if not winners:
        is_tie = len(operands) == 1 and sheet.wires[operands[0].source].value == wire.value
        return said("did.routes.tie" if is_tie else "did.routes.nothing", names=names)
    (winner,) = winners
    share, name = 1 if winner.local is None else winner.local, _source_name(sheet, winner)
    if share in (1, -1):
        return said("did.routes.to", name=name)
    return said("did.routes.times", name=name, share=number(share, digits))


def _winners(operands: list[Use]) -> list[Use]:
    """The operands that a gate routed to; what it chose by, such as the mask of a `where`, gets nothing."""
    chosen = [use for use in operands if not use.blocked and use.local != 0]
    return [use for use in chosen if use.local is not None or use.contribution is not None] or chosen


def _swaps(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    if len(operands) > 2:
        return said("did.swaps.many")
    return said("did.swaps") if len(operands) > 1 else _scales(sheet, wire, operands, digits)


def _scales(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    if len(operands) == 1 and isinstance(operands[0].local, int | float):
        return said("did.scales.by", slope=number(operands[0].local, digits))
    return said("did.scales")


def _plainly(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    return said(f"did.{wire.pattern}") if wire.pattern in _PLAINLY else plain_text(wire.pattern)


def _source_name(sheet: Sheet, use: Use) -> str:
    return plain_text(sheet.wires[use.source].name)
