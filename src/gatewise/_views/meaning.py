"""What the numbers mean: which way to push each input, and how far the checks agree."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from gatewise._views.numbers import DASH, entries, is_finite, number, quantity
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import plain

NUDGE = 0.01
LONGEST_CURE = 1000  # characters: a cure is whole, or of no use
_WRITTEN = re.compile(r"-?[0-9.]+(e[-+]?[0-9]+)?")
_EXTREMES = {"maximum": max, "fmax": max, "relu": max, "minimum": min, "fmin": min}


def objective(sheet: Sheet) -> str:
    """What the gradients are gradients of: the output, its sum, or the output weighted by the upstream gradient."""
    name = plain(sheet.output.name)
    if not sheet.upstream_is_one:
        return f"sum(upstream * {name})" if sheet.output.shape else f"upstream * {name}"
    return f"sum({name})" if sheet.output.shape else name


def meaning(sheet: Sheet, digits: int | None = None) -> tuple[str, ...]:
    """The lines under a ledger: how to raise the output, what was checked, what is not finite."""
    return (_to_raise(sheet, digits), *_checked(sheet, digits), *not_finite(sheet))


def _to_raise(sheet: Sheet, digits: int | None) -> str:
    inputs = [wire for wire in sheet.wires if wire.kind == "input" and wire.has_gradient]
    if not inputs:
        return f"to raise {objective(sheet)}: no input's gradient was computed"
    if not _is_output_finite(sheet):
        return f"to raise {objective(sheet)}: nothing can be said, {_output(sheet, digits)}"
    before = _before_corners(sheet)
    moves = ", ".join(_move(sheet, wire, digits, wire.id in before) for wire in inputs)
    return f"to raise {objective(sheet)}: {moves}"


def _is_output_finite(sheet: Sheet) -> bool:
    return is_finite(sheet.output.value, sheet.output.summary)


def _output(sheet: Sheet, digits: int | None) -> str:
    return f"{plain(sheet.output.name)} is {sheet.value(sheet.output, digits)}"


def _move(sheet: Sheet, wire: Wire, digits: int | None, is_before_corner: bool) -> str:
    where, force = steepest(wire)
    if force is None or not is_finite(force):
        return f"{where} cannot be said ({number(force)})"
    if is_before_corner and (sides := two_slopes(sheet, wire)):
        return _move_from_corner(where, *sides, digits)
    if corner := _checked_corner(sheet, wire):
        return _move_from_corner(*corner, digits)
    if force == 0:
        return f"{where} makes no difference"
    return f"{'raise' if force > 0 else 'lower'} {where} (force {number(abs(force), digits)})"


def _move_from_corner(where: str, up: float, down: float, digits: int | None) -> str:
    """Which way to push what stands at a corner, where f changes by `up` as it rises and by `down` as it falls."""
    best = max(up, down)
    if best <= 0:
        return f"neither raise nor lower {where} (at a corner)"
    way = "raise or lower" if up == down else "raise" if up == best else "lower"
    return f"{way} {where} (force {number(best, digits)}, at a corner)"


def steepest(wire: Wire) -> tuple[str, Any]:
    """Where a wire's gradient is largest, written as the user would index it, and what it is there."""
    name = plain(wire.name)
    if not wire.shape:
        return name, None if wire.gradient is None else _real(wire.gradient)
    if wire.gradient is None:
        return f"{name} at its steepest", _peak_of_summary(wire)
    flat = entries(wire.gradient)
    if not flat:
        return name, 0
    if any(isinstance(entry, str) for entry in flat):
        return name, None
    best = _largest(flat)
    return f"{name}[{', '.join(map(str, _unravel(best, wire.shape)))}]", flat[best]


def _largest(flat: list[Any]) -> int:
    """Where the entry of the largest size stands; one that is not finite comes first."""
    return max(range(len(flat)), key=lambda index: (not math.isfinite(flat[index]), abs(flat[index])))


def _real(gradient: Any) -> Any:
    """The entry as a number; None for what is not a real number and so has no direction."""
    entry = entries(gradient)[0]
    return None if isinstance(entry, str) else entry


