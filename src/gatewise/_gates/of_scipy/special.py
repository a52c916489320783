"""SciPy's functions of one number and of two: errors, logistics, entropies, exponential integrals.

The slopes are those of the NIST Digital Library of Mathematical Functions, chapters 6 and 7.
"""

import math

import numpy as np
from scipy import special

from gatewise._gates.families import elementwise, give_rules
from gatewise._gates.of_scipy.declaring import of_special

give_rules(special=special)

ROOT_PI, ROOT_TWO, ROOT_TWO_PI = math.sqrt(math.pi), math.sqrt(2), math.sqrt(2 * math.pi)


def bell(x):
    """The density of the standard normal distribution."""
    return np.exp(-x * x / 2) / ROOT_TWO_PI


def hazard(x):
    """That density over the share of the distribution below x, with all its digits far out."""
    return math.sqrt(2 / math.pi) / special.erfcx(-x / ROOT_TWO)


# -------------------------------------------------------------------------------------------------------- logistics


@of_special(special.expit, at=[((0.0,), (0.25,)), ((np.inf,), (0.0,)), ((-np.inf,), (0.0,))], tame=True)
def expit(out, x):
    """The logistic sigmoid: steepest at 0, where it passes a quarter."""
    return out * special.expit(-x)


@of_special(special.log_expit, at=[((0.0,), (0.5,)), ((-np.inf,), (1.0,))], tame=True)
def log_expit(out, x):
    """The logarithm of the logistic sigmoid: its slope is what is left of 1."""
    return special.expit(-x)


@of_special(special.logit, domain=(0.1, 0.9), at=[((0.5,), (4.0,))])
def logit(out, x):
    """The logarithm of the odds: infinitely steep at 0 and 1."""
    return lambda g: g / (x * (1 - x))


@elementwise(special.softplus, path="special.softplus", name="special_softplus", symbol="softplus",
             analytic=False, in_page=False, tame=True, at=[((0.0,), (0.5,))])  # fmt: skip
def special_softplus(out, x):
    """A rounded relu: its slope is the logistic sigmoid."""
    return special.expit(x)


# ------------------------------------------------------------------------------------------- errors, and the bell curve


@of_special(special.erf, tame=True)
def erf(out, x):
    """The error function: its slope is a bell curve."""
    return 2 / ROOT_PI * np.exp(-x * x)


@of_special(special.erfc, tame=True)
def erfc(out, x):
    """What is left of 1: it falls as erf rises."""
    return -2 / ROOT_PI * np.exp(-x * x)


@of_special(special.erfcx)
def erfcx(out, x):
    """erfc without its bell curve: far out it falls as 1 over x, where the slope is a series."""
    far = np.where(x > 50, x, np.inf)
    square = 1 / (far * far)
    series = -square * (1 - square * (1.5 - square * (3.75 - square * 13.125))) / ROOT_PI
    near = np.where(x > 50, 0.0, x)
    return np.where(x > 50, series, 2 * near * out - 2 / ROOT_PI)


@of_special(special.erfi)
def erfi(out, x):
    """The error function along the imaginary axis."""
    return 2 / ROOT_PI * np.exp(x * x)


@of_special(special.erfinv, domain=(-0.9, 0.9))
def erfinv(out, x):
    """Infinitely steep at -1 and 1."""
    return ROOT_PI / 2 * np.exp(out * out)


@of_special(special.erfcinv, domain=(0.1, 1.9))
def erfcinv(out, x):
    """Infinitely steep at 0 and 2."""
    return -ROOT_PI / 2 * np.exp(out * out)


@of_special(special.dawsn, tame=True)
def dawsn(out, x):
    """Dawson's integral: the slope is what is left of 1."""
    return 1 - 2 * x * out


@of_special(special.ndtr, tame=True)
def ndtr(out, x):
    """The share of the normal distribution below x: its slope is the bell curve."""
    return bell(x)


@of_special(special.log_ndtr, at=[((0.0,), (math.sqrt(2 / math.pi),)), ((np.inf,), (0.0,))])
def log_ndtr(out, x):
    """Its logarithm: far below 0 the slope is minus x."""
    return hazard(x)


@of_special(special.ndtri, domain=(0.1, 0.9))
def ndtri(out, x):
    """The quantile of the normal distribution: infinitely steep at 0 and 1."""
    return ROOT_TWO_PI * np.exp(out * out / 2)


@of_special(special.ndtri_exp, domain=(-2.0, -0.2))
def ndtri_exp(out, x):
    """The quantile, of the logarithm of a share."""
    return special.erfcx(-out / ROOT_TWO) * math.sqrt(math.pi / 2)


# ------------------------------------------------------------------------------------------ exponentials and logarithms


@of_special(special.expm1, name="special_expm1")
def special_expm1(out, x):
    """exp(x) - 1, exact near 0; the slope is exp(x)."""
    return np.exp(x)


