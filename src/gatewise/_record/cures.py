"""What to write instead where a number is not finite: found by its spelling, and tried on the numbers at hand.

A cure is told only where it keeps the function: its value and its gradient agree with what was written wherever those
were finite, at the numbers of the run and at others, and it is finite where what was written was not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Wire, part_of, placed, seen, unknown_behind, with_wires
from gatewise._circuit.recognition import parameters_match, unshifted
from gatewise._derivatives import vjp
from gatewise._errors import GatewiseError
from gatewise._gates import Gate, Variable
from gatewise._gates.cures import CURES, Cure
from gatewise._recording import expression_at
from gatewise._source import ATOM, Text, number_literal
from gatewise._source.staged import Writer
from gatewise._types import Function, Parameters

SCALES = (1 / 8, 1 / 64, 1e-3)  # of the numbers of the run, which may all lie where nothing is finite
DRAWS = ((0.0, 0.3), (0.0, 5.0), (1.0, 0.05), (1.0, 1.0))  # middle and spread of numbers drawn
CLOSE = {"float64": 1e-8, "float32": 1e-3, "float16": 3e-2}

DDOF = ("ddof", 0)  # as without it
Found = dict[str, Any]  # what the names of a row stand for


def cures(circuit: FrozenCircuit, gradient: Mapping[Wire, object]) -> dict[Wire, str]:
    """A cure for the first number that is not finite, by that wire and each that it does away with or makes anew."""
    first, suspects = first_not_finite(circuit, gradient)
    makers = by_gate(circuit) if suspects else {}
    for cure in CURES if suspects else ():
        for wire in makers.get(cure.pattern.gate, ()):
            found: Found = {}
            if not is_spelled_by(cure.pattern, wire, circuit, found):
                continue
            region = inside(wire, found, circuit)
            if any(only_inside(suspect, region, circuit) for suspect in suspects) and is_cured(cure, found):
                return dict.fromkeys([first, *region], cure_text(cure, circuit, wire, found))
    return {}


def first_not_finite(circuit: FrozenCircuit, gradient: Mapping[Wire, object]) -> tuple[Any, list[Wire]]:
    """The first value that is not finite, or such a gradient; and the gates that it came out of."""
    forward = next((wire for wire in circuit.wires if not all_finite(wire.value)), None)
    if forward is not None:
        return forward, [forward] if alone_of(forward, circuit) else []
    backward = next((wire for wire in reversed(circuit.wires) if not all_finite(gradient[wire])), None)
    return backward, [] if backward is None else list(users(backward, circuit))


def by_gate(circuit: FrozenCircuit) -> dict[Gate, list[Wire]]:
    """The wires that each gate made."""
    found: dict[Gate, list[Wire]] = {}
    for wire in circuit.wires:
        if (step := alone_of(wire, circuit)) is not None:
            found.setdefault(step.gate, []).append(wire)
    return found


def all_finite(value: Any) -> bool:
    return value is None or bool(np.all(np.isfinite(value)))


def users(wire: Wire, circuit: FrozenCircuit) -> Iterator[Wire]:
    """The wires that are made of this one."""
    for other in circuit.wires:
        if (step := alone_of(other, circuit)) is not None and wire in step.operands:
            yield other


def alone_of(wire: Wire, circuit: FrozenCircuit) -> Expr | None:
    """What made a wire, and no other; None for an input."""
    return circuit.steps.get(wire) if part_of(wire) is None else None


# ------------------------------------------------------------------------------------------------- where it was written


def is_spelled_by(pattern: object, x: object, circuit: FrozenCircuit, found: Found) -> bool:
    """Whether a wire or a number is what a pattern says; `found` gets what its names stand for."""
    if type(pattern) is Variable:
        return is_same(found.setdefault(pattern.name, x), x)
    if type(pattern) is not Expr:
        return type(x) in (int, float) and x == pattern
    step = alone_of(x, circuit) if isinstance(x, Wire) else None
    if step is None or step.gate is not pattern.gate or len(step.operands) != len(pattern.operands):
        return False
    values = [operand.value if isinstance(operand, Wire) else operand for operand in step.operands]
    orders = (step.operands, step.operands[::-1]) if step.gate.commutes else (step.operands,)
    for operands in orders:
        there = dict(found)
        if have_parameters(pattern, values, step.parameters, there) and all(
            is_spelled_by(p, operand, circuit, there) for p, operand in zip(pattern.operands, operands, strict=True)
        ):
            found |= there
            return True
    return False


def have_parameters(pattern: Expr, values: Any, parameters: Mapping[str, object], found: Found) -> bool:
    try:
        return parameters_match(pattern, values, parameters, found)
    except ValueError:  # an index of arrays, held against one of slices
        return False


def is_same(one: object, other: object) -> bool:
    return one is other or (type(one) in (int, float) and type(one) is type(other) and one == other)


def inside(wire: Wire, found: Found, circuit: FrozenCircuit) -> set[Wire]:
    """The wires between what the names of a row stand for and the wire that it makes, that one among them."""
    borders = {x for x in found.values() if isinstance(x, Wire)}
    return set(unknown_behind(wire, lambda each: each in borders or each not in circuit.steps)) | {wire}


def only_inside(suspect: Wire, region: set[Wire], circuit: FrozenCircuit) -> bool:
    """Whether a wire is gone, or made anew, once the region is: nothing outside is made of what it goes into."""
    made = max(region, key=lambda w: w.order)
    waiting = {suspect} & region
    while waiting - {made}:
        wire = min(waiting, key=lambda w: w.order)
        more = set(users(wire, circuit))
        if not more <= region:
            return False
        waiting = waiting - {wire} | more
    return bool(waiting)


# ------------------------------------------------------------------------------------------------------------- trying


def is_cured(cure: Cure, found: Found) -> bool:
    """Whether the cure is finite at the numbers of the run, and is the function wherever that is finite."""
    values = [x.value if isinstance(x, Wire) else x for x in (found[name] for name in cure.operands)]
    moving = [
        k for k, x in enumerate(values) if np.asarray(x).dtype.kind == "f" and isinstance(found[cure.operands[k]], Wire)
    ]
    if not moving or not all(all_finite(values[k]) for k in moving):
        return False
    told = {name: value for name, value in found.items() if name not in cure.operands}
    parameters = {name: with_wires(value, placed) for name, value in told.items()}
    given = dict(parameters)
    if is_pair(given.get("index")):
        given["y"] = given["index"][1]
    compared = 0
    for place, point in enumerate(points(values, moving)):
        new = evaluated(cure.new, point, moving, given)
        if new is None or (place == 0 and not all(map(all_finite, new))):
            return False
        old = evaluated(cure.old, point, moving, parameters)
        if old is None or not agree(old[0], new[0], True):
            return False
        for a, b in zip(old[1:], new[1:], strict=True):
            where = np.isfinite(old[0]) if np.shape(a) == np.shape(old[0]) else all_finite(old[0])
            if not agree(a, b, where):
                return False
        compared += all(map(all_finite, old))
    return compared > 0


def points(values: list[object], moving: list[int]) -> Iterator[list[Any]]:
    """The numbers of the run, the same made smaller, and numbers drawn."""
    draw = np.random.default_rng(0)
    yield values
    for scale in SCALES:
        yield [x * np.asarray(x).dtype.type(scale) if k in moving else x for k, x in enumerate(values)]
    for middle, spread in DRAWS:
        yield [random_like(draw, x, middle, spread) if k in moving else x for k, x in enumerate(values)]


def random_like(draw: np.random.Generator, like: Any, middle: float, spread: float) -> object:
    numbers = draw.normal(middle, spread, np.shape(like))
    return float(numbers) if isinstance(like, float) else np.asarray(numbers).astype(np.asarray(like).dtype)


def evaluated(f: Function, point: list[object], moving: list[int], parameters: Parameters) -> list[Any] | None:
    """The value of a function and its gradients for a weight on each entry; None where it cannot be computed."""

    def moved(*numbers: object) -> Any:
        given = list(point)
        for k, x in zip(moving, numbers, strict=True):
            given[k] = x
        return f(*given, **parameters)

    try:
        with np.errstate(all="ignore"):
            out, pullback = vjp(moved, *(point[k] for k in moving))
            weights = 1 + 0.5 * np.cos(np.arange(np.size(out), dtype=float)).reshape(np.shape(out))
            upstream = float(weights) if isinstance(out, float) else weights.astype(np.asarray(out).dtype)
            return [out, *pullback(upstream)]
    except (GatewiseError, ValueError, TypeError, IndexError, ArithmeticError):
        return None


def agree(old: object, new: object, where: object) -> bool:
    """Whether two results are the same wherever the first is finite, as far as they are asked for."""
    one, other = np.asarray(old), np.asarray(new)
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    known = np.isfinite(one) & where
    if not known.any():
        return True
    close = CLOSE.get(one.dtype.name, 1e-8)
    largest = float(np.max(np.abs(one[known])))
    rounding = 16 * float(np.finfo(one.dtype).eps) if one.dtype.kind == "f" else 0.0
    return bool(np.allclose(other[known], one[known], rtol=close, atol=close * min(1.0, largest) + rounding))


# ------------------------------------------------------------------------------------------------------------ the text


def cure_text(cure: Cure, circuit: FrozenCircuit, wire: Wire, found: Found) -> str:
    """`gw.softmax(scores, axis=1) for e / np.sum(e, axis=1, keepdims=True)`, in the user's names."""
    writer = Writer(circuit, "code")
    speller = writer.say.speller
    speller.defines = False
    if not circuit.stages or any(stage.line is not None for stage in circuit.stages):
        speller.own = "gw."  # an expression knows the gates without a module
    old, named = writer.say.step(circuit.steps[wire]).text, texts(cure, writer, found)
    speller.omits = False  # what the row says is said
    text = spelled(cure.instead, named, writer, found)
    is_part = wire not in writer.names.named  # of a longer line, into which it is to be put as it stands
    return f"{text.at(ATOM) if is_part else text.text} for {old}" + (f" ({cure.note})" if cure.note else "")


