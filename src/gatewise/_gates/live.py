"""Cotangents that know which of their entries are alive, and what comes back from picked entries."""

from __future__ import annotations

from functools import partial
from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from gatewise._gates.gate import Carrier
from gatewise._types import Index, Value


def plain(x: object) -> Value:
    """The plain value of a Tensor, or `x` itself."""
    return x.value if isinstance(x, Carrier) else x


def shape_of(x: object) -> tuple[int, ...]:
    """The shape of the plain value of `x`."""
    value = plain(x)
    if type(value) is float:
        return ()
    shape: tuple[int, ...] = value.shape if type(value) is np.ndarray else np.shape(value)
    return shape


def dtype_of(x: object) -> np.dtype:
    """The dtype of the plain value of `x`; a Python float counts as float64."""
    value = plain(x)
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else np.dtype(type(value))


class Live:
    """A cotangent with a mask of its live entries; it is zero in all others.

    `mask` may be given as a function: most cotangents go to a leaf, where nobody reads the mask. What comes back to an
    array from picked entries stays in `pieces` until it is read, or a loop over n entries would add up n whole arrays;
    a mask of None then says that all is alive.
    """

    __slots__ = ("_g", "_mask", "like", "pieces")
    __array_ufunc__ = None

    def __init__(self, g: object, mask: object, pieces: list[Piece] | None = None, like: object = None) -> None:
        self._g, self._mask, self.pieces, self.like = g, mask, pieces, like

    @classmethod
    def picked(cls, index: object, g: object, mask: object, x: object) -> Live:
        """What comes back to the array `x` from its entries at `index`."""
        pieces = [(index, g, mask)]
        return cls(None, partial(mask_of, pieces, x), pieces, x)

    @property
    def g(self) -> Value:
        if self._g is None and self.pieces is not None:
            self._g = put_together(self.pieces, self.like)
        return self._g

    @property
    def mask(self) -> Any:
        found = worked_out(self._mask)
        if self.pieces is None:  # others may still be added to pieces
            self._mask = found
        return found

    @property
    def everywhere(self) -> bool:
        """Whether all entries are alive: the cotangent may as well be a plain array."""
        return self.pieces is not None and self._mask is None

    @property
    def is_recorded(self) -> bool:
        """Whether what came back is a recording; pieces are not put together to answer."""
        if self._g is None and self.pieces is not None:
            if len(self.pieces) == 1:
                return is_recorded(self.pieces[0][1])
            return any(is_recorded(g) for _, g, _ in self.pieces)
        return is_recorded(self._g)

    def __add__(self, other: Any) -> Value:
        theirs = other.pieces if type(other) is Live else None
        if theirs is not None and not self.everywhere and not is_recorded(self._g):
            return other.extended(self)
        if self.pieces is not None and not is_recorded(other._g if type(other) is Live else other):
            return self.extended(other)
        if type(other) is Live:
            return Live(self.g + other.g, (self._mask, other._mask))
        return self.g + other

    def extended(self, other: object) -> Live:
        """Add another cotangent to this one, which nobody else refers to."""
        assert self.pieces is not None
        if type(other) is not Live:
            self.pieces.append((WHOLE, other, None))
            self._mask = None
        elif other.pieces is not None:
            self.pieces += other.pieces
        else:
            self.pieces.append((WHOLE, other.g, other._mask))
        self._g = None
        return self

    __radd__ = __add__


Piece = tuple[Any, Any, Any]  #: an index and what comes back from there, with its mask


WHOLE = object()  #: in the place of an index, the whole array


def is_recorded(g: object) -> bool:
    return isinstance(g, Carrier)


def any_recorded(*values: object) -> bool:
    return any(map(is_recorded, values))


def put_together(pieces: list[Piece], x: object) -> object:
    """The sum of all pieces, added up in the order in which they came."""
    (index, g, _), *others = pieces
    total = scattered(g, index, x) if index is not WHOLE else np.array(g) if others else g
    for index, g, _ in others:
        if index is WHOLE:
            total += g
        elif names_an_entry_once(index):
            total[index] += g
        else:
            total += scattered(g, index, x)
    return total


def mask_of(pieces: list[Piece], x: Value) -> object:
    """Where any of the pieces is alive."""
    found = np.zeros(x.shape, bool)
    for index, _, mask in pieces:
        mask = worked_out(mask)
        if index is WHOLE:
            found |= True if mask is None else mask
        elif mask is None:
            found[index] = True
        else:
            np.logical_or.at(found, index, mask)
    return found


def scattered(g: Value, index: Index, x: Value) -> Value:
    """Zeros like `x`, with `g` added in at `index` as often as an entry is named."""
    zeros = np.zeros(x.shape, x.dtype)
    if names_an_entry_once(index):
        zeros[index] = g
    else:
        np.add.at(zeros, index, g)
    return zeros


def names_an_entry_once(index: object) -> bool:
    """Slices, whole numbers, new axes and one mask never name an entry twice; whatever else there is may."""
    parts = index if isinstance(index, tuple) else (index,)
    others = [i for i in parts if not isinstance(i, (slice, int, np.integer, NoneType, EllipsisType))]
    return not others or (len(others) == 1 and isinstance(others[0], np.ndarray) and others[0].dtype == bool)


def worked_out(mask: object) -> Value:
    """A mask that may be a function, or a pair of masks to be joined: pairs nest as deep as an array has uses."""
    if type(mask) is not tuple:
        return mask() if callable(mask) else mask
    waiting: list[Any] = [mask]
    found: Any = None
    while waiting:
        each = waiting.pop()
        if type(each) is tuple:
            waiting += each[::-1]
            continue
        each = each() if callable(each) else each
        found = each if found is None else found | each
    return found


def without_mask(g: object) -> Value:
    """A cotangent alone."""
    return g.g if type(g) is Live else g
