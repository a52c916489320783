"""One part of a circuit written as lines, backward and forward: the sweep begins at several wires."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Input, Stage, Wire, verify
from gatewise._source.backward import Backward
from gatewise._source.forward import Forward, line_of_stage
from gatewise._source.guards import Guards
from gatewise._source.lines import TextLine
from gatewise._source.looped.errors import UnprintedError
from gatewise._source.names import Names
from gatewise._source.statements import Statements
from gatewise._transforms import Event, reverse


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
        """The sweep. Raises `UnprintedError` where entries that are dead in one part would have to be so in another.

        It makes no difference where all behind is finite: 0 times it is 0.
        """
        found = reverse(self.circuit, self.seeds)
        edges, masked = self.circuit.edges, [event.wire for event in found if event.mask is not None]
        if any(w in edges and edges[w].kind == "wild" and w not in self.names.covered for w in masked):
            raise UnprintedError("entries that are dead go from one round to another")
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


def ones(value: Any) -> Any:
    return np.ones_like(value) if isinstance(value, np.ndarray) else type(value)(1.0)


def unmarked(lines: Iterable[TextLine]) -> list[TextLine]:
    """The lines without the numbers of stages, which a part does not know."""
    return [dataclasses.replace(line, mark="") for line in lines]


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
        if self.guards.crc32 or self.page.say.speller.functions:
            raise UnprintedError("it needs functions beside the printed one")
        return unmarked(lines)
