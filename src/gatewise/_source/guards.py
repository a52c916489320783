"""What Python read while it was recorded, as assertions: printed code holds where they do, and says so elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from zlib import crc32

import numpy as np

from gatewise._circuit import Block, Expr, Place, Read, Wire, part_of, step_of, unknown_behind, wires_in
from gatewise._gates import GATES, cross_entropy, pick
from gatewise._source.lines import TextLine
from gatewise._source.looking import value_of
from gatewise._source.spelling import ATOM, COMPARISON, Text, names_said, nested, number_literal
from gatewise._source.statements import Statements

WRITTEN_OUT = 30  # how many numbers an assertion may hold
DEEPEST = 10  # operations in one expression, one inside the other


class Guards:
    """Writes the assertions of one circuit, each behind the stage that makes the last of what it speaks of."""

    def __init__(self, page: Statements) -> None:
        self.circuit, self.page, self.names, self.say = page.circuit, page, page.names, page.say
        self.crc32 = ""  # the name that stands for zlib's, where the text needs it
        self.said: set[str] = set()  # the assertions that were made

    def guards(self) -> dict[int, list[Read]]:
        """The reads that the text depends on, by the number of that stage; 0 is before all stages.

        An index that was computed is none: it stands in the text by its name.
        """
        stages = {w: number for number, stage in enumerate(self.circuit.stages, 1) for w in stage.wires}
        found: dict[int, list[Read]] = {}
        for read in self.circuit.reads:
            behind = {x for _, made in self.made_for(read.wire) for x in wires_in(made)} | {read.wire}
            known = all(w in self.say.forward_wires or step_of(w) is not None for w in behind)  # others were cut off
            if read.how not in ("place", "shape") and known:
                found.setdefault(max((stages.get(w, 0) for w in behind), default=0), []).append(read)
        for wire in self.counts_that_matter():
            found.setdefault(stages[wire], []).append(Read(wire, "shape", np.shape(wire.value)))
        for wire, axis in self.taken_one_by_one():
            found.setdefault(stages.get(wire, 0), []).append(Read(wire, "length", axis))
        return found

    def taken_one_by_one(self) -> list[tuple[Wire, int]]:
        """The arrays, each with an axis, of which one place in the code took several entries, one after the other.

        That is a loop, or something like one (`first, *rest = x`): a text with a line for each holds for as many.
        """
        taken: dict[tuple[Wire, Place, int], set[object]] = {}
        asked = (step for read in self.circuit.reads for _, step in self.made_for(read.wire))
        for step in (*self.circuit.steps.values(), *asked):
            if step.gate is GATES[pick] and step.place and isinstance(array := step.operands[0], Wire):
                for axis, entry in entries_taken(step.parameters["index"]):
                    taken.setdefault((array, step.place, axis), set()).add(entry)
        return list(dict.fromkeys((array, axis) for (array, _, axis), found in taken.items() if len(found) > 1))

    def counts_that_matter(self) -> list[Wire]:
        """What a mask picked, where the text holds for as many entries alone.

        It holds for any number of them where they go entry by entry into a sum over all, and nobody asked how many.
        """
        if not any(by_mask(step, self.circuit.spelled) for step in self.circuit.steps.values()):
            return []
        picked: dict[Wire, set[Wire]] = {}  # by a wire with an axis of picked entries: the steps that picked them
        matter = set[Wire]()
        for wire, step in self.circuit.steps.items():
            behind = set[Wire]().union(*(picked.get(x, ()) for x in wires_in(step)))
            alone = not any(np.ndim(value_of(x)) and not (isinstance(x, Wire) and x in picked) for x in step.operands)
            if by_mask(step, self.circuit.spelled):
                matter |= behind
                picked[wire] = {wire}
            elif behind and step.gate.by_entry and alone:
                picked[wire] = behind
            elif not (step.gate is GATES[np.sum] and not np.ndim(wire.value)):
                matter |= behind
        for read in self.circuit.reads:
            matter |= picked.get(read.wire, set())
        matter |= picked.get(self.circuit.output, set())
        return [w for w in picked if w in matter]

    def rows_in_order(self) -> None:
        """A cross-entropy was recognised by rows in order; where they are an argument, the text asks for that."""
        everything: list[Expr | Block] = [*self.circuit.steps.values(), *self.circuit.blocks.values()]
        for found in everything:
            if found.gate is cross_entropy:
                rows, _ = found.parameters["index"]
                if isinstance(rows, Wire) and rows not in self.circuit.spelled:
                    name, count = self.names.forward_name(rows), len(rows.value)
                    sentence = f"recorded where {name} was np.arange({count}): record it again for other inputs"
                    self.page.lines.append(
                        TextLine(
                            f"assert np.array_equal({name}, np.arange({count})), {sentence!r}", reads=names_said(name)
                        )
                    )

    def checksum(self) -> str:
        """The name that this text has for zlib's crc32."""
        self.crc32 = self.crc32 or self.names.free("crc32")
        return self.crc32

    def made_for(self, wire: Wire) -> list[tuple[Wire, Expr]]:
        """The steps behind a wire that the circuit does not have, oldest first: the output does not need them."""
        behind = unknown_behind(wire, lambda each: each in self.say.forward_wires or step_of(each) is None)
        return [(each, made) for each in behind if (made := step_of(each)) is not None]

    def assertions(self, reads: Iterable[Read]) -> None:
        """Write the assertions for these reads, each once."""
        for read in reads:
            self.lines_for(self.made_for(read.wire))
            text = self.say.spell(read.wire)
            said = asserted(text, read, self.checksum)
            if said not in self.said:
                self.said.add(said)
                if read.how not in ("shape", "length"):
                    self.page.write("# Python took this branch" if read.how == "bool" else "# Python read this value")
                self.page.lines.append(TextLine(said, reads=text.names))

    def lines_for(self, made: list[tuple[Wire, Expr]]) -> None:
        """Lines of their own for what is used twice, lies too deep, or is made by writing into an array."""
        used = Counter(x for _, step in made for x in wires_in(step))
        heights: dict[Wire, int] = {}
        for wire, step in made:
            heights[wire] = 1 + max((heights.get(x, 0) for x in wires_in(step)), default=0)
            long = used[wire] > 1 or heights[wire] > DEEPEST or self.say.is_statement(step)
            if wire not in self.names.named and long and part_of(wire) is None:
                name = self.names.free("read")
                self.page.assign(name, step)
                self.names.named[wire] = name
                heights[wire] = 0


