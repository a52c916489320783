"""The parts of a circuit written one by one and joined: forward in their order, backward in reverse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Input, Repeat, Said, Unrolled, Wire
from gatewise._source.backward import empty_structure, zeros_text
from gatewise._source.looped.delays import with_delays
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.freedom import is_fixed
from gatewise._source.looped.gathering import Listed, gathered
from gatewise._source.looped.lines import changes, without_empty_quotes
from gatewise._source.looped.naming import outside
from gatewise._source.looped.parts import Rounds, Stretch, cut_up, edges, whole
from gatewise._source.looped.rounds import Place, down, joined, places_of
from gatewise._source.looped.staging import cut_stages
from gatewise._source.looped.writing import Part
from gatewise._source.names import Names
from gatewise._source.nodes import Nodes
from gatewise._source.statements import TextLine


class Looped:
    """Writes the body of the staged function for a circuit with repeats."""

    def __init__(self, circuit: FrozenCircuit, found: Sequence[Any], left: Sequence[Unrolled]) -> None:
        circuit, found, handed_down = with_delays(circuit, found)
        circuit, lists = gathered(circuit, found)
        circuit, bases = cut_stages(circuit, found, lists)
        bases = {**bases, **handed_down}
        self.circuit, self.left, self.lists = circuit, left, lists
        self.parts, naming = cut_up(circuit, found, lists, bases)
        self.tame_wires = Nodes(circuit).tame_wires
        self.whole = whole(circuit, self.parts, naming, self.tame_wires)
        self.names = Names(self.whole)
        self.names.bound |= spoken_of(self.whole, found)
        self.names.named |= {w: self.whole.names[w] for p in self.parts if isinstance(p, Rounds) for w in p.outcomes}
        self.tame: dict[Wire, bool] = {}
        self.begun: set[Wire] = set()
        self.backward: list[TextLine] = []
        self.bound = ""
        self.places: dict[Rounds, Place] = {}
        self.loops: dict[Rounds, tuple[list[TextLine], dict[str, str]]] = {}
        self.papers: dict[Any, Part] = {}
        self.uses_math = False

    def lines(self, bound: str) -> tuple[list[TextLine], list[TextLine]]:
        """The lines forward and backward; with `bound` the count is the recorded one."""
        self.bound = bound
        self.start()
        for part in reversed(self.parts):
            self.paper(part)
            if isinstance(part, Stretch):
                self.back_through(part)
            else:
                self.back_round(part)
        for i in self.circuit.wanted:
            if i.wire not in self.begun:
                self.write(f"{self.names.d_name(i.wire)} = {zeros_text(i)}")
        forward: list[TextLine] = []
        for part in self.parts:
            if isinstance(part, Stretch):
                forward += self.papers[part].forward()
            else:
                forward += self.round_forward(part)
            self.uses_math |= self.papers[part].page.say.speller.uses_math
        return forward, self.backward

    def write(self, code: str) -> None:
        self.backward.append(TextLine(code))

    def start(self) -> None:
        """The first gradient."""
        output = self.circuit.output
        if output in self.circuit.edges or not np.all(np.asarray(self.circuit.upstream) == 1):
            raise UnprintedError("the gradient that comes in is an argument")
        self.share_names()
        for parameter in dict.fromkeys(i.parameter for i in self.circuit.wanted if i.path):
            self.write(f"{self.names.dict_name(parameter)} = {empty_structure(self.circuit.inputs, parameter)}")
        value = output.value
        ones = (
            "1.0"
            if isinstance(value, float)
            else f"np.{value.dtype.name}(1.0)"
            if isinstance(value, np.generic)
            else ""
        )
        self.write(f"{self.names.d_name(output)} = {ones or f'np.ones_like({self.names.forward_name(output)})'}")
        self.begun.add(output)

    def share_names(self) -> None:
        """Gradients of one value that is carried on have one name, in the loop, before it and after it."""
        for part in [part for part in self.parts if isinstance(part, Rounds)]:
            for q, final in part.finals.items():
                out, first = part.body.wires[q], part.repeat.carried.get(q)
                same = isinstance(first, Wire) and self.whole.names.get(first) == self.whole.names[out]
                name = self.names.d_name(first) if same and isinstance(first, Wire) else self.names.d_name(out)
                self.names.d_names[out] = self.names.d_names[final] = name
                if q in part.body.carried:
                    self.names.d_names[part.body.carried[q]] = f"ꙮd{part.body.carried[q].order}"

    def paper(self, part: Stretch | Rounds) -> Part:
        """What a part is written on."""
        given = [self.outside(w) for w in edges(part, self.circuit)]
        if isinstance(part, Rounds):
            given += [i for i in self.whole.inputs if i.wire in part.body.carried.values()] + part.body.constants
            place = Place.of(part.counter, part.repeat.counting, "" if is_fixed(part) else self.bound)
            self.places[part] = place
        output = part.stages[-1].wires[-1]
        self.papers[part] = Part(self.whole, self.names, given, part.stages, output)
        for w in (i.wire for i in given):
            if w not in self.names.named:
                self.names.needed.add(w)
        return self.papers[part]

    def outside(self, wire: Wire) -> Input:
        return outside(wire, self.circuit, self.whole.names, wire in self.tame_wires)

    def wanted(self, wire: Wire) -> bool:
        given = self.circuit.edges.get(wire)
        return given.wanted if given is not None else bool(wire.bits & self.circuit.bit)

    # -------------------------------------------------------------------------------------------------- backward

    def back_through(self, part: Stretch) -> None:
        """The way back through a stretch, from those of its values whose gradients have begun."""
        seeds = [w for w in part.wires if w in self.begun]
        if not seeds:
            return
        paper = self.papers[part]
        for w in (*seeds, *(i.wire for i in paper.circuit.inputs if i.wanted)):
            self.name(w)
        way = paper.backward(seeds, self.begun, self.tame)
        self.backward += unmarked(way.lines())
        self.begun |= way.begun
        self.tame |= way.tame

    def name(self, wire: Wire) -> None:
        """See to it that a wire's gradient has a line of its own."""
        if wire not in self.names.named:
            self.names.named[wire] = self.whole.names[wire]

    def back_round(self, part: Rounds) -> None:
        """The loop back."""
        outs = {q: w for q, w in part.finals.items() if self.wanted(part.body.wires[q])}
        entries = {q: found for q, found in part.lists.items() if found.wire in self.begun}
        shared = [w for w in edges(part, self.circuit) if self.wanted(w)]
        if not outs and not entries:
            raise UnprintedError("nothing in it has a gradient")
        for final in outs.values():
            self.begin(self.outside(final))
        for w in shared:
            self.name(w)
            self.begin(self.outside(w))
        lines = self.one_round(part, list(outs), entries, shared, tame=True)
        self.loops[part] = lines, self.picked(part)
        self.backward.append(TextLine(f"ꙮloop{self.parts.index(part)}"))
        for q, first in part.repeat.carried.items():
            self.hand_out(part, q, first)
            if q in entries and entries[q].begun and first in self.begun:
                self.write(f"{self.names.d_name(first)} += {self.names.d_name(entries[q].wire)}[0]")
        self.begun.update(shared)

    def begin(self, i: Input) -> None:
        """The gradient of what a loop adds to."""
        if i.wire not in self.begun:
            self.name(i.wire)
            told = Input(i.wire, i.name, i.parameter, i.path, self.names.named[i.wire], i.wanted)
            self.write(f"{self.names.d_name(i.wire)} = {zeros_text(told)}")
            self.begun.add(i.wire)

    def one_round(
        self, part: Rounds, outs: list[int], entries: Mapping[int, Listed], shared: list[Wire], tame: bool
    ) -> list[TextLine]:
        """The way back through one round, on places that stand for the values of the rounds."""
        paper = self.papers[part]
        self.names.instead = places_of(part)
        self.names.at_hand = frozenset(part.body.direct)
        seeds = {q: part.body.wires[q] for q in [*outs, *entries]}
        for w in seeds.values():
            self.name(w)
        known = {w: tame and self.is_tame(part, q) for q, w in seeds.items()}
        way = paper.backward(seeds.values(), {*shared, *seeds.values()}, {**self.tame, **known})
        lines = unmarked(way.lines())
        lines = [*self.from_lists(part, outs, entries, lines), *lines]
        self.names.instead, self.names.at_hand = {}, frozenset()
        back = {q: part.body.carried.get(q) for q in outs}
        if tame and any(
            known[part.body.wires[q]] and not way.tame.get(w, True) for q, w in back.items() if w is not None
        ):
            self.paper(part)
            return self.one_round(part, outs, entries, shared, tame=False)
        self.tame |= {w: way.tame.get(w, True) for w in shared}
        for q, before in back.items():
            self.end_of_round(part, q, before is not None and before in way.begun, lines)
            first = part.repeat.carried.get(q)
            if before is not None and isinstance(first, Wire):
                self.tame[first] = self.tame.get(first, True) and way.tame.get(before, True)
        return lines

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
            name = self.names.d_name(part.body.wires[q])
            place = self.places[part]
            entry = f"{self.names.d_name(found.wire)}[{place.in_longer()[1] if found.begun else place.at()}]"
            changed = isinstance(part.body.wires[q].value, np.ndarray) and any(name in changes(x) for x in way)
            own = ".copy()" if changed else ""
            lines.append(TextLine(f"{name} += {entry}" if q in outs else f"{name} = {entry}{own}"))
        return lines

    def end_of_round(self, part: Rounds, q: int, came: bool, lines: list[TextLine]) -> None:
        """What the round before begins with: nothing, where nothing came back to what is carried in."""
        if came:
            return
        out = part.body.wires[q]
        name = self.names.d_name(out)
        zeros = "0.0" if not isinstance(out.value, np.ndarray) else f"np.zeros_like({name})"
        lines.append(TextLine(f"{name} = {zeros}"))

    def picked(self, part: Rounds) -> dict[str, str]:
        """The texts of what one index picks from a shared array: it need not be kept."""
        speller = self.papers[part].page.say.speller
        return {
            f"ꙮat{w.order}": f"{self.names.forward_name(shared)}[{speller.index(index)}]"
            for w, (shared, index) in part.body.direct.items()
        }

    def hand_out(self, part: Rounds, q: int, first: Any) -> None:
        """The gradient that the first round leaves, to what it began with."""
        if not isinstance(first, Wire) or not self.wanted(first) or not self.wanted(part.body.wires[q]):
            return
        source, name = self.names.d_name(part.body.wires[q]), self.names.d_name(first)
        self.name(first)
        if source != name:
            own = ".copy()" if isinstance(first.value, np.ndarray) else ""  # more may be added to it
            self.write(f"{name} += {source}" if first in self.begun else f"{name} = {source}{own}")
        self.begun.add(first)

    # --------------------------------------------------------------------------------------------------- forward

    def round_forward(self, part: Rounds) -> list[TextLine]:
        """The loop forward; what the loop back asks of it is kept. Puts that loop in its place."""
        lines, places = self.loops[part]
        counting = part.repeat.counting
        bound = "" if is_fixed(part) else self.bound
        forward = self.papers[part].forward()
        written = joined(part, self.names, forward, down(part, self.names, lines), places, self.places[part])
        ahead, back = heads(part, bound)
        at = next(k for k, x in enumerate(self.backward) if x.code == f"ꙮloop{self.parts.index(part)}")
        self.backward[at : at + 1] = [TextLine(back), *indented(without_empty_quotes(written.back))]
        why = [TextLine(f"# {len(counting.counts)} rounds, as recorded: {bound}")] if bound else []
        return [
            *self.starts(part),
            *written.before,
            *why,
            TextLine(ahead),
            *indented(without_empty_quotes(written.inside)),
            *self.arrays(part),
        ]

    def arrays(self, part: Rounds) -> list[TextLine]:
        """The lines that make arrays of lists."""
        found = [each.wire for each in part.lists.values() if each.whole]
        return [TextLine(f"{self.whole.names[w]} = np.stack({part.called[w]})") for w in found]

    def starts(self, part: Rounds) -> list[TextLine]:
        """The lines that give what is carried its first value."""
        found = []
        for q, first in part.repeat.carried.items():
            name = self.whole.names[part.body.wires[q]]
            if isinstance(first, Wire):
                text = self.names.forward_name(first)
            elif q in part.repeat.starts:
                text = part.repeat.starts[q].partition(" = ")[2]
            else:
                text = self.papers[part].page.say.speller.plain(first).text
            if text != name:
                found.append(TextLine(f"{name} = {text}"))
        return [*found, *(TextLine(line) for line in dict.fromkeys(move.begins for move in part.repeat.moves))]


