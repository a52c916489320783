"""A picture as marks with places: every level of a circuit turned into lines, outlines and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gatewise._views.drawing import Point, width_of
from gatewise._views.elastic import Placed, place
from gatewise._views.groups import Fold, gates_drawn, grouped, hidden_gates
from gatewise._views.labels import LINE, SIZE, SMALL_SIZE, SYMBOL_SIZE, Label, shown_name
from gatewise._views.legend import LINE as LEGEND_LINE
from gatewise._views.legend import notes_of, rows_of, set_out
from gatewise._views.marks import AnyMark, Mark, Outline, Scene, View, WireLine, Word, all_views
from gatewise._views.meaning import objective
from gatewise._views.members import Group, Part
from gatewise._views.numbers import shape_text
from gatewise._views.parts import Branch, Level, Piece, collect
from gatewise._views.patterns import tie, what_it_did
from gatewise._views.phrases import said
from gatewise._views.plan import ARROW, MARGIN, STUB, lay_out
from gatewise._views.sheet import Sheet, Wire, read
from gatewise._views.text import cells

DEEPEST = 2000  # gates up to which a page can open what is closed
_ALIKE = 400  # gates up to which a group looks the same from outside, open or closed, in every picture of a circuit
SIGN_SIZE = 21.0  # of a single sign such as + in its circle
TIE_SIZE = 9.0  # of what stands under the symbol of a gate
CUT = ((-3.0, 5.0), (0.0, -5.0)), ((1.0, 5.0), (4.0, -5.0))  # the two strokes through a wire that was cut


def scene_of(
    record: Mapping[str, object], *, digits: int | None = None, fold: Fold = None, live: bool = False
) -> Scene:
    """The picture of a record. `live` also draws the insides of closed groups. Raises `FoldError`."""
    sheet = read(record)
    parts = grouped(sheet, fold)
    level = collect(sheet, parts, digits, len(sheet.steps) <= (DEEPEST if live else _ALIKE))
    lay_out(level)
    return _MarkMaker(sheet, digits, live).scene(level, parts)


class _MarkMaker:
    """Turns levels into marks."""

    def __init__(self, sheet: Sheet, digits: int | None, live: bool) -> None:
        self.sheet, self.digits, self.live = sheet, digits, live

    def scene(self, level: Level, parts: Sequence[Part]) -> Scene:
        placed = place(level)
        root = self.view(placed)
        legend = self._legend(root, parts)
        width = max([placed.width, *(2 * MARGIN + width_of(label.text, SMALL_SIZE) for label in legend)])
        rows = rows_of(legend, placed.width - 2 * MARGIN)
        words = list(set_out(rows, placed.height))
        height = placed.height + LEGEND_LINE * len(rows) + MARGIN / 2
        told = ". ".join(self._told(wire) for wire in self.sheet.wires)
        return Scene(self.sheet, width, height, root, words, told)

    def view(self, placed: Placed, is_shown: bool = True) -> View:
        """A level, the open ones inside it, and those that a page can open."""
        view = View(placed, [*self._lines(placed), *self._outlines(placed), *self._words(placed)], is_shown=is_shown)
        opened = {id(piece): inside for piece, inside in placed.inner}
        for piece in placed.level.pieces:
            if piece.inside is not None and (self.live or piece.is_open):
                inside = opened.get(id(piece)) or place(piece.inside)
                view.inner.append(self.view(inside, is_shown and id(piece) in opened))
        if placed.level.group is not None:
            view.box = (placed.left, placed.top, placed.width, placed.height)
            view.title = about_group(placed.level.group)
        return view

    # Wires.

    def _lines(self, placed: Placed) -> Iterator[AnyMark]:
        branches_of: dict[int, list[Branch]] = {id_: [] for id_ in placed.level.of_wire}
        for back in placed.level.returns:
            yield _line("use", placed, back.points, back.wire.id)
        for branch in placed.level.branches:
            branches_of[branch.wire.id].append(branch)
        for id_, branches in branches_of.items():
            if len(branches) > 1:
                yield from self._fork(placed, branches)
            elif branches:
                yield from self._branch(placed, branches[0], branches[0].points)
            elif placed.level.of_wire[id_][0].kind != "entry":
                start = _start(*placed.level.of_wire[id_])
                yield _line("trunk", placed, [start, (start[0] + 24, start[1])], id_)
            if self.sheet.wires[id_].is_cut and placed.level.group is None:
                x, y = _start(*placed.level.of_wire[id_])
                yield Mark("cut", (placed.x(x) + 1, placed.y(y)), (x, y), id_)

    def _fork(self, placed: Placed, branches: list[Branch]) -> Iterator[AnyMark]:
        """A trunk to the first dot, every branch from there, and a dot where each turns off."""
        start, wire = branches[0].points[0], branches[0].wire.id
        dots = _turns(branches)
        yield _line("trunk", placed, [start, (dots[0], start[1])], wire)
        for branch in branches:
            yield from self._branch(placed, branch, [(dots[0], start[1]), *branch.points[1:]])
        for x in dots:
            yield Mark("fork", (placed.x(x), placed.y(start[1])), (x, start[1]), wire)

    def _branch(self, placed: Placed, branch: Branch, points: list[Point]) -> Iterator[AnyMark]:
        to, port = _end(branch)
        line = _line("use", placed, points, branch.wire.id, to, port, branch.is_blocked)
        if branch.target.is_open:
            edge = next(inside.left for piece, inside in placed.inner if piece is branch.target)
            tip = (round(edge, 1), line.points[-1][1])
            line = WireLine("use", (*line.points[:-1], tip), line.own, line.wire, to, port, line.is_blocked)
        yield line
        if branch.target.is_gate or placed.level.group is None:
            yield Mark("arrow", line.points[-1], line.own[-1], branch.wire.id, to, branch.target.is_open)

    # Gates.

    def _outlines(self, placed: Placed) -> Iterator[AnyMark]:
        for number, piece in enumerate(placed.level.pieces):
            if piece.is_gate:
                yield self._outline(placed, piece, number)

    def _outline(self, placed: Placed, piece: Piece, number: int) -> Outline:
        box = placed.outline(piece)
        is_sign = cells(piece.symbol) == 1 and not piece.symbol.isalnum()
        size = SIGN_SIZE if is_sign else SYMBOL_SIZE
        drop = size * (0.42 if piece.symbol == "*" else 0.34)  # an asterisk hangs high in its line
        own = (piece.x, piece.node.y)
        middle = (box[0] + box[2] / 2, box[1] + box[3] / 2 + drop)
        symbol = Word(Label(piece.symbol, "symbol"), middle, own, size, "middle")
        loud, title, mark = False, "", None
        if piece.group is None:
            title = self._about(piece.wires[0])
            mark = tie(self.sheet, piece.wires[0])
        else:
            title, loud = about_group(piece.group), not all(wire.is_finite for wire in piece.group.wires)
            title = said("title.trouble", title=title) if loud else title
        ids = tuple(wire.id for wire in piece.wires)
        below = None
        if mark is not None:
            symbol = replace(symbol, at=(middle[0], middle[1] - 4))
            below = Word(Label(said(mark), "tie"), (middle[0], box[1] + box[3] / 2 + 12), own, TIE_SIZE, "middle")
        return Outline(box, own, piece.span, piece.is_round, loud, ids, title, symbol, below, piece.group, number)

    def _about(self, wire: Wire) -> str:
        """What a pointer resting on a gate shows: how it is made, what it did, the sentence a teacher would say."""
        made = f"{wire.name} = {wire.expression}"
        made = said("title.part", made=made, block=wire.block) if wire.block else made
        return ". ".join(filter(None, (made, what_it_did(self.sheet, wire, self.digits), wire.says)))

    # Words.

    def _words(self, placed: Placed) -> Iterator[AnyMark]:
        level = placed.level
        for id_, (piece, out) in sorted(level.of_wire.items()):
            x, y = _start(piece, out)
            if piece.kind == "input":
                yield from self._input_name(placed, self.sheet.wires[id_], (x, y))
            if piece.stacks and piece.wires[out].id == id_:
                yield from _stack(placed, piece, out, (x, y))
        for branch in level.branches:
            if branch.label is not None:
                to, port = _end(branch)
                end = placed.points(branch)[-1]
                at = (end[0] - ARROW - 3, end[1] + 12)
                branch.label.wire = branch.wire.id
                yield Word(branch.label, at, branch.points[-1], SMALL_SIZE, "end", to, port)
        if level.group is None:
            yield self._output_name(placed)

    def _input_name(self, placed: Placed, wire: Wire, own: Point) -> Iterator[AnyMark]:
        x, y = placed.x(own[0]) - 6, placed.y(own[1]) + 4.5
        yield Word(Label(shown_name(wire.name), "name", wire.name, False, wire.id), (x, y), own, SIZE, "end")
        if wire.shape:
            shape = Label(shape_text(wire.shape), "shape", "", False, wire.id)
            yield Word(shape, (x, y + LINE), own, SMALL_SIZE, "end")

    def _output_name(self, placed: Placed) -> Word:
        own = placed.level.branches[-1].points[-1]
        name, at = self.sheet.output.name, (placed.x(own[0]) + 6, placed.y(own[1]) + 4.5)
        return Word(Label(shown_name(name), "name", name, False, self.sheet.output.id), at, own, SIZE, to="out")

    def _told(self, wire: Wire) -> str:
        made = f"{wire.name} = {wire.expression}" if wire.is_gate else wire.name
        gradient = self.sheet.gradient(wire, self.digits) if wire.has_gradient else said("title.unknown")
        return said("told.wire", made=made, value=self.sheet.value(wire, self.digits), gradient=gradient)

    # The legend.

    def _legend(self, root: View, parts: Sequence[Part]) -> list[Label]:
        """The marks this picture uses, and only those."""
        marks = [mark for view in all_views(root) if view.is_shown for mark in view.marks]
        whose = shown_name(objective(self.sheet))
        own = [Label(said("legend.value"), "value"), Label(said("legend.gradient", f=whose), "gradient")]
        own += [Label(said(f"legend.{key}"), "note") for key in notes_of(marks)]
        if inside := hidden_gates(parts):
            folded = said(
                "legend.folded", inside=str(inside), all=str(sum(not wires[0].is_edge for wires in self.sheet.steps))
            )
            own.append(Label(folded, "note"))
        return own


def folded(record: Mapping[str, object], fold: Fold = None) -> tuple[int, int]:
    """How many gates a picture draws, and how many stand inside closed groups. Raises `FoldError`."""
    parts = grouped(read(record), fold)
    return gates_drawn(parts), hidden_gates(parts)


def about_group(group: Group) -> str:
    """What a group is: `layer: call of 3 gates`."""
    slots = {"name": group.name, "kind": said(f"kind.{group.kind}"), "count": str(group.gates)}
    return said("title.group.about", **slots, about=group.about) if group.about else said("title.group", **slots)


def _start(piece: Piece, out: int) -> Point:
    offset = piece.node.outs[out]
    return piece.x + piece.side(offset), piece.node.y + offset


def _end(branch: Branch) -> tuple[str, int]:
    """Where a branch leads: a wire of the gate or a group, and the port."""
    target = branch.target
    if target.kind == "exit":
        return (str(target.wires[0].id), 0) if target.wires else ("out", 0)
    if target.group:
        return f"g{target.group.number}", branch.edge.port
    if not branch.uses:  # what comes round
        return str(target.wires[0].id), branch.edge.port
    return str(branch.uses[0].target), branch.uses[0].port


def _line(
    kind: str,
    placed: Placed,
    points: Sequence[Point],
    wire: int,
    to: str = "",
    port: int = 0,
    is_blocked: bool = False,
) -> WireLine:
    drawn = tuple((round(placed.x(x), 1), round(placed.y(y), 1)) for x, y in points)
    return WireLine(kind, drawn, tuple(points), wire, to, port, is_blocked)


def _stack(placed: Placed, piece: Piece, out: int, own: Point) -> Iterator[Word]:
    above, below = piece.stacks[out]
    x, y = placed.x(own[0]) + STUB, placed.y(own[1])
    bottom = y - 5
    for label in reversed(above):
        yield _beside(label, x, bottom, own, bottom - (label.heat.height if label.heat else 0.0))
        bottom -= label.height
    top = y
    for label in below:
        yield _beside(label, x, top + LINE, own, top + 5)
        top += label.height


def _beside(label: Label, x: float, baseline: float, own: Point, heat_top: float) -> Word:
    """A label of a wire; a heat map stands before its text."""
    if label.heat is None:
        return Word(label, (x, baseline), own, SIZE)
    return Word(label, (x + label.text_from, baseline), own, SIZE, heat_at=(x, heat_top))


def _turns(branches: list[Branch]) -> list[float]:
    """Where branches leave the trunk, from the left; if none goes straight on, the last needs no dot."""
    turns = sorted(branch.points[1][0] for branch in branches if len(branch.points) > 2)
    return turns if len(turns) < len(branches) else turns[:-1]
