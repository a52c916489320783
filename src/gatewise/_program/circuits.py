"""A circuit as JSON, and back: wires are whole numbers, what was recorded is told as gates on them.

What is loaded is recorded anew, gate by gate, so that its blocks, its rules and its way back are those of any circuit.
"""

from __future__ import annotations

import ast
import inspect
import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from gatewise import _syntax
from gatewise._circuit import (
    Bit,
    CircuitError,
    Expr,
    FrozenCircuit,
    Input,
    Read,
    Said,
    SourcedWire,
    Stage,
    Wire,
    holding,
    made_as_written,
    no_grad,
    part_of,
    step_of,
    tick,
    unknown_behind,
    verify,
    wires_in,
    with_wires,
)
from gatewise._gates import GATES, NAMES, one_over, real_power
from gatewise._program.written import number_read, number_written
from gatewise._recording import Recorder, Statement, block_at
from gatewise._tensor import Tensor, apply, by_rows
from gatewise._types import Function, Json, Parameters

PLAIN = ("constant", "captured")  #: the kinds of inputs that a function named, and was not given
OWN = (by_rows, one_over, real_power)
#: What computes a step where the function of its gate does not, by name.
FORWARDS: dict[str, Function] = {
    f"{module.__name__}.{name}": f for module in (math, operator) for name, f in vars(module).items() if callable(f)
} | {f.__name__: f for f in OWN}
CALLED = {f: name for name, f in reversed(FORWARDS.items())}


def circuit_to_json(circuit: FrozenCircuit) -> Json:
    """A circuit as plain lists; what the user's file holds, by which loops are found, is left behind.

    Raises `CircuitError` for a value that JSON cannot say: an object of the user's, a function that is no gate.
    """
    return Writing(circuit).all()


def circuit_from_json(told: Json) -> FrozenCircuit:
    """The circuit that `circuit_to_json` wrote. Raises `CircuitError` where it is not one."""
    try:
        circuit = verify(Reading(told).all())
    except (KeyError, IndexError, TypeError, ValueError, SyntaxError) as error:
        raise CircuitError(f"this is no circuit as it is written: {type(error).__name__}: {error}.") from error
    if circuit_to_json(circuit) != told:
        raise CircuitError("recorded again, the circuit is another than the one that was written.")
    return circuit


