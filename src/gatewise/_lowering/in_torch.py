"""Gates as functions of PyTorch's tensors, where the function of the same name in torch is another one.

Each is called as the gate is: operands by position, parameters by name; operands are tensors of one dtype.
"""

import itertools
import math

import numpy as np

from gatewise._lowering.guests import torch


def axes_of(x, axis):
    """The axes that are meant, from the front; of a single number none."""
    if not x.ndim:
        return ()
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(a % x.ndim for a in axes))


# ----------------------------------------------------------------------------------------------------- picked, written


def positions(shape, device):
    return torch.arange(math.prod(shape), device=device).reshape(shape)


def turned(x, index):
    """What an index picks where steps go backwards, which torch does not know: axes turned over, steps forwards."""
    parts = index if isinstance(index, tuple) else (index,)
    told = sum(part is not None and part is not Ellipsis for part in parts)
    rest = next((k for k, part in enumerate(parts) if part is Ellipsis), len(parts))
    filled = [*parts[:rest], *[slice(None)] * (x.ndim - told), *parts[rest + 1 :]]
    axis, over = 0, []
    for k, part in enumerate(filled):
        if isinstance(part, slice) and part.step is not None and part.step < 0:
            picked = range(*part.indices(x.shape[axis]))
            over.append(axis)
            n = x.shape[axis]
            filled[k] = slice(n - 1 - picked[0], n - picked[-1], -part.step) if picked else slice(0, 0)
        axis += part is not None
    return x.flip(over) if over else x, tuple(filled) if over else index


def getitem(x, *, index):
    x, index = turned(x, index)
    return x[index]


def scatter(x, *, index, shape):
    shape = shape if isinstance(shape, tuple) else (shape,)
    return add_at(torch.zeros(shape, dtype=x.dtype, device=x.device), x, index=index)


def add_at(x, values, *, index):
    places = getitem(positions(x.shape, x.device), index=index)
    values = torch.as_tensor(values, dtype=x.dtype, device=x.device)
    values = without_ones(values, places.ndim).broadcast_to(places.shape).reshape(-1)
    if x.dtype == torch.bool:
        return x | (x.reshape(-1).long().index_add(0, places.reshape(-1), values.long()) > 0).reshape(x.shape)
    return x.reshape(-1).index_add(0, places.reshape(-1), values).reshape(x.shape)


def without_ones(values, ndim):
    """What is written may have more axes than its place, of one entry each."""
    return values.reshape(values.shape[max(values.ndim - ndim, 0) :])


def assign(x, values, *, index, chain=()):
    """Of entries that are named twice the last one written stays, on every device."""
    places = positions(x.shape, x.device)
    for view, parameters, which in chain:
        places = view(places, **parameters)
        places = places if which is None else places[which]
    places = getitem(places, index=index)
    values = torch.as_tensor(values, dtype=x.dtype, device=x.device)
    written = without_ones(values, places.ndim).broadcast_to(places.shape).reshape(-1)
    if not x.numel() or not places.numel():
        return x.clone()
    order = positions((places.numel(),), x.device)
    last = torch.full((x.numel(),), -1, device=x.device).scatter_reduce(0, places.reshape(-1), order, "amax")
    return torch.where(last < 0, x.reshape(-1), written[last.clamp(min=0)]).reshape(x.shape)


def astype(x, *, dtype):
    return x.to(getattr(torch, dtype.name))


def real_if_real(x):
    """What NumPy hands out as real numbers where none is complex; NaN where one is."""
    return torch.where(x.imag == 0, x.real, torch.nan)


def empty_like(x):
    return torch.zeros_like(x)


def full_like(x, fill_value):
    return torch.as_tensor(fill_value, dtype=x.dtype, device=x.device).broadcast_to(x.shape).clone()


def copy(x):
    return x.clone()


# -------------------------------------------------------------------------------------------------------- other places


def by_positions(function, x, **given):
    """Entries in other places: NumPy moves their positions."""
    places = function(np.arange(x.numel()).reshape(tuple(x.shape)), **given)
    return x.reshape(-1)[torch.as_tensor(np.ascontiguousarray(places), device=x.device)]


def sliding_window_view(x, *, window_shape, axis=None):
    return by_positions(np.lib.stride_tricks.sliding_window_view, x, window_shape=window_shape, axis=axis)


def flip(x, *, axis=None):
    return x.flip(axes_of(x, axis))


