"""Captured arrays as inputs: what a function finds around it, with others in the place of its arrays.

A function is made again, with the functions and containers between it and an array, so that it finds what it is given
there; nothing of the user's is touched. Where an array may be come by in a way that is not made again (a class, a
module), it stays a constant, whose numbers are compared at each call.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._compile.surroundings import asked_by, is_calm, is_compiled, slot_names

#: Where an array is found: a cell, or a dict or list and the key in it; a tuple cannot be bound anew.
Edge = tuple[Any, Any]
CELL = object()


class World:
    """What stands around a function, made again with `instead` in the place of each array, by the array's id.

    `made` has by id what was made again; `edges` by the id of an array where it was found.
    """

    def __init__(self, instead: Mapping[int, Any]) -> None:
        self.instead = instead
        self.made: dict[int, Any] = {}
        self.edges: dict[int, list[Edge]] = {}
        self.globals: dict[int, dict[str, Any]] = {}
        self.cells: dict[int, types.CellType] = {}
        self.kept: list[Any] = []  # so that no id comes again
        self.looked_at: set[int] = set()

    def of(self, x: Any, *edge: Any) -> Any:
        """A value as it is found here; `edge` is where it is found there."""
        if id(x) in self.instead:
            self.edges.setdefault(id(x), []).append(edge or (None, None))
            return self.instead[id(x)]
        if id(x) in self.made:
            return self.made[id(x)]
        if type(x) in LEAVES or isinstance(x, type) or id(x) in self.looked_at:
            return x
        self.looked_at.add(id(x))
        self.kept.append(x)
        maker = MAKERS.get(type(x)) or (World.instance if hasattr(x, "__dict__") else None)
        made = x if maker is None else maker(self, x)
        if made is not x:
            self.made[id(x)] = made
        return made

    def function(self, f: types.FunctionType) -> types.FunctionType:
        """A function that finds what is found here; one of the library's finds it in its closure alone."""
        own, ours = f.__closure__ or (), is_calm(f)
        if is_compiled(f):  # runs what it was made of while a recording lasts
            return self.of(f.__wrapped__)  # type: ignore[no-any-return, attr-defined]
        if ours and not own:
            return f
        cells = tuple([self.cells.setdefault(id(cell), types.CellType()) for cell in own])
        names = f.__globals__ if ours else self.globals.setdefault(id(f.__globals__), dict(f.__globals__))
        made = types.FunctionType(f.__code__, names, f.__name__, f.__defaults__, cells)
        self.made[id(f)] = made  # what is around it may speak of it
        for cell, new in zip(own, cells, strict=True):
            if cell != types.CellType() and new == types.CellType():
                new.cell_contents = cell.cell_contents  # first, for what speaks of itself
                new.cell_contents = self.of(cell.cell_contents, CELL, cell)
        for name in () if ours else asked_by(f.__code__)[0] & f.__globals__.keys():
            if names[name] is f.__globals__[name]:
                names[name] = self.of(f.__globals__[name], f.__globals__, name)
        made.__defaults__, made.__kwdefaults__ = self.of(f.__defaults__), self.of(f.__kwdefaults__)
        made.__module__, made.__qualname__, made.__doc__ = f.__module__, f.__qualname__, f.__doc__
        made.__dict__.update({name: self.of(value, f.__dict__, name) for name, value in f.__dict__.items()})
        return made

    def method(self, x: types.MethodType) -> Any:
        inner, of = self.of(x.__func__), self.of(x.__self__)
        return x if inner is x.__func__ and of is x.__self__ else types.MethodType(inner, of)

    def partial(self, x: functools.partial[Any]) -> Any:
        return functools.partial(self.of(x.func), *self.of(x.args), **self.of(x.keywords))

    def sequence(self, x: Any) -> Any:
        parts = [self.of(part, *((x, k) if type(x) is list else ())) for k, part in enumerate(x)]
        return x if all(a is b for a, b in zip(parts, x, strict=True)) else type(x)(parts)

    def mapping(self, x: dict[Any, Any]) -> Any:
        parts = {key: self.of(value, x, key) for key, value in x.items()}
        return x if all(parts[key] is value for key, value in x.items()) else parts

    def instance(self, x: Any) -> Any:
        """An object of a class of the user's, of the same class; its attributes as they are found here."""
        kind = type(x)
        if kind.__module__.partition(".")[0] in OTHERS or any(map(slot_names, kind.__mro__)):
            return x
        parts = {name: self.of(value, vars(x), name) for name, value in vars(x).items()}
        if all(parts[name] is value for name, value in vars(x).items()):
            return x
        try:
            made = object.__new__(kind)
        except TypeError:  # of a kind of Python's own
            return x
        vars(made).update(parts)
        return made


