"""Which lines are named: those that the inquiry finds, in the words of the marking where that finds them too.

The marking goes by what variables are called, and says well what is wrong in a line; the inquiry goes by what values
do, and tries what it says. A line that the inquiry clears is not named, whatever the marking says of it.
"""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from gatewise._check.calling import hands_on_what_is_wrong, is_in_a_helper
from gatewise._check.claims import Given
from gatewise._check.comparing import identical, shown_value
from gatewise._check.contesting import uncontested
from gatewise._check.contributions import Work, work_of
from gatewise._check.diagnosis import SAYS, UNSURE, Mistake, Suspect
from gatewise._check.hearing import Event
from gatewise._check.iterations import with_rounds
from gatewise._check.locating import single_line
from gatewise._check.meant import is_exact
from gatewise._check.mending import Found, Located, is_cured_by, is_right_by_its_name
from gatewise._check.moving import Inquiry, TooMuchError
from gatewise._check.names import wire_named
from gatewise._check.readings import backward_values
from gatewise._check.rows import Change, Rank, elements
from gatewise._check.script_trials import Script, ScriptPoint
from gatewise._check.subject import Subject
from gatewise._check.swapping import Functions
from gatewise._check.trials import Checked, TooManyError, Trial, UnseenError

TOO_MUCH = "too much happens on the way to look at every value"
NOTHING = Located(why="no line that could be run by itself makes a gradient", unseen=True)
LOSSES = frozenset({"loss", "cost", "L", "J"})

raises_its_own_errors = False  #: set where this is tested: a user gets the verdict, and a note

MANY = 8  #: lines that are listed where it is one of them


class Told(NamedTuple):
    """The wrong lines; or, where none is named, why not, in a sentence, and the lines that it is one of."""

    mistakes: Sequence[Mistake] = ()
    why: str = ""
    suspects: tuple[Suspect, ...] = ()


def lines_of_check(subject: Subject, given: Given, marked: Callable[[], Sequence[Mistake]]) -> Told:
    """What is said of the lines of what `gw.check` was given."""

    def trials() -> list[Trial]:
        functions = Functions([subject.f, given.gradient, given.backward])
        return [Trial(Checked(subject, given, nearby), functions) for nearby in (False, True)]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = subject.evaluations  # the verdict rests on those alone
        found = located(trials)
        told = agreed(found, marked)
        told = told._replace(mistakes=with_rounds(told.mistakes, found, trials()[0])) if told.mistakes else told
        subject.evaluations = before
    unknown = found.unseen and given.gradient is not None  # it need not be a backward pass at all
    return told._replace(why="") if unknown else told


