"""One epoch beside PyTorch's: the same net, weights, batches and update; a step of each in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.harness import Row, at_most, interleaved
from gatewise import nn, optim
from gatewise.nn import functional

IMAGES = 49_000  # of the course's training set: what one epoch looks at
TWO_LAYER_BOUND = 1.0  # gatewise's time over PyTorch's


@dataclass(frozen=True)
class Net:
    """A net of both libraries, the batch it is shown, and how often its step is timed."""

    what: str
    layers: Callable[[Any], Sequence[Any]]
    shape: tuple[int, ...]
    batch: int
    rounds: int
    bound: float | None = None


def two_layer(nn: Any) -> Sequence[Any]:
    """Return the course's net on CIFAR-10, from the layers of either library."""
    return nn.Linear(3072, 200), nn.ReLU(), nn.Linear(200, 10)


def convolutional(nn: Any) -> Sequence[Any]:
    """Return three blocks of convolution, relu and pooling, and a linear map."""
    layers: list[Any] = []
    for before, after in ((3, 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return *layers, nn.Flatten(), nn.Linear(1024, 10)


NETS = (
    Net("two-layer net 3072-200-10, batch 200", two_layer, (3072,), 200, 40, TWO_LAYER_BOUND),
    Net("convolutional net 32-64-64, batch 100", convolutional, (3, 32, 32), 100, 8),
)


def epochs(installed: dict[str, ModuleType], nets: Sequence[Net] = NETS) -> list[Row]:
    """Return the seconds an epoch of each net takes, and their ratio to PyTorch's where that is installed."""
    rows = []
    for net in nets:
        steps = {"gatewise": by_gatewise(net)}
        if "torch" in installed:
            steps["torch"] = by_torch(installed["torch"], net)
            assert_alike(*(step() for step in steps.values()))
        seconds = interleaved(net.rounds, 1, **steps)
        count = -(-IMAGES // net.batch)
        rows.append(
            Row(f"{net.what}, float32, SGD: an epoch of {IMAGES:,} images", f"{seconds['gatewise'] * count:.1f} s")
        )
        if "torch" in installed:
            ratio = seconds["gatewise"] / seconds["torch"]
            what = f"{net.what}: gatewise / torch ({seconds['torch'] * count:.1f} s, {threads(installed['torch'])})"
            rows.append(Row(what, f"{ratio:.3g}") if net.bound is None else at_most(what, ratio, net.bound))
        else:
            rows.append(Row(f"{net.what}: gatewise / torch", "not installed"))
    return rows


def threads(torch: ModuleType) -> str:
    """Return how many threads PyTorch uses: NumPy's BLAS takes as many as there are cores, too, unless it is told."""
    return f"{torch.get_num_threads()} threads"


def batch_of(net: Net) -> tuple[Any, Any]:
    """Return images and classes of a batch."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((net.batch, *net.shape), dtype=np.float32), rng.integers(0, 10, net.batch)


def weights_of(net: Net) -> list[Any]:
    """Return the weights that both begin with."""
    model = nn.Sequential(*net.layers(nn))
    rng = np.random.default_rng(1)
    return [(0.05 * rng.standard_normal(p.shape)).astype(np.float32) for p in model.parameters()]


def by_gatewise(net: Net) -> Callable[[], float]:
    """Return one step of training: forward, backward, update."""
    model = nn.Sequential(*net.layers(nn))
    model.load_state_dict(dict(zip(model.state_dict(), weights_of(net), strict=True)))
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    X, y = batch_of(net)

    def step() -> float:
        loss = functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def by_torch(torch: ModuleType, net: Net) -> Callable[[], float]:
    """Return the same step in PyTorch."""
    model = torch.nn.Sequential(*net.layers(torch.nn))
    with torch.no_grad():
        for parameter, weight in zip(model.parameters(), weights_of(net), strict=True):
            parameter.copy_(torch.from_numpy(weight))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    X, y = map(torch.from_numpy, batch_of(net))

    def step() -> float:
        loss = torch.nn.functional.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def assert_alike(ours: float, theirs: float) -> None:
    """Stop when the two do not compute the same loss: a fast wrong step is no measurement."""
    if not np.isclose(ours, theirs, rtol=1e-4):
        raise ArithmeticError(f"the first loss is {ours!r} by gatewise and {theirs!r} by PyTorch")
