"""The record of a circuit: values, gradients, uses, events, numerical derivatives. The only input of the views.

A record is a dict as `docs/record.md` tells it, with plain values and arrays; `jsonable` makes it JSON. Gradients come
from two sweeps: with the blocks' stable rules, as every other part of gatewise computes them, and as the user wrote
the gates, for the wires inside blocks.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from gatewise._circuit import Circuit, SourcedWire, Wire, step_wire
from gatewise._gates.families import Live
from gatewise._numerical import derivative
from gatewise._recording.freezing import transparent
from gatewise._recording.functions import read_by_python
from gatewise._source.gate_texts import GateText, block_texts, gate_texts, guard_texts
from gatewise._sweep import Ports, with_care, zeros_for
from gatewise._transforms import Event, blocks, gradients, replay

VERSION = 1
WHOLE = 1000  # entries up to which an array is written out
MAP = (6, 16)  # rows and columns of the map of a larger one
CHECKED = 64  # entries of an input that are checked by differences
EXACT = 1e-12  # what rounding in float64 may add to the error of a difference
TOLERANCES = {4: 1e-5, 2: 1e-2}  # the same for the floats of this many bytes, relative to the largest entry


def record(circuit: Circuit) -> dict[str, Any]:
    """Everything there is to show of a circuit."""
    ids = {wire: k for k, wire in enumerate(circuit.wires)}
    texts = gate_texts(circuit)
    found, _ = gradients(circuit)
    written, events = gradients(circuit, as_written=True)
    contributions = contributions_of(circuit, events)
    gradient = {w: gradient_of(w, circuit, found, written) for w in circuit.wires}
    entries = Entries(circuit, texts, gradient)
    uses = uses_of(circuit, ids, texts, contributions, gradient)
    return {
        "version": VERSION,
        "name": circuit.name,
        "wires": [entries.entry(k, w) for k, w in enumerate(circuit.wires)],
        "uses": uses,
        "forward": [ids[w] for w in circuit.wires if step_wire(w) is not None and w not in entries.kinds],
        "backward": backward_entries(circuit, ids, texts, uses, events),
        "output": ids[circuit.output],
        "upstream": circuit.upstream,
        "checks": {},
        "guards": guard_texts(circuit),
    }


def contributions_of(circuit: Circuit, events: Iterable[Event]) -> dict[tuple[Wire, int], Any]:
    """What comes back along every use, by the wire that was made and the operand's position.

    Of a step with several outputs each is told what it alone sends back, so that no use is counted twice.
    """
    found: dict[tuple[Wire, int], Any] = {}
    for event in events:
        for position, parent, part in event.parts:
            if isinstance(part, Ports):
                positions, _, parts = with_care(parent, part, circuit.bit, 0, None, True)
                found |= {
                    (event.wire, p): g.g if isinstance(g, Live) else g for p, g in zip(positions, parts, strict=True)
                }
            else:
                found[event.wire, position] = part
    return found


def gradient_of(wire: Wire, circuit: Circuit, found: dict[Wire, Any], written: dict[Wire, Any]) -> Any:
    """A wire's gradient; zero where nothing came back along any use, None where none was asked for."""
    if wire in read_by_python(circuit.reads) or np.asarray(wire.value).dtype == bool:
        return None
    for sweep in (found, written):
        if wire in sweep:
            g = sweep[wire]
            return float(g) if isinstance(wire.value, float) else g
    return zeros_for(wire.value) if wire.bits & circuit.bit and np.asarray(wire.value).dtype.kind == "f" else None


