"""Moves and spreads of entries: what broadcasting does by itself, and products with vectors as one writes them."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr
from gatewise._source.looking import applied_to, dtype_of, is_gate, is_spread, same_form, value_of, weak


def repeated_number(x: object) -> object:
    """The single number whose copies are all that `x` holds, or None."""
    while isinstance(x, Expr) and x.gate.rearranges:
        inner = x.operands[0]
        if is_gate(x, np.broadcast_to) and np.shape(value_of(inner)) == ():
            return inner
        x = inner
    return None


def moved(node: Expr) -> Any:
    """A move of copies of one number is those copies in the new shape; a move into the shape it has is none."""
    inner = node.operands[0]
    number = repeated_number(node)
    if number is not None and dtype_of(number) == dtype_of(node):
        shape = np.shape(node.value)
        if shape == ():
            return number if same_form(number, node) else node
        return applied_to(np.broadcast_to, number, value=node.value, shape=shape)
    if is_gate(node, np.reshape, np.broadcast_to, np.ravel, np.squeeze) and np.shape(value_of(inner)) == np.shape(
        node.value
    ):
        return inner if same_form(inner, node) else node
    if is_gate(node, np.squeeze) and is_gate(inner, np.expand_dims) and same_form(inner.operands[0], node):
        return inner.operands[0]
    return node


def turned_from(x: object) -> object:
    """What is turned on its side to give a matrix, or None."""
    return (
        x.operands[0]
        if is_gate(x, np.transpose, np.matrix_transpose) and np.ndim(x.value) == 2 and not x.parameters.get("axes")
        else None
    )


def raised(x: object, shape: tuple[int, ...]) -> Any:
    """The vector that was given a second axis to be a matrix of this shape, or None."""
    if is_gate(x, np.expand_dims) and np.ndim(value_of(x.operands[0])) == 1 and np.shape(x.value) == shape:
        return x.operands[0]
    return None


def as_column(x: object) -> object:
    """The vector that stands upright as a matrix of one column, or None."""
    found = raised(x, (np.size(value_of(x)), 1))
    return (
        found
        if found is not None or (side := turned_from(x)) is None
        else raised(side, (1, np.size(side.value if isinstance(side, Expr) else 1)))
    )


def as_row(x: object) -> object:
    """The vector that lies as a matrix of one row, or None."""
    found = raised(x, (1, np.size(value_of(x))))
    return (
        found
        if found is not None or (side := turned_from(x)) is None
        else raised(side, (np.size(side.value if isinstance(side, Expr) else 1), 1))
    )


def single(x: object) -> Any:
    """The number that was given two axes, or None."""
    while is_gate(x, np.expand_dims):
        x = x.operands[0]
    return x if np.shape(value_of(x)) == () else None


def vector_product(node: Expr) -> object:
    """A product of matrices of one row or one column as the product with vectors that one writes, or None."""
    product = node.operands[0]
    if not is_gate(product, np.matmul, np.outer) or np.ndim(node.value) != 1:
        return None
    left, right = product.operands
    if is_gate(product, np.outer):
        for number, vector in ((single(left), right), (single(right), left)):
            if number is not None and np.shape(value_of(vector)) == np.shape(node.value):
                return applied_to(np.multiply, vector, number, value=node.value, sign=operator.mul)
        return None
    if np.ndim(value_of(left)) != 2 or np.ndim(value_of(right)) != 2:
        return None
    if (vector := as_column(right)) is not None:
        return applied_to(np.matmul, left, vector, value=node.value, sign=operator.matmul)
    if (vector := as_row(left)) is not None:
        return applied_to(np.matmul, vector, right, value=node.value, sign=operator.matmul)
    return None


def spread_later(node: Expr) -> Expr | None:
    """A step on single numbers and on copies of one: the copies of what the step makes of that one."""
    inner = [x.operands[0] if is_gate(x, np.broadcast_to) else x for x in node.operands]
    value = node.value.flat[0] if isinstance(node.value, np.ndarray) and node.value.size else None
    if value is None or not np.shape(node.value) or any(np.shape(value_of(x)) for x in inner):
        return None
    if np.result_type(*(weak(value_of(x)) for x in inner)) != dtype_of(node):
        return None
    step = replace(node, operands=tuple(inner), value=value, where=None)
    return applied_to(np.broadcast_to, step, value=node.value, shape=np.shape(node.value))


def without_spreads(node: Expr) -> Expr:
    """An elementwise step whose operands are not spread first, where broadcasting does it by itself."""
    if node.gate.family.name not in ("elementwise", "stops") or len(node.operands) < 2:
        return node
    if (later := spread_later(node)) is not None:
        return later
    if not any(map(is_spread, node.operands)):
        return node
    operands = list(node.operands)
    for i, x in enumerate(operands):
        others = [value_of(y) for k, y in enumerate(operands) if k != i]
        while is_spread(x) and any(np.shape(y) == np.shape(node.value) for y in others):
            x = x.operands[0]
        operands[i] = x
    same_dtype = np.result_type(*(weak(value_of(x)) for x in operands)) == np.result_type(
        *(weak(value_of(x)) for x in node.operands)
    )
    changed = any(a is not b for a, b in zip(operands, node.operands, strict=True))
    return replace(node, operands=tuple(operands)) if same_dtype and changed else node
