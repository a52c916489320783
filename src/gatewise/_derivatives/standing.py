"""Objects that have `parameters()` under a derivative: its inputs stand in the parameters' places while it runs."""

from __future__ import annotations

import threading
from typing import Any

from gatewise._circuit import VariableWire, Wire, identity, tick
from gatewise._errors import ArgumentError
from gatewise._tensor import Tensor

BUSY: dict[int, int] = {}  #: by id of a parameter the thread whose derivative's input stands in its place


class Standing:
    """The parameters that were given other wires, with those that they had."""

    def __init__(self) -> None:
        self.before: list[tuple[Any, Any, int, int | None]] = []

    def take(self, held: Any) -> Any:
        """The object behind `held`, a list of inputs, with these in the places of its parameters."""
        for parameter, x in zip(held.whole.parameters(), held, strict=True):
            if not isinstance(parameter, Tensor):
                self.give_back()
                raise ArgumentError(
                    f"the parameters() of a {type(held.whole).__name__} are no Tensors.",
                    "only those can be moved where they stand.",
                    "gw.nn.Parameter or gw.tensor(..., requires_grad=True) in their places.",
                )
            mine, owner = threading.get_ident(), BUSY.get(id(parameter))
            if owner not in (None, mine) or any(parameter is each for each, *_ in self.before):
                self.give_back()
                raise ArgumentError(
                    f"a parameter of a {type(held.whole).__name__} is differentiated twice at once.",
                    "another thread is taking a derivative by it, or it was given in two places.",
                    "a copy of the object for each: copy.deepcopy(model).",
                )
            self.before.append((parameter, parameter.wire, parameter.bits, owner))
            BUSY[id(parameter)] = mine
            parameter.wire, parameter.bits = standing_for(x, parameter.wire), x.bits
        return held.whole

    def give_back(self) -> None:
        """Every parameter its own wire again."""
        for parameter, wire, bits, owner in reversed(self.before):
            parameter.wire, parameter.bits = wire, bits
            if owner is None:
                BUSY.pop(id(parameter), None)
        self.before.clear()


def standing_for(x: Tensor, own: object) -> Wire:
    """A wire behind which an input stands, and which is a parameter's: that one's name and version go on."""
    assert x.wire is not None
    name, version = (own.name, own.version) if isinstance(own, VariableWire) else (None, 0)
    wire = VariableWire(tick(), x.bits, x.value, name, version)
    wire.operands, wire.behind, wire.pullback = (0,), x.wire, identity
    return wire
