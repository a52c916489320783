"""A circuit cut into parts: stretches of stages, and repeats with one round of each, under names that hold for all."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from gatewise._circuit import FrozenCircuit, Input, Repeat, Stage, Wire, step_of, wires_in
from gatewise._source.looped.bodies import Body, body_of
from gatewise._source.looped.errors import UnprintedError
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

    @property
    def counted_steps(self) -> list[Wire]:
        """The steps of one round as recorded, but for what the loop itself takes from the arrays it goes through."""
        pairs = zip(self.repeat.body, self.body.wires, strict=True)
        return [old for old, new in pairs if new not in self.body.direct]

    @property
    def finals(self) -> dict[int, Wire]:
        """The wires that stand for what the last round made: what is carried on, and what is used afterwards."""
        last = self.repeat.rounds[-1]
        return {q: w for q in {*self.repeat.carried, *self.repeat.collected} if (w := last[q]) is not None}


def cut_up(circuit: FrozenCircuit, repeats: Sequence[Repeat]) -> tuple[list[Stretch | Rounds], Naming]:
    """The parts of a circuit, named. Raises `UnprintedError` where a repeat cannot be one of them."""
    of = {w: repeat for repeat in repeats for row in repeat.rounds for w in row if w is not None}
    naming = Naming(circuit)
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
            parts.append(Rounds(repeat, "", None))  # type: ignore[arg-type]
    for part in parts:
        if isinstance(part, Stretch):
            part.stages = naming.stretch(part.stages)
        else:
            begin(circuit, part, naming)
    return parts, naming


def begin(circuit: FrozenCircuit, part: Rounds, naming: Naming) -> None:
    """Make one round of a repeat, and name what is in it. Raises `UnprintedError`."""
    repeat = part.repeat
    last = len(repeat.rounds) - 1
    if any(rounds != (last,) for rounds in repeat.collected.values()):
        raise UnprintedError("what its rounds make is collected")
    counting = repeat.counting
    part.counter = counting.counter if counting.counter not in ("", "_") else naming.free("t")
    naming.taken.add(part.counter)
    part.body = body_of(circuit, repeat, part.counter)
    model = set(repeat.body)
    stages = [s for s in circuit.stages if not model.isdisjoint(s.wires)]
    if sum(len(s.wires) for s in stages) != len(model):
        raise UnprintedError("it is a part of a statement")
    part.stages = naming.body(repeat, part.body, stages)
    for q, wire in part.body.carried.items():
        naming.names[wire] = f"ꙮin{wire.order}"
        naming.chosen.add(wire)
        naming.names[part.finals[q]] = naming.names[part.body.wires[q]]
    for q, wire in part.finals.items():
        naming.names[wire] = naming.names[part.body.wires[q]]


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
    finals = [w for part in parts if isinstance(part, Rounds) for w in part.finals.values()]
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
