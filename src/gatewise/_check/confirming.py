"""Whether lines as they should be make right what they should: one variable, and all of a backward pass."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gatewise._check.comparing import Values, in_shape, is_number, stretches, value_in
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_read, keys_written
from gatewise._check.reasons import Repair
from gatewise._check.running import added_to, names_after
from gatewise._check.worlds import World


def confirmed(marking: Marking, version: Version, repairs: list[Repair], goals: Values) -> bool:
    """Whether the lines as they should be make the whole variable right, in every world."""
    if marking.stops(version) or any(r.instead is None for r in repairs):
        return True  # after a line that raises nothing was run, so that the whole is not there
    changed = {id(r.statement): r.instead for r in repairs if isinstance(r.instead, ast.stmt)}
    steps = moments_behind(marking, version)
    return all(
        is_cured(marking, version, marking.rerun(version, steps, world, changed), version.own, goals[n], n)
        for n, world in enumerate(marking.worlds)
    ) and holds_upstream(marking, version, version.own, steps, changed)


def holds_upstream(
    marking: Marking,
    version: Version,
    k: int,
    steps: list[int],
    changed: Mapping[int, ast.stmt] | None,
    then: ast.expr | None = None,
) -> bool:
    """Whether changed lines give the true gradient where the gradients that they read are the true ones.

    What is right for the student's own alone may make up for a mistake in them.
    """
    new = [*(changed or {}).values(), *([] if then is None else [then])]
    read: dict[str, Version] = {}
    for m in steps:
        for key in marking.reads[m].union(*map(keys_read, new)):
            u = marking.at[m].get(key)
            if u is None or u.wire is None or u is version:
                continue
            if (
                key == version.key
                or not key.isidentifier()
                or read.setdefault(key, u) is not u
                or runs_again(marking, u)
            ):
                return True  # in every round of a loop it is another value's
    for n, world in enumerate(marking.worlds):
        truth = marking.truth(world)[0]
        sent_on = {**truth, **marking.given(world)}  # what a pass starts from is right whatever it is
        given = {key: sent_on[u.wire] for key, u in read.items() if u.wire in sent_on}
        found = marking.rerun(version, steps, world, changed, then, given)
        if len(given) == len(read) and given and not is_cured(marking, version, found, k, truth.get(k, 0.0), n):
            return False
    return True


def cured_together(marking: Marking, repairs: Sequence[Repair]) -> bool:
    """Whether all the cures, written into the program, make what it gives back right, in every world.

    Where one mistake has no cure, a line has two, or one raises, this cannot be tried.
    """
    lines = {(id(r.statement), r.after) for r in repairs}
    if marking.worlds[0].stopped is not None or any(r.instead is None for r in repairs) or len(lines) < len(repairs):
        return True
    ends = [v for v in marking.versions if v.wire is not None and not marking.forward.behind[v.wire]]
    last = {v.key: v for v in sorted(ends, key=lambda v: v.moments[-1])}
    for world in marking.worlds:
        names = run_again(marking, repairs, world)
        if names is None:
            return False
        truth = marking.truth(world)
        for v in last.values():
            g, wire = value_in(names, v.key), v.wire
            assert wire is not None
            value = world.value(wire)
            if not marking.right(in_shape(g, np.shape(value)) if is_number(g) else g, wire, truth, world):
                return False
    return True


def run_again(marking: Marking, repairs: Sequence[Repair], world: World) -> Mapping[str, object] | None:
    """The names at the end of the backward pass with its lines as they should be; None where it raises."""
    changed: dict[int, list[Repair]] = {}
    for repair in repairs:
        changed.setdefault(id(repair.statement), []).append(repair)
    made: dict[str, Any] = {}
    last = world.moments[-1].after
    drawn = {m for v in marking.versions if v.wire is not None and marking.is_given(v) for m in v.moments}
    for m, moment in enumerate(world.moments):
        s = marking.worlds[0].moments[m].statement
        last = {**moment.after, **made}
        if s in marking.program.forward or m in drawn:  # what the pass starts from may be drawn anew each time
            made = {name: g for name, g in made.items() if name not in keys_written(s)}
            continue
        here = changed.get(id(s), [])
        lines = [
            *([r.instead for r in here if r.instead and not r.after] or [moment.statement]),
            *(r.instead for r in here if r.instead and r.after),
        ]
        names = {**moment.before, **made}
        try:
            for line in lines:
                names = names_after(line, names, world.space)
        except Exception:
            return None
        bases = {key.partition("[")[0] for key in (*keys_written(s), *added_to(s))}
        made.update({base: names[base] for base in bases if base in names})
        last = {**moment.after, **made}
    return last


def runs_again(marking: Marking, version: Version) -> bool:
    """Whether a line that makes a variable runs more than once."""
    statements = [id(marking.worlds[0].moments[m].statement) for m in version.moments]
    return len(set(statements)) < len(statements)


def is_cured(marking: Marking, version: Version, g: Any, k: int, should: object, n: int) -> bool:
    """Whether a value is right in one world, and of the shape that it should have, or that the student gave it."""
    world = marking.worlds[n]
    whole, own = np.shape(world.value(k)), np.shape(marking.value(version, world))
    if g is None or np.shape(g) not in (whole, own):
        return False
    return marking.agree(np.broadcast_to(g, whole) if stretches(np.shape(g), whole) else g, should)


def moments_behind(marking: Marking, version: Version) -> list[int]:
    """The moments that make a variable, those of variables without a wire that go into it too."""
    found: set[int] = set()
    waiting = [version]
    seen = [version]
    while waiting:
        each = waiting.pop()
        found |= set(each.moments)
        for m in each.moments:
            for key in keys_read(marking.worlds[0].moments[m].statement):
                upstream = marking.at[m].get(key)
                if upstream is not None and upstream.wire is None and upstream not in seen:
                    if isinstance(marking.value(upstream, marking.worlds[0]), int):
                        continue
                    seen.append(upstream)
                    waiting.append(upstream)
    return sorted(found)
