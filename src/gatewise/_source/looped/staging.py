"""Stages cut where a loop begins and ends inside a statement, and what the values of a round are called there."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from gatewise._circuit import FrozenCircuit, Repeat, Stage, Wire, verify
from gatewise._recording import Statement, places_of, statement_at
from gatewise._source.looped.gathering import Lists


def cut_stages(
    circuit: FrozenCircuit, repeats: Sequence[Repeat], lists: Lists
) -> tuple[FrozenCircuit, dict[Wire, str], dict[Wire, str]]:
    """The circuit with every stage in one round, or in none, and by the wire what a loop's own values are called.

    The last has the names of what loops take from arrays, which need no line of their own.

    What makes an array of a list is no stage of its own.
    """
    of = rounds_of(repeats)
    gone = {found.wire for found in lists.values()}
    bases: dict[Wire, str] = {}
    slight: dict[Wire, str] = {}
    stages: list[Stage] = []
    for stage in joined_up(circuit.stages, of, slight):
        wires = [w for w in stage.wires if w not in gone]
        pieces = [(key, tuple(group)) for key, group in groupby(wires, key=of.get)]
        for key, piece in pieces:
            if key is None:
                whole = piece[-1] is stage.wires[-1]
                new = dataclasses.replace(stage, statement=stage.statement if whole else None)
                stages.append(dataclasses.replace(new, wires=piece))
            elif depth := key[-1][0].counting.depth:
                stages += in_helper(circuit, stage, piece, depth, bases)
            else:
                stages.append(of_round(circuit, stage, key[-1][0], piece, len(pieces) == 1, bases))
    return verify(dataclasses.replace(circuit, stages=tuple(stages))), bases, slight


def rounds_of(repeats: Sequence[Repeat]) -> dict[Wire, tuple[tuple[Repeat, int], ...]]:
    """The repeat and the round of each wire, and those inside: of a round that stands for all."""
    found: dict[Wire, tuple[tuple[Repeat, int], ...]] = {}
    for repeat in repeats:
        found |= {w: ((repeat, k),) for k, row in enumerate(repeat.rounds) for w in row if w is not None}
        own = set(repeat.body)
        found |= {w: (*found[w], *inner) for w, inner in rounds_of(repeat.inner).items() if w in own}
    return found


def joined_up(stages: Sequence[Stage], of: Mapping[Wire, Any], slight: dict[Wire, str]) -> list[Stage]:
    """The stages, with what a loop itself takes from an array at the beginning of the next one of its round."""
    found: list[Stage] = []
    ahead: tuple[Wire, ...] = ()
    for stage, later in zip(stages, [*stages[1:], None], strict=True):
        wires = (*ahead, *stage.wires)
        rounds = {of.get(w) for w in (*wires, *(later.wires if later is not None else ()))}
        ahead = wires if stage.statement is None and len(rounds) == 1 and rounds != {None} else ()
        slight |= dict(zip(ahead, targets_of(of[ahead[0]][-1][0].counting.loop), strict=False)) if ahead else {}
        if not ahead:
            found.append(dataclasses.replace(stage, wires=wires))
    return found


def targets_of(loop: object) -> list[str]:
    """The names that a loop gives to the entries of arrays, in their order."""
    target = getattr(loop, "target", None)
    several = target.elts if isinstance(target, ast.Tuple) else [target]
    call = getattr(loop, "iter", None)
    counted = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "enumerate"
    return [each.id for each in several[counted:] if isinstance(each, ast.Name)]


def in_helper(
    circuit: FrozenCircuit, stage: Stage, piece: tuple[Wire, ...], depth: int, bases: dict[Wire, str]
) -> list[Stage]:
    """The stages of one round in a helper: one for each of its statements."""
    found = []
    ahead: tuple[Wire, ...] = ()
    for said, group in groupby(piece, key=lambda w: statement_at(*circuit.steps[w].place[depth])):
        wires = (*ahead, *group)
        ahead = wires if said is None and wires[-1] is not piece[-1] else ()  # what the loop takes from an array
        if ahead:
            continue
        root = wires[-1]
        base = (said.into or said.target or "") if said is not None else ""
        if base.isidentifier():
            bases[root] = base
        text = said.text if said is not None else circuit.names[root]
        found.append(Stage(circuit.names[root], stage.line, text, wires, said))
    return found


def of_round(
    circuit: FrozenCircuit,
    stage: Stage,
    repeat: Repeat,
    piece: tuple[Wire, ...],
    alone: bool,
    bases: dict[Wire, str],
) -> Stage:
    """A stage of one round."""
    said, loop, root = stage.statement, repeat.counting.loop, piece[-1]
    if said is None:
        if alone and len(piece) == 1 and isinstance(target := getattr(loop, "target", None), ast.Name):
            bases[root] = target.id
        return dataclasses.replace(stage, wires=piece)
    made = circuit.steps[root]
    base, value = entry_of(said, loop) if made.gate.text != "statement" else ("", None)
    if value is not None:
        bases[root] = base
        source = places_of(made.place[0][0]).source
        before = f"{base} + " if isinstance(loop, ast.Call) and value is not said.value else ""
        text = f"{base} = {before}{source.segment(value) if source is not None else ast.unparse(value)}"
        said = Statement(base, False, said.line, text, ast.Constant(None) if before else value)
        return Stage(circuit.names[root], stage.line, text, piece, said)
    if not alone:
        return Stage(circuit.names[root], stage.line, circuit.names[root], piece, None)
    return dataclasses.replace(stage, wires=piece)


def entry_of(said: Statement, loop: object) -> tuple[str, ast.expr | None]:
    """What a round of a statement computes: its name, and the expression; no name where the statement has one."""
    match said.value, loop:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[entry]), _:
            return singular(name), entry
        case value, ast.ListComp(elt=entry):
            return singular(said.target if value is loop and said.target else "entries"), entry
        case _, ast.Call(args=[ast.GeneratorExp(elt=entry), *_]):
            return said.target if said.value is loop and said.target else "total", entry
        case value, ast.Call(args=[_, *_]):
            total = said.target if value is loop and said.target else "total"
            return total, loop
    if said.into and not said.in_place:
        return singular(said.into), said.value
    return "", None


def singular(name: str) -> str:
    """The name of one entry of a list: `h` of `hs`, `loss` of `losses`."""
    for many, one in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if name.endswith(many) and len(name) > len(many):
            return name.removesuffix(many) + one
    return f"{name}_t"
