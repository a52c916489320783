"""A notebook as Python: its cells of code one below the other, and a number of a line that says the cell too.

Line 4 of cell 3 is line 3004 of that text, with blank lines between the cells: so one number names both wherever a line
is told, in a traceback and in a record, and `told` puts it into words. Cells are counted among those of code, from 1,
which is the number that Jupyter shows beside each after all of them ran in their order.
"""

from __future__ import annotations

import ast
import json
import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from gatewise import _syntax
from gatewise._errors import ScriptError

NOTEBOOK = re.compile(r"(?P<file>.*\.ipynb)(?:#(?P<upto>\d+))?")
STRIDE = 1000  #: lines from one cell to the next, or the power of ten that is larger than the longest cell
MAGIC = re.compile(r"\s*[%!?]|[^#'\"]*\?\??\s*$|\s*[\w., ]+=\s*[%!]")
TIMED = re.compile(r"(\s*)%time\s+(?=\S)")  #: of a statement, which is run all the same
OF_PYTHON = frozenset({"time", "capture", "prun", "memit", "mprun", "matplotlib", "snakeviz", "python", "python3"})
LINES = re.compile(r"(?:the )?\blines? (\d+(?:, \d+)*(?:,? (?:or|and) \d+)?)")
CURE = "give the path of a notebook that Jupyter saved."


