"""Gates that put the same numbers in other places."""

from itertools import pairwise
from typing import Any

import numpy as np

from gatewise._gates.families import custom, elementwise, linear, stops
from gatewise._gates.fitting import convert, sum_to
from gatewise._gates.live import dtype_of, names_an_entry_once, shape_of


def shape_second(x, shape=None, *, newshape=None):
    """np.reshape called its second argument newshape before NumPy 2.1; another order of entries has no rule."""
    return (x,), {"shape": shape if newshape is None else newshape}


@linear(
    np.reshape,
    pattern="moves",
    views=True,
    bind=shape_second,
    call=lambda x, shape: np.reshape(x, shape),
    sample=[((np.arange(6.0), (2, 3)), {}), ((np.arange(6.0).reshape(2, 3), -1), {}), ((np.ones(1), ()), {})],
)
def reshape(g, x, *, shape):
    """Same numbers, same order, other rows."""
    return lambda: np.reshape(g, shape_of(x))


@linear(np.ravel, pattern="moves", views=True)
def ravel(g, x):
    """Same numbers, same order, one row."""
    return lambda: np.reshape(g, shape_of(x))


def turned_back(axes):
    """The order of axes that undoes the order `axes`, whose entries may count from the end."""
    return tuple(int(a) for a in np.argsort([a % len(axes) for a in axes]))


@linear(
    np.transpose,
    pattern="moves",
    views=True,
    sample=[((np.arange(24.0).reshape(2, 3, 4), axes), {}) for axes in ((2, 0, 1), (-1, 0, 1))],
    sizeless=True,
)
def transpose(g, x, *, axes=None):
    """Turning the axes back is turning them the other way."""
    return lambda: np.transpose(g, None if axes is None else turned_back(axes))


@linear(
    np.matrix_transpose,
    pattern="moves",
    views=True,
    text="{x}.mT",
    symbol="T",
    sample=[((np.arange(6.0).reshape(2, 3),), {}), ((np.arange(12.0).reshape(2, 3, 2),), {})],
    sizeless=True,
)
def matrix_transpose(g, x):
    """Turning the sheet back is turning it again."""
    return lambda: g.mT


@linear(
    np.swapaxes,
    pattern="moves",
    views=True,
    sample=[((np.arange(12.0).reshape(2, 3, 2), 0, axis), {}) for axis in (1, -1)],
)
def swapaxes(g, x, *, axis1, axis2):
    """Swapping twice is not swapping."""
    return lambda: np.swapaxes(g, axis1, axis2)


@linear(
    np.expand_dims, pattern="moves", views=True, sample=[((np.arange(3.0), axis), {}) for axis in (0, 1, -1, (0, 2))]
)
def expand_dims(g, x, *, axis):
    """An axis of length 1 holds no number of its own."""
    return lambda: np.squeeze(g, axis=tuple(axis) if isinstance(axis, list) else axis)


@linear(
    np.squeeze,
    pattern="moves",
    views=True,
    sample=[((np.arange(3.0).reshape(1, 3, 1), axis), {}) for axis in (None, 0, -1, (0, 2))],
)
def squeeze(g, x, *, axis=None):
    """An axis of length 1 holds no number of its own."""
    return lambda: np.reshape(g, shape_of(x))


@linear(
    np.broadcast_to,
    pattern="spreads",
    views=True,
    sample=[
        ((np.arange(3.0), (2, 3)), {}),
        ((np.ones((3, 1)), (2, 3, 4)), {}),
        ((2.0, (3,)), {}),
        ((np.ones(1), (0,)), {}),
    ],
    tame=True,
    exact=True,
    rearranges=True,
)
def broadcast_to(g, x, *, shape):
    """One number used many times: its gradient is the sum over the uses."""
    return lambda: sum_to(g, shape_of(x))


def arrays_first(arrays, axis=0):
    """np.concatenate and np.stack take their operands in a list."""
    return tuple(arrays), {"axis": axis}


def joined(*arrays, axis=0):
    return np.concatenate(arrays, axis=axis)


def stacked(*arrays, axis=0):
    return np.stack(arrays, axis=axis)


def along(axis: int, place: object) -> tuple[Any, ...]:
    """The index that takes `place` along one axis."""
    return (slice(None),) * axis + (place,)


