"""The lines at fault: of a hand-written backward pass, or the gate whose local gradient is wrong."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from functools import partial

from gatewise._check.claims import Given
from gatewise._check.culprit import culprits, culprits_of_gradient, culprits_of_pair
from gatewise._check.diagnosis import Mistake
from gatewise._check.gates import wrong_gates
from gatewise._check.lines import Told, lines_of_check
from gatewise._check.subject import Subject
from gatewise._check.thinning import smaller, smaller_in_words
from gatewise._types import Function


def told_of(subject: Subject, given: Given, own: bool) -> Told:
    """What is said of the lines of a wrong gradient; `own` says that it is gatewise's."""
    if own:
        with contextlib.suppress(Exception):  # of the program as it was taken apart
            return Told(list(wrong_gates(subject)))
        return Told()
    if given.gradient is not None and not callable(given.gradient):
        return Told()
    given = given._replace(backward=given.backward or subject.backward)
    if (less := smaller(subject, given)) is not None:
        told = lines_of_check(*less, partial(marked_lines, *less))
        if told.mistakes or told.suspects:
            subject.notes.append(smaller_in_words(subject, less[0]))
            return told
    told = lines_of_check(subject, given, partial(marked_lines, subject, given))
    if told.why:
        subject.notes.append(f"the line could not be told: {told.why}")
    return told


def marked_lines(subject: Subject, given: Given) -> Sequence[Mistake]:
    """What the names of variables say of the lines of a gradient, or of a backward pass."""
    if not callable(given.gradient):
        return lines_at_fault(subject, given.backward)
    value = subject.value()
    args, kwargs = subject.filled()
    return culprits_of_gradient(given.gradient, args, kwargs, value)


def lines_at_fault(subject: Subject, backward: Function | None) -> list[Mistake]:
    """The wrong lines of the hand-written backward pass, in the function itself or in one of its own."""
    args, kwargs = subject.filled()
    if backward is not None:
        return culprits_of_pair(subject.f, backward, args, kwargs, copy.copy(subject.weights))
    return culprits(subject.f, args, kwargs)