def lines_of_script(
    path: str, text: str, marked: Callable[[], Sequence[Mistake]], output: str = "", steps: Collection[int] = ()
) -> Told:
    """What is said of the lines of a script, of the gradients of what it computes under a name; `steps` are lines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return agreed(located(lambda: trials_of(Script(path, text, output, steps))), marked)


def trials_of(script: Script) -> list[Trial]:
    return [Trial(ScriptPoint(script, nearby), script) for nearby in (False, True)]


def agreed(found: Located, marked: Callable[[], Sequence[Mistake]]) -> Told:
    """What the inquiry and the marking say together."""
    if found.why == TOO_MUCH and not found.misshaped:
        return Told([], reason(found))  # the marking alone names no line, and takes its time
    try:
        mistakes = list(marked())
    except Exception:  # of the program as it was taken apart; the verdict stands without its lines
        mistakes = []
    if found.unseen:
        return Told(mistakes, "" if mistakes else found.why)
    if found.right:
        return Told([m for m in mistakes if m.line not in found.cleared])
    mistakes = [m for m in mistakes if m.line not in found.idle]
    told = [m for m in mistakes if wire_named(m.variable, found.misshaped) is not None]
    told += [m for f in found.found for m in in_words(f, mistakes) if m not in told]
    sure = [m for m in mistakes if m.kind != "other"]
    told += [m for f in found.doubted for m in at_line(f, sure) if m not in told]  # both say so, each in its own way
    if told:
        return Told(sorted((with_sure_cure(found, m) for m in told), key=lambda m: m.line))
    among = {s.lineno for s in found.suspects}
    if explained := [m for m in sure if m.kind == "eps" and m.line in among]:
        return Told(explained)  # the gradient is right to the last digit without that small number
    marked_lines = {m.line for m in sure}
    first = found.suspects[0].lineno if found.suspects else None  # where it goes wrong first
    if len(sure) > 1 and sure == mistakes and first in marked_lines <= among and not found.doubtful:
        return Told(mistakes)
    return Told([], reason(found), among_these(found))


def in_words(found: Found, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """A line that was found, as the marking tells of it; in plain words where it does not."""
    return at_line(found, mistakes) or [mistake_of(found)]


def at_line(found: Found, mistakes: Sequence[Mistake]) -> list[Mistake]:
    """What the marking says of a line that was found."""
    last = found.statement.end_lineno or found.statement.lineno
    return [m for m in mistakes if found.statement.lineno <= m.line <= last]


def with_sure_cure(found: Located, m: Mistake) -> Mistake:
    """A mistake with its cure where that, tried in the program as it is, makes something right; else without one."""
    _, written, text = m.cure.partition(" Write  ")
    return m if not written or found.cures(m.line, text) else dataclasses.replace(m, kind="other", cure=UNSURE)


def mistake_of(found: Found) -> Mistake:
    """A mistake told without the marking's help."""
    change, line = found.change or found.mend(), (found.at or found.statement).lineno
    if found.shape:
        return Mistake(
            line, found.text, found.key, shown_value(found.gave), shown_value(found.should), "broadcast",
            f"It has shape {np.shape(found.gave)}, what it is the gradient of has {np.shape(found.should)}.",
        )  # fmt: skip
    if found.lost and change is None:
        kind, detail = "fork", "one of them is missing"
    elif change is not None and change.rank < Rank.NAME:
        kind, detail = change.kind, change.detail
    else:
        kind, detail = "other", ""
    cure = SAYS[kind].format(detail=detail)
    return Mistake(line, found.text, found.key, shown_value(found.gave), shown_value(found.should), kind, cure)


def reason(found: Located) -> str:
    """Why no line is named, in a sentence."""
    lines = [str(suspect.line) for suspect in among_these(found)]
    if not lines:
        return found.why or "no single line accounts for it"
    listed = ", ".join(lines[:-1]) + (" or " if len(lines) > 1 else "") + lines[-1]
    return f"it is line {listed}" + (f": {found.why}" if found.why else "")


def among_these(found: Located) -> tuple[Suspect, ...]:
    """The lines that it is one of, where that is sure and they are a few; one that puts values together is none."""
    parts = [e for s in found.suspects if s.lineno not in found.idle for e in parts_of_lines(s)]
    lines = {e.lineno: found.texts.get(e.lineno, "") for e in parts}
    few = found.listed and 1 < len(lines) <= MANY
    return tuple(Suspect(n, text) for n, text in sorted(lines.items())) if few else ()


def obstacle(inquiry: Inquiry) -> str:
    """Why the inquiry cannot be made; nothing where it can."""
    if not inquiry.wrong:
        return "gatewise's own gradients agree with these"
    if inquiry.is_large:
        return TOO_MUCH
    if (other := another_value(inquiry)) is not None:
        return f"beside these gradients {other.place.key} is computed, and it is not the value of the function"
    others = [[e.place for e in r.events] for r in inquiry.runs[1:]]
    if any(places != [e.place for e in inquiry.events] for places in others):
        return "a little further on the program takes another way"
    return ""


def all_right(inquiry: Inquiry) -> Located | None:
    """The lines that all gradients clear, being right; None where there is no gradient."""
    lines = {inquiry.events[i].place.line for i in inquiry.moved if inquiry.reaches(i)}
    return Located(right=True, cleared=lines) if inquiry.names else None


