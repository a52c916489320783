"""Shapes as comments where a gate changes them: the user's names for sizes, one made-up letter for each other size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatewise._circuit import Circuit, Wire, step_wire

if TYPE_CHECKING:
    from gatewise._source.staged import Writer

LETTERS = "DHCMKPQRSTUVWABEFGIJL"
WIDTH = 55


class Shapes:
    """Names for the sizes of one circuit."""

    def __init__(self, circuit: Circuit) -> None:
        self.names: dict[int, str] = {}
        for i in circuit.inputs:
            if i.kind == "constant" and isinstance(i.wire.value, int) and i.text.isidentifier():
                self.names.setdefault(i.wire.value, i.text)
        free = [c for c in LETTERS if c not in circuit.taken]
        for wire in circuit.wires:
            for n in np.shape(wire.value) if type(wire.value) is not tuple else ():
                if n not in self.names and n != 1 and free:
                    self.names[n] = free.pop(0)

    def of(self, value: Any) -> str:
        """`(N, D)` for the shape of a value."""
        parts = [self.names.get(n, str(n)) for n in np.shape(value)]
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"

    def comment(self, name: str, wire: Any, writer: Writer, line: str) -> str:
        """The comment for a line whose value comes of a matrix product or of a sum over an axis."""
        holder = step_wire(wire) if isinstance(wire, Wire) else None
        if holder is None or holder.step is None or not np.shape(holder.value):
            return ""
        values = [x.value if isinstance(x, Wire) else x for x in holder.step.operands]
        if holder.step.gate.name in ("matmul", "dot"):
            said = f"{self.of(holder.value)} = {self.of(values[0])} @ {self.of(values[1])}"
        elif holder.step.gate.name == "sum":
            said = f"{self.of(holder.value)} = sum of {self.of(values[0])}"
        else:
            return ""
        return f"{' ' * max(4, WIDTH - 4 - len(line))}# {said}"
