"""SciPy's Bessel functions, along what they are functions of; their order is fixed.

The slopes are those of the NIST Digital Library of Mathematical Functions, 10.6 and 10.29.
"""

import numpy as np
from scipy import special

from gatewise._gates.of_scipy.declaring import of_special

POSITIVE = {"domain": (0.3, 3.0)}


@of_special(special.j0)
def j0(out, x):
    """A drum's first shape: its slope is minus the next."""
    return -special.j1(x)


@of_special(special.j1, at=[((0.0,), (0.5,))])
def j1(out, x):
    """Half of what lies an order below, less half of what lies an order above."""
    return 0.5 * (special.j0(x) - special.jv(2.0, x))


@of_special(special.jv, fixed=("v",), **POSITIVE)
def jv(out, v, x):
    """Half of what lies an order below, less half of what lies an order above."""
    return None, 0.5 * (special.jv(v - 1, x) - special.jv(v + 1, x))


@of_special(special.y0, **POSITIVE)
def y0(out, x):
    """Of the second kind: its slope is minus the next."""
    return -special.y1(x)


@of_special(special.y1, **POSITIVE)
def y1(out, x):
    """Half of what lies an order below, less half of what lies an order above."""
    return 0.5 * (special.y0(x) - special.yn(2, x))


@of_special(special.yn, fixed=("n",), **POSITIVE)
def yn(out, n, x):
    """Half of what lies an order below, less half of what lies an order above."""
    return None, 0.5 * (special.yn(n - 1, x) - special.yn(n + 1, x))


@of_special(special.yv, fixed=("v",), **POSITIVE)
def yv(out, v, x):
    """The same at orders between whole numbers."""
    return None, 0.5 * (special.yv(v - 1, x) - special.yv(v + 1, x))


# ------------------------------------------------------------------------------------------------- modified


@of_special(special.i0, name="special_i0")
def i0(out, x):
    """Modified, of the first kind: its slope is the next."""
    return special.i1(x)


@of_special(special.i1, at=[((0.0,), (0.5,))])
def i1(out, x):
    """Half of what lies an order below and above."""
    return 0.5 * (special.i0(x) + special.iv(2.0, x))


@of_special(special.iv, fixed=("v",), **POSITIVE)
def iv(out, v, x):
    """Half of what lies an order below and above."""
    return None, 0.5 * (special.iv(v - 1, x) + special.iv(v + 1, x))


@of_special(special.i0e, at=[((0.0,), (0.0,))])
def i0e(out, x):
    """i0 without its exponential: at the kink at 0 it passes 0."""
    return special.i1e(x) - np.sign(x) * out


@of_special(special.i1e)
def i1e(out, x):
    """i1 without its exponential."""
    return 0.5 * (special.i0e(x) + special.ive(2.0, x)) - np.sign(x) * out


@of_special(special.ive, fixed=("v",), **POSITIVE)
def ive(out, v, x):
    """iv without its exponential."""
    return None, 0.5 * (special.ive(v - 1, x) + special.ive(v + 1, x)) - np.sign(x) * out


@of_special(special.k0, **POSITIVE)
def k0(out, x):
    """Modified, of the second kind: its slope is minus the next."""
    return -special.k1(x)


@of_special(special.k1, **POSITIVE)
def k1(out, x):
    """Minus half of what lies an order below and above."""
    return -0.5 * (special.k0(x) + special.kv(2.0, x))


@of_special(special.kn, fixed=("n",), **POSITIVE)
def kn(out, n, x):
    """Minus half of what lies an order below and above."""
    return None, -0.5 * (special.kv(n - 1.0, x) + special.kv(n + 1.0, x))


@of_special(special.kv, fixed=("v",), **POSITIVE)
def kv(out, v, x):
    """Minus half of what lies an order below and above."""
    return None, -0.5 * (special.kv(v - 1, x) + special.kv(v + 1, x))


@of_special(special.k0e, **POSITIVE)
def k0e(out, x):
    """k0 without its exponential."""
    return out - special.k1e(x)


@of_special(special.k1e, **POSITIVE)
def k1e(out, x):
    """k1 without its exponential."""
    return out - 0.5 * (special.k0e(x) + special.kve(2.0, x))


@of_special(special.kve, fixed=("v",), **POSITIVE)
def kve(out, v, x):
    """kv without its exponential."""
    return None, out - 0.5 * (special.kve(v - 1, x) + special.kve(v + 1, x))
