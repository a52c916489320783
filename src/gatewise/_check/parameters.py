"""What is moved of a function: which of its arguments have a gradient, and what they are called."""

from __future__ import annotations

import numbers
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._errors import to_numpy
from gatewise._recording.structures import becomes_tensor, leaves
from gatewise._types import Plain

EPS = float(np.finfo(float).eps)


Key = tuple[Any, ...]  #: ("x",) for an argument, ("params", "W1") for an entry of one


@dataclass(eq=False)
class Parameter:
    """One number or array whose gradient is checked.

    `array` is what is changed, one entry at a time: a copy of what was given, or the user's own where that moves f.
    """

    name: str
    key: Key
    given: Any
    array: np.ndarray
    own: bool = False  # the user's array itself

    @property
    def size(self) -> int:
        return int(self.array.size)

    @property
    def eps(self) -> float:
        return float(np.finfo(self.array.dtype).eps)

    @property
    def eps_given(self) -> float:
        """The precision of what was given: `array` may hold it in longer floats."""
        kind = np.asarray(self.given).dtype
        return float(np.finfo(kind).eps) if kind.kind == "f" else EPS

    def now(self) -> Plain:
        """The value as the user's function takes it: the type that was given."""
        if isinstance(self.given, np.ndarray):
            return self.array
        return self.array[()].item() if not isinstance(self.given, np.generic) else self.array[()]


SETTINGS = re.compile(r"(param|config|cfg|settings?|options?|opts?|hyper\w*|kwargs)$")


def numbers_that_stay(x: object, key: Key) -> Iterator[Key]:
    """The places of numbers inside a list or a dict that are no parameters.

    A list with a float among its numbers is a vector; a dict with words, flags or counts, or called so, holds settings.
    """
    if not isinstance(x, (dict, list, tuple)):
        return
    parts = list(x.items() if isinstance(x, dict) else enumerate(x))
    numbers = [part for _, part in parts if isinstance(part, (int, float)) and not isinstance(part, bool)]
    whole = not any(isinstance(part, float) for part in numbers)
    if isinstance(x, dict):
        whole = whole or any(isinstance(part, (str, bool, int, type(None))) for _, part in parts)
        whole = whole or SETTINGS.search(str(key[-1])) is not None
    for name, part in parts:
        if isinstance(part, (dict, list, tuple)):
            yield from numbers_that_stay(part, (*key, name))
        elif whole and type(part) in (int, float):
            yield (*key, name)


def why_nothing(given: object, leave_out: Collection[str]) -> tuple[str, str]:
    """Why nothing among the arguments can be checked, and what to do."""
    found = [(key, x) for key, x in leaves(given)]
    if not found:
        return "it was given nothing.", "give its inputs after it: gw.check(f, x, y)."
    if left := [written_key(key) for key, x in found if differentiable(x)]:
        names = ", ".join(left)
        if leave_out:
            return f"all of it is left out: {names}.", "leave_out= with fewer names."
        return f"none of {names} is an array that can be changed in place.", "parameters= with arrays of floats."
    key, x = found[0]
    name, kind = written_key(key), getattr(getattr(x, "dtype", None), "kind", "")
    if kind == "f":
        return f"{name} is an empty array.", "give it at least one entry."
    if kind == "c" or isinstance(x, complex):
        return f"{name} is complex, and gatewise differentiates real functions.", "pass real and imaginary part."
    if kind == "O":
        return f"{name} is an array of Python objects.", f"{name}.astype(float)."
    if kind in ("i", "u", "b"):
        return f"{name} holds whole numbers, which do not move a little.", f"{name}.astype(float)."
    if isinstance(x, numbers.Number):
        return f"{name} is a {type(x).__name__}, not a float.", f"float({name})."
    cure = f"{to_numpy(x, name)} in its place." if to_numpy(x) else "pass floats."
    return f"{name} is a {type(x).__name__}; a gradient belongs to a float, or to an array of floats.", cure


def is_short(x: object) -> bool:
    """Whether something holds floats of fewer digits than Python's."""
    return isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f" and float(np.finfo(x.dtype).eps) > EPS


def differentiable(x: object) -> bool:
    """Whether a leaf of an argument has a gradient: floats and arrays of floats do; Python's ints count as floats."""
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind == "f" and x.size > 0
    return becomes_tensor(x)


def written_key(key: Key) -> str:
    """A parameter's name as the user writes it."""
    first, *rest = key
    return str(first) + "".join(f"[{part!r}]" for part in rest)
