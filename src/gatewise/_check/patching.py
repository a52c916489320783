"""Another value in the place of one: the gradient that it does the work of, or what comes along some of its uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gatewise._check.comparing import Value, largest
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.readings import down_to, roles_of
from gatewise._check.replacing import mends_at
from gatewise._check.uses import sums, total, uses_at

LOOSELY = 100  #: times the rounding that is allowed for, where a run of the program decides afterwards


def patch_for(inquiry: Inquiry, i: int, goal: Goal) -> object:
    """Another value in the place of one, with which the gradients are right; None where there is none."""
    for k, d in roles_of(inquiry, i).items():
        if not {*down_to(inquiry, k)} >= {*goal}:
            continue
        for chosen in sums(len(uses_at(inquiry, 0, k))):
            if len(uses_at(inquiry, 0, k)) > 1 and not may_mend(inquiry, i, k, d, chosen, goal):
                continue
            values = [total(uses_at(inquiry, n, k), chosen) / d for n in range(len(inquiry.trials))]
            if mends_at(inquiry, i, values, goal):
                return values[0]
    return None


def may_mend(inquiry: Inquiry, i: int, k: int, d: float, chosen: Sequence[int], goal: Goal) -> bool:
    """Whether what comes along some uses of a wire, in the place of a value that does its work, would mend all.

    What follows is linear in it, so that this is known before it is run.
    """
    apart = [ends_of(inquiry, k, use) for use in chosen]
    without = ends_of_value(inquiry, i, k)
    for q in goal:
        here, should = np.asarray(inquiry.gradient(q), float), inquiry.truth(0, q)
        parts = [np.asarray(each[q], float) for each in apart]
        size = max(map(largest, [here, should, *parts]))
        if largest(here - d * without[q] + sum(parts) - should) > LOOSELY * inquiry.close * size:
            return False
    return True


@remembered
def ends_of(inquiry: Inquiry, k: int, use: int) -> Mapping[str, Value]:
    """What becomes of what comes along one use of a wire, at each parameter."""
    return inquiry.trials[0].circuit.down_from(k, uses_at(inquiry, 0, k)[use])


@remembered
def ends_of_value(inquiry: Inquiry, i: int, k: int) -> Mapping[str, Value]:
    """What would become of a value, if it were the gradient of a wire."""
    return inquiry.trials[0].circuit.down_from(k, inquiry.events[i].value)
