"""A record in which a loop is one round, with the chains and blocks of that round as one gate each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from gatewise._circuit import FrozenCircuit, Wire
from gatewise._record.circuits import block_rules
from gatewise._record.folding import fold
from gatewise._record.rounds.loops import Loop
from gatewise._record.rounds.numbers import Numbers
from gatewise._record.rounds.record import Writing
from gatewise._record.rounds.shown import Shown
from gatewise._record.schema import BlockRule, Record


def folded_record_of_round(
    circuit: FrozenCircuit, loops: Sequence[Loop], numbers: Numbers, asked: int | Sequence[int] = -1
) -> Record:
    """The record of a round of each loop, folded."""
    writing = Writing(circuit, loops, numbers, asked)
    return fold(writing.record(), rules_of_round(circuit, writing.shown))


def rules_of_round(circuit: FrozenCircuit, shown: Shown) -> Mapping[str, BlockRule]:
    """The rules of the blocks that the record of a round has: those of its rounds under their names there."""
    names = dict(circuit.names)
    own: set[Wire] = set()
    for n in range(len(shown.loops)):
        for wire, name in names_of_round(shown, n):
            names[wire] = name
        own |= {wire for wire in shown.rounds(n).rounds[shown.k[n]] if wire is not None}
    in_loops = {wire for loop in shown.loops for row in loop.repeat.rounds for wire in row}
    blocks = {closing: b for closing, b in circuit.blocks.items() if closing in own or closing not in in_loops}
    return block_rules(dataclasses.replace(circuit, names=names, blocks=blocks))


def names_of_round(shown: Shown, n: int) -> Iterator[tuple[Wire, str]]:
    """What the wires of the circuit are called in the record: those from outside, of the round before, of the round."""
    loop, rounds, k = shown.loops[n], shown.rounds(n), shown.k[n]
    found = [(rounds.outside(wire), name) for wire, name in loop.each.items()]
    found += [(shown.wire(("taken", n, key)), name) for key, name in loop.taken.items()]
    found += [(shown.wire(("before", n, q)), name) for q, name in loop.before.items()]
    found += [(wire, name) for wire, name in zip(rounds.rounds[k], loop.names, strict=True) if name]
    yield from ((wire, name) for wire, name in found if isinstance(wire, Wire))