def asserted(text: Text, read: Read, checksum: Callable[[], str]) -> str:
    """The assertion that Python would read the same again; of many numbers by their checksum."""
    if read.how == "shape":
        said = f"recorded where {text.text} had shape {read.value}: record it again for other inputs"
        return f"assert np.shape({text.text}) == {read.value}, {said!r}"
    if read.how == "length":
        length = np.shape(read.wire.value)[read.value]
        counted = f"np.shape({text.text})[{read.value}]" if read.value else f"len({text.text})"
        return f"assert {counted} == {length}, {f'recorded with {length} entries: record it again for other inputs'!r}"
    array = np.asarray(read.value)
    if array.size > WRITTEN_OUT:
        condition = f"{checksum()}({text.at(ATOM)}.tobytes()) == {crc32(array.tobytes())}"
        return f"assert {condition}, {f'recorded where {text.text} held other numbers: record it again for them'!r}"
    was = array.tolist()
    if read.how == "bool":
        was = bool(was)
        condition = text.text if was else f"not {text.at(COMPARISON)}"
    elif array.ndim or was != was:
        numbers = nested(array)
        condition = f"np.array_equal({text.text}, {numbers}{', equal_nan=True' if 'np.nan' in numbers else ''})"
    else:
        whole = int(was) if read.how in ("int", "index") else was
        cut = f"int({text.text})" if whole != was else text.at(COMPARISON + 1)
        condition, was = f"{cut} == {number_literal(whole).text}", whole
    return f"assert {condition}, {f'recorded where {text.text} was {was}: record it again for other inputs'!r}"


def entries_taken(index: object) -> Iterator[tuple[int, object]]:
    """The axes of which an index takes one entry, or some in a row, and which; as far as the index itself tells."""
    axis = 0
    for part in index if isinstance(index, tuple) else (index,):
        if type(part) is int:
            yield axis, part
        elif type(part) is slice:
            if type(part.start) is int and type(part.stop) is int and min(part.start, part.stop) >= 0:
                yield axis, (part.start, part.stop)  # a window; NumPy's own functions are made of x[1:] and x[:-1]
        elif part is not None:
            return
        axis += part is not None


def by_mask(step: Expr, spelled: Collection[Wire]) -> bool:
    """Whether a step picks entries by a mask that an input or a computation gives: by how many is known there alone."""
    index = wires_in(step.parameters.get("index")) if step.gate is GATES[pick] else []
    return any(np.ndim(w.value) and np.asarray(w.value).dtype == bool and w not in spelled for w in index)