def _peak_of_summary(wire: Wire) -> Any:
    if wire.gradient_summary is None:
        return None
    ends = entries([wire.gradient_summary["min"], wire.gradient_summary["max"]])
    return max(ends, key=lambda end: (not math.isfinite(end), abs(end)))


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
        return f"which way to push cannot be said: {_output(sheet, digits)}"
    if not is_finite(force):
        return ""
    f = objective(sheet)
    sides = two_slopes(sheet, wire)
    if corner := (where, *sides) if sides else _checked_corner(sheet, wire):
        up, down = (_change(slope, f) for slope in corner[1:])
        return f"at a corner: raising {corner[0]} by {NUDGE} {up}, lowering it {down}"
    if _meets_corner(sheet, wire):
        return f"at a corner: raising and lowering {where} change {f} at different rates"
    if force == 0:
        return f"raising {where} a little leaves {f} as it is"
    return f"raising {where} by {NUDGE} {_change(force, f)}"


def _change(slope: float, f: str) -> str:
    if slope == 0:
        return f"leaves {f} as it is"
    change = abs(float(f"{slope * NUDGE:.12g}"))  # 0.01 is not a power of two: 3 * 0.01 is to read 0.03
    return f"{'raises' if slope > 0 else 'lowers'} {f} by about {number(change)}"


# ------------------------------------------------------------------------------------------------------------- corners


def two_slopes(sheet: Sheet, wire: Wire) -> tuple[float, float] | None:
    """How fast the output rises as a number is raised, and as it is lowered, where a tie or a kink makes these differ.

    None where there is one slope, or where a gate on the way works on arrays.
    """
    up, down = (None, None) if wire.shape else (_pushed(sheet, wire, 1.0), _pushed(sheet, wire, -1.0))
    return None if up is None or down is None or math.isclose(up, -down, rel_tol=1e-9) else (up, down)


def _checked_corner(sheet: Sheet, wire: Wire) -> tuple[str, float, float] | None:
    """The same as the check saw it, with the entry that it is about; None where another entry is steeper."""
    check = sheet.checks.get(wire.id, {})
    if not check.get("slopes"):
        return None
    (left, right), (steepest_place, force) = check["slopes"], steepest(wire)
    place = _entry_name(wire, check)
    return (place, right, -left) if place == steepest_place or force == 0 else None


def _entry_name(wire: Wire, check: Mapping[str, Any]) -> str:
    """What a check is about: a wire, or one entry of it, as the user would index it."""
    entry = check.get("entry")
    return plain(wire.name) + (f"[{', '.join(map(str, entry))}]" if entry else "")


def _before_corners(sheet: Sheet) -> set[int]:
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
        if gate.gate == "clip":
            low, high = _bounds(gate)
            above = max(rates[0], 0.0) if gate.value == low else rates[0]
            return min(above, 0.0) if gate.value == high else above
        rates += [0.0] if len(sheet.operands[gate.id]) == 1 else []  # the constant it ties with
        return abs(rates[0]) if gate.gate == "absolute" else _EXTREMES[gate.gate](rates)
    locals_ = [use.local for use in uses]
    if not all(isinstance(local, int | float) for local in locals_):
        return None
    return math.fsum(local * moving[use.source] for local, use in zip(locals_, uses, strict=True))


def _is_corner(sheet: Sheet, gate: Wire) -> bool:
    """Whether a gate of numbers stands where its slope jumps: at a tie, at a bound, or at abs(0)."""
    operands = sheet.operands[gate.id]
    if gate.shape or not isinstance(gate.value, int | float):
        return False
    if gate.gate == "absolute":
        return gate.value == 0
    if gate.gate == "clip":
        return gate.value in _bounds(gate) and bool(_ties(sheet, gate))
    ties = _ties(sheet, gate) if gate.gate in _EXTREMES else []
    return len(ties) > 1 or (len(ties) == len(operands) == 1 and ties[0].local == 0)


def _bounds(gate: Wire) -> tuple[float | None, float | None]:
    """The bounds of a clip where they are written as numbers: `np.clip(x, 0, 1)`."""
    parts = gate.expression.removesuffix(")").split(", ")
    if len(parts) != 3 or not all(map(_WRITTEN.fullmatch, parts[1:])):
        return None, None
    return float(parts[1]), float(parts[2])


def _ties(sheet: Sheet, gate: Wire) -> list[Use]:
    """The operands that are as large as what the gate gave."""
    return [use for use in sheet.operands[gate.id] if sheet.wires[use.source].value == gate.value]


