"""SciPy's gamma functions and what is made of them: beta, binomial coefficients, incomplete integrals.

The slopes are those of the NIST Digital Library of Mathematical Functions, chapters 5 and 8.
"""

from typing import Any

import numpy as np
from scipy import special

from gatewise._gates.expression import Traced, traced
from gatewise._gates.families import elementwise, give_rules
from gatewise._gates.of_scipy.declaring import of_special

UNLIKE: tuple[Any, ...] = (1, 3, np.array([0.3, 0.6, 0.45])), {}  #: with two parameters that differ
ORDERS = [(n, np.array([0.7, 1.4, 2.3])) for n in (0, 1, 2, 3)]


def first_fixed(name, function, **facts):
    """Declare a gate of a function of SciPy's that is no ufunc, and of whose operands the first is fixed."""
    common = {"path": f"special.{name}", "name": name, "analytic": False, "in_page": False}
    return elementwise(function, **common | facts)


def of_order(name, n, x):
    """One of these functions where a rule is traced, or of a value."""
    function = {"polygamma": polygamma, "zeta": zeta}[name]
    return traced(function, n, x) if isinstance(n, Traced) or isinstance(x, Traced) else function(n, x)


@first_fixed("zeta", special.zeta, fixed=("x",), domain=(0.3, 3.0), sample=[((n + 2, q), {}) for n, q in ORDERS])
def zeta(out, x, q):
    """Hurwitz' zeta function along its second operand: minus the order times the one a step higher."""
    return None, -x * of_order("zeta", x + 1, q)


@first_fixed("polygamma", special.polygamma, fixed=("n",), domain=(0.3, 3.0), sample=[(order, {}) for order in ORDERS])
def polygamma(out, n, x):
    """The slopes of digamma by their order: each is the slope of the one before."""
    return None, of_order("polygamma", n + 1, x)


give_rules(zeta=zeta, polygamma=polygamma)


@of_special(special.psi, symbol="digamma", domain=(0.3, 3.0))
def psi(out, x):
    """Digamma, the slope of the logarithm of gamma: its own slope is polygamma of order 1."""
    return of_order("polygamma", 1, x)


@of_special(special.gamma, domain=(0.3, 3.0))
def gamma(out, x):
    """Factorials between whole numbers: itself times digamma."""
    return out * special.psi(x)


@of_special(special.rgamma, domain=(0.3, 3.0))
def rgamma(out, x):
    """One over gamma: minus itself times digamma."""
    return -out * special.psi(x)


@of_special(special.gammaln, domain=(0.3, 3.0))
def gammaln(out, x):
    """The logarithm of gamma's size: its slope is digamma."""
    return special.psi(x)


@of_special(special.loggamma, domain=(0.3, 3.0))
def loggamma(out, x):
    """The logarithm of gamma: NaN below 0, its slope is digamma."""
    return np.where(x < 0, np.nan, special.psi(x))


@of_special(special.beta, domain=(0.3, 3.0))
def beta(out, a, b):
    """gamma(a) gamma(b) / gamma(a + b)."""
    return out * (special.psi(a) - special.psi(a + b)), out * (special.psi(b) - special.psi(a + b))


@of_special(special.betaln, domain=(0.3, 3.0))
def betaln(out, a, b):
    """The logarithm of beta's size."""
    return special.psi(a) - special.psi(a + b), special.psi(b) - special.psi(a + b)


@of_special(special.binom, sample=[((np.array([3.3, 4.6, 5.2]), np.array([1.2, 0.7, 2.6])), {})], domain=(0.3, 3.0))
def binom(out, n, k):
    """How many ways there are to choose k of n."""
    rest = special.psi(n - k + 1)
    return out * (special.psi(n + 1) - rest), out * (rest - special.psi(k + 1))


@of_special(special.poch, domain=(0.3, 3.0))
def poch(out, z, m):
    """The rising factorial, gamma(z + m) / gamma(z)."""
    top = special.psi(z + m)
    return out * (top - special.psi(z)), out * top


def gamma_density(a, x):
    """The density of the gamma distribution."""
    return np.exp(special.xlogy(a - 1, x) - x - special.gammaln(a))


@of_special(special.gammainc, fixed=("a",), domain=(0.3, 3.0))
def gammainc(out, a, x):
    """The share of the gamma distribution below x: its slope is the density."""
    return None, gamma_density(a, x)


@of_special(special.gammaincc, fixed=("a",), domain=(0.3, 3.0))
def gammaincc(out, a, x):
    """The share above x."""
    return None, -gamma_density(a, x)


@of_special(special.gammaincinv, fixed=("a",), domain=(0.1, 0.9))
def gammaincinv(out, a, y):
    """The quantile of the gamma distribution: one over the density there."""
    return None, lambda g: g / gamma_density(a, out)


def beta_density(a, b, x):
    """The density of the beta distribution."""
    return np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b))


@of_special(special.betainc, fixed=("a", "b"), domain=(0.1, 0.9), sample=[UNLIKE])
def betainc(out, a, b, x):
    """The share of the beta distribution below x: its slope is the density."""
    return None, None, beta_density(a, b, x)


@of_special(special.betaincc, fixed=("a", "b"), domain=(0.1, 0.9), sample=[UNLIKE])
def betaincc(out, a, b, x):
    """The share above x."""
    return None, None, -beta_density(a, b, x)


@of_special(special.betaincinv, fixed=("a", "b"), domain=(0.1, 0.9), sample=[UNLIKE])
def betaincinv(out, a, b, y):
    """The quantile of the beta distribution: one over the density there."""
    return None, None, lambda g: g / beta_density(a, b, out)
