"""Walking through a circuit one gate a step, forward and then backward: the pure text of every position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gatewise._views.card import accumulated, backward_part, forward_part, open_sum
from gatewise._views.numbers import DASH, number, quantity
from gatewise._views.patterns import what_it_did
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Wire, read
from gatewise._views.text import cells, pad_left, padded_to, plain_text, shorten_between_words

LIT, UNLIT = "> ", "  "
_HEADER = ("wire", "made", "value", "gradient")
_WIDEST_EXPRESSION = 40
_FEWEST_ROWS = 3  # of a list that is cut: a line before, the lit one, a line after


@dataclass(frozen=True)
class WalkStep:
    """One event of the walk: a gate gone through, forward or backward, and its lines of code.

    `wire` is the id of the wire that the gate made, `uses` are the positions in the record's uses that a step backward
    writes contributions to.
    """

    wire: int
    is_backward: bool
    uses: tuple[int, ...]
    code: tuple[str, ...]

    @property
    def direction(self) -> str:
        """The way the gate is gone through."""
        return "backward" if self.is_backward else "forward"


def steps(sheet: Sheet) -> list[WalkStep]:
    """The events of a circuit in order: its gates forward, then the sweep."""
    made = [sheet.wires[id_] for id_ in sheet.forward]
    forward = [
        WalkStep(wire.id, False, (), (f"{wire.name} = {wire.expression}",))
        for wire in made
        if wire.is_gate  # a cut wire was made by a gate once, and is an input now
    ]
    begun: set[str] = set()
    backward = [WalkStep(each.wire, True, each.uses, tuple(accumulated(each.code, begun))) for each in sheet.backward]
    return forward + backward


def walk_text(
    record: Mapping[str, object],
    position: int,
    *,
    digits: int | None = None,
    rows: int | None = None,
    columns: int | None = None,
) -> str:
    """One screen of the walk: what step `position` does, the wires as they stand after it, the code with its line lit.

    Position 0 is the start, where only the inputs have values. With `rows` and `columns` the text is cut to fit, around
    what is lit; lit lines begin with `>`.
    """
    return Walk(record, digits).screen(position, rows, columns)


def walk_blocks(record: Mapping[str, object], *, digits: int | None = None) -> list[str]:
    """The whole walk as text to read in one go: the inputs, then a block a step."""
    walk = Walk(record, digits)
    return [walk.block(position) for position in range(len(walk.steps) + 1)]


class Walk:
    """A record with its steps, to be shown at any position."""

    def __init__(self, record: Mapping[str, object], digits: int | None = None) -> None:
        self.sheet: Sheet = read(record)
        self.steps = steps(self.sheet)
        self.digits = digits
        self.forward = sum(not step.is_backward for step in self.steps)

    def block(self, position: int) -> str:
        """What happens at one position, without the list of wires."""
        if position == 0:
            return "\n".join([self._head(0), *(f"{UNLIT}{line}" for line in self._given())])
        return "\n".join([self._head(position), *self._part(position), *self._lit_code(position)])

    def screen(self, position: int, rows: int | None = None, columns: int | None = None) -> str:
        """The position in full, cut to a number of rows and columns where these are given."""
        lines = [self._head(position), *self._part(position), ""]
        table, code = self._table(position, columns), self._code(position)
        if rows is not None:
            table, code = _shared_out(table, code, rows - len(lines) - 1)
        lines += [*table, *([""] if code else []), *code]
        if rows is not None and len(lines) > rows:
            lines = [*lines[: max(rows - 1, 0)], "..."][: max(rows, 0)]
        return "\n".join(
            line.rstrip() if columns is None else shorten_between_words(line.rstrip(), columns) for line in lines
        )

    def _head(self, position: int) -> str:
        place = said("walk.place", step=str(position), all=str(len(self.steps)))
        if position == 0:
            return f"{place}   {said('walk.start' if self.steps else 'walk.none')}"
        step = self.steps[position - 1]
        wire = self.sheet.wires[step.wire]
        head = [place, said(f"walk.{step.direction}.through", made=wire.made)]
        head += [what_it_did(self.sheet, wire, self.digits)] if step.is_backward else []
        head += [said("walk.source", line=str(wire.line), text=plain_text(wire.text))] if wire.line is not None else []
        loop = self.sheet.loop_of(wire)
        return "   ".join(head if loop is None else [*head, loop.place])

    def _given(self) -> list[str]:
        return [f"{plain_text(w.name)} = {self.sheet.value(w, self.digits)}" for w in self.sheet.wires if not w.is_gate]

    def _part(self, position: int) -> list[str]:
        """The lines of the gate's card for the way it is gone through."""
        if position == 0:
            return []
        step = self.steps[position - 1]
        wire = self.sheet.wires[step.wire]
        if not step.is_backward:
            return forward_part(self.sheet, wire, self.digits)
        return [line.rstrip() for line in backward_part(self.sheet, wire, self._swept(position), self.digits)]

    def _swept(self, position: int) -> set[int]:
        """The gates that the way back has gone through, by the ids of their wires."""
        return {step.wire for step in self.steps[self.forward : position]}

    # ----------------------------------------------------------------------------------------------------- the wires

    def _table(self, position: int, columns: int | None) -> list[str]:
        """The list of wires, its head first; in a narrow window without how they are made."""
        swept = self._swept(position)
        made = {step.wire for step in self.steps[: min(position, self.forward)]}
        rows = [
            tuple(said(f"head.{key}") for key in _HEADER),
            *(self._row(wire, position, made, swept) for wire in self.sheet.wires),
        ]
        current = self.steps[position - 1].wire if position else None
        marks = [UNLIT, *(LIT if wire.id == current else UNLIT for wire in self.sheet.wires)]
        table = [mark + row for mark, row in zip(marks, _aligned(rows, (0, 1, 2, 3)), strict=True)]
        if columns is None or max(map(cells, table)) <= columns:
            return table
        return [mark + row for mark, row in zip(marks, _aligned(rows, (0, 2, 3)), strict=True)]

    def _row(self, wire: Wire, position: int, made: set[int], swept: set[int]) -> tuple[str, ...]:
        how = plain_text(wire.expression, _WIDEST_EXPRESSION) if wire.is_gate else plain_text(wire.origin)
        value = self.sheet.value(wire, self.digits) if not wire.is_gate or wire.id in made else DASH
        return plain_text(wire.name), how, value, self._gradient(wire, position, swept)

    def _gradient(self, wire: Wire, position: int, swept: set[int]) -> str:
        """The gradient once all of it has come; before that what has come so far, or a dash."""
        users = {use.target for use in self.sheet.uses_of[wire.id]} & self.sheet.code.keys()
        came = users & swept
        begun = (
            position > self.forward if wire.id == self.sheet.output.id else bool(came) or position == len(self.steps)
        )
        if not begun:
            return DASH
        if came == users:
            return self.sheet.gradient(wire, self.digits)
        uses = [use for use in self.sheet.uses_of[wire.id] if use.target in swept and use.contribution is not None]
        if wire.shape:
            return said("walk.came", count=str(len(came)), all=str(len(users)))
        parts = [use.contribution for use in uses]
        parts += [self.sheet.upstream] if wire.id == self.sheet.output.id else []
        return open_sum([quantity(part, None, self.digits) for part in parts])

    # ------------------------------------------------------------------------------------------------------ the code

    def _code(self, position: int) -> list[str]:
        """The code of the whole walk, with the lines of this step lit."""
        lines: list[str] = []
        for number_, step in enumerate(self.steps, start=1):
            if step.is_backward and number_ == self.forward + 1:
                lines.append(f"{UNLIT}d{plain_text(self.sheet.output.name)} = {self._upstream()}")
            mark = LIT if number_ == position else UNLIT
            lines += [mark + plain_text(line) for line in step.code]
        return lines

    def _lit_code(self, position: int) -> list[str]:
        return [LIT + plain_text(line) for line in self.steps[position - 1].code]

    def _upstream(self) -> str:
        upstream = self.sheet.upstream
        return quantity(upstream, None, self.digits) if isinstance(upstream, list) else number(upstream, self.digits)


