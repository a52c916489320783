"""What a circuit hands out of its record: wires, their uses, and stages, with values that are the reader's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from gatewise._circuit import Stage, Wire
from gatewise._record import Record, UseEntry, WireEntry


class WireView:
    """One wire of a circuit: `name`, `value`, `gradient`, `shape`, `dtype`, `symbol`, `gate`, `inputs`, `uses`.

    `gate` is the name of the gate that made it (None for an input), `inputs` the names of the wires it was made from,
    `local` the local gradients by these names (a tuple where one wire was used several times), `uses` a `Use` for each
    place it goes to. Its arrays are copies.
    """

    def __init__(self, entry: WireEntry, index: Index) -> None:
        self.name: str = entry["name"]
        self.value, self.gradient = owned(entry["value"]), owned(entry["gradient"])
        self.shape: tuple[int, ...] = tuple(entry["shape"])
        self.dtype: str = entry["dtype"]
        self.symbol: str | None = entry["symbol"]
        self.gate: str | None = entry["gate"]
        self.expression: str = entry["expression"]
        incoming = index.incoming[entry["id"]]
        self.inputs = tuple(index.names[u["from"]] for u in incoming)
        self.uses = tuple(Use(index.names, u) for u in index.outgoing[entry["id"]])
        locals_: dict[str, list[Any]] = {}
        for use in incoming:
            locals_.setdefault(index.names[use["from"]], []).append(owned(use["local"]))
        self.local = {name: found[0] if len(found) == 1 else tuple(found) for name, found in locals_.items()}

    def __repr__(self) -> str:
        return f"<wire {self.name} = {self.value}, gradient {self.gradient}>"


class Use:
    """One use of a wire: `to` (name of the wire it helped to make), `port`, `local`, `contribution`, `blocked`."""

    def __init__(self, names: Sequence[str], entry: UseEntry) -> None:
        self.to, self.port = names[entry["to"]], entry["port"]
        self.local, self.contribution = owned(entry["local"]), owned(entry["contribution"])
        self.blocked: bool = entry["blocked"]

    def __repr__(self) -> str:
        return f"<use by {self.to}, contribution {self.contribution}>"


class Index:
    """A record by name and by wire: `ids` by name, `names` by id, the uses `incoming` to and `outgoing` from each."""

    def __init__(self, facts: Record) -> None:
        self.names = [w["name"] for w in facts["wires"]]
        self.ids = {name: k for k, name in enumerate(self.names)}
        self.incoming: list[list[UseEntry]] = [[] for _ in self.names]
        self.outgoing: list[list[UseEntry]] = [[] for _ in self.names]
        for use in facts["uses"]:
            self.incoming[use["to"]].append(use)
            self.outgoing[use["from"]].append(use)


class StageView:
    """What the user wrote as one assignment: `name`, `line` (None for an expression), `text`, names of its `wires`."""

    def __init__(self, stage: Stage, names: Mapping[Wire, str]) -> None:
        self.name, self.line, self.text = stage.name, stage.line, stage.text
        self.wires = tuple(names[wire] for wire in stage.wires)

    def __repr__(self) -> str:
        place = "" if self.line is None else f" (line {self.line})"
        return f"<stage {self.name}{place}: {self.text}>"


def owned(value: object) -> object:
    """A value to hand out: an array of its own, in the layout that it has."""
    return copy(value)
