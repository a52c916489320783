"""Which object has which twin; modules with the twins of their functions in their places."""

from __future__ import annotations

import functools
import importlib
import math
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from gatewise._build import importing
from gatewise._gates import declare, loaded_of_scipy
from gatewise._twins.lists import TAKE_NESTED_LISTS, of_lists, of_ufunc
from gatewise._twins.making import MAKERS, Entrywise, Rows
from gatewise._twins.maths import math_gate
from gatewise._twins.scipys import is_scipys, twins_in
from gatewise._types import Namespace


class Twin(types.ModuleType):
    """A module of NumPy's or SciPy's, or `math`, with the twins of its functions in their places."""

    def __init__(self, original: types.ModuleType) -> None:
        super().__init__(original.__name__, original.__doc__)
        if not is_scipys(original):  # whose names are found one by one: its modules hold each other
            vars(self).update(vars(original))
        self.original = original

    def __getattr__(self, name: str) -> Any:
        """What is not there yet: SciPy loads its own modules when they are first asked for."""
        value = getattr(self.original, name)
        other = twin_of(value)
        vars(self)[name] = found = value if other is None else other
        return found


@functools.cache
def twin_of_module(module: types.ModuleType) -> Twin:
    """The twin of `numpy` or `scipy`, of one of their modules, or of `math`."""
    twin = Twin(module)
    for name, value in [] if is_scipys(module) else list(vars(module).items()):
        if (other := twin_of(value)) is not None:
            setattr(twin, name, other)
    return twin


NUMPYS = (np, np.linalg, np.fft)
MODULES = {*NUMPYS, math}

TWINS: dict[int, tuple[Any, Any]] = {}  #: by id: an object and its twin


def twin_of(value: object) -> Any:
    """What takes the place of a value in what a function sees; None where nothing does."""
    if isinstance(value, types.ModuleType):
        return twin_of_module(value) if value in MODULES or is_scipys(value) else None
    found = TWINS.get(id(value))
    if found is None and learn_scipys():
        found = TWINS.get(id(value))
    return found[1] if found is not None and found[0] is value else None


def scipys(name: str) -> Twin:
    """The twin of one of SciPy's modules, which is loaded for it.

    >>> scipys("special").expit(0.0).item()
    0.5
    """
    try:
        return twin_of_module(importlib.import_module(f"scipy.{name}"))
    except ImportError as error:
        raise ImportError(f"gatewise.scipy.{name} needs SciPy: pip install 'gatewise[scipy]'") from error


def learn_scipys() -> bool:
    """Make the twins of what SciPy has loaded meanwhile; whether there are new ones."""
    new = [module for module in loaded_of_scipy() if module not in learned]
    if new:
        declare()
    for module in new:
        learned.add(module)
        TWINS.update({id(value): (value, twin) for value, twin in twins_in(module)})
    return bool(new)


learned: set[types.ModuleType] = set()  #: SciPy's, of which the twins are made


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


def twins_among(names: Mapping[str, object]) -> Namespace:
    """What takes the place of those of these names that have a twin."""
    return {name: twin for name, value in names.items() if (twin := twin_of(value)) is not None}


BUILTINS = importing(twin_of)  #: what a function finds there: `import` in its body is answered, too
