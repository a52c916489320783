"""The chain rule on numbers, wire by wire from the output: symbols, numbers, result."""

from __future__ import annotations

from gatewise._views.derivation.chain import Chain
from gatewise._views.derivation.ends import stated, unreached
from gatewise._views.derivation.figures import equals_number, figure, guarded, product_line, sum_written
from gatewise._views.derivation.formulas import is_written_number
from gatewise._views.derivation.page import (
    Code,
    Display,
    Formula,
    Heading,
    Page,
    Piece,
    Sentence,
    Words,
    displays,
    on_brackets,
    sentence,
)
from gatewise._views.derivation.rounds import part_over_rounds, through_time
from gatewise._views.patterns import lesson
from gatewise._views.sheet import Use, Wire

_COUNTED = 4  # uses up to which there is a word for how many


def derived(chain: Chain) -> Page:
    """The derivation of a circuit of numbers."""
    return _Scalars(chain).page()


class _Scalars:
    def __init__(self, chain: Chain) -> None:
        self.chain, self.sheet = chain, chain.sheet
        self.blocks: list[Heading | Sentence | Display] = []
        self.lines: list[str] = []
        starts_at_one = self.sheet.upstream_is_one
        self.top = chain.symbol(self.sheet.output) if starts_at_one else chain.symbols.free("L", "J", "E")

    def page(self) -> Page:
        self._forward()
        self._start()
        for wire in self.chain.gates():
            if over := through_time(self.sheet, wire, self.chain.kept):
                self._close()
                self.blocks += over
            for source in dict.fromkeys(use.source for use in self.chain.backward(wire)):
                uses = self.chain.live_uses[source]
                if min(use.target for use in uses) == wire.id:
                    self._gradient(self.sheet.wires[source], uses)
        self._close()
        self.blocks += unreached(self.chain)
        return [*self.blocks, *on_brackets(self.blocks)]

    def _say(self, key: str, **slots: Piece) -> None:
        self._close()
        self.blocks.append(sentence(f"derivation.{key}", **slots))

    def _write(self, line: str) -> None:
        self.lines.append(line)

    def _close(self) -> None:
        self.blocks += displays(self.lines)
        self.lines = []

    def _forward(self) -> None:
        self.blocks += stated(self.chain)
        made = [wire for wire in self.chain.mentioned if wire.is_gate]
        if not made:
            return
        self._say("forward.each")
        for wire in made:
            value = equals_number(wire.value, self.chain.digits) if not wire.shape and wire.value is not None else ""
            told = self.chain.told(wire).latex
            first = wire.role == "before"  # what it is in the round that is shown, and what in the first one
            line = rf"& {value} \quad ({told})" if first else f"&= {told} {value}"
            self._write(f"{self.chain.symbol(wire)} {line}".rstrip())

    def _start(self) -> None:
        output = self.sheet.output
        if not self.sheet.upstream_is_one:
            arrives = figure(self.sheet.upstream, self.chain.digits)
            top = Formula(rf"{self.top} = {arrives} \cdot {self.chain.symbol(output)}")
            self._say("starts", upstream=Formula(arrives), top=top)
        self._ties()
        self._say("backward")
        self._write(f"{self._of(output)} &= {figure(output.gradient, self.chain.digits)}")

    def _ties(self) -> None:
        for wire in self.chain.gates():
            if wire.pattern == "routes" and (told := lesson(self.sheet, wire)):
                self._say("tie", wire=Code(wire.name), lesson=Words(f"{told}."))

    def _of(self, wire: Wire) -> str:
        return rf"\frac{{\partial {self.top}}}{{\partial {self.chain.symbol(wire)}}}"

    def _gradient(self, wire: Wire, uses: list[Use]) -> None:
        if len(uses) == 1:
            self._write(f"{self._of(wire)} &= {self._along(uses[0])}")
            return
        often = f"used.{len(uses)}" if len(uses) <= _COUNTED else "used"
        self._say(often, wire=Code(wire.name), count=str(len(uses)))
        for place, use in enumerate(uses):
            self._write(rf"\left.{self._of(wire)}\right|_{{{place + 1}}} &= {self._along(use)}")
        parts = sum_written([use.contribution for use in uses], wire.gradient, self.chain.digits)
        self._write(f"{self._of(wire)} &= {parts}")
        self._close()

    def _along(self, use: Use) -> str:
        """`df/dq * z = 1 * -4 = -4`: the factor in symbols where it holds wires, as `dq/dx` where it is a number."""
        target = self.sheet.wires[use.target]
        if target.is_edge:
            return self._at_edge(use, target)
        numbers = product_line(target.gradient, use.local, use.contribution, self.chain.digits)
        return rf"{self._of(target)} \cdot {self._factor(use, target)} = {numbers}"

    def _at_edge(self, use: Use, target: Wire) -> str:
        """What comes back at the edge of a loop: over all rounds, to the first one, or as it is."""
        came = equals_number(use.contribution, self.chain.digits)
        over = part_over_rounds(self.sheet, self.sheet.wires[use.source], target, self._of(target))
        return f"{self._of(target) if over is None else over.latex} {came}"

    def _factor(self, use: Use, target: Wire) -> str:
        if not is_written_number(use.local_text or ""):
            local = self.chain.local(use)
            if local is not None:
                return local.latex if local.binding > 1 else rf"\left({local.latex}\right)"
        elif len(self.chain.live_uses[use.source]) > 1 or target.id == self.sheet.output.id:
            # There dq/dx could be read as the whole derivative, of which this is one part.
            return guarded(figure(use.local, self.chain.digits))
        return rf"\frac{{\partial {self.chain.symbol(target)}}}{{\partial {self._source(use)}}}"

    def _source(self, use: Use) -> str:
        return self.chain.symbol(self.sheet.wires[use.source])
