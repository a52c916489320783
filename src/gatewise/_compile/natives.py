"""The native loops of a program: those that LLVM has compiled, in the order of its operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from gatewise._compile.groups import Group, Grouping
from gatewise._compile.small import Small, small_of
from gatewise._native import Loop, Unavailable, builtin_of, machine, shared
from gatewise._program import Program

COVERED = 0.8  #: the share of a program's operations in loops from which on there are no records
MOST = 16  #: loops of one program that are compiled; LLVM takes some 10 ms for each


@dataclass(frozen=True)
class Native:
    """A loop, its builtin, and how many rows that goes over."""

    loop: Loop
    function: Callable[..., Any]
    length: int


@dataclass(frozen=True)
class Natives:
    """The order of a program's operations, the calls of loops in it, what stays inside loops; why there are none."""

    order: Sequence[tuple[int, ...]]
    calls: dict[tuple[int, ...], Native | Small] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    reason: str = ""


def without(program: Program, reason: str = "") -> Natives:
    """No native code."""
    first = len(program.inputs)
    return Natives([(place,) for place in range(first, first + len(program.ops))], reason=reason)


def natives_of(program: Program, values: Sequence[Any], outputs: set[int], apart: Set[int]) -> Natives:
    """The groups of a program that are worth it, compiled; operations `apart` are in none."""
    grouping = Grouping(program, values, apart)
    if sum(len(group.places) for group in grouping.groups) < COVERED * len(program.ops):
        try:
            if found := small_of(program, values, outputs, apart):
                return of_records(program, found)
        except Unavailable as why:
            return without(program, str(why))
    if not grouping.groups:
        return without(program)
    try:
        machine()
        calls: dict[tuple[int, ...], Native | Small] = {}
        for group, loop in list(grouping.loops(outputs))[:MOST]:
            calls[tuple(group.places)] = native(group, loop)
    except Unavailable as why:
        return without(program, str(why))
    inside = {p for unit, call in calls.items() for p in unit if isinstance(call, Small) or p not in call.loop.arrays}
    return Natives(grouping.order, calls, inside)


def of_records(program: Program, found: Sequence[Small]) -> Natives:
    """A program whose many gates on few entries are records; the others are NumPy's."""
    first = len(program.inputs)
    starts = {each.places.start: each for each in found}
    order: list[tuple[int, ...]] = []
    place = first
    while place < first + len(program.ops):
        run = tuple(starts[place].places) if place in starts else (place,)
        order.append(run)
        place += len(run)
    inside = {place for each in found for place in each.places}
    return Natives(order, {tuple(each.places): each for each in found}, inside)


def native(group: Group, loop: Loop) -> Native:
    return Native(loop, shared(loop, builtin_of(loop)), loop.rows)
