"""A circuit cut into parts: stretches of stages, and repeats with one round of each, under names that hold for all."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatewise._circuit import FrozenCircuit, Input, Repeat, Stage, Wire, step_of, wires_in
from gatewise._source.looped.bodies import Body, body_of
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.gathering import Listed, Lists
from gatewise._source.looped.levels import inside_of
from gatewise._source.looped.naming import Naming


@dataclass(slots=True, eq=False)
class Stretch:
    """Stages one after the other."""

    stages: list[Stage]

    @property
    def wires(self) -> list[Wire]:
        return [w for stage in self.stages for w in stage.wires]


@dataclass(slots=True, eq=False)
class Rounds:
    """A repeat: one round of it, with its stages; `finals` has the wire of the last round for a place used after it."""

    repeat: Repeat
    counter: str
    body: Body
    around: FrozenCircuit  # what it is a part of
    parts: list[Stretch | Rounds] = field(default_factory=list)  # those of one round
    inside: Any = None  # the circuit of one round
    lists: dict[int, Listed] = field(default_factory=dict)  # by place, what is kept of all rounds
    called: dict[Wire, str] = field(default_factory=dict)  # by the wires of their arrays

    @property
    def stages(self) -> list[Stage]:
        """All stages of one round."""
        return [stage for part in self.parts for stage in part.stages]

    def counted_steps(self) -> list[Wire]:
        """The steps of one round, but for what the loop itself takes from the arrays it goes through."""
        found: list[Wire] = []
        for part in self.parts:
            wires = part.counted_steps() if isinstance(part, Rounds) else part.wires
            old = {new: w for w, new in self.body.instead.items()}
            found += [old[w] for w in wires if w in old and w not in self.body.direct]
        return found

    @property
    def finals(self) -> dict[int, Wire]:
        """The wires that stand for what the last round made: what is carried on, and what is used afterwards."""
        last = self.repeat.rounds[-1]
        alone = {q for q in self.repeat.collected if q not in self.lists or self.lists[q].last}
        found = {q: w for q in sorted({*self.repeat.carried, *alone}) if (w := last[q]) is not None}
        earlier = {place: self.repeat.rounds[-lag][q] for place, (q, lag) in self.repeat.delayed.items()}
        return {**found, **{place: w for place, w in earlier.items() if w is not None}}

    @property
    def own(self) -> set[Wire]:
        """All wires of one round, those of the loops in it among them."""
        found = {*self.body.carried.values(), *(i.wire for i in self.body.constants), *self.body.wires}
        for part in everything(self.parts):
            found |= set(part.wires) if isinstance(part, Stretch) else part.own | set(part.outcomes)
        return found

    @property
    def outcomes(self) -> list[Wire]:
        """The wires that stand for what is used after the loop: finals, and the arrays of lists."""
        return [*self.finals.values(), *(found.wire for found in self.lists.values())]


def cut_up(
    circuit: FrozenCircuit, repeats: Sequence[Repeat], lists: Lists, naming: Naming, around: Rounds | None = None
) -> list[Stretch | Rounds]:
    """The parts of a circuit, or of a round of `around`, named. Raises `UnprintedError` where that cannot be."""
    of = {w: repeat for repeat in repeats for row in repeat.rounds for w in row if w is not None}
    parts: list[Stretch | Rounds] = []
    for stage in circuit.stages:
        inside = {of.get(w) for w in stage.wires}
        if len(inside) > 1:
            raise UnprintedError("it is a part of a statement")
        repeat = inside.pop()
        if repeat is None:
            if not parts or not isinstance(parts[-1], Stretch):
                parts.append(Stretch([]))
            parts[-1].stages.append(stage)
        elif not any(isinstance(part, Rounds) and part.repeat is repeat for part in parts):
            kept = {found.place: found for found in lists.values() if found.repeat is repeat}
            parts.append(Rounds(repeat, "", None, circuit, lists=kept))  # type: ignore[arg-type]
    if around is not None:
        parts = with_entries(around.body, naming.round(around, parts), naming)
    for part in parts:
        if isinstance(part, Rounds):
            begin(circuit, part, naming, lists)
        elif around is None:
            part.stages = naming.stretch(part.stages)
    return parts


def begin(circuit: FrozenCircuit, part: Rounds, naming: Naming, lists: Lists) -> None:
    """Make one round of a repeat, and name what is in it. Raises `UnprintedError`."""
    repeat = part.repeat
    counting = repeat.counting
    for name in dict.fromkeys(move.name for move in repeat.moves):
        if name in naming.taken:
            raise UnprintedError(f"{name} is a plain number and something else")
        naming.taken.add(name)
    part.counter = counting.counter if counting.counter not in ("", "_") else naming.counter()
    if (counting.depth or not isinstance(counting.loop, ast.For)) and part.counter in naming.names.values():
        raise UnprintedError(f"{part.counter} is its counter and something else")
    naming.taken.add(part.counter)
    part.body = body_of(circuit, repeat, part.counter, {key: found.wire for key, found in lists.items()})
    naming.names.update({i.wire: i.name for i in part.body.constants})
    carried = [carried_in(circuit, part, q, naming) for q in part.body.carried]
    inside = inside_of(circuit, repeat, part.body, part.counter, lists, naming.bases, naming.outside, carried)
    gone = {found.wire for found in lists.values()}
    if sum(len(s.wires) for s in inside.circuit.stages) != len(set(repeat.body) - gone):
        raise UnprintedError("it is a part of a statement")
    part.inside = inside.circuit
    part.parts = cut_up(inside.circuit, inside.repeats, inside.lists, naming.within(inside, part), part)
    for q, wire in part.finals.items():
        naming.names[wire] = naming.names[part.body.wires[q]]
    part.called = naming.lists
    for q, found in part.lists.items():
        naming.list_of(found, naming.names[part.body.wires[q]])


def with_entries(body: Body, parts: list[Stretch | Rounds], naming: Naming) -> list[Stretch | Rounds]:
    """The parts of a round, with what it takes from lists before what is made of it."""
    for wire in body.entries.values():
        naming.names[wire] = naming.free(naming.entries[body.direct[wire][0]])
        users = [
            (part, k)
            for part in parts
            if isinstance(part, Stretch)
            for k, stage in enumerate(part.stages)
            if any(wire in wires_in(step_of(w)) for w in stage.wires)
        ]
        if users and users[0][0] is parts[0]:
            part, at = users[0]
            part.stages[at] = dataclasses.replace(part.stages[at], wires=(wire, *part.stages[at].wires))
        else:
            parts = [Stretch([Stage(naming.names[wire], None, naming.names[wire], (wire,), None)]), *parts]
    return parts


def as_one_record(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds], naming: Naming) -> FrozenCircuit:
    """All parts with their names as one record, which no sweep goes through."""
    inputs, wires, stages, blocks = list(circuit.inputs), [], [], dict(circuit.blocks)
    texts, scopes, spelled = dict(circuit.texts), dict(circuit.scopes), dict(circuit.spelled)
    for part in everything(parts):
        if isinstance(part, Stretch):
            stages += part.stages
            wires += part.wires
            continue
        inputs += [i for i in part.inside.inputs if i.wire in part.body.carried.values()] + part.body.constants
        blocks.update(part.body.blocks)
        texts.update(part.body.texts)
        spelled.update(part.body.spelled)
        scopes.update(part.inside.scopes)
    finals = [w for part in everything(parts) if isinstance(part, Rounds) for w in part.outcomes]
    return dataclasses.replace(
        circuit,
        inputs=tuple(inputs),
        wires=(*(i.wire for i in inputs), *wires, *finals),
        names=naming.names,
        named=frozenset(naming.chosen | set(finals)),
        stages=tuple(stages),
        blocks=blocks,
        reads=(),
        texts=texts,
        scopes=scopes,
        spelled=spelled,
    )


def everything(parts: Sequence[Stretch | Rounds]) -> Iterator[Stretch | Rounds]:
    """The parts with those inside them."""
    for part in parts:
        yield part
        if isinstance(part, Rounds):
            yield from everything(part.parts)


def carried_in(circuit: FrozenCircuit, part: Rounds, place: int, naming: Naming) -> Input:
    """What a round is given by the one before, as an input of the body: tame where the last round's is."""
    wire = part.body.carried[place]
    name = naming.names[wire] = f"ꙮin{wire.order}"
    naming.chosen.add(wire)
    last = next(row[place] for row in reversed(part.repeat.rounds) if row[place] in circuit.steps)
    kind = "input" if last in naming.tame else "wild"
    return Input(wire, name, name, (), name, bool(wire.bits & circuit.bit), kind)


def edges(part: Stretch | Rounds, circuit: FrozenCircuit) -> list[Wire]:
    """The wires that a part is given from outside, in the order of their use."""
    own = set(part.wires) if isinstance(part, Stretch) else part.own
    given = [x for stage in part.stages for w in stage.wires for x in wires_in(made_by(w, circuit))]
    for each in everything(part.parts) if isinstance(part, Rounds) else ():
        given += [x for x in each.repeat.carried.values() if isinstance(x, Wire)] if isinstance(each, Rounds) else []
    return [x for x in dict.fromkeys(given) if x not in own and (x in circuit.edges or x in circuit.steps)]


def used_inputs(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> list[Input]:
    """The inputs that the text speaks of: what NumPy did in a first round is done in the loop, without its arrays."""
    used = {circuit.output}
    for part in everything(parts):
        used |= set(edges(part, circuit))
        if isinstance(part, Rounds):
            used |= {w for w in part.repeat.carried.values() if isinstance(w, Wire)}
    return [i for i in circuit.inputs if i.kind != "captured" or i.wire in used]


def made_by(wire: Wire, circuit: FrozenCircuit) -> object:
    """What made a wire, of the circuit or of a body."""
    return circuit.steps.get(wire) or step_of(wire)
