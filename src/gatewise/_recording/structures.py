"""Arguments and results as structures of dicts, lists and tuples, and the Tensors put in place of their numbers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gatewise._errors import ArgumentError
from gatewise._tensor import Tensor

Path = tuple[Any, ...]  #: keys and positions that lead to one leaf of a structure


def leaves(structure: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf of a structure with its path.

    >>> list(leaves({"W": 1.0, "b": [2.0, 3.0]}))
    [(('W',), 1.0), (('b', 0), 2.0), (('b', 1), 3.0)]
    """
    if isinstance(structure, dict):
        for key, part in structure.items():
            yield from leaves(part, (*path, key))
    elif isinstance(structure, (list, tuple)):
        for position, part in enumerate(structure):
            yield from leaves(part, (*path, position))
    else:
        yield path, structure


def mapped(function: Callable[[Path, Any], Any], structure: Any, path: Path = ()) -> Any:
    """The same structure with `function(path, leaf)` for each leaf.

    >>> mapped(lambda path, leaf: -leaf, {"W": 1.0, "b": (2.0,)})
    {'W': -1.0, 'b': (-2.0,)}
    """
    if isinstance(structure, dict):
        entries = {key: mapped(function, part, (*path, key)) for key, part in structure.items()}
        if type(structure) is dict:
            return entries
        same = copy.copy(structure)  # a defaultdict still answers for the keys it does not have
        same.update(entries)
        return same
    if isinstance(structure, (list, tuple)):
        parts = [mapped(function, part, (*path, position)) for position, part in enumerate(structure)]
        if hasattr(structure, "_fields"):
            return type(structure)(*parts)  # a named tuple takes its fields one by one
        return type(structure)(parts)
    return function(path, structure)


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
