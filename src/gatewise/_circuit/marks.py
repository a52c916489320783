"""What stands at a wire that no gate made: one of several outputs, a derivative's own input, what was detached."""

from __future__ import annotations

from typing import Any

from gatewise._circuit.tape import Wire
from gatewise._gates import Live, Pullback
from gatewise._types import Parameters, Value


class Ports(dict[int, Any]):
    """The cotangent of a step with several outputs: only the used ones are in it. Adding two merges them."""

    def __add__(self, other: dict[int, Any]) -> Ports:
        return Ports(self | other)


def to_step(g: Value, out: object, operands: tuple[int], parameters: Parameters, live: Any = None) -> tuple[Ports]:
    """What goes back from one output of a step with several; its only value is which one."""
    return (Ports({operands[0]: g if live is None else Live(g, live)}),)


port = Pullback(to_step, positions=(0,))


def to_original(g: Value, out: object, operands: object, parameters: Parameters, live: Any = None) -> tuple[object]:
    """What goes back from the wire that a derivative, its value the bit, gives to an input which already had one."""
    return (g if live is None else Live(g, live),)


identity = Pullback(to_original, positions=(0,))


@Pullback
def detached(*_: object) -> None:
    """Marks the wire of a value that was detached while it was recorded: it has no bit that a sweep goes by."""


def seen(wire: Wire) -> Wire:
    """The wire behind those that inner derivatives, or `detach`, gave to it."""
    while wire.pullback is identity or wire.pullback is detached:
        wire = wire.parents[0]
    return wire


def part_of(wire: Wire) -> int | None:
    """Which of the outputs of its step a wire is; None where that has only one."""
    return wire.operands[0] if wire.pullback is port else None
