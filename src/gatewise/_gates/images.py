"""Gates on images (N, C, H, W): convolution and pooling, and their ways back.

A convolution is a matrix product with the *columns* of an image, the patches its kernel sees. Arrays are computed image
by image, so that the columns stay in the cache; recordings by the same NumPy calls on the whole batch.
"""

import numpy as np

from gatewise._errors import GateError
from gatewise._gates.families import custom, linear
from gatewise._gates.fitting import cast
from gatewise._gates.live import any_recorded, dtype_of, shape_of
from gatewise._gates.movement import scatter, sum_of


def out_size(size, kernel, stride, padding):
    return (size + 2 * padding - kernel) // stride + 1


def slices(i, count, stride):
    """The rows (or columns) that entry i of the kernel sees."""
    return slice(i, i + stride * (count - 1) + 1, stride if stride > 1 else None)


def places(kernel, sizes, strides):
    """For each entry of the kernel the index of what it sees in a padded image."""
    (kh, kw), (h, w), (sh, sw) = kernel, sizes, strides
    return [(..., slices(i, h, sh), slices(j, w, sw)) for i in range(kh) for j in range(kw)]


def padded_shape(shape, padding):
    *front, h, w = shape
    return (*front, h + 2 * padding[0], w + 2 * padding[1])


def unpadded(shape, padding):
    """The index of an image in its padded form."""
    h, w = shape[-2:]
    return (..., slice(padding[0], padding[0] + h), slice(padding[1], padding[1] + w))


def pair(x: object) -> tuple[int, int]:
    """A size for rows and columns: one number serves both."""
    parts = tuple(x) if isinstance(x, (tuple, list)) else (x, x)
    if len(parts) != 2 or not all(isinstance(n, (int, np.integer)) for n in parts):
        what = f"{x!r} is no size of a kernel, stride or padding."
        raise GateError(what, "it counts rows and columns.", "a whole number, or two of them.")
    return int(parts[0]), int(parts[1])


def demand(good, gate, expect, *shapes):
    """Raise what was expected of the shapes, unless they are good."""
    if not good:
        why = "images are (N, C, H, W): how many, channels, rows, columns."
        raise GateError.misshapen(gate, expect, shapes, why, "np.reshape, np.transpose.")


# --------------------------------------------------------------------------------------------------------- convolution


class Columns:
    """The patches of one image after another, in the same memory: (C, kh, kw, rows, columns)."""

    def __init__(self, channels, shape, kernel, strides, padding, dtype):
        self.image = np.zeros((channels, *padded_shape(shape, padding)[-2:]), dtype)
        self.inside = self.image[unpadded(shape, padding)]
        sizes = tuple(map(out_size, shape[-2:], kernel, strides, padding))
        c, h, w = self.image.strides
        steps = (c, h, w, h * strides[0], w * strides[1])
        self.windows = np.lib.stride_tricks.as_strided(self.image, (channels, *kernel, *sizes), steps, writeable=False)
        self.entries = np.empty(self.windows.shape, dtype)
        self.matrix = self.entries.reshape(channels * kernel[0] * kernel[1], sizes[0] * sizes[1])

    def of(self, image):
        """The columns of an image as a matrix."""
        self.inside[...] = image
        self.entries[...] = self.windows
        return self.matrix


def columns_of(x, kernel, strides, padding):
    """The columns of a whole batch, by gates: (N, C kh kw, rows columns)."""
    n, c = shape_of(x)[:2]
    sizes = tuple(map(out_size, shape_of(x)[-2:], kernel, strides, padding))
    if any(padding):
        x = scatter(x, index=unpadded(shape_of(x), padding), shape=padded_shape(shape_of(x), padding))
    stacked = np.stack([x[place] for place in places(kernel, sizes, strides)], axis=2)
    return np.reshape(stacked, (n, c * kernel[0] * kernel[1], sizes[0] * sizes[1]))


