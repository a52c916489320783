"""An error in a notebook: the lines that the user wrote, and what they are told; none of the frames of gatewise."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parents[1])


def told(error: BaseException) -> list[str]:
    """The lines that a notebook shows, which asks for them by `_render_traceback_`."""
    said = f"{type(error).__name__}: {error}"
    lines = [line for line in (*before(error), *frames(error), said) if line]
    return "".join(lines).rstrip("\n").split("\n")


def before(error: BaseException) -> Iterator[str]:
    """What it was raised from, where that is to be seen."""
    if error.__cause__ is not None:
        yield from traceback.format_exception(error.__cause__)
        yield "\n"


def frames(error: BaseException) -> Iterator[str]:
    """The frames that are not ours, nor of the notebook's own machinery."""
    shell = getattr(sys.modules.get("IPython"), "__file__", None)
    folders = [PACKAGE, *([str(Path(shell).parent)] if shell is not None else [])]
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith((*folders, "<gatewise")):
            yield f"{place(frame)}, line {frame.lineno}, in {frame.name}\n"
            yield f"    {frame.line}\n" if frame.line else ""


def place(frame: traceback.FrameSummary) -> str:
    """The cell by its number, as a notebook counts them, or the file."""
    asked = getattr(sys.modules.get("IPython"), "get_ipython", None)
    name = getattr(getattr(asked() if asked else None, "compile", None), "format_code_name", None)
    found = name(frame.filename) if name is not None else None
    return " ".join(found) if found else f'File "{frame.filename}"'
