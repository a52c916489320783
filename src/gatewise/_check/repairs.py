"""What would make a wrong gradient right: another term in its sum, or a change of a line that makes it.

A change counts that makes the gradient right in every world: at the inputs, near them, and at fresh ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from gatewise._check.comparing import Value, Values, shown_value, subsets, total
from gatewise._check.confirming import confirmed, holds_upstream, is_cured, moments_behind
from gatewise._check.contributions import contribution
from gatewise._check.marking import Marking, Version
from gatewise._check.names import wire_named
from gatewise._check.reasons import Repair, left_out, missing_terms, too_many, unexplained
from gatewise._check.rows import changed_statements, changes
from gatewise._check.stale import changed_since
from gatewise._check.standing import free_behind
from gatewise._check.table import Change, Rank
from gatewise._check.terms import Sum, Term, agree_all, scope_at, sum_of, term_value
from gatewise._check.trees import as_written, expression_of, replaced, text_of
from gatewise._check.wires import Mark

Candidate = Change[ast.stmt] | Change[ast.expr]  #: another line, or another end of what a variable has become


def explained(marking: Marking, version: Version, marks: Sequence[Mark]) -> list[Repair]:
    """Why a variable is wrong: at least one repair, with a change of the line where one is sure."""
    if (since := changed_since(marking, version, marks)) is not None:
        return [since]
    repairs = [r for r in in_terms(marking, version, marks) if believable(marking, r)]
    if not repairs and version.key not in marking.unfinished:
        whole = in_group(marking, version, marks)
        repairs = [whole] if whole is not None and believable(marking, whole) else []
    if not any(r.instead is not None for r in repairs) and (edge := left_out(marking, version)) is not None:
        return [edge]
    return repairs or [unexplained(marking, version, marks)]


def misshapen(marking: Marking, version: Version, key: str) -> Repair | None:
    """A right gradient that is handed out in another shape than its value has."""
    world = marking.worlds[0]
    g, value = marking.value(version, world), world.value(version.own)
    if np.shape(g) == np.shape(value) or np.size(g) < 2 or marking.forward.behind[version.own]:
        return None
    if key not in handed_out(marking.program.body) or any(
        v.key == key and v.moments[0] > version.moments[-1] for v in marking.versions
    ):
        return None
    m = version.moments[-1]
    s = world.moments[m].statement
    scope = scope_at(marking, marking.before(m, world), version, m, lambda e: marking.evaluate(e, m, world))
    name = scope.own or wire_named(key, marking.known) or "its value"
    told = f"that of {name} is {np.shape(value)}, this is {np.shape(g)}"
    for change in changed_statements(s, scope):
        if change.kind == "shape" and all(
            np.shape(again) == np.shape(w.value(version.own)) and marking.agree(again, marking.value(version, w))
            for w in marking.worlds
            if (again := marking.rerun(version, version.moments, w, {id(s): change.node})) is not None
        ):
            return Repair(s, "shape", change.detail, as_written(change.node, s), version.own)
    return Repair(s, "shape", told, None, version.own)


def in_terms(marking: Marking, version: Version, marks: Sequence[Mark]) -> list[Repair]:
    """What is wrong in a variable that is a sum: its terms against the contributions of the gates that use it."""
    of = sum_of(marking, version, marks)
    if of is None:
        return []
    gone = None if marking.stops(version) else overwritten(marking, version, of.goals)
    if gone is not None:
        return [gone]
    if not of.bad:
        return missing_terms(marking, version, of)
    if of.matched and (many := too_many(marking, version, of)):
        return many
    if len(of.bad) > 1 and (s := of.of_one_line()) is not None:
        whole = in_group(marking, version, marks)  # one mistake may have spoiled all terms of a line
        if whole is not None and whole.statement is s:
            return [whole]
    return term_by_term(marking, version, of)


def term_by_term(marking: Marking, version: Version, of: Sum) -> list[Repair]:
    """A change of each term that is wrong; none where one line has several and a change of one would not do."""
    found: list[Repair] = []
    unrepaired: set[ast.stmt] = set()
    left = list(of.left)
    for term in of.bad:
        repair = None
        for targets in targets_for(marking, of, left):
            repair = repair or term_repair(marking, version, term, targets)
        if repair is None:
            if of.of_one_line() is term.statement:
                return []  # a repair of a part would not make the line right
            unrepaired.add(term.statement)
            continue
        found.append(repair)
        left = [a for a in left if not any(a is used for used in repair_atoms(repair, left))]
        beside = [t.values[0] for t in of.terms if t.statement is term.statement and t is not term]
        if beside and repair.gave is not None and all(b is not None for b in beside):
            repair.gave, repair.should = (
                shown_value(repair.gave + sum(beside)),
                shown_value(repair.should + sum(beside)),
            )
    found = one_a_line(found)
    if not unrepaired and not confirmed(marking, version, found, of.goals):
        return []
    return [repair for repair in found if repair.statement not in unrepaired]


def believable(marking: Marking, repair: Repair) -> bool:
    """Whether a repair is more than a way to give 0, where 0 is right because another value was taken."""
    if repair.goal not in marking.forward.still or repair.instead is None:
        return True
    numbers = [sum(isinstance(e, ast.Constant) for e in ast.walk(tree)) for tree in (repair.instead, repair.statement)]
    return repair.kind == "mask" and numbers[0] <= numbers[1]


def targets_for(marking: Marking, of: Sum, left: list[Values]) -> Iterator[list[Values]]:
    """What a wrong term may be meant to be: all that is missing; if it is not that, some of the contributions."""
    stopped = of.bad[0].statement is marking.worlds[0].stopped
    if len(of.bad) == 1 and not stopped:
        rest = of.goals
        for term in of.matched:
            rest = [r - v for r, v in zip(rest, term.values, strict=True)]
        yield [[np.reshape(r, np.shape(g)) for r, g in zip(rest, of.goals, strict=True)]]
    if len(of.bad) > 1 or of.matched or stopped:
        yield [total(group) for group in subsets(left)]


def term_repair(marking: Marking, version: Version, term: Term, targets: list[Values]) -> Repair | None:
    """The change of one term that makes it what it may be meant to be."""
    world, wire = marking.worlds[0], version.wire
    assert wire is not None
    scope = scope_at(
        marking, marking.before(term.m, world), version, term.m, lambda e: marking.evaluate(e, term.m, world)
    )
    for change in changes(term.part, scope):
        marking.tried += 1
        if marking.tried > marking.enough:
            return None
        first = term_value(marking, wire, change.node, term.m, world)
        if first is None:
            continue
        for target in targets:
            if not marking.agree(term.sign * first, target[0]):
                continue
            rest = [term_value(marking, wire, change.node, term.m, w) for w in marking.worlds[1:]]
            if is_choice(marking, change, term.m, wire) and all(
                r is not None and marking.agree(term.sign * r, t) for r, t in zip(rest, target[1:], strict=True)
            ):
                instead = as_written(replaced(term.statement, term.part, change.node), term.statement)
                if instead is None:
                    break
                gave, should = term.values[0], target[0]
                found = Repair(
                    term.statement, change.kind, change.detail, instead, wire, shown_value(gave), shown_value(should)
                )
                found.part, found.node = term.part, change.node
                return found
    return None


def overwritten(marking: Marking, version: Version, goals: Values) -> Repair | None:
    """`dx = b` where `dx = a` stood before: the first contribution is lost."""
    first = marking.worlds[0].moments[version.moments[0]].statement
    for m in version.moments[1:]:
        s = marking.worlds[0].moments[m].statement
        how = contribution(s, version.key)
        if how is None:
            return None
        if how.adds or s is first:
            continue
        instead = ast.parse(f"{version.key} += {text_of(how.value)}").body[0]
        ends = [marking.rerun(version, version.moments, world, {id(s): instead}) for world in marking.worlds]
        if agree_all(marking, ends, goals):
            detail = f"= forgets what {version.key} already held, += adds to it"
            gave, should = marking.value(version, marking.worlds[0]), goals[0]
            return Repair(s, "fork", detail, instead, version.own, shown_value(gave), shown_value(should))
    return None


def handed_out(body: Sequence[ast.stmt]) -> set[str]:
    """The names that are returned as they are: alone, or in a tuple, a list or a dict."""
    found: set[str] = set()
    waiting = [n.value for b in body for n in ast.walk(b) if isinstance(n, ast.Return) and n.value is not None]
    while waiting:
        e = waiting.pop()
        if isinstance(e, ast.Name):
            found.add(e.id)
        elif isinstance(e, (ast.Tuple, ast.List)):
            waiting += e.elts
        elif isinstance(e, ast.Dict):
            waiting += e.values
    return found


def one_a_line(repairs: list[Repair]) -> list[Repair]:
    """The repairs of the terms of one line as one, which changes them all."""
    found: dict[int, Repair] = {}
    for repair in repairs:
        first = found.setdefault(id(repair.statement), repair)
        if first is not repair and first.part and first.node and repair.part and repair.node:
            both = replaced(replaced(first.statement, first.part, first.node), repair.part, repair.node)
            first.instead = as_written(both, first.statement) or both
    return list(found.values())


def repair_atoms(repair: Repair, left: list[Values]) -> list[Values]:
    """The contributions that a repaired term now is."""
    for group in subsets(left):
        if np.shape(total(group)[0]) == np.shape(repair.should) and np.allclose(total(group)[0], repair.should):
            return group
    return []


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
    return Repair(
        s, change.kind, change.detail, instead, k, shown_value(gave), shown_value(possible[k][0]), then is not None
    )


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
