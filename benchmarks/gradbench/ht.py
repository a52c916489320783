"""Hand tracking: how far the points of a posed, skinned hand are from the points measured, and the Jacobian of that."""

from __future__ import annotations

from typing import Any

import numpy as np

import gatewise as gw
from benchmarks.gradbench.asked import Asked, Message, Way, listed


def about(angle_axis: Any) -> Any:
    """Return the rotation by an angle about an axis, the length of which is the angle."""
    norm = np.sqrt(np.sum(angle_axis**2))
    if norm < 0.0001:
        return np.eye(3)
    x, y, z = angle_axis / norm
    s, c = np.sin(norm), np.cos(norm)
    return np.array(
        [
            [x * x + (1 - x * x) * c, x * y * (1 - c) - z * s, x * z * (1 - c) + y * s],
            [x * y * (1 - c) + z * s, y * y + (1 - y * y) * c, y * z * (1 - c) - x * s],
            [x * z * (1 - c) - y * s, z * y * (1 - c) + x * s, z * z + (1 - z * z) * c],
        ]
    )


def turned(angles: Any) -> Any:
    """Return one 4 x 4 transform for each row of three angles: about z, about y, about x."""
    (cx, cz, cy), (sx, sz, sy) = np.cos(angles).T, np.sin(angles).T
    none, one = np.zeros(len(angles)), np.ones(len(angles))
    rows = [
        [cz * cy, -sz * cx + cz * sy * sx, sz * sx + cz * sy * cx, none],
        [sz * cy, cz * cx + sz * sy * sx, -cz * sx + sz * sy * cx, none],
        [-sy, cy * sx, cy * cx, none],
        [none, none, none, one],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def posed(theta: Any, bones: int) -> Any:
    """Return the three angles of each bone: three joints a finger bend, the first of them also moves sideways."""
    angles = np.zeros((bones, 3))
    first = 2 + 4 * np.arange(5)
    fingers = theta[6:26].reshape(5, 4)
    angles[first, :2] = fingers[:, :2]
    angles[first + 1, 0] = fingers[:, 2]
    angles[first + 2, 0] = fingers[:, 3]
    return angles


def vertices(theta: Any, model: Any) -> Any:
    """Compute where the hand's vertices are: bones turned, chained to their parents, and the skin that follows them."""
    relatives = model["relatives"] @ turned(posed(theta, len(model["parents"])))
    absolutes: list[Any] = []
    for relative, parent in zip(relatives, model["parents"]):
        absolutes.append(relative if parent == -1 else absolutes[parent] @ relative)
    transforms = np.stack(absolutes) @ model["inverses"]
    mixed = np.tensordot(model["weights"], transforms, axes=1)  # (vertices, 4, 4)
    skin = np.sum(mixed[:, :3] * model["positions"][:, None, :], axis=-1)
    if model["mirrored"]:
        skin = skin * np.array([-1.0, 1.0, 1.0])
    return skin @ about(theta[:3]).T + theta[3:6]


def misses(theta: Any, us: Any, model: Any, data: Any) -> Any:
    """Compute measured points minus the hand's, one point after the other; `us` are places within triangles."""
    hand = vertices(theta, model)
    if us is None:
        return (data["points"] - hand[data["at"]]).ravel()
    a, b, c = (hand[data["corners"][:, i]] for i in range(3))
    u, v = us[:, :1], us[:, 1:]
    return (data["points"] - (u * a + v * b + (1 - u - v) * c)).ravel()


def by_theta(theta: Any, us: Any, model: Any, data: Any) -> Any:
    """Compute the derivatives along every parameter of the pose."""
    return gw.jacobian(lambda pose: misses(pose, us, model, data))(theta)


def by_us(theta: Any, us: Any, model: Any, data: Any) -> Any:
    """Compute the derivatives along both coordinates within the triangles: each point has its own, so two pushes do."""
    columns = []
    for i in range(2):
        along = np.zeros_like(us)
        along[:, i] = 1.0
        columns.append(gw.jvp(lambda at: misses(theta, at, model, data), (us,), (along,))[1])
    return columns


def read(given: Message) -> tuple[Any, ...]:
    """Return pose, places within triangles (None where there are none), the hand, and the measured points."""
    of_hand, of_points = given["data"]["model"], given["data"]
    model = {
        "parents": of_hand["parents"],
        "relatives": np.array(of_hand["base_relatives"]),
        "inverses": np.array(of_hand["inverse_base_absolutes"]),
        "positions": np.array(of_hand["base_positions"]),
        "weights": np.array(of_hand["weights"]),
        "mirrored": of_hand["is_mirrored"],
    }
    data = {"points": np.array(of_points["points"])}
    at = np.array(of_points["correspondences"])
    data |= {"corners": np.array(of_hand["triangles"])[at]} if given["us"] else {"at": at}
    return np.array(given["theta"]), np.array(given["us"]) if given["us"] else None, model, data


def functions(way: Way) -> dict[str, Asked]:
    """Return the eval's functions."""
    pose, within = way(by_theta), way(by_us)

    def jacobian(theta: Any, us: Any, model: Any, data: Any) -> Any:
        columns = pose(theta, us, model, data)
        return columns if us is None else np.column_stack([*within(theta, us, model, data), columns])

    return {"objective": Asked(read, way(misses), listed), "jacobian": Asked(read, jacobian, listed)}
