"""Many gates on small arrays: an LSTM as a plain loop, an ode, a determinant, beside eager gatewise and the peers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.harness import Row, interleaved

LAYERS, HIDDEN, STEPS = 2, 14, 128


def lstm(m: Any, main: Any, extra: Any, state: Any, sequence: Any) -> Any:
    """Compute the negative mean log likelihood of a sequence: every gate of a cell looks at its own entry alone."""
    cells = [(state[2 * k], state[2 * k + 1]) for k in range(LAYERS)]
    total = 0.0
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra[0]
        for k in range(LAYERS):
            hidden, cell = cells[k]
            weight, bias = main[2 * k], main[2 * k + 1]
            forget = sigmoid(m, x * weight[0:HIDDEN] + bias[0:HIDDEN])
            ingate = sigmoid(m, hidden * weight[HIDDEN : 2 * HIDDEN] + bias[HIDDEN : 2 * HIDDEN])
            outgate = sigmoid(m, x * weight[2 * HIDDEN : 3 * HIDDEN] + bias[2 * HIDDEN : 3 * HIDDEN])
            change = m.tanh(hidden * weight[3 * HIDDEN :] + bias[3 * HIDDEN :])
            cell = cell * forget + ingate * change
            x = hidden = outgate * m.tanh(cell)
            cells[k] = hidden, cell
        guess = x * extra[1] + extra[2]
        guess = guess - m.log(m.sum(m.exp(guess)) + 2.0)
        total = total + m.sum(sequence[t + 1] * guess)
    return -total / (HIDDEN * (len(sequence) - 1))


def sigmoid(m: Any, x: Any) -> Any:
    """Compute the logistic function."""
    return 1.0 / (1.0 + m.exp(-x))


def ode(m: Any, x: Any, steps: int = 10) -> Any:
    """Compute the last entry after Runge-Kutta steps of fourth order, where each entry grows by the one before."""
    h = 2.0 / steps
    y = 0.0 * x

    def slope(y: Any) -> Any:
        return m.concatenate([x[:1], x[1:] * y[:-1]])

    for _ in range(steps):
        k1 = slope(y)
        k2 = slope(y + h * k1 / 2.0)
        k3 = slope(y + h * k2 / 2.0)
        k4 = slope(y + h * k3)
        y = y + h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0
    return y[-1]


def det(m: Any, a: Any) -> Any:
    """Compute a determinant by minors along the first row."""

    def minor(row: int, columns: tuple[int, ...]) -> Any:
        if len(columns) == 1:
            return a[row, columns[0]]
        total = 0.0
        for k, column in enumerate(columns):
            part = a[row, column] * minor(row + 1, columns[:k] + columns[k + 1 :])
            total = total - part if k % 2 else total + part
        return total

    return minor(0, tuple(range(a.shape[0])))


def tasks() -> dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]]:
    """Return the functions, with the arrays that they are taken at."""
    draw = np.random.default_rng(0)
    sizes = [(2 * LAYERS, 4 * HIDDEN), (3, HIDDEN), (2 * LAYERS, HIDDEN)]
    text = (draw.random((STEPS, HIDDEN)) < 0.3).astype(float)
    return {
        f"lstm, {LAYERS} layers, {STEPS} steps": (lstm, (*(draw.normal(size=s) * 0.5 for s in sizes), text)),
        "ode n=1000 s=10": (ode, (draw.random(1000),)),
        "det 5": (det, (draw.normal(size=(5, 5)),)),
    }


def running(installed: Mapping[str, ModuleType], rounds: int = 5, calls: int = 3) -> list[Row]:
    """Return value and gradient of each along its first array: compiled, eager and the peers over it; a first call."""
    rows = []
    for name, (f, arrays) in tasks().items():
        eager = gw.value_and_grad(lambda x, *rest, f=f: f(np, x, *rest))
        compiled = gw.compile(eager)
        began = time.perf_counter()
        compiled(*arrays)
        making = time.perf_counter() - began
        functions: dict[str, Callable[[], object]] = {
            "compiled": lambda compiled=compiled, arrays=arrays: compiled(*arrays),
            "eager": lambda eager=eager, arrays=arrays: eager(*arrays),
        }
        if "jax" in installed and f is not lstm:  # XLA takes the unrolled loop minutes, and more than 20 GB
            functions["jax"] = jitted(installed["jax"], f, arrays)
        if "torch" in installed:
            functions["torch"] = by_torch(installed["torch"], f, arrays)
        right = eager(*arrays)
        for way, function in functions.items():
            value, gradient = function()
            if not (np.allclose(value, right[0]) and np.allclose(gradient, right[1])):
                raise ArithmeticError(f"{way} gives something else for {name}")
        seconds = interleaved(rounds, calls, min, **functions)
        rows.append(Row(f"{name}: compiled", f"{seconds['compiled'] * 1e6:.3g} us; first call {making:.2f} s"))
        others = [way for way in seconds if way != "compiled"]
        rows += [Row(f"{name}: {way} / compiled", f"{seconds[way] / seconds['compiled']:.2f}") for way in others]
    return rows


def jitted(jax: ModuleType, f: Callable[..., Any], arrays: tuple[np.ndarray, ...]) -> Callable[[], Any]:
    """Return value and gradient by JAX's compiler, in double precision, the loop as it is written."""
    jax.config.update("jax_enable_x64", True)
    step = jax.jit(jax.value_and_grad(lambda x, *rest: f(jax.numpy, x, *rest)))
    given = tuple(map(jax.numpy.asarray, arrays))
    return lambda: jax.block_until_ready(step(*given))


def by_torch(torch: ModuleType, f: Callable[..., Any], arrays: tuple[np.ndarray, ...]) -> Callable[[], Any]:
    """Return the same by PyTorch's eager mode, on one thread."""
    torch.set_num_threads(1)
    x, *rest = (torch.tensor(each) for each in arrays)
    x.requires_grad_()

    def run() -> Any:
        x.grad = None
        value = f(torch, x, *rest)
        value.backward()
        return value.detach().numpy(), x.grad.numpy()

    return run
