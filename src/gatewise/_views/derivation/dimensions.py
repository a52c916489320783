"""Letters for sizes, and the ledger of dimensions: which product of two arrays has the shape that is needed."""

from __future__ import annotations

from collections.abc import Iterator

from gatewise._views.derivation.chain import Chain
from gatewise._views.sheet import Wire

PRODUCTS = {"matmul", "dot"}
_OTHERS = ("K", "M", "P", "Q", "R", "S", "U", "V")


class Dimensions:
    """One letter for each distinct size of the arrays in a chain: the user's name for it, else N, D, H, C, K, ..."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.arrays = [wire for wire in chain.sheet.wires if wire.shape and self._belongs(wire)]
        self.sizes = [size for wire in self.arrays for size in wire.shape if size > 1]
        self.letters: dict[int, str] = {}
        self._take_names()
        for size, letter in self._roles():
            self._give(size, letter)
        for size in self.sizes:
            self._give(size, *_OTHERS)

    def _belongs(self, wire: Wire) -> bool:
        used = any(use.target in self.chain.kept for use in self.chain.sheet.uses_of[wire.id])
        return wire.id in self.chain.kept or used

    def _take_names(self) -> None:
        for wire in self.chain.sheet.wires:
            size, is_letter = wire.value, len(wire.name) == 1 and wire.name.isupper()
            is_named = is_letter and (wire.kind == "constant" or wire.is_read)
            if is_named and isinstance(size, int | float) and size in self.sizes:
                self.letters.setdefault(int(size), self.chain.symbol(wire))

    def _roles(self) -> Iterator[tuple[int, str]]:
        """The first product has N rows (examples) and sums over D (features); the last one has C columns (classes)."""
        sheet = self.chain.sheet
        products = [w for w in sheet.wires if w.gate in PRODUCTS and w.shape and w.id in self.chain.kept]
        for place, wire in enumerate(products):
            left = sheet.wires[sheet.operands[wire.id][0].source]
            if place == 0 and len(left.shape) == 2:
                yield left.shape[0], "N"
                yield left.shape[1], "D"
        for place, wire in enumerate(products):
            yield wire.shape[-1], "C" if place == len(products) - 1 else "H"

    def _give(self, size: int, *letters: str) -> None:
        if size > 1 and size not in self.letters:
            self.letters[size] = self.chain.symbols.free(*letters, *_OTHERS)

    def letter(self, size: int) -> str:
        """The letter of a size; 1 and what has none as a number."""
        return self.letters.get(size, str(size))

    def shape(self, shape: tuple[int, ...]) -> str:
        """A shape in letters: `(N, D)`, `(C,)`."""
        parts = [self.letter(size) for size in shape]
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
