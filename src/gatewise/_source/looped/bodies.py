"""One round of a repeat as steps of their own: what hangs on the round stands in them by the user's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewise._circuit import (
    Block,
    Expr,
    FrozenCircuit,
    Input,
    Repeat,
    Said,
    Slot,
    SourcedWire,
    Wire,
    holding,
    seen,
    tick,
    wires_in,
    with_wires,
)
from gatewise._gates import GATES, pick
from gatewise._loops import slots, with_slots
from gatewise._source.looped.errors import UnprintedError


@dataclass(slots=True)
class Body:
    """The steps of one round.

    `wires` stand for those of the round, in order; `carried` has for a place the wire that stands for what the round
    before made; `constants` are numbers of the round, `spelled` those in an index, `texts` spell slices by id.
    """

    wires: list[Wire]
    carried: dict[int, Wire]
    constants: list[Input] = field(default_factory=list)
    texts: dict[Any, Said] = field(default_factory=dict)
    blocks: dict[Wire, Block] = field(default_factory=dict)
    spelled: dict[Wire, Said] = field(default_factory=dict)
    direct: dict[Wire, tuple[Wire, Any]] = field(default_factory=dict)  # what one index picks from a shared wire
    moved: dict[Wire, Said] = field(default_factory=dict)  # plain numbers that statements of the loop move on
    instead: dict[Wire, Wire] = field(default_factory=dict)  # by the recorded wires
    entries: dict[tuple[Repeat, int, str], Wire] = field(default_factory=dict)  # of these what is taken from lists


def body_of(circuit: FrozenCircuit, repeat: Repeat, counter: str, arrays: Mapping[tuple[Repeat, int], Wire]) -> Body:
    """The second round as steps on wires of its own; `arrays` are those of lists. Raises `UnprintedError`."""
    m = repeat.model
    before = {q: repeat.rounds[m - 1][q] for q in repeat.carried if q not in repeat.delayed}
    before |= {place: repeat.rounds[m - lag][q] for place, (q, lag) in repeat.delayed.items()}
    body = Body([], {})
    instead = body.instead
    for q, wire in before.items():
        if wire is None:
            raise UnprintedError("what it carries on is made by NumPy in its first round")
        body.carried[q] = leaf(wire, circuit)
        instead[wire] = body.carried[q]
    take_entries(repeat, body, counter, circuit, arrays, instead)
    known = {*repeat.shared, *instead}
    for place, wire in enumerate(repeat.body):
        told = round_numbers(repeat, place, wire, counter, body, circuit)
        made = step_on_body(wire, told, instead, known)
        instead[wire] = made
        known.add(wire)
        body.wires.append(made)
        if wire in circuit.blocks:
            body.blocks[made] = block_in(circuit.blocks[wire], instead)
        step = own_step(made)
        if step.gate is GATES[pick] and step.operands[0] in repeat.shared:
            body.direct[made] = step.operands[0], step.parameters["index"]
    for array in arrays.values():
        step = own_step(array)
        if array not in instead and not known.isdisjoint(w for w in wires_in(step) if w in repeat.rounds[m]):
            instead[array] = SourcedWire(tick(), array.bits, array.value, step=step)
    return body


def own_step(wire: Wire) -> Expr:
    """The step of a wire that holds it itself."""
    assert isinstance(wire, SourcedWire)
    assert wire.step is not None
    return wire.step


def take_entries(
    repeat: Repeat,
    body: Body,
    counter: str,
    circuit: FrozenCircuit,
    arrays: Mapping[tuple[Repeat, int], Wire],
    instead: dict[Wire, Wire],
) -> None:
    """What the second round is given of other repeats: entries of their lists."""
    for (j, slot), found in repeat.elements.items():
        old = slots(own_step(repeat.body[j]))[slot]
        text, array = found.at or Said(counter, {counter}), arrays[found.repeat, found.place]
        key = found.repeat, found.place, str(text)
        if key not in body.entries:
            if old in instead:
                raise UnprintedError("two entries of a list are one in its second round")
            row = [*found.repeat.rounds]
            at = next((k for k, each in enumerate(row) if each[found.place] is old), -1) + found.begun
            number = SourcedWire(tick(), circuit.recording, at)
            body.spelled[number] = text
            step = Expr(GATES[pick], pick, (array,), {"index": number}, old.value)
            made = SourcedWire(tick(), old.bits, old.value, (array.value,), (array,), ONE_WANTED, {"index": at})
            made.sources, made.step = [array], step
            body.entries[key] = made
            body.direct[made] = array, number
        elif instead.get(old) is not body.entries[key]:
            raise UnprintedError("two entries of a list are one in its second round")
        instead[old] = body.entries[key]


ONE_WANTED = GATES[pick].array[0b110]  #: the way back of what is picked from an array that has a gradient


def leaf(wire: Wire, circuit: FrozenCircuit) -> Wire:
    """A wire that stands for what the round before made."""
    return SourcedWire(tick(), wire.bits, wire.value)


def step_on_body(wire: Wire, told: Mapping[Slot, Any], instead: Mapping[Wire, Wire], known: set[Wire]) -> SourcedWire:
    """A step of the round on the wires of the body."""
    if type(wire) is not SourcedWire or wire.step is None or holding(wire) is not wire:
        raise UnprintedError("a step in it has several outputs")

    def here(x: Any) -> Any:
        return instead.get(x, x) if isinstance(x, Wire) else x

    sources = [told.get((i,), here(x)) for i, x in enumerate(wire.sources)]
    if any(isinstance(x, Wire) and seen(x) is not x for x in (*wire.sources, *wire.parents)):
        raise UnprintedError("a value is detached in it")
    step = with_slots(wire.step, told)
    operands = tuple(map(here, step.operands))
    parameters = {name: with_wires(value, here) for name, value in step.parameters.items()}
    made = Expr(step.gate, step.forward, operands, parameters, step.value, step.where, step.typed, step.fixed)
    new = SourcedWire(tick(), wire.bits, wire.value, wire.operands, tuple(map(here, wire.parents)), wire.pullback)
    new.parameters, new.sources, new.step = wire.parameters, sources, made
    if wire.written is not None:
        values, old, parents, pullback = wire.written
        new.written = values, old, tuple(map(here, parents)), pullback
        new.told = {n: with_wires(v, here) for n, v in wire.told.items()} if wire.told is not None else None
        if told:
            raise UnprintedError("a block in it is given a number of the round")
    return new


def block_in(block: Block, instead: Mapping[Wire, Wire]) -> Block:
    operands = tuple(instead.get(x, x) if isinstance(x, Wire) else x for x in block.operands)
    parameters = {n: with_wires(v, lambda w: instead.get(w, w)) for n, v in block.parameters.items()}
    return Block(block.gate, operands, parameters, frozenset(instead[w] for w in block.inside))


def round_numbers(
    repeat: Repeat, place: int, wire: Wire, counter: str, body: Body, circuit: FrozenCircuit
) -> dict[Slot, object]:
    """What stands in the slots of a step whose numbers are another round's: operands by wires, positions by text."""
    step = own_step(wire)
    given = slots(step)
    told: dict[Slot, Any] = {}
    texts = {**repeat.indexed, **{key: moved.text for key, moved in repeat.moved.items()}}
    for (j, slot), text in texts.items():
        if j != place:
            continue
        text = by_counter(text, repeat, counter)
        value = given[slot].value if isinstance(given[slot], Wire) else given[slot]
        if isinstance(slot[0], int):
            number = SourcedWire(tick(), circuit.recording, value)
            body.constants.append(Input(number, f"ꙮ{number.order}", f"ꙮ{number.order}", (), text, False, "constant"))
            told[slot] = number
            body.moved |= {number: text} if (j, slot) in repeat.moved else {}
        elif slot[0] == "index" and (type(value) is int or value is not given[slot]):
            number = told[slot] = SourcedWire(tick(), circuit.recording, int(value))
            body.spelled[number] = text
            body.moved |= {number: text} if (j, slot) in repeat.moved else {}
        elif slot[0] == "index" and isinstance(given[slot], slice) and (j, slot) not in repeat.moved:
            told[slot] = slice(given[slot].start, given[slot].stop, given[slot].step)
            body.texts["index", id(told[slot])] = text
        else:
            raise UnprintedError(f"{slot[0]}={text} is another one in each round")
    return told


def by_counter(text: Said, repeat: Repeat, counter: str) -> Said:
    """A text with the counter of a loop that the user gives none; an empty one is that."""
    mark = f"ꙮ{repeat.counting.line}"
    if mark not in text:
        return text or Said(counter, {counter})
    return Said(text.replace(mark, counter), {counter if n == mark else n for n in text.names}, text.holds)