class Shell:
    """What `get_ipython()` gives in a notebook that is read as a file: it does nothing of what it is asked."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return ignored


def ignored(*_: object, **__: object) -> None:
    """`display(...)`, and whatever else only shows something."""


#: The names that Jupyter has in every notebook.
JUPYTERS = {"display": ignored, "get_ipython": Shell}


@dataclass(frozen=True)
class Cell:
    """A cell of code: its number, what of it is run, what Jupyter calls it, when it ran last.

    `note` says what of it is left out, `broken` that it is no Python, so that nothing of it is run.
    """

    number: int
    text: str
    names: tuple[str, ...] = ()
    count: int | None = None
    note: str = ""
    broken: str = ""


@dataclass(frozen=True)
class Notebook:
    """The cells of code of a notebook that are run."""

    path: str
    cells: tuple[Cell, ...]

    @property
    def stride(self) -> int:
        longest = max((cell.text.count("\n") + 2 for cell in self.cells), default=0)
        return max(STRIDE, int(f"1{'0' * len(str(longest))}"))

    @property
    def text(self) -> str:
        """The cells as one Python file."""
        stride, lines = self.stride, list[str]()
        for cell in self.cells:
            lines += [""] * (cell.number * stride - len(lines))
            lines += cell.text.split("\n")
        return "\n".join(lines) + "\n"

    @property
    def notes(self) -> list[str]:
        """What is not run as it stands there."""
        found = [f"cell {cell.number}: {cell.note}" for cell in self.cells if cell.note]
        counted = [(cell.count, cell.number) for cell in self.cells if cell.count is not None]
        for (earlier, before), (later, cell) in pairwise(counted):
            if earlier > later:
                told = f"cell {cell} ran before cell {before} when the notebook was saved"
                return [*found, f"{told}; here cells run in the order in which they stand"]
        return found

    def place(self, line: int) -> tuple[int, int] | None:
        """The cell and the line in it that a number stands for; None where it is no line of a cell."""
        number, within = divmod(line, self.stride)
        is_one = any(cell.number == number and 1 <= within <= cell.text.count("\n") + 1 for cell in self.cells)
        return (number, within) if is_one else None

    def told(self, text: str) -> str:
        """A text with the cell and its line in the place of each number of a line."""
        return LINES.sub(self._told, text.replace(self.path, NOTEBOOK.sub(r"\g<file>", self.path)))

    def _told(self, found: re.Match[str]) -> str:
        before: int | None = None
        parts = []
        for word in re.split(r"(\d+)", found[1]):
            place = self.place(int(word)) if word.isdigit() else None
            if word.isdigit() and place is None:
                return found[0]
            parts.append(word if place is None else line_in_words(place, before))
            before = before if place is None else place[0]
        return "".join(parts)

    def cell_of(self, asked: str) -> Cell:
        """The cell of a number, or that a function, a class, its tag or its name says. Raises `ScriptError`."""
        for cell in self.cells:
            if asked in (str(cell.number), *cell.names, *defined(cell.text)):
                return cell
        why = f"it has {len(self.cells)} cells of code, and none defines {asked} or is called so."
        raise ScriptError(f"{self.path} has no cell {asked}.", why, "--cell 1, or a function that a cell defines.")


def line_in_words(place: tuple[int, int], before: int | None) -> str:
    """A line in words; its cell too where the one before was of another."""
    return f"{place[1]}" if place[0] == before else f"cell {place[0]}, line {place[1]}"


def defined(text: str) -> list[str]:
    """The functions and classes of a text."""
    return [n.name for n in _syntax.module(text).body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def is_notebook(path: str) -> bool:
    """Whether a path is that of a notebook, or of one up to a cell: `homework.ipynb#3`."""
    return NOTEBOOK.fullmatch(path) is not None


def notebook_in(path: str) -> Notebook:
    """The notebook in a file; its lines are kept where tracebacks look for them. Raises `ScriptError`."""
    asked = NOTEBOOK.fullmatch(path)
    assert asked is not None
    found = Notebook(path, tuple(cells_of(asked["file"])))
    if not found.cells:
        raise ScriptError(f"{asked['file']} has no cell of code.", "there is nothing to run.", CURE)
    if asked["upto"] is not None:
        found = Notebook(path, tuple(cell for cell in found.cells if cell.number <= int(asked["upto"])))
    text = found.text
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    return found


def cells_of(file: str) -> Iterator[Cell]:
    """The cells of code in a file, in their order. Raises `ScriptError` where it is no notebook."""
    content = content_of(file)
    sheets = entry(content, "worksheets") or [content]  # before version 4 the cells lay in a sheet
    lists = [entry(sheet, "cells") for sheet in sheets] if isinstance(sheets, list) else [None]
    if not all(isinstance(each, list) for each in lists):
        raise ScriptError(f"{file} is no notebook.", "it has no list of cells.", CURE)
    cells = [c for each in lists if isinstance(each, list) for c in each if entry(c, "cell_type") == "code"]
    for number, cell in enumerate(cells, 1):
        source = entry(cell, "source") or entry(cell, "input") or ""
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        run, note, broken = as_python(re.sub(r"\r\n?|[\f\v\x1c-\x1e\x85\u2028\u2029]", "\n", text))
        count = entry(cell, "execution_count") or entry(cell, "prompt_number")
        yield Cell(number, run, tuple(called(cell)), count if isinstance(count, int) else None, note, broken)


def content_of(file: str) -> object:
    """What a notebook's file holds. Raises `ScriptError` where that cannot be read, or is of another language."""
    try:
        content = json.loads(Path(file).read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or "it is not the JSON that Jupyter saves"
        raise ScriptError(f"{file} cannot be read.", f"{said}.", CURE) from None
    said = entry(content, "metadata", "kernelspec", "language") or entry(content, "metadata", "language_info", "name")
    language = said if isinstance(said, str) else "python"
    if not language.lower().startswith(("python", "ipython")):
        raise ScriptError(f"{file} is a notebook of {language}.", "gatewise reads Python.", "give one of Python.")
    return content


def entry(content: object, *keys: str) -> Any:
    """An entry of what JSON holds; None where it is not there."""
    for key in keys:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def called(cell: object) -> Iterator[str]:
    """What a cell is called: its id, its name, its tags, what it is to a grader."""
    found = [entry(cell, "id"), entry(cell, "metadata", "name"), entry(cell, "metadata", "nbgrader", "grade_id")]
    tags = entry(cell, "metadata", "tags")
    yield from (name for name in [*found, *(tags if isinstance(tags, list) else [])] if isinstance(name, str))


def as_python(text: str) -> tuple[str, str, str]:
    r"""A cell as Python, line by line as long as it was; what is left out of it; and why nothing of it is run.

    Commands (`%`, `!`, `?`) are left out only where the cell is no Python as it stands: a `%` may begin the second line
    of an expression.

    >>> as_python("%matplotlib inline\nx = 3")
    ('pass\nx = 3', '', '')
    >>> as_python("%%bash\nls")
    ('', '%%bash is not run', '')
    >>> as_python("x = 3\nx = (")
    ('', '', "line 2: SyntaxError: '(' was never closed")
    """
    lines = text.split("\n")
    first = next((k for k, line in enumerate(lines) if line.strip()), 0)
    if found := re.match(r"\s*%%(\w*)", lines[first]):
        if found[1] not in OF_PYTHON:
            return "", f"%%{found[1]} is not run", ""
        lines[first] = ""
    while (error := error_in("\n".join(lines))) is not None:
        at = (getattr(error, "lineno", None) or 1) - 1
        if not (isinstance(error, SyntaxError) and at < len(lines) and MAGIC.match(lines[at])):
            said = getattr(error, "msg", None) or " ".join(str(error).split())
            return "", "", f"line {at + 1}: {type(error).__name__}: {said}"
        leave_out(lines, at)
    return "\n".join(lines), "", ""


def error_in(text: str) -> Exception | None:
    """What keeps a text from being Python."""
    try:
        _syntax.module(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def leave_out(lines: list[str], at: int) -> None:
    """Take a command of the notebook out of a cell's lines, with those that it goes on in."""
    if found := TIMED.match(lines[at]):
        lines[at] = found[1] + lines[at][found.end() :]
        return
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    while lines[at].endswith("\\") and at + 1 < len(lines):
        lines[at] = f"{indent}pass"
        at += 1
    lines[at] = f"{indent}pass"