OTHERS = frozenset(("builtins", "gatewise", "numpy", "scipy"))  #: modules whose objects stay as they are
LEAVES = frozenset((int, float, bool, str, bytes, complex, type(None), types.ModuleType, types.BuiltinFunctionType))
MAKERS: Mapping[type, Callable[[World, Any], Any]] = {
    types.FunctionType: World.function,
    types.MethodType: World.method,
    functools.partial: World.partial,
    list: World.sequence,
    tuple: World.sequence,
    dict: World.mapping,
}


def children(x: Any) -> Iterator[Any]:
    """What may be come by from an object, one step away."""
    if isinstance(x, types.FunctionType):
        asked, attributes, _, _ = asked_by(x.__code__)
        yield from (x.__globals__[name] for name in (asked | attributes) & x.__globals__.keys())
        yield from (cell.cell_contents for cell in x.__closure__ or () if cell != types.CellType())
        yield from (x.__defaults__, x.__kwdefaults__)
    elif isinstance(x, types.MethodType):
        yield from (x.__func__, x.__self__)
    elif isinstance(x, functools.partial):
        yield from (x.func, x.args, x.keywords)
    elif isinstance(x, (staticmethod, classmethod, property, functools.cached_property)):
        yield from (getattr(x, name, None) for name in ("__func__", "fget", "func"))
    elif isinstance(x, dict):
        yield from (*x.keys(), *x.values())
    elif isinstance(x, (list, tuple, set, frozenset)):
        yield from x
    if not isinstance(x, np.ndarray):
        yield from vars(x).values() if hasattr(x, "__dict__") else ()
        yield from (getattr(x, name, None) for each in type(x).__mro__ for name in slot_names(each))


def below(x: Any, wanted: set[int]) -> set[int]:
    """The ids among those wanted of what may be come by from an object."""
    waiting, known = [x], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) not in known:
            known.add(id(each))
            if id(each) not in wanted and type(each) not in LEAVES:
                waiting += children(each)
    return known & wanted


def in_reach(f: Any, arrays: Mapping[int, np.ndarray], known: Mapping[int, Any]) -> set[int]:
    """The ids of those arrays that a function comes by in no other way than by what is made again.

    `known` is all that it may come by.
    """
    wanted = {*arrays}
    while wanted:
        world = World(dict.fromkeys(wanted))
        world.of(f)
        changed = wanted | world.made.keys()
        wanted &= world.edges.keys()
        lost = set[int]()
        for x in known.values():
            if id(x) not in changed:
                for part in children(x):
                    if id(part) in changed:
                        lost |= below(part, wanted)
        if not lost:
            break
        wanted -= lost
    return wanted


@dataclass(frozen=True)
class Captured:
    """An array that is an input of a program, and where it is found at each call."""

    array: np.ndarray
    edges: Sequence[Edge]

    def read(self, name: str, named: Callable[[Any], str]) -> tuple[str, list[str]]:
        """The line that reads it anew under this name, and what has to hold of it then."""
        texts = [edge_text(edge, named) for edge in self.edges if edge != FIXED] or [named(self.array)]
        alike = [f"{named(kind_of(self.array))}({name})"]
        if FIXED in self.edges:
            texts.append(named(self.array))
        return f"{name} = {texts[0]}", alike + [f"{text} is {name}" for text in dict.fromkeys(texts[1:])]


FIXED: Edge = (None, None)  #: of an array in a tuple


def edge_text(edge: Edge, named: Callable[[Any], str]) -> str:
    """The text by which an array is found."""
    holder, key = edge
    if holder is CELL:
        return f"{named(key)}.cell_contents"
    return f"{named(holder)}[{repr(key) if type(key) in (str, int) else named(key)}]"


def kind_of(array: np.ndarray) -> Callable[[Any], bool]:
    """Whether a value is an array that lies like this one."""
    shape, dtype, strides = array.shape, array.dtype, array.strides
    plain = np.ndarray

    def is_alike(x: Any) -> bool:
        return type(x) is plain and x.shape == shape and x.dtype == dtype and x.strides == strides

    return is_alike


def is_of_numbers(array: np.ndarray) -> bool:
    """Whether an array is of a kind that a program takes."""
    return array.dtype.kind in "fiub" and array.dtype.itemsize <= 8 and array.dtype != np.float16
