"""What a backward pass computes of the forward pass once more: `p = sigmoid(z)`, `mask = z > 0`.

Such a value is right where the forward pass had it, and where it has the name of one of that pass and is another, the
forward pass says what it should be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._check.alike import Rows
from gatewise._check.comparing import identical, squeezed
from gatewise._check.contributions import Work, work_of
from gatewise._check.moving import Inquiry, remembered


@remembered
def values_before(inquiry: Inquiry) -> dict[str, list[int]]:
    """The values of statements that the function depends on, by their names."""
    found: dict[str, list[int]] = {}
    for i, e in enumerate(inquiry.events):
        if e.place.statement in inquiry.touching and e.value is not None:
            found.setdefault(e.place.key, []).append(i)
    return found


def values_of(inquiry: Inquiry, i: int) -> list[Any]:
    return [r.events[i].value for r in inquiry.runs]


def of_its_name(inquiry: Inquiry, i: int) -> list[int]:
    """The values of the forward pass that a value has the shape of, and the name, or was given another one."""
    place, v = inquiry.events[i].place, inquiry.events[i].value
    if place.statement in inquiry.touching or place.how == "part":
        return []
    same = values_before(inquiry).get(place.key, [])
    if work_of(place.statement) is Work.HANDS_ON:  # it has another name than it had
        same = [*same, *(j for each in values_before(inquiry).values() for j in each if np.size(v) > 1)]
    return [j for j in same if np.shape(inquiry.events[j].value) == np.shape(v)]


@remembered
def is_named_again(inquiry: Inquiry, i: int) -> bool:
    """Whether it is what the forward pass has under the same name, computed once more: then it is right."""
    key = inquiry.events[i].place.key
    same = (j for j in of_its_name(inquiry, i) if inquiry.events[j].place.key == key)
    return any(all(map(identical, values_of(inquiry, i), values_of(inquiry, j))) for j in same)


@remembered
def is_forward(inquiry: Inquiry, i: int) -> bool:
    """Whether it is a value of the forward pass: of one of its wires, or of its name there."""
    v = inquiry.events[i].value
    if any(all(map(identical, values_of(inquiry, i), values_of(inquiry, j))) for j in of_its_name(inquiry, i)):
        return True
    if np.size(v) < 1 or np.asarray(v).dtype.kind != "f":
        return False
    return bool(wires_valued(inquiry, values_of(inquiry, i)))


def wires_valued(inquiry: Inquiry, values: Sequence[Any]) -> list[int]:
    """The wires that have these values, but for rounding, at as many points as are given."""
    rows = wires_shaped(inquiry, squeezed(values[0]))
    return rows.equal_to(values, inquiry.close) if rows else []


@remembered
def wires_shaped(inquiry: Inquiry, shape: tuple[int, ...]) -> Rows[int] | None:
    """The values of the wires of one shape."""
    circuits = [t.circuit for t in inquiry.trials]
    keys = [k for k, wire in enumerate(circuits[0].wires) if squeezed(wire.value) == shape]
    return Rows(keys, [[c.value(k) for c in circuits] for k in keys]) if keys else None


def as_before(inquiry: Inquiry, i: int) -> Iterator[list[Any]]:
    """What a value should be by its name, at each point, where the forward pass has another one under it."""
    key = inquiry.events[i].place.key
    for j in [j for j in of_its_name(inquiry, i) if inquiry.events[j].place.key == key][::-1]:
        if not all(map(identical, values_of(inquiry, i), values_of(inquiry, j))):
            yield values_of(inquiry, j)
