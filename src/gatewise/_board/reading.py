"""What is said of a view (its palette, its digits, whose gradients it shows), read and refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from gatewise._errors import ArgumentError, UnknownPaletteError

Wrt = str | Sequence[str] | None


def wanted_names(wrt: object) -> list[str] | None:
    """The names that `wrt` gives; None for all there are. Raises `ArgumentError`."""
    if wrt is None or isinstance(wrt, str):
        return None if wrt is None else [wrt]
    if isinstance(wrt, Collection) and all(isinstance(name, str) for name in wrt):
        return list(wrt)
    raise ArgumentError(f"wrt is {wrt!r}.", "wrt names inputs.", 'wrt="x", or wrt=["x", "y"].')


def coloured(palette: object) -> str:
    """The palette that was asked for, by name. Raises `UnknownPaletteError`."""
    if isinstance(palette, str):
        return palette  # which of them there are is known where the picture is drawn
    from gatewise._views.palettes import PALETTES

    raise UnknownPaletteError(palette, list(PALETTES))


MOST_DIGITS = 17  # a float has no more


def digits_asked(digits: object) -> int | None:
    """The number of digits that was asked for. Raises `ArgumentError` where there is no such number."""
    if digits is None or (type(digits) is int and 1 <= digits <= MOST_DIGITS):
        return digits
    raise ArgumentError(f"digits is {digits!r}.", f"a number is shown with 1 to {MOST_DIGITS} digits.", "digits=4.")


#: How an option of a view is read; what is not here is read where it is drawn.
READ: dict[str, Callable[[Any], Any]] = {"palette": coloured, "digits": digits_asked}
