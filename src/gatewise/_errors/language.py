"""Texts that a person typed and that cannot be read; the place is shown."""

from __future__ import annotations

import unicodedata

from gatewise._errors.base import GatewiseError


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
