"""Slides that walk through a circuit: on which of them each mark of the picture is seen, and what is said there."""

from __future__ import annotations

from collections.abc import Iterator

from gatewise._views.marks import Outline, Scene, View, Word
from gatewise._views.phrases import said
from gatewise._views.walk import WalkStep, steps


class Showing:
    """On which slide of a walk each gate is gone through and each number is known; slides count from 1, the start."""

    def __init__(self, scene: Scene) -> None:
        self.gates = {wire: gate for gate in _gates(scene.root) for wire in _made(gate)}
        self.groups = {f"g{gate.group.number}": set(_made(gate)) for gate in self.gates.values() if gate.group}
        self.uses = scene.sheet.uses_of
        self.output = scene.sheet.output.id
        self.slides = self._runs(steps(scene.sheet))
        self.known_from: dict[int, int] = {}
        self.swept_on: dict[int, int] = {}
        for slide, run in enumerate(self.slides, start=2):
            for step in run:
                (self.swept_on if step.is_backward else self.known_from)[step.wire] = slide

    def _runs(self, walked: list[WalkStep]) -> list[list[WalkStep]]:
        """The steps of each slide: those through one drawn gate, with what stands at the edge of a loop beside it."""
        runs: list[list[WalkStep]] = []
        waiting: list[WalkStep] = []
        for step in walked:
            is_on = bool(runs) and runs[-1][0].is_backward == step.is_backward
            if step.wire not in self.gates:
                (runs[-1] if is_on else waiting).append(step)
            elif is_on and self._passed(runs[-1][0]) == self._passed(step):
                runs[-1].append(step)
            else:
                runs.append([step, *waiting])
                waiting = []
        return runs

    def _passed(self, step: WalkStep) -> tuple[bool, tuple[int, ...]]:
        return step.is_backward, _made(self.gates[step.wire])

    def since(self, word: Word) -> int:
        """The slide from which a word is shown."""
        wire = word.label.wire
        if wire is None or word.label.kind not in ("value", "gradient", "branch"):
            return 1
        if word.label.kind == "value":
            return self.known_from.get(wire, 1)
        return self._came(wire, word.to)

    def _came(self, wire: int, to: str) -> int:
        """The slide on which all gradients along the uses of a wire have come: all its uses, or those by one gate."""
        users = {use.target for use in self.uses[wire]}
        if to:
            users &= self.groups.get(to) or ({int(to)} if to != "out" else set())
        first = min(self.swept_on.values(), default=1) if wire == self.output else 1
        return max([first, *(self.swept_on[user] for user in users if user in self.swept_on)])

    def passing(self, gate: Outline, is_backward: bool) -> list[int]:
        """The slides on which a gate is gone through."""
        made = _made(gate)
        return [at for at, run in enumerate(self.slides, start=2) if self._passed(run[0]) == (is_backward, made)]

    def captions(self) -> Iterator[str]:
        """What happens on each slide."""
        yield said("slide.start")
        for run in self.slides:
            gate = self.gates[run[0].wire]
            lines = [line for step in run for line in step.code]
            told = gate.title if gate.group else " ; ".join(lines)
            yield said(f"slide.{run[0].direction}", told=told)


def _gates(view: View) -> Iterator[Outline]:
    for mark in view.marks:
        if isinstance(mark, Outline) and not mark.is_open:
            yield mark
    for inner in view.inner:
        if inner.is_shown:
            yield from _gates(inner)


def _made(gate: Outline) -> tuple[int, ...]:
    """The wires that a gate, or the gates of a closed group, made."""
    return tuple(wire.id for wire in gate.group.wires) if gate.group else gate.wires
