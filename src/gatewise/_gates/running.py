"""Running totals, and products of two rows of numbers."""

import math

import numpy as np

from gatewise._gates.families import custom, linear
from gatewise._gates.fitting import kept_axes
from gatewise._gates.live import shape_of
from gatewise._gates.totals import before, in_lanes, later, reversed_

ROW = np.array([0.3, -1.2, 0.7, 2.1])


@linear(
    np.cumsum,
    pattern="spreads",
    sample=[((ROW,), {}), ((ROW.reshape(2, 2),), {}), *(((ROW.reshape(2, 2),), {"axis": a}) for a in (0, 1, -1))],
    tame=True,
    analytic=True,
    sums=True,
    in_page=False,
)
def cumsum(g, x, *, axis=None):
    """An entry counts in its own total and in all that follow: their gradients add up, from the back."""
    if axis is None:
        return lambda: np.reshape(np.flip(np.cumsum(np.flip(g))), shape_of(x))
    return lambda: np.flip(np.cumsum(np.flip(g, axis=axis), axis=axis), axis=axis)


def carried_back(lane, g):
    """For each entry what comes back to the running product there: its own g, and the next one's times that entry."""
    n, reach = shape_of(lane)[-1], 1
    lane, g = reversed_(lane), reversed_(g)
    factors = np.concatenate([np.zeros_like(lane[..., :1]), later(lane, 1)], axis=-1)
    while reach < n:
        here = factors[..., reach:]
        g = np.concatenate([g[..., :reach], g[..., reach:] + here * later(g, reach)], axis=-1)
        factors = np.concatenate([factors[..., :reach], here * later(factors, reach)], axis=-1)
        reach *= 2
    return reversed_(g)


@custom(
    np.cumprod,
    sample=[
        ((ROW,), {}), ((np.array([2.0, 0.0, 3.0, 0.0, 4.0]),), {}), ((ROW.reshape(2, 2),), {}),
        *(((ROW.reshape(2, 2),), {"axis": a}) for a in (0, 1, -1)), ((np.ones(0),), {}),
    ],
    at=[(([2.0, 0.0, 3.0],), ([1.0, 8.0, 0.0],))],
    tame=True,
    along=lambda axis=None: axis,
    in_page=False,
)  # fmt: skip
def cumprod(g, out, x, *, axis=None):
    """Each entry is scaled by the product of those before it, and by what follows; zeros among them or not."""
    axes = kept_axes(axis, shape_of(x))
    if 0 in shape_of(x):
        return np.reshape(g, shape_of(x))
    lane, back = in_lanes(x, axes)
    along, _ = in_lanes(np.reshape(g, shape_of(x)), axes)
    return back(before(lane) * carried_back(lane, along))


def of_full(g, n, m, mode):
    """The gradient of a convolution as that of its full one: 0 where entries were left out."""
    start = {"full": 0, "same": (min(n, m) - 1) // 2, "valid": min(n, m) - 1}[mode]
    return np.pad(g, (start, n + m - 1 - shape_of(g)[0] - start))


@linear(
    np.convolve,
    symbol="*",
    sample=[
        ((ROW, np.array(v)), {"mode": mode})
        for v in ([1.0, -2.0, 0.5], [1.0, 2.0], [0.5, 1.0, 2.0, -1.0, 0.3])
        for mode in ("full", "same", "valid")
    ],
    tame=True,
    sums=True,
    in_page=False,
)
def convolve(g, a, v, *, mode="full"):
    """Each row is what came back, slid along the other one the other way round."""
    n, m = (math.prod(shape_of(x)) for x in (a, v))
    return lambda: slid(of_full(g, n, m, mode), v, a), lambda: slid(of_full(g, n, m, mode), a, v)


def slid(g, other, x):
    """What comes back to `x` where it was slid along `other`."""
    start = math.prod(shape_of(other)) - 1
    back = np.convolve(g, np.flip(other), mode="full")[start : start + math.prod(shape_of(x))]
    return np.reshape(back, shape_of(x))