def rot90(x, *, k=1, axes=(0, 1)):
    return torch.rot90(x, k, axes)


def roll(x, *, shift, axis=None):
    if isinstance(axis, tuple) or isinstance(shift, tuple):
        return by_positions(np.roll, x, shift=shift, axis=axis)
    return torch.roll(x, int(shift), axis)


def rollaxis(x, *, axis, start=0):
    return by_positions(np.rollaxis, x, axis=axis, start=start)


def tile(x, *, reps):
    return torch.tile(x, reps if isinstance(reps, tuple) else (reps,))


def repeat(x, *, repeats, axis=None):
    return by_positions(np.repeat, x, repeats=repeats, axis=axis)


def pad(x, *, pad_width, mode="constant", constant_values=0, reflect_type="even"):
    """A frame of one number, or of entries of its own."""
    if mode != "constant":
        if reflect_type != "even":
            return odd_reflection(x, pad_width, mode)
        return by_positions(np.pad, x, pad_width=pad_width, mode=mode)
    marked = np.pad(np.arange(1, x.numel() + 1).reshape(tuple(x.shape)), pad_width)
    numbers = np.pad(np.zeros(tuple(x.shape)), pad_width, constant_values=constant_values)
    entries = torch.cat([torch.zeros_like(x.reshape(-1)[:1]) if x.numel() else x.reshape(-1), x.reshape(-1)])
    frame = torch.as_tensor(numbers, dtype=x.dtype, device=x.device)
    if not x.numel():
        return frame
    return entries[torch.as_tensor(marked, device=x.device)] + frame


def odd_reflection(x, pad_width, mode):
    """Twice the edge, less what an even reflection has there: linear in the entries, so NumPy says the weights."""
    n = x.numel()
    basis = [np.pad(e.reshape(tuple(x.shape)), pad_width, mode, reflect_type="odd") for e in np.eye(n)]
    weights = torch.as_tensor(np.array(basis).reshape(n, -1), dtype=x.dtype, device=x.device)
    return (x.reshape(-1) @ weights).reshape(basis[0].shape)


def diag(x, *, k=0):
    return torch.diag(x, k)


def diagonal(x, *, offset=0, axis1=0, axis2=1):
    return torch.diagonal(x, offset, axis1, axis2)


def trace(x, *, offset=0, axis1=0, axis2=1):
    return torch.diagonal(x, offset, axis1, axis2).sum(-1)


def tril(x, *, k=0):
    kept = torch.as_tensor(np.tri(x.shape[-2:][0], x.shape[-1], k, bool), device=x.device)
    return torch.where(kept, x, torch.zeros_like(x[..., :1]))


def triu(x, *, k=0):
    kept = torch.as_tensor(np.tri(x.shape[-2:][0], x.shape[-1], k - 1, bool), device=x.device)
    return torch.where(kept, torch.zeros_like(x[..., :1]), x)


def transpose(x, *, axes=None):
    return x.permute(tuple(axes) if axes is not None else tuple(range(x.ndim))[::-1])


def matrix_transpose(x):
    return x.mT


def swapaxes(x, *, axis1, axis2):
    return x.swapaxes(axis1, axis2)


def moveaxis(x, *, source, destination):
    return torch.movedim(x, source, destination)


def reshape(x, *, shape):
    return x.reshape(shape if isinstance(shape, tuple) else (shape,))


def ravel(x):
    return x.reshape(-1)


def broadcast_to(x, *, shape):
    return x.broadcast_to(shape if isinstance(shape, tuple) else (shape,))


def expand_dims(x, *, axis):
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in sorted(a % (x.ndim + len(axes)) for a in axes):
        x = x.unsqueeze(a)
    return x


def squeeze(x, *, axis=None):
    return x.squeeze() if axis is None else x.squeeze(axes_of(x, axis))


def concatenate(*arrays, axis=0):
    return torch.cat([x.reshape(-1) for x in arrays] if axis is None else arrays, 0 if axis is None else axis)


def stack(*arrays, axis=0):
    return torch.stack(arrays, axis)


