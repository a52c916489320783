"""From record to record: chains and blocks as one gate each, the gradients that lead to a few inputs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from gatewise._gates import NAMES
from gatewise._record.schema import BlockRule, Guard, LoopEntry, Port, Record, Sent, UseEntry, WireEntry
from gatewise._types import Json


def fold(record: Record, rules: Mapping[str, BlockRule]) -> Record:
    """A record with chains of * and of +, and the gates of each recognised block, as one gate each.

    The wires between are left out; what goes in and comes out keeps its numbers. `rules` tells, by the name of the wire
    that closes a block, the names of the wires `inside` and the block's own rule: `code`, and by name of the operand
    `locals` and `local_texts`. A block some of whose inner wires are named, or used elsewhere, stays open.
    """
    wires = record["wires"]
    incoming: dict[int, list[UseEntry]] = {w["id"]: [] for w in wires}
    outgoing: dict[int, list[UseEntry]] = {w["id"]: [] for w in wires}
    for use in record["uses"]:
        incoming[use["to"]].append(use)
        outgoing[use["from"]].append(use)
    shut = shut_blocks(record, outgoing, rules)
    gone: set[int] = set()
    grown: set[int] = set()
    for wire in wires:
        if len(outgoing[wire["id"]]) != 1 or wire["kind"] != "gate" or wire["id"] == record["output"]:
            continue
        (use,) = outgoing[wire["id"]]
        if not (wire["id"] in shut or is_chain(wire, wires[use["to"]])):
            continue
        gone.add(wire["id"])
        grown.add(use["to"])
        longer = {id(u): use_through(u, use) for u in incoming[wire["id"]]}
        incoming[use["to"]] = [u for u in incoming[use["to"]] if u is not use] + list(longer.values())
        for source in {u["from"] for u in incoming.pop(wire["id"])}:
            outgoing[source] = [longer.get(id(u), u) for u in outgoing[source]]
    grown -= gone
    for k in grown:
        if wires[k]["block"] is not None:
            incoming[k] = by_rule(incoming[k], wires, rules[wires[k]["name"]])
    return counted_anew(record, [u for found in incoming.values() for u in found], gone, grown, rules)


def only(record: Json, names: Collection[str]) -> Json:
    """A record with the gradients that lead to these inputs and no others: what is not on the way was not asked for."""
    reached = {w["id"] for w in record["wires"] if w["name"] in names}
    ordered = sorted(record["uses"], key=lambda use: use["to"])  # the tape is in order: one pass reaches all
    round_ = [(after, before) for loop in record["loops"] for after, before in loop["carried"]]
    for _ in range(len(round_) + 1):  # but for what comes round
        for use in ordered:
            if use["from"] in reached:
                reached.add(use["to"])
        if reached.issuperset(back := [before for after, before in round_ if after in reached]):
            break
        reached.update(back)
    wires = [w if w["id"] in reached else {**w, "gradient": None} for w in record["wires"]]
    uses = [u if u["from"] in reached else {**u, "contribution": None, "blocked": False} for u in record["uses"]]
    checks = {k: check for k, check in record["checks"].items() if int(k) in reached}
    return {**record, "wires": wires, "uses": uses, "checks": checks}


def shut_blocks(record: Record, outgoing: Mapping[int, Sequence[UseEntry]], rules: Mapping[str, BlockRule]) -> set[int]:
    """The wires inside blocks that are one stage, and nothing of which is used outside."""
    ids = {w["name"]: w["id"] for w in record["wires"]}
    stages = {w["id"]: w["stage"] for w in record["wires"]}
    found: set[int] = set()
    for closing, rule in rules.items():
        inside = {ids[name] for name in rule["inside"]}
        kept = inside | {ids[closing]}
        if len({stages[k] for k in kept}) == 1 and all(use["to"] in kept for k in inside for use in outgoing[k]):
            found |= inside
    return found


def is_chain(wire: WireEntry, after: WireEntry) -> bool:
    """Whether a wire is an unnamed link between two gates * or two gates +, outside of blocks."""
    plain = wire["symbol"] == after["symbol"] and wire["symbol"] in ("*", "+")
    return plain and not wire["named"] and wire["block"] is None and after["block"] is None


def use_through(first: UseEntry, second: UseEntry) -> UseEntry:
    """A use by a gate that was folded into another: a use by that one."""
    local = None
    if first["local"] is not None and second["local"] is not None:
        local = first["local"] * second["local"]
    return {**first, "to": second["to"], "port": (second["port"], first["port"]), "local": local}


def by_rule(uses: Sequence[UseEntry], wires: Sequence[WireEntry], rule: BlockRule) -> list[UseEntry]:
    """The uses by a folded block: one for each of its operands, with the block's own local gradient."""
    found: dict[int, UseEntry] = {}
    for use in uses:
        name, before = wires[use["from"]]["name"], found.get(use["from"])
        parts = [u["contribution"] for u in (before, use) if u is not None and u["contribution"] is not None]
        found[use["from"]] = {
            **(before or use),
            "local": rule["locals"].get(name),
            "local_text": rule["local_texts"].get(name),
            "contribution": sum(parts[1:], parts[0]) if parts else None,
            "blocked": use["blocked"] and (before is None or before["blocked"]),
        }
    return list(found.values())


