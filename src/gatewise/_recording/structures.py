"""Arguments and results as structures of dicts, lists and tuples, and the Tensors put in place of their numbers."""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError
from gatewise._tensor import Tensor
from gatewise._types import Function

Path = tuple[Any, ...]  #: keys and positions that lead to one leaf of a structure
LEAVES = frozenset({Tensor, float, int, str, bool, type(None), np.ndarray, np.float64})  #: what most leaves are


def is_container(x: object) -> bool:
    """Whether this is a dict, a list or a tuple, which is looked into."""
    return type(x) not in LEAVES and isinstance(x, (dict, list, tuple))


def leaves(structure: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf of a structure with its path.

    >>> list(leaves({"W": 1.0, "b": [2.0, 3.0]}))
    [(('W',), 1.0), (('b', 0), 2.0), (('b', 1), 3.0)]
    """
    if is_container(structure):
        for key, part in entries_of(structure):
            if type(part) in LEAVES:
                yield (*path, key), part
            else:
                yield from leaves(part, (*path, key))
    else:
        yield path, structure


def mapped(function: Callable[[Path, Any], Any], structure: Any, path: Path = ()) -> Any:
    """The same structure with `function(path, leaf)` for each leaf.

    >>> mapped(lambda path, leaf: -leaf, {"W": 1.0, "b": (2.0,)})
    {'W': -1.0, 'b': (-2.0,)}
    """
    if is_container(structure):
        parts = [
            function((*path, key), part) if type(part) in LEAVES else mapped(function, part, (*path, key))
            for key, part in entries_of(structure)
        ]
        return like(structure, parts)
    return function(path, structure)


def entries_of(container: Any) -> Iterable[tuple[object, object]]:
    """The entries of a dict, a list or a tuple, each with its key or position."""
    if isinstance(container, dict):
        entries: Iterable[tuple[Any, Any]] = kind_of(container).items(container)
        return entries
    return enumerate(container)


def parts_of(container: Any) -> list[object]:
    """What stands in a dict, a list or a tuple, in order."""
    return list(kind_of(container).values(container) if isinstance(container, dict) else container)


def like(container: Any, parts: Sequence[object]) -> Any:
    """A container of the same kind with these entries: the same keys, class and attributes.

    >>> like({"W": 1.0, "b": 2.0}, [3.0, 4.0])
    {'W': 3.0, 'b': 4.0}
    """
    kind = type(container)
    if kind in (list, tuple):
        return kind(parts)
    if kind is dict:
        return dict(zip(container, parts, strict=True))
    if isinstance(container, tuple):
        try:
            same = tuple.__new__(kind, parts)  # a named tuple's own way of making one takes its fields one by one
        except TypeError:
            return kind(parts)
        vars(same).update(vars(container)) if hasattr(same, "__dict__") else None
        return same
    same = bare(container)
    if isinstance(container, dict):
        for key, part in zip(kind_of(container).keys(container), parts, strict=True):
            kind_of(container).__setitem__(same, key, part)
    else:
        list.__setitem__(same, slice(None), parts)
    return same


def bare(container: object) -> Any:
    """An empty container of a user's class with the attributes of this one.

    None of the class's own methods is called: what it does when an entry is set, it is not to do for us.
    """
    kind = kind_of(container)
    try:
        same = kind.__new__(type(container))
    except TypeError:  # a class made in C
        same = copy.copy(container)
        kind.clear(same)
        return same
    if isinstance(container, defaultdict):
        same.default_factory = container.default_factory
    slots = {name for each in type(container).__mro__ for name in slots_of(each) if hasattr(container, name)}
    for name in slots:
        object.__setattr__(same, name, getattr(container, name))
    vars(same).update(vars(container)) if hasattr(same, "__dict__") else None
    return same


def slots_of(kind: type) -> Iterable[str]:
    """The attributes that a class of the user's own has beside its `__dict__`."""
    slots = kind.__dict__.get("__slots__", ())
    return [name for name in ([slots] if isinstance(slots, str) else slots) if name not in ("__dict__", "__weakref__")]


def kind_of(container: object) -> Any:
    """The kind of Python's own that a container is of: its methods do nothing but keep entries."""
    own = type(container)
    return own if own in KINDS else next(kind for kind in KINDS if isinstance(container, kind))


KINDS = (OrderedDict, dict, list, tuple)


def key_text(key: object) -> str:
    """The key of a dict, or a position, as a literal of Python: data, whatever stands in it. Raises `ArgumentError`.

    >>> print(key_text("W1"), key_text('"'), key_text(0))
    "W1" '"' 0
    """
    for kind in (str, bool, int, float):
        if isinstance(key, kind):
            text = kind.__repr__(key)
            return f'"{text[1:-1]}"' if kind is str and text[0] == "'" and '"' not in text else text
    if type(key) is tuple:
        return f"({''.join(f'{key_text(part)}, ' for part in key)})"
    raise ArgumentError(
        f"a dict has a key of type {type(key).__name__}.",
        "printed code names the entries of a dict by their keys.",
        "use words or whole numbers as keys.",
    )


def becomes_tensor(value: object) -> bool:
    """Whether a leaf of an argument becomes a Tensor: numbers and arrays of numbers do, words do not."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, (float, int, np.floating, np.integer, Tensor)) and not isinstance(value, bool)


# ------------------------------------------------------------------------------------------ objects that hold numbers


class Fields(dict[str, Any]):
    """The numbers of a dataclass by field; `whole` is the object, with all else that is in it."""

    whole: Any


class Held(list[Any]):
    """What an object's `parameters()` gives; `whole` is the object."""

    whole: Any


def opened(x: Any, parameters: bool = False) -> object:
    """A structure with dataclasses as their fields; with `parameters` also objects that have these, as lists of them.

    A structure without any is the same object.
    """
    if type(x) in LEAVES or isinstance(x, (type, np.generic)):
        return x
    if is_container(x):
        parts = parts_of(x)
        if LEAVES.issuperset(map(type, parts)):
            return x
        inside = [opened(part, parameters) for part in parts]
        return x if all(a is b for a, b in zip(parts, inside, strict=True)) else like(x, inside)
    if dataclasses.is_dataclass(x):
        values = {field.name: opened(getattr(x, field.name), parameters) for field in dataclasses.fields(x)}
        found: Any = Fields({name: value for name, value in values.items() if holds_numbers(value)})
    elif parameters and callable(getattr(x, "parameters", None)):
        found = Held(p.value if isinstance(p, Tensor) and not p.bits & ~1 else p for p in x.parameters())
    else:
        return x
    found.whole = x
    return found


def holds_numbers(value: object) -> bool:
    """Whether there is a number in it that can move: arrays of whole numbers are data."""
    return any(becomes_tensor(x) and not (isinstance(x, np.ndarray) and x.dtype.kind != "f") for _, x in leaves(value))


def closed(x: Any, of_held: Function = list) -> Any:
    """A structure with dataclasses in the place of their fields again; of `parameters()` what `of_held` says."""
    if not is_container(x):
        return x
    if type(x) is Held:
        return of_held(x)
    parts = parts_of(x)
    if type(x) is not Fields and LEAVES.issuperset(map(type, parts)):
        return x
    inside = [closed(part, of_held) for part in parts]
    if type(x) is Fields:
        made = copy.copy(x.whole)
        for name, value in zip(x, inside, strict=True):
            object.__setattr__(made, name, value)  # a frozen one too: it is ours
        return made
    return x if all(a is b for a, b in zip(parts, inside, strict=True)) else like(x, inside)
