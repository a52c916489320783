"""Whatever went wrong, as one message and an exit status: 2 for a user's mistake, 1 for ours."""

from __future__ import annotations

import os
import traceback

from gatewise._errors import GatewiseError, UserCodeError

MISTAKE, DEFECT = 2, 1


def said(error: Exception) -> tuple[str, int]:
    """The message for an error, and the status to leave with."""
    message, status = told(error)
    return printable(message), status


def printable(message: str) -> str:
    r"""The message with whatever a terminal would obey written out.

    >>> printable("a\x1b[31m.py\n  why: ...")
    'a\\x1b[31m.py\n  why: ...'
    """
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in message)


def told(error: Exception) -> tuple[str, int]:
    """The message as it is, and the status."""
    if (ours := behind(error)) is not None:
        return str(ours), MISTAKE
    if isinstance(error, MemoryError):
        return "There is not enough memory for this.\n  instead: smaller arrays.", MISTAKE
    if UserCodeError.frame_of(error) is not None:
        return str(UserCodeError.of(error)), MISTAKE
    return defect(error), DEFECT


def behind(error: BaseException | None) -> GatewiseError | None:
    """The error of ours that `error` is, or that NumPy put one of its own in front of."""
    while error is not None and not isinstance(error, GatewiseError):
        error = error.__cause__
    return error


def defect(error: Exception) -> str:
    """What to say where gatewise itself failed."""
    if os.environ.get("GATEWISE_TRACEBACK"):
        return "".join(traceback.format_exception(error))
    return (
        f"gatewise failed: {type(error).__name__}: {' '.join(str(error).split())}\n"
        "  why:     this is a defect of gatewise, not of what you typed.\n"
        "  instead: report it, with what GATEWISE_TRACEBACK=1 in front of the command prints."
    )
