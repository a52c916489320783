"""What a record holds: values, gradients, uses and events of a circuit.

A record is a dict as `docs/record.md` tells it, with plain values and arrays; `jsonable` makes it JSON. Gradients come
from two sweeps: with the blocks' stable rules, as every other part of gatewise computes them, and as the user wrote
the gates, for the wires inside blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Ports, Wire, part_of, wires_in
from gatewise._gates import Live
from gatewise._record.cures import cures
from gatewise._record.schema import BlockRule, Guard, Record, Sent, UseEntry, WireEntry
from gatewise._source import sizes
from gatewise._source.gate_texts import GateText, block_texts, gate_texts, guard_texts
from gatewise._sweep import with_care, zeros_for
from gatewise._transforms import Event, gradients
from gatewise._types import Json

VERSION = 1


def is_complex(wire: Wire) -> bool:
    return np.iscomplexobj(wire.value)


def shown(part: Any) -> Any:
    """A gradient as it is shown: of a complex number the direction in which the output rises fastest.

    The sweep's cotangent c says that the output moves by Re(c dz); the direction is its conjugate.
    """
    return np.conjugate(part) if np.iscomplexobj(part) else part


def record(circuit: FrozenCircuit, texts: dict[Expr, GateText] | None = None) -> Record:
    """Everything there is to show of a circuit; `texts` are its `gate_texts`, where they are known."""
    ids = circuit.ids
    texts = gate_texts(circuit) if texts is None else texts
    found, _ = gradients(circuit)
    written, events = gradients(circuit, as_written=True)
    contributions = contributions_of(circuit, events)
    gradient = {w: gradient_of(w, circuit, found, written) for w in circuit.wires}
    entries = Entries(circuit, gradient, cures(circuit, gradient))
    uses = uses_of(circuit, texts, contributions, gradient)

    def text_of(wire: Wire) -> GateText | None:
        return texts[made] if (made := circuit.steps.get(wire)) is not None else None

    return {
        "version": VERSION,
        "name": circuit.name,
        "wires": [
            entries.entry(k, w, texts[circuit.steps[w]] if w in circuit.steps else None)
            for k, w in enumerate(circuit.wires)
        ],
        "uses": uses,
        "forward": [ids[w] for w in circuit.steps],
        "backward": backward_entries(circuit, texts, uses, events),
        "output": ids[circuit.output],
        "upstream": circuit.upstream,
        "checks": {},
        "guards": guards_of(circuit),
        "loops": [],
        "sizes": {name: n for n, name in sizes(circuit).items()},
    }


def guards_of(circuit: FrozenCircuit) -> list[Guard]:
    """What Python read while the function ran."""
    return [{"how": x.how, "value": x.value, "expression": text} for x, text in guard_texts(circuit)]


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


def gradient_of(wire: Wire, circuit: FrozenCircuit, found: dict[Wire, Any], written: dict[Wire, Any]) -> object:
    """A wire's gradient; zero where nothing came back along any use, None where none was asked for."""
    if wire in circuit.read or np.asarray(wire.value).dtype == bool:
        return None
    for swept in (found, written):
        if wire in swept:
            g = swept[wire]
            return float(g) if isinstance(wire.value, float) else g
    return zeros_for(wire.value) if wire.bits & circuit.bit and np.asarray(wire.value).dtype.kind in "fc" else None


class Entries:
    """Makes the wires' entries: what is known of every wire, by wire."""

    def __init__(
        self,
        circuit: FrozenCircuit,
        gradient: dict[Wire, object],
        cured: dict[Wire, str],
    ) -> None:
        self.circuit, self.gradient, self.cured = circuit, gradient, cured
        self.numbers: dict[Expr, int] = {}  # of steps
        self.stages = {w: stage for stage in circuit.stages for w in stage.wires}
        self.kinds = {i.wire: "input" if i.kind in ("input", "cut") else "constant" for i in circuit.inputs}
        self.cuts = {i.wire for i in circuit.inputs if i.kind == "cut"}
        self.closing = {wire: closing for closing, block in circuit.blocks.items() for wire in (closing, *block.inside)}

    def entry(self, k: int, wire: Wire, text: GateText | None) -> WireEntry:
        """One wire of the record; `text` is that of the step that made it."""
        circuit, stage = self.circuit, self.stages.get(wire)
        made, closing = circuit.steps.get(wire), self.closing.get(wire)
        gate = made.gate if made is not None else None
        return {
            "id": k,
            "name": circuit.names[wire],
            "named": wire in circuit.named,
            "kind": self.kinds.get(wire, "gate"),
            "cut": wire in self.cuts,
            "read": wire in circuit.read,
            "scope": circuit.scopes.get(wire, ""),
            "sites": list(circuit.sites.get(wire, ())),
            "calls": list(circuit.calls.get(wire, ())),
            "stage": stage.name if stage else None,
            "shape": list(np.shape(wire.value)),
            "dtype": np.asarray(wire.value).dtype.name,
            "value": wire.value,
            "gradient": shown(self.gradient[wire]),
            "source": {"line": stage.line, "text": stage.text} if stage and stage.line is not None else None,
            "step": self.numbers.setdefault(made, len(self.numbers)) if made is not None else None,
            "gate": gate.name if gate else None,
            "symbol": text.symbol if text is not None else None,
            "pattern": gate.pattern if gate else None,
            "corner": gate.corner if gate else None,
            "given": given(made) if made is not None else {},
            "cure": self.cured.get(wire, ""),
            "says": gate.doc.splitlines()[0] if gate and gate.doc else None,
            "expression": text.expression if text is not None else circuit.names[wire],
            "block": circuit.blocks[closing].gate.name if closing is not None else None,
            "block_end": circuit.ids[closing] if closing is not None else None,
        }


