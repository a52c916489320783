"""The picture of a circuit: an SVG that a student can put into a report as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gatewise._views.drawing import Point, bent, escaped, figure, shape, width_of, words
from gatewise._views.meaning import objective
from gatewise._views.numbers import shape_text
from gatewise._views.palettes import Palette, palette_named
from gatewise._views.parts import (
    LINE,
    NOT_COMPUTED,
    RADIUS,
    SIZE,
    SMALL_SIZE,
    SYMBOL_SIZE,
    Branch,
    Label,
    Parts,
    Piece,
    collect,
    shown_name,
)
from gatewise._views.patterns import what_it_did
from gatewise._views.plan import ARROW, MARGIN, STUB, lay_out
from gatewise._views.sheet import Sheet, Wire, read
from gatewise._views.text import cells

_SIGN_SIZE = 21.0  # of a single sign such as + in its circle
_LEGEND_LINE = 17.0
_LONGEST_TOLD = 20_000


def picture(record: Mapping[str, Any], *, palette: str = "default", digits: int | None = None) -> str:
    """The circuit of a record as the text of an SVG.

    Values stand above the wires, upright and bold, gradients below, slanted; inputs are the first column. `palette` is
    one of `default`, `green-red`, `dark` and `notes`; another name is an `UnknownPaletteError`.
    """
    sheet = read(record)
    colours = palette_named(palette)
    parts = collect(sheet, digits)
    plan = lay_out(parts)
    marks = _Marks(sheet, parts, colours, digits)
    return marks.on_paper(plan.width, plan.height)


class _Marks:
    """The marks of one picture, in tape order: wires first, gates over them, words last."""

    def __init__(self, sheet: Sheet, parts: Parts, palette: Palette, digits: int | None) -> None:
        self.sheet, self.parts, self.palette, self.digits = sheet, parts, palette, digits
        self.line: dict[str, str | float] = {"fill": "none", "stroke": palette.wire, "stroke_width": 1.4}
        self.outline: dict[str, str | float] = {"fill": palette.gate, "stroke": palette.ink, "stroke_width": 1.4}

    def on_paper(self, width: float, height: float) -> str:
        legend = self._legend()
        rows = _rows(legend, width - 2 * MARGIN)
        full_width = max([width, *(2 * MARGIN + width_of(label.text, SMALL_SIZE) for label in legend)])
        full_height = height + _LEGEND_LINE * len(rows) + MARGIN / 2
        marks = [*self._wires(), *self._gates(), *self._words(), *self._legend_words(rows, height)]
        return "\n".join([self._opening(full_width, full_height), *marks, "</svg>", ""])

    def _opening(self, width: float, height: float) -> str:
        size = f'width="{figure(width)}" height="{figure(height)}" viewBox="0 0 {figure(width)} {figure(height)}"'
        told = ". ".join(self._told(wire) for wire in self.sheet.wires)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="monospace">',
                f"<title>{escaped(f'Circuit of {self.sheet.output.name}')}</title>",
                f"<desc>{escaped(told, _LONGEST_TOLD)}</desc>",
                shape("rect", class_="paper", width=width, height=height, fill=self.palette.paper),
            ]
        )

    def _told(self, wire: Wire) -> str:
        made = f" = {wire.expression}" if wire.is_gate else ""
        gradient = self.sheet.gradient(wire, self.digits) if wire.has_gradient else "not computed"
        return f"{wire.name}{made}: value {self.sheet.value(wire, self.digits)}, gradient {gradient}"

    # Wires.

    def _wires(self) -> Iterator[str]:
        branches_of: dict[int, list[Branch]] = {wire.id: [] for wire in self.sheet.wires}
        for branch in self.parts.branches:
            branches_of[branch.wire.id].append(branch)
        for id_, branches in branches_of.items():
            yield from self._fork(branches) if len(branches) > 1 else map(self._branch, branches)
            if not branches:
                yield self._loose_end(id_)

    def _fork(self, branches: list[Branch]) -> Iterator[str]:
        """A trunk to the first dot, every branch from there, and a dot where each turns off."""
        start = branches[0].points[0]
        dots = _turns(branches)
        yield shape(
            "path", class_="trunk", d=bent([start, (dots[0], start[1])]), data_from=branches[0].wire.id, **self.line
        )
        for branch in branches:
            branch.points[0] = (dots[0], start[1])
            yield self._branch(branch)
        for x in dots:
            yield shape("circle", class_="fork", cx=x, cy=start[1], r=3.2, fill=self.palette.ink)

    def _branch(self, branch: Branch) -> str:
        use = branch.uses[0] if branch.uses else None
        ends: dict[str, str | float] = (
            {"data_to": "out"} if use is None else {"data_to": use.target, "data_port": use.port}
        )
        dashes: dict[str, str | float] = {"stroke_dasharray": "4 3"} if branch.is_blocked else {}
        line = shape(
            "path", class_="use", d=bent(branch.points), data_from=branch.wire.id, **ends, **self.line, **dashes
        )
        return line + self._arrow(branch.points[-1])

    def _arrow(self, tip: Point) -> str:
        x, y = tip
        corners = ((x, y), (x - ARROW, y - 3.6), (x - ARROW, y + 3.6))
        points = " ".join(f"{figure(corner_x)},{figure(corner_y)}" for corner_x, corner_y in corners)
        return shape("polygon", class_="arrow", points=points, fill=self.palette.wire)

    def _loose_end(self, wire: int) -> str:
        """The stub of a wire that nothing uses."""
        x, y = self._start(wire)
        return shape("path", class_="trunk", d=bent([(x, y), (x + 24, y)]), data_from=wire, **self.line)

    def _start(self, wire: int) -> Point:
        piece, out = self.parts.of_wire[wire]
        offset = piece.node.outs[out]
        return piece.x + piece.side(offset), piece.node.y + offset

    # Gates.

    def _gates(self) -> Iterator[str]:
        for piece in self.parts.pieces:
            if piece.is_gate:
                wire = piece.wires[0]
                ids = " ".join(str(each.id) for each in piece.wires)
                inside = self._outline(piece) + self._symbol(piece)
                yield f'<g data-wires="{ids}"><title>{escaped(self._about(wire))}</title>{inside}</g>'

    def _about(self, wire: Wire) -> str:
        """What a pointer resting on a gate shows: how it is made, what it did, the sentence a teacher would say."""
        part = f" (part of {wire.block})" if wire.block else ""
        did = what_it_did(self.sheet, wire, self.digits)
        return ". ".join(text for text in (f"{wire.name} = {wire.expression}{part}", did, wire.says) if text)

    def _outline(self, piece: Piece) -> str:
        x, y, width, half = piece.x, piece.node.y, piece.width, piece.half_height
        if piece.is_round:
            return shape("circle", class_="gate", cx=x, cy=y, r=RADIUS, **self.outline)
        place: dict[str, str | float] = {"x": x - width / 2, "y": y - half, "width": width, "height": 2 * half, "rx": 8}
        return shape("rect", class_="gate", **place, **self.outline)

    def _symbol(self, piece: Piece) -> str:
        is_sign = cells(piece.symbol) == 1 and not piece.symbol.isalnum()
        size = _SIGN_SIZE if is_sign else SYMBOL_SIZE
        drop = size * (0.42 if piece.symbol == "*" else 0.34)  # an asterisk hangs high in its line
        y = piece.node.y + drop
        return words(piece.symbol, piece.x, y, size, class_="symbol", text_anchor="middle", fill=self.palette.ink)

    # Words.

    def _words(self) -> Iterator[str]:
        for wire in self.sheet.wires:
            if not wire.is_gate:
                yield from self._input_name(wire)
            yield from self._stack(wire)
        for branch in self.parts.branches:
            if branch.label is not None:
                x, y = branch.points[-1]
                yield self._word(branch.label, x - ARROW - 3, y + 12, SMALL_SIZE, text_anchor="end")
        yield self._output_name()

    def _input_name(self, wire: Wire) -> Iterator[str]:
        x, y = self._start(wire.id)
        name = Label(shown_name(wire.name), "name", wire.name)
        yield self._word(name, x - 6, y + 4.5, SIZE, text_anchor="end")
        if wire.shape:
            shown = Label(shape_text(wire.shape), "shape")
            yield self._word(shown, x - 6, y + 4.5 + LINE, SMALL_SIZE, text_anchor="end")

    def _stack(self, wire: Wire) -> Iterator[str]:
        piece, out = self.parts.of_wire[wire.id]
        above, below = piece.stacks[out]
        x, y = self._start(wire.id)
        for line, label in enumerate(above):
            yield self._word(label, x + STUB, y - 5 - LINE * (len(above) - 1 - line), SIZE)
        for line, label in enumerate(below):
            yield self._word(label, x + STUB, y + LINE * (line + 1), SIZE)

    def _output_name(self) -> str:
        x, y = self.parts.branches[-1].points[-1]
        name = self.sheet.output.name
        return self._word(Label(shown_name(name), "name", name), x + 6, y + 4.5, SIZE)

    def _word(self, label: Label, x: float, y: float, size: float, **pairs: str) -> str:
        style = {"class_": label.kind, "fill": self._colour(label)}
        if label.kind == "value":
            style["font_weight"] = "bold"
        if label.kind in ("gradient", "branch"):
            style["font_style"] = "italic"
        if label.is_loud:
            style |= {"class_": f"{label.kind} loud", "text_decoration": "underline"}
        return words(label.text, x, y, size, title=label.title, **style, **pairs)

    def _colour(self, label: Label) -> str:
        palette = self.palette
        if label.is_loud:
            return palette.loud
        coloured = {"value": palette.value, "gradient": palette.gradient, "branch": palette.gradient}
        return coloured.get(label.kind, palette.quiet if label.kind in ("shape", "note") else palette.ink)

    # The legend.

    def _legend(self) -> list[Label]:
        """The marks this picture uses, and only those."""
        whose = shown_name(objective(self.sheet))
        marks = [Label("bold above: value", "value"), Label(f"slanted below: gradient of {whose}", "gradient")]
        labels = [branch.label for branch in self.parts.branches if branch.label is not None]
        if len({branch.wire.id for branch in self.parts.branches}) < len(self.parts.branches):
            marks.append(Label("● fork: the gradients of its branches add", "note"))
        if any(branch.is_blocked for branch in self.parts.branches):
            marks.append(Label("dashed: a max or a mask routed the gradient away", "note"))
        if any(label.text == "stops" for label in labels):
            marks.append(Label("stops: a comparison passes no gradient", "note"))
        if any(not wire.has_gradient for wire in self.sheet.wires):
            marks.append(Label(f"{NOT_COMPUTED} not computed", "note"))
        return marks

    def _legend_words(self, rows: list[list[Label]], height: float) -> Iterator[str]:
        for number, row in enumerate(rows):
            x = MARGIN
            for label in row:
                yield self._word(label, x, height + _LEGEND_LINE * (number + 0.5), SMALL_SIZE)
                x += width_of(label.text, SMALL_SIZE) + 2 * MARGIN


def _turns(branches: list[Branch]) -> list[float]:
    """Where branches leave the trunk, from the left; if none goes straight on, the last needs no dot."""
    turns = sorted(branch.points[1][0] for branch in branches if len(branch.points) > 2)
    return turns if len(turns) < len(branches) else turns[:-1]


def _rows(legend: list[Label], room: float) -> list[list[Label]]:
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
