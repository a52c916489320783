"""What was typed after `gatewise show`, and which options make sense together."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatewise._board import MOST_DIGITS
from gatewise._errors import CommandError
from gatewise._views.forms import HTML, PNG, SUFFIXES, SVG, TEX, Form, form_of
from gatewise._views.palettes import PALETTES

DIGITS = f"a number is shown with 1 to {MOST_DIGITS} digits after the point."
STANDARD_OUTPUT = "-"
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
    named: Sequence[tuple[Form, str]] = ()  # by options that have a form's name, such as --svg
    form: str | None = None
    save: Sequence[str] = ()
    opens: bool = False
    palette: str | None = None
    digits: int | None = None
    fold: str | None = None
    round: str | None = None
    unrolled: bool = False
    cell: str | None = None
    cut: str | None = None
    seed: int | None = None
    output: str | None = None
    upstream: str | None = None
    wrt: Sequence[str] | None = None

    @property
    def files(self) -> list[tuple[Form, str]]:
        """What is to be written: for each file its form and its path."""
        return [*self.named, *((form, path) for path in self.save if (form := form_of(path)) is not None)]

    @property
    def page(self) -> str | None:
        """The file that `--html` writes, which a browser can open."""
        return next((path for form, path in self.named if form is HTML and path != STANDARD_OUTPUT), None)

    @property
    def printed(self) -> list[str]:
        """The options that say what is printed."""
        asked = {"--card": self.cards, "--code": self.code, "--derive": self.derive}
        alone = {"--json": self.as_json, "--walk": self.walk, "--vary": self.vary}
        return [option for option, given in (asked | alone).items() if given]

    @property
    def form_of_derivation(self) -> str | None:
        """What `--form` says of a derivation: nothing where it is said of a TeX file alone."""
        return (
            self.form
            if self.derive and self.form in (("fragment", "standalone") if self.latex else ("text",))
            else None
        )

    @property
    def has_picture(self) -> bool:
        """Whether something is drawn."""
        return any(form.is_picture for form, _ in self.files)

    @property
    def round_asked(self) -> int | str | tuple[int | str, ...] | None:
        """`round=` of the views: a number or a word, or several with commas between."""
        if self.round is None:
            return None
        words = [each.strip() for each in self.round.split(",")]
        found = tuple(int(word) if re.fullmatch(r"[+-]?[0-9]{1,9}", word) else word for word in words)
        return found if len(found) > 1 else found[0]

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
        raise CommandError(f"--fold {shown_word(self.fold)} is not understood.", why, cure)


def shown_word(word: str) -> str:
    """A word in a message: short, and nothing a terminal would obey."""
    return ascii(word[:60]) if not word[:60].isprintable() else repr(word[:60])


def demand_sensible(request: Request) -> None:
    """Raise `CommandError` for the first thing about a request that makes no sense."""
    for rule in (check_printed, check_vary, check_files, check_streams, check_companions, check_rounds, check_looks):
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
    for form, path in request.named:
        if path != STANDARD_OUTPUT and Path(path).suffix and form_of(path) is not form:
            cure = f"--{form.word} circuit{form.suffix}; --save writes {', '.join(SUFFIXES)}."
            why = f"--{form.word} writes {form.kind} and nothing else."
            raise CommandError(f"{shown_word(path)} is not the name of {form.kind}.", why, cure)
    for path in request.save:
        if form_of(path) is None:
            why = f"the ending says what is written: {', '.join(SUFFIXES)}."
            raise CommandError(
                f"--save {shown_word(path)}: nothing is written under this ending.", why, near_ending(path)
            )
    paths = [os.path.abspath(path) for _, path in request.files if path != STANDARD_OUTPUT]
    if len(paths) > len(set(paths)):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise CommandError(
            f"{shown_word(Path(twice).name)} is to be written twice.",
            "one would overwrite the other.",
            "two file names.",
        )


def near_ending(path: str) -> str:
    ending = Path(path).suffix.lower()
    near = [PNG.suffix] if ending in FOR_PIXELS else difflib.get_close_matches(ending, SUFFIXES, n=1, cutoff=0.6)
    return f"--save {shown_word(Path(path).stem)[1:-1] or 'circuit'}{near[0] if near else SVG.suffix}"


def check_streams(request: Request) -> None:
    """Standard output takes one thing."""
    streams = [f"--{form.word}" for form, path in request.named if path == STANDARD_OUTPUT]
    others = streams[1:] + request.printed
    if streams and others:
        why = "standard output is taken by the first."
        raise CommandError(
            f"{streams[0]} - stands alone.", why, f"give it a file, or leave out {' and '.join(others)}."
        )


def check_companions(request: Request) -> None:
    """Options that are about another one."""
    if request.opens and request.page is None:
        raise CommandError("--open has no page to open.", "it opens what --html wrote.", "--html circuit.html --open")
    if request.form == "text" and request.form_of_derivation is None:
        why = "it is a derivation without LaTeX, to be read on a terminal."
        raise CommandError("--form text has nothing to write.", why, "--derive --form text")
    is_for_a_file = request.form != "text" and any(form is TEX for form, _ in request.files)
    if request.form is not None and not is_for_a_file and request.form_of_derivation is None:
        why = "it says what kind of TeX file is written."
        raise CommandError("--form has no TeX file to form.", why, f"--tex circuit.tex --form {request.form}")
    if request.latex and not request.derive:
        raise CommandError("--latex has nothing to write.", "it is the form of a derivation.", "--derive --latex")


def check_rounds(request: Request) -> None:
    """`--round` and `--unrolled`: one of them, and something that shows rounds."""
    if request.round is not None and request.unrolled:
        why = "--unrolled shows every round."
        raise CommandError("--round and --unrolled are both given.", why, "leave one of them out.")
    if request.round is not None and request.code is not None and request.printed == ["--code"] and not request.files:
        raise CommandError("--round has nothing to show.", "code is that of all rounds.", "leave --round out.")


def check_looks(request: Request) -> None:
    """`--palette`, `--digits` and `--fold`: each a thing there is, and something for it to act on."""
    fold = request.folding
    if request.palette is not None and request.palette not in PALETTES:
        near = difflib.get_close_matches(request.palette, PALETTES, n=1, cutoff=0.5) or ["default"]
        why = f"there are {', '.join(PALETTES)}."
        raise CommandError(f"There is no palette {shown_word(request.palette)}.", why, f"--palette {near[0]}")
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
    if request.digits is not None and in_full and not any("digits" in form.options for form, _ in request.files):
        why = "numbers in code and records are printed in full."
        raise CommandError("--digits has nothing to round.", why, "leave it out.")
