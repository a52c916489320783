"""Steps taken apart: each operand and each part of a parameter by its slot, and the user's expression of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr, Slot, Wire
from gatewise._recording import expression_at, operand_nodes, parameter_node


def slots(step: Expr) -> dict[Slot, Any]:
    """What a step is given: wires, plain values, parts of parameters."""
    found: dict[Slot, Any] = {(i,): x for i, x in enumerate(step.operands)}
    for name, value in step.parameters.items():
        found.update(parts((name,), value))
    return found


def parts(slot: Slot, value: Any) -> Iterator[tuple[Slot, Any]]:
    """The parts of a parameter; a tuple without wires is its parts too."""
    if isinstance(value, (tuple, list)) and value:
        for k, part in enumerate(value):
            yield from parts((*slot, k), part)
    else:
        yield slot, value


def with_slots(step: Expr, told: Mapping[Slot, object]) -> Expr:
    """The step with other values in some of its slots."""
    operands = tuple(told.get((i,), x) for i, x in enumerate(step.operands))
    parameters = {name: with_parts((name,), value, told) for name, value in step.parameters.items()}
    return replace(step, operands=operands, parameters=parameters)


def with_parts(slot: Slot, value: object, told: Mapping[Slot, object]) -> object:
    """A parameter with other values in some of its parts; one without such is the same object."""
    if slot in told:
        return told[slot]
    if not isinstance(value, (tuple, list)) or not any(key[: len(slot)] == slot for key in told):
        return value
    return type(value)(with_parts((*slot, k), part, told) for k, part in enumerate(value))


def node_of(step: Expr, slot: Slot) -> ast.expr | None:
    """The user's expression for what stands in a slot."""
    expression = expression_at(*step.place[-1]) if step.place else None
    first = slot[0]
    if isinstance(first, int):
        return operand_nodes(expression, step)[first]
    node = parameter_node(expression, step.gate, first)
    for place in slot[1:]:
        if not isinstance(node, (ast.Tuple, ast.List)) or not isinstance(place, int) or place >= len(node.elts):
            return None
        node = node.elts[place]
    return node


def same_bits(a: Any, b: Any) -> bool:
    """Whether two plain values are the same to the bit, numbers by their value alone."""
    if isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
        pair = isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)) and len(a) == len(b)
        return pair and all(map(same_bits, a, b))
    if isinstance(a, (np.ndarray, np.generic, int, float)) and isinstance(b, (np.ndarray, np.generic, int, float)):
        one, other = np.asarray(a), np.asarray(b)
        return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return type(a) is type(b) and bool(a == b)


def kind(value: Any) -> Any:
    """Shape and dtype of a value, of each part of a tuple."""
    if isinstance(value, (tuple, list)):
        return tuple(map(kind, value))
    array = np.asarray(value.value if isinstance(value, Wire) else value)
    return array.shape, array.dtype.str
