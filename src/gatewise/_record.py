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
from gatewise._numerical import derivative
from gatewise._recording.freezing import operand_wires, transparent
from gatewise._source.gate_texts import GateText, gate_texts
from gatewise._sweep import zeros_for
from gatewise._transforms import gradients, replay

VERSION = 1
WHOLE = 1000  # entries up to which an array is written out
CHECKED = 64  # entries of an input that are checked by differences


def record(circuit: Circuit) -> dict[str, Any]:
    """Everything there is to show of a circuit."""
    ids = {wire: k for k, wire in enumerate(circuit.wires)}
    texts = gate_texts(circuit)
    found, _ = gradients(circuit)
    written, events = gradients(circuit, as_written=True)
    contributions = {(e.wire, position): part for e in events for position, _, part in e.parts}
    gradient = {w: gradient_of(w, circuit, found, written) for w in circuit.wires}
    entries = Entries(circuit, texts, gradient)
    uses = uses_of(circuit, ids, texts, contributions, gradient)
    return {
        "version": VERSION,
        "name": circuit.name,
        "wires": [entries.entry(k, w) for k, w in enumerate(circuit.wires)],
        "uses": uses,
        "forward": [ids[w] for w in circuit.wires if step_wire(w) is not None],
        "backward": backward_entries(circuit, ids, texts, uses, events),
        "output": ids[circuit.output],
        "upstream": circuit.upstream,
        "checks": {},
    }


def gradient_of(wire: Wire, circuit: Circuit, found: dict[Wire, Any], written: dict[Wire, Any]) -> Any:
    """A wire's gradient; zero where nothing came back along any use, None where none was asked for."""
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
        self.blocks = blocks_of(circuit)

    def entry(self, k: int, wire: Wire) -> dict[str, Any]:
        """One wire of the record."""
        circuit, stage = self.circuit, self.stages.get(wire)
        holder = None if wire in self.kinds else step_wire(wire)
        gate = holder.step.gate if holder is not None and holder.step is not None else None
        return {
            "id": k,
            "name": circuit.names[wire],
            "named": wire in circuit.named,
            "kind": self.kinds.get(wire, "gate"),
            "scope": circuit.scopes.get(wire, ""),
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
            "block": self.blocks.get(wire),
        }


def blocks_of(circuit: Circuit) -> dict[Wire, str]:
    """For each wire inside a recognised block, the block's name."""
    found: dict[Wire, str] = {}
    for wire in circuit.wires:
        if not isinstance(wire, SourcedWire) or wire.written is None:
            continue
        borders = {transparent(s) for s in wire.sources if s is not None}
        waiting: list[Wire] = [wire]
        while waiting:
            inner = waiting.pop()
            found[inner] = wire.pullback.gate.name
            if (holder := step_wire(inner)) is not None:
                waiting += [w for w in operand_wires(holder) if w not in borders and step_wire(w) is not None]
    return found


def uses_of(
    circuit: Circuit,
    ids: dict[Wire, int],
    texts: dict[SourcedWire, GateText],
    contributions: dict[tuple[Wire, int], Any],
    gradient: dict[Wire, Any],
) -> list[dict[str, Any]]:
    """One entry for each use of a wire by a gate."""
    inputs = {i.wire for i in circuit.inputs}
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
            part = contributions.get((holder, port)) if port < len(operands) else None
            wanted = bool(source.bits & circuit.bit and holder.bits & circuit.bit) and gradient[wire] is not None
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
            entries.append({"wire": ids[wire], "uses": into[ids[wire]], "code": [code[k] for k in sorted(code)]})
    return entries


# ------------------------------------------------------------------------------------------- numerical derivatives


def check(circuit: Circuit, wires: Iterable[Wire] | None = None) -> dict[str, dict[str, Any]]:
    """The numerical derivative along each of `wires` (None: the wanted inputs), beside the analytic one.

    Arrays of up to 64 entries are checked entry by entry, larger ones at 64 entries spread over them
    evenly; the entry that is farthest off is reported.
    """
    found, _ = gradients(circuit)
    wires = [i.wire for i in circuit.wanted] if wires is None else wires
    ids = {wire: k for k, wire in enumerate(circuit.wires)}
    return {str(ids[w]): checked(circuit, w, found.get(w, zeros_for(w.value))) for w in wires}


def checked(circuit: Circuit, wire: Wire, analytic: Any) -> dict[str, Any]:
    """The check of one wire."""
    size = int(np.size(wire.value))
    if np.asarray(wire.value).dtype != float or not size or not np.all(np.isfinite(analytic)):
        return {"numerical": None, "error": None, "verdict": "not checked"}
    rows = []
    for entry in np.unique(np.linspace(0, size - 1, min(size, CHECKED)).astype(int)):
        flat = np.ravel(np.asarray(wire.value))

        def along(t: float, entry: int = entry, flat: Any = flat) -> float:
            moved = flat.copy()
            moved[entry] = t
            value: Any = float(moved[0]) if isinstance(wire.value, float) else moved.reshape(np.shape(wire.value))
            with np.errstate(all="ignore"):
                return float(np.sum(np.asarray(replay(circuit, {wire: value})) * circuit.upstream))

        numerical, bar = derivative(along, float(flat[entry]))
        exact = float(np.ravel(analytic)[entry])
        rows.append(verdict(exact, numerical, bar))
    worst = max(rows, key=lambda row: -1.0 if row["error"] is None else row["error"])
    wrong = [row for row in rows if row["verdict"] != "agrees"]
    return wrong[0] if wrong else worst


def verdict(exact: float, numerical: float, bar: float) -> dict[str, Any]:
    """Whether an analytic and a numerical derivative agree: within the numerical one's own error bar."""
    if not math.isfinite(numerical):
        return {"numerical": numerical, "error": None, "verdict": "not checked"}
    difference = abs(exact - numerical)
    relative = difference / max(abs(exact), abs(numerical), 1e-300) if difference else 0.0
    agrees = difference <= 4 * bar + 1e-12 * max(abs(exact), 1.0)
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
    uses = [
        {**use, "local": written_out(use["local"])[0], "contribution": written_out(use["contribution"])[0]}
        for use in record["uses"]
    ]
    checks = {
        k: {key: plain(v) if isinstance(v, float) else v for key, v in c.items()} for k, c in record["checks"].items()
    }
    return {**record, "wires": wires, "uses": uses, "upstream": written_out(record["upstream"])[0], "checks": checks}


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
    return {**{key: plain(float(fact)) for key, fact in facts.items()}, "sha256": digest}
