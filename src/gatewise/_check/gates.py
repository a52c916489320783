"""The gate whose own rule is wrong: for circuits that go through gates somebody declared.

Each gate of a run is looked at alone: its rule, at the values it had, beside differences of its function.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import Any

import numpy as np

from gatewise._check.claims import SEED
from gatewise._check.diagnosis import Mistake
from gatewise._check.recorded import written_at
from gatewise._check.subject import Subject
from gatewise._gates import CONSTANT, WANTED, Gate, Live, Stops, key_of
from gatewise._numerical import Direction, slope
from gatewise._recording.recorder import Recorder
from gatewise._sweep import FLOATS
from gatewise._tensor import Tensor, leaf
from gatewise._types import Function, Operands, Parameters

CLOSE = 1e-5  # of the size of a gate's contribution: an error up to this is none


class Steps(Recorder):
    """A recording that keeps every step's gate, values and parameters."""

    def __init__(self, shown: CodeType | None = None) -> None:
        super().__init__(shown)
        self.found: list[tuple[Gate, Function, tuple[Any, ...], dict[str, Any], Any]] = []

    def step(
        self,
        gate: Gate,
        forward: Function,
        operands: Operands,
        values: Any,
        parameters: Parameters,
        plain: Any,
        out: Any,
    ) -> Any:
        step = super().step(gate, forward, operands, values, parameters, plain, out)
        own = tuple(np.array(v) if isinstance(v, np.ndarray) else v for v in values)
        self.found.append((gate, forward, own, dict(plain), step.place))
        return step


def wrong_gates(subject: Subject) -> list[Mistake]:
    """The first gate of a run whose local gradient is wrong, if there is one; alone in a list."""
    try:
        recorder = Steps(subject.code)
        with recorder:
            subject.on_tensors(lambda x: leaf(x, recorder.bit))
    except Exception:
        return []
    looked: set[Gate] = set()
    for gate, forward, values, parameters, place in recorder.found:
        if type(gate.family) is Stops or (gate in looked and not gate.own):
            continue
        looked.add(gate)
        for found in wrong_operands(gate, forward, values, parameters):
            line, text = written_at(place)
            position, gave, should = found
            name = gate.operands[position] if position < len(gate.operands) else f"operand {position + 1}"
            cure = f"the rule of {gate.name} along {name} is to give {should:.6g} here; mend its declaration"
            return [
                Mistake(
                    line or 0, text or gate.name, f"{gate.name}, along {name},", gave, should, "local gradient", cure
                )
            ]
    return []


def wrong_operands(
    gate: Gate, forward: Function, values: tuple[Any, ...], parameters: dict[str, object]
) -> Iterator[tuple[int, float, float]]:
    """Operands along which a gate's rule disagrees with differences: (position, what it gave, what it should)."""
    with np.errstate(all="ignore"):
        try:
            out = forward(*values, **parameters)
        except Exception:
            return
        if not isinstance(out, (float, np.ndarray, np.floating)) or np.asarray(out).dtype != float:
            return
        rng = np.random.default_rng(SEED)
        g = float(rng.uniform(0.5, 1.5)) if not np.shape(out) else rng.uniform(0.5, 1.5, np.shape(out))
        for position, x in enumerate(values):
            if not isinstance(x, (float, np.ndarray, np.floating)) or np.asarray(x).dtype != float or not np.size(x):
                continue
            v = rng.uniform(0.5, 1.5, np.shape(x)) * rng.choice((-1.0, 1.0), np.shape(x))
            gave = along(gate, g, out, values, parameters, position, v)
            if gave is None:
                continue

            def value(t: float, position: int = position, x: Any = x, v: Any = v) -> float:
                moved = (*values[:position], x + t * v, *values[position + 1 :])
                return float(np.sum(forward(*moved, **parameters) * g))

            size = float(np.sqrt(np.mean(np.square(x)))) or 1.0
            found = slope(Direction(value, scale=max(size, 1.0), least=size))
            away = abs(gave - found.value)
            if not found.kink and away > 3 * found.bar + CLOSE * max(abs(gave), abs(found.value)):
                yield position, gave, found.value


def along(
    gate: Gate,
    g: object,
    out: object,
    values: tuple[object, ...],
    parameters: dict[str, object],
    position: int,
    v: object,
) -> float | None:
    """What a gate's rule says f moves by when one operand moves along `v`; None where it has no rule for it."""
    kinds = [WANTED if k == position else CONSTANT for k in range(len(values))]
    scalar = type(out) in FLOATS and all(type(x) in FLOATS for x in values)
    try:
        pullback = (gate.scalar if scalar else gate.array)[key_of(kinds)]
        (part,) = pullback.back(g, out, values, parameters)
    except Exception:
        return None
    part = part.g if type(part) is Live else part
    return None if part is None or isinstance(part, Tensor) else float(np.sum(part * v))
