"""Rounds that are computed again on the way back: the loop forward keeps every so many states, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gatewise._circuit import Said
from gatewise._source.lines import TextLine, assignment, written_into
from gatewise._source.looped.heads import head, in_one
from gatewise._source.looped.lines import renamed, without_empty_quotes
from gatewise._source.looped.parts import Rounds
from gatewise._source.looped.rounds import ListEntry, Written
from gatewise._source.names import Names
from gatewise._source.spelling import Text, as_text, listed, say

EVERY = "ꙮevery"  #: stands for the number that was asked for, until it is known which others the text holds
SCHEDULE = "next_kept"


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
    inside: frozenset[str]

    @classmethod
    def named(cls, counter: str, names: Names, every: int, inside: frozenset[str]) -> Again:
        """For stretches of so many rounds; 0 for a length that grows with the square root of their number."""
        rounds, states, first = (names.free(name) for name in ("rounds", "states", "first"))
        return cls(counter, rounds, states, first, EVERY if every else names.free("every"), inside)

    def within(self, place: ListEntry) -> ListEntry:
        """The places in the lists of one stretch."""
        return dataclasses.replace(place, rounds=self.rounds, less=self.first)

    def begin(self, ahead: TextLine, state: Sequence[str]) -> list[TextLine]:
        """The lines before the loop, from its head."""
        told = ahead.code.partition(" in ")[2].removesuffix(":")
        back = told.startswith("reversed(")
        told = f"{told.removeprefix('reversed(').removesuffix(')')}[::-1]" if back else told
        lines = [assignment(self.rounds, Text(told, names=ahead.reads))]
        if self.every != EVERY:
            lines.append(assignment(self.every, say("max(1, int(np.sqrt(len({}))))", self.rounds)))
        return [*lines, assignment(self.states, "[]")] if state else lines

    def keeping(self, state: Sequence[str], place: ListEntry, lines: Sequence[TextLine]) -> list[TextLine]:
        """The rounds forward, which keep every so manieth state."""
        at = dataclasses.replace(place, rounds=self.rounds).at()
        several = listed("{}" if len(state) == 1 else "({})", state)
        kept = written_into(self.states, say("{}.append({})", self.states, several))
        asked = f"if {at if at.isidentifier() else f'({at})'} % {self.every} == 0:"
        every = in_one(TextLine(asked, reads=at.names | {self.every}), [kept])
        return [*([every] if state else []), *self.without_lists(lines)]

    def taken(self, state: Sequence[str], place: ListEntry, lines: Sequence[TextLine]) -> list[TextLine]:
        """The state before a stretch; `lines` make that of the next round from that of one."""
        states = frozenset((self.states,))
        return [TextLine(f"{', '.join(state)} = {self.states}.pop()", "", "", frozenset(state), states, states)]

    def without_lists(self, lines: Sequence[TextLine]) -> list[TextLine]:
        """The lines, each perhaps of several, without those that fill lists for a way back that is not gone."""
        filled = re.compile(r"\s*(\w+)(?: = \[|\.append\()")
        found = []
        for line in lines:
            rest = [x for x in line.code.split("\n") if (m := filled.match(x)) is None or m[1] not in self.inside]
            binds, changes = line.binds - self.inside, line.changes - self.inside
            if rest:
                found.append(dataclasses.replace(line, code="\n".join(rest), binds=binds, changes=changes))
        return found

    def rewrite(self, part: Rounds, names: Names, written: Written, ahead: TextLine, place: ListEntry) -> TextLine:
        """Turn the lines of a loop into those of one that keeps states alone; the loop back, as one line."""
        begin = [x for x in written.before if x in written.ours]
        lines = needed([x for x in written.inside if x not in written.theirs], written.ours)
        state = state_of(part, names, [*begin, *lines])
        kept = self.keeping(state, place, [x for x in written.inside if x not in written.ours])
        written.before = [*(x for x in written.before if x not in begin), *self.begin(ahead, state)]
        written.inside = kept
        stretch = [
            *(self.taken(state, place, [x for x in lines if x not in written.ours]) if state else []),
            *begin,
            in_one(head(self.counter, self.part.text, self.part.names), lines),
        ]
        output = names.named.get(names.circuit.output, "")
        if any(output in x.binds for x in stretch):  # it is given back
            stretch = renamed(stretch, {output: names.free(f"{output}_again")})
        return self.back(stretch, written.back)

    @property
    def part(self) -> Text:
        """The rounds of a stretch."""
        return say("{}[{} : {} + {}]", self.rounds, self.first, self.first, self.every)

    def back(self, stretch: Sequence[TextLine], lines: Sequence[TextLine]) -> TextLine:
        """The loop back, a stretch after the other."""
        firsts = say("reversed(range(0, len({}), {}))", self.rounds, self.every)
        rounds = say("reversed({})", self.part)
        inside = in_one(head(self.counter, rounds.text, rounds.names), lines)
        return in_one(head(self.first, firsts.text, firsts.names), [*stretch, inside])


@dataclass(frozen=True, slots=True)
class Scheduled(Again):
    """No more than `EVERY` states are kept, those of Griewank and Walther's schedule; a stretch is one round.

    `first` is the round that is gone back, `begun` the one of the last state that is kept, `keep` the next to be kept.
    """

    begun: str
    keep: str
    schedule: str

    @classmethod
    def named(cls, counter: str, names: Names, every: int, inside: frozenset[str]) -> Scheduled:
        given = ("rounds", "states", "last", "first", "keep", SCHEDULE)
        rounds, states, last, begun, keep, schedule = (names.free(name) for name in given)
        return cls(counter, rounds, states, last, "1", inside, begun, keep, schedule)

    def begin(self, ahead: TextLine, state: Sequence[str]) -> list[TextLine]:
        rounds = Again.begin(self, ahead, [])[0]
        return [rounds, *([assignment(self.states, "[]"), assignment(self.keep, "0")] if state else [])]

    def keeping(self, state: Sequence[str], place: ListEntry, lines: Sequence[TextLine]) -> list[TextLine]:
        return [*(self.kept(state, place, say("len({})", self.rounds)) if state else []), *self.without_lists(lines)]

    def kept(self, state: Sequence[str], place: ListEntry, last: Text) -> list[TextLine]:
        """The lines in a loop on its way to a round that keep the state of those that the schedule names."""
        at = dataclasses.replace(place, rounds=self.rounds).at()
        kept = written_into(self.states, say("{}.append(({}, {}))", self.states, at, listed("{}", state)))
        asked = TextLine(f"if {at} == {self.keep}:", reads=at.names | {self.keep})
        return [in_one(asked, [kept, self.next_kept(at, last)])]

    def next_kept(self, first: Text | Said, last: Text) -> TextLine:
        """The line that says which round's state is kept next."""
        free = say("{} - len({})", EVERY, self.states)
        return assignment(self.keep, say("{}({}, {}, {})", self.schedule, first, last, free))

    def taken(self, state: Sequence[str], place: ListEntry, lines: Sequence[TextLine]) -> list[TextLine]:
        states, both = frozenset((self.states,)), (self.begun, *state)
        part = say("{}[{} : {}]", self.rounds, self.begun, self.first)
        on_the_way = [*self.kept(state, place, as_text(self.first)), *self.without_lists(lines)]
        return [
            TextLine(f"{', '.join(both)} = {self.states}[-1]", "", "", frozenset(both), states),
            self.next_kept(as_text(self.begun), as_text(self.first)),
            in_one(head(self.counter, part.text, part.names), on_the_way),
            in_one(
                TextLine(f"if {self.states}[-1][0] == {self.first}:", reads=states | {self.first}),
                [TextLine(f"{self.states}.pop()", reads=states, changes=states)],
            ),
        ]

    def back(self, stretch: Sequence[TextLine], lines: Sequence[TextLine]) -> TextLine:
        rounds = say("reversed({})", self.part)
        inside = in_one(head(self.counter, rounds.text, rounds.names), lines)
        last = say("reversed(range(len({})))", self.rounds)
        return in_one(head(self.first, last.text, last.names), [*stretch, inside])


