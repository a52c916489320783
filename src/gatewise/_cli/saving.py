"""What is written into files, what that is called, and what opens a page."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from gatewise._board import FORMS

SUFFIXES = tuple(FORMS)
PICTURES = tuple(suffix for suffix, options in FORMS.items() if "palette" in options)
ROUNDED = tuple(
    suffix for suffix, options in FORMS.items() if "digits" in options
)  # a record keeps its numbers in full


def called(suffix: str) -> str:
    """What a file of this form holds, in a word."""
    return {".html": "The page", ".json": "The record", ".dot": "The graph"}.get(suffix, "The picture")


def opened(path: str) -> bool:
    """Whether a browser could be told to open the file."""
    try:
        return webbrowser.open(Path(path).resolve().as_uri())
    except webbrowser.Error:
        return False