def spoken_of(circuit: FrozenCircuit, repeats: Sequence[Repeat]) -> set[str]:
    """The names in what is taken over of the user's code."""
    texts = [*circuit.setup, *circuit.texts.values(), *circuit.spelled.values()]
    texts += [i.text for i in circuit.inputs if isinstance(i.text, Said)]
    for repeat in repeats:
        texts += [text for move in repeat.moves for text in (move.begins, move.text)]
        texts += [*repeat.counting.setup, *repeat.starts.values(), *repeat.indexed.values()]
        texts += [repeat.counting.told] if repeat.counting.told is not None else []
    lines = [text.partition(" = ")[0] for text in texts if " = " in text]
    return {*lines, *(name for text in texts for name in text.names)}


def unmarked(lines: Sequence[TextLine]) -> list[TextLine]:
    return [TextLine(x.code, "", x.said) for x in lines]


def indented(lines: Sequence[TextLine]) -> list[TextLine]:
    return [TextLine(f"    {x.code}", x.mark, x.said) for x in lines]


def heads(part: Rounds, bound: str) -> tuple[str, str]:
    """The two heads of a loop, forward and back."""
    counting = part.repeat.counting
    if bound:
        text = literal(counting.counts)
        return f"for {part.counter} in {text}:", f"for {part.counter} in reversed({text}):"
    told = str(counting.told)
    back = told.removeprefix("reversed(").removesuffix(")") if counting.back else f"reversed({told})"
    return f"for {part.counter} in {told}:", f"for {part.counter} in {back}:"


def literal(counts: range) -> str:
    if counts == range(len(counts)):
        return f"range({len(counts)})"
    step = f", {counts.step}" if counts.step != 1 else ""
    return f"range({counts.start}, {counts.stop}{step})"
