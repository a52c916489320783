"""Python's operators: each sign is a gate, and the Tensor is given its methods here."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._circuit import VariableWire, closed_bits
from gatewise._gates import GATES, NAMES, Gate, one_over, plain, real_power
from gatewise._tensor.applying import UNHURRIED, apply, apply1, apply2, recovered
from gatewise._tensor.asking import BACKWARD
from gatewise._tensor.carrier import Tensor, give
from gatewise._tensor.changing import change, is_learned, may_change, not_changed
from gatewise._tensor.protocols import unsupported
from gatewise._tensor.writing import into
from gatewise._types import Function

#: The Python operator behind each sign.
FORWARDS: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": real_power,
    "@": operator.matmul, "%": operator.mod, "//": operator.floordiv, "&": operator.and_, "|": operator.or_,
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
SIGNS = {forward: sign for sign, forward in FORWARDS.items()}
DUNDERS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "@": "matmul", "%": "mod", "//": "floordiv",
    "&": "and", "|": "or",
}  # fmt: skip
WITHOUT_GATE = {"<<": "lshift", ">>": "rshift"}
COMPARISONS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"}


def _give_operators() -> None:
    for sign, name in DUNDERS.items():
        gate, forward = next(g for g in NAMES.values() if g.infix == sign), FORWARDS[sign]
        if gate in UNHURRIED:
            setattr(Tensor, f"__{name}__", lambda x, y, gate=gate, forward=forward: apply(gate, forward, (x, y), {}))
            setattr(Tensor, f"__r{name}__", lambda y, x, gate=gate, forward=forward: apply(gate, forward, (x, y), {}))
        else:
            setattr(Tensor, f"__{name}__", operator_of(gate, forward))
            setattr(Tensor, f"__r{name}__", reflected(gate, forward))
        setattr(
            Tensor,
            f"__i{name}__",
            lambda x, y, gate=gate, forward=forward, name=name: augmented(gate, forward, name, x, y),
        )
    for sign, name in COMPARISONS.items():
        gate, forward = next(g for g in NAMES.values() if g.infix == sign), FORWARDS[sign]
        setattr(Tensor, f"__{name}__", lambda x, y, gate=gate, forward=forward: apply(gate, forward, (x, y), {}))
    for sign, name in WITHOUT_GATE.items():
        function = getattr(operator, name)
        setattr(Tensor, f"__{name}__", lambda x, y, sign=sign, f=function: unsupported(sign, f, (x, y), {}))
        setattr(Tensor, f"__r{name}__", lambda y, x, sign=sign, f=function: unsupported(sign, f, (x, y), {}))
    give(
        __xor__=exclusive_or,
        __rxor__=lambda y, x: exclusive_or(x, y),
        __rtruediv__=divided_by,
        __abs__=lambda x: apply1(GATES[np.absolute], operator.abs, x),
        __pos__=lambda x: apply1(GATES[np.positive], operator.pos, x),
        __neg__=lambda x: apply1(GATES[np.negative], operator.neg, x),
        __invert__=lambda x: apply(GATES[np.invert], operator.invert, (x,), {}),
        __divmod__=lambda x, y: (x // y, x % y),
        __rdivmod__=lambda y, x: (x // y, x % y),
    )


def operator_of(gate: Gate, forward: Callable[[object, object], object]) -> Callable[[object, object], object]:
    return lambda x, y: apply2(gate, forward, x, y)


def reflected(gate: Gate, forward: Callable[[object, object], object]) -> Callable[[object, object], object]:
    return lambda y, x: apply2(gate, forward, x, y)


def exclusive_or(x: object, y: object) -> object:
    """`x ^ y` of truth values; of floats a power was meant."""
    if all(np.asarray(plain(v)).dtype == bool for v in (x, y)):
        return apply(GATES[np.bitwise_xor], operator.xor, (x, y), {})
    return unsupported("^", operator.xor, (x, y), {})


def divided_by(y: Tensor, x: object) -> object:
    """`x / y`; `1 / y` is the gate reciprocal."""
    if type(x) in (int, float) and x == 1:
        return apply1(RECIPROCAL, one_over, y)
    return apply2(DIVIDE, operator.truediv, x, y)


RECIPROCAL, DIVIDE = GATES[np.reciprocal], GATES[np.divide]


def augmented(gate: Gate, forward: Function, name: str, x: Tensor, y: object) -> object:
    """`x += y`: under no_grad() it changes a parameter in place; else it rebinds a number, as Python does.

    On an array it would change what other names refer to, and a parameter would be left as it was without a word.
    """
    if may_change(x):
        in_place, other = getattr(operator, f"i{name}"), plain(y)

        def write(array: object) -> None:
            try:
                in_place(array, other)
            except Exception as error:
                recovered(error, gate, forward, (x, y), (array, other))

        change(x, write)
        return x
    if type(x.value) is np.ndarray and not is_learned(x):  # one without axes too: only a number is rebound
        return into(x, apply(gate, forward, (x, y), {}) if gate in UNHURRIED else apply2(gate, forward, x, y))
    if x.shape or (type(x.wire) is VariableWire and x.bits & ~closed_bits() & BACKWARD):
        raise not_changed(x, gate.infix)
    return apply(gate, forward, (x, y), {}) if gate in UNHURRIED else apply2(gate, forward, x, y)


_give_operators()
