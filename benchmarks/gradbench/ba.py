"""Bundle adjustment: the errors of points projected by cameras, and their sparse Jacobian."""

from __future__ import annotations

from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way

WIDTH = 11 + 3 + 1  #: parameters that one error depends on: of a camera, a point and a weight


def cross(a: Any, b: Any) -> Any:
    """Compute cross products of columns."""
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def rotated(r: Any, x: Any) -> Any:
    """Turn points about axes by Rodrigues's formula; an axis of length 0 turns nothing."""
    square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    still = square == 0
    theta = np.sqrt(np.where(still, 1.0, square))
    cos, sin, axis = np.cos(theta), np.sin(theta), [part / theta for part in r]
    along = (axis[0] * x[0] + axis[1] * x[1] + axis[2] * x[2]) * (1 - cos)
    turned = [p * cos + c * sin + w * along for p, c, w in zip(x, cross(axis, x), axis)]
    return [np.where(still, p + c, t) for p, c, t in zip(x, cross(r, x), turned)]


def errors(cameras: Any, points: Any, weights: Any, seen: Any) -> Any:
    """Compute the two errors of each observation, given the camera and the point it is of: a row for each."""
    c, x = cameras.T, points.T
    u, v, z = rotated(c[:3], [x[0] - c[3], x[1] - c[4], x[2] - c[5]])
    u, v = u / z, v / z
    square = u * u + v * v
    bent = 1 + c[9] * square + c[10] * square * square
    across, down = u * bent * c[6] + c[7], v * bent * c[6] + c[8]
    return weights * (across - seen[:, 0]), weights * (down - seen[:, 1])


def blocks(cameras: Any, points: Any, weights: Any, seen: Any) -> Any:
    """Compute both errors' gradients: each depends on one row, so the gradient of a sum holds them all."""
    wanted = (0, 1, 2)
    first = gw.grad(lambda *at: np.sum(errors(*at, seen)[0]), wanted)(cameras, points, weights)
    second = gw.grad(lambda *at: np.sum(errors(*at, seen)[1]), wanted)(cameras, points, weights)
    return first, second


def regularised(weights: Any) -> Any:
    """Compute the error of each weight."""
    return 1 - weights * weights


def read(given: Message) -> tuple[Any, ...]:
    """Return cameras, points, weights, what was seen, and which camera and point each observation is of."""
    n, m, p = given["n"], given["m"], given["p"]
    observed = np.arange(p)
    return (
        np.tile(given["cam"], (n, 1)),
        np.tile(given["x"], (m, 1)),
        np.full(p, given["w"]),
        np.tile(given["feat"], (p, 1)),
        observed % n,
        observed % m,
    )


def sparse(blocks: Any, slopes: Any, n: int, m: int, camera: Any, point: Any) -> Any:
    """Return the Jacobian's values with their columns, and where each row of it begins."""
    p = len(camera)
    ends = np.concatenate([np.arange(0, 2 * p * WIDTH, WIDTH), 2 * p * WIDTH + np.arange(p + 1)])
    columns = np.empty((p, 2, WIDTH), dtype=np.int64)
    columns[:, :, :11] = (11 * camera[:, None] + np.arange(11))[:, None]
    columns[:, :, 11:14] = (11 * n + 3 * point[:, None] + np.arange(3))[:, None]
    own = 11 * n + 3 * m + np.arange(p)
    columns[:, :, 14] = own[:, None]
    values = np.empty((p, 2, WIDTH))
    for row, (of_camera, of_point, of_weight) in enumerate(blocks):
        values[:, row, :11], values[:, row, 11:14], values[:, row, 14] = of_camera, of_point, of_weight
    return ends, np.concatenate([columns.ravel(), own]), np.concatenate([values.ravel(), slopes])


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    project, weigh, both = way(errors), way(regularised), way(blocks)
    slope = way(gw.grad(lambda weights: np.sum(regularised(weights))))

    def objective(cameras: Any, points: Any, weights: Any, seen: Any, camera: Any, point: Any) -> Any:
        return project(cameras[camera], points[point], weights, seen), weigh(weights)

    def jacobian(cameras: Any, points: Any, weights: Any, seen: Any, camera: Any, point: Any) -> Any:
        found = both(cameras[camera], points[point], weights, seen)
        return sparse(found, slope(weights), len(cameras), len(points), camera, point)

    return {"objective": Asked(read, objective, told_errors), "jacobian": Asked(read, jacobian, told_sparse)}


def told_errors(found: Any) -> object:
    """Return the first observation's errors and how often they repeat, as the eval asks."""
    (across, down), of_weights = found
    return {
        "reproj_error": {"elements": [float(across[0]), float(down[0])], "repeated": len(across)},
        "w_err": {"element": float(of_weights[0]), "repeated": len(of_weights)},
    }


def told_sparse(found: Any) -> object:
    """Return the first thirty entries and the last one, as the eval asks."""
    return {name: [*part[: 2 * WIDTH].tolist(), part[-1].item()] for name, part in zip(("rows", "cols", "vals"), found)}
