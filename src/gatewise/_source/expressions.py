"""The values of one circuit written as expressions of names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit, Said, Wire, part_of, step_of
from gatewise._source.looking import dtype_of, is_gate, is_spread, value_of
from gatewise._source.moves import without_spreads
from gatewise._source.names import Names
from gatewise._source.nodes import Nodes
from gatewise._source.spelling import ATOM, Speller, Text, as_text, say
from gatewise._tensor import Tensor

Exact = tuple[np.dtype[Any], tuple[int, ...], bytes]  # what tells a number or an array from every other


def exact(value: object) -> Exact:
    """What two values share only if they are the same to the bit."""
    array = np.asarray(value)
    return array.dtype, array.shape, array.tobytes()


class Expressions:
    """Spells the values of one circuit: forward wires, gradients, and what is made of them.

    A value that needs a line of its own before is handed to `assign`.
    """

    def __init__(self, circuit: FrozenCircuit, names: Names, assign: Callable[[str, Expr], None]) -> None:
        self.circuit, self.names, self.assign = circuit, names, assign
        self.nodes = Nodes(circuit)
        self.speller = Speller(circuit.texts, self.part_text, names.free_function, names.is_bound)
        self.forward_wires = set(circuit.wires)
        self.d_texts: dict[Any, Text] = {}  # gradients, by the wire that stands for them, and temporaries, by node
        self.d_roots: dict[Wire, Any] = {}  # gradients that are written where they are used
        self.counts: Counter[Any] = Counter()
        self.current = "d"
        self.backward = False
        self.logarithms = dict(self.logarithms_of_bases())

    def logarithms_of_bases(self) -> Iterator[tuple[Exact, Expr]]:
        """The logarithms that stand in gradients of `2**x`: computed from a constant alone, they are no step."""
        for node in self.circuit.steps.values():
            if not is_gate(node, np.power):
                continue
            base = value_of(node.operands[0])
            if isinstance(base, (int, float, np.ndarray, np.generic)) and np.all(np.asarray(base) > 0):
                yield exact(np.log(base)), node

    def plain(self, x: object) -> Text:
        """A plain value of the backward pass or the forward pass."""
        if isinstance(x, (np.ndarray, np.generic)) and (node := self.logarithms.get(exact(x))) is not None:
            return say("np.log({})", self.typed(node, 0))
        return self.speller.plain(x)

    def part_text(self, wire: Wire) -> str | None:
        """How a wire in an index is written: by its name, or in the backward pass as what it is."""
        name = self.names.part_name(wire)
        if name is not None or not self.backward or step_of(wire) is None:
            return name
        text = self.spell(wire)
        return Said(text.text, text.names)

    def spell(self, x: object) -> Text:
        """A value of the backward pass, or of the forward pass, as an expression."""
        if isinstance(x, (Tensor, Wire)):
            x = x if isinstance(x, Wire) and self.is_only_read(x) else self.nodes.of(x)
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
        if self.backward or x in self.names.named or x in self.names.needed:
            return as_text(self.names.forward_name(x))
        if (made := step_of(x)) is None:
            return self.speller.plain(x.value)
        text, place = self.step(made), part_of(x)
        return text if place is None else Text(f"{text.at(ATOM)}[{place}]", ATOM, text.names)

    def is_only_read(self, x: Wire) -> bool:
        """Whether only a guard speaks of a wire: it is written out as it was recorded."""
        return not self.backward and x not in self.forward_wires and step_of(x) is not None

    def step(self, node: Expr) -> Text:
        """One step spelled out."""
        if node.gate.function is np.not_equal and node.operands[1] is False and dtype_of(node.operands[0]) == bool:
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
        resolved = [self.resolved(x) if isinstance(x, Wire) else None for x in node.operands]
        if not any(map(is_spread, resolved)):
            return node
        operands = tuple(y if is_spread(y) else x for x, y in zip(node.operands, resolved, strict=True))
        return without_spreads(replace(node, operands=operands))

    def typed(self, node: Expr, i: int) -> Text:
        """A forward operand, with literals as the user typed them."""
        x = node.operands[i]
        given = self.names.inputs.get(x) if isinstance(x, Wire) else None
        text = given.text if given is not None and given.kind == "constant" else node.typed.get(i)
        return self.spell(x) if text is None else as_text(text)

    def needs_a_line(self, node: Expr) -> bool:
        """Whether an inner value is written on a line of its own before: it takes statements, or is used again."""
        copies = is_spread(node) and not isinstance(node.operands[0], Expr)
        return self.is_statement(node) or (self.counts[node] > 1 and not copies)

    def hoisted(self, node: Expr) -> Text:
        """A value that is used several times, or takes several statements: a line of its own before."""
        kind = "live" if dtype_of(node) == bool else "part" if self.is_statement(node) else "local"
        name = self.names.free(f"{self.current}_{kind}")
        self.counts[node] = 0
        self.assign(name, node)
        self.d_texts[node] = as_text(name)
        return self.d_texts[node]

    def resolved(self, x: object) -> Any:
        """What a value is, past gradients that are written where they are used."""
        x = self.nodes.of(x) if isinstance(x, (Tensor, Wire)) else x
        while isinstance(x, Wire) and x not in self.d_texts and x in self.d_roots:
            x = self.d_roots[x]
        if isinstance(x, Wire) and not self.backward and x not in self.names.named and x not in self.names.needed:
            return step_of(x) or x
        return x

    def is_statement(self, x: object) -> bool:
        """Whether a value is made by writing into an array."""
        return isinstance(x, Expr) and x not in self.d_texts and x.gate.text == "statement"
