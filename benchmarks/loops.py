"""Loops that write into arrays, as they are written in plain NumPy: a recurrence, and a Hodgkin-Huxley neuron."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.harness import Row, interleaved, seconds_of

ASSIGNMENTS = 10_000
STEPS = 3_000
SEEN = 10_000  # rounds of a loop that is drawn
CONDUCTANCES = np.array([120.0, 36.0])  # sodium, potassium: mS/cm2


def filled(p, n):
    """Write one number after the other into a buffer."""
    x = np.zeros(n)
    x[0] = p
    for i in range(1, n):
        x[i] = 0.999 * x[i - 1] + p
    return x[-1]


def alpha_m(V):
    return 0.1 * (V + 40.0) / (1.0 - np.exp(-(V + 40.0) / 10.0))


def beta_m(V):
    return 4.0 * np.exp(-(V + 65.0) / 18.0)


def alpha_h(V):
    return 0.07 * np.exp(-(V + 65.0) / 20.0)


def beta_h(V):
    return 1.0 / (1.0 + np.exp(-(V + 35.0) / 10.0))


def alpha_n(V):
    return 0.01 * (V + 55.0) / (1.0 - np.exp(-(V + 55.0) / 10.0))


def beta_n(V):
    return 0.125 * np.exp(-(V + 65.0) / 80.0)


def neuron(g, T, dt=0.01, current=10.0):
    """Run a Hodgkin-Huxley neuron for `T` steps of `dt` ms and return the mean square of its voltage."""
    V, m, h, n = np.zeros(T), np.zeros(T), np.zeros(T), np.zeros(T)
    V[0] = -65.0
    m[0] = alpha_m(V[0]) / (alpha_m(V[0]) + beta_m(V[0]))
    h[0] = alpha_h(V[0]) / (alpha_h(V[0]) + beta_h(V[0]))
    n[0] = alpha_n(V[0]) / (alpha_n(V[0]) + beta_n(V[0]))
    for t in range(T - 1):
        sodium = g[0] * m[t] ** 3 * h[t] * (V[t] - 50.0)
        potassium = g[1] * n[t] ** 4 * (V[t] + 77.0)
        leak = 0.3 * (V[t] + 54.4)
        V[t + 1] = V[t] + dt * (current - sodium - potassium - leak)
        m[t + 1] = m[t] + dt * (alpha_m(V[t]) * (1 - m[t]) - beta_m(V[t]) * m[t])
        h[t + 1] = h[t] + dt * (alpha_h(V[t]) * (1 - h[t]) - beta_h(V[t]) * h[t])
        n[t + 1] = n[t] + dt * (alpha_n(V[t]) * (1 - n[t]) - beta_n(V[t]) * n[t])
    return np.mean(V**2)


def neuron_without_assignment(np, g, T, dt=0.01, current=10.0):
    """Run the same neuron as it has to be written for autograd: lists in the place of arrays, and another `np`."""

    def opening(V):
        return 0.1 * (V + 40.0) / (1.0 - np.exp(-(V + 40.0) / 10.0)), 4.0 * np.exp(-(V + 65.0) / 18.0)

    def inactive(V):
        return 0.07 * np.exp(-(V + 65.0) / 20.0), 1.0 / (1.0 + np.exp(-(V + 35.0) / 10.0))

    def potassium_gate(V):
        return 0.01 * (V + 55.0) / (1.0 - np.exp(-(V + 55.0) / 10.0)), 0.125 * np.exp(-(V + 65.0) / 80.0)

    V = -65.0
    m, h, n = (a / (a + b) for a, b in (opening(V), inactive(V), potassium_gate(V)))
    voltages = [V]
    for _ in range(T - 1):
        (am, bm), (ah, bh), (an, bn) = opening(V), inactive(V), potassium_gate(V)
        sodium = g[0] * m**3 * h * (V - 50.0)
        potassium = g[1] * n**4 * (V + 77.0)
        leak = 0.3 * (V + 54.4)
        V = V + dt * (current - sodium - potassium - leak)
        m = m + dt * (am * (1 - m) - bm * m)
        h = h + dt * (ah * (1 - h) - bh * h)
        n = n + dt * (an * (1 - n) - bn * n)
        voltages.append(V)
    return np.mean(np.array(voltages) ** 2)


def beside_numpy(
    installed: dict[str, ModuleType], assignments: int = ASSIGNMENTS, steps: int = STEPS, rounds: int = 5
) -> list[Row]:
    """Return the times of both loops, value and gradient, beside plain NumPy's for the value, and autograd's."""
    rows = []
    loops: list[tuple[str, Callable[..., Any], Any, int]] = [
        (f"a loop of {assignments:,} assignments", filled, 0.5, assignments),
        (f"a Hodgkin-Huxley neuron, {steps:,} steps", neuron, CONDUCTANCES, steps),
    ]
    for what, f, at, n in loops:
        both = gw.value_and_grad(f)
        times = interleaved(rounds, 1, of=min, gatewise=lambda: both(at, n), plain=lambda: f(at, n))  # noqa: B023
        ratio = times["gatewise"] / times["plain"]
        rows.append(Row(f"{what}: value and gradient", f"{times['gatewise']:.3g} s"))
        rows.append(Row(f"{what}: over plain NumPy, value alone ({times['plain']:.3g} s)", f"{ratio:.3g}"))
    autograd = installed.get("autograd")
    what = f"{loops[-1][0]}: gatewise / autograd, value and gradient"
    return [
        *rows,
        Row(what, "not installed" if autograd is None else beside_autograd(autograd, steps, times["gatewise"])),
    ]


def decay(x, n):
    """Go round `n` times."""
    for _ in range(n):
        x = x * 0.9999 + 0.001
    return x


def seen(few: int = SEEN // 10, many: int = SEEN) -> list[Row]:
    """Return what a long loop takes to be recorded, drawn, made a page and printed, and how it grows."""
    views: dict[str, Callable[[Any], object]] = {
        "picture": lambda c: c.svg(),
        "page": lambda c: c.html(),
        "printed code": lambda c: c.code(),
    }
    taken = {n: {"recording": seconds_of(lambda: gw.circuit(decay, 1.0, n))} for n in (few, many)}  # noqa: B023
    for name, view in views.items():
        for n in (few, many):
            circuit = gw.circuit(decay, 1.0, n)  # one of its own: nothing was made for another view
            taken[n][name] = seconds_of(lambda: view(circuit))  # noqa: B023
    return [
        Row(
            f"a loop of {many:,} rounds: {name} ({taken[many][name] / taken[few][name]:.3g} times that of {few:,})",
            f"{taken[many][name]:.3g} s",
        )
        for name in taken[many]
    ]


def cell(W, xs, h):
    """Run a cell with a memory over a sequence."""
    c = h * 0.0
    for t in range(len(xs)):
        a = W * h + xs[t]
        i, f = 1 / (1 + np.exp(-a)), 1 / (1 + np.exp(-2 * a))
        c = f * c + i * np.tanh(a)
        h = i * np.tanh(c)
    return np.sum(h)


def kept(size: int = 20_000, rounds: tuple[int, ...] = (100, 400)) -> list[Row]:
    """Return the peak of a long loop's memory with all values kept and with few, and what keeping few costs."""
    rng = np.random.default_rng(0)
    rows = []
    for n in rounds:
        args = rng.normal(size=size), rng.normal(size=(n, size)), rng.normal(size=size)
        ways = {"all": partial(gw.grad(cell), *args), "few": partial(gw.grad(cell, recompute=True), *args)}
        peaks = {name: peak(way) for name, way in ways.items()}
        taken = interleaved(3, 1, min, **ways)
        what = f"{n} rounds of {size:,} numbers: peak memory with recompute=True, with all values kept"
        ratio = f"{peaks['few'] / 1e6:.3g} MB, {peaks['all'] / 1e6:.3g} MB"
        rows.append(Row(what, f"{ratio}; {taken['few'] / taken['all']:.3g} times the time"))
    return rows


def peak(f: Callable[[], Any]) -> int:
    """Return the most bytes that were held at once."""
    tracemalloc.start()
    f()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def beside_autograd(autograd: ModuleType, steps: int, ours: float) -> str:
    """Return the ratio to autograd's time for the neuron without assignment, which is taken once: it is long."""
    numpy = autograd.numpy
    theirs = autograd.value_and_grad(lambda g: neuron_without_assignment(numpy, g, steps))
    found: list[Any] = []
    seconds = seconds_of(lambda: found.append(theirs(CONDUCTANCES)))
    value, gradient = gw.value_and_grad(neuron)(CONDUCTANCES, steps)
    if not (np.allclose(value, found[0][0]) and np.allclose(gradient, found[0][1])):
        raise ArithmeticError("autograd's neuron is another one")
    return f"{ours / seconds:.3g} ({seconds:.3g} s)"
