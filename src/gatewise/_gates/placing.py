"""Gates that turn, shift, repeat and frame: the same numbers in places that follow from the shape alone."""

import math

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.families import linear
from gatewise._gates.fitting import sum_to
from gatewise._gates.live import shape_of
from gatewise._gates.movement import along, scatter, turned_back

CUBE = np.arange(12.0).reshape(2, 3, 2)


def negated(shift):
    """A shift, or one for each axis, the other way."""
    return tuple(-int(s) for s in shift) if np.ndim(shift) else -int(shift)


def places(function, shape):
    """Where each entry of `function(x)` stood in an array of this shape: an index."""
    numbers = function(np.arange(math.prod(shape)).reshape(shape))
    return np.unravel_index(numbers, shape) if numbers.size else (numbers,) * len(shape)


@linear(
    np.flip,
    pattern="moves",
    views=True,
    sample=[((CUBE,), {"axis": axis}) for axis in (None, 0, -1, (0, 2))],
    in_page=False,
    sizeless=True,
)
def flip(g, x, *, axis=None):
    """Flipping twice is not flipping."""
    return lambda: np.flip(g, axis=axis)


@linear(np.flipud, pattern="moves", views=True, sample=[((CUBE,), {})], in_page=False)
def flipud(g, x):
    """Flipping twice is not flipping."""
    return lambda: np.flipud(g)


@linear(np.fliplr, pattern="moves", views=True, sample=[((CUBE,), {})], in_page=False)
def fliplr(g, x):
    """Flipping twice is not flipping."""
    return lambda: np.fliplr(g)


@linear(
    np.rot90,
    pattern="moves",
    views=True,
    sample=[((CUBE,), {"k": k, "axes": axes}) for k in (1, 2, 3) for axes in ((0, 1), (2, 0))],
    in_page=False,
)
def rot90(g, x, *, k=1, axes=(0, 1)):
    """A quarter turn the other way turns the gradient back."""
    return lambda: np.rot90(g, -k, axes)


@linear(
    np.roll,
    pattern="moves",
    sample=[
        ((np.arange(5.0), 2), {}), ((CUBE, 1), {}), ((CUBE, -1), {"axis": 1}), ((CUBE, (1, 2)), {"axis": (0, 1)}),
    ],
    in_page=False,
    sizeless=True,
)  # fmt: skip
def roll(g, x, *, shift, axis=None):
    """What went round one way comes back the other way."""
    return lambda: np.roll(g, negated(shift), axis=axis)


@linear(
    np.moveaxis, pattern="moves", views=True, sample=[((CUBE, 0, -1), {}), ((CUBE, (0, 1), (2, 0)), {})], in_page=False
)
def moveaxis(g, x, *, source, destination):
    """The axes go back to where they came from."""
    return lambda: np.moveaxis(g, destination, source)


@linear(np.rollaxis, pattern="moves", views=True, sample=[((CUBE, 2), {}), ((CUBE, 0), {"start": 2})], in_page=False)
def rollaxis(g, x, *, axis, start=0):
    """The axes go back to where they came from."""
    order = np.rollaxis(np.broadcast_to(0, tuple(range(len(shape_of(x))))), axis, start).shape
    return lambda: np.transpose(g, turned_back(order))


@linear(
    np.tile,
    pattern="spreads",
    sample=[((np.arange(3.0), 2), {}), ((np.arange(3.0), (2, 2)), {}), ((CUBE, (2, 1, 3)), {}), ((CUBE, 2), {})],
    tame=True,
    analytic=True,
    exact=True,
    in_page=False,
)
def tile(g, x, *, reps):
    """Every copy sends its gradient back to the one number it is a copy of."""
    shape = shape_of(x)
    reps = tuple(reps) if np.ndim(reps) else (int(reps),)
    shape, reps = (1,) * (len(reps) - len(shape)) + shape, (1,) * (len(shape) - len(reps)) + reps
    apart = [n for pair in zip(reps, shape) for n in pair]
    return lambda: np.reshape(np.sum(np.reshape(g, tuple(apart)), axis=tuple(range(0, len(apart), 2))), shape_of(x))


@linear(
    np.repeat,
    pattern="spreads",
    sample=[
        ((np.arange(3.0), 2), {}), ((np.arange(3.0), [1, 0, 2]), {}), ((CUBE, 2), {}), ((CUBE, 3), {"axis": 1}),
        ((CUBE, [2, 1, 0]), {"axis": 1}), ((CUBE, 2), {"axis": -1}), ((2.0, 3), {}),
    ],
    tame=True,
    analytic=True,
    exact=True,
    in_page=False,
)  # fmt: skip
def repeat(g, x, *, repeats, axis=None):
    """Every copy sends its gradient back to the one number it is a copy of."""
    shape = shape_of(x) if axis is not None and shape_of(x) else (math.prod(shape_of(x)),)
    axis = 0 if axis is None else axis % len(shape)
    if np.ndim(repeats) == 0:
        apart = (*shape[: axis + 1], int(repeats), *shape[axis + 1 :])
        return lambda: np.reshape(np.sum(np.reshape(g, apart), axis=axis + 1), shape_of(x))
    origin = along(axis, np.repeat(np.arange(shape[axis]), repeats))
    return lambda: np.reshape(scatter(g, index=origin, shape=shape), shape_of(x))


