"""The inside of a round as a circuit of its own, with the loops in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gatewise._circuit import FrozenCircuit, Input, Repeat, Said, Stage, Wire, step_of, wires_in
from gatewise._source.looped.bodies import Body
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.gathering import Lists


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """One round: its circuit, the loops in it, their lists, and what their values are called."""

    circuit: FrozenCircuit
    repeats: list[Repeat]
    lists: Lists
    bases: Mapping[Wire, str]


def inside_of(
    circuit: FrozenCircuit,
    repeat: Repeat,
    body: Body,
    counter: str,
    lists: Lists,
    bases: Mapping[Wire, str],
    outside: Callable[[Wire], Input],
    carried: Sequence[Input],
) -> Inside:
    """The inside of a round of `repeat`; `outside` gives the wires that it is given as inputs."""
    told = counted_by(f"ꙮ{repeat.counting.line}", counter)
    moved: dict[Repeat, Repeat] = {}
    repeats = [elsewhere(each, body.instead, moved, told) for each in repeat.inner]
    if not all(found.wire in body.instead for (r, _), found in lists.items() if r in moved):
        raise UnprintedError("a list of a loop in it is used behind it")
    own = {
        (moved[r], q): dataclasses.replace(found, repeat=moved[r], wire=body.instead[found.wire])
        for (r, q), found in lists.items()
        if r in moved
    }
    model = set(repeat.body) - {found.wire for found in lists.values()}
    stages = [
        dataclasses.replace(s, wires=tuple(body.instead[w] for w in s.wires))
        for s in circuit.stages
        if not model.isdisjoint(s.wires)
    ]
    new = {body.instead[w]: w for w in repeat.body}
    level = level_of(circuit, body, stages, new, [*given_to(circuit, body, outside, carried), *body.constants])
    return Inside(level, repeats, own, {w: bases[old] for w, old in new.items() if old in bases})


def given_to(
    circuit: FrozenCircuit, body: Body, outside: Callable[[Wire], Input], carried: Sequence[Input]
) -> list[Input]:
    """What a round is given, as inputs: all of the circuit's, what comes from around it, what is carried in."""
    made = [*body.entries.values(), *body.wires]
    own, given = {*made, *(i.wire for i in (*carried, *body.constants))}, dict(circuit.edges)
    for x in (x for wire in made for x in wires_in(step_of(wire))):
        if x not in own and x not in given and x in circuit.steps:
            given[x] = outside(x)
    return [*given.values(), *carried]


def level_of(
    circuit: FrozenCircuit, body: Body, stages: Sequence[Stage], new: Mapping[Wire, Wire], inputs: Sequence[Input]
) -> FrozenCircuit:
    """A round as a circuit; `new` has the recorded wire of each of its own."""
    return dataclasses.replace(
        circuit,
        inputs=tuple(inputs),
        wires=(*(i.wire for i in inputs), *body.entries.values(), *body.wires),
        output=body.wires[-1],
        names={**circuit.names, **{w: circuit.names.get(old, "") for w, old in new.items()}},
        named=circuit.named | {w for w, old in new.items() if old in circuit.named},
        stages=tuple(stages),
        blocks=body.blocks,
        reads=(),
        texts={**circuit.texts, **body.texts},
        spelled={**circuit.spelled, **body.spelled},
        scopes={**circuit.scopes, **{w: circuit.scopes[old] for w, old in new.items() if old in circuit.scopes}},
        beside=(),
    )


def counted_by(mark: str, counter: str) -> Callable[[Said], Said]:
    """Puts the counter of a loop that the user gives none in the texts of those inside."""

    def told(text: Said) -> Said:
        if mark not in text:
            return text
        return Said(text.replace(mark, counter), {counter if n == mark else n for n in text.names}, text.holds)

    return told


def elsewhere(
    repeat: Repeat, here: Mapping[Wire, Wire], moved: dict[Repeat, Repeat], told: Callable[[Said], Said]
) -> Repeat:
    """A repeat on other wires; `moved` has those that were."""

    def at(x: Any) -> Any:
        return here.get(x, x) if isinstance(x, Wire) else x

    counting = repeat.counting
    inner = tuple(elsewhere(each, here, moved, told) for each in repeat.inner)
    moved[repeat] = dataclasses.replace(
        repeat,
        counting=dataclasses.replace(
            counting, told=None if counting.told is None else told(counting.told), first=told(counting.first)
        ),
        rounds=tuple(tuple(map(at, row)) for row in repeat.rounds),
        carried={q: at(x) for q, x in repeat.carried.items()},
        shared=tuple(map(at, repeat.shared)),
        elements={
            key: dataclasses.replace(e, repeat=moved.get(e.repeat, e.repeat)) for key, e in repeat.elements.items()
        },
        inner=inner,
    )
    return moved[repeat]


def flat(repeats: Sequence[Repeat]) -> Iterator[Repeat]:
    """The repeats with those inside them."""
    for repeat in repeats:
        yield repeat
        yield from flat(repeat.inner)
