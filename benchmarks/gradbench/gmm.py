"""The logarithm of the posterior of a Gaussian mixture, with a Wishart prior on its precision matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way

NAMES = ("alpha", "mu", "q", "l")


def logsumexp(v: Any) -> Any:
    """Compute it along the last axis, from the largest entry."""
    top = np.max(v, axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.sum(np.exp(v - top), axis=-1))


def posterior(independent: Any, x: Any, m: int, gamma: float) -> Any:
    """Compute it from weights alpha, means mu and the triangles that q and l fill, l column by column."""
    alpha, mu, q, l = (independent[name] for name in NAMES)  # noqa: E741  the published name
    (n, d), k = x.shape, len(alpha)
    columns, rows = np.triu_indices(d, 1)
    Q = np.zeros((k, d, d))
    Q[:, np.arange(d), np.arange(d)] = np.exp(q)
    Q[:, rows, columns] = l
    moved = np.matmul(x[None] - mu[:, None], Q.mT)  # (k, n, d)
    beta = alpha + np.sum(q, axis=1) - 0.5 * np.sum(moved**2, axis=-1).T
    likelihood = np.sum(logsumexp(beta)) - n * (d / 2 * math.log(2 * math.pi) + logsumexp(alpha))
    return likelihood + m * np.sum(q) - gamma**2 / 2 * np.sum(Q**2) + wishart(k, d, m, gamma)


def wishart(k: int, d: int, m: int, gamma: float) -> float:
    """Compute what the prior adds whatever the parameters are."""
    freedom = d + m + 1
    gammas = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma((freedom - j) / 2) for j in range(d))
    return k * (freedom * d * math.log(gamma / math.sqrt(2)) - gammas)


def read(given: Message) -> tuple[Any, ...]:
    """Return the parameters by name, the points, and the prior's two numbers."""
    k, d = given["k"], given["d"]
    independent = {name: np.array(given[name], dtype=float) for name in NAMES}
    independent["l"] = independent["l"].reshape(k, d * (d - 1) // 2)
    return independent, np.array(given["x"]), given["m"], float(given["gamma"])


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {
        "objective": Asked(read, way(posterior), float),
        "jacobian": Asked(read, way(gw.grad(posterior)), lambda told: {k: told[k].tolist() for k in NAMES}),
    }
