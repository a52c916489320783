"""Values of rounds before the last one: carried as one does by hand, by a name that is given the other's value."""

from __future__ import annotations

import ast
import dataclasses
import operator
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Repeat, SourcedWire, Stage, Wire, tick
from gatewise._gates import GATES
from gatewise._recording import Statement

SAME = GATES[np.positive]


def with_delays(
    circuit: FrozenCircuit, repeats: Sequence[Repeat]
) -> tuple[FrozenCircuit, list[Repeat], dict[Wire, str]]:
    """The circuit with a step in each round that hands a value down, the repeats with them, and their names."""
    if not any(repeat.delays for repeat in repeats):
        return circuit, list(repeats), {}
    behind: dict[Wire, list[Wire]] = {}
    bases: dict[Wire, str] = {}
    wider: dict[Repeat, Repeat] = {}
    for repeat in repeats:  # those that they take from stand before them
        elements = {key: dataclasses.replace(e, repeat=wider[e.repeat]) for key, e in repeat.elements.items()}
        wider[repeat] = widened(circuit, dataclasses.replace(repeat, elements=elements), behind, bases)
    wires = [w for wire in circuit.wires for w in (wire, *behind.get(wire, ()))]
    stages = [s for stage in circuit.stages for s in (stage, *stages_for(stage, behind, bases))]
    names = {**circuit.names, **{wire: f"ꙮ{wire.order}" for wire in bases}}
    return (
        dataclasses.replace(circuit, wires=tuple(wires), stages=tuple(stages), names=names),
        list(wider.values()),
        bases,
    )


def widened(circuit: FrozenCircuit, repeat: Repeat, behind: dict[Wire, list[Wire]], bases: dict[Wire, str]) -> Repeat:
    """A repeat with a place for each value of an earlier round."""
    rounds = [list(row) for row in repeat.rounds]
    carried, starts, collected = dict(repeat.carried), dict(repeat.starts), dict(repeat.collected)
    delayed: dict[int, tuple[int, int]] = {}
    before: dict[int, Any] = {}
    for (q, lag), delay in sorted(repeat.delays.items()):
        place = len(rounds[0])
        source = [repeat.carried[q], *(row[q] for row in repeat.rounds)] if lag == 2 else before[q]
        made = [handed_down(source[k], repeat.body[q]) for k in range(len(rounds))]
        for row, wire, old in zip(rounds, made, repeat.rounds, strict=True):
            row.append(wire)
            behind.setdefault(old[-1], []).append(wire)  # type: ignore[arg-type]
            bases[wire] = delay.name or f"{circuit.names[repeat.body[q]]}_before"
        carried[place], delayed[place] = delay.first, (q, lag)
        starts |= {place: delay.start} if delay.start is not None else {}
        if len(rounds) - lag in collected.get(q, ()):
            left = tuple(k for k in collected[q] if k != len(rounds) - lag)
            collected = {**{j: ks for j, ks in collected.items() if j != q}, **({q: left} if left else {})}
            collected[place] = (len(rounds) - 1,)
        before[q] = [delay.first, *made]
    told = tuple(map(tuple, rounds))
    return dataclasses.replace(
        repeat, rounds=told, carried=carried, starts=starts, collected=collected, delayed=delayed
    )


def handed_down(x: object, like: Wire) -> Wire:
    """A step that gives a value on."""
    value = x.value if isinstance(x, Wire) else x
    rule = (SAME.array if isinstance(value, np.ndarray) else SAME.scalar)[0b110]
    step = Expr(SAME, operator.pos, (x,), {}, value)
    parents = (x,) if isinstance(x, Wire) else ()
    made = SourcedWire(tick(), like.bits, value, (value,), parents, rule, step=step)
    made.sources = [x if isinstance(x, Wire) else None]
    return made


def stages_for(stage: Stage, behind: dict[Wire, list[Wire]], bases: dict[Wire, str]) -> list[Stage]:
    """The stages behind one."""
    found = []
    for wire in (w for old in stage.wires for w in behind.get(old, ())):
        text = f"{bases[wire]} = {re.sub(r'_[0-9]+$', '', stage.name)}"
        said = Statement(bases[wire], False, 0, text, ast.Name(bases[wire], ast.Load()))
        found.append(Stage(f"ꙮ{wire.order}", None, text, (wire,), said))
    return found
