"""The eager path: value and gradient of the course's staged function on floats, and long chains of gates."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from types import ModuleType

import numpy as np

import gatewise as gw
from benchmarks.harness import Row, at_most, interleaved, seconds_of

AT = (3.0, -4.0)
VALUE_AND_GRADIENTS = (1.5456448841066441, 2.0595697955721652, 1.5922327514838093)
CHAINS = {100_000: 5, 300_000: 3, 1_000_000: 3}  # gates in the chain: rounds

Measured = Callable[[], tuple[float, float, float]]


def staged(x, y, exp=np.exp):
    """Compute the staged function of the course's notes."""
    sigy = 1.0 / (1 + exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f


def by_gatewise() -> tuple[float, float, float]:
    """Take value and gradients as a user of gatewise does."""
    x, y = gw.tensor(AT[0]), gw.tensor(AT[1])
    f = staged(x, y)
    f.backward()
    return f.item(), x.grad, y.grad


def by_torch(torch: ModuleType) -> Measured:
    """Return the same with PyTorch's eager mode, on float64 scalars."""

    def measured() -> tuple[float, float, float]:
        x, y = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in AT)
        f = staged(x, y, torch.exp)
        f.backward()
        return f.item(), x.grad, y.grad

    return measured


def by_autograd(autograd: ModuleType) -> Measured:
    """Return the same with autograd."""
    exp = autograd.numpy.exp
    differentiated = autograd.value_and_grad(lambda xy: staged(xy[0], xy[1], exp))

    def measured() -> tuple[float, float, float]:
        value, (dx, dy) = differentiated(AT)
        return value, dx, dy

    return measured


def by_jax(jax: ModuleType) -> Measured:
    """Return the same with JAX, eager: nothing is compiled."""
    jax.config.update("jax_enable_x64", True)
    differentiated = jax.value_and_grad(lambda x, y: staged(x, y, jax.numpy.exp), argnums=(0, 1))

    def measured() -> tuple[float, float, float]:
        value, (dx, dy) = differentiated(*AT)
        return value, dx, dy

    return measured


def by_mygrad(mygrad: ModuleType) -> Measured:
    """Return the same with MyGrad."""

    def measured() -> tuple[float, float, float]:
        x, y = (mygrad.tensor(value) for value in AT)
        f = staged(x, y, mygrad.exp)
        f.backward()
        return f.item(), x.grad, y.grad

    return measured


WAYS = {"torch": by_torch, "autograd": by_autograd, "jax": by_jax, "mygrad": by_mygrad}
BOUNDS = {"torch": 1 / 2, "autograd": 1 / 4, "mygrad": 1 / 4}  # gatewise's time over the peer's


def against_peers(installed: dict[str, ModuleType], absent: list[str], rounds: int = 15, calls: int = 100) -> list[Row]:
    """Return gatewise's time for one value and gradient, and its ratio to every peer's."""
    measured = {"gatewise": by_gatewise} | {name: WAYS[name](module) for name, module in installed.items()}
    for name, function in measured.items():
        assert_right(name, function())
    seconds = interleaved(rounds, calls, **measured)
    task = "value and gradient, staged function on floats"
    rows = [Row(f"{task}: gatewise", f"{seconds['gatewise'] * 1e6:.1f} us")]
    for name in installed:
        ratio, what = seconds["gatewise"] / seconds[name], f"{task}: gatewise / {name} ({seconds[name] * 1e6:.1f} us)"
        rows.append(at_most(what, ratio, BOUNDS[name]) if name in BOUNDS else Row(what, f"{ratio:.3g}"))
    return rows + [Row(f"{task}: gatewise / {name}", "not installed") for name in absent]


def assert_right(name: str, found: tuple[float, float, float]) -> None:
    """Stop when a library's numbers are not the published ones: a fast wrong answer is no measurement."""
    for number, published in zip(found, VALUE_AND_GRADIENTS):
        if not math.isclose(float(number), published, rel_tol=1e-12):
            raise ArithmeticError(f"{name} gives {float(number)!r} where {published!r} is published")


def chains() -> list[Row]:
    """Return the time a gate in chains of growing length: a straight line keeps it constant."""
    rows = []
    for gates, rounds in CHAINS.items():
        runs = [chain(gates) for _ in range(rounds + 1)][1:]
        forward, backward = (statistics.median(times) / gates * 1e6 for times in zip(*runs))
        rows.append(Row(f"chain of {gates:,} gates: forward", f"{forward:.2f} us a gate"))
        rows.append(Row(f"chain of {gates:,} gates: backward and freeing", f"{backward:.2f} us a gate"))
    return rows


def chain(gates: int) -> tuple[float, float]:
    """Return the seconds for running a chain of so many gates forward, and for sweeping it back and freeing it."""
    x = gw.tensor(1.0)
    start = time.perf_counter()
    z = x
    for _ in range(gates // 2):
        z = z * 0.999 + x
    forward = time.perf_counter() - start

    def sweep_and_free() -> None:
        nonlocal z
        z.backward()
        del z

    return forward, seconds_of(sweep_and_free)
