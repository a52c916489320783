"""Smaller inputs for a function whose run is too long to be looked through value by value: fewer samples and features.

A mistake of a line is one at five samples of four features as at a hundred of three thousand.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from gatewise._check.claims import Given, claims_of
from gatewise._check.parameters import written_key
from gatewise._check.recorded import run
from gatewise._check.subject import Subject
from gatewise._check.swapping import Functions
from gatewise._check.trials import Checked, Trial
from gatewise._check.work import LineCount, SpentError
from gatewise._recording.structures import leaves, mapped
from gatewise._types import Named, Namespace, Plain

SHORT = 8  #: entries along an axis that is left as it is
FEWER = (4, 3, 5, 6, 7)  #: what longer axes become: other lengths than there are, so that none is taken for another
LARGE = 1e8  #: numbers in all values, times the values: that many are compared
MANY = 1000  #: values that are moved, each in a run of its own
LINES = 200_000  #: that are run, of a function that is asked hundreds of times
SLOW = 2.0  #: seconds of a run that takes them in few lines: so long that a busy machine makes no difference
OFF = 1e-4  #: of the largest entry: a gradient that is wrong at the smaller inputs too

Lengths = Mapping[int, int]  #: of axes, and what they become


def smaller(subject: Subject, given: Given) -> tuple[Subject, Given] | None:
    """The same function at smaller inputs, where its gradient is wrong there too; None where it is quick as it is.

    All long axes are cut first, then those that come first in arrays, the samples, then each alone. Axes of one length
    are one axis, and whole numbers of that length are too.
    """
    evaluations, notes = subject.evaluations, list(subject.notes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if is_quick(subject, given):
                return None
            return next(
                (found for lengths in cuts(subject) if (found := wrong_when_cut(subject, given, lengths))), None
            )
    except Exception:  # of a program that cannot be listened to
        return None
    finally:
        subject.evaluations, subject.notes[:] = evaluations, notes


def wrong_when_cut(subject: Subject, given: Given, lengths: Lengths) -> tuple[Subject, Given] | None:
    """The function with some lengths cut, where it runs so and its gradient is wrong."""
    with suppress(Exception):  # of the user's code, which has the length in it, or labels beyond it
        small = thinned(subject, lengths)
        less = given._replace(upstream=mapped(partial(with_fewer, lengths), given.upstream))
        if is_wrong(small, less):
            return small, less
    return None


def is_quick(subject: Subject, given: Given) -> bool:
    """Whether the run can be looked through as it is."""
    try:
        with LineCount(LINES).counted():
            claims_of(subject, subject.call(), given)
    except SpentError:
        return False
    began = time.monotonic()
    events = Trial(Checked(subject, given, nearby=False), Functions([subject.f, *given[:2]])).heard().events
    slow = time.monotonic() - began > 3 * SLOW  # the run is asked three times here
    return not slow and len(events) <= MANY and sum(np.size(e.value) for e in events) * len(events) <= LARGE


def cuts(subject: Subject) -> Iterator[Lengths]:
    """The lengths that may be cut together; none of an array that the function reads elsewhere."""
    given: Named = subject.arguments()
    shapes = [np.shape(x) for _, x in leaves(given) if isinstance(x, np.ndarray)]
    shapes += [(len(x),) for x in given.values() if is_list_of_whole_numbers(x)]
    short = {n for shape in shapes for n in shape if n <= SHORT}
    kept = {n for p in subject.parameters if p.own or p.key[0] in subject.kept_outside for n in p.array.shape}
    every = sorted({n for shape in shapes for n in shape if n > SHORT} - kept, reverse=True)
    first = [n for n in every if any(shape[0] == n for shape in shapes if shape)]
    tried: list[Sequence[int]] = []
    for lengths in (every, first, *([n] for n in every)):
        if lengths and lengths not in tried:
            tried.append(lengths)
            fewer = [n for n in FEWER if n not in short] or FEWER
            yield {n: fewer[k % len(fewer)] for k, n in enumerate(lengths)}


def thinned(subject: Subject, lengths: Lengths) -> Subject:
    """The function with the beginnings of its arguments."""
    named: Namespace = subject.arguments()
    beginnings = {name: mapped(partial(with_fewer, lengths), x) for name, x in named.items()}
    lists = [name for name, x in named.items() if is_list_of_whole_numbers(x) and len(x) in lengths]
    beginnings |= {name: named[name][: lengths[len(named[name])]] for name in lists}
    args = [beginnings[name] for name, _ in zip(subject.names, subject.args, strict=False)]
    kwargs = {name: beginnings[name] for name in subject.kwargs}
    left_out = subject.left_out & {*subject.everything}
    small = Subject(subject.f, args, kwargs, subject.held, left_out, subject.rng.rng, subject.outside)
    small.rng = subject.rng
    if subject.lifted:
        small.lift(small.call())
    return small


def with_fewer(lengths: Lengths, _: object, x: object) -> Any:
    """The beginning of an array along every axis that is cut; a whole number of that length."""
    if isinstance(x, np.ndarray):
        return x[tuple(slice(lengths.get(n, n)) for n in x.shape)].copy()
    return lengths.get(x, x) if type(x) is int else x


def is_list_of_whole_numbers(x: object) -> bool:
    return isinstance(x, (list, tuple)) and len(x) > SHORT and all(type(part) is int for part in x)


def is_wrong(small: Subject, given: Given) -> bool:
    """Whether a gradient is wrong at these inputs, as far as the recorded function tells."""
    claims = claims_of(small, small.call(), given)
    if claims is None:
        return False
    if claims.misshaped:
        return True
    found = run(small.on_tensors, small.upstream)
    pairs = zip(small.parameters, found.gradients, strict=True)
    return any(differs(claims.by_name[p.name], g) for p, g in pairs if claims.by_name[p.name] is not None)


def differs(claim: Plain, g: Plain) -> bool:
    apart = np.abs(np.asarray(claim, float) - np.asarray(g, float))
    return bool(np.max(apart, initial=0.0) > OFF * np.max(np.abs(np.asarray(g, float)), initial=0.0))


def smaller_in_words(subject: Subject, small: Subject) -> str:
    """What the inputs were cut to, in words."""
    now = dict(leaves(small.arguments()))
    sizes = [
        (written_key(key), length_meant(x), length_meant(now[key]))
        for key, x in leaves(subject.arguments())
        if key in now
    ]
    cut_ones = [f"{name} {less} of {much}" for name, much, less in sizes if much != less]
    return f"the line was looked for at smaller inputs: {', '.join(cut_ones)}"


def length_meant(x: object) -> object:
    return x if type(x) is int else np.shape(x) if isinstance(x, np.ndarray) else None
