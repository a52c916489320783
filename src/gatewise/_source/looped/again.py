"""Rounds that are computed again on the way back: the loop forward keeps every so many states, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gatewise._source.looped.heads import in_one
from gatewise._source.looped.lines import binds, changes, reads, renamed, without_empty_quotes
from gatewise._source.looped.parts import Rounds
from gatewise._source.looped.rounds import ListEntry, Written
from gatewise._source.names import Names
from gatewise._source.statements import TextLine

EVERY = "ꙮevery"  #: stands for the number that was asked for, until it is known which others the text holds


@dataclass(frozen=True, slots=True)
class Again:
    """The names of all rounds, of the states that are kept, of where a stretch of rounds begins; how long it is.

    `inside` are the lists that loops inside a round fill for its way back.
    """

    counter: str
    rounds: str
    states: str
    first: str
    every: str
    inside: Collection[str]

    @classmethod
    def named(cls, counter: str, names: Names, every: int, inside: Collection[str]) -> Again:
        """For stretches of so many rounds; 0 for a length that grows with the square root of their number."""
        rounds, states, first = (names.free(name) for name in ("rounds", "states", "first"))
        return cls(counter, rounds, states, first, EVERY if every else names.free("every"), inside)

    def within(self, place: ListEntry) -> ListEntry:
        """The places in the lists of one stretch."""
        return dataclasses.replace(place, rounds=self.rounds, less=self.first)

    def begin(self, head: str, state: Sequence[str]) -> list[TextLine]:
        """The lines before the loop, from its head."""
        told = head.partition(" in ")[2].removesuffix(":")
        back = told.startswith("reversed(")
        told = f"{told.removeprefix('reversed(').removesuffix(')')}[::-1]" if back else told
        lines = [TextLine(f"{self.rounds} = {told}")]
        if self.every != EVERY:
            lines.append(TextLine(f"{self.every} = max(1, int(np.sqrt(len({self.rounds}))))"))
        return [*lines, TextLine(f"{self.states} = []")] if state else lines

    def keeping(self, state: Sequence[str], place: ListEntry, lines: Sequence[TextLine]) -> list[TextLine]:
        """The rounds forward, which keep every so manieth state."""
        at = dataclasses.replace(place, rounds=self.rounds).at()
        several = ", ".join(state)
        kept = TextLine(f"{self.states}.append({several if len(state) == 1 else f'({several})'})")
        every = [in_one(f"if {at if at.isidentifier() else f'({at})'} % {self.every} == 0:", [kept])] if state else []
        return [*every, *(x for line in lines for x in self.without_lists(line))]

    def without_lists(self, line: TextLine) -> list[TextLine]:
        """A line, perhaps of several, without those that fill lists for a way back that is not gone."""
        filled = re.compile(r"\s*(\w+)(?: = \[|\.append\()")
        lines = [x for x in line.code.split("\n") if (m := filled.match(x)) is None or m[1] not in self.inside]
        return [TextLine("\n".join(lines), line.mark, line.said)] if lines else []

    def rewrite(self, part: Rounds, names: Names, written: Written, ahead: str, place: ListEntry) -> TextLine:
        """Turn the lines of a loop into those of one that keeps states alone; the loop back, as one line."""
        begin = [x for x in written.before if x in written.ours]
        lines = needed([x for x in written.inside if x not in written.theirs], written.ours)
        state = state_of(part, names, [*begin, *lines])
        kept = self.keeping(state, place, [x for x in written.inside if x not in written.ours])
        written.before = [*(x for x in written.before if x not in begin), *self.begin(ahead, state)]
        written.inside = kept
        stretch = [TextLine(f"{', '.join(state)} = {self.states}.pop()")] if state else []
        stretch += [*begin, in_one(f"for {self.counter} in {self.part}:", lines)]
        output = names.named.get(names.circuit.output, "")
        if any(output in binds(x) for x in stretch):  # it is given back
            stretch = renamed(stretch, {output: names.free(f"{output}_again")})
        return self.back(stretch, written.back)

    @property
    def part(self) -> str:
        return f"{self.rounds}[{self.first} : {self.first} + {self.every}]"

    def back(self, stretch: Sequence[TextLine], lines: Sequence[TextLine]) -> TextLine:
        """The loop back, a stretch after the other."""
        head = f"for {self.first} in reversed(range(0, len({self.rounds}), {self.every})):"
        return in_one(head, [*stretch, in_one(f"for {self.counter} in reversed({self.part}):", lines)])


def state_of(part: Rounds, names: Names, lines: Sequence[TextLine]) -> list[str]:
    """The names of what a round is given by the one before: what lines of a round write into, they have copied."""
    carried = [names.circuit.names[part.body.wires[q]] for q in part.body.carried]
    carried += [move.name for move in part.repeat.moves]
    read = {name for line in lines for name in reads(line)}
    return [name for name in dict.fromkeys(carried) if name in read]


def needed(lines: Sequence[TextLine], fills: Collection[TextLine]) -> list[TextLine]:
    """Those lines of a round that make what fills the lists, in this round or a later one."""
    found = {x.code for x in lines if x in fills}
    while True:
        asked = {name for x in lines if x.code in found for name in reads(x)}
        more = {x.code for x in lines if not asked.isdisjoint(binds(x) | changes(x))} - found
        if not more:
            return without_empty_quotes([x for x in lines if x.code in found or x.code.startswith("#")])
        found |= more
