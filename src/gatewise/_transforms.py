"""From circuit to circuit: the gradients of one, on numbers or recorded in their turn; replay and cut."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._circuit import (
    Expr,
    FrozenCircuit,
    Input,
    Ports,
    Said,
    SourcedWire,
    Wire,
    identity,
    part_of,
    placed,
    seen,
    tick,
    verify,
    wires_in,
    with_wires,
)
from gatewise._errors import CutError
from gatewise._gates import GATES, Live, showing
from gatewise._recording.constants import NUMBERS
from gatewise._recording.recorder import Recorder
from gatewise._sweep import FLOATS, sweep
from gatewise._tensor import Tensor
from gatewise._types import Value


@dataclass(slots=True)
class Event:
    """One gate of the backward pass: `wire` had its gradient complete and sent contributions to its operands.

    `parts` are (operand position, operand's wire, contribution). In a recorded sweep `upstream` is the wire that
    stands for the complete gradient, contributions are Tensors, and `mask` says where the gradient is alive.
    """

    wire: Wire
    upstream: Any
    parts: list[tuple[int, Wire, Any]] = field(default_factory=list)
    mask: Any = None


def gradients(
    circuit: FrozenCircuit, as_written: bool = False, quiet: Container[Wire] = ()
) -> tuple[dict[Wire, Any], list[Event]]:
    """The gradient of every wire that gets one, and the events of the sweep, on numbers.

    `as_written` goes through the gates the user wrote where a block's stable rule would take their place. Events of
    `quiet` wires have no parts: of n entries that were picked one by one these would be n arrays.
    """
    found: dict[Wire, Any] = {}
    events: dict[Wire, Event] = {}

    def arrive(wire: Wire, g: object) -> Value:
        if not isinstance(g, Ports):
            found[wire] = g.g if isinstance(g, Live) else g
        events[wire] = Event(wire, found.get(wire))
        return g

    def observe(wire: Wire, position: int, parent: Wire, part: object) -> None:
        if wire not in quiet:
            events[wire].parts.append((position, parent, part.g if isinstance(part, Live) else part))

    seed = {circuit.output: circuit.upstream}
    sweep(seed, circuit.bit, arrive=arrive, observer=observe, as_written=as_written, edges=circuit.edges)
    return found, [event for wire, event in events.items() if wire.pullback is not identity]


def reverse(circuit: FrozenCircuit, seeds: Mapping[Wire, object] | None = None) -> list[Event]:
    """The backward pass as a recording: each contribution a Tensor made by gates of forward wires and gradients.

    The gradient of each wire, once complete, is a fresh wire, `event.upstream`, so that every contribution is told in
    terms of the gradient of its gate's output, as one writes it by hand. It begins at the output, or at `seeds`, wires
    with the gradients that come from elsewhere.
    """
    events: dict[Wire, Event] = {}
    bit = circuit.recording

    def lift(value: object, wire: Wire, bits: int) -> Tensor:
        return Tensor(value, wire, bits & bit)

    def arrive(wire: Wire, g: object) -> Value:
        if type(g) is Ports:
            events[wire] = Event(seen(wire), None)
            return g
        inner, mask = (g.g, g.mask) if type(g) is Live else (g, None)
        value = inner.value if type(inner) is Tensor else inner
        stands = SourcedWire(tick(), bit, value)
        events[wire] = Event(seen(wire), stands, mask=mask)
        fresh = Tensor(value, stands, bit)
        return fresh if mask is None else Live(fresh, mask)

    unwanted = {i.wire for i in circuit.inputs if not i.wanted}

    def observe(wire: Wire, position: int, parent: Wire, part: object) -> None:
        if parent not in unwanted and wire.pullback is not identity:
            events[wire].parts.append((position, seen(parent), part.g if type(part) is Live else part))

    with Recorder(bit=bit):
        seed = {circuit.output: circuit.upstream} if seeds is None else dict(seeds)
        with showing("on"):
            sweep(seed, circuit.bit, lower=bit, lift=lift, arrive=arrive, observer=observe, edges=circuit.edges)
        for event in events.values():
            as_square(circuit, event)
    return [event for wire, event in events.items() if wire not in unwanted or wire is circuit.output]


Sent = tuple[Wire, int, Wire, Any]  #: a wire, the operand position, the operand's wire, what was sent to it


def traced(circuit: FrozenCircuit, as_written: bool = False) -> tuple[dict[Wire, Value], list[Sent]]:
    """The gradient of every wire and all that was sent, as recordings on forward wires, by the exact rules.

    What may be dead for other inputs carries its mask, a number too. For use while a recorder of the circuit's bit is
    open; `as_written` as of `gradients`.
    """
    found: dict[Wire, Any] = {}
    sent: list[Sent] = []

    def lift(value: object, wire: Wire, bits: int) -> Tensor:
        return Tensor(value, wire, bits & circuit.recording)

    def arrive(wire: Wire, g: object) -> Value:
        found[wire] = g
        return g

    def observe(wire: Wire, position: int, parent: Wire, part: object) -> None:
        sent.append((wire, position, parent, part))

    seed = {circuit.output: circuit.upstream}
    with showing("on", "exact"):
        sweep(
            seed,
            circuit.bit,
            lower=circuit.recording,
            lift=lift,
            arrive=arrive,
            observer=observe,
            as_written=as_written,
            edges=circuit.edges,
        )
    return found, sent


def as_square(circuit: FrozenCircuit, event: Event) -> None:
    """The two equal contributions of `x * x` as the square's one."""
    made = circuit.steps.get(event.wire)
    if made is None or event.wire in circuit.blocks or made.gate is not GATES[np.multiply]:
        return
    if len(event.parts) == 2 and event.parts[0][1] is event.parts[1][1]:
        x, bit = event.parts[0][1], circuit.recording
        base: Any = Tensor(x.value, x, bit)
        event.parts = [(0, x, 2 * base * Tensor(event.upstream.value, event.upstream, bit))]


def replay(circuit: FrozenCircuit, instead: Mapping[Wire, object]) -> object:
    """The output's value with other values on some wires: only the steps behind those are run again.

    Inputs keep their values, a cut wire among them. Conversions to short floats are left out: where the values that are
    put in are float64, so are all that come of them. What was detached is a constant, as it is for the sweep.
    """
    values = dict(instead)
    for wire, made in circuit.steps.items():
        operands, moved = list(made.operands), False
        for k, x in enumerate(operands):
            if isinstance(x, Wire):
                moves = x in values and k not in made.fixed
                operands[k], moved = values[x] if moves else x.value, moved or moves
        if moved and wire not in instead:
            out, place = run_step(made, operands), part_of(wire)
            values[wire] = out if place is None else out[place]
    return values.get(circuit.output, circuit.output.value)


def run_step(made: Expr, operands: list[Value]) -> Value:
    """One step's forward function on plain values; floats behave as in a recording."""
    parameters = {name: as_run(value) for name, value in made.parameters.items()} if made.parameters else {}
    try:
        return made.forward(*operands, **parameters)
    except ArithmeticError:
        if not all(type(x) in FLOATS for x in operands):
            raise
        with np.errstate(all="ignore"):
            return float(made.forward(*map(np.float64, operands), **parameters))


def as_run(parameter: object) -> object:
    """A parameter with the values of its wires, and float64 in the place of a dtype of shorter floats."""
    if isinstance(parameter, np.dtype):
        return np.dtype(float) if parameter.kind == "f" else parameter
    return with_wires(parameter, placed)


def cut(circuit: FrozenCircuit, wire: Wire) -> FrozenCircuit:
    """The same circuit with `wire` made an input, and everything that only it needed left out.

    Raises `CutError` for a wire inside a recognised block.
    """
    name = circuit.names[wire]
    for closing, block in circuit.blocks.items():
        if wire in block.inside:
            borders = [circuit.names[x] for x in block.operands if isinstance(x, Wire)]
            raise CutError(name, block.gate.name, [circuit.names[closing], *borders])
    needed = wires_behind(circuit, wire)
    wanted = bool(wire.bits & circuit.bit) and np.asarray(wire.value).dtype.kind == "f"
    new = Input(wire, name, name, (), name, wanted, "cut")
    kept = tuple(i for i in circuit.inputs if i.wire in needed and i.wire is not wire)
    stages = tuple(
        dataclasses.replace(s, wires=tuple(w for w in s.wires if w in needed and w is not wire)) for s in circuit.stages
    )
    smaller = dataclasses.replace(
        circuit,
        inputs=(new, *kept),
        wires=(wire, *(w for w in circuit.wires if w in needed and w is not wire)),
        blocks={
            closing: block for closing, block in circuit.blocks.items() if closing in needed and closing is not wire
        },
        stages=tuple(s for s in stages if s.wires),
    )
    return verify(with_texts_that_hold(smaller))


def with_texts_that_hold(circuit: FrozenCircuit) -> FrozenCircuit:
    """The circuit with a signature of its inputs, and without texts that speak of inputs it no longer has.

    `N = X.shape[0]` goes where X is gone, and N becomes an input.
    """
    known = {circuit.names[w] for w in circuit.steps}
    known |= {i.parameter for i in circuit.inputs if i.kind != "constant"} | PLAIN_WORDS
    setup = []
    for line in circuit.setup:
        if line.names <= known:
            setup.append(line)
            known.add(line.partition(" = ")[0])
    inputs, gone = [], {}
    for i in circuit.inputs:
        if isinstance(i.text, Said) and not i.text.names <= known:
            gone[i.text] = Said(i.name, {i.name})
            i = dataclasses.replace(i, text=i.name, parameter=i.name, kind="input")
        inputs.append(i)
    known |= {*gone.values()}
    texts = {key: gone.get(text, text) for key, text in circuit.texts.items()}
    spelled = {wire: gone.get(text, text) for wire, text in circuit.spelled.items()}
    given = dict.fromkeys(i.parameter for i in inputs if i.kind in ("cut", "input"))
    return dataclasses.replace(
        circuit,
        inputs=tuple(inputs),
        setup=tuple(setup),
        texts={key: text for key, text in texts.items() if text.names <= known},
        spelled={wire: text for wire, text in spelled.items() if text.names <= known},
        signature=tuple((name, "positional_or_keyword", inspect.Parameter.empty) for name in given),
        beside=(),
        around=None,
    )


PLAIN_WORDS = {"np", "math", *NUMBERS}  # what printed code has without being given it


def wires_behind(circuit: FrozenCircuit, edge: Wire) -> set[Wire]:
    """The wires that the output is made of, by its gates and by its blocks, where `edge` is made of none."""
    found: set[Wire] = set()
    waiting = [circuit.output]
    while waiting:
        each = waiting.pop()
        if each in found:
            continue
        found.add(each)
        made, block = circuit.steps.get(each), circuit.blocks.get(each)
        if made is not None and each is not edge:
            waiting += [*wires_in(made), *(wires_in(block.operands) if block is not None else ())]
    return found
