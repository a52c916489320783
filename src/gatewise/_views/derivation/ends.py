"""Where a derivation starts and stops: the numbers that are given, and the wires that no gradient reaches."""

from __future__ import annotations

import math
from collections.abc import Collection

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.figures import equals_number
from gatewise._views.derivation.page import Code, Formula, Sentence, listing, sentence


def stated(chain: Chain, sizes: Collection[str] = ()) -> list[Sentence]:
    """The numbers that the formulas start from, but for the sizes that are told already."""
    numbers = [(wire, symbol) for wire, symbol in chain.given() if symbol not in sizes]
    given = [Formula(f"{symbol} {equals_number(wire.value, chain.digits)}") for wire, symbol in numbers]
    return [sentence("derivation.given", numbers=listing(given))] if given else []


def unreached(chain: Chain) -> list[Sentence]:
    """Why there is nothing more to say of the wires that were asked for and that no gate sent a gradient to."""
    wires = [chain.sheet.wires[id_] for id_ in sorted(chain.wanted)]
    return [_why(chain, wire.id) for wire in wires if not chain.live_uses[wire.id] and wire.id != chain.sheet.output.id]


def _why(chain: Chain, id_: int) -> Sentence:
    wire = chain.sheet.wires[id_]
    if wire.shape and not math.prod(wire.shape):
        return sentence("derivation.empty", wire=Code(wire.name))
    return sentence("derivation.unreached", wire=Code(wire.name))
