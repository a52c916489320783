"""The native loops of a program: those that LLVM has compiled, in the order of its operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from gatewise._compile.groups import Group, Grouping
from gatewise._native import Loop, Unavailable, builtin_of, machine, shared
from gatewise._program import Program

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
    calls: dict[tuple[int, ...], Native] = field(default_factory=dict)
    inside: set[int] = field(default_factory=set)
    reason: str = ""


def without(program: Program, reason: str = "") -> Natives:
    """No native code."""
    first = len(program.inputs)
    return Natives([(place,) for place in range(first, first + len(program.ops))], reason=reason)


def natives_of(program: Program, values: Sequence[Any], outputs: set[int], apart: Set[int]) -> Natives:
    """The groups of a program that are worth it, compiled; operations `apart` are in none."""
    grouping = Grouping(program, values, apart)
    if not grouping.groups:
        return without(program)
    try:
        machine()
        calls = {}
        for group, loop in list(grouping.loops(outputs))[:MOST]:
            calls[tuple(group.places)] = native(group, loop)
    except Unavailable as why:
        return without(program, str(why))
    inside = {p for unit, call in calls.items() for p in unit if p not in call.loop.arrays}
    return Natives(grouping.order, calls, inside)


def native(group: Group, loop: Loop) -> Native:
    return Native(loop, shared(loop, builtin_of(loop)), loop.rows)
