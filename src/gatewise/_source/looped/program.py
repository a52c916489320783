"""The staged text of a circuit with its loops as loops: parts joined, the text run once, and kept where it is right."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

import numpy as np

from gatewise._build import run_printed
from gatewise._circuit import (
    FrozenCircuit,
    Input,
    Read,
    Repeat,
    Said,
    Unrolled,
    Wire,
    step_of,
    unknown_behind,
    wires_in,
)
from gatewise._recording import key_text, plainly
from gatewise._source.guards import Guards, by_mask
from gatewise._source.lines import TextLine
from gatewise._source.looped.again import EVERY, scheduled
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.looped.freedom import TYPED, bound_to_count, is_fixed, strange_number, told_entries
from gatewise._source.looped.joining import Looped
from gatewise._source.looped.parts import Rounds, Stretch, everything, used_inputs
from gatewise._source.staged import Writer, definition
from gatewise._source.statements import Statements
from gatewise._tensor import Binomial
from gatewise._transforms import gradients


def looped(
    circuit: FrozenCircuit,
    found: Sequence[Repeat],
    left: Sequence[Unrolled],
    recompute: int | Binomial | None = None,
) -> str:
    """The text of a circuit with these loops. Raises `UnprintedError` where they cannot be printed, or not right.

    With `recompute` every so manieth state of a loop is kept, with 0 about the square root of them, and by a
    `Binomial` no more than it says.
    """
    if any(by_mask(made, circuit.spelled) for made in circuit.steps.values()):
        raise UnprintedError("a mask picks entries, and how many is known where it runs")
    if any(inputs_behind(circuit, read.wire) is None for read in circuit.reads if read.how not in UNASKED):
        raise UnprintedError("Python read a value that was computed")
    writing = Looped(circuit, found, left, definition, recompute)
    parts = writing.level.parts
    bound = bound_to_count(writing.circuit, parts, left, writing.lists)
    text = str(LoopedText(circuit, writing, bound))
    counts = [len(p.repeat.rounds) for p in writing.rounds if not is_fixed(p)]
    if counts and not bound and (bound := strange_number(standing(writing.numbers, text), circuit, counts)):
        text = str(LoopedText(circuit, Looped(circuit, found, left, definition, recompute), bound))
    text = text.replace(EVERY, str(recompute.states if isinstance(recompute, Binomial) else recompute))
    demand_right(circuit, text)
    return text


def standing(numbers: Iterable[float], text: str) -> list[float]:
    """Those of the numbers that the text holds: some were written on trial."""

    def stands(x: float) -> bool:
        return re.search(rf"(?<![\w.]){re.escape(f'{abs(x):.17g}')}(?!\w)", text) is not None

    return [x for x in numbers if not float(x).is_integer() or stands(x)]


def other_reads(circuit: FrozenCircuit, parts: Sequence[Stretch | Rounds]) -> list[Read]:
    """The reads of numbers for something else than a count: the text holds where they are the same."""
    found = [part.repeat.counting for part in everything(parts) if isinstance(part, Rounds)]
    counted = {n for each in found for text in (each.told, *each.setup) if text is not None for n in text.names}
    told = told_entries(circuit, parts)
    asked = [read for read in circuit.reads if read.how not in UNASKED and read.wire not in told]
    return [r for r in asked if not {circuit.names[w] for w in inputs_behind(circuit, r.wire) or ()} <= counted]


def inputs_behind(circuit: FrozenCircuit, wire: Wire) -> set[Wire] | None:
    """The inputs that a value is made of; None where it is computed on the way: `T + 1` is not, a loss is."""
    between = unknown_behind(wire, lambda each: each in circuit.edges)
    behind = {x for each in between if (made := step_of(each)) is not None for x in wires_in(made)} | {wire}
    found = behind - {*between}
    return None if not circuit.steps.keys().isdisjoint(between) or not found <= circuit.edges.keys() else found


def demand_right(circuit: FrozenCircuit, text: str) -> None:
    """Run the text on what was recorded. Raises `UnprintedError` where value or gradients are others."""
    known = plainly(circuit.around.known)
    given = {name: known[name] for name, kind, _ in circuit.signature if kind in BY_NAME}
    if len(given) != len(circuit.signature):
        raise UnprintedError("it has arguments that are not given by name")
    try:
        function = next(v for n, v in run_printed(text).items() if n.endswith("_and_gradients"))
        asked = function.__code__.co_varnames[: function.__code__.co_argcount + function.__code__.co_kwonlyargcount]
        given |= {i.text: i.wire.value for i in circuit.inputs if i.kind == "captured" and i.text in asked}
        given |= {name: circuit.upstream for name in asked if name not in given}
        with np.errstate(all="ignore"):
            value, got = function(**given)
    except Exception as error:
        raise UnprintedError(f"written as a loop it ends in {type(error).__name__}: {error}") from error
    if np.asarray(value).tobytes() != np.asarray(circuit.output.value).tobytes():
        raise UnprintedError("written as a loop it gives another value")
    should = gradients(circuit)[0]
    names = dict.fromkeys(i.parameter if i.path else i.name for i in circuit.wanted)
    parts = dict(zip(names, [got] if len(names) == 1 else got, strict=True))
    for i in circuit.wanted:
        g = parts[i.parameter if i.path else i.name]
        for key in i.path:
            g = g[key]
        if not close(g, should.get(i.wire, np.zeros_like(i.wire.value))):
            raise UnprintedError(f"written as a loop it gives another gradient of {i.name}")


UNASKED = ("place", "shape")  # what stands in the text by its name
BY_NAME = ("positional_or_keyword", "keyword_only")
TOLERANCE = {8: 1e-11, 4: 1e-4}  # by the size of a float: printed lines state some slopes from the rounded output


def close(a: object, b: object) -> bool:
    """Whether two gradients agree, up to the rounding of a different order."""
    tolerance = TOLERANCE.get(np.asarray(b).dtype.itemsize, 1e-11)
    one, other = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if one.shape != other.shape:
        return False
    size = np.max(np.abs(other), initial=0.0, where=np.isfinite(other))
    return bool(np.allclose(one, other, rtol=tolerance, atol=tolerance * size, equal_nan=True))


def lengths(circuit: FrozenCircuit, entries: Collection[Wire]) -> dict[str, int]:
    """How many entries the lists have that these are in, by their texts."""
    places: dict[str, set[object]] = {}
    lists = {list_text(i) for i in circuit.inputs if i.wire in entries}
    for i in circuit.inputs:
        if is_entry(i) and (text := list_text(i)) in lists:
            places.setdefault(text, set()).add(i.path[text.count("[")])
    return {text: len(found) for text, found in sorted(places.items())}


def asserted_lengths(circuit: FrozenCircuit, entries: Collection[Wire]) -> list[str]:
    """Assertions that the lists that these are in have as many entries."""
    sentence = "recorded with {} entries: record it again for other inputs"
    return [f"assert len({text}) == {n}, {sentence.format(n)!r}" for text, n in lengths(circuit, entries).items()]


def length_assertions(circuit: FrozenCircuit) -> list[str]:
    """The same of all lists that are arguments without a gradient: a text round by round holds for as many."""
    return asserted_lengths(circuit, {i.wire for i in circuit.inputs if not i.wanted and is_entry(i)})


def is_entry(i: Input) -> bool:
    """Whether an input is an entry of a list."""
    return any(isinstance(key, int) for key in i.path)


def list_text(i: Input) -> str:
    """The list that an entry is in, the outermost one, as a text."""
    keys = takewhile(lambda key: not isinstance(key, int), i.path)
    return i.parameter + "".join(f"[{key_text(key)}]" for key in keys)


class LoopedText(Writer):
    """The text around a body with loops."""

    def __init__(self, circuit: FrozenCircuit, writing: Looped, bound: str) -> None:
        super().__init__(circuit, "code")
        inputs = tuple(used_inputs(circuit, writing.level.parts))
        self.circuit = dataclasses.replace(circuit, inputs=inputs)
        self.writing, self.bound = writing, bound
        self.page.names = self.names = writing.names

    def __str__(self) -> str:
        forward, backward = self.writing.lines(self.bound)
        self.say.speller.uses_math, self.say.speller.functions = self.writing.uses_math, self.writing.functions
        for name in self.writing.schedules:
            self.say.speller.uses_math = True
            self.beside += scheduled(name)
        self.backward.first = self.names.d_name(self.circuit.output)
        top = [*dict.fromkeys([*self.circuit.setup, *self.setup()])]
        asserted = self.asserted()
        why = dict.fromkeys(f"# {each.text} stays unrolled: {each.why}" for each in self.writing.left if not each.short)
        return self.assembled([*why, *top, *asserted, *forward], backward)

    def setup(self) -> list[Said]:
        """The lines that compute the plain numbers which heads and indices need."""
        names = copy.copy(self.circuit.around)
        names.uses = {}
        for part in self.writing.rounds:
            texts = [*part.repeat.indexed.values(), *part.repeat.starts.values()]
            texts += [text for move in part.repeat.moves for text in (move.begins, move.text)]
            texts += [moved.text for moved in part.repeat.moved.values()]
            texts += [part.repeat.counting.told] if part.repeat.counting.told and not self.bound else []
            for name in sorted({n for text in texts for n in text.names} & set(names.assigned)):
                begun = {t.partition(" = ")[0] for t in part.repeat.starts.values()}
                if name not in begun | {move.name for move in part.repeat.moves}:
                    names.value(names.assigned[name])
                    names.use(name)
        return list(names.uses.values())

    def asserted(self) -> list[TextLine]:
        """Assertions that arrays and counts are those that were recorded."""
        page = Statements(self.circuit, "code")
        if not self.bound:
            Guards(page).assertions(other_reads(self.circuit, self.writing.level.parts))
            return page.lines
        counted = self.counted()
        arrays = [
            i for i in self.circuit.inputs if isinstance(i.wire.value, np.ndarray) and i.kind in ("input", "captured")
        ]
        told = told_entries(self.circuit, self.writing.level.parts)
        reads = [read for read in self.circuit.reads if read.how not in UNASKED and read.wire not in told]
        reads += [Read(i.wire, "shape", i.wire.value.shape) for i in arrays if counted is None or i.wire in counted]
        for line in asserted_lengths(self.circuit, told | {read.wire for read in reads}):
            page.write(line)  # before anything asks for an entry
        Guards(page).assertions(reads)
        return page.lines

    def counted(self) -> set[Wire] | None:
        """The arrays that loops go through or are counted by; None where that is not known."""
        found: set[Wire] = set()
        if any(not TYPED.match(each.text) for each in self.writing.left):
            return None
        for part in self.writing.rounds:
            counting = part.repeat.counting
            if counting.told is None:
                return None
            names = {name for text in (counting.told, *counting.setup) for name in text.names}
            found |= {i.wire for i in self.circuit.inputs if i.parameter in names}
            found |= {shared for shared, _ in part.body.direct.values()}
        return found