class Writing:
    """Writes one circuit: its own wires, and those that what Python read and what indices hold are made of."""

    def __init__(self, circuit: FrozenCircuit) -> None:
        self.circuit = circuit
        roots = (*circuit.wires, *(read.wire for read in circuit.reads), *circuit.spelled)
        found = {w for root in roots for w in unknown_behind(root, circuit.edges.__contains__)} | {*circuit.edges}
        found |= {holder for w in found if part_of(w) is not None and (holder := holding(w)) is not None}
        self.leaves = {w for w in found if w in circuit.edges or step_of(w) is None}
        self.ids = {w: k for k, w in enumerate(sorted(found, key=lambda w: (w not in self.leaves, w.order)))}

    def all(self) -> Json:
        c, ids = self.circuit, self.ids
        return {
            "name": c.name,
            "signature": [[name, kind, self.default(default)] for name, kind, default in c.signature],
            "made": [self.made(w) for w in ids],
            "inputs": [self.input(i) for i in c.inputs],
            "wires": [ids[w] for w in c.wires],
            "output": ids[c.output],
            "upstream": self.told(c.upstream),
            "names": [[ids[w], name] for w, name in c.names.items() if w in ids],
            "named": sorted(ids[w] for w in c.named if w in ids),
            "stages": [self.stage(s) for s in c.stages],
            "blocks": [
                [
                    *(ids[w], b.gate.name, self.told(b.operands), self.parameters(b.parameters)),
                    sorted(ids[x] for x in b.inside),
                ]
                for w, b in c.blocks.items()
            ],
            "spelled": [[ids[w], said_told(text)] for w, text in c.spelled.items()],
            "setup": [*map(said_told, c.setup)],
            "reads": [[ids[r.wire], r.how, self.told(r.value)] for r in c.reads],
            "read": sorted(ids[w] for w in c.read if w in ids),
            "taken": sorted(c.taken),
            "scopes": self.of_steps(c.scopes),
            "sites": self.of_steps(c.sites),
            "calls": self.of_steps(c.calls),
        }

    def of_steps(self, table: Mapping[Wire, object]) -> list[object]:
        """A table by wire."""
        known = ((w, x) for w, x in table.items() if w in self.ids)
        return [[self.ids[w], [*x] if isinstance(x, tuple) else x] for w, x in known]

    def made(self, wire: Wire) -> Json:
        """What made a wire: nothing, a step, or a step with several outputs that it is one of."""
        moving = {"moving": True} if wire.bits & self.circuit.bit else {}
        step = step_of(wire)
        if step is None or wire in self.leaves:
            return {"value": self.told(wire.value), **moving}
        place = part_of(wire)
        if place is not None and (holder := holding(wire)) is not None:
            return {"of": self.ids[holder], "part": place}
        told: Json = {
            "gate": step.gate.name,
            "operands": [self.told(x) for x in step.operands],
            "parameters": self.parameters(step.parameters),
            **moving,
        }
        told |= {} if step.forward is step.gate.call else {"forward": self.forward(step)}
        told |= {"typed": [[k, said_told(text)] for k, text in step.typed.items()]} if step.typed else {}
        told |= {"fixed": [*step.fixed]} if step.fixed else {}
        texts = [[path, index, said_told(text)] for path, index, text in self.texts(step)]
        return told | ({"texts": texts} if texts else {})

    def forward(self, step: Expr) -> str:
        if step.forward is step.gate.function:
            return ""
        if step.forward not in CALLED:
            raise CircuitError(f"{step.gate.name} was computed by {step.forward!r}, which has no name here.")
        return CALLED[step.forward]

    def texts(self, step: Expr) -> Iterator[tuple[list[object], bool, Said]]:
        """The user's texts of what a step is given: the way to it, and whether it is said as an index."""
        for path, x in parts_given(step):
            for key, index in ((id(x), False), (("index", id(x)), True)):
                if key in self.circuit.texts:
                    yield path, index, self.circuit.texts[key]

    def input(self, i: Input) -> list[object]:
        path = [self.told(key) for key in i.path]
        return [self.ids[i.wire], i.name, i.parameter, path, said_told(i.text), i.wanted, i.kind]

    def stage(self, s: Stage) -> list[object]:
        said = s.statement
        told = said and [*(said.target, said.returns, said.line, said.text, ast.unparse(said.value))]
        return [s.name, s.line, s.text, [self.ids[w] for w in s.wires], told and [*told, said.in_place, said.into]]

    def default(self, default: object) -> object:
        """The default of an argument; None for one that printed code does not say either."""
        if default is inspect.Parameter.empty:
            return {"none": True}
        try:
            return self.told(default)
        except CircuitError:
            return None

    def parameters(self, parameters: Parameters) -> Json:
        return {name: self.told(x) for name, x in parameters.items()}

    def told(self, x: object) -> object:
        """An operand, or a parameter or a part of one: `{"wire": 3}`, or what stands there itself."""
        if isinstance(x, Wire):
            return {"wire": self.ids[x]}
        if type(x) in (bool, int, str, type(None)) or (type(x) is float and math.isfinite(x)):
            return x
        if type(x) is complex:
            return {"complex": [self.told(x.real), self.told(x.imag)]}
        if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fiubc":
            return array_told(x)
        if type(x) is float:
            return {"word": number_written(x)}
        if isinstance(x, (list, tuple)):
            parts = [self.told(part) for part in x]
            return parts if isinstance(x, list) else {"tuple": parts}
        if isinstance(x, slice):
            return {"slice": [self.told(x.start), self.told(x.stop), self.told(x.step)]}
        if x is Ellipsis:
            return {"rest": True}
        if isinstance(x, (np.dtype, type)):
            return {"dtype": np.dtype(x).str, "python": isinstance(x, type)}
        if isinstance(x, Mapping):
            return {"dict": [[self.told(key), self.told(part)] for key, part in x.items()]}
        if callable(x) and x in GATES:
            return {"gate": GATES[x].name}
        raise CircuitError(f"a circuit holds {type(x).__name__}, which JSON cannot say.")


