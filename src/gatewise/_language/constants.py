"""Arithmetic on the literal numbers of an expression, so that what Python could not compute is an error with a place.

The numbers of an expression that meet only each other are computed by Python itself when the expression runs. There
`9**9**9` would never end, `1 / 0` would raise and `(-8)**0.5` would turn complex.
"""

from __future__ import annotations

import math
import operator
import sys

LARGEST = sys.float_info.max
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
VALUES = {"pi": math.pi, "e": math.e}


def combined(symbol: str, left: int | float, right: int | float) -> int | float:
    """Return `left symbol right` as Python computes it.

    Raises `ArithmeticError`, its text the reason, where that is no finite real number.

    >>> combined("**", 2, 10)
    1024
    """
    if symbol == "**" and _is_enormous(left, right):
        raise OverflowError("this power is too large: a float ends near 1.8e308")
    try:
        result: int | float | complex = OPERATIONS[symbol](left, right)
    except ZeroDivisionError:
        raise ArithmeticError("this divides by zero") from None
    except OverflowError:
        result = math.inf
    if isinstance(result, complex):
        raise ArithmeticError("this power is not a real number")
    if not -LARGEST <= result <= LARGEST:
        raise OverflowError("this number is too large: a float ends near 1.8e308")
    return result


def _is_enormous(base: int | float, exponent: int | float) -> bool:
    """Whether a power of whole numbers has more digits than any float, found without computing it."""
    if not (isinstance(base, int) and isinstance(exponent, int)):
        return False
    return exponent * (abs(base).bit_length() - 1) > sys.float_info.max_exp
