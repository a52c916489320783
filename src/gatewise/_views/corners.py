"""Where the slope of a gate jumps, and what that means for whoever pushes an input there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from gatewise._views.numbers import Value, entries, reals
from gatewise._views.sheet import Sheet, Use, Wire

#: By what a gate takes, how fast it moves where what it takes from ties: by the rates of what ties.
_MOVES: Mapping[str, Callable[[Iterable[float]], float]] = {
    "larger": max,
    "positive": max,
    "smaller": min,
    "size": lambda rates: max(map(abs, rates)),
}


def two_slopes(sheet: Sheet, wire: Wire) -> tuple[float, float] | None:
    """How fast the output rises as a number is raised, and as it is lowered, where a tie or a kink makes these differ.

    None where there is one slope, or where a gate on the way works on arrays.
    """
    up, down = (None, None) if wire.shape else (_pushed(sheet, wire, 1.0), _pushed(sheet, wire, -1.0))
    return None if up is None or down is None or math.isclose(up, -down, rel_tol=1e-9) else (up, down)


def before_corners(sheet: Sheet) -> set[int]:
    """The ids of the wires from which a way leads to a corner."""
    found: set[int] = set()
    for gate in reversed(sheet.wires):
        if gate.id in found or _is_corner(sheet, gate):
            found |= {use.source for use in sheet.operands[gate.id]}
    return found


def _pushed(sheet: Sheet, wire: Wire, push: float) -> float | None:
    """How fast the output moves as a wire is pushed, gate by gate; at a tie the operand that gets ahead decides."""
    moving: dict[int, float] = {wire.id: push}
    for gate in sheet.wires[wire.id + 1 :]:
        uses = [use for use in sheet.operands[gate.id] if moving.get(use.source)]
        if uses and gate.pattern != "stops":
            rate = _rate(sheet, gate, uses, moving)
            if rate is None:
                return None
            moving[gate.id] = rate
    upstream = sheet.upstream
    return moving.get(sheet.output.id, 0.0) * upstream if isinstance(upstream, int | float) else None


def _rate(sheet: Sheet, gate: Wire, uses: list[Use], moving: dict[int, float]) -> float | None:
    if _is_corner(sheet, gate):
        rates = [moving.get(use.source, 0.0) for use in _ties(sheet, gate)]
        if gate.corner == "bounds":
            low, high = _bounds(gate)
            above = max(rates[0], 0.0) if gate.value == low else rates[0]
            return min(above, 0.0) if gate.value == high else above
        alone = gate.corner != "size" and len(sheet.operands[gate.id]) == 1
        return _MOVES[gate.corner or ""]([*rates, *([0.0] if alone else [])])  # 0: the constant it ties with
    locals_ = [use.local for use in uses]
    if not all(isinstance(local, int | float) for local in locals_):
        return None
    return math.fsum(local * moving[use.source] for local, use in zip(reals(locals_), uses, strict=True))


def _is_corner(sheet: Sheet, gate: Wire) -> bool:
    """Whether a gate of numbers stands where its slope jumps: at a tie, at a bound, or at abs(0)."""
    if gate.corner is None or gate.shape or not isinstance(gate.value, int | float):
        return False
    if gate.corner == "size":
        return gate.value == 0
    ties = _ties(sheet, gate)
    if gate.corner == "bounds":
        return gate.value in _bounds(gate) and bool(ties)
    is_alone = len(ties) == len(sheet.operands[gate.id]) == 1 and ties[0].local == 0
    return gate.corner in _MOVES and (len(ties) > 1 or is_alone)


def _bounds(gate: Wire) -> tuple[Value, Value]:
    """The bounds of a clip, where they are numbers and no wires."""
    return gate.given.get("low"), gate.given.get("high")


def _ties(sheet: Sheet, gate: Wire) -> list[Use]:
    """The operands that are as large as what the gate gave; of abs all."""
    return [use for use in sheet.operands[gate.id] if sheet.wires[use.source].value == gate.value]


def meets_corner(sheet: Sheet, wire: Wire, place: int) -> bool:
    """Whether a gate gave an entry of a wire a share of a tie, or stands there where its slope jumps."""
    shares: dict[int, float] = {}
    for use in sheet.uses_of[wire.id]:
        gate, local = sheet.wires[use.target], _local_at(sheet, use, place)
        is_alone = len(sheet.operands[gate.id]) == 1 and gate.corner in _MOVES
        is_clipped = gate.corner == "bounds" and use.port == 0
        if local == 0 and gate.shape == wire.shape and (is_clipped or is_alone):
            return entries(wire.value)[place] == entries(gate.value)[place]
        if local is not None and gate.pattern == "routes":
            shares[gate.id] = shares.get(gate.id, 0.0) + local
    return any(0 < share < 1 for share in shares.values())


def _local_at(sheet: Sheet, use: Use, place: int) -> float | None:
    """The local gradient along one entry of an operand, also of a max over all entries."""
    gate = sheet.wires[use.target]
    if gate.shape == sheet.wires[use.source].shape:
        flat = entries(use.local)
        found = flat[place] if place < len(flat) else None
        return found if isinstance(found, int | float) else None
    if gate.shape or not isinstance(use.contribution, list) or not isinstance(gate.gradient, int | float):
        return None
    came = entries(use.contribution)[place]
    return came / gate.gradient if gate.gradient and isinstance(came, int | float) else None
