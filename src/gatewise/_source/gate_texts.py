"""What one gate does, as text: its expression, its local gradients in symbols, its line of backward code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gatewise._circuit import (
    Expr,
    FrozenCircuit,
    Read,
    SourcedWire,
    Wire,
    holding,
    made_as_written,
    part_of,
    seen,
    step_of,
    tick,
    unknown_behind,
    with_wires,
)
from gatewise._gates import Live, Pullback, plain, showing
from gatewise._recording.recorder import Recorder
from gatewise._source.looking import is_the_number
from gatewise._source.spelling import Text
from gatewise._source.staged import Writer
from gatewise._tensor import Tensor
from gatewise._types import Parameters


@dataclass(slots=True)
class GateText:
    """The texts of one step: `expression`, `symbol`, and by operand position the local gradient and the code line.

    A switch has them for both branches; `dead` are the positions that its value sends nothing to.
    """

    expression: str
    symbol: str
    locals: dict[int, str] = field(default_factory=dict)
    local_values: dict[int, Any] = field(default_factory=dict)
    code: dict[int, str] = field(default_factory=dict)
    dead: set[int] = field(default_factory=set)

    @property
    def lines(self) -> list[str]:
        """The lines of backward code for these values."""
        return [self.code[k] for k in sorted(self.code) if k not in self.dead]

    def local(self, position: int) -> str | None:
        """The local gradient in symbols, for these values."""
        return "0" if position in self.dead else self.locals.get(position)


def gate_writer(circuit: FrozenCircuit) -> Writer:
    """Writes single gates: all wires under their own names, and our gates with their parameters."""
    writer = Writer(circuit, "code")
    writer.names.named = dict(circuit.names)
    writer.say.speller.defines = False
    return writer


def gate_texts(circuit: FrozenCircuit) -> dict[Expr, GateText]:
    """The texts of every step of a circuit, all wires under their own names."""
    return step_texts(circuit, ((made, wire) for wire, made in circuit.steps.items()))


def step_texts(circuit: FrozenCircuit, steps: Iterable[tuple[Expr, Wire]]) -> dict[Expr, GateText]:
    """The texts of some steps, each with a wire that it made."""
    writer = gate_writer(circuit)
    found: dict[Expr, GateText] = {}
    with Recorder(bit=circuit.recording):
        for made, wire in steps:
            if made not in found:
                found[made] = one_gate(circuit, writer, made, wire)
    return found


def local_gradients(wire: Wire) -> dict[int, object]:
    """The local gradients of an elementwise gate: what its rule makes of ones, on numbers; None where it is dead."""
    operands, parameters, _, pullback = made_as_written(wire)
    if pullback is None:
        return {}
    one: Any = 1.0 if isinstance(wire.value, float) else np.ones_like(wire.value)
    with np.errstate(all="ignore"):
        parts = contributions_of(pullback, one, wire.value, operands, parameters)
    return {pullback.positions[k]: None if part is None else plain(part) for k, part in parts}


def block_texts(circuit: FrozenCircuit) -> dict[Wire, GateText]:
    """The texts of blocks as one gate each, by their own rules, by the wires that close them."""
    writer = gate_writer(circuit)
    found = {}
    with Recorder(bit=circuit.recording):
        for wire, block in circuit.blocks.items():
            text = found[wire] = GateText("", block.gate.symbol)
            made = replace(circuit.steps[wire], gate=block.gate, operands=block.operands, parameters=block.parameters)
            add_gradients(text, circuit, writer, wire, Rule.of(circuit, made, wire.pullback, wire.parents))
    return found


def guard_texts(circuit: FrozenCircuit) -> list[tuple[Read, str | None]]:
    """What Python read while the circuit was recorded, each with the text that was read, in names of wires.

    The text is None where it speaks of something that is no wire of the circuit.
    """
    writer = gate_writer(circuit)
    found = []
    with Recorder(bit=circuit.recording):
        for read in (r for r in circuit.reads if r.how != "shape"):
            made, text = step_of(read.wire), circuit.names.get(read.wire)
            if text is None and made is not None and is_made_of_named(read.wire, circuit):
                text = writer.say.step(made).text
            found.append((read, text))
    return found


def is_made_of_named(wire: Wire, circuit: FrozenCircuit) -> bool:
    """Whether what is behind a wire begins with wires of the circuit alone."""
    behind = unknown_behind(wire, lambda each: each in circuit.names or each in circuit.spelled)
    return all(step_of(each) is not None for each in behind)


@dataclass(frozen=True, slots=True)
class Rule:
    """The gate whose gradients are told, its pullback, the wanted operands' wires, and what the pullback is given."""

    made: Expr
    pullback: Pullback
    parents: tuple[Wire, ...]
    operands: tuple[Any, ...]
    parameters: Parameters

    @classmethod
    def of(cls, circuit: FrozenCircuit, made: Expr, pullback: Pullback, parents: tuple[Wire, ...]) -> Rule:
        """The rule of a gate on recordings."""
        bit = circuit.recording
        operands = tuple(lifted(x, bit) for x in made.operands)
        parameters = {
            name: with_wires(value, lambda wire: lifted(wire, bit)) for name, value in made.parameters.items()
        }
        return cls(made, pullback, parents, operands, parameters)


