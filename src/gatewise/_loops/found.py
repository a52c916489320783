"""The repeats of a circuit, looked for once: the text, the picture and the page all ask."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from gatewise._circuit import FrozenCircuit, Repeat, Unrolled
from gatewise._loops import finding

known: WeakKeyDictionary[FrozenCircuit, tuple[list[Repeat], list[Unrolled]]] = WeakKeyDictionary()


def repeats(circuit: FrozenCircuit) -> tuple[list[Repeat], list[Unrolled]]:
    """The loops of a circuit whose rounds are the same, outer ones where they hold others; and those left, with why."""
    if circuit not in known:
        known[circuit] = finding.repeats(circuit)
    found, left = known[circuit]
    return list(found), list(left)
