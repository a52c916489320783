"""Where the user stands, and errors that show that line."""

from __future__ import annotations

import linecache
import opcode
import os
import re
import sys
from collections.abc import Iterator
from itertools import islice
from types import FrameType, ModuleType

import numpy as np

from gatewise._errors.base import GatewiseError


class LineError(GatewiseError):
    """A mistake that one line of the user's makes: that line stands below what is said first, found by the error.

    `below` follows the line: what was expected, say. `line` is given where the mistake was made earlier than it is
    told, or `what` has its line already.

    >>> print(LineError("x is a string.", "A gate needs numbers.", below="Expect: a number."))
    x is a string.
      line 1:  print(LineError("x is a string.", "A gate needs numbers.", below="Expect: a number."))
      Expect: a number.
      why:     A gate needs numbers.
    """

    def __init__(self, what: str, why: str = "", cure: str = "", below: str = "", line: str | None = None) -> None:
        told = what + (user_line() if line is None else line)
        super().__init__(told + (f"\n  {below}" if below else ""), why, cure)


PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
COMMAND_LINE = PACKAGE + "_cli" + os.sep


def user_frames() -> Iterator[FrameType]:
    """The frames that are neither gatewise's nor NumPy's, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(COMMAND_LINE):
            return  # nobody's line: what was typed is in the message
        inner = name.startswith(PACKAGE) or (name.startswith("<gatewise ") and "_pullback" in name)
        if not inner and not name.startswith(NUMPY):
            yield frame
        frame = frame.f_back


def user_frame() -> FrameType | None:
    """The innermost frame that is the user's; a library's where no other called it."""
    first = None
    for frame in user_frames():
        if not is_library(frame.f_code.co_filename):
            return frame
        first = first or frame
    return first


def library_frame() -> FrameType | None:
    """The frame of the function of a library (SciPy's, say) that the user's line called, if it did."""
    called = None
    for frame in user_frames():
        if not is_library(frame.f_code.co_filename):
            return called
        called = frame
    return None


def library_call(frame: FrameType) -> str:
    """What a library's function is called: `scipy.linalg.solve`, `csr_array.dot`, or `a function of scipy.linalg's`."""
    module = frame.f_globals.get("__name__", "")
    return (
        public_call(frame) or called_on_the_line() or f"a function of {next(iter(public_packages(module)), module)}'s"
    )


def call_on_the_line() -> tuple[str, object]:
    """What the user's line calls there, as it is written, and the object; nothing where that is more than names."""
    frame = user_frame()
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno) if frame is not None else ""
    found = re.match(r"(\w+)((?:\.\w+)*)\(", place_in(frame, line).removeprefix("... ")) if frame is not None else None
    if frame is None or found is None:
        return "", None
    value = {**frame.f_builtins, **frame.f_globals, **frame.f_locals}.get(found[1])
    for part in filter(None, found[2].split(".")):
        value = getattr(value, part, None) if isinstance(value, ModuleType) else None
    return found[1] + found[2], value


def called_on_the_line() -> str:
    """The public name of what the user's line calls there; empty where that is more than names and dots."""
    _, value = call_on_the_line()
    name = getattr(value, "__name__", "")
    homes = [each for each in public_packages(getattr(value, "__module__", None) or "") if each in sys.modules]
    return next((f"{each}.{name}" for each in homes if name in vars(sys.modules[each])), "")


def public_packages(module: str) -> list[str]:
    """A module and those around it, but for private ones."""
    packages = [module.rsplit(".", n)[0] for n in range(module.count(".") + 1)]
    return [each for each in packages if "._" not in each]


def public_call(frame: FrameType) -> str:
    """The public name of a frame's function, of what is called there, or of its method; empty where it has none."""
    name = frame.f_code.co_name
    homes = [
        (each, vars(sys.modules[each]))
        for each in public_packages(frame.f_globals.get("__name__", ""))
        if each in sys.modules
    ]
    if "self" in frame.f_locals:
        owner = frame.f_locals["self"]
        called = next(
            (f"{each}.{n}" for each, names in homes for n, x in names.items() if x is owner), type(owner).__name__
        )
        if name in ("__init__", "__new__", "__call__"):
            return called
        return f"{called}.{name}" if hasattr(owner, name) else called
    if name.startswith("_"):
        return ""
    return next((f"{each}.{name}" for each, names in homes if name in names), "")


def user_line() -> str:
    """The user's line and its number, ready to follow a message; empty where there is none."""
    frame = user_frame()
    if frame is None:
        return ""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    text = line.strip() if len(line.strip()) <= LONGEST_LINE else place_in(frame, line)
    if not text:
        return ""
    typed = frame.f_code.co_filename.startswith("<gatewise ")  # an expression: its lines are ours
    return f"\n  in:  {text}" if typed else f"\n  line {frame.f_lineno}:  {text}"


LONGEST_LINE = 100  # characters; of a longer line only the expression is shown that was being evaluated


def place_in(frame: FrameType, line: str) -> str:
    """The expression that a frame stands at, between dots, where it lies within the one line."""
    row, last, start, end = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
    if start is None or row != frame.f_lineno or last != row:
        return line.strip()
    return f"... {line.encode()[start:end].decode(errors='replace')} ..."


def writes_an_item() -> bool:
    """Whether the user's line is writing into an array or a list, by an item or a slice."""
    frame = user_frame()
    return frame is not None and frame.f_code.co_code[frame.f_lasti] in STORES


STORES = {opcode.opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in opcode.opmap}


def user_names(value: object) -> list[str]:
    """The names the user's innermost frame has for this very object; a library's frame (IPython's) has none."""
    frame = user_frame()
    if frame is not None and is_library(frame.f_code.co_filename):
        return []
    spaces = [frame.f_locals, frame.f_globals] if frame else []
    return [name for space in spaces for name, held in space.items() if held is value and name.isidentifier()]


STANDARD = os.path.dirname(os.__file__) + os.sep


def is_library(file: str) -> bool:
    """Whether a file is Python's own or an installed package's, and so none of the user's."""
    installed = f"{os.sep}site-packages{os.sep}" in file or file.startswith((STANDARD, "<frozen "))
    return installed or (file.startswith("<gatewise ") and "_pullback" in file)
