"""Arguments and results as structures of dicts, lists and tuples, and the Tensors put in place of their numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError
from gatewise._tensor import Tensor

Path = tuple[Any, ...]  #: keys and positions that lead to one leaf of a structure
LEAVES = frozenset({Tensor, float, int, str, bool, type(None), np.ndarray, np.float64})  #: what most leaves are


def is_container(x: Any) -> bool:
    """Whether this is a dict, a list or a tuple, which is looked into."""
    return type(x) not in LEAVES and isinstance(x, (dict, list, tuple))


def leaves(structure: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf of a structure with its path.

    >>> list(leaves({"W": 1.0, "b": [2.0, 3.0]}))
    [(('W',), 1.0), (('b', 0), 2.0), (('b', 1), 3.0)]
    """
    if is_container(structure):
        for key, part in parts_of(structure):
            yield from leaves(part, (*path, key))
    else:
        yield path, structure


def mapped(function: Callable[[Path, Any], Any], structure: Any, path: Path = ()) -> Any:
    """The same structure with `function(path, leaf)` for each leaf.

    >>> mapped(lambda path, leaf: -leaf, {"W": 1.0, "b": (2.0,)})
    {'W': -1.0, 'b': (-2.0,)}
    """
    if is_container(structure):
        return like(structure, [mapped(function, part, (*path, key)) for key, part in parts_of(structure)])
    return function(path, structure)


def parts_of(container: Any) -> Iterable[tuple[Any, Any]]:
    """The entries of a dict, a list or a tuple, each with its key or position."""
    return container.items() if isinstance(container, dict) else enumerate(container)


def like(container: Any, parts: Sequence[Any]) -> Any:
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
    same = copy.copy(container)  # a defaultdict still answers for the keys it does not have
    if isinstance(container, dict):
        dict.update(same, zip(container, parts, strict=True))
    else:
        list.__setitem__(same, slice(None), parts)
    return same


def quoted(key: Any) -> str:
    """The key of a dict, or a position, as a literal of Python: data, whatever stands in it. Raises `ArgumentError`.

    >>> print(quoted("W1"), quoted('"'), quoted(0))
    "W1" '"' 0
    """
    for kind in (str, bool, int, float):
        if isinstance(key, kind):
            text = kind.__repr__(key)
            return f'"{text[1:-1]}"' if kind is str and text[0] == "'" and '"' not in text else text
    if type(key) is tuple:
        return f"({''.join(f'{quoted(part)}, ' for part in key)})"
    raise ArgumentError(
        f"a dict has a key of type {type(key).__name__}.",
        "printed code names the entries of a dict by their keys.",
        "use words or whole numbers as keys.",
    )


def numeric(value: Any) -> bool:
    """Whether a leaf of an argument becomes a Tensor: numbers and arrays of numbers do, words do not."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fiub"
    return isinstance(value, (float, int, np.floating, np.integer, Tensor)) and not isinstance(value, bool)
