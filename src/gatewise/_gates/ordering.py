"""Sorting, and what is found by it."""

import numpy as np

from gatewise._gates.choices import share
from gatewise._gates.families import custom, reduction, stops
from gatewise._gates.fitting import kept_axes, known, one_or_all
from gatewise._gates.live import shape_of
from gatewise._gates.movement import getitem
from gatewise._gates.totals import in_lanes

MIXED = np.array([[2.0, -1.0, 0.5], [0.3, 1.7, -0.4]])


@stops(np.argsort, sample=[((MIXED,), {"axis": axis}) for axis in (0, -1)], tame=False, in_page=False)
def argsort(x, *, axis=-1, kind=None, stable=None):
    """Positions are whole numbers: they stop gradients."""


@stops(np.argpartition, sample=[((MIXED, 1), {}), ((MIXED, 0), {"axis": 0})], tame=False, in_page=False)
def argpartition(x, *, kth, axis=-1):
    """Positions are whole numbers: they stop gradients."""


@stops(
    np.searchsorted,
    sample=[((np.array([0.1, 0.5, 2.0]), np.array([0.3, 0.5])), {"side": side}) for side in ("left", "right")],
    tame=False,
    in_page=False,
)
def searchsorted(a, v, *, side="left", sorter=None):
    """A position is a whole number: it stops gradients."""


def lanes_of(axis, indices, shape):
    """The index that takes `indices` along one axis and everything else in its place."""
    rank = len(shape)
    grids = [np.reshape(np.arange(n), (1,) * a + (n,) + (1,) * (rank - a - 1)) for a, n in enumerate(shape)]
    return tuple(indices if a == axis else grid for a, grid in enumerate(grids))


def back_along(g, order, axis):
    """The entries of `g` where those came from that `order` put in their places."""
    ranks, shape = np.argsort(order, axis=axis), shape_of(g)
    return getitem(g, index=ranks if len(shape) == 1 else lanes_of(axis % len(shape), ranks, shape))


@custom(
    np.sort,
    pattern="routes",
    along=lambda axis=-1, **_: axis,
    sample=[((MIXED,), {"axis": axis}) for axis in (0, -1)],
    exact=True,
    complex=True,
    way=np.argsort,
    in_page=False,
)
def sort(g, out, x, *, axis=-1, kind=None, stable=None):
    """Each entry gets what came back to the place it was sorted to."""
    lanes, along = (np.ravel(x), -1) if axis is None else (x, axis)
    return np.reshape(back_along(g, np.argsort(lanes, axis=along, kind="stable"), along), shape_of(x))


@custom(
    np.partition,
    pattern="routes",
    along=lambda axis=-1, **_: axis,
    sample=[((MIXED, 1), {}), ((MIXED, 0), {"axis": 0})],
    exact=True,
    complex=True,
    way=np.argpartition,
    in_page=False,
)
def partition(g, out, x, *, kth, axis=-1):
    """Each entry gets what came back to the place it was put in."""
    order = np.argpartition(x, kth, axis=axis)
    return np.reshape(back_along(g, order, -1 if axis is None else axis), shape_of(x))


def middle(x, axis, upper):
    """The entry of each lane that stands in the middle, of two the lower or the upper, with the axis kept."""
    axes = kept_axes(axis, shape_of(x))
    lane, _ = in_lanes(x, axes)
    n = shape_of(lane)[-1]
    kept = tuple(1 if a in axes else size for a, size in enumerate(shape_of(x)))
    return np.reshape(np.sort(lane, axis=-1)[..., n // 2 if upper else (n - 1) // 2], kept)


@reduction(
    np.median,
    pattern="routes",
    sample=[((np.array([3.0, 1.0, 2.0, 5.0]),), {}), ((MIXED,), {"axis": 1})],
    at=[(([3.0, 1.0, 2.0],), ([0.0, 0.0, 1.0],)), (([4.0, 1.0, 2.0, 3.0],), ([0.0, 0.0, 0.5, 0.5],)),
        (([1.0, 1.0, 2.0],), ([0.5, 0.5, 0.0],))],
    way=lambda x, axis=None, **_: np.greater(x, np.median(x, axis=axis, keepdims=True)),
    in_page=False,
)  # fmt: skip
def median(out, x, *, axis=None, keepdims=False):
    """The entry in the middle takes the gradient, the two in the middle half each; exact ties share it equally."""
    if not shape_of(x):
        return x == x
    axes = one_or_all(kept_axes(axis, shape_of(x)))
    low, high = middle(x, axis, upper=False), middle(x, axis, upper=True)
    return known(0.5 * share(x == low, axes) + 0.5 * share(x == high, axes), out)