def one_gate(circuit: FrozenCircuit, writer: Writer, made: Expr, wire: Wire) -> GateText:
    """The texts of one step."""
    writer.say.backward = False
    text = GateText(writer.say.step(made).text, symbol_of(writer, made))
    _, _, parents, pullback = made_as_written(holding(wire) or wire)
    if pullback is not None:
        add_gradients(text, circuit, writer, wire, Rule.of(circuit, made, pullback, parents))
    return text


def add_gradients(text: GateText, circuit: FrozenCircuit, writer: Writer, wire: Wire, rule: Rule) -> None:
    """Add the local gradients of one gate and its lines of backward code."""
    pullback, parents, given = rule.pullback, rule.parents, (rule.operands, rule.parameters)
    wanted = [k for k, p in enumerate(parents) if p.bits & circuit.bit]
    if not wanted:
        return
    writer.say.backward = True
    name, place = circuit.names.get(wire, "f"), part_of(wire)
    out = lifted(wire, circuit.recording) if place is None else rule.made.value
    with np.errstate(all="ignore"):
        stands = SourcedWire(tick(), circuit.recording, wire.value)
        upstream = Tensor(wire.value, stands, circuit.recording)
        writer.say.nodes.stands.add(stands)
        writer.say.nodes.tame_gradients.add(stands)
        writer.say.d_texts[stands] = Text("d" + name)
        with showing("dead"):
            sent = contributions_of(
                pullback.as_printed(), upstream if place is None else {place: upstream}, out, *given
            )
        for k, part in sent:
            if k in wanted and part is not None:
                parent = seen(parents[k])
                text.code[pullback.positions[k]] = code_of(writer, f"d{circuit.names[parent]}", part, parent)
        if rule.made.gate.family.name == "elementwise" and place is None:
            same = [k for k in wanted if np.shape(parents[k].value) == np.shape(wire.value)]
            add_locals(text, writer, out, rule, same)