def convolution(x, w, b, stride, padding):
    """Each output entry is the kernel times the patch it sees; the bias b, one number a channel, may be None."""
    strides, padding = pair(stride), pair(padding)
    good = len(shape_of(x)) == 4 == len(shape_of(w)) and shape_of(x)[1] == shape_of(w)[1] and min(strides) > 0
    good = good and min(padding) >= 0 and shape_of(b) in ((), shape_of(w)[:1])
    sizes = tuple(map(out_size, shape_of(x)[2:], shape_of(w)[2:], strides, padding)) if good else (0,)
    expect = "x (N, C, H, W), w (O, C, kh, kw), b (O,), stride >= 1, a kernel no larger than the padded image"
    demand(good and min(sizes) > 0, "conv2d", expect, shape_of(x), shape_of(w), shape_of(b))
    (n, c), (o, _, *kernel) = shape_of(x)[:2], shape_of(w)
    rows = np.reshape(w, (o, c * kernel[0] * kernel[1]))
    if any_recorded(x, w, b):
        out = rows @ columns_of(x, kernel, strides, padding)
        out = out if b is None else out + np.reshape(b, (o, 1))
        return np.reshape(out, (n, o, *sizes))
    columns = Columns(c, np.shape(x), kernel, strides, padding, x.dtype)
    out = np.empty((n, o, sizes[0] * sizes[1]), np.result_type(x, w, *(() if b is None else (b,))))
    for image, result in zip(x, out):
        np.matmul(rows, columns.of(image), out=result)
        if b is not None:
            result += np.reshape(b, (o, 1))
    return out.reshape(n, o, *sizes)


def turned_around(w):
    """A kernel for the way back: channels out and in change places, rows and columns run backwards."""
    return np.transpose(w[:, :, ::-1, ::-1], (1, 0, 2, 3))


def convolution_input(g, w, shape, stride, padding):
    """What a convolution's input gets: every patch collects what came back to the output it was seen by."""
    strides, padding = pair(stride), pair(padding)
    kernel, (n, o, *sizes) = shape_of(w)[2:], shape_of(g)
    around = tuple(k - 1 - p for k, p in zip(kernel, padding))
    if strides == (1, 1) and min(around) >= 0:
        return convolution(g, turned_around(w), None, 1, around)
    rows, wide = np.reshape(w, (o, -1)), padded_shape(shape, padding)
    entries = (shape[1], kernel[0] * kernel[1], *sizes)
    spots = places(kernel, sizes, strides)
    g = np.reshape(g, (n, o, sizes[0] * sizes[1]))
    if any_recorded(g, w):
        back = np.reshape(rows.T @ g, (n, *entries))
        whole = sum_of(scatter(back[:, :, k], index=place, shape=wide) for k, place in enumerate(spots))
        return whole[unpadded(shape, padding)]
    out = np.zeros(wide, np.result_type(g, w))
    for came, image in zip(g, out):
        back = np.reshape(rows.T @ came, entries)
        for k, place in enumerate(spots):
            image[place] += back[:, k]
    return np.ascontiguousarray(out[unpadded(shape, padding)])


def convolution_weight(x, g, shape, stride, padding):
    """What a kernel gets: the patches of every image, weighted by what came back."""
    strides, padding = pair(stride), pair(padding)
    n, o, *sizes = shape_of(g)
    g = np.reshape(g, (n, o, sizes[0] * sizes[1]))
    if any_recorded(x, g):
        total = np.sum(columns_of(x, shape[2:], strides, padding) @ g.mT, axis=0)
        return np.reshape(total.T, shape)
    columns = Columns(shape[1], np.shape(x), shape[2:], strides, padding, x.dtype)
    total = np.zeros((columns.matrix.shape[0], o), np.result_type(x, g))
    for image, came in zip(x, g):
        total += columns.of(image) @ came.T
    return np.ascontiguousarray(total.T).reshape(shape)


def image_weight_bias(x, w, b=None, stride=1, padding=0):
    """The bias may be left out."""
    return (x, w, b), {"stride": stride, "padding": padding}


IMAGES = np.cos(np.arange(60.0)).reshape(1, 2, 5, 6)
KERNELS = np.sin(np.arange(36.0)).reshape(3, 2, 3, 2)
#: An image and a kernel to be read.
IMAGE = np.array([[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 7.0]]]])
KERNEL = np.array([[[[1.0, 2.0], [0.0, -1.0]]]])


@linear(
    convolution,
    bind=image_weight_bias,
    sample=[
        ((IMAGE, KERNEL, np.array([0.5])), {"stride": 1, "padding": 0}),
        ((IMAGES, KERNELS, np.array([0.5, -1.0, 2.0])), {"stride": 1, "padding": 0}),
        ((IMAGES, KERNELS, np.array([0.5, -1.0, 2.0])), {"stride": 1, "padding": 1}),
        ((np.repeat(IMAGES, 2, 0), KERNELS, np.array([0.5, -1.0, 2.0])), {"stride": (2, 1), "padding": (1, 2)}),
    ],
    added="b",
)
def conv2d(g, x, w, b, *, stride, padding):
    """A kernel slides over images: it gets the patches it saw, times what came back; images get it laid back down."""
    return (
        lambda: conv2d_input(g, w, shape=shape_of(x), stride=stride, padding=padding),
        lambda: conv2d_weight(x, g, shape=shape_of(w), stride=stride, padding=padding),
        lambda: np.sum(g, axis=(0, 2, 3)),
    )


