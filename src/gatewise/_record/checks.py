"""Numerical derivatives beside the analytic ones: what is told of them in a record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Ports, Wire
from gatewise._gates import Live
from gatewise._numerical import Direction, Judgement, judge
from gatewise._numerical.evidence import CLOSE, DIGITS, SURE
from gatewise._record.rounding import rounding
from gatewise._record.schema import Check, CheckedEntry
from gatewise._sweep import sweep, zeros_for
from gatewise._transforms import gradients, replay
from gatewise._types import Value

CHECKED = 64  # entries of an input that are checked by differences
TOLERANCES = {4: 1e-5, 2: 1e-2}  # how far gradients in floats of this many bytes may be off, of the largest entry
EPS = 2.0**-52
WORDS = {"right": "agrees", "wrong": "differs", "kink": "kink", "undecidable": "not checked"}
VERDICTS = ("differs", "kink", "agrees", "not checked")  # of many entries, the first that is there is told


def check(circuit: FrozenCircuit, wires: Iterable[Wire] | None = None) -> dict[str, Check]:
    """The numerical derivative along each of `wires` (None: the wanted inputs), beside the analytic one.

    Arrays of up to 64 entries are checked entry by entry, larger ones at 64 entries: the largest of the gradient, the
    others spread over the array evenly. Short floats are checked in float64.
    """
    found, _ = gradients(circuit)
    wires = [i.wire for i in circuit.wanted] if wires is None else wires
    noise = noise_of_output(circuit)
    close, own = closeness(circuit), cache(lambda: rounding_of_gradients(circuit))
    return {
        str(circuit.ids[w]): check_of_wire(circuit, w, found.get(w, zeros_for(w.value)), noise, close, own)
        for w in wires
    }


def noise_of_output(circuit: FrozenCircuit) -> float | None:
    """How far rounding moves what is differentiated, run in float64; None where the gates as written overflow."""
    found, events = gradients(circuit, as_written=True)
    with np.errstate(all="ignore"):
        noise = EPS * float(np.sum(np.abs(np.asarray(circuit.output.value, dtype=float) * circuit.upstream)))
        for event in events:
            parts = [(position, part) for position, _, part in event.parts]
            noise += rounding(event.wire, found[event.wire], parts, EPS) if event.wire in found else 0.0
    return noise if math.isfinite(noise) else None


def rounding_of_gradients(circuit: FrozenCircuit) -> dict[Wire, object]:
    """How far rounding moves each wire's gradient: much where what comes back along several ways cancels.

    It is seen from sweeps in which every gradient is changed in its last digit, this way or that, and from the sizes
    of what is added up.
    """
    sizes: dict[Wire, Any] = {}

    def observe(wire: Wire, position: int, parent: Wire, part: Value) -> None:
        if not isinstance(part, Ports):
            sizes[parent] = sizes.get(parent, 0.0) + np.abs(part.g if isinstance(part, Live) else part)

    def shaken(seed: int) -> dict[Wire, Value]:
        found: dict[Wire, Any] = {}
        draw = np.random.default_rng(seed)

        def arrive(wire: Wire, g: object) -> Value:
            if isinstance(g, Ports):
                return g
            inner = g.g if isinstance(g, Live) else g
            eps = float(np.finfo(np.asarray(inner).dtype).eps)
            found[wire] = inner * (1 + draw.choice((-2, -1, 1, 2)) * eps)
            return Live(found[wire], g.mask) if isinstance(g, Live) else found[wire]

        sweep({circuit.output: circuit.upstream}, circuit.bit, arrive=arrive, observer=observe, edges=circuit.edges)
        return found

    first, *others = (shaken(seed) for seed in range(4))
    with np.errstate(all="ignore"):
        return {
            wire: 4 * np.max([np.abs(g - other[wire]) for other in others], axis=0) + EPS * sizes.get(wire, 0.0)
            for wire, g in first.items()
        }


def closeness(circuit: FrozenCircuit) -> float:
    """How close the shortest floats in a circuit let an analytic derivative come, relative to its largest entry."""
    shortest = min((d.itemsize for w in circuit.wires if (d := np.asarray(w.value).dtype).kind == "f"), default=8)
    return TOLERANCES.get(shortest, CLOSE)


def check_of_wire(
    circuit: FrozenCircuit,
    wire: Wire,
    analytic: Value,
    noise: float | None,
    close: float,
    own: Callable[[], dict[Wire, Any]],
) -> Check:
    """The check of one wire: what is to be told of all its entries, with the entry that tells most."""
    if (reason := not_checkable(wire, analytic)) is not None:
        return nothing_checked(reason)
    flat = np.ravel(np.asarray(analytic, dtype=float))
    largest = float(np.max(np.abs(flat)))
    lines = lines_along(circuit, wire, noise)
    rows: list[tuple[list[int] | None, CheckedEntry]] = []
    for entry in map(int, entries_to_check(flat)):
        given = float(flat[entry])
        index = [int(k) for k in np.unravel_index(entry, np.shape(wire.value))]
        found = judge(lines(entry), given, largest, closeness=close)
        row = compared(given, found, largest, close)
        if row["verdict"] == "differs" and row["slopes"] is None:
            good_to = float(np.ravel(own().get(wire, 0.0) + np.zeros(np.shape(wire.value)))[entry])
            if row["error"] is not None and row["error"] * (largest or 1.0) <= SURE * found.bar + good_to:
                why = f"what comes back along several ways cancels, and is good to {good_to:.2g} only"
                row = {**row, "numerical": None, "error": None, "verdict": "not checked", "reason": why}
        rows.append((index or None, row))
    verdicts = [row["verdict"] for _, row in rows]
    first = next(word for word in VERDICTS if word in verdicts)
    told = [(entry, row) for entry, row in rows if row["verdict"] == first]
    where, telling = max(told, key=lambda each: (each[1]["error"] or 0.0, abs(each[1]["gradient"] or 0.0)))
    if first == "kink":
        errors = [row["error"] for _, row in rows if row["verdict"] == "agrees" and row["error"] is not None]
        telling = {**telling, "error": max(errors, default=None)}
    reasons = [row["reason"] for _, row in rows if row["reason"]]
    telling = {**telling, "reason": reasons[0] if reasons else None}
    counts = {word: verdicts.count(word) for word in VERDICTS}
    return {"entry": where, **telling, "entries": flat.size, "counts": counts}


def nothing_checked(reason: str) -> Check:
    """The check of a wire with nothing to compare."""
    nothing = CheckedEntry(gradient=None, numerical=None, error=None, slopes=None, verdict="not checked", reason=reason)
    return {"entry": None, **nothing, "entries": 0, "counts": {}}


def entries_to_check(analytic: Value) -> Any:
    """Positions of the entries that are compared: all of a few, else some spread evenly, the largest among them."""
    spread = np.unique(np.linspace(0, analytic.size - 1, min(analytic.size, CHECKED)).astype(int))
    largest = int(np.argmax(np.abs(analytic)))
    spread[np.argmin(np.abs(spread - largest))] = largest
    return spread


def lines_along(circuit: FrozenCircuit, wire: Wire, noise: float | None) -> Callable[[int], Direction]:
    """The output along one entry of a wire, by the entry's position."""
    flat = np.ravel(np.array(wire.value, dtype=float))
    top = float(np.max(np.abs(flat)))
    rms = top * float(np.sqrt(np.mean(np.square(flat / top)))) if flat.size > 1 and 0 < top < math.inf else 0.0
    size = rms if 0 < rms < math.inf else 1.0

    def along(entry: int) -> Direction:
        here = float(flat[entry])

        def value(t: float) -> float:
            flat[entry] = here + t
            try:
                moved: Any = float(flat[0]) if isinstance(wire.value, float) else flat.reshape(np.shape(wire.value))
                with np.errstate(all="ignore"):
                    return float(np.sum(np.asarray(replay(circuit, {wire: moved})) * circuit.upstream))
            finally:
                flat[entry] = here

        return Direction(
            value,
            place=lambda t: here + t,
            scale=max(abs(here), size),
            least=min(abs(here) or size, size),
            noise=noise,
        )

    return along