def counted_anew(
    record: Record,
    uses: list[UseEntry],
    gone: set[int],
    grown: set[int],
    rules: Mapping[str, BlockRule],
) -> Record:
    """The record without the wires that were folded away, ids and ports counted anew."""
    kept = [w for w in record["wires"] if w["id"] not in gone]
    left = {w["name"] for w in record["wires"] if w["id"] in gone}
    ids = {w["id"]: k for k, w in enumerate(kept)}
    steps = {s: k for k, s in enumerate(dict.fromkeys(w["step"] for w in kept if w["step"] is not None))}
    renamed, into = renumbered_uses(uses, ids)
    wires: list[WireEntry] = []
    code: dict[int, list[str]] = {}
    for w in kept:
        new = with_new_ids(w, ids, steps)
        if w["id"] in grown:
            mine = [renamed[k] for k in into[ids[w["id"]]]]
            operands = [kept[u["from"]] for u in mine]
            new = folded_entry(new, [o["name"] for o in operands])
            rule = rules.get(w["name"])
            code[w["id"]] = list(rule["code"]) if w["block"] is not None and rule else chain_rule(new, operands, mine)
        wires.append(new)
    backward: list[Sent] = [
        {**e, "wire": ids[e["wire"]], "uses": into.get(ids[e["wire"]], []), "code": code.get(e["wire"], e["code"])}
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
        "guards": [guard_without(guard, left) for guard in record["guards"]],
        "loops": [loop_with_new_ids(loop, ids) for loop in record["loops"]],
    }


def loop_with_new_ids(loop: LoopEntry, ids: Mapping[int, int]) -> LoopEntry:
    """What is told of a loop, by the new ids; what comes round is never folded away."""
    return {
        **loop,
        "wires": {str(ids[int(k)]): role for k, role in loop["wires"].items() if int(k) in ids},
        "carried": [[ids[k] for k in pair] for pair in loop["carried"]],
        "ends": {str(ids[int(k)]): ends for k, ends in loop["ends"].items() if int(k) in ids},
    }


def with_new_ids(wire: WireEntry, ids: Mapping[int, int], steps: Mapping[int, int]) -> WireEntry:
    """A wire's entry by the new ids; what closed its block may be gone."""
    step = None if wire["step"] is None else steps[wire["step"]]
    end = None if wire["block_end"] is None else ids.get(wire["block_end"])
    return {**wire, "id": ids[wire["id"]], "step": step, "block_end": end}


def renumbered_uses(uses: list[UseEntry], ids: Mapping[int, int]) -> tuple[list[UseEntry], dict[int, list[int]]]:
    """The uses by the new ids, each gate's ports from 0 on; and which of them lead into each wire."""
    renamed: list[UseEntry] = []
    into: dict[int, list[int]] = {}
    for k, use in enumerate(sorted(uses, key=lambda u: (ids[u["to"]], flat_port(u["port"])))):
        entering = into.setdefault(ids[use["to"]], [])
        renamed.append({**use, "from": ids[use["from"]], "to": ids[use["to"]], "port": len(entering)})
        entering.append(k)
    return renamed, into


def guard_without(guard: Guard, names: set[str]) -> Guard:
    """A guard of a record that these wires have left: it cannot speak of them."""
    used = {*re.findall(r"\w+", guard["expression"] or "")}
    return {**guard, "expression": None} if used & names else guard


def flat_port(port: Port) -> tuple[int, ...]:
    """A nested port as a plain tuple, to sort by."""
    return tuple(k for each in port for k in flat_port(each)) if isinstance(port, tuple) else (port,)


def folded_entry(wire: WireEntry, operands: Sequence[str]) -> WireEntry:
    """A gate that others were folded into: a block under its name, a chain with all its operands."""
    if wire["block"] is not None:
        name = wire["block"]
        return {
            **wire,
            "symbol": name,
            "gate": name,
            "pattern": NAMES[name].pattern,
            "corner": NAMES[name].corner,
            "given": {},
            "says": NAMES[name].doc.splitlines()[0],
            "expression": f"{name}({', '.join(operands)})",
        }
    return {**wire, "given": {}, "expression": f" {wire['symbol']} ".join(operands)}


def chain_rule(wire: WireEntry, operands: Sequence[WireEntry], uses: Sequence[UseEntry]) -> list[str]:
    """Give the uses by a folded chain their local gradients in symbols: the other operands' product. Return its code.

    An operand that was stretched to fit has neither: what comes back to it is a sum.
    """
    code = []
    for k, (operand, use) in enumerate(zip(operands, uses, strict=True)):
        use["local_text"] = None
        if operand["shape"] != wire["shape"]:
            continue
        others = [o["name"] for i, o in enumerate(operands) if i != k] if wire["symbol"] == "*" else []
        use["local_text"] = " * ".join(others) or "1"
        if use["contribution"] is not None:
            code.append(f"d{operand['name']} = {' * '.join([*others, 'd' + wire['name']])}")
    return code
