"""What a page computes again after an edit: the program of a circuit and of its way back, and what is where in it.

The way back is the sweep itself, recorded by the exact rules: no rule is stated here a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import (
    NO_PARAMETERS,
    Expr,
    FrozenCircuit,
    Ports,
    Read,
    Wire,
    made_as_written,
    part_of,
    seen,
)
from gatewise._gates import Live, Pullback, showing, without_mask
from gatewise._program import PART, At, Builder, Constant, NotTold, Op, Written, operand_written, to_json
from gatewise._record.circuits import operands_by_port
from gatewise._record.schema import BlockRule, Record, UseEntry, WireEntry
from gatewise._record.written import as_json
from gatewise._recording.recorder import Recorder
from gatewise._source.gate_texts import GateText, contributions_of, lifted
from gatewise._transforms import traced
from gatewise._types import Json, Operands

MOST_ENTRIES = 64  # of an array that a page computes with
DTYPES = {"float64", "bool", "int64", "int32", "uint8"}

BITWISE = {"bitwise_and", "bitwise_or", "invert"}


class NotCoveredError(Exception):
    """Something that a page does not compute."""


class Page(Builder):
    """Builds of what the script of a page computes; everything else is `NotTold`."""

    def __init__(self, circuit: FrozenCircuit) -> None:
        super().__init__(circuit, known=lambda gate: gate.in_page)

    def told(self, op: Op) -> At:
        if op.gate == PART:
            raise NotTold("it has several outputs")
        if op.dtype not in DTYPES:
            raise NotTold(f"it casts to {op.dtype}")
        if op.gate in BITWISE and any(self.dtype_of(x) != "bool" for x in op.operands):
            raise NotTold("bitwise operations on whole numbers are not computed in a page")
        if op.gate == "dot" and any(len(self.shape_of(x)) > 2 for x in op.operands):
            raise NotTold("a page computes np.dot of at most two axes")
        index = op.parameters.get("index", ())
        if any(isinstance(part, At) and self.dtype_of(part) not in ("int64", "int32", "uint8") for part in index):
            raise NotTold("which entries it takes depends on values")
        return super().told(op)

    def shape_of(self, x: Any) -> tuple[int, ...]:
        return np.shape(x.value) if isinstance(x, Constant) else self.at(x).shape

    def dtype_of(self, x: Any) -> str:
        return np.asarray(x.value).dtype.name if isinstance(x, Constant) else self.at(x).dtype


def formulas(
    circuit: FrozenCircuit,
    record: Record,
    texts: Mapping[Expr, GateText],
    rules: Mapping[str, BlockRule],
) -> Json:
    """How the numbers of a record, with all its gates or folded by `rules`, come about.

    `program` is the list of operations (`_program.to_json`), and everything else speaks of its places: `wires` and
    `gradients` of each wire of the record, `locals` of each use, `guards` of what must stay as it was recorded, each as
    `[operand, value, sentence]`.
    `sent` is what goes back from wire to wire of the circuit, newest gate first: `[from, to, operand, mask]`, with the
    wires as numbers, where a mask that is 0 says that nothing goes there at all; `made` has the number of each wire of
    the record among these. For each use of the record, `uses` says which of them make up its contribution, `texts` has
    its local gradient in symbols and its line of code, `switches` whether it may be dead.

    Under `recording` the sentence that says which gate has no formula, and why, where that is so.
    """
    try:
        with Recorder(bit=circuit.recording):
            return Formulas(circuit, record, texts, rules).all()
    except (NotCoveredError, NotTold) as reason:
        return {"recording": f"This circuit is shown as it was recorded: {reason}."}


class Formulas:
    """Goes through a record wire by wire and use by use, each as a part of the circuit that was recorded."""

    def __init__(
        self,
        circuit: FrozenCircuit,
        record: Record,
        texts: Mapping[Expr, GateText],
        rules: Mapping[str, BlockRule],
    ) -> None:
        self.circuit, self.record, self.texts, self.rules = circuit, record, texts, rules
        self.builder = Page(circuit)
        self.ids = circuit.ids
        by_name = {name: wire for wire, name in circuit.names.items()}
        self.shown = [by_name[entry["name"]] for entry in record["wires"]]
        self.hidden: dict[Wire, int] = {}

    def all(self) -> Json:
        """The program, and what is where in it. Raises `NotCoveredError`."""
        for entry, wire in zip(self.record["wires"], self.shown, strict=True):
            self.check(entry, wire)
        places = {wire: self.forward(wire) for wire in self.circuit.wires}
        self.locals = {wire: self.locals_of(wire, made) for wire, made in self.circuit.steps.items()}
        written, sent = traced(self.circuit, as_written=True)
        found = traced(self.circuit)[0] if self.circuit.blocks else {}
        gradients = {**written, **found}
        told, by_use = self.sent(sent)
        uses = [*self.uses()]
        return {
            "wires": [operand_written(places[wire]) for wire in self.shown],
            "made": [self.ids[wire] for wire in self.shown],
            "gradients": [self.cotangent(gradients.get(wire)) for wire in self.shown],
            "sent": told,
            "uses": [[by_use[key] for key in keys if key in by_use] for keys, _, _ in uses],
            "locals": [operand_written(local) for _, local, _ in uses],
            "texts": [text for _, _, text in uses],
            "switches": [self.is_switch(keys) for keys, _, _ in uses],
            "guards": [*self.guards()],
            "program": to_json(self.builder.program({})),
        }

    def check(self, entry: WireEntry, wire: Wire) -> None:
        size = int(np.size(wire.value))
        if size > MOST_ENTRIES:
            raise NotCoveredError(f"{entry['name']} has {size} entries, a page computes with up to {MOST_ENTRIES}")
        if entry["dtype"] not in DTYPES:
            raise NotCoveredError(f"{entry['name']} is {entry['dtype']}, a page computes in float64")

    def forward(self, wire: Wire) -> Any:
        """The operand that a wire of the circuit is; what cannot be told is told with the gate."""
        try:
            return self.builder.of(wire)
        except NotTold as reason:
            made = self.circuit.steps[wire]
            line = f"{self.circuit.names[wire]} = {self.texts[made].expression}"
            what = f"the gate {made.gate.name} ({line}) is not recomputed, as {reason}"
            raise NotCoveredError(what) from None

    # --------------------------------------------------------------------------------------------------------- backward

    def sent(
        self, sent: Sequence[tuple[Wire, int, Wire, object]]
    ) -> tuple[list[list[object]], dict[tuple[Wire, int], int]]:
        """What goes back between wires of the circuit, and where each use stands in it."""
        told: list[list[object]] = []
        places = {}
        for wire, position, parent, part in sent:
            places[wire, position] = len(told)
            told.append([self.number(wire), self.number(parent), self.cotangent(part), self.mask(parent, part)])
        return told, places

    def number(self, wire: Wire) -> int:
        """The number of a wire in `sent`; one that no record shows, as of several outputs, has one behind them."""
        told = seen(wire)
        return self.ids.get(told, len(self.ids) + self.hidden.setdefault(told, len(self.hidden)))

    def cotangent(self, g: object) -> Written:
        return None if g is None or isinstance(g, Ports) else operand_written(self.builder.of(without_mask(g)))

    def mask(self, parent: Wire, part: Any) -> Written:
        """Whether anything goes to a number; None for an array, which gets zeros where it is dead."""
        is_masked = isinstance(part, Live) and isinstance(parent.value, float) and part.mask is not None
        return operand_written(self.builder.of(part.mask)) if is_masked else None

    # ------------------------------------------------------------------------------------------------------------- uses

    def uses(self) -> Iterator[tuple[list[tuple[Wire, int]], At | Constant | None, object]]:
        """For each use of the record: the uses of the circuit it stands for, its local gradient, and its texts."""
        uses = iter(self.record["uses"])
        shown = set(self.shown)
        for wire, entry in zip(self.shown, self.record["wires"], strict=True):
            if (made := self.circuit.steps.get(wire)) is None:
                continue
            paths = [*self.paths(wire, shown)]
            if entry["gate"] != made.gate.name:  # a block in the place of its gates: one use an operand
                for told in self.uses_by_rule(wire, paths):
                    next(uses)
                    yield told
            else:
                for path in paths:
                    yield [path[-1]], self.local_along(path), self.texts_along(path, wire, next(uses))

    def paths(self, wire: Wire, shown: set[Wire]) -> Iterator[list[tuple[Wire, int]]]:
        """The ways from a wire of the record back to the wires of the record it is made of, over those folded away."""
        waiting: list[list[tuple[Wire, int]]] = [[(wire, k)] for k in reversed(self.operands(wire))]
        while waiting:
            path = waiting.pop()
            source = self.source(path[-1])
            if source in shown:
                yield path
            else:
                waiting += [[*path, (source, k)] for k in reversed(self.operands(source))]

    def operands(self, wire: Wire) -> dict[int, Wire]:
        """The wires that a wire is made of, by position, those inside parameters last."""
        return operands_by_port(self.circuit, self.circuit.steps[wire])

    def source(self, use: tuple[Wire, int]) -> Wire:
        return self.operands(use[0])[use[1]]

    def local_along(self, path: Sequence[tuple[Wire, int]]) -> Any:
        """The local gradient from the end of a way to its beginning: of a folded chain the product."""
        first, *others = [self.locals[wire].get(position) for wire, position in path]
        for each in others:
            if first is None or each is None:
                return None
            multiplied = Op("multiply", (first, each), {}, np.shape(path[0][0].value), "float64")
            first = self.builder.told(multiplied)
        return first

    def locals_of(self, wire: Wire, made: Expr) -> dict[int, Any]:
        """What a gate's local gradients are, by position: what it sends back for an upstream gradient of ones."""
        if part_of(wire) is not None or made.gate.family.name != "elementwise":
            return {}
        _, _, parents, pullback = made_as_written(wire)
        return {} if pullback is None else self.slopes(wire, pullback, parents, made.operands)

    def slopes(self, wire: Wire, pullback: Pullback, parents: Sequence[Wire], operands: Operands) -> dict[int, Any]:
        ones: Any = 1.0 if isinstance(wire.value, float) else np.ones_like(wire.value)
        bit, found = self.circuit.recording, {}
        out, given = lifted(wire, bit), tuple(lifted(x, bit) for x in operands)
        with showing("on", "exact"), np.errstate(all="ignore"):
            for k, part in contributions_of(pullback.with_masks(), ones, out, given, NO_PARAMETERS):
                if parents[k].bits & self.circuit.bit and np.shape(parents[k].value) == np.shape(wire.value):
                    found[pullback.positions[k]] = self.builder.of(0.0 if part is None else part)
        return found

    def texts_along(self, path: Sequence[tuple[Wire, int]], wire: Wire, use: UseEntry) -> Any:
        """A use's local gradient in symbols and its line of code, where it is alive; None where it has no line."""
        made, position = path[-1]
        if len(path) == 1:
            text = self.texts[self.circuit.steps[made]]
            line = None if part_of(made) is not None else text.code.get(position)
            return None if line is None else [text.locals.get(position), line]
        if use["local_text"] is None:
            return None
        factors = [] if use["local_text"] == "1" else [use["local_text"]]
        name, out = self.circuit.names[self.source(path[-1])], self.circuit.names[wire]
        return [use["local_text"], f"d{name} = {' * '.join([*factors, 'd' + out])}"]

    def uses_by_rule(
        self, wire: Wire, paths: Sequence[Sequence[tuple[Wire, int]]]
    ) -> Iterator[tuple[list[tuple[Wire, int]], At | Constant | None, object]]:
        """The uses by a block that is shown as one gate: one an operand, with the block's own local gradient."""
        rule, slopes = self.rules[self.circuit.names[wire]], self.block_slopes(wire)
        lines = {line.split(" = ", 1)[0]: line for line in rule["code"]}
        for source in dict.fromkeys(self.source(path[-1]) for path in paths):
            name = self.circuit.names[source]
            line = lines.get(f"d{name}")
            text = None if line is None else [rule["local_texts"].get(name), line]
            yield [path[-1] for path in paths if self.source(path[-1]) is source], slopes.get(name), text

    def block_slopes(self, wire: Wire) -> Json:
        """The local gradients of a block's rule, by the names of its operands."""
        block = self.circuit.blocks[wire]
        if block.gate.family.name != "elementwise":
            return {}
        found = self.slopes(wire, wire.pullback, wire.parents, block.operands)
        return {
            self.circuit.names[x]: found[k] for k, x in enumerate(block.operands) if isinstance(x, Wire) and k in found
        }

    def is_switch(self, keys: Sequence[tuple[Wire, int]]) -> bool:
        """Whether what a use by a switch sends is a number, which is not sent at all where it is dead."""
        gate, is_number = self.circuit.steps[keys[0][0]].gate, isinstance(self.source(keys[0]).value, float)
        return gate.pattern == "routes" and gate.family.name == "elementwise" and is_number

    # ----------------------------------------------------------------------------------------------------------- guards

    def guards(self) -> Iterator[list[Any]]:
        """What an edit must leave as it was recorded."""
        for entry, wire in zip(self.record["wires"], self.shown, strict=True):
            name, place = entry["name"], self.builder.of(wire)
            if entry["kind"] == "input" and (wire in self.circuit.read or entry["dtype"] != "float64"):
                why = "was read by Python" if wire in self.circuit.read else f"holds {entry['dtype']}"
                yield [
                    operand_written(place),
                    as_json(np.asarray(wire.value).tolist()),
                    f"{name} {why}: with another value, record again.",
                ]
            if entry["gate"] == "logsumexp":
                is_finite = bool(np.all(np.isfinite(wire.value)))
                yield [self.finite(place), is_finite, f"{name} stops being finite, or starts to be: record again."]
            if (block := self.circuit.blocks.get(wire)) is not None:
                why = f"the rule of {block.gate.name} is for finite numbers"
                yield [self.finite(place), True, f"{name} is not finite, and {why}: record again."]
        reads = [read for read in self.circuit.reads if read.how != "shape"]
        for read_, guard in zip(reads, self.record["guards"], strict=True):
            yield self.branch(read_, guard["expression"] or "a number")

    def branch(self, read: Read, text: str) -> list[Any]:
        """What Python read, to choose what to run next. Raises `NotCoveredError` where it cannot be computed again."""
        try:
            guard = self.builder.guard(read)
        except NotTold as reason:
            raise NotCoveredError("Python chose by a value that a page cannot compute again") from reason
        value = as_json(np.asarray(guard.value).tolist())
        sentence = f"Python read {text} as {value}: with another value, record again."
        return [operand_written(guard.operand), value, sentence]

    def finite(self, place: Any) -> int:
        """The place of whether all entries of a value are finite."""
        each = self.builder.told(Op("isfinite", (place,), {}, self.builder.shape_of(place), "bool"))
        return self.builder.told(Op("all", (each,), {"axis": None, "keepdims": False}, (), "bool")).place
