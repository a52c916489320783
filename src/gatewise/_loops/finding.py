"""The repeats of a circuit: found by positions and structure, verified by replaying every round to the bit."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from gatewise._circuit import (
    Delay,
    FrozenCircuit,
    Repeat,
    Said,
    Unrolled,
    Wire,
    holding,
    seen,
    step_of,
    unknown_behind,
    verify_repeat,
    wires_in,
)
from gatewise._loops.callers import names_of
from gatewise._loops.counters import Counters
from gatewise._loops.counting import counting, within_round
from gatewise._loops.elements import Elements
from gatewise._loops.errors import FEWEST, IrregularError, ShortError
from gatewise._loops.middles import Middle, middle_of, uneven_inside
from gatewise._loops.regions import (
    Region,
    expr,
    form,
    line_and_text,
    loose_form,
    made_wires,
    regions,
    rounds_of,
    within,
)
from gatewise._loops.slots import same_bits, slots, with_slots
from gatewise._loops.sorting import GONE, Row, Sorting
from gatewise._loops.starting import first_round, start_of
from gatewise._recording import Loop, NotPlainError, PlainNames, statement_at
from gatewise._transforms import run_step


def repeats(circuit: FrozenCircuit) -> tuple[list[Repeat], list[Unrolled]]:
    """The loops of a circuit whose rounds are the same, outer ones where they hold others; and those left, with why.

    Only the circuit is looked at: nothing is run but its own steps.
    """
    made = made_wires(circuit)
    used = used_at_all(circuit)
    found: dict[Repeat, Region] = {}
    left: list[Unrolled] = []
    taken: set[Wire] = set()
    uneven: set[Loop] = set()
    runs = regions(made)
    for region in runs:
        if not taken.isdisjoint(region.wires):
            continue  # inside one that was found
        try:
            repeat, whole = whole_or_middle(circuit, region, used, found, names_of(region, circuit.around))
            found[repeat] = whole
            taken.update(whole.wires)
        except IrregularError as why:
            if region.loop in uneven:
                continue  # which the note of the loop around it says
            inner = uneven_inside(region.loop, {each.loop for each in runs})
            uneven.update(inner)
            told = f"line {inner[0].lineno} goes round more often in one round than in another" if inner else str(why)
            left.append(Unrolled(*line_and_text(region), told, why.short))
    return list(found), left


def whole_or_middle(
    circuit: FrozenCircuit,
    region: Region,
    used: dict[Wire, list[object]],
    earlier: Mapping[Repeat, Region],
    plain: PlainNames | None,
) -> tuple[Repeat, Region]:
    """The repeat of a loop, or of its rounds between special ones, and its steps. Raises `IrregularError`."""
    try:
        return repeat_of(circuit, region, used, earlier, plain), region
    except IrregularError as why:
        try:
            middle = middle_of(region, counting(region, plain))
        except IrregularError:
            raise why from None
        return repeat_of(circuit, middle.region, used, earlier, plain, middle), middle.region


def used_at_all(circuit: FrozenCircuit) -> dict[Wire, list[object]]:
    """By the wire of a step who uses it: steps by their wires, None for the output."""
    used: dict[Wire, list[Any]] = {}

    def use(wire: Wire, by: object) -> None:
        used.setdefault(holding(wire) or wire, []).append(by)

    for wire, made in circuit.steps.items():
        for x in wires_in(made):
            use(seen(x), holding(wire) or wire)
    for wire, block in circuit.blocks.items():
        for x in wires_in((*block.operands, *block.parameters.values())):
            use(seen(x), holding(wire) or wire)
    use(circuit.output, None)
    return used


def repeat_of(
    circuit: FrozenCircuit,
    region: Region,
    used: dict[Wire, list[object]],
    earlier: Mapping[Repeat, Region],
    plain: PlainNames | None,
    middle: Middle | None = None,
) -> Repeat:
    """The repeat of one loop, or of its `middle`, behind the `earlier` ones. Raises `IrregularError`.

    `plain` are the names where the loop stands.
    """
    counted = middle.counting if middle is not None else counting(region, plain)
    cut = middle.rounds if middle is not None else rounds_of(region, len(counted.counts))
    rounds = alike(cut)
    if len(counted.counts) != len(rounds):
        raise IrregularError(f"Python went round {len(counted.counts)} times, and {len(rounds)} rounds were seen")
    refuse(circuit, region, rounds)
    rounds = without_lost(rounds, used)
    counters = Counters(region, counted, plain)
    sorting = Sorting(rounds, counted, plain, Elements(earlier, region, counted, plain), counters, circuit)
    begins = middle is None or not middle.before  # the lines before the loop say what its first round starts from
    delays = {key: delay_of(region, plain if begins else None, *found) for key, found in sorting.delays.items()}
    starts = begin(circuit, region, sorting, plain if begins else None, delays)
    replayed(sorting, rounds)
    inside = {w for row in rounds for w in row if w is not None}
    collected: dict[int, list[int]] = {}
    for k, row in enumerate(rounds):
        for j, wire in enumerate(row):
            if wire is not None and any(by is None or by not in inside for by in used.get(wire, ())):
                collected.setdefault(j, []).append(k)
    together = {j: tuple(ks) for j, ks in collected.items()}
    shared, told = tuple(sorting.shared), tuple(map(tuple, rounds))
    moved, moves = sorting.moved, counters.needed(list(sorting.moved.values()))
    carried, indexed, elements = sorting.carried, sorting.indexed, sorting.elements
    found = Repeat(counted, told, carried, starts, shared, indexed, together, elements, moved, moves, delays)
    inner = inner_repeats(circuit, region, cut[found.model], used, within_round(plain, region, counted, found.model))
    return verify_repeat(circuit, replace(found, inner=tuple(inner)))


def inner_repeats(
    circuit: FrozenCircuit,
    outer: Region,
    made: Sequence[Wire],
    used: dict[Wire, list[object]],
    plain: PlainNames | None,
) -> list[Repeat]:
    """The repeats among the steps of one round."""
    found: dict[Repeat, Region] = {}
    taken: set[Wire] = set()
    for region in regions(made):
        if region.loop is outer.loop or region.loop in around(outer) or not taken.isdisjoint(region.wires):
            continue
        with suppress(IrregularError):
            repeat, whole = whole_or_middle(circuit, region, used, found, names_of(region, plain, outer.depth))
            found[repeat] = whole
            taken.update(whole.wires)
    return list(found)


def around(region: Region) -> set[Loop]:
    """The loops that hold a region."""
    return {loop for loop in region.inside if not within(loop, region.loop)}


def delay_of(region: Region, plain: PlainNames | None, first: object, name: str) -> Delay:
    """What stands for a value of several rounds before, with the user's line for a plain one."""
    start = None
    if not isinstance(first, Wire) and name:
        with suppress(NotPlainError):
            value, line = start_of(region, name, plain)
            first = value if first is GONE else first
            start = line if same_bits(value, first) else None
    if first is GONE:
        raise IrregularError("what its first round starts from is not told by a line before it")
    return Delay(first, name, start)


