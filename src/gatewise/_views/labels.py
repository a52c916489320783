"""What stands at the wires of a picture: names, shapes, values, gradients, and what came back along a branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gatewise._views.drawing import USUAL_SIZE, width_of
from gatewise._views.heat import Heat, heat_of
from gatewise._views.meaning import objective
from gatewise._views.numbers import Summary, Value, is_finite, quantity, reals, shape_text
from gatewise._views.phrases import said
from gatewise._views.sheet import Sheet, Use, Wire
from gatewise._views.text import plain_text, shorten

SIZE, SMALL_SIZE, SYMBOL_SIZE = USUAL_SIZE, 11.0, 14.0
LINE = 15.0  # from one line of text to the next
_WIDEST_NAME = 24
_HEAT_GAP = 4.0  # between a heat map and what stands beside it, or under it


@dataclass
class Label:
    """One line of text, with a heat map before it for an array; the title is what a pointer resting on it shows."""

    text: str
    kind: str
    title: str = ""
    is_loud: bool = False
    wire: int | None = None
    heat: Heat | None = None

    @property
    def width(self) -> float:
        """Its width where it stands beside a wire."""
        return width_of(self.text, SIZE) + (self.heat.width + _HEAT_GAP if self.heat else 0.0)

    @property
    def height(self) -> float:
        """Its height there."""
        return max(LINE, self.heat.height + _HEAT_GAP if self.heat else 0.0)

    @property
    def text_from(self) -> float:
        """Where the text begins."""
        return self.heat.width + _HEAT_GAP if self.heat else 0.0


Stack = tuple[list[Label], list[Label]]  # above and below a wire


def shown_name(name: str) -> str:
    """A name as a picture shows it: harmless, and not too long."""
    return shorten(plain_text(name), _WIDEST_NAME)


def height_of(labels: Sequence[Label]) -> float:
    """The height of some labels, one under another."""
    return sum(label.height for label in labels)


def room_between(stacks: Sequence[Stack]) -> list[float]:
    """How far apart wires have to leave, each with the labels of one above and of the next below."""
    return [height_of(under) + height_of(over) + 16 for (_, under), (over, _) in pairwise(stacks)]


class Labels:
    """Makes the labels of one circuit."""

    def __init__(self, sheet: Sheet, digits: int | None) -> None:
        self.sheet, self.digits = sheet, digits

    def stack(self, wire: Wire) -> Stack:
        """What stands above and below a wire."""
        return self._above(wire), self._below(wire)

    def _above(self, wire: Wire) -> list[Label]:
        """From the top down: the name and shape of an inner wire, then the value."""
        name = shown_name(wire.name) if wire.named and wire.id != self.sheet.output.id else ""
        head = " ".join(part for part in (name, shape_text(wire.shape)) if part)
        heads = [Label(head, "name" if name else "shape", wire.name, False, wire.id)] if head and wire.is_gate else []
        if wire.is_cut:
            heads = [Label(said("mark.cut"), "shape", said("title.cut", name=wire.name), False, wire.id)]
        title = said("title.value", name=wire.name, value=_in_full(wire.value, wire.summary))
        heat = heat_of(wire.value, wire.summary, self.digits) if wire.shape and wire.dtype != "bool" else None
        text = heat.scale if heat else self.sheet.value(wire, self.digits)
        return [*heads, Label(text, "value", title, not is_finite(wire.value, wire.summary), wire.id, heat)]

    def _below(self, wire: Wire) -> list[Label]:
        full = _in_full(wire.gradient, wire.gradient_summary)
        title = said("title.gradient", f=objective(self.sheet), name=wire.name, gradient=full)
        if not wire.has_gradient:
            mark = "mark.blank" if self.sheet.is_worksheet else "mark.unknown"
            return [Label(said(mark), "gradient", title, False, wire.id)]
        heat = heat_of(wire.gradient, wire.gradient_summary, self.digits) if wire.shape else None
        text = heat.scale if heat else self.sheet.gradient(wire, self.digits)
        text = said("mark.gradient.away", gradient=text) if self.sheet.is_routed_away(wire) else text
        loud = not is_finite(wire.gradient, wire.gradient_summary)
        return [Label(text, "gradient", title, loud, wire.id, heat)]

    def branch(self, uses: list[Use], forks: bool) -> Label | None:
        """What came back along one branch of a fork; where a wire has one branch, its gradient says it already."""
        source, gate = self.sheet.wires[uses[0].source], self.sheet.wires[uses[0].target].gate
        if all(self.sheet.wires[use.target].pattern == "stops" for use in uses):
            return Label(said("mark.stops"), "branch", said("title.stops", gate=gate, name=source.name))
        if not forks:
            return None
        if all(use.blocked for use in uses):
            return Label(said("mark.away"), "branch", said("title.away", gate=gate, name=source.name))
        came, summary = _total([use.contribution for use in uses]), uses[0].contribution_summary
        if self.sheet.is_worksheet:
            unknown = said("title.branch", name=source.name, gradient=said("title.unknown"))
            return Label(said("mark.blank"), "branch", unknown)
        if came is None and not source.has_gradient:
            return None  # the dash on the trunk says it for every branch
        if summary is not None and len(uses) > 1:
            return None  # no sum of summaries says anything
        heat = heat_of(came, summary, self.digits) if summary is not None or isinstance(came, list) else None
        text = heat.scale if heat else quantity(came, summary, self.digits)
        text = said("mark.unknown") if came is None and summary is None else text
        title = said("title.branch", name=source.name, gradient=_in_full(came, summary))
        return Label(text, "branch", title, not is_finite(came, summary))


def _total(contributions: Sequence[Value]) -> Value:
    """The sum of what came back for one operand; None where nothing came."""
    came = [each for each in contributions if each is not None]
    if len(came) < 2:
        return came[0] if came else None
    columns = [each for each in came if isinstance(each, list)]
    if columns:
        return [_total(parts) for parts in zip(*columns, strict=True)]
    return sum(reals(came))


def _in_full(value: Value, summary: Summary | None) -> str:
    if value is None:
        return said("title.unknown") if summary is None else quantity(None, summary)
    return str(value)
