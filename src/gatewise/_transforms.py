"""From circuit to circuit: the gradients of one, on numbers or recorded in their turn; replay, cut and fold."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._circuit import Circuit, Input, SourcedWire, Wire, step_wire, tick, verify
from gatewise._gates import NAMES
from gatewise._gates.families import Live, plain, showing
from gatewise._recording.freezing import transparent
from gatewise._recording.recorder import Recorder
from gatewise._sweep import FLOATS, Ports, port, sweep
from gatewise._tensor import Tensor


@dataclass(slots=True)
class Event:
    """One gate of the backward pass: `wire` had its gradient complete and sent contributions to its operands.

    `parts` are (operand position, operand's wire, contribution). In a recorded sweep `upstream` is the wire that
    stands for the complete gradient, contributions are Tensors, and `mask` says where the gradient is alive.
    """

    wire: Wire
    upstream: Any
    parts: list[tuple[int, Wire, Any]] = field(default_factory=list)
    mask: Any = None


def gradients(circuit: Circuit, as_written: bool = False) -> tuple[dict[Wire, Any], list[Event]]:
    """The gradient of every wire that gets one, and the events of the sweep, on numbers.

    `as_written` goes through the gates the user wrote where a block's stable rule would take their place.
    """
    found: dict[Wire, Any] = {}
    events: dict[Wire, Event] = {}

    def arrive(wire: Wire, g: Any) -> Any:
        if not isinstance(g, Ports):
            found[wire] = g.g if isinstance(g, Live) else g
        events[wire] = Event(wire, found.get(wire))
        return g

    def observe(wire: Wire, position: int, parent: Wire, part: Any) -> None:
        events[wire].parts.append((position, parent, part.g if isinstance(part, Live) else part))

    edges = {i.wire for i in circuit.inputs}
    seed = {circuit.output: circuit.upstream}
    sweep(seed, circuit.bit, arrive=arrive, observer=observe, as_written=as_written, edges=edges)
    return found, list(events.values())


def reverse(circuit: Circuit) -> list[Event]:
    """The backward pass as a recording: each contribution a Tensor made by gates of forward wires and gradients.

    The gradient of each wire, once complete, is a fresh wire, `event.upstream`, so that every contribution is told in
    terms of the gradient of its gate's output, as one writes it by hand.
    """
    events: dict[Wire, Event] = {}
    bit = circuit.recording

    def lift(value: Any, wire: Wire, bits: int) -> Tensor:
        return Tensor(value, wire, bits & bit)

    def arrive(wire: Wire, g: Any) -> Any:
        if isinstance(g, Ports):
            events[wire] = Event(wire, None)
            return g
        inner, mask = (g.g, g.mask) if isinstance(g, Live) else (g, None)
        value = inner.value if isinstance(inner, Tensor) else inner
        stands = SourcedWire(tick(), bit, value)
        events[wire] = Event(wire, stands, mask=mask)
        fresh = Tensor(value, stands, bit)
        return fresh if mask is None else Live(fresh, mask)

    def observe(wire: Wire, position: int, parent: Wire, part: Any) -> None:
        events[wire].parts.append((position, parent, part.g if isinstance(part, Live) else part))

    with Recorder(bit=bit):
        edges = {i.wire for i in circuit.inputs}
        seed = {circuit.output: circuit.upstream}
        showing.dead_floats, showing.kept = True, 0
        try:
            sweep(seed, circuit.bit, lower=bit, lift=lift, arrive=arrive, observer=observe, edges=edges)
        finally:
            showing.dead_floats = False
        if showing.kept:
            leave_out_dead_nans(circuit, events)
        for event in events.values():
            as_square(event, bit)
    return list(events.values())


def leave_out_dead_nans(circuit: Circuit, events: dict[Wire, Event]) -> None:
    """A dead branch of floats stays in the text as a product with zero, unless that product is not finite."""
    alive = {(event.wire, position) for event in gradients(circuit)[1] for position, _, _ in event.parts}
    reached = {circuit.output}
    for wire, event in list(events.items()):
        if wire not in reached:
            del events[wire]
            continue
        event.parts = [part for part in event.parts if (wire, part[0]) in alive or all_finite(part[2])]
        reached.update(parent for _, parent, _ in event.parts)


def all_finite(part: Any) -> bool:
    """Whether a contribution holds finite numbers only; for a step with several outputs, each of them."""
    return all(map(all_finite, part.values())) if isinstance(part, Ports) else bool(np.all(np.isfinite(plain(part))))


def as_square(event: Event, bit: int) -> None:
    """The two equal contributions of `x * x` as the square's one."""
    holder = step_wire(event.wire)
    if holder is None or holder.written is not None or holder.step is None or holder.step.gate is not NAMES["multiply"]:
        return
    if len(event.parts) == 2 and event.parts[0][1] is event.parts[1][1]:
        x = event.parts[0][1]
        base: Any = Tensor(x.value, x, bit)
        event.parts = [(0, x, 2 * base * Tensor(event.upstream.value, event.upstream, bit))]


def replay(circuit: Circuit, instead: Mapping[Wire, Any]) -> Any:
    """The output's value with other values on some wires: only the steps behind those are run again."""
    values = dict(instead)
    for wire in circuit.wires:
        holder = step_wire(wire)
        if holder is None or wire in instead:
            continue
        assert holder.step is not None
        operands = [transparent(x) if isinstance(x, Wire) else x for x in holder.step.operands]
        if not any(isinstance(x, Wire) and x in values for x in operands):
            continue
        plain = [values.get(x, x.value) if isinstance(x, Wire) else x for x in operands]
        out = run(holder, plain)
        values[wire] = out[wire.values[0]] if wire.pullback is port else out
    return values.get(circuit.output, circuit.output.value)


def run(holder: SourcedWire, operands: list[Any]) -> Any:
    """One step's forward function on plain values; floats behave as in a recording."""
    step = holder.step
    assert step is not None
    try:
        return step.forward(*operands, **step.parameters)
    except ArithmeticError:
        if not all(type(x) in FLOATS for x in operands):
            raise
        with np.errstate(all="ignore"):
            return float(step.forward(*map(np.float64, operands), **step.parameters))


def cut(circuit: Circuit, wire: Wire) -> Circuit:
    """The same circuit with `wire` made an input, and everything that only it needed left out."""
    needed: set[Wire] = set()
    waiting = [circuit.output]
    while waiting:
        each = waiting.pop()
        if each in needed:
            continue
        needed.add(each)
        holder = step_wire(each)
        if each is not wire and holder is not None and holder.step is not None:
            waiting.extend(transparent(x) for x in holder.sources if x is not None)
            waiting.extend(transparent(x) for x in holder.step.parameter_wires.values())
    name = circuit.names[wire]
    new = Input(wire, name, name, (), name, True, "cut")
    kept = tuple(i for i in circuit.inputs if i.wire in needed and i.wire is not wire)
    stages = tuple(
        dataclasses.replace(s, wires=tuple(w for w in s.wires if w in needed and w is not wire)) for s in circuit.stages
    )
    smaller = dataclasses.replace(
        circuit,
        inputs=(new, *kept),
        wires=(wire, *(w for w in circuit.wires if w in needed and w is not wire)),
        stages=tuple(s for s in stages if s.wires),
        signature=tuple((i.parameter, "positional_or_keyword", inspect.Parameter.empty) for i in (new, *kept)),
    )
    return verify(smaller)



# ------------------------------------------------------------------------------------------------------------- folding


def fold(record: dict[str, Any]) -> dict[str, Any]:
    """A record with chains of * and of +, and the gates of each recognised block, as one gate each.

    The wires between are left out; what goes in and comes out keeps its numbers. The local gradient of a folded gate
    is the product of those along the way.
    """
    wires, uses = record["wires"], list(record["uses"])
    gone: set[int] = set()
    grown: set[int] = set()
    for wire in wires:
        outgoing = [u for u in uses if u["from"] == wire["id"]]
        if len(outgoing) != 1 or wire["kind"] != "gate" or wire["id"] == record["output"]:
            continue
        (use,) = outgoing
        if not folds_into(wire, wires[use["to"]]):
            continue
        gone.add(wire["id"])
        grown.add(use["to"])
        incoming = [u for u in uses if u["to"] == wire["id"]]
        uses = [u for u in uses if u is not use and u not in incoming]
        uses += [through(u, use) for u in incoming]
    return renumbered(record, uses, gone, grown - gone)


def folds_into(wire: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a wire disappears inside the gate it goes to."""
    if wire["block"] is not None and wire["block"] == after["block"] and wire["stage"] == after["stage"]:
        return True
    plain = wire["symbol"] == after["symbol"] and wire["symbol"] in ("*", "+")
    return plain and not wire["named"] and wire["block"] is None and after["block"] is None


def through(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """A use by a gate that was folded into another: a use by that one."""
    local = None
    if first["local"] is not None and second["local"] is not None:
        local = first["local"] * second["local"]
    texts = [t for t in (second["local_text"], first["local_text"]) if t not in (None, "1")]
    text = (
        None
        if None in (first["local_text"], second["local_text"])
        else " * ".join(f"({t})" if " " in t else t for t in texts) or "1"
    )
    return {**first, "to": second["to"], "port": (second["port"], first["port"]), "local": local, "local_text": text}


def renumbered(record: dict[str, Any], uses: list[dict[str, Any]], gone: set[int], grown: set[int]) -> dict[str, Any]:
    """The record without the wires that were folded away, ids and ports counted anew."""
    kept = [w for w in record["wires"] if w["id"] not in gone]
    ids = {w["id"]: k for k, w in enumerate(kept)}
    steps = {s: k for k, s in enumerate(dict.fromkeys(w["step"] for w in kept if w["step"] is not None))}
    uses = sorted(uses, key=lambda u: (ids[u["to"]], flat(u["port"])))
    ports: dict[int, int] = {}
    renamed: list[dict[str, Any]] = []
    into: dict[int, list[int]] = {}
    for k, use in enumerate(uses):
        port_ = ports[use["to"]] = ports.get(use["to"], -1) + 1
        into.setdefault(ids[use["to"]], []).append(k)
        renamed.append({**use, "from": ids[use["from"]], "to": ids[use["to"]], "port": port_})
    names = [w["name"] for w in kept]
    wires = []
    for w in kept:
        new = {**w, "id": ids[w["id"]], "step": steps.get(w["step"])}
        operands = [names[renamed[k]["from"]] for k in into.get(new["id"], [])]
        wires.append(folded_entry(new, operands) if w["id"] in grown else new)
    backward = [
        {**e, "wire": ids[e["wire"]], "uses": into.get(ids[e["wire"]], [])}
        for e in record["backward"]
        if e["wire"] in ids
    ]
    return {
        **record,
        "wires": wires,
        "uses": renamed,
        "forward": [ids[i] for i in record["forward"] if i in ids],
        "backward": backward,
        "output": ids[record["output"]],
        "checks": {str(ids[int(k)]): c for k, c in record["checks"].items() if int(k) in ids},
    }


def flat(port_: Any) -> tuple[int, ...]:
    """A nested port as a plain tuple, to sort by."""
    return sum((flat(p) for p in port_), ()) if isinstance(port_, tuple) else (port_,)


def folded_entry(wire: dict[str, Any], operands: Sequence[str]) -> dict[str, Any]:
    """A gate that others were folded into: a block under its name, a chain with all its operands."""
    if wire["block"] is not None:
        name = wire["block"]
        return {
            **wire,
            "symbol": name,
            "gate": name,
            "says": NAMES[name].doc.splitlines()[0],
            "expression": f"{name}({', '.join(operands)})",
        }
    return {**wire, "expression": f" {wire['symbol']} ".join(operands)}