@of_special(special.log1p, name="special_log1p", domain=(-0.5, 3.0))
def special_log1p(out, x):
    """log(1 + x), exact near 0."""
    return lambda g: g / (1 + x)


@of_special(special.exp2, name="special_exp2")
def special_exp2(out, x):
    """Doubles with every step: its own slope, up to the logarithm of 2."""
    return math.log(2) * out


@of_special(special.exp10)
def exp10(out, x):
    """Ten times as much with every step: its own slope, up to the logarithm of 10."""
    return math.log(10) * out


@of_special(special.cbrt, name="special_cbrt", domain=(0.2, 3.0))
def special_cbrt(out, x):
    """Infinitely steep at 0, as every root."""
    return lambda g: g / (3 * out * out)


@of_special(special.hyp1f1, fixed=("a", "b"), sample=[((1, 3, np.array([0.3, -0.6, 1.4])), {})])
def hyp1f1(out, a, b, x):
    """The confluent hypergeometric function: the slope is the one with both parameters a step higher."""
    return None, None, a / b * special.hyp1f1(a + 1, b + 1, x)


@of_special(special.exprel, at=[((0.0,), (0.5,))])
def exprel(out, x):
    """(exp(x) - 1) / x: at 0 the slope is a half."""
    return special.hyp1f1(2.0, 3.0, x) / 2


@of_special(special.cosm1, tame=True)
def cosm1(out, x):
    """cos(x) - 1, exact near 0: the slope is minus the sine."""
    return -np.sin(x)


@of_special(special.exp1, domain=(0.2, 3.0))
def exp1(out, x):
    """The exponential integral: steep at 0."""
    return lambda g: -np.exp(-x) / x * g


@of_special(special.expi, domain=(0.2, 3.0))
def expi(out, x):
    """The other exponential integral."""
    return lambda g: np.exp(x) / x * g


@of_special(special.expn, fixed=("n",), domain=(0.2, 3.0), sample=[((n, np.array([0.4, 1.3])), {}) for n in (0, 1, 2)])
def expn(out, n, x):
    """The exponential integrals by their order: the slope is minus the one before."""
    first = -np.exp(-x) / x * (1 + 1 / x)
    return None, np.where(n == 0, first, -special.expn(np.maximum(n - 1, 0), x))


# ------------------------------------------------------------------------------------------------------------ entropies


def over(x, y):
    """x / y, and 0 where both are 0: what is multiplied by 0 there is left out."""
    return x / np.where((x == 0) & (y == 0), np.inf, y)


@of_special(special.xlogy, domain=(0.2, 3.0), at=[((0.0, 2.0), (np.log(2.0), 0.0)), ((0.0, 0.0), (-np.inf, 0.0))])
def xlogy(out, x, y):
    """x log(y), and 0 where x is: there the logarithm of y may be infinite."""
    return lambda g: g * np.log(y), lambda g: g * over(x, y)


@of_special(special.xlog1py, domain=(0.2, 3.0), at=[((0.0, -1.0), (-np.inf, 0.0))])
def xlog1py(out, x, y):
    """x log(1 + y), and 0 where x is."""
    return lambda g: g * np.log1p(y), lambda g: g * over(x, 1 + y)


@of_special(special.entr, domain=(0.2, 3.0), at=[((1.0,), (-1.0,)), ((0.0,), (np.inf,))])
def entr(out, x):
    """What a share of x adds to entropy, -x log(x): infinitely steep at 0."""
    return -np.log(x) - 1


@of_special(special.rel_entr, domain=(0.2, 3.0), at=[((1.0, 1.0), (1.0, -1.0)), ((0.0, 0.0), (np.nan, 0.0))])
def rel_entr(out, x, y):
    """x log(x / y): what a share adds to the divergence."""
    return lambda g: g * (np.log(x / y) + 1), lambda g: -g * over(x, y)


@of_special(special.kl_div, domain=(0.2, 3.0), at=[((1.0, 1.0), (0.0, 0.0))])
def kl_div(out, x, y):
    """x log(x / y) - x + y: 0, and flat, where both are equal."""
    return lambda g: g * np.log(x / y), lambda g: g * (1 - over(x, y))


@of_special(
    special.huber, domain=(0.2, 3.0), at=[((1.0, 2.0), (1.0, 1.0)), ((1.0, 0.5), (0.0, 0.5))],
    way=lambda delta, r: np.abs(r) <= delta,
)  # fmt: skip
def huber(out, delta, r):
    """A square near 0 and a straight line from delta on: the slope is r, held within delta."""
    inside = np.abs(r) <= delta
    return np.where(inside, 0.0, np.abs(r) - delta), np.where(inside, r, delta * np.sign(r))


@of_special(special.pseudo_huber, domain=(0.2, 3.0))
def pseudo_huber(out, delta, r):
    """A square near 0 that bends into a line around delta."""
    square = (r / delta) * (r / delta)
    root = np.sqrt(1 + square)
    return delta * square * square / (root * (root + 1) * (root + 1)), r / root
