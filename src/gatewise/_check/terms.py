"""The sums that gradients are: the terms of a variable, and the contributions that they should be."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import is_number, stretches, subsets, total
from gatewise._check.contributions import bare_key, contribution, is_new_meaning, split
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_read, wire_named
from gatewise._check.scope import Formula, Scope, formula_behind, formula_of, scope_of
from gatewise._check.trees import expressions_in
from gatewise._check.worlds import World


@dataclass(eq=False)
class Term:
    """One term of the sum that a variable is: where it stands, and its value in each world."""

    m: int
    statement: ast.stmt
    part: ast.expr
    sign: int
    values: list[Any]


class Terms(Marking):
    """The sums that the gradients of a program are, and what their lines can see."""

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

    def uses(self, version: Version, marks: Any) -> dict[int, list[Any]]:
        """The contributions that a wire gets, in each world: one from each wire that is made of it."""
        assert version.wire is not None
        found: dict[int, list[Any]] = {}
        for n, mark in enumerate(marks):
            for consumer, part in mark[1].get(version.wire, []):
                held = found.setdefault(consumer, [0.0] * len(marks))
                held[n] = held[n] + np.asarray(part, float)
        return found

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

    # ------------------------------------------------------------------------------------------ what a line can see

    def scope(self, names: Mapping[str, Any], version: Version, m: int, e: Callable[[ast.expr], Any]) -> Scope:
        """What a line can see of what its gradient has to do with, and how the forward pass writes its differences."""
        assert version.wire is not None
        formula, line = self.formula(version), self.worlds[0].moments[m].statement
        space = self.worlds[0].space
        around = {n: space[n] for n in formula.names or () if type(space.get(n)) in (int, float) and n not in names}
        wires, gradients = self.names_for(version, m)
        related = [n for n in (*wires, *around) if n in keys_read(line) or formula.reads(n)]
        found = scope_of({**around, **names}, related, gradients, line, formula)
        found.forward = frozenset(
            ast.unparse(each)
            for each in expressions_in(self.program.forward)
            if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Sub)
        )
        found.shape, found.value_of = np.shape(self.worlds[0].value(version.wire)), e
        own = wire_named(version.key, self.known)
        found.own = own if own is not None and own in names and np.shape(names[own]) == found.shape else None
        return found

    def formula(self, version: Version) -> Formula:
        """The forward statements that a gradient goes back through, from the values whose gradients the student has."""
        name, world = wire_named(version.key, self.known), self.worlds[0]
        if world.written:
            return dataclasses.replace(formula_of(world.written), names=None)
        if name is None:
            return Formula()
        wires = {v.wire for v in self.versions if v is not version} | set(self.fixed.values())
        stops = {key for key, held in self.forward.names.items() if wires & set(held)} - {name}
        forward = [s for s in self.program.statements if s in self.program.forward]
        return formula_behind(forward, name, stops)

    def names_for(self, version: Version, m: int) -> tuple[list[str], list[str]]:
        """The names of forward values and of gradients that a line may use."""
        written = {v.key for v in self.versions}
        held = {k: u for k, u in self.at[m].items() if k.isidentifier() and k != version.key}
        gradients = [k for k, u in held.items() if k in self.reads[m] or self.hands(u, version)]
        names = self.worlds[0].moments[m].before
        if self.worlds[0].moments[m].statement is not self.worlds[0].stopped:
            return self.plain_names(names, written), gradients
        unknown = [k for k in sorted(self.reads[m]) if k not in names and k not in self.worlds[0].space]
        return self.plain_names(names, written), [*gradients, *unknown]

    def hands(self, upstream: Version, version: Version) -> bool:
        """Whether a gradient may be handed on by the line of another: that of a value made of the other's."""
        return upstream.wire is None or version.wire in self.forward.behind[upstream.wire]

    def plain_names(self, names: Mapping[str, Any], written: set[str]) -> list[str]:
        """The names that are no gradients, of numbers that the forward pass has or of floats."""
        return [
            n
            for n in names
            if n not in written and is_number(names[n]) and (n in self.forward.names or type(names[n]) is not int)
        ]


def signed(values: list[Any], sign: int) -> list[Any]:
    return [None if v is None else sign * v for v in values]
