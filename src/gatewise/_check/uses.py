"""The gradients that a value is a constant multiple of: whole ones, or what comes along some uses of a wire."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.alike import Rows
from gatewise._check.comparing import Value, largest, squeezed
from gatewise._check.moving import Inquiry, remembered

PARTS = 8  #: contributions to one gradient of which all sums are tried
MANY = 40  #: contributions that are tried one by one


@dataclass(frozen=True)
class Reading:
    """What a value stands for: c times the gradient of a wire, or of some of the uses of that wire."""

    wire: int
    c: float
    whole: bool = True


@remembered
def readings_of(inquiry: Inquiry, i: int) -> list[Reading]:
    """The gradients that a value is a constant multiple of, those that it is exactly first."""
    values = [r.events[i].value for r in inquiry.runs]
    return sorted(read_off(inquiry, values), key=lambda r: (abs(r.c - 1) > 1e-9, not r.whole))


def read_off(inquiry: Inquiry, values: Sequence[Any]) -> Iterator[Reading]:
    """What a value stands for that is this at the one point, and this at the other."""
    if not largest(values[0]):
        return
    for rows in sums_of_uses(inquiry, squeezed(values[0])):
        for (k, whole), c in rows.multiples(values, inquiry.close):
            yield Reading(k, c, whole)


@remembered
def sums_of_uses(inquiry: Inquiry, shape: tuple[int, ...]) -> list[Rows[tuple[int, bool]]]:
    """What arrives at the wires of one shape, all uses together or some of them, a row each; in blocks."""
    keys: list[tuple[int, bool]] = []
    values: list[list[Value]] = []
    for k, g in inquiry.trials[0].circuit.found.items():
        if squeezed(g) == shape:
            all_of = [uses_at(inquiry, n, k) for n in range(len(inquiry.trials))]
            for chosen in sums(len(all_of[0])):
                keys.append((k, len(chosen) == len(all_of[0])))
                values.append([total(each, chosen) for each in all_of])
    return [Rows(keys, values)] if keys else []


def uses_at(inquiry: Inquiry, n: int, k: int) -> list[Value]:
    """What arrives at a wire, use by use; the gradient itself where it comes in one piece."""
    circuit = inquiry.trials[n].circuit
    by_use: dict[int, Any] = {}
    for consumer, part in circuit.parts.get(k, []):
        by_use[consumer] = by_use.get(consumer, 0.0) + np.asarray(part, float)
    return list(by_use.values()) or [np.asarray(circuit.found[k], float)]


def multiple(inquiry: Inquiry, values: Sequence[Any], gradients: Sequence[Any]) -> float | None:
    """The number c for which the values are c times the gradients, at both points."""
    c = None
    for v, g in zip(values, gradients, strict=True):
        v, g = np.asarray(v, float).ravel(), np.broadcast_to(np.asarray(g, float), np.shape(g)).ravel()
        if v.shape != g.shape or not largest(g):
            return None
        c = float(v @ g / (g @ g)) if c is None else c
        if not c or largest(v - c * g) > inquiry.close * largest(v):
            return None
    return c


def sums(n: int) -> Iterator[tuple[int, ...]]:
    """Which contributions are added up: all, then single ones, then others."""
    yield tuple(range(n))
    if PARTS < n <= MANY:
        yield from ((k,) for k in range(n))
    if 1 < n <= PARTS:
        for size in range(1, n):
            yield from itertools.combinations(range(n), size)


def total(contributions: Sequence[Any], chosen: Sequence[int]) -> Any:
    return sum((contributions[k] for k in chosen[1:]), contributions[chosen[0]])