@linear(
    np.concatenate,
    pattern="moves",
    bind=arrays_first,
    call=joined,
    text="np.concatenate(({*},), axis={axis})",
    sample=[
        (([np.ones((2, 2)), np.zeros((1, 2))],), {}),
        (([np.ones((2, 1)), np.zeros((2, 3))],), {"axis": 1}),
        (([np.ones((2, 1)), np.zeros((2, 0)), np.ones((2, 3))],), {"axis": -1}),
        (([np.ones((2, 1)), np.zeros(3)],), {"axis": None}),
    ],
)
def concatenate(g, *arrays, axis=0):
    """Each part gets its own piece of the gradient."""
    if axis is None:
        g, sizes, axis = np.ravel(g), [int(np.prod(shape_of(x))) for x in arrays], 0
    else:
        axis %= len(shape_of(g))
        sizes = [shape_of(x)[axis] for x in arrays]
    ends = np.cumsum(sizes).tolist()
    return tuple(
        lambda x=x, n=n, end=end: (
            np.reshape(g[along(axis, slice(end - n, end))], shape_of(x))
            if len(shape_of(x)) != len(shape_of(g))
            else g[along(axis, slice(end - n, end))]
        )
        for x, n, end in zip(arrays, sizes, ends)
    )


@linear(
    np.stack,
    pattern="moves",
    bind=arrays_first,
    call=stacked,
    text="np.stack(({*},), axis={axis})",
    sample=[
        (([np.ones(2), np.zeros(2)],), {}),
        (([1.0, 2.0],), {}),
        (([np.ones(2), np.zeros(2), np.ones(2)],), {"axis": 1}),
        (([np.ones((2, 3)), np.zeros((2, 3))],), {"axis": -1}),
    ],
    sizeless=True,
)
def stack(g, *arrays, axis=0):
    """Each part gets its own layer of the gradient."""
    axis %= len(shape_of(g))
    return tuple(lambda i=i: g[along(axis, i)] for i in range(len(arrays)))


