"""Fourier transforms of real numbers, in two dimensions and shifted, by those of complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatewise._gates.composed.declaring import axis_of, composed, rank
from gatewise._gates.fitting import conjugated
from gatewise._gates.live import shape_of
from gatewise._gates.movement import along


@composed(np.fft.fft2)
def fft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.fftn(a, s, axes, norm)


@composed(np.fft.ifft2)
def ifft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.ifftn(a, s, axes, norm)


@composed(np.fft.rfft)
def rfft(a, n=None, axis=-1, norm=None):
    axis = axis_of(axis, a)
    return np.fft.fft(a, n, axis, norm)[along(axis, slice((shape_of(a)[axis] if n is None else n) // 2 + 1))]


@composed(np.fft.irfft)
def irfft(a, n=None, axis=-1, norm=None):
    axis = axis_of(axis, a)
    n = 2 * (shape_of(a)[axis] - 1) if n is None else n
    half = a[along(axis, slice(n // 2 + 1))]
    short = n // 2 + 1 - shape_of(half)[axis]
    if short > 0:
        half = np.pad(half, [(0, short if k == axis else 0) for k in range(rank(a))])
    first, inner = half[along(axis, slice(0, 1))], half[along(axis, slice(1, (n + 1) // 2))]
    parts = [np.real(first) + 0j, inner]
    if n % 2 == 0:
        parts.append(np.real(half[along(axis, slice(n // 2, n // 2 + 1))]) + 0j)
    parts.append(np.conjugate(np.flip(inner, axis=axis)))
    return np.real(np.fft.ifft(np.concatenate(parts, axis=axis), n, axis, norm))


@composed(np.fft.rfftn)
def rfftn(a, s=None, axes=None, norm=None):
    *others, last = range(-len(s), 0) if axes is None and s is not None else range(rank(a)) if axes is None else axes
    found = np.fft.rfft(a, None if s is None else s[-1], last, norm)
    return np.fft.fftn(found, None if s is None else s[:-1], others, norm) if others else found


@composed(np.fft.rfft2)
def rfft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.rfftn(a, s, axes, norm)


@composed(np.fft.irfftn)
def irfftn(a, s=None, axes=None, norm=None):
    *others, last = range(-len(s), 0) if axes is None and s is not None else range(rank(a)) if axes is None else axes
    found = np.fft.ifftn(a, None if s is None else s[:-1], others, norm) if others else a
    return np.fft.irfft(found, None if s is None else s[-1], last, norm)


@composed(np.fft.irfft2)
def irfft2(a, s=None, axes=(-2, -1), norm=None):
    return np.fft.irfftn(a, s, axes, norm)


@composed(np.fft.fftshift)
def fftshift(x, axes=None):
    axes = tuple(range(rank(x))) if axes is None else (axes,) if np.ndim(axes) == 0 else tuple(axes)
    return np.roll(x, tuple(shape_of(x)[a] // 2 for a in axes), axes)


@composed(np.fft.ifftshift)
def ifftshift(x, axes=None):
    axes = tuple(range(rank(x))) if axes is None else (axes,) if np.ndim(axes) == 0 else tuple(axes)
    return np.roll(x, tuple(-(shape_of(x)[a] // 2) for a in axes), axes)


TURNED: dict[Any, Any] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


@composed(np.fft.hfft)
def hfft(a, n=None, axis=-1, norm=None):
    return np.fft.irfft(conjugated(a), n, axis, TURNED[norm])


@composed(np.fft.ihfft)
def ihfft(a, n=None, axis=-1, norm=None):
    return np.conjugate(np.fft.rfft(a, n, axis, TURNED[norm]))
