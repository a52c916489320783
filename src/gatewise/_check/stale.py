"""Values that are not what they were: an array that two names share, a gradient that is read before it is complete."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import fits, identical, is_number, value_in
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_written
from gatewise._check.reasons import Repair
from gatewise._check.trees import method_of, with_field
from gatewise._check.wires import Mark
from gatewise._check.worlds import World


def shared(marking: Marking, version: Version) -> Repair | None:
    """A right gradient of an input that a later line for another one changes, because both are one array."""
    world = marking.worlds[0]
    if marking.forward.behind[version.own] or any(
        v.key == version.key and v.moments[0] > version.moments[-1] for v in marking.versions
    ):
        return None
    held = value_in(world.moments[version.moments[-1]].after, version.key)
    end = value_in(world.end, version.key)
    if not is_number(end) or np.shape(held) != np.shape(end) or marking.agree(end, held):
        return None
    after = range(version.moments[-1] + 1, len(world.moments))
    changed = next((m for m in after if not marking.agree(value_in(world.moments[m].after, version.key), held)), None)
    if changed is None:
        return None
    by, line = keys_written(world.moments[changed].statement), world.moments[changed].statement.lineno
    partner = by[0] if by else "another"
    s = sharing(marking, version.key, partner, changed)
    instead = None
    if isinstance(s, ast.Assign) and isinstance(s.value, (ast.Name, ast.Subscript)):
        instead = with_field(s, "value", method_of(s.value, "copy"))
    detail = f"one array for {version.key} and {partner}: line {line} changes both"
    return Repair(s, "stale", detail, instead, version.own, end, held)


def sharing(marking: Marking, one: str, other: str, before: int) -> ast.stmt:
    """The line that made two names one array."""
    world = marking.worlds[0]
    for m in range(before - 1, -1, -1):
        s = world.moments[m].statement
        if {one, other} & set(keys_written(s)) and {one, other} & marking.reads[m] - set(keys_written(s)):
            return s
    return world.moments[before].statement


def used_early(marking: Marking, version: Version, marks: Sequence[Mark]) -> list[Repair] | None:
    """Right given what the upstream held when it was read, wrong given what it holds in the end.

    None where this is not so; an empty list where the upstream has a mistake of its own, which is told there.
    """
    changed: dict[int, list[Version]] = {}
    given = [marking.cuts(world) for world in marking.worlds]
    world = marking.worlds[0]
    for m in version.moments:
        for key in marking.reads[m]:
            upstream = marking.at[m].get(key)
            if upstream is None or upstream is version or upstream.wire is None or key in marking.mended(m, world):
                continue
            early = [value_in(world.moments[m].before, key) for world in marking.worlds]
            if not marking.agree(early[0], marking.value(upstream, marking.worlds[0])):
                changed.setdefault(m, []).append(upstream)
                for cuts, g, world in zip(given, early, marking.worlds, strict=True):
                    if fits(g, world.value(upstream.wire)):
                        cuts[upstream.wire] = g
    if not changed:
        return None
    for world, cuts in zip(marking.worlds, given, strict=True):
        cuts.pop(version.own, None)
        if not marking.right(marking.value(version, world), version.own, world.gradients(cuts), world):
            return None
    found = []
    for m, upstreams in changed.items():
        for upstream in upstreams:
            if marking.is_wrong(upstream, marks):
                continue
            last = marking.worlds[0].moments[upstream.moments[-1]].statement.lineno
            detail = f"{upstream.key} before it is complete: line {last} still changes it"
            s = marking.worlds[0].moments[m].statement
            found.append(Repair(s, "stale", detail, None, version.own))
    return found[:1]


def changed_since(marking: Marking, version: Version, marks: Sequence[Mark]) -> Repair | None:
    """A line that would be right if a value were still what the forward pass used."""
    for m in version.moments:
        for name in sorted(marking.reads[m]):
            by = line_that_changed(marking, name, m)
            if by is None:
                continue
            values = [with_earlier(marking, version, name, world) for world in marking.worlds]
            if all(
                v is not None and marking.right(v, version.own, mark, w)
                for v, mark, w in zip(values, marks, marking.worlds, strict=True)
            ):
                s = marking.worlds[0].moments[m].statement
                return Repair(
                    s,
                    "stale",
                    f"{name} after line {by} has changed it: the forward pass used what it was before",
                    None,
                    version.own,
                )
    return None


def line_that_changed(marking: Marking, name: str, m: int) -> int | None:
    """The line that last changed a value of the forward pass, before a moment of the backward pass."""
    world = marking.worlds[0]
    if not is_number(held := forward_value(marking, name, world)) or marking.agree(
        world.moments[m].before.get(name), held
    ):
        return None
    lines = [
        moment.statement.lineno
        for moment in world.moments[:m]
        if moment.statement not in marking.program.forward and unlike(moment.before.get(name), moment.after.get(name))
    ]
    return lines[-1] if lines else None


def forward_value(marking: Marking, name: str, world: World) -> Any:
    """What a name held when the forward pass was done with it."""
    if name not in marking.known:
        return None
    held = world.moments[0].before.get(name)
    for moment in world.moments:
        if moment.statement in marking.program.forward and name in keys_written(moment.statement):
            held = moment.after.get(name)
    return held


def with_earlier(marking: Marking, version: Version, name: str, world: World) -> object:
    """What a variable would be if a name still held what the forward pass used."""
    return marking.rerun(version, version.moments, world, given={name: forward_value(marking, name, world)})


def unlike(a: object, b: object) -> bool:
    """Whether a name holds another value than it did."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return not identical(a, b)
    return a is not b
