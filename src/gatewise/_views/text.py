"""Text as it is shown: cleaned of what a name has no business to do, and measured in fixed-width cells."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, direction marks, surrogates, line separators


def plain_text(text: str, limit: int = 200) -> str:
    r"""The text with every character that draws nothing or moves the cursor written out.

    >>> plain_text("a\nb\x1b[31m")
    'a\\nb\\x1b[31m'
    """
    if text.isprintable():
        return shorten(text, limit)
    shown = "".join(_visible(character) for character in text[: limit + 1])
    return shorten(shown, limit)


def _visible(character: str) -> str:
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape").decode("ascii")
    return character


def cells(text: str) -> int:
    """How many columns the text takes in a terminal: East Asian wide characters take two, accents none.

    >>> cells("xy"), cells("损失")
    (2, 4)
    """
    return len(text) if text.isascii() else sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if character < "\u0300":
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded_to(text: str, width: int) -> str:
    """The text filled with spaces on its right to a number of cells."""
    return text + " " * max(0, width - cells(text))


def pad_left(text: str, width: int) -> str:
    """The text filled with spaces on its left to a number of cells."""
    return " " * max(0, width - cells(text)) + text


def shorten(text: str, width: int) -> str:
    """The text cut to a number of cells, its last one an ellipsis where something was left out.

    >>> shorten("stable_scores", 8)
    'stable_…'
    """
    if len(text) * 2 <= width or cells(text) <= width:
        return text
    kept, room = "", width - 1
    for character in text:
        room -= _cell(character)
        if room < 0:
            break
        kept += character
    return kept + "…"


def shorten_between_words(text: str, width: int) -> str:
    """The same, cut between words, so that no number and no name is left in part; a first word too long is cut itself.

    >>> shorten_between_words("x = 12345", 8), shorten_between_words("12345678", 6)
    ('x = …', '12345…')
    """
    if cells(text) <= width:
        return text
    kept = ""
    for word in text.split(" "):
        if cells(kept + word) > width - 2:
            break
        kept += f"{word} "
    return f"{kept.rstrip()} …" if kept.strip() else shorten(text, width)
