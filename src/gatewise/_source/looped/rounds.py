"""A repeat written down: the loop forward with lists of what the way back needs, and the loop backward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gatewise._circuit import Counting, MovedBy, Said, Wire
from gatewise._source.lines import TextLine, assignment, together, written_into
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.lines import handed_down, hoisted, renamed
from gatewise._source.looped.naming import plural
from gatewise._source.looped.parts import Rounds
from gatewise._source.names import Names
from gatewise._source.spelling import Text, as_text, say


@dataclass(slots=True)
class Written:
    """The lines of a loop: before it, in it, and in the loop back, without the heads."""

    before: list[TextLine] = field(default_factory=list)
    inside: list[TextLine] = field(default_factory=list)
    back: list[TextLine] = field(default_factory=list)
    lists: dict[str, str] = field(default_factory=dict)  # by what stands for them in `back`
    ours: list[TextLine] = field(default_factory=list)  # the lines before it and in it that fill lists for the way back
    theirs: list[TextLine] = field(default_factory=list)  # those in it that fill the user's


@dataclass(frozen=True, slots=True)
class ListEntry:
    """Where a round's entry stands in a list, by the counter: how many rounds were before it, or come after it.

    The counter goes from `first` on by `stride`, or `back` again from the end; `names` are those of both. From the end
    it is counted there, or in `rounds`, if that is the name of them all, from the beginning. Of a stretch of them
    `less` are before it.
    """

    counter: str
    first: str
    stride: int
    back: bool
    names: frozenset[str]
    rounds: str = ""
    less: str = ""

    @classmethod
    def of(cls, counter: str, counting: Counting, bound: str) -> ListEntry:
        """That of a loop as it is told, or with the recorded numbers."""
        if bound:
            return cls(counter, str(counting.counts.start), counting.counts.step, False, frozenset((counter,)))
        return cls(counter, str(counting.first), counting.stride, counting.back, counting.first.names | {counter})

    def at(self, later: int = 0) -> Said:
        """The index of the entry that is so many rounds later, in a list with one for each round."""
        position = Said(self.position(later), self.names | ({self.rounds} if self.back else set()) - {""})
        return Said(f"{position} - {self.less}", position.names | {self.less}) if self.less else position

    def position(self, later: int) -> str:
        """How many rounds were before the one that is so many later."""
        if self.stride == 1 and not self.back and self.first.isdigit():
            return plus(self.counter, later - int(self.first))
        if self.stride == -1 and not self.back:
            first = str(int(self.first) + later) if self.first.isdigit() else self.first
            return plus(f"{first} - {self.counter}", 0 if self.first.isdigit() else later)
        gone = self.counter
        if self.first != "0":
            gone += f" - {self.first}" if self.first.isidentifier() or self.first.isdigit() else f" - ({self.first})"
        if self.first != "0" and (self.back or self.stride != 1):
            gone = f"({gone})"
        gone = gone if self.stride == 1 else f"{gone} // {self.stride}"
        if self.back and self.rounds:
            return plus(f"len({self.rounds}) - 1 - {gone}", later)
        return f"{later - 1} - {gone}" if self.back else plus(gone, later)

    def in_longer(self) -> tuple[Said, Said]:
        """The indices of the entries before and after a round, in a list with one more at its beginning."""
        return (self.at(-1), self.at()) if self.back and not self.rounds else (self.at(), self.at(1))


def plus(text: str, number: int) -> str:
    return f"{text} {'+' if number > 0 else '-'} {abs(number)}" if number else text


def places_of(part: Rounds) -> dict[Wire, str]:
    """What stands for each value of a round while its way back is written."""
    wires = (*part.body.wires, *part.body.entries.values(), *part.body.moved)
    return {w: f"ꙮ{'at' * (w in part.body.direct)}{w.order}" for w in wires}


def asked(lines: Sequence[TextLine]) -> set[str]:
    """The places that lines speak of."""
    binds, changes, reads = together(lines)
    return {name for name in binds | changes | reads if name.startswith("ꙮ")}


def joined(
    part: Rounds,
    names: Names,
    forward: list[TextLine],
    back: list[TextLine],
    picks: dict[str, Text],
    place: ListEntry,
    lists: dict[str, str],
    within: ListEntry,
) -> Written:
    """The loop of a part from the lines of its one round, with lists for what `back` asks of `forward`.

    A round's entry stands at `place` in the user's lists, and `within` ours.
    """
    written = Written()
    back = renamed(renamed(back, picks), picks)  # one may pick by what another picked
    needed = asked(back)
    told: dict[str, Text] = {}
    kept = Keeping(place, names, written, frozenset(part.called.values()), within)
    forward, tops = with_carried_in(part, names, forward)
    handed = {names.circuit.names[part.body.wires[place]] for place in part.repeat.delayed}
    forward = [replace(x, code=x.code.replace(" = +", " = ")) if x.binds & handed else x for x in forward]
    early, late = moves(part)
    moving = {
        part.counter,
        *(move.name for move in part.repeat.moves),
        *(names.circuit.names[part.body.wires[q]] for q in part.body.carried),
        *tops.values(),
    }
    above, forward = hoisted(forward, moving)
    fixed = {name for line in above for name in line.binds}
    for q, wire in enumerate(part.body.wires):
        told |= kept.value(part, q, wire, needed, fixed)
    for wire, text in part.body.moved.items():
        told |= kept.number(text, f"ꙮ{wire.order}") if f"ꙮ{wire.order}" in needed else {}
    for token, name in lists.items():
        told |= kept.whole(name, token, fixed) if token in needed else {}
    once = [*(assignment(name, of) for of, name in tops.items()), *forward]
    written.inside = [*early, *kept.top, *once, *kept.bottom, *late]
    written.ours = [x for x in (*written.before, *kept.top, *kept.bottom) if not kept.is_theirs(x)]
    written.theirs = [x for x in (*kept.top, *kept.bottom) if kept.is_theirs(x)]
    written.before = [*above, *written.before]
    written.back = renamed(back, {token: text for token, text in told.items() if token})
    return written


def moves(part: Rounds) -> tuple[list[TextLine], list[TextLine]]:
    """The statements that move plain names on: those before all that uses them, and those behind.

    Raises `UnprintedError` where one stands between two uses.
    """
    uses, found = part.repeat.moved.values(), part.repeat.moves
    early = [m for m in found if any(m.name in use.text.names and m.at < use.at for use in uses)]
    late = [m for m in found if m not in early]
    for m in early:
        between = any(m.name in use.text.names and use.at <= m.at for use in uses)
        if between or any(x.at < m.at and (x.name in {m.name, *m.text.names} or m.name in x.text.names) for x in late):
            raise UnprintedError(f"{m.name} is moved on between its uses")

    def line(m: MovedBy) -> TextLine:
        return TextLine(m.text, binds=frozenset((m.name,)), reads=m.text.names)

    return [*map(line, early)], [*map(line, late)]


def with_carried_in(part: Rounds, names: Names, forward: list[TextLine]) -> tuple[list[TextLine], dict[str, str]]:
    """The lines of a round with names for what is carried in: its own, unless that is read once it is bound anew."""
    tops: dict[str, str] = {}
    for q, wire in part.body.carried.items():
        token, name = f"ꙮin{wire.order}", names.circuit.names[part.body.wires[q]]
        at = next((k for k, line in enumerate(forward) if name in line.binds), len(forward))
        later = forward[at + 1 :] if at == len(forward) or "\n" not in forward[at].code else forward[at:]
        late = any(token in line.reads for line in later)
        told = names.free_function(f"{name}_prev") if late else name
        if late:
            tops[name] = told
        forward = [x for x in renamed(forward, {token: told}) if x.code != f"{told} = {told}"]
    return forward, tops


@dataclass(slots=True)
class Keeping:
    """Lists of what the way back needs, one entry a round: `theirs`, the user's own, and ours at places `within`."""

    place: ListEntry
    names: Names
    written: Written
    theirs: frozenset[str]
    within: ListEntry
    top: list[TextLine] = field(default_factory=list)
    bottom: list[TextLine] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)  # the lists of plain numbers, by their texts

    def value(self, part: Rounds, q: int, wire: Wire, needed: set[str], fixed: set[str]) -> dict[str, Text]:
        """What one place of the rounds makes: as far as it is asked for, or is in a list of the user's."""
        token, name = f"ꙮ{wire.order}", self.names.circuit.names.get(wire, "")
        source, listed = part.body.carried.get(q), part.lists.get(q)
        before = "" if source is None or f"ꙮin{source.order}" not in needed else f"ꙮin{source.order}"
        if listed is None:
            if before:
                return self.carried(name, token if token in needed else "", before)
            return self.whole(name, token, fixed) if token in needed else {}
        several = part.called[listed.wire]
        if listed.before:
            after = self.made(name, token, self.several_of(f"{name}_next")) if token in needed else {}
            return {**self.before(name, before, several), **after}
        if listed.first is not None:
            told = self.begun(name, token, "", several, self.names.forward_name(listed.first))
            return {**told, **(self.before(name, before, self.several_of(f"{name}_prev")) if before else {})}
        if listed.begun:
            return self.begun(name, token, before, several)
        told = self.made(name, token, several)
        return {**told, **(self.before(name, before, self.several_of(f"{name}_prev")) if before else {})}

    def whole(self, name: str, token: str, fixed: set[str]) -> dict[str, Text]:
        """A value that is asked for: as it is where all rounds have the same."""
        return {token: as_text(self.stand(name))} if name in fixed else self.made(name, token, self.several_of(name))

    def number(self, text: str, token: str) -> dict[str, Text]:
        """A plain number that is another one each round, by its text."""
        if text not in self.numbers:
            self.numbers[text] = self.several_of(text if text.isidentifier() else "n")
        return self.before(text, token, self.numbers[text])

    def several_of(self, name: str) -> str:
        """A name for a list of such values."""
        return self.names.free_function(plural(name))

    def made(self, name: str, token: str, several: str) -> dict[str, Text]:
        """A value that each round makes; one list is enough for it."""
        line = appended(several, name)
        known = next((x.code for x in self.bottom if x.code.endswith(f".append({name})")), line.code)
        if known != line.code:
            several = known.partition(".")[0]
            return {token: self.entry(several)}
        self.written.before.append(assignment(several, "[]"))
        self.bottom.append(line)
        return {token: self.entry(several)}

    def entry(self, several: str) -> Text:
        """A round's entry of a list."""
        return say("{}[{}]", self.stand(several), self.place_in(several).at())

    def place_in(self, several: str) -> ListEntry:
        """Where a round's entry stands in a list."""
        return self.place if several in self.theirs else self.within

    def is_theirs(self, line: TextLine) -> bool:
        """Whether a line begins or fills a list of the user's."""
        return not self.theirs.isdisjoint(line.binds | line.changes)

    def stand(self, several: str) -> str:
        """What stands for a list, or for what is the same in all rounds, until it is known whether it stays so."""
        self.written.lists[f"ꙮlist_{several}"] = several
        return f"ꙮlist_{several}"

    def before(self, name: str, token: str, several: str) -> dict[str, Text]:
        """A value that is carried, as it comes in."""
        if (line := appended(several, name)) not in self.top:
            self.written.before.append(assignment(several, "[]"))
            self.top.append(line)
        return {token: self.entry(several)}

    def carried(self, name: str, after: str, before: str) -> dict[str, Text]:
        """A value that is carried, as it comes in and perhaps as it goes out: in one list, which is one longer."""
        several = self.several_of(name)
        return self.begun(name, after, before, several) if after else self.before(name, before, several)

    def begun(self, name: str, after: str, before: str, several: str, first: str = "") -> dict[str, Text]:
        """A list that begins with what comes in, or with `first`."""
        self.written.before.append(assignment(several, say("[{}]", first or name)))
        self.bottom.append(appended(several, name))
        one, two = self.place_in(several).in_longer()
        return {before: say("{}[{}]", self.stand(several), one), after: say("{}[{}]", self.stand(several), two)}


def appended(several: str, name: str) -> TextLine:
    """The line that puts a value into a list."""
    return written_into(several, say("{}.append({})", several, name))


def down(part: Rounds, names: Names, back: list[TextLine]) -> list[TextLine]:
    """The lines of the way back through one round, with the gradients of what is carried handed to the round before."""
    for q, wire in part.body.carried.items():
        if wire in names.d_names and part.body.wires[q] in names.d_names:
            name, before = names.d_names[part.body.wires[q]], names.d_names[wire]
            back = handed_down(back, name, before)
            if any(before in line.binds for line in back):
                back = renamed(back, {before: names.free(f"{name}_prev")})
    return back
