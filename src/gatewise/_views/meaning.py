"""What the numbers mean: which way to push each input, and how far the checks agree."""

from __future__ import annotations

import math
from typing import Any

from gatewise._views.numbers import entries, is_finite, number, quantity
from gatewise._views.sheet import Sheet, Wire
from gatewise._views.text import plain

NUDGE = 0.01


def objective(sheet: Sheet) -> str:
    """What the gradients are gradients of: the output, its sum, or the output weighted by the upstream gradient."""
    name = plain(sheet.output.name)
    if not sheet.upstream_is_one:
        return f"sum(upstream * {name})" if sheet.output.shape else f"upstream * {name}"
    return f"sum({name})" if sheet.output.shape else name


def meaning(sheet: Sheet, digits: int | None = None) -> tuple[str, ...]:
    """The lines under a ledger: how to raise the output, what was checked, what is not finite."""
    return (_to_raise(sheet, digits), *_checked(sheet, digits), *_not_finite(sheet))


def _to_raise(sheet: Sheet, digits: int | None) -> str:
    inputs = [wire for wire in sheet.wires if wire.kind == "input" and wire.has_gradient]
    if not inputs:
        return f"to raise {objective(sheet)}: no input's gradient was computed"
    moves = ", ".join(_move(wire, digits) for wire in inputs)
    return f"to raise {objective(sheet)}: {moves}"


def _move(wire: Wire, digits: int | None) -> str:
    where, force = steepest(wire)
    if force is None or not is_finite(force):
        return f"{where} cannot be said ({number(force)})"
    if force == 0:
        return f"{where} makes no difference"
    return f"{'raise' if force > 0 else 'lower'} {where} (force {number(abs(force), digits)})"


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
    best = max(range(len(flat)), key=lambda index: (not math.isfinite(flat[index]), abs(flat[index])))
    return f"{name}[{', '.join(map(str, _unravel(best, wire.shape)))}]", flat[best]


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
    """`raising q by 0.01 lowers f by about 0.04`; nothing where no finite gradient was computed."""
    where, force = steepest(wire)
    if force is None or not is_finite(force):
        return ""
    if force == 0:
        return f"raising {where} a little leaves {objective(sheet)} as it is"
    direction = "raises" if force > 0 else "lowers"
    change = abs(float(f"{force * NUDGE:.12g}"))  # 0.01 is not a power of two: 3 * 0.01 is to read 0.03
    return f"raising {where} by {NUDGE} {direction} {objective(sheet)} by about {number(change, digits)}"


def _checked(sheet: Sheet, digits: int | None) -> list[str]:
    verdicts: dict[str, list[int]] = {}
    for id_, check in sheet.checks.items():
        verdicts.setdefault(check["verdict"], []).append(id_)
    lines = []
    if "agrees" in verdicts:
        worst = max((sheet.checks[id_].get("error") or 0 for id_ in verdicts["agrees"]), default=0)
        names, agree = _names(sheet, verdicts["agrees"]), "agrees" if len(verdicts["agrees"]) == 1 else "agree"
        lines.append(f"checked: {names} {agree} with the numerical derivative (relative error at most {_error(worst)})")
    lines += [_differs(sheet, id_, digits) for id_ in verdicts.get("differs", ())]
    lines += [_kink(sheet, id_, digits) for id_ in verdicts.get("kink", ())]
    for id_ in verdicts.get("not checked", ()):
        reason = sheet.checks[id_].get("reason")
        lines.append(f"not checked: {plain(sheet.wires[id_].name)}" + (f" ({plain(reason)})" if reason else ""))
    read = [wire.id for wire in sheet.wires if wire.is_read]
    if read:
        lines.append(
            f"read by Python: {_names(sheet, read)}; not differentiated, as a whole number cannot move a little"
        )
    return lines


def _names(sheet: Sheet, ids: list[int]) -> str:
    return ", ".join(plain(sheet.wires[id_].name) for id_ in ids)


def _differs(sheet: Sheet, id_: int, digits: int | None) -> str:
    wire, check = sheet.wires[id_], sheet.checks[id_]
    numerical = quantity(check.get("numerical"), None, digits)
    return (
        f"DIFFERS: {plain(wire.name)} has gradient {sheet.gradient(wire, digits)}, "
        f"its numerical derivative is {numerical} (relative error {_error(check.get('error'))})"
    )


def _kink(sheet: Sheet, id_: int, digits: int | None) -> str:
    return f"kink: {plain(sheet.wires[id_].name)} stands at a corner, where the slope differs from side to side"


def _error(error: Any) -> str:
    if error is None or not is_finite(error):
        return number(error)
    return f"{float(error):.1g}"


def check_text(check: Any) -> str:
    """A check in one line: the numerical derivative, how far off it is, and the verdict where it is not agreement."""
    numerical = check.get("numerical")
    shown = f"{numerical:#.8g}" if isinstance(numerical, int | float) else quantity(numerical)
    reason = f": {plain(check['reason'])}" if check.get("reason") else ""
    verdict = "" if check["verdict"] == "agrees" else f"   {plain(check['verdict'])}{reason}"
    return f"numerical {shown}   relative error {_error(check.get('error'))}{verdict}"


def _not_finite(sheet: Sheet) -> list[str]:
    lines = []
    forward = next((wire for wire in sheet.wires if not is_finite(wire.value, wire.summary)), None)
    if forward is not None:
        lines.append(f"NOT FINITE: the value of {_place(forward)} is the first to be {sheet.value(forward)}")
        lines += _how_made(sheet, forward)
    backward = [wire for wire in sheet.wires if not is_finite(wire.gradient, wire.gradient_summary)]
    if backward:
        lines.append(
            f"NOT FINITE: the gradient of {_place(backward[-1])} is the first to be {sheet.gradient(backward[-1])}"
        )
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
    return lines + ([f"  instead: {plain(wire.cure)}"] if wire.cure else [])


def _place(wire: Wire) -> str:
    return plain(wire.name) + (f" (line {wire.line})" if wire.line else "")
