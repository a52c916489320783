"""The shape of a record, stated once: docs/record.md says what each key means, and a test holds the two together."""

from __future__ import annotations

from typing import Any, TypeAlias, TypedDict

from gatewise._types import Plain


class Source(TypedDict):
    """Where a statement stands in the user's file."""

    line: int
    text: str


class WireEntry(TypedDict):
    """One wire."""

    id: int
    name: str
    named: bool
    kind: str
    cut: bool
    read: bool
    scope: str
    sites: list[int]
    calls: list[int]
    stage: str | None
    shape: list[int]
    dtype: str
    value: Plain
    gradient: Plain | None
    source: Source | None
    step: int | None
    gate: str | None
    symbol: str | None
    pattern: str | None
    corner: str | None
    given: dict[str, Any]
    cure: str
    says: str | None
    expression: str
    block: str | None
    block_end: int | None


#: Which operand a use is; of a gate that others were folded into, the ways there, until they are counted anew.
Port: TypeAlias = "int | tuple[Port, Port]"

#: One use of a wire by a gate. Local gradients and contributions are numbers and arrays that are multiplied and added.
UseEntry = TypedDict(
    "UseEntry",
    {
        "from": int,
        "to": int,
        "port": Port,
        "local": Any,
        "local_text": str | None,
        "contribution": Any,
        "blocked": bool,
    },
)


class Sent(TypedDict):
    """One gate of the backward pass."""

    wire: int
    uses: list[int]
    code: list[str]


class Guard(TypedDict):
    """What Python read."""

    how: str
    value: Plain
    expression: str | None


class CheckedEntry(TypedDict):
    """One entry of a gradient beside differences."""

    verdict: str
    gradient: float | None
    numerical: float | None
    error: float | None
    slopes: list[float] | None
    reason: str | None


class Check(CheckedEntry):
    """A gradient beside differences: the entry that is told of, and the counts of all."""

    entry: list[int] | None
    entries: int
    counts: dict[str, int]


class BlockRule(TypedDict):
    """The rule of a block, by the names of wires: what is shown in the place of its gates."""

    inside: list[str]
    code: list[str]
    locals: dict[str, Any]
    local_texts: dict[str, str]


class LoopEntry(TypedDict):
    """A loop that is shown as one round."""

    line: int
    text: str
    counter: str
    count: int
    around: int | None
    round: int
    numbers: list[int]
    wires: dict[str, str]
    carried: list[list[int]]
    ends: dict[str, Any]


class Record(TypedDict):
    """Everything there is to show of a circuit."""

    version: int
    name: str
    wires: list[WireEntry]
    uses: list[UseEntry]
    forward: list[int]
    backward: list[Sent]
    output: int
    upstream: Plain
    checks: dict[str, Check]
    guards: list[Guard]
    loops: list[LoopEntry]
    sizes: dict[str, int]