class Entries:
    """Makes the wires' entries: what is known of every wire, by wire."""

    def __init__(self, circuit: Circuit, texts: dict[SourcedWire, GateText], gradient: dict[Wire, Any]) -> None:
        self.circuit, self.texts, self.gradient = circuit, texts, gradient
        self.steps = {holder: k for k, holder in enumerate(texts)}
        self.stages = {w: stage for stage in circuit.stages for w in stage.wires}
        self.kinds = {i.wire: "input" if i.kind in ("input", "cut") else "constant" for i in circuit.inputs}
        self.cuts = {i.wire for i in circuit.inputs if i.kind == "cut"}
        self.read = read_by_python(circuit.reads)
        self.blocks = dict(blocks(circuit))
        self.ids = {wire: k for k, wire in enumerate(circuit.wires)}

    def entry(self, k: int, wire: Wire) -> dict[str, Any]:
        """One wire of the record."""
        circuit, stage = self.circuit, self.stages.get(wire)
        holder = None if wire in self.kinds else step_wire(wire)
        gate = holder.step.gate if holder is not None and holder.step is not None else None
        block = self.blocks.get(wire)
        return {
            "id": k,
            "name": circuit.names[wire],
            "named": wire in circuit.named,
            "kind": self.kinds.get(wire, "gate"),
            "cut": wire in self.cuts,
            "read": wire in self.read,
            "scope": circuit.scopes.get(wire, ""),
            "sites": list(circuit.sites.get(wire, ())),
            "calls": list(circuit.calls.get(wire, ())),
            "stage": stage.name if stage else None,
            "shape": list(np.shape(wire.value)),
            "dtype": np.asarray(wire.value).dtype.name,
            "value": wire.value,
            "gradient": self.gradient[wire],
            "source": {"line": stage.line, "text": stage.text} if stage and stage.line is not None else None,
            "step": self.steps[holder] if holder is not None else None,
            "gate": gate.name if gate else None,
            "symbol": self.texts[holder].symbol if holder is not None else None,
            "pattern": gate.pattern if gate else None,
            "cure": gate.cure if gate else None,
            "says": gate.doc.splitlines()[0] if gate and gate.doc else None,
            "expression": self.texts[holder].expression if holder is not None else circuit.names[wire],
            "block": block.pullback.gate.name if block else None,
            "block_end": self.ids[block] if block else None,
        }


def uses_of(
    circuit: Circuit,
    ids: dict[Wire, int],
    texts: dict[SourcedWire, GateText],
    contributions: dict[tuple[Wire, int], Any],
    gradient: dict[Wire, Any],
) -> list[dict[str, Any]]:
    """One entry for each use of a wire by a gate."""
    inputs, read = {i.wire for i in circuit.inputs}, read_by_python(circuit.reads)
    entries = []
    for wire in circuit.wires:
        holder = step_wire(wire)
        if holder is None or holder.step is None or wire in inputs:
            continue
        text = texts[holder]
        operands = [transparent(s) if s is not None else None for s in sources(holder)]
        extra = [transparent(w) for w in holder.step.parameter_wires.values()]
        for port, source in enumerate([*operands, *extra]):
            if source is None or source not in ids:
                continue
            part = contributions.get((wire, port)) if port < len(operands) and source not in read else None
            wanted = bool(source.bits & circuit.bit and holder.bits & circuit.bit) and gradient[wire] is not None
            wanted = wanted and source not in read
            routed = wanted and holder.step.gate.pattern == "routes" and port < len(operands)
            if part is None and routed:
                part = zeros_for(source.value)
            if part is not None and not np.all(np.isfinite(part)) and np.all(np.isfinite(gradient[source])):
                part = gradient[source]  # the block's stable rule, where its gates as written overflow
            blocked = routed and not np.any(part) and bool(np.any(gradient[wire]))
            entries.append(
                {
                    "from": ids[source],
                    "to": ids[wire],
                    "port": port,
                    "local": text.local_values.get(port),
                    "local_text": text.locals.get(port),
                    "contribution": part,
                    "blocked": blocked,
                }
            )
    return entries


def sources(holder: SourcedWire) -> list[Wire | None]:
    """The wire behind each operand that the user wrote."""
    assert holder.step is not None
    written = [x if isinstance(x, Wire) else None for x in holder.step.operands]
    if holder.written is not None:
        return written
    return [a if a is not None else b for a, b in zip(written, holder.sources, strict=True)]


