"""The derivation of a circuit of arrays: stage by stage from the output, as one writes it by hand."""

from __future__ import annotations

from collections.abc import Sequence

from gatewise._views.derivation.chain import Chain, first_entry, gradient_norm
from gatewise._views.derivation.dimensions import PRODUCTS, Dimensions
from gatewise._views.derivation.ends import stated, unreached
from gatewise._views.derivation.figures import added_up, equals_number, figure, guarded, sum_written
from gatewise._views.derivation.losses import (
    CrossEntropy,
    Penalty,
    SoftmaxBlock,
    SpelledBlock,
    cross_entropy_closed_by,
    is_one,
    penalty,
    shares,
    softmax_closed_by,
)
from gatewise._views.derivation.page import (
    Code,
    Display,
    Formula,
    Heading,
    Page,
    Piece,
    Sentence,
    displays,
    heading,
    on_brackets,
    sentence,
)
from gatewise._views.derivation.part import Part
from gatewise._views.derivation.rounds import through_time
from gatewise._views.derivation.rules import Rules
from gatewise._views.meaning import objective
from gatewise._views.numbers import Value, reals
from gatewise._views.phrases import said
from gatewise._views.sheet import Use, Wire

_WIDEST_ROW = 10


def derived(chain: Chain) -> Page:
    """The derivation of a circuit in which there are arrays."""
    return _Arrays(chain).page()


