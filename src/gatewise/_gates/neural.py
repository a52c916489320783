"""Blocks: what is built of several gates and has a stable rule of its own.

`spelled` are the ways to write a block in plain NumPy; a recording that closes one of them uses the block's rule.
"""

import numpy as np

from gatewise._errors import GateError
from gatewise._gates.curves import logistic
from gatewise._gates.families import custom, elementwise, reduction
from gatewise._gates.fitting import cast, known
from gatewise._gates.live import dtype_of, shape_of
from gatewise._gates.movement import add_at


@elementwise(
    lambda x: 1.0 / (1.0 + np.exp(-x)),
    printed=lambda out, x: (1 - out) * out,
    spelled=[lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(x) / (1 + np.exp(x))],
    at=[((0.0,), (0.25,)), ((np.inf,), (0.0,)), ((-np.inf,), (0.0,))],
    tame=True,
    in_page=True,
)
def sigmoid(out, x):
    """Steepest at 0, where it passes a quarter; flat where it saturates."""
    return out * logistic(-x)  # not 1 - out, which is 0 where out is rounded to 1


@elementwise(
    lambda x: np.maximum(x, 0),
    pattern="routes",
    corner="positive",
    printed=lambda out, x: x > 0,
    at=[((0.0,), (0.0,)), ((np.nan,), (np.nan,))],
    way=np.sign,
)
def relu(out, x):
    """Passes the gradient where x is positive and blocks it elsewhere, 0 included."""
    return known(x > 0, out)


@elementwise(
    lambda x: np.logaddexp(0, x),
    spelled=[lambda x: np.log(1 + np.exp(x)), lambda x: np.log1p(np.exp(x))],
    written=[lambda out, x: np.exp(x) / (1 + np.exp(x))],
    at=[((0.0,), (0.5,)), ((np.inf,), (1.0,)), ((-np.inf,), (0.0,))],
    tame=True,
    in_page=True,
)
def softplus(out, x):
    """A rounded relu: its slope is the sigmoid."""
    return logistic(x)


def log_of_summed_exponentials(x, *, axis=None, keepdims=False):
    """The largest entry is taken out before the exponentials, so that none overflows."""
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    out = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis)


def shares_of_exponentials(x, *, axis=-1):
    """exp(x) over its sum along an axis, with the largest entry taken out first."""
    shifted = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def above_the_mean(g, shares, axis):
    """What one share raises, less what all of them take off it."""
    return shares * (g - np.sum(shares * g, axis=axis, keepdims=True))


@custom(
    shares_of_exponentials,
    printed=lambda g, out, x, *, axis=-1: above_the_mean(g, out, axis),
    spelled=[lambda x, *, axis: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)],
    shift=lambda axis=-1: axis,
    along=lambda axis=-1: axis,
    symmetric=True,
    tame=True,
    in_page=True,
)
def softmax(g, out, x, *, axis=-1):
    """What raises one share lowers the others: the mean gradient is taken off before scaling."""
    # The mean is counted from the gradient of the largest share, whose 1 - share would be rounded to 0.
    largest = 1.0 * (out == np.max(out, axis=axis, keepdims=True))
    largest = cast(largest / np.sum(largest, axis=axis, keepdims=True), dtype=dtype_of(out))
    return above_the_mean(g - np.sum(largest * g, axis=axis, keepdims=True), out, axis)


def written_shares(x, axis):
    """The shares as the user wrote them."""
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def exact_shares(x, axis):
    """The same with all their digits: subnormal exponentials have few; NaN where the user's own overflow."""
    total = np.sum(np.exp(x), axis=axis, keepdims=True)
    return np.where((total > 0) & (total < np.inf), softmax(x, axis=axis), np.exp(x) / total)


@reduction(
    log_of_summed_exponentials,
    spelled=[lambda x, *, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))],
    written=[lambda out, x, *, axis=None: np.where(np.isfinite(out), softmax(x, axis=axis), np.nan)],
    at=[(([-np.inf, -np.inf],), ([0.0, 0.0],)), (([np.inf, 0.0],), ([np.nan, 0.0],))],
    tame=True,
    in_page=True,
)
def logsumexp(out, x, *, axis=None, keepdims=False):
    """A soft maximum, shared as softmax shares; where all are -inf it passes 0, an inf is given NaN."""
    edge = np.exp(x - np.where(out == -np.inf, 0, out))
    return np.where(np.isfinite(out), softmax(x, axis=axis), edge)


def log_loss(s, *, index):
    """Minus the log of each row's share at the right class, summed over the rows; no exponential overflows."""
    if not one_class_a_row(s, index=index):
        classes = np.asarray(index[1]) if isinstance(index, tuple) and len(index) == 2 else np.array(None)
        what = "gw.cross_entropy cannot take these scores and classes."
        expect = "scores (N, C), classes (N,), whole numbers"
        actual = f"scores {shape_of(s)}, classes {classes.shape}, {classes.dtype}"
        cure = "gw.cross_entropy(scores, y), y a vector with the number of the right column of each row."
        below = f"Expect: {expect}. Actual: {actual}."
        raise GateError(what, "each row has one right class.", cure, below=below)
    shifted = s - np.max(s, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(shifted), axis=1)) - shifted[index])


def one_class_a_row(s, *, index):
    """Whether `index` picks exactly one entry of each row, in order."""
    if len(shape_of(s)) != 2 or not isinstance(index, tuple) or len(index) != 2:
        return False
    rows, classes = map(np.asarray, index)
    return (
        np.array_equal(rows, np.arange(shape_of(s)[0])) and classes.shape == rows.shape and classes.dtype.kind in "iu"
    )


def rows_and_classes(s, y=None, *, index=None):
    """The classes are given as a vector y, or as the index that picks their scores."""
    rows, *_ = shape_of(s) or (0,)
    return (s,), {"index": (np.arange(rows), y) if index is None else index}


def less_one(shares, index):
    """Each row's shares, less 1 at the right class."""
    return add_at(shares, -1, index=index)


def less_the_others(shares, index):
    """The same with all its digits: the right class has minus what the others have."""
    others = add_at(shares, -shares[index], index=index)
    return add_at(others, -np.sum(others, axis=1), index=index)


@custom(
    log_loss,
    printed=lambda g, out, s, *, index: less_one(softmax(s), index) * g,
    spelled=[lambda s, *, index: -np.sum(np.log(np.exp(s[index]) / np.sum(np.exp(s), axis=1)))],
    written=[
        lambda g, out, s, *, index: less_the_others(exact_shares(s, 1), index) * g,
        lambda g, out, s, *, index: less_one(written_shares(s, 1), index) * g,
    ],
    when=one_class_a_row,
    bind=rows_and_classes,
    shift=lambda index: 1,
    sample=[((np.array([[1.0, 2.0, 0.5], [0.1, -1.0, 0.3]]),), {"index": (np.arange(2), np.array([1, 0]))})],
    tame=True,
)
def cross_entropy(g, out, s, *, index):
    """Minus the log of the right class's share, summed over the rows: each row gets its shares, less 1 at that class.

    `gw.cross_entropy(scores, y)`: scores (N, C), y the N right classes.
    """
    return less_the_others(softmax(s), index) * g
