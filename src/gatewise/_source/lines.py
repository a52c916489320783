"""A line of the text: its code, and which names it gives a value, writes into, and reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gatewise._source.spelling import Text, names_of

COMMENT = 51  # the column of what stands behind a line
NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class TextLine:
    """One line of the text: code, the number of its stage in the forward pass, what it says of shapes.

    It gives a value to the names that it `binds` and writes into the arrays of those that it `changes`; `reads` are all
    whose values it uses: `x += y` and `x[0] = y` use x.
    """

    code: str
    mark: str = ""
    said: str = ""
    binds: frozenset[str] = NONE
    changes: frozenset[str] = NONE
    reads: frozenset[str] = NONE

    def __str__(self) -> str:
        behind = "  ".join(part for part in (self.mark, self.said) if part)
        gap = 4 if self.said and not self.mark else 2
        return f"{self.code}{' ' * max(gap, COMMENT - len(self.code))}# {behind}" if behind else self.code


def assigned(name: str, value: Text | str, said: str = "") -> TextLine:
    """`name = value`; an entry of a dict is written into it."""
    reads, names = names_of(value), names_of(name)
    if name.isidentifier():
        return TextLine(f"{name} = {value}", "", said, names, NONE, reads)
    return TextLine(f"{name} = {value}", "", said, NONE, names, reads | names)


def changed(name: str, sign: str, value: Text | str, said: str = "") -> TextLine:
    """`name += value` and its like."""
    names = names_of(name)
    reads, binds = names | names_of(value), names if name.isidentifier() else NONE
    return TextLine(f"{name} {sign}= {value}", "", said, binds, names, reads)


def written_into(name: str, code: Text) -> TextLine:
    """A line that writes into the array that has a name: `name[0] = y`, `name.append(y)`."""
    names = names_of(name)
    return TextLine(code.text, "", "", NONE, names, code.names | names)


def together(lines: Iterable[TextLine]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What several lines bind, change and read."""
    given = [*lines]
    return (
        NONE.union(*(x.binds for x in given)),
        NONE.union(*(x.changes for x in given)),
        NONE.union(*(x.reads for x in given)),
    )
