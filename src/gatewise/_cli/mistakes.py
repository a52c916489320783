"""Whatever went wrong, as one message and an exit status: 2 for a user's mistake, 1 for ours."""

from __future__ import annotations

import os
import re
import traceback

import click

from gatewise._advice import advised
from gatewise._errors import GatewiseError, UserCodeError

MISTAKE, DEFECT = 2, 1


def message_and_status(error: Exception) -> tuple[str, int]:
    """The message for an error, and the status to leave with."""
    message, status = as_it_is(error)
    return printable(message), status


def printable(message: str) -> str:
    r"""The message with whatever a terminal would obey written out.

    >>> printable("a\x1b[31m.py\n  why: ...")
    'a\\x1b[31m.py\n  why: ...'
    """
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in message)


def as_it_is(error: Exception) -> tuple[str, int]:
    """The message as it is, and the status."""
    if (ours := behind(error)) is not None:
        return str(ours), MISTAKE
    if isinstance(error, MemoryError):
        return "There is not enough memory for this.\n  instead: smaller arrays.", MISTAKE
    if UserCodeError.frame_of(error) is not None:
        return str(advised(error)), MISTAKE
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


#: What click takes an option's value as, in words, and a value that it may have.
KINDS = {
    **dict.fromkeys(("float", "float range"), ("a number", "0.1")),
    **dict.fromkeys(("integer", "integer range"), ("a whole number", "10")),
}


def misused(misuse: click.ClickException) -> str:
    """What click refused, in three parts, with the help of the command that was typed."""
    context = getattr(misuse, "ctx", None)
    command = context.command_path if context is not None else "gatewise"
    cure = f"{command} --help lists what there is."
    said = misuse.format_message()
    match misuse:
        case click.NoSuchOption():
            near = f"Did you mean {misuse.possibilities[0]}? " if misuse.possibilities else ""
            return in_parts(f"There is no option {misuse.option_name}.", "", f"{near}{cure}")
        case click.BadParameter(param=click.Option() as option) if kind := KINDS.get(option.type.name):
            name, (what, example) = option.opts[0], kind
            found = re.search(r"'([^']*)' is not a valid|: (\S+) is not in", said)
            given = f" {(found[1] or found[2])!r}" if found else ""
            bounds = re.search(r"range (.*?)\.?$", said)
            why = f"it takes {what}{f' of the range {bounds[1]}' if bounds else ''}."
            return in_parts(f"{name}{given} cannot be taken.", why, f"{name} {example}; {cure}")
    return in_parts(said, "", cure)


def in_parts(what: str, why: str, cure: str) -> str:
    return str(GatewiseError(what, why, cure))
