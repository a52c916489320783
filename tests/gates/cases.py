"""Calls to try each gate with, made from its declaration alone: shapes, axes, memory layouts, sampled calls."""

from __future__ import annotations

import itertools
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from gatewise._gates import Gate
from gatewise._recording.structures import Path, leaves, mapped

#: Shapes of one, two and three operands; None is a Python float, "scalar" an np.float64.
ONE = [(None,), ("scalar",), ((),), ((1,),), ((3,),), ((0,),), ((2, 3),), ((1, 1),), ((0, 2),), ((3, 3),)]
TWO = [
    (None, None), ("scalar", None), ((), None), ((), ()), ((), (3,)), ((3,), ()), (None, (3,)), ((3,), None),
    ("scalar", (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 1), (1, 3)), ((1,), (3,)), ((3,), (1,)),
    ((1, 1), (1, 1)), ((0,), (0,)), ((0, 3), (3,)), ((2, 0), (1, 1)), ((1,), (0,)), ((2, 3), (3, 2)), ((3, 2), (2,)),
    ((4, 2, 3), (3, 2)), ((3,), (4, 3, 2)), ((1, 2, 3), (4, 3, 2)), ((2, 3), (4, 3, 2)), ((4, 2, 3), (3,)),
]  # fmt: skip
THREE = [
    (None, None, None), ((3,), (3,), (3,)), ((0,), (0,), (0,)), ((2, 0), (1, 1), None), ((2, 3), (2, 3), (2, 3)),
    *itertools.permutations([(2, 3), (3,), None]), *itertools.permutations([(2, 1), (1, 3), ()]),
]  # fmt: skip
SHAPES = {1: ONE, 2: TWO, 3: THREE}
AXES = [None, 0, 1, 2, -1, -3, (0, 1), (0, 2), (1, -1), (-1, 0), (0, 1, 2), ()]


