"""A repeat: rounds of a loop that apply the same gates, as plain data beside a circuit, and the check of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewise._circuit.frozen import CircuitError, FrozenCircuit, Said
from gatewise._circuit.tape import Wire, step_of
from gatewise._gates import Expr

Slot = tuple[str | int, ...]  #: (operand,) of a step, or (parameter, part, ...), as far as parts are told apart


ZERO = Said("0", ())


@dataclass(frozen=True, slots=True, eq=False)
class Counting:
    """How often a loop went round.

    `line` and `text` are the user's; `counts` has a number for each round, which the user calls `counter` ("" where
    there is no such name); `told` is a text that gives them, `setup` the lines that it needs; without one, `untold`
    says why. They go from `first` on by `stride`, or `back` again from their end. `loop` is the user's syntax tree,
    and `depth` how many calls of helpers it is in.
    """

    line: int
    text: str
    counter: str
    counts: range
    told: Said | None = None
    setup: tuple[Said, ...] = ()
    untold: str = ""
    first: Said = ZERO
    stride: int = 1
    back: bool = False
    loop: Any = None
    depth: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """What another repeat made in one of its rounds: which repeat, at which place, and the round by a text.

    `told` is whether the user's code says so: it goes through a list, `name`, which that loop fills once a round; a
    list that has `begun` has before them what the first round is given, or `first`; one of what was there `before` has
    what the first round is given, and not the last.
    """

    repeat: Repeat
    place: int
    at: Said
    told: bool
    name: str = ""
    begun: bool = False
    before: bool = False
    first: Wire | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A plain number that is another one each round: its text, the statement it stands in, its numbers."""

    text: Said
    at: int
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MovedBy:
    """The statement of a body that moves a plain name on: which it is, its text, the line that the name begins with."""

    at: int
    name: str
    text: Said
    begins: Said


@dataclass(frozen=True, slots=True, eq=False)
class Delay:
    """What stands for a value of rounds before the last one: its own first value, with the user's name and line."""

    first: Any
    name: str
    start: Said | None


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """Rounds of a loop that apply the same gates to what they are given.

    A place in the body is a position in each of the `rounds`; where a round has None, its first one, NumPy did the
    step on plain values. `carried` says what the first round is given in the place of what the round before makes
    there, with the line of the user's that makes a plain one; `shared` are the outside wires that all rounds are given;
    `indexed` has the user's text of what is another number each round, `elements` what is another round's value of
    another repeat, `moved` what hangs on plain names that the statements `moves` give another number in each round,
    `delays` what a round is given of a place so many rounds before, `inner` the repeats in its model round;
    `collected` says of which rounds a value is used after the loop.
    """

    counting: Counting
    rounds: tuple[tuple[Wire | None, ...], ...]
    carried: Mapping[int, Any]
    starts: Mapping[int, Said]  # the user's lines that make what is carried in first, where they are told
    shared: tuple[Wire, ...]
    indexed: Mapping[tuple[int, Slot], Said]
    collected: Mapping[int, tuple[int, ...]]
    elements: Mapping[tuple[int, Slot], Element] = field(default_factory=dict)
    moved: Mapping[tuple[int, Slot], Moved] = field(default_factory=dict)
    moves: tuple[MovedBy, ...] = ()
    delays: Mapping[tuple[int, int], Delay] = field(default_factory=dict)
    inner: tuple[Repeat, ...] = ()
    delayed: Mapping[int, tuple[int, int]] = field(default_factory=dict)  # places that printing adds for them

    @property
    def body(self) -> tuple[Wire, ...]:
        """The steps of one round, which is neither first nor last, as a model of all."""
        return tuple(wire for wire in self.rounds[self.model] if wire is not None)

    @property
    def model(self) -> int:
        """The first round that is given nothing but what rounds before it made."""
        return max([1, *(lag for _, lag in self.delays)])


@dataclass(frozen=True, slots=True, eq=False)
class Unrolled:
    """A loop whose rounds stay steps of their own, and why; `short` where there are too few to speak of."""

    line: int
    text: str
    why: str
    short: bool = False


def verify_repeat(circuit: FrozenCircuit, repeat: Repeat) -> Repeat:
    """The repeat, if it is as its grammar says. Raises `CircuitError`.

    repeat    = counting, rounds, carried, shared, indexed, collected
    counting  = the user's loop, the counter's name, its number in each round, a text that gives them
    round     = the wires of its steps, the same gates in the same places; None: NumPy did it, in the first one
    carried   = place in the body -> wire or plain value that the first round is given
    indexed   = (place, operand or parameter) -> the user's text
    elements  = (place, operand) -> another repeat, a place in it, which of its rounds
    inner     = the repeats among the steps of a round
    delays    = (place, rounds before) -> what stands for it in the first round
    moved     = (place, operand or parameter) -> the user's text, by names that `moves` move on
    collected = place -> the rounds whose value is used after the loop
    """
    count, places = len(repeat.rounds), len(repeat.body)
    if len(repeat.counting.counts) != count or count < 3:
        raise CircuitError(f"a repeat of {count} rounds counts {len(repeat.counting.counts)}.")
    gates = [made_of(wire).gate for wire in repeat.body]
    for k, each in enumerate(repeat.rounds):
        if len(each) != places or (k and None in each):
            raise CircuitError(f"round {k} of a repeat is not as long as the others.")
        if any(w is not None and made_of(w).gate is not gate for w, gate in zip(each, gates, strict=True)):
            raise CircuitError(f"round {k} of a repeat has another gate.")
    known = set(circuit.wires)
    if any(wire not in known for wire in (*repeat.shared, *repeat.carried.values()) if isinstance(wire, Wire)):
        raise CircuitError("a repeat is given a wire that is not in the circuit.")
    if not all(0 <= place < places for place in (*repeat.carried, *repeat.collected)):
        raise CircuitError("a repeat carries what its body does not make.")
    return repeat


def made_of(wire: Wire) -> Expr:
    """What made a wire of a round."""
    made = step_of(wire)
    if made is None:
        raise CircuitError("a round of a repeat has a wire that no step made.")
    return made
