"""Writing: tables in colour on a terminal, plain text everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from gatewise._views.text import cells, pad, pad_left

if TYPE_CHECKING:
    from rich.console import Console

Row = Sequence[str]
STYLES = {"value": "bold", "gradient": "italic red", "numerical": "dim"}
WHOLE = {"wire", "value", "gradient", "numerical", "gate"}  # columns whose entries are not broken over lines


def on_terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def write(text: str) -> None:
    """Text on standard output, as it is."""
    click.echo(text)


def draw_table(header: Row, rows: Sequence[Row], to_the_right: Sequence[int] = ()) -> None:
    """A table; the columns `to_the_right` hold numbers."""
    if on_terminal():
        rich_table(header, rows, to_the_right)
    else:
        write(plain_table(header, rows, to_the_right))


def plain_table(header: Row, rows: Sequence[Row], to_the_right: Sequence[int] = ()) -> str:
    """The table in fixed-width text.

    >>> print(plain_table(("gate", "n"), [("add", "2"), ("exp", "11")], [1]))
    gate   n
    ----  --
    add    2
    exp   11
    """
    lines = (header, *rows)
    widths = [max(cells(line[column]) for line in lines) for column in range(len(header))]

    def joined(line: Row) -> str:
        padded = ((pad_left if k in to_the_right else pad)(text, widths[k]) for k, text in enumerate(line))
        return "  ".join(padded).rstrip()

    return "\n".join([joined(header), "  ".join("-" * width for width in widths), *map(joined, rows)])


def rich_table(header: Row, rows: Sequence[Row], to_the_right: Sequence[int]) -> None:
    """The table as rich draws it; NO_COLOR and the terminal's width are rich's business."""
    from rich import box  # loading rich takes as long as the rest of a `show`
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, name in enumerate(header):
        table.add_column(
            name,
            justify="right" if column in to_the_right else "left",
            style=STYLES.get(name),
            no_wrap=name in WHOLE,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(text) for text in row))
    console().print(table)


def console() -> Console:
    """Standard output as rich sees it; what is printed is data, never markup."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def write_paragraphs(lines: Sequence[str]) -> None:
    """Lines of prose, broken between words on a terminal."""
    for line in lines:
        if on_terminal():
            console().print(line)
        else:
            write(line)
