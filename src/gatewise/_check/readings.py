"""What the values of a backward pass stand for: which gradient each is, and which one what follows takes it for."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gatewise._check.comparing import largest, plain, squeezed
from gatewise._check.moving import Moving
from gatewise._check.names import wire_named

PARTS = 6  #: contributions to one gradient of which all sums are tried
MANY = 40  #: contributions that are tried one by one


@dataclass(frozen=True)
class Reading:
    """What a value stands for: c times the gradient of a wire, or of some of the uses of that wire."""

    wire: int
    c: float
    whole: bool = True


class Readings(Moving):
    """Reads the values of a backward pass."""

    @cached_property
    def backward(self) -> list[int]:
        """The values that change gradients, and not the function."""
        value = self.runs[0].value
        return [
            i
            for i, moved in self.moved.items()
            if (moved.value == value or value != value) and self.reaches(i) and i not in self.forward
        ]

    @cached_property
    def forward(self) -> set[int]:
        """The values of the forward pass that are computed again or handed on, and do not what a gradient does."""
        return {
            i
            for i, e in enumerate(self.events)
            if i in self.moved and self.is_forward(i) and (is_packed(e.place.statement) or not self.roles(i))
        }

    def is_forward(self, i: int) -> bool:
        """Whether it is a value of the forward pass."""
        v = self.events[i].value
        for k, wire in enumerate(self.trials[0].circuit.wires):
            if squeezed(wire.value) != squeezed(v) or np.size(v) < 1 or np.asarray(v).dtype.kind != "f":
                continue
            if all(
                self.agree(r.events[i].value, t.circuit.value(k)) for r, t in zip(self.runs, self.trials, strict=True)
            ):
                return True
        return False

    # ------------------------------------------------------------------------------------- what a value stands for

    def readings(self, i: int) -> list[Reading]:
        """The gradients that a value is a constant multiple of, those that it is exactly first."""
        if i not in self._readings:
            values = [r.events[i].value for r in self.runs]
            self._readings[i] = sorted(self.read(values), key=lambda r: (abs(r.c - 1) > 1e-9, not r.whole))
        return self._readings[i]

    @cached_property
    def _readings(self) -> dict[int, list[Reading]]:
        return {}

    def read(self, values: Sequence[Any]) -> Iterator[Reading]:
        """What a value stands for that is this at the one point, and this at the other."""
        shape = squeezed(values[0])
        if not largest(values[0]):
            return
        for k, g in self.trials[0].circuit.found.items():
            if squeezed(g) != shape:
                continue
            all_of = [self.contributions(n, k) for n in range(len(self.trials))]
            for chosen in sums(len(all_of[0])):
                c = self.multiple(values, [total(each, chosen) for each in all_of])
                if c is not None:
                    yield Reading(k, c, len(chosen) == len(all_of[0]))

    def contributions(self, n: int, k: int) -> list[Any]:
        """What arrives at a wire, use by use; the gradient itself where it comes in one piece."""
        circuit = self.trials[n].circuit
        by_use: dict[int, Any] = {}
        for consumer, part in circuit.parts.get(k, []):
            by_use[consumer] = by_use.get(consumer, 0.0) + np.asarray(part, float)
        return list(by_use.values()) or [np.asarray(circuit.found[k], float)]

    def multiple(self, values: Sequence[Any], gradients: Sequence[Any]) -> float | None:
        """The number c for which the values are c times the gradients, at both points."""
        c = None
        for v, g in zip(values, gradients, strict=True):
            v, g = np.asarray(v, float).ravel(), np.broadcast_to(np.asarray(g, float), np.shape(g)).ravel()
            if v.shape != g.shape or not largest(g):
                return None
            c = float(v @ g / (g @ g)) if c is None else c
            if not c or largest(v - c * g) > self.close * largest(v):
                return None
        return c

    def down(self, k: int) -> Mapping[str, Any]:
        """What becomes of a gradient at a wire in the usual direction, at the parameters that it reaches."""
        if k not in self._down:
            circuit = self.trials[0].circuit
            shape = np.shape(circuit.value(k))
            found = circuit.down_from(k, self.direction(shape))
            self._down[k] = {q: g for q, g in found.items() if largest(g)}
        return self._down[k]

    @cached_property
    def _down(self) -> dict[int, Mapping[str, Any]]:
        return {}

    def ratio(self, i: int, k: int) -> dict[str, float] | None:
        """How many times over a value does what the gradient of wire k would do, at each parameter that it reaches.

        None where it does not become a multiple of that.
        """
        moved = self.moved[i]
        if np.asarray(moved.by).dtype.kind != "f":
            return None
        size = 0.1 * (largest(self.events[i].value) or 1.0)
        if self.reaches(i) != {*self.down(k)}:
            return None
        down = {q: size * g for q, g in self.down(k).items()}
        found = {}
        for q in self.names:
            before, after = self.runs[0].gradients[q], moved.gradients.get(q)
            if before is None or after is None:
                return None
            d = np.asarray(after, float) - np.asarray(before, float)
            expected = np.broadcast_to(down.get(q, 0.0), np.shape(d))
            scale = max(largest(before), largest(after))
            if largest(d) <= 1e-11 * scale and not largest(expected):
                continue
            if not largest(expected):
                found[q] = 0.0
                continue
            r = float(np.sum(d * expected) / np.sum(expected * expected))
            if largest(d - r * expected) > self.close * max(largest(d), 1e-4 * scale):
                found[q] = 0.0
                continue
            found[q] = r
        return found

    def roles(self, i: int) -> dict[int, float]:
        """The wires whose gradient a value does the work of, by what becomes of it; and how many times over."""
        if i not in self._roles:
            self._roles[i] = dict(self.plays(i))
        return self._roles[i]

    @cached_property
    def _roles(self) -> dict[int, dict[int, float]]:
        return {}

    def plays(self, i: int) -> Iterator[tuple[int, float]]:
        v = self.events[i].value
        if i not in self.moved or np.asarray(v).dtype.kind != "f":
            return
        shape, found = squeezed(v), self.trials[0].circuit.found
        for k in (k for k, g in found.items() if squeezed(g) == shape):
            ratio = self.ratio(i, k)
            if not ratio or any(not d for d in ratio.values()):
                continue
            d = next(iter(ratio.values()))
            if all(self.is_one(each / d) for each in ratio.values()):
                yield k, d

    def is_good(self, i: int) -> bool:
        """Whether a value is right: a gradient, or a multiple of one that what follows makes up for."""
        if i not in self._good:
            self._good[i] = self.found_good(i)
        return self._good[i]

    @cached_property
    def _good(self) -> dict[int, bool]:
        return {}

    def found_good(self, i: int) -> bool:
        v = self.events[i].value
        if v is None or not largest(v) or i in self.forward or (self.is_forward(i) and not self.plain_readings(i)):
            return True
        if self.is_handed_on(i):
            return True
        roles = self.roles(i)
        for r in self.readings(i):
            if self.is_one(r.c) and r.whole and np.size(v) > 1 and self.is_meant(i, r):
                return True
            if self.is_made_up_for(i, r) and (r.whole or self.is_added_to(i, r.wire)):
                return True
            if r.whole and not roles and any(self.is_one(r.c / c) for c in self.conventions):
                return True
        return self.is_at_convention(i)

    def is_at_convention(self, i: int) -> bool:
        """Whether a value is held at a multiple for which lines make up elsewhere, as what it is made of is."""
        return any(
            any(self.is_one(r.c / c) for c in self.conventions)
            and (r.whole or self.is_added_to(i, r.wire))
            and self.is_kept(i, r)
            for r in self.readings(i)
        )

    def plain_readings(self, i: int) -> list[Reading]:
        """What a value is a multiple of, among what it does the work of."""
        roles = self.roles(i)
        return [r for r in self.readings(i) if r.wire in roles]

    def is_meant(self, i: int, r: Reading) -> bool:
        """Whether a value that is the gradient of a wire is meant to be that one.

        What follows may treat it as the gradient of another one: then its name decides, and without one, whether it is
        made there, or handed on as it is.
        """
        roles = self.roles(i)
        named = self.wires_named(i)
        if r.wire not in named and (named & {*roles} or (named and not roles)):
            return False
        if not roles or r.wire in roles:
            return True
        if not self.trials[0].circuit.behind(r.wire) & {*roles}:
            return False
        if named:
            return True
        return not any(
            i in self.changes[j] and any(x.wire == r.wire and x.whole for x in self.readings(j))
            for j in self.backward
            if j < i
        )

    def wires_named(self, i: int) -> set[int]:
        """The wires whose gradient the name of a value says it is."""
        key = self.events[i].place.key
        if key not in self._named:
            base = wire_named(key, self.values_named)
            self._named[key] = self.values_named[base] if base is not None else set()
        return self._named[key]

    @cached_property
    def _named(self) -> dict[str, set[int]]:
        return {}

    @cached_property
    def values_named(self) -> dict[str, set[int]]:
        """The wires that the names of the forward pass stand for."""
        circuit = self.trials[0].circuit
        found: dict[str, set[int]] = {
            name: {circuit.index[wire]} for name, wire in circuit.leaves.items() if wire in circuit.index
        }
        for i, e in enumerate(self.events):
            if i in self.moved and np.asarray(e.value).dtype.kind == "f" and np.size(e.value) > 1:
                same = {k for k, w in enumerate(circuit.wires) if self.agree(e.value, plain(w.value))}
                if same:
                    found.setdefault(e.place.key, set()).update(same)
        return found

    def is_handed_on(self, i: int) -> bool:
        """Whether a statement gives another name to what no line of the backward pass has made."""
        value = getattr(self.events[i].place.statement, "value", None)
        return isinstance(value, (ast.Name, ast.Attribute)) and not any(i in later for later in self.changes.values())

    def is_made_up_for(self, i: int, r: Reading) -> bool:
        """Whether what follows turns a multiple of a gradient into a gradient, at one parameter at least."""
        ratio = self.ratio(i, r.wire) if i in self.moved else None
        return bool(ratio) and any(self.is_one(r.c * d) for d in (ratio or {}).values())

    def is_kept(self, i: int, r: Reading) -> bool:
        """Whether a value is made of one that is held at the same multiple, for which another line makes up."""
        if any(map(self.is_one, self.roles(i).values())):  # no line after it makes up for anything
            return False
        before = (j for j in self.moved if j < i and i in self.changes[j])
        return any(
            x.whole and self.is_one(x.c / r.c) and self.is_made_up_for(j, x) for j in before for x in self.readings(j)
        )

    def is_its_own(self, i: int, r: Reading) -> bool:
        """Whether a part is exactly the gradient that it is added as: what becomes of the whole is not its fault."""
        whole, d = self.whole_of(i), self.roles(i).get(r.wire)
        if whole is None or d is None or not r.whole or not self.is_one(r.c):
            return False
        return any(self.is_one(d / each) for each in self.roles(whole).values())

    def whole_of(self, i: int) -> int | None:
        """What a variable is after a part was added to it, or put into it."""
        place = self.events[i].place
        if place.how != "part":
            return None
        later = (j for j in range(i + 1, len(self.events)) if self.events[j].place.statement is place.statement)
        return next((j for j in later if self.events[j].place.how == "after"), None)

    def is_added_to(self, i: int, k: int) -> bool:
        """Whether something later that does the work of wire k is made of a value and of something else."""
        later = [j for j in self.backward if j in self.changes[i] and k in self.roles(j)]
        return any(self.multiple([self.events[j].value], [self.events[i].value]) is None for j in later)

    @cached_property
    def conventions(self) -> set[float]:
        """How many times their size gradients are held at, where what follows makes up for it."""
        return {
            round(r.c, 9)
            for i in self.moved
            for r in self.readings(i)
            if not self.is_one(r.c) and r.whole and self.is_made_up_for(i, r)
        }

    def is_cleared(self, i: int, without: int | None = None) -> bool:
        """Whether something right and no smaller is made of it; not counted what is `without`, or is made of that."""
        if self.is_good(i):
            return True
        size = np.size(self.events[i].value)
        right = [q for q in self.reaches(i) if q not in self.wrong]
        if any(np.size(self.runs[0].gradients[q]) >= size for q in right):
            return True
        left_out = set() if without is None else {without, *self.changes[without]}
        made = [j for j in self.changes[i] - left_out if j in self.backward and largest(self.events[j].value)]
        return any(np.size(self.events[j].value) >= size and self.is_good(j) for j in made)

    def is_begun(self, j: int, i: int) -> bool:
        """Whether a value that is no gradient is what another one was before a line changed it in place.

        Then it is one that has been begun (probabilities, of which 1 is taken), and may lack a factor.
        """
        changed, held = self.events[i].place, self.events[j].place
        begun = changed.how != "value" and held.key == changed.key and changed.statement is not held.statement
        return begun and largest(self.events[j].value) > 0 and not self.readings(j)

    def is_known(self, j: int, i: int) -> bool:
        """Whether a value that another one is made of is right, apart from what that one says of it."""
        return not self.is_begun(j, i) and self.is_cleared(j, without=i)


def is_packed(s: ast.stmt) -> bool:
    """Whether a statement puts values together, or takes them apart, and computes nothing."""
    value: Any = getattr(s, "value", None)
    target = s.targets[0] if isinstance(s, ast.Assign) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "dict":
        return all(isinstance(k.value, (ast.Name, ast.Attribute)) for k in value.keywords)
    if isinstance(target, (ast.Tuple, ast.List)):
        return not any(isinstance(e, (ast.BinOp, ast.UnaryOp, ast.Call)) for e in ast.walk(value))
    return isinstance(value, (ast.Dict, ast.Tuple, ast.List)) and only_names(value)


def only_names(node: ast.expr) -> bool:
    """Whether something is made of names alone, in containers: `loss, {"w": dw}`."""
    if isinstance(node, (ast.Dict, ast.Tuple, ast.List)):
        held = node.values if isinstance(node, ast.Dict) else node.elts
        return bool(held) and all(map(only_names, held))
    return isinstance(node, (ast.Name, ast.Attribute))


def sums(n: int) -> Iterator[tuple[int, ...]]:
    """Which contributions are added up: all, then single ones, then others."""
    yield tuple(range(n))
    if PARTS < n <= MANY:
        yield from ((k,) for k in range(n))
    if 1 < n <= PARTS:
        for size in range(1, n):
            yield from itertools.combinations(range(n), size)


def total(contributions: Sequence[Any], chosen: Sequence[int]) -> Any:
    return sum((contributions[k] for k in chosen[1:]), contributions[chosen[0]])