def backward_entries(
    circuit: Circuit,
    ids: dict[Wire, int],
    texts: dict[SourcedWire, GateText],
    uses: list[dict[str, Any]],
    events: Iterable[Any],
) -> list[dict[str, Any]]:
    """One event a gate, in the order of the sweep."""
    into: dict[int, list[int]] = {}
    for k, use in enumerate(uses):
        into.setdefault(use["to"], []).append(k)
    entries = []
    for event in events:
        wire = transparent(event.wire)
        holder = step_wire(wire)
        if wire in ids and holder is not None and ids[wire] in into:
            code = texts[holder].code
            lines = [] if isinstance(holder.value, (tuple, list)) else [code[k] for k in sorted(code)]
            entries.append({"wire": ids[wire], "uses": into[ids[wire]], "code": lines})
    return entries


def block_rules(circuit: Circuit) -> dict[str, dict[str, Any]]:
    """The rule of each recognised block, by the name of the wire that closes it: what `fold` shows in its gates' place.

    `inside` are the names of the wires that disappear, `code` its lines, `locals` and `local_texts` go by operand.
    """
    found = blocks(circuit)
    inside: dict[SourcedWire, list[str]] = {closing: [] for closing in found.values()}
    for wire, closing in found.items():
        if wire is not closing:
            inside[closing].append(circuit.names[wire])
    rules = {}
    for closing, text in block_texts(circuit, inside).items():
        operands = {k: circuit.names[transparent(s)] for k, s in enumerate(closing.sources) if s is not None}
        rules[circuit.names[closing]] = {
            "inside": inside[closing],
            "code": [text.code[k] for k in sorted(text.code)],
            "locals": {operands[k]: value for k, value in text.local_values.items()},
            "local_texts": {operands[k]: local for k, local in text.locals.items()},
        }
    return rules


# ------------------------------------------------------------------------------------------- numerical derivatives


def check(circuit: Circuit, wires: Iterable[Wire] | None = None) -> dict[str, dict[str, Any]]:
    """The numerical derivative along each of `wires` (None: the wanted inputs), beside the analytic one.

    Arrays of up to 64 entries are checked entry by entry, larger ones at 64 entries spread over them
    evenly; the entry that is farthest off is reported. Short floats are checked in float64.
    """
    found, _ = gradients(circuit)
    wires = [i.wire for i in circuit.wanted] if wires is None else wires
    ids = {wire: k for k, wire in enumerate(circuit.wires)}
    close = tolerance(circuit)
    return {str(ids[w]): checked(circuit, w, found.get(w, zeros_for(w.value)), close) for w in wires}


def tolerance(circuit: Circuit) -> float:
    """How close the shortest floats in a circuit let an analytic derivative come, relative to its largest entry."""
    shortest = min((d.itemsize for w in circuit.wires if (d := np.asarray(w.value).dtype).kind == "f"), default=8)
    return TOLERANCES.get(shortest, EXACT)


def checked(circuit: Circuit, wire: Wire, analytic: Any, close: float) -> dict[str, Any]:
    """The check of one wire."""
    if (reason := not_checkable(wire, analytic)) is not None:
        return {"numerical": None, "error": None, "verdict": "not checked", "reason": reason}
    flat = np.ravel(np.asarray(wire.value, dtype=float))
    largest = float(np.max(np.abs(analytic)))
    rows = []
    for entry in np.unique(np.linspace(0, flat.size - 1, min(flat.size, CHECKED)).astype(int)):

        def along(t: float, entry: int = entry) -> float:
            moved = flat.copy()
            moved[entry] = t
            value: Any = float(moved[0]) if isinstance(wire.value, float) else moved.reshape(np.shape(wire.value))
            with np.errstate(all="ignore"):
                return float(np.sum(np.asarray(replay(circuit, {wire: value})) * circuit.upstream))

        numerical, bar = derivative(along, float(flat[entry]))
        exact = float(np.ravel(analytic)[entry])
        allowed = close * (max(abs(exact), 1.0) if close == EXACT else largest)
        rows.append(verdict(exact, numerical, bar, allowed))
    worst = max(rows, key=lambda row: -1.0 if row["error"] is None else row["error"])
    wrong = [row for row in rows if row["verdict"] != "agrees"]
    return wrong[0] if wrong else worst


