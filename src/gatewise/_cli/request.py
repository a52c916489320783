"""What was typed after `gatewise show`, and which options make sense together."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatewise._board import MOST_DIGITS, form_of
from gatewise._cli.saving import PICTURES, ROUNDED, SUFFIXES
from gatewise._errors import CommandError
from gatewise._views.palettes import PALETTES

DIGITS = f"a number is shown with 1 to {MOST_DIGITS} digits after the point."
STANDARD_OUTPUT = "-"
FILES = {"--svg": ("an SVG file", ".svg"), "--html": ("a page", ".html"), "--tex": ("a TeX file", ".tex")}
FOR_PIXELS = (".doc", ".docx", ".odt", ".ppt", ".pptx", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
EVERYTHING = ""  # what `--derive` without a wire asks for


@dataclass(frozen=True)
class Request:
    """What was typed after `gatewise show`."""

    words: Sequence[str]
    cards: Sequence[str] = ()
    code: str | None = None
    derive: Sequence[str] = ()
    latex: bool = False
    walk: bool = False
    vary: Sequence[str] = ()
    as_json: bool = False
    svg: str | None = None
    html: str | None = None
    tex: str | None = None
    form: str | None = None
    save: Sequence[str] = ()
    opens: bool = False
    palette: str | None = None
    digits: int | None = None
    fold: str | None = None
    cut: str | None = None
    seed: int | None = None
    output: str | None = None
    upstream: str | None = None
    wrt: Sequence[str] | None = None

    @property
    def files(self) -> list[tuple[str, str]]:
        """What is to be written: for each file its form, such as ".svg", and its path."""
        named = [(".svg", self.svg), (".html", self.html), (".tex", self.tex)]
        return [(suffix, path) for suffix, path in named if path is not None] + [
            (form_of(path), path) for path in self.save
        ]

    @property
    def printed(self) -> list[str]:
        """The options that say what is printed."""
        asked = {"--card": self.cards, "--code": self.code, "--derive": self.derive}
        alone = {"--json": self.as_json, "--walk": self.walk, "--vary": self.vary}
        return [option for option, given in (asked | alone).items() if given]

    @property
    def has_picture(self) -> bool:
        """Whether something is drawn."""
        return any(suffix in PICTURES for suffix, _ in self.files)

    @property
    def folding(self) -> int | bool | list[str] | None:
        """`fold=` of the pictures. Raises `CommandError` for a number that is not one of gates."""
        if self.fold is None:
            return None
        word = self.fold.strip().lower()
        if word in ("all", "none"):
            return word == "all"
        if word.isascii() and word.isdigit() and int(word[:9]) >= 1 and len(word) < 10:
            return int(word)
        names = [name.strip() for name in self.fold.split(",")]
        if all(name and (name[0].isalpha() or name[0] == "_") for name in names):
            return names
        why = "it says how many gates a picture has at most, that all groups of gates are closed, or none, or which."
        cure = "--fold 40, --fold all, --fold none or --fold sigmoid."
        raise CommandError(f"--fold {shown(self.fold)} is not understood.", why, cure)


def shown(word: str) -> str:
    """A word in a message: short, and nothing a terminal would obey."""
    return ascii(word[:60]) if not word[:60].isprintable() else repr(word[:60])


def check(request: Request) -> None:
    """Raise `CommandError` for the first thing about a request that makes no sense."""
    for rule in (check_printed, check_vary, check_files, check_streams, check_companions, check_looks):
        rule(request)


ALONE = {
    "--json": "It prints the whole record.",
    "--walk": "It goes through the circuit gate by gate.",
    "--vary": "It prints one table of several circuits.",
}


def check_printed(request: Request) -> None:
    """`--json`, `--walk` and `--vary` each print something that nothing can stand beside."""
    for option, why in ALONE.items():
        others = [other for other in request.printed if other != option]
        if option in request.printed and others:
            raise CommandError(f"{option} stands alone.", why, f"leave out {' and '.join(others)}.")


def check_vary(request: Request) -> None:
    if not request.vary:
        return
    if len(request.vary) > 1:
        why = "one table shows what one input does."
        raise CommandError("--vary is given twice.", why, "vary one input, then the other.")
    if request.files:
        why = "a picture shows one circuit, and --vary makes one for each value."
        raise CommandError("--vary draws nothing.", why, "leave --vary out for the picture.")


def check_files(request: Request) -> None:
    """Every file needs a name that says what it is, and a name of its own."""
    for option, path in (("--svg", request.svg), ("--html", request.html), ("--tex", request.tex)):
        what, ending = FILES[option]
        if path not in (None, STANDARD_OUTPUT) and form_of(str(path)) not in ("", ending):
            cure = f"{option} circuit{ending}; --save writes {', '.join(SUFFIXES)}."
            why = f"{option} writes {what} and nothing else."
            raise CommandError(f"{shown(str(path))} is not the name of {what}.", why, cure)
    for path in request.save:
        if form_of(path) not in SUFFIXES:
            why = f"the ending says what is written: {', '.join(SUFFIXES)}."
            raise CommandError(f"--save {shown(path)}: nothing is written under this ending.", why, near_ending(path))
    paths = [os.path.abspath(path) for _, path in request.files if path != STANDARD_OUTPUT]
    if len(paths) > len(set(paths)):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise CommandError(
            f"{shown(Path(twice).name)} is to be written twice.", "one would overwrite the other.", "two file names."
        )


def near_ending(path: str) -> str:
    ending = form_of(path)
    near = [".png"] if ending in FOR_PIXELS else difflib.get_close_matches(ending, SUFFIXES, n=1, cutoff=0.6)
    return f"--save {shown(Path(path).stem)[1:-1] or 'circuit'}{near[0] if near else '.svg'}"


def check_streams(request: Request) -> None:
    """Standard output takes one thing."""
    streams = [option for option in FILES if getattr(request, option[2:]) == STANDARD_OUTPUT]
    others = streams[1:] + request.printed
    if streams and others:
        why = "standard output is taken by the first."
        raise CommandError(
            f"{streams[0]} - stands alone.", why, f"give it a file, or leave out {' and '.join(others)}."
        )


def check_companions(request: Request) -> None:
    """Options that are about another one."""
    if request.opens and request.html in (None, STANDARD_OUTPUT):
        raise CommandError("--open has no page to open.", "it opens what --html wrote.", "--html circuit.html --open")
    if request.form is not None and not any(suffix == ".tex" for suffix, _ in request.files):
        why = "it says what kind of TeX file is written."
        raise CommandError("--form has no TeX file to form.", why, f"--tex circuit.tex --form {request.form}")
    if request.latex and not request.derive:
        raise CommandError("--latex has nothing to write.", "it is the form of a derivation.", "--derive --latex")


def check_looks(request: Request) -> None:
    """`--palette`, `--digits` and `--fold`: each a thing there is, and something for it to act on."""
    fold = request.folding
    if request.palette is not None and request.palette not in PALETTES:
        near = difflib.get_close_matches(request.palette, PALETTES, n=1, cutoff=0.5) or ["default"]
        why = f"there are {', '.join(PALETTES)}."
        raise CommandError(f"There is no palette {shown(request.palette)}.", why, f"--palette {near[0]}")
    if request.digits is not None and not 1 <= request.digits <= MOST_DIGITS:
        raise CommandError(f"--digits {request.digits} is not possible.", DIGITS, "--digits 4")
    if request.palette is not None and not request.has_picture:
        why = "a palette colours a picture, and none was asked for."
        raise CommandError("--palette has nothing to colour.", why, f"--svg circuit.svg --palette {request.palette}")
    if fold is not None and fold is not True and not request.has_picture:
        why = "it is about pictures; a table has a row for each gate."
        cure = "--fold all, which shows chains and blocks as one gate everywhere, or --svg circuit.svg."
        raise CommandError(f"--fold {request.fold} has no picture to fold.", why, cure)
    in_full = request.printed and set(request.printed) <= {"--code", "--json"}
    if request.digits is not None and in_full and not any(suffix in ROUNDED for suffix, _ in request.files):
        why = "numbers in code and records are printed in full."
        raise CommandError("--digits has nothing to round.", why, "leave it out.")
