"""The sums that gradients are: the terms of a variable, and the contributions that they should be."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import Value, Values, is_number, stretches, subsets, total
from gatewise._check.contributions import Contribution, bare_key, contribution, is_new_meaning, terms_in
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_read, wire_named
from gatewise._check.scope import Formula, Scope, formula_behind, formula_of, scope_of
from gatewise._check.trees import expressions_in
from gatewise._check.wires import Mark
from gatewise._check.worlds import World
from gatewise._types import Named, Plain


@dataclass(eq=False)
class Term:
    """One term of the sum that a variable is: where it stands, and its value in each world."""

    m: int
    statement: ast.stmt
    part: ast.expr
    sign: int
    values: list[Any]  #: None where it raises


@dataclass
class Sum:
    """A variable as the sum of its terms, beside the contributions that its gradient is the sum of."""

    terms: list[Term]
    uses: Mapping[int, Values]  #: the contribution of each wire that is made of its own
    goals: Values  #: all of them together
    matched: list[Term]  #: the terms that are contributions, or sums of some
    left: list[Values]  #: the contributions that are in no term

    @property
    def bad(self) -> list[Term]:
        return [t for t in self.terms if t not in self.matched]

    def of_one_line(self) -> ast.stmt | None:
        """The statement that all wrong terms stand in, where it is one."""
        first, *others = self.bad
        return first.statement if all(t.statement is first.statement for t in others) else None


def sum_of(marking: Marking, version: Version, marks: Sequence[Mark]) -> Sum | None:
    """A variable as a sum; None where it is made in another way."""
    terms = terms_of(marking, version)
    if terms is None:
        return None
    k = version.own
    zeros = [np.zeros(np.shape(world.value(k))) for world in marking.worlds]
    goals: Values = [mark.gradients.get(k, zero) for mark, zero in zip(marks, zeros, strict=True)]
    uses = uses_of(version, marks)
    matched, left = matched_terms(marking, terms, list(uses.values()))
    return Sum(terms, uses, goals, matched, left)


def terms_of(marking: Marking, version: Version, wire: int | None = None) -> list[Term] | None:
    """The terms that a variable is the sum of, with their values; None where it is made in another way."""
    wire = version.wire if wire is None else wire
    assert wire is not None
    found: list[Term] = []
    for m in version.moments:
        s = marking.worlds[0].moments[m].statement
        how = contribution(s, version.key)
        if how is None and m == version.moments[0] and isinstance(s, ast.Assign) and is_new_meaning(s, version.key):
            how = Contribution(s.value)
        if how is None:
            return None
        if not how.adds:
            found = []
        for sign, part in terms_in(how.value, how.sign):
            source = marking.at[m].get(bare_key(part) or "")
            if source is not None and source.wire is None and source is not version and source.moments[-1] < m:
                inner = terms_of(marking, source, wire)
                if inner:
                    found += [dataclasses.replace(t, sign=sign * t.sign, values=signed(t.values, sign)) for t in inner]
                    continue
            values: list[Any] = [term_value(marking, wire, part, m, world) for world in marking.worlds]
            if any(v is None for v in values):
                if s is not marking.worlds[0].stopped:
                    return None
                found.append(Term(m, s, part, sign, [None for _ in values]))
            else:
                found.append(Term(m, s, part, sign, [sign * v for v in values]))
    return found


def term_value(marking: Marking, wire: int, expression: ast.expr, m: int, world: World) -> np.ndarray | None:
    """The value of a term, stretched as the sum that it stands in stretches it."""
    found: np.ndarray | None = marking.evaluate(expression, m, world)
    whole = np.shape(world.value(wire))
    if found is not None and found.shape != whole and stretches(found.shape, whole):
        return np.broadcast_to(found, whole)
    return found


def uses_of(version: Version, marks: Sequence[Mark]) -> dict[int, list[Value]]:
    """The contributions that a wire gets, in each world: one from each wire that is made of it."""
    found: dict[int, Values] = {}
    for n, mark in enumerate(marks):
        for consumer, part in mark.parts.get(version.own, []):
            held = found.setdefault(consumer, [0.0] * len(marks))
            held[n] = held[n] + np.asarray(part, float)
    return found


def matched_terms(marking: Marking, terms: list[Term], atoms: list[Values]) -> tuple[list[Term], list[Values]]:
    """The terms that are contributions, or sums of some, and the contributions that are left."""
    left, matched = list(atoms), []
    for term in terms:
        for group in subsets(left):
            if agree_all(marking, term.values, total(group)):
                matched.append(term)
                left = [a for a in left if not any(a is g for g in group)]
                break
    return matched, left


def agree_all(marking: Marking, values: Sequence[Plain], should: Sequence[Plain]) -> bool:
    return all(marking.agree(a, b) for a, b in zip(values, should, strict=True))


def signed(values: Sequence[Value | None], sign: int) -> list[Value | None]:
    return [None if v is None else sign * v for v in values]


def scope_at(marking: Marking, names: Named, version: Version, m: int, e: Callable[[ast.expr], object]) -> Scope:
    """What a line can see of what its gradient has to do with, and how the forward pass writes its differences."""
    formula, line = formula_for(marking, version), marking.worlds[0].moments[m].statement
    space = marking.worlds[0].space
    outer = {n: space.get(n) for n in formula.names or () if n not in names}
    around = {n: x for n, x in outer.items() if isinstance(x, (int, float)) and type(x) is not bool}
    wires, gradients = names_for(marking, version, m)
    related = [n for n in (*wires, *around) if n in keys_read(line) or formula.reads(n)]
    found = scope_of({**around, **names}, related, gradients, line, formula)
    found.forward = frozenset(
        ast.unparse(each)
        for each in expressions_in(marking.program.forward)
        if isinstance(each, ast.BinOp) and isinstance(each.op, ast.Sub)
    )
    found.shape, found.value_of = np.shape(marking.worlds[0].value(version.own)), e
    own = wire_named(version.key, marking.known)
    found.own = own if own is not None and own in names and np.shape(names[own]) == found.shape else None
    return found


def formula_for(marking: Marking, version: Version) -> Formula:
    """The forward statements that a gradient goes back through, from the values whose gradients the student has."""
    name, world = wire_named(version.key, marking.known), marking.worlds[0]
    if world.written:
        return dataclasses.replace(formula_of(world.written), names=None)
    if name is None:
        return Formula()
    wires = {v.wire for v in marking.versions if v is not version} | set(marking.fixed.values())
    stops = {key for key, held in marking.forward.names.items() if wires & set(held)} - {name}
    forward = [s for s in marking.program.statements if s in marking.program.forward]
    return formula_behind(forward, name, stops)


def names_for(marking: Marking, version: Version, m: int) -> tuple[list[str], list[str]]:
    """The names of forward values and of gradients that a line may use."""
    written = {v.key for v in marking.versions}
    held = {k: u for k, u in marking.at[m].items() if k.isidentifier() and k != version.key}
    gradients = [k for k, u in held.items() if k in marking.reads[m] or hands(marking, u, version)]
    names = marking.worlds[0].moments[m].before
    if marking.worlds[0].moments[m].statement is not marking.worlds[0].stopped:
        return plain_names(marking, names, written), gradients
    unknown = [k for k in sorted(marking.reads[m]) if k not in names and k not in marking.worlds[0].space]
    return plain_names(marking, names, written), [*gradients, *unknown]


def hands(marking: Marking, upstream: Version, version: Version) -> bool:
    """Whether a gradient may be handed on by the line of another: that of a value made of the other's."""
    return upstream.wire is None or version.wire in marking.forward.behind[upstream.wire]


def plain_names(marking: Marking, names: Mapping[str, object], written: set[str]) -> list[str]:
    """The names that are no gradients, of numbers that the forward pass has or of floats."""
    return [
        n
        for n in names
        if n not in written and is_number(names[n]) and (n in marking.forward.names or type(names[n]) is not int)
    ]
