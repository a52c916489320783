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

from gatewise._check.comparing import squeezed
from gatewise._check.confirming import cured_together
from gatewise._check.diagnosis import SAYS, Mistake
from gatewise._check.fresh import Fresh, fresh_function, fresh_pair, fresh_script
from gatewise._check.marking import Marking, Version
from gatewise._check.names import keys_written
from gatewise._check.programs import RETURNED
from gatewise._check.reasons import Repair
from gatewise._check.repairs import explained, misshapen
from gatewise._check.stale import shared, used_early
from gatewise._check.standing import adopt, give_wires, reinterpret
from gatewise._check.trees import text_of
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
        return mistakes_in(world, nearby, fresh_function(f, args, kwargs))


def culprits_of_script(path: str, text: str) -> list[Mistake]:
    """The wrong lines of a flat script, in the order of the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        world = world_of_script(path, text)
        if world is None:
            return []
        nearby = nearby_world(lambda: world_of_script(path, text, nearby=True))
        return mistakes_in(world, nearby, fresh_script(path, text))


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
        return mistakes_in(world, nearby, fresh_pair(forward, backward, args, kwargs, upstream))


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
        return mistakes_in(world, nearby, fresh_function(gradient, args, kwargs))


def nearby_world(run: Callable[[], World | None]) -> World | None:
    """The same program near its inputs, where it can be run there: two numbers may be equal by chance, not twice."""
    try:
        return run()
    except Exception:
        return None


def mistakes_in(world: World, nearby: World | None, fresh: Fresh) -> list[Mistake]:
    """Every mistake of one program, in the order of the code."""
    marking = Marking(world, nearby)
    give_wires(marking)
    adopt(marking)
    reinterpret(marking)
    if marking.wrong(marking.marks()):  # what is said of it is tried where nothing is what it was
        marking.worlds += fresh(world)
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
    if stops and any(is_misshapen(marking, u) for u in marking.made_of(version)):
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
        yield repair


def is_misshapen(marking: Marking, version: Version) -> bool:
    """Whether a gradient has not the shape of its value: a line that raises an error for that is none at fault."""
    world, k = marking.worlds[0], version.named if version.wire is None else version.wire
    return k is not None and squeezed(marking.value(version, world)) != squeezed(world.value(k))


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