def split(x, *, indices_or_sections, axis=0):
    n = x.shape[axis]
    if np.ndim(indices_or_sections):
        ends = [0, *(min(max(k + n if k < 0 else k, 0), n) for k in indices_or_sections), n]
    else:
        ends = list(range(0, n + 1, max(n // indices_or_sections, 1)))
    return [x.narrow(axis, start, max(end - start, 0)) for start, end in itertools.pairwise(ends)]


# ------------------------------------------------------------------------------------------------------ along some axes


def looked_at(x, where, instead):
    if where is True:
        return x
    return torch.where(torch.as_tensor(where, device=x.device), x, torch.full_like(x, instead))


def sum_(x, *, axis=None, keepdims=False, dtype=None, initial=0, where=True):
    axes, x = axes_of(x, axis), looked_at(x, where, 0)
    x = x.long() if x.dtype == torch.bool else x
    x = x if dtype is None else astype(x, dtype=dtype)
    out = torch.sum(x, axes, keepdim=keepdims) if axes else x
    return out if type(initial) is int and initial == 0 else out + initial


def prod(x, *, axis=None, keepdims=False, dtype=None, initial=1, where=True):
    axes, x = axes_of(x, axis), looked_at(x, where, 1)
    x = x if dtype is None else astype(x, dtype=dtype)
    for a in axes[::-1]:
        x = torch.prod(x, a, keepdim=True)
    x = x if keepdims else x.reshape([n for a, n in enumerate(x.shape) if a not in axes])
    return x if type(initial) is int and initial == 1 else x * initial


def mean(x, *, axis=None, keepdims=False, dtype=None, where=True):
    x = x if dtype is None else astype(x, dtype=dtype)
    if where is True:
        axes = axes_of(x, axis)
        return torch.mean(x, axes, keepdim=keepdims) if axes else x
    count = torch.as_tensor(where, device=x.device).broadcast_to(x.shape).to(x.dtype)
    return sum_(x, axis=axis, keepdims=keepdims, where=where) / sum_(count, axis=axis, keepdims=keepdims)


def max_(x, *, axis=None, keepdims=False):
    axes = axes_of(x, axis)
    return torch.amax(x, axes, keepdim=keepdims) if axes else x


def min_(x, *, axis=None, keepdims=False):
    axes = axes_of(x, axis)
    return torch.amin(x, axes, keepdim=keepdims) if axes else x


def any_(x, *, axis=None, keepdims=False):
    axes = axes_of(x, axis)
    return torch.any(x.bool(), axes, keepdim=keepdims) if axes else x.bool()


def all_(x, *, axis=None, keepdims=False):
    axes = axes_of(x, axis)
    return torch.all(x.bool(), axes, keepdim=keepdims) if axes else x.bool()


def var(x, *, axis=None, ddof=0, keepdims=False):
    axes = axes_of(x, axis)
    away = x - (torch.mean(x, axes, keepdim=True) if axes else x)
    squares = away.abs() ** 2
    total = torch.sum(squares, axes, keepdim=keepdims) if axes else squares
    return total / max(math.prod(x.shape[a] for a in axes) - ddof, 0)


def std(x, *, axis=None, ddof=0, keepdims=False):
    return torch.sqrt(var(x, axis=axis, ddof=ddof, keepdims=keepdims))


def argmax(x, *, axis=None):
    return largest_first(x, axis, torch.amax)


def argmin(x, *, axis=None):
    return largest_first(x, axis, torch.amin)


def largest_first(x, axis, of):
    """Where the first of the largest stands, NaN before all others."""
    lane = x.reshape(-1) if axis is None else x.movedim(axis, -1) if x.ndim else x.reshape(1)
    hit = (lane == of(lane, -1, keepdim=True)) | (torch.isnan(lane) if lane.is_floating_point() else False)
    nan = torch.isnan(lane) if lane.is_floating_point() else torch.zeros_like(hit)
    hit = torch.where(nan.any(-1, keepdim=True), nan, hit)
    return torch.argmax(hit.to(torch.uint8), -1) if lane.shape[-1] else torch.argmax(lane, -1)


def median(x, *, axis=None, keepdims=False):
    """The middle of the sorted entries, the mean of two; NaN where one is."""
    axes = axes_of(x, axis)
    front = [a for a in range(x.ndim) if a not in axes]
    lane = x.permute((*front, *axes)).reshape(*[x.shape[a] for a in front], -1)
    n = lane.shape[-1]
    if n:
        ordered = torch.sort(lane, dim=-1)[0]
        out = torch.where(torch.isnan(lane).any(-1), torch.nan, (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2)
    else:
        out = torch.mean(lane, -1)
    return out.reshape([1 if a in axes else k for a, k in enumerate(x.shape)]) if keepdims else out


def sort(x, *, axis=-1, kind=None, stable=None):
    return torch.sort(x.reshape(-1) if axis is None else x, dim=-1 if axis is None else axis, stable=True)[0]


def partition(x, *, kth, axis=-1):
    return sort(x, axis=axis)


def argsort(x, *, axis=-1, kind=None, stable=None):
    x = x if x.ndim else x.reshape(1)
    return torch.argsort(x.reshape(-1) if axis is None else x, dim=-1 if axis is None else axis, stable=True)


def argpartition(x, *, kth, axis=-1):
    return argsort(x, axis=axis)


def searchsorted(a, v, *, side="left", sorter=None):
    sorter = None if sorter is None else torch.as_tensor(sorter, device=a.device)
    return torch.searchsorted(a.contiguous(), v.contiguous(), side=side, sorter=sorter)


def cumsum(x, *, axis=None):
    return torch.cumsum(x.reshape(-1), 0) if axis is None else torch.cumsum(x, axis)


def cumprod(x, *, axis=None):
    return torch.cumprod(x.reshape(-1), 0) if axis is None else torch.cumprod(x, axis)


# ------------------------------------------------------------------------------------------------------ entry by entry


def where(chosen, x, y):
    return torch.where(chosen.bool(), x, y)


def clip(x, low, high):
    x = x if low is None else torch.maximum(x, low)
    return x if high is None else torch.minimum(x, high)


def power(x, y):
    return torch.pow(x, y)


def reciprocal(x):
    return 1 / x


def equal(x, y):
    return torch.eq(x, y)


def not_equal(x, y):
    return torch.ne(x, y)


def rint(x):
    return torch.round(x)


def round_(x, *, decimals=0):
    return torch.round(x * 10.0**decimals) / 10.0**decimals if decimals >= 0 else torch.round(x, decimals=decimals)


def invert(x):
    return torch.bitwise_not(x)


def spacing(x):
    up = torch.nextafter(x.abs(), torch.full_like(x, torch.inf)) - x.abs()
    return torch.where(x < 0, -up, up)


def cbrt(x):
    """The cube root by a power, and a step of Newton's, which has all digits."""
    root = torch.sign(x) * torch.pow(x.abs(), 1 / 3)
    better = root - (root * root * root - x) / (3 * root * root)
    return torch.where((x == 0) | ~torch.isfinite(x) | ~torch.isfinite(better), torch.where(x == 0, x, root), better)


def radians(x):
    return torch.deg2rad(x)


def degrees(x):
    return torch.rad2deg(x)


def fabs(x):
    return torch.abs(x)


def modf(x):
    whole = torch.trunc(x)
    return torch.copysign(torch.where(torch.isinf(x), torch.zeros_like(x), x - whole), x), whole


def isclose(x, y, *, rtol=1e-05, atol=1e-08, equal_nan=False):
    return torch.isclose(x, y, rtol=rtol, atol=atol, equal_nan=equal_nan)


def conjugate(x):
    return torch.conj(x).resolve_conj()


def imag(x):
    return torch.imag(x) if x.is_complex() else torch.zeros_like(x)


def angle(x, *, deg=False):
    return torch.rad2deg(torch.angle(x)) if deg else torch.angle(x)


# ------------------------------------------------------------------------------------------------------ linear algebra


def dot(a, b):
    if not a.ndim or not b.ndim:
        return a * b
    return torch.tensordot(a, b, ([a.ndim - 1], [max(b.ndim - 2, 0)]))


def outer(a, b):
    return torch.outer(a.reshape(-1), b.reshape(-1))


def inner(a, b):
    return a * b if not a.ndim or not b.ndim else torch.inner(a, b)


def vdot(a, b):
    return torch.sum(torch.conj(a.reshape(-1)) * b.reshape(-1))


def vecdot(a, b):
    return torch.linalg.vecdot(a, b)


def kron(a, b):
    return torch.kron(a.contiguous(), b.contiguous())


def tensordot(a, b, *, axes=2):
    if not isinstance(axes, int):
        axes = [[x] if isinstance(x, int) else list(x) for x in axes]
    return torch.tensordot(a, b, axes)


def cross(a, b, *, axisa=-1, axisb=-1, axisc=-1):
    """Of two vectors in the plane only the third entry, as NumPy."""
    a, b = a.movedim(axisa, -1), b.movedim(axisb, -1)
    zero = [torch.zeros_like(x[..., 0]) for x in (a, b)]
    (a0, a1, a2), (b0, b1, b2) = ([*x.unbind(-1), z][:3] for x, z in zip((a, b), zero))
    third = a0 * b1 - a1 * b0
    if a.shape[-1] == b.shape[-1] == 2:
        return third
    return torch.stack(torch.broadcast_tensors(a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, third), -1).movedim(-1, axisc)


def convolve(a, v, *, mode="full"):
    a, v = a.reshape(-1), v.reshape(-1)
    a, v = (a, v) if len(a) >= len(v) else (v, a)
    n, m = len(a), len(v)
    framed = torch.cat([a.new_zeros(m - 1), a, a.new_zeros(m - 1)])
    out = framed.unfold(0, m, 1) @ v.flip(0)
    return {"full": out, "same": out[(m - 1) // 2 : (m - 1) // 2 + n], "valid": out[m - 1 : n]}[mode]


def einsum(*operands, subscripts):
    return torch.einsum(subscripts.replace(" ", ""), *operands)


def norm(x, *, ord=None, axis=None, keepdims=False):
    if ord is None or (axis is None and x.ndim == 1) or isinstance(axis, int):
        axes = axes_of(x, axis)
        return torch.linalg.vector_norm(x, 2 if ord is None else ord, axes or None, keepdim=keepdims)
    return torch.linalg.matrix_norm(x, ord, axis or (-2, -1), keepdim=keepdims)


def cholesky(x, *, upper=False):
    return torch.linalg.cholesky(x, upper=upper)


def eigh(x, *, UPLO="L"):
    return tuple(torch.linalg.eigh(x, UPLO=UPLO))


def eigvalsh(x, *, UPLO="L"):
    return torch.linalg.eigvalsh(x, UPLO=UPLO)


def svd(x, *, full_matrices=True, compute_uv=True, hermitian=False):
    return tuple(torch.linalg.svd(x, full_matrices)) if compute_uv else torch.linalg.svdvals(x)


def qr(x, *, mode="reduced"):
    q, r = torch.linalg.qr(x, mode)
    return r if mode == "r" else (q, r)


def pinv(x, *, rcond=None):
    return torch.linalg.pinv(x, rtol=1e-15 if rcond is None else rcond)


def lstsq(a, b, *, rcond=None):
    """NumPy's four: where it has full rank and more rows than columns, the squares of what is left."""
    eps = torch.finfo(a.dtype).eps * max(a.shape) if rcond is None else max(rcond, torch.finfo(a.dtype).eps)
    values = torch.linalg.svdvals(a)
    rank = torch.sum(values > eps * values[:1])
    x = torch.linalg.pinv(a, rtol=eps) @ b
    full = int(rank) == a.shape[1] < a.shape[0]
    left = torch.sum((b - a @ x) ** 2, 0).reshape(-1) if full else b.new_zeros(0)
    return x, left, rank, values


def solve(a, b):
    return torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1) if b.ndim == 1 else torch.linalg.solve(a, b)


# ------------------------------------------------------------------------------------------------------------- spectra


def fft(x, *, n=None, axis=-1, norm=None):
    return torch.fft.fft(x, n, axis, norm).resolve_conj()


def ifft(x, *, n=None, axis=-1, norm=None):
    return torch.fft.ifft(x, n, axis, norm).resolve_conj()


def fftn(x, *, s=None, axes=None, norm=None):
    return torch.fft.fftn(x, s, axes, norm).resolve_conj()


def ifftn(x, *, s=None, axes=None, norm=None):
    return torch.fft.ifftn(x, s, axes, norm).resolve_conj()


# -------------------------------------------------------------------------------------------------------------- layers


def pair(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x, x)


def conv2d(x, w, b=None, *, stride, padding):
    return torch.nn.functional.conv2d(x, w, b, pair(stride), pair(padding))


def conv2d_input(g, w, *, shape, stride, padding):
    return torch.nn.grad.conv2d_input(shape, w, g, pair(stride), pair(padding))


def conv2d_weight(x, g, *, shape, stride, padding):
    return torch.nn.grad.conv2d_weight(x, shape, g, pair(stride), pair(padding))


def cross_entropy(s, *, index):
    shifted = s - torch.amax(s, 1, keepdim=True)
    return torch.sum(torch.log(torch.sum(torch.exp(shifted), 1)) - getitem(shifted, index=index))
