"""An inquiry into one wrong backward pass: whether it can be made, what it found, and which of that is named."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gatewise._check.comparing import identical
from gatewise._check.contributions import Work, work_of
from gatewise._check.explaining import TooManyError
from gatewise._check.hearing import Event
from gatewise._check.locating import is_in_a_helper, single_line
from gatewise._check.mending import Found, Located
from gatewise._check.moving import Inquiry
from gatewise._check.names import wire_named
from gatewise._check.readings import backward_values
from gatewise._check.table import Rank
from gatewise._check.trials import Trial, UnseenError

EVENTS = 300  #: values that are moved, each in a run of its own
ENTRIES = 2_000_000  #: numbers in all of them together
LOSSES = frozenset({"loss", "cost", "L", "J"})


def obstacle(inquiry: Inquiry) -> str:
    """Why the inquiry cannot be made; nothing where it can."""
    if not inquiry.wrong:
        return "gatewise's own gradients agree with these"
    if (other := another_value(inquiry)) is not None:
        return f"beside these gradients {other.place.key} is computed, and it is not the value of the function"
    if len(inquiry.events) > EVENTS or sum(np.size(e.value) for e in inquiry.events) > ENTRIES:
        return "too much happens on the way to look at every value"
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
        for e in made[:1]:
            yield Found(e.place.statement, e.place.key, e.value, inquiry.trials[0].circuit.truth(q), shape=True)
        return


def is_told(f: Found, found: Located, inquiry: Inquiry) -> bool:
    """Whether a line that was found is named: one that computes nothing, only with the change that mends it.

    What does away with a helper's work is no evidence where the line that calls it is a suspect as well.
    """
    change = f.change or f.mend()
    if change is None:
        handed = isinstance(f.statement, ast.Assign) and work_of(f.statement) is Work.HANDS_ON
        return not handed and f.statement.lineno not in found.idle
    return change.rank < Rank.FAR or len(found.suspects) < 2 or not is_in_a_helper(inquiry, f.statement)


def located(trials: Callable[[], Sequence[Trial]]) -> Located:
    """Where the mistakes are, as far as the program can be looked at in this way."""
    nothing = Located(why="no line that could be run by itself makes a gradient", unseen=True)
    try:
        inquiry = Inquiry(trials())
        why = obstacle(inquiry)
        if why and not inquiry.misshaped:
            return Located(why=why) if inquiry.wrong else all_right(inquiry) or nothing
        found = Located(why=why) if why else asked(inquiry)
        found.idle = {e.place.line for e in inquiry.events if work_of(e.place.statement) is Work.PACKS}
        others = {id(f.statement): f for q in inquiry.misshaped for f in of_another_shape(inquiry, q)}
        found.found += others.values()
        found.doubted = [f for f in found.found if not f.shape and not is_told(f, found, inquiry)]
        found.found = [f for f in found.found if not any(f is each for each in found.doubted)]
        return with_texts(found, inquiry) if backward_values(inquiry) or inquiry.misshaped else nothing
    except TooManyError as error:
        return Located(why=str(error))
    except UnseenError as error:
        return Located(why=str(error), unseen=True)
    except Exception:  # of the user's code, where values in it are others
        return nothing


def asked(inquiry: Inquiry) -> Located:
    """One line for all that is wrong; else one for each gradient that is wrong, all together."""
    one = single_line(inquiry, inquiry.wrong)
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
    return Located(list(found.values()), list(suspects.values()), "; ".join(whys), doubtful)


def is_at_work(s: ast.stmt) -> bool:
    """Whether a line may be at fault by itself: a return that computes nothing, only for the order of its parts."""
    return not isinstance(s, ast.Return) or work_of(s) is Work.COMPUTES


def with_texts(found: Located, inquiry: Inquiry) -> Located:
    """The lines as the user wrote them, and the gradients that came in another shape."""
    for f in found.found:
        f.text = inquiry.trials[0].code.text(f.statement)
        f.key = "returned value" if f.key == "return" else f.key.removeprefix("return")
    found.misshaped = inquiry.misshaped
    return found
