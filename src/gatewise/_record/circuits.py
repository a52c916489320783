"""What a record holds: values, gradients, uses and events of a circuit.

A record is a dict as `docs/record.md` tells it, with plain values and arrays; `jsonable` makes it JSON. Gradients come
from two sweeps: with the blocks' stable rules, as every other part of gatewise computes them, and as the user wrote
the gates, for the wires inside blocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, SourcedWire, Wire, step_wire
from gatewise._gates import Live
from gatewise._record.cures import cures
from gatewise._recording.freezing import transparent
from gatewise._recording.functions import read_by_python
from gatewise._source.gate_texts import GateText, block_texts, gate_texts, guard_texts
from gatewise._sweep import Ports, with_care, zeros_for
from gatewise._transforms import Event, blocks, gradients

VERSION = 1


def record(circuit: FrozenCircuit, texts: dict[SourcedWire, GateText] | None = None) -> dict[str, Any]:
    """Everything there is to show of a circuit; `texts` are its `gate_texts`, where they are known."""
    ids = {wire: k for k, wire in enumerate(circuit.wires)}
    texts = gate_texts(circuit) if texts is None else texts
    found, _ = gradients(circuit)
    written, events = gradients(circuit, as_written=True)
    contributions = contributions_of(circuit, events)
    gradient = {w: gradient_of(w, circuit, found, written) for w in circuit.wires}
    entries = Entries(circuit, texts, gradient, cures(circuit, gradient))
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


def contributions_of(circuit: FrozenCircuit, events: Iterable[Event]) -> dict[tuple[Wire, int], Any]:
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


def gradient_of(wire: Wire, circuit: FrozenCircuit, found: dict[Wire, Any], written: dict[Wire, Any]) -> Any:
    """A wire's gradient; zero where nothing came back along any use, None where none was asked for."""
    if wire in read_by_python(circuit.reads) or np.asarray(wire.value).dtype == bool:
        return None
    for swept in (found, written):
        if wire in swept:
            g = swept[wire]
            return float(g) if isinstance(wire.value, float) else g
    return zeros_for(wire.value) if wire.bits & circuit.bit and np.asarray(wire.value).dtype.kind == "f" else None


class Entries:
    """Makes the wires' entries: what is known of every wire, by wire."""

    def __init__(
        self,
        circuit: FrozenCircuit,
        texts: dict[SourcedWire, GateText],
        gradient: dict[Wire, Any],
        cured: dict[Wire, str],
    ) -> None:
        self.circuit, self.texts, self.gradient, self.cured = circuit, texts, gradient, cured
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
            "cure": self.cured.get(wire, ""),
            "says": gate.doc.splitlines()[0] if gate and gate.doc else None,
            "expression": self.texts[holder].expression if holder is not None else circuit.names[wire],
            "block": block.pullback.gate.name if block else None,
            "block_end": self.ids[block] if block else None,
        }


def uses_of(
    circuit: FrozenCircuit,
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
            counts = port < len(operands) and source not in read
            wanted = bool(source.bits & circuit.bit and holder.bits & circuit.bit) and gradient[wire] is not None
            routed = wanted and counts and holder.step.gate.pattern == "routes"
            part = told_part(contributions.get((wire, port)) if counts else None, source, gradient[source], routed)
            blocked = routed and not np.any(part) and bool(np.any(gradient[wire]))
            entries.append(
                {
                    "from": ids[source],
                    "to": ids[wire],
                    "port": port,
                    "local": text.local_values.get(port),
                    "local_text": text.local(port),
                    "contribution": part,
                    "blocked": blocked,
                }
            )
    return entries


def told_part(part: Any, source: Wire, gradient: Any, routed: bool) -> Any:
    """The contribution of a use: zeros where a gate routes elsewhere, the block's stable rule where gates overflow."""
    if part is None and routed:
        return zeros_for(source.value)
    overflows = part is not None and not np.all(np.isfinite(part)) and np.all(np.isfinite(gradient))
    return gradient if overflows else part


def sources(holder: SourcedWire) -> list[Wire | None]:
    """The wire behind each operand that the user wrote."""
    assert holder.step is not None
    written = [x if isinstance(x, Wire) else None for x in holder.step.operands]
    if holder.written is not None:
        return written
    return [a if a is not None else b for a, b in zip(written, holder.sources, strict=True)]


def backward_entries(
    circuit: FrozenCircuit,
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
            lines = [] if isinstance(holder.value, (tuple, list)) else texts[holder].lines
            entries.append({"wire": ids[wire], "uses": into[ids[wire]], "code": lines})
    return entries


def block_rules(circuit: FrozenCircuit) -> dict[str, dict[str, Any]]:
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
            "code": text.lines,
            "locals": {operands[k]: value for k, value in text.local_values.items()},
            "local_texts": {operands[k]: local for k, local in text.locals.items()},
        }
    return rules
