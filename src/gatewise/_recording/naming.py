"""Names for the wires of a run: the user's where there is one, ours for the others."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from types import CodeType

from gatewise._circuit import (
    Expr,
    Input,
    SourcedWire,
    Where,
    Wire,
    holding,
)
from gatewise._recording.functions import normalised
from gatewise._recording.places import Statement, expression_at

RESERVED = frozenset({*keyword.kwlist, "np", "math", "grads", "abs", "bool"})


UNMOVED = frozenset({*keyword.kwlist, "np", "math"})  # what printed code needs for itself


def made_by(holder: SourcedWire) -> Expr:
    assert holder.step is not None
    return holder.step


def where_of(holder: SourcedWire) -> Where:
    where = made_by(holder).where
    assert where is not None
    return where


def used_names(code: CodeType | None) -> set[str]:
    """Every name the user's function uses: ours keep out of their way."""
    if code is None:
        return set()
    return {*code.co_varnames, *code.co_names, *code.co_freevars, *code.co_cellvars}


class Namer:
    """Gives every wire one name: the user's where there is one, numbered when bound again, a made-up one otherwise."""

    def __init__(self, inputs: Sequence[Input], used: set[str]) -> None:
        self.names: dict[Wire, str] = {i.wire: i.name for i in inputs}
        self.chosen: set[Wire] = set(self.names)
        self.used = used
        self.taken = set(self.names.values()) | {i.parameter for i in inputs}
        self.counts: dict[str, int] = {}

    def free(self, base: str, *, users: bool = False, first: int = 1) -> str:
        """The first of base, base_2, base_3, ... that nobody has; a user's own binding may have the user's name."""
        base = normalised(base)
        number = max(first, self.counts.get(base, 0) + 1)
        while True:
            name = base if number == 1 else f"{base}_{number}"
            mine = users and name == base and name not in UNMOVED
            if name not in self.taken and (mine or (name not in RESERVED and name not in self.used)):
                break
            number += 1
        self.counts[base] = number
        self.taken.add(name)
        return name

    def stage(
        self,
        statement: Statement | None,
        group: Sequence[SourcedWire],
        outputs: Mapping[Wire, list[Wire]],
        output: Wire,
        function: str,
        bound: Mapping[str, Wire],
    ) -> str:
        """Name the wires that a stage's targets are bound to; return the stage's name."""
        if bound:
            names = [self.give(wire, name, True) for name, wire in bound.items()]
            return names[0]
        root = root_of(statement, group)
        parts, users = self.target_names(statement, root is holding(output), function)
        ports = outputs.get(root, [])
        for wire in ports:
            k = wire.operands[0]
            self.give(wire, parts[k] if len(parts) > 1 and k < len(parts) else f"{parts[0]}_{k}", users)
        name = self.names[ports[0]] if ports else self.give(root, "_".join(parts), users)
        return name

    def inner(self, stage: str, wires: Sequence[Wire]) -> None:
        """Name the other wires of a stage, once every stage has its name."""
        for wire in wires:
            if wire not in self.names:
                self.names[wire] = self.numbered(stage)

    def numbered(self, name: str) -> str:
        """The next made-up name of an inner wire of a stage."""
        number = self.counts.get(f"{name}_", 0) + 1
        while f"{name}_{number}" in self.taken or f"{name}_{number}" in self.used:
            number += 1
        self.counts[f"{name}_"] = number
        self.taken.add(f"{name}_{number}")
        return f"{name}_{number}"

    def target_names(self, statement: Statement | None, is_output: bool, function: str) -> tuple[list[str], bool]:
        """What a stage's wires are called before numbering, and whether the user chose it."""
        target = statement.target if statement else None
        if target and all(part.isidentifier() for part in target.split(",")):
            return target.split(","), True
        if is_output or (statement is not None and statement.returns):
            return [function if function.isidentifier() and function not in self.taken | self.used else "out"], True
        return ["v"], False

    def give(self, wire: Wire, base: str, users: bool) -> str:
        """Name one wire."""
        self.names[wire] = self.free(base, users=users)
        if users:
            self.chosen.add(wire)
        return self.names[wire]


def root_of(statement: Statement | None, group: Sequence[SourcedWire]) -> SourcedWire:
    """The step whose value the statement's target is bound to."""
    if statement is not None:
        for holder in reversed(group):
            place = where_of(holder).place
            if place and expression_at(*place[0]) is statement.value:
                return holder
    return group[-1]
