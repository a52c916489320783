"""What is added up or used again along an axis, and how its gradient goes the other way."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.dimensions import Dimensions
from gatewise._views.derivation.page import Code, Display, Formula, Piece, Sentence, sentence
from gatewise._views.derivation.part import Part, from_addends
from gatewise._views.numbers import Value
from gatewise._views.patterns import axes_text, stretched_axes
from gatewise._views.phrases import said
from gatewise._views.sheet import Use, Wire


def summed_axes(wire: Wire, source: Wire) -> tuple[int, ...] | None:
    """The axes that a sum or a mean removed; None where the shapes say otherwise."""
    given, size = wire.given.get("axis"), len(source.shape)
    axes = [axis for axis in (given if isinstance(given, list) else [given]) if isinstance(axis, int)]
    if not all(-size <= axis < size for axis in axes):
        return None
    found = tuple(sorted(axis % size for axis in axes)) if axes else tuple(range(size))
    kept = tuple(1 if axis in found else n for axis, n in enumerate(source.shape))
    left = tuple(n for axis, n in enumerate(source.shape) if axis not in found)
    return found if wire.shape in (kept, left) else None


class Totals:
    """The sums, means and stretched operands of one chain; `letters` are running indices."""

    def __init__(self, chain: Chain, dimensions: Dimensions, letters: tuple[str, str, str]) -> None:
        self.chain, self.dimensions, self.letters = chain, dimensions, letters

    # ------------------------------------------------------------------------------------------------- sums and means

    def total(self, source: Wire, target: Wire, axes: tuple[int, ...]) -> Part:
        """What comes back to the entries that were added up."""
        d, count = self.chain.d(target), math.prod(source.shape[axis] for axis in axes)
        is_sum = target.gate == "sum"
        local = "1" if is_sum else rf"\frac{{1}}{{{count}}}"
        factor = d if is_sum else rf"\frac{{{d}}}{{{count}}}"
        where = said(f"derivation.formula.{'along' if target.shape else 'every'}", axes=axes_text(axes))
        why = sentence(
            "derivation.total.axes" if target.shape else "derivation.total",
            wire=Code(source.name),
            made=Code(self.chain.whole(target).name),
            weight=Formula(local),
            axes=axes_text(axes),
        )
        first = self._first_of_total(source, target, axes, "" if is_sum else str(count))
        lines: list[Sentence | Display] = [why, Display((first,))] if first else [why]
        latex = rf"{factor} \quad \text{{{where}}}"
        return Part(latex, lines, [self._spread(source, target, axes)], is_worded=True)

    def _first_of_total(self, source: Wire, target: Wire, axes: tuple[int, ...], count: str) -> str:
        entry, whole = self.chain.symbols.entry, self.chain.whole(target)
        if len(source.shape) > len(self.letters):
            return ""
        index = self.letters[: len(source.shape)] if target.shape else "1" * len(source.shape)
        keeps = len(target.shape) == len(source.shape)
        upper = ["1" if axis in axes else letter for axis, letter in enumerate(index) if keeps or axis not in axes]
        d = entry(whole.name, "".join(upper) if target.shape else "", "d")
        right = rf"\frac{{{d}}}{{{count}}}" if count else d
        return rf"{entry(source.name, ''.join(index), 'd')} &= {right}"

    def _spread(self, source: Wire, target: Wire, axes: tuple[int, ...]) -> Sentence:
        shape = self.dimensions.shape
        return sentence(
            "derivation.total.sizes.axes" if target.shape else "derivation.total.sizes",
            d=Code(f"d{source.name}"),
            shape=shape(source.shape),
            wire=Code(source.name),
            upstream=Code(f"d{self.chain.whole(target).name}"),
            upstream_shape=shape(target.shape),
            axes=axes_text(axes),
        )

    # ---------------------------------------------------------------------------------------------- stretched operands

    def stretched(self, use: Use, source: Wire, target: Wire) -> Part:
        """What was added again and again along an axis gets the sum over that axis."""
        axes = stretched_axes(source.shape, target.shape)
        sign = "-" if target.gate == "subtract" and use.port == 1 else ""
        latex = rf"{sign}\sum_{{\text{{{axes_text(axes)}}}}} {self.chain.d(target)}"
        ledger = self.ledger(source, target, axes)
        if len(target.shape) > len(self.letters):
            return Part(latex, [], [ledger])
        whole, entry = self.chain.whole(target), self.chain.symbols.entry
        running = {axis: self.letters[axis] for axis in axes}
        index = "".join(running.get(axis, "1") for axis in range(len(target.shape)))
        sums = " ".join(
            rf"\sum_{{{letter}=1}}^{{{self.dimensions.letter(target.shape[axis])}}}" for axis, letter in running.items()
        )
        own = "1" * len(source.shape)
        first = rf"{entry(source.name, own, 'd')} &= {sign}{sums} {entry(whole.name, index, 'd')}"
        slots: dict[str, Piece] = {"entry": Formula(entry(source.name, own)), "made": Code(whole.name)}
        where = _where_added(axes, target.shape)
        why = sentence(f"derivation.added{where}", **slots, axes=axes_text(axes), local=Formula(f"{sign}1"))
        working = None if sign else from_addends(_along(target.gradient, axes, len(target.shape)))
        return Part(latex, [why, Display((first,))], [ledger], working)

    def ledger(self, source: Wire, target: Wire, axes: tuple[int, ...]) -> Sentence:
        """Which axes are summed, and what becomes of them."""
        shape, lead = self.dimensions.shape, len(target.shape) - len(source.shape)
        kept = tuple(axis for axis in axes if axis >= lead)
        needed = said("derivation.summed.shape", shape=shape(source.shape))
        slots: dict[str, Piece] = {
            "upstream": Code(f"d{self.chain.whole(target).name}"),
            "upstream_shape": shape(target.shape),
            "d": Code(f"d{source.name}"),
            "needed": needed if source.shape else said("derivation.summed.number"),
            "axes": axes_text(axes),
            "is": said("derivation.summed.is", count=len(axes)),
        }
        if not kept:
            return sentence("derivation.summed", **slots)
        stays = said("derivation.summed.stays", count=len(kept))
        return sentence("derivation.summed.kept", **slots, kept=axes_text(kept), stays=stays)


def _where_added(axes: tuple[int, ...], shape: tuple[int, ...]) -> str:
    if len(axes) == len(shape):
        return ""
    if len(shape) == 2:
        return ".rows" if axes == (0,) else ".columns"
    return ".axes"


def _along(value: Value, axes: Sequence[int], ndim: int) -> list[Value]:
    """The entries along some axes, at the first place of all others."""
    found = [value]
    for axis in range(ndim):
        rows = [part for part in found if isinstance(part, list) and part]
        if len(rows) < len(found):
            return []
        found = [each for part in rows for each in (part if axis in axes else part[:1])]
    return found