def parts_given(step: Expr) -> Iterator[tuple[list[object], Any]]:
    """The operands and parameters of a step, and the parts of these, each with the way to it."""
    waiting: list[tuple[list[object], Any]] = [([k], x) for k, x in enumerate(step.operands)]
    waiting += [([name], x) for name, x in step.parameters.items()]
    for path, x in waiting:
        if not isinstance(x, (bool, int, float, str, type(None), Wire)):
            yield path, x
        if isinstance(x, (tuple, list)):
            waiting += [([*path, k], part) for k, part in enumerate(x)]


def said_told(text: str) -> object:
    """A piece of source: with the names in it and how it holds together, where those are known."""
    return [str(text), sorted(text.names), text.holds] if isinstance(text, Said) else str(text)


def said_read(told: Any) -> Any:
    return Said(told[0], told[1], told[2]) if isinstance(told, list) else told


def array_told(x: np.ndarray | np.generic) -> Json:
    """An array with the order in which its entries lie: BLAS adds in another order in another."""
    array = np.asarray(x)
    rows = [*range(array.ndim)]
    axes = rows if array.flags.c_contiguous else sorted(rows, key=lambda k: -array.strides[k])
    flat = array.transpose(axes).ravel()
    numbers = number_written(flat.view(flat.real.dtype))  # of a complex number two
    if isinstance(x, np.generic):
        return {"number": numbers, "dtype": x.dtype.str}
    return {"array": numbers, "dtype": x.dtype.str, "shape": [x.shape[k] for k in axes], "axes": axes}


def array_read(numbers: object, dtype: str) -> np.ndarray:
    return np.array(number_read(numbers), np.empty(0, dtype).real.dtype).view(dtype)


