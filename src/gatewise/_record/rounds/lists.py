"""Lists that one loop fills and another goes through: which loops hang together so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gatewise._circuit import Element, Repeat, Wire, step_of

#: Where a loop takes from a list: the number of the loop that fills it, the place there, the index as the user says it.
Taken = tuple[int, int, str]


@dataclass(slots=True, eq=False)
class Gathered:
    """A list of what all rounds make at one place; `takers` are the steps of other loops that are given its entries."""

    name: str
    entries: tuple[Wire, ...]
    takers: set[Wire] = field(default_factory=set)


def may_be_taken(element: Element) -> bool:
    """Whether an element is one of a list that holds what a loop made, an entry a round, and nothing else."""
    return element.told and not (element.begun or element.before or element.first is not None)


def takers_of(repeats: Iterable[Repeat]) -> dict[tuple[Repeat, int], set[Wire]]:
    """By repeat and place the steps of other repeats that are given what was made there."""
    found: dict[tuple[Repeat, int], set[Wire]] = {}
    for repeat in repeats:
        for (place, _), element in repeat.elements.items():
            steps = (wire for row in repeat.rounds if (wire := row[place]) is not None)
            found.setdefault((element.repeat, element.place), set()).update(steps)
    return found


def gathered_in(
    repeat: Repeat, takers: Mapping[tuple[Repeat, int], set[Wire]], users: Sequence[Repeat]
) -> dict[int, Gathered]:
    """The lists of a repeat that others go through, by place."""
    names = {(e.repeat, e.place): e.name for each in users for e in each.elements.values()}
    return {
        place: Gathered(
            names[repeat, place], tuple(wire for row in repeat.rounds if (wire := row[place]) is not None), steps
        )
        for (filled, place), steps in takers.items()
        if filled is repeat
    }


def together(large: Sequence[Repeat], found: Sequence[Repeat]) -> list[Repeat]:
    """Some repeats and those that they hang together with by lists."""
    kept = {*large}
    while True:
        linked = {e.repeat for each in kept for e in each.elements.values()}
        linked |= {each for each in found if any(e.repeat in kept for e in each.elements.values())}
        if linked <= kept:
            return [each for each in found if each in kept]
        kept |= linked


def only_by_lists(repeat: Repeat) -> bool:
    """Whether no step that takes an entry of a list is given one of its entries by another way as well."""
    for (place, slot), element in repeat.elements.items():
        entries = {row[element.place] for row in element.repeat.rounds}
        for wire in (row[place] for row in repeat.rounds):
            made = None if wire is None else step_of(wire)
            others = [x for port, x in enumerate(made.operands) if (port,) != slot] if made is not None else []
            if any(isinstance(x, Wire) and x in entries for x in others):
                return False
    return True


def operand(repeat: Repeat, place: int, slot: object) -> Wire | None:
    """What the model round is given at one place."""
    made = step_of(repeat.body[place])
    port = slot[0] if isinstance(slot, tuple) and len(slot) == 1 else None
    found = made.operands[port] if made is not None and isinstance(port, int) else None
    return found if isinstance(found, Wire) else None
