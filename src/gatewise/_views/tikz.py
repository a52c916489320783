r"""The picture as TikZ for papers and slides: https://tikz.dev. Every character of the user's is a letter or a code.

Coordinates are those of the SVG, its y downwards. A word is stretched to the width it has there, so the layout depends
on no font, and in the sizes that every LaTeX has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, Literal, get_args

from gatewise._errors import ArgumentError
from gatewise._views.drawing import CORNER, Point, distance, figure, track_of, width_of
from gatewise._views.groups import Fold
from gatewise._views.heat import Heat, opacity, shades, squares
from gatewise._views.palettes import Palette, palette_named
from gatewise._views.parts import RADIUS, SIZE, SMALL_SIZE, SYMBOL_SIZE
from gatewise._views.plan import ARROW
from gatewise._views.scene import (
    CUT,
    SIGN_SIZE,
    TIE_SIZE,
    AnyMark,
    Mark,
    Outline,
    Scene,
    View,
    WireLine,
    Word,
    scene_of,
    words_in_order,
)
from gatewise._views.text import plain, shorten
from gatewise._views.walk import WalkStep, steps

Form = Literal["fragment", "standalone", "beamer"]

_UNIT = 0.75  # big points to a unit of the SVG
_LARGEST = 14_000.0  # big points: neither TeX nor PDF knows lengths much above
# LaTeX's own sizes that come nearest
_SIZES = {SIZE: 10.95, SMALL_SIZE: 9.0, SYMBOL_SIZE: 12.0, SIGN_SIZE: 17.28, TIE_SIZE: 8.0}
_SIZE_NAMES = {SIZE: "text", SMALL_SIZE: "small", SYMBOL_SIZE: "symbol", SIGN_SIZE: "sign", TIE_SIZE: "tiny"}
_ANCHORS = {"start": "base west", "end": "base east", "middle": "base", "centre": "center"}
_COLOURS = {"symbol": "ink", "name": "ink", "value": "value"} | dict.fromkeys(("gradient", "branch", "tie"), "gradient")
_WIDEST_CAPTION = 85
_SLIDE = (390.0, 165.0)  # big points: what a slide has room for, above its caption
_LARGEST_SCALE = 1.5  # of a small circuit on a slide: its numbers are not to shout
_WIDE = "\u2e80"  # East Asian scripts begin here
_WIDE_FONTS = (
    "Noto Sans Mono CJK SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "FandolHei",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
)
_OTHER_FONTS = ("DejaVu Sans Mono", "Noto Sans Mono", "FreeMono")


def tikz(
    record: Mapping[str, Any],
    *,
    palette: str = "default",
    digits: int | None = None,
    fold: Fold = None,
    form: Form = "fragment",
) -> str:
    r"""The circuit of a record as TikZ: what the SVG shows, in its places and colours.

    A `fragment` is one picture to `\input`, `standalone` a document of its own, `beamer` slides that walk through the
    circuit, forward and then backward one gate a slide, each number shown once it is known. Raises
    `UnknownPaletteError`, `FoldError`, and `ArgumentError` for another form.
    """
    if form not in get_args(Form):
        known = ", ".join(map(repr, get_args(Form)))
        why = f"A picture is written as TikZ in the forms {known}."
        raise ArgumentError(f"There is no form {plain(str(form), 40)!r}.", why, 'Write form="standalone".')
    colours = palette_named(palette)
    scene = scene_of(record, digits=digits, fold=fold)
    if form == "beamer":
        return _slides(scene, colours, _Showing(record, scene))
    drawn = "\n".join(_TikzWriter(scene, colours).picture())
    return _fragment(drawn) if form == "fragment" else _document(drawn)


# Text.

_COMMANDS = """
α alpha  β beta  γ gamma  δ delta  ε varepsilon  ζ zeta  η eta  θ theta  ι iota  κ kappa  λ lambda  μ mu
ν nu  ξ xi  π pi  ρ rho  ς varsigma  σ sigma  τ tau  υ upsilon  φ varphi  χ chi  ψ psi  ω omega
Γ Gamma  Δ Delta  Θ Theta  Λ Lambda  Ξ Xi  Π Pi  Σ Sigma  Υ Upsilon  Φ Phi  Ψ Psi  Ω Omega
± pm  × times  ≈ approx  ≤ leq  ≥ geq  ≠ neq  → rightarrow  ∞ infty  ∂ partial  ∇ nabla
"""
_MATHEMATICS = dict(pair.split() for pair in re.split("  |\n", _COMMANDS.strip()))
_SIGNS = {
    "_": r"\_",
    " ": r"\ ",
    "–": r"\textrm{\textendash}",
    "…": r"\ldots{}",
    "●": r"\textbullet{}",
    "■": r"\rule{0.5em}{0.5em}",
    "□": r"\gatewisehollow{}",
}
_HARMLESS = frozenset("()[]*/+-=.,:")


def typed(text: str) -> str:
    r"""Any text as LaTeX that shows it in a typewriter font and can do nothing else.

    >>> print(typed(r"\input{x_1}"))
    \symbol{92}input\symbol{123}x\_1\symbol{125}
    """
    letters = "".join(map(_typed, plain(text, 400)))
    return re.sub("(?<=-)(?=-)|(?<=,)(?=,)", "{}", letters)  # or two become one: -- a dash, ,, a quotation mark


def _typed(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isascii():
        is_itself = character.isalnum() or character in _HARMLESS
        return character if is_itself else rf"\symbol{{{ord(character)}}}"
    if character in _MATHEMATICS:
        return rf"\ensuremath{{\{_MATHEMATICS[character]}}}"
    return rf"\gatewiseletter{{{character}}}{{{ord(character):04X}}}"


# What is defined beforehand, where it is used; `providecommand` lets a document have its own.

_WORD = r"\providecommand\gatewiseword[2]{\resizebox{#1bp}{\height}{#2}}"
_HOLLOW = r"\providecommand\gatewisehollow{{\fboxsep=0pt\fbox{\rule{0pt}{0.4em}\rule{0.4em}{0pt}}}}"
_LETTER = r"""\providecommand\gatewisewarning{%
  \PackageWarningNoLine{gatewise}{Letters of the picture are shown as codes: compile it with lualatex}%
  \global\let\gatewisewarning\relax}