def texts(cure: Cure, writer: Writer, found: Found) -> dict[str, Text]:
    """What the operands of a row are in the user's text."""
    named = {}
    for name, x in found.items():
        if name in cure.operands:
            source = seen(unshifted(x, found.get("axis", 1))) if cure.shift and isinstance(x, Wire) else x
            named[name] = writer.say.spell(source)
    if is_pair(found.get("index")):
        named["y"] = second_part(found["index"], writer)
    return named


def spelled(x: object, named: Mapping[str, Text], writer: Writer, found: Found) -> Text:
    """An expression of a row in the user's text."""
    if type(x) is Variable:
        return named[x.name]
    if type(x) is not Expr:
        return number_literal(x)
    parameters = {name: found.get(v.name) if type(v) is Variable else v for name, v in x.parameters.items()}
    parameters = {name: v for name, v in parameters.items() if v is not None and v is not False and (name, v) != DDOF}
    operands = [spelled(each, named, writer, found) for each in x.operands]
    return writer.say.speller.step(replace(x, parameters=parameters), operands, [None] * len(operands))


def is_pair(index: object) -> bool:
    return isinstance(index, tuple) and len(index) == 2


def second_part(index: Any, writer: Writer) -> Text:
    """The second part of an index as the user's code says it, or of the name that it has."""
    speller, circuit = writer.say.speller, writer.circuit
    if not {id(index), ("index", id(index))} & speller.texts.keys():
        return Text(speller.part(index[1]))
    for step in circuit.steps.values():
        if step.parameters.get("index") is index and step.place:
            match expression_at(*step.place[-1]):
                case ast.Subscript(slice=ast.Tuple(elts=[_, second])):
                    return Text(ast.unparse(second))
    return Text(f"{speller.index(index)}[1]")
