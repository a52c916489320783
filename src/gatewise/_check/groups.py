"""A change of one statement, among all that make a variable, that makes it right."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial

from gatewise._check.comparing import Value, Values, plain
from gatewise._check.confirming import holds_upstream, is_cured, moments_behind
from gatewise._check.marking import Marking, Version
from gatewise._check.reasons import Repair
from gatewise._check.rows import changed_statements, changes
from gatewise._check.seeing import scope_at
from gatewise._check.standing import free_behind
from gatewise._check.table import Change, Rank
from gatewise._check.trees import as_written, expression_of, text_of
from gatewise._check.wires import Mark

Candidate = Change[ast.stmt] | Change[ast.expr]  #: another line, or another end of what a variable has become


def is_choice(marking: Marking, change: Candidate, m: int, k: int) -> bool:
    """Whether the conditions of a mask are sometimes true and sometimes not, over all worlds; any other change is.

    What another value was taken for has no such place to be seen at: there the branch is the same everywhere.
    """
    if change.kind != "mask" or k in marking.forward.still:
        return True
    for e in ast.walk(change.node):
        if isinstance(e, ast.Compare):
            found = [v for w in marking.worlds if (v := marking.evaluate(e, m, w)) is not None]
            if all(v.all() for v in found) or not any(v.any() for v in found):
                return False
    return True


def in_group(marking: Marking, version: Version, marks: Sequence[Mark]) -> Repair | None:
    """The change of one statement, among those that make a variable, that makes it right."""
    steps = moments_behind(marking, version)
    goals = goals_for(marking, version, marks)
    if not goals:
        return None
    found: list[tuple[ast.stmt, Candidate, bool]] = []
    seen: set[int] = set()
    for m in reversed(steps):
        s = marking.worlds[0].moments[m].statement
        if id(s) in seen:
            continue
        seen.add(id(s))
        scope = scope_at(
            marking,
            marking.before(m, marking.worlds[0]),
            version,
            m,
            partial(marking.evaluate, m=m, world=marking.worlds[0]),
        )
        found += [(s, each, False) for each in changed_statements(s, scope)]
    found += appended_lines(marking, version)
    for s, change, _ in sorted(found, key=lambda each: (each[1].order, each[2])):
        marking.tried += len(steps)
        if marking.tried > marking.enough:
            return None
        repair = group_repair(marking, version, steps, goals, s, change)
        if repair is not None:
            return repair
    return None


def appended_lines(marking: Marking, version: Version) -> Iterator[tuple[ast.stmt, Change[ast.expr], bool]]:
    """Changes of what a variable has become: a line that is missing after its last one."""
    last = version.moments[-1]
    s, after = marking.worlds[0].moments[last].statement, dict(marking.worlds[0].moments[last].after)
    if not any(s is each for each in marking.program.body) and s.lineno != getattr(
        marking.program.body[-1], "lineno", 0
    ):
        return  # inside of a loop it would be done at every round
    scope = scope_at(marking, after, version, last, lambda e: marking.evaluate(e, last, marking.worlds[0], after))
    for change in changes(expression_of(version.key), scope):
        if change.kind != "stale":
            yield s, change, True


def group_repair(
    marking: Marking,
    version: Version,
    steps: list[int],
    goals: dict[int, Values],
    s: ast.stmt,
    change: Candidate,
) -> Repair | None:
    possible = dict(goals)
    changed = {id(s): change.node} if isinstance(change.node, ast.stmt) else None
    then = change.node if isinstance(change.node, ast.expr) else None
    for n, world in enumerate(marking.worlds):
        g = marking.rerun(version, steps, world, changed, then)
        possible = {
            k: should
            for k, should in possible.items()
            if (k == version.wire or change.whole or change.rank < Rank.LOCAL)
            and is_cured(marking, version, g, k, should[n], n)
        }
        if not possible:
            return None
    k = next(iter(possible))
    if not is_choice(marking, change, steps[-1] if then is not None else last_moment(marking, s), k):
        return None
    if not marking.stops(version) and not holds_upstream(marking, version, k, steps, changed, then):
        return None
    own, node = expression_of(version.key), change.node
    line = node if isinstance(node, ast.stmt) else ast.parse(f"{version.key} = {text_of(node)}").body[0]
    instead = as_written(line, s if then is None else own)
    if instead is None:
        return None
    gave = marking.value(version, marking.worlds[0])
    return Repair(s, change.kind, change.detail, instead, k, plain(gave), plain(possible[k][0]), then is not None)


def last_moment(marking: Marking, s: ast.stmt) -> int:
    return max(m for m, moment in enumerate(marking.worlds[0].moments) if moment.statement is s)


def goals_for(marking: Marking, version: Version, marks: Sequence[Mark]) -> dict[int, list[Value]]:
    """What a variable may be meant to be: its wire's gradient, or that of a wire behind it without another name."""
    earlier = marking.marks(before=version)
    found: dict[int, Values] = {}
    near = [k for k in free_behind(marking, version) if k not in marking.forward.named]
    for k in (version.own, *near[:3]):
        source = marks if k == version.own else earlier
        if all(k in mark[0] for mark in source):
            found[k] = [mark[0][k] for mark in source]
    return found
