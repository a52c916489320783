"""Names for the sizes of arrays, and shapes in them as comments where a gate changes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gatewise._circuit import Expr, FrozenCircuit
from gatewise._source.looking import value_of

OTHERS = "KMPQRSTUVWABEFGIJL"  #: for sizes without a role
PRODUCTS = {"matmul", "dot", "affine"}  #: gates whose rows are examples, by their names
OF_CLASSES = {"softmax", "cross_entropy", "logsumexp"}  #: gates of scores
TOLD = (np.matmul, np.dot, np.sum)  #: by these shapes change as a comment tells


class Shapes:
    """Names for the sizes of one circuit."""

    def __init__(self, circuit: FrozenCircuit) -> None:
        self.names = sizes(circuit)

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


def sizes(circuit: FrozenCircuit) -> dict[int, str]:
    """A name for each length of an axis: the user's, else its role's letter, else any that the code leaves free."""
    names: dict[int, str] = {}
    for i in circuit.inputs:
        if i.kind == "constant" and isinstance(i.wire.value, int) and i.text.isidentifier():
            names.setdefault(i.wire.value, i.text)
    lengths = [n for w in circuit.wires if type(w.value) is not tuple for n in np.shape(w.value) if n > 1]
    shown = {*circuit.names.values(), *(i.text for i in circuit.inputs)}  # an N that is not shown is the number of rows
    for n, letter in roles(circuit):
        if n in lengths and n not in names and letter not in shown and letter not in names.values():
            names[n] = letter
    free = [c for c in OTHERS if c not in circuit.taken and c not in names.values()]
    return names | dict(zip((n for n in dict.fromkeys(lengths) if n not in names), free, strict=False))


def roles(circuit: FrozenCircuit) -> Iterator[tuple[int, str]]:
    """The first product has N rows (examples) and sums over D (features); the last has C columns (classes), others H.

    Without a product, what has two axes has N rows of D, or of C where they are scores.
    """
    products = [x for x in circuit.steps.values() if x.gate.name in PRODUCTS and np.shape(x.value)]
    first = np.shape(value_of(products[0].operands[0])) if products else ()
    tables = [first] if products else [np.shape(i.wire.value) for i in circuit.inputs]
    for shape in [shape for shape in tables if len(shape) == 2][:1]:
        scores = any(x.gate.name in OF_CLASSES for x in circuit.steps.values()) and not products
        yield from zip(shape, "NC" if scores else "ND", strict=True)
    for x in products:
        yield np.shape(x.value)[-1], "C" if x is products[-1] else "H"
