"""What a reader is told, by its key: the phrases of `english.txt` with their slots filled.

Python and the script of a page (`web/phrases.js`) fill the same phrases. A translation is another such file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

_FILE = Path(__file__).with_name("english.txt")
_SLOT = re.compile(r"\{(\w+)\}")

Piece = TypeVar("Piece")
Filling = str | int | Sequence[str]


@cache
def phrases() -> dict[str, str]:
    """All phrases by their keys."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def said(key: str, **slots: Filling) -> str:
    """A phrase with its slots filled: by texts, by lists of them, or by whole numbers.

    >>> said("did.routes.to", name="x"), said("lesson.tie", names=["x", "y"], gate="max")
    ('routes to x', 'x and y tie, so max splits the gradient between them')
    >>> said("lesson.ties", gate="max", count=1), said("check.some", count=2, all=3000, name="x")
    ('max splits the gradient at 1 tie', '2 of 3,000 entries of x')
    """
    return phrases()[key].format_map({slot: each if type(each) is str else _told(each) for slot, each in slots.items()})


class _Count(int):
    """A number of things: as it is written, or one of the forms that a slot has, the first for 1."""

    def __format__(self, forms: str) -> str:
        return forms.split("|")[self != 1] if forms else f"{int(self):,}"


def _told(filling: Filling) -> str | _Count:
    """What stands in a slot that is given no text; several texts are told each once: `x and y`."""
    if isinstance(filling, int):
        return _Count(filling)
    return filling if isinstance(filling, str) else f" {phrases()['list.joint']} ".join(dict.fromkeys(filling))


def pieces(key: str, **slots: Piece | Sequence[Piece]) -> Iterator[str | Piece]:
    """A phrase as its texts and what stands in its slots, for what is no plain text; a slot may have several pieces."""
    text, *others = _SLOT.split(phrases()[key])
    if text:
        yield text
    for slot, after in zip(others[::2], others[1::2], strict=True):
        filling = slots[slot]
        yield from filling if isinstance(filling, list | tuple) else (filling,)
        if after:
            yield after