def _aligned(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> list[str]:
    """Some columns of the rows beside each other, the numbers to the right."""
    widths = {k: max(cells(row[k]) for row in rows) for k in columns}
    return ["  ".join((padded_to if k < 2 else pad_left)(row[k], widths[k]) for k in columns).rstrip() for row in rows]


def _shared_out(table: list[str], code: list[str], room: int) -> tuple[list[str], list[str]]:
    """The wires and the code cut to share `room` lines; where there is little room the wires come first."""
    if len(table) + len(code) <= room:
        return table, code
    if room < 2 * _FEWEST_ROWS + 1:
        return [table[0], *_window(table[1:], room)], []
    half = room // 2
    for_code = min(len(code), max(half, room - len(table)))
    kept = [table[0], *_window(table[1:], room - for_code - 1)]
    return kept, _window(code, for_code)


def _window(lines: list[str], room: int) -> list[str]:
    """As many lines as there is room for around the lit ones, and where lines are left out a line that says so."""
    if len(lines) <= room or room < _FEWEST_ROWS:
        lit = [line for line in lines if line.startswith(LIT)] or lines
        return lines if len(lines) <= room else lit[: max(room, 0)]
    lit_at = next((k for k, line in enumerate(lines) if line.startswith(LIT)), 0)
    first = min(max(0, lit_at - room // 2), len(lines) - room)
    kept = lines[first : first + room]
    if first > 0:
        kept[0] = UNLIT + said("walk.above", count=str(first + 1))
    if (below := len(lines) - first - room) > 0:
        kept[-1] = UNLIT + said("walk.below", count=str(below + 1))
    return kept
