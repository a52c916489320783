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
_SLOT = re.compile(r"\{(\w+)(?::([^}]*))?\}")

Piece = TypeVar("Piece")
Filling = str | int | Sequence[str]


@cache
def phrases() -> dict[str, str]:
    """All phrases by their keys."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


@cache
def _split(key: str) -> tuple[tuple[str, str, str], ...]:
    """A phrase as its texts, each with the slot behind it and what that says of itself; the last one has none."""
    phrase = phrases()[key]
    found, start = [], 0
    for slot in _SLOT.finditer(phrase):
        found.append((phrase[start : slot.start()], slot[1], slot[2] or ""))
        start = slot.end()
    return (*found, (phrase[start:], "", ""))


def said(key: str, **slots: Filling) -> str:
    """A phrase with its slots filled: by texts, by lists of them, or by whole numbers.

    >>> said("did.routes.to", name="x"), said("lesson.tie", names=["x", "y"], gate="max")
    ('routes to x', 'x and y tie, so max splits the gradient between them')
    >>> said("lesson.ties", gate="max", count=1), said("check.some", count=2, all=3000, name="x")
    ('max splits the gradient at 1 tie', '2 of 3,000 entries of x')
    """
    return "".join(text + (_filled(slots[slot], of) if slot else "") for text, slot, of in _split(key))


def _filled(filling: Filling, of: str) -> str:
    if isinstance(filling, str):
        return filling
    if isinstance(filling, int):
        return of.split("|")[filling != 1] if of else f"{filling:,}"
    return listed(filling)


def listed(texts: Sequence[str]) -> str:
    """Several as one says them, each once: `x and y`."""
    joint = f" {phrases()['list.joint']} "
    return joint.join(dict.fromkeys(texts))


def pieces(key: str, **slots: Piece | Sequence[Piece]) -> Iterator[str | Piece]:
    """A phrase as its texts and what stands in its slots, for what is no plain text; a slot may have several pieces."""
    for text, slot, _ in _split(key):
        if text:
            yield text
        if slot:
            filling = slots[slot]
            yield from filling if isinstance(filling, list | tuple) else (filling,)
