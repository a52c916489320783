"""The parts of a circuit written one by one and joined: forward in their order, backward in reverse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Input, Said, Unrolled, Wire
from gatewise._source.backward import empty_structure, first_ones, zeros_text
from gatewise._source.lines import TextLine, assignment, changed
from gatewise._source.looped.again import Again, Scheduled
from gatewise._source.looped.delays import with_delays
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.freedom import is_fixed
from gatewise._source.looped.gathering import Listed, gathered, tame_with
from gatewise._source.looped.heads import head, heads, in_one, mark, one_by_one
from gatewise._source.looped.levels import flat
from gatewise._source.looped.lines import renamed, without_empty_quotes
from gatewise._source.looped.naming import Naming, renumbered, spoken_of
from gatewise._source.looped.parts import Rounds, Stretch, as_one_record, cut_up, edges, everything
from gatewise._source.looped.rounds import ListEntry, down, joined, places_of
from gatewise._source.looped.staging import cut_stages
from gatewise._source.looped.writing import Part, unmarked
from gatewise._source.names import Names
from gatewise._source.nodes import Nodes
from gatewise._source.spelling import Text, as_text, say
from gatewise._tensor import Binomial


@dataclass(eq=False)
class Level:
    """Parts one after the other, of the function or of a round: what is known of their way back.

    `begun` are the wires whose gradients have a line; `kept` are lists that inner loops leave, by what stands for them.
    """

    circuit: FrozenCircuit
    parts: list[Stretch | Rounds]
    naming: Naming
    begun: set[Wire] = field(default_factory=set)
    backward: list[TextLine] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def bind(self, name: str, value: Text | str) -> None:
        """`name = value` on the way back."""
        self.backward.append(assignment(name, value))

    def add(self, name: str, value: Text | str) -> None:
        """`name += value` on the way back."""
        self.backward.append(changed(name, "+", value))

    def begin_or_add(self, name: str, value: Text | str, begun: bool, own: str) -> None:
        """The first contribution, in memory of its `own`, or one more."""
        if begun:
            self.add(name, value)
        else:
            self.bind(name, say("{}{}", value, own))


class Looped:
    """Writes the body of the staged function for a circuit with repeats.

    With `recompute` a loop keeps every so manieth of its states, or so many, and the way back computes again the rest.
    """

    def __init__(
        self,
        circuit: FrozenCircuit,
        found: Sequence[Any],
        left: Sequence[Unrolled],
        defined: Callable[[Expr], Iterator[str]],
        recompute: int | Binomial | None = None,
    ) -> None:
        self.defined = defined
        self.functions: dict[str, Expr] = {}  # beside the printed one
        self.recompute = recompute
        self.schedules: list[str] = []  # what the functions are called that say which states are kept
        self.inside: set[str] = set()  # lists that loops in a round fill for its way back
        circuit, found, handed_down = with_delays(circuit, found)
        circuit, lists = gathered(circuit, list(flat(found)))
        circuit, bases, slight = cut_stages(circuit, found, lists)
        bases = {**bases, **handed_down}
        self.circuit, self.left, self.lists = circuit, left, lists
        naming = Naming(circuit, bases, tame_with(lists, Nodes(circuit).tame_wires))
        naming.slight = slight
        naming.arrays = {found.wire for found in lists.values()}
        naming.counters = {each.counting.counter for each in flat(found)}
        self.level = Level(circuit, cut_up(circuit, found, lists, naming), naming)
        self.rounds = [part for part in everything(self.level.parts) if isinstance(part, Rounds)]
        self.whole = as_one_record(circuit, self.level.parts, naming)
        self.names = Names(self.whole)
        self.names.bound |= spoken_of(self.whole, list(flat(found))) | {*naming.lists.values()}
        self.names.named |= {w: self.whole.names[w] for part in self.rounds for w in part.outcomes}
        self.names.needed |= {found.first for found in lists.values() if found.first is not None}
        self.names.needed |= {x for part in self.rounds for x in part.repeat.carried.values() if isinstance(x, Wire)}
        self.tame: dict[Wire, bool] = {}
        self.bound = ""
        self.places: dict[Rounds, ListEntry] = {}
        self.levels: dict[Rounds, Level] = {}
        self.picks: dict[Rounds, dict[str, Text]] = {}
        self.papers: dict[Any, Part] = {}
        self.uses_math = False

    def lines(self, bound: str) -> tuple[list[TextLine], list[TextLine]]:
        """The lines forward and backward; with `bound` the count is the recorded one."""
        self.bound = bound
        self.start(self.level)
        self.back(self.level)
        for i in self.circuit.wanted:
            if i.wire not in self.level.begun:
                self.level.bind(self.names.d_name(i.wire), zeros_text(i))
        forward = one_by_one(self.forward(self.level))
        backward = one_by_one(self.level.backward)
        naming, both = self.level.naming, [*forward, *backward]
        told = renumbered(naming.made, naming.taken | naming.used, [x.code for x in both if is_code(x)])
        both = [renamed([x], told)[0] if is_code(x) else x for x in both]
        return both[: len(forward)], both[len(forward) :]

    @property
    def numbers(self) -> set[float]:
        """The numbers that are written by their value, here or in functions beside."""
        beside = [line for node in self.functions.values() for line in self.defined(node)]
        typed = {float(x) for line in beside for x in re.findall(r"(?<![\w.])\d+(?:\.\d*)?(?:e-?\d+)?", line)}
        return {x for paper in self.papers.values() for x in paper.page.say.speller.numbers} | typed

    def back(self, level: Level) -> None:
        """The way back through the parts of a level."""
        for part in reversed(level.parts):
            if isinstance(part, Stretch):
                self.back_through(part, level)
            else:
                self.back_round(part, level)

    def forward(self, level: Level) -> list[TextLine]:
        """The lines forward; what the loops back ask of them is kept, and those loops are put in their places."""
        found: list[TextLine] = []
        for part in level.parts:
            if isinstance(part, Stretch):
                paper = self.papers.get(part) or self.paper(part, level)
                found += paper.forward()
                self.uses_math |= paper.page.say.speller.uses_math
            else:
                found += self.round_forward(part, level)
        return found

    def start(self, level: Level) -> None:
        """The first gradient."""
        output = self.circuit.output
        if output in self.circuit.edges:
            raise UnprintedError("it gives back what it was given")
        self.share_names()
        for parameter in dict.fromkeys(i.parameter for i in self.circuit.wanted if i.path):
            level.bind(self.names.dict_name(parameter), Text(empty_structure(self.circuit.inputs, parameter)))
        value, name = output.value, self.names.d_name(output)
        if np.all(np.asarray(self.circuit.upstream) == 1):
            level.bind(name, first_ones(output, self.names))
        elif isinstance(value, np.ndarray):
            level.bind(name, say("{}.copy()", name))  # an argument, to be added to
        level.begun.add(output)

    def share_names(self) -> None:
        """Gradients of one value that is carried on have one name, in the loop, before it and after it."""
        for part in self.rounds:
            for q, final in part.finals.items():
                out, first = part.body.wires[q], part.repeat.carried.get(q)
                same = isinstance(first, Wire) and self.whole.names.get(first) == self.whole.names[out]
                name = self.names.d_names.get(final)
                if name is None:
                    name = self.names.d_name(first) if same and isinstance(first, Wire) else self.names.d_name(out)
                self.names.d_names[out] = self.names.d_names[final] = name
                if q in part.body.carried:
                    self.names.d_names[part.body.carried[q]] = f"ꙮd{part.body.carried[q].order}"

    def paper(self, part: Stretch, level: Level) -> Part:
        """What a part is written on."""
        given = [level.naming.outside(w) for w in edges(part, level.circuit)]
        self.papers[part] = Part(self.whole, self.names, given, part.stages, part.stages[-1].wires[-1])
        speller = self.papers[part].page.say.speller
        speller.functions, speller.defined = self.functions, self.defined
        for w in (i.wire for i in given):
            if w not in self.names.named:
                self.names.needed.add(w)
        return self.papers[part]

    def wanted(self, wire: Wire) -> bool:
        given = self.circuit.edges.get(wire)
        return given.wanted if given is not None else bool(wire.bits & self.circuit.bit)

    # -------------------------------------------------------------------------------------------------- backward

    def back_through(self, part: Stretch, level: Level) -> None:
        """The way back through a stretch, from those of its values whose gradients have begun."""
        paper = self.paper(part, level)
        seeds = [w for w in part.wires if w in level.begun]
        if not seeds:
            return
        for w in (*seeds, *(i.wire for i in paper.circuit.inputs if i.wanted)):
            self.name(w)
        way = paper.backward(seeds, level.begun, self.tame)
        level.backward += unmarked(way.lines())
        level.begun |= way.begun
        self.tame |= way.tame

    def name(self, wire: Wire) -> None:
        """See to it that a wire's gradient has a line of its own."""
        if wire not in self.names.named:
            self.names.named[wire] = self.whole.names[wire]

    def back_round(self, part: Rounds, level: Level) -> None:
        """The loop back."""
        outs = {q: w for q, w in part.finals.items() if self.wanted(part.body.wires[q])}
        entries = {q: found for q, found in part.lists.items() if found.wire in level.begun}
        shared = [w for w in edges(part, level.circuit) if self.wanted(w)]
        self.places[part] = ListEntry.of(part.counter, part.repeat.counting, "" if is_fixed(part) else self.bound)
        if not entries and not any(w in level.begun for w in outs.values()):
            if level is self.level:
                raise UnprintedError("nothing in it has a gradient")
            self.levels[part] = Level(part.inside, part.parts, level.naming.inner[part.repeat])
            return
        for final in outs.values():
            self.begin(level.naming.outside(final), level)
        for w in shared:
            self.name(w)
            self.begin(level.naming.outside(w), level)
        self.levels[part] = self.one_round(part, list(outs), entries, shared, level, tame=True)
        level.backward.append(TextLine(mark(part)))
        for q, first in part.repeat.carried.items():
            self.hand_out(part, q, first, level)
            own = q in entries and entries[q].begun and entries[q].first is None and not entries[q].before
            if own and first in level.begun:
                level.add(self.names.d_name(first), say("{}[0]", self.names.d_name(entries[q].wire)))
        for found in entries.values():
            self.hand_first(found, level)
        level.begun.update(shared)

    def begin(self, i: Input, level: Level) -> None:
        """The gradient of what a loop adds to."""
        if i.wire not in level.begun:
            self.name(i.wire)
            told = Input(i.wire, i.name, i.parameter, i.path, self.names.forward_name(i.wire), i.wanted)
            level.bind(self.names.d_name(i.wire), zeros_text(told))
            level.begun.add(i.wire)

    def one_round(
        self,
        part: Rounds,
        outs: list[int],
        entries: Mapping[int, Listed],
        shared: list[Wire],
        level: Level,
        tame: bool,
    ) -> Level:
        """The way back through one round, on places that stand for the values of the rounds."""
        seeds = {q: part.body.wires[q] for q in [*outs, *entries] if q in outs or not entries[q].before}
        for w in seeds.values():
            self.name(w)
        known = {w: tame and self.is_tame(part, q) for q, w in seeds.items()}
        inner = Level(part.inside, part.parts, level.naming.inner[part.repeat])
        inner.begun = {*shared, *seeds.values()}
        before, places, at_hand = self.tame, self.names.instead, self.names.at_hand
        self.tame = {**before, **known}
        self.names.instead, self.names.at_hand = {**places, **places_of(part)}, at_hand | set(part.body.direct)
        self.back(inner)
        way, self.tame = self.tame, dict(before)
        self.picks[part] = self.picked(part)
        self.names.instead, self.names.at_hand = places, at_hand
        inner.backward = [*self.from_lists(part, outs, entries, inner.backward), *inner.backward]
        self.into_lists(part, outs, entries, inner, way)
        back = {q: part.body.carried.get(q) for q in outs}
        if tame and any(known[part.body.wires[q]] and not way.get(w, True) for q, w in back.items() if w is not None):
            return self.one_round(part, outs, entries, shared, level, tame=False)
        self.tame |= {w: way.get(w, True) for w in shared}
        for q, carried in back.items():
            self.end_of_round(part, q, carried is not None and carried in inner.begun, inner.backward)
            first = part.repeat.carried.get(q)
            if carried is not None and isinstance(first, Wire):
                self.tame[first] = self.tame.get(first, True) and way.get(carried, True)
        return inner

    def is_tame(self, part: Rounds, q: int) -> bool:
        """Whether all that comes to a value of the rounds from outside is tame."""
        wires = [part.finals[q]] if q in part.finals else []
        wires += [part.lists[q].wire] if q in part.lists else []
        return all(self.tame.get(w, True) for w in wires)

    def from_lists(
        self, part: Rounds, outs: list[int], entries: Mapping[int, Listed], way: Sequence[TextLine]
    ) -> list[TextLine]:
        """What a round's values get by way of the lists that they are in."""
        lines = []
        for q, found in entries.items():
            if found.before:
                continue
            name = self.names.d_name(part.body.wires[q])
            place = self.places[part]
            at = place.in_longer()[1] if found.begun else place.at()
            entry = say("{}[{}]", self.names.d_name(found.wire), at)
            is_changed = isinstance(part.body.wires[q].value, np.ndarray) and any(name in x.changes for x in way)
            own = ".copy()" if is_changed else ""
            lines.append(changed(name, "+", entry) if q in outs else assignment(name, say("{}{}", entry, own)))
        return lines

    def into_lists(
        self, part: Rounds, outs: list[int], entries: Mapping[int, Listed], inner: Level, way: dict[Wire, bool]
    ) -> None:
        """What comes in gets what came back to the lists that it is in."""
        for q, found in entries.items():
            if found.before:
                leaf = part.body.carried[q]
                entry = say("{}[{}]", self.names.d_name(found.wire), self.places[part].at())
                own = ".copy()" if isinstance(leaf.value, np.ndarray) else ""
                inner.begin_or_add(self.names.d_name(leaf), entry, leaf in inner.begun, own)
                inner.begun.add(leaf)
                way[leaf] = way.get(leaf, True) and self.tame.get(found.wire, True)

    def end_of_round(self, part: Rounds, q: int, came: bool, lines: list[TextLine]) -> None:
        """What the round before begins with: nothing, where nothing came back to what is carried in."""
        if came:
            return
        out = part.body.wires[q]
        name = self.names.d_name(out)
        zeros = say("np.zeros_like({})", name) if isinstance(out.value, np.ndarray) else Text("0.0")
        lines.append(assignment(name, zeros))

    def picked(self, part: Rounds) -> dict[str, Text]:
        """The texts of what one index picks from a shared array: it need not be kept."""
        speller = next(self.papers[each] for each in everything(part.parts) if each in self.papers).page.say.speller
        return {
            f"ꙮat{w.order}": say("{}[{}]", self.names.forward_name(shared), speller.index(index))
            for w, (shared, index) in part.body.direct.items()
        }

    def hand_out(self, part: Rounds, q: int, first: object, level: Level) -> None:
        """The gradient that the first round leaves, to what it began with."""
        if not isinstance(first, Wire) or not self.wanted(first) or not self.wanted(part.body.wires[q]):
            return
        source, name = self.names.d_name(part.body.wires[q]), self.names.d_name(first)
        self.name(first)
        if source != name:
            own = ".copy()" if isinstance(first.value, np.ndarray) else ""  # more may be added to it
            level.begin_or_add(name, source, first in level.begun, own)
        level.begun.add(first)

    def hand_first(self, found: Listed, level: Level) -> None:
        """The gradient of what a list began with."""
        first = found.first
        if first is None or not self.wanted(first):
            return
        self.name(first)
        entry = say("{}[0]", self.names.d_name(found.wire))
        own = ".copy()" if isinstance(first.value, np.ndarray) else ""
        level.begin_or_add(self.names.d_name(first), entry, first in level.begun, own)
        level.begun.add(first)
        self.tame[first] = self.tame.get(first, True) and self.tame.get(found.wire, True)

    # --------------------------------------------------------------------------------------------------- forward

    def round_forward(self, part: Rounds, level: Level) -> list[TextLine]:
        """The loop forward; what the loop back asks of it is kept. Puts that loop in its place."""
        inner = self.levels[part]
        counting = part.repeat.counting
        bound = "" if is_fixed(part) else self.bound
        forward = self.forward(inner)
        back = down(part, self.names, inner.backward)
        place, again = self.places[part], self.again(part, level)
        within = place if again is None else again.within(place)
        written = joined(part, self.names, forward, back, self.picks.get(part, {}), place, inner.kept, within)
        ahead, behind = heads(part, bound)
        if level is not self.level:  # the lists of an inner loop are each round's own
            level.kept |= written.lists
            self.inside.update(written.lists.values())
        else:
            written.back = renamed(written.back, written.lists)
        written.back = without_empty_quotes(written.back)
        loop = in_one(behind, written.back)
        if again is not None and written.ours:
            loop = again.rewrite(part, self.names, written, ahead, place)
            ahead = head(part.counter, again.rounds, frozenset((again.rounds,)))
        at = next((k for k, x in enumerate(level.backward) if x.code == mark(part)), None)
        if at is not None:
            level.backward[at] = loop
        why = [TextLine(f"# {len(counting.counts)} rounds, as recorded: {bound}")] if bound else []
        return [
            *self.starts(part),
            *written.before,
            *(why if level is self.level else []),
            in_one(ahead, without_empty_quotes(written.inside)),
            *self.arrays(part),
        ]

    def again(self, part: Rounds, level: Level) -> Again | None:
        """How a loop's rounds are computed again, if they are: those inside a round are with it."""
        recompute = self.recompute
        if recompute is None or level is not self.level:
            return None
        kept = recompute.states if isinstance(recompute, Binomial) else recompute
        if is_fixed(part) and len(part.repeat.counting.counts) <= kept:
            return None
        inside = frozenset(self.inside) - {*part.called.values()}
        if not isinstance(recompute, Binomial):
            return Again.named(part.counter, self.names, recompute, inside)
        again = Scheduled.named(part.counter, self.names, kept, inside)
        self.schedules.append(again.schedule)
        return again

    def arrays(self, part: Rounds) -> list[TextLine]:
        """The lines that make arrays of lists."""
        found = [each.wire for each in part.lists.values() if each.whole]
        return [assignment(self.whole.names[w], say("np.stack({})", part.called[w])) for w in found]

    def starts(self, part: Rounds) -> list[TextLine]:
        """The lines that give what is carried its first value."""
        found = []
        for q, first in part.repeat.carried.items():
            name = self.whole.names[part.body.wires[q]]
            if isinstance(first, Wire):
                text = as_text(self.names.forward_name(first))
            elif q in part.repeat.starts:
                text = right_of(part.repeat.starts[q])
            else:
                text = next(iter(self.papers.values())).page.say.speller.plain(first)
            if text.text != name:
                found.append(assignment(name, text))
        begins = {move.begins: assignment(move.name, right_of(move.begins)) for move in part.repeat.moves}
        return [*found, *begins.values()]


def right_of(line: Said) -> Text:
    """What the user's line assigns."""
    return Text(line.partition(" = ")[2], names=line.names)


def is_code(line: TextLine) -> bool:
    return not line.code.lstrip().startswith("#")
