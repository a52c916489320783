"""A variable that goes on under its name, `g = g @ W.T` and then `g = g * mask`: a line between the two may be missing.

What the first of them makes is right for one value of the forward pass, and the next takes it for the gradient of one
further back. Then nothing tells whether what lies between was forgotten in the one, in the other, or had its own line.
"""

from __future__ import annotations

import ast

from gatewise._check.mending import is_right_by_its_name
from gatewise._check.moving import Inquiry
from gatewise._check.readings import backward_values
from gatewise._check.repeating import mended_each_time
from gatewise._check.uses import readings_of


def line_it_goes_on_from(inquiry: Inquiry, s: ast.stmt, i: int) -> ast.stmt | None:
    """The line that made what a line goes on from, where another gradient in its place would do as well."""
    j = gone_on_from(inquiry, i)
    if j is None or is_right_by_its_name(inquiry, j):
        return None
    held = {r.wire for r in readings_of(inquiry, j) if r.whole and inquiry.is_one(r.c)}
    before = inquiry.events[j].place.statement
    times = tuple(m for m in backward_values(inquiry) if inquiry.events[m].place.statement is before)
    return before if held and before is not s and mended_each_time(inquiry, times, inquiry.wrong) else None


def gone_on_from(inquiry: Inquiry, i: int) -> int | None:
    """The value of the same variable that a value is made of, where all of it is made anew."""
    place = inquiry.events[i].place
    if place.how != "value" or place.key.startswith("return"):
        return None
    before = [j for j in backward_values(inquiry) if j < i and i in inquiry.changes[j]]
    same = [j for j in before if inquiry.events[j].place.key == place.key]
    last = same[-1] if same else None
    return None if last is None or inquiry.events[last].place.function != place.function else last
