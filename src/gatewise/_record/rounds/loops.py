"""Which loops of a circuit are shown as one round, and what the wires of that round are called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Repeat, Wire, step_of, wires_in
from gatewise._gates import GATES, pick
from gatewise._loops import repeats, slots
from gatewise._record.circuits import operands_by_port
from gatewise._record.rounds.lists import (
    Gathered,
    Taken,
    gathered_in,
    may_be_taken,
    only_by_lists,
    operand,
    takers_of,
    together,
)

SMALL = 12  # gates up to which all rounds of a loop are shown, as they are quickly read

#: Where an operand of a step comes from: a step of the same round, what the round before made, a wire from outside, or
#: what the round picks out of such a wire by its number, what it takes from a list that another loop filled.
Way = Literal["body", "carried", "shared", "picked", "taken"]
Ways = dict[int, tuple[Way, int | Wire | Taken]]  #: of one step, by port


@dataclass(slots=True, eq=False)
class Loop:
    """A repeat as it is shown.

    `names` are those of the places of its body, `before` and `after` those of what comes from the round before and goes
    to the next, by place, `each` those of the wires from outside as one round has them. `ways` say for each place, by
    port, where the operand comes from: a place of the body, a wire, or an entry of a list. `lists` are the arrays of
    what all rounds make at a place, `gathered` the lists that other loops go through, `taken` the names of what it
    takes from such, `alone` the places whose last value is used by itself. A loop inside a round of another has that
    one `around` it, told by its number; `inner` says which places of a body are of a loop inside: its number, and what
    the place is outside of it, its last round's value ("final") or its array ("list"), with the place there.
    """

    repeat: Repeat
    counter: str
    names: list[str] = field(default_factory=list)
    before: dict[int, str] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    each: dict[Wire, str] = field(default_factory=dict)
    ways: list[Ways] = field(default_factory=list)
    lists: dict[int, Wire] = field(default_factory=dict)
    gathered: dict[int, Gathered] = field(default_factory=dict)
    taken: dict[Taken, str] = field(default_factory=dict)
    alone: frozenset[int] = frozenset()
    around: int | None = None
    inner: dict[int, tuple[int, str, int]] = field(default_factory=dict)
    picking: set[int] = field(
        default_factory=set
    )  # places that pick by the number of a round, of this loop or one inside

    @property
    def count(self) -> int:
        """How many rounds there are."""
        return len(self.repeat.rounds)

    @property
    def own(self) -> list[int]:
        """The places of its body that are of no loop inside."""
        return [place for place in range(len(self.names)) if place not in self.inner]

    @property
    def finals(self) -> dict[int, Wire]:
        """The wires of the last round that are used after the loop, by place."""
        last = self.repeat.rounds[-1]
        return {place: wire for place in sorted(self.alone) if (wire := last[place]) is not None}


def kept_loops(circuit: FrozenCircuit, small: int = SMALL) -> list[Loop]:
    """The loops that are shown as one round: all but those of a handful of gates, and those whose rounds differ in use.

    Of a wire of a round that is used after the loop it must be clear which round's it is: the last one's, or all. A
    loop stands before those inside it.
    """
    loops: list[Loop] = []
    users = users_of(circuit)
    keep(circuit, repeats(circuit)[0], users, small, None, loops)
    free = namer(set(circuit.names.values()) | {i.parameter for i in circuit.inputs})
    for loop in loops:
        give_names(circuit, loop, loops, free)
    return loops


def keep(
    circuit: FrozenCircuit, found: Sequence[Repeat], users: Users, small: int, around: int | None, loops: list[Loop]
) -> None:
    """Note those of several repeats that are shown as one round, each with those inside its rounds."""
    chosen = one_round_each(circuit, found, users, small, around)
    takers = takers_of(chosen)
    for repeat in sorted(chosen, key=lambda r: r.body[0].order):
        loop = Loop(repeat, counter_of(repeat, around, loops), around=around)
        loop.gathered = gathered_in(repeat, takers, chosen)
        arrays = {place: array_of(circuit, repeat, place, users, takers) for place in sorted(repeat.collected)}
        loop.lists = {place: array for place, array in arrays.items() if array is not None}
        loop.alone = frozenset(place for place in repeat.collected if is_used_alone(circuit, loop, place, users))
        if around is not None and not has_inside(loops[around], loop, len(loops)):
            continue
        loops.append(loop)
        loop.ways = [ways_of(circuit, repeat, place) for place in range(len(repeat.body))]
        take(loop, loops)
        loop.picking = {
            place for place, way in enumerate(loop.ways) if any(kind == "picked" for kind, _ in way.values())
        }
        keep(circuit, repeat.inner, users, small, loops.index(loop), loops)
        if around is not None:
            at = place_of(loops[around].repeat.body)
            loops[around].picking |= {at[w] for row in repeat.rounds for q in loop.picking if (w := row[q]) is not None}
        for place in loop.inner:  # what a loop inside picks by this one's number is the same in all its rounds
            loop.ways[place] = {
                p: ("shared" if kind == "picked" else kind, x) for p, (kind, x) in loop.ways[place].items()
            }


def one_round_each(
    circuit: FrozenCircuit, found: Sequence[Repeat], users: Users, small: int, around: int | None
) -> list[Repeat]:
    """Those of several repeats of which one round says all; a list that one fills goes to others that are shown so.

    A small one is shown so where it hangs together with a larger one.
    """
    inside = {wire for repeat in found for row in repeat.rounds for wire in row}
    large = [r for r in found if r.body and len(r.rounds) * len(r.body) > small]
    chosen = together(large, [r for r in found if r.body]) if around is None else large
    while True:
        takers = takers_of(chosen) if around is None else {}
        kept = [r for r in chosen if may_be_one_round(circuit, r, users, inside, takers)]
        kept = [r for r in kept if {e.repeat for e in r.elements.values()} <= {*(kept if around is None else ())}]
        if len(kept) == len(chosen):
            return kept
        chosen = kept


def take(loop: Loop, loops: Sequence[Loop]) -> None:
    """Note what a loop takes from lists in the place of what stands there as a wire from outside."""
    numbers = {each.repeat: n for n, each in enumerate(loops)}
    for (place, slot), element in loop.repeat.elements.items():
        port, at = slot[0], str(element.at) or loop.counter
        if isinstance(port, int):
            loop.ways[place][port] = "taken", (numbers[element.repeat], element.place, at)


def counter_of(repeat: Repeat, around: int | None, loops: Sequence[Loop]) -> str:
    """What the user calls the number of a round; a letter of ours where it has no name."""
    taken = set() if around is None else {loop.counter for loop in chain_of(loops, loops[around])}
    named = repeat.counting.counter
    return named if named not in ("", "_") else next(letter for letter in "tkjimn" if letter not in taken)


def chain_of(loops: Sequence[Loop], loop: Loop) -> list[Loop]:
    """The loops around one, outermost first, and itself."""
    return [*(chain_of(loops, loops[loop.around]) if loop.around is not None else ()), loop]


def turn(loops: Sequence[Loop], n: int, asked: Sequence[int]) -> int:
    """Which round of a loop is shown, where one is asked for by how deep it stands: the last one where none is."""
    count, deep = loops[n].count, len(chain_of(loops, loops[n])) - 1
    k = asked[deep] if deep < len(asked) else -1
    return max(0, min(k if k >= 0 else count + k, count - 1))


def place_of(body: Sequence[Wire]) -> dict[Wire, int]:
    return {wire: place for place, wire in enumerate(body)}


def has_inside(outer: Loop, loop: Loop, number: int) -> bool:
    """Note which places of a round are of a loop inside; whether others use its last round alone, or all of them."""
    at = place_of(outer.repeat.body)
    rows, last = loop.repeat.rounds, len(loop.repeat.rounds) - 1
    made = {w: (k, q) for k, row in enumerate(rows) for q, w in enumerate(row) if w is not None}
    if not {*made, *loop.lists.values()} <= at.keys():
        return False
    leaving = {*outer.repeat.carried, *outer.repeat.collected} & {at[w] for w in made}
    if any(made[outer.repeat.body[place]][0] < last for place in leaving):
        return False
    loop.alone |= {made[outer.repeat.body[place]][1] for place in leaving if made[outer.repeat.body[place]][0] == last}
    outer.inner |= {at[w]: (number, "final", q) for w, (_, q) in made.items()}
    outer.inner |= {at[array]: (number, "list", q) for q, array in loop.lists.items()}
    return True


Users = Mapping[Wire, Sequence[Wire]]


def users_of(circuit: FrozenCircuit) -> Users:
    """By wire, the wires of the steps that use it."""
    found: dict[Wire, list[Wire]] = {}
    for wire, made in circuit.steps.items():
        for x in dict.fromkeys(wires_in(made)):
            found.setdefault(x, []).append(wire)
    return found


Takers = Mapping[tuple[Repeat, int], Collection[Wire]]


def may_be_one_round(
    circuit: FrozenCircuit, repeat: Repeat, users: Users, inside: Collection[Wire | None], takers: Takers
) -> bool:
    """Whether one round says all there is to say of the others."""
    last = len(repeat.rounds) - 1
    in_lists = {place: array_of(circuit, repeat, place, users, takers) for place in repeat.collected}
    told = all(
        rounds == (last,)
        or ((array := in_lists[place]) is not None and array not in inside)
        or ((repeat, place) in takers and not used_by_others(circuit, repeat, place, users, takers))
        for place, rounds in repeat.collected.items()
    )
    only_before = not (repeat.delays or repeat.delayed)  # nothing of older rounds
    if not all(may_be_taken(e) and operand(repeat, *key) for key, e in repeat.elements.items()) or not only_by_lists(
        repeat
    ):
        return False
    if any(isinstance(slots(what_made(repeat.body[place]))[slot], Wire) for place, slot in repeat.indexed):
        return False  # each round takes another entry of a list, which are wires of their own
    return told and only_before and all(repeat.rounds[0][place] is not None for place in repeat.carried)


def used_by_others(
    circuit: FrozenCircuit, repeat: Repeat, place: int, users: Users, takers: Takers
) -> set[Wire | None]:
    """Who uses what all rounds but the last make at one place, but for the loop itself and those that go through it.

    None stands for the output, and for a step that NumPy did in a round.
    """
    row = [each[place] for each in repeat.rounds]
    own = {wire for each in repeat.rounds for wire in each}
    found: set[Wire | None] = {user for wire in row[:-1] if wire is not None for user in users.get(wire, ())}
    nobody: set[Wire | None] = {None} if None in row or circuit.output in row[:-1] else set()
    return (found - own - {*takers.get((repeat, place), ())}) | nobody


def array_of(circuit: FrozenCircuit, repeat: Repeat, place: int, users: Users, takers: Takers) -> Wire | None:
    """The array of what all rounds make at one place, if nothing else is made of that, but for the last one's."""
    row = [each[place] for each in repeat.rounds]
    others = used_by_others(circuit, repeat, place, users, takers)
    array = others.pop() if len(others) == 1 else None
    if array is None:
        return None
    made, in_blocks = circuit.steps[array], {x for wire, b in circuit.blocks.items() for x in (wire, *b.inside)}
    stacks = made.gate is GATES[np.stack] and made.parameters.get("axis", 0) == 0 and list(made.operands) == row
    return array if stacks and array not in in_blocks else None


