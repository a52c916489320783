"""A loop as lines: its two heads, and what is in it as one line of several until the text is whole."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._source.looped.parts import Rounds
from gatewise._source.statements import TextLine


def in_one(head: str, lines: Sequence[TextLine]) -> TextLine:
    """A loop as one line of several."""
    inside = [str(TextLine(f"    {x}", line.mark, line.said)) for line in lines for x in line.code.split("\n")]
    return TextLine("\n".join([head, *(inside or ["    pass"])]))


def one_by_one(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines with those of each loop by themselves."""
    return [x for line in lines for x in ([line] if "\n" not in line.code else map(TextLine, line.code.split("\n")))]


def mark(part: Rounds) -> str:
    """What stands for a loop back until it is written."""
    return f"ꙮloop{id(part)}"


def heads(part: Rounds, bound: str) -> tuple[str, str]:
    """The two heads of a loop, forward and back."""
    counting = part.repeat.counting
    if bound:
        text = literal(counting.counts)
        return f"for {part.counter} in {text}:", f"for {part.counter} in reversed({text}):"
    told = str(counting.told)
    back = told.removeprefix("reversed(").removesuffix(")") if counting.back else f"reversed({told})"
    return f"for {part.counter} in {told}:", f"for {part.counter} in {back}:"


def literal(counts: range) -> str:
    if counts == range(len(counts)):
        return f"range({len(counts)})"
    step = f", {counts.step}" if counts.step != 1 else ""
    return f"range({counts.start}, {counts.stop}{step})"
