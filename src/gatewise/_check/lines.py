"""Which lines are named: those that the inquiry finds, in the words of the marking where that finds them too.

The marking goes by what variables are called, and says well what is wrong in a line; the inquiry goes by what values
do, and tries what it says. A line that the inquiry clears is not named, whatever the marking says of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np

from gatewise._check.asking import located
from gatewise._check.claims import Given
from gatewise._check.comparing import plain
from gatewise._check.diagnosis import SAYS, Mistake
from gatewise._check.mending import Found, Located
from gatewise._check.names import wire_named
from gatewise._check.rows import Rank
from gatewise._check.script_trials import Script, ScriptPoint
from gatewise._check.subject import Subject
from gatewise._check.swapping import Functions
from gatewise._check.trials import Checked, Trial

MANY = 8  #: lines that are listed where it is one of them


def lines_of_check(
    subject: Subject, given: Given, marked: Callable[[], Sequence[Mistake]]
) -> tuple[list[Mistake], str]:
    """The wrong lines of what `gw.check` was given; or, where there are none, why not, in a sentence."""

    def trials() -> list[Trial]:
        functions = Functions([subject.f, given.gradient, given.backward])
        return [Trial(Checked(subject, given, nearby), functions) for nearby in (False, True)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = subject.evaluations  # the verdict rests on those alone
        found = located(trials)
        mistakes, why = agreed(found, marked)
        subject.evaluations = before
    return mistakes, "" if found.unseen and given.gradient is not None else why  # it need not be a backward pass at all


def lines_of_script(path: str, text: str, marked: Callable[[], Sequence[Mistake]]) -> tuple[list[Mistake], str]:
    """The wrong lines of a script; or, where there are none, why not, in a sentence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return agreed(located(lambda: trials_of(Script(path, text))), marked)


def trials_of(script: Script) -> list[Trial]:
    return [Trial(ScriptPoint(script, nearby), script) for nearby in (False, True)]


def agreed(found: Located, marked: Callable[[], Sequence[Mistake]]) -> tuple[list[Mistake], str]:
    """What the inquiry and the marking say together."""
    try:
        mistakes = list(marked())
    except Exception:  # of the program as it was taken apart; the verdict stands without its lines
        mistakes = []
    if found.unseen:
        return mistakes, "" if mistakes else found.why
    if found.right:
        return [m for m in mistakes if m.line not in found.cleared], ""
    mistakes = [m for m in mistakes if m.line not in found.idle]
    told = [m for m in mistakes if wire_named(m.variable, found.misshaped) is not None]
    told += [m for f in found.found for m in in_words(f, mistakes) if m not in told]
    sure = [m for m in mistakes if m.kind != "other"]
    told += [m for f in found.doubted for m in at_line(f, sure) if m not in told]  # both say so, each in its own way
    if told:
        return sorted(told, key=lambda m: m.line), ""
    among = {s.lineno for s in found.suspects}
    if explained := [m for m in sure if m.kind == "eps" and m.line in among]:
        return explained, ""  # the gradient is right to the last digit without that small number
    marked_lines = {m.line for m in sure}
    first = found.suspects[0].lineno if found.suspects else None  # where it goes wrong first
    if len(sure) > 1 and sure == mistakes and first in marked_lines <= among and not found.doubtful:
        return mistakes, ""
    return [], reason(found)


def in_words(found: Found, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """A line that was found, as the marking tells of it; in plain words where it does not."""
    return at_line(found, mistakes) or [mistake_of(found)]


def at_line(found: Found, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """What the marking says of a line that was found."""
    last = found.statement.end_lineno or found.statement.lineno
    return [m for m in mistakes if found.statement.lineno <= m.line <= last]


def mistake_of(found: Found) -> Mistake:
    """A mistake told without the marking's help."""
    s, change = found.statement, found.change or found.mend()
    if found.shape:
        return Mistake(
            s.lineno, found.text, found.key, plain(found.gave), plain(found.should), "broadcast",
            f"It has shape {np.shape(found.gave)}, what it is the gradient of has {np.shape(found.should)}.",
        )  # fmt: skip
    if found.lost and change is None:
        kind, detail = "fork", "one of them is missing"
    elif change is not None and change.rank < Rank.NAME:
        kind, detail = change.kind, change.detail
    else:
        kind, detail = "other", ""
    cure = SAYS[kind].format(detail=detail)
    return Mistake(s.lineno, found.text, found.key, plain(found.gave), plain(found.should), kind, cure)


def reason(found: Located) -> str:
    """Why no line is named, in a sentence."""
    lines = sorted({s.lineno for s in found.suspects})
    if found.why and not lines:
        return found.why
    if 0 < len(lines) <= MANY:
        listed = ", ".join(map(str, lines[:-1])) + (" or " if len(lines) > 1 else "") + str(lines[-1])
        return f"it is line {listed}" + (f": {found.why}" if found.why else "")
    return found.why or "no single line accounts for it"
