"""Loops of which a first or a last round is special, or that are left early: the rounds between are alike.

And those that have a loop inside whose rounds are more in one round than in another.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from gatewise._circuit import Counting, Wire
from gatewise._loops.errors import FEWEST, IrregularError
from gatewise._loops.regions import Region, form, rounds_of, within
from gatewise._recording import Loop

MOST = 2  # special rounds at each end


@dataclass(frozen=True, slots=True)
class Middle:
    """The rounds of a loop between special ones: their steps, how they are counted, how many stand before them."""

    region: Region
    counting: Counting
    rounds: Sequence[tuple[Wire, ...]]
    before: int


def middle_of(region: Region, counting: Counting) -> Middle:
    """The rounds of a loop between one or two special ones at its ends. Raises `IrregularError` where there are none.

    What a round does is known by its gates alone; it is for its replay to say that it does the same.
    """
    rounds = rounds_of(region, len(counting.counts))
    if not rounds:
        raise IrregularError("its rounds are not told apart")
    rounds = with_ends_cut(rounds, len(counting.counts))
    early = len(rounds) < len(counting.counts) and is_left_early(region.loop)
    if len(rounds) != len(counting.counts) and not early:
        raise IrregularError("its rounds are not told apart")
    forms = [[form(wire) for wire in each] for each in rounds]
    like = [each == forms[len(forms) // 2] for each in forms]
    first, last = like.index(True), len(like) - like[::-1].index(True)
    special = max(first, len(rounds) - last)
    if not all(like[first:last]) or last - first < FEWEST or special > MOST or (not special and not early):
        raise IrregularError("rounds between its first and its last ones differ")
    between = rounds[first:last]
    told = replace(counting, counts=counting.counts[first:last], told=None, untold=why(first, len(rounds) - last))
    wires = tuple(wire for each in between for wire in each)
    return Middle(replace(region, wires=wires), told, between, first)


def with_ends_cut(rounds: list[tuple[Wire, ...]], count: int) -> list[tuple[Wire, ...]]:
    """The rounds, with those at the ends cut in two in which the next branch of an `if` went on.

    In `if t == 0: ... else: ...` the second round begins further down than the first one ended.
    """
    size = len(rounds[len(rounds) // 2])
    body = [form(wire) for wire in rounds[len(rounds) // 2]]
    for k in range(min(MOST, len(rounds) // 2)):
        first, last = rounds[k], rounds[-1 - k]
        if len(rounds) < count and len(first) > size and [form(wire) for wire in first[-size:]] == body:
            rounds = [*rounds[:k], first[:-size], first[-size:], *rounds[k + 1 :]]
        if len(rounds) < count and len(last) > size and [form(wire) for wire in last[:size]] == body:
            rounds = [*rounds[: len(rounds) - 1 - k], last[:size], last[size:], *rounds[len(rounds) - k :]]
    return rounds


def is_left_early(loop: Loop) -> bool:
    """Whether a loop has a `break` of its own."""
    inner = [each for each in ast.walk(loop) if isinstance(each, ast.For | ast.While) and each is not loop]
    breaks = [each for each in ast.walk(loop) if isinstance(each, ast.Break)]
    return any(not any(within(each, other) for other in inner) for each in breaks)


def why(before: int, behind: int) -> str:
    """Why the count is the recorded one."""
    ends = [f"its {end} round is another" for end, special in (("first", before), ("last", behind)) if special]
    return " and ".join(ends) or "it was left by break"


def uneven_inside(loop: Loop, seen: Collection[Loop]) -> list[ast.For]:
    """The loops inside one that go as far as its number says, `for j in range(i):`, of those that were seen at all."""
    names = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)} if isinstance(loop, ast.For) else set()
    inner = (each for each in ast.walk(loop) if isinstance(each, ast.For) and each is not loop and each in seen)
    return [each for each in inner if any(map(names.__contains__, bounds(each.iter)))]


def bounds(iterable: ast.expr) -> Iterator[str]:
    """The names in the bounds of a `range`, those of what an entry is taken from aside."""
    if isinstance(iterable, ast.Call) and isinstance(iterable.func, ast.Name) and iterable.func.id == "range":
        for each in iterable.args:
            if not any(isinstance(node, ast.Subscript | ast.Call) for node in ast.walk(each)):
                yield from (node.id for node in ast.walk(each) if isinstance(node, ast.Name))
