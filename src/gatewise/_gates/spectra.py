"""Complex numbers, and transforms to frequencies.

A cotangent c of a complex z means that the loss moves by Re(sum(c * dz)), so that rules have no conjugates; a real wire
takes the real part of what comes back to it.
"""

from typing import Any

import numpy as np

from gatewise._gates.families import custom, elementwise, linear
from gatewise._gates.live import dtype_of, shape_of

WAVE = np.array([0.3, -1.2, 0.7, 2.1, -0.4])
SHEET = np.array([[0.3, -1.2, 0.7, 2.1], [1.5, 0.2, -0.9, 0.4], [0.8, -0.1, 1.1, -1.6]])


@linear(np.real, pattern="moves", sample=[((WAVE,), {})], rearranges=False, in_page=False, views=True)
def real(g, x):
    """Only the real part goes on: the imaginary one gets nothing."""
    return lambda: g


@linear(np.imag, pattern="mixes", sample=[((WAVE,), {})], in_page=False, views=True)
def imag(g, x):
    """Only the imaginary part goes on: a real number has none."""
    return lambda: -1j * g


@elementwise(np.conjugate, pattern="moves", analytic=False, complex=True, in_page=False)
def conjugate(out, x):
    """The mirror image at the real axis; a real number stays as it is."""
    return lambda g: np.conjugate(g)


@custom(np.angle, pattern="scales", analytic=False, complex=True, in_page=False)
def angle(g, out, x, *, deg=False):
    """The direction of a complex number turns slowly far from the origin; that of a real one does not turn."""
    if dtype_of(x).kind != "c":
        return 0.0 * x * g
    turned = -1j * g * np.conjugate(x) / np.where(x == 0, np.inf, np.abs(x) * np.abs(x))
    return turned * (180 / np.pi) if deg else turned


def transformed(x, s, axes):
    """The axes that a transform of several goes along, counted from the front."""
    if axes is None:
        axes = range(-(len(shape_of(x)) if s is None else len(s)), 0)
    return [int(a) % len(shape_of(x)) for a in axes]


def cut_back(g, shape, axes):
    """`g` with the lengths of `shape` along some axes: cut off, or followed by zeros."""
    for a in axes:
        have, want = shape_of(g)[a], shape[a]
        if have > want:
            g = g[(slice(None),) * a + (slice(want),)]
        elif have < want:
            g = np.pad(g, [(0, want - have) if k == a else (0, 0) for k in range(len(shape))])
    return g


#: What the transforms of one axis, and those of several, declare alike.
OF_ONE_AXIS: dict[str, Any] = {
    "sample": [
        ((WAVE,), {}),
        ((WAVE,), {"n": 4}),
        ((WAVE,), {"n": 7}),
        ((SHEET,), {"axis": 0}),
        ((WAVE,), {"norm": "ortho"}),
    ],
    "sums": True,
    "in_page": False,
}
OF_SEVERAL: dict[str, Any] = {
    "sample": [
        ((SHEET,), {}),
        ((SHEET,), {"s": (2, 5), "axes": (0, 1)}),
        ((SHEET,), {"axes": (0,), "norm": "forward"}),
    ],
    "sums": True,
    "in_page": False,
}


@linear(np.fft.fft, **OF_ONE_AXIS)
def fft(g, x, *, n=None, axis=-1, norm=None):
    """The transform is its own transpose: what came back is transformed once more."""
    axis %= len(shape_of(x))
    return lambda: cut_back(np.fft.fft(g, axis=axis, norm=norm), shape_of(x), [axis])


@linear(np.fft.ifft, **OF_ONE_AXIS)
def ifft(g, x, *, n=None, axis=-1, norm=None):
    """The transform is its own transpose: what came back is transformed once more."""
    axis %= len(shape_of(x))
    return lambda: cut_back(np.fft.ifft(g, axis=axis, norm=norm), shape_of(x), [axis])


@linear(np.fft.fftn, **OF_SEVERAL)
def fftn(g, x, *, s=None, axes=None, norm=None):
    """The transform is its own transpose: what came back is transformed once more."""
    axes = transformed(x, s, axes)
    return lambda: cut_back(np.fft.fftn(g, axes=axes, norm=norm), shape_of(x), axes)


@linear(np.fft.ifftn, **OF_SEVERAL)
def ifftn(g, x, *, s=None, axes=None, norm=None):
    """The transform is its own transpose: what came back is transformed once more."""
    axes = transformed(x, s, axes)
    return lambda: cut_back(np.fft.ifftn(g, axes=axes, norm=norm), shape_of(x), axes)
