"""Writing: tables in colour on a terminal, as wide as it is; plain text everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from gatewise._cli.tables import GAP, Column, broken_line, laid_out
from gatewise._views.text import cells, pad_left, padded_to

if TYPE_CHECKING:
    from rich.console import Console

Row = Sequence[str]
STYLES = {"value": "bold", "gradient": "italic red", "numerical": "dim"}


def on_terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def write_out(text: str) -> None:
    """Text on standard output, as it is."""
    click.echo(text)


def draw_table(header: Row, rows: Sequence[Row], to_the_right: Sequence[int] = ()) -> None:
    """A table; the columns `to_the_right` hold numbers."""
    if on_terminal():
        rich_table(header, rows, to_the_right)
    else:
        write_out(plain_table(header, rows, to_the_right))


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
        padded = ((pad_left if k in to_the_right else padded_to)(text, widths[k]) for k, text in enumerate(line))
        return GAP.join(padded).rstrip()

    return "\n".join([joined(header), GAP.join("-" * width for width in widths), *map(joined, rows)])


def rich_table(header: Row, rows: Sequence[Row], to_the_right: Sequence[int]) -> None:
    """The table within the terminal's width, its columns in colour; NO_COLOR is rich's business."""
    from rich.text import Text  # loading rich takes as long as the rest of a `show`

    columns = [Column(head, [row[k] for row in rows], k in to_the_right) for k, head in enumerate(header)]
    screen = console()
    for line in laid_out(columns, screen.width):
        told = Text()
        is_head = bool(line) and all(head == text.strip() for head, text in line)
        for k, (head, text) in enumerate(line):
            told.append(GAP if k else "")
            told.append(text, "bold" if is_head else STYLES.get(head, ""))
        told.rstrip()
        screen.print(told, no_wrap=True, overflow="ignore", crop=False)


def console() -> Console:
    """Standard output as rich sees it; what is printed is data, never markup."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def write_fitted(text: str) -> None:
    """Prose and numbers on standard output."""
    write_out(fitted(text))


def fitted(text: str) -> str:
    """Prose and numbers; on a terminal no line is wider than it, and no word is broken."""
    if not on_terminal():
        return text
    width = console().width
    return "\n".join(part for line in text.split("\n") for part in broken_line(line, width))
