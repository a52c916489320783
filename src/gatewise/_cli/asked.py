"""What was typed after `gatewise check`, and which options make sense together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatewise._cli.many import are_many
from gatewise._cli.request import shown_word
from gatewise._errors import CommandError

RIGHT, WRONG, UNDECIDABLE = 0, 1, 3


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


def check_options(request: CheckRequest) -> None:
    """Raise `CommandError` for options that make no sense together."""
    if request.gradient is not None and request.backward is not None:
        why = "--gradient takes the inputs, --backward takes (dout, cache): a check has one of them."
        raise CommandError("--gradient and --backward were both given.", why, "leave one out.")
    if (request.csv is not None or request.gradescope is not None) and not are_many(request.words):
        why = "it has a row for each of many files."
        raise CommandError("--csv and --gradescope are for folders.", why, "gatewise check FOLDER --csv marks.csv")
    if request.blank is not None and request.to is None:
        raise CommandError("--blank has no file to write.", "it writes an exercise.", "--blank NAME -o exercise.py")
    if request.to is not None and request.blank is None:
        raise CommandError("-o has nothing to write.", "it is where --blank puts an exercise.", "--blank NAME -o FILE")
    if request.to is not None and not request.to.endswith(".py"):
        cure = f"-o {Path(request.to).stem or 'exercise'}.py"
        raise CommandError(f"{shown_word(request.to)} is not the name of a Python file.", "an exercise is one.", cure)


def status(verdict: str, passed: bool) -> int:
    """The exit status: 0 right, or a kink whose gradient lies between its slopes; 1 wrong; 3 undecidable."""
    return RIGHT if passed else UNDECIDABLE if verdict in ("undecidable", "right") else WRONG
