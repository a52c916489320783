"""What goes into a file, by the file's ending, and what opens a page."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatewise._board import Board

PICTURES = (".svg", ".html", ".htm", ".tex", ".png")
SUFFIXES = (".svg", ".html", ".tex", ".png", ".json", ".dot")
ROUNDED = (*PICTURES, ".dot")  # a record keeps its numbers in full


def contents(board: Board, suffix: str, looks: Mapping[str, Any]) -> bytes:
    """What goes into a file of this suffix; `looks` are the options of a picture that were given."""
    if suffix == ".png":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "circuit.png"
            board.save(path, **looks)
            return path.read_bytes()
    if suffix == ".json":
        return board.to_json().encode("utf-8")
    if suffix == ".dot":
        return board.to_dot(digits=looks.get("digits")).encode("utf-8")
    draw = {".svg": board.svg, ".tex": board.tex}.get(suffix, board.html)
    return draw(**looks).encode("utf-8")


def opened(path: str) -> bool:
    """Whether a browser could be told to open the file."""
    try:
        return webbrowser.open(Path(path).resolve().as_uri())
    except webbrowser.Error:
        return False