def scheduled(name: str) -> list[str]:
    """The function that a text with `Scheduled` loops calls."""
    return f'''
def {name}(first, last, free):
    """The next round whose state is kept on the way from first to last (Griewank and Walther, Algorithm 799)."""
    rounds, runs = last - first, 1
    if rounds < 2 or free < 1:
        return None
    while math.comb(free + 1 + runs, runs) < rounds:
        runs += 1
    return max(first + 1, last - math.comb(free + runs, runs))'''.split("\n")


def state_of(part: Rounds, names: Names, lines: Sequence[TextLine]) -> list[str]:
    """The names of what a round is given by the one before: what lines of a round write into, they have copied."""
    carried = [names.circuit.names[part.body.wires[q]] for q in part.body.carried]
    carried += [move.name for move in part.repeat.moves]
    read = {name for line in lines for name in line.reads}
    return [name for name in dict.fromkeys(carried) if name in read]


def needed(lines: Sequence[TextLine], fills: Collection[TextLine]) -> list[TextLine]:
    """Those lines of a round that make what fills the lists, in this round or a later one."""
    found = {x.code for x in lines if x in fills}
    while True:
        asked = {name for x in lines if x.code in found for name in x.reads}
        more = {x.code for x in lines if not asked.isdisjoint(x.binds | x.changes)} - found
        if not more:
            return without_empty_quotes([x for x in lines if x.code in found or x.code.startswith("#")])
        found |= more
