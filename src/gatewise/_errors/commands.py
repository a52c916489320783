"""What was typed and cannot be read or done, and exceptions of the user's own code; the place is shown."""

from __future__ import annotations

import linecache
import unicodedata

from gatewise._errors.base import GatewiseError, visible
from gatewise._errors.lines import PACKAGE, is_library


class ExpressionError(GatewiseError):
    """An expression cannot be read; the message shows the place.

    `text` is the expression, `column` the place in it counted from 0, `problem` the first line of the message,
    `steps` the work that reading took.

    Wrong: `"(x + y)z"`. Right: `"(x + y) * z"`.

    >>> print(ExpressionError("x + + y)", 7, "there is no ( that this ) belongs to"))
    there is no ( that this ) belongs to
        x + + y)
               ^
    """

    def __init__(self, text: str, column: int, problem: str, why: str = "", cure: str = "", steps: int = 0) -> None:
        self.text, self.column, self.problem, self.steps = text, column, problem, steps
        super().__init__(f"{problem}\n{pointed(text, column)}" if text.strip() else problem, why, cure)


class InputNameError(GatewiseError):
    """A name cannot be the name of an input, or two names are one.

    Wrong: `lambda=3`. Right: `lambda_=3`.

    >>> print(InputNameError("'lambda' cannot be the name of an input.", "It is a word of Python.", "Call it lambda_."))
    'lambda' cannot be the name of an input.
      why:     It is a word of Python.
      instead: Call it lambda_.
    """


class ValueTextError(GatewiseError):
    """The text of an input's value is not a number, an array or a file.

    Wrong: `x=abc`. Right: `x=3`.

    >>> print(ValueTextError("x=abc", "this is not a number, an array or a file", "Write x=3."))
    x=abc: this is not a number, an array or a file
      instead: Write x=3.
    """

    def __init__(self, text: str, problem: str, cure: str, why: str = "") -> None:
        self.text, self.problem = text, problem
        start = in_spaces(text if len(text) <= 60 else text[:60] + "...")
        super().__init__(f"{start}: {problem}", why, cure)


SHOWN_BEFORE, SHOWN_AFTER = 45, 25  # how much of a long line is shown around its caret


def pointed(text: str, column: int) -> str:
    """The line of `text` that holds `column`, and a caret below the place; East Asian wide letters count two."""
    start = text.rfind("\n", 0, column) + 1
    end = text.find("\n", column)
    end = len(text) if end < 0 else end
    first, last = max(start, column - SHOWN_BEFORE), min(end, column + SHOWN_AFTER)
    before = ("..." if first > start else "") + in_spaces(text[first:column])
    after = in_spaces(text[column:last]) + ("..." if last < end else "")
    return f"    {before}{after}\n    {' ' * width_of(before)}^"


def in_spaces(text: str) -> str:
    """`text` with spaces for every kind of space, and a mark for what a terminal would obey instead of print."""
    spaced = (" " if letter.isspace() else letter for letter in text)
    return "".join("\ufffd" if unicodedata.category(letter).startswith("C") else letter for letter in spaced)


def width_of(text: str) -> int:
    """How many columns `text` takes on a terminal."""
    marks = ("Mn", "Me")
    return sum(
        0 if unicodedata.category(letter) in marks else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


class CommandError(GatewiseError):
    """What was typed on the command line cannot be done.

    >>> print(CommandError("--json stands alone.", "It prints the whole record.", "leave out --code."))
    --json stands alone.
      why:     It prints the whole record.
      instead: leave out --code.
    """


class UserCodeError(GatewiseError):
    """The user's own code raised an ordinary exception; the message has its type, text, file and line.

    Wrong: `def f(x): return x / undefined`. Right: `def f(x): return x / 2`.

    >>> print(UserCodeError.of(ZeroDivisionError("division by zero")))
    ZeroDivisionError: division by zero
    """

    @classmethod
    def of(cls, error: BaseException, path: str = "") -> UserCodeError:
        """`error` as Python caught it, with its traceback; `path` is the file, where that has no line of it."""
        said = " ".join(str(error).split())
        what = f"{type(error).__name__}: {visible(said)}" if said else type(error).__name__
        if isinstance(error, SyntaxError) and error.filename and error.lineno:
            place: tuple[str, int] | None = (error.filename, error.lineno)
            what = f"{type(error).__name__}: {visible(error.msg)}"
        else:
            place = cls.frame_of(error)
        if place is None:
            return cls(f"{what}\n  {visible(path)}" if path else what)
        file, line = place
        text = linecache.getline(file, line).strip()
        where = "in the expression" if file.startswith("<gatewise ") else f"{visible(file)}, line {line}"
        return cls(f"{what}\n  {where}:  {in_spaces(text)}")

    @classmethod
    def frame_of(cls, error: BaseException) -> tuple[str, int] | None:
        """File and line of the user's innermost frame in the traceback; None where none of it is the user's.

        Frames of other packages that the user's code called are passed over.
        """
        found = None
        traceback = error.__traceback__
        inside = False  # whether the user's code has been reached, called by us
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            ours = file.startswith((PACKAGE, "<frozen "))
            inside = inside or ours
            if inside and not ours and not is_library(file):
                found = file, traceback.tb_lineno
            traceback = traceback.tb_next
        return found