def add_locals(text: GateText, writer: Writer, out: object, rule: Rule, asked: list[int]) -> None:
    """Add the local gradients of an elementwise gate: what its rule makes of an upstream gradient of ones."""
    pullback, value, given = rule.pullback, rule.made.value, (rule.operands, rule.parameters)
    printed, recording = pullback.as_printed(), writer.circuit.recording
    one: Any = 1.0 if isinstance(value, float) else np.ones_like(value)
    unit = SourcedWire(tick(), recording, one)
    writer.say.nodes.ones.add(unit)
    ones = Tensor(one, unit, recording)
    again: dict[int, Any] = {}  # the same on a recorded 1, which leaves a trace of how a number came about
    unit_upstream = 1.0 if isinstance(one, float) else ones
    exact = dict(contributions_of(pullback, unit_upstream, out, *given))
    with showing("dead"):
        shown = contributions_of(printed, unit_upstream, out, *given)
    for k, part in shown:
        if k in asked:
            position = pullback.positions[k]
            text.local_values[position] = 0.0 if exact[k] is None else plain(exact[k])
            if exact[k] is None:
                text.dead.add(position)
            if is_rounded(part):
                again = again or dict(contributions_of(printed, ones, out, *given))
            text.locals[position] = text_of_local(writer, rule.made, again.get(k, part))


def code_of(writer: Writer, name: str, part: object, parent: Wire) -> str:
    """One contribution on one line; statements that write into an array stand behind one another."""
    made = writer.say.resolved(part)
    if not writer.say.is_statement(made) and writer.page.into(made) is None:
        return f"{name} = {writer.say.spell(part).text}"
    writer.page.lines = []
    writer.page.assign(name, part, like=parent)
    return "; ".join(line.code for line in writer.page.lines)


def text_of_local(writer: Writer, node: Expr, part: Any) -> str:
    """A local gradient in symbols; arrays of ones are 1, and a long number is told as it was made."""
    if part is None:
        return "0"
    wire = part.wire if isinstance(part, Tensor) else None
    if is_rounded(part) or not (wire is None or wire in writer.say.nodes.ones):
        return text_of_number(writer, node, part)
    value = part.value if isinstance(part, Tensor) else part
    first = np.ravel(value)[0] if np.size(value) else 1
    return f"{first:g}"


def is_rounded(part: object) -> bool:
    """Whether six digits are too few for a number: a third."""
    if type(part) is Tensor:  # which passes for the float that it holds
        return False
    return isinstance(part, (float, np.floating)) and not np.isnan(part) and float(f"{part:g}") != part


def text_of_number(writer: Writer, node: Expr, part: object) -> str:
    """A local gradient as it was made; a number that the gate was given, as the user typed it."""
    made = writer.say.resolved(part)
    if is_the_number(made):
        for place, operand in enumerate(node.operands):
            if is_the_number(operand, made):
                writer.say.backward = False
                typed = writer.say.typed(node, place)
                writer.say.backward = True
                return typed.text
    return writer.say.spell(part).text


def contributions_of(
    pullback: Pullback, g: object, out: object, operands: object, parameters: Mapping[str, object]
) -> list[tuple[int, Any]]:
    """The contributions of one pullback, by place among its parents; masks taken off."""
    try:
        parts = pullback.back(g, out, operands, parameters)
    except ArithmeticError:
        return []
    return [(k, part.g if isinstance(part, Live) else part) for k, part in enumerate(parts)]


def lifted(x: object, bit: int) -> Any:
    return Tensor(x.value, x, bit) if isinstance(x, Wire) else x


def symbol_of(writer: Writer, node: Expr) -> str:
    """What a picture writes into the gate's circle: a literal operand is part of it."""
    gate, operands = node.gate, node.operands
    literals = [i for i, x in enumerate(operands) if not isinstance(x, Wire) and x is not None]
    if len(operands) != 2 or len(literals) != 1 or np.ndim(operands[literals[0]]):
        return gate.symbol
    (i,) = literals
    text = re.sub(r"^np\.\w+\((.*)\)$", r"\1", writer.say.typed(node, i).text)  # np.float64(2.5) shows as 2.5
    if gate.infix in ("+", "*", "&", "|") or (i == 1 and gate.infix):
        return f"{'^' if gate.infix == '**' else gate.infix}{text}"
    if gate.infix:
        return f"{text}{gate.infix}x" if gate.infix != "**" else f"{text}^x"
    return f"{gate.symbol} {text}"
