"""Whether the line that was found has rivals: other lines of which a plainer change mends everything as well.

What a line should have given says where the gradients go wrong; a slip that was made elsewhere, in a number that the
line takes or in a value that nothing has a name for, shows there alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gatewise._check.contributions import Work, work_of
from gatewise._check.meant import lengths
from gatewise._check.mending import (
    Located,
    any_of,
    is_mended_by,
    is_outer,
    mendings,
    spoils_what_is_right,
    with_its_change,
)
from gatewise._check.moving import Goal, Inquiry, remembered
from gatewise._check.readings import backward_values
from gatewise._check.rows import Change, Rank
from gatewise._check.trees import with_field


def uncontested(inquiry: Inquiry, located: Located, goal: Goal) -> Located:
    """A line that was found, if no other one has the better claim: else that one, or all of them."""
    if len(located.found) != 1 or located.found[0].by_name:
        return located
    (found,) = located.found
    own = found.change or found.mend()
    others = [s for s in statements_on_way(inquiry, goal) if s is not found.statement]
    up_to = Rank.LOCAL if own is None else own.rank
    rivals = [each for each in mendings(inquiry, others, goal, up_to=up_to) if is_a_claim(inquiry, *each)]
    if own is None and len(rivals) == 1 and is_telling(*rivals[0]):
        s, change = rivals[0]
        return Located([with_its_change(inquiry, s, change, ())], [s])
    lines = [s for s, _ in rivals]
    if own is None and not rivals:
        lines = [s for s in counting(inquiry) if any(is_another(inquiry, s, n, goal) for n in lengths(inquiry))]
    return any_of([*lines, found.statement]) if lines else located


def is_telling(s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change undoes a slip in what stands there: no line before or after it could do the same.

    Another number in the place of one says no more than that something is off by a factor.
    """
    shorter = sum(1 for _ in ast.walk(change.node)) < sum(1 for _ in ast.walk(s))
    return not change.whole and (change.rank < Rank.FACTOR or (change.rank == Rank.FACTOR and shorter))


def is_a_claim(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change of a line says more than that a line before it, or after it, may be undone there."""
    if not leaves_the_value(inquiry, s, change) or spoils_what_is_right(inquiry, s, change):
        return False
    return is_telling(s, change) or not is_outer(inquiry, s, change)


def statements_on_way(inquiry: Inquiry, goal: Goal) -> list[ast.stmt]:
    """The statements that these gradients hang on, and those that count beside them, in the order in which they ran."""
    on_way = [i for i in backward_values(inquiry) if inquiry.reaches(i) & {*goal} and inquiry.spoils(i)]
    reached: dict[ast.stmt, set[str]] = {}
    for i in on_way:
        reached.setdefault(inquiry.events[i].place.statement, set()).update(inquiry.reaches(i))
    made = {id(s): s for s, ends in reached.items() if s not in inquiry.touching and ends >= {*goal}}
    counts = {id(s): s for s in counting(inquiry)}
    ran = dict.fromkeys(id(e.place.statement) for e in inquiry.events)
    return [(made | counts)[k] for k in ran if k in made or k in counts]


@remembered
def counting(inquiry: Inquiry) -> list[ast.stmt]:
    """The statements of the backward pass that compute whole numbers: lengths, and what is made of them."""
    functions = {inquiry.events[i].place.function for i in backward_values(inquiry)}
    return [*dict.fromkeys(whole_numbers(inquiry, functions))]


def whole_numbers(inquiry: Inquiry, functions: set[str]) -> Iterator[ast.stmt]:
    for e in inquiry.events:
        s = e.place.statement
        named = isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name) and work_of(s) is not Work.PACKS
        if named and e.value is None and e.place.function in functions:
            yield s


def is_another(inquiry: Inquiry, s: ast.stmt, n: int, goal: Goal) -> bool:
    """Whether another whole number in the place of what a line gives makes the gradients right, each time."""
    change = Change(Rank.FAR, 0, "factor", with_field(s, "value", ast.Constant(n)))
    return is_mended_by(inquiry, s, change, goal) and leaves_the_value(inquiry, s, change)


def leaves_the_value(inquiry: Inquiry, s: ast.stmt, change: Change[ast.stmt]) -> bool:
    """Whether a change of a line leaves the function what it is; a whole number may be one of its own."""
    try:
        return inquiry.trials[0].heard(statement=(s, change.node)).value == inquiry.runs[0].value
    except Exception:  # of the user's code, with another line in it
        return False
