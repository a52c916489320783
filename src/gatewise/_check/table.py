"""The table of changes: what is done to a line, or to a part of it, to undo a mistake that people make.

A row is a function that makes what might have been meant, with what is said of it; it has a kind, a rank, and the
places where it is tried. Rows stand in the order of their ranks, and within one in that in which they are entered.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import Generic, Literal, TypeVar

from gatewise._check.scope import Scope

Node = TypeVar("Node", ast.expr, ast.stmt)
Other = TypeVar("Other", ast.expr, ast.stmt)


class Rank(IntEnum):
    """How near a change lies to what people do; the nearest comes first."""

    SLIP = auto()  #: a sign, an operator, an axis that is kept
    OPERANDS = auto()  #: in each other's place
    SIGN = auto()  #: one that is missing, or stands inside
    FACTOR = auto()  #: another length or constant in the place of one
    LENGTH = auto()  #: a length or a constant that is missing
    SUM = auto()  #: over another axis, or too many; parts in another order
    STRETCH = auto()  #: a sum that is missing
    TURN = auto()  #: a matrix on its side
    CHOICE = auto()  #: another mask; a factor of the line once more
    NAME = auto()  #: another one, or a mask that is missing: from here on it need not be what was meant
    LOCAL = auto()  #: another local gradient
    FAR = auto()  #: it leaves out what a line computes, or puts in what was nowhere


Made = Iterator[tuple[ast.expr, str]]  #: expressions in the place of one, each with what is said of it
MadeLines = Iterator[tuple[ast.stmt, str]]
Makes = Callable[[ast.expr, Scope], Made]
MakesLines = Callable[[ast.stmt, Scope], MadeLines]


@dataclass(frozen=True)
class Row:
    """One way to go wrong, undone: in parts of a line, in all of its right-hand side, in both, or in its statement."""

    name: str
    kind: str
    rank: Rank
    place: int  #: in the table
    whole: bool
    parts: bool
    make: Makes


@dataclass(frozen=True)
class LineRow:
    """One way to go wrong with a whole statement, undone."""

    name: str
    kind: str
    rank: Rank
    place: int
    make: MakesLines


@dataclass(frozen=True)
class Change(Generic[Node]):
    """Another expression (or statement) in the place of the student's; `whole`, of all of the right-hand side."""

    rank: Rank
    place: int  #: of its row in the table
    kind: str
    node: Node
    detail: str = ""
    whole: bool = False

    @property
    def order(self) -> tuple[int, int]:
        """The plainer change comes first."""
        return self.rank, self.place

    def with_node(self, node: Other) -> Change[Other]:
        """The same change, written into another node."""
        return Change(self.rank, self.place, self.kind, node, self.detail, self.whole)


ROWS: list[Row] = []
LINE_ROWS: list[LineRow] = []


def row(kind: str, rank: Rank, of: Literal["parts", "line", "both"] = "parts") -> Callable[[Makes], Makes]:
    """Enters a function into the table."""

    def enter(make: Makes) -> Makes:
        ROWS.append(Row(make.__name__, kind, rank, len(ROWS) + len(LINE_ROWS), of != "parts", of != "line", make))
        return make

    return enter


def line_row(kind: str, rank: Rank) -> Callable[[MakesLines], MakesLines]:
    """Enters a function of whole statements into the table."""

    def enter(make: MakesLines) -> MakesLines:
        LINE_ROWS.append(LineRow(make.__name__, kind, rank, len(ROWS) + len(LINE_ROWS), make))
        return make

    return enter
