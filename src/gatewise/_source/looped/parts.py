"""A circuit cut into parts: stretches of stages, and repeats with one round of each, under names that hold for all."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from gatewise._circuit import FrozenCircuit, Input, Repeat, Stage, Wire, step_of, wires_in
from gatewise._source.looped.bodies import Body, body_of
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.gathering import Listed, Lists
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
    stages: list[Stage] = field(default_factory=list)
    lists: dict[int, Listed] = field(default_factory=dict)  # by place, what is kept of all rounds
    called: dict[Wire, str] = field(default_factory=dict)  # by the wires of their arrays

    @property
    def counted_steps(self) -> list[Wire]:
        """The steps of one round as recorded, but for what the loop itself takes from the arrays it goes through."""
        pairs = zip(self.repeat.body, self.body.wires, strict=True)
        return [old for old, new in pairs if new not in self.body.direct]

    @property
    def finals(self) -> dict[int, Wire]:
        """The wires that stand for what the last round made: what is carried on, and what is used afterwards."""
        last = self.repeat.rounds[-1]
        alone = {q for q in self.repeat.collected if q not in self.lists or self.lists[q].last}
        found = {q: w for q in sorted({*self.repeat.carried, *alone}) if (w := last[q]) is not None}
        earlier = {place: self.repeat.rounds[-lag][q] for place, (q, lag) in self.repeat.delayed.items()}
        return {**found, **{place: w for place, w in earlier.items() if w is not None}}

    @property
    def outcomes(self) -> list[Wire]:
        """The wires that stand for what is used after the loop: finals, and the arrays of lists."""
        return [*self.finals.values(), *(found.wire for found in self.lists.values())]


def cut_up(
    circuit: FrozenCircuit, repeats: Sequence[Repeat], lists: Lists, bases: Mapping[Wire, str]
) -> tuple[list[Stretch | Rounds], Naming]:
    """The parts of a circuit, named. Raises `UnprintedError` where a repeat cannot be one of them."""
    of = {w: repeat for repeat in repeats for row in repeat.rounds for w in row if w is not None}
    naming = Naming(circuit, bases)
    parts: list[Stretch | Rounds] = []
    for stage in circuit.stages:
        around = {of.get(w) for w in stage.wires}
        if len(around) > 1:
            raise UnprintedError("it is a part of a statement")
        repeat = around.pop()
        if repeat is None:
            if not parts or not isinstance(parts[-1], Stretch):
                parts.append(Stretch([]))
            parts[-1].stages.append(stage)
        elif not any(isinstance(part, Rounds) and part.repeat is repeat for part in parts):
            kept = {found.place: found for found in lists.values() if found.repeat is repeat}
            parts.append(Rounds(repeat, "", None, lists=kept))  # type: ignore[arg-type]
    for part in parts:
        if isinstance(part, Stretch):
            part.stages = naming.stretch(part.stages)
        else:
            begin(circuit, part, naming, lists)
    return parts, naming


def begin(circuit: FrozenCircuit, part: Rounds, naming: Naming, lists: Lists) -> None:
    """Make one round of a repeat, and name what is in it. Raises `UnprintedError`."""
    repeat = part.repeat
    counting = repeat.counting
    for name in dict.fromkeys(move.name for move in repeat.moves):
        if name in naming.taken:
            raise UnprintedError(f"{name} is a plain number and something else")
        naming.taken.add(name)
    part.counter = counting.counter if counting.counter not in ("", "_") else naming.counter()
    naming.taken.add(part.counter)
    part.body = body_of(circuit, repeat, part.counter, {key: found.wire for key, found in lists.items()})
    model = set(repeat.body)
    stages = [s for s in circuit.stages if not model.isdisjoint(s.wires)]
    if sum(len(s.wires) for s in stages) != len(model):
        raise UnprintedError("it is a part of a statement")
    part.stages = with_entries(part.body, naming.body(repeat, part.body, stages), naming, lists)
    for q, wire in part.body.carried.items():
        naming.names[wire] = f"ꙮin{wire.order}"
        naming.chosen.add(wire)
        naming.names[part.finals[q]] = naming.names[part.body.wires[q]]
    for q, wire in part.finals.items():
        naming.names[wire] = naming.names[part.body.wires[q]]
    part.called = naming.lists
    for q, found in part.lists.items():
        naming.list_of(found, naming.names[part.body.wires[q]])


def with_entries(body: Body, stages: list[Stage], naming: Naming, lists: Lists) -> list[Stage]:
    """The stages of a round, with what it takes from lists before what is made of it."""
    for (repeat, place, _), wire in body.entries.items():
        naming.names[wire] = naming.free(naming.entries[lists[repeat, place].wire])
        at = next(k for k, stage in enumerate(stages) if any(wire in wires_in(step_of(w)) for w in stage.wires))
        stages[at] = dataclasses.replace(stages[at], wires=(wire, *stages[at].wires))
    return stages


def whole(
    circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds], naming: Naming, tame: Collection[Wire]
) -> FrozenCircuit:
    """All parts with their names as one record, which no sweep goes through."""
    inputs, wires, stages, blocks = list(circuit.inputs), [], [], dict(circuit.blocks)
    texts, scopes, spelled = dict(circuit.texts), dict(circuit.scopes), dict(circuit.spelled)
    for part in parts:
        stages += part.stages
        wires += [w for stage in part.stages for w in stage.wires]
        if isinstance(part, Rounds):
            inputs += [carried_in(circuit, part, q, naming, tame) for q in part.body.carried] + part.body.constants
            naming.names.update({i.wire: i.name for i in part.body.constants})
            blocks.update(part.body.blocks)
            texts.update(part.body.texts)
            spelled.update(part.body.spelled)
            here = zip(part.repeat.body, part.body.wires, strict=True)
            scopes.update({new: circuit.scopes[old] for old, new in here if old in circuit.scopes})
    finals = [w for part in parts if isinstance(part, Rounds) for w in part.outcomes]
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


def carried_in(circuit: FrozenCircuit, part: Rounds, place: int, naming: Naming, tame: Collection[Wire]) -> Input:
    """What a round is given by the one before, as an input of the body: tame where the last round's is."""
    wire, name = part.body.carried[place], naming.names[part.body.carried[place]]
    last = next(row[place] for row in reversed(part.repeat.rounds) if row[place] in circuit.steps)
    kind = "input" if last in tame else "wild"
    return Input(wire, name, name, (), name, bool(wire.bits & circuit.bit), kind)


def edges(part: Stretch | Rounds, circuit: FrozenCircuit) -> list[Wire]:
    """The wires that a part is given from outside, in the order of their use."""
    own = {w for stage in part.stages for w in stage.wires}
    if isinstance(part, Rounds):
        own |= {*part.body.carried.values(), *(i.wire for i in part.body.constants)}
    found: dict[Wire, None] = {}
    for stage in part.stages:
        for w in stage.wires:
            made = made_by(w, circuit)
            for x in wires_in(made):
                if x not in own and (x in circuit.edges or x in circuit.steps):
                    found[x] = None
    return list(found)


def used_inputs(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> list[Input]:
    """The inputs that the text speaks of: what NumPy did in a first round is done in the loop, without its arrays."""
    used = {circuit.output}
    for part in parts:
        used |= set(edges(part, circuit))
        if isinstance(part, Rounds):
            used |= {w for w in part.repeat.carried.values() if isinstance(w, Wire)}
    return [i for i in circuit.inputs if i.kind != "captured" or i.wire in used]


def made_by(wire: Wire, circuit: FrozenCircuit) -> object:
    """What made a wire, of the circuit or of a body."""
    return circuit.steps.get(wire) or step_of(wire)
