"""Compiled functions beside what an expert writes by hand, eager gatewise, and the peers that are installed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.eager import AT, staged
from benchmarks.harness import Row, interleaved, peers, versions

#: Entries: calls in a round, rounds.
SIZES = {100: (500, 7), 1_000: (200, 7), 10_000: (30, 7), 100_000: (5, 7), 1_000_000: (1, 5), 10_000_000: (1, 2)}
NETS = [(200, 3072, 50, 10), (32, 64, 32, 10)]  #: images, pixels, hidden, classes
RATE, PENALTY = 1e-3, 0.25


def by_hand(x: Any, y: Any, exp: Any = math.exp) -> Any:
    """Compute value and gradients of the staged function as one writes them by hand."""
    sigy = 1.0 / (1.0 + exp(-y))
    num = x + sigy
    sigx = 1.0 / (1.0 + exp(-x))
    xpy = x + y
    den = sigx + xpy * xpy
    invden = 1.0 / den
    f = num * invden
    dden = -invden * invden * num
    dxpy = 2 * xpy * dden
    dx = dxpy + (1 - sigx) * sigx * dden + invden
    dy = dxpy + (1 - sigy) * sigy * invden
    return f, (dx, dy)


def floats(installed: Mapping[str, ModuleType], rounds: int = 15) -> list[Row]:
    """Return value and gradient of the staged function on floats, beside those by hand."""
    eager = gw.value_and_grad(staged, argnums=(0, 1))
    compiled = gw.compile(eager)
    assert np.allclose([compiled(*AT)[0], *compiled(*AT)[1]], [by_hand(*AT)[0], *by_hand(*AT)[1]])
    functions: dict[str, Callable[[], object]] = {
        "hand": lambda: by_hand(*AT),
        "compiled": lambda: compiled(*AT),
        "eager": lambda: eager(*AT),
    }
    if "jax" in installed:
        functions["jax"] = jitted(installed["jax"], AT)
    return rows_of("staged function on floats", interleaved(rounds, 500, min, **functions))


def jitted(jax: ModuleType, values: tuple[Any, ...]) -> Callable[[], object]:
    """Return value and gradient by JAX's compiler, in double precision."""
    jax.config.update("jax_enable_x64", True)
    numpy = jax.numpy
    step = jax.jit(jax.value_and_grad(lambda x, y: numpy.sum(staged(x, y, numpy.exp)), (0, 1)))
    given = tuple(map(numpy.asarray, values))
    return lambda: jax.block_until_ready(step(*given))


def by_torch(torch: ModuleType, values: tuple[Any, ...]) -> Callable[[], object]:
    """Return the same by PyTorch's eager mode."""

    def run() -> object:
        x, y = (torch.tensor(value, requires_grad=True) for value in values)
        f = staged(x, y, torch.exp).sum()
        f.backward()
        return f, x.grad, y.grad

    return run


def by_torch_compile(torch: ModuleType, values: tuple[Any, ...]) -> Callable[[], object]:
    """Return the same by PyTorch's compiler, which is told that no size changes."""
    torch._dynamo.reset()
    step = torch.compile(lambda x, y: staged(x, y, torch.exp).sum(), dynamic=False)
    x, y = (torch.tensor(value, requires_grad=True) for value in values)

    def run() -> object:
        x.grad = y.grad = None
        f = step(x, y)
        f.backward()
        return f, x.grad, y.grad

    return run


def elementwise(installed: Mapping[str, ModuleType]) -> list[Row]:
    """Return the same on arrays of several sizes, the first gradient that of the sum."""
    eager = gw.value_and_grad(lambda x, y: np.sum(staged(x, y)), argnums=(0, 1))
    compiled, rows = gw.compile(eager), []
    for size, (calls, rounds) in SIZES.items():
        draw = np.random.default_rng(0)
        values = draw.normal(size=size) + 4, draw.normal(size=size)
        hand = by_hand(*values, np.exp)
        assert np.allclose(compiled(*values)[1], hand[1], rtol=1e-10)
        functions: dict[str, Callable[[], object]] = {
            "hand": lambda values=values: by_hand(*values, np.exp),
            "compiled": lambda values=values: compiled(*values),
            "eager": lambda values=values: eager(*values),
        }
        if "jax" in installed:
            functions["jax"] = jitted(installed["jax"], values)
        if "torch" in installed:
            installed["torch"].set_num_threads(1)
            functions["torch"] = by_torch(installed["torch"], values)
            functions["torch.compile"] = by_torch_compile(installed["torch"], values)
        rows += rows_of(f"staged function on {size:,} entries", interleaved(rounds, calls, min, **functions))
    return rows


