"""What a legend has to explain, and how it is set under a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatewise._views.drawing import width_of
from gatewise._views.labels import SMALL_SIZE, Label
from gatewise._views.marks import AnyMark, Mark, Outline, WireLine, Word
from gatewise._views.phrases import said
from gatewise._views.plan import MARGIN

LINE = 17.0  # from one row to the next
ROUND = "↻"  # the symbol of what comes from the round before


def notes_of(marks: Iterable[AnyMark]) -> Iterator[str]:
    """What a legend has to explain: the kinds of marks there are."""
    labels, forks, dashes, ties, rounds = [], False, False, set(), False
    for mark in marks:
        if isinstance(mark, Word):
            labels.append(mark.label)
        elif isinstance(mark, Outline) and mark.tie:
            ties.add(mark.tie.label.text)
        rounds |= isinstance(mark, Outline) and mark.symbol.label.text == ROUND
        forks |= isinstance(mark, Mark) and mark.kind == "fork"
        dashes |= isinstance(mark, WireLine) and mark.is_blocked
    texts, maps = {label.text for label in labels}, [label.text for label in labels if label.heat]
    seen = {
        "signs": bool(maps),
        "shades": bool(maps),
        "size": any(text.startswith("±") for text in maps),
        "fork": forks,
        "dashed": dashes,
        "tie": said("mark.tie") in ties,
        "tie.constant": said("mark.tie.constant") in ties,
        "round": rounds,
        "stops": said("mark.stops") in texts,
        "unknown": said("mark.unknown") in texts,
    }
    return (key for key, is_there in seen.items() if is_there)


def rows_of(legend: list[Label], room: float) -> list[list[Label]]:
    """The legend's entries in rows that fit the width."""
    rows: list[list[Label]] = [[]]
    used = 0.0
    for label in legend:
        width = width_of(label.text, SMALL_SIZE)
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0.0
        rows[-1].append(label)
        used += width + 2 * MARGIN
    return rows


def set_out(rows: list[list[Label]], height: float) -> Iterator[Word]:
    """The entries in their places, under a drawing of this height."""
    for number, row in enumerate(rows):
        x, y = MARGIN, height + LINE * (number + 0.5)
        for label in row:
            yield Word(label, (x, y), (x, y), SMALL_SIZE)
            x += width_of(label.text, SMALL_SIZE) + 2 * MARGIN
