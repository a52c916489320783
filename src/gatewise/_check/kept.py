"""What an object keeps: its weights, in itself, in layers that it is made of, and in boxes; and gradients beside them.

A box is a weight with its gradient: a `Parameter` with `data` and `grad`, or a dict with both.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from gatewise._check.pairs import METHODS
from gatewise._recording import holds_gradients, wire_named
from gatewise._types import Namespace

Lists = list[tuple[list[Any], list[Any]]]  #: each with what stood in it

MANY = 2000  #: parts of an object that are looked into
VALUES = ("data", "value", "values", "val", "array", "weight", "w", "W", "param")  #: of a box
GRADIENTS = ("grad", "gradient", "grads", "g", "dvalue", "ddata", "dw", "dW", "d", "diff")  #: of a box
#: Methods without arguments that list weights, or pairs of a weight and its gradient.
LISTS = (
    *("parameters", "params", "get_params", "get_parameters", "named_parameters", "parameters_and_gradients"),
    *("params_and_grads", "get_params_and_grads", "get_weights_and_gradients", "weights_and_gradients"),
)


# ------------------------------------------------------------------------------------------------------------- weights


def arrays_of(made: Any) -> Namespace:
    """The arrays of floats that an object keeps, by name, each once: `W`, `layers[0].W`; of a box its weight alone.

    Arrays in a dict that holds no gradients have their keys for names; of two dicts with one key, the one before has
    `enc['W']`.
    """
    found, seen = dict[str, Any](), set[int]()
    for prefix, owner in owners(made):
        for name, x in own_arrays(owner).items():
            if id(x) not in seen:
                seen.add(id(x))
                found[prefix + name] = x
    return found


def own_arrays(owner: Any) -> Namespace:
    """Those that are among its own attributes, in dicts and lists among them, and in boxes."""
    found, holders = dict[str, Any](), dict[str, str]()
    for holder, name, x in arrays_in(owner):
        if name in found:
            found[f"{holders[name]}[{name!r}]"] = found.pop(name)
        found[name], holders[name] = x, holder
    return found


def arrays_in(owner: Any) -> Iterator[tuple[str, str, Any]]:
    """Each array with the attribute that it stands in, and its name."""
    for holder, x in vars(owner).items():
        if holds_gradients(holder) and not is_floats(x):
            continue
        for place, part in places_in(holder, x):
            name = place if isinstance(x, (list, tuple)) or place == holder else str(place.partition("['")[2][:-2])
            if (box := box_of(part)) is not None:
                yield holder, name, box[0]
            elif is_with_gradient(part) and place != holder:  # a lone pair may be a cache
                yield holder, name, part[0]
            elif is_floats(part):
                yield holder, name, part


def places_in(name: str, x: object) -> Iterator[tuple[str, Any]]:
    """What an attribute holds, with its place: itself, or the entries of a list, a tuple or a dict."""
    if isinstance(x, dict) and box_of(x) is None:
        for key, part in list(x.items()):
            yield f"{name}[{key!r}]", part
    elif isinstance(x, (list, tuple)) and not is_with_gradient(x):
        for k, part in enumerate(x):
            inside = [p for p in part if is_owner(p)] if isinstance(part, tuple) and not is_with_gradient(part) else []
            yield from [(f"{name}[{k}]", p) for p in inside] or [(f"{name}[{k}]", part)]  # ("fc1", Affine(...))
    else:
        yield name, x


def owners(made: Any) -> Iterator[tuple[str, Any]]:
    """An object and those that it is made of, each once, with what stands before the names of what they keep."""
    waiting, seen = [("", made)], {id(made)}
    while waiting and len(seen) < MANY:
        prefix, owner = waiting.pop(0)
        yield prefix, owner
        for name, x in list(vars(owner).items()):
            for place, part in places_in(name, x):
                if is_owner(part) and id(part) not in seen:
                    seen.add(id(part))
                    waiting.append((f"{prefix}{place}.", part))


def is_owner(x: object) -> bool:
    """Whether something is an object of the user's own making, and no box."""
    if isinstance(x, (type, types.ModuleType, partial, np.ndarray, np.generic)) or inspect.isroutine(x):
        return False
    return hasattr(x, "__dict__") and type(x).__module__.partition(".")[0] != "numpy" and box_of(x) is None


