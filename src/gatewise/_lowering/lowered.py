"""A circuit as what another engine runs: its program, what it is called with, and where its steps come from."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._circuit import FrozenCircuit, Input
from gatewise._lowering.errors import LoweringError
from gatewise._program import At, Builder, NotTold, Op, Program, program_of, uses
from gatewise._recording import leaves, mapped
from gatewise._tensor import leaf
from gatewise._types import Json

#: The input that stands for what comes back to the output; no input of a circuit is called so.
UPSTREAM = "what comes back"


@dataclass(frozen=True)
class Lowered:
    """A program, the inputs in its order, and for each place the user's line that it comes from.

    `weak` says which inputs were Python's own floats. What came from outside is a constant.
    """

    name: str
    signature: inspect.Signature
    inputs: tuple[Input, ...]
    program: Program
    weak: tuple[bool, ...]
    lines: Mapping[int, str]
    fixed: Mapping[tuple[Any, ...], Any] = field(default_factory=dict)  # what was given and is no number, by its path

    def demand_same(self, given: Mapping[str, Any]) -> None:
        """Raises `LoweringError` where a word, a flag or a complex number is another one than was recorded."""
        for (parameter, *path), was in self.fixed.items():
            for at, now in leaves(given.get(parameter)):
                if list(at) == path and not (type(now) is type(was) and bool(np.all(now == was))):
                    what = f"{parameter}{''.join(f'[{key!r}]' for key in path)} is no number that can change."
                    cure = "a circuit recorded with this one; under jax.jit, functools.partial with the recorded one."
                    raise LoweringError(what, f"the circuit was recorded with {was!r:.40}.", cure)

    def line(self, place: int) -> str:
        """The user's line of an operation; of one on the way back that of the nearest operand that has one."""
        waiting = [place]
        for each in waiting:
            if each in self.lines:
                return self.lines[each]
            if each >= len(self.program.inputs):
                waiting += uses(self.program.ops[each - len(self.program.inputs)])
        return ""

    def bound(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name. Raises `TypeError` as a function does."""
        found = self.signature.bind(*args, **kwargs)
        found.apply_defaults()
        return dict(found.arguments)

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        """What a call gives each input. Raises `LoweringError` where an entry is missing."""
        values = []
        for i, told in zip(self.inputs, self.program.inputs, strict=True):
            if i.name == UPSTREAM:
                values.append(1.0 if type(i.wire.value) is float else np.ones(told.shape, told.dtype))
                continue
            values.append(self.entry(i, given))
        return values

    def entry(self, i: Input, given: Mapping[str, Any]) -> Any:
        """What the arguments give an input. Raises `LoweringError` where the entry is missing."""
        value = given[i.parameter]
        for key in i.path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                what = f"{i.text} is not there."
                raise LoweringError(what, "the circuit was recorded with it.", "the same entries.") from None
        return value

    @property
    def needs_x64(self) -> bool:
        """Whether there is a float of 64 bits that is no Python number."""
        first = len(self.program.inputs)
        wide = [i for i, w in zip(self.program.inputs, self.weak, strict=True) if i.dtype == "float64" and not w]
        weak = {k for k, w in enumerate(self.weak) if w}
        for k, op in enumerate(self.program.ops):
            if bends(op, weak):
                weak.add(first + k)
            elif op.dtype in ("float64", "complex128"):
                return True
        value = self.program.outputs["value"]
        return bool(wide) or (isinstance(value, At) and value.place in weak)


def bends(op: Op, weak: set[int]) -> bool:
    """Whether an operation gives a Python number of what are Python numbers."""
    from gatewise._lowering.engines import is_weak, kind_of

    return is_weak(op, [kind_of(x) if not isinstance(x, At) else 0.0 if x.place in weak else None for x in op.operands])


def lower(circuit: FrozenCircuit, seeded: bool = False) -> Lowered:
    """What another engine runs of a circuit; `seeded` with what comes back to its output as the last input.

    Raises `LoweringError` where it cannot be told.
    """
    if seeded:
        circuit = with_seed(circuit)
    told = (dataclasses.replace(i, kind="constant") if i.kind == "captured" else i for i in circuit.inputs)
    circuit = dataclasses.replace(circuit, inputs=tuple(told))
    builder = Builder(circuit)
    try:
        program = program_of(circuit, builder)
    except NotTold as error:
        what = f"{circuit.name} cannot run elsewhere: {error}."
        raise LoweringError(what, "it is told by gates on numbers alone.", "the circuit with NumPy.") from None
    inputs = tuple(i for i in circuit.inputs if i.kind != "constant")
    texts = {w: text_of(s) for s in circuit.stages for w in s.wires}
    lines = {x.place: texts[w] for w, x in builder.made.items() if isinstance(x, At) and w in texts}
    lowered = Lowered(
        name=circuit.name,
        signature=signature_of(circuit, inputs),
        inputs=inputs,
        program=program,
        weak=tuple(type(i.wire.value) is float for i in inputs),
        lines=lines,
    )
    demand_fixed_shapes(lowered)
    return lowered


def text_of(stage: Any) -> str:
    return f"line {stage.line}: {stage.text.strip()}" if stage.line else stage.text.strip()


def with_seed(circuit: FrozenCircuit) -> FrozenCircuit:
    """The circuit with the gradient of its output as a further input."""
    seed = leaf(circuit.upstream, circuit.recording)
    assert seed.wire is not None
    further = Input(seed.wire, UPSTREAM, UPSTREAM, (), UPSTREAM, False, "input")
    told: Any = seed
    return dataclasses.replace(circuit, inputs=(*circuit.inputs, further), upstream=told)


def signature_of(circuit: FrozenCircuit, inputs: Sequence[Input]) -> inspect.Signature:
    """How the circuit's function is called; what has no signature takes its inputs by name."""
    kinds = {p.name.lower(): p for p in inspect._ParameterKind}
    told = [inspect.Parameter(name, kinds[kind], default=default) for name, kind, default in circuit.signature]
    if told:
        return inspect.Signature(told)
    names = dict.fromkeys(i.parameter for i in inputs if i.kind in ("input", "cut") and i.parameter != UPSTREAM)
    return inspect.Signature([inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names])


def demand_fixed_shapes(lowered: Lowered) -> None:
    """Raises `LoweringError` where a mask picks entries: how many there are depends on values."""
    program, first = lowered.program, len(lowered.program.inputs)
    standing: tuple[Any, ...] = (*program.inputs, *program.ops)
    for k, op in enumerate(program.ops):
        masks = [x for x in op.parameters.get("index", ()) if isinstance(x, At) and standing[x.place].dtype == "bool"]
        one = op.gate in ("assign", "add_at") and len(op.parameters["index"]) == 1 and not op.parameters.get("chain")
        if masks and not (one and standing_shape(op, standing) == ()):
            what = f"{lowered.name} picks entries by a mask: {lowered.line(first + k)}."
            why = "how many there are depends on values; elsewhere every shape is fixed."
            raise LoweringError(what, why, "np.where(mask, x, 0).")


def standing_shape(op: Op, standing: Sequence[Any]) -> tuple[int, ...]:
    """The shape of what is written."""
    x = op.operands[1]
    return standing[x.place].shape if isinstance(x, At) else np.shape(x.value) if x is not None else ()


def as_given(lowered: Lowered, given: Mapping[str, Any], found: Json) -> Json:
    """The gradients by argument, each in the structure that the argument came in; None where none was asked for."""
    names = {(i.parameter, *i.path): i.name for i in lowered.inputs if i.wanted}

    def of(parameter: str) -> Any:
        return mapped(lambda path, _: found.get(f"d{names.get((parameter, *path), '')}"), given[parameter])

    return {parameter: of(parameter) for parameter in dict.fromkeys(i.parameter for i in lowered.inputs if i.wanted)}
