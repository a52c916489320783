"""A net of layers: each is judged by itself, given what comes in and what arrives at it."""

from __future__ import annotations

import ast
import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gatewise._check.diagnosis import Mistake
from gatewise._check.kept import methods_of, owners, unchanged
from gatewise._check.layers import RATES, Layer
from gatewise._check.lines import Told
from gatewise._check.report import Report
from gatewise._check.returned import statements_of
from gatewise._types import Named, Namespace

Judging = Callable[[Layer, Named, Any], Report]


@dataclass
class NetLayer:
    """A layer of a net by its place there, and what its two halves were called with."""

    name: str
    made: Any
    methods: tuple[str, str]
    came: list[Namespace] = field(default_factory=list)
    arrived: list[Namespace] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return f"{self.name} ({type(self.made).__name__})"

    @property
    def upstream(self) -> Any:
        """What arrived at its output, or its outputs; nothing where its backward half takes nothing."""
        (given,) = self.arrived
        found = [x for name, x in given.items() if name not in self.came[-1] and name not in RATES]
        return found if len(found) > 1 else next(iter(found), None)


def lines_of_layer(
    layer: Layer, inputs: Named, upstream: Any, judged: Judging, searched: Callable[[], Told]
) -> tuple[Told, list[str]]:
    """The lines at fault of an object, and notes: in its layers, else where they are found as of any function."""
    told, notes = lines_by_layer(layer, inputs, upstream, judged)
    told = searched() if told is None else told
    only = only_line(layer) if not told.mistakes and not told.suspects else None
    return Told([only]) if only is not None else told, notes


def only_line(layer: Layer) -> Mistake | None:
    """The one line of a backward half that is no longer, and calls nothing: `return dout`."""
    body = statements_of(layer.backward)
    if len(body) != 1 or not isinstance(body[0], ast.Return) or any(isinstance(e, ast.Call) for e in ast.walk(body[0])):
        return None
    text = ast.unparse(body[0])
    return Mistake(body[0].lineno, text, "returned value", None, None, "other", "The backward half has no other line.")


def lines_by_layer(net: Layer, inputs: Named, upstream: Any, judged: Judging) -> tuple[Told | None, list[str]]:
    """The lines at fault in those of its layers that are wrong by themselves, and notes; None where none is.

    A layer that is run several times, as over time, is not judged alone.
    """
    with unchanged(net.made):
        parts = layers_within(net.made)
        with heard(parts):
            net.gradient(upstream, [*inputs])(**inputs)
        once = [part for part in parts if part.came and len(part.arrived) == 1]
        found = [(part, judged(Layer(part.made, *part.methods), part.came[-1], part.upstream)) for part in once]
    wrong = [(part, report) for part, report in found if report.verdict == "wrong"]
    right = [part.shown for part, report in found if report.verdict == "right"]
    missed = [part.shown for part in parts if part.came and not part.arrived]
    passed = [f"the way back never comes to {', '.join(missed)}"] if missed else []
    if not wrong:
        between = f"by themselves {', '.join(right)} are right: the mistake is in what is between layers"
        return None, passed or ([between] if len(right) > 1 and len(right) == len(parts) else [])
    told = f"{', '.join(part.shown for part, _ in wrong)} {'is' if len(wrong) == 1 else 'are'} wrong"
    told += f"; {', '.join(right)} {'is' if len(right) == 1 else 'are'} right" if right else ""
    notes = [*passed, f"given what arrives at each, {told}"]
    notes += [f"{part.shown}: {note}" for part, report in wrong for note in report.notes if "could not be told" in note]
    suspects = {each.line: each for _, report in wrong for each in report.suspects}
    return Told(by_line(wrong), "", tuple(suspects.values())), notes


def by_line(wrong: Sequence[tuple[NetLayer, Report]]) -> list[Mistake]:
    """The mistakes in the order of the code, each with the layers that have it."""
    found = dict[tuple[int, str], Mistake]()
    for part, report in wrong:
        for m in report.mistakes:
            own = f"{part.name}.{m.layer}" if m.layer else part.shown
            before = found.get((m.line, m.variable))
            found[m.line, m.variable] = replace(before or m, layer=f"{before.layer}, {own}" if before else own)
    return sorted(found.values(), key=lambda m: m.line)


def layers_within(net: Any) -> list[NetLayer]:
    """The layers that a net is made of; those within a layer are that one's own."""
    found = list[NetLayer]()
    for prefix, owner in owners(net):
        inside = any(prefix.startswith(f"{part.name}.") and prefix != f"{part.name}." for part in found)
        methods = methods_of(type(owner))
        if prefix and methods is not None and not inside:
            found.append(NetLayer(prefix.removesuffix("."), owner, methods))
    return found


@contextmanager
def heard(parts: Sequence[NetLayer]) -> Iterator[None]:
    """Each call of the halves of these layers is written down, as long as this lasts."""
    own = {id(part.made): part for part in parts}
    places = {(type(part.made), half, k) for part in parts for k, half in enumerate(part.methods)}
    before = [(cls, half, vars(cls).get(half)) for cls, half, _ in places]
    try:
        for cls, half, k in places:
            setattr(cls, half, listening(getattr(cls, half), own, k))
        yield
    finally:
        for cls, half, was in before:
            if was is None:
                delattr(cls, half)
            else:
                setattr(cls, half, was)


def listening(method: Any, own: Mapping[int, NetLayer], which: int) -> Any:
    """A method that writes down what it is called with, by name; not of the calls that it makes of itself."""
    active = set[int]()

    @functools.wraps(method)
    def heard_so(self: Any, *args: Any, **kwargs: Any) -> Any:
        part = own.get(id(self))
        if part is None or id(self) in active:
            return method(self, *args, **kwargs)
        given = inspect.signature(method).bind(self, *args, **kwargs).arguments
        named = {name: copy.deepcopy(x) for name, x in given.items() if x is not self}
        (part.came, part.arrived)[which].append(named)
        active.add(id(self))
        try:
            return method(self, *args, **kwargs)
        finally:
            active.discard(id(self))

    return heard_so
