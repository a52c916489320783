"""Which gradients of a program are right: what each variable stands for, and what it should be given the student's own.

A gradient is judged by a sweep in which the wires that the student has a gradient for send on the student's, as a
teacher marks: the consequences of a mistake are no mistakes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatewise._check.comparing import (
    fits,
    in_shape,
    is_number,
    largest,
    squeezed,
    value_in,
)
from gatewise._check.contributions import is_fresh, is_new_meaning
from gatewise._check.names import keys_read, keys_written
from gatewise._check.running import evaluated, names_after
from gatewise._check.wires import Mark
from gatewise._check.worlds import World
from gatewise._types import Namespace

CLOSE = {"d": 1e-7, "f": 1e-3, "e": 3e-2}  #: relative to the largest part of a gradient, by dtype
ENOUGH = 20_000  #: changes of lines that are tried, in one program
RUN = 800_000  #: statements that ran, times changes that are tried: for long loops fewer
WORK = 1e9  #: entries of all wires, times changes that are tried: for large arrays fewer


@dataclass
class Version:
    """One gradient variable from its first assignment on: the moments that write it, and what it ends as."""

    key: str
    moments: list[int]
    readers: list[int] = field(default_factory=list)
    wire: int | None = None
    named: int | None = None  # the wire its name says

    @property
    def own(self) -> int:
        """The wire whose gradient it is, where it stands for one."""
        assert self.wire is not None
        return self.wire


class Marking:
    """Marks the gradients of one program."""

    def __init__(self, world: World, nearby: World | None) -> None:
        self.program = world.program
        self.forward = world.forward
        self.worlds = [world]
        if nearby is not None and alike(world, nearby):
            self.worlds.append(nearby)
        self.known = self.program.known() & (set(self.forward.names) | set(self.program.parameters))
        self.fixed: dict[str, int] = {}
        self.mended_for: tuple[int | None, ...] = ()
        self.truths: dict[tuple[int, ...], Mark] = {}
        self.mends: dict[tuple[int, int], dict[str, np.ndarray]] = {}
        self.versions = self.all_versions()
        self.tried = self.moved = 0
        size = sum(np.size(w.value) for w in self.forward.wires)
        self.enough = min(ENOUGH, int(WORK / size), RUN // (1 + len(world.moments)))
        self.unfinished = unfinished(world)
        letter = {np.asarray(w.value).dtype.char for w in self.forward.wires}
        self.close = max(CLOSE.get(c, 1e-7) for c in letter)

    # -------------------------------------------------------------------------------------------- the variables

    def all_versions(self) -> list[Version]:
        """The backward variables; one that is assigned anew after it was used is another one."""
        current: dict[str, Version] = {}
        found: list[Version] = []
        at: list[dict[str, Version]] = []
        reads: list[set[str]] = []
        for m, moment in enumerate(self.worlds[0].moments):
            s = moment.statement
            at.append(dict(current))
            reads.append(keys_read(s))
            if s in self.program.forward or not isinstance(s, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
                continue
            written, read = keys_written(s), keys_read(s)
            for key in read - set(written):
                if key in current:
                    current[key].readers.append(m)
            for key in written:
                before = current.get(key)
                if before is None or (before.readers and (is_fresh(s, key) or is_new_meaning(s, key))):
                    if before is not None and key in read:
                        before.readers.append(m)
                    current[key] = Version(key, [m])
                    found.append(current[key])
                else:
                    before.moments.append(m)
        self.at, self.reads = at, reads
        return found

    def value(self, version: Version, world: World) -> Any:
        """What a variable is after its last line; with upstream gradients that have their wires' shapes."""
        if any(self.mended(m, world) for m in version.moments):
            return self.rerun(version, version.moments, world)
        return value_in(world.moments[version.moments[-1]].after, version.key)

    def mended(self, m: int, world: World) -> dict[str, np.ndarray]:
        """The upstream gradients a line reads that have not the shape of their wires, in that shape.

        A gradient that was not summed is told once; the lines that use it are judged as if it had been.
        """
        now = tuple(v.wire for v in self.versions)
        if now != self.mended_for:
            self.mended_for, self.mends = now, {}
        if (m, id(world)) not in self.mends:
            self.mends[m, id(world)] = dict(self.mending(m, world))
        return self.mends[m, id(world)]

    def mending(self, m: int, world: World) -> Iterator[tuple[str, np.ndarray]]:
        for key in self.reads[m]:
            upstream = self.at[m].get(key)
            if upstream is None or upstream.wire is None or m in upstream.moments:
                continue
            raw, value = value_in(world.moments[m].before, key), world.value(upstream.wire)
            misshapen = is_number(raw) and squeezed(raw) != squeezed(value)
            if misshapen or any(self.mended(k, world) for k in upstream.moments):
                g = self.value(upstream, world)
                fitted = in_shape(g, np.shape(value)) if is_number(g) else None
                if fitted is not None:
                    yield key, fitted

    def before(self, m: int, world: World) -> Namespace:
        """The names before a line, upstream gradients in the shapes of their wires."""
        return {**world.moments[m].before, **{k: g for k, g in self.mended(m, world).items() if k.isidentifier()}}

    # ------------------------------------------------------------------------------------------------- judging

    def cuts(self, world: World, before: Version | None = None) -> dict[int, Any]:
        """The student's gradients by wire; those that were begun before one variable was, where one is given."""
        found = {k: value_in(world.moments[0].before, name) for name, k in self.fixed.items()}
        for version in self.versions:
            if version.wire is not None and (before is None or version.moments[0] < before.moments[0]):
                g = self.value(version, world)
                fitted = in_shape(g, np.shape(world.value(version.wire))) if is_number(g) else None
                if fitted is not None:
                    found[version.wire] = fitted
        return {k: g for k, g in found.items() if fits(g, world.value(k))}

    def marks(self, before: Version | None = None) -> list[Mark]:
        """The gradients that should be, given the student's own, in each world."""
        return [world.gradients(self.cuts(world, before)) for world in self.worlds]

    def right(self, g: object, k: int, mark: Mark, world: World) -> bool:
        """Whether a value is the gradient of a wire."""
        expected, parts = mark
        should = expected.get(k)
        if should is None:
            should = np.zeros(np.shape(world.value(k)))
        return self.agree(g, should, [part for _, part in parts.get(k, [])])

    def agree(self, g: Any, should: Any, parts: Sequence[Any] = ()) -> bool:
        """Whether two values are equal but for rounding, at the scale of what the second is the sum of."""
        if not is_number(g) or np.size(g) != np.size(should) or squeezed(g) != squeezed(should):
            return False
        a, b = np.asarray(g, float).ravel(), np.asarray(should, float).ravel()
        scale = max([largest(b), *map(largest, parts)])
        with np.errstate(all="ignore"):
            off = np.abs(a - b)
        return bool(np.all((off <= self.close * scale) | (a == b)))

    def is_wrong(self, version: Version, marks: Sequence[Mark]) -> bool:
        if self.is_given(version):
            return False
        if self.right(self.value(version, self.worlds[0]), version.own, marks[0], self.worlds[0]):
            return False
        return not (self.is_true(version) and all(map(self.is_true, self.made_of(version))))

    def is_true(self, version: Version) -> bool:
        """Whether it is the true gradient, in each world: right, though something that it is not made of is wrong."""
        if version.wire is None or self.is_given(version):
            return True
        for world in self.worlds:
            truth = self.truth(world)
            if not self.right(self.value(version, world), version.wire, truth, world):
                return False
        return True

    def given(self, world: World) -> dict[int, Any]:
        """The gradients to start from."""
        found = {k: value_in(world.moments[0].before, name) for name, k in self.fixed.items()}
        found |= {v.wire: self.value(v, world) for v in self.versions if v.wire is not None and self.is_given(v)}
        return {k: g for k, g in found.items() if fits(g, world.value(k))}

    def truth(self, world: World) -> Mark:
        """The true gradients of all wires, and their parts; they change where what is given does."""
        key = id(world), *(id(v) for v in self.versions if v.wire is not None and self.is_given(v))
        if key not in self.truths:
            self.truths[key] = world.gradients(self.given(world))
        return self.truths[key]

    def made_of(self, version: Version) -> list[Version]:
        """The variables that it is made of, and those that these are."""
        found: list[Version] = []
        waiting = [version]
        while waiting:
            each = waiting.pop()
            upstream = {id(u): u for m in each.moments for k in self.reads[m] if (u := self.at[m].get(k)) is not None}
            new = [u for u in upstream.values() if u is not version and not any(u is f for f in found)]
            found += new
            waiting += new
        return found

    def is_given(self, version: Version) -> bool:
        """Whether it is the gradient to start from, of an output that is an array: any value is right."""
        output = self.forward.output
        return version.wire == self.forward.index[output] and np.ndim(output.value) > 0

    def stops(self, version: Version) -> bool:
        """Whether the line that raised an error writes this variable."""
        return any(self.worlds[0].moments[m].statement is self.worlds[0].stopped for m in version.moments)

    def wrong(self, marks: Sequence[Mark]) -> list[Version]:
        return [v for v in self.versions if v.wire is not None and self.is_wrong(v, marks)]

    # ------------------------------------------------------------------------------------------ running lines again

    def evaluate(self, expression: ast.expr, m: int, world: World, names: Mapping[str, object] | None = None) -> Any:
        try:
            found = evaluated(expression, self.before(m, world) if names is None else names, world.space)
            return np.asarray(found, float) if is_number(found) else None
        except Exception:
            return None

    def rerun(
        self,
        version: Version,
        steps: list[int],
        world: World,
        changed: Mapping[int, ast.stmt] | None = None,
        then: ast.expr | None = None,
        given: Mapping[str, object] | None = None,
    ) -> Any:
        """What a variable ends as where statements that make it are changed (by their ids), or names hold others.

        With `then` it is what an expression is, once they have run.
        """
        made: dict[str, Any] = dict(given or {})
        try:
            for m in steps:
                s = world.moments[m].statement
                key_of_this = id(self.worlds[0].moments[m].statement)
                names = {**self.before(m, world), **made}
                after = names_after((changed or {}).get(key_of_this, s), names, world.space)
                for key in keys_written(s):
                    base = key.partition("[")[0]
                    made[base] = after[base]
                last = {**world.moments[m].after, **made}
            return value_in(last, version.key) if then is None else evaluated(then, last, world.space)
        except Exception:
            return None


