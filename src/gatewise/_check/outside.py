"""Parameters that a function reads as globals, or from the function around it: `lossFun(inputs, targets, hprev)`.

While the function runs, a copy with the values of the moment stands under each name; the user's own arrays are not
touched.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._callables import enclosed, function_behind
from gatewise._check.parameters import differentiable
from gatewise._recording.structures import leaves

MANY = 200  #: functions that are looked through


@dataclass(frozen=True)
class Outside:
    """A value that a function reads without being given it, and where it stands."""

    name: str
    value: Any
    put: Callable[[Any], None]

    @contextmanager
    def being(self, value: object) -> Iterator[None]:
        """Inside, another value stands there."""
        self.put(value)
        try:
            yield
        finally:
            self.put(self.value)


@contextmanager
def standing(outside: Sequence[Outside], values: Mapping[str, object]) -> Iterator[None]:
    """Inside, these values stand under their names."""
    with ExitStack() as stack:
        for each in outside:
            stack.enter_context(each.being(values[each.name]))
        yield


def is_numeric(each: Outside) -> bool:
    """Whether a value is a float, an array of floats, or holds some: modules and functions are none."""
    found = [x for _, x in leaves(each.value)]
    return any(differentiable(x) for x in found) and all(is_plain_value(x) for x in found)


def is_plain_value(x: object) -> bool:
    return x is None or isinstance(x, (float, int, str, np.ndarray, np.generic))


def read_around(f: object) -> Iterator[Outside]:
    """What a function and the user's functions that it calls read: globals, and variables of functions around them."""
    waiting, seen = [function_behind(f)], set[int]()
    while waiting and len(seen) < MANY:
        each = waiting.pop()
        if not isinstance(each, types.FunctionType) or id(each) in seen or is_librarys(each):
            continue
        seen.add(id(each))
        cells = dict(zip(each.__code__.co_freevars, each.__closure__ or (), strict=True))
        for name, value in enclosed(each).items():
            yield Outside(name, value, functools.partial(setattr, cells[name], "cell_contents"))
            waiting.append(function_behind(value))
        for name in names_in(each.__code__):
            if name in each.__globals__:
                value = each.__globals__[name]
                yield Outside(name, value, functools.partial(each.__globals__.__setitem__, name))
                waiting.append(function_behind(value))


def is_librarys(f: types.FunctionType) -> bool:
    """Whether a function is NumPy's, or gatewise's own: what these read is nobody's parameter."""
    return str(f.__globals__.get("__name__", "")).partition(".")[0] in ("numpy", "gatewise", "scipy", "math")


def names_in(code: types.CodeType) -> Iterator[str]:
    """The names that code, and the functions defined in it, ask for."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from names_in(inner)
