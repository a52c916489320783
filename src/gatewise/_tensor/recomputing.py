"""Recomputing: a derivative that keeps few of its values, and computes the others again when it goes back.

The steps are kept, their values are not: every stretch of steps holds what came into it, and lets go of what it made.
A wire that has let go looks like any other. Whoever reads its value or its operands, a sweep or anything else, has its
stretch computed again, by the same functions on the same values; the stretch that was full before lets go meanwhile.
With stretches as long as there are stretches, n steps cost the memory of about sqrt(n) of them (Griewank and Walther,
Evaluating Derivatives, 2008, chapter 12).
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from gatewise._circuit import Attended, SourcedWire, Wire, lent
from gatewise._tensor.carrier import Tensor
from gatewise._types import Function, Parameters, Value

LEAST = 32  #: steps in a stretch whose length nobody gave: fewer are not worth the second computation
GONE = object()  #: in the place of a value that was let go of

VALUE, OPERANDS = vars(Wire)["value"], vars(Wire)["operands"]


class Inside(NamedTuple):
    """An operand that the stretch itself made: which of its results."""

    at: int


class Outside(NamedTuple):
    """An operand that an earlier stretch made: which one, and which of its results."""

    stretch: int
    at: int


Given = Mapping[Outside, Any]  #: what a stretch is given of the earlier ones
NOTHING: Given = {}


class Again(NamedTuple):
    """One step, to be computed again: its wire and those of its outputs, and what its rule had saved.

    An operand is `Inside` the stretch, `Outside`, or a value. `saved` are the operands of the rule, which are those of
    another gate where the step closed a block.
    """

    wire: weakref.ref[Wire]
    ports: tuple[weakref.ref[Wire] | None, ...]
    forward: Function
    operands: tuple[Any, ...]
    parameters: Parameters
    saved: tuple[Any, ...]


class Stretch:
    """Consecutive steps whose values may be let go of; it does not keep their wires, which refer to it once empty."""

    __slots__ = ("results", "steps")

    def __init__(self) -> None:
        self.steps, self.results = list[Again](), 0

    def let_go(self, owner: Recomputing) -> None:
        for step in self.steps:
            for ref in (step.wire, *step.ports):
                if ref is not None and (wire := ref()) is not None:
                    empty(wire, (owner, self))

    def compute(self, given: Given = NOTHING) -> None:
        """Fill every wire again, in the order they were made in."""
        made: list[Any] = []
        for step, out in self.run(made, given):
            saved, written = with_values(step.saved, made, given), with_values(step.operands, made, given)
            give_back(step.wire(), out, saved, written)
            for k, ref in enumerate(step.ports):
                give_back(ref() if ref is not None else None, out[k], (k,), ())

    def run(self, made: list[Any], given: Given) -> Iterator[tuple[Again, Any]]:
        """The steps, each with what it gives; all results are in `made`."""
        with np.errstate(all="ignore"):
            for step in self.steps:
                out = step.forward(*with_values(step.operands, made, given), **step.parameters)
                made.append(out)
                made += out if step.ports else ()
                yield step, out


def with_values(operands: Sequence[object], made: list[Any], given: Given) -> tuple[object, ...]:
    """The operands, with values in the places of what stretches make."""
    return tuple(
        [made[x.at] if type(x) is Inside else given[x] if type(x) is Outside else x for x in operands],
    )


def empty(wire: Any, makers: tuple[Recomputing, Stretch]) -> None:
    """Take a wire's value and operands away; in their place stands who can make them."""
    kind = type(wire)
    if kind is SourcedWire and wire.written is not None:
        wire.written = ((), *wire.written[1:])
    if kind in EMPTY:
        wire.__class__ = EMPTY[kind]
        VALUE.__set__(wire, GONE)
        OPERANDS.__set__(wire, makers)


def give_back(wire: Any, value: Value, operands: tuple[object, ...], written: tuple[Any, ...]) -> None:
    """Give a wire back what it had; one that was never emptied, or that nobody holds, is left alone."""
    kind = type(wire)
    if kind in FULL:
        wire.__class__ = FULL[kind]
        wire.value, wire.operands = value, operands
    if kind is EmptySourcedWire and wire.written is not None:
        wire.written = (written, *wire.written[1:])


