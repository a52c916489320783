"""Lists that loops fill: which there are, what they are called, and which step makes an array of one."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatewise._circuit import Element, Expr, FrozenCircuit, Repeat, SourcedWire, Wire, step_of, tick, wires_in
from gatewise._gates import GATES
from gatewise._loops import fills, same_bits
from gatewise._recording import expression_at
from gatewise._source.looped.errors import UnprintedError

STACK = GATES[np.stack]


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """What the rounds of a repeat make at one place, in a list.

    `wire` is the array of them; `whole` is whether the text needs that array, and not the entries alone; `last` whether
    the last entry is used by itself; `told` whether the user's code says that the list has one entry a round, and,
    where it has `begun`, what the first round is given before them, or `first`.
    """

    repeat: Repeat
    place: int
    wire: Wire
    name: str
    whole: bool
    last: bool
    told: bool
    begun: bool = False
    before: bool = False
    first: Wire | None = None


Lists = dict[tuple[Repeat, int], Listed]


def gathered(circuit: FrozenCircuit, repeats: Sequence[Repeat]) -> tuple[FrozenCircuit, Lists]:
    """The circuit with a wire for each list, and the lists. Raises `UnprintedError`."""
    lists: Lists = {}
    for repeat in repeats:
        for place, rounds in repeat.collected.items():
            if rounds != (len(repeat.rounds) - 1,) or taken_as_elements(repeat, place, repeats):
                lists[repeat, place] = list_at(circuit, repeat, place, repeats)
    new = {found.wire: found for found in lists.values() if found.wire not in circuit.ids}
    if not new:
        return circuit, lists
    wires: list[Wire] = []
    behind: dict[Wire, list[Wire]] = {}
    for wire, found in new.items():
        behind.setdefault(last_made(circuit, found), []).append(wire)
    for wire in circuit.wires:
        wires += [wire, *behind.get(wire, ())]
    names = {**circuit.names, **{wire: f"ꙮ{found.name}" for wire, found in new.items()}}
    return dataclasses.replace(circuit, wires=tuple(wires), names=names), lists


def last_made(circuit: FrozenCircuit, found: Listed) -> Wire:
    """The last entry of a list that the output needs."""
    row = (each[found.place] for each in reversed(found.repeat.rounds))
    return next(w for w in row if w is not None and w in circuit.ids)


def taken_as_elements(repeat: Repeat, place: int, repeats: Sequence[Repeat]) -> bool:
    return any(e.repeat is repeat and e.place == place for each in repeats for e in each.elements.values())


def list_at(circuit: FrozenCircuit, repeat: Repeat, place: int, repeats: Sequence[Repeat]) -> Listed:
    """The list of one place. Raises `UnprintedError` where what it holds is used in another way as well."""
    row = [each[place] for each in repeat.rounds]
    entries = [e for each in repeats for e in each.elements.values() if e.repeat is repeat and e.place == place]
    takers = {
        each.rounds[k][j] for each in repeats for (j, _), e in each.elements.items() for k in range(len(each.rounds))
        if e.repeat is repeat and e.place == place
    }  # fmt: skip
    ways: dict[tuple[bool, bool, int], list[Any]] = {(False, False, 0): row}
    firsts = beginnings(circuit, repeat, place, entries)
    for first in firsts:
        ways[True, False, id(first)] = [first, *row]
    if place in repeat.carried:
        ways[True, True, id(firsts[0])] = [firsts[0], *row[:-1]]
    stacks = {way: [w for w, made in circuit.steps.items() if is_stack(made, x)] for way, x in ways.items()}
    found = {way for way, wires in stacks.items() if wires}
    if not firsts and any(e.begun for e in entries):
        raise UnprintedError("a list of what its rounds make began with something that is not known")
    found |= {(e.begun, e.before, id(e.first or firsts[0]) if e.begun else 0) for e in entries}
    if len(found) != 1:
        raise UnprintedError("what its rounds make is in several lists")
    begun, before, _ = way = found.pop()
    alone = lonely(circuit, repeat, {*takers, *stacks[way]})
    if not alone.isdisjoint(row[:-1]) or circuit.output in row[:-1]:
        raise UnprintedError("what one of its rounds makes is used by itself")
    if len(stacks[way]) > 1 or None in row:
        raise UnprintedError("what its rounds make is put into several arrays")
    nodes = [stacked_node(circuit.steps[w]) for w in stacks[way]]
    plain, loop = circuit.around, repeat.counting.loop
    told = all(e.told for e in entries) and all(fills(node, loop, plain, begun and not before) for node in nodes)
    known = [e.name for e in entries if e.name] + [node.id for node in nodes if isinstance(node, ast.Name)]
    name = next((n for n in known if n in plain.lists), "") if plain is not None else ""
    wire = stacks[way][0] if stacks[way] else stack_of(circuit, ways[way])
    last = row[-1] in alone or row[-1] is circuit.output
    own = begun and not (place in repeat.carried and ways[way][0] is repeat.carried[place])
    first = ways[way][0] if own else None
    return Listed(repeat, place, wire, name, bool(stacks[way]), last, told, begun, before, first)


def beginnings(circuit: FrozenCircuit, repeat: Repeat, place: int, entries: Sequence[Element]) -> list[Any]:
    """What a list of one place may have before the first round: what that is given, and what else it began with."""
    row = [each[place] for each in repeat.rounds]
    found = [repeat.carried[place]] if place in repeat.carried else []
    found += [e.first for e in entries if e.first is not None]
    for made in circuit.steps.values():
        if made.gate is STACK and isinstance(made.operands[0], Wire) and is_stack(made, [made.operands[0], *row]):
            found.append(made.operands[0])
    return list({id(x): x for x in found}.values())


def lonely(circuit: FrozenCircuit, repeat: Repeat, takers: Collection[Wire | None]) -> set[Wire]:
    """What is used outside of a repeat, by others than the takers."""
    inside = {w for each in repeat.rounds for w in each if w is not None}
    return {x for user, x in users(circuit) if user not in inside and user not in takers}


def users(circuit: FrozenCircuit) -> Iterator[tuple[Wire, Wire]]:
    """The wires of steps, each with every wire that it is made of."""
    for wire, made in circuit.steps.items():
        yield from ((wire, x) for x in wires_in(made))
    for wire, block in circuit.blocks.items():
        yield from ((wire, x) for x in wires_in((*block.operands, *block.parameters.values())))


def is_stack(made: Expr, row: Sequence[object]) -> bool:
    """Whether a step makes an array of just these values, one after the other."""
    if made.gate is not STACK or made.parameters.get("axis", 0) != 0 or len(made.operands) != len(row):
        return False
    return all(x is y or (not isinstance(y, Wire) and is_plain(x, y)) for x, y in zip(made.operands, row, strict=True))


def is_plain(x: object, y: object) -> bool:
    return same_bits(x.value if isinstance(x, Wire) and step_of(x) is None else x, y)


def stacked_node(made: Expr) -> ast.expr | None:
    """The expression for the list that an array is made of."""
    call = expression_at(*made.place[-1]) if made.place else None
    return call.args[0] if isinstance(call, ast.Call) and call.args else None


def stack_of(circuit: FrozenCircuit, row: Sequence[Any]) -> Wire:
    """A wire for the array of some values."""
    bits = 0
    for x in row:
        bits |= x.bits if isinstance(x, Wire) else 0
    value = np.stack([x.value if isinstance(x, Wire) else x for x in row])
    known = [x if not isinstance(x, Wire) or x in circuit.ids else x.value for x in row]  # the last may be for nobody
    step = Expr(STACK, STACK.function, tuple(known), {"axis": 0}, value)
    return SourcedWire(tick(), bits, value, step=step)


def tame_with(lists: Lists, tame: set[Wire]) -> frozenset[Wire]:
    """The tame wires, with the arrays of lists whose entries all are."""
    arrays = {w for found in lists.values() for w in (found.wire,) if tame.issuperset(wires_in(step_of(w)))}
    return frozenset(tame | arrays)