def alike(a: World, b: World) -> bool:
    """Whether the program did the same in both worlds."""
    return (
        len(a.moments) == len(b.moments)
        and len(a.forward.wires) == len(b.forward.wires)
        and a.forward.names == b.forward.names
        and a.forward.behind == b.forward.behind
        and all(np.shape(x.value) == np.shape(y.value) for x, y in zip(a.forward.wires, b.forward.wires, strict=True))
        and all(
            x.statement.lineno == y.statement.lineno and x.statement.col_offset == y.statement.col_offset
            for x, y in zip(a.moments, b.moments, strict=True)
        )
    )


def unfinished(world: World) -> set[str]:
    """Where a line raised an error: the variables that lines after it would have changed."""
    if world.stopped is None:
        return set()
    ran = {id(moment.statement) for moment in world.moments} - again_after(world)
    return {key for s in world.program.statements if id(s) not in ran for key in keys_written(s)}


def again_after(world: World) -> set[int]:
    """The statements of the loops around the line that raised an error: they would have run again."""
    loops = [n for b in world.program.body for n in ast.walk(b) if isinstance(n, (ast.For, ast.While))]
    around = [loop for loop in loops if any(n is world.stopped for n in ast.walk(loop))]
    return {id(n) for loop in around for n in ast.walk(loop)}
