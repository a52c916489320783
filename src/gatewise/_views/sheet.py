"""The record of a circuit, indexed: what every view looks things up in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypedDict

from gatewise._errors import UnknownWireError
from gatewise._types import Named
from gatewise._views.numbers import Summary, Value, entries, is_finite, quantity
from gatewise._views.phrases import said
from gatewise._views.text import plain_text

EDGES = ("each", "before", "after", "final")


@dataclass(frozen=True)
class Loop:
    """A loop that is shown as one round; `round` counts from 0, `carried` are the ids of what goes on and comes in."""

    line: int
    text: str
    counter: str
    count: int
    round: int
    numbers: tuple[int, int, int]  # of the counter: the first, the last, the step
    carried: tuple[tuple[int, int], ...]
    ends: Mapping[int, Mapping[str, Any]]
    around: int | None = None  # the loop in whose rounds it stands, by its number

    @property
    def place(self) -> str:
        """`round 3 of 200`."""
        return said("loop.round", round=self.round + 1, count=self.count)


@dataclass(frozen=True)
class Wire:
    """One wire of the record."""

    id: int
    name: str
    named: bool
    kind: str
    shape: tuple[int, ...]
    dtype: str
    value: Value
    summary: Summary | None
    gradient: Value
    gradient_summary: Summary | None
    line: int | None
    text: str
    step: int | None
    gate: str
    symbol: str
    pattern: str
    corner: str | None
    given: Mapping[str, Value]
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
    loop: int | None = None  # of which loop it is shown as one round's
    role: str = ""  # there: of the body, or at its edge

    @property
    def is_edge(self) -> bool:
        """Whether it stands at the edge of a loop, where a round meets the others and what is outside."""
        return self.role in EDGES

    @property
    def origin(self) -> str:
        """Where a wire that no gate made came from."""
        note = "cut" if self.is_cut else "read" if self.is_read else None
        return self.kind if note is None else said(f"origin.{note}", kind=self.kind)

    @property
    def is_gate(self) -> bool:
        """Whether a gate made this wire; inputs and constants came from outside."""
        return self.kind == "gate"

    @property
    def has_gradient(self) -> bool:
        """Whether a gradient was computed, whatever it is."""
        return self.gradient is not None or self.gradient_summary is not None

    @property
    def is_finite(self) -> bool:
        """Whether nothing in its value or its gradient is nan or inf."""
        return is_finite(self.value, self.summary) and is_finite(self.gradient, self.gradient_summary)

    @property
    def made(self) -> str:
        """How a gate made it: `q = x + y`."""
        return f"{plain_text(self.name)} = {plain_text(self.expression)}"


@dataclass(frozen=True)
class Use:
    """One use of a wire by a gate, and what came back along it."""

    source: int
    target: int
    port: int
    local: Value
    local_text: str | None
    contribution: Value
    contribution_summary: Summary | None
    blocked: bool


class Comparison(TypedDict, total=False):
    """What was found where a gradient was compared with differences of the output."""

    verdict: str
    entry: Sequence[int] | None
    gradient: Value
    numerical: Value
    error: Value
    slopes: Sequence[float] | None
    reason: str | None
    entries: int
    counts: Mapping[str, int]


@dataclass(frozen=True)
class SweptGate:
    """One gate of the sweep: the wire it made, the positions of its uses in the record, its lines of code."""

    wire: int
    uses: tuple[int, ...]
    code: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A whole record."""

    wires: tuple[Wire, ...]
    uses: tuple[Use, ...]
    forward: tuple[int, ...]
    backward: tuple[SweptGate, ...]
    checks: Mapping[int, Comparison]
    output: Wire
    upstream: Value
    loops: tuple[Loop, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)  #: of axes, by their names
    is_worksheet: bool = False  #: its gradients are for the reader to find

    def loop_of(self, wire: Wire) -> Loop | None:
        """The loop of which a wire is one round's."""
        return None if wire.loop is None else self.loops[wire.loop]

    @cached_property
    def code(self) -> dict[int, tuple[str, ...]]:
        """The lines of backward code of each gate that the sweep goes through."""
        return {event.wire: event.code for event in self.backward}

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


def read(record: Named) -> Sheet:
    """A record (the dict of `json`) as a sheet."""
    loops = record.get("loops", ())
    roles = {int(id_): (k, role) for k, loop in enumerate(loops) for id_, role in loop["wires"].items()}
    wires = tuple(_wire(row, *roles.get(row["id"], (None, ""))) for row in record["wires"])
    return Sheet(
        wires=wires,
        uses=tuple(_use(row) for row in record["uses"]),
        forward=tuple(record.get("forward", ())),
        backward=tuple(map(_event, record.get("backward", ()))),
        checks={int(key): check for key, check in record.get("checks", {}).items()},
        output=wires[record["output"]],
        upstream=record.get("upstream", 1),
        loops=tuple(map(_loop, loops)),
        sizes=record.get("sizes", {}),
        is_worksheet="worksheet" in record,
    )


def _loop(row: Named) -> Loop:
    carried = tuple((after, before) for after, before in row["carried"])
    ends = {int(id_): told for id_, told in row["ends"].items()}
    around = row.get("around")
    numbers = tuple(row["numbers"])
    return Loop(row["line"], row["text"], row["counter"], row["count"], row["round"], numbers, carried, ends, around)


def _summary(row: Named | None) -> Summary | None:
    return None if row is None else Summary(**row)


def _event(row: Named) -> SweptGate:
    return SweptGate(row["wire"], tuple(row["uses"]), tuple(row.get("code", ())))


def _wire(row: Named, loop: int | None, role: str) -> Wire:
    source = row.get("source") or {}
    return Wire(
        id=row["id"],
        name=row["name"],
        named=row.get("named", True),
        kind=row["kind"],
        shape=tuple(row["shape"]),
        dtype=row["dtype"],
        value=row["value"],
        summary=_summary(row.get("summary")),
        gradient=row["gradient"],
        gradient_summary=_summary(row.get("gradient_summary")),
        line=source.get("line"),
        text=source.get("text") or "",
        step=row.get("step"),
        gate=row.get("gate") or "",
        symbol=row.get("symbol") or row.get("gate") or "",
        pattern=row.get("pattern") or "",
        corner=row.get("corner"),
        given=row.get("given") or {},
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
        loop=loop,
        role=role,
    )


def _use(row: Named) -> Use:
    local = row.get("local")
    return Use(
        source=row["from"],
        target=row["to"],
        port=row["port"],
        local=int(local) if isinstance(local, bool) else local,  # d(mask * x)/dx is a number
        local_text=row.get("local_text"),
        contribution=row.get("contribution"),
        contribution_summary=_summary(row.get("contribution_summary")),
        blocked=bool(row.get("blocked", False)),
    )
