"""Letters for sizes, and the ledger of dimensions: which product of two arrays has the shape that is needed."""

from __future__ import annotations

from collections.abc import Mapping

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.symbols import symbol
from gatewise._views.sheet import Wire

PRODUCTS = {"matmul", "dot"}
_OTHERS = ("K", "M", "P", "Q", "R", "S", "U", "V")


class Dimensions:
    """The names of the sizes of the arrays in a chain, as the record has them and printed code does."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.arrays = [wire for wire in chain.sheet.wires if wire.shape and self._belongs(wire)]
        self.sizes = [size for wire in self.arrays for size in wire.shape if size > 1]
        self.names: dict[int, str] = {}  # as they stand in a sentence
        self.letters: dict[int, str] = {}  # as they stand in a formula
        named = {size: name for name, size in chain.sheet.sizes.items()}
        wires = {wire.name: wire for wire in chain.sheet.wires}
        for size in sorted(set(self.sizes), key=[*named, *self.sizes].index):
            self._give(size, named.get(size, _OTHERS[0]), wires)

    def _give(self, size: int, name: str, wires: Mapping[str, Wire]) -> None:
        if name in wires:
            self.names[size], self.letters[size] = name, self.chain.symbol(wires[name])
        else:
            found = self.chain.symbols.free(symbol(name), *_OTHERS)
            self.names[size], self.letters[size] = name if found == symbol(name) else found, found

    def _belongs(self, wire: Wire) -> bool:
        used = any(use.target in self.chain.kept for use in self.chain.sheet.uses_of[wire.id])
        return wire.id in self.chain.kept or used

    def letter(self, size: int) -> str:
        """The letter of a size; 1 and what has none as a number."""
        return self.letters.get(size, str(size))

    def name(self, size: int) -> str:
        """The same in a sentence."""
        return self.names.get(size, str(size))

    def shape(self, shape: tuple[int, ...]) -> str:
        """A shape in letters: `(N, D)`, `(C,)`."""
        parts = [self.name(size) for size in shape]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def fitting(first: tuple[int, ...], second: tuple[int, ...], wanted: tuple[int, ...]) -> list[tuple[bool, bool, bool]]:
    """Which products of two matrices have the wanted shape: (second one first, first turned, second turned).

    >>> fitting((5, 4), (5, 3), (4, 3))
    [(False, True, False)]
    """
    found = []
    for is_swapped in (False, True):
        for turns_first in (False, True):
            for turns_second in (False, True):
                a = first[::-1] if turns_first else first
                b = second[::-1] if turns_second else second
                left, right = (b, a) if is_swapped else (a, b)
                if left[1] == right[0] and (left[0], right[1]) == wanted:
                    found.append((is_swapped, turns_first, turns_second))
    return found
