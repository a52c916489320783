"""The marks of a picture as TikZ, in the places they have in the SVG, in the sizes that every LaTeX has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from gatewise._views.drawing import CORNER, Point, distance, figure, track_of, width_of
from gatewise._views.heat import Heat, opacity, shades, squares
from gatewise._views.labels import SIZE, SMALL_SIZE, SYMBOL_SIZE
from gatewise._views.marks import AnyMark, Mark, Outline, Scene, View, WireLine, Word, words_in_order
from gatewise._views.palettes import Palette
from gatewise._views.parts import RADIUS
from gatewise._views.plan import ARROW
from gatewise._views.scene import CUT, SIGN_SIZE, TIE_SIZE
from gatewise._views.slides import Showing
from gatewise._views.tikz_text import typed

UNIT = 0.75  # big points to a unit of the SVG
LARGEST = 14_000.0  # big points: neither TeX nor PDF knows lengths much above
# LaTeX's own sizes that come nearest
_SIZES = {SIZE: 10.95, SMALL_SIZE: 9.0, SYMBOL_SIZE: 12.0, SIGN_SIZE: 17.28, TIE_SIZE: 8.0}
_SIZE_NAMES = {SIZE: "text", SMALL_SIZE: "small", SYMBOL_SIZE: "symbol", SIGN_SIZE: "sign", TIE_SIZE: "tiny"}
_ANCHORS = {"start": "base west", "end": "base east", "middle": "base", "centre": "center"}
_COLOURS = {"symbol": "ink", "name": "ink", "value": "value"} | dict.fromkeys(("gradient", "branch", "tie"), "gradient")


class TikzWriter:
    """Writes a scene as TikZ; with `showing` each mark says on which slides it is seen."""

    def __init__(self, scene: Scene, palette: Palette, showing: Showing | None = None) -> None:
        self.scene, self.palette, self.showing = scene, palette, showing
        self.unit = min(UNIT, LARGEST / max(scene.width, scene.height))

    def picture(self) -> Iterator[str]:
        """The lines of the picture."""
        yield r"\begin{tikzpicture}["
        yield from (f"  {option}," for option in self._options())
        yield "]"
        for name, colour in vars(self.palette).items():
            yield rf"\definecolor{{gatewise{name}}}{{HTML}}{{{colour.removeprefix('#')}}}"
        yield rf"\fill[gatewisepaper] (0,0) rectangle {_at(self.scene.width, self.scene.height)};"
        yield from self._view(self.scene.root)
        yield from (line for word in [*words_in_order(self.scene), *self.scene.legend] for line in self._word(word))
        yield r"\end{tikzpicture}%"

    def _options(self) -> Iterator[str]:
        thin = f"line width={self._length(1.4)}"
        yield f"x={self._length(1)}, y=-{self._length(1)}"
        yield f"gatewise wire/.style={{draw=gatewisewire, {thin}}}"
        yield f"gatewise blocked/.style={{gatewise wire, dash pattern=on {self._length(4)} off {self._length(3)}}}"
        yield f"gatewise gate/.style={{fill=gatewisegate, draw=gatewiseink, {thin}}}"
        yield "gatewise loud gate/.style={gatewise gate, draw=gatewiseloud}"
        yield f"gatewise cut/.style={{draw=gatewiseink, {thin}}}"
        dots = f"dash pattern=on {self._length(2)} off {self._length(3)}"
        yield f"gatewise open/.style={{draw=gatewisequiet, line width={self._length(1)}, {dots}}}"
        for colour in ("value", "gradient"):
            yield f"gatewise {colour} map/.style={{color=gatewise{colour}, line width={self._length(1.5)}}}"
        yield "gatewise word/.style={inner sep=0, outer sep=0}"
        yield r"gatewise value/.style={gatewise word, text=gatewisevalue, execute at begin node=\bfseries}"
        yield r"gatewise gradient/.style={gatewise word, text=gatewisegradient, execute at begin node=\slshape}"
        for colour in ("ink", "quiet"):
            yield f"gatewise {colour}/.style={{gatewise word, text=gatewise{colour}}}"
        for size, name in _SIZE_NAMES.items():
            points = _SIZES[size] * self.unit / UNIT
            yield rf"gatewise {name}/.style={{font=\ttfamily\fontsize{{{points:.4g}}}{{{points:.4g}}}\selectfont}}"
        if self.showing is not None:
            for way, colour in (("forward", "value"), ("backward", "gradient")):
                yield f"gatewise {way}/.style={{draw=gatewise{colour}, line width={self._length(4)}}}"

    def _length(self, units: float) -> str:
        return f"{units * self.unit:.4g}bp"

    # Levels and wires.

    def _view(self, view: View) -> Iterator[str]:
        """A level and what stands in its open groups, without the words."""
        if not view.is_shown:
            return
        if view.box is not None and view.group is not None:
            left, top, width, height = view.box
            yield rf"\draw[gatewise open, rounded corners={self._length(6)}] {_box(left, top, width, height)};"
            yield self._node(view.group.name[:40], (left + 7, top + 14), "quiet", SMALL_SIZE, "start")
        for mark in view.marks:
            yield from self._mark(mark)
        for inner in view.inner:
            yield from self._view(inner)

    def _mark(self, mark: AnyMark) -> Iterator[str]:
        if isinstance(mark, WireLine):
            yield self._wire(mark)
        elif isinstance(mark, Mark) and not mark.is_hidden:
            yield _small(mark)
        elif isinstance(mark, Outline) and not mark.is_open:
            yield from self._gate(mark)

    def _wire(self, line: WireLine) -> str:
        track = track_of(line.points)
        style = "gatewise blocked" if line.is_blocked else "gatewise wire"
        if len(track) > 2:
            style += f", rounded corners={self._length(_rounding(track))}"
        return rf"\draw[{style}] {' -- '.join(_at(*point) for point in track)};"

    def _gate(self, gate: Outline) -> Iterator[str]:
        style = "gatewise loud gate" if gate.is_loud else "gatewise gate"
        outer, *inside = self._outlines(gate)
        yield rf"\draw[{style}{outer};"
        for outline in inside:
            yield rf"\draw[{style}{outline};"
        if self.showing is not None:
            for way in ("forward", "backward"):
                if slides := self.showing.passing(gate, way == "backward"):
                    yield rf"\only<{','.join(map(str, slides))}>{{\draw[gatewise {way}{outer};}}"
        yield self._symbol(gate)
        if gate.tie is not None:
            yield from self._word(gate.tie)

    def _symbol(self, gate: Outline) -> str:
        """What stands in a gate; a single sign in the middle, however high a font has it in its line."""
        word = gate.symbol
        if word.size != SIGN_SIZE:
            return self._node(word.label.text, word.at, "ink", word.size, word.anchor)
        left, top, width, height = gate.box
        return self._node(word.label.text, (left + width / 2, top + height / 2), "ink", word.size, "centre")

    def _outlines(self, gate: Outline) -> Iterator[str]:
        """A circle, a box, and for a closed group a second line inside its box, each after the name of its style."""
        left, top, width, height = gate.box
        if gate.is_round and height <= 2 * RADIUS:
            yield f"] {_at(left + width / 2, top + height / 2)} circle[radius={figure(RADIUS)}]"
            return
        yield f", rounded corners={self._length(RADIUS if gate.is_round else 8)}] {_box(left, top, width, height)}"
        if gate.group is not None:
            yield f", rounded corners={self._length(6)}] {_box(left + 2.5, top + 2.5, width - 5, height - 5)}"

    # Words.

    def _word(self, word: Word) -> Iterator[str]:
        label = word.label
        drawn = [] if label.heat is None or word.heat_at is None else self._heat(label.heat, word.heat_at, label.kind)
        look = _COLOURS.get(label.kind, "quiet")
        drawn.append(self._node(label.text, word.at, look, word.size, word.anchor, label.is_loud))
        since = self.showing.since(word) if self.showing is not None else 1
        yield from drawn if since == 1 else [rf"\uncover<{since}->{{{line}}}" for line in drawn]

    def _node(self, text: str, at: Point, look: str, size: float, anchor: str, is_loud: bool = False) -> str:
        style = f"gatewise {look}, gatewise {_SIZE_NAMES[size]}, anchor={_ANCHORS[anchor]}"
        style += ", text=gatewiseloud" if is_loud else ""
        said = rf"\underline{{{typed(text)}}}" if is_loud else typed(text)
        width = width_of(text, size) * self.unit  # 0 for accents alone, to which nothing can be stretched
        word = rf"\gatewiseword{{{width:.4g}}}{{{said}}}" if width else ""
        return rf"\node[{style}] at {_at(*at)} {{{word}}};"

    def _heat(self, heat: Heat, at: Point, kind: str) -> list[str]:
        """A path a shade: full squares for positive entries, rings for negative ones; and a frame."""
        left, top = at
        style = f"gatewise {_COLOURS[kind]} map"
        paths = [_cells(heat, shade, left, top, style) for shade in shades(heat)]
        frame = rf"\draw[{style}, line width={self._length(0.5)}] {_box(left, top, heat.width, heat.height)};"
        return [*paths, frame]


def _cells(heat: Heat, shade: int | None, left: float, top: float, style: str) -> str:
    corners, side = squares(heat, shade)
    boxes = " ".join(_box(left + x, top + y, side, side) for x, y in corners)
    if shade is None:
        return rf"\fill[gatewiseloud] {boxes};"
    paint = r"\draw" if shade < 0 else r"\fill"
    return rf"{paint}[{style}, opacity={opacity(shade):g}] {boxes};"


def _small(mark: Mark) -> str:
    x, y = mark.at
    if mark.kind == "fork":
        return rf"\fill[gatewiseink] {_at(x, y)} circle[radius=3.2];"
    if mark.kind == "cut":
        strokes = " ".join(f"{_at(x + a, y + b)} -- {_at(x + c, y + d)}" for (a, b), (c, d) in CUT)
        return rf"\draw[gatewise cut] {strokes};"
    corners = " -- ".join(_at(x + dx, y + dy) for dx, dy in ((0.0, 0.0), (-ARROW, -3.6), (-ARROW, 3.6)))
    return rf"\fill[gatewisewire] {corners} -- cycle;"


def _rounding(track: Sequence[Point]) -> float:
    """The radius of a wire's corners: two of them share the piece between."""
    return min([CORNER, *(distance(*piece) / 2 for piece in pairwise(track))])


def _box(left: float, top: float, width: float, height: float) -> str:
    return f"{_at(left, top)} rectangle {_at(left + width, top + height)}"


def _at(x: float, y: float) -> str:
    return f"({figure(x)},{figure(y)})"
