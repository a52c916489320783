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

import numpy as np

from gatewise._check.comparing import Value, is_gradient_like, is_number, squeezed, value_in
from gatewise._check.confirming import cured_together
from gatewise._check.diagnosis import SAYS, UNSURE, Mistake
from gatewise._check.marking import Marking, Version, alike
from gatewise._check.names import keys_written
from gatewise._check.points import HERE, Draw, Near, Point
from gatewise._check.programs import RETURNED
from gatewise._check.reasons import Repair
from gatewise._check.repairs import explained, misshapen
from gatewise._check.stale import shared, used_early
from gatewise._check.standing import adopt, give_wires, reinterpret
from gatewise._check.trees import text_of
from gatewise._check.worlds import World, world_of_function, world_of_pair, world_of_script
from gatewise._types import Function, Plain

WANTED, TRIED = 4, 10  #: fresh inputs that are looked for, and how many are tried

Run = Callable[[Point], World | None]  #: the program, run somewhere


def culprits(f: Function, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None) -> list[Mistake]:
    """The wrong lines of a function with a hand-written backward pass, in the order of the code.

    The function is run on copies of its arguments; where there is nothing to judge (no source, no gradients by name)
    the list is empty, as it is where every line is right.
    """
    return judged(lambda at: world_of_function(at, f, args, kwargs or {}))


def culprits_of_script(path: str, text: str, output: str = "") -> list[Mistake]:
    """The wrong lines of a flat script, in the order of the code; `output` names what its gradients are of."""
    return judged(lambda at: world_of_script(at, path, text, output))


def culprits_of_pair(
    forward: Function,
    backward: Function,
    args: Sequence[object],
    kwargs: Mapping[str, object] | None = None,
    upstream: Plain | None = None,
) -> list[Mistake]:
    """The wrong lines of the backward half of a layer: (out, cache) = forward(...), backward(dout, cache)."""
    return judged(lambda at: world_of_pair(at, forward, backward, args, kwargs or {}, upstream))


def culprits_of_gradient(
    gradient: Function, args: Sequence[object], kwargs: Mapping[str, object], value: float
) -> list[Mistake]:
    """The wrong lines of a function that gives the gradient of another one, where it computes that one's value too.

    `value` is that value: what the function's own forward part leads to must be it, or nothing is judged.
    """

    def run(at: Point) -> World | None:
        world = world_of_function(at, gradient, args, kwargs)
        if at is HERE and world is not None and not is_close(world.forward.output.value, value):
            return None
        return world

    return judged(run)


def is_close(found: Value, value: float) -> bool:
    return np.ndim(found) == 0 and bool(np.isclose(found, value, rtol=1e-9))


def judged(run: Run) -> list[Mistake]:
    """The mistakes of a program that can be run on its own inputs, near them, and elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = run(HERE)
        if world is None:
            return []
        try:
            near = run(Near())
        except Exception:  # it cannot be run there
            near = None
        return mistakes_in(world, near, run)


def elsewhere(run: Run, here: World) -> Iterator[World]:
    """The worlds in which the program takes the same way and stays finite, a few of those that are tried."""
    found = 0
    for seed in range(TRIED):
        try:
            with np.errstate(all="ignore"):
                world = run(Draw(seed))
        except Exception:
            continue
        if world is None or not alike(here, world) or not stays_finite(world):
            continue
        found += 1
        yield world
        if found == WANTED:
            return


def stays_finite(world: World) -> bool:
    return all(
        np.all(np.isfinite(np.asarray(w.value, float))) for w in world.forward.wires if is_gradient_like(w.value)
    )


def mistakes_in(world: World, nearby: World | None, run: Run) -> list[Mistake]:
    """Every mistake of one program, in the order of the code."""
    marking = Marking(world, nearby)
    give_wires(marking)
    adopt(marking)
    reinterpret(marking)
    if marking.wrong(marking.marks()):  # what is said of it is tried where nothing is what it was
        marking.worlds += elsewhere(run, world)
    found: dict[tuple[int | None, str], tuple[Mistake, Repair]] = {}
    for version in sorted(marking.versions, key=lambda v: v.moments[-1]):
        for repair in repairs_of(marking, version):
            told = mistake_of(marking, version, repair)
            found.setdefault((told.line, told.variable), (told, repair))
    mistakes = [told for told, _ in found.values()]
    if not cured_together(marking, [repair for _, repair in found.values()]):
        mistakes = [dataclasses.replace(m, kind="other", cure=UNSURE) for m in mistakes]
    return sorted(mistakes, key=lambda m: m.line)


def repairs_of(marking: Marking, version: Version) -> Iterator[Repair]:
    """What is wrong with one variable."""
    stops = marking.stops(version)
    if version.wire is None or (version.key in marking.unfinished and not stops):
        return
    if stops and (
        any(is_misshapen(marking, u) for u in marking.made_of(version)) or is_begun_misshapen(marking, version)
    ):
        return
    marks = marking.marks()
    if not marking.is_wrong(version, marks):
        repair = shared(marking, version) or misshapen(marking, version, version.key)
        yield from [repair] if repair is not None else []
        return
    if (early := used_early(marking, version, marks)) is not None:
        yield from early
        return
    for repair in explained(marking, version, marks):
        version.wire = repair.goal
        if repair.instead is not None or not stops or all(u.wire is not None for u in marking.made_of(version)):
            yield repair  # what is not known may have the wrong shape: then a line that raises is none at fault


def is_misshapen(marking: Marking, version: Version) -> bool:
    """Whether a gradient has not the shape of its value: a line that raises an error for that is none at fault."""
    world, k = marking.worlds[0], version.named if version.wire is None else version.wire
    return k is not None and squeezed(marking.value(version, world)) != squeezed(world.value(k))


def is_begun_misshapen(marking: Marking, version: Version) -> bool:
    """Whether a gradient has not the shape of its value before the line that raises: that one is none at fault."""
    world, k = marking.worlds[0], version.named if version.wire is None else version.wire
    before = [world.moments[m] for m in version.moments if world.moments[m].statement is not world.stopped]
    if k is None or not before:
        return False
    g = value_in(before[-1].after, version.key)
    return is_number(g) and squeezed(g) != squeezed(world.value(k))


def mistake_of(marking: Marking, version: Version, repair: Repair) -> Mistake:
    s = repair.statement
    gave, should = repair.gave, repair.should
    if should is None:
        gave = marking.value(version, marking.worlds[0])
        should = marking.marks()[0][0].get(repair.goal, 0.0)
    says = SAYS[repair.kind].format(detail=repair.detail)
    write = "Write after it" if repair.after else "Write"
    cure = says if repair.instead is None else f"{says} {write}  {cured(repair.instead, version.key)}"
    keys = keys_written(s)
    variable = version.key if version.key in keys or not keys else keys[0]
    line = line_of(s, variable)
    variable = variable.removeprefix(RETURNED) if variable.startswith(RETURNED + "[") else variable
    return Mistake(line, marking.program.text(line), variable, gave, should, repair.kind, cure)


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
