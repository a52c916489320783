"""Switches, and the comparisons and roundings that stop gradients."""

import numpy as np

from gatewise._gates.families import elementwise, reduction, stops
from gatewise._gates.fitting import at_least, known, wins

TRUTHS = [((np.array([True, False]), np.array([True, True])), dict[str, bool]())]

# Printed code has the lines without `known`: where a value is NaN it shows NaN, and passes what a comparison says.


@elementwise(
    np.maximum,
    symbol="max",
    pattern="routes",
    corner="larger",
    printed=lambda out, x, y: (wins(x, y), wins(y, x)),
    at=[
        ((2.0, 2.0), (0.5, 0.5)),
        ((4.0, 2.0), (1.0, 0.0)),
        ((0.0, 0.0), (0.0, None)),
        ((0.0, 0.0), (None, 0.0)),
        ((np.nan, 0.0), (np.nan, np.nan)),
        ((np.nan, 0.0), (np.nan, None)),
    ],
    way=lambda x, y: np.sign(np.subtract(x, y)),
    commutes=True,
)
def maximum(out, x, y):
    """The larger input takes the whole gradient; an exact tie is split in half, a tie with a constant passes 0."""
    return known(wins(x, y), out), known(wins(y, x), out)


@elementwise(
    np.minimum,
    symbol="min",
    pattern="routes",
    corner="smaller",
    printed=lambda out, x, y: (wins(y, x), wins(x, y)),
    at=[
        ((2.0, 2.0), (0.5, 0.5)),
        ((4.0, 2.0), (0.0, 1.0)),
        ((0.0, 0.0), (0.0, None)),
        ((0.0, 0.0), (None, 0.0)),
        ((0.0, np.nan), (np.nan, np.nan)),
        ((np.nan, 0.0), (np.nan, None)),
    ],
    way=lambda x, y: np.sign(np.subtract(x, y)),
    commutes=True,
)
def minimum(out, x, y):
    """The smaller input takes the whole gradient; ties as in maximum."""
    return known(wins(y, x), out), known(wins(x, y), out)


@elementwise(
    np.where,
    pattern="routes",
    complex=True,
    sample=[
        ((np.array([True, False, True]), np.ones(3), 2.0 * np.ones(3)), {}),
        ((np.array([[True], [False]]), np.ones(3), 2.0), {}),
        ((True, 1.0, 2.0), {}),
    ],
    at=[((1.0, 2.0, 2.0), (None, 1.0, 0.0)), ((0.0, 2.0, 2.0), (None, 0.0, 1.0))],
    way=lambda chosen, x, y: np.not_equal(chosen, False),
    sizeless=True,
)
def where(out, chosen, x, y):
    """A switch: the gradient goes down the branch that was taken, and the other one is dead."""
    return None, np.not_equal(chosen, False), np.logical_not(chosen)


def bounds(x, a_min=None, a_max=None, *, min=None, max=None):
    """np.clip has two names for each bound, and either may be missing."""
    return (x, a_min if min is None else min, a_max if max is None else max), {}


def clipped(out, x, low, high):
    """What passes between the bounds, and at each of them."""
    return wins(x, low) * wins(high, x), wins(low, x) * wins(high, low), wins(at_least(x, low), high)


@elementwise(
    np.clip,
    pattern="routes",
    corner="bounds",
    printed=clipped,
    bind=bounds,
    sample=[
        ((np.array([-1.5, 0.3, 1.8]), -1.0, 1.0), {}),
        ((np.array([-1.5, 0.3]), None, 0.0), {}),
        ((np.array([-1.5, 0.3]), 0.0, None), {}),
    ],
    at=[
        ((1.0, 1.0, 2.0), (0.0, None, None)),
        ((2.0, 1.0, 2.0), (0.0, None, None)),
        ((1.0, 1.0, 2.0), (0.5, 0.5, 0.0)),
        ((2.0, 1.0, 2.0), (0.5, 0.0, 0.5)),
        ((np.nan, 1.0, 2.0), (np.nan, None, None)),
        ((0.0, np.nan, 2.0), (np.nan, np.nan, np.nan)),
    ],
    way=lambda x, low, high: [np.sign(x - bound) for bound in (low, high) if bound is not None],
)
def clip(out, x, low, high):
    """Passes the gradient between the bounds and blocks it elsewhere; a bound that is a wire gets the rest."""
    return tuple(known(slope, out) for slope in clipped(out, x, low, high))


def share(hits, axis):
    """Ties share equally: one over the number of hits at each hit."""
    return hits / np.sum(hits, axis=axis, keepdims=True)