def _meets_corner(sheet: Sheet, wire: Wire) -> bool:
    """Whether a gate gave the steepest entry of a wire a share of a tie, or stands there where its slope jumps."""
    if wire.gradient is None or not entries(wire.gradient):
        return False
    place = _largest(entries(wire.gradient))
    shares: dict[int, float] = {}
    for use in sheet.uses_of[wire.id]:
        gate, local = sheet.wires[use.target], _local_at(sheet, use, place)
        is_alone = len(sheet.operands[gate.id]) == 1 and gate.shape == wire.shape
        is_clipped = gate.gate == "clip" and use.port == 0 and gate.shape == wire.shape
        if local == 0 and (is_clipped or (is_alone and gate.gate in (*_EXTREMES, "absolute"))):
            return bool(entries(wire.value)[place] == entries(gate.value)[place])
        if local is not None and gate.pattern == "routes":
            shares[gate.id] = shares.get(gate.id, 0.0) + local
    return any(0 < share < 1 for share in shares.values())


def _local_at(sheet: Sheet, use: Use, place: int) -> float | None:
    """The local gradient along one entry of an operand, also of a max over all entries."""
    gate = sheet.wires[use.target]
    if gate.shape == sheet.wires[use.source].shape:
        flat = entries(use.local)
        found = flat[place] if place < len(flat) else None
    else:
        is_total = not gate.shape and isinstance(use.contribution, list) and isinstance(gate.gradient, int | float)
        found = entries(use.contribution)[place] / gate.gradient if is_total and gate.gradient else None
    return found if isinstance(found, int | float) else None


def _checked(sheet: Sheet, digits: int | None) -> list[str]:
    checks = [(sheet.wires[id_], check) for id_, check in sheet.checks.items()]
    agreeing = [(w, c) for w, c in checks if c["verdict"] != "differs" and _count(c, "agrees")]
    lines = []
    if agreeing:
        worst = max(check.get("error") or 0 for _, check in agreeing)
        names = ", ".join(_counted(wire, check, "agrees") for wire, check in agreeing)
        agree = "agrees" if len(agreeing) == 1 and names == plain(agreeing[0][0].name) else "agree"
        lines.append(f"checked: {names} {agree} with the numerical derivative (relative error at most {_error(worst)})")
    lines += [_differs(wire, check, digits) for wire, check in checks if check["verdict"] == "differs"]
    lines += [_kink(wire, check, digits) for wire, check in checks if check["verdict"] == "kink"]
    for wire, check in checks:
        if _count(check, "not checked"):
            reason = check.get("reason")
            lines.append(
                f"not checked: {_counted(wire, check, 'not checked')}" + (f" ({plain(reason)})" if reason else "")
            )
    read = [wire.id for wire in sheet.wires if wire.is_read]
    if read:
        lines.append(
            f"read by Python: {_names(sheet, read)}; not differentiated, as a whole number cannot move a little"
        )
    return lines


def _names(sheet: Sheet, ids: list[int]) -> str:
    return ", ".join(plain(sheet.wires[id_].name) for id_ in ids)


def _count(check: Mapping[str, Any], word: str) -> int:
    """How many entries of a wire got a verdict."""
    counts = check.get("counts") or {check["verdict"]: 1}
    return int(counts.get(word, 0))


def _counted(wire: Wire, check: Mapping[str, Any], word: str) -> str:
    """A wire's name, with how many of its entries got a verdict where not all did."""
    count, entries_there = _count(check, word), check.get("entries") or 1
    name = plain(wire.name)
    return name if count == entries_there else f"{count:,} of {entries_there:,} entries of {name}"


def _differs(wire: Wire, check: Mapping[str, Any], digits: int | None) -> str:
    gradient = check.get("gradient", wire.gradient)
    told = f"DIFFERS: {_entry_name(wire, check)} has gradient {quantity(gradient, None, digits)}, "
    if check.get("slopes"):
        told += f"outside its slopes {derivative_text({**check, 'entry': None}, digits)} at a corner"
    else:
        numerical = quantity(check.get("numerical"), None, digits)
        told += f"its numerical derivative is {numerical} (relative error {_error(check.get('error'))})"
    many = _count(check, "differs")
    return told + (f"; {_counted(wire, check, 'differs')} differ" if many > 1 else "")


def _kink(wire: Wire, check: Mapping[str, Any], digits: int | None) -> str:
    many = _count(check, "kink")
    others = f"; {_counted(wire, check, 'kink')} stand at corners" if many > 1 else ""
    return f"kink: {_entry_name(wire, check)} stands {_corner_text(check, digits)}{others}"


