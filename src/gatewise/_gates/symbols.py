"""What an elementwise rule is traced on: symbols, which write the text of its pullback."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class Symbol:
    """What an elementwise rule is traced on: operators and ufuncs write text, and the operands used are noted."""

    def __init__(
        self, text: str, names: frozenset[str] | None = None, constant: bool = False, absent: bool = False
    ) -> None:
        self.text, self.constant, self.absent = text, constant, absent
        self.names = frozenset({text}) if names is None else names

    def __neg__(self) -> Symbol:
        return Symbol(f"(-{self.text})", self.names)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: object) -> Symbol:
        home = "np" if getattr(np, ufunc.__name__, None) is ufunc else "special"
        return call_text(f"{home}.{ufunc.__name__}", *operands)

    def __array_function__(self, function: Any, types: object, args: Any, kwargs: object) -> Symbol:
        return call_text(f"np.{function.__name__}", *args)


def operand_text(x: object) -> str:
    if isinstance(x, Symbol):
        return x.text
    if isinstance(x, float) and not math.isfinite(x):
        return "np.nan" if math.isnan(x) else "np.inf" if x > 0 else "(-np.inf)"
    return repr(x)


def names_behind(*operands: object) -> frozenset[str]:
    return frozenset().union(*(x.names for x in operands if isinstance(x, Symbol)))


def call_text(name: str, *operands: object) -> Symbol:
    return Symbol(f"{name}({', '.join(map(operand_text, operands))})", names_behind(*operands))


def infix_text(sign: str, x: object, y: object) -> Symbol:
    if sign == "**":  # a helper on floats, where Python's own power may turn complex
        return call_text("power", x, y)
    return Symbol(f"({operand_text(x)} {sign} {operand_text(y)})", names_behind(x, y))


def _give_operators() -> None:
    arithmetic = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "pow": "**", "and": "&"}
    comparisons = {"gt": ">", "lt": "<", "ge": ">=", "le": "<=", "eq": "==", "ne": "!="}
    for name, sign in (arithmetic | comparisons).items():
        setattr(Symbol, f"__{name}__", lambda x, y, sign=sign: infix_text(sign, x, y))
    for name, sign in arithmetic.items():
        setattr(Symbol, f"__r{name}__", lambda y, x, sign=sign: infix_text(sign, x, y))


_give_operators()
