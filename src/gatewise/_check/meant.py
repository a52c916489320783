"""Which values of a backward pass are right as far as they go: a gradient that is meant, or one on its way."""

from __future__ import annotations

import itertools

import numpy as np

from gatewise._check.changing import names_at
from gatewise._check.comparing import largest, squeezed
from gatewise._check.moving import Inquiry, remembered
from gatewise._check.naming import wires_named
from gatewise._check.readings import (
    is_at_convention,
    is_good,
    is_meant,
    is_named_at_its_size,
    plain_readings,
    roles_of,
    whole_of,
)
from gatewise._check.recomputed import is_named_again
from gatewise._check.uses import readings_of


def is_as_meant(inquiry: Inquiry, i: int) -> bool:
    """Whether a value of which another one would do is right all the same: it goes wrong after it."""
    if is_named_again(inquiry, i):
        return True
    if any(is_named_at_its_size(inquiry, i, r) for r in readings_of(inquiry, i)):
        return True
    return is_exact(inquiry, i) or is_put_into_exact(inquiry, i) or is_at_convention(inquiry, i)


def is_right_by_name(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is the gradient that its name says, and is taken for a multiple of it: a later line is wrong."""
    named = wires_named(inquiry, i) & {*roles_of(inquiry, i)} if inquiry.events[i].place.how != "part" else set()
    return any(r.whole and inquiry.is_one(r.c) and r.wire in named for r in readings_of(inquiry, i))


def is_put_into_exact(inquiry: Inquiry, i: int) -> bool:
    """Whether a part makes its whole what it should be."""
    whole = whole_of(inquiry, i)
    return whole is not None and is_exact(inquiry, whole)


def is_exact(inquiry: Inquiry, i: int) -> bool:
    return any(inquiry.is_one(r.c) and is_meant(inquiry, i, r) for r in readings_of(inquiry, i) if r.whole)


def is_taken_exactly(inquiry: Inquiry, i: int) -> bool:
    """Whether what follows takes a value for a gradient, and for no multiple of one."""
    return any(map(inquiry.is_one, roles_of(inquiry, i).values()))


def is_on_its_way(inquiry: Inquiry, i: int) -> bool:
    """Whether a variable is not complete, and is so far what it may be.

    Zeros to which others are added, a gradient before it is divided by the number of samples, or one that is right
    in the end.
    """
    place, v = inquiry.events[i].place, inquiry.events[i].value
    later = [
        j
        for j in inquiry.changes[i]
        if (p := inquiry.events[j].place).key == place.key != "return"
        and p.how != "part"
        and p.statement is not place.statement
    ]
    if not later:
        return False
    if not largest(v) or any(is_good(inquiry, j) for j in later):
        return True
    if is_taken_exactly(inquiry, i) or not np.ptp(v):
        return False
    readings = plain_readings(inquiry, i) if roles_of(inquiry, i) else readings_of(inquiry, i)
    return any(r.whole and is_a_size(inquiry, r.c) for r in readings)


def is_a_size(inquiry: Inquiry, c: float) -> bool:
    """Whether a factor is a length of an array of the program."""
    return any(inquiry.is_one(c / n) for n in lengths(inquiry))


@remembered
def lengths(inquiry: Inquiry) -> set[int]:
    """How many numbers stand along the axes of arrays, and along several."""
    shapes = {squeezed(w.value) for w in inquiry.trials[0].circuit.wires}
    axes = (each for shape in shapes for m in range(len(shape)) for each in itertools.combinations(shape, m + 1))
    return {int(np.prod(each)) for each in axes}


def is_held_at_a_number(inquiry: Inquiry, i: int) -> bool:
    """Whether a value is a gradient times a length or a number of the program's: a later line may make up for that."""
    for r in plain_readings(inquiry, i):
        if r.whole and is_a_size(inquiry, r.c):
            return True
        times = r.c * roles_of(inquiry, i)[r.wire]
        named = any(inquiry.is_one(times / c) or inquiry.is_one(times * c) for c in constants_at(inquiry, i))
        if named and r.wire not in wires_named(inquiry, i):
            return True
    return False


def constants_at(inquiry: Inquiry, i: int) -> list[float]:
    """The numbers that stand under a name where a value is made, as weights and scales do."""
    s = inquiry.events[i].place.statement
    names = {**inquiry.trials[0].code.space(s), **names_at(inquiry, s)}
    numbers = [float(x) for x in names.values() if isinstance(x, (float, np.floating))]
    made = [float(np.ravel(w.value)[0]) for w in inquiry.trials[0].circuit.wires if np.size(w.value) == 1]
    numbers = [c for c in numbers if not any(inquiry.agree(c, value) for value in made)]  # what moves is no scale
    return [c for c in numbers if np.isfinite(c) and abs(c) not in (0.0, 0.5, 1.0, 2.0)]
