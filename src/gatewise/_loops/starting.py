"""What NumPy did before a loop and in its first round, on plain values: `v = 0.0`, `h = np.zeros(H)`, `0.9 * v`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np

from gatewise._circuit import Expr, Said, Slot, Wire, step_of
from gatewise._loops.before import line_before
from gatewise._loops.counting import in_round, value
from gatewise._loops.errors import IrregularError
from gatewise._loops.regions import Region, expr
from gatewise._loops.slots import node_of, slots, with_slots
from gatewise._loops.sorting import Sorting
from gatewise._recording import NotPlainError, PlainNames, said
from gatewise._transforms import run_step


def start_of(region: Region, name: str, plain: PlainNames | None) -> tuple[object, Said]:
    """The plain value that a name has before a loop, and the user's line for it. Raises `NotPlainError`."""
    if isinstance(region.loop, ast.Call):  # a sum begins with 0, or as it is told
        node: ast.expr | None = region.loop.args[1] if len(region.loop.args) > 1 else ast.Constant(0)
    else:
        node = line_before(region, name)
    if node is None or plain is None:
        raise NotPlainError
    printed = plain.as_printed(node)
    return plain_array(node, plain), said(printed, f"{name} = {ast.unparse(printed)}")


def plain_array(node: ast.expr, plain: PlainNames) -> object:
    """The value of a plain expression, `np.zeros_like` of an argument among them."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=module), attr=("zeros_like" | "ones_like") as f), args=[x], keywords=[]
        ):
            if plain.modules.get(module) is np:
                return getattr(np, f)(value(plain, x))
    return value(plain, node)


def first_round(sorting: Sorting, delayed: Mapping[tuple[int, Slot], object]) -> dict[int, object]:
    """The values of the first round's steps; those that NumPy did by the second round's, on what comes in first."""
    values: dict[int, Any] = {}
    for place, (first, second) in enumerate(zip(sorting.rounds[0], sorting.rounds[1], strict=True)):
        if first is not None:
            values[place] = first.value
        elif second is not None:
            values[place] = done_by_numpy(sorting, place, expr(second), values, delayed)
    return values


def done_by_numpy(
    sorting: Sorting, place: int, made: Expr, values: Mapping[int, object], delayed: Mapping[tuple[int, Slot], object]
) -> object:
    """A step of the first round that left no wire."""
    told: dict[Slot, Any] = {}
    for slot, x in slots(made).items():
        k, q = sorting.where.get(id(step_of(x)), (-1, -1)) if isinstance(x, Wire) else (-1, -1)
        if (place, slot) in delayed:
            first = delayed[place, slot]
            told[slot] = first.value if isinstance(first, Wire) else first
        elif k == 1:
            told[slot] = values[q]
        elif k == 0:
            told[slot] = sorting.carried[q]
        elif (place, slot) in sorting.moved:
            told[slot] = sorting.moved[place, slot].values[0]
        elif (place, slot) in sorting.indexed:
            told[slot] = first_number(sorting, node_of(made, slot))
    step = with_slots(made, told)
    return run_step(step, [x.value if isinstance(x, Wire) else x for x in step.operands])


def first_number(sorting: Sorting, node: ast.expr | None) -> object:
    """What an expression of the user's was in the first round."""
    counts = sorting.counting.counts
    if node is None or sorting.plain is None:
        return counts[0]
    try:
        return in_round(sorting.plain, sorting.counting, node, counts[0])
    except NotPlainError:
        raise IrregularError(f"{ast.unparse(node)} in its first round is not told by the arguments") from None
