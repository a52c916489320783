"""The card of one wire: the gate that made it, term by term, and how its gradient came together."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence

from gatewise._views.checks import check_text, complex_shown
from gatewise._views.ledger import local_text, locally
from gatewise._views.meaning import nudge
from gatewise._views.numbers import Value, adds_up, equation, number, quantity
from gatewise._views.patterns import axes_text, lesson, spoken, stretched_axes, what_it_did
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Use, Wire, read
from gatewise._views.text import cells, padded_to, plain_text
from gatewise._views.trouble import cure_lines

_LABEL = 12  # cells from a line's label to its text
_PATTERN_AT, _SOURCE_AT = 27, 63  # where the head line's second and third parts stand
_LOCAL_EVERY = 23
_MOST_TERMS = 4  # of a sum that has more to come
_NAME = re.compile(r"(?<![\w.])([^\W\d]\w*)(\.m?T\b)?")
_LITERAL = re.compile(r"-?[0-9.]+(e[-+]?[0-9]+)?")
_ASSIGNED = re.compile(r"(\w+) = ")
_ZEROS = re.compile(r"\w+ = np\.zeros[^;]*; ")


def card(record: Mapping[str, object], name: str, *, digits: int | None = None, times: str = "*") -> str:
    """The card of the wire called `name`; `times` is the sign its products are written with.

    A wire a gate made shows that gate: forward, upstream, local, downstream, code. An input shows its uses. A name that
    is not in the circuit is an `UnknownWireError` with the nearest one.
    """
    sheet = read(record)
    wire = sheet.named(name)
    page = _Page(sheet, digits, times)
    lines = page.of_gate(wire) if wire.is_gate else page.of_input(wire)
    return "\n".join(line.rstrip() for line in lines)


def forward_part(sheet: Sheet, wire: Wire, digits: int | None = None, times: str = "*") -> list[str]:
    """The lines of a gate's card that the forward pass fills in."""
    page = _Page(sheet, digits, times)
    return _labelled("forward", [page.forward(wire)])


def backward_part(
    sheet: Sheet, wire: Wire, swept: Collection[int], digits: int | None = None, times: str = "*"
) -> list[str]:
    """The lines of a gate's card that the backward pass fills in, once the gates in `swept` have been gone through.

    Where a wire has uses by gates that are still to come, its sum is left open: `dx = 9 (from * in f) + ...`.
    """
    page = _Page(sheet, digits, times, swept)
    operands = sheet.operands[wire.id]
    return [
        *_labelled("upstream", [page.gradient_sum(wire)]),
        *_labelled("local", page.local(wire, operands)),
        *_labelled("downstream", page.downstream(wire, operands)),
    ]


def open_sum(terms: Sequence[str]) -> str:
    """A sum that has more to come; many terms are only counted.

    >>> open_sum(["9"]), open_sum(["9"] * 30)
    ('9 + ...', '30 contributions + ...')
    """
    listed = list(terms) if len(terms) <= _MOST_TERMS else [said("part.many", count=str(len(terms)))]
    return " + ".join([*listed, "..."])


def accumulated(code: Collection[str], begun: set[str]) -> list[str]:
    """Lines of backward code in which a second contribution is added to the first; `begun` holds the names so far.

    >>> accumulated(["dx = x * df", "dx = x * df"], set())
    ['dx = x * df', 'dx += x * df']
    >>> accumulated(["dx = np.zeros_like(x); dx[0] = df"], {"dx"})
    ['dx[0] += df']
    >>> accumulated(["ds = p.copy(); ds[y] -= 1"], {"ds"})
    ['ds_part = p.copy(); ds_part[y] -= 1; ds += ds_part']
    """
    lines = []
    for line in code:
        found = _ASSIGNED.match(line)
        again = found is not None and found[1] in begun
        begun |= {found[1]} if found else set()
        lines.append(_added(line, found[1]) if again and found else line)
    return lines


def _added(line: str, name: str) -> str:
    """A contribution added to what `name` holds: what is written into zeros is written into it instead."""
    line = _ZEROS.sub("", line)
    if "; " not in line:
        return line.replace(" = ", " += ", 1)
    return re.sub(rf"\b{name}\b", f"{name}_part", line) + f"; {name} += {name}_part"


