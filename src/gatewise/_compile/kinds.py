"""Kinds of arguments: structure, shapes, dtypes and whole numbers make one; floats do not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

#: What is part of a kind itself.
STILL = frozenset((int, bool, str, bytes, type(None)))


class UnknownKind(Exception):  # noqa: N818 - said by explain()
    """An argument of a kind that is not compiled."""


def argument_kind(x: Any, leaves: list[Any]) -> object:
    """The kind of an argument; the numbers and arrays in it, which are inputs, go to `leaves`. Raises `UnknownKind`."""
    kind = type(x)
    if kind is float:
        leaves.append(x)
        return kind
    if kind is np.ndarray:
        if x.dtype.kind not in "fiub" or x.dtype.itemsize > 8 or x.dtype == np.float16:
            raise UnknownKind(f"an argument is an array of {x.dtype}")
        leaves.append(x)
        return x.shape, x.dtype, x.strides
    if kind in STILL:
        return kind, x
    if kind is tuple or kind is list:
        return kind, *[argument_kind(part, leaves) for part in x]
    if kind is dict or kind is OrderedDict:
        return kind, *[(type(key), key, argument_kind(part, leaves)) for key, part in x.items()]
    if isinstance(x, tuple) and hasattr(x, "_fields") and not hasattr(x, "__dict__"):
        return kind, *[argument_kind(part, leaves) for part in x]
    if isinstance(x, (np.float32, np.float64)):
        leaves.append(x)
        return kind
    if isinstance(x, (np.integer, np.bool_)):
        return kind, x.item()
    raise UnknownKind(f"an argument is a {kind.__name__}")


def kind_of_call(args: tuple[Any, ...], kwargs: Mapping[str, Any], leaves: list[Any]) -> object:
    """The kind of all arguments of a call."""
    found = argument_kind(args, leaves)
    return (found, argument_kind(kwargs, leaves)) if kwargs else found


def described(leaves: Sequence[Any]) -> str:
    """The inputs of a call in words: `float, float64 (3, 2)`."""
    told = [f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__ for x in leaves]
    return ", ".join(told) or "nothing that varies"


def containers_in(x: Any) -> list[Any]:
    """The lists, dicts and tuples that a structure is made of; the empty tuple is nobody's."""
    if not isinstance(x, (tuple, list, dict)) or x == ():
        return []
    return [x, *(inner for part in (x.values() if isinstance(x, dict) else x) for inner in containers_in(part))]
