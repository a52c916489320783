"""A circuit in Graphviz's language, for other tools: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gatewise._views.sheet import Sheet, Wire, read
from gatewise._views.text import plain_text


def dot(record: Mapping[str, object], *, digits: int | None = None) -> str:
    """The circuit of a record as a directed graph: a node for each input and gate, an edge for each use."""
    sheet = read(record)
    lines = ["digraph circuit {", "  rankdir=LR;", '  node [fontname="monospace"];', '  edge [fontname="monospace"];']
    first = [f"w{wire.id}" for wire in sheet.wires if not wire.is_gate]
    lines += [f"  {line}" for line in _nodes(sheet, digits)]
    lines.append("  { rank=source; " + "; ".join(first) + "; }")
    lines += [f"  {line}" for line in _edges(sheet, digits)]
    return "\n".join([*lines, "}", ""])


def _nodes(sheet: Sheet, digits: int | None) -> Iterator[str]:
    for wire in sheet.wires:
        if not wire.is_gate:
            yield f"w{wire.id} [shape=plaintext, label={_quoted(_numbers(sheet, wire, digits))}];"
    for wires in sheet.steps:
        label = "\n".join([wires[0].symbol, *(_numbers(sheet, wire, digits) for wire in wires)])
        yield f"w{wires[0].id} [shape=box, style=rounded, label={_quoted(label)}];"


def _numbers(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    return f"{wire.name} = {sheet.value(wire, digits)}\nd{wire.name} = {sheet.gradient(wire, digits)}"


def _edges(sheet: Sheet, digits: int | None) -> Iterator[str]:
    stands_at = {wire.id: wires[0].id for wires in sheet.steps for wire in wires}
    for use in sorted(sheet.uses, key=lambda use: (use.target, use.port)):
        source, target = stands_at.get(use.source, use.source), stands_at[use.target]
        yield f"w{source} -> w{target} [headlabel={_quoted(str(use.port + 1))}];"


def _quoted(text: str) -> str:
    """A string in quotes, where only quotes and backslashes mean anything."""
    lines = (plain_text(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return '"' + "\\n".join(lines) + '"'
