"""The way forward: jvp beside the function, whole Jacobians, products with Hessians."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import gatewise as gw
from benchmarks.eager import AT, staged
from benchmarks.harness import Row, at_most, interleaved

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(32, 10))
WEIGHTS = RNG.normal(size=(10, 20)), RNG.normal(size=(20, 3))
LONG = RNG.normal(size=10_000), RNG.normal(size=10_000)
TALL, POINT = RNG.normal(size=(200, 20)), RNG.normal(size=20)
START, ALONG = RNG.normal(size=30), RNG.normal(size=30)


def net(first, second):
    """Compute the mean square of what a small net puts out."""
    return np.mean((np.tanh(ROWS @ first) @ second) ** 2)


def bumps(x):
    """Compute 200 numbers from 20."""
    return np.sin(TALL @ x) * np.exp(-((TALL @ x) ** 2))


def rosenbrock(x):
    """Compute Rosenbrock's function."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


#: By name a function, its arguments, how often it is called in a round, and what its jvp may cost in recorded runs.
TASKS = {
    "staged function on floats": (staged, AT, 200, 6.0),
    "small net": (net, WEIGHTS, 100, 8.0),
    "staged function on 10,000 entries": (staged, LONG, 5, 3.5),
}


def recorded(function: Callable[..., object], values: tuple[object, ...]) -> Callable[[], object]:
    """Return the run of a function on Tensors."""
    return lambda: function(*map(gw.tensor, values))


def pushing(rounds: int = 9) -> list[Row]:
    """Return what jvp costs, as a multiple of the plain function and of the recorded one."""
    rows = []
    for name, (function, values, calls, bound) in TASKS.items():
        tangents = tuple(np.ones_like(x) if isinstance(x, np.ndarray) else 1.0 for x in values)
        seconds = interleaved(
            rounds,
            calls,
            min,
            plain=lambda function=function, values=values: function(*values),
            recorded=recorded(function, values),
            jvp=lambda function=function, values=values, tangents=tangents: gw.jvp(function, values, tangents),
        )
        rows.append(Row(f"jvp, {name}: / plain", f"{seconds['jvp'] / seconds['plain']:.3g}"))
        rows.append(at_most(f"jvp, {name}: / recorded", seconds["jvp"] / seconds["recorded"], bound))
    return rows


def whole(rounds: int = 9) -> list[Row]:
    """Return what a Jacobian, a Hessian and a product with one cost, beside one gradient of the same function."""
    tall = interleaved(
        rounds,
        5,
        min,
        gradient=lambda: gw.grad(lambda x: np.sum(bumps(x)))(POINT),
        jacobian=lambda: gw.jacobian(bumps)(POINT),
    )
    square = interleaved(
        rounds,
        5,
        min,
        gradient=lambda: gw.grad(rosenbrock)(START),
        product=lambda: gw.hvp(rosenbrock, (START,), (ALONG,)),
        hessian=lambda: gw.hessian(rosenbrock)(START),
    )
    return [
        at_most("jacobian, 20 numbers to 200: / gradient", tall["jacobian"] / tall["gradient"], 4),
        at_most("hvp, 30 numbers: / gradient", square["product"] / square["gradient"], 6),
        at_most("hessian, 30 numbers: / gradient", square["hessian"] / square["gradient"], 12),
    ]
