"""k-means: the cost of centroids, and the direction of Newton's method, whose Hessian is diagonal."""

from __future__ import annotations

from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def cost(centroids: Any, points: Any) -> Any:
    """Compute the sum of the squared distances from each point to the centroid nearest to it."""
    squares = np.sum(points**2, axis=1)[:, None] + np.sum(centroids**2, axis=1) - 2 * points @ centroids.T
    return np.sum(np.min(squares, axis=1))


def direction(centroids: Any, points: Any) -> Any:
    """Compute the gradient divided by the diagonal of the Hessian, which a product with ones gives whole."""
    gradient, diagonal = gw.jvp(gw.grad(lambda c: cost(c, points)), (centroids,), (np.ones_like(centroids),))
    return gradient / diagonal


def read(given: Message) -> tuple[Any, ...]:
    """Return the centroids and the points."""
    return np.array(given["centroids"]), np.array(given["points"])


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    return {"cost": Asked(read, way(cost), float), "dir": Asked(read, way(direction), listed)}
