"""The wires of a recorded forward pass, and the gradients that a sweep brings to each of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gatewise._check.comparing import Value
from gatewise._circuit import Ports, Wire, parents_as_written
from gatewise._gates import Live
from gatewise._sweep import reached, sweep


class Mark(NamedTuple):
    """What a sweep brings: the gradient that arrives at each wire, and its parts, each with the wire it comes from."""

    gradients: dict[int, Value]
    parts: dict[int, list[tuple[int, Value]]]


class Wires:
    """The wires behind an output, by number: each after those that it is made of."""

    def __init__(self, output: Wire, bit: int) -> None:
        self.output, self.bit = output, bit
        self.wires = reached([output], bit, as_written=True)
        self.index = {wire: k for k, wire in enumerate(self.wires)}

    def value(self, k: int) -> Value:
        """The value on a wire."""
        value: Value = self.wires[k].value
        return value

    @cached_property
    def behind(self) -> list[set[int]]:
        """For each wire, those it was made of."""
        found: list[set[int]] = []
        for wire in self.wires:
            mine = {self.index[p] for p in parents_as_written(wire) if p in self.index}
            found.append(mine.union(*(found[k] for k in mine)))
        return found

    def swept(self, start: Mapping[int, Value], given: Mapping[int, Value], dead: Collection[int] = ()) -> Mark:
        """What becomes of gradients at some wires; those in `given` send on these, the `dead` ones nothing."""
        mark = Mark({}, {})

        def arrive(wire: Wire, g: object) -> object:
            if isinstance(g, Ports):
                return g
            k = self.index[wire]
            mark.gradients[k] = plain_of(g)
            if k in given:
                return shaped(given[k], wire.value)
            return plain_of(g) * 0.0 if k in dead else g

        def observe(wire: Wire, _: int, parent: Wire, part: object) -> None:
            if not isinstance(part, Ports) and parent in self.index:
                mark.parts.setdefault(self.index[parent], []).append((self.index[wire], plain_of(part)))

        upstream = {self.wires[k]: shaped(g, self.wires[k].value) for k, g in start.items()}
        with np.errstate(all="ignore"):
            sweep(upstream, self.bit, arrive=arrive, observer=observe, as_written=True)
        return mark


def plain_of(g: object) -> Any:
    """A gradient without the mask of its live entries."""
    return g.g if isinstance(g, Live) else g


def shaped(g: Value, value: Value) -> Value:
    """A gradient with the shape and type that its wire has."""
    if isinstance(value, float):
        return float(np.asarray(g, float).reshape(()))
    return np.array(g, dtype=np.asarray(value).dtype).reshape(np.shape(value))
