"""Notebooks that are run: cell by cell in the order in which they stand, as one module."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from gatewise import _syntax
from gatewise._build import run_users_code, users_code
from gatewise._recording import Notebook, found_beside, notebook_in


@dataclass
class Ran:
    """A notebook that was run: its module, the text of what ran, and in which lines cells stopped, and why."""

    notebook: Notebook
    module: ModuleType
    lines: list[str]
    stops: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


@contextlib.contextmanager
def notebook_run(path: str) -> Iterator[Ran]:
    """A notebook that was run, and counts as imported as long as this lasts.

    A cell that stops is left there, as what comes before in it has been done, and the next one is run: a picture that
    could not be drawn is no reason to lose the functions below it.
    """
    notebook = notebook_in(path)
    module = ModuleType(Path(path).stem)
    module.__file__ = path
    vars(module).update(found_beside(path))
    ran = Ran(notebook, module, notebook.text.split("\n"))
    with counted_as_imported(module):
        for cell in notebook.cells:
            if cell.broken:
                ran.stops.append(f"cell {cell.number}, {cell.broken}")
            run_cell(ran, cell.number)
        yield ran


@contextlib.contextmanager
def counted_as_imported(module: ModuleType) -> Iterator[None]:
    """A module under its name among those that were imported."""
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        del sys.modules[module.__name__]
        if before is not None:
            sys.modules[module.__name__] = before


def run_cell(ran: Ran, number: int) -> None:
    """Run a cell; where it stops, what is left of it is taken out of the text."""
    stride, path = ran.notebook.stride, ran.notebook.path
    first, end = number * stride, min((number + 1) * stride, len(ran.lines))
    tree = _syntax.module("\n" * first + "\n".join(ran.lines[first:end]), path)
    try:
        run_users_code(users_code(tree, path), vars(ran.module))
    except (Exception, SystemExit) as error:
        lines = lines_in(error, path) or [getattr(error, "lineno", None) or first + 1]
        said = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
        ran.stops.append(ran.notebook.told(f"line {lines[-1]}: {said}"))
        done = [node for node in tree.body if (node.end_lineno or 0) < lines[0]]
        last = max((node.end_lineno or 0 for node in done), default=first)
        ran.lines[last:end] = [""] * (end - last)


def lines_in(error: BaseException, path: str) -> list[int]:
    """The lines of a file that an error came through, the outermost first."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            found.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return found
