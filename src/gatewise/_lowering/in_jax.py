"""Gates as functions of JAX arrays, where the function of the same name in jax.numpy is another one.

Each is called as the gate is: operands by position, parameters by name. They know nothing of gatewise, so that the text
of a saved circuit has them as they stand here. A line under a name keeps it apart from Python's own.
"""

import numpy as np

from gatewise._lowering.guests import jax, jnp, lax

# ----------------------------------------------------------------------------------------------------- picked, written


def getitem(x, *, index):
    return jnp.asarray(x)[index]


def scatter(x, *, index, shape):
    return jnp.zeros(shape, jnp.asarray(x).dtype).at[index].add(x)


def is_mask(index):
    return getattr(index, "dtype", None) == bool


def wide(mask, x):
    """A mask of the first axes, for all of them."""
    return mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim))


def add_at(x, values, *, index):
    x = jnp.asarray(x)
    values = jnp.asarray(values, x.dtype)
    return x + jnp.where(wide(index, x), values, 0) if is_mask(index) else x.at[index].add(values)


def assign(x, values, *, index, chain=()):
    """Of entries that are named twice the last one written stays, on every device."""
    x = jnp.asarray(x)
    values = jnp.asarray(values, x.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if not chain and all(part is None or part is Ellipsis or isinstance(part, (slice, int)) for part in parts):
        return x.at[index].set(without_ones(values, x[index].ndim))
    if not chain and is_mask(index):
        return jnp.where(wide(index, x), values, x)
    places = jnp.arange(x.size).reshape(x.shape)
    for view, parameters, which in chain:
        places = view(places, **parameters)
        places = places if which is None else places[which]
    places = places[index]
    written = jnp.broadcast_to(without_ones(values, places.ndim), places.shape).ravel()
    last = jnp.full(x.size, -1).at[places.ravel()].max(jnp.arange(places.size))
    return jnp.where(last < 0, x.ravel(), jnp.append(written, x.ravel()[:1])[last]).reshape(x.shape) if x.size else x


def without_ones(values, ndim):
    """What is written may have more axes than its place, of one entry each."""
    return values.reshape(values.shape[max(values.ndim - ndim, 0) :])


def astype(x, *, dtype):
    return jnp.asarray(x).astype(dtype)


def real_if_real(x):
    """What NumPy hands out as real numbers where none is complex; NaN where one is."""
    return jnp.where(x.imag == 0, x.real, jnp.nan)


def empty_like(x):
    return jnp.zeros_like(x)


def full_like(x, fill_value):
    return jnp.broadcast_to(jnp.asarray(fill_value).astype(jnp.asarray(x).dtype), jnp.shape(x))


def split(x, *, indices_or_sections, axis=0):
    """As NumPy, which takes places beyond the end, and counts negative ones from there."""
    if not np.ndim(indices_or_sections):
        return jnp.split(x, indices_or_sections, axis)
    n = x.shape[axis]
    return jnp.split(x, [min(max(k + n if k < 0 else k, 0), n) for k in indices_or_sections], axis)


def concatenate(*arrays, axis=0):
    return jnp.concatenate(arrays, axis)


def stack(*arrays, axis=0):
    return jnp.stack(arrays, axis)


def copy(x):
    return jnp.asarray(x)


def sliding_window_view(x, *, window_shape, axis=None):
    """NumPy looks at the places; the entries are picked from there."""
    places = np.arange(x.size).reshape(x.shape)
    return x.ravel()[np.lib.stride_tricks.sliding_window_view(places, window_shape, axis)]


def rollaxis(x, *, axis, start=0):
    return jnp.rollaxis(x, axis, start)


def tile(x, *, reps):
    return jnp.tile(x, reps if isinstance(reps, tuple) else (reps,))


def repeat(x, *, repeats, axis=None):
    return jnp.repeat(x, np.asarray(repeats), axis)


def pad(x, *, pad_width, mode="constant", constant_values=0, reflect_type="even"):
    told = {"constant": {"constant_values": constant_values}}.get(mode, {})
    told = {"reflect_type": reflect_type} if mode in ("reflect", "symmetric") else told
    return jnp.pad(x, pad_width, mode, **told)


def tril(x, *, k=0):
    return jnp.where(jnp.tri(*jnp.shape(x)[-2:], k=k, dtype=bool), x, jnp.zeros((), x.dtype))


def triu(x, *, k=0):
    return jnp.where(jnp.tri(*jnp.shape(x)[-2:], k=k - 1, dtype=bool), jnp.zeros((), x.dtype), x)


def convolve(a, v, *, mode="full"):
    return jnp.convolve(jnp.atleast_1d(a), jnp.atleast_1d(v), mode)


# ------------------------------------------------------------------------------------------------------ along some axes


def sum_(x, *, axis=None, keepdims=False, dtype=None, initial=0, where=True):
    return jnp.sum(x, axis if jnp.ndim(x) else None, dtype, keepdims=keepdims, initial=initial, where=where)


def prod(x, *, axis=None, keepdims=False, dtype=None, initial=1, where=True):
    return jnp.prod(x, axis if jnp.ndim(x) else None, dtype, keepdims=keepdims, initial=initial, where=where)


def mean(x, *, axis=None, keepdims=False, dtype=None, where=True):
    return jnp.mean(x, axis if jnp.ndim(x) else None, dtype, keepdims=keepdims, where=where)


def max_(x, *, axis=None, keepdims=False):
    return jnp.max(x, axis if jnp.ndim(x) else None, keepdims=keepdims)


def min_(x, *, axis=None, keepdims=False):
    return jnp.min(x, axis if jnp.ndim(x) else None, keepdims=keepdims)


def any_(x, *, axis=None, keepdims=False):
    return jnp.any(x, axis if jnp.ndim(x) else None, keepdims=keepdims)


def all_(x, *, axis=None, keepdims=False):
    return jnp.all(x, axis if jnp.ndim(x) else None, keepdims=keepdims)


def var(x, *, axis=None, ddof=0, keepdims=False):
    return jnp.var(x, axis if jnp.ndim(x) else None, ddof=ddof, keepdims=keepdims)


def std(x, *, axis=None, ddof=0, keepdims=False):
    return jnp.std(x, axis if jnp.ndim(x) else None, ddof=ddof, keepdims=keepdims)


def argmax(x, *, axis=None):
    return jnp.argmax(x, axis if jnp.ndim(x) else None)


def argmin(x, *, axis=None):
    return jnp.argmin(x, axis if jnp.ndim(x) else None)


def squeeze(x, *, axis=None):
    return jnp.squeeze(x, axis if jnp.ndim(x) else None)


def sort(x, *, axis=-1, kind=None, stable=None):
    return jnp.sort(x, axis)


def argsort(x, *, axis=-1, kind=None, stable=None):
    return jnp.argsort(jnp.atleast_1d(x), axis)


def median(x, *, axis=None, keepdims=False):
    """Of nothing it is NaN."""
    if jnp.size(x):
        return jnp.median(x, axis, keepdims=keepdims)
    return jnp.mean(x, axis, keepdims=keepdims)


# ------------------------------------------------------------------------------------------------------ linear algebra


def einsum(*operands, subscripts):
    return jnp.einsum(subscripts, *operands)


def cholesky(x, *, upper=False):
    """Of the half that is meant, as it stands: jax.numpy reads the other one too."""
    lower = lax.linalg.cholesky(x.mT if upper else x, symmetrize_input=False)
    return lower.mT if upper else lower


def eigh(x, *, UPLO="L"):
    return tuple(jnp.linalg.eigh(x, UPLO, symmetrize_input=False))


def eigvalsh(x, *, UPLO="L"):
    return jnp.linalg.eigh(x, UPLO, symmetrize_input=False)[0]


def pinv(x, *, rcond=None):
    return jnp.linalg.pinv(x, rtol=rcond)


def lstsq(a, b, *, rcond=None):
    """What is left is told where there are more rows than columns."""
    x, left, rank, values = jnp.linalg.lstsq(a, b, rcond)
    return x, left if a.shape[0] > a.shape[1] else jnp.zeros(0, x.dtype), rank, values


# -------------------------------------------------------------------------------------------------------------- layers


def pair(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x, x)


def conv2d(x, w, b=None, *, stride, padding):
    around = [(n, n) for n in pair(padding)]
    out = lax.conv_general_dilated(x, w, pair(stride), around, dimension_numbers=("NCHW", "OIHW", "NCHW"))
    return out if b is None else out + jnp.reshape(b, (-1, 1, 1))


def conv2d_input(g, w, *, shape, stride, padding):
    transposed = jax.linear_transpose(
        lambda x: conv2d(x, w, stride=stride, padding=padding), jax.ShapeDtypeStruct(shape, g.dtype)
    )
    return transposed(g)[0]


def conv2d_weight(x, g, *, shape, stride, padding):
    transposed = jax.linear_transpose(
        lambda w: conv2d(x, w, stride=stride, padding=padding), jax.ShapeDtypeStruct(shape, g.dtype)
    )
    return transposed(g)[0]


def cross_entropy(s, *, index):
    shifted = s - jnp.max(s, axis=1, keepdims=True)
    return jnp.sum(jnp.log(jnp.sum(jnp.exp(shifted), axis=1)) - shifted[index])