@dataclass(frozen=True, eq=False)
class Case:
    """One call of a gate; its *places* are the floats and float arrays in it, by which it is differentiated."""

    gate: Gate
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.gate.name} of {mapped(lambda _, x: seen(x), self.args)} {dict(self.kwargs) or ''}"

    @cached_property
    def places(self) -> list[Path]:
        return [path for path, x in leaves(self.args) if is_float(x)]

    @cached_property
    def values(self) -> list[Any]:
        return [x for _, x in leaves(self.args) if is_float(x)]

    def function(self, *values: Any) -> Any:
        """Call the function on plain values."""
        return quietly(self.gate.function, *self.filled(values), **self.kwargs)

    def applied(self, *values: Any) -> Any:
        """Call what a user calls: NumPy's function, or the gate itself where the function is our own."""
        is_pythons = isinstance(self.gate.function, (FunctionType, MethodType))
        call = self.gate if is_pythons and own(self.gate) else self.gate.function
        return quietly(call, *self.filled(values), **self.kwargs)

    def filled(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The arguments with other values at the places."""
        given = dict(zip(self.places, values, strict=True))
        filled: tuple[Any, ...] = mapped(lambda path, x: given.get(path, x), self.args)
        return filled

    @cached_property
    def refusal(self) -> Exception | None:
        """What NumPy says to this call, where it is an error."""
        try:
            self.function(*self.values)
        except Exception as error:
            return error
        return None

    @cached_property
    def out(self) -> Any:
        return self.function(*self.values)

    @cached_property
    def upstream(self) -> Any:
        """An upstream gradient for each output, none of its entries 0 or 1."""
        return like(self.out, self.random("upstream"))

    @cached_property
    def tangents(self) -> list[Any]:
        return [like(x, self.random(f"tangent {k}")) for k, x in enumerate(self.values)]

    @cached_property
    def weights(self) -> list[Any]:
        """Numbers to weigh gradients with where one number is to be differentiated again."""
        return [like(x, self.random(f"weight {k}")) for k, x in enumerate(self.values)]

    def random(self, purpose: str) -> np.random.Generator:
        """The same random numbers for the same call, whatever was asked for before."""
        return np.random.default_rng(zlib.crc32(f"{self} {purpose}".encode()))

    def changed(self, change: Callable[[Any], Any]) -> Case:
        """The same call with `change` made to each float, float array and dtype in it."""
        changes = lambda path, x: change(x) if is_float(x) or isinstance(x, np.dtype) else x  # noqa: E731
        return Case(self.gate, mapped(changes, self.args), mapped(changes, dict(self.kwargs)))


def own(gate: Gate) -> bool:
    """Whether NumPy knows nothing of the gate's function."""
    return not gate.function.__module__.startswith("numpy")


def is_float(x: Any) -> bool:
    return isinstance(x, float) or (isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind == "f")


def seen(x: Any) -> str:
    """A leaf as a label shows it."""
    if not isinstance(x, np.ndarray):
        return type(x).__name__ if is_float(x) else repr(x)
    strides = "" if x.flags.c_contiguous else f" strides {x.strides}"
    return f"{x.dtype} {x.shape}{strides}"


def quietly(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call without NumPy's warnings: means of nothing and overflows are tried on purpose."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(*args, **kwargs)


def like(out: Any, random: np.random.Generator) -> Any:
    """Random numbers in the structure of `out`, away from 0 and 1."""
    draw = lambda x: random.uniform(0.3, 0.8, np.shape(x)) * random.choice([-1.0, 1.0], np.shape(x))  # noqa: E731
    kept = lambda x: float(draw(x)) if isinstance(x, float) else np.asarray(draw(x))  # noqa: E731
    return tuple(map(kept, out)) if isinstance(out, (tuple, list)) else kept(out)


# ------------------------------------------------------------------------------------------------------- making cases


#: With how many calls that NumPy answers each gate is tried at least.
LEAST = 25


@cache
def cases_of(gate: Gate) -> list[Case]:
    """All calls to try the gate with; some of them NumPy refuses, and then so must we."""
    found = [*sampled(gate), *drawn(gate), *along_axes(gate)]
    answered = sum(case.refusal is None for case in found)
    for again in range(1, LEAST):
        if answered >= LEAST:
            break
        more = [case for case in (*moved_samples(gate, again), *drawn(gate, 100 * again)) if case.refusal is None]
        more = more[: LEAST - answered]
        found, answered = found + more, answered + len(more)
    return found


@cache
def good_cases(gate: Gate) -> list[Case]:
    """The calls that NumPy answers."""
    return [case for case in cases_of(gate) if case.refusal is None]


def sampled(gate: Gate) -> Iterator[Case]:
    """The declared calls: as they are, with other numbers, and in other memory layouts."""
    for n, (args, kwargs) in enumerate(gate.sample):
        case = Case(gate, tuple(args), kwargs)
        yield case
        random = np.random.default_rng(n)
        moved = case.changed(lambda x: x + 0.2 * like(x, random) if is_float(x) else x)  # noqa: B023
        yield moved
        yield from laid_out(moved)


def moved_samples(gate: Gate, again: int) -> Iterator[Case]:
    """The declared calls with other numbers in the same order: no two of them come nearer than their share."""
    for args, kwargs in gate.sample:
        yield Case(gate, tuple(args), kwargs).changed(lambda x: x * 0.93**again if is_float(x) else x)


def drawn(gate: Gate, first: int = 0) -> Iterator[Case]:
    """Calls with drawn operands, where the gate needs nothing else; `first` says which draw is the first."""
    if gate.many or set(gate.parameters) - set(gate.defaults):
        return
    for n, shapes in enumerate(SHAPES[gate.arity], first):
        case = Case(gate, draw(gate, shapes, n))
        yield case
        if all(type(shape) is tuple and len(shape) == 2 for shape in shapes):
            yield from laid_out(case)


def along_axes(gate: Gate) -> Iterator[Case]:
    """Every axis and tuple of axes, counted from both ends, with each axis kept and not."""
    if "axis" not in gate.defaults or set(gate.parameters) - set(gate.defaults) or gate.many:
        return
    keeping: list[dict[str, Any]] = [{}, {"keepdims": True}] if "keepdims" in gate.parameters else [{}]
    for shape, axes in (
        ((2, 3, 4), AXES),
        ((0, 3), [0, 1]),
        ((1, 3), [0, 1, -1]),
        ((3, 3), [0, 1]),
        ((), [None, (), 0, -1]),
    ):
        for n, (axis, kept) in enumerate(itertools.product(axes, keeping)):
            case = Case(gate, draw(gate, (shape,), n), {"axis": axis, **kept})
            yield case
            if n == 2:
                yield from laid_out(case)


def draw(gate: Gate, shapes: Sequence[Any], seed: int) -> tuple[Any, ...]:
    """Operands from the gate's domain: no two entries tie, none lies near a half or a whole number."""
    low, high = gate.domain
    sizes = [1 if shape in (None, "scalar") else int(np.prod(shape)) for shape in shapes]
    spread = np.linspace(low, high, 6 * sum(sizes) + 20)[1:-1]
    spread = spread[np.abs(2 * spread - np.round(2 * spread)) > 0.02]
    chosen = np.random.default_rng([seed, *sizes]).choice(spread, sum(sizes), replace=False)
    parts = np.split(chosen, np.cumsum(sizes)[:-1])
    drawn = tuple(shaped(part, shape) for part, shape in zip(parts, shapes, strict=True))
    return tuple(whole(x) if name in gate.fixed else x for name, x in zip(gate.operands, drawn, strict=False))


def whole(x: Any) -> Any:
    """What stands where a gate has no rule: whole numbers, 2 to 4."""
    return 2 + np.arange(x.size).reshape(x.shape) % 3 if isinstance(x, np.ndarray) and x.ndim else 2


def shaped(part: Any, shape: Any) -> Any:
    return float(part[0]) if shape is None else part[0] if shape == "scalar" else part.reshape(shape)


def laid_out(case: Case) -> Iterator[Case]:
    """The same numbers in Fortran order, with negative strides, and as every other entry of something longer."""
    if not any(isinstance(x, np.ndarray) and x.size > 1 for x in case.values):
        return
    for change in (np.asfortranarray, reversed_twice, every_other):
        yield case.changed(lambda x: change(x) if isinstance(x, np.ndarray) and x.ndim else x)  # noqa: B023


def reversed_twice(x: Any) -> Any:
    everywhere = (slice(None, None, -1),) * x.ndim
    return np.ascontiguousarray(x[everywhere])[everywhere]


def every_other(x: Any) -> Any:
    return np.repeat(x, 2, axis=-1)[..., ::2]