@linear(
    convolution_input,
    sample=[
        ((np.array([[[[1.0, 2.0, 3.0]]]]), KERNEL), {"shape": (1, 1, 2, 4), "stride": 1, "padding": 0}),
        ((np.cos(np.arange(60.0)).reshape(1, 3, 4, 5), KERNELS), {"shape": (1, 2, 6, 6), "stride": 1, "padding": 0}),
        ((np.cos(np.arange(24.0)).reshape(2, 3, 2, 2), KERNELS), {"shape": (2, 2, 4, 3), "stride": 2, "padding": 1}),
    ],
)
def conv2d_input(back, g, w, *, shape, stride, padding):
    """The way back through a convolution, to its images: itself undone by a convolution."""
    return (
        lambda: conv2d(back, w, stride=stride, padding=padding),
        lambda: conv2d_weight(back, g, shape=shape_of(w), stride=stride, padding=padding),
    )


@linear(
    convolution_weight,
    sample=[
        ((IMAGE, np.array([[[[1.0, 2.0, 3.0]]]])), {"shape": (1, 1, 2, 2), "stride": 1, "padding": 0}),
        (
            (IMAGES, np.cos(np.arange(60.0)).reshape(1, 3, 4, 5)),
            {"shape": (3, 2, 2, 2), "stride": 1, "padding": 0},
        ),
        (
            (np.repeat(IMAGES, 2, 0), np.cos(np.arange(72.0)).reshape(2, 3, 3, 4)),
            {"shape": (3, 2, 3, 2), "stride": 2, "padding": 1},
        ),
    ],
)
def conv2d_weight(back, x, g, *, shape, stride, padding):
    """The way back through a convolution, to its kernel: undone by two convolutions."""
    return (
        lambda: conv2d_input(g, back, shape=shape_of(x), stride=stride, padding=padding),
        lambda: conv2d(x, back, stride=stride, padding=padding),
    )


# ------------------------------------------------------------------------------------------------------------- pooling


def pooled(x, kernel, stride, padding):
    """For each entry of the kernel what it sees, with nothing larger than any entry in the padding; checked."""
    kernel, strides, padding = pair(kernel), pair(stride), pair(padding)
    good = (
        len(shape_of(x)) == 4 and min(*strides, *kernel) > 0 and all(0 <= 2 * p <= k for p, k in zip(padding, kernel))
    )
    sizes = tuple(map(out_size, shape_of(x)[2:], kernel, strides, padding)) if good else (0,)
    expect = f"x (N, C, H, W), no side smaller than the kernel {kernel}, padding at most half of it"
    demand(good and min(sizes) > 0, "max_pool2d", expect, shape_of(x))
    return places(kernel, sizes, strides), padded_shape(shape_of(x), padding), unpadded(shape_of(x), padding)


def lowest(dtype):
    """What no entry of this dtype lies below."""
    if dtype.kind in "iu":
        return np.iinfo(dtype).min
    return -np.inf if dtype.kind == "f" else False


def framed(x, wide, middle):
    """Images in a frame of the lowest entries that their dtype has: -inf for floats."""
    if shape_of(x) == wide:
        return x
    if any_recorded(x):
        here = scatter(np.ones_like(x), index=middle, shape=wide) > 0
        return np.where(here, scatter(x, index=middle, shape=wide), lowest(dtype_of(x)))
    frame = np.full(wide, lowest(x.dtype), x.dtype)
    frame[middle] = x
    return frame


def largest_seen(x, *, kernel=2, stride=2, padding=0):
    """The largest entry that each place of the kernel sees."""
    spots, wide, middle = pooled(x, kernel, stride, padding)
    if any_recorded(x):
        x = framed(x, wide, middle)
        return np.max(np.stack([x[spot] for spot in spots]), axis=0)
    sizes = map(out_size, shape_of(x)[2:], pair(kernel), pair(stride), pair(padding))
    out = np.empty((*shape_of(x)[:2], *sizes), x.dtype)
    for image, largest in zip(x, out):
        largest[...] = largest_of(framed(image, wide[1:], middle), spots)
    return out


