"""Parameters that a function reads as globals, or from the function around it: `lossFun(inputs, targets, hprev)`.

They are found by their gradients: what the function returns says whose they are. While the function runs, a copy with
the values of the moment stands under each name; the user's own arrays are not touched.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.holders import contents
from gatewise._check.parameters import differentiable
from gatewise._check.returned import returned_names
from gatewise._recording.structures import leaves
from gatewise._recording.whose import candidates, wire_named
from gatewise._types import Function, Named

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


def with_gradients(
    f: Function, others: Sequence[object], inputs: Named, run: Callable[[Function], object]
) -> list[Outside]:
    """The values that f reads, and whose gradients come from it, or from one of the `others` that are called.

    `inputs` are its arguments by name: they come first. `run` runs a function on them, to see what it returns.
    """
    called = [each for each in (f, *others) if callable(each)]
    known = {each.name: each for g in called for each in read_by(g) if each.name not in inputs and is_numeric(each)}
    if not known:
        return []
    names = [label for g in called for label in labels_of(g)]
    found = run(f)
    given = [run(g) if callable(g) else g for g in others]
    dicts = [each for part in (found, *given) for each in dicts_in(part)]
    entries = {str(key) for each in dicts for key in each}
    keys = [*inputs, *known, *(key for x in inputs.values() if isinstance(x, dict) for key in x)]
    chosen = {wire_named(label, [*known, *inputs]) for label in names}
    chosen |= {key if key in known else wire_named(key, keys) for key in entries}
    chosen |= {
        name for name, each in known.items() if isinstance(each.value, dict) and holds(each.value, entries, keys)
    }
    chosen |= set(by_structure(f, found, known, inputs, chosen))
    return [each for name, each in known.items() if name in chosen]


def by_structure(
    f: Function, found: object, known: Mapping[str, Outside], inputs: Named, chosen: Collection[str | None]
) -> Iterator[str]:
    """The lists of arrays that alone have the shapes of what is called a gradient: `nabla_w` of `weights`."""
    labels = returned_names(f)
    parts = found if isinstance(found, tuple) and len(found) == len(labels) else ()
    shapes = {name: shapes_of(each.value) for name, each in known.items() if name not in chosen}
    taken = [shapes_of(x) for x in inputs.values()]
    for label, part in zip(labels, parts, strict=False):
        if isinstance(label, str) and isinstance(part, (list, tuple)) and next(candidates(label, ()), None) is not None:
            alike = [name for name, shape in shapes.items() if shape == shapes_of(part)]
            if len(alike) == 1 and shapes_of(part) not in taken:
                yield alike[0]


def shapes_of(x: object) -> list[tuple[int, ...]]:
    return [np.shape(part) for _, part in leaves(x)]


def holds(value: Mapping[Any, object], entries: set[str], keys: Sequence[str]) -> bool:
    """Whether a dict of parameters has those that entries of a dict of gradients are called after."""
    own = [str(key) for key in value]
    return any(entry not in keys and (entry in own or wire_named(entry, own) is not None) for entry in entries)


def labels_of(g: Function) -> Iterator[str]:
    """The names in what a function returns."""
    for part in returned_names(g):
        yield from [part] if isinstance(part, str) else part or []


def dicts_in(returned: object) -> list[dict[Any, Any]]:
    """The dicts among what was returned."""
    parts = returned if isinstance(returned, tuple) else (returned,)
    return [part for part in parts if isinstance(part, dict)]


def is_numeric(each: Outside) -> bool:
    """Whether a value is a float, an array of floats, or holds some: modules and functions are none."""
    found = [x for _, x in leaves(each.value)]
    return any(differentiable(x) for x in found) and all(is_plain(x) for x in found)


def is_plain(x: object) -> bool:
    return x is None or isinstance(x, (float, int, str, np.ndarray, np.generic))


def read_by(f: object) -> Iterator[Outside]:
    """What a function and the user's functions that it calls read: globals, and variables of functions around them."""
    waiting, seen = [plain(f)], set[int]()
    while waiting and len(seen) < MANY:
        each = waiting.pop()
        if not isinstance(each, types.FunctionType) or id(each) in seen or is_librarys(each):
            continue
        seen.add(id(each))
        for name, cell in zip(each.__code__.co_freevars, each.__closure__ or (), strict=True):
            with_value = contents(cell)
            yield Outside(name, with_value, functools.partial(setattr, cell, "cell_contents"))
            waiting.append(plain(with_value))
        for name in names_in(each.__code__):
            if name in each.__globals__:
                value = each.__globals__[name]
                yield Outside(name, value, functools.partial(each.__globals__.__setitem__, name))
                waiting.append(plain(value))


def plain(f: object) -> object:
    """The function behind a method, a partial function or a decorated one."""
    while True:
        inner = getattr(f, "__func__", None) or getattr(f, "__wrapped__", None)
        if isinstance(f, functools.partial):
            inner = f.func
        if inner is None or isinstance(f, types.ModuleType):
            return f
        f = inner


def is_librarys(f: types.FunctionType) -> bool:
    """Whether a function is NumPy's, or gatewise's own: what these read is nobody's parameter."""
    return str(f.__globals__.get("__name__", "")).partition(".")[0] in ("numpy", "gatewise", "scipy", "math")


def names_in(code: types.CodeType) -> Iterator[str]:
    """The names that code, and the functions defined in it, ask for."""
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from names_in(inner)
