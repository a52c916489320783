"""Names for the values of one circuit, and values written as expressions of those names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Input, Wire, part_of, seen, step_of
from gatewise._recording.structures import key_text
from gatewise._source.nodes import Nodes, dtype_of, is_gate, value_of, without_spreads
from gatewise._source.shapes import Shapes
from gatewise._source.spelling import Speller, Text, as_text
from gatewise._tensor import Tensor

MODULES = {"np": "ꙮnp", "math": "ꙮmath"}  # stand for arguments of these names until the text is whole


def hidden(text: str) -> str:
    """The text of an input, told apart from a module that printed code calls by the same name."""
    root = re.match(r"\w+", text)
    return MODULES[root[0]] + text[root.end() :] if root and root[0] in MODULES else text


Exact = tuple[np.dtype[Any], tuple[int, ...], bytes]  # what tells a number or an array from every other


def exact(value: Any) -> Exact:
    """What two values share only if they are the same to the bit."""
    array = np.asarray(value)
    return array.dtype, array.shape, array.tobytes()


class Expressions:
    """Spells the values of one circuit: forward wires, gradients, and what is made of them."""

    def __init__(self, circuit: FrozenCircuit) -> None:
        self.circuit = circuit
        self.nodes = Nodes(circuit)
        self.speller = Speller(circuit.texts, self.part_name, self.free_function, self.is_bound)
        self.shapes = Shapes(circuit)
        self.bound = {*circuit.names.values(), *(name for name, _, _ in circuit.signature)}
        self.taken = set(circuit.taken) | self.bound
        self.made: set[str] = set()  # of these the names that are ours
        self.inputs: Mapping[Wire, Input] = circuit.edges
        self.forward_wires = set(circuit.wires)
        self.named = self.stage_roots()
        self.needed: set[Wire] = set()  # inner forward wires that need a line of their own
        self.d_names: dict[Wire, str] = {}
        self.dict_names: dict[str, str] = {}
        self.d_texts: dict[Any, Text] = {}  # gradients, by the wire that stands for them, and temporaries, by node
        self.d_roots: dict[Wire, Any] = {}  # gradients that are written where they are used
        self.counts: Counter[Any] = Counter()
        self.current = "d"
        self.backward = False
        self.logarithms = dict(self.logarithms_of_bases())

    # -------------------------------------------------------------------------------------------------------- names

    def stage_roots(self) -> dict[Wire, str]:
        """The forward wires that always have a name in the text: inputs, and what stages are bound to."""
        found = {i.wire: i.text if i.kind == "constant" else hidden(i.text) for i in self.circuit.inputs}
        for stage in self.circuit.stages:
            for wire in stage.wires:
                if part_of(wire) is not None or self.circuit.names[wire] == stage.name or wire in self.circuit.named:
                    found[wire] = self.circuit.names[wire]
        return found

    def forward_name(self, wire: Wire) -> str:
        """The name of a forward wire; an inner one is thereby given a line of its own."""
        wire = seen(wire)
        if wire not in self.named:
            self.needed.add(wire)
        return self.named.get(wire, self.circuit.names[wire])

    def part_name(self, wire: Wire) -> str | None:
        """What a wire inside an index is called; None for one that is told by its value."""
        if wire in self.circuit.spelled:
            return self.circuit.spelled[wire]
        return self.forward_name(wire) if wire in self.circuit.names and not isinstance(wire.value, int) else None

    def free(self, base: str) -> str:
        """A name nobody has."""
        name, number = base, 1
        while name in self.taken:
            number += 1
            name = f"{base}_" if number == 2 else f"{base}_{number}"
        self.taken.add(name)
        self.made.add(name)
        return name

    def free_function(self, base: str) -> str:
        """A name for a function beside the printed one: no name inside that one may hide it.

        Names that the user's code only looks up (`gw.relu`) are none of the text's.
        """
        if not self.is_bound(base):
            self.taken.discard(base)
        return self.free(base)

    def is_bound(self, name: str) -> bool:
        """Whether a name stands for something in the text."""
        return name in self.made or name in self.bound

    def d_name(self, wire: Wire) -> str:
        """The name of a wire's gradient: d and its name, `grads["W2"]` for an entry of a dict."""
        wire = seen(wire)
        if wire not in self.d_names:
            source = self.inputs.get(wire)
            if source is not None and source.path:
                self.d_names[wire] = self.dict_name(source.parameter) + "".join(
                    f"[{key_text(key)}]" for key in source.path
                )
            else:
                self.d_names[wire] = self.free("d" + self.circuit.names[wire])
        return self.d_names[wire]

    def dict_name(self, parameter: str) -> str:
        """The name of the structure that takes the gradients of an argument that is one."""
        if parameter not in self.dict_names:
            structured = {i.parameter for i in self.circuit.wanted if i.path}
            self.dict_names[parameter] = self.free("grads" if len(structured) == 1 else f"d{parameter}")
        return self.dict_names[parameter]

    # ---------------------------------------------------------------------------------------------------- expressions

    def logarithms_of_bases(self) -> Iterator[tuple[Exact, Expr]]:
        """The logarithms that stand in gradients of `2**x`: computed from a constant alone, they are no step."""
        for node in self.circuit.steps.values():
            if node.gate.name != "power":
                continue
            base = value_of(node.operands[0])
            if isinstance(base, (int, float, np.ndarray, np.generic)) and np.all(np.asarray(base) > 0):
                yield exact(np.log(base)), node

    def plain(self, x: Any) -> Text:
        """A plain value of the backward pass or the forward pass."""
        if isinstance(x, (np.ndarray, np.generic)) and (node := self.logarithms.get(exact(x))) is not None:
            return Text(f"np.log({self.typed(node, 0).text})")
        return self.speller.plain(x)

    def spell(self, x: Any) -> Text:
        """A value of the backward pass, or of the forward pass, as an expression."""
        x = self.nodes.of(x) if isinstance(x, (Tensor, Wire)) else x
        if not isinstance(x, (Expr, Wire)):
            return self.plain(x)
        if x in self.d_texts:
            return self.d_texts[x]
        if x in self.nodes.ones:
            return Text("1")
        if isinstance(x, Expr):
            return self.hoisted(x) if self.backward and self.needs_a_line(x) else self.step(x)
        if x in self.d_roots:
            return self.spell(self.d_roots[x])
        if self.backward or x in self.named or x in self.needed:
            return as_text(self.forward_name(x))
        made = step_of(x)
        return self.speller.plain(x.value) if made is None else self.step(made)

    def step(self, node: Expr) -> Text:
        """One step spelled out."""
        if is_gate(node, "not_equal") and node.operands[1] is False and dtype_of(node.operands[0]) == bool:
            return self.spell(node.operands[0])
        node = self.opened(node) if self.backward else node
        texts = [
            self.spell(x) if self.backward else self.typed(node, i)
            for i, x in enumerate(node.operands)
            if x is not None or node.gate.arity == len(node.operands)
        ]
        return self.speller.step(node, texts, [value_of(x) for x in node.operands], grouped=self.backward)

    def opened(self, node: Expr) -> Expr:
        """A step with the spreads left out that stand in gradients which are written where they are used."""
        spread = [self.resolved(x) if isinstance(x, Wire) else x for x in node.operands]
        operands = tuple(y if is_gate(y, "broadcast_to") else x for x, y in zip(node.operands, spread, strict=True))
        changed = any(x is not y for x, y in zip(node.operands, operands, strict=True))
        return without_spreads(replace(node, operands=operands)) if changed else node

    def typed(self, node: Expr, i: int) -> Text:
        """A forward operand, with literals as the user typed them."""
        x = node.operands[i]
        given = self.inputs.get(x) if isinstance(x, Wire) else None
        text = given.text if given is not None and given.kind == "constant" else node.typed.get(i)
        return self.spell(x) if text is None else as_text(text)

    def needs_a_line(self, node: Expr) -> bool:
        """Whether an inner value is written on a line of its own before: it takes statements, or is used again."""
        copies = node.gate.name == "broadcast_to" and not isinstance(node.operands[0], Expr)
        return self.is_statement(node) or (self.counts[node] > 1 and not copies)

    def hoisted(self, node: Expr) -> Text:
        """A value that is used several times, or takes several statements: a line of its own before."""
        kind = "live" if dtype_of(node) == bool else "part" if self.is_statement(node) else "local"
        name = self.free(f"{self.current}_{kind}")
        self.counts[node] = 0
        self.assign(name, node)
        self.d_texts[node] = Text(name)
        return self.d_texts[node]

    def assign(self, name: str, root: Any, *, like: Wire | None = None, fresh: bool = False) -> None:
        """Write `name = root`; statements know how."""
        raise NotImplementedError

    def resolved(self, x: Any) -> Any:
        """What a value is, past gradients that are written where they are used."""
        x = self.nodes.of(x) if isinstance(x, (Tensor, Wire)) else x
        while isinstance(x, Wire) and x not in self.d_texts and x in self.d_roots:
            x = self.d_roots[x]
        if isinstance(x, Wire) and not self.backward and x not in self.named and (made := step_of(x)) is not None:
            return made
        return x

    def is_statement(self, x: Any) -> bool:
        """Whether a value is made by writing into an array."""
        return isinstance(x, Expr) and x not in self.d_texts and x.gate.text == "statement"