def loss(p: Any, X: Any, y: Any) -> Any:
    """Compute the loss of the course's two-layer net."""
    h = np.maximum(0, X @ p["W1"] + p["b1"])
    s = h @ p["W2"] + p["b2"]
    s = s - np.max(s, axis=1, keepdims=True)
    picked = s[np.arange(len(y)), y] - np.log(np.sum(np.exp(s), axis=1))
    return -np.sum(picked) / len(y) + PENALTY * np.sum(p["W1"] * p["W1"]) + PENALTY * np.sum(p["W2"] * p["W2"])


def gradients_by_hand(p: Any, X: Any, y: Any) -> Any:
    """Compute the same with its gradients, as the course's notes write them."""
    n, rows = len(y), np.arange(len(y))
    h = np.maximum(0, X.dot(p["W1"]) + p["b1"])
    s = h.dot(p["W2"]) + p["b2"]
    s = s - np.max(s, axis=1, keepdims=True)
    e = np.exp(s)
    ds = e / np.sum(e, axis=1, keepdims=True)
    data = -np.sum(np.log(ds[rows, y])) / n
    ds[rows, y] -= 1
    ds /= n
    dh = ds.dot(p["W2"].T) * (h > 0)
    value = data + PENALTY * np.sum(p["W1"] * p["W1"]) + PENALTY * np.sum(p["W2"] * p["W2"])
    return value, {
        "W1": X.T.dot(dh) + 2 * PENALTY * p["W1"],
        "b1": dh.sum(0),
        "W2": h.T.dot(ds) + 2 * PENALTY * p["W2"],
        "b2": ds.sum(0),
    }


def stepping(gradients: Callable[..., Any], p: Any, X: Any, y: Any) -> Callable[[], object]:
    """Return one step of training, which changes the parameters in place."""

    def step() -> object:
        value, g = gradients(p, X, y)
        for name in p:
            p[name] -= RATE * g[name]
        return value

    return step


def nets(rounds: int = 9) -> list[Row]:
    """Return a step of the two-layer net in single precision, beside the one by hand."""
    eager, rows = gw.value_and_grad(loss), []
    for n, pixels, hidden, classes in NETS:
        draw = np.random.default_rng(0)
        X, y = draw.normal(size=(n, pixels)).astype(np.float32), draw.integers(0, classes, n)
        start = {
            "W1": (draw.normal(size=(pixels, hidden)) * 1e-2).astype(np.float32),
            "b1": np.zeros(hidden, np.float32),
            "W2": (draw.normal(size=(hidden, classes)) * 1e-1).astype(np.float32),
            "b2": np.zeros(classes, np.float32),
        }
        compiled = gw.compile(eager)
        hand = gradients_by_hand(start, X, y)
        assert all(np.allclose(compiled(start, X, y)[1][k], hand[1][k], rtol=1e-3, atol=1e-5) for k in start)
        functions = {
            name: stepping(gradients, {k: v.copy() for k, v in start.items()}, X, y)
            for name, gradients in (("hand", gradients_by_hand), ("compiled", compiled), ("eager", eager))
        }
        rows += rows_of(
            f"two-layer step {n} x {pixels} x {hidden}, float32",
            interleaved(rounds, 200_000 // (n * hidden * 10) or 1, min, **functions),
        )
    return rows


def rows_of(what: str, seconds: Mapping[str, float]) -> list[Row]:
    """Return a row for each way, as a multiple of the one by hand."""
    hand = seconds["hand"]
    told = [Row(f"{what}, by hand", f"{hand * 1e6:,.3g} us")]
    return told + [Row(f"{what}, {name} / by hand", f"{s / hand:.2f}") for name, s in seconds.items() if name != "hand"]


def against_hand(installed: Mapping[str, ModuleType]) -> list[Row]:
    """Return all rows."""
    return [*floats(installed), *elementwise(installed), *nets()]


if __name__ == "__main__":
    found, _ = peers()
    print(versions(("gatewise", "numpy", "llvmlite", *found)))
    for row in against_hand(found):
        print(f"{row.what:70s} {row.measured}")
