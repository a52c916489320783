"""The ledger: one row a wire, and under it what the numbers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatewise._views.checks import derivative_text
from gatewise._views.looped import of_all_rounds, of_loops, series
from gatewise._views.meaning import meaning
from gatewise._views.numbers import DASH, quantity, shape_text
from gatewise._views.patterns import what_it_did
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Use, Wire, read
from gatewise._views.text import cells, pad_left, padded_to, plain_text

_WIDEST_EXPRESSION = 60
_TO_THE_RIGHT = ("value", "gradient", "numerical")


@dataclass(frozen=True)
class LedgerRows:
    """A ledger as data: the column heads, a row of texts a wire, the lines that go under the table.

    `numeric` are the columns of numbers.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    meaning: tuple[str, ...]
    numeric: frozenset[int]

    def is_right_aligned(self, column: int) -> bool:
        """Whether a column holds numbers, which stand right."""
        return column in self.numeric


def ledger_rows(record: Mapping[str, object], *, digits: int | None = None) -> LedgerRows:
    """The ledger of a record as data.

    The column of shapes is there when some wire is an array or not float64, the column of numerical derivatives when
    something was checked.
    """
    sheet = read(record)
    columns = {"wire": _name, "made": _made_by}
    if any(wire.shape or wire.dtype != "float64" for wire in sheet.wires):
        columns["shape"] = _shape
    columns |= {"value": _value, "gradient": _gradient}
    if sheet.checks:
        columns["numerical"] = _numerical
    columns |= {"locals": _locals, "did": what_it_did}
    told = [wire for wire in sheet.wires if wire.role not in ("each", "before", "after")]  # other rows tell of these
    rows = tuple(tuple(cell(sheet, wire, digits) for cell in columns.values()) for wire in told)
    numeric = frozenset(place for place, key in enumerate(columns) if key in _TO_THE_RIGHT)
    under = (*of_loops(sheet), *meaning(sheet, digits))
    return LedgerRows(tuple(said(f"head.{key}") for key in columns), rows, under, numeric)


def ledger(record: Mapping[str, object], *, digits: int | None = None) -> str:
    """The ledger of a record as plain text for a fixed-width font."""
    table = ledger_rows(record, digits=digits)
    lines = (table.header, *table.rows)
    widths = [max(cells(line[column]) for line in lines) for column in range(len(table.header))]
    text = [_line(table, line, widths) for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join([*text, "", *table.meaning])


def _line(table: LedgerRows, line: tuple[str, ...], widths: list[int]) -> str:
    padded = (
        pad_left(text, width) if table.is_right_aligned(column) else padded_to(text, width)
        for column, (text, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(padded).rstrip()


def _name(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    count = of_all_rounds(sheet, wire)
    return plain_text(wire.name) if count is None else said("loop.rounds", name=plain_text(wire.name), count=count)


def _made_by(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    return plain_text(wire.expression, _WIDEST_EXPRESSION) if wire.is_gate else plain_text(wire.origin)


def _shape(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    return f"{shape_text(wire.shape) or said('scalar')} {plain_text(wire.dtype)}"


def _value(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    return series(sheet, wire, "value", digits) or sheet.value(wire, digits)


def _gradient(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    if over_rounds := series(sheet, wire, "gradient", digits):
        return over_rounds
    gradient = sheet.gradient(wire, digits)
    return said("ledger.away", gradient=gradient) if sheet.is_routed_away(wire) else gradient


def _numerical(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    check = sheet.checks.get(wire.id)
    if check is None:
        return DASH if wire.kind == "input" else ""
    return derivative_text(check, digits)


def _locals(sheet: Sheet, wire: Wire, digits: int | None) -> str:
    by_source: dict[int, list[Use]] = {}
    for use in sheet.operands[wire.id]:
        by_source.setdefault(use.source, []).append(use)
    return ", ".join(_local(sheet, wire, uses, digits) for uses in by_source.values())


def _local(sheet: Sheet, wire: Wire, uses: list[Use], digits: int | None) -> str:
    numbers = " and ".join(local_text(use, digits) for use in uses)
    return f"d{plain_text(wire.name)}/d{plain_text(sheet.wires[uses[0].source].name)} = {numbers}"


def local_text(use: Use, digits: int | None = None) -> str:
    """A local gradient, and whether it was routed away."""
    shown = locally(use, digits)
    return said("away", text=shown) if use.blocked else shown


def locally(use: Use, digits: int | None = None) -> str:
    """A local gradient: the number where it is one, else its symbols."""
    if use.local_text and (use.local is None or isinstance(use.local, list)):
        return plain_text(use.local_text)
    return quantity(use.local, None, digits)
