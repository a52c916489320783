"""How one use of an array sends its gradient back: one element written out, the general line, the dimension ledger."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.dimensions import PRODUCTS, Dimensions, fitting
from gatewise._views.derivation.formulas import formula, index_formula
from gatewise._views.derivation.page import Code, Display, Formula, Sentence
from gatewise._views.patterns import stretched_axes
from gatewise._views.sheet import Use, Wire

_ASSIGNED = re.compile(r"d(\w+?)_*\s*\+?=(?!=)\s*(.*)")
_MOST_TERMS = 6


@dataclass
class Part:
    """What comes back along one use: the general formula, what is said before it, and the first entry's terms."""

    latex: str
    before: list[Sentence | Display] = field(default_factory=list)
    after: list[Sentence | Display] = field(default_factory=list)
    terms: list[tuple[Any, Any]] = field(default_factory=list)
    factors: tuple[Any, Any] | None = None
    addends: list[Any] = field(default_factory=list)
    local: str = ""


class Rules:
    """The rules of the gates of one chain."""

    def __init__(self, chain: Chain, dimensions: Dimensions) -> None:
        self.chain, self.sheet, self.dimensions = chain, chain.sheet, dimensions
        self.i, self.j, self.k = (chain.symbols.free(*letters) for letters in (("i", "r"), ("j", "c"), ("k", "l", "m")))

    def part(self, use: Use) -> Part:
        """What comes back along a use."""
        source, target = self.sheet.wires[use.source], self.sheet.wires[use.target]
        if target.gate in PRODUCTS and {len(source.shape), len(self._other(use).shape)} <= {1, 2}:
            return self._product(use, source, target)
        if target.gate in ("add", "subtract") and stretched_axes(source.shape, target.shape):
            return self._stretched(use, source, target)
        if target.gate in ("sum", "mean") and not target.shape:
            return self._total(source, target)
        if target.pattern == "routes" and target.gate == "getitem":
            return self._picked(source, target)
        if use.local_text is not None and source.shape == target.shape:
            return self._elementwise(use, source, target)
        return self._as_coded(use, source, target)

    def _other(self, use: Use) -> Wire:
        others = [each for each in self.sheet.operands[use.target] if each.port != use.port]
        return self.sheet.wires[others[0].source] if others else self.sheet.wires[use.source]

    # ------------------------------------------------------------------------------------------------------ products

    def _product(self, use: Use, source: Wire, target: Wire) -> Part:
        other, is_left = self._other(use), use.port == 0
        if len(source.shape) == len(other.shape) == 2:
            return self._matrices(source, other, target, is_left)
        return self._with_vector(source, other, target, is_left)

    def _matrices(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        whole = self.chain.whole(target)
        symbols, letter, d = self.chain.symbols, self.dimensions.letter, self.chain.d(target)
        running, size = (self.j, target.shape[1]) if is_left else (self.i, target.shape[0])
        here, there = (f"1{running}", f"1{running}") if is_left else (f"{running}1", f"{running}1")
        entry = rf"{symbols.entry(other.name, here)} \, {symbols.entry(whole.name, there, 'd')}"
        element = rf"{symbols.entry(source.name, '11', 'd')} &= \sum_{{{running}=1}}^{{{letter(size)}}} {entry}"
        side = "left" if is_left else "right"
        opening = "The entry " if source.id != other.id else f"As the {side} factor, the entry "
        why = Sentence((
            opening, Formula(symbols.entry(source.name, "11")), " enters only the first ",
            "row" if is_left else "column", " of ", Code(self._spoken(target)),
            ", each time with a factor from ", Code(other.name), ":",
        ))  # fmt: skip
        latex = rf"{d} \, {self._turned(other)}" if is_left else rf"{self._turned(other)} \, {d}"
        part = Part(latex, [why, Display((element,))], [self._ledger(source, other, target, is_left)])
        part.terms = self._terms(other, target, is_left)
        return part

    def _turned(self, wire: Wire) -> str:
        symbol = self.chain.symbol(wire)
        return f"{{{symbol}}}^{{T}}" if "_" in symbol or "\\" in symbol else f"{symbol}^{{T}}"

    def _spoken(self, wire: Wire) -> str:
        return self.chain.whole(wire).name

    def _terms(self, other: Wire, target: Wire, is_left: bool) -> list[tuple[Any, Any]]:
        """The pairs whose products add up to the entry [1, 1], where there are few."""
        a, b = other.value, target.gradient
        if not isinstance(a, list) or not isinstance(b, list):
            return []
        pairs = list(zip(a[0], b[0], strict=True)) if is_left else [(x[0], y[0]) for x, y in zip(a, b, strict=True)]
        return pairs if len(pairs) <= _MOST_TERMS else []

    def _ledger(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Sentence:
        shape, d = self.dimensions.shape, f"d{self._spoken(target)}"
        fits = fitting(other.shape, target.shape, source.shape)
        right = (True, True, False) if is_left else (False, True, False)
        chosen = self._named_product(other.name, d, right)
        opening = (
            "Dimensions: ", Code(f"d{source.name}"), f" must be {shape(source.shape)}, as ", Code(source.name),
            " is; at hand are ", Code(other.name), f" {shape(other.shape)} and ", Code(d), f" {shape(target.shape)}. ",
        )  # fmt: skip
        if fits == [right]:
            return Sentence((*opening, "The only product that fits is ", Code(chosen), "."))
        others = [self._named_product(other.name, d, fit) for fit in fits if fit != right]
        rest = {1: " does too", 2: " and one more product do too"}.get(
            len(others), f" and {len(others) - 1} more do too"
        )
        return Sentence((
            *opening, Code(chosen), " fits. But sizes coincide, so ", Code(others[0]), rest,
            ". Shapes alone do not decide; the element rule does.",
        ))  # fmt: skip

    @staticmethod
    def _named_product(first: str, second: str, fit: tuple[bool, bool, bool]) -> str:
        is_swapped, turns_first, turns_second = fit
        names = [first + ".T" * turns_first, second + ".T" * turns_second]
        return " @ ".join(reversed(names) if is_swapped else names)

    def _with_vector(self, source: Wire, other: Wire, target: Wire, is_left: bool) -> Part:
        """Products with a vector: its gradient is a product again, the matrix's an outer product."""
        d, symbol = self.chain.d(target), self.chain.symbol(other)
        entry, whole = self.chain.symbols.entry, self.chain.whole(target)
        if len(source.shape) == 2:
            pair = (entry(whole.name, "1", "d"), entry(other.name, "1"))
            first = rf"{entry(source.name, '11', 'd')} &= " + r" \, ".join(pair if is_left else pair[::-1])
            outer = rf"{d} \, {self._turned(other)}" if is_left else rf"{symbol} \, {d}^{{T}}"
            return Part(outer, [Display((first,))])
        if not target.shape:
            first = rf"{entry(source.name, '1', 'd')} &= {entry(other.name, '1')} \, {d}"
            return Part(rf"{d} \cdot {symbol}", [Display((first,))])
        size = self.dimensions.letter(target.shape[0])
        index = f"1{self.i}" if is_left else f"{self.i}1"
        inside = rf"{entry(other.name, index)} \, {entry(whole.name, self.i, 'd')}"
        first = rf"{entry(source.name, '1', 'd')} &= \sum_{{{self.i}=1}}^{{{size}}} {inside}"
        return Part(rf"{symbol if is_left else self._turned(other)} \, {d}", [Display((first,))])

    # ---------------------------------------------------------------------------------------- sums, stretches, entries

    def _stretched(self, use: Use, source: Wire, target: Wire) -> Part:
        """What was added again and again along an axis gets the sum over that axis."""
        axes = stretched_axes(source.shape, target.shape)
        d, sign = self.chain.d(target), "-" if target.gate == "subtract" and use.port == 1 else ""
        below = r" \text{ and } ".join(rf"\text{{axis {axis}}}" for axis in axes)
        latex = rf"{sign}\sum_{{{below}}} {d}"
        part = Part(latex)
        if len(source.shape) == 1 and len(target.shape) == 2:
            symbols, whole = self.chain.symbols, self.chain.whole(target)
            size = self.dimensions.letter(target.shape[0])
            element = symbols.entry(whole.name, f"{self.i}1", "d")
            first = rf"{symbols.entry(source.name, '1', 'd')} &= {sign}\sum_{{{self.i}=1}}^{{{size}}} {element}"
            why = Sentence((
                Formula(symbols.entry(source.name, "1")), " is added in every row, to the first column of ",
                Code(whole.name), ", with local gradient ", Formula(f"{sign}1"), ":",
            ))  # fmt: skip
            shape, dname = self.dimensions.shape, f"d{whole.name}"
            ledger = Sentence((
                "Dimensions: ", Code(dname), f" is {shape(target.shape)} and ", Code(f"d{source.name}"),
                f" must be {shape(source.shape)}, so axis 0 is summed.",
            ))  # fmt: skip
            part = Part(latex, [why, Display((first,))], [ledger])
            part.addends = self._column(target, sign)
        return part

    @staticmethod
    def _column(target: Wire, sign: str) -> list[Any]:
        """The first column of a gradient, where it is short and there is no sign to carry."""
        rows = target.gradient
        return [row[0] for row in rows] if isinstance(rows, list) and 1 < len(rows) <= _MOST_TERMS and not sign else []

    def _total(self, source: Wire, target: Wire) -> Part:
        d, count = self.chain.d(target), math.prod(source.shape)
        index = "1" * len(source.shape)
        factor = rf"{d}" if target.gate == "sum" else rf"\frac{{{d}}}{{{count}}}"
        local = "1" if target.gate == "sum" else rf"\frac{{1}}{{{count}}}"
        why = Sentence((
            "Every entry of ", Code(source.name), " goes into ", Code(self._spoken(target)),
            " with the weight ", Formula(local), ", so every entry gets the same gradient:",
        ))  # fmt: skip
        first = rf"{self.chain.symbols.entry(source.name, index, 'd')} &= {factor}"
        return Part(rf"{factor} \quad \text{{in every entry}}", [why, Display((first,))])

    def _picked(self, source: Wire, target: Wire) -> Part:
        d = self.chain.d(target)
        index = index_formula(target.expression, self.chain.of_name)
        where = rf"\text{{ at }} [{index}]" if index else r"\text{ where it was picked}"
        why = Sentence(
            (
                "An entry of ",
                Code(source.name),
                " that was picked gets the gradient of each place it went to; every other entry gets 0:",
            )
        )
        return Part(rf"{d}{where}, \; 0 \text{{ elsewhere}}", [why])

    def _elementwise(self, use: Use, source: Wire, target: Wire) -> Part:
        d, local = self.chain.d(target), self.chain.local(use)
        if local is None:
            return self._as_coded(use, source, target)
        if local.latex == "1":
            return Part(d, factors=self._numbers(use, target))
        if local.latex == "-1":
            return Part(f"-{d}", factors=self._numbers(use, target))
        routed = "The gate passes the gradient where it chose this operand, and nothing where it did not:"
        before: list[Sentence | Display] = [Sentence((routed,))] if target.pattern == "routes" else []
        shown = local.latex if local.binding > 2 else rf"\left({local.latex}\right)"
        dot = r"\odot" if local.is_array and target.shape else r"\cdot"
        return Part(rf"{d} {dot} {shown}", before, factors=self._numbers(use, target), local=shown)

    @staticmethod
    def _numbers(use: Use, target: Wire) -> tuple[Any, Any] | None:
        upstream, local = target.gradient, use.local
        while isinstance(upstream, list) and isinstance(local, list) and upstream and local:
            upstream, local = upstream[0], local[0]
        while isinstance(upstream, list) and upstream:
            upstream = upstream[0]
        return None if isinstance(local, list) or local is None or upstream is None else (upstream, local)

    def _as_coded(self, use: Use, source: Wire, target: Wire) -> Part:
        """The line that the sweep runs, as a formula; in words where it cannot be written as one."""
        uses = [each for each in self.sheet.operands[target.id] if each.source == source.id]
        lines = [found[2] for line in self.sheet.code.get(target.id, ()) if (found := _assigned(line, source.name))]
        term = formula(lines[uses.index(use)], self.chain.of_name) if len(lines) == len(uses) else None
        if term is not None:
            return Part(term.latex)
        local = rf"\frac{{\partial {self.chain.symbol(target)}}}{{\partial {self.chain.symbol(source)}}}"
        return Part(rf"{self.chain.d(target)} \cdot {local}", [Sentence((Code(target.gate), ": ", Code(target.says)))])


def _assigned(line: str, name: str) -> re.Match[str] | None:
    found = _ASSIGNED.fullmatch(line)
    return found if found and found[1] == name else None
