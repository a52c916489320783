"""What was typed after `gatewise check`, and which options make sense together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatewise._cli.many import are_many
from gatewise._cli.request import shown_word
from gatewise._errors import CommandError

RIGHT, WRONG, UNDECIDABLE = 0, 1, 3
SHEETS = (".svg", ".tex", ".pdf", ".png")  #: what a worksheet is written as


@dataclass(frozen=True)
class CheckRequest:
    """What was typed after `gatewise check`."""

    words: Sequence[str]
    gradient: str | None = None
    backward: str | None = None
    blank: str | None = None
    to: str | None = None
    exercises: bool = False
    hint: bool = False
    solution: bool = False
    as_json: bool = False
    seed: int | None = None
    upstream: str | None = None
    wrt: Sequence[str] | None = None
    leave_out: Sequence[str] = ()
    effort: str = "default"
    timeout: float = 30.0
    csv: str | None = None
    gradescope: str | None = None
    cell: str | None = None
    points: float | None = None
    key: str | None = None
    worksheet: str | None = None


def check_options(request: CheckRequest) -> None:
    """Raise `CommandError` for options that make no sense together."""
    if request.gradient is not None and request.backward is not None:
        why = "--gradient takes the inputs, --backward takes (dout, cache): a check has one of them."
        raise CommandError("--gradient and --backward were both given.", why, "leave one out.")
    if (request.csv is not None or request.gradescope is not None) and not are_many(request.words):
        why = "it has a row for each of many files."
        raise CommandError("--csv and --gradescope are for folders.", why, "gatewise check FOLDER --csv marks.csv")
    if request.points is not None and (request.blank is not None or request.worksheet is not None):
        raise CommandError("--points has nothing to mark.", "an exercise is written here.", "leave it out.")
    check_written(request)
    check_key(request)


def check_written(request: CheckRequest) -> None:
    """Raise `CommandError` where what is to be written has no file, or one of another kind."""
    made = [option for option in ("blank", "worksheet") if getattr(request, option) is not None]
    if len(made) == 2:
        raise CommandError("--blank and --worksheet were both given.", "each writes one thing.", "leave one out.")
    if made and request.to is None:
        what, ending = ("an exercise", "exercise.py") if made == ["blank"] else ("a worksheet", "sheet.svg")
        why = f"it writes {what}."
        raise CommandError(f"--{made[0]} has no file to write.", why, f"--{made[0]} NAME -o {ending}")
    if request.to is None:
        return
    if not made:
        raise CommandError("-o has nothing to write.", "it is where --blank puts an exercise.", "--blank NAME -o FILE")
    stem = Path(request.to).stem
    if made == ["blank"] and not request.to.endswith(".py"):
        cure = f"-o {stem or 'exercise'}.py"
        raise CommandError(f"{shown_word(request.to)} is not the name of a Python file.", "an exercise is one.", cure)
    for path in (request.to, request.key) if made == ["worksheet"] else ():
        if path is not None and Path(path).suffix.lower() not in SHEETS:
            why = f"a worksheet and its key are pictures: {', '.join(SHEETS)}."
            raise CommandError(
                f"{shown_word(path)} is not the name of a picture.", why, f"{Path(path).stem or 'sheet'}.svg"
            )
    if request.key is not None and os.path.abspath(request.key) == os.path.abspath(request.to):
        raise CommandError(f"{shown_word(request.to)} is to be written twice.", "a key is no exercise.", "two names.")


def check_key(request: CheckRequest) -> None:
    """Raise `CommandError` for a key that opens nothing, or is none."""
    if request.key is None or request.worksheet is not None:
        return
    if request.blank is None and not request.solution:
        why = "it is written beside an exercise, and opens its solution."
        raise CommandError(
            "--key has nothing to open.", why, "--solution --key FILE, or --blank NAME -o FILE --key FILE"
        )
    if request.blank is not None and not request.key.endswith(".py"):
        why = "it is the exercise with its solution."
        raise CommandError(f"{shown_word(request.key)} is not the name of a Python file.", why, "--key key.py")


def status(verdict: str, passed: bool) -> int:
    """The exit status: 0 right, or a kink whose gradient lies between its slopes; 1 wrong; 3 undecidable."""
    return RIGHT if passed else UNDECIDABLE if verdict in ("undecidable", "right") else WRONG