def box_of(x: object) -> tuple[Any, Any, str] | None:
    """The weight and the gradient of a box, and what it calls the gradient; None of what is no box."""
    if isinstance(x, np.ndarray):
        entries = getattr(x, "__dict__", {})
        return next(((x, entries[name], name) for name in GRADIENTS if name in entries), None)
    entries = x if isinstance(x, dict) else getattr(x, "__dict__", {})
    if not isinstance(entries, dict) or isinstance(x, type) or methods_of(type(x)) is not None:
        return None
    kept = [name for name in VALUES if is_floats(entries.get(name))]
    beside = [name for name in GRADIENTS if name in entries and name not in kept[:1]]
    arrays = [name for name, part in entries.items() if is_floats(part)]
    if not kept or len(beside) != 1 or {*arrays} - {kept[0], beside[0]}:
        return None
    weight, g = entries[kept[0]], entries[beside[0]]
    return (weight, g, beside[0]) if g is None or np.ndim(g) == 0 or np.shape(g) == weight.shape else None


def methods_of(cls: type) -> tuple[str, str] | None:
    """The names of the two halves of a layer that a class has, written in Python; None where it has not both."""
    return next((pair for pair in METHODS if all(inspect.isfunction(getattr(cls, name, None)) for name in pair)), None)


def is_paired(name: str) -> bool:
    """Whether a name is that of a place in a list: a pair there may be something that is kept for the way back."""
    return name.endswith("]") and name[-2].isdigit()


def is_with_gradient(x: object) -> bool:
    """Whether something is a weight with its gradient beside it: `(w, dw)`, `[w, dw]`."""
    if not isinstance(x, (tuple, list)) or len(x) != 2 or not all(is_floats(part) for part in x):
        return False
    return x[0].shape == x[1].shape and (isinstance(x, tuple) or not np.any(x[1]))


def is_floats(x: object) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.size > 0 and x.flags.writeable


# ----------------------------------------------------------------------------------------------------------- gradients


def gradients_of(made: Any, names: Sequence[str]) -> Namespace:
    """The gradients that an object keeps, by the names of what they belong to."""
    found = dict[str, Any]()
    by_id = {id(x): name for name, x in arrays_of(made).items()}
    for prefix, owner in owners(made):
        own = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        named = [(prefix + name, g) for name, g in by_names(owner, own)]
        for name, g in (*named, *beside_them(owner, by_id)):
            if g is not None:
                found.setdefault(name, g)
    return {name: found[name] for name in names if name in found}


def beside_them(owner: Any, by_id: Mapping[int, str]) -> Iterator[tuple[str, Any]]:
    """The gradients in boxes, in pairs, and in what a method lists."""
    parts = [part for name, x in list(vars(owner).items()) for _, part in places_in(name, x) if not is_with_gradient(x)]
    for part in (*parts, *given_by_lists(owner)):
        box = box_of(part) or (part if is_with_gradient(part) else None)
        if box is not None and id(box[0]) in by_id:
            yield by_id[id(box[0])], box[1]


def given_by_lists(owner: Any) -> list[Any]:
    """What the methods of an object that list its weights give."""
    found = list[Any]()
    for name in LISTS:
        method = getattr(owner, name, None)
        if not inspect.ismethod(method):
            continue
        try:
            given = method()
            entries = [*given.values()] if isinstance(given, dict) else list(given)
        except Exception:  # it takes arguments, or lists what is not there yet
            continue
        if len(entries) == 2 and all(
            isinstance(part, (list, tuple)) and not is_with_gradient(part) for part in entries
        ):
            entries = [*zip(*entries, strict=False)]  # return weights, gradients
        found += [part[-1] if isinstance(part, tuple) and isinstance(part[0], str) else part for part in entries]
    return found


