"""Sums, means, products and spreads over axes."""

import numpy as np

from gatewise._gates.families import kept_axes, plain, reduction, shape_of


def count(x, axis):
    """How many entries each total has."""
    shape = shape_of(x)
    return int(np.prod([shape[a] for a in kept_axes(axis, shape)], dtype=int))


@reduction(np.sum)
def sum_(out, x, *, axis=None, keepdims=False):
    """Every entry counts once, so every entry gets the whole gradient."""
    return 1


@reduction(np.mean)
def mean(out, x, *, axis=None, keepdims=False):
    """Every entry counts one n-th."""
    return lambda g: g / count(x, axis)


@reduction(
    np.prod,
    sample=[
        ((np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 5.0]]),), {"axis": 1}),
        ((np.array([[2.0, 0.0, 3.0], [1.0, 0.0, 5.0]]),), {"axis": 0, "keepdims": True}),
        ((np.array([0.0, 0.0, 3.0]),), {}),
    ],
    at=[(([2.0, 0.0, 3.0],), ([0.0, 6.0, 0.0],)), (([0.0, 0.0, 3.0],), ([0.0, 0.0, 0.0],))],
)
def prod(out, x, *, axis=None, keepdims=False):
    """Each entry's gradient is scaled by the product of all the *others*, zeros among them or not."""
    return out / x if np.all(plain(x) != 0) else others(x, kept_axes(axis, shape_of(x)))


def others(x, axes):
    """For each entry the product of the others in its lane, by writing out the lane for each entry."""
    shape = shape_of(x)
    front = [a for a in range(len(shape)) if a not in axes]
    order = front + list(axes)
    lane = np.reshape(np.transpose(x, order), (*(shape[a] for a in front), -1))
    n = shape_of(lane)[-1]
    products = np.prod(np.where(np.eye(n, dtype=bool), 1, np.expand_dims(lane, -2)), axis=-1)
    return np.transpose(np.reshape(products, tuple(shape[a] for a in order)), tuple(int(a) for a in np.argsort(order)))


@reduction(np.var, sample=[((np.array([1.0, 4.0, 2.0]),), {"ddof": 1})], at=[(([2.0, 2.0],), ([0.0, 0.0],))])
def var(out, x, *, axis=None, ddof=0, keepdims=False):
    """Each entry is pushed away from the mean, in proportion to its distance."""
    return 2 * (x - np.mean(x, axis=axis, keepdims=True)) / (count(x, axis) - ddof)


@reduction(np.std, sample=[((np.array([1.0, 4.0, 2.0]),), {"ddof": 1})], at=[(([2.0, 2.0],), ([0.0, 0.0],))])
def std(out, x, *, axis=None, ddof=0, keepdims=False):
    """Each entry is pushed away from the mean; where all are equal it passes 0."""
    return (x - np.mean(x, axis=axis, keepdims=True)) / (np.where(out == 0, 1, out) * (count(x, axis) - ddof))
