"""What a page computes again after an input was edited: the steps of a circuit and of its way back, as small trees.

A tree is a number (`"inf"`, `"-inf"` and `"nan"` as words), `["array", nested]`, `["wire", k]` for a wire of the
circuit, `["step", k]` for a step that is none of its, or `[gate, *operands, *parameters]` with the parameters in the
order in which the gate declares them. The way back is the sweep itself, recorded: no rule is stated here a second time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._circuit import Circuit, SourcedWire, Step, Wire, parents_of, step_wire
from gatewise._errors import GatewiseError
from gatewise._gates import Gate
from gatewise._gates.families import Live, showing, without_mask
from gatewise._gates.gate import with_masks
from gatewise._record.circuits import sources
from gatewise._record.written import plain
from gatewise._recording.freezing import transparent
from gatewise._recording.functions import read_by_python
from gatewise._recording.recorder import Recorder
from gatewise._source.gate_texts import GateText, lifted, parts_of
from gatewise._sweep import port
from gatewise._tensor import Tensor
from gatewise._transforms import blocks, traced

MOST_ENTRIES = 64  # of an array that a page computes with
DTYPES = {"float64", "bool", "int64", "int32", "uint8"}

BITWISE = {"bitwise_and", "bitwise_or", "invert"}


class NotCoveredError(Exception):
    """Something that a page does not compute."""


def formulas(
    circuit: Circuit,
    record: Mapping[str, Any],
    texts: Mapping[SourcedWire, GateText],
    rules: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """How the numbers of a record, with all its gates or folded by `rules`, come about.

    `wires` has for each wire of the record its place among those of the circuit, `forward` the trees of these by place,
    in an order of evaluation, `steps` those that others refer to. `sent` is what goes back from wire to wire of the
    circuit, newest gate first: `[from, to, tree, mask]`, where a mask that is 0 says that nothing goes there at all.
    For each use of the record, `uses` says which of these make up its contribution, `locals` has the tree of its local
    gradient, `texts` its local gradient in symbols and its line of code, `switches` whether it may be dead. `gradients`
    has the tree of each wire's gradient, `guards` what must stay as it was recorded, each as `[tree, value, sentence]`.

    Under `recording` the sentence that says which gate has no formula, and why, where that is so.
    """
    try:
        with Recorder(bit=circuit.recording):
            return Formulas(circuit, record, texts, rules).all()
    except NotCoveredError as reason:
        return {"recording": f"This circuit is shown as it was recorded: {reason}."}


class Formulas:
    """Goes through a record wire by wire and use by use, each as a part of the circuit that was recorded."""

    def __init__(
        self,
        circuit: Circuit,
        record: Mapping[str, Any],
        texts: Mapping[SourcedWire, GateText],
        rules: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.circuit, self.record, self.texts, self.rules = circuit, record, texts, rules
        self.trees = Trees(circuit)
        self.ids = self.trees.ids
        by_name = {name: wire for wire, name in circuit.names.items()}
        self.shown = [by_name[entry["name"]] for entry in record["wires"]]
        self.inputs = {i.wire for i in circuit.inputs}
        self.closing = blocks(circuit)
        self.locals = {wire: self.locals_of(wire) for wire in circuit.wires if wire not in self.inputs}

    def all(self) -> dict[str, Any]:
        """All trees. Raises `NotCoveredError`."""
        for entry, wire in zip(self.record["wires"], self.shown, strict=True):
            self.check(entry, wire)
        forward = [[k, self.forward(wire)] for wire, k in self.ids.items() if wire not in self.inputs]
        written, sent = traced(self.circuit, as_written=True)
        found = traced(self.circuit)[0] if self.closing else {}
        gradients = {**written, **found}
        told, by_use = self.sent(sent)
        uses = [*self.uses()]
        return {
            "wires": [self.ids[wire] for wire in self.shown],
            "forward": forward,
            "gradients": [self.cotangent(gradients.get(wire)) for wire in self.shown],
            "sent": told,
            "uses": [[by_use[key] for key in keys if key in by_use] for keys, _, _ in uses],
            "locals": [local for _, local, _ in uses],
            "texts": [text for _, _, text in uses],
            "switches": [self.is_switch(keys) for keys, _, _ in uses],
            "guards": [*self.guards()],
            "steps": self.trees.steps,
        }

    def check(self, entry: Mapping[str, Any], wire: Wire) -> None:
        size = int(np.size(wire.value))
        if size > MOST_ENTRIES:
            raise NotCoveredError(f"{entry['name']} has {size} entries, a page computes with up to {MOST_ENTRIES}")
        if entry["dtype"] not in DTYPES:
            raise NotCoveredError(f"{entry['name']} is {entry['dtype']}, a page computes in float64")

    def forward(self, wire: Wire) -> Any:
        """The tree of a wire of the circuit; what cannot be told is told with the gate."""
        holder = step_wire(wire)
        if holder is None or holder.step is None:
            return constant(wire.value)
        try:
            return self.trees.gate(wire, holder.step)
        except NotCoveredError as reason:
            made = f"{self.circuit.names[wire]} = {self.texts[holder].expression}"
            what = f"the gate {holder.step.gate.name} ({made}) is not recomputed, as {reason}"
            raise NotCoveredError(what) from None

    # --------------------------------------------------------------------------------------------------------- backward

    def sent(self, sent: Sequence[tuple[Wire, int, Wire, Any]]) -> tuple[list[Any], dict[tuple[Wire, int], int]]:
        """What goes back between wires of the circuit, and where each use stands in it."""
        told: list[Any] = []
        places = {}
        for wire, position, parent, part in sent:
            places[wire, position] = len(told)
            told.append([self.ids[wire], self.ids[transparent(parent)], self.cotangent(part), self.mask(parent, part)])
        return told, places

    def cotangent(self, g: Any) -> Any:
        return None if g is None else self.trees.of(without_mask(g))

    def mask(self, parent: Wire, part: Any) -> Any:
        """Whether anything goes to a number; None for an array, which gets zeros where it is dead."""
        is_masked = isinstance(part, Live) and isinstance(parent.value, float) and part.mask is not None
        return self.trees.of(part.mask) if is_masked else None

    # ------------------------------------------------------------------------------------------------------------- uses

    def uses(self) -> Iterator[tuple[list[tuple[Wire, int]], Any, Any]]:
        """For each use of the record: the uses of the circuit it stands for, its local gradient, and its texts."""
        uses = iter(self.record["uses"])
        shown = set(self.shown)
        for wire, entry in zip(self.shown, self.record["wires"], strict=True):
            holder = step_wire(wire)
            if wire in self.inputs or holder is None or holder.step is None:
                continue
            paths = [*self.paths(wire, shown)]
            if entry["gate"] != holder.step.gate.name:  # a block in the place of its gates
                yield from self.uses_by_rule(wire, paths)
            else:
                for path in paths:
                    yield [path[-1]], self.local_along(path), self.texts_along(path, wire, next(uses))
                continue
            for _ in {self.source(path[-1]) for path in paths}:
                next(uses)

    def paths(self, wire: Wire, shown: set[Wire]) -> Iterator[list[tuple[Wire, int]]]:
        """The ways from a wire of the record back to the wires of the record it is made of, over those folded away."""
        waiting: list[list[tuple[Wire, int]]] = [[(wire, k)] for k in reversed(self.ports(wire))]
        while waiting:
            path = waiting.pop()
            source = self.source(path[-1])
            if source in shown:
                yield path
            else:
                waiting += [[*path, (source, k)] for k in reversed(self.ports(source))]

    def operands(self, wire: Wire) -> list[Wire | None]:
        """The wires that a wire is made of, by position, those inside parameters last."""
        holder = step_wire(wire)
        assert holder is not None
        assert holder.step is not None
        found = [*sources(holder), *holder.step.parameter_wires.values()]
        return [None if each is None else transparent(each) for each in found]

    def ports(self, wire: Wire) -> list[int]:
        return [k for k, each in enumerate(self.operands(wire)) if each in self.ids]

    def source(self, use: tuple[Wire, int]) -> Wire:
        found = self.operands(use[0])[use[1]]
        assert found is not None
        return found

    def local_along(self, path: Sequence[tuple[Wire, int]]) -> Any:
        """The local gradient from the end of a way to its beginning: of a folded chain the product."""
        trees = [self.locals[wire].get(position) for wire, position in path]
        if any(tree is None for tree in trees):
            return None
        first, *others = trees
        for each in others:
            first = ["multiply", first, each]
        return first

    def locals_of(self, wire: Wire) -> dict[int, Any]:
        """The trees of a gate's local gradients, by position: what it sends back for an upstream gradient of ones."""
        holder = step_wire(wire)
        if holder is None or holder.step is None or isinstance(holder.value, (tuple, list)):
            return {}
        _, parents, pullback = holder.written or (holder.values, holder.parents, holder.pullback)
        if pullback is None or holder.step.gate.family.name != "elementwise":
            return {}
        operands = tuple(lifted(x, self.circuit.recording) for x in operands_of(holder))
        return self.slopes(holder, pullback, parents if type(parents) is tuple else (parents,), operands)

    def slopes(
        self, holder: SourcedWire, pullback: Any, parents: Sequence[Wire], operands: tuple[Any, ...]
    ) -> dict[int, Any]:
        ones: Any = 1.0 if isinstance(holder.value, float) else np.ones_like(holder.value)
        out, found = lifted(holder, self.circuit.recording), {}
        with showing("on", "exact"), np.errstate(all="ignore"):
            for k, part in parts_of(with_masks(pullback), ones, out, operands, parents):
                if parents[k].bits & self.circuit.bit and np.shape(parents[k].value) == np.shape(holder.value):
                    found[pullback.positions[k]] = 0 if part is None else self.trees.of(part)
        return found

    def texts_along(self, path: Sequence[tuple[Wire, int]], wire: Wire, use: Mapping[str, Any]) -> Any:
        """A use's local gradient in symbols and its line of code, where it is alive; None where it has no line."""
        made, position = path[-1]
        if len(path) == 1:
            holder = step_wire(made)
            assert holder is not None
            text = self.texts[holder]
            line = None if isinstance(holder.value, (tuple, list)) else text.code.get(position)
            return None if line is None else [text.locals.get(position), line]
        if use["local_text"] is None:
            return None
        factors = [] if use["local_text"] == "1" else [use["local_text"]]
        name, out = self.circuit.names[self.source(path[-1])], self.circuit.names[wire]
        return [use["local_text"], f"d{name} = {' * '.join([*factors, 'd' + out])}"]

    def uses_by_rule(
        self, wire: Wire, paths: Sequence[Sequence[tuple[Wire, int]]]
    ) -> Iterator[tuple[list[tuple[Wire, int]], Any, Any]]:
        """The uses by a block that is shown as one gate: one an operand, with the block's own local gradient."""
        holder = step_wire(wire)
        assert holder is not None
        rule, slopes = self.rules[self.circuit.names[wire]], self.block_slopes(holder)
        lines = {line.split(" = ", 1)[0]: line for line in rule["code"]}
        for source in dict.fromkeys(self.source(path[-1]) for path in paths):
            name = self.circuit.names[source]
            line = lines.get(f"d{name}")
            text = None if line is None else [rule["local_texts"].get(name), line]
            yield [path[-1] for path in paths if self.source(path[-1]) is source], slopes.get(name), text

    def block_slopes(self, holder: SourcedWire) -> dict[str, Any]:
        """The local gradients of a block's rule, by the names of its operands."""
        if holder.pullback.gate.family.name != "elementwise":
            return {}
        values = holder.values[: len(holder.sources)]
        wires = [None if s is None else transparent(s) for s in holder.sources]
        bit = self.circuit.recording
        operands = tuple(v if w is None else lifted(w, bit) for w, v in zip(wires, values, strict=True))
        found = self.slopes(holder, holder.pullback, parents_of(holder), operands)
        return {self.circuit.names[w]: found[k] for k, w in enumerate(wires) if w is not None and k in found}

    def is_switch(self, keys: Sequence[tuple[Wire, int]]) -> bool:
        """Whether what a use by a switch sends is a number, which is not sent at all where it is dead."""
        holder = step_wire(keys[0][0])
        assert holder is not None
        assert holder.step is not None
        gate, is_number = holder.step.gate, isinstance(self.source(keys[0]).value, float)
        return gate.pattern == "routes" and gate.family.name == "elementwise" and is_number

    # ----------------------------------------------------------------------------------------------------------- guards

    def guards(self) -> Iterator[list[Any]]:
        """What an edit must leave as it was recorded."""
        read = read_by_python(self.circuit.reads)
        for entry, wire in zip(self.record["wires"], self.shown, strict=True):
            name, tree = entry["name"], ["wire", self.ids[wire]]
            finite = ["all", ["isfinite", tree], None, False]
            if entry["kind"] == "input" and (wire in read or entry["dtype"] != "float64"):
                why = "was read by Python" if wire in read else f"holds {entry['dtype']}"
                yield [tree, plain(np.asarray(wire.value).tolist()), f"{name} {why}: with another value, record again."]
            if entry["gate"] == "logsumexp":
                is_finite = bool(np.all(np.isfinite(wire.value)))
                yield [finite, is_finite, f"{name} stops being finite, or starts to be: record again."]
            if self.closing.get(wire) is wire:
                why = f"the rule of {wire.pullback.gate.name} is for finite numbers"
                yield [finite, True, f"{name} is not finite, and {why}: record again."]
        reads = [read for read in self.circuit.reads if read.how != "shape"]
        for read_, guard in zip(reads, self.record["guards"], strict=True):
            yield self.branch(transparent(read_.wire), guard)

    def branch(self, wire: Wire, guard: Mapping[str, Any]) -> list[Any]:
        """What Python read, to choose what to run next. Raises `NotCoveredError` where it cannot be computed again."""
        try:
            tree = self.trees.of(wire)
        except NotCoveredError as reason:
            raise NotCoveredError("Python chose by a value that a page cannot compute again") from reason
        text = guard["expression"] or "a number"
        value = plain(np.asarray(guard["value"]).tolist())
        sentence = f"Python read {text} as {value}: with another value, record again."
        return [["not_equal", tree, 0] if guard["how"] == "bool" else tree, value, sentence]