def by_names(owner: Any, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The gradients among the attributes of an object, under the names of what they belong to."""
    for name, x in list(vars(owner).items()):
        if isinstance(x, dict) and holds_gradients(name):
            for key, g in x.items():
                own = key if key in names else wire_named(str(key), names)
                if own is not None:
                    yield own, g
        elif isinstance(x, list):
            yield from zip(beside_list(name, x, names), x, strict=False)
        elif name not in names and (own := wire_named(name, names)) is not None:
            yield own, x


def beside_list(name: str, gradients: Sequence[Any], names: Sequence[str]) -> list[str]:
    """The names of the arrays of the one list that has as many as a list of gradients; none of two such lists."""
    if not holds_gradients(name) and wire_named(name, [n.partition("[")[0] for n in names if "[" in n]) is None:
        return []
    lists = {n.partition("[")[0] for n in names if n.endswith("]") and n[-2].isdigit()} - {name}
    of_length = [
        one for one in lists if f"{one}[{len(gradients) - 1}]" in names and f"{one}[{len(gradients)}]" not in names
    ]
    return [f"{of_length[0]}[{k}]" for k in range(len(gradients))] if len(of_length) == 1 else []


# ---------------------------------------------------------------------------------------------------------- unchanged


@contextmanager
def unchanged(made: Any) -> Iterator[None]:
    """What an object keeps is afterwards what it was: attributes, entries, and what stands in its arrays."""
    containers, arrays = [], []
    for x in held_within(made):
        if isinstance(x, np.ndarray):
            arrays.append((x, x.copy()))
        else:
            containers.append((x, x.copy()))
    try:
        yield
    finally:
        for x, was in containers:
            if isinstance(x, dict):
                x.clear()
                x.update(was)
            else:
                x[:] = was
        for x, values in arrays:
            x[...] = values


def made_at_first(made: Any, run: Callable[[], object]) -> bool:
    """Make what an object makes when it first runs, and keeps: its weights. Whether there is such.

    What a run appends to lists, for the way back, is taken out again.
    """
    with unchanged(made):
        before = {*arrays_of(made)}
        run()
        first = arrays_of(made)
        run()
        then = arrays_of(made)
    fresh = any(then.get(name) is x for name, x in first.items() if name not in before and not is_paired(name))
    if fresh:
        run()
        lists = lists_of(made)
        run()
        for x, was in lists:  # a second run appends what every run does, the first also what begins the list
            x[:] = was[: 2 * len(was) - len(x)]
    return fresh


def lists_of(made: Any) -> Lists:
    """The lists that an object is made of, with what stands in them: a forward half may append to them."""
    return [(x, x.copy()) for x in held_within(made) if isinstance(x, list)]


def restored(lists: Lists) -> None:
    for x, was in lists:
        if len(x) != len(was):
            x[:] = was


def held_within(made: Any) -> Iterator[Any]:
    """The dicts, lists and arrays of floats that an object is made of, each once."""
    waiting, seen = [made], set[int]()
    while waiting and len(seen) < MANY:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, np.ndarray):
            if x.dtype.kind in "fiub" and x.flags.writeable:
                yield x
        elif isinstance(x, (dict, list, tuple)):
            if not isinstance(x, tuple):
                yield x
            waiting += x.values() if isinstance(x, dict) else x
        elif is_owner(x) or box_of(x) is not None:
            waiting.append(vars(x))


def nudged(array: np.ndarray) -> None:
    """Every entry moved a little, each by another amount: a softmax does not change where all are moved alike."""
    array += 1e-3 * (1 + np.arange(array.size).reshape(array.shape) / array.size)


def emptied(gradients: Collection[Any]) -> None:
    """Gradients that were added up before, at nothing again."""
    for g in gradients:
        if is_floats(g):
            g[...] = 0