def give_names(circuit: FrozenCircuit, loop: Loop, loops: Sequence[Loop], free: Callable[[str], str]) -> None:
    """The names of a loop's wires: the user's with the counter behind them, as one writes h_t for h."""
    repeat = loop.repeat
    shown = {place for place in range(len(repeat.body)) if place not in loop.inner}
    shown |= {place for place, (n, role, q) in loop.inner.items() if leaves(loops[n], role, q, repeat.body[place])}
    loop.names, bases = names_of_body(circuit, repeat.body, loop.counter, free, shown)
    loop.before = {place: free(f"{bases[place]}_prev") for place in sorted(repeat.carried)}
    loop.after = {place: free(f"{bases[place]}_next") for place in sorted(repeat.carried)}
    shared = {x: None for way in loop.ways for kind, x in way.values() if kind == "shared" and isinstance(x, Wire)}
    around = loops[loop.around] if loop.around is not None else None
    loop.each = {wire: free(f"{name_outside(circuit, around, wire)}_{loop.counter}") for wire in shared}
    for place, each in loop.gathered.items():
        each.name = free(each.name or f"{bases[place]}s")
    for key in dict.fromkeys(x for way in loop.ways for kind, x in way.values() if kind == "taken"):
        assert isinstance(key, tuple)
        loop.taken[key] = free(f"{loops[key[0]].gathered[key[1]].name}_{loop.counter}")


