"""What a gate did to the gradient, said in one short sentence."""

from __future__ import annotations

from math import prod

from gatewise._views.numbers import entries, number
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import plain

_SPOKEN = {"maximum": "max", "minimum": "min"}
_PICKS_OF_TWO = {"maximum", "minimum", "fmax", "fmin"}
_PICKS_INSIDE = {"max", "min", "amax", "amin"}
_ELEMENTWISE = {"distributes", "routes", "swaps", "scales"}


def what_it_did(sheet: Sheet, wire: Wire, digits: int | None = None) -> str:
    """What the gate that made this wire does to the gradient here; nothing for an input."""
    if not wire.is_gate:
        return ""
    tell = {"distributes": _distributes, "routes": _routes, "swaps": _swaps, "scales": _scales}.get(
        wire.pattern, _plainly
    )
    sentence = f"{spoken(wire)} {tell(sheet, wire, sheet.operands[wire.id], digits)}"
    return sentence + "".join(f"; {note}" for note in broadcast_notes(sheet, wire))


def lesson(sheet: Sheet, wire: Wire) -> str:
    """What is worth saying of a gate besides what it did: that add hands out no shares, and that a tie is split."""
    operands = sheet.operands[wire.id]
    if wire.pattern == "distributes" and len(operands) > 1 and wire.has_gradient:
        turned = " or minus it" if any(use.local == -1 for use in operands) else ""
        return f"every input gets the whole d{plain(wire.name)}{turned}, not a share of it"
    if wire.gate in _PICKS_OF_TWO:
        return _tie_of_two(sheet, wire, operands)
    return _tie_inside(sheet, wire, operands) if wire.gate in _PICKS_INSIDE else ""


def _tie_of_two(sheet: Sheet, wire: Wire, operands: list[Use]) -> str:
    """What a max of two wires did with ties: scalars by name, entries of arrays by their number."""
    if not operands or any(sheet.wires[use.source].shape for use in operands):
        ties = max((_shares(use.local) for use in operands), default=0) if len(operands) > 1 else 0
        return f"{spoken(wire)} splits the gradient at {ties} {'tie' if ties == 1 else 'ties'}" if ties else ""
    winners = list(dict.fromkeys(_source_name(sheet, use) for use in _winners(operands)))
    return f"{_list(winners)} tie, so {spoken(wire)} splits the gradient between them" if len(winners) > 1 else ""


def _tie_inside(sheet: Sheet, wire: Wire, operands: list[Use]) -> str:
    """What the max of one array's entries did with ties."""
    if wire.shape or len(operands) != 1 or not isinstance(operands[0].contribution, list):
        return ""
    tied = sum(entry != 0 for entry in entries(operands[0].contribution))
    return f"{tied} entries tie, so {spoken(wire)} splits the gradient between them" if tied > 1 else ""


def _shares(local: object) -> int:
    """How many entries of a routing gate's local gradient are shares: more than nothing, less than the whole."""
    if isinstance(local, list):
        return sum(map(_shares, local))
    return int(isinstance(local, float) and 0 < local < 1)


def tie(sheet: Sheet, wire: Wire) -> str:
    """What a max did where several were the largest: `split` the gradient, let nothing `pass`; empty without a tie."""
    operands = sheet.operands[wire.id]
    if wire.gate in _PICKS_INSIDE:
        came = [entry for use in operands for entry in entries(use.contribution)]
        return "split" if sum(bool(entry) for entry in came) > prod(wire.shape) else ""
    if wire.gate not in _PICKS_OF_TWO:
        return ""
    if any(_shares(use.local) for use in operands):
        return "split"
    return "pass" if len(operands) == 1 and _meets(sheet.wires[operands[0].source], wire, operands[0]) else ""


def _meets(operand: Wire, result: Wire, use: Use) -> bool:
    """Whether an entry that gets nothing is itself the largest: as large as the constant beside it."""
    if operand.shape != result.shape:
        return False
    columns = zip(entries(operand.value), entries(result.value), entries(use.local), strict=False)
    return any(own == chosen and local == 0 for own, chosen, local in columns)


def spoken(wire: Wire) -> str:
    """The gate's name as one says it: max for maximum."""
    return plain(_SPOKEN.get(wire.gate, wire.gate))


def broadcast_notes(sheet: Sheet, wire: Wire) -> list[str]:
    """For each operand that was stretched to fit: the axes its gradient is summed over."""
    if wire.pattern not in _ELEMENTWISE:
        return []
    notes = []
    for use in sheet.operands[wire.id]:
        axes = stretched_axes(sheet.wires[use.source].shape, wire.shape)
        if axes:
            notes.append(f"summed over {axes_text(axes)} for {_source_name(sheet, use)}")
    return notes


def axes_text(axes: tuple[int, ...]) -> str:
    """`axis 0`, or `axes 0 and 1`."""
    return ("axis " if len(axes) == 1 else "axes ") + " and ".join(map(str, axes))


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
    turned = [_source_name(sheet, use) for use in operands if use.local == -1]
    straight = [_source_name(sheet, use) for use in operands if use.local != -1]
    if turned:
        whole = f"the whole gradient to {_list(straight)}, " if straight else ""
        return f"passes {whole}minus the gradient to {_list(turned)}"
    everyone = {1: _list(straight), 2: "both"}.get(len(straight), f"all {len(straight)}")
    return f"passes the whole gradient to {everyone}"


def _routes(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    if wire.shape or any(sheet.wires[use.source].shape for use in operands):
        return "routes each entry's gradient to the entry it chose"
    winners = _winners(operands)
    if len(winners) > 1:
        return f"ties: {_list([f'{number(use.local, digits)} to {_source_name(sheet, use)}' for use in winners])}"
    if not winners:
        return f"routes nothing to {_list([_source_name(sheet, use) for use in operands])}{_tie(sheet, wire, operands)}"
    share = 1 if winners[0].local is None else winners[0].local
    return f"routes to {_source_name(sheet, winners[0])}" + (
        "" if share in (1, -1) else f", times {number(share, digits)}"
    )


def _winners(operands: list[Use]) -> list[Use]:
    """The operands that a gate routed to; what it chose by, such as the mask of a `where`, gets nothing."""
    chosen = [use for use in operands if not use.blocked and use.local != 0]
    return [use for use in chosen if use.local is not None or use.contribution is not None] or chosen


def _tie(sheet: Sheet, wire: Wire, operands: list[Use]) -> str:
    tied = len(operands) == 1 and sheet.wires[operands[0].source].value == wire.value
    return " (a tie with a constant passes 0)" if tied else ""


def _swaps(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    if len(operands) > 2:
        return "scales each by the product of the others"
    return "swaps" if len(operands) > 1 else _scales(sheet, wire, operands, digits)


def _scales(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    if len(operands) == 1 and isinstance(operands[0].local, int | float):
        return f"scales by {number(operands[0].local, digits)}"
    return "scales"


def _plainly(sheet: Sheet, wire: Wire, operands: list[Use], digits: int | None) -> str:
    return {
        "spreads": "spreads the gradient over every entry",
        "mixes": "mixes",
        "moves": "moves the entries back",
        "stops": "stops the gradient",
    }.get(wire.pattern, plain(wire.pattern))


def _source_name(sheet: Sheet, use: Use) -> str:
    return plain(sheet.wires[use.source].name)


def _list(names: list[str]) -> str:
    return " and ".join(dict.fromkeys(names))
