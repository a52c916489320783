"""Recognising a block in what the user wrote: the step that closes a spelling takes the block's stable rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit.bits import closed_bits, lent
from gatewise._circuit.tape import NO_PARAMETERS, SourcedWire, Wire, made_as_written, sources_of
from gatewise._gates import GATES, UNASKED, WANTED, Expr, Gate, Pullback, Variable, kept_axes, key_of
from gatewise._types import Axis, Named, Namespace, Operands, Parameters, Value

SUBTRACT = GATES[np.subtract]

#: A block's step: its operands, parameters, parents, pullback, and the wire behind each operand.
Closed = tuple[Operands, Parameters, tuple[Wire, ...], Pullback, Sequence[Wire]]


def written_gate(wire: Wire) -> Gate | None:
    """The gate the user wrote to make this wire."""
    if type(wire) is SourcedWire:
        if wire.step is not None:
            return wire.step.gate
        if wire.written is not None:
            written: Gate = wire.written[3].gate
            return written
    return wire.pullback.gate if wire.pullback is not None else None


def written_operands(wire: Wire) -> tuple[Sequence[object], Sequence[Wire | None], Mapping[str, object]]:
    """Values, wires and parameters of the gate the user wrote."""
    operands, parameters, parents, pullback = made_as_written(wire)
    if type(wire) is not SourcedWire or wire.written is None:
        return operands, sources_of(wire), parameters
    sources: list[Wire | None] = [None] * len(operands)
    for position, parent in zip(pullback.positions, parents, strict=True):
        sources[position] = parent
    return operands, sources, parameters


def inside_block(wire: SourcedWire) -> list[Wire]:
    """The wires that a block's rule passes over, newest first."""
    borders = {*(s for s in wire.sources if s is not None), *wire.parents}
    assert wire.written is not None
    waiting = list(wire.written[2])
    found: list[Wire] = []
    while waiting:
        inner = waiting.pop()
        if inner not in borders and inner not in found:
            found.append(inner)
            waiting.extend(inner.parents)
    return sorted(found, key=lambda w: -w.order)


def may_close(gate: Gate, first: Wire | None) -> bool:
    """Whether the first operand is of a gate that stands first in a spelling `gate` closes: a quick no for most."""
    if first is None or (type(first) is SourcedWire and (first.step is not None or first.written is not None)):
        return True
    return first.pullback is not None and first.pullback.gate in gate.openers


def recognise(
    gate: Gate, wires: Sequence[Wire | None], values: Sequence[Value], parameters: Parameters, out: Value
) -> Closed | None:
    """The block that a step of `gate` closes: its (operands, parameters, parents, pullback, sources), or None.

    By structure alone: where what the user wrote overflows, the block's rule for what is written is NaN too.
    """
    for pattern, block in gate.closings:
        found: dict[str, Any] = {}
        if matches(pattern, values, wires, parameters, found):
            return closing(block, found, out)
    return None


def closing(block: Gate, found: Named, out: Value) -> Closed | None:
    """The rule of `block` for the wires and parameters that were found."""
    scalar, rules = isinstance(out, float), block.as_written
    open_ = ~(lent.recording | closed_bits())
    if scalar and block.arity == 1 and not block.parameters:
        wire = found[block.operands[0]]
        return ((wire.value,), NO_PARAMETERS, (wire,), rules.scalar[0b110], (wire,)) if wire.bits & open_ else None
    wires = [found[name] for name in block.operands]
    parameters = {name: found[name] for name in block.parameters if name in found}
    if block.when and not block.when(*(w.value for w in wires), **parameters):
        return None
    receivers = [unshifted(w, block.shift(**parameters)) if block.shift else w for w in wires]
    wanted = [w for w in receivers if w.bits & open_]
    if not wanted:
        return None
    key = key_of([WANTED if w in wanted else UNASKED for w in receivers])
    values = tuple(w.value for w in wires)
    pullback = (rules.scalar if scalar and all(isinstance(w.value, float) for w in wires) else rules.array)[key]
    return values, parameters, tuple(wanted), pullback, wires


def unshifted(wire: Wire, axis: Axis) -> Wire:
    """The wire before the shift `x - max(x)`: the block is the same without it, so the gradient goes there."""
    gate = written_gate(wire)
    if gate is None or gate is not SUBTRACT:
        return wire
    _, (x, top), _ = written_operands(wire)
    if x is None or top is None or (found := written_gate(top)) is None or found.corner != "largest":
        return wire
    _, (source,), parameters = written_operands(top)
    shape = np.shape(x.value)
    along = kept_axes(parameters.get("axis"), shape) == kept_axes(axis, shape)
    return x if source is x and along and parameters.get("keepdims") else wire


def matches(
    pattern: Expr,
    values: Sequence[Value],
    wires: Sequence[Wire | None],
    parameters: Parameters,
    found: Namespace,
) -> bool:
    """Whether a step of the pattern's gate fits it; `found` gets what the pattern's variables stand for."""
    gate, wanted = pattern.gate, pattern.operands
    if gate.parameters and not parameters_match(pattern, values, parameters, found):
        return False
    if len(wanted) == 1:
        return operand_matches(wanted[0], values[0], wires[0], found)
    if gate.commutes and type(wanted[0]) in (int, float):  # 1 + x or x + 1
        i = 0 if wires[0] is None else 1
        return is_literal(wanted[0], values[i], wires[i]) and operand_matches(
            wanted[1], values[1 - i], wires[1 - i], found
        )
    return all(operand_matches(p, value, wire, found) for p, value, wire in zip(wanted, values, wires, strict=True))


def operand_matches(pattern: Any, value: Value, wire: Wire | None, found: Namespace) -> bool:
    """Whether an operand is what a pattern says: a number, any wire (the same one each time), or a step."""
    if type(pattern) is Variable:
        return wire is not None and found.setdefault(pattern.name, wire) is wire
    if type(pattern) is not Expr:
        return is_literal(pattern, value, wire)
    if type(wire) is Wire:  # the eager path
        gate = pattern.gate
        if wire.pullback is None or wire.pullback.gate is not gate:
            return False
        if gate.arity == 1 and not gate.parameters:
            behind: Any = wire.behind
            return operand_matches(pattern.operands[0], None, behind[0] if type(behind) is tuple else behind, found)
        return matches(pattern, wire.operands, sources_of(wire), wire.parameters, found)
    if wire is None or written_gate(wire) is not pattern.gate:
        return False
    return matches(pattern, *written_operands(wire), found)


def is_literal(number: float, value: Value, wire: Wire | None) -> bool:
    """Whether an operand is this plain number."""
    return wire is None and isinstance(value, (int, float)) and value == number


def parameters_match(pattern: Expr, values: Sequence[Value], parameters: Parameters, found: Namespace) -> bool:
    """Whether the parameters are those of the pattern; axes are compared as positions from the front."""
    gate = pattern.gate
    for name in gate.parameters:
        wanted = pattern.parameters.get(name, gate.defaults.get(name))
        have = parameters.get(name, gate.defaults.get(name))
        if isinstance(wanted, Variable):
            if found.setdefault(wanted.name, have) is not have:
                return False
        elif name == "axis" and wanted is not None and have is not None:
            if kept_axes(wanted, np.shape(values[0])) != kept_axes(have, np.shape(values[0])):
                return False
        elif bool(wanted) != bool(have) if name == "keepdims" else wanted != have:
            return False
    return True