class _Arrays:
    def __init__(self, chain: Chain) -> None:
        self.chain, self.sheet, self.digits = chain, chain.sheet, chain.digits
        self.dimensions = Dimensions(chain)
        self.rules = Rules(chain, self.dimensions)
        self.blocks: list[Heading | Sentence | Display] = []
        blocks = [cross_entropy_closed_by(chain, wire) or softmax_closed_by(chain, wire) for wire in chain.gates()]
        self.whole_blocks = {found.closing.id: found for found in blocks if found}
        self.penalties = self._penalties()
        hidden = [each.inside - {each.closing.id} for each in self.whole_blocks.values()]
        hidden += [self._within(each) for each in self.penalties.values()]
        self.hidden = frozenset[int]().union(*hidden)
        chain.inside = self.hidden
        self.factors: dict[int, str] = {}  # gradients that are one factor, as 1/N, because 1 arrived
        self.parts: dict[int, list[tuple[Use | SpelledBlock, Part]]] = {}

    def _penalties(self) -> dict[int, Penalty]:
        """By wire: its penalty, where it has another use to which it is added."""
        found = {}
        for id_ in self.chain.kept:
            wire, uses = self.sheet.wires[id_], self.chain.live_uses[id_]
            each = next((met for use in uses if (met := penalty(self.chain, wire, use))), None)
            if each is not None and len(each.uses) < len(uses):
                found[id_] = each
        return found

    def _within(self, found: Penalty) -> frozenset[int]:
        """The gates of a penalty that are not derived one by one; its last gate is, where that is no mere term."""
        return found.inside if self.chain.joins(found.top) is not None else found.inside - {found.top.id}

    def page(self) -> Page:
        self._opening()
        for wire in self.chain.gates():
            if wire.id not in self.hidden and self.chain.joins(wire) is None:
                self._stage(wire)
        self.blocks += unreached(self.chain)
        return [*self.blocks, *on_brackets(self.blocks)]

    def _say(self, key: str, **slots: Piece | Sequence[Piece]) -> None:
        self.blocks.append(sentence(f"derivation.{key}", **slots))

    def _show(self, *lines: str) -> None:
        self.blocks += displays(lines)

    # ------------------------------------------------------------------------------------------------------- opening

    def _opening(self) -> None:
        wires = [self.sheet.wires[id_] for id_ in sorted(self.chain.wanted)]
        example = next((wire for wire in wires if wire.shape), wires[0])
        f, wire = Code(objective(self.sheet)), Code(example.name)
        self._say("short", d=Code(f"d{example.name}"), f=f, wire=wire)
        sizes = ", ".join(f"{letter} = {size}" for size, letter in self.dimensions.letters.items())
        if sizes:
            self._say("sizes", sizes=Formula(sizes))
        arrays = [wire for wire in self.dimensions.arrays if self._is_shown(wire)]
        if arrays:
            self._say("shapes", shapes=[part for wire in arrays for part in self._shape(wire, wire is arrays[0])])
        self.blocks += stated(self.chain, self.dimensions.letters.values())
        made = [wire for wire in self.chain.mentioned if wire.is_gate and self._is_shown(wire)]
        if made:
            self._say("forward")
            self._show(*(self._forward(wire) for wire in made))
        self._start()

    def _is_shown(self, wire: Wire) -> bool:
        hidden = wire.id in self.hidden and not wire.named
        return not wire.is_gate or not (hidden or self.chain.joins(wire) is not None)

    def _shape(self, wire: Wire, is_first: bool) -> list[Piece]:
        """`X (N, D)`, with a comma before it where another one is told already."""
        told: list[Piece] = [Code(wire.name), f" {self.dimensions.shape(wire.shape)}"]
        return told if is_first else [", ", *told]

    def _forward(self, wire: Wire) -> str:
        is_piece = wire.gate == "split"
        piece = rf"\text{{{said('derivation.formula.piece')} }} " if is_piece else ""
        return f"{self.chain.symbol(wire)} &= {piece}{self.chain.told(wire, self.hidden).latex}"

    def _start(self) -> None:
        output = self.sheet.output
        d = self.chain.d(output)
        if self.sheet.upstream_is_one:
            every = rf" \text{{ {said('derivation.formula.every')}}}"
            self._say("output")
            self._show(f"{d} = 1" + (every if output.shape else ""))
        else:
            self._say("output.given")
            self._first_and_norm(output, equals_number(first_entry(output.gradient), self.digits))

    # ------------------------------------------------------------------------------------------------------- one stage

    def _stage(self, wire: Wire) -> None:
        self.blocks += through_time(self.sheet, wire, self.chain.kept)
        block, uses = self.whole_blocks.get(wire.id), self._uses(wire)
        if wire.named and (block or uses):
            self.blocks.append(heading(2, "derivation.back", wire=Code(wire.name)))
        match block:
            case SoftmaxBlock():
                self._softmax(block)
                return
            case CrossEntropy():
                self._entropy(block)
                return
        if wire.named and uses:
            self._show(self._forward(wire), *self._element(wire))
        terms = [each for each in self._joined(wire) if each.id != wire.id]
        if terms and not wire.shape and uses:
            self._say("terms", d=Code(f"d{wire.name}"))
        for use in uses:
            self._along(use)

    def _element(self, wire: Wire) -> list[str]:
        """One element of `X W + b` written out; nothing for other stages."""
        found = (
            [wire, *(self.sheet.wires[use.source] for use in self.sheet.operands[wire.id])]
            if wire.gate == "add"
            else [wire]
        )
        products = [
            each for each in found if each.gate in PRODUCTS and (each is wire or self.chain.joins(each) is not None)
        ]
        vectors = [each for each in found[1:] if each.shape == wire.shape[-1:]]
        if len(wire.shape) != 2 or len(products) != 1 or len(vectors) != len(found[1:]) - (wire.gate == "add"):
            return []
        left, right = (self.sheet.wires[use.source] for use in self.sheet.operands[products[0].id])
        if not len(left.shape) == len(right.shape) == 2:
            return []
        i, j, k, entry = self.rules.i, self.rules.j, self.rules.k, self.chain.symbols.entry
        pair = rf"{entry(left.name, i + k)} \, {entry(right.name, k + j)}"
        added = "".join(f" + {entry(each.name, j)}" for each in vectors)
        size = self.dimensions.letter(left.shape[1])
        return [rf"{entry(wire.name, i + j)} &= \sum_{{{k}=1}}^{{{size}}} {pair}{added}"]

    def _joined(self, wire: Wire) -> list[Wire]:
        """The gate and the terms written out in it, the gate first."""
        found = [wire]
        for each in found:
            sources = [self.sheet.wires[use.source] for use in self.chain.backward(each)]
            found += [s for s in sources if s.id not in self.hidden and self.chain.joins(s) is not None]
        return found

    def _uses(self, wire: Wire) -> list[Use]:
        """The uses behind a stage: inputs first, then inner wires."""
        uses = [use for each in self._joined(wire) for use in self.chain.backward(each)]
        outer = [use for use in uses if not self._is_inner(self.sheet.wires[use.source])]
        return sorted(outer, key=lambda use: (self.sheet.wires[use.source].is_gate, use.source, use.target, use.port))

    def _is_inner(self, wire: Wire) -> bool:
        return wire.id in self.hidden or self.chain.joins(wire) is not None

    def _along(self, use: Use) -> None:
        self._add(self.sheet.wires[use.source], use, self.rules.part(use))

    def _add(self, source: Wire, way: Use | SpelledBlock, part: Part) -> None:
        """Write one part of a wire's gradient, and the whole once all of its parts are there."""
        found = self.parts.setdefault(source.id, [])
        found.append((way, part))
        expected = self._expected(source)
        alone = expected == 1
        self.blocks += part.before if alone else [_one_part(block) for block in part.before]
        d = self.chain.d(source)
        self._show(f"{d} = {part.latex}" if alone else rf"{d} \mathrel{{+}}= {part.latex}")
        self.blocks += part.after
        if alone:
            self._in_numbers(source, part)
        elif len(found) + (source.id in self.penalties) == expected:
            self._whole(source, found)
        elif len(found) == 1:
            self._say("elsewhere", wire=Code(source.name))

    def _expected(self, source: Wire) -> int:
        """How many parts a wire's gradient has; a penalty and a block are one each."""
        uses = self.chain.live_uses[source.id]
        blocks = [each for each in self.whole_blocks.values() if each.scores.id == source.id]
        covered = {id_ for each in blocks for id_ in each.inside}
        covered |= self.penalties[source.id].inside if source.id in self.penalties else set()
        return len([use for use in uses if use.target not in covered]) + len(blocks) + (source.id in self.penalties)

    def _whole(self, source: Wire, found: Sequence[tuple[Use | SpelledBlock, Part]]) -> None:
        d, parts = self.chain.d(source), [part.summand for _, part in found]
        values = [self._first_part(way) for way, _ in found]
        if source.id in self.penalties:
            latex, value = self._penalty(self.penalties[source.id])
            parts, values = [*parts, latex], [*values, value]
        else:
            self._say("sum")
        self._show(f"{d} = {added_up(parts)}")
        value = first_entry(source.gradient)
        self._first_and_norm(source, "" if value is None else _summed(values, value, self.digits))

    def _first_part(self, way: Use | SpelledBlock) -> Value:
        if isinstance(way, SpelledBlock):
            return None
        return first_entry(way.contribution)

    # --------------------------------------------------------------------------------------------------------- numbers

    def _in_numbers(self, source: Wire, part: Part) -> None:
        """The first entry worked out, and the norm."""
        value = first_entry(source.gradient)
        if value is None:
            self._first_and_norm(source, "")
        else:
            self._first_and_norm(
                source, part.working(value, self.digits) if part.working else equals_number(value, self.digits)
            )
        way = self.parts[source.id][0][0]
        if part.local and isinstance(way, Use) and is_one(self.sheet.wires[way.target].gradient):
            self.factors[source.id] = part.local

    def _first_and_norm(self, source: Wire, first: str) -> None:
        """The first entry, which `first` says what it is, and the norm where the wire is an array."""
        entry = self.chain.symbols.entry(source.name, "1" * len(source.shape), "d")
        length = gradient_norm(source) if source.shape else None
        lines = [f"{entry} &{first}"] if first else []
        if length is not None:
            lines.append(rf"\lVert {self.chain.d(source)} \rVert &{equals_number(length, self.digits)}")
        if lines:
            self._say("numbers")
            self._show(*lines)

    # ------------------------------------------------------------------------------------- penalties and cross-entropy

    def _penalty(self, found: Penalty) -> tuple[str, Value]:
        """The sentence for a penalty; its part of the gradient, and the first entry of that."""
        wire, symbol = found.wire, self.chain.symbol(found.wire)
        scale = f"{found.scale.latex} \\," if found.scale else ""
        scaled = rf"{found.scale.latex} \cdot " if found.scale else ""
        top = "" if is_one(found.top.gradient) else rf"{self.chain.d(found.top)} \cdot "
        square = self.chain.symbols.entry(
            wire.name, "".join((self.rules.i, self.rules.j, self.rules.k)[: len(wire.shape)])
        )
        self._say("penalty", wire=Code(wire.name), penalty=Formula(rf"{scale} \sum {{{square}}}^{{2}}".strip()))
        parts = [first_entry(use.contribution) for use in found.uses]
        return rf"2 \cdot {top}{scaled}{symbol}", None if None in parts else sum(reals(parts))

    def _softmax(self, found: SoftmaxBlock) -> None:
        scores, p, entry = found.scores, found.closing, self.chain.symbols.entry
        k, row = self.rules.k, self.rules.i * (len(p.shape) - 1)
        at, other = row + self.rules.j, row + k
        size = self.dimensions.letter(p.shape[-1])
        self._say("softmax")
        power = self.chain.power_of_e
        below = rf"\sum_{{{k}=1}}^{{{size}}} {power(entry(scores.name, other))}"
        self._show(rf"{entry(p.name, at)} = \frac{{{power(entry(scores.name, at))}}}{{{below}}}")
        self._say_shift(found)
        self._say("softmax.back")
        mean = rf"\sum_{{{k}=1}}^{{{size}}} {entry(p.name, other)} \, {entry(p.name, other, 'd')}"
        inside = rf"\left({entry(p.name, at, 'd')} - {mean}\right)"
        element = rf"{entry(scores.name, at, 'd')} &= {entry(p.name, at)} {inside}"
        symbol, d, row_word = self.chain.symbol(p), self.chain.d(p), said("derivation.formula.row")
        latex = rf"{symbol} \odot \left({d} - \sum_{{\text{{{row_word}}}}} {symbol} \odot {d}\right)"
        self._add(scores, found, Part(latex, [Display((element,))]))

    def _say_shift(self, found: SpelledBlock) -> None:
        if found.is_shifted:
            self._say("shift")

    def _entropy(self, found: CrossEntropy) -> None:
        scores, closing = found.scores, found.closing
        p = self.chain.symbols.free("p", "P", "q", "Q")
        i, j = self.rules.i, self.rules.j
        entry = self.chain.symbols.entry
        right = entry(found.classes.name, i) if found.classes else rf"y_{{{i}}}"
        self._say_entropy(found, p, right)
        one_less = rf"\left({p}_{{{i}{j}}} - [{j} = {right}]\right)"
        element = rf"{entry(scores.name, i + j, 'd')} &= {self.chain.d(closing)} \cdot {one_less}"
        onehot = rf"\mathrm{{onehot}}({self.chain.symbol(found.classes) if found.classes else 'y'})"
        d, less = self.chain.d(closing), rf"\left({p} - {onehot}\right)"
        factor = self.factors.get(closing.id)
        latex = rf"{d} \cdot {less}" + (rf" = {factor} \cdot {less}" if factor else "")
        if is_one(closing.gradient):
            latex = rf"{p} - {onehot}"
        sizes = sentence(
            "derivation.entropy.sizes",
            d=Code(f"d{scores.name}"),
            shape=self.dimensions.shape(scores.shape),
            scores=Code(scores.name),
            shares=Formula(p),
            onehot=Formula(onehot),
            upstream=Code(f"d{self.chain.whole(closing).name}"),
        )
        once = [sentence("derivation.entropy.factor", factor=Formula(factor))] if factor else []
        after = [sizes, *once, *self._row(found, p)]
        self._add(scores, found, Part(latex, [Display((element,))], after))

    def _say_entropy(self, found: CrossEntropy, p: str, right: str) -> None:
        """What the loss is, forward, and why each score gets its share, the right one less 1."""
        scores, closing = found.scores, found.closing
        i, j, k = self.rules.i, self.rules.j, self.rules.k
        entry = self.chain.symbols.entry
        columns = self.dimensions.letter(scores.shape[1])
        self._say("entropy", scores=Code(scores.name), shares=Formula(p))
        rows = self.dimensions.letter(scores.shape[0])
        power = self.chain.power_of_e
        below = rf"\sum_{{{k}=1}}^{{{columns}}} {power(entry(scores.name, i + k))}"
        self._show(
            rf"{p}_{{{i}{j}}} &= \frac{{{power(entry(scores.name, i + j))}}}{{{below}}}",
            rf"{self.chain.symbol(closing)} &= -\sum_{{{i}=1}}^{{{rows}}} \log {p}_{{{i},{right}}}",
        )
        self._say_shift(found)
        self._say("entropy.back")

    def _row(self, found: CrossEntropy, p: str) -> list[Sentence | Display]:
        """The first row in numbers."""
        rows, gradient = found.scores.value, found.scores.gradient
        g, classes = first_entry(found.closing.gradient), found.classes.value if found.classes else None
        if not isinstance(rows, list) or not isinstance(gradient, list) or not isinstance(classes, list):
            return []
        row = shares(rows[0]) if len(rows[0]) <= _WIDEST_ROW else None
        if row is None or not isinstance(g, int | float):
            return []
        right = int(classes[0])
        column = right % len(row) + 1
        shown = [figure(share, self.digits) for share in row]
        less = [f"{text} - 1" if place + 1 == column else text for place, text in enumerate(shown)]
        result = ", ".join(figure(each, self.digits) for each in gradient[0])
        d = self.chain.d(found.scores)
        return [
            sentence("derivation.entropy.row", **{"class": str(right), "column": str(column)}),
            Display((
                rf"{p}_{{1}} &\approx ({', '.join(shown)})",
                rf"({d})_{{1}} &\approx {guarded(figure(g, self.digits))} \cdot ({', '.join(less)})",
                    rf"&\approx ({result})",
            )),
        ]  # fmt: skip


def _one_part(block: Sentence | Display) -> Sentence | Display:
    """A formula that gives one of several parts: it adds to the gradient, and is not the whole of it."""
    if isinstance(block, Sentence):
        return block
    return Display(tuple(line.replace(" &= ", r" &\mathrel{+}= ", 1) for line in block.lines))


def _summed(parts: Sequence[Value], whole: Value, digits: int | None) -> str:
    """The parts of a first entry added up; the entry alone where a part is not known."""
    return equals_number(whole, digits) if None in parts else f"= {sum_written(parts, whole, digits)}"