#: Ways to pad whose new entries are copies of old ones.
COPYING = ("edge", "reflect", "symmetric", "wrap")


def pad_like_numpy(array, pad_width, mode="constant", **options):
    """np.pad names its array `array`; ways that compute new entries have no rule."""
    if mode not in ("constant", "empty", *COPYING):
        raise UnsupportedError.of(f"np.pad(..., mode={mode!r})")
    return (array,), {"pad_width": pad_width, "mode": mode, **options}


def padded(x, pad_width, mode="constant", constant_values=0, reflect_type="even"):
    if reflect_type != "even":
        raise UnsupportedError.of(f"np.pad(..., reflect_type={reflect_type!r})")
    return np.pad(x, pad_width, mode=mode, **({"constant_values": constant_values} if mode == "constant" else {}))


@linear(
    np.pad,
    pattern="moves",
    bind=pad_like_numpy,
    call=padded,
    sample=[
        ((np.arange(4.0), 2), {}), ((np.arange(4.0), (1, 0)), {}), ((CUBE, ((1, 1), (0, 2), (0, 0))), {}),
        *(((np.arange(4.0), 2), {"mode": mode}) for mode in COPYING), ((CUBE, 1), {"mode": "edge"}),
        ((np.arange(4.0), 1), {"constant_values": 3.0}),
    ],
    still={"constant_values": 0},
    analytic=False,
    rearranges=False,
    in_page=False,
)  # fmt: skip
def pad(g, x, *, pad_width, mode="constant", constant_values=0, reflect_type="even"):
    """The frame of constants is cut off the gradient; a frame of copies is added to what it was copied from."""
    shape = shape_of(x)
    if not shape:
        return lambda: g
    if mode in COPYING:
        return lambda: scatter(g, index=places(lambda n: np.pad(n, pad_width, mode=mode), shape), shape=shape)
    inside = np.pad(np.ones(shape, bool), pad_width)
    starts = [int(i[0]) if len(i) else 0 for i in inside.nonzero()]
    return lambda: g[tuple(slice(start, start + n) for start, n in zip(starts, shape))]


@linear(
    np.diag,
    pattern="moves",
    views=True,
    sample=[((x,), {"k": k}) for x in (np.arange(3.0), np.arange(9.0).reshape(3, 3), CUBE[0]) for k in (0, 1, -1)],
    analytic=False,
    rearranges=False,
    in_page=False,
)
def diag(g, x, *, k=0):
    """Onto the diagonal and off it again."""
    shape = shape_of(x)
    if len(shape) == 1:
        return lambda: np.diagonal(g, offset=k)
    return lambda: scatter(g, index=places(lambda n: np.diag(n, k), shape), shape=shape)


@linear(
    np.diagonal,
    pattern="moves",
    views=True,
    sample=[
        ((np.arange(9.0).reshape(3, 3),), {}), ((CUBE[0],), {"offset": 1}), ((CUBE,), {}),
        ((CUBE,), {"offset": -1, "axis1": 1, "axis2": 2}),
    ],
    analytic=False,
    rearranges=False,
    in_page=False,
    sizeless=True,
)  # fmt: skip
def diagonal(g, x, *, offset=0, axis1=0, axis2=1):
    """What stands on the diagonal gets its gradient, the rest gets nothing."""
    shape = shape_of(x)
    return lambda: scatter(g, index=places(lambda n: np.diagonal(n, offset, axis1, axis2), shape), shape=shape)


@linear(
    np.lib.stride_tricks.sliding_window_view,
    pattern="spreads",
    views=True,
    sample=[((np.arange(5.0), 2), {}), ((CUBE, (2, 2)), {"axis": (0, 2)}), ((CUBE, 1), {"axis": -1})],
    in_page=False,
)
def sliding_window_view(g, x, *, window_shape, axis=None):
    """An entry stands in every window that covers it: its gradient is the sum over these."""
    shape, windows = shape_of(x), np.lib.stride_tricks.sliding_window_view
    return lambda: scatter(g, index=places(lambda n: windows(n, window_shape, axis), shape), shape=shape)


@linear(
    np.trace,
    pattern="spreads",
    sample=[((np.arange(9.0).reshape(3, 3),), {}), ((CUBE[0],), {"offset": -1}), ((CUBE,), {"axis1": 1, "axis2": 2})],
    tame=True,
    analytic=True,
    sums=True,
    in_page=False,
    sizeless=True,
)
def trace(g, x, *, offset=0, axis1=0, axis2=1):
    """Every entry of the diagonal counts once."""
    shape = shape_of(x)
    index = places(lambda n: np.diagonal(n, offset, axis1, axis2), shape)
    return lambda: scatter(np.broadcast_to(np.expand_dims(g, -1), index[0].shape), index=index, shape=shape)


@linear(np.tril, pattern="moves", sample=[((CUBE,), {"k": k}) for k in (0, 1, -1)], rearranges=False, in_page=False)
def tril(g, x, *, k=0):
    """What is above the diagonal was thrown away, so nothing comes back from there."""
    return lambda: sum_to(np.tril(g, k), shape_of(x))


@linear(np.triu, pattern="moves", sample=[((CUBE,), {"k": k}) for k in (0, 1, -1)], rearranges=False, in_page=False)
def triu(g, x, *, k=0):
    """What is below the diagonal was thrown away, so nothing comes back from there."""
    return lambda: sum_to(np.triu(g, k), shape_of(x))