class _Page:
    """The lines of one card, in the digits and the times sign that were asked for."""

    def __init__(self, sheet: Sheet, digits: int | None, times: str, swept: Collection[int] | None = None) -> None:
        self.sheet, self.digits, self.times = sheet, digits, times
        self.swept = sheet.code.keys() if swept is None else swept

    def of_gate(self, wire: Wire) -> list[str]:
        operands = self.sheet.operands[wire.id]
        return [
            self._head(wire),
            *_labelled("forward", [self.forward(wire)]),
            *_labelled("upstream", [self.gradient_sum(wire)]),
            *_labelled("local", self.local(wire, operands)),
            *_labelled("downstream", self.downstream(wire, operands)),
            *_labelled("code", self._code(wire)),
            *self._said_and_checked([wire, *self._sources(operands)], lesson(self.sheet, wire)),
        ]

    def of_input(self, wire: Wire) -> list[str]:
        uses = self.sheet.uses_of[wire.id]
        used = [self._use_line(use) for use in uses] or [said("card.unused")]
        return [
            f"{plain_text(wire.origin)}  {self._named(wire)} = {self.sheet.value(wire, self.digits)}",
            *_labelled("uses", used),
            *_labelled("gradient", [self.gradient_sum(wire)]),
            *self._said_and_checked([wire]),
        ]

    def _head(self, wire: Wire) -> str:
        head = _at_column(f"{said('card.gate')}  {wire.made}", what_it_did(self.sheet, wire, self.digits), _PATTERN_AT)
        if wire.line is None:
            return head
        told = f"{said('line', line=str(wire.line))}   {plain_text(wire.text)}"
        loop = self.sheet.loop_of(wire)
        return _at_column(head, told if loop is None else f"{told}   {loop.place}", _SOURCE_AT)

    def forward(self, wire: Wire) -> str:
        name, value = plain_text(wire.name), self.sheet.value(wire, self.digits)
        if self._any_array(wire):
            return f"{self._shaped(f'{wire.name} = {wire.expression}')} = {value}"
        values = {source.name: source.value for source in self._sources(self.sheet.operands[wire.id])}
        terms, signs = _terms(wire.expression, values)
        if terms:
            return f"{name} = {equation([*terms, wire.value], signs, self.times, self.digits)}"
        filled = self._filled(wire, values)
        if filled in ("", value):
            return f"{name} = {value}"
        is_exact = " * " not in wire.expression or all(map(self._is_exact, [*values.values(), wire.value]))
        return f"{name} = {filled} {'=' if is_exact else '≈'} {value}"

    def _is_exact(self, value: Value) -> bool:
        """Whether a number is printed to its last digit."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return isinstance(value, bool)
        return math.isfinite(value) and float(number(value, self.digits)) == value

    def _filled(self, wire: Wire, values: Mapping[str, Value]) -> str:
        """The gate's expression with the values of its operands in place of their names."""
        text = wire.expression

        def fill(found: re.Match[str]) -> str:
            if found[1] not in values:
                return found[0]
            shown = number(values[found[1]], self.digits) + (found[2] or "")
            tight = text[found.end() :].lstrip().startswith("**") or text[: found.start()].endswith("-")
            return f"({shown})" if tight and shown.startswith("-") else shown

        return plain_text(_NAME.sub(fill, text))

    def local(self, wire: Wire, operands: list[Use]) -> list[str]:
        texts = [self._local_along(wire, use) for use in operands]
        if not operands:
            return []
        if sum(map(cells, texts)) > 2 * _SOURCE_AT:
            return texts
        return ["".join(padded_to(text, max(_LOCAL_EVERY, cells(text) + 3)) for text in texts)]

    def _local_along(self, wire: Wire, use: Use) -> str:
        name, source = f"d{plain_text(wire.name)}/d{self._source(use)}", self.sheet.wires[use.source]
        if wire.pattern == "stops":
            return f"{name}: {_stopped('local.none', wire)}"
        if use.local is None and use.local_text is None:
            return f"{name}: {said(f'local.{_without_local(source)}', gate=spoken(wire))}"
        symbols = plain_text(use.local_text) if use.local_text else ""
        shown = local_text(use, self.digits)
        return f"{name} = {shown}" if symbols in ("", locally(use, self.digits)) else f"{name} = {symbols} = {shown}"

    def downstream(self, wire: Wire, operands: list[Use]) -> list[str]:
        lines = [line for use in operands for line in self._downstream_lines(wire, use)]
        forked = [source for source in self._sources(operands) if len(self.sheet.uses_of[source.id]) > 1]
        return lines + [self.gradient_sum(source) for source in forked if source.has_gradient]

    def _downstream_lines(self, wire: Wire, use: Use) -> list[str]:
        source = self.sheet.wires[use.source]
        lines = [self._back_along(wire, use)]
        at_once = wire.pattern in ("mixes", "spreads", "moves", "collects")
        axes = () if at_once else stretched_axes(source.shape, wire.shape)
        if axes and use.contribution is not None:
            again, made = (f"{plain_text(each.name)} {each.shape}" for each in (source, wire))
            lines.append(f"  {said('back.summed', axes=axes_text(axes), wire=again, made=made)}")
        return lines

    def _back_along(self, wire: Wire, use: Use) -> str:
        """What came back along a use: the whole gradient (`=`), or a part of it (`gets`) where there are more uses."""
        source = self.sheet.wires[use.source]
        is_whole = len(self.sheet.uses_of[source.id]) == 1 and source.id != self.sheet.output.id
        d, came = f"d{self._named(source)}", self._contribution(wire, use)
        return said("back.whole" if is_whole else "back.part", d=d, came=came)

    def _contribution(self, wire: Wire, use: Use) -> str:
        if wire.pattern == "stops":
            return _stopped("back.none", wire)
        if use.contribution is None:
            return self._left_out(use)
        terms = (wire.gradient, use.local, use.contribution)
        if any(isinstance(each, list) or each is None for each in terms):
            return _away(self._text(use.contribution), use.blocked)
        factors = f"d{plain_text(wire.name)} {self.times} d{plain_text(wire.name)}/d{self._source(use)}"
        return _away(f"{factors} = {equation(terms, ['*'], self.times, self.digits)}", use.blocked)

    def _left_out(self, use: Use) -> str:
        """What came along a use that the record holds no entries for: nothing, or an array too large to be listed."""
        source = self.sheet.wires[use.source]
        if source.gradient_summary is None or use.target not in self.sheet.code:
            return said("back.unknown")
        if len(self.sheet.uses_of[source.id]) == 1:
            return self.sheet.gradient(source, self.digits)
        return said("back.large", shape=str(source.shape))

    def _text(self, value: Value) -> str:
        return quantity(value, None, self.digits)

    def gradient_sum(self, wire: Wire) -> str:
        """`dw = -0.2 (from * at line 2) + 0.08 (from + at line 6) = -0.12`; one number where there is one use."""
        total = self.sheet.gradient(wire, self.digits)
        uses = [use for use in self.sheet.uses_of[wire.id] if use.contribution is not None]
        parts = [(use.contribution, self._origin(use)) for use in uses if use.target in self.swept]
        if self.is_pending(wire):
            so_far = [said("part", part=self._text(part), origin=origin) for part, origin in parts]
            return f"d{self._named(wire)} = {open_sum(so_far)}"
        if wire.id == self.sheet.output.id:
            parts.append((self.sheet.upstream, said("part.upstream")))
        if len(parts) < 2 or not wire.has_gradient:
            known = total if wire.has_gradient else said("back.unknown")
            return f"d{self._named(wire)} = {_away(known, self.sheet.is_routed_away(wire))}"
        terms = " + ".join(said("part", part=self._text(part), origin=origin) for part, origin in parts)
        return f"d{self._named(wire)} = {terms} {self._sum_sign([part for part, _ in parts], wire.gradient)} {total}"

    def is_pending(self, wire: Wire) -> bool:
        """Whether gates that use the wire are still to be gone through."""
        return any(
            use.target in self.sheet.code and use.target not in self.swept for use in self.sheet.uses_of[wire.id]
        )

    def _sum_sign(self, parts: list[Value], total: Value) -> str:
        """`=` where the numbers as printed add up to the sum as printed, else `≈`."""
        if any(isinstance(each, list | str) or each is None for each in (*parts, total)):
            return "="
        return "=" if adds_up([number(part, self.digits) for part in parts], number(total, self.digits)) else "≈"

    def _origin(self, use: Use) -> str:
        target = self.sheet.wires[use.target]
        gate = plain_text(target.symbol)
        if target.line is None:
            origin = said("part.name", gate=gate, name=plain_text(target.name))
        else:
            origin = said("part.line", gate=gate, line=str(target.line))
        if sum(each.source == use.source for each in self.sheet.operands[target.id]) > 1:
            origin = said("part.operand", origin=origin, number=str(use.port + 1))
        return said("part.away", origin=origin) if use.blocked else origin

    def _use_line(self, use: Use) -> str:
        target = self.sheet.wires[use.target]
        return _at_column(target.made, self._back_along(target, use), _PATTERN_AT - _LABEL)

    def _code(self, wire: Wire) -> list[str]:
        code = accumulated(self.sheet.code.get(wire.id, ()), set())
        if not self._any_array(wire):
            return [" ;  ".join(map(plain_text, code))] if code else []
        return [self._shaped(line) for line in code]

    def _shaped(self, code: str) -> str:
        """The code with the shape of each array after its name: `dW (D, C) = X.T (D, N) @ dS (N, C)`."""
        shapes: dict[str, tuple[int, ...]] = {}
        for wire in self.sheet.wires:
            shapes |= {wire.name: wire.shape}
            shapes.setdefault(f"d{wire.name}", wire.shape)

        def with_shape(found: re.Match[str]) -> str:
            shape = shapes.get(found[1], ())
            return f"{found[0]} {_turned(shape, found[2])}" if shape else found[0]

        return plain_text(_NAME.sub(with_shape, code), 400)

    def _said_and_checked(self, wires: list[Wire], first: str = "") -> list[str]:
        output = self.sheet.output
        said = [first]
        said += [nudge(self.sheet, wire, self.digits) for wire in wires if wire.id != output.id or not wire.is_gate]
        said += complex_shown(self.sheet, wires)
        checks = [(wire, self.sheet.checks[wire.id]) for wire in wires if wire.id in self.sheet.checks]
        checked = [check_text(wire, check) for wire, check in checks]
        return [
            *_labelled("instead", cure_lines(wires)),
            *_labelled("says", list(dict.fromkeys(line for line in said if line))),
            *_labelled("check", checked),
        ]

    def _any_array(self, wire: Wire) -> bool:
        return bool(wire.shape) or any(source.shape for source in self._each(self.sheet.operands[wire.id]))

    def _each(self, operands: list[Use]) -> list[Wire]:
        return [self.sheet.wires[use.source] for use in operands]

    def _sources(self, operands: list[Use]) -> list[Wire]:
        return list({source.id: source for source in self._each(operands)}.values())

    def _source(self, use: Use) -> str:
        return plain_text(self.sheet.wires[use.source].name)

    def _named(self, wire: Wire) -> str:
        return plain_text(wire.name) + (f" {wire.shape}" if wire.shape else "")