@reduction(
    np.max,
    symbol="max",
    pattern="routes",
    corner="largest",
    at=[(([1.0, 3.0, 3.0],), ([0.0, 0.5, 0.5],)), (([1.0, np.nan],), ([np.nan, np.nan],))],
    way=lambda x, axis=None, **_: np.equal(x, np.max(x, axis=axis, keepdims=True)),
    sizeless=True,
)
def max_(out, x, *, axis=None, keepdims=False):
    """The largest entry takes the whole gradient; exact ties share it equally."""
    return share(x == out, axis)


@reduction(
    np.min,
    symbol="min",
    pattern="routes",
    corner="smallest",
    at=[(([1.0, 1.0, 3.0],), ([0.5, 0.5, 0.0],))],
    way=lambda x, axis=None, **_: np.equal(x, np.min(x, axis=axis, keepdims=True)),
    sizeless=True,
)
def min_(out, x, *, axis=None, keepdims=False):
    """The smallest entry takes the whole gradient; exact ties share it equally."""
    return share(x == out, axis)


@stops(
    (np.greater, {"infix": ">"}),
    (np.greater_equal, {"infix": ">="}),
    (np.less, {"infix": "<"}),
    (np.less_equal, {"infix": "<="}),
    (np.equal, {"infix": "==", "commutes": True}),
    (np.not_equal, {"infix": "!=", "commutes": True}),
)
def compares(x, y):
    """A comparison stops gradients: yes and no have no slope."""


@stops(
    (np.logical_and, {"symbol": "and"}),
    (np.logical_or, {"symbol": "or"}),
    (np.bitwise_and, {"infix": "&", "sample": TRUTHS}),
    (np.bitwise_or, {"infix": "|", "sample": TRUTHS}),
    (np.logical_xor, {"symbol": "xor", "in_page": False}),
    (np.bitwise_xor, {"symbol": "^", "sample": TRUTHS, "in_page": False}),
    commutes=True,
)
def reasons(x, y):
    """Logic stops gradients."""


@stops(
    (np.logical_not, {"symbol": "not"}),
    (np.invert, {"symbol": "~", "text": "~{x}", "sample": [((np.array([True, False]),), {})]}),
)
def denies(x):
    """Logic stops gradients."""


@stops(np.sign, complex=False)
def is_flat(x):
    """Flat on both sides of 0, so nothing goes back."""


@stops(np.floor, np.ceil, np.rint, np.trunc, (np.fix, {"in_page": False}), (np.spacing, {"in_page": False}))
def rounds(x):
    """A staircase is flat on every step, so nothing goes back."""


@stops((np.floor_divide, {"infix": "//"}), domain=(0.5, 3.0), tame=False)
def rounds_down(x, y):
    """A staircase is flat on every step, so nothing goes back."""


@stops(np.isfinite, np.isnan, (np.isinf, {"in_page": False}), (np.signbit, {"in_page": False}))
def asks(x):
    """A question stops gradients."""


@stops(np.any, np.all)
def asks_all(x, *, axis=None, keepdims=False):
    """A question stops gradients."""


@stops(np.argmax, np.argmin, tame=False)
def finds(x, *, axis=None):
    """A position is a whole number: it stops gradients."""


@elementwise(
    np.fmax,
    in_page=False,
    pattern="routes",
    at=[((2.0, 2.0), (0.5, 0.5)), ((np.nan, 2.0), (0.0, 1.0)), ((0.0, 0.0), (0.0, None))],
    way=lambda x, y: np.sign(np.subtract(x, y)),
    commutes=True,
)
def fmax(out, x, y):
    """The larger input takes the gradient, a number before NaN; ties as in maximum."""
    return np.where(np.isnan(y), 1.0, wins(x, y)), np.where(np.isnan(x), 1.0, wins(y, x))


@elementwise(
    np.fmin,
    in_page=False,
    pattern="routes",
    at=[((2.0, 2.0), (0.5, 0.5)), ((np.nan, 2.0), (0.0, 1.0)), ((0.0, 0.0), (0.0, None))],
    way=lambda x, y: np.sign(np.subtract(x, y)),
    commutes=True,
)
def fmin(out, x, y):
    """The smaller input takes the gradient, a number before NaN; ties as in maximum."""
    return np.where(np.isnan(y), 1.0, wins(y, x)), np.where(np.isnan(x), 1.0, wins(x, y))


@stops(np.heaviside, in_page=False)
def is_a_step(x, y):
    """A step is flat on both sides, so nothing goes back."""


@stops(np.round, in_page=False, sample=[((np.array([1.26, -0.74]),), {"decimals": 1})])
def rounds_to(x, *, decimals=0):
    """A staircase is flat on every step, so nothing goes back."""


@stops(np.isclose, in_page=False)
def is_near(x, y, *, rtol=1e-05, atol=1e-08, equal_nan=False):
    """A question stops gradients."""
