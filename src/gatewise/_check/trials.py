"""A program with a hand-written backward pass, run on one set of inputs: its gradients beside the true ones.

The true ones come from its forward pass, recorded on Tensors: every wire has one, whatever the user calls it.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._check.claims import claims_of
from gatewise._check.hearing import Event, Functions
from gatewise._check.subject import Subject
from gatewise._check.taping import NAMES, taped
from gatewise._circuit import Bit, Ports, Wire, parents_as_written
from gatewise._gates import Live
from gatewise._recording.functions import with_math
from gatewise._sweep import reached, sweep
from gatewise._tensor import Tensor, leaf

SCOPE = "__gatewise_scope__"
FEW = 300  #: entries whose gradients are taken from differences
NEAR = 0.03  #: how far the second point lies from the first, relatively: other numbers, the same branches


class UnseenError(Exception):
    """A program cannot be looked at; the message says why, as the end of a sentence."""


class Circuit:
    """What a recorded forward pass says: the value and the gradient of every wire, and what arrives from which gate."""

    def __init__(self, output: Wire, leaves: Mapping[str, Wire | None], bit: int, weights: Any) -> None:
        self.output, self.leaves, self.bit = output, leaves, bit
        self.wires = reached([output], bit, as_written=True)
        self.index = {wire: k for k, wire in enumerate(self.wires)}
        self.found: dict[int, Any] = {}
        self.parts: dict[int, list[tuple[int, Any]]] = {}
        value = output.value
        start = np.broadcast_to(np.asarray(1.0 if weights is None else weights, float), np.shape(value))
        self.start = float(start) if isinstance(value, float) else np.array(start, dtype=np.asarray(value).dtype)
        self.sweep(output, self.start, self.arrived, self.observed)

    def arrived(self, wire: Wire, g: Any) -> Any:
        if not isinstance(g, Ports):
            self.found[self.index[wire]] = plain(g)
        return g

    def observed(self, wire: Wire, _: int, parent: Wire, part: Any) -> None:
        if not isinstance(part, Ports) and parent in self.index:
            self.parts.setdefault(self.index[parent], []).append((self.index[wire], plain(part)))

    def sweep(self, wire: Wire, g: Any, arrive: Any = None, observe: Any = None) -> Mapping[Wire, Any]:
        with np.errstate(all="ignore"):
            return sweep({wire: g}, self.bit, arrive=arrive, observer=observe, as_written=True)

    def value(self, k: int) -> Any:
        return self.wires[k].value

    def truth(self, name: str) -> Any:
        """The gradient of a parameter."""
        return self.by_name(lambda k: self.found.get(k), name)

    def by_name(self, of: Callable[[int], Any], name: str) -> Any:
        wire = self.leaves[name]
        g = of(self.index[wire]) if wire is not None and wire in self.index else None
        return 0.0 if g is None else np.asarray(g, float)

    def behind(self, k: int) -> set[int]:
        """The wires that one is made of."""
        if not self._behind:
            for wire in self.wires:
                mine = [self.index[p] for p in parents_as_written(wire) if p in self.index]
                self._behind.append({*mine}.union(*(self._behind[p] for p in mine)))
        return self._behind[k]

    @cached_property
    def _behind(self) -> list[set[int]]:
        return []

    def down_from(self, k: int, g: Any) -> dict[str, Any]:
        """What a gradient at one wire becomes at each parameter."""
        got = self.swept(k, g)
        return {name: self.by_name(got.get, name) for name in self.leaves}

    def swept(self, k: int, g: Any) -> dict[int, Any]:
        """What a gradient at one wire becomes at that wire and at those that it is made of."""
        wire = self.wires[k]
        value = wire.value
        g = float(np.asarray(g).reshape(())) if isinstance(value, float) else np.asarray(g, np.asarray(value).dtype)
        if np.shape(g) != np.shape(value):
            g = np.reshape(g, np.shape(value))
        got: dict[int, Any] = {}

        def arrive(at: Wire, g: Any) -> Any:
            if not isinstance(g, Ports):
                got[self.index[at]] = plain(g)
            return g

        self.sweep(wire, g, arrive)
        return got


class Differences(Circuit):
    """What differences say of a function that cannot be recorded: the gradients of its parameters, and no more."""

    def __init__(self, gradients: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        with Bit() as bit:
            made = [leaf(values[name], bit).wire for name in gradients]
        self.wires = [wire for wire in made if wire is not None]
        self.index = {wire: k for k, wire in enumerate(self.wires)}
        self.leaves = dict(zip(gradients, self.wires, strict=True))
        self.found = dict(enumerate(gradients.values()))
        self.parts = {}

    def down_from(self, k: int, g: Any) -> dict[str, Any]:
        return {name: np.asarray(g, float) if wire is self.wires[k] else 0.0 for name, wire in self.leaves.items()}

    def swept(self, k: int, g: Any) -> dict[int, Any]:
        return {k: g}

    def behind(self, k: int) -> set[int]:
        return set()


def plain(g: Any) -> Any:
    return g.g if isinstance(g, Live) else g


@dataclass
class Heard:
    """One run: the gradients that came out, the value beside them, and every value on the way."""

    gradients: dict[str, Any]  #: None where none came, or one of another shape
    value: Any
    events: list[Event]


class Trial:
    """One program on one set of inputs."""

    circuit: Circuit
    names: Sequence[str]
    misshaped: dict[str, tuple[int, ...]]  #: the shapes of gradients that have not their parameter's

    def differ(self) -> None:
        """Take differences where the forward pass cannot be recorded."""
        raise NotImplementedError

    def record(self, beside: Collection[ast.stmt]) -> None:
        """Record the forward pass; these statements stand beside it."""
        raise NotImplementedError

    def heard(
        self, instead: Mapping[int, Any] | None = None, statement: tuple[ast.stmt, ast.AST] | None = None
    ) -> Heard:
        """A run with other values in the place of some, or another statement in the place of one."""
        raise NotImplementedError

    def changed(self, s: ast.stmt, instead: ast.AST) -> dict[str, Any]:
        """The gradients where another statement stands in the place of one. Raises what it raises."""
        raise NotImplementedError

    def scopes(self, s: ast.stmt) -> list[dict[str, Any]]:
        """What the names hold before a statement, each time that it runs."""
        raise NotImplementedError

    def space(self, s: ast.stmt) -> Mapping[str, Any]:
        """The names around a statement that are not its function's own."""
        raise NotImplementedError

    def text(self, s: ast.stmt) -> str:
        """A statement's first line, as the user wrote it."""
        raise NotImplementedError