def largest_of(image, spots):
    out = np.array(image[spots[0]])
    for spot in spots[1:]:
        np.maximum(out, image[spot], out=out)
    return out


def hits_in(x, spots, dtype):
    """For each entry of the kernel 1 where it saw the largest entry, and how many did."""
    out = np.max(np.stack([x[spot] for spot in spots]), axis=0) if any_recorded(x) else largest_of(x, spots)
    hits = [cast(x[spot] == out, dtype=dtype) for spot in spots]
    return hits, sum_of(hits)


def given_to_largest(g, x, *, kernel, stride, padding):
    """What came back to each place, laid down where its largest entry was; exact ties share it equally."""
    spots, wide, middle = pooled(x, kernel, stride, padding)
    if any_recorded(g, x):
        hits, ties = hits_in(framed(x, wide, middle), spots, dtype_of(g))
        share = g / ties
        return sum_of(scatter(hit * share, index=spot, shape=wide) for hit, spot in zip(hits, spots))[middle]
    out = np.zeros(wide, g.dtype)
    for came, image, down in zip(g, x, out):
        hits, ties = hits_in(framed(image, wide[1:], middle), spots, g.dtype)
        share = came / ties
        for hit, spot in zip(hits, spots):
            down[spot] += hit * share
    return np.ascontiguousarray(out[middle])


def taken_from_largest(t, x, *, kernel, stride, padding):
    """What lies in t where each place saw its largest entry; the mean over exact ties."""
    spots, wide, middle = pooled(x, kernel, stride, padding)
    if shape_of(t) != wide:
        t = scatter(t, index=middle, shape=wide)
    hits, ties = hits_in(framed(x, wide, middle), spots, dtype_of(t))
    return sum_of(hit * t[spot] for hit, spot in zip(hits, spots)) / ties


def taken_forward(tangents, out, x, **where):
    return max_pool2d_picked(tangents[0], x, **where)


def kernel_is_stride(x, kernel=2, stride=None, padding=0):
    """Unless told otherwise the places do not overlap."""
    return (x,), {"kernel": kernel, "stride": kernel if stride is None else stride, "padding": padding}


POOLS = [
    {"kernel": 2, "stride": 2, "padding": 0},
    {"kernel": (2, 3), "stride": (1, 2), "padding": (1, 0)},
    {"kernel": 3, "stride": 2, "padding": 1},
]


@custom(
    largest_seen,
    pattern="routes",
    symbol="max pool",
    bind=kernel_is_stride,
    sample=[((IMAGE,), POOLS[0]), *(((IMAGES,), pool) for pool in POOLS)],
    at=[(([[[[1.0, 1.0], [0.0, 1.0]]]],), ([[[[1 / 3, 1 / 3], [0.0, 1 / 3]]]],))],
    jvp=taken_forward,
    tame=False,
)
def max_pool2d(g, out, x, *, kernel, stride, padding):
    """The largest entry that each place sees takes the whole gradient; exact ties share it equally."""
    return max_pool2d_input(g, x, kernel=kernel, stride=stride, padding=padding)


@custom(
    given_to_largest,
    sample=[
        ((np.array([[[[10.0, 20.0]]]]), IMAGE), POOLS[0]),
        ((np.sin(np.arange(12.0)).reshape(1, 2, 2, 3), IMAGES), POOLS[0]),
        ((np.sin(np.arange(24.0)).reshape(1, 2, 6, 2), IMAGES), POOLS[1]),
    ],
)
def max_pool2d_input(back, out, g, x, *, kernel, stride, padding):
    """The way back through pooling: linear in what comes back, flat in the images."""
    return max_pool2d_picked(back, x, kernel=kernel, stride=stride, padding=padding), None


@custom(
    taken_from_largest,
    sample=[
        ((np.arange(8.0).reshape(1, 1, 2, 4), IMAGE), POOLS[0]),
        *(((np.sin(np.arange(60.0)).reshape(1, 2, 5, 6), IMAGES), pool) for pool in POOLS[:2]),
    ],
)
def max_pool2d_picked(back, out, t, x, *, kernel, stride, padding):
    """Takes from t what lies where each place saw its largest entry: the other way round it is laid back down."""
    return max_pool2d_input(back, x, kernel=kernel, stride=stride, padding=padding), None
