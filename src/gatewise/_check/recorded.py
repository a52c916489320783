"""What one run on Tensors tells of a function at a point: its noise, its gradients, and the branches it took.

Every gate rounds what it gives. How far that moves the output is the wire's gradient times the rounding: summed over
all wires, absolutely, it is how far two values of the function may be apart without meaning anything.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any

import numpy as np

from gatewise._circuit import Bit, Expr, Read, Wire
from gatewise._errors import refusals
from gatewise._gates import Gate, without_mask
from gatewise._record.rounding import rounding
from gatewise._recording.outcomes import demand_same
from gatewise._recording.places import statement_at
from gatewise._recording.recorder import Recorder
from gatewise._sweep import sweep
from gatewise._tensor import Tensor, leaf
from gatewise._types import Function, Operands, Parameters, Plain

Recordable = Callable[[Callable[[Any], Tensor]], object]  #: makes its inputs with what it is given


@dataclass(frozen=True)
class Choice:
    """One place where the function chose: which way, entry by entry, and where that stands in the user's code."""

    gate: str
    way: bytes
    line: int | None
    text: str


@dataclass(frozen=True)
class Run:
    """One run: the output, a bound on the noise between two values, and the gradients of the leaves asked for."""

    value: Any
    noise: float
    gradients: tuple[Any, ...]
    traced: bool = True  # whether the output is a Tensor at all: a table read at a whole number gives none


def run(f: Recordable, upstream: Callable[[Plain], Plain]) -> Run:
    """Run `f(wanted)`, which makes its inputs with `wanted`, and sweep back from what it returns.

    `upstream(value)` gives the gradient to start from.
    """
    leaves: list[Tensor] = []
    with Bit() as bit:

        def wanted(x: object) -> Tensor:
            made = leaf(x, bit)
            leaves.append(made)
            return made

        with refusals() as met:
            out = f(wanted)
            demand_same(met, lambda: f(lambda x: x), out)
        if type(out) is not Tensor:
            return Run(out, 0.0, tuple(np.zeros(np.shape(x.value)) for x in leaves), False)
        found = 0.0
        complete: dict[Wire, Any] = {}
        parts: dict[Wire, list[tuple[int, Any]]] = {}

        def arrive(wire: Wire, g: object) -> object:
            complete[wire] = g
            return g

        def observe(wire: Wire, position: int, parent: Wire, part: object) -> None:
            parts.setdefault(wire, []).append((position, part))

        swept: dict[Wire, Any] = {}
        if out.wire is not None and out.bits & bit:
            seed = {out.wire: upstream(out.value)}
            swept = sweep(seed, bit, arrive=arrive, observer=observe, as_written=True)
            with np.errstate(all="ignore"):
                found = sum(rounding(wire, without_mask(g), parts.get(wire, [])) for wire, g in complete.items())
        gradients = tuple(
            without_mask(swept[x.wire]) if x.wire in swept else np.zeros(np.shape(x.value)) for x in leaves
        )
        return Run(out.value, found, gradients)


# --------------------------------------------------------------------------------------------------------- branches


class Choices(Recorder):
    """A recording that keeps, for each gate that chooses, which way it went."""

    def __init__(self, shown: CodeType | None = None) -> None:
        super().__init__(shown)
        self.found: list[Choice] = []
        self.gates: set[Gate] = set()

    def step(
        self,
        gate: Gate,
        forward: Function,
        operands: Operands,
        values: Any,
        parameters: Parameters,
        plain: Any,
        out: Any,
    ) -> Expr:
        step = super().step(gate, forward, operands, values, parameters, plain, out)
        self.gates.add(gate)
        try:
            way = None if gate.way is None else gate.way(*values, **plain)
        except (TypeError, ValueError):
            way = None
        if way is not None:
            self.found.append(Choice(gate.name, np.asarray(way).tobytes(), *written_at(step.place)))
        return step


def written_at(place: Sequence[tuple[CodeType, int]]) -> tuple[int | None, str]:
    """Line and text of the user's innermost statement."""
    if not place:
        return None, ""
    code, instruction = place[-1]
    statement = statement_at(code, instruction)
    if statement is None or statement.line is None:
        return None, ""
    return statement.line, (linecache.getline(code.co_filename, statement.line).strip() or statement.text)


def choices(f: Recordable, shown: CodeType | None = None) -> tuple[list[Choice], list[Read]]:
    """The branches that one run takes: what gates chose, and what Python read and decided by."""
    recorder = Choices(shown)
    with recorder:
        f(lambda x: leaf(x, recorder.bit))
    return recorder.found, recorder.reads


def gates(f: Recordable) -> set[Gate]:
    """All gates that a run goes through."""
    recorder = Choices()
    with recorder:
        f(lambda x: leaf(x, recorder.bit))
    return recorder.gates


def first_difference(a: list[Choice], b: list[Choice]) -> Choice | None:
    """The first place where two runs chose differently."""
    for one, other in zip(a, b, strict=False):
        if one.gate != other.gate or one.way != other.way:
            return one
    longer = a if len(a) > len(b) else b
    return longer[min(len(a), len(b))] if len(a) != len(b) else None
