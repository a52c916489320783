"""How a matrix product sends its gradient back: the element, the general line, the ledger of dimensions."""

from __future__ import annotations

from gatewise._views.derivation.chain import Chain, first_entry
from gatewise._views.derivation.dimensions import Dimensions, fitting
from gatewise._views.derivation.page import Code, Display, Formula, Piece, Sentence, sentence
from gatewise._views.derivation.part import Part, from_factors, from_pairs
from gatewise._views.numbers import Value
from gatewise._views.phrases import pieces
from gatewise._views.sheet import Wire


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
        side = ("left" if is_left else "right") + (".same" if source.id == other.id else "")
        why = sentence(
            f"derivation.product.{side}",
            entry=Formula(symbols.entry(source.name, "11")),
            made=Code(whole.name),
            other=Code(other.name),
        )
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
        hand, count = self._at_hand(source, other, target), len(others) - 1
        if not others:
            return sentence("derivation.product.fits", hand=hand, chosen=Code(chosen))
        more = "two" if not count else "three" if count == 1 else "more"
        slots: dict[str, Piece] = {"chosen": Code(chosen), "spare": Code(others[0]), "count": str(count)}
        return sentence(f"derivation.product.fits.{more}", hand=hand, **slots)

    def _at_hand(self, source: Wire, other: Wire, target: Wire) -> list[Piece]:
        shape = self.dimensions.shape
        slots: dict[str, Piece] = {
            "d": Code(f"d{source.name}"),
            "shape": shape(source.shape),
            "wire": Code(source.name),
            "other": Code(other.name),
            "other_shape": shape(other.shape),
            "upstream": Code(f"d{self.chain.whole(target).name}"),
        }
        if not target.shape:
            return list(pieces("derivation.product.hand.number", **slots))
        return list(pieces("derivation.product.hand", **slots, upstream_shape=shape(target.shape)))

    def _outer(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        """A matrix that was multiplied with a vector: each entry met one entry of it."""
        entry, whole, d = self.chain.symbols.entry, self.chain.whole(target), self.chain.d(target)
        pair = (entry(whole.name, "1", "d"), entry(other.name, "1"))
        first = rf"{entry(source.name, '11', 'd')} &= " + r" \, ".join(pair if is_left else pair[::-1])
        why = sentence(
            "derivation.product.outer",
            entry=Formula(entry(source.name, "11")),
            made=Code(whole.name),
            factor=Formula(entry(other.name, "1")),
        )
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
        why = sentence("derivation.product.inner", wire=Code(source.name), other=Code(other.name))
        ledger = sentence("derivation.product.number", hand=self._at_hand(source, other, target))
        working = from_factors(first_entry(target.gradient), first_entry(other.value))
        return Part(rf"{d} \cdot {self.chain.symbol(other)}", [why, Display((first,))], [ledger], working)

    def _vector(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        """A vector that was multiplied with a matrix: each entry met a row or a column of it."""
        entry, whole, d = self.chain.symbols.entry, self.chain.whole(target), self.chain.d(target)
        size = self.dimensions.letter(target.shape[0])
        index = f"1{self.i}" if is_left else f"{self.i}1"
        inside = rf"{entry(other.name, index)} \, {entry(whole.name, self.i, 'd')}"
        first = rf"{entry(source.name, '1', 'd')} &= \sum_{{{self.i}=1}}^{{{size}}} {inside}"
        why = sentence(
            f"derivation.product.vector.{'left' if is_left else 'right'}",
            entry=Formula(entry(source.name, "1")),
            made=Code(whole.name),
            other=Code(other.name),
        )
        straight, turned = f"{other.name} @ d{whole.name}", f"{other.name}.T @ d{whole.name}"
        chosen, spare = (straight, turned) if is_left else (turned, straight)
        ledger = self._ledger(source, other, target, chosen, [spare] * (other.shape[0] == other.shape[1]))
        latex = rf"{self.chain.symbol(other) if is_left else self._turned(other)} \, {d}"
        line = _row(other.value, 0) if is_left else _column(other.value)
        upstream = _rows(target.gradient)
        working = from_pairs(list(zip(line, upstream, strict=False)))
        return Part(latex, [why, Display((first,))], [ledger], working)

    def _turned(self, wire: Wire) -> str:
        symbol = self.chain.symbol(wire)
        return f"{{{symbol}}}^{{T}}" if "_" in symbol or "\\" in symbol else f"{symbol}^{{T}}"


def _first_pairs(factors: Value, upstream: Value, is_left: bool) -> list[tuple[Value, Value]]:
    """The pairs whose products add up to the entry [1, 1]."""
    if is_left:
        return list(zip(_row(factors, 0), _row(upstream, 0), strict=False))
    return list(zip(_column(factors), _column(upstream), strict=False))


def _rows(value: Value) -> list[Value]:
    """What a list holds; nothing for an array that is not written out."""
    return value if isinstance(value, list) else []


def _row(value: Value, place: int) -> list[Value]:
    rows = _rows(value)
    return _rows(rows[place]) if rows else []


def _column(value: Value) -> list[Value]:
    return [entries[0] for row in _rows(value) if (entries := _rows(row))]


def _named_product(first: str, second: str, fit: tuple[bool, bool, bool]) -> str:
    is_swapped, turns_first, turns_second = fit
    names = [first + ".T" * turns_first, second + ".T" * turns_second]
    return " @ ".join(reversed(names) if is_swapped else names)
