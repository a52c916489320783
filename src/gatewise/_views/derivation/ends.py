"""Where a derivation starts and stops: the numbers that are given, and the wires that no gradient reaches."""

from __future__ import annotations

import math
from collections.abc import Collection

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.figures import equals_number
from gatewise._views.derivation.page import Code, Formula, Piece, Sentence


def stated(chain: Chain, sizes: Collection[str] = ()) -> list[Sentence]:
    """The numbers that the formulas start from, but for the sizes that are told already."""
    numbers = [(wire, symbol) for wire, symbol in chain.given() if symbol not in sizes]
    given = [Formula(f"{symbol} {equals_number(wire.value, chain.digits)}") for wire, symbol in numbers]
    pieces: list[Piece] = [piece for formula in given for piece in (formula, ", ")]
    return [Sentence(("Given: ", *pieces[:-1], "."))] if given else []


def unreached(chain: Chain) -> list[Sentence]:
    """Why there is nothing more to say of the wires that were asked for and that no gate sent a gradient to."""
    wires = [chain.sheet.wires[id_] for id_ in sorted(chain.wanted)]
    return [_why(chain, wire.id) for wire in wires if not chain.live_uses[wire.id] and wire.id != chain.sheet.output.id]


def _why(chain: Chain, id_: int) -> Sentence:
    wire = chain.sheet.wires[id_]
    if wire.shape and not math.prod(wire.shape):
        return Sentence((Code(wire.name), " has no entries, and so has its gradient."))
    return Sentence((
        "No gradient comes back to ", Code(wire.name), ": every way to the output leads through a gate that stops it. "
        "So its gradient is 0.",
    ))  # fmt: skip
