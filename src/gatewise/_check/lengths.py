"""Lengths of axes that fit together, found by running a function: where two lengths meet that differ, they become one.

Every axis begins with a length of its own, so that a length tells the axes it belongs to. The first place at which two
lengths do not go together (a product, a sum, a slice that runs off) says which of them has to become which; then the
function is run again.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._types import Named

Shape = tuple[int, ...]

RUNS = 60  #: of one function, at most
OWN = (4, 5, 7, 3, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61)  #: lengths that are no sums of few others
SHORT = (4, 5, 6, 7, 9, 8, 10)  #: to be typed, once it is known which axes have a length of their own
SHORTEST = (2, 3)  #: for those that follow from others, so that they are seen to be too short
LARGEST = 512  #: no axis is made longer
DEEPEST = 3  #: axes; images are as large as their kernels ask, which no length tells


class MisfitError(Exception):
    """A length that has to be another one, or a length of its own above that where `least`."""

    def __init__(self, length: int, becomes: int, least: bool = False) -> None:
        super().__init__(length, becomes)
        self.length, self.becomes, self.least = length, becomes, least


class Watched(np.ndarray):
    """An array that says which lengths do not go together before NumPy refuses them."""

    #: for an axis that is the end of a longer one, `x[:, 3 * H:]`: the longer one's length, and where the end begins
    ends: Mapping[int, tuple[int, int]] = {}

    def __array_finalize__(self, made_of: object) -> None:
        self.ends = {}

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "__call__":
            together = multiplied if ufunc is np.matmul else broadcast if ufunc.signature is None else None
            if together is not None:
                together(inputs)
        kwargs["out"] = tuple(map(unwatched, kwargs["out"])) if "out" in kwargs else None
        found = getattr(ufunc, method)(*map(unwatched, inputs), **{k: x for k, x in kwargs.items() if x is not None})
        ends = next((x.ends for x in inputs if isinstance(x, Watched) and x.ends and x.shape == np.shape(found)), {})
        return watched(found, ends)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if (rule := RULES.get(func)) is not None:
            rule(*args, **kwargs)
        found = super().__array_function__(func, types, args, kwargs)
        return [watched(x) for x in found] if isinstance(found, list) else watched(found)

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        indices = [x for x in parts if isinstance(x, (list, range, np.ndarray))]
        indexed_together(indices)
        if len(indices) == len(parts):
            counted_along(self, indices)
        ends = {} if Ellipsis in map(kind, parts) else dict(self.ends_taken(parts))
        return watched(super().__getitem__(index), ends)

    def ends_taken(self, parts: Sequence[Any]) -> Iterator[tuple[int, tuple[int, int]]]:
        """The axes of the result that are ends of the array's. Raises `MisfitError` for a slice that runs off."""
        kept = itertools.count()
        for length, part in zip(self.shape, parts, strict=False):
            if not isinstance(part, slice):
                continue
            axis = next(kept)
            if isinstance(part.stop, int) and part.stop > length:
                raise MisfitError(length, part.stop, least=True)
            if isinstance(part.start, int) and part.start > 0 and part.stop is None:
                yield axis, (length, part.start)

    def __setitem__(self, index: Any, value: Any) -> None:
        broadcast([np.asarray(self)[index], value], into=True)
        np.asarray(self)[index] = unwatched(value)

    def dot(self, other: Any, out: Any = None) -> Any:
        return np.dot(self, other)

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        lengths = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        if self.ndim == 1 and -1 not in lengths and math.prod(lengths) != self.size:
            raise MisfitError(self.size, math.prod(lengths))
        return super().reshape(*shape, **kwargs)


def kind(x: object) -> object:
    """What an index is, where that says how axes are counted."""
    return Ellipsis if x is Ellipsis or x is None else type(x)


def watched(x: Any, ends: Mapping[int, tuple[int, int]] | None = None) -> Any:
    if not isinstance(x, np.ndarray) or not x.ndim:
        return x
    found = x.view(Watched)
    found.ends = ends or {}
    return found


def unwatched(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, Watched) else x


def differ(one: Any, i: int, other: Any, j: int) -> None:
    """Raise `MisfitError` for two axes that have to be of one length."""
    a, b = np.shape(one)[i], np.shape(other)[j]
    for x, axis, length in ((one, i, b), (other, j, a)):
        end = getattr(x, "ends", {}).get(axis % np.ndim(x))
        if end is not None:
            raise MisfitError(end[0], end[1] + length)
    raise MisfitError(a, b)


def multiplied(operands: Sequence[Any]) -> None:
    """Of a product of matrices: the last axis of the one, the last but one of the other."""
    a, b = operands[:2]
    if np.ndim(a) and np.ndim(b):
        j = -2 if np.ndim(b) > 1 else -1
        if np.shape(a)[-1] != np.shape(b)[j]:
            differ(a, -1, b, j)
        broadcast([np.empty(np.shape(x)[:-2]) for x in operands[:2]])


def broadcast(operands: Sequence[Any], into: bool = False) -> None:
    """Of operands entry by entry: axes from the last one; `into`: the first one is what the others are written into."""
    arrays = [x for x in operands if np.ndim(x)]
    for a, b in itertools.combinations(arrays, 2):
        for k in range(1, min(np.ndim(a), np.ndim(b)) + 1):
            one, other = np.shape(a)[-k], np.shape(b)[-k]
            if one != other and other != 1 and (into or one != 1):
                differ(a, -k, b, -k)