def another_value(inquiry: Inquiry) -> Event | None:
    """A loss that is computed beside the gradients, and is not the function's value: they are of something else."""
    value = inquiry.runs[0].value
    for i, e in enumerate(inquiry.events):
        if e.place.key in LOSSES and np.ndim(e.value) == 0 and i in inquiry.moved:
            idle = inquiry.moved[i].value == value and not inquiry.reaches(i) and not inquiry.changes[i]
            if idle and not np.isclose(float(e.value), value, rtol=1e-6):
                return e
    return None


def of_another_shape(inquiry: Inquiry, q: str) -> Iterator[Found]:
    """The line that gives the gradient of a parameter, where it has another shape than that."""
    shape = inquiry.trials[0].misshaped[q]
    for named in reversed(inquiry.events):
        if named.value is None or np.shape(named.value) != shape or wire_named(named.place.key, {q}) is None:
            continue
        made = [
            e
            for e in inquiry.events
            if identical(e.value, named.value) and work_of(e.place.statement) is not Work.PACKS
        ]
        right = [e for i, e in enumerate(inquiry.events) if any(e is each for each in made) and is_exact(inquiry, i)]
        for e in [named] if right else made[:1]:
            yield Found(e.place.statement, e.place.key, e.value, inquiry.trials[0].circuit.truth(q), shape=True)
        return


def is_told(f: Found, found: Located, inquiry: Inquiry) -> bool:
    """Whether a line that was found is named: one that computes nothing, only with the change that mends it.

    What does away with a helper's work is no evidence where the line that calls it is a suspect as well.
    """
    change = f.change or f.mend()
    if change is None:
        handed = isinstance(f.statement, ast.Assign) and work_of(f.statement) is Work.HANDS_ON
        if entry_at_fault(f) is not None and hands_on_for_another(inquiry, f):
            return True
        return not (handed and hands_on_what_is_wrong(inquiry, f.statement)) and f.statement.lineno not in found.idle
    return change.rank < Rank.FAR or len(found.suspects) < 2 or not is_in_a_helper(inquiry, f.statement)


def located(trials: Callable[[], Sequence[Trial]]) -> Located:
    """Where the mistakes are, as far as the program can be looked at in this way."""
    try:
        inquiry = Inquiry(trials())
    except UnseenError as error:
        return Located(why=str(error), unseen=True)
    except TooMuchError:
        return Located(why=TOO_MUCH)
    except Exception:  # of the user's code, run at other inputs, or taken apart
        return NOTHING
    try:
        return looked_through(inquiry)
    except TooManyError as error:
        return Located(why=str(error))
    except Exception as error:
        if raises_its_own_errors:
            raise
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        return Located(why=f"gatewise failed while it looked for it ({told}), which is a defect; the verdict stands")


def looked_through(inquiry: Inquiry) -> Located:
    """What an inquiry finds, and what of it is told."""
    why = obstacle(inquiry)
    if why and not inquiry.misshaped:
        return Located(why=why) if inquiry.wrong else all_right(inquiry) or NOTHING
    found = Located(why=why) if why else asked(inquiry)
    found.cures = partial(is_cured_by, inquiry)
    found.idle = {e.place.line for e in inquiry.events if work_of(e.place.statement) is Work.PACKS}
    others = {id(f.statement): f for q in inquiry.misshaped for f in of_another_shape(inquiry, q)}
    found.found += others.values()
    found.doubted = [f for f in found.found if not f.shape and not is_told(f, found, inquiry)]
    found.found = [f for f in found.found if not any(f is each for each in found.doubted)]
    return with_texts(found, inquiry) if backward_values(inquiry) or inquiry.misshaped else NOTHING


