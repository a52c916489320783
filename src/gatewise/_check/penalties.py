"""Penalties that stand in one of loss and gradient, and not in the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import numpy as np

from gatewise._check.comparing import Values, largest
from gatewise._check.marking import Marking, Version
from gatewise._check.names import wire_named
from gatewise._check.seeing import formula_for, scope_at
from gatewise._check.terms import Term
from gatewise._check.trees import binary, constant, expression_of, expressions_in, names_in, simplified
from gatewise._check.worlds import World
from gatewise._types import Plain

SHAPES = ("{}", "np.sign({})")  #: what the gradient of a penalty is a multiple of


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