def not_checkable(wire: Wire, analytic: Any) -> str | None:
    """Why there is nothing to compare a wire's gradient with, if so."""
    if np.asarray(wire.value).dtype.kind != "f":
        return "it does not hold floats"
    if not np.size(wire.value):
        return "it has no entries"
    if not np.all(np.isfinite(wire.value)):
        return "its value is not finite"
    return None if np.all(np.isfinite(analytic)) else "its gradient is not finite"


def verdict(exact: float, numerical: float, bar: float, allowed: float) -> dict[str, Any]:
    """Whether an analytic and a numerical derivative agree: within the error bar, and what rounding allows."""
    if not math.isfinite(numerical):
        reason = "the output is not finite around it"
        return {"numerical": numerical, "error": None, "verdict": "not checked", "reason": reason}
    difference = abs(exact - numerical)
    relative = difference / max(abs(exact), abs(numerical), 1e-300) if difference else 0.0
    agrees = difference <= 4 * bar + allowed
    coarse = bar > 1e-4 * max(abs(exact), abs(numerical), 1e-12)
    return {
        "numerical": numerical,
        "error": relative,
        "verdict": "agrees" if agrees else "kink" if coarse else "differs",
    }


# ------------------------------------------------------------------------------------------------------------- JSON


def jsonable(record: dict[str, Any]) -> dict[str, Any]:
    """The record with plain lists and numbers; large arrays by summary, NaN and inf as words."""
    wires = []
    for wire in record["wires"]:
        value, summary = written_out(wire["value"])
        gradient, gradient_summary = written_out(wire["gradient"])
        wires.append(
            {**wire, "value": value, "summary": summary, "gradient": gradient, "gradient_summary": gradient_summary}
        )
    uses = []
    for use in record["uses"]:
        contribution, contribution_summary = written_out(use["contribution"])
        local, _ = written_out(use["local"])
        uses.append({**use, "local": local, "contribution": contribution, "contribution_summary": contribution_summary})
    checks = {
        k: {key: plain(v) if isinstance(v, float) else v for key, v in c.items()} for k, c in record["checks"].items()
    }
    guards = [{**guard, "value": written_out(guard["value"])[0]} for guard in record["guards"]]
    return {
        **record,
        "wires": wires,
        "uses": uses,
        "guards": guards,
        "upstream": written_out(record["upstream"])[0],
        "checks": checks,
    }


def written_out(value: Any) -> tuple[Any, dict[str, Any] | None]:
    """A value as JSON, or its summary where it is large."""
    if value is None:
        return None, None
    array = np.asarray(value)
    if array.size > WHOLE:
        return None, summary(array)
    return plain(array.tolist()), None


def plain(value: Any) -> Any:
    """Numbers as JSON has them."""
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


def summary(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """What is told of an array that is not written out."""
    with np.errstate(all="ignore"):
        facts = {
            "min": array.min(),
            "max": array.max(),
            "mean": array.mean(),
            "norm": np.sqrt(np.sum(np.square(array, dtype=float))),
        }
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return {**{key: plain(float(fact)) for key, fact in facts.items()}, "map": coarse(array), "sha256": digest}


def coarse(array: np.ndarray[Any, Any]) -> list[list[Any]]:
    """An array as at most 6 rows of 16: for each part the entry of the largest size, and NaN before all others.

    Leading axes are rows one after another, as in the heat maps of pictures (`_views/heat.py`).
    """
    table = array.astype(float).reshape(-1, array.shape[-1] if array.ndim else 1)
    if array.ndim < 2:
        table = table.reshape(1, -1)
    rows, columns = (min(count, most) for count, most in zip(table.shape, MAP, strict=True))
    parts = [part for band in np.array_split(table, rows) for part in np.array_split(band, columns, axis=1)]
    largest = [float(part.flat[np.argmax(np.abs(part))]) for part in parts]  # argmax takes the first NaN there is
    return [plain(largest[row * columns : (row + 1) * columns]) for row in range(rows)]
