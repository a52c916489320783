"""What would make a wrong gradient right: another term in its sum, or a change of a line that makes it."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import is_number, largest, plain, stretches, subsets, total, value_in
from gatewise._check.contributions import bare_key, contribution, is_new_meaning, split
from gatewise._check.diagnosis import (
    Change,
    binary,
    changed_statements,
    changes,
    constant,
    expression_of,
    replaced,
    scope_of,
    text_of,
)
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_read, wire_named
from gatewise._check.worlds import World


@dataclass
class Repair:
    """A change that makes a gradient right, of which statement."""

    statement: ast.stmt
    kind: str
    detail: str
    instead: ast.AST | None
    goal: int
    gave: Any = None
    should: Any = None


@dataclass(eq=False)
class Term:
    """One term of the sum that a variable is: where it stands, and its value in each world."""

    m: int
    statement: ast.stmt
    part: ast.expr
    sign: int
    values: list[Any]


class Repairs(Marking):
    """Finds what would make the wrong gradients of a program right."""

    # ------------------------------------------------------------------------------------- sums of contributions

    def in_terms(self, version: Version, marks: Any) -> list[Repair]:
        """What is wrong in a variable that is a sum: its terms against the contributions of the gates that use it."""
        terms = self.terms(version)
        if terms is None:
            return []
        assert version.wire is not None
        k = version.wire
        goals = [mark[0].get(k, np.zeros(np.shape(w.value(k)))) for mark, w in zip(marks, self.worlds, strict=True)]
        atoms = self.atoms(version, marks)
        matched, left = self.match(terms, atoms)
        bad = [t for t in terms if t not in matched]
        gone = None if self.stops(version) else self.overwritten(version, goals)
        if gone is not None:
            return [gone]
        if not bad:
            return self.missing(version, terms, left, goals)
        found: list[Repair] = []
        if len(bad) > 1 and all(t.statement is bad[0].statement for t in bad):
            whole = self.in_group(version, marks)  # one mistake may have spoiled all terms of a line
            if whole is not None and whole.statement is bad[0].statement:
                return [whole]
        for term in bad:
            repair = None
            for targets in self.targets(bad, left, goals, [t.values for t in matched]):
                repair = repair or self.term_repair(version, term, targets)
            if repair is None:
                if len(bad) == 1:
                    return []
                continue
            found.append(repair)
            left = [a for a in left if not any(a is used for used in repair_atoms(repair, left))]
            beside = [t.values[0] for t in terms if t.statement is term.statement and t is not term]
            if beside and repair.gave is not None and all(b is not None for b in beside):
                repair.gave, repair.should = plain(repair.gave + sum(beside)), plain(repair.should + sum(beside))
        return found

    def terms(self, version: Version, wire: int | None = None) -> list[Term] | None:
        """The terms that a variable is the sum of, with their values; None where it is made in another way."""
        wire = version.wire if wire is None else wire
        assert wire is not None
        found: list[Term] = []
        for m in version.moments:
            s = self.worlds[0].moments[m].statement
            how = contribution(s, version.key)
            if how is None and m == version.moments[0] and is_new_meaning(s, version.key):
                how = "set", s.value  # type: ignore[attr-defined]
            if how is None:
                return None
            mode, expression = how
            if mode == "set":
                found = []
            for sign, part in split(expression, -1 if mode == "sub" else 1):
                source = self.at[m].get(bare_key(part) or "")
                if source is not None and source.wire is None and source is not version and source.moments[-1] < m:
                    inner = self.terms(source, version.wire)
                    if inner:
                        found += [
                            dataclasses.replace(t, sign=sign * t.sign, values=signed(t.values, sign)) for t in inner
                        ]
                        continue
                values = [self.term(wire, part, m, world) for world in self.worlds]
                if any(v is None for v in values):
                    if s is not self.worlds[0].stopped:
                        return None
                    found.append(Term(m, s, part, sign, [None for _ in values]))
                else:
                    found.append(Term(m, s, part, sign, [sign * v for v in values]))
        return found

    def term(self, wire: int, expression: ast.expr, m: int, world: World) -> Any:
        """The value of a term, stretched as the sum that it stands in stretches it."""
        found, whole = self.evaluate(expression, m, world), np.shape(world.value(wire))
        if found is not None and found.shape != whole and stretches(found.shape, whole):
            return np.broadcast_to(found, whole)
        return found

    def atoms(self, version: Version, marks: Any) -> list[list[Any]]:
        """The contributions that a wire gets, in each world: one for each gate that uses it."""
        assert version.wire is not None
        found: dict[int, list[Any]] = {}
        for n, mark in enumerate(marks):
            for consumer, part in mark[1].get(version.wire, []):
                held = found.setdefault(consumer, [0.0] * len(marks))
                held[n] = held[n] + np.asarray(part, float)
        return list(found.values())

    def match(self, terms: list[Term], atoms: list[list[Any]]) -> tuple[list[Term], list[list[Any]]]:
        """The terms that are contributions, or sums of some, and the contributions that are left."""
        left, matched = list(atoms), []
        for term in terms:
            for group in subsets(left):
                if self.agree_all(term.values, total(group)):
                    matched.append(term)
                    left = [a for a in left if not any(a is g for g in group)]
                    break
        return matched, left

    def agree_all(self, values: Sequence[Any], should: Sequence[Any]) -> bool:
        return all(self.agree(a, b) for a, b in zip(values, should, strict=True))

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
        names = self.before(term.m, world)
        scope = scope_of(names, *self.names_for(version, term.m))
        for change in changes(term.part, scope, lambda e: self.evaluate(e, term.m, world)):
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
                if all(r is not None and self.agree(term.sign * r, t) for r, t in zip(rest, target[1:], strict=True)):
                    instead = replaced(term.statement, term.part, change.node)
                    gave, should = term.values[0], target[0]
                    return Repair(term.statement, change.kind, change.detail, instead, wire, plain(gave), plain(should))
        return None

    def names_for(self, version: Version, m: int) -> tuple[list[str], list[str]]:
        """The names of forward values and of gradients that a line may use."""
        written = {v.key for v in self.versions}
        gradients = [k for k in self.at[m] if k.isidentifier() and k != version.key]
        names = self.worlds[0].moments[m].before
        if self.worlds[0].moments[m].statement is not self.worlds[0].stopped:
            return self.plain_names(names, written), gradients
        unknown = [k for k in sorted(self.reads[m]) if k not in names and k not in self.worlds[0].space]
        return self.plain_names(names, written), [*gradients, *unknown]

    def plain_names(self, names: Mapping[str, Any], written: set[str]) -> list[str]:
        """The names that are no gradients, of numbers that the forward pass has or of floats."""
        return [
            n
            for n in names
            if n not in written and is_number(names[n]) and (n in self.forward.names or type(names[n]) is not int)
        ]

    def overwritten(self, version: Version, goals: list[Any]) -> Repair | None:
        """`dx = b` where `dx = a` stood before: the first contribution is lost."""
        lost: list[list[Any]] | None = None
        for m in version.moments:
            s = self.worlds[0].moments[m].statement
            how = contribution(s, version.key)
            if how is None:
                return None
            if how[0] == "set" and m != version.moments[0]:
                before = [np.asarray(value_in(w.moments[m].before, version.key), float) for w in self.worlds]
                ends = [np.asarray(self.value(version, w), float) for w in self.worlds]
                if all(b.shape == e.shape for b, e in zip(before, ends, strict=True)) and self.agree_all(
                    [b + e for b, e in zip(before, ends, strict=True)], goals
                ):
                    instead = ast.parse(f"{version.key} += {text_of(how[1])}").body[0]
                    assert version.wire is not None
                    detail = f"= forgets what {version.key} already held, += adds to it"
                    return Repair(s, "fork", detail, instead, version.wire, plain(ends[0]), plain(goals[0]))
                lost = [before] if lost is None else lost
        return None

    def missing(self, version: Version, terms: list[Term], left: list[list[Any]], goals: list[Any]) -> list[Repair]:
        """Every term is right, and yet the sum is not: one is missing, or one stands twice."""
        assert version.wire is not None
        last = terms[-1]
        s = last.statement
        for term in terms:
            others = [t for t in terms if t is not term]
            if (
                others
                and not left
                and self.agree_all([sum(t.values[n] for t in others) for n in range(len(self.worlds))], goals)
            ):
                return [Repair(term.statement, "fork", "this one is added twice", None, version.wire)]
        if not left:
            return []
        for text, factor in self.proportional(version, total(left), last.m):
            added = binary(factor, ast.Mult(), expression_of(text)) if factor is not None else expression_of(text)
            instead = replaced(s, last.part, binary(last.part, ast.Add(), added))
            return [Repair(s, "regularisation", "", instead, version.wire)]
        return [Repair(s, "fork", "the contribution of one use is missing", None, version.wire)]

    def proportional(self, version: Version, rest: list[Any], m: int) -> Iterator[tuple[str, ast.expr | None]]:
        """The name of the value itself, and how many times it is what is missing."""
        name = wire_named(version.key, self.known)
        if name is None or version.wire is None:
            return
        ratios = []
        for world, r in zip(self.worlds, rest, strict=True):
            value = np.asarray(world.value(version.wire), float)
            if value.shape != np.shape(r) or not value.size or not largest(value):
                return
            ratio = float(np.sum(value * r) / np.sum(value * value))
            if not self.agree(ratio * value, r):
                return
            ratios.append(ratio)
        befores = [world.moments[m].before for world in self.worlds]
        for text in befores[0]:
            values = [v for before in befores if isinstance(v := before.get(text), float) and v]
            if len(values) < len(befores):
                continue
            for times in (1, 2, 0.5):
                if all(abs(v * times / r - 1) < 1e-9 for v, r in zip(values, ratios, strict=True) if r):
                    factor = expression_of(text)
                    yield name, factor if times == 1 else binary(constant(times), ast.Mult(), factor)
                    return
        if np.ndim(self.worlds[0].value(version.wire)) == 0 and len(self.worlds) == 1:
            return  # one number is always some multiple of another
        if len({round(r, 9) for r in ratios}) == 1:
            yield name, constant(round(ratios[0], 9))

    # ------------------------------------------------------------------------------------------ groups of statements

    def in_group(self, version: Version, marks: Any) -> Repair | None:
        """The change of one statement, among those that make a variable, that makes it right."""
        steps = self.slice(version)
        goals = self.goals(version, marks)
        if not goals:
            return None
        found: list[tuple[int, int, ast.stmt, Change, bool]] = []
        seen: set[int] = set()
        for m in reversed(steps):
            s = self.worlds[0].moments[m].statement
            if id(s) in seen:
                continue
            seen.add(id(s))
            scope = scope_of(self.before(m, self.worlds[0]), *self.names_for(version, m))
            for change in changed_statements(s, scope, lambda e, m=m: self.evaluate(e, m, self.worlds[0])):  # type: ignore[misc]
                found.append((change.rank, len(found), s, change, False))
        last = version.moments[-1]
        s = self.worlds[0].moments[last].statement
        after = {**self.worlds[0].moments[last].after}
        scope = scope_of(after, *self.names_for(version, last))
        own = expression_of(version.key)
        for change in changes(own, scope, lambda e: self.evaluate(e, last, self.worlds[0], after)):
            if change.kind != "stale":
                found.append((change.rank + 2, len(found), s, change, True))
        for _, _, s, change, appended in sorted(found, key=lambda each: each[:2]):
            self.tried += 1
            if self.tried > self.enough:
                return None
            repair = self.group_repair(version, steps, goals, s, change, appended)
            if repair is not None:
                return repair
        return None

    def group_repair(
        self,
        version: Version,
        steps: list[int],
        goals: dict[int, list[Any]],
        s: ast.stmt,
        change: Change,
        appended: bool,
    ) -> Repair | None:
        possible = dict(goals)
        for n, world in enumerate(self.worlds):
            g = self.rerun(version, steps, world, s, change, appended)
            possible = {k: should for k, should in possible.items() if g is not None and self.agree(g, should[n])}
            if not possible:
                return None
        k = next(iter(possible))
        instead: ast.AST = change.node
        if appended:
            instead = ast.Assign([expression_of(version.key)], change.node)
        gave = self.value(version, self.worlds[0])
        return Repair(s, change.kind, change.detail, instead, k, plain(gave), plain(possible[k][0]))

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

    def unexplained(self, version: Version, marks: Any) -> Repair:
        """A wrong variable for which no known mistake accounts: the term that is no contribution, or the last line."""
        assert version.wire is not None
        s = self.worlds[0].moments[version.moments[-1]].statement
        terms = self.terms(version)
        if self.stops(version) and self.worlds[0].stopped is not None:
            s = self.worlds[0].stopped
        elif terms:
            matched, _ = self.match(terms, self.atoms(version, marks))
            bad = [t for t in terms if t not in matched]
            if bad:
                s = bad[0].statement
                upstream = self.at[bad[0].m].get(bare_key(bad[0].part) or "")
                if upstream is not None and upstream.wire is not None:
                    return Repair(s, "local", f"it hands on {upstream.key} as it is", None, version.wire)
        return Repair(s, "other", "", None, version.wire)


def signed(values: list[Any], sign: int) -> list[Any]:
    return [None if v is None else sign * v for v in values]


def repair_atoms(repair: Repair, left: list[list[Any]]) -> list[list[Any]]:
    """The contributions that a repaired term now is."""
    for group in subsets(left):
        if np.shape(total(group)[0]) == np.shape(repair.should) and np.allclose(total(group)[0], repair.should):
            return group
    return []
