"""What is added up or used again along an axis, and how its gradient goes the other way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.dimensions import Dimensions
from gatewise._views.derivation.formulas import keyword
from gatewise._views.derivation.page import Code, Display, Formula, Sentence
from gatewise._views.derivation.part import Part, from_addends
from gatewise._views.patterns import axes_text, stretched_axes
from gatewise._views.sheet import Use, Wire


def summed_axes(wire: Wire, source: Wire) -> tuple[int, ...] | None:
    """The axes that a sum or a mean removed, from its expression; None where the shapes say otherwise."""
    given, size = keyword(wire.expression, "axis"), len(source.shape)
    axes = range(size) if given is None else given if isinstance(given, tuple) else (given,)
    if ("axis=" in wire.expression and given is None) or not all(-size <= axis < size for axis in axes):
        return None
    found = tuple(sorted(axis % size for axis in axes))
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
        where = "in every entry" if not target.shape else f"repeated along {axes_text(axes)}"
        way = " goes into " if not target.shape else f", along {axes_text(axes)}, goes into one entry of "
        gets = "so every entry gets the same gradient:" if not target.shape else "and gets the gradient of that entry:"
        why = Sentence((
            "Every entry of ", Code(source.name), way, Code(self.chain.whole(target).name),
            " with the weight ", Formula(local), f", {gets}",
        ))  # fmt: skip
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
        shape, d = self.dimensions.shape, f"d{self.chain.whole(target).name}"
        upstream = f" is {shape(target.shape)}, so it is repeated along {axes_text(axes)}."
        number = " is a number, so it stands in every entry."
        return Sentence((
            "Dimensions: ", Code(f"d{source.name}"), f" must be {shape(source.shape)}, as ", Code(source.name),
            " is; ", Code(d), upstream if target.shape else number,
        ))  # fmt: skip

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
        why = Sentence((
            Formula(entry(source.name, own)), *_where_added(axes, target.shape), Code(whole.name),
            ", with local gradient ", Formula(f"{sign}1"), ":",
        ))  # fmt: skip
        working = None if sign else from_addends(_along(target.gradient, axes, len(target.shape)))
        return Part(latex, [why, Display((first,))], [ledger], working)

    def ledger(self, source: Wire, target: Wire, axes: tuple[int, ...]) -> Sentence:
        """Which axes are summed, and what becomes of them."""
        shape, d = self.dimensions.shape, f"d{self.chain.whole(target).name}"
        is_are = "is" if len(axes) == 1 else "are"
        lead = len(target.shape) - len(source.shape)
        kept = [axis for axis in axes if axis >= lead]
        note = f"; {axes_text(tuple(kept))} {'stays' if len(kept) == 1 else 'stay'} with size 1" if kept else ""
        needed = f" must be {shape(source.shape)}" if source.shape else " must be a number"
        return Sentence((
            "Dimensions: ", Code(d), f" is {shape(target.shape)} and ", Code(f"d{source.name}"), needed,
            f", so {axes_text(axes)} {is_are} summed{note}.",
        ))  # fmt: skip


def _where_added(axes: tuple[int, ...], shape: tuple[int, ...]) -> tuple[str, ...]:
    if len(axes) == len(shape):
        return (" is added to every entry of ",)
    if len(shape) == 2:
        return (" is added in every row, to the first column of " if axes == (0,) else
                " is added in every column, to the first row of ",)  # fmt: skip
    return (f" is added again and again along {axes_text(axes)} of ",)


def _along(value: Any, axes: Sequence[int], ndim: int) -> list[Any]:
    """The entries along some axes, at the first place of all others."""
    found = [value]
    for axis in range(ndim):
        if not all(isinstance(part, list) and part for part in found):
            return []
        found = [each for part in found for each in (part if axis in axes else part[:1])]
    return found
