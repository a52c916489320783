"""Where each operand of a body comes from: the same round, the one before, outside, or another number each round."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Counting, Element, FrozenCircuit, Moved, Said, Slot, Wire, step_of
from gatewise._loops.counters import Counters
from gatewise._loops.counting import entries, in_round
from gatewise._loops.elements import Elements
from gatewise._loops.errors import IrregularError
from gatewise._loops.regions import expr
from gatewise._loops.slots import kind, node_of, same_bits, slots
from gatewise._recording import Instead, NotPlainError, PlainNames, said, same, slice_text

Row = Sequence[Wire | None]
GONE = object()  #: stands for a slot of a step that NumPy did


class Sorting:
    """Sorts the slots of the rounds of one loop; what it finds is in its attributes.

    `where` says of each step, by its id, the round and the place; `entries` are the places whose first value is not
    seen, `folded` the slots whose first value NumPy made in the same round; `wanted` is the bit of what has a
    gradient.
    """

    def __init__(
        self,
        rounds: Sequence[Row],
        counting: Counting,
        plain: PlainNames | None,
        among: Elements,
        counters: Counters,
        circuit: FrozenCircuit,
    ) -> None:
        self.wanted, self.spelled = circuit.bit, circuit.spelled
        self.rounds, self.counting, self.plain, self.among, self.counters = rounds, counting, plain, among, counters
        self.where = {
            id(step_of(w)): (k, j) for k, row in enumerate(rounds) for j, w in enumerate(row) if w is not None
        }
        self.carried: dict[int, Any] = {}
        self.entries: set[int] = set()
        self.folded: list[tuple[int, Slot, Any]] = []
        self.shared: dict[Wire, None] = {}
        self.indexed: dict[tuple[int, Slot], Said] = {}
        self.called: dict[int, str] = {}  # by place, how the next round speaks of what is carried
        self.delays: dict[tuple[int, int], tuple[Any, str]] = {}
        self.lagged: dict[tuple[int, Slot], tuple[int, int]] = {}
        self.moved: dict[tuple[int, Slot], Moved] = {}
        self.elements: dict[tuple[int, Slot], Element] = {}
        for place in range(len(rounds[1])):
            self.step(place)

    def step(self, place: int) -> None:
        """Sort the slots of the steps at one place."""
        taken = [None if (wire := row[place]) is None else slots(expr(wire)) for row in self.rounds]
        for slot in taken[1] or ():
            given = [GONE if each is None else each.get(slot, GONE) for each in taken]
            if any(x is GONE for x in given[1:]):
                raise IrregularError("an index has more parts in one round than in another")
            self.slot(place, slot, given)

    def slot(self, place: int, slot: Slot, given: list[object]) -> None:
        """Sort what stands in one slot in all rounds."""
        found = [self.source(x, k) for k, x in enumerate(given)]
        later, first = found[1:], found[0]
        if found[-1][0] == "inside" and found[-1][1] > 1 and self.is_delayed(found):
            self.delay(place, slot, found[-1][1], found[-1][2], given)
            return
        kinds = {each[0] for each in later}
        if kinds == {"inside"}:
            steps = {each[1:] for each in later}
            if len(steps) > 1:
                raise IrregularError("an operand comes from another step in another round")
            lag, source = steps.pop()
            self.from_steps(place, slot, lag, source, first)
        elif any(each[0] == "inside" and each[1] > 1 for each in later):
            raise IrregularError(f"a value comes from {max(x[1] for x in later if x[0] == 'inside')} rounds before")
        elif len(kinds) > 1 or (first[0] != "gone" and first[0] not in kinds):
            raise IrregularError("an operand comes from a round in one round and from outside in another")
        elif kinds == {"outside"}:
            wires = list(dict.fromkeys(each[1] for each in found if each[0] == "outside"))
            if len(wires) == 1 and wires[0] in self.spelled:
                return  # a part of an index that is the same in all rounds
            if len(wires) > 1 and (text := self.listed(place, slot, given)) is not None:
                self.indexed[place, slot] = text
            elif len(wires) > 1:
                step = expr(next(wire for row in self.rounds if (wire := row[place]) is not None))
                self.elements[place, slot] = self.among.element(given, step, slot)
            else:
                self.shared[wires.pop()] = None
        else:
            self.constant(place, slot, given)

    def is_delayed(self, found: list[tuple[Any, ...]]) -> bool:
        """Whether a value comes from so many rounds before, from the first round on that has them."""
        lag = found[-1][1]
        return (
            len(found) > lag + 1
            and all(each == found[-1] for each in found[lag:])
            and all(each[0] in ("outside", "plain") for each in found[1:lag])
            and found[0][0] in ("outside", "plain", "gone")
        )

    def delay(self, place: int, slot: Slot, lag: int, source: int, given: list[object]) -> None:
        """A value from several rounds before: what stands for it until there are so many."""
        self.carry(source, given[lag - 1])
        step = expr(next(wire for row in self.rounds if (wire := row[place]) is not None))
        node = node_of(step, slot)
        self.lagged[place, slot] = source, lag
        for back in range(2, lag + 1):
            first, key = given[lag - back], (source, back)
            before = self.delays.setdefault(key, (first, node.id if isinstance(node, ast.Name) else ""))[0]
            if first is not GONE and before is not GONE:
                self.demand_one(before, first)

    def source(self, x: Any, k: int) -> tuple[Any, ...]:
        """Where one value of round `k` comes from: ("inside", rounds before, place), ("outside", wire), ..."""
        if x is GONE:
            return ("gone",)
        if not isinstance(x, Wire):
            return ("plain", x)
        at = self.where.get(id(step_of(x)))
        return ("outside", x) if at is None else ("inside", k - at[0], at[1])

    def from_steps(self, place: int, slot: Slot, lag: int, source: int, first: tuple[Any, ...]) -> None:
        """A value that a step of this round makes, or one of the round before."""
        if lag == 0:
            if first[0] == "plain":
                self.folded.append((source, slot, first[1]))
            elif first[0] == "outside" and step_of(first[1]) is None:
                self.folded.append((source, slot, first[1].value))  # an array that NumPy made, if its bits are those
            elif first[0] != "gone" and first[1:] != (0, source):
                raise IrregularError("its first round is made of other steps")
            return
        if first[0] == "gone":
            self.entries.add(source)
            return
        if first[0] == "inside":
            raise IrregularError("its first round is made of other steps")
        self.carry(source, first[1])
        step = expr(next(wire for row in self.rounds if (wire := row[place]) is not None))
        if isinstance(node := node_of(step, slot), ast.Name):
            self.called.setdefault(source, node.id)

    def carry(self, source: int, first: object) -> None:
        """Note what the first round is given in the place of what the round before makes."""
        self.demand_one(self.carried.setdefault(source, first), first)
        made = self.rounds[1][source]
        if isinstance(first, Wire) and made is not None and kind(first.value) != kind(made.value):
            raise IrregularError("a value that is carried on begins in another shape or type")

    def demand_one(self, before: object, first: object) -> None:
        if before is not first and (
            isinstance(first, Wire) or isinstance(before, Wire) or not same_bits(before, first)
        ):
            raise IrregularError("one value that is carried on begins as two")

    def constant(self, place: int, slot: Slot, given: list[object]) -> None:
        """A plain value: the same in all rounds, or another number that the user's text gives."""
        known = [x for x in given if x is not GONE]
        counts = list(self.counting.counts)[len(given) - len(known) :]
        steps = [wire for row in self.rounds if (wire := row[place]) is not None]
        node = node_of(expr(steps[0]), slot)
        text = self.text(node, known, counts, slot)
        if text is not None:
            self.indexed[place, slot] = text
        elif node is not None and (moved := self.counters.use(node, known)) is not None:
            self.moved[place, slot] = moved
        elif not all(same_bits(known[0], x) or same(known[0], x) for x in known[1:]):
            raise IrregularError(
                f"{self.told(steps[0], slot)} is another number each round, and no text of the code gives it"
            )

    def listed(self, place: int, slot: Slot, given: list[Any]) -> Said | None:
        """The user's text for entries of a list that is an argument: `E[tokens[t]]`; no gradient goes into it."""
        known = [x for x in given if x is not GONE]
        step = expr(next(wire for row in self.rounds if (wire := row[place]) is not None))
        node = node_of(step, slot)
        if self.plain is None or node is None or any(step_of(x) is not None or x.bits & self.wanted for x in known):
            return None
        counting = replace(self.counting, counter=self.counting.counter or f"ꙮ{self.counting.line}")
        entry = Instead(entries(counting.loop, counting.counter)).within(node)
        names = {n.id for n in ast.walk(entry) if isinstance(n, ast.Name)}
        if counting.counter not in names or names & self.plain.written - {counting.counter}:
            return None
        try:
            counts = list(counting.counts)[len(given) - len(known) :]
            found = [in_round(self.plain, counting, entry, count) for count in counts]
        except NotPlainError:
            return None
        if not all(getattr(one, "wire", None) is x for one, x in zip(found, known, strict=True)):
            return None
        printed = self.plain.as_printed(entry)
        return said(printed, ast.unparse(printed))

    def told(self, wire: Wire, slot: Slot) -> str:
        node = node_of(expr(wire), slot)
        return "a plain value" if node is None else ast.unparse(node)

    def text(self, node: ast.expr | None, known: list[Any], counts: list[int], slot: Slot) -> Said | None:
        """The user's text, in terms of the counter, that gives what is known of each round; None where it has none."""
        counter = self.counting.counter
        if node is None:
            if slot == ("index",) and len(known) > 1 and known == counts and all(type(x) is int for x in known):
                return Said(counter, {counter}) if counter else Said("", ())
            return None
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        if not counter or counter not in names or self.plain is None:
            return None
        if not all(self.gives(node, x, count) for x, count in zip(known, counts, strict=True)):
            return None
        printed = self.plain.as_printed(node)
        return said(printed, slice_text(printed) if isinstance(printed, ast.Slice) else ast.unparse(printed))

    def gives(self, node: ast.expr, x: object, count: int) -> bool:
        """Whether an expression gives a value in one round."""
        assert self.plain is not None
        try:
            found = in_round(self.plain, self.counting, node, count)
        except NotPlainError:
            return False
        return same(found, x) if not isinstance(x, np.generic) else bool(found == x)
