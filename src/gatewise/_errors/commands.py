"""What was typed on the command line, and exceptions of the user's own code."""

from __future__ import annotations

import linecache

from gatewise._errors.base import GatewiseError, visible
from gatewise._errors.language import in_spaces
from gatewise._errors.lines import PACKAGE, is_library


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