def alike(rounds: Sequence[tuple[Wire, ...]]) -> list[Row]:
    """The rounds, if they apply the same gates; the first may lack those that NumPy did. Raises `IrregularError`."""
    if len(rounds) < FEWEST:
        raise ShortError(f"{len(rounds)} round{'s' * (len(rounds) != 1)} of it: a loop is found from {FEWEST} on")
    body = [form(wire) for wire in rounds[1]]
    other = [k for k, each in enumerate(rounds[1:], 1) if [form(wire) for wire in each] != body]
    if other:
        raise IrregularError(f"round {other[0] + 1} of {len(rounds)} applies other gates than round 2")
    loose, at = [loose_form(wire) for wire in rounds[1]], iter(range(len(body)))
    first: list[Wire | None] = [None] * len(body)
    for wire in rounds[0]:
        place = next((k for k in at if loose[k] == loose_form(wire)), None)
        if place is None:
            raise IrregularError("its first round applies other gates than the others")
        first[place] = wire
    return [first, *rounds[1:]]


def refuse(circuit: FrozenCircuit, region: Region, rounds: Sequence[Row]) -> None:
    """Refuse what a body cannot hold: several outputs of one step, parts of blocks, values that Python read."""
    where = {w: (k, j) for k, row in enumerate(rounds) for j, w in enumerate(row) if w is not None}
    steps = {id(expr(wire)) for wire in where}
    if any(isinstance(wire.value, (tuple, list)) for wire in where):
        raise IrregularError("a step in it has several outputs")
    if any(read.how not in ("place", "shape") and asks_inside(circuit, read.wire, steps) for read in circuit.reads):
        raise IrregularError("Python read a value in it, and may go another way by that")
    blocks: dict[int, set[Any]] = {}
    for wire, block in circuit.blocks.items():
        if wire in where:
            k, j = where[wire]
            if any(where.get(x, (-1, 0))[0] != k for x in block.inside):
                raise IrregularError("a block in it goes over several rounds")
            blocks.setdefault(j, set()).add((k, block.gate.name))
        elif not block.inside.isdisjoint(where):
            raise IrregularError("a block begins in it and ends behind it")
    for j, found in blocks.items():
        here = sum(row[j] is not None and row[j] not in circuit.beside for row in rounds)
        if len(found) != here or len({name for _, name in found}) != 1:
            raise IrregularError("a block is in some of its rounds and not in others")


