"""The forms of file that a circuit is written in: a row each, with what it can be told and the view that draws it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from gatewise._errors import SaveError


@dataclass(frozen=True)
class Shown:
    """What a file is drawn of: the record, and what some views want beside it, which is made when they ask."""

    record: Mapping[str, Any]
    formulas: Callable[[], Mapping[str, Any] | None]  # how the numbers of the record come about; None: not told
    code: Callable[[], str | None]  # the staged code; None where the circuit has none
    rounds: Callable[[], Sequence[Mapping[str, Any]]] = tuple  # the numbers of all rounds of its loops


@dataclass(frozen=True)
class Form:
    """A form of file.

    `suffix` ends the file's name, `holds` says in a word what is in it, `options` what can be said of it, and `draw`
    makes it of what is shown. A form with a `kind` has an option of the command line to itself, which writes a thing of
    that kind and is explained by `help`; any other is written by `--save` alone. `also` are further endings; `checks`
    says whether numerical derivatives stand in it.
    """

    suffix: str
    holds: str
    options: tuple[str, ...]
    draw: Callable[..., str | bytes]
    kind: str = ""
    help: str = ""
    also: tuple[str, ...] = ()
    checks: bool = False

    @property
    def word(self) -> str:
        """What the form is called: `svg` in `c.svg()`, `--svg` and `.svg`."""
        return self.suffix[1:]

    @property
    def is_picture(self) -> bool:
        """Whether gates and wires are drawn in it."""
        return "palette" in self.options


# ------------------------------------------------------- drawing: each view is loaded when a file of its form is wanted


def view(name: str) -> Callable[..., str]:
    """Draws the record: the function of this name in the file of `_views` that has the name."""

    def draw(shown: Shown, **looks: object) -> str:
        drawn: str = getattr(import_module(f"gatewise._views.{name}"), name)(shown.record, **looks)
        return drawn

    return draw


def whole_page(shown: Shown, **looks: object) -> str:
    drawn = import_module("gatewise._views.page").page
    text: str = drawn(shown.record, shown.formulas(), staged=shown.code(), rounds=shown.rounds(), **looks)
    return text


def png(shown: Shown, **looks: object) -> bytes:
    try:
        from cairosvg import svg2png  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        why = "a PNG is drawn by CairoSVG, which is not installed."
        raise SaveError("No PNG was written.", why, "pip install 'gatewise[png]', or save as .svg.") from None
    drawn: bytes = svg2png(bytestring=view("picture")(shown, **looks).encode(), scale=2)
    return drawn


def as_json(shown: Shown) -> str:
    return json.dumps(shown.record, ensure_ascii=False, allow_nan=False)


# ------------------------------------------------------------------------------------------------------- the forms

ROUNDS = ("round", "unrolled")
LOOKS = ("palette", "digits", "fold", "wrt", *ROUNDS)

SVG = Form(
    ".svg",
    "picture",
    LOOKS,
    view("picture"),
    kind="an SVG file",
    help="Write the picture to a file as well (- for standard output alone).",
)
HTML = Form(
    ".html",
    "page",
    LOOKS,
    whole_page,
    kind="a page",
    help="Write one page that works offline: walk, fold, change inputs.",
    also=(".htm",),
    checks=True,
)
TEX = Form(
    ".tex",
    "picture",
    (*LOOKS, "form"),
    view("tikz"),
    kind="a TeX file",
    help="Write the picture as TikZ, for \\input in a paper; see --form.",
)
PNG = Form(".png", "picture", LOOKS, png)
JSON = Form(".json", "record", ROUNDS, as_json, checks=True)
DOT = Form(".dot", "graph", ("digits", *ROUNDS), view("dot"))

#: All of them. What saves, draws, reads options or explains itself goes through this table.
FORMS = (SVG, HTML, TEX, PNG, JSON, DOT)
SUFFIXES = tuple(form.suffix for form in FORMS)


def form_of(path: str | os.PathLike[str]) -> Form | None:
    """The form that the ending of a file's name asks for; None for any other ending."""
    suffix = Path(path).suffix.lower()
    return next((form for form in FORMS if suffix in (form.suffix, *form.also)), None)
