"""Which steps stand in which run of a loop, and where each round of it begins."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import CodeType
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Wire, holding, step_of, wires_in
from gatewise._gates import GATES
from gatewise._loops.slots import kind
from gatewise._recording import Counted, Loop, Span, loops_at, places_of, span_of, spans, spot, spots


@dataclass(frozen=True, slots=True)
class Region:
    """The steps of one loop, one after the other: which frame it stands in, its code, its node, the wires."""

    depth: int
    code: CodeType
    loop: Loop
    wires: tuple[Wire, ...]
    inside: frozenset[Loop]  # the loops around it that hold it: found in one of those, it is a part of that one's body

    @property
    def statements(self) -> list[ast.stmt]:
        """The statements of its body; none of a comprehension and of what `sum` is given."""
        return self.loop.body if isinstance(self.loop, ast.For | ast.While) else []


def made_wires(circuit: FrozenCircuit) -> list[Wire]:
    """The wires of all steps, those beside the circuit's among them, in the order in which they were made."""
    holders = dict.fromkeys(holder for wire in circuit.steps if (holder := holding(wire)) is not None)
    return sorted((*holders, *circuit.beside), key=lambda wire: wire.order)


def expr(wire: Wire) -> Expr:
    """What made a wire that a step did."""
    made = step_of(wire)
    assert made is not None
    return made


def regions(made: Sequence[Wire]) -> list[Region]:
    """The runs of loops, in their order, outer ones first: unbroken stretches of steps in one loop and one call."""
    open_: dict[Any, list[Wire]] = {}
    found: list[tuple[Any, list[Wire]]] = []
    for wire in made:
        keys = loops_around(expr(wire))
        for key in [k for k in open_ if k not in keys]:
            del open_[key]
        for key in keys:
            if key not in open_:
                open_[key] = []
                found.append((key, open_[key]))
            open_[key].append(wire)
    regions = [
        Region(key[0], key[1], key[2], rounds, frozenset(k[2] for k in loops_around(expr(wires[0])) if k != key))
        for key, wires in found
        if (rounds := tuple(without_iterable(wires, key[0], key[2])))
    ]
    return sorted(regions, key=lambda each: (each.wires[0].order, -len(each.wires)))


def without_iterable(wires: Sequence[Wire], depth: int, loop: Loop) -> Sequence[Wire]:
    """The steps of a loop without those that made, before it began, what it goes through."""
    iterable = loop.iter if isinstance(loop, ast.For) else getattr(loop, "generators", [None])[0]
    span = span_of(getattr(iterable, "iter", iterable)) if iterable is not None else None
    if span is None:
        return wires
    at = {wire: place_of(wire, depth) for wire in wires}
    standing = [wire for wire in wires if (here := at[wire]) is not None and spans(span, here)]
    taken = [wire for wire in wires if wire in standing or at[wire] == span_of(loop)]  # by the loop itself
    used = {x for wire in taken for x in wires_in(expr(wire))}
    before = {wire for wire in standing if wire in used}
    return [wire for wire in wires if wire not in before]


