"""Polynomials by their coefficients, the highest power first."""

from __future__ import annotations

import numpy as np

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import as_floats, composed, only_looked_at, rank, size
from gatewise._gates.fitting import cast
from gatewise._gates.live import dtype_of, shape_of


@composed(np.polyval)
def polyval(p, x):
    p = p if hasattr(p, "shape") else np.asarray(p)  # coefficients are no weak numbers to NumPy
    found = np.zeros_like(x)
    for k in range(shape_of(p)[0]):
        found = found * x + p[k]
    return found


@composed(np.vander)
def vander(x, N=None, increasing=False):
    wide = np.promote_types(dtype_of(x), int)
    x = x if dtype_of(x) == wide else cast(x, dtype=wide)  # as NumPy does: single precision becomes double
    powers = [np.ones_like(x)]
    for _ in range((shape_of(x)[0] if N is None else N) - 1):
        powers.append(powers[-1] * x)
    return np.stack(powers if increasing else powers[::-1], axis=1)


@composed(np.poly)
def poly(seq_of_zeros):
    if rank(seq_of_zeros) != 1:
        raise UnsupportedError.of("np.poly of a matrix")
    kind = dtype_of(seq_of_zeros)
    found = np.ones(1, kind)
    for k in range(size(seq_of_zeros)):
        found = np.convolve(found, np.stack([kind.type(1), -seq_of_zeros[k]]), mode="full")
    return found


@composed(np.polymul)
def polymul(a1, a2):
    return np.convolve(without_zeros(a1), without_zeros(a2))


def without_zeros(p):
    """The coefficients from the first on that is not 0; the last stays."""
    row = np.atleast_1d(p)
    kept = np.flatnonzero(only_looked_at(row))
    return row[int(kept[0]) if len(kept) else -1 :]


@composed(np.polyder)
def polyder(p, m=1):
    for _ in range(m):
        p = p[:-1] * np.arange(size(p) - 1, 0, -1)
    return p


@composed(np.polyadd)
def polyadd(a1, a2):
    n = max(size(a1), size(a2))
    return in_front(a1, n) + in_front(a2, n)


@composed(np.polysub)
def polysub(a1, a2):
    n = max(size(a1), size(a2))
    return in_front(a1, n) - in_front(a2, n)


def in_front(p, n):
    """A polynomial with zeros before its first coefficient, n in all."""
    return p if size(p) == n else np.concatenate([np.zeros(n - size(p)), p])


@composed(np.polyint)
def polyint(p, m=1, k=None):
    if m != 1:
        raise UnsupportedError.of(f"np.polyint(..., m={m})")
    constant = np.reshape(0.0 if k is None else k, (1,))
    return np.concatenate([p / np.arange(size(p), 0, -1), constant])


@composed(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    if full or cov or np.ndim(deg):
        raise UnsupportedError.of("np.polyfit with full=, cov= or several degrees")
    x, y = as_floats(x) + 0.0, as_floats(y) + 0.0
    powers = np.vander(x, int(deg) + 1)
    if w is not None:
        w = as_floats(w) + 0.0
        powers = powers * np.expand_dims(w, 1)
        y = y * (np.expand_dims(w, 1) if rank(y) == 2 else w)
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    rcond = size(x) * np.finfo(dtype_of(x)).eps if rcond is None else rcond
    found = np.linalg.lstsq(powers / scale, y, rcond)[0]
    return np.transpose(np.transpose(found) / scale)


@composed(np.polydiv)
def polydiv(u, v):
    u, v = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0
    steps, short = size(u) - size(v) + 1, size(v)
    scale, found, left = 1.0 / v[0], [], u
    for k in range(steps):
        factor = scale * left[k]
        found.append(factor)
        left = np.concatenate([left[:k], left[k : k + short] - factor * v, left[k + short :]])
    while size(left) > 1 and np.allclose(only_looked_at(left)[0], 0, rtol=1e-14):
        left = left[1:]
    return (np.stack(found) if found else np.zeros(1)), left


@composed(np.roots)
def roots(p):
    """The eigenvalues of the companion matrix; zeros at the end of the coefficients are roots at 0."""
    p = np.atleast_1d(p)
    if rank(p) != 1:
        raise ValueError("Input must be a rank-1 array.")
    there = np.flatnonzero(only_looked_at(p))
    if not len(there):
        return np.array([])
    at_zero, p = size(p) - int(there[-1]) - 1, p[int(there[0]) : int(there[-1]) + 1]
    if size(p) == 1:
        return np.zeros(at_zero)
    top = np.reshape(-p[1:] / p[0], (1, -1))
    found = np.linalg.eigvals(np.concatenate([top, np.eye(size(p) - 2, size(p) - 1, dtype=dtype_of(p))]))
    return np.concatenate([found, np.zeros(at_zero, dtype_of(found))]) if at_zero else found
