"""What may be the name of a value, and which known name an unknown one is nearest to."""

from __future__ import annotations

import difflib
import keyword
import unicodedata
from collections.abc import Collection, Iterable

from gatewise._errors import InputNameError

MODULES = ("np", "numpy", "math")
CONSTANTS = {"pi": "pi", "π": "pi", "e": "e"}
LONGEST_GUESSED = 40


def normal(name: str) -> str:
    """Return `name` as Python reads it: in the normal form NFKC."""
    return unicodedata.normalize("NFKC", name)


def objection(name: str) -> str:
    """Say why `name`, already normal, cannot be the name of a value; empty when it can."""
    if not name.isidentifier():
        return "a name is made of letters, digits and underscores, and starts with a letter."
    if keyword.iskeyword(name):
        return f"{name} is a word of the Python language."
    if name in MODULES:
        return f"{name} is a module in the code that is printed."
    if name.startswith("__"):
        return "names that start with two underscores belong to Python."
    return ""


def another_name(name: str) -> str:
    """Return a name near `name` that can be used."""
    stem = name.strip("_")
    return stem + "_" if stem.isidentifier() else "x"


def input_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of inputs as Python reads them, checked.

    Raises `InputNameError` for a name that cannot be an input, and for two that become one.

    >>> input_names(["x", "学习率", "ｚ"])
    ('x', '学习率', 'z')
    """
    spelled: dict[str, str] = {}
    for name in names:
        plain = normal(name)
        if reason := objection(plain):
            raise InputNameError(f"{name!r} cannot be the name of an input.", reason, f"Call it {another_name(plain)}.")
        if plain in spelled:
            raise InputNameError(
                f"The inputs {spelled[plain]!r} and {name!r} are one name.",
                f"Python reads both as {plain}.",
                "Give one of them another name.",
            )
        spelled[plain] = name
    return tuple(spelled)


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name that `name` was most likely meant to be; empty when none is near."""
    if len(name) > LONGEST_GUESSED:
        return ""
    same = [candidate for candidate in known if candidate.casefold() == name.casefold()]
    return next(iter(same or difflib.get_close_matches(name, known, 1)), "")


def cut_short(text: str, width: int = LONGEST_GUESSED) -> str:
    """Return `text`, shortened for a message."""
    return text if len(text) <= width else text[:width] + "..."
