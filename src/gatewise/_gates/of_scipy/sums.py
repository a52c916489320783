"""What `scipy.special` makes of a whole axis, and functions of it that are made of others."""

from typing import Any

import numpy as np
from scipy import special

from gatewise._errors import UnsupportedError
from gatewise._gates.composed.declaring import composed
from gatewise._gates.families import custom
from gatewise._gates.fitting import kept_axes, one_or_all
from gatewise._gates.live import shape_of
from gatewise._gates.neural import softmax

FEW = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6]])
FACTORS = np.array([[1.0, 2.0, 0.5], [0.4, 1.5, 3.0]])
COMMON: dict[str, Any] = {"analytic": False, "in_page": False}


def axis_and_factors(a, axis=None, b=None, keepdims=False, return_sign=False):
    """SciPy's arguments as operands and parameters."""
    if return_sign is not False:
        raise UnsupportedError.of("scipy.special.logsumexp(..., return_sign=True)")
    return (a, b), {"axis": axis, "keepdims": keepdims}


def log_of_sum(a, b, *, axis=None, keepdims=False):
    return special.logsumexp(a, axis=axis, b=b, keepdims=keepdims)


@custom(
    special.logsumexp, path="special.logsumexp", name="special_logsumexp", symbol="logsumexp",
    bind=axis_and_factors, call=log_of_sum, text="special.logsumexp({a}, axis={axis}, b={b}, keepdims={keepdims})",
    sample=[
        ((FEW,), {}), ((FEW, 0), {}), ((FEW, (0, 1)), {"keepdims": True}),
        ((FEW, 1, FACTORS), {}), ((FEW, None, FACTORS[0]), {}), ((FEW, -1, FACTORS, True), {}),
    ],
    **COMMON,
)  # fmt: skip
def special_logsumexp(g, out, a, b, *, axis=None, keepdims=False):
    """A soft maximum, shared as softmax shares; each exponential may have a factor."""
    shape = np.broadcast_shapes(shape_of(a), shape_of(b)) if b is not None else shape_of(a)
    gone = kept_axes(axis, shape)
    if gone and not keepdims:
        g, out = np.expand_dims(g, one_or_all(gone)), np.expand_dims(out, one_or_all(gone))
    share = np.exp(a - np.where(out == -np.inf, 0.0, out))
    if b is None:
        return g * share, None
    return g * np.where(b == 0, 0.0, b * share), g * share


def shares(name):
    return {"path": f"special.{name}", "name": f"special_{name}", "symbol": name, "tame": True, **COMMON}


@custom(
    special.softmax, sample=[((FEW,), {}), ((FEW,), {"axis": 1})], along=lambda axis=None: axis, **shares("softmax")
)
def special_softmax(g, out, x, *, axis=None):
    """What raises one share lowers the others; along no axis all entries share."""
    return softmax.rule(g, out, x, axis=axis)


@custom(special.log_softmax, sample=[((FEW,), {}), ((FEW,), {"axis": 0})], **shares("log_softmax"))
def log_softmax(g, out, x, *, axis=None):
    """The logarithms of the shares: each entry gets its own gradient, less its share of all of them."""
    return g - np.exp(out) * np.sum(g, axis=axis, keepdims=True)


@composed(special.comb)
def comb(N, k, *, exact=False, repetition=False):
    if exact or repetition:
        raise UnsupportedError.of(f"scipy.special.comb(..., {'exact' if exact else 'repetition'}=True)")
    return np.where((k <= N) & (N >= 0) & (k >= 0), special.binom(N, k), 0.0)


@composed(special.factorial)
def factorial(n, exact=False, extend="zero"):
    if exact or extend != "zero":
        raise UnsupportedError.of(f"scipy.special.factorial(..., {'exact' if exact else 'extend'}=...)")
    return np.where(n < 0, 0.0, special.gamma(n + 1))


@composed(special.multigammaln)
def multigammaln(a, d):
    found = d * (d - 1) * 0.25 * np.log(np.pi)
    return found + np.sum(np.stack([special.gammaln(a - (j - 1.0) / 2) for j in range(1, d + 1)]), axis=0)
