"""Tables laid out for a window: a number or a name is whole or not there.

A column that does not fit goes into a block below, with the first column again; prose is broken between words. Where
not even one column fits beside the first, it goes onto the line below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatewise._views.text import cells, pad_left, padded_to

GAP = "  "
PROSE = {"made by", "local gradients", "what the gate does", "what it does to gradients", "what it is about"}
NARROWEST = 16  # of a column of prose, where its text is longer than that

LABEL = re.compile(r" {2,}\S{1,11} {2,}(?=\S)")  # in front of a line of a card or a report

Piece = tuple[str, str]  #: a column's head and a text in it, padded


@dataclass(frozen=True)
class Column:
    """One column: its head, a text a row, and whether it holds numbers, which stand right."""

    head: str
    texts: Sequence[str]
    is_right: bool = False

    @property
    def natural(self) -> int:
        """The width it would like to have."""
        return max(map(cells, (self.head, *self.texts)))

    @property
    def least(self) -> int:
        """The width it needs: prose can be broken between words."""
        if self.head not in PROSE:
            return self.natural
        words = (word for text in (self.head, *self.texts) for word in text.split())
        return min(self.natural, max(NARROWEST, *map(cells, words)))

    def put(self, text: str, width: int) -> Piece:
        return self.head, (pad_left if self.is_right else padded_to)(text, width)


def in_blocks(columns: Sequence[Column], width: int) -> list[list[Column]]:
    """The columns in as many tables as they need, each with the first column in front."""
    key, *rest = columns
    blocks = [[key]]
    for column in rest:
        if len(blocks[-1]) > 1 and least_width([*blocks[-1], column]) > width:
            blocks.append([key])
        blocks[-1].append(column)
    return blocks


def least_width(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + len(GAP) * (len(columns) - 1)


def widths(columns: Sequence[Column], width: int) -> list[int]:
    """What each column gets: what it needs, and an even share of what is left, up to what it would like."""
    given = [column.least for column in columns]
    spare = width - least_width(columns)
    while spare > 0 and (short := [k for k, column in enumerate(columns) if given[k] < column.natural]):
        for k in short[:spare]:
            given[k] += 1
        spare -= len(short[:spare])
    return given


def laid_out(columns: Sequence[Column], width: int) -> list[list[Piece]]:
    """The lines of a table, each as its pieces; a rule has no head."""
    blocks = in_blocks(columns, width)
    lines: list[list[Piece]] = []
    for block in blocks:
        rows = [k for k in range(len(columns[0].texts)) if len(blocks) == 1 or any(c.texts[k] for c in block[1:])]
        lines += [[]] if lines else []
        lines += table_lines(block, rows, width) if least_width(block) <= width else below(block, rows, width)
    return lines


def table_lines(block: Sequence[Column], rows: Sequence[int], width: int) -> Iterator[list[Piece]]:
    """A table with a head, a rule, and each row on as many lines as its prose takes."""
    given = widths(block, width)
    yield from row_lines(block, [column.head for column in block], given)
    yield [("", GAP.join("─" * each for each in given))]
    for k in rows:
        yield from row_lines(block, [column.texts[k] for column in block], given)


def row_lines(block: Sequence[Column], texts: Sequence[str], given: Sequence[int]) -> Iterator[list[Piece]]:
    parts = [broken(text, each) for text, each in zip(texts, given, strict=True)]
    for k in range(max(map(len, parts))):
        lines = [part[k] if k < len(part) else "" for part in parts]
        yield [column.put(line, each) for column, line, each in zip(block, lines, given, strict=True)]


def below(block: Sequence[Column], rows: Sequence[int], width: int) -> Iterator[list[Piece]]:
    """Each row as the first column's text, and under it the others with their heads."""
    key, *others = block
    for k in rows:
        yield [(key.head, key.texts[k])]
        for column in others:
            first, *more = broken(column.texts[k], max(1, width - len(GAP) - cells(column.head) - 1))
            yield [("", f"{GAP}{column.head}"), (column.head, first)]
            yield from ([("", GAP), (column.head, line)] for line in more)


def broken(text: str, width: int) -> list[str]:
    """The text on lines of at most so many cells, broken between words; a longer word stays whole.

    >>> broken("add passes the whole gradient to both", 14)
    ['add passes the', 'whole gradient', 'to both']
    """
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cells(lines[-1]) + 1 + cells(word) > width:
            lines.append(word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return lines


def broken_line(line: str, width: int) -> list[str]:
    """A line of a page, broken where it has gaps, else between words; what follows is indented, past a label in front.

    >>> broken_line("  x  right   relative error 1e-10   2 entries", 30)
    ['  x  right', '     relative error 1e-10', '     2 entries']
    """
    if cells(line) <= width:
        return [line]
    label = LABEL.match(line)
    start = label[0] if label else line[: len(line) - len(line.lstrip())]
    further = " " * cells(start) if label else start + GAP
    found: list[str] = []
    for part in re.split(r"(?<=\S)(?= {2,}\S)", line[len(start) :]):
        if found and cells(found[-1] + part) <= width:
            found[-1] += part
        else:
            pieces = broken(part.lstrip(), max(1, width - cells(further)))
            found += [f"{further if found else start}{pieces[0]}", *(f"{further}{piece}" for piece in pieces[1:])]
    return found
