"""What a line of the backward pass can see of what its gradient has to do with."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gatewise._check.comparing import is_number
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_read, wire_named
from gatewise._check.scope import Formula, Scope, formula_behind, formula_of, scope_of
from gatewise._check.trees import expressions_in


def scope_at(
    marking: Marking, names: Mapping[str, Any], version: Version, m: int, e: Callable[[ast.expr], Any]
) -> Scope:
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