class CheckedTrial(Trial):
    """What `gw.check` was given."""

    def __init__(
        self, subject: Subject, functions: Functions, gradient: Any, backward: Any, upstream: Any, nearby: bool
    ) -> None:
        self.subject, self.functions = subject, functions
        self.given = gradient, backward, upstream
        self.nearby = nearby
        self.misshaped = {}
        with self.at_point():
            first = subject.call()
            claims = self.claims(first)
            self.names = [p.name for p in subject.parameters if p.name in claims]

    @contextmanager
    def at_point(self) -> Iterator[None]:
        """The parameters moved a little, where this is the point nearby; notes and arrays as before afterwards."""
        subject, rng = self.subject, np.random.default_rng(7)
        notes, before = list(subject.notes), [p.array.copy() for p in subject.parameters]
        try:
            for p in subject.parameters if self.nearby else ():
                p.array[...] = p.array * rng.uniform(1 - NEAR, 1 + NEAR, p.array.shape)
            yield
        finally:
            subject.notes[:] = notes
            for p, values in zip(subject.parameters, before, strict=True):
                p.array[...] = values

    def claims(self, first: Any) -> dict[str, Any]:
        """The gradients by the names of their parameters; None for one of another shape."""
        found = claims_of(self.subject, first, *self.given)
        if found is None:
            return {}
        self.misshaped |= found.misshaped
        told = {name: g for name, g in found.by_name.items() if g is not None}
        return told | dict.fromkeys(found.misshaped)

    def record(self, beside: Collection[ast.stmt]) -> None:
        subject, before = self.subject, self.subject.taking_tensors
        with self.at_point(), self.functions.with_bodies(lambda body: taped(body, beside), NAMES):
            subject.taking_tensors = with_math(subject.f)
            try:
                self.circuit = self.recorded()
            finally:
                subject.taking_tensors = before

    def differ(self) -> None:
        """Take the true gradients from differences."""
        subject = self.subject
        chosen = [p for p in subject.parameters if p.name in self.names]
        if sum(p.size for p in chosen) > FEW or any(p.eps > 1e-10 for p in chosen):
            raise UnseenError("the forward pass could not be recorded, and is too large for differences")
        with self.at_point():
            found = {p.name: differences(subject.value, p.array) for p in chosen}
            self.circuit = Differences(found, {p.name: p.array.copy() for p in chosen})

    def recorded(self) -> Circuit:
        subject = self.subject
        made: list[Tensor] = []
        with Bit() as bit:

            def wanted(x: Any) -> Tensor:
                made.append(leaf(x, bit))
                return made[-1]

            out = subject.on_tensors(wanted)
            if not isinstance(out, Tensor) or out.wire is None:
                raise UnseenError("the value does not depend on what has a gradient, as far as it could be recorded")
            leaves = {p.name: x.wire for p, x in zip(subject.parameters, made, strict=True)}
            return Circuit(out.wire, {n: leaves[n] for n in self.names}, bit, subject.weights)

    def once(self) -> tuple[dict[str, Any], Any]:
        first = self.subject.call()
        return self.claims(first), self.subject.weighted(self.subject.output(first))

    def heard(
        self, instead: Mapping[int, Any] | None = None, statement: tuple[ast.stmt, ast.AST] | None = None
    ) -> Heard:
        with self.at_point():
            (gradients, value), events = self.functions.heard(self.once, instead or {}, statement)
        return Heard(gradients, value, events)

    def changed(self, s: ast.stmt, instead: ast.AST) -> dict[str, Any]:
        with self.at_point(), self.functions.with_statement(s, instead):
            return self.once()[0]

    def scopes(self, s: ast.stmt) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        space = self.functions.globals_of(s)
        space[SCOPE] = lambda names: found.append(copied(names))
        try:
            self.changed(s, with_scope(s))
        finally:
            space.pop(SCOPE, None)
        return found

    def space(self, s: ast.stmt) -> Mapping[str, Any]:
        return self.functions.space(s)

    def text(self, s: ast.stmt) -> str:
        return linecache.getline(self.functions.holder(s)[0].__code__.co_filename, s.lineno).strip()


def differences(f: Callable[[], float], x: Any) -> Any:
    """The gradient of f along an array that it reads, by central differences of two steps."""
    g = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        here, h = x[index], 2e-3 * max(abs(x[index]), 0.3)
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


def copied(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in names.items()}
