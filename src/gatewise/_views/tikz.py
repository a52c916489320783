r"""The picture as TikZ for papers and slides: https://tikz.dev. Every character of the user's is a letter or a code.

Coordinates are those of the SVG, its y downwards. A word is stretched to the width it has there, so the layout depends
on no font, and in the sizes that every LaTeX has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from gatewise._errors import ArgumentError
from gatewise._views.groups import Fold
from gatewise._views.marks import Scene
from gatewise._views.palettes import Palette, palette_named
from gatewise._views.scene import scene_of
from gatewise._views.slides import Showing
from gatewise._views.text import plain_text, shorten
from gatewise._views.tikz_text import commands, engine_advice, fonts, typed
from gatewise._views.tikz_writer import UNIT, TikzWriter

Form = Literal["fragment", "standalone", "beamer"]

_WIDEST_CAPTION = 85
_SLIDE = (390.0, 165.0)  # big points: what a slide has room for, above its caption
_LARGEST_SCALE = 1.5  # of a small circuit on a slide: its numbers are not to shout


def tikz(
    record: Mapping[str, object],
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
        raise ArgumentError(f"There is no form {plain_text(str(form), 40)!r}.", why, 'Write form="standalone".')
    colours = palette_named(palette)
    scene = scene_of(record, digits=digits, fold=fold)
    if form == "beamer":
        return _slides(scene, colours, Showing(scene))
    drawn = "\n".join(TikzWriter(scene, colours).picture())
    return _fragment(drawn) if form == "fragment" else _document(drawn)


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
    return "\n".join([*lines, r"\begingroup", *commands(drawn), drawn, r"\endgroup", ""])


def _document(drawn: str) -> str:
    packages = [r"\usepackage{tikz}", *fonts(drawn)]
    body = [r"\begin{document}", drawn, r"\end{document}", ""]
    head = [*engine_advice(drawn), r"\documentclass[border=4bp]{standalone}"]
    return "\n".join([*head, *packages, *commands(drawn), *body])


# Slides.


def _slides(scene: Scene, palette: Palette, showing: Showing) -> str:
    drawn = "\n".join(TikzWriter(scene, palette, showing).picture())
    captions = [_caption(slide, text) for slide, text in enumerate(showing.captions(), start=1)]
    said = "\n".join(captions)
    natural = [side * UNIT for side in (scene.width, scene.height)]
    scale = min([_LARGEST_SCALE, *(room / side for room, side in zip(_SLIDE, natural, strict=True))])
    return "\n".join(
        [
            *engine_advice(drawn + said),
            r"\documentclass[aspectratio=169]{beamer}",
            r"\usepackage{tikz}",
            *fonts(drawn + said),
            r"\setbeamertemplate{navigation symbols}{}",
            *commands(drawn + said),
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
    return rf"\only<{slide}>{{{typed(shorten(plain_text(text), _WIDEST_CAPTION))}}}%"
