"""What only counts, sorts or asks: it is answered by the plain values."""

from __future__ import annotations

import functools

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import COMPOSED, composed, only_looked_at


def by_value(function):
    """A function that only counts, sorts or asks: it is given plain values, and its answer is plain."""

    @functools.wraps(function)
    def answered(*args, **kwargs):
        inside = {"list": list, "tuple": tuple}

        def bare(x):
            return inside[type(x).__name__](map(bare, x)) if type(x) in (list, tuple) else only_looked_at(x)

        return function(*map(bare, args), **{name: bare(x) for name, x in kwargs.items()})

    return answered


COUNTING = (
    np.nonzero, np.flatnonzero, np.argwhere, np.count_nonzero, np.lexsort, np.array_equal, np.array_equiv, np.allclose,
    np.isin, np.nanargmax, np.nanargmin, np.iscomplex, np.isreal, np.isrealobj, np.shares_memory, np.may_share_memory,
    np.linalg.matrix_rank, np.ravel_multi_index, np.tril_indices_from, np.triu_indices_from, np.diag_indices_from,
    np.digitize, np.unravel_index, np.can_cast, np.common_type, np.isposinf, np.isneginf,
    np.min_scalar_type, np.array2string,
)  # fmt: skip


COMPOSED.update({function: by_value(function) for function in COUNTING})


@composed(np.ix_)
def ix_(*indices):
    """Whole numbers and truth values as an index of blocks; floats are none, and a gradient would be lost."""
    plain = [only_looked_at(x) for x in indices]
    if any(isinstance(x, np.ndarray) and x.dtype.kind in "fc" for x in plain):
        raise UnsupportedError.of("np.ix_ of floats")
    return np.ix_(*plain)


def all_in_a_row(function):
    """What orders entries, along no axis: all of them, in one row."""

    def body(a, *args, axis=-1, **options):
        return function(np.ravel(a), *args, **options) if axis is None else NotImplemented

    return body


COMPOSED.update({function: all_in_a_row(function) for function in (np.sort, np.argsort, np.partition, np.argpartition)})