def _corner_text(check: Mapping[str, Any], digits: int | None = None) -> str:
    slopes = derivative_text({**check, "entry": None}, digits)
    inside = "lies between them" if check["verdict"] == "kink" else "does not lie between them"
    return f"at a corner: slopes {slopes}; the gradient {quantity(check.get('gradient'), None, digits)} {inside}"


def derivative_text(check: Mapping[str, Any], digits: int | None = None) -> str:
    """The numerical derivative of a check, or the slopes on both sides, with the entry they are about.

    >>> derivative_text({"numerical": 0.5, "entry": [0, 1]}), derivative_text({"slopes": [0.0, 1.0]})
    ('[0, 1]: 0.5', '0 and 1')
    """
    entry = f"[{', '.join(map(str, check['entry']))}]: " if check.get("entry") else ""
    if check.get("slopes"):
        return entry + " and ".join(quantity(slope, None, digits) for slope in check["slopes"])
    return DASH if check.get("numerical") is None else entry + quantity(check["numerical"], None, digits)


def _error(error: Any) -> str:
    if error is None or not is_finite(error):
        return number(error)
    return f"{float(error):.1g}"


def check_text(wire: Wire, check: Mapping[str, Any]) -> str:
    """A check in one line: the numerical derivative, how far off it is, and the verdict where it is not agreement."""
    start = f"d{_entry_name(wire, check)}: "
    if check.get("slopes"):
        return start + _corner_text(check) + ("" if check["verdict"] == "kink" else "   differs")
    if check["verdict"] == "not checked":
        reason = f": {plain(check['reason'])}" if check.get("reason") else ""
        return f"{start}not checked{reason}"
    numerical = check.get("numerical")
    shown = f"{numerical:#.8g}" if isinstance(numerical, int | float) else quantity(numerical)
    verdict = "" if check["verdict"] == "agrees" else f"   {plain(check['verdict'])}"
    count = f"   {_count(check, 'agrees'):,} of {check['entries']:,} entries agree" if check.get("entry") else ""
    return f"{start}numerical {shown}   relative error {_error(check.get('error'))}{verdict}{count}"


def not_finite(sheet: Sheet) -> list[str]:
    """Where numbers stop being finite, on the way forward and on the way back, how that came about, and its cure."""
    lines = []
    forward = next((wire for wire in sheet.wires if not is_finite(wire.value, wire.summary)), None)
    if forward is not None:
        lines.append(f"NOT FINITE: the value of {_name_and_line(forward)} is the first to be {sheet.value(forward)}")
        lines += _how_made(sheet, forward)
    backward = [wire for wire in sheet.wires if not is_finite(wire.gradient, wire.gradient_summary)]
    if backward:
        where, found = _name_and_line(backward[-1]), sheet.gradient(backward[-1])
        lines.append(f"NOT FINITE: the gradient of {where} is the first to be {found}")
        user = next((sheet.wires[u.target] for u in sheet.uses if u.source == backward[-1].id), None)
        lines += _how_made(sheet, user) if user is not None and forward is None else []
    return lines


def _how_made(sheet: Sheet, wire: Wire) -> list[str]:
    """The gate at fault with the values it was given, and what to write instead."""
    if not wire.is_gate:
        return []
    operands = [sheet.wires[use.source] for use in sheet.operands[wire.id]]
    values = ", ".join(f"{plain(o.name)} = {sheet.value(o)}" for o in operands)
    lines = [f"  made by: {plain(wire.name)} = {plain(wire.expression)} with {values}"]
    return lines + ([f"  instead: {plain(wire.cure, LONGEST_CURE)}"] if wire.cure else [])


def cure_lines(wires: list[Wire]) -> list[str]:
    """The cure of the first of some wires, where a number of theirs is not finite."""
    (wire, *_), loud = wires, any(not _is_finite(wire) for wire in wires)
    return [plain(wire.cure, LONGEST_CURE)] if wire.cure and loud else []


def _is_finite(wire: Wire) -> bool:
    return is_finite(wire.value, wire.summary) and is_finite(wire.gradient, wire.gradient_summary)


def _name_and_line(wire: Wire) -> str:
    return plain(wire.name) + (f" (line {wire.line})" if wire.line else "")