def leaves(loop: Loop, role: str, place: int, wire: Wire) -> bool:
    """Whether a wire of a round stands outside of the loop inside it that made it."""
    return role == "list" or (place in loop.alone and loop.repeat.rounds[-1][place] is wire)


def name_outside(circuit: FrozenCircuit, around: Loop | None, wire: Wire) -> str:
    """What a wire from outside is called where a loop stands: of what a round makes, as that round has it."""
    at = place_of(around.repeat.body) if around is not None else {}
    return around.names[at[wire]] if around is not None and wire in at else circuit.names[wire]


def is_used_alone(circuit: FrozenCircuit, loop: Loop, place: int, users: Users) -> bool:
    """Whether the last value of a place is used after the loop by more than the array of all."""
    wire, own = loop.repeat.rounds[-1][place], {wire for row in loop.repeat.rounds for wire in row}
    if wire is None:
        return False
    takers = loop.gathered[place].takers if place in loop.gathered else ()
    return wire is circuit.output or not {*users.get(wire, ())} <= {*own, loop.lists.get(place), *takers}


def names_of_body(
    circuit: FrozenCircuit, body: Sequence[Wire], counter: str, free: Callable[[str], str], shown: Collection[int]
) -> tuple[list[str], list[str]]:
    """The names of a round's wires, and what they come from: of a name bound twice the last one has it plainly.

    Those that are not shown have none.
    """
    stages = {wire: stage for stage in circuit.stages for wire in stage.wires}
    bases = [base_of(circuit.names[w], stages.get(w)) if w in circuit.named and w in stages else "" for w in body]
    seen = {body[place] for place in shown}
    given = {
        wire: free(f"{base}_{counter}")
        for wire, base in reversed([*zip(body, bases, strict=True)])
        if base and wire in seen
    }
    whole = {stages[wire].name: name for wire, name in reversed(given.items())}
    part_of = {w: whole.get(stages[w].name, counter) if w in stages else counter for w in body}
    names = ["" if w not in seen else given.get(w) or free(f"{part_of[w]}_{{}}") for w in body]
    return names, [base or name for base, name in zip(bases, names, strict=True)]


