"""Sums, means, products and spreads over axes."""

import numpy as np

from gatewise._gates.families import custom, reduction
from gatewise._gates.fitting import conjugated, kept_axes
from gatewise._gates.live import dtype_of, shape_of


def count(x, axis):
    """How many entries each total has."""
    shape = shape_of(x)
    return int(np.prod([shape[a] for a in kept_axes(axis, shape)], dtype=int))


HALF = np.array([[True, False, True], [False, True, True]])
LOOKED_AT = [((np.arange(6.0).reshape(2, 3),), {"axis": axis, "where": HALF}) for axis in (None, 0, 1)]


@reduction(
    np.sum,
    sample=[*LOOKED_AT, ((np.arange(3.0),), {"initial": 2.5}), ((np.arange(3.0),), {"dtype": np.dtype(float)})],
    tame=True,
    sums=True,
    sizeless=True,
    mistaken="mean",
)
def sum_(out, x, *, axis=None, keepdims=False, dtype=None, initial=0, where=True):
    """Every entry counts once, so every entry gets the whole gradient."""
    return 1


@reduction(np.mean, sample=LOOKED_AT, tame=True, sums=True, mistaken="sum")
def mean(out, x, *, axis=None, keepdims=False, dtype=None, where=True):
    """Every entry counts one n-th."""
    if where is True:
        return lambda g: g / count(x, axis)
    return lambda g: g / np.sum(np.broadcast_to(where, shape_of(x)), axis=axis, keepdims=True)


def in_lanes(x, axes):
    """`x` with these axes as one, the last; and how to put what has that shape back into its place."""
    shape = shape_of(x)
    front = [a for a in range(len(shape)) if a not in axes]
    order = front + list(axes)

    def back(lane):
        return with_axes_in_order(np.reshape(lane, tuple(shape[a] for a in order)), np.argsort(order).tolist())

    return np.reshape(with_axes_in_order(x, order), (*(shape[a] for a in front), -1)), back


def with_axes_in_order(x, order):
    """`x` with its axes in this order."""
    return x if order == sorted(order) else np.transpose(x, tuple(order))


def reversed_(lane):
    return lane[..., ::-1]


def later(lane, n):
    """The lane n places further back, and what moves out of it left out."""
    return lane[..., :-n]


def before(lane):
    """For each entry the product of those before it; each round doubles how many of them are in it."""
    n, reach = shape_of(lane)[-1], 1
    products = np.concatenate([np.ones_like(lane[..., :1]), later(lane, 1)], axis=-1)
    while reach < n:
        further = products[..., reach:] * later(products, reach)
        products, reach = np.concatenate([products[..., :reach], further], axis=-1), 2 * reach
    return products


def moved_before(lane, g):
    """The same, and how it moves where the entries move by g."""
    n, reach = shape_of(lane)[-1], 1
    first = np.ones_like(lane[..., :1])
    products = np.concatenate([first, later(lane, 1)], axis=-1)
    moves = np.concatenate([0 * first, later(g, 1)], axis=-1)
    while reach < n:
        here, there = products[..., reach:], later(products, reach)
        further = moves[..., reach:] * there + here * later(moves, reach)
        moves = np.concatenate([moves[..., :reach], further], axis=-1)
        products = np.concatenate([products[..., :reach], here * there], axis=-1)
        reach *= 2
    return products, moves


def product_without_each(x, *, axis=None):
    """For each entry the product of the others in its lane: of those before it, times that of those behind it."""
    lane, back = in_lanes(x, kept_axes(axis, shape_of(x)))
    return back(before(lane) * reversed_(before(reversed_(lane))))


@custom(
    product_without_each,
    symbol="prod of others",
    along=lambda axis=None: axis,
    sample=[
        ((np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 5.0]]),), {"axis": 1}),
        ((np.array([[2.0, 0.0, 3.0], [1.0, 0.0, 5.0]]),), {"axis": 0}),
        ((np.array([0.0, 0.0, 3.0]),), {}),
        ((np.arange(1.0, 13.0).reshape(2, 3, 2),), {"axis": (0, 2)}),
    ],
    symmetric=True,
    analytic=True,
    in_page=True,
)
def product_of_others(g, out, x, *, axis=None):
    """For each entry the product of the others: what moves one entry moves all products but its own."""
    # The matrix of slopes is symmetric: it is the second derivative of the product.
    axes = kept_axes(axis, shape_of(x))
    (lane, back), (along, _) = in_lanes(x, axes), in_lanes(g, axes)
    front, moves = moved_before(lane, along)
    rear, turns = moved_before(reversed_(lane), reversed_(along))
    return back(moves * reversed_(rear) + front * reversed_(turns))


@reduction(
    np.prod,
    sample=[
        *LOOKED_AT,
        ((np.array([2.0, 0.5, 3.0]),), {"initial": 2.5}),
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
def prod(out, x, *, axis=None, keepdims=False, dtype=None, initial=1, where=True):
    """Each entry's gradient is scaled by the product of all the *others*, zeros among them or not."""
    others = product_of_others(x if where is True else np.where(where, x, 1.0), axis=axis)
    return others if initial == 1 else others * initial


@reduction(
    np.var,
    sample=[((np.array([1.0, 4.0, 2.0]),), {"ddof": 1})],
    at=[(([2.0, 2.0],), ([0.0, 0.0],))],
    tame=True,
    analytic=False,
    complex=True,
)
def var(out, x, *, axis=None, ddof=0, keepdims=False):
    """Each entry is pushed away from the mean, in proportion to its distance."""
    return 2 * conjugated(x - np.mean(x, axis=axis, keepdims=axis is not None)) / (count(x, axis) - ddof)


@reduction(
    np.std,
    sample=[((np.array([1.0, 4.0, 2.0]),), {"ddof": 1})],
    at=[(([2.0, 2.0],), ([0.0, 0.0],)), (([0.1, 0.1, 0.1],), ([0.0, 0.0, 0.0],))],
    analytic=False,
    complex=True,
)
def std(out, x, *, axis=None, ddof=0, keepdims=False):
    """Each entry is pushed away from the mean; where all are equal it passes 0, at every order."""
    mean = np.mean(x, axis=axis, keepdims=axis is not None)
    # Not `out == 0`: the mean of equal entries is rounded, and so is what is left of them.
    size = np.where(all_equal(x, axis), np.inf, out)
    return conjugated(x - mean) / (size * (count(x, axis) - ddof))


def all_equal(x, axis):
    """Whether each lane has one number alone."""
    if dtype_of(x).kind == "c":
        return all_equal(np.real(x), axis) & all_equal(np.imag(x), axis)
    top, bottom = (total(x, axis=axis, keepdims=axis is not None) for total in (np.max, np.min))
    return top == bottom