class Trees:
    """Makes trees of wires and Tensors. `steps` are those that are no wires of the circuit, each told once."""

    def __init__(self, circuit: Circuit) -> None:
        self.ids = {wire: k for k, wire in enumerate(circuit.wires)}
        self.bit = circuit.recording
        self.made: dict[Wire, Any] = {}
        self.steps: list[Any] = []
        self.places: dict[str, int] = {}  # of each step, by its text: two sweeps and all locals share most of them

    def of(self, x: Any) -> Any:
        """The tree of a value: what was recorded, or a plain number or array."""
        if isinstance(x, Tensor):
            x = x.value if x.wire is None else x.wire
        if not isinstance(x, Wire):
            return constant(x)
        wire = transparent(x)
        for each in self.unmade_behind(wire):
            self.made[each] = self.step(each)
        return self.known(wire)

    def known(self, wire: Wire) -> Any:
        return ["wire", self.ids[wire]] if wire in self.ids else self.made[wire]

    def unmade_behind(self, wire: Wire) -> list[Wire]:
        """A wire without a place and those behind it that have no tree yet, oldest first: nothing recurses."""
        found, waiting = set[Wire](), [wire]
        while waiting:
            each = waiting.pop()
            if each in found or each in self.made or each in self.ids:
                continue
            found.add(each)
            if (holder := step_wire(each)) is not None:
                assert holder.step is not None
                behind = [*operands_of(holder), *holder.step.parameter_wires.values()]
                waiting += [transparent(x) for x in behind if isinstance(x, Wire)]
        return sorted(found, key=lambda each: each.order)

    def step(self, wire: Wire) -> Any:
        """The tree of one step that has no place in the circuit, which others refer to by its number."""
        holder = step_wire(wire)
        tree = constant(wire.value) if holder is None or holder.step is None else self.gate(wire, holder.step)
        if not isinstance(tree, list) or tree[0] in ("wire", "step"):
            return tree
        place = self.places.setdefault(json.dumps(tree), len(self.steps))
        if place == len(self.steps):
            self.steps.append(tree)
        return ["step", place]

    def gate(self, wire: Wire, step: Step) -> Any:
        """`[gate, *operands, *parameters]` of a step. Raises `NotCoveredError`."""
        gate, holder = step.gate, step_wire(wire)
        assert holder is not None
        if wire.pullback is port or isinstance(holder.value, (tuple, list)):
            raise NotCoveredError("it has several outputs")
        operands = operands_of(holder)
        parameters = {**gate.defaults, **step.parameters}
        if not gate.in_page:
            return self.unfolded(gate, operands, parameters)
        if gate.name in BITWISE and any(np.asarray(value_of(x)).dtype != bool for x in operands):
            raise NotCoveredError("bitwise operations on whole numbers are not computed in a page")
        if gate.name == "dot" and any(np.ndim(value_of(x)) > 2 for x in operands):
            raise NotCoveredError("a page computes np.dot of at most two axes")
        told: list[Any] = []
        for name in gate.parameters:
            if name == "index":
                told.append(self.index(parameters[name], step.parameter_wires))
            elif name == "subscripts":
                told.append(letters(parameters[name], operands))
            else:
                told.append(parameter(parameters[name]))
        trees = [None if x is None else self.of(x) for x in operands]
        if gate.name == "multiply" and 1.0 in trees:
            return trees[1] if trees[0] == 1.0 else trees[0]
        return [gate.name, *([["parts", *trees]] if gate.many and gate.name != "einsum" else trees), *told]

    def unfolded(self, gate: Gate, operands: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        """The tree of a gate of our own by what it is made of. Raises `NotCoveredError`."""
        if not gate.own:
            raise NotCoveredError(f"a page does not compute {gate.name}")
        try:
            made = gate.function(*(lifted(x, self.bit) for x in operands), **parameters)
        except (GatewiseError, ArithmeticError, TypeError, ValueError, IndexError) as error:
            raise NotCoveredError(f"a page does not compute {gate.name}") from error
        return self.of(made)

    def index(self, index: Any, wires: Mapping[int, Wire]) -> list[Any]:
        """The parts of an index: a slice, `newaxis`, `rest` for the dots, or the tree of whole numbers."""
        parts = index if isinstance(index, tuple) else (index,)
        return ["index", *(told for part in parts for told in self.part(part, wires))]

    def part(self, part: Any, wires: Mapping[int, Wire]) -> Iterator[list[Any]]:
        if part is None or part is Ellipsis:
            yield ["newaxis"] if part is None else ["rest"]
        elif isinstance(part, slice):
            yield ["slice", *(None if b is None else int(b) for b in (part.start, part.stop, part.step))]
        elif (wire := wires.get(id(part))) is not None:
            if np.asarray(wire.value).dtype.kind not in "iu":
                raise NotCoveredError("which entries it takes depends on values")
            yield ["at", self.of(wire)]
        elif np.asarray(part).dtype == bool:
            yield from (["at", constant(places)] for places in np.nonzero(np.asarray(part)))
        else:
            yield ["at", constant(part if np.ndim(part) else int(part))]


def operands_of(holder: SourcedWire) -> list[Any]:
    """The operands of a step; constants that have a wire are told by it."""
    assert holder.step is not None
    given = holder.step.operands
    behind = holder.sources if holder.written is None else [None] * len(given)
    return [
        transparent(x) if isinstance(x, Wire) else x if source is None else source
        for x, source in zip(given, behind, strict=True)
    ]


def value_of(x: Any) -> Any:
    return x.value if isinstance(x, (Wire, Tensor)) else x


def constant(x: Any) -> Any:
    """A plain number or array as a tree."""
    if isinstance(x, (bool, np.bool_)):
        return int(x)
    if np.asarray(x).dtype.kind not in "fiub":
        raise NotCoveredError("it is made of something that is no number")
    told = plain(np.asarray(x).tolist())
    return ["array", told] if np.ndim(x) else told


def parameter(x: Any) -> Any:
    """An axis, a shape, a dtype as JSON."""
    if isinstance(x, (tuple, list)):
        return [parameter(part) for part in x]
    if isinstance(x, (np.dtype, type)):
        return dtype_named(np.dtype(x))
    if x is None or isinstance(x, (bool, float, str)):
        return x
    return int(x)


def dtype_named(dtype: np.dtype[Any]) -> str:
    if dtype.name not in DTYPES:
        raise NotCoveredError(f"it casts to {dtype.name}")
    return dtype.name


def letters(subscripts: str, operands: Sequence[Any]) -> str:
    """The letters of an einsum, with its output, and letters in the place of dots. Raises `NotCoveredError`."""
    left, arrow, out = subscripts.replace(" ", "").partition("->")
    if not arrow:
        every = sorted({c for c in left if c.isalpha()})
        out = ("..." if "..." in left else "") + "".join(c for c in every if left.count(c) == 1)
    parts = left.split(",")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in left]
    ranks = [np.ndim(value_of(x)) - len(part.replace("...", "")) for part, x in zip(parts, operands, strict=True)]
    most = max((rank for part, rank in zip(parts, ranks, strict=True) if "..." in part), default=0)
    dots = "".join(spare[:most])
    told = [part.replace("...", dots[most - rank :]) for part, rank in zip(parts, ranks, strict=True)]
    return ",".join(told) + "->" + out.replace("...", dots)
