"""The line that is wrong where it runs several times, in a loop or a helper: what it should give each time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from gatewise._check.comparing import squeezed
from gatewise._check.mending import Found, statements_of
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.readings import is_cleared, roles_of
from gatewise._check.replacing import mends_together
from gatewise._check.uses import readings_of, sums, total, uses_at

WAYS = 1000  #: ways in which values of one line may stand for gradients, that are tried

Way = tuple[tuple[int, float], ...]  #: for each time the wire, and how many times over its gradient is used


def each_time(inquiry: Inquiry, on_way: Sequence[int], goal: Goal) -> Found | None:
    """The line where it goes wrong first, where that runs several times, as in a helper.

    All gradients are right once it gives the true one each time: the same of the uses of a value, each time.
    """
    first = next((i for i in on_way if not is_cleared(inquiry, i)), None)
    if first is None:
        return None
    place = inquiry.events[first].place
    times = tuple(
        i for i in on_way if inquiry.events[i].place.statement is place.statement and not is_cleared(inquiry, i)
    )
    if len(times) < 2 or any(inquiry.events[i].place.key != place.key for i in times):
        return None
    if not statements_of(inquiry, times) or any(inquiry.events[i].place.how in ("part", "after") for i in times):
        return None
    values = mended_each_time(inquiry, times, goal)
    return None if values is None else Found(place.statement, place.key, inquiry.events[first].value, values[first])


@remembered
def mended_each_time(inquiry: Inquiry, times: Sequence[int], goal: Goal) -> dict[int, Any] | None:
    """The true gradients that the values of one line may stand for, where they make all gradients right."""
    for values in itertools.islice(values_each_time(inquiry, times), WAYS):
        if mends_together(inquiry, values, goal):
            return values[0]
    return None


def values_each_time(inquiry: Inquiry, times: Sequence[int]) -> Iterator[list[dict[int, Any]]]:
    """What the values of one line may be, at each point: the gradients that they may stand for."""
    ways = list(dict.fromkeys(itertools.islice(ways_to_stand(inquiry, times), WAYS)))
    chosen = [list(uses_chosen(inquiry, [k for k, _ in way])) for way in ways]
    for n in range(max(map(len, chosen), default=0)):  # all uses in every way before some uses in one
        for way, uses in zip(ways, chosen, strict=True):
            if n < len(uses):
                yield [values_at(inquiry, point, times, way, uses[n]) for point in range(len(inquiry.trials))]


def values_at(
    inquiry: Inquiry, point: int, times: Sequence[int], way: Way, uses: Sequence[Sequence[int]]
) -> dict[int, object]:
    """What each of the times would give, where it stands for the gradient of a wire along some of its uses."""
    each = zip(times, way, uses, strict=True)
    return {i: total(uses_at(inquiry, point, k), chosen) / d for i, (k, d), chosen in each}


def uses_chosen(inquiry: Inquiry, wires: Sequence[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Which uses of each wire are added up: all of them; else the same ones each time."""
    counts = [len(uses_at(inquiry, 0, k)) for k in wires]
    yield tuple(tuple(range(n)) for n in counts)
    if len(set(counts)) == 1:
        yield from (tuple(each for _ in wires) for each in itertools.islice(sums(counts[0]), 1, None))


def ways_to_stand(inquiry: Inquiry, times: Sequence[int]) -> Iterator[Way]:
    """The wires whose gradients the values of one line may be: those that they do the work of, or are a part of.

    Else a series: a loop makes the wires of one line at equal distances, and goes through them forwards or backwards.
    """
    roles = [list(roles_of(inquiry, i).items()) for i in times]
    if all(roles):
        yield from itertools.product(*roles)
    parts = [each or parts_read(inquiry, i) for i, each in zip(times, roles, strict=True)]
    if all(parts) and not all(roles):
        yield from itertools.product(*parts)
    yield from at_equal_distances(inquiry, [squeezed(inquiry.events[i].value) for i in times])


def at_equal_distances(inquiry: Inquiry, shapes: Sequence[tuple[int, ...]]) -> Iterator[Way]:
    """Wires of these shapes that gates of one kind made, at equal distances, backwards and forwards."""
    circuit, count = inquiry.trials[0].circuit, len(shapes)
    if count < 2:
        return
    same = sorted(k for k, g in circuit.found.items() if squeezed(g) in shapes)
    kinds = {k: (getattr(circuit.wires[k].pullback, "gate", None), len(uses_at(inquiry, 0, k))) for k in same}
    groups = (
        [same]
        if len(set(shapes)) == 1
        else [[k for k in same if kinds[k] == kind] for kind in dict.fromkeys(kinds.values())]
    )
    for group in groups:
        for step in range(1, (len(group) - 1) // (count - 1) + 1):
            for start in range(len(group) - step * (count - 1)):
                wires = group[start : start + step * (count - 1) + 1 : step]
                if len({kinds[k] for k in wires}) == 1:
                    for each in (wires[::-1], wires):
                        if [squeezed(circuit.found[k]) for k in each] == [*shapes]:
                            yield tuple((k, 1.0) for k in each)


def parts_read(inquiry: Inquiry, i: int) -> list[tuple[int, float]]:
    """The wires of which a value is the gradient along some uses."""
    return [(r.wire, 1.0) for r in readings_of(inquiry, i) if inquiry.is_one(r.c)]
