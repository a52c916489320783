"""What would make a wrong gradient right: another term in its sum, or a change of a line that makes it.

A change counts that makes the gradient right in every world: at the inputs, near them, and at fresh ones.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from gatewise._check.comparing import in_shape, is_number, plain, stretches, subsets, total, value_in
from gatewise._check.contributions import contribution
from gatewise._check.marking import Version
from gatewise._check.names import keys_read, keys_written, wire_named
from gatewise._check.reasons import Reasons, Repair
from gatewise._check.rows import Change, Rank, changed_statements, changes
from gatewise._check.running import added_to, names_after
from gatewise._check.terms import Term
from gatewise._check.trees import VanishedError, expression_of, replaced, simplified, text_of
from gatewise._check.worlds import World

N = TypeVar("N", bound=ast.AST)
Candidate = Change[ast.stmt] | Change[ast.expr]  #: another line, or another end of what a variable has become


class Repairs(Reasons):
    """Finds what would make the wrong gradients of a program right."""

    def explained(self, version: Version, marks: Any) -> list[Repair]:
        """Why a variable is wrong: at least one repair, with a change of the line where one is sure."""
        if (since := self.changed_since(version, marks)) is not None:
            return [since]
        repairs = [r for r in self.in_terms(version, marks) if self.believable(r)]
        if not repairs and version.key not in self.unfinished:
            whole = self.in_group(version, marks)
            repairs = [whole] if whole is not None and self.believable(whole) else []
        if not any(r.instead is not None for r in repairs) and (edge := self.left_out(version)) is not None:
            return [edge]
        return repairs or [self.unexplained(version, marks)]

    def misshapen(self, version: Version, key: str) -> Repair | None:
        """A right gradient that is handed out in another shape than its value has."""
        assert version.wire is not None
        world = self.worlds[0]
        g, value = self.value(version, world), world.value(version.wire)
        if np.shape(g) == np.shape(value) or np.size(g) < 2 or self.forward.behind[version.wire]:
            return None
        if key not in handed_out(self.program.body) or any(
            v.key == key and v.moments[0] > version.moments[-1] for v in self.versions
        ):
            return None
        m = version.moments[-1]
        s = world.moments[m].statement
        scope = self.scope(self.before(m, world), version, m, lambda e: self.evaluate(e, m, world))
        name = scope.own or wire_named(key, self.known) or "its value"
        told = f"that of {name} is {np.shape(value)}, this is {np.shape(g)}"
        for change in changed_statements(s, scope):
            if change.kind == "shape" and all(
                np.shape(again) == np.shape(w.value(version.wire)) and self.agree(again, self.value(version, w))
                for w in self.worlds
                if (again := self.rerun(version, version.moments, w, {id(s): change.node})) is not None
            ):
                return Repair(s, "shape", change.detail, as_written(change.node, s), version.wire)
        return Repair(s, "shape", told, None, version.wire)

    def in_terms(self, version: Version, marks: Any) -> list[Repair]:
        """What is wrong in a variable that is a sum: its terms against the contributions of the gates that use it."""
        terms = self.terms(version)
        if terms is None:
            return []
        assert version.wire is not None
        k = version.wire
        goals = [mark[0].get(k, np.zeros(np.shape(w.value(k)))) for mark, w in zip(marks, self.worlds, strict=True)]
        uses = self.uses(version, marks)
        matched, left = self.match(terms, list(uses.values()))
        bad = [t for t in terms if t not in matched]
        gone = None if self.stops(version) else self.overwritten(version, goals)
        if gone is not None:
            return [gone]
        if not bad:
            return self.missing(version, terms, left, goals, uses)
        if matched and (many := self.too_many(version, bad, matched, goals)):
            return many
        found: list[Repair] = []
        unrepaired: set[ast.stmt] = set()
        if len(bad) > 1 and all(t.statement is bad[0].statement for t in bad):
            whole = self.in_group(version, marks)  # one mistake may have spoiled all terms of a line
            if whole is not None and whole.statement is bad[0].statement:
                return [whole]
        for term in bad:
            repair = None
            for targets in self.targets(bad, left, goals, [t.values for t in matched]):
                repair = repair or self.term_repair(version, term, targets)
            if repair is None:
                if all(t.statement is term.statement for t in bad):
                    return []  # a repair of a part would not make the line right
                unrepaired.add(term.statement)
                continue
            found.append(repair)
            left = [a for a in left if not any(a is used for used in repair_atoms(repair, left))]
            beside = [t.values[0] for t in terms if t.statement is term.statement and t is not term]
            if beside and repair.gave is not None and all(b is not None for b in beside):
                repair.gave, repair.should = plain(repair.gave + sum(beside)), plain(repair.should + sum(beside))
        found = one_a_line(found)
        if not unrepaired and not self.confirmed(version, found, goals):
            return []
        return [repair for repair in found if repair.statement not in unrepaired]

    def confirmed(self, version: Version, repairs: list[Repair], goals: list[Any]) -> bool:
        """Whether the lines as they should be make the whole variable right, in every world."""
        if self.stops(version) or any(r.instead is None for r in repairs):
            return True  # after a line that raises nothing was run, so that the whole is not there
        changed = {id(r.statement): r.instead for r in repairs if isinstance(r.instead, ast.stmt)}
        steps = self.slice(version)
        assert version.wire is not None
        return all(
            self.is_cured(version, self.rerun(version, steps, world, changed), version.wire, goals[n], n)
            for n, world in enumerate(self.worlds)
        ) and self.holds_upstream(version, version.wire, steps, changed)

    def holds_upstream(
        self,
        version: Version,
        k: int,
        steps: list[int],
        changed: Mapping[int, ast.stmt] | None,
        then: ast.expr | None = None,
    ) -> bool:
        """Whether changed lines give the true gradient where the gradients that they read are the true ones.

        What is right for the student's own alone may make up for a mistake in them.
        """
        new = [*(changed or {}).values(), *([] if then is None else [then])]
        read: dict[str, Version] = {}
        for m in steps:
            for key in self.reads[m].union(*map(keys_read, new)):
                u = self.at[m].get(key)
                if u is None or u.wire is None or u is version:
                    continue
                if key == version.key or not key.isidentifier() or read.setdefault(key, u) is not u or self.repeats(u):
                    return True  # in every round of a loop it is another value's
        for n, world in enumerate(self.worlds):
            truth = self.truth(world)[0]
            sent_on = {**truth, **self.given(world)}  # what a pass starts from is right whatever it is
            given = {key: sent_on[u.wire] for key, u in read.items() if u.wire in sent_on}
            found = self.rerun(version, steps, world, changed, then, given)
            if len(given) == len(read) and given and not self.is_cured(version, found, k, truth.get(k, 0.0), n):
                return False
        return True

    def believable(self, repair: Repair) -> bool:
        """Whether a repair is more than a way to give 0, where 0 is right because another value was taken."""
        if repair.goal not in self.forward.still or repair.instead is None:
            return True
        numbers = [
            sum(isinstance(e, ast.Constant) for e in ast.walk(tree)) for tree in (repair.instead, repair.statement)
        ]
        return repair.kind == "mask" and numbers[0] <= numbers[1]

    def chooses(self, change: Candidate, m: int, k: int) -> bool:
        """Whether the conditions of a mask are sometimes true and sometimes not, over all worlds; any other change is.

        What another value was taken for has no such place to be seen at: there the branch is the same everywhere.
        """
        if change.kind != "mask" or k in self.forward.still:
            return True
        for e in ast.walk(change.node):
            if isinstance(e, ast.Compare):
                found = [v for w in self.worlds if (v := self.evaluate(e, m, w)) is not None]
                if all(v.all() for v in found) or not any(v.any() for v in found):
                    return False
        return True

    def cured_together(self, repairs: Sequence[Repair]) -> bool:
        """Whether all the cures, written into the program, make what it gives back right, in every world.

        Where one mistake has no cure, a line has two, or one raises, this cannot be tried.
        """
        lines = {(id(r.statement), r.after) for r in repairs}
        if self.worlds[0].stopped is not None or any(r.instead is None for r in repairs) or len(lines) < len(repairs):
            return True
        ends = [v for v in self.versions if v.wire is not None and not self.forward.behind[v.wire]]
        last = {v.key: v for v in sorted(ends, key=lambda v: v.moments[-1])}
        for world in self.worlds:
            names = self.run_again(repairs, world)
            if names is None:
                return False
            truth = self.truth(world)
            for v in last.values():
                g, wire = value_in(names, v.key), v.wire
                assert wire is not None
                value = world.value(wire)
                if not self.right(in_shape(g, np.shape(value)) if is_number(g) else g, wire, truth, world):
                    return False
        return True

    def run_again(self, repairs: Sequence[Repair], world: World) -> dict[str, Any] | None:
        """The names at the end of the backward pass with its lines as they should be; None where it raises."""
        changed: dict[int, list[Repair]] = {}
        for repair in repairs:
            changed.setdefault(id(repair.statement), []).append(repair)
        made: dict[str, Any] = {}
        last = world.moments[-1].after
        drawn = {m for v in self.versions if v.wire is not None and self.is_given(v) for m in v.moments}
        for m, moment in enumerate(world.moments):
            s = self.worlds[0].moments[m].statement
            last = {**moment.after, **made}
            if s in self.program.forward or m in drawn:  # what the pass starts from may be drawn anew each time
                made = {name: g for name, g in made.items() if name not in keys_written(s)}
                continue
            here = changed.get(id(s), [])
            lines = [
                *([r.instead for r in here if not r.after] or [moment.statement]),
                *(r.instead for r in here if r.after),
            ]
            names = {**moment.before, **made}
            try:
                for line in lines:
                    names = names_after(line, names, world.space)  # type: ignore[arg-type]
            except Exception:
                return None
            bases = {key.partition("[")[0] for key in (*keys_written(s), *added_to(s))}
            made.update({base: names[base] for base in bases if base in names})
            last = {**moment.after, **made}
        return last

    def repeats(self, version: Version) -> bool:
        """Whether a line that makes a variable runs more than once."""
        statements = [id(self.worlds[0].moments[m].statement) for m in version.moments]
        return len(set(statements)) < len(statements)

    def targets(
        self, bad: list[Term], left: list[list[Any]], goals: list[Any], done: list[list[Any]]
    ) -> Iterator[list[list[Any]]]:
        """What a wrong term may be meant to be: all that is missing; if it is not that, some of the contributions."""
        if len(bad) == 1 and bad[0].statement is not self.worlds[0].stopped:
            rest = goals
            for values in done:
                rest = [r - v for r, v in zip(rest, values, strict=True)]
            yield [[np.reshape(r, np.shape(g)) for r, g in zip(rest, goals, strict=True)]]
        if len(bad) > 1 or done or bad[0].statement is self.worlds[0].stopped:
            yield [total(group) for group in subsets(left)]

    def term_repair(self, version: Version, term: Term, targets: list[list[Any]]) -> Repair | None:
        """The change of one term that makes it what it may be meant to be."""
        world, wire = self.worlds[0], version.wire
        assert wire is not None
        scope = self.scope(self.before(term.m, world), version, term.m, lambda e: self.evaluate(e, term.m, world))
        for change in changes(term.part, scope):
            self.tried += 1
            if self.tried > self.enough:
                return None
            first = self.term(wire, change.node, term.m, world)
            if first is None:
                continue
            for target in targets:
                if not self.agree(term.sign * first, target[0]):
                    continue
                rest = [self.term(wire, change.node, term.m, w) for w in self.worlds[1:]]
                if self.chooses(change, term.m, wire) and all(
                    r is not None and self.agree(term.sign * r, t) for r, t in zip(rest, target[1:], strict=True)
                ):
                    instead = as_written(replaced(term.statement, term.part, change.node), term.statement)
                    if instead is None:
                        break
                    gave, should = term.values[0], target[0]
                    found = Repair(
                        term.statement, change.kind, change.detail, instead, wire, plain(gave), plain(should)
                    )
                    found.part, found.node = term.part, change.node
                    return found
        return None

    def overwritten(self, version: Version, goals: list[Any]) -> Repair | None:
        """`dx = b` where `dx = a` stood before: the first contribution is lost."""
        assert version.wire is not None
        first = self.worlds[0].moments[version.moments[0]].statement
        for m in version.moments[1:]:
            s = self.worlds[0].moments[m].statement
            how = contribution(s, version.key)
            if how is None:
                return None
            if how[0] != "set" or s is first:
                continue
            instead = ast.parse(f"{version.key} += {text_of(how[1])}").body[0]
            ends = [self.rerun(version, version.moments, world, {id(s): instead}) for world in self.worlds]
            if self.agree_all(ends, goals):
                detail = f"= forgets what {version.key} already held, += adds to it"
                gave, should = self.value(version, self.worlds[0]), goals[0]
                return Repair(s, "fork", detail, instead, version.wire, plain(gave), plain(should))
        return None

    # ------------------------------------------------------------------------------------------ groups of statements

    def in_group(self, version: Version, marks: Any) -> Repair | None:
        """The change of one statement, among those that make a variable, that makes it right."""
        steps = self.slice(version)
        goals = self.goals(version, marks)
        if not goals:
            return None
        found: list[tuple[ast.stmt, Candidate, bool]] = []
        seen: set[int] = set()
        for m in reversed(steps):
            s = self.worlds[0].moments[m].statement
            if id(s) in seen:
                continue
            seen.add(id(s))
            scope = self.scope(
                self.before(m, self.worlds[0]),
                version,
                m,
                lambda e, m=m: self.evaluate(e, m, self.worlds[0]),  # type: ignore[misc]
            )
            found += [(s, each, False) for each in changed_statements(s, scope)]
        found += self.appended(version)
        for s, change, _ in sorted(found, key=lambda each: (each[1].order, each[2])):
            self.tried += len(steps)
            if self.tried > self.enough:
                return None
            repair = self.group_repair(version, steps, goals, s, change)
            if repair is not None:
                return repair
        return None

    def appended(self, version: Version) -> Iterator[tuple[ast.stmt, Change[ast.expr], bool]]:
        """Changes of what a variable has become: a line that is missing after its last one."""
        last = version.moments[-1]
        s, after = self.worlds[0].moments[last].statement, dict(self.worlds[0].moments[last].after)
        if not any(s is each for each in self.program.body) and s.lineno != getattr(self.program.body[-1], "lineno", 0):
            return  # inside of a loop it would be done at every round
        scope = self.scope(after, version, last, lambda e: self.evaluate(e, last, self.worlds[0], after))
        for change in changes(expression_of(version.key), scope):
            if change.kind != "stale":
                yield s, change, True

    def group_repair(
        self,
        version: Version,
        steps: list[int],
        goals: dict[int, list[Any]],
        s: ast.stmt,
        change: Candidate,
    ) -> Repair | None:
        possible = dict(goals)
        changed = {id(s): change.node} if isinstance(change.node, ast.stmt) else None
        then = change.node if isinstance(change.node, ast.expr) else None
        for n, world in enumerate(self.worlds):
            g = self.rerun(version, steps, world, changed, then)
            possible = {
                k: should
                for k, should in possible.items()
                if (k == version.wire or change.whole or change.rank < Rank.LOCAL)
                and self.is_cured(version, g, k, should[n], n)
            }
            if not possible:
                return None
        k = next(iter(possible))
        if not self.chooses(change, steps[-1] if then is not None else self.last_moment(s), k):
            return None
        if not self.stops(version) and not self.holds_upstream(version, k, steps, changed, then):
            return None
        own = expression_of(version.key)
        line = ast.parse(f"{version.key} = {text_of(change.node)}").body[0] if then is not None else change.node
        instead = as_written(line, own if then is not None else s)
        if instead is None:
            return None
        gave = self.value(version, self.worlds[0])
        return Repair(s, change.kind, change.detail, instead, k, plain(gave), plain(possible[k][0]), then is not None)

    def last_moment(self, s: ast.stmt) -> int:
        return max(m for m, moment in enumerate(self.worlds[0].moments) if moment.statement is s)

    def is_cured(self, version: Version, g: Any, k: int, should: Any, n: int) -> bool:
        """Whether a value is right in one world, and of the shape that it should have, or that the student gave it."""
        world = self.worlds[n]
        whole, own = np.shape(world.value(k)), np.shape(self.value(version, world))
        if g is None or np.shape(g) not in (whole, own):
            return False
        return self.agree(np.broadcast_to(g, whole) if stretches(np.shape(g), whole) else g, should)

    def slice(self, version: Version) -> list[int]:
        """The moments that make a variable, those of variables without a wire that go into it too."""
        found: set[int] = set()
        waiting = [version]
        seen = [version]
        while waiting:
            each = waiting.pop()
            found |= set(each.moments)
            for m in each.moments:
                for key in keys_read(self.worlds[0].moments[m].statement):
                    upstream = self.at[m].get(key)
                    if upstream is not None and upstream.wire is None and upstream not in seen:
                        if isinstance(self.value(upstream, self.worlds[0]), int):
                            continue
                        seen.append(upstream)
                        waiting.append(upstream)
        return sorted(found)

    def goals(self, version: Version, marks: Any) -> dict[int, list[Any]]:
        """What a variable may be meant to be: its wire's gradient, or that of a wire behind it without another name."""
        assert version.wire is not None
        earlier = self.marks(before=version)
        found: dict[int, list[Any]] = {}
        near = [k for k in self.free_behind(version) if k not in self.forward.named]
        for k in (version.wire, *near[:3]):
            source = marks if k == version.wire else earlier
            if all(k in mark[0] for mark in source):
                found[k] = [mark[0][k] for mark in source]
        return found


def as_written(changed: N, of: ast.AST) -> N | None:
    """A changed line as one writes it; None where nothing of it is left."""
    try:
        return simplified(changed, of)
    except VanishedError:
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


def repair_atoms(repair: Repair, left: list[list[Any]]) -> list[list[Any]]:
    """The contributions that a repaired term now is."""
    for group in subsets(left):
        if np.shape(total(group)[0]) == np.shape(repair.should) and np.allclose(total(group)[0], repair.should):
            return group
    return []
