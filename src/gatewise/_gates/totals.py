"""Sums, means, products and spreads over axes."""

import numpy as np

from gatewise._gates.families import dtype_of, kept_axes, plain, reduction, shape_of


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
    at=[
        (([2.0, 0.0, 3.0],), ([0.0, 6.0, 0.0],)),
        (([0.0, 0.0, 3.0],), ([0.0, 0.0, 0.0],)),
        (([2.0**-600, 2.0**-600, 2.0**600],), ([1.0, 1.0, 0.0],)),
    ],
)
def prod(out, x, *, axis=None, keepdims=False):
    """Each entry's gradient is scaled by the product of all the *others*, zeros among them or not."""
    return out / x if keeps_its_digits(plain(x), axis) else others(x, kept_axes(axis, shape_of(x)))


def keeps_its_digits(x, axis):
    """Whether no product of some of the entries, in whatever order, leaves the range where floats have all digits."""
    least, most = (np.prod(pick(np.abs(x), 1), axis=axis) for pick in (np.minimum, np.maximum))
    return np.all(least >= np.finfo(dtype_of(x)).tiny) and np.all(most < np.inf)


def others(x, axes):
    """For each entry the product of the others in its lane: of those before it, times that of those behind it."""
    shape = shape_of(x)
    front = [a for a in range(len(shape)) if a not in axes]
    order = front + list(axes)
    lane = np.reshape(turned(x, order), (*(shape[a] for a in front), -1))
    products = before(lane) * before(lane[..., ::-1])[..., ::-1]
    return turned(np.reshape(products, tuple(shape[a] for a in order)), np.argsort(order).tolist())


def turned(x, order):
    """`x` with its axes in this order."""
    return x if order == sorted(order) else np.transpose(x, tuple(order))


def before(lane):
    """For each entry the product of those before it; each round doubles how many of them are in it."""
    n, reach = shape_of(lane)[-1], 1
    products = np.concatenate([np.ones_like(lane[..., :1]), lane[..., :-1]], axis=-1)
    while reach < n:
        further = products[..., reach:] * products[..., :-reach]
        products, reach = np.concatenate([products[..., :reach], further], axis=-1), 2 * reach
    return products


@reduction(np.var, sample=[((np.array([1.0, 4.0, 2.0]),), {"ddof": 1})], at=[(([2.0, 2.0],), ([0.0, 0.0],))])
def var(out, x, *, axis=None, ddof=0, keepdims=False):
    """Each entry is pushed away from the mean, in proportion to its distance."""
    return 2 * (x - np.mean(x, axis=axis, keepdims=axis is not None)) / (count(x, axis) - ddof)


@reduction(
    np.std,
    sample=[((np.array([1.0, 4.0, 2.0]),), {"ddof": 1})],
    at=[(([2.0, 2.0],), ([0.0, 0.0],)), (([0.1, 0.1, 0.1],), ([0.0, 0.0, 0.0],))],
)
def std(out, x, *, axis=None, ddof=0, keepdims=False):
    """Each entry is pushed away from the mean; where all are equal it passes 0, at every order."""
    mean, top, bottom = (total(x, axis=axis, keepdims=axis is not None) for total in (np.mean, np.max, np.min))
    # Not `out == 0`: the mean of equal entries is rounded, and so is what is left of them.
    return (x - mean) / (np.where(top == bottom, np.inf, out) * (count(x, axis) - ddof))
