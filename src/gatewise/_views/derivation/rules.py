"""How one use of an array sends its gradient back: one element written out, the general line, the dimension ledger."""

from __future__ import annotations

import math
import re

from gatewise._views.derivation.chain import Chain, first_entry
from gatewise._views.derivation.dimensions import PRODUCTS, Dimensions
from gatewise._views.derivation.formulas import Term, formula, index_formula
from gatewise._views.derivation.page import Code, Display, Formula, Sentence, Words, sentence
from gatewise._views.derivation.part import Part, from_factors
from gatewise._views.derivation.products import Products
from gatewise._views.derivation.rounds import part_over_rounds
from gatewise._views.derivation.totals import Totals, summed_axes
from gatewise._views.numbers import entries
from gatewise._views.patterns import axes_text, stretched_axes
from gatewise._views.phrases import said
from gatewise._views.sheet import Use, Wire

_ASSIGNED = re.compile(r"d(\w+?)_*\s*\+?=(?!=)\s*(.*)")
_EXPANDED = re.compile(r"np\.expand_dims\(\w+, axis=(\d+|\([\d, ]+\))\)")
_MOST_AXES = 3  # of an element that is written out


class Rules:
    """The rules of the gates of one chain."""

    def __init__(self, chain: Chain, dimensions: Dimensions) -> None:
        self.chain, self.sheet, self.dimensions = chain, chain.sheet, dimensions
        self.i, self.j, self.k = (chain.symbols.free(*letters) for letters in (("i", "r"), ("j", "c"), ("k", "l", "m")))
        self.products = Products(chain, dimensions, (self.i, self.j))
        self._told_of_entries = False
        self.totals = Totals(chain, dimensions, (self.i, self.j, self.k))

    def part(self, use: Use) -> Part:
        """What comes back along a use."""
        source, target = self.sheet.wires[use.source], self.sheet.wires[use.target]
        if (over := part_over_rounds(self.sheet, source, target, self.chain.d(target))) is not None:
            return over
        other = self._other(use) if target.gate in PRODUCTS else None
        if other is not None and {len(source.shape), len(other.shape)} <= {1, 2}:
            return self.products.part(source, other, target, use.port == 0)
        if target.gate in ("add", "subtract") and stretched_axes(source.shape, target.shape):
            return self.totals.stretched(use, source, target)
        if target.gate in ("sum", "mean") and (axes := summed_axes(target, source)) is not None:
            return self.totals.total(source, target, axes)
        if target.gate in ("std", "var") and (axes := summed_axes(target, source)) is not None:
            return self._spread_measure(source, target, axes)
        if target.gate == "getitem":
            return self._picked(source, target)
        if target.gate == "split":
            return self._cut_off(source, target)
        if target.gate == "modf":
            return Part(self.chain.d(target) if use.contribution == target.gradient else "0", _gate_sentence(target))
        if target.gate == "slogdet" and len(source.shape) == 2:
            return Part(
                rf"{self.chain.d(target)} \cdot {{\left({{{self.chain.symbol(source)}}}^{{-1}}\right)}}^{{T}}",
                _gate_sentence(target),
            )
        if use.local_text is not None and source.shape == target.shape:
            return self._elementwise(use, source, target)
        return self._as_coded(use, source, target)

    def _other(self, use: Use) -> Wire | None:
        """The other factor of a product; None for one without a name, as an array of ones may be."""
        others = [each for each in self.sheet.operands[use.target] if each.port != use.port]
        return self.sheet.wires[others[0].source] if others else None

    # -------------------------------------------------------------------------------------------------- entries picked

    def _picked(self, source: Wire, target: Wire) -> Part:
        index = index_formula(target.expression, self.chain.of_name)
        where = f"{_text('at', ' ')} [{index}]" if index else _text("picked")
        why = sentence("derivation.picked", wire=Code(source.name))
        return Part(rf"{self.chain.d(target)}{where}, \; 0 {_text('elsewhere')}", [why], is_worded=True)

    def _cut_off(self, source: Wire, target: Wire) -> Part:
        symbol = self.chain.symbol(target)
        why = sentence("derivation.cut", piece=Code(target.name), wire=Code(source.name))
        where = rf"{_text('where', ' ')} {symbol} {_text('was')}, \; 0 {_text('elsewhere')}"
        return Part(f"{self.chain.d(target)}{where}", [why], is_worded=True)

    # ------------------------------------------------------------------------------------------------- entry by entry

    def _elementwise(self, use: Use, source: Wire, target: Wire) -> Part:
        d, local = self.chain.d(target), self.chain.local(use)
        if local is None:
            return self._as_coded(use, source, target)
        shown = local.latex if local.binding > 2 else rf"\left({local.latex}\right)"
        dot = r"\odot" if local.is_array and target.shape else r"\cdot"
        latex = {"1": d, "-1": f"-{d}"}.get(local.latex, rf"{d} {dot} {shown}")
        part = Part(latex, self._routed(use, target), local="" if local.latex in ("1", "-1") else shown)
        part.working = from_factors(first_entry(target.gradient), first_entry(use.local))
        if 0 < len(source.shape) <= _MOST_AXES:
            part.before.append(Display((self._element(use, source, target),)))
            part.after += self._same_shape(source, target)
        return part

    @staticmethod
    def _routed(use: Use, target: Wire) -> list[Sentence | Display]:
        if target.pattern != "routes":
            return []
        ties = any(isinstance(each, int | float) and 0 < each < 1 for each in entries(use.local))
        return [sentence("derivation.routed.ties" if ties else "derivation.routed")]

    def _element(self, use: Use, source: Wire, target: Wire) -> str:
        """One entry of an array and the entries of all others in the same place."""
        letters, entry = (self.i, self.j, self.k), self.chain.symbols.entry
        index = ["1" if size == 1 else letter for size, letter in zip(target.shape, letters, strict=False)]

        def at_place(name: str) -> Term | None:
            wire = self.chain.by_name.get(name)
            if wire is None or not wire.shape:
                return self.chain.of_name(name)
            if self.chain.is_written_out(wire):
                return formula(wire.expression, at_place)
            places = zip(wire.shape, index[len(index) - len(wire.shape) :], strict=True)
            return Term(entry(name, "".join("1" if size == 1 else letter for size, letter in places)))

        d = entry(self.chain.whole(target).name, "".join(index), "d")
        local = formula(use.local_text or "", at_place) or Term("1")
        shown = local.latex if local.binding > 2 else rf"\left({local.latex}\right)"
        right = {"1": d, "-1": f"-{d}"}.get(local.latex, rf"{d} \cdot {shown}")
        return rf"{entry(source.name, ''.join(index), 'd')} &= {right}"

    def _same_shape(self, source: Wire, target: Wire) -> list[Sentence]:
        """The ledger of the first gate that works entry by entry; it is that of all others too."""
        if self._told_of_entries:
            return []
        self._told_of_entries = True
        upstream, shape = Code(f"d{self.chain.whole(target).name}"), self.dimensions.shape(source.shape)
        return [sentence("derivation.same", d=Code(f"d{source.name}"), upstream=upstream, shape=shape)]

    # ------------------------------------------------------------------------------------------------- all other gates

    def _spread_measure(self, source: Wire, target: Wire, axes: tuple[int, ...]) -> Part:
        """Variance and standard deviation: in proportion to the distance from the mean."""
        d, symbol, x = self.chain.d(target), self.chain.of_wire(target).latex, self.chain.symbol(source)
        correction = target.given.get("ddof")
        count = math.prod(source.shape[axis] for axis in axes) - (correction if isinstance(correction, int) else 0)
        below = rf"_{{\text{{{axes_text(axes)}}}}}" if target.shape else ""
        distance = rf"{x} - \operatorname{{mean}}{below} {x}"
        dot = r"\odot" if target.shape else r"\cdot"
        over = rf"\frac{{{distance}}}{{{count} \cdot {symbol}}}"
        local = over if target.gate == "std" else rf"\frac{{2}}{{{count}}} \cdot \left({distance}\right)"
        return Part(rf"{d} {dot} {local}", _gate_sentence(target), self._fitted(source, target, axes))

    def _fitted(self, source: Wire, target: Wire, axes: tuple[int, ...]) -> list[Sentence | Display]:
        """That what a gate gave for each row is used again for every entry of that row."""
        if not target.shape:
            return []
        shape = self.dimensions.shape
        fitted = sentence(
            "derivation.repeated",
            d=Code(f"d{source.name}"),
            shape=shape(source.shape),
            made=Code(target.name),
            upstream=Code(f"d{self.chain.whole(target).name}"),
            made_shape=shape(target.shape),
            axes=axes_text(axes),
            wire=Code(source.name),
        )
        return [fitted]

    def _as_coded(self, use: Use, source: Wire, target: Wire) -> Part:
        """The line that the sweep runs, as a formula; as code where it cannot be written as one."""
        uses = [each for each in self.sheet.operands[target.id] if each.source == source.id]
        lines = [found[2] for line in self.sheet.code.get(target.id, ()) if (found := _assigned(line, source.name))]
        line = lines[uses.index(use)] if len(lines) == len(uses) else ""
        term = formula(line, self.chain.of_name)
        before = _gate_sentence(target) if target.pattern not in ("scales", "distributes") else []
        after: list[Sentence | Display] = []
        axes, repeated = stretched_axes(source.shape, target.shape), _EXPANDED.search(line)
        if axes and "np.sum(" in line:
            after.append(self.totals.ledger(source, target, axes))
        elif repeated:
            after += self._fitted(source, target, tuple(map(int, re.findall(r"\d+", repeated[1]))))
        if term is not None:
            return Part(term.latex, before, after)
        return self._in_words(source, target, line, before)

    def _in_words(self, source: Wire, target: Wire, line: str, before: list[Sentence | Display]) -> Part:
        """What has no formula of its own: a symbol for it, and the code that computes it."""
        symbol = rf"\left.{self.chain.d(source)}\right|_{{{self.chain.symbol(target)}}}"
        key = "derivation.symbol.code" if line else "derivation.symbol"
        says = sentence(key, symbol=Formula(symbol), made=Code(target.name), wire=Code(source.name), code=Code(line))
        return Part(symbol, [*before, says])


def _gate_sentence(wire: Wire) -> list[Sentence | Display]:
    """The gate's sentence, without marks of emphasis."""
    return [Sentence((Words(wire.says.replace("*", "")),))] if wire.says else []


def _text(key: str, after: str = "") -> str:
    """Words of ours in a formula."""
    return rf"\text{{ {said(f'derivation.formula.{key}')}{after}}}"


def _assigned(line: str, name: str) -> re.Match[str] | None:
    found = _ASSIGNED.fullmatch(line)
    return found if found and found[1] == name else None
