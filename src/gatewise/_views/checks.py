"""How far gradients and numerical derivatives agree, in words."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._views.numbers import DASH, Value, is_finite, number, quantity
from gatewise._views.phrases import said
from gatewise._views.sheet import Comparison, Sheet, Wire
from gatewise._views.text import plain_text


def check_lines(sheet: Sheet, digits: int | None) -> list[str]:
    """The lines under a ledger: what agrees, what differs, what stands at corners, what was not checked."""
    checks = [(sheet.wires[id_], check) for id_, check in sheet.checks.items()]
    agreeing = [(w, c) for w, c in checks if c["verdict"] != "differs" and _count(c, "agrees")]
    lines = []
    if agreeing:
        worst = max((error for _, c in agreeing if isinstance(error := c.get("error"), int | float)), default=0)
        names = [_counted(wire, check, "agrees") for wire, check in agreeing]
        is_one = names == [plain_text(agreeing[0][0].name)]
        lines.append(said("checked", names=", ".join(names), count=1 if is_one else 2, error=_error(worst)))
    lines += [_differs(wire, check, digits) for wire, check in checks if check["verdict"] == "differs"]
    lines += [_kink(wire, check, digits) for wire, check in checks if check["verdict"] == "kink"]
    for wire, check in checks:
        if _count(check, "not checked"):
            reason, what = check.get("reason"), _counted(wire, check, "not checked")
            told = (
                said("checked.not.why", what=what, reason=plain_text(reason))
                if reason
                else said("checked.not", what=what)
            )
            lines.append(told)
    lines += complex_shown(sheet, sheet.wires)
    read = [plain_text(wire.name) for wire in sheet.wires if wire.is_read]
    return [*lines, said("checked.read", names=", ".join(read))] if read else lines


def complex_shown(sheet: Sheet, wires: Sequence[Wire]) -> list[str]:
    """How the gradients of complex numbers are to be read, where there are any."""
    there = any(wire.dtype.startswith("complex") for wire in wires)
    return [said("complex", f=plain_text(sheet.output.name))] if there else []


def entry_name(wire: Wire, check: Comparison) -> str:
    """What a check is about: a wire, or one entry of it, as the user would index it."""
    entry = check.get("entry")
    return plain_text(wire.name) + (f"[{', '.join(map(str, entry))}]" if entry else "")


def _count(check: Comparison, word: str) -> int:
    """How many entries of a wire got a verdict."""
    counts = check.get("counts") or {check["verdict"]: 1}
    return int(counts.get(word, 0))


def _counted(wire: Wire, check: Comparison, word: str) -> str:
    """A wire's name, with how many of its entries got a verdict where not all did."""
    count, entries_there = _count(check, word), check.get("entries") or 1
    name = plain_text(wire.name)
    return name if count == entries_there else said("check.some", count=count, all=entries_there, name=name)


def _differs(wire: Wire, check: Comparison, digits: int | None) -> str:
    where = entry_name(wire, check)
    gradient = quantity(check.get("gradient", wire.gradient), None, digits)
    if check.get("slopes"):
        told = said("checked.differs.corner", where=where, gradient=gradient, slopes=_slopes(check, digits))
    else:
        numerical, error = quantity(check.get("numerical"), None, digits), _error(check.get("error"))
        told = said("checked.differs", where=where, gradient=gradient, numerical=numerical, error=error)
    if _count(check, "differs") > 1:
        return said("checked.differs.many", told=told, some=_counted(wire, check, "differs"))
    return told


def _kink(wire: Wire, check: Comparison, digits: int | None) -> str:
    told = said("checked.kink", where=entry_name(wire, check), corner=_corner_text(check, digits))
    if _count(check, "kink") > 1:
        return said("checked.kink.many", told=told, some=_counted(wire, check, "kink"))
    return told


def _corner_text(check: Comparison, digits: int | None = None) -> str:
    side = "inside" if check["verdict"] == "kink" else "outside"
    gradient = quantity(check.get("gradient"), None, digits)
    return said(f"check.corner.{side}", slopes=_slopes(check, digits), gradient=gradient)


def _slopes(check: Comparison, digits: int | None) -> str:
    left, right = (quantity(slope, None, digits) for slope in check.get("slopes") or (None, None))
    return said("check.slopes", left=left, right=right)


def derivative_text(check: Comparison, digits: int | None = None) -> str:
    """The numerical derivative of a check, or the slopes on both sides, with the entry they are about.

    >>> derivative_text({"numerical": 0.5, "entry": [0, 1]}), derivative_text({"slopes": [0.0, 1.0]})
    ('[0, 1]: 0.5', '0 and 1')
    """
    entry = check.get("entry")
    start = f"[{', '.join(map(str, entry))}]: " if entry else ""
    if check.get("slopes"):
        return start + _slopes(check, digits)
    return DASH if check.get("numerical") is None else start + quantity(check["numerical"], None, digits)


def _error(error: Value) -> str:
    return f"{error:.1g}" if isinstance(error, int | float) and is_finite(error) else number(error)


def check_text(wire: Wire, check: Comparison) -> str:
    """A check in one line: the numerical derivative, how far off it is, and the verdict where it is not agreement."""
    d = f"d{entry_name(wire, check)}"
    if check.get("slopes"):
        return f"{d}: {_corner_text(check)}" + ("" if check["verdict"] == "kink" else f"   {check['verdict']}")
    if check["verdict"] == "not checked":
        reason = check.get("reason")
        return said("check.unchecked.why", d=d, reason=plain_text(reason)) if reason else said("check.unchecked", d=d)
    numerical = check.get("numerical")
    shown = f"{numerical:#.8g}" if isinstance(numerical, int | float) else quantity(numerical)
    told = [said("check.line", d=d, numerical=shown, error=_error(check.get("error")))]
    told += [] if check["verdict"] == "agrees" else [plain_text(check["verdict"])]
    if check.get("entry"):
        told.append(said("check.entries", count=_count(check, "agrees"), all=check["entries"]))
    return "   ".join(told)
