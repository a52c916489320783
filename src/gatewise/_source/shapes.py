"""Shapes as comments where a gate changes them: the user's names for sizes, one made-up letter for each other size."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit
from gatewise._source.looking import value_of

LETTERS = "DHCMKPQRSTUVWABEFGIJL"
TOLD = (np.matmul, np.dot, np.sum)  #: by these shapes change as a comment tells


class Shapes:
    """Names for the sizes of one circuit."""

    def __init__(self, circuit: FrozenCircuit) -> None:
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

    def said(self, x: object) -> str:
        """What there is to say of a value that comes of a matrix product, or of a sum over an axis."""
        if not isinstance(x, Expr) or not np.shape(x.value) or x.gate.function not in TOLD:
            return ""
        values = [value_of(y) for y in x.operands]
        if x.gate.function is not np.sum:
            return f"{self.of(x.value)} = {self.of(values[0])} @ {self.of(values[1])}"
        return f"{self.of(x.value)} = sum of {self.of(values[0])}"
