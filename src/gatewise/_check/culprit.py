"""The lines of a hand-written backward pass that are wrong, each mistake once, judged as a teacher marks.

The forward pass is recorded, so the gradient of every wire is known; a later line is judged given the student's own
gradients upstream of it (a sweep in which the wires that the student has a gradient for send on the student's), so
that the consequences of a mistake are not called mistakes.
"""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import fits, is_number, squeezed, value_in
from gatewise._check.diagnosis import SAYS, Mistake
from gatewise._check.fresh import Fresh, fresh_function, fresh_pair, fresh_script
from gatewise._check.marking import Version
from gatewise._check.names import keys_written
from gatewise._check.programs import RETURNED
from gatewise._check.reasons import Repair
from gatewise._check.repairs import Repairs
from gatewise._check.trees import method_of, text_of, with_field
from gatewise._check.worlds import World, world_of_function, world_of_pair, world_of_script
from gatewise._types import Function

UNSURE = SAYS["other"].format(detail="")


def culprits(f: Function, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> list[Mistake]:
    """The wrong lines of a function with a hand-written backward pass, in the order of the code.

    The function is run on copies of its arguments; where there is nothing to judge (no source, no gradients by name)
    the list is empty, as it is where every line is right.
    """
    kwargs = kwargs or {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = world_of_function(f, args, kwargs)
        if world is None:
            return []
        nearby = nearby_world(lambda: world_of_function(f, args, kwargs, nearby=True))
        return Culprits(world, nearby, fresh_function(f, args, kwargs)).mistakes()


def culprits_of_script(path: str, text: str) -> list[Mistake]:
    """The wrong lines of a flat script, in the order of the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = world_of_script(path, text)
        if world is None:
            return []
        nearby = nearby_world(lambda: world_of_script(path, text, nearby=True))
        return Culprits(world, nearby, fresh_script(path, text)).mistakes()


def culprits_of_pair(
    forward: Function,
    backward: Function,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    upstream: Any = None,
) -> list[Mistake]:
    """The wrong lines of the backward half of a layer: (out, cache) = forward(...), backward(dout, cache)."""
    kwargs = kwargs or {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = world_of_pair(forward, backward, args, kwargs, upstream)
        if world is None:
            return []
        nearby = nearby_world(lambda: world_of_pair(forward, backward, args, kwargs, upstream, nearby=True))
        return Culprits(world, nearby, fresh_pair(forward, backward, args, kwargs, upstream)).mistakes()


def culprits_of_gradient(
    gradient: Function, args: Sequence[Any], kwargs: Mapping[str, Any], value: float
) -> list[Mistake]:
    """The wrong lines of a function that gives the gradient of another one, where it computes that one's value too.

    `value` is that value: what the function's own forward part leads to must be it, or nothing is judged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = world_of_function(gradient, args, kwargs)
        if world is None or np.ndim(found := world.forward.output.value) or not np.isclose(found, value, rtol=1e-9):
            return []
        nearby = nearby_world(lambda: world_of_function(gradient, args, kwargs, nearby=True))
        return Culprits(world, nearby, fresh_function(gradient, args, kwargs)).mistakes()


def nearby_world(run: Callable[[], World | None]) -> World | None:
    """The same program near its inputs, where it can be run there: two numbers may be equal by chance, not twice."""
    try:
        return run()
    except Exception:
        return None


class Culprits(Repairs):
    """Finds the lines at fault in one program."""

    def __init__(self, world: World, nearby: World | None, fresh: Fresh) -> None:
        super().__init__(world, nearby)
        self.fresh = fresh
        self.repaired: dict[tuple[int, str], Repair] = {}

    def mistakes(self) -> list[Mistake]:
        """Every mistake, in the order of the code."""
        self.give_wires()
        self.adopt()
        self.reinterpret()
        if self.wrong(self.marks()):  # what is said of it is tried where nothing is what it was
            self.worlds += self.fresh(self.worlds[0])
        found: dict[tuple[int, str], Mistake] = {}
        for version in sorted(self.versions, key=lambda v: v.moments[-1]):
            if version.wire is None or (version.key in self.unfinished and not self.stops(version)):
                continue
            marks = self.marks()
            if self.stops(version) and any(self.is_misshapen(u) for u in self.made_of(version)):
                continue
            if not self.is_wrong(version, marks):
                if (mistake := self.shared(version) or self.shaped(version)) is not None:
                    found.setdefault((mistake.line, mistake.variable), mistake)
                continue
            for mistake in self.diagnosed(version, marks):
                found.setdefault((mistake.line, mistake.variable), mistake)
        if not self.cured_together([self.repaired[key] for key in found]):
            found = {key: dataclasses.replace(m, kind="other", cure=UNSURE) for key, m in found.items()}
        return sorted(found.values(), key=lambda m: m.line)

    def is_misshapen(self, version: Version) -> bool:
        """Whether a gradient has not the shape of its value: a line that raises an error for that is none at fault."""
        world, k = self.worlds[0], version.named if version.wire is None else version.wire
        return k is not None and squeezed(self.value(version, world)) != squeezed(world.value(k))

    def shared(self, version: Version) -> Mistake | None:
        """A right gradient of an input that a later line for another one changes, because both are one array."""
        world = self.worlds[0]
        assert version.wire is not None
        if self.forward.behind[version.wire] or any(
            v.key == version.key and v.moments[0] > version.moments[-1] for v in self.versions
        ):
            return None
        held = value_in(world.moments[version.moments[-1]].after, version.key)
        end = value_in(world.end, version.key)
        if not is_number(end) or np.shape(held) != np.shape(end) or self.agree(end, held):
            return None
        after = range(version.moments[-1] + 1, len(world.moments))
        changed = next((m for m in after if not self.agree(value_in(world.moments[m].after, version.key), held)), None)
        if changed is None:
            return None
        by, line = keys_written(world.moments[changed].statement), world.moments[changed].statement.lineno
        partner = by[0] if by else "another"
        s = self.sharing(version.key, partner, changed)
        instead = None
        if isinstance(s, ast.Assign) and isinstance(s.value, (ast.Name, ast.Subscript)):
            instead = with_field(s, "value", method_of(s.value, "copy"))
        detail = f"one array for {version.key} and {partner}: line {line} changes both"
        return self.mistake(version, Repair(s, "stale", detail, instead, version.wire, end, held), None)

    def shaped(self, version: Version) -> Mistake | None:
        """A right gradient in another shape than its value has."""
        repair = self.misshapen(version, version.key)
        return None if repair is None else self.mistake(version, repair, self.marks())

    def sharing(self, one: str, other: str, before: int) -> ast.stmt:
        """The line that made two names one array."""
        world = self.worlds[0]
        for m in range(before - 1, -1, -1):
            s = world.moments[m].statement
            if {one, other} & set(keys_written(s)) and {one, other} & self.reads[m] - set(keys_written(s)):
                return s
        return world.moments[before].statement

    def diagnosed(self, version: Version, marks: Any) -> Iterator[Mistake]:
        """The mistakes in one variable that is wrong."""
        if (early := self.used_early(version)) is not None:
            if early:
                yield from early
            return
        for repair in self.explained(version, marks):
            if repair.goal != version.wire:
                version.wire = repair.goal
            yield self.mistake(version, repair, marks)

    def mistake(self, version: Version, repair: Repair, marks: Any) -> Mistake:
        s = repair.statement
        gave, should = repair.gave, repair.should
        if should is None:
            gave = self.value(version, self.worlds[0])
            should = self.marks()[0][0].get(repair.goal, 0.0)
        says = SAYS[repair.kind].format(detail=repair.detail)
        write = "Write after it" if repair.after else "Write"
        cure = says if repair.instead is None else f"{says} {write}  {cured(repair.instead, version.key)}"
        keys = keys_written(s)
        variable = version.key if version.key in keys or not keys else keys[0]
        line = line_of(s, variable)
        variable = variable.removeprefix(RETURNED) if variable.startswith(RETURNED + "[") else variable
        self.repaired.setdefault((line, variable), repair)
        return Mistake(line, self.program.text(line), variable, gave, should, repair.kind, cure)

    def used_early(self, version: Version) -> list[Mistake] | None:
        """Right given what the upstream held when it was read, wrong given what it holds in the end.

        None where this is not so; an empty list where the upstream has a mistake of its own, which is told there.
        """
        changed: dict[int, list[Version]] = {}
        given = [self.cuts(world) for world in self.worlds]
        world = self.worlds[0]
        for m in version.moments:
            for key in self.reads[m]:
                upstream = self.at[m].get(key)
                if upstream is None or upstream is version or upstream.wire is None or key in self.mended(m, world):
                    continue
                early = [value_in(world.moments[m].before, key) for world in self.worlds]
                if not self.agree(early[0], self.value(upstream, self.worlds[0])):
                    changed.setdefault(m, []).append(upstream)
                    for cuts, g, world in zip(given, early, self.worlds, strict=True):
                        if fits(g, world.value(upstream.wire)):
                            cuts[upstream.wire] = g
        if not changed:
            return None
        assert version.wire is not None
        for world, cuts in zip(self.worlds, given, strict=True):
            cuts.pop(version.wire, None)
            if not self.right(self.value(version, world), version.wire, world.gradients(cuts), world):
                return None
        marks = self.marks()
        found = []
        for m, upstreams in changed.items():
            for upstream in upstreams:
                if self.is_wrong(upstream, marks):
                    continue
                last = self.worlds[0].moments[upstream.moments[-1]].statement.lineno
                detail = f"{upstream.key} before it is complete: line {last} still changes it"
                s = self.worlds[0].moments[m].statement
                found.append(self.mistake(version, Repair(s, "stale", detail, None, version.wire), marks))
        return found[:1]


def cured(instead: ast.AST, key: str) -> str:
    """The text of the line as it should be; of the entry, where it is one of a dict that is written out."""
    if isinstance(instead, ast.Assign) and isinstance(instead.value, ast.Dict):
        for name, value in zip(instead.value.keys, instead.value.values, strict=True):
            if isinstance(name, ast.Constant) and key.endswith(f"[{name.value!r}]"):
                return f"{text_of(name)}: {text_of(value)}"
    return text_of(instead)


def line_of(s: ast.stmt, key: str) -> int:
    """The line of a statement; of an entry, where it is one of a dict that is written out."""
    if isinstance(s, ast.Assign) and isinstance(s.value, ast.Dict):
        for name, value in zip(s.value.keys, s.value.values, strict=True):
            if isinstance(name, ast.Constant) and key.endswith(f"[{name.value!r}]"):
                return value.lineno
    return s.lineno