def asked(inquiry: Inquiry) -> Located:
    """One line for all that is wrong; else one for each gradient that is wrong, all together."""
    one = uncontested(inquiry, single_line(inquiry, inquiry.wrong), inquiry.wrong)
    if one.found or one.why or len(inquiry.wrong) < 2:
        return one
    each = [single_line(inquiry, (q,)) for q in inquiry.wrong]
    told = {id(f.statement) for e in each for f in e.found}
    counts = Counter(id(s) for e in each for s in e.suspects)
    common = any(n > 1 and s not in told for s, n in counts.items())
    if common or not all(e.found for e in each):  # what explains a part of it only, must be beyond doubt
        each = [e if len(e.suspects) == 1 else Located([], e.suspects, e.why) for e in each]
    found = {id(f.statement): f for e in each for f in e.found}
    if len(found) > 1 and not all(f.change or f.mend() for f in found.values()):  # one line before them may be wrong
        found = {}
    found = {n: f for n, f in found.items() if is_at_work(f.statement) or f.change or f.mend()}
    suspects = {id(s): s for e in ([one] if one.suspects and not found else each) for s in e.suspects}
    whys = dict.fromkeys(e.why for e in each if e.why)
    doubtful = any(e.doubtful for e in each)
    return Located(list(found.values()), list(suspects.values()), "; ".join(whys), doubtful, listed=one.listed)


def parts_of_lines(s: ast.stmt) -> list[ast.stmt] | list[ast.expr]:
    """A statement; where it puts together what stands in lines of its own, these."""
    found = list(elements(value)) if isinstance(value := getattr(s, "value", None), (ast.List, ast.Dict)) else []
    return found if len({e.lineno for e in found}) > 1 else [s]


def entry_at_fault(f: Found) -> ast.expr | None:
    """The entry of a dict that is written out in a line that was found, where it is the wrong one."""
    dicts = (e for e in ast.walk(f.statement) if isinstance(e, ast.Dict))
    pairs = ((k, v) for d in dicts for k, v in zip(d.keys, d.values, strict=True))
    return next((v for k, v in pairs if isinstance(k, ast.Constant) and f.key.endswith(f"[{k.value!r}]")), None)


def hands_on_for_another(inquiry: Inquiry, f: Found) -> bool:
    """Whether an entry is given a value that is the gradient of another name, which it has: it went right so far."""
    own = [i for i, e in enumerate(inquiry.events) if e.place.statement is f.statement and e.place.key == f.key]
    return any(
        identical(inquiry.events[j].value, inquiry.events[i].value) and is_right_by_its_name(inquiry, j)
        for i in own
        for j in backward_values(inquiry)
        if j < i and i in inquiry.changes[j]
    )


def changed_part(s: ast.stmt, change: Change[ast.stmt] | None) -> ast.stmt | ast.expr:
    """What a change of a statement changes: one element of what it puts together, or all of it."""
    old, new = getattr(s, "value", None), getattr(change and change.node, "value", None)
    if not isinstance(old, (ast.Tuple, ast.List, ast.Dict)) or not isinstance(new, type(old)):
        return s
    pairs = list(zip(elements(old), elements(new), strict=False))
    others = [a for a, b in pairs if ast.dump(a) != ast.dump(b)]
    return others[0] if len(others) == 1 else s


def is_at_work(s: ast.stmt) -> bool:
    """Whether a line may be at fault by itself: a return that computes nothing, only for the order of its parts."""
    return not isinstance(s, ast.Return) or work_of(s) is Work.COMPUTES


def with_texts(found: Located, inquiry: Inquiry) -> Located:
    """The lines as the user wrote them, and the gradients that came in another shape."""
    parts = [e for s in found.suspects for e in parts_of_lines(s)]
    found.texts = {e.lineno: inquiry.trials[0].code.text(e) for e in parts}
    for f in found.found:
        change = f.change or f.mend()
        f.at = changed_part(f.statement, change) if change is not None else entry_at_fault(f) or f.statement
        f.text = inquiry.trials[0].code.text(f.at)
        f.key = "returned value" if f.key == "return" else f.key.removeprefix("return")
    found.misshaped = inquiry.misshaped
    return found