def _stopped(key: str, wire: Wire) -> str:
    """That a gate stops gradients, with its own sentence in parentheses where it has one."""
    why = plain_text(wire.says.rstrip("."))
    return said(f"{key}.why", why=why[:1].lower() + why[1:]) if why else said(key)


def _without_local(source: Wire) -> str:
    """Why there is no local gradient along an operand."""
    if source.has_gradient:
        return "whole"
    if source.dtype == "bool":
        return "bool"
    return "integer" if source.is_read or source.dtype.startswith(("int", "uint")) else "unasked"


def _away(text: str, is_away: bool) -> str:
    """A gradient, with a note where it was routed away."""
    return said("away", text=text) if is_away else text


def _terms(expression: str, values: Mapping[str, Value]) -> tuple[list[Value], list[str]]:
    """The numbers that a product or a sum is made of, and the signs between; nothing for anything else."""
    words = expression.split(" ")
    signs = words[1::2]
    if len(words) % 2 == 0 or not signs or not (set(signs) <= {"*"} or set(signs) <= {"+", "-"}):
        return [], []
    names = [word.strip("()") if "*" in signs else word for word in words[::2]]
    found = [values.get(name, float(name) if _LITERAL.fullmatch(name) else None) for name in names]
    return ([], []) if any(term is None or isinstance(term, bool) for term in found) else (found, signs)


def _labelled(label: str, texts: list[str]) -> list[str]:
    """The texts as lines of a card, the first with its label before it."""
    labels = [said(f"card.{label}"), *[""] * (len(texts) - 1)]
    return [f"  {padded_to(label, _LABEL)}{text}" for label, text in zip(labels, texts, strict=False)]


def _at_column(left: str, right: str, column: int) -> str:
    """Two parts of a line, the second at its column, or three spaces on where the first is long."""
    return padded_to(left, max(column, cells(left) + 3)) + right


def _turned(shape: tuple[int, ...], turn: str | None) -> tuple[int, ...]:
    if turn == ".T":
        return shape[::-1]
    if turn == ".mT":
        return (*shape[:-2], shape[-1], shape[-2])
    return shape
