"""Ways to write a block in plain NumPy, as patterns that a tape can be matched against."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._gates.gate import GATES, NAMES, Gate, operands_and_parameters
from gatewise._types import Function, Parameters


class Variable:
    """Stands for a wire, or for a parameter's value: the same one wherever the name is the same."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Pattern:
    """A gate with patterns for operands and parameters; written down by calling a spelling on `Pattern`s."""

    def __init__(self, gate: Gate, operands: tuple[Any, ...], parameters: Parameters) -> None:
        self.gate, self.operands, self.parameters = gate, operands, parameters


class Unknown:
    """What a spelling is called with: each operation on it writes down a pattern."""

    def __init__(self, pattern: object) -> None:
        self.pattern = pattern

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: object) -> Unknown:
        return gate_pattern(GATES[ufunc], *operands)

    def __array_function__(self, function: object, types: object, args: Any, kwargs: Any) -> Unknown:
        return gate_pattern(GATES[function], *args, **kwargs)

    def __getitem__(self, index: object) -> Unknown:
        return gate_pattern(NAMES["getitem"], self, index=index)

    def __neg__(self) -> Unknown:
        return gate_pattern(NAMES["negative"], self)

    def __add__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["add"], self, other)

    def __radd__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["add"], other, self)

    def __sub__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["subtract"], self, other)

    def __rsub__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["subtract"], other, self)

    def __mul__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["multiply"], self, other)

    def __pow__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["power"], self, other)

    def __truediv__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["divide"], self, other)

    def __rtruediv__(self, other: object) -> Unknown:
        return gate_pattern(NAMES["reciprocal"], self) if other == 1 else gate_pattern(NAMES["divide"], other, self)


def gate_pattern(gate: Gate, *operands: object, **parameters: object) -> Unknown:
    """The pattern of one gate."""
    bare = [x.pattern if isinstance(x, Unknown) else x for x in operands]
    return Unknown(Pattern(gate, tuple(bare), parameters))


def pattern_of(spelling: Function) -> Pattern:
    """Write a spelling down: its arguments are operands, its keyword-only arguments parameters."""
    operands, parameters, _ = operands_and_parameters(spelling, 0)
    pattern: Pattern = spelling(
        *(Unknown(Variable(name)) for name in operands), **{name: Variable(name) for name in parameters}
    ).pattern
    return pattern


def learn() -> None:
    """Tell every gate which blocks its steps may close; called once, when all gates are declared."""
    for block in NAMES.values():
        for spelling in block.spelled:
            pattern = pattern_of(spelling)
            pattern.gate.closings.append((pattern, block))
            pattern.gate.openers.add(pattern.operands[0].gate)
