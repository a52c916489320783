"""A method of an object as a function: beside its arguments the object's weights are moved.

Their gradients are what it returns, or what it leaves behind in the object.
"""

from __future__ import annotations

import copy
import inspect
from functools import partial
from typing import Any

import numpy as np

from gatewise._check.kept import arrays_of, emptied, gradients_of, nudged, unchanged
from gatewise._check.layers import named
from gatewise._errors import ArgumentError
from gatewise._recording import leaves, wire_named
from gatewise._types import Function, Named, Namespace


def object_and_rest(cls: type, given: Named) -> tuple[Any, Namespace]:
    """The object made of those of the values that its class takes, and the values left. Raises `ArgumentError`."""
    takes = [*inspect.signature(cls).parameters]
    try:
        made = cls(**{name: x for name, x in given.items() if name in takes})
    except TypeError as error:
        why = f"it takes {', '.join(takes) or 'nothing'}."
        what = f"{cls.__name__} could not be made: {error}."
        raise ArgumentError(what, why, "give each a value by its name.") from None
    return made, {name: x for name, x in given.items() if name not in takes}


def told_of_method(made: Any, name: str, inputs: Named) -> tuple[Function, Namespace]:
    """The method as a function, and what the check is told of it: the weights that count, and gradients left behind."""
    method = getattr(made, name)
    with unchanged(made):
        arrays = arrays_of(made)
        first = method(**inputs)
        now = arrays_of(made)
        known = {n: x for n, x in arrays.items() if now.get(n) is x and wire_named(n, {*arrays} - {n}) is None}
        left = gradients_of(made, [*known])
    weights = {n: x for n, x in known.items() if n in left or counts(made, method, inputs, x)}
    gradient = named(partial(left_behind, made, method, [*weights]), f"{type(made).__name__}.{name}")
    alone = bool(left) and not isinstance(first, (tuple, dict))
    return method, {"parameters": weights or None, "gradient": gradient if alone else None}


def counts(made: Any, method: Function, inputs: Named, array: Any) -> bool:
    """Whether what a method returns changes with an array."""
    with unchanged(made):
        before = copy.deepcopy(method(**inputs))
    with unchanged(made):
        nudged(array)
        pairs = zip(leaves([before]), leaves([method(**inputs)]), strict=False)
        return not all(np.array_equal(a, b) for (_, a), (_, b) in pairs)


def left_behind(made: Any, method: Function, weights: list[str], /, *args: Any, **kwargs: Any) -> Namespace:
    """The gradients that an object keeps once a method of it ran, added to nothing from before."""
    with unchanged(made):
        emptied(gradients_of(made, weights).values())
        method(*args, **kwargs)
        return copy.deepcopy(gradients_of(made, weights))
