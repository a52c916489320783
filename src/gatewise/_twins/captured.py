"""Arrays that a function finds around it. It sees a Tensor in the place of each, and may write into that.

What has no gradient is written into the array at once, so that whoever has it under another name sees it. What has one
is taken where the function alone refers to that memory, and refused elsewhere: another name would show it without.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from gatewise._circuit import closed_bits
from gatewise._errors import AssignmentError
from gatewise._gates import plain, write
from gatewise._tensor import STOPPED, Base, Tensor, described


class Captured(Base):
    """What a Tensor knows that stands in the place of an array; `is_shared` says whether another may look at that."""

    __slots__ = ("array", "is_own", "is_shared", "last")

    def __init__(self, array: Any, last: Any, is_shared: Callable[[Captured], bool]) -> None:
        Base.__init__(self)
        self.array, self.last, self.is_shared = array, last, is_shared
        self.is_own = False
        STANDING[id(self)] = self

    def before(self, t: Tensor, values: object) -> None:
        """Take the array for the function's own where a gradient is to be written into it, or refuse."""
        if self.is_own or type(values) is not Tensor or not values.bits & ~closed_bits():
            return
        if self.is_shared(self):
            raise AssignmentError(
                f"{described(values)} was to be written into {described(t)}, an array that stands elsewhere, too.",
                "a view of it, a list, an attribute or a function out of sight would lose the gradient without a word.",
                "own = array.copy() in the function, and own in its place; or out = np.zeros(n) there.",
            )
        self.is_own = True

    def after(self, t: Tensor, values: object, place: Any, chain: Any) -> None:
        """Write into the array, too, what was written into the Tensor in its place."""
        if not self.is_own:
            write(self.array, plain(values), place, chain)
            self.last = t.value

    def is_stale(self) -> bool:
        """Whether the array was changed under another name, so that the function saw what it no longer held."""
        array, last = self.array, self.last
        return not (self.is_own or (array == last).all() or np.array_equal(array, last, equal_nan=True))

    def settle(self, t: Tensor) -> None:
        """What was written with a gradient reaches the array as plain values, and the Tensor lets go of it."""
        STANDING.pop(id(self), None)
        if self.is_own:
            self.array[...] = t.value
        self.is_own, self.array, self.last, self.is_shared = True, None, None, bool


STANDING: dict[int, Captured] = {}  #: of all threads, while their functions run


def stand_in(array: Any, is_shared: Callable[[Captured], bool]) -> Tensor:
    """The Tensor that a function sees in the place of an array, in memory of its own."""
    copy = np.array(array, order="K")
    t = Tensor(copy, STOPPED)
    t.alias = Captured(array, copy, is_shared)
    return t


def changed_elsewhere(t: Tensor, name: str) -> AssignmentError:
    return AssignmentError(
        f"{name} {t.shape} was changed under another name while the function ran.",
        "a view, a list, an attribute or a function out of sight was written into, and the function saw older values.",
        f"{name} by that one name everywhere in the function.",
        line="",
    )


def bound_out_of_sight(name: str, reader: types.FunctionType) -> AssignmentError:
    return AssignmentError(
        f"the global name {name} was bound, and {reader.__qualname__} reads it.",
        "gatewise does not see into that function: it sees what the name stood for before.",
        f"call {reader.__qualname__} by its name, or hand {name} to it as an argument.",
        line="",
    )
