"""What native code says to Python: its functions, and where its objects keep what is in them."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

LONG, BYTE, INT = ir.IntType(64), ir.IntType(8), ir.IntType(32)
POINTER = BYTE.as_pointer()


class Python:
    """Python's functions in a module; `b` builds where the module's function stands. `header` begins every object."""

    def __init__(self, module: Any, header: int) -> None:
        self.module, self.header = module, header
        self.b: Any = None
        self.known: dict[str, Any] = {}

    def outside(self, name: str, result: Any, *parameters: Any, several: bool = False) -> Any:
        """A function of this name, which is Python's or C's, or is written here."""
        if name not in self.known:
            kind = ir.FunctionType(result, parameters, var_arg=several)
            self.known[name] = ir.Function(self.module, kind, name)
        return self.known[name]

    def inside(self, x: Any, kind: Any) -> Any:
        """What an object keeps after its header: a float its number, an array its address."""
        return self.b.load(self.b.bitcast(self.b.gep(x, [LONG(self.header)]), kind.as_pointer()))

    def kind_of(self, x: Any) -> Any:
        """The address of an object's type, which ends its header."""
        return self.b.load(self.b.bitcast(self.b.gep(x, [LONG(self.header - 8)]), LONG.as_pointer()))

    def part_of_tuple(self, x: Any, k: int) -> Any:
        """A part of a tuple, without a claim to it."""
        return self.b.call(self.outside("PyTuple_GetItem", POINTER, POINTER, LONG), [x, LONG(k)])