def given(made: Expr) -> Json:
    """What a gate was given beside wires, by the names of its declaration: numbers, and parameters that are such."""
    names = made.gate.operands if not made.gate.many else ()
    found = {**dict(zip(names, made.operands, strict=False)), **made.parameters}
    return {name: value for name, value in found.items() if is_plain_number(value)}


def is_plain_number(value: object) -> bool:
    """Whether it is a plain number, or a tuple of such."""
    if isinstance(value, tuple):
        return all(map(is_plain_number, value))
    return isinstance(value, int | float | np.integer | np.floating)


def uses_of(
    circuit: FrozenCircuit,
    texts: dict[Expr, GateText],
    contributions: dict[tuple[Wire, int], object],
    gradient: dict[Wire, Any],
) -> list[UseEntry]:
    """One entry for each use of a wire by a gate."""
    ids, entries = circuit.ids, list[UseEntry]()
    for wire, made in circuit.steps.items():
        text = texts[made]
        for port, source in operands_by_port(circuit, made).items():
            counts = port < len(made.operands) and source not in circuit.read
            wanted = bool(source.bits & circuit.bit and wire.bits & circuit.bit) and gradient[wire] is not None
            routed = wanted and counts and made.gate.pattern == "routes"
            part = told_part(contributions.get((wire, port)) if counts else None, source, gradient[source], routed)
            blocked = routed and not np.any(part) and bool(np.any(gradient[wire]))
            entries.append(
                {
                    "from": ids[source],
                    "to": ids[wire],
                    "port": port,
                    "local": None if is_complex(wire) or is_complex(source) else text.local_values.get(port),
                    "local_text": text.local(port),
                    "contribution": shown(part),
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


def operands_by_port(circuit: FrozenCircuit, made: Expr) -> dict[int, Wire]:
    """The wires of the circuit that a step uses, by the operand's position; those inside an index come last."""
    found = {k: x for k, x in enumerate(made.operands) if isinstance(x, Wire) and x in circuit.ids}
    inside = [wire for wire in wires_in(tuple(made.parameters.values())) if wire in circuit.ids]
    return found | dict(enumerate(inside, len(made.operands)))


def backward_entries(
    circuit: FrozenCircuit,
    texts: dict[Expr, GateText],
    uses: Sequence[UseEntry],
    events: Iterable[Event],
) -> list[Sent]:
    """One event a gate, in the order of the sweep."""
    into: dict[int, list[int]] = {}
    for k, use in enumerate(uses):
        into.setdefault(use["to"], []).append(k)
    entries: list[Sent] = []
    for event in events:
        made, here = circuit.steps.get(event.wire), circuit.ids.get(event.wire, -1)
        if made is not None and here in into:
            lines = [] if part_of(event.wire) is not None else texts[made].lines
            entries.append({"wire": here, "uses": into[here], "code": lines})
    return entries


def block_rules(circuit: FrozenCircuit) -> dict[str, BlockRule]:
    """The rule of each recognised block, by the name of the wire that closes it: what `fold` shows in its gates' place.

    `inside` are the names of the wires that disappear, `code` its lines, `locals` and `local_texts` go by operand.
    """
    names, rules = circuit.names, dict[str, BlockRule]()
    for closing, text in block_texts(circuit).items():
        block = circuit.blocks[closing]
        operands = {k: names[x] for k, x in enumerate(block.operands) if isinstance(x, Wire)}
        rules[names[closing]] = {
            "inside": [names[w] for w in sorted(circuit.ids.keys() & block.inside, key=circuit.ids.__getitem__)],
            "code": text.lines,
            "locals": {operands[k]: value for k, value in text.local_values.items()},
            "local_texts": {operands[k]: local for k, local in text.locals.items()},
        }
    return rules
