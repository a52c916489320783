"""Linear algebra: norms, powers and systems made of products, inverses and singular values."""

from __future__ import annotations

import functools
import math

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import axis_of, composed, rank, size
from gatewise._gates.fitting import conjugated
from gatewise._gates.live import shape_of


@composed(np.linalg.svdvals)
def svdvals(x):
    return np.linalg.svd(x, compute_uv=False)


@composed(np.linalg.qr)
def triangle(a, mode="reduced"):
    """The triangular factor alone; both are a gate of this name."""
    return np.linalg.qr(a)[1] if mode == "r" else NotImplemented


@composed(np.linalg.norm)
def matrix_norm(x, ord=None, axis=None, keepdims=False):
    """The norms of matrices; those of vectors, and the length of all entries, are a gate of this name."""
    axes = tuple(range(rank(x))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) != 2 or ord in (None, "fro", "f"):
        return NotImplemented
    if not size(x) and ord in ("nuc", 1, 2, np.inf):
        return np.sum(np.abs(x), axis=axes, keepdims=keepdims)  # of no entries all are 0
    rows, columns = (axis_of(a, x) for a in axes)
    kept = tuple(1 if a in (rows, columns) else n for a, n in enumerate(shape_of(x)))
    if ord in ("nuc", 2, -2):
        values = np.linalg.svd(np.moveaxis(x, (rows, columns), (-2, -1)), compute_uv=False)
        found = (np.sum if ord == "nuc" else np.max if ord == 2 else np.min)(values, axis=-1)
    else:
        added, compared = (rows, columns) if abs(ord) == 1 else (columns, rows)
        total = np.sum(np.abs(x), axis=added)
        found = (np.max if ord > 0 else np.min)(total, axis=compared - (compared > added))
    return np.reshape(found, kept) if keepdims else found


@composed(np.linalg.cond)
def cond(x, p=None):
    if p is None or p in (2, -2):
        s = np.linalg.svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return np.linalg.norm(x, p, axis=(-2, -1)) * np.linalg.norm(np.linalg.inv(x), p, axis=(-2, -1))


@composed(np.linalg.matrix_power)
def matrix_power(a, n):
    if n == 0:
        return np.zeros_like(a) + np.eye(shape_of(a)[-1], dtype=a.dtype)  # which may be written into
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n <= 3:
        return a if n == 1 else a @ a if n == 2 else (a @ a) @ a
    square = found = None
    while n:
        square = a if square is None else square @ square
        n, odd = divmod(n, 2)
        if odd:
            found = square if found is None else found @ square
    return found


@composed(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    if axes is not None:
        order = [k for k in range(rank(a)) if k not in axes]
        a = np.transpose(a, (*order, *axes))
    shape = shape_of(a)[rank(b) :]
    return np.reshape(np.linalg.solve(np.reshape(a, (size(b), math.prod(shape))), np.ravel(b)), shape)


@composed(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    shape = shape_of(a)
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(shape[:ind]), -1))), shape[ind:] + shape[:ind])


@composed(np.linalg.multi_dot)
def multi_dot(arrays):
    parts = list(arrays)
    return functools.reduce(np.dot, parts)


composed(np.linalg.diagonal)(lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composed(np.linalg.trace)(lambda x, /, *, offset=0: np.trace(x, offset, -2, -1))
composed(np.linalg.matrix_transpose)(lambda x, /: np.matrix_transpose(x))
composed(np.linalg.matmul)(lambda x1, x2, /: np.matmul(x1, x2))
composed(np.linalg.outer)(lambda x1, x2, /: np.outer(x1, x2))


@composed(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    if axis is None:
        found = np.linalg.norm(np.ravel(x), ord)
        return np.reshape(found, (1,) * rank(x)) if keepdims else found
    if not isinstance(axis, tuple):
        return np.linalg.norm(x, ord, axis, keepdims)
    if ord != 2:
        raise UnsupportedError.of(f"np.linalg.vector_norm(..., axis={axis}, ord={ord})")
    return np.linalg.norm(x, None, axis, keepdims)


composed(np.linalg.matrix_norm)(lambda x, /, *, keepdims=False, ord="fro": np.linalg.norm(x, ord, (-2, -1), keepdims))


@composed(np.matvec)
def matvec(x1, x2, /):
    return (x1 @ np.expand_dims(x2, -1))[..., 0]


@composed(np.vecmat)
def vecmat(x1, x2, /):
    return (np.expand_dims(conjugated(x1), -2) @ x2)[..., 0, :]


composed(np.linalg.cross)(lambda x1, x2, /, *, axis=-1: np.cross(x1, x2, axis=axis))
composed(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes=axes))
composed(np.linalg.vecdot)(lambda x1, x2, /: np.vecdot(x1, x2))