def namer(taken: set[str]) -> Callable[[str], str]:
    """Gives names that nobody has: h_t, h_t_2, ...; of a name with a place for a number the first that is free."""

    def free(name: str) -> str:
        numbered = name if "{}" in name else f"{name}_{{}}"
        first = 1 if "{}" in name else 2
        tries = (numbered.format(k) for k in count(first))
        found = name if "{}" not in name and name not in taken else next(each for each in tries if each not in taken)
        taken.add(found)
        return found

    return free


def base_of(name: str, stage: object) -> str:
    """What the user calls a value: the target of its statement, of which a name is one with a number."""
    statement = getattr(stage, "statement", None)
    targets = [*(statement.target or "").split(","), statement.into] if statement is not None else []
    head, _, number = name.rpartition("_")
    return head if head in targets and number.isdigit() else name


def ways_of(circuit: FrozenCircuit, repeat: Repeat, place: int) -> Ways:
    """Where the operands of one step come from, by port, seen in the second round, which is a model of all."""
    made = what_made(repeat.body[place])
    here = {wire: q for q, wire in enumerate(repeat.body)}
    before = {wire: q for q, wire in enumerate(repeat.rounds[0]) if wire is not None}
    by_round = {slot[0] for (j, slot) in repeat.indexed if j == place}
    found: Ways = {}
    for port, wire in operands_by_port(circuit, made).items():
        if wire in here:
            found[port] = "body", here[wire]
        elif wire in before:
            found[port] = "carried", before[wire]
        else:
            picked = port == 0 and made.gate is GATES[pick] and "index" in by_round and not wires_in(made)[1:]
            found[port] = ("picked" if picked else "shared"), wire
    return found


def what_made(wire: Wire) -> Expr:
    """What made a wire of a round."""
    made = step_of(wire)
    assert made is not None
    return made