@linear(
    np.split,
    pattern="moves",
    views=True,
    sample=[
        ((np.arange(6.0), 3), {}),
        ((np.arange(12.0).reshape(2, 6), [2, 3]), {"axis": 1}),
        ((np.arange(12.0).reshape(2, 6), [2, -1, 9]), {"axis": -1}),
    ],
    analytic=False,
    in_page=False,
    rearranges=False,
)
def split(pieces, x, *, indices_or_sections, axis=0):
    """Several outputs: each piece gives its gradient back to its place, an unused piece gives nothing."""
    n, axis = shape_of(x)[axis], axis % len(shape_of(x))
    if np.ndim(indices_or_sections):
        bounds = [0, *(min(max(i + n if i < 0 else i, 0), n) for i in indices_or_sections), n]
    else:
        bounds = [n // indices_or_sections * k for k in range(indices_or_sections + 1)]
    places = [along(axis, slice(start, end)) for start, end in pairwise(bounds)]
    return lambda: sum_of(scatter(g, index=places[k], shape=shape_of(x)) for k, g in pieces.items())


def sum_of(parts):
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


#: One of each kind: steps, positions, new and elided axes, arrays of positions with repeats, masks.
INDICES = [
    slice(1, 4), slice(None, None, -2), slice(2, 2), 2, -1, (1, 2), (..., 1), (None, 1), (slice(None), slice(0, 2)),
    np.array([0, 3, 0]), [1, 1], (np.array([0, 3, 0]), np.array([1, 2, 1])), (slice(None), np.array([2, 2])),
    np.arange(4) > 1, np.arange(12).reshape(4, 3) > 4,
]  # fmt: skip


def pick(x, index):
    """`x[index]`, as a function."""
    return x[index]


def in_each_row(index):
    """An index for each row of an array, where it is made of slices and whole numbers or is one array; else None."""
    if isinstance(index, np.ndarray):
        return slice(None), index
    parts = index if isinstance(index, tuple) else (index,)
    simple = all(isinstance(i, (slice, int, np.integer)) or i is None or i is Ellipsis for i in parts)
    return (slice(None), *parts) if simple else None


def picked_in_rows(i, x, *, index):
    rows = in_each_row(index)
    return NotImplemented if rows is None else getitem(x, index=rows)


@linear(
    pick,
    pattern="routes",
    rows=picked_in_rows,
    views=True,
    text="{x}[{index}]",
    symbol="[ ]",
    sample=[((np.arange(12.0).reshape(4, 3), index), {}) for index in INDICES],
    analytic=True,
    rearranges=True,
    sizeless=True,
)
def getitem(g, x, *, index):
    """What was picked gets its gradient, the rest gets nothing."""
    return lambda: scatter(g, index=index, shape=shape_of(x))


def zeros_with(x, index, shape):
    """Zeros of `shape` with `x` added in at `index`, as often as an entry is named."""
    zeros = np.zeros(shape, dtype_of(x))
    if names_an_entry_once(index):
        zeros[index] = x
    else:
        np.add.at(zeros, index, x)
    return zeros


def put_in_rows(i, x, *, index, shape):
    rows = in_each_row(index)
    return NotImplemented if rows is None or not shape else scatter(x, index=rows, shape=(shape_of(x)[0], *shape))


@linear(
    zeros_with,
    pattern="moves",
    rows=put_in_rows,
    text="statement",
    sample=[
        ((np.arange(3.0), index, (5,)), {})
        for index in (slice(1, 4), np.array([4, 0, 4]), np.array([1, 0, 0, 1, 1], bool))
    ],
    analytic=False,
    rearranges=False,
)
def scatter(g, x, *, index, shape):
    """Picks the entries up again."""
    if not shape:  # a plain number has no entries to pick
        return lambda: np.broadcast_to(g, shape_of(x))
    return lambda: getitem(g, index=index)


def added_at(x, values, index):
    """A copy of `x` with `values` added in at `index`."""
    out = np.array(x)
    if names_an_entry_once(index) or names_an_entry_a_row(index):
        out[index] += values  # a tenth of the time
    else:
        np.add.at(out, index, values)
    return out


def names_an_entry_a_row(index):
    """Whether an index is one entry of each row, in order, as the classes of a batch are."""
    if not isinstance(index, tuple) or len(index) != 2 or not all(isinstance(i, np.ndarray) for i in index):
        return False
    rows, columns = index
    in_order = rows.ndim == 1 and rows.dtype.kind in "iu" and np.array_equal(rows, np.arange(len(rows)))
    return in_order and columns.shape == rows.shape and columns.dtype.kind in "iu"


@linear(
    added_at,
    pattern="distributes",
    text="statement",
    sample=[((np.zeros(4), np.ones(2), np.array([1, 3])), {}), ((np.zeros(4), 1.0, np.array([1, 1])), {})],
    analytic=False,
    sums=True,
)
def add_at(g, x, values, *, index):
    """The gradient goes to the array as it is, and to what was added at its places."""
    return lambda: g, lambda: sum_to(getitem(g, index=index), shape_of(values))


@linear(
    convert,
    pattern="moves",
    text="{x}.astype({dtype})",
    sample=[((np.arange(3.0), np.dtype(float)), {})],
    analytic=False,
    exact=False,
    rearranges=False,
)
def astype(g, x, *, dtype):
    """The same numbers with more or fewer digits."""
    return lambda: g  # in the dtype of x, and of a real x the real part: as every contribution is


@elementwise(np.copy, pattern="distributes", exact=True, sizeless=True)
def copy(out, x):
    """The same numbers in other memory."""
    return 1


@custom(
    np.modf,
    pattern="distributes",
    sample=[((2.75,), {}), ((np.array([1.4, -2.25]),), {})],
    jvp=lambda tangents, out, x: (tangents[0], np.zeros_like(tangents[0])),
    analytic=False,
    in_page=False,
)
def modf(pieces, out, x):
    """The fraction has slope 1, the whole part none."""
    return pieces.get(0)


@elementwise(np.full_like, pattern="spreads", sample=[((np.zeros(3), 2.5), {})], tame=True, analytic=False)
def full_like(out, x, fill_value):
    """Only the shape of x counts; the fill value is used once an entry."""
    return None, 1


@stops(np.zeros_like, np.ones_like, way=None, sizeless=True)
def looks_at_shape(x):
    """Only the shape of x counts."""


@stops(np.empty_like, arbitrary=True, tame=False, in_page=False, way=None)
def takes_memory(x):
    """Only the shape of x counts; the entries are whatever lay in memory."""
