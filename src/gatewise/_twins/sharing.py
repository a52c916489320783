"""Who refers to an array that a function captured, beside what the function sees: by counting references."""

from __future__ import annotations

import gc
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from gatewise._callables import parts_behind
from gatewise._tensor import Tensor
from gatewise._twins.classes import functions_of
from gatewise._twins.reached import held, is_users, names_asked

KEPT_IN_A_DICT = sys.version_info < (3, 13)  #: what a frame's locals were asked for, by the frame itself


class Holder:
    """Something that refers to one array."""

    __slots__ = ("array",)

    def __init__(self, array: object) -> None:
        self.array = array


def references(holder: Any) -> int:
    """How many references there are to what a holder holds, beside its own."""
    return sys.getrefcount(holder.array) - ONE


def references_of_base(holder: Any) -> int:
    return sys.getrefcount(holder.array.base) - ONE


ONE = 0
ONE = references(Holder(np.zeros(2)))


def is_in_one_piece(holder: Any) -> bool:
    """Whether an array's memory is its own, or that of an array which nothing else refers to."""
    owner = holder.array.base
    if owner is None:
        return True
    plain = type(owner) is np.ndarray and owner.base is None
    del owner
    return plain and references_of_base(holder) == 0


def around_of(functions: Iterable[types.FunctionType]) -> Iterator[Any]:
    """What the closures and defaults of functions hold, each cell and each tuple once."""
    known: set[int] = set()
    for f in functions:
        for cell in f.__closure__ or ():
            if id(cell) not in known and cell != types.CellType():
                known.add(id(cell))
                yield cell.cell_contents
        if f.__defaults__ and id(f.__defaults__) not in known:
            known.add(id(f.__defaults__))
            yield from f.__defaults__


def in_frames(array: object) -> int:
    """How many references the local names of the functions have that wait for this one."""
    count = 0
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        code, names = frame.f_code, frame.f_locals
        optimized = code.co_flags & inspect.CO_OPTIMIZED
        if names is not frame.f_globals:
            for name, value in names.items():
                if value is array:
                    count += KEPT_IN_A_DICT or not optimized
                    count += bool(optimized) and name in code.co_varnames and name not in code.co_cellvars
        frame = frame.f_back
    return count


def in_dicts(array: object, counts: Callable[[dict[Any, Any]], bool], but: dict[str, object]) -> int:
    """How often an array stands in the dicts that count; all objects that there are have to be looked at for this."""
    found = [each for each in gc.get_referrers(array) if type(each) is dict and each is not but and counts(each)]
    return sum(value is array for each in found for value in each.values())


def asked_by(f: types.FunctionType) -> Iterator[Any]:
    """What a function may ask for by name, in its closure and in its defaults."""
    yield from map(f.__globals__.get, names_asked(f.__code__))
    yield from held(f)


def out_of_sight(values: Iterable[object], names: Mapping[str, object]) -> Iterator[types.FunctionType]:
    """The functions of a module that stand in containers, objects and classes among these, and those that they call."""
    waiting: list[tuple[Any, bool]] = [(value, False) for value in values]
    known: set[tuple[int, bool]] = set()
    while waiting:
        value, inside = waiting.pop()
        if (id(value), inside) in known:
            continue
        known.add((id(value), inside))
        if is_users(value, names):
            if inside:
                yield value
                waiting += [(x, True) for x in asked_by(value)]
        else:
            waiting += [(part, True) for part in held_in(value, names) if type(part) not in PLAIN]


PLAIN = frozenset((float, int, str, bool, type(None), np.ndarray, Tensor))


def held_in(value: object, names: Mapping[str, object]) -> Iterable[Any]:
    """What a container, an object or a class of the user's holds."""
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if parts := parts_behind(value):
        return parts
    cls = value if isinstance(value, type) else type(value)
    if cls.__module__ != names.get("__name__"):
        return ()
    return (*functions_of(cls), *(() if value is cls else getattr(value, "__dict__", {}).values()))