\providecommand\gatewisecode[1]{\gatewisewarning\scalebox{0.5}[0.8]{#1}}
\providecommand\gatewiseletter[2]{% a letter; where no font has it, its code
  \ifdefined\Umathcode
    \iffontchar\font`#1 #1\else
      \ifdefined\gatewisewide
        {\gatewisewide\iffontchar\font`#1 #1\else\gatewisecode{#2}\fi}\else
        \gatewisecode{#2}\fi\fi
  \else
    \ifcsname u8:\detokenize{#1}\endcsname#1\else\gatewisecode{#2}\fi
  \fi}"""


def _commands(drawn: str) -> Iterator[str]:
    yield _WORD
    if r"\gatewisehollow" in drawn:
        yield _HOLLOW
    if r"\gatewiseletter" in drawn:
        yield _LETTER


def _fragment(drawn: str) -> str:
    lines = [
        r"% A circuit, drawn by gatewise. It needs \usepackage{tikz}; \usepackage[T1]{fontenc} and",
        r"% \usepackage{lmodern} make its values bold. Put it in with \input{circuit.tex}, or as wide as the text with",
        r"% \resizebox{\linewidth}{!}{\input{circuit.tex}}.",
    ]
    if r"\gatewiseletter" in drawn:
        lines += [
            "% Compile it with lualatex: it has letters beyond ASCII.",
            "% XeLaTeX and LuaLaTeX show them in the typewriter font or, if need be,",
            r"% in \newfontfamily\gatewisewide{...} of fontspec; pdfLaTeX shows the codes of those it does not know.",
        ]
    return "\n".join([*lines, r"\begingroup", *_commands(drawn), drawn, r"\endgroup", ""])


def _document(drawn: str) -> str:
    packages = [r"\usepackage{tikz}", *_fonts(drawn)]
    body = [r"\begin{document}", drawn, r"\end{document}", ""]
    head = [*_advice(drawn), r"\documentclass[border=4bp]{standalone}"]
    return "\n".join([*head, *packages, *_commands(drawn), *body])


def _advice(drawn: str) -> Iterator[str]:
    """Which engine has the letters, where not every one has them."""
    if r"\gatewiseletter" in drawn:
        yield "% Compile this with lualatex: it has letters beyond ASCII, of which pdflatex shows codes."


def _fonts(drawn: str) -> Iterator[str]:
    """A typewriter font with a bold one, and with XeLaTeX and LuaLaTeX one for letters that it has not."""
    yield r"\ifdefined\Umathcode"
    if r"\gatewiseletter" in drawn:
        yield r"  \usepackage{fontspec}"
        names = _WIDE_FONTS if any(character >= _WIDE for character in drawn) else _OTHER_FONTS
        for name in names:
            found = rf"\IfFontExistsTF{{{name}}}{{\newfontfamily\gatewisewide{{{name}}}}}{{}}"
            yield rf"  \ifdefined\gatewisewide\else{found}\fi"
    yield r"\else"
    yield r"  \IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}"
    yield r"\fi"


# The picture.


class _Showing:
    """On which slide of a walk each gate is gone through and each number is known; slides count from 1, the start."""

    def __init__(self, record: Mapping[str, Any], scene: Scene) -> None:
        self.gates = {wire: gate for gate in _gates(scene.root) for wire in _made(gate)}
        self.groups = {f"g{gate.group.number}": set(_made(gate)) for gate in self.gates.values() if gate.group}
        self.uses = record["uses"]
        self.output = scene.sheet.output.id
        self.slides = [list(run) for _, run in groupby(steps(record), self._passed)]
        self.known_from: dict[int, int] = {}
        self.swept_on: dict[int, int] = {}
        for slide, run in enumerate(self.slides, start=2):
            for step in run:
                (self.swept_on if step.is_backward else self.known_from)[step.wire] = slide

    def _passed(self, step: WalkStep) -> tuple[bool, tuple[int, ...]]:
        return step.is_backward, _made(self.gates[step.wire])

    def since(self, word: Word) -> int:
        """The slide from which a word is shown."""
        wire = word.label.wire
        if wire is None or word.label.kind not in ("value", "gradient", "branch"):
            return 1
        if word.label.kind == "value":
            return self.known_from.get(wire, 1)
        return self._came(wire, word.to)

    def _came(self, wire: int, to: str) -> int:
        """The slide on which all gradients along the uses of a wire have come: all its uses, or those by one gate."""
        users = {use["to"] for use in self.uses if use["from"] == wire}
        if to:
            users &= self.groups.get(to) or ({int(to)} if to != "out" else set())
        first = min(self.swept_on.values(), default=1) if wire == self.output else 1
        return max([first, *(self.swept_on[user] for user in users if user in self.swept_on)])

    def passing(self, gate: Outline, is_backward: bool) -> list[int]:
        """The slides on which a gate is gone through."""
        made = _made(gate)
        return [at for at, run in enumerate(self.slides, start=2) if self._passed(run[0]) == (is_backward, made)]

    def captions(self) -> Iterator[str]:
        """What happens on each slide."""
        yield "start: the inputs have their values"
        for run in self.slides:
            gate = self.gates[run[0].wire]
            lines = [line for step in run for line in step.code]
            told = gate.title if gate.group else " ; ".join(lines)
            yield f"{run[0].direction}: {told}"


def _gates(view: View) -> Iterator[Outline]:
    for mark in view.marks:
        if isinstance(mark, Outline) and not mark.is_open:
            yield mark
    for inner in view.inner:
        if inner.is_shown:
            yield from _gates(inner)


def _made(gate: Outline) -> tuple[int, ...]:
    """The wires that a gate, or the gates of a closed group, made."""
    return tuple(wire.id for wire in gate.group.wires) if gate.group else gate.wires


class _TikzWriter:
    """Writes a scene as TikZ; with `showing` each mark says on which slides it is seen."""

    def __init__(self, scene: Scene, palette: Palette, showing: _Showing | None = None) -> None:
        self.scene, self.palette, self.showing = scene, palette, showing
        self.unit = min(_UNIT, _LARGEST / max(scene.width, scene.height))

    def picture(self) -> Iterator[str]:
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
            points = _SIZES[size] * self.unit / _UNIT
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


# Slides.


def _slides(scene: Scene, palette: Palette, showing: _Showing) -> str:
    drawn = "\n".join(_TikzWriter(scene, palette, showing).picture())
    captions = [_caption(slide, text) for slide, text in enumerate(showing.captions(), start=1)]
    said = "\n".join(captions)
    natural = [side * _UNIT for side in (scene.width, scene.height)]
    scale = min([_LARGEST_SCALE, *(room / side for room, side in zip(_SLIDE, natural, strict=True))])
    return "\n".join(
        [
            *_advice(drawn + said),
            r"\documentclass[aspectratio=169]{beamer}",
            r"\usepackage{tikz}",
            *_fonts(drawn + said),
            r"\setbeamertemplate{navigation symbols}{}",
            *_commands(drawn + said),
            r"\begin{document}",
            r"\begin{frame}",
            r"\centering",
            rf"\resizebox{{{scale * natural[0]:.4g}bp}}{{!}}{{%",
            drawn,
            "}",
            r"\par\medskip",
            r"\small\ttfamily\strut%",
            said,
            r"\end{frame}",
            r"\end{document}",
            "",
        ]
    )


def _caption(slide: int, text: str) -> str:
    return rf"\only<{slide}>{{{typed(shorten(plain(text), _WIDEST_CAPTION))}}}%"
