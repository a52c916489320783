"""Donation: results that are written into the memory of arguments which the caller needs no more."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from gatewise._compile.buffers import INTO, is_dense, layout, owners, takes_out
from gatewise._compile.kinds import argument_kind
from gatewise._errors import ArgumentError
from gatewise._program import At, Op, Operand, Program, op_placed, rewired, roots, uses

Donate = Sequence[int | str]


class Spoiled(Exception):  # noqa: N818 - it is met by the call
    """NumPy raised while donated memory was written into: nobody can compute anything of it again."""


def spoiled() -> None:
    """Called where an error is being handled."""
    raise Spoiled from sys.exc_info()[1]


def named_and_numbered(f: Any, donate: int | str | Donate) -> frozenset[int | str]:
    """The arguments that are donated, each by its position and its name. Raises `ArgumentError`."""
    asked = (donate,) if isinstance(donate, (int, str)) else tuple(donate)
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters]
    variable = not parameters or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
    found: set[int | str] = set()
    for each in asked:
        known = each in names if isinstance(each, str) else type(each) is int and 0 <= each < len(names)
        if not known and not (variable and (isinstance(each, str) or (type(each) is int and each >= 0))):
            what = f"donate says {each!r}, and {getattr(f, '__name__', 'the function')} has no such argument."
            raise ArgumentError(what, f"its arguments are {', '.join(names)}.", "positions from 0, or names.")
        found.add(each)
        if known:
            found.add(names.index(each) if isinstance(each, str) else names[each])
    return frozenset(found)


def donated_inputs(donate: frozenset[int | str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> set[int]:
    """Which of the inputs of a call are donated, by their places."""
    found: set[int] = set()
    leaves: list[Any] = []
    for name, x in (*enumerate(args), *kwargs.items()):
        before = len(leaves)
        argument_kind(x, leaves)
        if name in donate:
            found |= {k for k in range(before, len(leaves)) if isinstance(leaves[k], np.ndarray)}
    return found


def endings(program: Program, values: Sequence[Any], donated: Set[int]) -> dict[int, int]:
    """The places of results that may be written into donated inputs at the very end, each with its input.

    Nothing else may read such a result, nor, at the end, what lies in the memory that it takes.
    """
    first = len(program.inputs)
    owner = owners(program, values, [takes_out(op) for op in program.ops], frozenset())
    used = Counter([*roots(program), *(place for op in program.ops for place in uses(op))])
    results = [x.place for x in program.outputs.values() if isinstance(x, At)]
    found: dict[int, int] = {}
    free = {p for p in donated if is_dense(values[p])}
    for place in results:
        op = program.ops[place - first] if place >= first and used[place] == 1 else None
        if op is None or not takes_out(op) or op.gate in INTO or type(values[place]) is not np.ndarray:
            continue
        fitting = [p for p in sorted(free) if layout(values[p]) == layout(values[place])]
        fitting.sort(key=lambda p: p not in uses(op))
        if fitting:
            found[place] = fitting[0]
            free.discard(fitting[0])
    while taken := clashing(program, owner, results, found):
        for place in taken:
            del found[place]
    return found


def clashing(program: Program, owner: Sequence[tuple[int, ...]], results: list[int], found: dict[int, int]) -> set[int]:
    """Those among the endings into whose input another ending still looks, or another result."""
    first = len(program.inputs)
    lost = set()
    for place, p in found.items():
        others = [each for other in found if other != place for each in uses(program.ops[other - first])]
        others += [each for each in results if each != place]
        if any(p in owner[each] for each in others):
            lost.add(place)
    return lost


def with_endings_last(program: Program, places: Mapping[int, int]) -> tuple[Program, dict[int, int]]:
    """The program with these operations at its end, and where they are now."""
    first = len(program.inputs)
    order = sorted(range(len(program.ops)), key=lambda k: first + k in places)
    now: list[Operand] = [At(k) for k in range(first + len(program.ops))]
    for new, old in enumerate(order):
        now[first + old] = At(first + new)
    ops: list[Op] = [op_placed(program.ops[old], now) for old in order]
    moved = {new + first: places[old + first] for new, old in enumerate(order) if old + first in places}
    return rewired(program, ops, now), moved


def apart(x: np.ndarray, *others: Any) -> np.ndarray:
    """Donated memory, or new one where it cannot be written into, or something else lies in it."""
    if x.flags.writeable and not any(type(y) is np.ndarray and np.may_share_memory(x, y) for y in others):
        return x
    return np.empty_like(x)
