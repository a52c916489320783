"""Exercises on numbers: one gate after the other."""

from __future__ import annotations

import numpy as np

NEURON_INPUTS = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}


def compound(x: float, y: float, z: float) -> object:
    """An add gate and a multiply gate."""
    q = x + y
    f = q * z
    return f


def patterns(x: float, y: float, z: float, w: float) -> object:
    """Add, multiply and max: three ways to hand a gradient back."""
    p = x * y
    m = np.maximum(z, w)
    s = p + m
    f = s * 2
    return f


def neuron(w0: float, x0: float, w1: float, x1: float, w2: float) -> object:
    """The sigmoid neuron, squared at the end so that its output is used twice."""
    dot = w0 * x0 + w1 * x1 + w2
    s = 1 / (1 + np.exp(-dot))
    f = s * s
    return f


def staged(x: float, y: float) -> object:
    """Two sigmoids and a quotient: x and y are each used more than once."""
    sigy = 1.0 / (1 + np.exp(-y))
    num = x + sigy
    sigx = 1.0 / (1 + np.exp(-x))
    xpy = x + y
    xpysqr = xpy**2
    den = sigx + xpysqr
    invden = 1.0 / den
    f = num * invden
    return f