def place_of(wire: Wire, depth: int) -> Span | None:
    """Where a step stands in the source of one of its frames."""
    code, instruction = expr(wire).place[depth]
    return places_of(code).spans[instruction // 2]


def loops_around(step: Expr) -> list[tuple[int, CodeType, Loop, tuple[int, ...]]]:
    """The loops around a step, in all its frames: the frame, its code, the loop, the calls up to that frame."""
    calls = step.where.calls if step.where is not None else ()
    return [
        (depth, code, loop, calls[: depth + 1])
        for depth, (code, instruction) in enumerate(step.place)
        for loop in loops_at(code, instruction)
    ]


def rounds_of(region: Region, count: int | None) -> list[tuple[Wire, ...]]:
    """The steps cut into rounds: where the loop's own code goes back, or where it never does by the shortest period.

    That is the period of an inner loop where there is nothing but that one: there `count`, where it is known, decides.
    """
    wires, at = region.wires, positions(region)
    if isinstance(region.loop, ast.Call):
        return sums_of(region)
    cuts = [
        0,
        *(k for k, (one, two) in enumerate(pairwise(at), 1) if two < one or again(region, wires[k - 1], wires[k])),
    ]
    if len(cuts) == 1:
        forms = [form(wire) for wire in wires]
        length = period(forms)
        if count and len(wires) % count == 0 and len(wires) // count % length == 0:
            length = len(wires) // count
        whole = len(wires) % length == 0 and length < len(wires)
        cuts = list(range(0, len(wires), length)) if whole else first_shorter(forms, count or 0)
    return [wires[a:b] for a, b in pairwise([*cuts, len(wires)])]


def first_shorter(forms: Sequence[object], count: int) -> list[int]:
    """Where rounds begin, if all but the first are as long as each other, and that one is shorter: NumPy did a part."""
    least = period(forms[len(forms) // 2 :])
    lengths = [n for n in range(least, len(forms), least) if 0 < len(forms) - (count - 1) * n < n]
    for length in lengths if count > 1 and len(lengths) == 1 else ():
        first = len(forms) - (count - 1) * length
        if all(one == other for one, other in zip(forms[first:], forms[first + length :], strict=False)):
            return [0, *range(first, len(forms), length)]
    return [0]


def sums_of(region: Region) -> list[tuple[Wire, ...]]:
    """The rounds of a `sum`: each ends with its addition."""
    own = region.depth + 1
    ends = [k for k, w in enumerate(region.wires, 1) if len(expr(w).place) == own and expr(w).gate is GATES[np.add]]
    return [region.wires[a:b] for a, b in pairwise([0, *ends])]


def again(region: Region, one: Wire, two: Wire) -> bool:
    """Whether the loop's own code calls the same function at the same place another time."""
    first, second = expr(one), expr(two)
    here, deeper = region.depth, region.depth + 1
    if (
        spots(first.place)[here] != spots(second.place)[here]
        or len(first.place) <= deeper
        or len(second.place) <= deeper
    ):
        return False
    assert first.where is not None
    assert second.where is not None
    return first.where.calls[deeper] != second.where.calls[deeper]


def positions(region: Region) -> list[int]:
    """Where the loop's own code is at each step; all of an inner loop stands where that began."""
    began: dict[Loop, int] = {}
    found = []
    for wire in region.wires:
        code, instruction = expr(wire).place[region.depth]
        inner = [each for each in loops_at(code, instruction) if each is not region.loop and within(each, region.loop)]
        at = spot(code, instruction)
        found.append(began.setdefault(inner[0], at) if inner else at)
    return found


def within(inner: ast.AST, outer: ast.AST) -> bool:
    return spans(span_of(outer), span_of(inner))


def period(forms: Sequence[object]) -> int:
    """The smallest p with forms[i] == forms[i + p] for all i, by the failure function of Knuth, Morris and Pratt."""
    longest, k = [0] * len(forms), 0
    for i in range(1, len(forms)):
        while k and forms[i] != forms[k]:
            k = longest[k - 1]
        k += forms[i] == forms[k]
        longest[i] = k
    return len(forms) - longest[-1]


def form(wire: Wire) -> tuple[Any, ...]:
    """What steps of one place in the body share: not the forward function, `-` and np.subtract are one gate."""
    step = expr(wire)
    operands = tuple(kind(x) if x is not None else None for x in step.operands)
    return (*loose_form(wire), operands)


def loose_form(wire: Wire) -> tuple[object, ...]:
    """The same, but for the shapes of the operands: a first round may be given a plain 0.0."""
    step = expr(wire)
    return (
        spots(step.place),
        step.gate.name,
        len(step.operands),
        kind(wire.value),
        tuple(sorted(step.parameters)),
        step.fixed,
    )


def line_and_text(region: Region) -> tuple[int, str]:
    """The line of a loop, and its head as the user wrote it."""
    source, node = places_of(region.code).source, region.loop
    assert source is not None
    if not isinstance(node, ast.For):
        return node.lineno, source.segment(node)
    if isinstance(node, Counted):
        return node.lineno, node.said
    return node.lineno, f"for {source.segment(node.target)} in {source.segment(node.iter)}:"