def computed(wire: object) -> Value:
    """The wire, full again."""
    owner, stretch = OPERANDS.__get__(wire)
    owner.compute(stretch)
    return wire


class EmptyWire(Wire):
    """A wire that has let go of its value and operands."""

    __slots__ = ()
    value: Any = property(lambda self: computed(self).value)
    operands: Any = property(lambda self: computed(self).operands)


class EmptySourcedWire(SourcedWire):
    """The same where a block's rule took a gate's place."""

    __slots__ = ()
    value: Any = property(lambda self: computed(self).value)
    operands: Any = property(lambda self: computed(self).operands)
    written: Any = property(lambda self: computed(self).written)


EMPTY: dict[type, type] = {Wire: EmptyWire, SourcedWire: EmptySourcedWire}
FULL = {empty: full for full, empty in EMPTY.items()}


class Recomputing:
    """Takes the steps of one derivative into stretches of `every` steps, or of a length that grows with their number.

    For use with `with`, around the run of the function, in its thread. `bit` is the derivative's.
    """

    def __init__(self, bit: int, every: int = 0) -> None:
        self.attended, self.every, self.taken = Attended(bit), every, 0
        self.full: Stretch | None = None  # the one that was computed again
        self.last: Stretch | None = None  # complete, and not yet let go of: blocks look a few steps back

    def __enter__(self) -> None:
        self.attended.__enter__()
        self.around, lent.recomputing = lent.recomputing, self
        self.begin()

    def __exit__(self, *_: object) -> None:
        lent.recomputing = self.around
        self.attended.__exit__()
        del self.last, self.stretch, self.places  # what is not full yet keeps its values, and no stretch is held here

    def begin(self) -> None:
        self.stretch = Stretch()
        self.places: dict[Wire, int] = {}

    def take(
        self,
        wire: Wire,
        made: Any,
        forward: Function,
        operands: Sequence[object],
        parameters: Parameters,
        block: tuple[Any, ...] | None,
    ) -> None:
        """Take a step, unless one of its operands may change under its hands: then it keeps what it has."""
        if not all(map(is_fast, operands)):
            return
        inside = tuple(map(self.entry, operands))
        saved = inside if block is None else tuple(map(self.entry_of, block[4], block[0]))
        several = type(made) is not Tensor
        ports = tuple([weakref.ref(p.wire) if p.bits else None for p in made]) if several else ()
        at = self.stretch.results
        self.places[wire] = at
        if several:
            self.places.update({p.wire: at + 1 + k for k, p in enumerate(made) if p.bits})
        self.stretch.steps.append(Again(weakref.ref(wire), ports, forward, inside, parameters, saved))
        self.stretch.results += 1 + len(ports)
        self.taken += 1
        if len(self.stretch.steps) >= (self.every or max(LEAST, math.isqrt(self.taken))):
            self.turn()

    def entry(self, x: object) -> Value:
        return self.entry_of(x.wire, x.value) if type(x) is Tensor else x

    def entry_of(self, wire: Wire | None, value: object) -> object:
        """An operand for another time: by its place where this stretch makes it, else by its value, which is kept."""
        at = self.places.get(wire) if wire is not None else None
        return value if at is None else Inside(at)

    def turn(self) -> None:
        """Begin the next stretch; the one before this lets go."""
        if self.last is not None:
            self.last.let_go(self)
        self.last = self.stretch
        self.begin()

    def compute(self, stretch: Stretch) -> None:
        """Compute a stretch again; the one that was full lets go first."""
        if self.full is not None:
            self.full.let_go(self)
        self.full = stretch
        stretch.compute()


FAST = (type(None), bool, int, float, complex, np.generic, str)


def is_fast(x: object) -> bool:
    """Whether an operand keeps its value: not an array that is written into, nor a plain one of the user's."""
    return not getattr(x.alias, "own", False) if type(x) is Tensor else isinstance(x, FAST)
