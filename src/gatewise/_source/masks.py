"""Masks: where a cotangent is alive, and what of it a person leaves out."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr
from gatewise._gates import convert, written, zeros_with
from gatewise._source.looking import applied_to, dtype_of, is_gate, is_plain_place, is_the_number, same, value_of


def conjuncts(mask: object) -> list[object]:
    """The conditions that a mask joins by `&`."""
    return [part for x in mask.operands for part in conjuncts(x)] if is_gate(mask, np.bitwise_and) else [mask]


def is_static(mask: object) -> bool:
    """Whether a mask is the same whatever the inputs are: made of slices and positions alone."""
    waiting, seen = [mask], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if not isinstance(each, Expr):
            if not isinstance(each, (bool, np.bool, int, float)):
                return False
            continue
        if is_gate(each, np.ones_like):
            continue  # of whatever
        if is_gate(each, np.bitwise_or) and any(isinstance(x, (bool, np.bool)) and x for x in each.operands):
            continue  # it holds everywhere
        placed = each.gate.rearranges or is_gate(
            each, zeros_with, written, convert, np.not_equal, np.bitwise_or, np.bitwise_and, np.any
        )
        if not placed or not all(map(is_plain_place, each.parameters.values())):
            return False
        waiting.extend(each.operands)
    return True


def always(mask: object) -> bool:
    """Whether a mask holds everywhere, whatever the inputs are."""
    return bool(np.all(value_of(mask))) and is_static(mask)


def all_of(conditions: list[object]) -> object:
    """Conditions joined by `&`."""
    first, *rest = conditions
    for other in rest:
        value = np.logical_and(value_of(first), value_of(other))
        first = applied_to(np.bitwise_and, first, other, value=value, sign=operator.and_)
    return first


def either(x: object, y: object) -> Any:
    """`x | y` where one of them says it all: the same mask once more."""
    if always(x):
        return x
    if same(x, y) or any(same(y, part) for part in alternatives(x)):
        return x
    return y if any(same(x, part) for part in alternatives(y)) else None


def alternatives(mask: object) -> Iterable[object]:
    """The conditions that a mask joins by `|`, outermost first and not too deep."""
    for _ in range(8):
        if not is_gate(mask, np.bitwise_or):
            break
        mask, last = mask.operands
        yield last
    yield mask


def covers(mask: object, narrower: object) -> bool:
    """Whether `mask` holds wherever `narrower` does."""
    return any(same(mask, part) for part in conjuncts(narrower)) or any(
        same(part, narrower) for part in alternatives(mask)
    )


def is_switch(mask: object, x: object) -> bool:
    """Whether `mask` asks no more than whether `x` is not 0."""
    return is_gate(mask, np.not_equal) and is_the_number(mask.operands[1], 0) and same(mask.operands[0], x)


def decided(node: Expr) -> object:
    """`x != False` is x, and so is `x != 0` where x is a truth value that was moved as a number."""
    x, other = node.operands
    if other is False and dtype_of(x) == bool:
        return x
    if is_the_number(other, 0) and (found := truth(x)) is not None:
        return found
    return None


def truth(x: object) -> Any:
    """The truth values behind numbers that are 1 where they hold, or None."""
    if is_gate(x, convert) and dtype_of(x.operands[0]) == bool:
        return x.operands[0]
    if is_gate(x, np.ones_like):
        return np.True_
    if (
        isinstance(x, Expr)
        and (x.gate.rearranges or is_gate(x, zeros_with))
        and (inner := truth(x.operands[0])) is not None
    ):
        if inner is np.True_ and not is_gate(x, zeros_with):
            return inner
        value = np.not_equal(x.value, 0)
        return replace(x, operands=(True if inner is np.True_ else inner,), value=value, where=None)
    if is_gate(x, np.sum) and (inner := truth(x.operands[0])) is not None:
        return inner if inner is np.True_ else applied_to(np.any, inner, value=np.not_equal(x.value, 0), **x.parameters)
    if is_gate(x, np.add) and (found := [truth(y) for y in x.operands]) and all(y is not None for y in found):
        if any(y is np.True_ for y in found):
            return np.True_
        one = either(*found)
        value = np.logical_or(*map(value_of, found))
        return applied_to(np.bitwise_or, *found, value=value, sign=operator.or_) if one is None else one
    return None
