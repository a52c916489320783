"""The record of a circuit, indexed: what every view looks things up in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gatewise._errors import UnknownWireError
from gatewise._views.numbers import entries, quantity


@dataclass(frozen=True)
class Wire:
    """One wire of the record."""

    id: int
    name: str
    named: bool
    kind: str
    shape: tuple[int, ...]
    dtype: str
    value: Any
    summary: Mapping[str, Any] | None
    gradient: Any
    gradient_summary: Mapping[str, Any] | None
    line: int | None
    text: str
    step: int | None
    gate: str
    symbol: str
    pattern: str
    says: str
    expression: str
    block: str | None
    block_end: int | None
    scope: str
    sites: tuple[int, ...]
    calls: tuple[int, ...]
    stage: str | None
    cure: str
    is_cut: bool
    is_read: bool

    @property
    def origin(self) -> str:
        """Where a wire that no gate made came from."""
        note = " (cut)" if self.is_cut else " (read by Python)" if self.is_read else ""
        return self.kind + note

    @property
    def is_gate(self) -> bool:
        """Whether a gate made this wire; inputs and constants came from outside."""
        return self.kind == "gate"

    @property
    def has_gradient(self) -> bool:
        """Whether a gradient was computed, whatever it is."""
        return self.gradient is not None or self.gradient_summary is not None


@dataclass(frozen=True)
class Use:
    """One use of a wire by a gate, and what came back along it."""

    source: int
    target: int
    port: int
    local: Any
    local_text: str | None
    contribution: Any
    contribution_summary: Mapping[str, Any] | None
    blocked: bool


@dataclass(frozen=True)
class Sheet:
    """A whole record."""

    wires: tuple[Wire, ...]
    uses: tuple[Use, ...]
    code: Mapping[int, tuple[str, ...]]
    checks: Mapping[int, Mapping[str, Any]]
    output: Wire
    upstream: Any

    @cached_property
    def uses_of(self) -> dict[int, list[Use]]:
        """The uses made of each wire, in tape order."""
        found: dict[int, list[Use]] = {wire.id: [] for wire in self.wires}
        for use in sorted(self.uses, key=lambda use: (use.target, use.port)):
            found[use.source].append(use)
        return found

    @cached_property
    def operands(self) -> dict[int, list[Use]]:
        """The uses that made each wire, in the order of the gate's operands."""
        found: dict[int, list[Use]] = {wire.id: [] for wire in self.wires}
        for use in sorted(self.uses, key=lambda use: use.port):
            found[use.target].append(use)
        return found

    @cached_property
    def steps(self) -> list[list[Wire]]:
        """The gates in tape order, each as the wires it made; most made one."""
        found: dict[tuple[str, int], list[Wire]] = {}
        for wire in self.wires:
            if wire.is_gate:
                key = ("wire", wire.id) if wire.step is None else ("step", wire.step)
                found.setdefault(key, []).append(wire)
        return list(found.values())

    def named(self, name: str) -> Wire:
        """The wire of this name, or an error with the nearest one there is."""
        for wire in self.wires:
            if wire.name == name:
                return wire
        raise UnknownWireError(name, [wire.name for wire in self.wires])

    def value(self, wire: Wire, digits: int | None = None) -> str:
        """A wire's value as text."""
        return quantity(wire.value, wire.summary, digits)

    def gradient(self, wire: Wire, digits: int | None = None) -> str:
        """A wire's gradient as text, a dash where none was computed."""
        return quantity(wire.gradient, wire.gradient_summary, digits)

    def is_routed_away(self, wire: Wire) -> bool:
        """Whether a max or a mask sent everything that could have come to this wire elsewhere."""
        uses = self.uses_of[wire.id]
        return wire.id != self.output.id and bool(uses) and all(use.blocked for use in uses) and wire.has_gradient

    @property
    def upstream_is_one(self) -> bool:
        """Whether the gradients are those of the output itself, or of the sum of its entries."""
        return all(entry == 1 for entry in entries(self.upstream))


def read(record: Mapping[str, Any]) -> Sheet:
    """A record (the dict of `json`) as a sheet."""
    wires = tuple(_wire(row) for row in record["wires"])
    return Sheet(
        wires=wires,
        uses=tuple(_use(row) for row in record["uses"]),
        code={event["wire"]: tuple(event.get("code", ())) for event in record.get("backward", ())},
        checks={int(key): check for key, check in record.get("checks", {}).items()},
        output=wires[record["output"]],
        upstream=record.get("upstream", 1),
    )


def _wire(row: Mapping[str, Any]) -> Wire:
    source = row.get("source") or {}
    return Wire(
        id=row["id"],
        name=row["name"],
        named=row.get("named", True),
        kind=row["kind"],
        shape=tuple(row["shape"]),
        dtype=row["dtype"],
        value=row["value"],
        summary=row.get("summary"),
        gradient=row["gradient"],
        gradient_summary=row.get("gradient_summary"),
        line=source.get("line"),
        text=source.get("text") or "",
        step=row.get("step"),
        gate=row.get("gate") or "",
        symbol=row.get("symbol") or row.get("gate") or "",
        pattern=row.get("pattern") or "",
        says=row.get("says") or "",
        expression=row.get("expression") or "",
        block=row.get("block"),
        block_end=row.get("block_end"),
        scope=row.get("scope") or "",
        sites=tuple(row.get("sites", ())),
        calls=tuple(row.get("calls") or row.get("sites", ())),
        stage=row.get("stage"),
        cure=row.get("cure") or "",
        is_cut=bool(row.get("cut", False)),
        is_read=bool(row.get("read", False)),
    )


def _use(row: Mapping[str, Any]) -> Use:
    local = row.get("local")
    return Use(
        source=row["from"],
        target=row["to"],
        port=row["port"],
        local=int(local) if isinstance(local, bool) else local,  # d(mask * x)/dx is a number
        local_text=row.get("local_text"),
        contribution=row.get("contribution"),
        contribution_summary=row.get("contribution_summary"),
        blocked=bool(row.get("blocked", False)),
    )
