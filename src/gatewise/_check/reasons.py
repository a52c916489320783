"""What is said of a wrong gradient that no change of its line makes right, and where the fault may lie."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._check.comparing import is_number, largest, total
from gatewise._check.contributions import bare_key
from gatewise._check.marking import Version
from gatewise._check.names import keys_read, keys_written, wire_named
from gatewise._check.running import same
from gatewise._check.scope import SMALL
from gatewise._check.terms import Term, Terms
from gatewise._check.trees import binary, constant, expression_of, expressions_in, names_in, replaced, simplified
from gatewise._check.worlds import World
from gatewise._circuit import Wire, parents_as_written


@dataclass
class Repair:
    """A change that makes a gradient right, of which statement; `after` where it is a line that follows it."""

    statement: ast.stmt
    kind: str
    detail: str
    instead: ast.AST | None
    goal: int
    gave: Any = None
    should: Any = None
    after: bool = False
    part: ast.expr | None = None  #: the term that is changed
    node: ast.expr | None = None  #: into what


SHAPES = ("{}", "np.sign({})")  #: what the gradient of a penalty is a multiple of

ABSOLUTE = frozenset({"abs", "absolute", "fabs", "norm"})


class Reasons(Terms):
    """Says why the wrong gradients of a program are wrong."""

    def missing(
        self,
        version: Version,
        terms: list[Term],
        left: list[list[Any]],
        goals: list[Any],
        uses: Mapping[int, list[Any]],
    ) -> list[Repair]:
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
        for added in self.penalty(version, total(left), last.m):
            op = ast.Add() if last.sign > 0 else ast.Sub()
            node = binary(last.part, op, added)
            told = "The gradient of the regularisation term is missing"
            return [Repair(s, "regularisation", told, replaced(s, last.part, node), version.wire)]
        gone = [k for k, atom in uses.items() if any(atom is each for each in left)]
        return [Repair(s, "fork", self.missing_uses(gone), None, version.wire)]

    def missing_uses(self, wires: Sequence[int]) -> str:
        """Which uses of a value have no contribution, by their lines; not where another function holds them."""
        lines = set() if self.worlds[0].written else {self.forward.line_of(k) for k in wires}
        where = [f"`{self.program.text(n)}` (line {n})" for n in sorted(n for n in lines if n) if self.program.text(n)]
        if not where:
            return "the contribution of one use is missing"
        return f"the contribution of {' and of '.join(where)} is missing"

    def too_many(self, version: Version, bad: list[Term], matched: list[Term], goals: list[Any]) -> list[Repair]:
        """Terms that are no part of the gradient, which is right without them."""
        rest = [sum(t.values[n] for t in matched) for n in range(len(self.worlds))]
        if any(v is None for t in bad for v in t.values) or not self.agree_all(rest, goals):
            return []
        assert version.wire is not None
        return [
            Repair(t.statement, "regularisation", told, None, version.wire)
            if (told := self.lone_penalty(version, t))
            else Repair(t.statement, "fork", f"`{ast.unparse(t.part)}` is no part of it", None, version.wire)
            for t in bad
        ]

    def lone_penalty(self, version: Version, term: Term) -> str:
        """What is said of a term that is the gradient of a penalty, where the loss has none."""
        name = wire_named(version.key, self.known)
        pairs = list(zip(self.worlds, term.values, strict=True))
        if (
            name is None
            or np.size(pairs[0][1]) < 2
            or not any(self.multiples(version, shape, pairs) for shape in SHAPES)
        ):
            return ""
        text = ast.unparse(term.part)
        return (
            f"A penalty on {name} stands in the gradient, `{text}`, and not in the value that is differentiated: it "
            "belongs into both or neither"
        )

    def multiples(self, version: Version, shape: str, pairs: Sequence[tuple[World, Any]]) -> list[float] | None:
        """How many times a value itself, or its sign, is each of these; None where one is no multiple of it."""
        assert version.wire is not None
        found = []
        for world, r in pairs:
            value = np.asarray(world.value(version.wire), float)
            value = np.sign(value) if shape != "{}" else value
            if value.shape != np.shape(r) or not value.size or not largest(value):
                return None
            ratio = float(np.sum(value * r) / np.sum(value * value))
            if not self.agree(ratio * value, r):
                return None
            found.append(ratio)
        return found

    def penalty(self, version: Version, rest: list[Any], m: int) -> Iterator[ast.expr]:
        """What is missing as a multiple of the value itself, or of its sign, by numbers that the forward pass has."""
        name = wire_named(version.key, self.known)
        if name is None or version.wire is None or not all(name in w.moments[m].before for w in self.worlds):
            return
        if np.ndim(rest[0]) == 0 and len(self.worlds) < 3:
            return  # one number is always some multiple of another
        absolute = self.formula(version).calls & ABSOLUTE
        for shape in SHAPES if absolute else SHAPES[:1]:
            ratios = self.multiples(version, shape, list(zip(self.worlds, rest, strict=True)))
            for strength in self.strengths(version, m) if ratios else ():
                values = [self.evaluate(strength, m, world) for world in self.worlds]
                if all(
                    v is not None and not v.ndim and abs(v - r) <= 1e-9 * abs(r)
                    for v, r in zip(values, ratios or (), strict=True)
                ):
                    yield simplified(binary(strength, ast.Mult(), expression_of(shape.format(name))))

    def strengths(self, version: Version, m: int) -> Iterator[ast.expr]:
        """Numbers that a penalty may be multiplied by: reg, 2 * reg, reg / m, and those that are written out."""
        scope = self.scope(self.worlds[0].moments[m].before, version, m, lambda e: self.evaluate(e, m, self.worlds[0]))
        behind = self.forward.behind
        names = [
            n
            for n, value in scope.values.items()
            if np.ndim(value) == 0
            and n in scope.wires
            and not any(version.wire in behind[k] for k in self.forward.names.get(n, ()))
        ]  # a strength of regularisation is no function of what it holds back
        written = factors_in(scope.formula.statements)
        for size in (None, *(text for text in scope.sizes if scope.own not in names_in(expression_of(text)))):
            for base in (*map(expression_of, names), *map(ast.Constant, sorted({1, *written}))):
                for times in (1, 2, 0.5):
                    made = base if times == 1 else binary(constant(times), ast.Mult(), base)
                    yield simplified(made if size is None else binary(made, ast.Div(), expression_of(size)))

    # ------------------------------------------------------------------------ values that are not what they were

    def changed_since(self, version: Version, marks: Any) -> Repair | None:
        """A line that would be right if a value were still what the forward pass used."""
        assert version.wire is not None
        for m in version.moments:
            for name in sorted(self.reads[m]):
                by = self.line_that_changed(name, m)
                if by is None:
                    continue
                values = [self.with_earlier(version, name, world) for world in self.worlds]
                if all(
                    v is not None and self.right(v, version.wire, mark, w)
                    for v, mark, w in zip(values, marks, self.worlds, strict=True)
                ):
                    s = self.worlds[0].moments[m].statement
                    return Repair(
                        s,
                        "stale",
                        f"{name} after line {by} has changed it: the forward pass used what it was before",
                        None,
                        version.wire,
                    )
        return None

    def line_that_changed(self, name: str, m: int) -> int | None:
        """The line that last changed a value of the forward pass, before a moment of the backward pass."""
        world = self.worlds[0]
        if not is_number(held := self.forward_value(name, world)) or self.agree(
            world.moments[m].before.get(name), held
        ):
            return None
        lines = [
            moment.statement.lineno
            for moment in world.moments[:m]
            if moment.statement not in self.program.forward and unlike(moment.before.get(name), moment.after.get(name))
        ]
        return lines[-1] if lines else None

    def forward_value(self, name: str, world: World) -> Any:
        """What a name held when the forward pass was done with it."""
        if name not in self.known:
            return None
        held = world.moments[0].before.get(name)
        for moment in world.moments:
            if moment.statement in self.program.forward and name in keys_written(moment.statement):
                held = moment.after.get(name)
        return held

    def with_earlier(self, version: Version, name: str, world: World) -> Any:
        """What a variable would be if a name still held what the forward pass used."""
        return self.rerun(version, version.moments, world, given={name: self.forward_value(name, world)})

    # --------------------------------------------------------------------------- small numbers that are left out

    def left_out(self, version: Version) -> Repair | None:
        """A gradient that is right but for a small number of the forward pass: the 1e-7 of `np.log(p + 1e-7)`."""
        assert version.wire is not None
        s = self.worlds[0].moments[version.moments[-1]].statement
        for number in self.small_numbers():
            if all(self.is_right_without(version, number, world) for world in self.worlds[:1]):
                text = self.program.text(number.lineno)
                told = f"it leaves out the {ast.unparse(number)} of `{text}` (line {number.lineno})"
                return Repair(s, "eps", told, None, version.wire)
        return None

    def small_numbers(self) -> list[ast.Constant]:
        """The small numbers of the forward pass that keep a value off an edge."""
        statements = [*(s for s in self.program.statements if s in self.program.forward), *self.worlds[0].written]
        constants = (e for e in expressions_in(statements) if isinstance(e, ast.Constant))
        return [e for e in constants if isinstance(e.value, float) and 0 < e.value <= SMALL]

    def is_right_without(self, version: Version, number: ast.Constant, world: World) -> bool:
        """Whether a variable is the gradient of what the forward pass would be with 0 in a number's place."""
        assert version.wire is not None
        try:
            forward = world.record(number) if world.record is not None else None
        except Exception:
            return False
        if forward is None or len(forward.wires) != len(world.forward.wires):
            return False
        there = dataclasses.replace(world, forward=forward)
        return self.right(self.value(version, world), version.wire, there.gradients(self.cuts(world)), world)

    # ------------------------------------------------------------------------------------------------- no known reason

    def unexplained(self, version: Version, marks: Any) -> Repair:
        """A wrong variable for which no known mistake accounts: the term that is no contribution, or the last line."""
        assert version.wire is not None
        s = self.worlds[0].moments[version.moments[-1]].statement
        terms = self.terms(version)
        if self.stops(version) and self.worlds[0].stopped is not None:
            s = self.worlds[0].stopped
        elif terms:
            matched, _ = self.match(terms, list(self.uses(version, marks).values()))
            bad = [t for t in terms if t not in matched]
            if bad and version.wire not in self.forward.still:
                s = bad[0].statement
                upstream = self.at[bad[0].m].get(bare_key(bad[0].part) or "")
                if upstream is not None and upstream.wire is not None:
                    return Repair(s, "local", f"it hands on {upstream.key} as it is", None, version.wire)
        return Repair(s, "other", self.advice(version), None, version.wire)

    def advice(self, version: Version) -> str:
        """Where to look, for a wrong gradient that no known mistake explains."""
        assert version.wire is not None
        name = wire_named(version.key, self.known)
        if version.wire in self.forward.still:
            taken = next((s for s in self.program.forward if name in keys_read(s) and chooses(s)), None)
            if taken is None:
                return f": the output does not move along {name} here, so that its gradient is 0"
            text = self.program.text(taken.lineno)
            return f": `{text}` (line {taken.lineno}) did not take {name}, and the gradient goes to what it took alone"
        used = {
            self.forward.line_of(k): None for k, wire in enumerate(self.forward.wires) if self.is_made_of(wire, version)
        }
        lines = [n for n in used if n and self.program.text(n)]
        if name is None or not lines:
            return ""
        where = " and of ".join(f"`{self.program.text(n)}` (line {n})" for n in lines[:3])
        return f": check the derivative of {where} along {name}"

    def is_made_of(self, wire: Wire, version: Version) -> bool:
        """Whether a wire is made of a variable's, with no other between."""
        assert version.wire is not None
        own = self.forward.wires[version.wire]
        return any(each is own for each in parents_as_written(wire))


def factors_in(statements: Sequence[ast.stmt]) -> set[float]:
    """The numbers that are written out, but 0."""
    constants = [e.value for e in expressions_in(statements) if isinstance(e, ast.Constant)]
    return {value for value in constants if isinstance(value, (int, float)) and value}


def unlike(a: Any, b: Any) -> bool:
    """Whether a name holds another value than it did."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return not same(a, b)
    return a is not b


def chooses(s: ast.stmt) -> bool:
    """Whether a statement takes the larger or the smaller of some values."""
    calls = (e.func for e in ast.walk(s) if isinstance(e, ast.Call))
    return any(isinstance(f, ast.Name) and f.id in ("max", "min") for f in calls)
