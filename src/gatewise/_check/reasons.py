"""What is said of a wrong gradient that no change of its line makes right, and where the fault may lie."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import Values, largest, total
from gatewise._check.contributions import bare_key
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_read, wire_named
from gatewise._check.scope import SMALL
from gatewise._check.terms import Sum, Term, agree_all, formula_for, scope_at, sum_of
from gatewise._check.trees import binary, constant, expression_of, expressions_in, replaced, simplified
from gatewise._check.wires import Mark
from gatewise._check.worlds import World
from gatewise._circuit import Wire, parents_as_written
from gatewise._syntax import names_in
from gatewise._types import Plain

SHAPES = ("{}", "np.sign({})")  #: what the gradient of a penalty is a multiple of


@dataclass
class Repair:
    """A change that makes a gradient right, of which statement; `after` where it is a line that follows it."""

    statement: ast.stmt
    kind: str
    detail: str
    instead: ast.stmt | None
    goal: int
    gave: Any = None
    should: Any = None
    after: bool = False
    part: ast.expr | None = None  #: the term that is changed
    node: ast.expr | None = None  #: into what


def missing_terms(marking: Marking, version: Version, of: Sum) -> list[Repair]:
    """Every term is right, and yet the sum is not: one is missing, or one stands twice."""
    if not of.left:
        for term in of.terms:
            others = [t for t in of.terms if t is not term]
            rest = [sum(t.values[n] for t in others) for n in range(len(marking.worlds))]
            if others and agree_all(marking, rest, of.goals):
                return [Repair(term.statement, "fork", "this one is added twice", None, version.own)]
        return []
    last = of.terms[-1]
    for added in penalty(marking, version, total(of.left), last.m):
        node = binary(last.part, ast.Add() if last.sign > 0 else ast.Sub(), added)
        told = "The gradient of the regularisation term is missing"
        instead = replaced(last.statement, last.part, node)
        return [Repair(last.statement, "regularisation", told, instead, version.own)]
    gone = [k for k, atom in of.uses.items() if any(atom is each for each in of.left)]
    return [Repair(last.statement, "fork", missing_uses(marking, gone), None, version.own)]


def missing_uses(marking: Marking, wires: Sequence[int]) -> str:
    """Which uses of a value have no contribution, by their lines; not where another function holds them."""
    lines = set() if marking.worlds[0].written else {marking.forward.line_of(k) for k in wires}
    where = [
        f"`{marking.program.text(n)}` (line {n})" for n in sorted(n for n in lines if n) if marking.program.text(n)
    ]
    if not where:
        return "the contribution of one use is missing"
    return f"the contribution of {' and of '.join(where)} is missing"


def too_many(marking: Marking, version: Version, of: Sum) -> list[Repair]:
    """Terms that are no part of the gradient, which is right without them."""
    rest = [sum(t.values[n] for t in of.matched) for n in range(len(marking.worlds))]
    if any(v is None for t in of.bad for v in t.values) or not agree_all(marking, rest, of.goals):
        return []
    return [
        Repair(t.statement, "regularisation", told, None, version.own)
        if (told := lone_penalty(marking, version, t))
        else Repair(t.statement, "fork", f"`{ast.unparse(t.part)}` is no part of it", None, version.own)
        for t in of.bad
    ]


def unexplained(marking: Marking, version: Version, marks: Sequence[Mark]) -> Repair:
    """A wrong variable for which no known mistake accounts: the term that is no contribution, or the last line."""
    s = marking.worlds[0].moments[version.moments[-1]].statement
    of = sum_of(marking, version, marks)
    if marking.stops(version) and marking.worlds[0].stopped is not None:
        s = marking.worlds[0].stopped
    elif of is not None and of.bad and version.own not in marking.forward.still:
        s = of.bad[0].statement
        upstream = marking.at[of.bad[0].m].get(bare_key(of.bad[0].part) or "")
        if upstream is not None and upstream.wire is not None:
            return Repair(s, "local", f"it hands on {upstream.key} as it is", None, version.own)
    return Repair(s, "other", advice(marking, version), None, version.own)


def advice(marking: Marking, version: Version) -> str:
    """Where to look, for a wrong gradient that no known mistake explains."""
    name = wire_named(version.key, marking.known)
    if version.own in marking.forward.still:
        taken = next((s for s in marking.program.forward if name in keys_read(s) and chooses(s)), None)
        if taken is None:
            return f": the output does not move along {name} here, so that its gradient is 0"
        text = marking.program.text(taken.lineno)
        return f": `{text}` (line {taken.lineno}) did not take {name}, and the gradient goes to what it took alone"
    used = {
        marking.forward.line_of(k): None
        for k, wire in enumerate(marking.forward.wires)
        if is_made_of(marking, wire, version)
    }
    lines = [n for n in used if n and marking.program.text(n)]
    if name is None or not lines:
        return ""
    where = " and of ".join(f"`{marking.program.text(n)}` (line {n})" for n in lines[:3])
    return f": check the derivative of {where} along {name}"


def is_made_of(marking: Marking, wire: Wire, version: Version) -> bool:
    """Whether a wire is made of a variable's, with no other between."""
    own = marking.forward.wires[version.own]
    return any(each is own for each in parents_as_written(wire))


def chooses(s: ast.stmt) -> bool:
    """Whether a statement takes the larger or the smaller of some values."""
    calls = (e.func for e in ast.walk(s) if isinstance(e, ast.Call))
    return any(isinstance(f, ast.Name) and f.id in ("max", "min") for f in calls)


