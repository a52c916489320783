"""What a native loop is, as plain data."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._program import At, Constant, Op, Program

WIDE = 30_000  #: entries from which a loop is shared among threads, and lets go of Python meanwhile
#: The flags of the processor for which NumPy may speak: invalid, division by zero, overflow, underflow.
INTEL = platform.machine() in ("x86_64", "AMD64", "i386", "i686")
INVALID, ZERO, OVERFLOW, UNDERFLOW = (1, 4, 8, 16) if INTEL else (1, 2, 4, 8)
LOUD = INVALID | ZERO | OVERFLOW


class Flagged(Exception):  # noqa: N818 - what was running natively is run again by NumPy, which speaks
    """NumPy would have warned or raised here."""


def heard(flags: int) -> None:
    """What a loop calls where flags of the processor were raised. Raises `Flagged`."""
    if flags & LOUD or np.geterr()["under"] != "ignore":
        raise Flagged


@dataclass(frozen=True)
class Load:
    """What the loop reads: an array of all entries (`full`), of one row or column of them, or one number.

    A number is an array without axes (`single`), or a float of Python's or NumPy's (`float`).
    """

    how: str
    dtype: str


@dataclass(frozen=True)
class Loop:
    """A loop over `rows` of `columns` entries, in `dtype`; flat where there is one column.

    `loads` are by name: a place of the program, or a constant. `stores` are the places that are wanted entry by entry;
    `totals` are sums of places, over all (with 0) or over each row (with 1).
    """

    rows: int
    columns: int
    dtype: str
    loads: Mapping[Any, Load]
    ops: Sequence[tuple[int, Op]]
    stores: Mapping[int, str]
    totals: Mapping[int, tuple[int, int]]

    @property
    def sums(self) -> list[int]:
        """The places that are sums over all, in the order in which the builtin gives them."""
        return [place for place, (_, each) in self.totals.items() if not each]

    @property
    def arrays(self) -> list[int]:
        """The places that are written into arrays, in the order in which the builtin takes those."""
        return [*self.stores, *(place for place, (_, each) in self.totals.items() if each)]


#: The gates that a loop computes; those whose result is true or false.
TRUTHS = frozenset((
    *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
    *("logical_and", "logical_or", "logical_xor", "logical_not", "isnan"),
))  # fmt: skip
GATES = TRUTHS | frozenset((
    *("add", "subtract", "multiply", "divide", "negative", "positive", "square", "reciprocal", "absolute", "fabs"),
    *("floor", "ceil", "trunc", "rint", "copysign", "sign", "maximum", "minimum", "relu", "where"),
    *("exp", "expm1", "log", "log1p", "tanh", "sigmoid", "sin", "cos", "power", "sqrt"),
))  # fmt: skip

#: The gates that a program of floats has besides, which are what they are given.
SAME = frozenset(("copy", "broadcast_to"))


@dataclass(frozen=True)
class Leaf:
    """A number that a program of floats returns: a `float` or an `np.float64`, made of an operand."""

    kind: type
    operand: At | Constant


def is_of_floats(program: Program) -> bool:
    """Whether a program may be a builtin: all in it are floats or truths, and Python reads truths alone."""
    numbers = [x for op in program.ops for x in op.operands] + [guard.operand for guard in program.guards]
    return (
        all(op.gate in GATES | SAME and not op.shape and op.dtype in ("float64", "bool") for op in program.ops)
        and all((op.dtype == "bool") == (op.gate in TRUTHS) or op.gate in SAME for op in program.ops)
        and all(isinstance(x, At) or (isinstance(x, Constant) and is_small(x.value)) for x in numbers)
        and all(isinstance(guard.value, (bool, np.bool_)) for guard in program.guards)
    )


def is_small(x: object) -> bool:
    return isinstance(x, (bool, float)) or (type(x) is int and abs(x) < 2**53)
