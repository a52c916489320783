"""How a matrix product sends its gradient back: the element, the general line, the ledger of dimensions."""

from __future__ import annotations

from typing import Any

from gatewise._views.derivation.chain import Chain, first_entry
from gatewise._views.derivation.dimensions import Dimensions, fitting
from gatewise._views.derivation.page import Code, Display, Formula, Sentence
from gatewise._views.derivation.part import Part, from_factors, from_pairs
from gatewise._views.sheet import Wire

_UNDECIDED = ". Shapes alone do not decide; the element rule does."


class Products:
    """The products of one chain; `letters` are the running indices of rows and of columns."""

    def __init__(self, chain: Chain, dimensions: Dimensions, letters: tuple[str, str]) -> None:
        self.chain, self.dimensions = chain, dimensions
        self.i, self.j = letters

    def part(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        """What comes back to one factor of a product."""
        if len(source.shape) == len(other.shape) == 2:
            return self._matrices(source, other, target, is_left)
        if len(source.shape) == 2:
            return self._outer(source, other, target, is_left)
        if not target.shape:
            return self._inner(source, other, target)
        return self._vector(source, other, target, is_left)

    def _matrices(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        whole = self.chain.whole(target)
        symbols, letter, d = self.chain.symbols, self.dimensions.letter, self.chain.d(target)
        running, size = (self.j, target.shape[1]) if is_left else (self.i, target.shape[0])
        index = f"1{running}" if is_left else f"{running}1"
        entry = rf"{symbols.entry(other.name, index)} \, {symbols.entry(whole.name, index, 'd')}"
        element = rf"{symbols.entry(source.name, '11', 'd')} &= \sum_{{{running}=1}}^{{{letter(size)}}} {entry}"
        side = "left" if is_left else "right"
        opening = "The entry " if source.id != other.id else f"As the {side} factor, the entry "
        why = Sentence((
            opening, Formula(symbols.entry(source.name, "11")), " enters only the first ",
            "row" if is_left else "column", " of ", Code(whole.name),
            ", each time with a factor from ", Code(other.name), ":",
        ))  # fmt: skip
        latex = rf"{d} \, {self._turned(other)}" if is_left else rf"{self._turned(other)} \, {d}"
        working = from_pairs(_first_pairs(other.value, target.gradient, is_left))
        return Part(latex, [why, Display((element,))], [self._of_matrices(source, other, target, is_left)], working)

    def _of_matrices(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Sentence:
        d = f"d{self.chain.whole(target).name}"
        fits = fitting(other.shape, target.shape, source.shape)
        right = (True, True, False) if is_left else (False, True, False)
        others = [_named_product(other.name, d, fit) for fit in fits if fit != right]
        return self._ledger(source, other, target, _named_product(other.name, d, right), others)

    def _ledger(self, source: Wire, other: Wire, target: Wire, chosen: str, others: list[str]) -> Sentence:
        """Which product has the shape that is needed; `others` are those that have it too."""
        opening = (*self._at_hand(source, other, target), ". ")
        if not others:
            return Sentence((*opening, "The only product that fits is ", Code(chosen), "."))
        count = len(others) - 1
        rest = " does too" if not count else f" and {'one more product' if count == 1 else f'{count} more'} do too"
        return Sentence((
            *opening, Code(chosen), " fits. But sizes coincide, so ", Code(others[0]), rest, _UNDECIDED,
        ))  # fmt: skip

    def _at_hand(self, source: Wire, other: Wire, target: Wire) -> tuple[str | Code, ...]:
        shape, d = self.dimensions.shape, f"d{self.chain.whole(target).name}"
        upstream = f" {shape(target.shape)}" if target.shape else ", a number"
        return (
            "Dimensions: ", Code(f"d{source.name}"), f" must be {shape(source.shape)}, as ", Code(source.name),
            " is; at hand are ", Code(other.name), f" {shape(other.shape)} and ", Code(d), upstream,
        )  # fmt: skip

    def _outer(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        """A matrix that was multiplied with a vector: each entry met one entry of it."""
        entry, whole, d = self.chain.symbols.entry, self.chain.whole(target), self.chain.d(target)
        pair = (entry(whole.name, "1", "d"), entry(other.name, "1"))
        first = rf"{entry(source.name, '11', 'd')} &= " + r" \, ".join(pair if is_left else pair[::-1])
        why = Sentence((
            "The entry ", Formula(entry(source.name, "11")), " enters only the first entry of ", Code(whole.name),
            ", with the factor ", Formula(entry(other.name, "1")), ":",
        ))  # fmt: skip
        latex = rf"{d} \, {self._turned(other)}" if is_left else rf"{self.chain.symbol(other)} \, {d}^{{T}}"
        names = [f"d{whole.name}", other.name] if is_left else [other.name, f"d{whole.name}"]
        chosen, turned = (f"np.outer({a}, {b})" for a, b in (names, names[::-1]))
        ledger = self._ledger(source, other, target, chosen, [turned] * (source.shape[0] == source.shape[1]))
        working = from_factors(first_entry(target.gradient), first_entry(other.value))
        return Part(latex, [why, Display((first,))], [ledger], working)

    def _inner(self, source: Wire, other: Wire, target: Wire) -> Part:
        """A vector that was multiplied with a vector."""
        entry, d, i = self.chain.symbols.entry, self.chain.d(target), self.i
        first = rf"{entry(source.name, i, 'd')} &= {d} \cdot {entry(other.name, i)}"
        why = Sentence((
            "Each entry of ", Code(source.name), " meets the one of ", Code(other.name), " in the same place:",
        ))  # fmt: skip
        ledger = Sentence((*self._at_hand(source, other, target), ", so the number scales the vector."))
        working = from_factors(first_entry(target.gradient), first_entry(other.value))
        return Part(rf"{d} \cdot {self.chain.symbol(other)}", [why, Display((first,))], [ledger], working)

    def _vector(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        """A vector that was multiplied with a matrix: each entry met a row or a column of it."""
        entry, whole, d = self.chain.symbols.entry, self.chain.whole(target), self.chain.d(target)
        size = self.dimensions.letter(target.shape[0])
        index = f"1{self.i}" if is_left else f"{self.i}1"
        inside = rf"{entry(other.name, index)} \, {entry(whole.name, self.i, 'd')}"
        first = rf"{entry(source.name, '1', 'd')} &= \sum_{{{self.i}=1}}^{{{size}}} {inside}"
        why = Sentence((
            "The entry ", Formula(entry(source.name, "1")), " enters every entry of ", Code(whole.name),
            ", with the factors in the first ", "row" if is_left else "column", " of ", Code(other.name), ":",
        ))  # fmt: skip
        straight, turned = f"{other.name} @ d{whole.name}", f"{other.name}.T @ d{whole.name}"
        chosen, spare = (straight, turned) if is_left else (turned, straight)
        ledger = self._ledger(source, other, target, chosen, [spare] * (other.shape[0] == other.shape[1]))
        latex = rf"{self.chain.symbol(other) if is_left else self._turned(other)} \, {d}"
        factors = other.value if isinstance(other.value, list) else []
        line = factors[0] if is_left and factors else [row[0] for row in factors]
        upstream = target.gradient if isinstance(target.gradient, list) else []
        working = from_pairs(list(zip(line, upstream, strict=False)))
        return Part(latex, [why, Display((first,))], [ledger], working)

    def _turned(self, wire: Wire) -> str:
        symbol = self.chain.symbol(wire)
        return f"{{{symbol}}}^{{T}}" if "_" in symbol or "\\" in symbol else f"{symbol}^{{T}}"


def _first_pairs(factors: Any, upstream: Any, is_left: bool) -> list[tuple[Any, Any]]:
    """The pairs whose products add up to the entry [1, 1]."""
    if not isinstance(factors, list) or not isinstance(upstream, list) or not factors or not upstream:
        return []
    if is_left:
        return list(zip(factors[0], upstream[0], strict=True))
    return [(x[0], y[0]) for x, y in zip(factors, upstream, strict=True) if x and y]


def _named_product(first: str, second: str, fit: tuple[bool, bool, bool]) -> str:
    is_swapped, turns_first, turns_second = fit
    names = [first + ".T" * turns_first, second + ".T" * turns_second]
    return " @ ".join(reversed(names) if is_swapped else names)
