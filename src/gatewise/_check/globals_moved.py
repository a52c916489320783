"""Which of the values that a function reads, and is not given, are its parameters: those that a gradient comes for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.matching import says_gradient
from gatewise._check.outside import Outside, is_numeric, read_around
from gatewise._check.returned import returned_names
from gatewise._check.seeding import Seed
from gatewise._check.subject import argument_names
from gatewise._recording import leaves, wire_named
from gatewise._types import Function, Named


def with_gradients(
    f: Function, others: Sequence[object], inputs: Named, run: Callable[[Function], object]
) -> list[Outside]:
    """The values that f reads, and whose gradients come from it, or from one of the `others` that are called.

    `inputs` are its arguments by name: they come first. `run` runs a function on them, to see what it returns.
    """
    called = [each for each in (f, *others) if callable(each)]
    known = {each.name: each for g in called for each in read_around(g) if each.name not in inputs and is_numeric(each)}
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
        name
        for name, each in known.items()
        if isinstance(each.value, dict) and holds_entries(each.value, entries, keys)
    }
    chosen |= set(by_structure(f, found, known, inputs, chosen))
    return [each for name, each in known.items() if name in chosen]


def by_structure(
    f: Function, found: object, known: Mapping[str, Outside], inputs: Named, chosen: Collection[str | None]
) -> Iterator[str]:
    """The lists of arrays that alone have the shapes of what is called a gradient: `nabla_w` of `weights`."""
    labels = returned_names(f)
    parts = found if isinstance(found, tuple) and len(found) == len(labels) else ()
    shapes = {name: leaf_shapes(each.value) for name, each in known.items() if name not in chosen}
    taken = [leaf_shapes(x) for x in inputs.values()]
    for label, part in zip(labels, parts, strict=False):
        if isinstance(label, str) and isinstance(part, (list, tuple)) and says_gradient(label):
            alike = [name for name, shape in shapes.items() if shape == leaf_shapes(part)]
            if len(alike) == 1 and leaf_shapes(part) not in taken:
                yield alike[0]


def leaf_shapes(x: object) -> list[tuple[int, ...]]:
    return [np.shape(part) for _, part in leaves(x)]


def holds_entries(value: Mapping[object, object], entries: set[str], keys: Sequence[str]) -> bool:
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


def read_outside(
    f: Function, args: Sequence[object], kwargs: Mapping[str, object], others: Sequence[object], rng: object
) -> list[Outside]:
    """The parameters of f that are globals, by the gradients that come for them."""
    named = {**dict(zip(argument_names(f, len(args)), args, strict=False)), **kwargs}
    seed = Seed(rng)

    def run(g: Function) -> object:
        given, options = copy.deepcopy((list(args), dict(kwargs)))
        with seed, np.errstate(all="ignore"):
            return g(*given, **options)

    try:
        return with_gradients(f, others, named, run)
    except Exception:  # of the user's code, which is run again
        return []
    finally:
        seed.put_back()
