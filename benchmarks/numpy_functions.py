"""Forty of NumPy's functions, value and gradient, at one element and at ten thousand, beside PyTorch and autograd."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.harness import Row, at_most, interleaved

SIZES = (1, 10_000)
RATIOS = ("torch", "autograd")  #: the peers that each function is measured beside

#: By name a function of an array, with the module it is of: all three libraries spell these alike.
ALIKE: dict[str, Callable[[Any, Any], Any]] = {
    **{
        name: lambda m, x, name=name: getattr(m, name)(x)
        for name in (
            *("exp", "log", "log1p", "expm1", "sqrt", "square", "reciprocal", "sin", "cos", "tan"),
            *("arcsin", "arctan", "sinh", "cosh", "tanh", "abs"),
            *("sum", "mean", "prod", "max", "min"),
        )
    },
    "add": lambda m, x: m.add(x, x),
    "subtract": lambda m, x: m.subtract(x * x, x),
    "multiply": lambda m, x: m.multiply(x, x),
    "divide": lambda m, x: m.divide(x, 1 + x),
    "power": lambda m, x: x**2.5,
    "maximum": lambda m, x: m.maximum(x, 1 - x),
    "arctan2": lambda m, x: m.arctan2(x, 1 + x),
    "logaddexp": lambda m, x: m.logaddexp(x, 1 - x),
    "where": lambda m, x: m.where(x > 0.5, x * x, x),
    "dot": lambda m, x: m.dot(x, x),
    "reshape": lambda m, x: m.reshape(x, (1, -1)),
    "concatenate": lambda m, x: m.concatenate((x, x)),
    "stack": lambda m, x: m.stack((x, x)),
    "x[::2]": lambda m, x: x[::2],
    "x[indices]": lambda m, x: x[np.arange(len(x)) // 2],
}

#: Those that PyTorch spells otherwise.
OWN: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "cumsum": {"numpy": lambda m, x: m.cumsum(x), "torch": lambda m, x: m.cumsum(x, 0)},
    "clip": {"numpy": lambda m, x: m.clip(x, 0.25, 0.75), "torch": lambda m, x: m.clip(x, 0.25, 0.75)},
    "sort": {"numpy": lambda m, x: m.sort(x), "torch": lambda m, x: m.sort(x).values},
    "norm": {"numpy": lambda m, x: m.linalg.norm(x), "torch": lambda m, x: m.linalg.norm(x)},
}
FUNCTIONS = {name: {"numpy": f, "torch": f} for name, f in ALIKE.items()} | OWN

Measured = Callable[[], tuple[Any, Any]]


def by_gatewise(f: Callable[[Any, Any], Any], x: np.ndarray) -> Measured:
    """Return what takes value and gradient as a user of gatewise does."""
    differentiated = gw.value_and_grad(lambda x: np.sum(f(np, x)))
    return lambda: differentiated(x)


def by_torch(torch: ModuleType, f: Callable[[Any, Any], Any], x: np.ndarray) -> Measured:
    """Return the same with PyTorch's eager mode, in one thread like the others."""
    torch.set_num_threads(1)
    wanted = torch.tensor(x, requires_grad=True)

    def measured() -> tuple[Any, Any]:
        wanted.grad = None
        out = f(torch, wanted).sum()
        out.backward()
        return out.item(), wanted.grad

    return measured


def by_autograd(autograd: ModuleType, f: Callable[[Any, Any], Any], x: np.ndarray) -> Measured:
    """Return the same with autograd."""
    numpy = autograd.numpy
    differentiated = autograd.value_and_grad(lambda x: numpy.sum(f(numpy, x)))
    return lambda: differentiated(x)


