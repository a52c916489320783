"""A loop as lines: its two heads, and what is in it as one line of several until the text is whole."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._source.lines import NONE, TextLine, together
from gatewise._source.looped.parts import Rounds


def in_one(head: TextLine, lines: Sequence[TextLine]) -> TextLine:
    """A loop as one line of several."""
    inside = [str(TextLine(f"    {x}", line.mark, line.said)) for line in lines for x in line.code.split("\n")]
    return TextLine("\n".join([head.code, *(inside or ["    pass"])]), "", "", *together([head, *lines]))


def one_by_one(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines with those of each loop by themselves."""
    return [x for line in lines for x in ([line] if "\n" not in line.code else map(TextLine, line.code.split("\n")))]


def mark(part: Rounds) -> str:
    """What stands for a loop back until it is written."""
    return f"ꙮloop{id(part)}"


def heads(part: Rounds, bound: str) -> tuple[TextLine, TextLine]:
    """The two heads of a loop, forward and back."""
    counting = part.repeat.counting
    told = counting.told
    if bound or told is None:
        text, names, back = literal(counting.counts), NONE, f"reversed({literal(counting.counts)})"
    else:
        text, names = str(told), told.names
        back = text.removeprefix("reversed(").removesuffix(")") if counting.back else f"reversed({text})"
    return head(part.counter, text, names), head(part.counter, back, names)


def head(counter: str, counts: str, names: frozenset[str]) -> TextLine:
    return TextLine(f"for {counter} in {counts}:", binds=frozenset((counter,)), reads=names)


def literal(counts: range) -> str:
    if counts == range(len(counts)):
        return f"range({len(counts)})"
    step = f", {counts.step}" if counts.step != 1 else ""
    return f"range({counts.start}, {counts.stop}{step})"