def indexed_together(indices: Sequence[Any]) -> None:
    """Of lists of places: `p[np.arange(N), y]` takes as many of each."""
    broadcast([np.asarray(x) for x in indices if np.asarray(x).dtype.kind in "iu"])


def counted_along(x: Any, indices: Sequence[Any]) -> None:
    """Of places counted from 0, `p[range(len(y)), y]`: as many as the axis has at most."""
    for axis, index in enumerate(indices):
        places = np.asarray(index)
        if places.ndim == 1 and len(places) > np.shape(x)[axis] and np.array_equal(places, range(len(places))):
            raise MisfitError(np.shape(x)[axis], len(places))


def put_end_to_end(arrays: Sequence[Any], axis: int = 0, **_: Any) -> None:
    """Of arrays end to end: all their other axes."""
    first, *rest = arrays
    for other in rest:
        for k in range(min(np.ndim(first), np.ndim(other))):
            if k != axis % np.ndim(first) and np.shape(first)[k] != np.shape(other)[k]:
                differ(first, k, other, k)


def joined_beside(arrays: Sequence[Any], **_: Any) -> None:
    put_end_to_end(arrays, 1 if np.ndim(arrays[0]) > 1 else 0)


def split_evenly(x: Any, parts: Any, axis: int = 0) -> None:
    """Of an array in equal parts: its length is so many times another one."""
    length = np.shape(x)[axis]
    if isinstance(parts, int) and length % parts:
        raise MisfitError(length, parts * length)


def split_beside(x: Any, parts: Any) -> None:
    split_evenly(x, parts, 1)


def summed_by_letters(subscripts: Any, *operands: Any, **_: Any) -> None:
    """Of an einsum: the axes of one letter."""
    terms = subscripts.partition("->")[0].replace(" ", "").split(",") if isinstance(subscripts, str) else []
    seen: dict[str, tuple[Any, int]] = {}
    for term, x in zip(terms, operands, strict=False):
        for k, letter in enumerate(term if len(term) == np.ndim(x) else ""):
            other, j = seen.setdefault(letter, (x, k))
            if np.shape(other)[j] != np.shape(x)[k]:
                differ(other, j, x, k)


RULES: Mapping[Any, Callable[..., None]] = {
    np.dot: lambda a, b, **_: multiplied((a, b)),
    np.einsum: summed_by_letters,
    np.concatenate: put_end_to_end,
    np.vstack: put_end_to_end,
    np.hstack: joined_beside,
    np.split: split_evenly,
    np.hsplit: split_beside,
    np.where: lambda *operands: broadcast(operands),
}


def lengths_that_fit(f: Callable[[Named], object], shapes: Mapping[str, Shape], draw: Callable[..., Any]) -> Named:
    """Shapes of as many axes, in lengths with which `f` runs; none where they are not found.

    `f` takes arrays by name, and `draw` makes one of a shape for a name.
    """
    fresh = iter(OWN)
    found = made_to_fit(
        f, {name: tuple(next(fresh, 0) if n > 1 else 1 for n in shape) for name, shape in shapes.items()}, draw
    )
    if not found:
        return {}
    lengths = list(dict.fromkeys(n for shape in found.values() for n in shape))
    own, made = [n for n in lengths if n in OWN], [n for n in lengths if n not in (1, *OWN)]
    if len(own) > len(SHORT) or len(made) > len(SHORTEST):
        return found
    short = dict(zip([*own, *made], [*SHORT[: len(own)], *SHORTEST], strict=False))
    return made_to_fit(f, {name: tuple(short.get(n, 1) for n in shape) for name, shape in found.items()}, draw) or found


def made_to_fit(
    f: Callable[[Named], object], shapes: Mapping[str, Shape], draw: Callable[..., Any]
) -> Mapping[str, Shape]:
    """The shapes with lengths made to fit, one after the other; none where that comes to no end."""
    for _ in range(RUNS):
        try:
            f({name: watched(draw(shape, name)) for name, shape in shapes.items()})
        except MisfitError as misfit:
            found = misfit
        except ValueError as error:
            told = told_in(str(error))
            if told is None:
                return {}
            found = told
        except Exception:
            return {}
        else:
            return shapes
        known = {length for shape in shapes.values() for length in shape} - {1}
        old, new = found.length, found.becomes
        if found.least and new in known:
            new = next(length for length in itertools.count(new + 2) if length not in known)
        elif old not in known:
            old, new = new, old
        if old not in known or old == new or not 0 < new <= LARGEST:
            return {}
        shapes = {name: tuple(new if n == old else n for n in shape) for name, shape in shapes.items()}
    return {}


def told_in(message: str) -> MisfitError | None:
    """What NumPy says of two shapes where no array here was asked, as where an entry of a buffer is written."""
    if two := re.search(r"(\d+) \(dim \d+\) != (\d+)|size (\d+) is different from (\d+)", message):
        a, b = (int(n) for n in two.groups() if n)
        return MisfitError(a, b)
    told = [[int(n) for n in shape.split(",") if n] for shape in re.findall(r"\(([\d,]+)\)", message)[:2]]
    pairs = zip(told[0][::-1], told[1][::-1], strict=False) if len(told) == 2 else ()
    return next((MisfitError(a, b) for a, b in pairs if a != b and 1 not in (a, b)), None)
