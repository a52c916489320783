"""The picture of a circuit: an SVG that a student can put into a report as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gatewise._types import Json
from gatewise._views.drawing import USUAL_SIZE, attributes, bent, escaped, figure, path_point, shape, words
from gatewise._views.groups import Fold
from gatewise._views.heat import Heat, opacity, shades, squares
from gatewise._views.labels import SMALL_SIZE
from gatewise._views.marks import Mark, Outline, Scene, View, WireLine, Word, all_views, words_in_order
from gatewise._views.palettes import Palette, palette_named
from gatewise._views.parts import RADIUS, Piece
from gatewise._views.phrases import said
from gatewise._views.plan import ARROW
from gatewise._views.scene import CUT, scene_of

_LONGEST_TOLD = 20_000
_LONGEST_TITLE = 40  # of an open group
_DOT = 3.2
_TAGS = {
    "use": "path",
    "trunk": "path",
    "cut": "path",
    "arrow": "path",
    "fork": "circle",
    "gate": "rect",
    "block": "rect",
    "paper": "rect",
}

Look = dict[str, str | float]
Own = dict[str, list[list[float]]]


def picture(
    record: Mapping[str, object], *, palette: str = "default", digits: int | None = None, fold: Fold = None
) -> str:
    """The circuit of a record as the text of an SVG.

    Values stand above the wires, upright and bold, gradients below, slanted; inputs are the first column. `palette` is
    one of `default`, `green-red`, `dark` and `notes`; another name is an `UnknownPaletteError`. `fold` says what is
    drawn as one gate (`groups.grouped`).
    """
    return _SvgWriter(scene_of(record, digits=digits, fold=fold), palette_named(palette), live=False).svg()


def live_picture(
    record: Mapping[str, object], *, palette: str = "default", digits: int | None = None, fold: Fold = None
) -> tuple[str, dict[str, object]]:
    """The picture for a page, and the numbers a script needs to open and close its groups (`web/picture.js`).

    Here a style sheet has the looks, closed groups have their gates hidden inside, and no mark has a title.
    """
    scene = scene_of(record, digits=digits, fold=fold, live=True)
    paper = _SvgWriter(scene, palette_named(palette), live=True)
    svg = paper.svg()
    levels = [_level(view, paper.own) for view in all_views(scene.root)]
    numbers = {level["group"]: number for number, level in enumerate(levels)}
    for level in levels:
        for group in level["groups"]:
            group["level"] = numbers[group["group"]]
    return svg, {"width": scene.width, "height": scene.height, "levels": levels}


def looks(palette: Palette) -> dict[str, Look]:
    """How each kind of mark looks, by its class."""
    thin: Look = {"fill": "none", "stroke": palette.wire, "stroke_width": 1.4}
    return {
        "use": thin,
        "trunk": thin,
        "cut": {"fill": "none", "stroke": palette.ink, "stroke_width": 1.4},
        "arrow": {"fill": palette.wire},
        "fork": {"fill": palette.ink},
        "gate": {"fill": palette.gate, "stroke": palette.ink, "stroke_width": 1.4},
        "block": {"fill": "none", "stroke": palette.quiet, "stroke_width": 1, "stroke_dasharray": "2 3"},
        "title": {"fill": palette.quiet},
        "paper": {"fill": palette.paper},
        "symbol": {"fill": palette.ink, "text_anchor": "middle"},
        "tie": {"fill": palette.gradient, "text_anchor": "middle"},
        "name": {"fill": palette.ink},
        "shape": {"fill": palette.quiet},
        "note": {"fill": palette.quiet},
        "value": {"fill": palette.value, "font_weight": "bold"},
        "gradient": {"fill": palette.gradient, "font_style": "italic"},
        "branch": {"fill": palette.gradient, "font_style": "italic", "text_anchor": "end"},
        "loud": {"fill": palette.loud, "text_decoration": "underline"},
    }


class _SvgWriter:
    """Writes a scene as SVG: outside a page every mark carries its look, inside one a style sheet has them all."""

    def __init__(self, scene: Scene, palette: Palette, live: bool) -> None:
        self.scene, self.palette, self.live = scene, palette, live
        self.looks = looks(palette)
        self.own: dict[int, Own] = {}  # by id of a view: where its marks stand in its own coordinates, as written

    def svg(self) -> str:
        legend = [self._word(word) for word in self.scene.legend]
        return ("" if self.live else "\n").join(
            [
                *self._opening(),
                *self._view(self.scene.root),
                *([] if self.live else map(self._word, words_in_order(self.scene))),
                '<g class="legend">' if self.live else "<g>",
                *legend,
                "</g>",
                "</svg>",
                "",
            ]
        )

    def _opening(self) -> Iterator[str]:
        width, height = figure(self.scene.width), figure(self.scene.height)
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        kind = ' class="gatewise"' if self.live else ""
        fixed = f'font-family="monospace" font-size="{figure(USUAL_SIZE)}" xml:space="preserve"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg"{kind} {size} role="img" {fixed}>'
        yield f"<title>{escaped(said('title.picture', name=self.scene.sheet.output.name))}</title>"
        if self.live:
            yield f"<style>{self._style_sheet()}</style>"
        else:
            yield f"<desc>{escaped(self.scene.told, _LONGEST_TOLD)}</desc>"
        yield shape("rect", class_="paper", width=self.scene.width, height=self.scene.height, **self._look("paper"))

    def _style_sheet(self) -> str:
        rules = (f"{_TAGS.get(kind, 'text')}.{kind}{{{_declarations(look)}}}" for kind, look in self.looks.items())
        loud = f"rect.loud.gate{{fill:{self.palette.gate};stroke:{self.palette.loud}}}"
        sizes = f"circle.fork{{r:{figure(_DOT)}px}}rect.gate{{rx:8px}}rect.round{{rx:{figure(RADIUS)}px}}"
        return "[hidden]{display:none}" + "".join(rules) + loud + sizes

    def _look(self, *kinds: str) -> Look:
        """The look of a mark of these kinds, the last one prevailing; in a page its class says it."""
        found: Look = {}
        if not self.live:
            for kind in kinds:
                found |= self.looks.get(kind, {})
        return found

    # Levels.

    def _view(self, view: View) -> Iterator[str]:
        if not view.is_shown and not self.live:
            return
        self.own[id(view)] = {"paths": [], "marks": []}
        self.here = self.own[id(view)]
        if view.group is not None:
            yield f'<g class="block"{self._number(view)}>' if self.live else "<g>"
            yield from self._box(view)
        for mark in view.marks:
            if isinstance(mark, WireLine):
                yield self._line(mark)
            elif isinstance(mark, Mark) and (self.live or not mark.is_hidden):
                yield self._mark(mark)
            elif isinstance(mark, Outline) and (self.live or not mark.is_open):
                yield self._gate(mark)
        for inner in view.inner:
            yield from self._view(inner)
        if self.live:
            self.here = self.own[id(view)]
            yield from map(self._word, view.words)
        if view.group is not None:
            yield "</g>"

    def _number(self, view: View) -> str:
        assert view.group is not None
        return f' data-group="{view.group.number}"' + ("" if view.is_shown else ' hidden=""')

    def _box(self, view: View) -> Iterator[str]:
        assert view.box is not None
        assert view.group is not None
        left, top, width, height = view.box
        look = self._look("block")
        if not self.live:
            yield f"<title>{escaped(view.title)}</title>"
        yield shape("rect", class_="block", x=left, y=top, width=width, height=height, rx=6, **look)
        look = {"class_": "title", **self._look("title")}
        yield words((view.group.title or view.group.name)[:_LONGEST_TITLE], left + 7, top + 14, SMALL_SIZE, look=look)

    # Marks.

    def _note(self, *own: float) -> None:
        """Keep where a mark stands in the coordinates of its level; the order is that of the elements."""
        self.here["marks"].append([round(each, 1) for each in own])

    def _line(self, line: WireLine) -> str:
        self.here["paths"].append([round(each, 1) for point in line.own for each in point])
        ends: Look = {"data_from": line.wire}
        if line.to:
            ends["data_to"] = line.to
        if line.to not in ("", "out") and not self.live:
            ends["data_port"] = line.port
        dashes: Look = {"stroke_dasharray": "4 3"} if line.is_blocked else {}
        return shape("path", class_=line.kind, d=bent(line.points), **ends, **self._look(line.kind), **dashes)

    def _mark(self, mark: Mark) -> str:
        x, y = mark.at
        self._note(*mark.own)
        look = self._look(mark.kind)
        if self.live and mark.to.startswith("g"):
            look |= {"data_to": mark.to} | ({"hidden": ""} if mark.is_hidden else {})
        if mark.kind == "fork":
            return shape("circle", class_="fork", cx=x, cy=y, **look, **({} if self.live else {"r": _DOT}))
        if mark.kind == "cut":
            strokes = "".join(f"M{path_point((x + a, y + b))}L{path_point((x + c, y + d))}" for (a, b), (c, d) in CUT)
            return shape("path", class_="cut", d=strokes, **look)
        return shape("path", class_="arrow", d=f"M{path_point((x, y))}l{-ARROW:g},-3.6v7.2z", **look)

    def _gate(self, gate: Outline) -> str:
        ids = " ".join(map(str, gate.wires))
        more: Look = {"class_": "gate"} if self.live else {}
        more["data_wires"] = ids
        self._note(*gate.own, *gate.span)
        if self.live and gate.group is not None:
            more |= {"data_group": gate.group.number} | ({"hidden": ""} if gate.is_open else {})
        title = "" if self.live else f"<title>{escaped(gate.title)}</title>"
        said = "".join(map(self._word, [gate.symbol, *([gate.tie] if gate.tie else [])]))
        return f"<g{attributes(more)}>{title}{self._outlines(gate)}{said}</g>"

    def _outlines(self, gate: Outline) -> str:
        """A circle, a box, and for a closed group a second line inside its box."""
        left, top, width, height = gate.box
        kinds = ("gate", "loud") if gate.is_loud else ("gate",)
        look = self._look("gate") | ({"stroke": self.palette.loud} if gate.is_loud else {})
        kind = " ".join(kinds)
        if gate.is_round and height <= 2 * RADIUS and not self.live:
            return shape("circle", class_=kind, cx=left + width / 2, cy=top + height / 2, r=RADIUS, **look)
        rounding: Look = {} if self.live else {"rx": RADIUS if gate.is_round else 8}
        kind += " round" if gate.is_round and self.live else ""
        outer = shape("rect", class_=kind, x=left, y=top, width=width, height=height, **rounding, **look)
        if gate.group is None:
            return outer
        inside: Look = {"x": left + 2.5, "y": top + 2.5, "width": width - 5, "height": height - 5, "rx": 6}
        return outer + shape("rect", class_=kind, **inside, **look)

    def _word(self, word: Word) -> str:
        label = word.label
        kinds = (label.kind, "loud") if label.is_loud else (label.kind,)
        look = self._look(*kinds)
        if word.anchor != "start" and (not self.live or label.kind not in ("symbol", "tie", "branch")):
            look["text_anchor"] = word.anchor
        more: Look = {}
        if self.live and label.wire is not None:
            more = {"data_wire": label.wire}
            if label.kind == "branch":
                more |= {"data_to": word.to, "data_port": word.port}
        title = "" if self.live else label.title
        look |= {"class_": " ".join(kinds), **more}
        text = words(label.text, *word.at, word.size, title=title, look=look)
        if label.heat is not None and word.heat_at is not None:
            text = self._heat(label.heat, word, label.kind) + text
        if self.live and label.wire is not None:
            self._note(*word.own)
        return text

    def _heat(self, heat: Heat, word: Word, kind: str) -> str:
        """The cells of a heat map, one path a shade: full squares for positive entries, rings for negative ones."""
        assert word.heat_at is not None
        colour = self.palette.value if kind == "value" else self.palette.gradient
        paths = "".join(_cells(heat, shade, colour, self.palette) for shade in shades(heat))
        moved = f'transform="translate({figure(word.heat_at[0])} {figure(word.heat_at[1])})"'
        own = f' data-wire="{word.label.wire}"' if self.live else ""
        if self.live:
            self._note(*word.own)
        title = "" if self.live else f"<title>{escaped(word.label.title)}</title>"
        frame = shape("rect", width=heat.width, height=heat.height, fill="none", stroke=colour, stroke_width=0.5)
        return f'<g class="heat {kind}" {moved}{own}>{title}{paths}{frame}</g>'


def _cells(heat: Heat, shade: int | None, colour: str, palette: Palette) -> str:
    corners, side = squares(heat, shade)
    size = figure(side)
    path = "".join(f"M{path_point(corner)}h{size}v{size}h-{size}z" for corner in corners)
    if shade is None:
        return shape("path", d=path, fill=palette.loud)
    if shade > 0:
        return shape("path", d=path, fill=colour, fill_opacity=opacity(shade))
    return shape("path", d=path, fill="none", stroke=colour, stroke_width=1.5, stroke_opacity=opacity(shade))


def _declarations(look: Look) -> str:
    return ";".join(
        f"{name.replace('_', '-')}:{figure(value) if isinstance(value, int | float) else value}"
        + ("px" if name == "font_size" else "")
        for name, value in look.items()
    )


# What a page needs to open and close groups.


def _level(view: View, own: Mapping[int, Own]) -> Json:
    """The numbers of `elastic` for one level, and where its marks stand in its own coordinates."""
    level = view.placed.level
    shut = [piece for piece in level.pieces if piece.is_gate and piece.inside is None]
    spans = {(round(low, 1), round(high, 1)) for low, high in (piece.span for piece in shut) if low < high}
    return {
        "group": level.group.number if level.group else None,
        "width": round(level.width, 1),
        "height": round(level.height, 1),
        "starts": [round(start, 1) for start in level.starts],
        "ports": [round(height, 1) for height, _, _ in level.ports],
        "spans": sorted(spans),
        "groups": [_group(piece) for piece in level.pieces if piece.group is not None and piece.inside is not None],
        **own[id(view)],
    }


def _group(piece: Piece) -> dict[str, object]:
    assert piece.group is not None
    assert piece.inside is not None
    offsets = {"in": piece.node.ins, "out": piece.node.outs}
    return {
        "group": piece.group.number,
        "open": piece.is_open,
        "column": piece.node.column,
        "x": round(piece.x, 1),
        "width": round(piece.width, 1),
        "span": [round(end, 1) for end in piece.span],
        "top": round(piece.node.y - piece.node.above, 1),
        "bottom": round(piece.node.y + piece.node.below, 1),
        "ports": [round(piece.node.y + offsets[side][which], 1) for _, side, which in piece.inside.ports],
    }
