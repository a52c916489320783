"""What a derivation is about: the wires between the output and what was asked for, and their uses."""

from __future__ import annotations

import math
from functools import cached_property

from gatewise._views.derivation.formulas import Term, formula, names_in_text, operand, power_of_e
from gatewise._views.derivation.rounds import first_value, of_all_rounds, symbols_of_rounds
from gatewise._views.derivation.symbols import Symbols
from gatewise._views.numbers import Entry, Value, entries, reals
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Use, Wire

_WRITTEN_WHOLE = 1000  # larger arrays are in the record by summary, their contributions not at all
_DEPTH = 12  # how deep one formula writes out the unnamed wires in it


class Chain:
    """The wires from the output back to the wanted ones, with their symbols."""

    def __init__(self, sheet: Sheet, wanted: list[Wire], digits: int | None) -> None:
        self.sheet, self.digits = sheet, digits
        self.wanted = {wire.id for wire in wanted}
        named = sorted(sheet.wires, key=lambda wire: not wire.named)
        self.symbols = Symbols((wire.name for wire in named), symbols_of_rounds(sheet))
        self.kept = self._leading_from(self.wanted)
        self.inside: frozenset[int] | None = None  # gates that are written out where they are used, and terms of sums

    def _leading_from(self, wanted: set[int]) -> set[int]:
        kept = set(wanted)
        for wire in self.sheet.wires:
            if any(use.source in kept and self._is_live(use) for use in self.sheet.operands[wire.id]):
                kept.add(wire.id)
        return kept

    def _is_live(self, use: Use) -> bool:
        source, target = self.sheet.wires[use.source], self.sheet.wires[use.target]
        carried = use.contribution is not None or math.prod(source.shape) > _WRITTEN_WHOLE
        return carried and source.has_gradient and target.has_gradient and target.pattern != "stops"

    @cached_property
    def live_uses(self) -> dict[int, list[Use]]:
        """For each kept wire the uses along which a gradient came back, in tape order."""
        return {id_: [use for use in self.sheet.uses_of[id_] if self._is_live(use)] for id_ in self.kept}

    @cached_property
    def any_array(self) -> bool:
        """Whether a wire of the chain is an array."""
        return any(self.sheet.wires[id_].shape for id_ in self.kept)

    def backward(self, wire: Wire) -> list[Use]:
        """The uses through which this gate hands its gradient to wires of the chain: inputs first, then inner wires."""
        uses = [use for use in self.sheet.operands[wire.id] if use.source in self.kept and self._is_live(use)]
        return sorted(uses, key=lambda use: (self.sheet.wires[use.source].is_gate, use.port))

    def gates(self) -> list[Wire]:
        """The gates of the chain, the output's first."""
        return [wire for wire in reversed(self.sheet.wires) if wire.is_gate and wire.id in self.kept]

    def symbol(self, wire: Wire) -> str:
        """The wire's symbol."""
        return self.symbols[wire.name]

    def joins(self, wire: Wire) -> Wire | None:
        """The sum that an unnamed wire is only a term of: its gradient is that of the sum."""
        uses = self.sheet.uses_of[wire.id]
        if wire.named or not wire.is_gate or len(uses) != 1 or wire.id == self.sheet.output.id:
            return None
        use, target = uses[0], self.sheet.wires[uses[0].target]
        is_term = target.gate == "add" or (target.gate == "subtract" and use.port == 0)
        return target if is_term and target.shape == wire.shape else None

    def whole(self, wire: Wire) -> Wire:
        """The sum that a wire belongs to, through all its brackets; the wire itself where it is no mere term."""
        while (target := self.joins(wire)) is not None:
            wire = target
        return wire

    def d(self, wire: Wire) -> str:
        """The symbol of a wire's gradient in derivations of arrays: `dW`."""
        return f"d{self.symbol(self.whole(wire))}"

    def told(self, wire: Wire, inlined: frozenset[int] | None = None, depth: int = 0) -> Term:
        """How a gate makes its wire; with `inlined`, those wires and the terms of sums are written out in it."""
        if wire.role == "before":
            first = formula(first_value(wire), self.of_name)
            latex = first.latex if first is not None else self.symbol(wire)
            return Term(rf"{latex} \text{{ {said('derivation.formula.first')}}}", is_array=bool(wire.shape))

        if wire.pattern == "collects":
            entry = self.sheet.wires[self.sheet.operands[wire.id][0].source]
            return Term(of_all_rounds(self.sheet, wire, self.symbol(entry)), is_array=True)

        def stands_for(name: str) -> Term | None:
            source = self.by_name.get(name)
            if source is None:
                return None
            if inlined is None or source.named or not source.is_gate:
                return self.of_wire(source)
            is_part = source.id in inlined or self.joins(source) is not None
            if is_part and depth == _DEPTH:
                return Term(self.symbol(source), is_array=bool(source.shape))
            return self.told(source, inlined, depth + 1) if is_part else self.of_wire(source)

        return formula(wire.expression, stands_for) or self._plainly(wire)

    def _plainly(self, wire: Wire) -> Term:
        operands = [self.symbol(self.sheet.wires[use.source]) for use in self.sheet.operands[wire.id]]
        return Term(rf"\mathrm{{{_letters(wire.gate)}}}\left({', '.join(operands)}\right)", 4, bool(wire.shape))

    @cached_property
    def by_name(self) -> dict[str, Wire]:
        """The wires by name."""
        return {wire.name: wire for wire in self.sheet.wires}

    def is_written_out(self, wire: Wire) -> bool:
        """Whether a wire has no line of its own, so that its symbol would mean nothing."""
        if self.inside is None or wire.named or not wire.is_gate:
            return False
        return wire.id in self.inside or self.joins(wire) is not None

    def of_wire(self, wire: Wire) -> Term:
        """A wire's symbol as a term; what it stands for where the symbol would mean nothing."""
        if self.is_written_out(wire):
            return self.told(wire, self.inside)
        return self._written_out.get(wire.id) or Term(self.symbol(wire), is_array=bool(wire.shape))

    @cached_property
    def _written_out(self) -> dict[int, Term]:
        """The constants that stand as numbers in the expressions: `0.5 * 0.1`, `np.pi`."""
        found: dict[int, Term] = {}
        for use in self.sheet.uses:
            wire, gate = self.sheet.wires[use.source], self.sheet.wires[use.target]
            if wire.kind == "constant" and not wire.shape and wire.name not in names_in_text(gate.expression):
                term = formula(operand(gate.expression, use.port), lambda name: None)
                found |= {wire.id: term} if term is not None else {}
        return found

    @cached_property
    def mentioned(self) -> list[Wire]:
        """The wires of the chain and all that went into them, in tape order."""
        seen, waiting = set(self.kept), list(self.kept)
        while waiting:
            for use in self.sheet.operands[waiting.pop()]:
                if use.source not in seen:
                    seen.add(use.source)
                    waiting.append(use.source)
        return [self.sheet.wires[id_] for id_ in sorted(seen)]

    def given(self) -> list[tuple[Wire, str]]:
        """The numbers that the formulas start from, with their symbols."""
        numbers = [wire for wire in self.mentioned if not wire.is_gate and not wire.shape]
        numbers = [wire for wire in numbers if isinstance(wire.value, int | float | str)]
        return [(wire, self.symbol(wire)) for wire in numbers if wire.id not in self._written_out]

    def power_of_e(self, exponent: str) -> str:
        """A power of e, written so that no wire of that name can be meant."""
        return power_of_e(exponent, self.of_name)

    def of_name(self, name: str) -> Term | None:
        """What a name of the record's code stands for: a wire, or with a `d` before it a wire's gradient."""
        if name in self.by_name:
            return self.of_wire(self.by_name[name])
        source = self.by_name.get(name[1:]) if name.startswith("d") else None
        return Term(self.d(source), is_array=bool(source.shape)) if source is not None and source.has_gradient else None

    def local(self, use: Use) -> Term | None:
        """The local gradient along a use in symbols, where the record has it."""
        return formula(use.local_text, self.of_name) if use.local_text else None


def _letters(gate: str) -> str:
    return "".join(character if character.isalnum() else r"\_" for character in gate if character.isascii())


def first_entry(value: Value) -> Value:
    """The entry [1, 1] of nested lists, a number as it is; None where there is none."""
    while isinstance(value, list):
        if not value:
            return None
        value = value[0]
    return value


def gradient_norm(wire: Wire) -> Entry:
    """The norm of a wire's gradient, from its entries or its summary; None where it cannot be told."""
    if wire.gradient is None:
        return wire.gradient_summary.norm if wire.gradient_summary else None
    flat = reals(wire.gradient)
    return math.sqrt(math.fsum(entry**2 for entry in flat)) if len(flat) == len(entries(wire.gradient)) else None
