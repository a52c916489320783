"""What is said of a notebook: its cells and their lines, what stopped in it, and what of it was not run."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gatewise._board import Ran
from gatewise._cli.mistakes import MISTAKE, as_it_is
from gatewise._cli.request import shown_word
from gatewise._cli.target import Target
from gatewise._errors import CommandError, GatewiseError, ScriptError
from gatewise._recording import Cell, Notebook, defined, is_notebook, notebook_in

if TYPE_CHECKING:  # `gatewise show` loads no checker
    from gatewise._check import FileReport, Report


@dataclass(frozen=True)
class CellReport:
    """A report on a notebook: what was found in it, in which lines cells stopped, and what of it was not run."""

    found: Report | FileReport
    notebook: Notebook
    stops: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        return self.found.verdict

    def __bool__(self) -> bool:
        return bool(self.found) and not self.stops

    def __str__(self) -> str:
        said = [f"stopped in {stop}" for stop in self.stops] + self.notebook.notes
        return "\n".join([self.notebook.told(str(self.found)), *([""] if said else []), *said])

    def to_dict(self) -> dict[str, object]:
        """The report for JSON: `cell` stands beside each `line`."""
        found: dict[str, object] = with_cells(self.found.to_dict(), self.notebook)
        return {**found, "stopped": [*self.stops], "left_out": self.notebook.notes}


def with_cells(found: object, notebook: Notebook) -> Any:
    """What JSON holds, with the cell beside each line."""
    if isinstance(found, str):
        return notebook.told(found)
    if isinstance(found, (list, tuple)):
        return [with_cells(each, notebook) for each in found]
    if not isinstance(found, dict):
        return found
    inside = {key: with_cells(value, notebook) for key, value in found.items()}
    place = notebook.place(found["line"]) if isinstance(found.get("line"), int) else None
    return {**inside, "cell": place[0], "line": place[1]} if place is not None else inside


@contextlib.contextmanager
def errors_by_cell(path: str | None) -> Iterator[None]:
    """Errors of a notebook speak of its cells and their lines."""
    try:
        yield
    except Exception as error:
        if path is None or not is_notebook(path):
            raise
        message, status = as_it_is(error)
        try:
            told = notebook_in(path).told(message)
        except GatewiseError:  # it is no notebook, which is what was said
            raise error from None
        if status != MISTAKE or told == message:
            raise
        raise CommandError(told) from None


@contextlib.contextmanager
def stops_told(ran: Ran) -> Iterator[None]:
    """Where there is no report, the error says in which cells the notebook stopped, too."""
    try:
        yield
    except GatewiseError as error:
        if not ran.stops:
            raise
        why = " ".join([error.why, *(f"It stopped in {stop}." for stop in ran.stops)]).strip()
        raise CommandError(error.what, why, error.cure) from None


def cell_asked(target: Target, asked: str | None) -> Cell | None:
    """The cell that --cell says. Raises `CommandError` where what was named has none."""
    if asked is None:
        return None
    if target.path is None or not is_notebook(target.path):
        why = f"{shown_word(target.text)} has none."
        raise CommandError("--cell is for notebooks.", why, "homework.ipynb --cell 3, or leave it out.")
    if target.function is not None:
        raise CommandError("A cell and a function were both named.", "one of them is enough.", "leave --cell out.")
    return notebook_in(target.path).cell_of(asked)


def up_to(target: Target, asked: str | None) -> Target:
    """What --cell says of a notebook: the function of this name, or the cells up to that one as a script."""
    cell = cell_asked(target, asked)
    if cell is None:
        return target
    if asked in defined(cell.text):
        return Target(f"{target.path}:{asked}", target.path, asked)
    path = f"{target.path}#{cell.number}"
    return Target(path, path, None)


def text_up_to(ran: Ran, cell: Cell | None) -> str:
    """The text of what ran, up to a cell where one was named. Raises `ScriptError` where nothing of that ran."""
    if cell is None:
        return ran.text
    stride = ran.notebook.stride
    lines = ran.lines[: (cell.number + 1) * stride]
    if not any(line.strip() for line in lines[cell.number * stride :]):
        why = next((stop for stop in ran.stops if stop.startswith(f"cell {cell.number},")), "it is empty.")
        raise ScriptError(f"Nothing of cell {cell.number} ran.", why, "mend it, or name another cell.")
    return "\n".join(lines) + "\n"


def in_cell(found: FileReport, cell: Cell) -> FileReport:
    """The rows of a cell alone: those of which it has a half."""
    names = defined(cell.text)
    rows = tuple(row for row in found.rows if row.pair.name in names or row.pair.backward in names)
    return dataclasses.replace(found, rows=rows, alone=tuple(name for name in found.alone if name in names))
