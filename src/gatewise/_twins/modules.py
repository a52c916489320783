"""Which object has which twin; modules with the twins of their functions in their places."""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from gatewise._build import importing
from gatewise._twins.lists import TAKE_NESTED_LISTS, of_lists, of_ufunc
from gatewise._twins.making import MAKERS, Entrywise, Rows
from gatewise._twins.maths import math_gate


class Twin(types.ModuleType):
    """A module of NumPy's, or `math`, with the twins of its functions in their places."""

    def __init__(self, original: types.ModuleType) -> None:
        super().__init__(original.__name__, original.__doc__)
        vars(self).update(vars(original))
        self.original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


@functools.cache
def twin_of_module(module: types.ModuleType) -> Twin:
    """The twin of `numpy`, of one of its modules, or of `math`."""
    twin = Twin(module)
    for name, value in list(vars(module).items()):
        if (other := twin_of(value)) is not None:
            setattr(twin, name, other)
    return twin


NUMPYS = (np, np.linalg, np.fft)
MODULES = {*NUMPYS, math}

TWINS: dict[int, tuple[Any, Any]] = {}  #: by id: an object and its twin


def twin_of(value: Any) -> Any:
    """What takes the place of a value in what a function sees; None where nothing does."""
    if isinstance(value, types.ModuleType):
        return twin_of_module(value) if value in MODULES else None
    found = TWINS.get(id(value))
    return found[1] if found is not None and found[0] is value else None


def _learn() -> None:
    for module in NUMPYS:
        for value in list(vars(module).values()):
            if isinstance(value, np.ufunc):
                TWINS[id(value)] = value, of_ufunc(value)
            elif hasattr(value, "_implementation") and value not in TAKE_NESTED_LISTS:
                TWINS[id(value)] = value, of_lists(value)
    for original, twin in MAKERS.items():
        TWINS[id(original)] = original, twin
    TWINS[id(np.r_)], TWINS[id(np.c_)] = (np.r_, Rows(np.r_, False)), (np.c_, Rows(np.c_, True))
    TWINS[id(np.vectorize)] = np.vectorize, Entrywise
    for value in vars(math).values():
        if isinstance(value, types.BuiltinFunctionType) and math_gate(value) is not value:
            TWINS[id(value)] = value, math_gate(value)


_learn()


MATH_TWIN = twin_of_module(math)


def twins_among(names: Mapping[str, Any]) -> dict[str, Any]:
    """What takes the place of those of these names that have a twin."""
    return {name: twin for name, value in names.items() if (twin := twin_of(value)) is not None}


BUILTINS = importing(twin_of)  #: what a function finds there: `import` in its body is answered, too
