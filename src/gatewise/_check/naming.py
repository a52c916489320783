"""Whose gradient a name says that a value is: by the rule of the house, and by what others are called beside it."""

from __future__ import annotations

import re
from collections.abc import Collection

import numpy as np

from gatewise._check.moving import Inquiry, remembered
from gatewise._check.names import wire_named
from gatewise._check.recomputed import wires_valued
from gatewise._check.uses import readings_of

ENTRY = re.compile(r"return\['(\w+)'\]")  #: an entry of what is returned
HELD = re.compile(r"\w+\.(\w+)|\w+\['(\w+)'\]")  #: what an object or a dict holds under a name


@remembered
def wires_named(inquiry: Inquiry, i: int) -> set[int]:
    """The wires whose gradient the name of a value says it is."""
    return wires_called(inquiry, inquiry.events[i].place.key)


@remembered
def wires_called(inquiry: Inquiry, key: str) -> set[int]:
    """The wires whose gradient a key says it is: by the rule of the house, or by what others are called here."""
    known = values_named(inquiry)
    if (entry := ENTRY.fullmatch(key)) is not None and (own := entry_named(inquiry, entry[1])) is not None:
        return own
    base = wire_named(key, known) or adjoint_named(key, known, affixes(inquiry))
    return known[base] if base is not None else set()


def entry_named(inquiry: Inquiry, name: str) -> set[int] | None:
    """The parameter of a name that an entry of what is returned has; None of another name."""
    circuit = inquiry.trials[0].circuit
    wire = circuit.leaves.get(name)
    return {circuit.index[wire]} if wire is not None and wire in circuit.index else None


def adjoint_named(key: str, known: Collection[str], learned: Collection[tuple[str, str]] = ()) -> str | None:
    """The name whose adjoint a key is, as `x_bar` and `bar_x` are of x."""
    pairs = [("", "_bar"), ("", "_adj"), ("bar_", ""), ("adj_", ""), *learned]
    bases = {
        key.removeprefix(before).removesuffix(after) for before, after in pairs if stands_around(before, key, after)
    }
    return next((base for base in sorted(bases - {key}) if base in known), None)


def stands_around(before: str, key: str, after: str) -> bool:
    return len(key) > len(before) + len(after) and key.startswith(before) and key.endswith(after)


@remembered
def affixes(inquiry: Inquiry) -> list[tuple[str, str]]:
    """What stands before or after the names of values in those of their gradients here, as `ct_` in `ct_x`.

    Two gradients that are right must be called so.
    """
    known = values_named(inquiry)
    found: dict[tuple[str, str], set[str]] = {}
    for key, wires in wires_read(inquiry).items():
        for name in known:
            before, inside, after = key.partition(name)
            if inside and bool(before) != bool(after) and known[name] & wires and name not in (before, after):
                found.setdefault((before, after), set()).add(name)
    return [each for each, names in found.items() if len(names) > 1]


def wires_read(inquiry: Inquiry) -> dict[str, set[int]]:
    """The wires of which what has a name is the gradient, one time at least."""
    found: dict[str, set[int]] = {}
    for i in inquiry.moved:
        key = inquiry.events[i].place.key
        if key.isidentifier() and inquiry.events[i].place.statement not in inquiry.touching:
            found.setdefault(key, set()).update(
                r.wire for r in readings_of(inquiry, i) if r.whole and inquiry.is_one(r.c)
            )
    return found


@remembered
def values_named(inquiry: Inquiry) -> dict[str, set[int]]:
    """The wires that the names of the forward pass stand for; `h` for `self.h` where no other value is called so."""
    circuit = inquiry.trials[0].circuit
    found: dict[str, set[int]] = {
        name: {circuit.index[wire]} for name, wire in circuit.leaves.items() if wire in circuit.index
    }
    held: dict[str, set[int]] = {}
    for i, e in enumerate(inquiry.events):
        if i in inquiry.moved and np.asarray(e.value).dtype.kind == "f":
            points = inquiry.runs if np.size(e.value) == 1 else inquiry.runs[:1]  # one number may be one by chance
            same = {*wires_valued(inquiry, [r.events[i].value for r in points])}
            if same:
                found.setdefault(e.place.key, set()).update(same)
                if (last := HELD.fullmatch(e.place.key)) is not None:
                    held.setdefault(last[1] or last[2], set()).update(same)
    return held | found
