"""Arithmetic on what a person typed, so that what Python could not compute is an error with a place.

The numbers of an expression that meet only each other are computed by Python itself when the expression runs. There
`9**9**9` would never end, `1 / 0` would raise and `(-8)**0.5` would turn complex.
"""

from __future__ import annotations

import math
import operator
import sys

import numpy as np

from gatewise._language.files import Array, check_size
from gatewise._language.scanning import MisreadError

LARGEST = sys.float_info.max
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
VALUES = {"pi": math.pi, "e": math.e}
FUNCTIONS = {"sqrt": math.sqrt, "exp": math.exp, "log": math.log}
LARGEST_WHOLE = 2**63 - 1
RESULTS = {"*": "the product", "+": "the sum", "-": "the difference", "/": "the quotient", "**": "the power"}

Value = int | float | Array


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


def equal_distances(name: str, numbers: list[int | float]) -> Array:
    """Numbers at equal distances."""
    if name == "linspace":
        entries = numbers[2] if len(numbers) > 2 else 50
        if not isinstance(entries, int) or entries < 0:
            raise MisreadError(
                0, f"linspace takes a whole number of entries, not {entries!r}", cure="Write linspace(0, 1, 5)."
            )
        check_size(entries)
        return np.linspace(float(numbers[0]), float(numbers[1]), entries)
    start, stop = (0, numbers[0]) if len(numbers) == 1 else numbers[:2]
    step = numbers[2] if len(numbers) > 2 else 1
    if step == 0:
        raise MisreadError(0, "arange has a step of 0", cure="Write arange(0, 1, 0.1).")
    check_size(math.ceil(min(max((stop - start) / step, 0), 1e300)))
    if max(abs(start), abs(stop), abs(step)) > LARGEST_WHOLE:
        raise MisreadError(0, "a number in it does not fit into 64 bits", cure="Write smaller ones.")
    return np.arange(start, stop, step)


def joint_shape(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of a list whose entries have `shapes`."""
    for shape in shapes:
        if shape != shapes[0]:
            raise MisreadError(
                0,
                f"its parts differ: {part_in_words(shapes[0])} and {part_in_words(shape)}",
                cure="Make all rows one length.",
            )
    return (len(shapes), *shapes[0]) if shapes else (0,)


def part_in_words(shape: tuple[int, ...]) -> str:
    """A part of a list in words."""
    if not shape:
        return "a number"
    return f"a list of {shape[0]}" if len(shape) == 1 else f"an array of shape {shape}"


def array_from(entries: list[int | float], shape: tuple[int, ...]) -> Array:
    if not entries or any(isinstance(entry, float) for entry in entries):
        return np.array(entries, dtype=np.float64).reshape(shape)
    if any(abs(entry) > LARGEST_WHOLE for entry in entries):
        raise MisreadError(0, "a whole number in it does not fit into 64 bits", cure="Write it as a float: 1e20.")
    return np.array(entries, dtype=np.int64).reshape(shape)


def combined_values(symbol: str, left: Value, right: Value) -> Value:
    """What two values make. Raises `MisreadError` where that is no finite number, or no longer one in 64 bits."""
    if not isinstance(left, np.ndarray) and not isinstance(right, np.ndarray):
        return combined_numbers(symbol, left, right)
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        problem = "it multiplies two arrays" if symbol == "*" else f"it has {symbol} between two arrays"
        raise MisreadError(0, problem, cure="Give each as an input of its own.")
    sizes = whole_size(left), whole_size(right)
    if symbol == "/" or (symbol == "**" and np.min(right, initial=0) < 0) or None in sizes:
        left, right = as_float(left), as_float(right)
    else:
        check_whole(symbol, *sizes)
    with np.errstate(all="ignore"):
        result: Array = OPERATIONS[symbol](left, right)
    if not np.all(np.abs(result) <= sys.float_info.max):
        problem = f"{RESULTS[symbol]} is too large" if np.all(result == result) else "it is not a real number"
        raise MisreadError(0, problem, cure="A float ends near 1.8e308.")
    return result


def combined_numbers(symbol: str, left: int | float, right: int | float) -> int | float:
    try:
        return combined(symbol, left, right)
    except OverflowError:
        problem = f"{RESULTS[symbol]} is too large"
        raise MisreadError(0, problem, cure="A float ends near 1.8e308.") from None
    except ArithmeticError as impossible:
        raise MisreadError(0, str(impossible), cure="Write the number that is meant.") from None


def computed(name: str, value: Value) -> float:
    """A function of one number."""
    if isinstance(value, np.ndarray):
        why = f"an input is a number or an array, and {name} of one belongs into the expression."
        raise MisreadError(0, f"{name} takes one number here", why, f"Write {name}(x) in the expression.")
    try:
        return FUNCTIONS[name](value)
    except (ValueError, OverflowError):
        problem = f"{name} of {value!r} is no finite number"
        raise MisreadError(0, problem, cure="Write the number that is meant.") from None


def as_float(value: Value) -> Value:
    return value.astype(np.float64) if isinstance(value, np.ndarray) and value.dtype.kind == "i" else value * 1.0


def check_whole(symbol: str, left: int | None, right: int | None) -> None:
    """Refuse whole numbers that NumPy would let wrap round."""
    assert left is not None
    assert right is not None
    try:
        largest = combined("+" if symbol == "-" else symbol, left, right)
    except OverflowError:
        largest = LARGEST_WHOLE + 1
    if max(left, right, largest) > LARGEST_WHOLE:
        raise MisreadError(0, f"{RESULTS[symbol]} does not fit into 64 bits", cure="Write the factor as a float: 1e20.")


def whole_size(value: Value) -> int | None:
    """The greatest magnitude of whole numbers; None for floats."""
    if isinstance(value, np.ndarray):
        return int(np.abs(value).max(initial=0)) if value.dtype.kind == "i" else None
    return abs(value) if isinstance(value, int) else None
