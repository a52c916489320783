"""A program with a hand-written backward pass, run on one set of inputs: its gradients beside the true ones.

The true ones come from its forward pass, recorded on Tensors: every wire has one, whatever the user calls it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gatewise._check.claims import Given, claims_of
from gatewise._check.comparing import Value
from gatewise._check.hearing import Event
from gatewise._check.subject import Subject
from gatewise._check.swapping import Code
from gatewise._check.taping import NAMES, taped
from gatewise._check.wires import Wires
from gatewise._circuit import Bit, Wire
from gatewise._tensor import Tensor, leaf
from gatewise._twins import seen
from gatewise._types import Namespace, Plain

SCOPE = "__gatewise_scope__"
FEW = 300  #: entries whose gradients are taken from differences
NEAR = 0.03  #: how far the second point lies from the first, relatively: other numbers, the same branches


VISITS = 1_000_000  #: of wires, on all ways back that are walked for one circuit: ten times what usual code asks for


class TooManyError(Exception):
    """There is too much to look at; the message says what, as a reason why no line is named."""


class UnseenError(Exception):
    """A program cannot be looked at; the message says why, as the end of a sentence."""


class Circuit(Wires):
    """What a recorded forward pass says: the value and the gradient of every wire, and what arrives from which gate."""

    def __init__(self, output: Wire, leaves: Mapping[str, Wire | None], bit: int, weights: Plain | None) -> None:
        super().__init__(output, bit)
        self.leaves, self.visits = leaves, 0
        value = output.value
        start = np.broadcast_to(np.asarray(1.0 if weights is None else weights, float), np.shape(value))
        self.found, self.parts = self.swept({self.index[output]: start}, {})

    def truth(self, name: str) -> Value:
        """The gradient of a parameter."""
        return self.by_name(self.found, name)

    def by_name(self, gradients: Mapping[int, Value], name: str) -> Value:
        wire = self.leaves[name]
        g = gradients.get(self.index[wire]) if wire is not None and wire in self.index else None
        return 0.0 if g is None else np.asarray(g, float)

    def down_from(self, k: int, g: Value) -> dict[str, Value]:
        """What a gradient at one wire becomes at each parameter."""
        got = self.from_wire(k, g)
        return {name: self.by_name(got, name) for name in self.leaves}

    def from_wire(self, k: int, g: Value) -> dict[int, Value]:
        """What a gradient at one wire becomes at that wire and at those that it is made of.

        Raises `TooManyError` where more was asked than is worth the wait.
        """
        self.visits += k
        if self.visits > VISITS:
            raise TooManyError("the way back was walked from more of its values than there is time for")
        return self.swept({k: g}, {}).gradients


class Differences(Circuit):
    """What differences say of a function that cannot be recorded: the gradients of its parameters, and no more."""

    def __init__(self, gradients: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]) -> None:
        with Bit() as bit:
            made = [leaf(values[name], bit).wire for name in gradients]
        self.wires = [wire for wire in made if wire is not None]
        self.index = {wire: k for k, wire in enumerate(self.wires)}
        self.leaves = dict(zip(gradients, self.wires, strict=True))
        self.found = dict(enumerate(gradients.values()))
        self.parts = {}
        self.behind = [set() for _ in self.wires]

    def from_wire(self, k: int, g: Value) -> dict[int, Value]:
        return {k: g}


@dataclass
class Heard:
    """One run: the gradients that came out, the value beside them, and every value on the way."""

    gradients: dict[str, np.ndarray | None]  #: None where none came, or one of another shape
    value: float
    events: list[Event]


class Point(Protocol):
    """One set of inputs of a program: how it is run there, and what comes out."""

    names: list[str]
    misshaped: dict[str, tuple[int, ...]]  #: the shapes of gradients that have not their parameter's

    def here(self) -> AbstractContextManager[None]:
        """Inside, the program is at this point; afterwards everything is as it was."""

    def once(self) -> tuple[dict[str, np.ndarray | None], float]:
        """The gradients that come out, None for one of another shape, and the value beside them."""

    def recorded(self) -> Circuit:
        """The forward pass, on Tensors."""

    def movable(self) -> Mapping[str, np.ndarray] | None:
        """The parameters, where changing these arrays moves the value; None where they are short floats."""

    def value(self) -> float:
        """The value with the parameters as they are now."""


class Trial:
    """One program at one point: its gradients beside the true ones."""

    circuit: Circuit

    def __init__(self, point: Point, code: Code) -> None:
        self.point, self.code = point, code
        self.names, self.misshaped = list(point.names), point.misshaped

    def record(self, beside: Collection[ast.stmt]) -> None:
        """Record the forward pass; these statements stand beside it."""
        with self.point.here(), self.code.running(lambda body, _: taped(body, beside), NAMES):
            self.circuit = self.point.recorded()

    def differ(self) -> None:
        """Take differences where the forward pass cannot be recorded."""
        at = self.point.movable()
        if at is None or sum(x.size for x in at.values()) > FEW:
            raise UnseenError("the forward pass could not be recorded, and is too large for differences")
        with self.point.here():
            found = {name: differences(self.point.value, x) for name, x in at.items()}
            self.circuit = Differences(found, {name: x.copy() for name, x in at.items()})

    def heard(
        self, instead: Mapping[int, object] | None = None, statement: tuple[ast.stmt, ast.stmt] | None = None
    ) -> Heard:
        """A run with other values in the place of some, or another statement in the place of one."""
        with self.point.here():
            (gradients, value), events = self.code.heard(self.point.once, instead or {}, statement)
        return Heard(gradients, value, events)

    def gradients_with(self, instead: Mapping[int, object]) -> dict[str, np.ndarray | None]:
        """The gradients with other values in the place of some. Raises what the program raises."""
        with self.point.here():
            return self.code.run_with(self.point.once, instead)[0]

    def changed(self, change: AbstractContextManager[None]) -> dict[str, np.ndarray | None]:
        """The gradients inside a change of the code. Raises what it raises."""
        with self.point.here(), change:
            return self.point.once()[0]

    def scopes(self, s: ast.stmt) -> list[Namespace]:
        """What the names hold before a statement, each time that it runs."""
        found: list[dict[str, object]] = []

        def look(names: Mapping[str, object]) -> None:
            found.append(names_copied({n: x for n, x in names.items() if not n.startswith("__")}))

        with self.point.here(), self.code.with_statement(s, with_scope(s), {SCOPE: look}):
            self.point.once()
        return found


def is_mask(array: np.ndarray) -> bool:
    """Whether an array says yes or no: `R == 1` has no place where it is moved, and one-hot rows are none then."""
    return array.size > 1 and bool(np.all((array == 0) | (array == 1)) and np.any(array == 1) and np.any(array == 0))


class Checked:
    """What `gw.check` was given, at its inputs or near them."""

    def __init__(self, subject: Subject, given: Given, nearby: bool) -> None:
        self.subject, self.given, self.nearby = subject, given, nearby
        self.misshaped: dict[str, tuple[int, ...]] = {}
        with self.here():
            claims = self.claims(subject.call())
            self.names = [p.name for p in subject.parameters if p.name in claims]

    @contextmanager
    def here(self) -> Iterator[None]:
        """The parameters moved a little, where this is the point nearby; notes and arrays as before afterwards."""
        subject, rng = self.subject, np.random.default_rng(7)
        notes, before, taking = (
            list(subject.notes),
            [p.array.copy() for p in subject.parameters],
            subject.taking_tensors,
        )
        try:
            for p in (p for p in subject.parameters if self.nearby and not is_mask(p.array)):
                p.array[...] = p.array * rng.uniform(1 - NEAR, 1 + NEAR, p.array.shape)
            yield
        finally:
            subject.notes[:], subject.taking_tensors = notes, taking
            for p, values in zip(subject.parameters, before, strict=True):
                p.array[...] = values

    def claims(self, first: object) -> dict[str, np.ndarray | None]:
        """The gradients by the names of their parameters; None for one of another shape."""
        found = claims_of(self.subject, first, self.given)
        if found is None:
            return {}
        self.misshaped |= found.misshaped
        told = {name: g for name, g in found.by_name.items() if g is not None}
        return told | dict.fromkeys(found.misshaped)

    def once(self) -> tuple[dict[str, np.ndarray | None], float]:
        first = self.subject.call()
        return self.claims(first), self.subject.weighted(self.subject.output(first))

    def recorded(self) -> Circuit:
        subject = self.subject
        subject.taking_tensors = seen(subject.f)
        made: list[Tensor] = []
        with Bit() as bit:

            def wanted(x: Plain) -> Tensor:
                made.append(leaf(x, bit))
                return made[-1]

            out = wire_of(subject.on_tensors(wanted))
            leaves = {p.name: x.wire for p, x in zip(subject.parameters, made, strict=True)}
            return Circuit(out, {n: leaves[n] for n in self.names}, bit, subject.weights)

    def movable(self) -> Mapping[str, np.ndarray] | None:
        chosen = [p for p in self.subject.parameters if p.name in self.names]
        return None if any(p.eps > 1e-10 for p in chosen) else {p.name: p.array for p in chosen}

    def value(self) -> float:
        return self.subject.value()


def wire_of(out: object) -> Wire:
    """The wire of an output. Raises `UnseenError` where it has none."""
    if not isinstance(out, Tensor) or out.wire is None:
        raise UnseenError("the value does not depend on what has a gradient, as far as it could be recorded")
    return out.wire


def differences(f: Callable[[], float], x: np.ndarray) -> np.ndarray:
    """The gradient of f along an array that it reads, by central differences of two steps."""
    g = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        here = float(x[index])
        h = 2e-3 * max(abs(here), 0.3)
        slopes = []
        for step in (h, h / 2):
            ends = []
            for t in (step, -step):
                x[index] = here + t
                ends.append(f())
            slopes.append((ends[0] - ends[1]) / (2 * step))
        x[index] = here
        g[index] = (4 * slopes[1] - slopes[0]) / 3
    return g


def with_scope(s: ast.stmt) -> ast.stmt:
    """A statement, with a look at the names before it."""
    call = ast.parse(f"{SCOPE}(locals())").body[0]
    return ast.copy_location(ast.If(ast.Constant(True), [call, s], []), s)


def names_copied(names: Mapping[str, object]) -> dict[str, object]:
    return {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in names.items()}
