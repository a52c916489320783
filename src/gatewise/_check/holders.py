"""Where else the user keeps an array that a dict of parameters holds: `params = {"W1": self.first.W}`."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import numpy as np

from gatewise._callables import held_around, parts_behind

MANY = 2000  #: objects that are looked into

Holder = tuple[Any, Any]  #: a dict or a list, and the key or the place in it


def holders_of(arrays: Collection[np.ndarray], start: object) -> Iterator[tuple[Holder, np.ndarray]]:
    """The places, among what a function can reach, that hold the very arrays; each once."""
    known = {id(x): x for x in arrays}
    seen: set[int] = set()
    waiting: list[Any] = [start]
    while waiting and len(seen) < MANY:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        for container, key, value in held_parts(each):
            if id(value) in known and container is not None:
                yield (container, key), known[id(value)]
            elif not isinstance(value, (np.ndarray, np.generic, str, bytes, int, float, type, types.ModuleType)):
                waiting.append(value)


def holds(container: Any, key: object, array: np.ndarray) -> bool:
    """Whether an array still stands in a place."""
    try:
        return container[key] is array
    except (LookupError, TypeError):
        return False


def held_parts(x: object) -> Iterator[tuple[object, object, object]]:
    """What an object leads to: the dict or list that holds it (None where it cannot be set), its key, and itself."""
    if isinstance(x, dict):
        yield from ((x, key, value) for key, value in list(x.items()))
    elif isinstance(x, (list, tuple)):
        yield from ((x if isinstance(x, list) else None, k, value) for k, value in enumerate(x))
    elif isinstance(x, (partial, types.MethodType)):
        yield from ((None, 0, value) for value in parts_behind(x))
    elif isinstance(x, types.FunctionType):
        yield from ((x.__globals__, n, x.__globals__[n]) for n in x.__code__.co_names if n in x.__globals__)
        yield from ((None, 0, value) for value in held_around(x))
    elif hasattr(x, "__dict__"):
        yield from ((vars(x), key, value) for key, value in list(vars(x).items()))
