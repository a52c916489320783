"""Names for the values of one circuit: the user's, and ours that keep out of their way."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gatewise._circuit import FrozenCircuit, Input, Said, Wire, part_of
from gatewise._recording.structures import key_text

MODULES = {"np": "ꙮnp", "math": "ꙮmath"}  # stand for arguments of these names until the text is whole


def hidden(text: str) -> str:
    """The text of an input, told apart from a module that printed code calls by the same name."""
    root = re.match(r"\w+", text)
    if root is None or isinstance(text, Said):
        return text
    name = MODULES.get(root[0], root[0])
    return name if root[0] == text else Said(name + text[root.end() :], {name})


class Names:
    """The names in the text of one circuit.

    `named` are the forward wires that have one; `needed` those that are given a line of their own, because something
    asked for their name.
    """

    def __init__(self, circuit: FrozenCircuit) -> None:
        self.circuit = circuit
        self.bound = {*circuit.names.values(), *(name for name, _, _ in circuit.signature)}
        self.taken = set(circuit.taken) | self.bound
        self.made: set[str] = set()  # of these the names that are ours
        self.inputs: Mapping[Wire, Input] = circuit.edges
        self.named = self.stage_roots()
        self.needed: set[Wire] = set()
        self.instead: dict[Wire, str] = {}  # what is said for a value of a round while the way back is written
        self.at_hand: frozenset[Wire] = frozenset()  # of these the ones that need no line of their own
        self.d_names: dict[Wire, str] = {}
        self.dict_names: dict[str, str] = {}

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
        if wire in self.at_hand:
            return self.instead[wire]
        if wire not in self.named:
            self.needed.add(wire)
        return self.instead.get(wire) or self.named.get(wire) or self.circuit.names[wire]

    def part_name(self, wire: Wire) -> str | None:
        """What a wire inside an index is called; None for one that is told by its value."""
        if wire in self.instead:
            return self.instead[wire]
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
        if wire not in self.d_names:
            source = self.inputs.get(wire)
            if source is not None and source.path:
                name = self.dict_name(source.parameter)
                self.d_names[wire] = Said(name + "".join(f"[{key_text(key)}]" for key in source.path), {name})
            else:
                self.d_names[wire] = self.free("d" + self.circuit.names[wire])
        return self.d_names[wire]

    def dict_name(self, parameter: str) -> str:
        """The name of the structure that takes the gradients of an argument that is one."""
        if parameter not in self.dict_names:
            structured = {i.parameter for i in self.circuit.wanted if i.path}
            self.dict_names[parameter] = self.free("grads" if len(structured) == 1 else f"d{parameter}")
        return self.dict_names[parameter]
