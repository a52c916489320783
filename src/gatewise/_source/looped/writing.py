"""One part of a circuit written as lines, backward and forward: the sweep begins at several wires."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import (
    Expr,
    FrozenCircuit,
    Input,
    Said,
    SourcedWire,
    Stage,
    Wire,
    step_of,
    tick,
    verify,
    wires_in,
)
from gatewise._gates import GATES
from gatewise._source.backward import Backward
from gatewise._source.forward import Forward, line_of_stage
from gatewise._source.guards import Guards
from gatewise._source.lines import TextLine
from gatewise._source.looking import is_gate
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.masks import is_static
from gatewise._source.names import Names
from gatewise._source.spelling import names_said
from gatewise._source.statements import Statements
from gatewise._transforms import Event, reverse

SUMS = (GATES[np.add], GATES[np.subtract], GATES[np.negative])


class PartBackward(Backward):
    """The way back through one part, from `seeds`; the gradients of `begun` have lines already."""

    def __init__(
        self, page: Statements, seeds: Iterable[Wire], begun: Iterable[Wire], tame: Mapping[Wire, bool]
    ) -> None:
        self.circuit, self.page, self.names, self.say = page.circuit, page, page.names, page.say
        self.seeds = {wire: ones(wire.value) for wire in seeds}
        self.first = self.names.d_name(self.circuit.output)
        self.heights: dict[Any, int] = {}
        self.begun = {*begun, *self.seeds}
        self.tame = dict(tame)
        self.inline: dict[Wire, Any] = {}

    def events(self) -> list[Event]:
        """The sweep from all seeds."""
        return reverse(self.circuit, self.seeds)

    def understand(self, event: Event, arriving: Counter[Wire]) -> None:
        """What goes on to another part has all its entries alive there: 0 times what is finite is 0.

        Raises `UnprintedError` where a value of another run may be infinite in one that a condition says is dead; those
        that stand in no slice are dead in every run, so that the run that was recorded shows it.
        """
        super().understand(event, arriving)
        given = self.circuit.edges.get(event.wire)
        if given is not None and given.kind == "wild" and not is_static(self.say.nodes.masks.get(event.upstream, True)):
            raise UnprintedError("entries that are dead go from one round to another")

    def sized(self, wire: Wire, part: Any) -> Any:
        """The same with the divisor of a mean told by the array: the count may be another."""
        made = step_of(wire)
        if made is None or not is_told_mean(made) or not isinstance(part, Expr):
            return part
        if is_gate(part, np.divide) and type(count := part.operands[1]) is int and count != 1:
            return replace(part, operands=(part.operands[0], self.size_of(made, count)), where=None)
        return replace(part, operands=tuple(self.sized(wire, x) for x in part.operands))

    def size_of(self, made: Expr, count: int) -> Wire:
        """A wire that stands for how many entries a mean has."""
        array, axis = self.as_large(made.operands[0]), made.parameters.get("axis")
        name = self.names.forward_name(array)
        size = SourcedWire(tick(), self.circuit.recording, count)
        self.names.named[size] = Said(f"{name}.size" if axis is None else f"{name}.shape[{axis}]", names_said(name))
        self.say.nodes.forward_wires.add(size)
        self.say.nodes.constants.add(size)
        return size

    def as_large(self, wire: Wire) -> Wire:
        """A wire of the same shape that has a name, or will be asked for one; behind sums nothing is."""
        found: Wire = wire
        while found not in self.names.named and (made := step_of(found)) is not None:
            same = [x for x in wires_in(made) if np.shape(x.value) == np.shape(wire.value)]
            if not same or not made.gate.by_entry or made.gate in SUMS:
                break
            found = same[0]
        return found

    def contribute(self, parent: Wire, part: object, contributions: int) -> None:
        """One contribution; sizes in it are told by the value, for the count may be another."""
        self.page.sized_by = parent
        super().contribute(parent, part, contributions)
        self.page.sized_by = None

    def called(self, parent: Wire) -> str:
        """What is carried in has no name of its own."""
        name = super().called(parent)
        return "prev" if name.startswith("ꙮ") else name

    def start(self) -> None:
        """Nothing: where gradients begin is said by the whole."""

    def end(self) -> None:
        """Nothing: other parts may bring more."""

    def quote(self, number: int, stage: Stage) -> None:
        """The user's line above its backward lines; a round has no number."""
        self.page.write(f"# backprop {line_of_stage(stage)}")


def is_told_mean(made: Expr) -> bool:
    """Whether a step is a mean whose divisor the size of its array tells."""
    whole = made.gate is GATES[np.mean] and made.parameters.get("where", True) is True
    return whole and isinstance(made.operands[0], Wire) and type(made.parameters.get("axis", 0)) in (int, type(None))


def ones(value: Any) -> Any:
    return np.ones_like(value) if isinstance(value, np.ndarray) else type(value)(1.0)


def unmarked(lines: Iterable[TextLine]) -> list[TextLine]:
    """The lines without the numbers of stages, which a part does not know."""
    return [replace(line, mark="") for line in lines]


class Part:
    """A part of a circuit with what it is written on; `whole` has all names."""

    def __init__(
        self, whole: FrozenCircuit, names: Names, inputs: Iterable[Input], stages: list[Stage], output: Wire
    ) -> None:
        made = [w for stage in stages for w in stage.wires]
        given = tuple({i.wire: i for i in inputs}.values())
        blocks = {w: block for w, block in whole.blocks.items() if w in set(made)}
        circuit = FrozenCircuit(
            name=whole.name,
            inputs=given,
            wires=(*(i.wire for i in given), *made),
            output=output,
            names=whole.names,
            named=whole.named,
            stages=tuple(stages),
            upstream=ones(output.value),
            bit=whole.bit,
            recording=whole.recording,
            signature=whole.signature,
            blocks=blocks,
            spelled=whole.spelled,
            texts=whole.texts,
            setup=whole.setup,
            read=whole.read,
            taken=whole.taken,
            scopes=whole.scopes,
        )
        self.circuit = verify(circuit)
        self.page = Statements(self.circuit, "code", names)
        self.guards = Guards(self.page)

    def backward(self, seeds: Iterable[Wire], begun: Iterable[Wire], tame: Mapping[Wire, bool]) -> PartBackward:
        """Its way back; the lines are `written`."""
        return PartBackward(self.page, seeds, begun, tame)

    def forward(self) -> list[TextLine]:
        """Its way forward."""
        lines = Forward(self.page, self.guards).lines()
        if self.guards.crc32:
            raise UnprintedError("it needs a function beside the printed one")
        return unmarked(lines)
