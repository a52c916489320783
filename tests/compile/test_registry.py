"""Every gate, forward and with its gradient: compiled equals eager, here and at other inputs, and to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import pytest
from gates.cases import Case, like, own
from program.test_programs import cases_of

import gatewise as gw
from compile.alike import demand_same
from gatewise._gates import NAMES
from gatewise._recording import leaves, mapped

#: Why a few cases are not compiled: views that are handed out, arrays without axes, calls with what is no array,
#: complex numbers, and means of nothing.
REASONS = (
    "what it returns shares memory",
    "it returns a float",
    "it does not run on Tensors: ",
    "it is made of something that is no number",
    "numbers on the way are inf or nan",
)


def function_of(case: Case) -> Callable[..., Any]:
    """A case as a function of its floats, around which nothing else stands."""
    pythons = isinstance(case.gate.function, (FunctionType, MethodType))
    call = case.gate if pythons and own(case.gate) else case.gate.function
    places, args, kwargs = case.places, case.args, dict(case.kwargs)
    stops = case.gate.pattern == "stops"

    def f(*values: Any) -> Any:
        given = dict(zip(places, values, strict=True))
        out = call(*mapped(lambda path, x: given.get(path, x), args), **kwargs)
        return out * (np.sum(values[0]) + 1.5) if stops else out

    return f


def total_of(f: Callable[..., Any]) -> Callable[..., Any]:
    """A number made of all that a function returns."""

    def total(*values: Any) -> Any:
        parts = [x for _, x in leaves(f(*values))]
        return sum([np.sum(x * x) for x in parts if np.asarray(x).dtype.kind == "f"], 0.0)

    return total


def calls_of(case: Case, seed: int) -> Iterator[tuple[Any, ...]]:
    draw = np.random.default_rng(seed)
    yield tuple(case.values)
    for size in (0.1, 0.5, 2.0):
        yield tuple(x + size * like(x, draw) for x in case.values)
    yield tuple(case.values)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", [name for name, gate in NAMES.items() if not gate.arbitrary])
def test_every_gate_compiled_is_what_it_is(name: str, counted: Any) -> None:
    cases, ran = list(cases_of(NAMES[name]))[::2], 0
    for seed, case in enumerate(cases):
        f = function_of(case)
        slopes = gw.value_and_grad(total_of(f), argnums=tuple(range(len(case.values))))
        for target in (f, slopes):
            compiled = demand_same(target, list(calls_of(case, seed)))
            to_the_bit = demand_same(target, list(calls_of(case, seed))[: 3 * (seed % 2)], exact=True)
            for each in (compiled, to_the_bit):
                why = each.explain().partition("the function runs itself: ")[2]
                ran += bool(why)
                assert not why or why.startswith(REASONS), f"{name}: {why}"
    counted("compiled", cases=2 * len(cases), not_compiled=ran)