class Reading:
    """Records a circuit again from what was written of it."""

    def __init__(self, told: Json) -> None:
        self.written = told
        self.wires: list[Wire] = []
        self.places: dict[Wire, int] = {}
        self.holder: Wire = Wire(0, 0, None)  # of the last step
        self.tensors: list[Any] = []  # of each wire, what a gate is given; the plain value of what was named
        self.texts: dict[Any, Said] = {}

    def all(self) -> FrozenCircuit:
        told = self.written
        plain = {each[0] for each in told["inputs"] if each[6] in PLAIN}
        plain |= {each[0] for each in told["spelled"]}
        with Recorder() as recorder, Bit() as bit, np.errstate(all="ignore"):
            self.recording, self.bit = recorder.bit, bit
            for k, made in enumerate(told["made"]):
                self.make(made, k in plain)
        inputs = [self.input(each) for each in told["inputs"]]
        edges = {i.wire for i in inputs}
        return FrozenCircuit(
            name=told["name"],
            inputs=tuple(inputs),
            wires=tuple(self.wires[k] for k in told["wires"]),
            output=self.wires[told["output"]],
            names={self.wires[k]: name for k, name in told["names"]},
            named=frozenset(self.wires[k] for k in told["named"]),
            stages=tuple(self.stage(each) for each in told["stages"]),
            upstream=self.read(told["upstream"]),
            bit=self.bit,
            recording=self.recording,
            signature=tuple((name, kind, self.default(x)) for name, kind, x in told["signature"]),
            blocks={w: block_at(w, edges) for k, *_ in told["blocks"] for w in (self.sourced(k),)},
            spelled={self.wires[k]: said_read(text) for k, text in told["spelled"]},
            texts=self.texts,
            setup=tuple(map(said_read, told["setup"])),
            reads=tuple(Read(self.wires[k], how, self.read(x)) for k, how, x in told["reads"]),
            read=frozenset(self.wires[k] for k in told["read"]),
            taken=frozenset(told["taken"]),
            scopes={self.wires[k]: x for k, x in told["scopes"]},
            sites={self.wires[k]: tuple(x) for k, x in told["sites"]},
            calls={self.wires[k]: tuple(x) for k, x in told["calls"]},
        )

    def sourced(self, k: int) -> SourcedWire:
        wire = self.wires[k]
        if type(wire) is not SourcedWire or wire.written is None:
            raise CircuitError(f"wire {k} closes no block.")
        return wire

    def make(self, told: Json, is_plain: bool) -> None:
        """Record what made one wire."""
        if "gate" in told:
            made = self.step(told)
        elif "part" in told:
            made = self.tensors[told["of"]][told["part"]]
        else:
            value = self.read(told["value"])
            bits = self.recording | (self.bit if told.get("moving") else 0)
            made = Tensor(value, SourcedWire(tick(), bits, value), bits)
        wire = made.wire if type(made) is Tensor and made.wire is not None else self.holder
        self.places[wire] = len(self.wires)
        self.wires.append(wire)
        self.tensors.append(made.value if is_plain else made)

    def step(self, told: Json) -> Any:
        """Apply a gate, and leave the step as it was told."""
        gate, fixed = NAMES[told["gate"]], told.get("fixed", ())
        name = told.get("forward")
        forward = gate.call if name is None else FORWARDS[name] if name else gate.function
        operands = tuple(map(self.read, told["operands"]))
        parameters = {key: self.read(x) for key, x in told["parameters"].items()}
        given = [self.given(x) for x in operands]
        given = [x.detach() if k in fixed and isinstance(x, Tensor) else x for k, x in enumerate(given)]
        with nullcontext() if told.get("moving") else no_grad():
            made = apply(gate, forward, given, {key: with_wires(x, self.given) for key, x in parameters.items()})
        wire = next((x.wire for x in made if isinstance(x, Tensor)), None) if type(made) is not Tensor else made.wire
        holder = None if wire is None else holding(wire)
        if holder is None or holder.step is None:
            raise CircuitError(f"{gate.name} was recorded as no step.")
        kept, typed = made_as_written(holder)[1], {k: said_read(text) for k, text in told.get("typed", ())}
        parameters = {key: with_wires_of(x, kept[key]) for key, x in parameters.items()}
        holder.step = Expr(gate, forward, operands, parameters, holder.step.value, None, typed, tuple(fixed))
        if holder.written is None:
            holder.sources = [x if isinstance(x, Wire) else None for x in operands]
        parts = {tuple(path): x for path, x in parts_given(holder.step)}
        for path, index, text in told.get("texts", ()):
            key = id(parts[tuple(path)])
            self.texts[("index", key) if index else key] = said_read(text)
        self.holder = holder
        return made

    def given(self, x: object) -> object:
        """What a gate is given for an operand."""
        return self.tensors[self.places[x]] if isinstance(x, Wire) else x

    def input(self, told: Sequence[Any]) -> Input:
        k, name, parameter, path, text, wanted, kind = told
        return Input(self.wires[k], name, parameter, tuple(map(self.read, path)), said_read(text), wanted, kind)

    def stage(self, told: Sequence[Any]) -> Stage:
        name, line, text, wires, said = told
        statement = None
        if said is not None:
            target, returns, at, whole, value, in_place, into = said
            statement = Statement(target, returns, at, whole, _syntax.expression(value), in_place, into)
        return Stage(name, line, text, tuple(self.wires[k] for k in wires), statement)

    def default(self, told: object) -> object:
        return inspect.Parameter.empty if told == {"none": True} else self.read(told)

    def read(self, told: Any) -> Any:
        """What was written of an operand or a parameter."""
        if isinstance(told, list):
            return [*map(self.read, told)]
        if not isinstance(told, dict):
            return told
        match told:
            case {"wire": k}:
                return self.wires[k]
            case {"tuple": parts}:
                return tuple(map(self.read, parts))
            case {"slice": parts}:
                return slice(*map(self.read, parts))
            case {"rest": _}:
                return ...
            case {"dict": rows}:
                return {self.read(key): self.read(part) for key, part in rows}
            case {"gate": name}:
                return NAMES[name].function
            case {"complex": [real, imag]}:
                return complex(self.read(real), self.read(imag))
            case {"dtype": name, "python": python}:
                return (PYTHON.get(name) or np.dtype(name).type) if python else np.dtype(name)
            case {"word": word}:
                return number_read(word)
            case {"number": numbers, "dtype": name}:
                return array_read(numbers, name)[0]
            case {"array": numbers, "dtype": name, "shape": shape, "axes": axes}:
                return array_read(numbers, name).reshape(shape).transpose(np.argsort(axes))
        raise CircuitError(f"a circuit is written with {sorted(told)} in it.")


def with_wires_of(told: Any, kept: Any) -> object:
    """A parameter as the tape keeps it, with the wires that the told one has in it."""
    if isinstance(told, Wire) or not wires_in(told):
        return told if isinstance(told, Wire) else kept
    return type(kept)(with_wires_of(a, b) for a, b in zip(told, kept, strict=True))


PYTHON = {np.dtype(kind).str: kind for kind in (bool, int, float, complex)}