def ways(name: str, installed: Mapping[str, ModuleType], x: np.ndarray) -> dict[str, Measured]:
    """Return how gatewise and each peer that has the function take its value and gradient, checked against gatewise."""
    spelled = FUNCTIONS[name]
    found = {"gatewise": by_gatewise(spelled["numpy"], x)}
    if "torch" in installed:
        found["torch"] = by_torch(installed["torch"], spelled["torch"], x)
    if "autograd" in installed:
        found["autograd"] = by_autograd(installed["autograd"], spelled["numpy"], x)
    value, gradient = found["gatewise"]()
    for peer in [peer for peer in RATIOS if peer in found]:
        try:
            other, slope = found[peer]()
        except (NotImplementedError, AttributeError, TypeError):  # this peer has no gradient of it
            del found[peer]
            continue
        assert_alike(f"{name} by {peer}", (value, gradient), (other, slope))
    return found


def assert_alike(what: str, ours: tuple[Any, Any], theirs: tuple[Any, Any]) -> None:
    """Stop where two libraries compute different numbers: a fast wrong answer is no measurement."""
    for one, other in zip(ours, theirs, strict=True):
        if not np.allclose(np.asarray(one), np.asarray(other), rtol=1e-9, atol=1e-9):
            raise ArithmeticError(f"{what} is another number")


def beside_peers(
    installed: Mapping[str, ModuleType], rounds: int = 15, seconds: float = 0.004, names: Any = tuple(FUNCTIONS)
) -> list[Row]:
    """Return one row for each function and size, with the ratios to the peers, and the means of all."""
    rows, ratios = [], dict[tuple[str, int], list[float]]()
    for size in SIZES:
        x = np.linspace(0.1, 0.9, size) if size > 1 else np.array([0.3])
        for name in names:
            measured = ways(name, installed, x)
            one = interleaved(1, 1, of=min, **measured)["gatewise"]
            times = interleaved(rounds, max(1, int(seconds / one)), of=min, **measured)
            told = []
            for peer in times:
                if peer != "gatewise":
                    ratios.setdefault((peer, size), []).append(times["gatewise"] / times[peer])
                    told.append(f"{times['gatewise'] / times[peer]:.2f} of {peer}")
            what = f"{name}, {size:,} element{'s' if size > 1 else ''}: value and gradient"
            rows.append(Row(what, ", ".join([f"{times['gatewise'] * 1e6:.1f} us", *told])))
    return rows + [
        Row(f"{len(each)} functions at {size:,}: gatewise / {peer}, geometric mean", f"{mean(each):.2f}")
        for (peer, size), each in ratios.items()
    ]


def mean(ratios: list[float]) -> float:
    """Return the geometric mean."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


# ------------------------------------------------------------------------------------------------------ making arrays

ENTRIES = np.ones(100)
MAKERS: dict[str, Callable[[Any], Any]] = {
    "zeros(100)": lambda m: m.zeros(100),
    "empty(100)": lambda m: m.empty(100),
    "ones(100)": lambda m: m.ones(100),
    "full(100, 2.0)": lambda m: m.full(100, 2.0),
    "eye(3)": lambda m: m.eye(3),
    "array([1.0, 2.0, 3.0])": lambda m: m.array([1.0, 2.0, 3.0]),
    "asarray(x)": lambda m: m.asarray(ENTRIES),
    "arange(100)": lambda m: m.arange(100),
    "linspace(0.0, 1.0, 100)": lambda m: m.linspace(0.0, 1.0, 100),
    "zeros_like(x)": lambda m: m.zeros_like(ENTRIES),
}


def makers(rounds: int = 200, calls: int = 100) -> list[Row]:
    """Return what an array maker of `gatewise.numpy` costs more than NumPy's own, on plain values."""
    rows = []
    for name, make in MAKERS.items():
        times = interleaved(rounds, calls, of=min, plain=lambda: make(np), twin=lambda: make(gw.numpy))  # noqa: B023
        more = (times["twin"] - times["plain"]) * 1e6
        what = f"np.{name} of gatewise.numpy: more than NumPy's own {times['plain'] * 1e6:.2f} us, by"
        rows.append(at_most(what, more, 0.4, " us"))
    return rows
