"""Two spellings that one derives whole, not gate by gate: softmax cross-entropy, and a penalty on the squares of W."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.formulas import Term, formula
from gatewise._views.numbers import Value, entries, reals
from gatewise._views.sheet import Use, Wire


@dataclass(frozen=True)
class SpelledBlock:
    """A recognised block, from the scores to the gate that closes it."""

    closing: Wire
    scores: Wire
    inside: frozenset[int]
    is_shifted: bool


@dataclass(frozen=True)
class SoftmaxBlock(SpelledBlock):
    """Softmax over the last axis."""


@dataclass(frozen=True)
class CrossEntropy(SpelledBlock):
    """Softmax cross-entropy summed over the rows, and the wire of the right classes."""

    classes: Wire | None


def cross_entropy_closed_by(chain: Chain, closing: Wire) -> CrossEntropy | None:
    """The cross-entropy that this gate closes; None where it closes none, or an inner wire is used elsewhere too."""
    sheet = chain.sheet
    inside = _gates_of_block(chain, closing, "cross_entropy")
    if not inside:
        return None
    entering = {use.source for id_ in inside for use in sheet.operands[id_]} - inside
    scores = [sheet.wires[id_] for id_ in entering if id_ in chain.kept]
    if len(scores) != 1 or len(scores[0].shape) != 2:
        return None
    shifted = _before_shift(chain, scores[0], inside)
    vectors = [sheet.wires[id_] for id_ in sorted(entering) if sheet.wires[id_].shape == scores[0].shape[:1]]
    source, hidden = shifted if shifted else (scores[0], frozenset())
    found = CrossEntropy(closing, source, inside | hidden, bool(shifted), vectors[0] if vectors else None)
    return found if _all_inside(chain, found) else None


def softmax_closed_by(chain: Chain, closing: Wire) -> SoftmaxBlock | None:
    """The softmax over the last axis that this gate closes, written out; None where it closes none."""
    inside = _gates_of_block(chain, closing, "softmax") if closing.shape else frozenset()
    entering = {use.source for id_ in inside for use in chain.sheet.operands[id_]} - inside
    if len(inside) < 2 or len(entering) != 1 or len(closing.shape) > 2:
        return None
    scores = chain.sheet.wires[entering.pop()]
    totals = [chain.sheet.wires[id_].shape for id_ in inside if chain.sheet.wires[id_].gate == "sum"]
    by_rows = totals == [(*closing.shape[:-1], 1)] or (totals == [()] and len(closing.shape) == 1)
    if not by_rows or scores.shape != closing.shape or scores.id not in chain.kept:
        return None
    shifted = _before_shift(chain, scores, inside)
    source, hidden = shifted if shifted else (scores, frozenset())
    found = SoftmaxBlock(closing, source, inside | hidden, bool(shifted))
    return found if _all_inside(chain, found) else None


def _gates_of_block(chain: Chain, closing: Wire, name: str) -> frozenset[int]:
    """The gates of the block, from the one that closes it back; empty where it closes none."""
    wires = chain.sheet.wires
    if closing.gate == name:
        return frozenset({closing.id})
    if closing.block != name or any(wires[use.target].block == name for use in chain.sheet.uses_of[closing.id]):
        return frozenset()
    inside, waiting = {closing.id}, [closing.id]
    while waiting:
        for use in chain.sheet.operands[waiting.pop()]:
            if wires[use.source].block == name and use.source not in inside:
                inside.add(use.source)
                waiting.append(use.source)
    return frozenset(inside)


def _before_shift(chain: Chain, scores: Wire, inside: frozenset[int]) -> tuple[Wire, frozenset[int]] | None:
    """The scores before each row's largest was taken out, and the two gates that took it out."""
    operands = chain.sheet.operands[scores.id]
    if scores.gate != "subtract" or len(operands) != 2:
        return None
    source, largest = (chain.sheet.wires[use.source] for use in operands)
    from_source = [use.source for use in chain.sheet.operands[largest.id]] == [source.id]
    if largest.corner != "largest" or not from_source or len(chain.sheet.uses_of[largest.id]) != 1:
        return None
    by_rows = largest.shape == (*source.shape[:-1], 1) or (not largest.shape and len(source.shape) == 1)
    return (source, frozenset({scores.id, largest.id})) if by_rows else None


def _all_inside(chain: Chain, found: SpelledBlock) -> bool:
    inner = found.inside - {found.closing.id}
    return all(use.target in found.inside for id_ in inner for use in chain.sheet.uses_of[id_])


def shares(row: Value) -> list[float] | None:
    """The softmax of one row of scores; None where an entry is not finite."""
    scores = reals(row)
    if len(scores) < len(entries(row)) or not all(map(math.isfinite, scores)):
        return None
    powers = [math.exp(entry - max(scores)) for entry in scores]
    return [power / math.fsum(powers) for power in powers]


@dataclass(frozen=True)
class Penalty:
    """A sum of the squares of a wire, perhaps times a number: `reg * sum(W * W)`."""

    wire: Wire
    top: Wire
    inside: frozenset[int]
    factor: Wire | None
    scale: Term | None
    uses: tuple[Use, ...]


def penalty(chain: Chain, wire: Wire, use: Use) -> Penalty | None:
    """The penalty that this use of a wire begins; None where it begins none."""
    sheet, square = chain.sheet, chain.sheet.wires[use.target]
    uses = tuple(each for each in chain.live_uses[wire.id] if each.target == square.id)
    total = _only_reader(chain, square) if _is_square(wire, square, uses) else None
    if total is None or total.gate != "sum" or total.shape:
        return None
    scaled = _only_reader(chain, total)
    if scaled is None or scaled.gate != "multiply" or scaled.shape:
        return Penalty(wire, total, frozenset({square.id, total.id}), None, None, uses)
    factors = [sheet.wires[each.source] for each in sheet.operands[scaled.id] if each.source != total.id]
    local = next(each.local_text for each in sheet.operands[scaled.id] if each.source == total.id)
    scale = formula(local or "", chain.of_name)
    inside = frozenset({square.id, total.id, scaled.id})
    factor = factors[0] if factors else None
    if scale is None or (factor is not None and factor.id in chain.kept):
        return Penalty(wire, total, frozenset({square.id, total.id}), None, None, uses)
    return Penalty(wire, scaled, inside, factor, scale, uses)


def _is_square(wire: Wire, square: Wire, uses: tuple[Use, ...]) -> bool:
    if not wire.shape or square.named:
        return False
    written_out = square.gate == "multiply" and len(uses) == 2
    return written_out or square.gate == "square" or (square.gate == "power" and square.symbol == "^2")


def _only_reader(chain: Chain, wire: Wire) -> Wire | None:
    uses = chain.sheet.uses_of[wire.id]
    return chain.sheet.wires[uses[0].target] if len(uses) == 1 and not wire.named else None


def is_one(value: Value) -> bool:
    """Whether a gradient is exactly 1 everywhere."""
    return all(entry == 1 for entry in entries(value)) if value is not None else False