def asks_inside(circuit: FrozenCircuit, wire: Wire, steps: Collection[int]) -> bool:
    """Whether a value that Python read is one of these steps', or made of one of theirs beside the circuit."""

    def known(each: Wire) -> bool:
        return id(step_of(each)) in steps or each in circuit.ids

    behind = [seen(wire), *(x for each in unknown_behind(seen(wire), known) for x in wires_in(step_of(each)))]
    return any(id(step_of(x)) in steps for x in behind)


def without_lost(rounds: Sequence[Row], used: dict[Wire, list[object]]) -> list[Row]:
    """The rounds without the places that the output needs in none of them, or in the last one alone.

    What only the last round is asked for is as good as done after the loop.
    """
    needed = [j for j in range(len(rounds[1])) if any(row[j] is not None and row[j] in used for row in rounds[:-1])]
    return [[row[j] for j in needed] for row in rounds]


def begin(
    circuit: FrozenCircuit,
    region: Region,
    sorting: Sorting,
    plain: PlainNames | None,
    delays: Mapping[tuple[int, int], Delay],
) -> dict[int, Said]:
    """The user's lines that make what is carried in first; what NumPy did in the first round is done again."""
    starts: dict[int, Said] = {}
    for place in sorted({*sorting.entries, *sorting.carried}):
        if isinstance(sorting.carried.get(place), Wire):
            continue
        name = bound_to(circuit, sorting.rounds[1][place], region) or sorting.called.get(place, "")
        try:
            value, line = start_of(region, name, plain)
        except NotPlainError:
            if place not in sorting.carried:
                raise IrregularError("what its first round starts from is not told by a line before it") from None
            continue
        if place not in sorting.carried:
            sorting.carry(place, value)
        if same_bits(sorting.carried[place], value) or sorting.carried[place] is value:
            starts[place] = line
    if any(wire is None for wire in sorting.rounds[0]) or sorting.folded:
        values = first_round(sorting, {slot: delays[key].first for slot, key in sorting.lagged.items()})
        if not all(same_bits(values[place], x) for place, _, x in sorting.folded):
            raise IrregularError("its first round starts from something else than the line before it says")
    return starts


def bound_to(circuit: FrozenCircuit, wire: Wire | None, region: Region) -> str:
    """The name that the user gives to the value of a step; of several at once the one that it is called by."""
    assert wire is not None
    place = expr(wire).place
    statement = statement_at(*place[region.depth]) if place else None
    if statement is None:
        return ""
    if statement.into and statement.target:  # state["m"] = ...
        return f"{statement.into}[{statement.target}]"
    target = statement.into or statement.target or ""
    if "," not in target:
        return target
    called = re.sub(r"_\d+$", "", circuit.names.get(wire, ""))
    return called if called in target.split(",") else ""


def replayed(sorting: Sorting, rounds: Sequence[Row]) -> None:
    """Run the second round's steps on what every round was given. Raises `IrregularError` where a bit differs."""
    for row in rounds:
        for wire, model in zip(row, rounds[1], strict=True):
            if wire is None or model is None:
                continue
            step = expr(wire)
            same = step.forward is expr(model).forward  # then it is its own step with what it was given
            made = step if same else with_slots(expr(model), slots(step))
            found = run_step(made, [x.value if isinstance(x, Wire) else x for x in made.operands])
            if not same_bits(found, wire.value):
                raise IrregularError("a round gives other bits when it is done again")