def not_checkable(wire: Wire, analytic: Value) -> str | None:
    """Why there is nothing to compare a wire's gradient with, if so."""
    if np.asarray(wire.value).dtype.kind != "f":
        return "it does not hold floats"
    if not np.size(wire.value):
        return "it has no entries"
    if not np.all(np.isfinite(wire.value)):
        return "its value is not finite"
    return None if np.all(np.isfinite(analytic)) else "its gradient is not finite"


def compared(given: float, found: Judgement, largest: float, close: float) -> CheckedEntry:
    """What the derivative along one entry says of its gradient; `error` is relative to the largest entry."""
    word, reason = found.word, found.why
    row = CheckedEntry(
        gradient=given, numerical=None, error=None, verdict=WORDS[word], slopes=None, reason=reason or None
    )
    if found.corner is not None:
        between = found.between(given, close * largest)
        row["verdict"] = "kink" if between else "differs"
        row["slopes"] = [shortened(side, found.corner.bar) for side in (found.corner.left, found.corner.right)]
    elif word == "right" and found.value == 0 != given and abs(given) > close * largest:
        row["verdict"], row["reason"] = WORDS["undecidable"], DIGITS  # smaller than what f is rounded to
    elif word != "undecidable":
        away = abs(given - found.value)
        row["numerical"], row["error"] = found.value, away / largest if largest else away * (word == "wrong")
    return row


def shortened(value: float, bar: float) -> float:
    """A number without the digits that its error bar does not vouch for.

    >>> shortened(0.99999999987, 2e-9), shortened(-3e-14, 1e-13), shortened(0.5, 0.0)
    (1.0, 0.0, 0.5)
    """
    if not 0 < bar < math.inf:
        return value
    return round(value, -math.ceil(math.log10(4 * bar))) + 0.0  # + 0.0: no -0.0