def left_out(marking: Marking, version: Version) -> Repair | None:
    """A gradient that is right but for a small number of the forward pass: the 1e-7 of `np.log(p + 1e-7)`."""
    s = marking.worlds[0].moments[version.moments[-1]].statement
    for number in small_numbers(marking):
        if all(is_right_without(marking, version, number, world) for world in marking.worlds[:1]):
            text = marking.program.text(number.lineno)
            told = f"it leaves out the {ast.unparse(number)} of `{text}` (line {number.lineno})"
            return Repair(s, "eps", told, None, version.own)
    return None


def small_numbers(marking: Marking) -> list[ast.Constant]:
    """The small numbers of the forward pass that keep a value off an edge."""
    statements = [*(s for s in marking.program.statements if s in marking.program.forward), *marking.worlds[0].written]
    constants = (e for e in expressions_in(statements) if isinstance(e, ast.Constant))
    return [e for e in constants if isinstance(e.value, float) and 0 < e.value <= SMALL]


def is_right_without(marking: Marking, version: Version, number: ast.Constant, world: World) -> bool:
    """Whether a variable is the gradient of what the forward pass would be with 0 in a number's place."""
    try:
        forward = world.without(number) if world.without is not None else None
    except Exception:
        return False
    if forward is None or len(forward.wires) != len(world.forward.wires):
        return False
    there = dataclasses.replace(world, forward=forward)
    return marking.right(marking.value(version, world), version.own, there.gradients(marking.cuts(world)), world)


ABSOLUTE = frozenset({"abs", "absolute", "fabs", "norm"})


def lone_penalty(marking: Marking, version: Version, term: Term) -> str:
    """What is said of a term that is the gradient of a penalty, where the loss has none."""
    name = wire_named(version.key, marking.known)
    pairs = list(zip(marking.worlds, term.values, strict=True))
    if (
        name is None
        or np.size(pairs[0][1]) < 2
        or not any(multiples(marking, version, shape, pairs) for shape in SHAPES)
    ):
        return ""
    text = ast.unparse(term.part)
    return (
        f"A penalty on {name} stands in the gradient, `{text}`, and not in the value that is differentiated: it "
        "belongs into both or neither"
    )


def multiples(
    marking: Marking, version: Version, shape: str, pairs: Sequence[tuple[World, Plain]]
) -> list[float] | None:
    """How many times a value itself, or its sign, is each of these; None where one is no multiple of it."""
    found = []
    for world, r in pairs:
        value = np.asarray(world.value(version.own), float)
        value = np.sign(value) if shape != "{}" else value
        if value.shape != np.shape(r) or not value.size or not largest(value):
            return None
        ratio = float(np.sum(value * r) / np.sum(value * value))
        if not marking.agree(ratio * value, r):
            return None
        found.append(ratio)
    return found


def penalty(marking: Marking, version: Version, rest: Values, m: int) -> Iterator[ast.expr]:
    """What is missing as a multiple of the value itself, or of its sign, by numbers that the forward pass has."""
    name = wire_named(version.key, marking.known)
    if name is None or version.wire is None or not all(name in w.moments[m].before for w in marking.worlds):
        return
    if np.ndim(rest[0]) == 0 and len(marking.worlds) < 3:
        return  # one number is always some multiple of another
    absolute = formula_for(marking, version).calls & ABSOLUTE
    for shape in SHAPES if absolute else SHAPES[:1]:
        ratios = multiples(marking, version, shape, list(zip(marking.worlds, rest, strict=True)))
        for strength in strengths(marking, version, m) if ratios else ():
            values = [marking.evaluate(strength, m, world) for world in marking.worlds]
            if all(
                v is not None and not v.ndim and abs(v - r) <= 1e-9 * abs(r)
                for v, r in zip(values, ratios or (), strict=True)
            ):
                yield simplified(binary(strength, ast.Mult(), expression_of(shape.format(name))))


def strengths(marking: Marking, version: Version, m: int) -> Iterator[ast.expr]:
    """Numbers that a penalty may be multiplied by: reg, 2 * reg, reg / m, and those that are written out."""
    scope = scope_at(
        marking, marking.worlds[0].moments[m].before, version, m, lambda e: marking.evaluate(e, m, marking.worlds[0])
    )
    behind = marking.forward.behind
    names = [
        n
        for n, value in scope.values.items()
        if np.ndim(value) == 0
        and n in scope.wires
        and not any(version.wire in behind[k] for k in marking.forward.names.get(n, ()))
    ]  # a strength of regularisation is no function of what it holds back
    written = factors_in(scope.formula.statements)
    for size in (None, *(text for text in scope.sizes if scope.own not in names_in(expression_of(text)))):
        for base in (*map(expression_of, names), *map(ast.Constant, sorted({1, *written}))):
            for times in (1, 2, 0.5):
                made = base if times == 1 else binary(constant(times), ast.Mult(), base)
                yield simplified(made if size is None else binary(made, ast.Div(), expression_of(size)))


def factors_in(statements: Sequence[ast.stmt]) -> set[float]:
    """The numbers that are written out, but 0."""
    constants = [e.value for e in expressions_in(statements) if isinstance(e, ast.Constant)]
    return {value for value in constants if isinstance(value, (int, float)) and value}
