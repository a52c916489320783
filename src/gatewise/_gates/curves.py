"""Exponentials, logarithms and the functions of trigonometry."""

import numpy as np

from gatewise._gates.families import elementwise


@elementwise(np.exp)
def exp(out, x):
    """Its own slope: the output scales the gradient."""
    return out


@elementwise(np.expm1)
def expm1(out, x):
    """exp(x) - 1, exact near 0; the slope is exp(x)."""
    return np.exp(x)


@elementwise(
    np.log,
    domain=(0.2, 3.0),
    at=[((0.0,), (np.inf,))],
)
def log(out, x):
    """Steep near zero, flat far away."""
    return lambda g: g / x


@elementwise(np.log1p, domain=(-0.5, 3.0))
def log1p(out, x):
    """log(1 + x), exact near 0."""
    return lambda g: g / (1 + x)


@elementwise(np.sin, tame=True, mistaken="cos")
def sin(out, x):
    """The slope is the cosine."""
    return np.cos(x)


@elementwise(np.cos, tame=True, mistaken="sin")
def cos(out, x):
    """The slope is minus the sine."""
    return -np.sin(x)


@elementwise(np.tan, domain=(-1.2, 1.2))
def tan(out, x):
    """Never flatter than 1, and steep near the poles."""
    return 1 + out**2


@elementwise(np.arcsin, domain=(-0.9, 0.9), analytic=False)
def arcsin(out, x):
    """Infinitely steep at -1 and 1."""
    return 1 / np.sqrt((1 - x) * (1 + x))


@elementwise(np.arccos, domain=(-0.9, 0.9), analytic=False)
def arccos(out, x):
    """The falling twin of arcsin."""
    return -1 / np.sqrt((1 - x) * (1 + x))


@elementwise(np.arctan, tame=True)
def arctan(out, x):
    """Flat where it saturates."""
    return 1 / (1 + x**2)


@elementwise(np.sinh, mistaken="cosh")
def sinh(out, x):
    """The slope is cosh."""
    return np.cosh(x)


@elementwise(np.cosh, mistaken="sinh")
def cosh(out, x):
    """The slope is sinh."""
    return np.sinh(x)


def logistic(x):
    """The sigmoid as text: each share of two that differ by x, with all its digits on both sides."""
    return 1 / (1 + np.exp(-x))


@elementwise(np.tanh, printed=lambda out, x: 1 - out**2, at=[((0.0,), (1.0,)), ((np.inf,), (0.0,))], tame=True)
def tanh(out, x):
    """Flat where it saturates: 1 minus the output squared, with all its digits far out, where the output is 1."""
    return 4 * logistic(2 * x) * logistic(-2 * x)


@elementwise(np.arctan2, analytic=False)
def arctan2(out, y, x):
    """The angle of the point (x, y): far points turn slowly."""
    return x / np.hypot(x, y) / np.hypot(x, y), -y / np.hypot(x, y) / np.hypot(x, y)


@elementwise(
    np.hypot, at=[((0.0, 0.0), (0.0, 0.0)), ((3.0, 4.0), (0.6, 0.8))], tame=True, analytic=False, commutes=True
)
def hypot(out, x, y):
    """The length of (x, y): the gradient points along it; at the origin it passes 0, at every order."""
    return x / np.where(out == 0, np.inf, out), y / np.where(out == 0, np.inf, out)


@elementwise(
    np.logaddexp,
    at=[((0.0, 0.0), (0.5, 0.5)), ((-np.inf, -np.inf), (0.0, 0.0)), ((np.inf, 0.0), (np.nan, 0.0))],
    tame=True,
    analytic=False,
    commutes=True,
)
def logaddexp(out, x, y):
    """A soft maximum, shared in the proportion of the exponentials; two -inf pass 0, an inf is given NaN."""
    # Not exp(x - out): that is rounded to 1 where x is far ahead, and its slope to 0.
    return share(out, x, y), share(out, y, x)


def share(out, x, y):
    """The share of x in exp(x) + exp(y)."""
    ahead = np.where(out == -np.inf, -np.inf, x - y)
    return logistic(np.where(x == np.inf, np.nan, ahead))


@elementwise(np.log2, in_page=False, domain=(0.2, 3.0))
def log2(out, x):
    """How many doublings: the logarithm in another unit."""
    return lambda g: g / (x * np.log(2.0))


@elementwise(np.log10, in_page=False, domain=(0.2, 3.0))
def log10(out, x):
    """How many digits: the logarithm in another unit."""
    return lambda g: g / (x * np.log(10.0))


@elementwise(np.exp2, in_page=False)
def exp2(out, x):
    """Doubles with every step: its own slope, up to the logarithm of 2."""
    return np.log(2.0) * out


@elementwise(np.logaddexp2, in_page=False, tame=True, analytic=False, commutes=True)
def logaddexp2(out, x, y):
    """A soft maximum in powers of 2, shared in their proportion."""
    return share(out, x * np.log(2.0), y * np.log(2.0)), share(out, y * np.log(2.0), x * np.log(2.0))


@elementwise(np.arcsinh, in_page=False, analytic=False)
def arcsinh(out, x):
    """A logarithm on both sides of 0."""
    return 1 / np.hypot(x, 1.0)


@elementwise(np.arccosh, in_page=False, domain=(1.2, 3.0))
def arccosh(out, x):
    """Infinitely steep at 1."""
    return 1 / (np.sqrt(x - 1) * np.sqrt(x + 1))


@elementwise(np.arctanh, in_page=False, domain=(-0.9, 0.9))
def arctanh(out, x):
    """Infinitely steep at -1 and 1."""
    return lambda g: g / ((1 - x) * (1 + x))


@elementwise(np.cbrt, in_page=False, analytic=False)
def cbrt(out, x):
    """The cube root, of negative numbers too; infinitely steep at 0."""
    return lambda g: g / (3 * out**2)


@elementwise(np.deg2rad, in_page=False, analytic=False, tame=True)
def deg2rad(out, x):
    """Degrees as radians."""
    return np.pi / 180


@elementwise(np.radians, in_page=False, analytic=False, tame=True)
def radians(out, x):
    """Degrees as radians."""
    return np.pi / 180


@elementwise(np.rad2deg, in_page=False, analytic=False, tame=True)
def rad2deg(out, x):
    """Radians as degrees."""
    return 180 / np.pi


@elementwise(np.degrees, in_page=False, analytic=False, tame=True)
def degrees(out, x):
    """Radians as degrees."""
    return 180 / np.pi


@elementwise(np.sinc, in_page=False, at=[((0.0,), (0.0,)), ((1.0,), (-1.0,))], tame=True, analytic=False)
def sinc(out, x):
    """sin(pi x) / (pi x): flat at 0."""
    return slope_of_sinc(x)


def slope_of_sinc(x):
    """(cos(pi x) - sinc(x)) / x, by its series near 0, where that loses its digits."""
    near = np.abs(x) < 0.05
    away = np.where(near, 1.0, x)
    square = (np.pi * x) * (np.pi * x)
    series = -np.pi * (np.pi * x) * (1 - square / 10 * (1 - square / 28 * (1 - square / 54))) / 3
    return np.where(near, series, (np.cos(np.pi * away) - np.sinc(away)) / away)


@elementwise(
    np.fabs, in_page=False, pattern="scales", analytic=False, at=[((0.0,), (0.0,)), ((-2.0,), (-1.0,))], way=np.sign
)
def fabs(out, x):
    """The absolute value of a float; at the kink it passes 0."""
    return np.sign(x)


@elementwise(np.copysign, in_page=False, analytic=False, way=lambda x, y: np.signbit(x) == np.signbit(y))
def copysign(out, x, y):
    """x with the sign of y: turned round where the signs differ."""
    return np.where(np.signbit(x) == np.signbit(y), 1.0, -1.0), None


@elementwise(np.fmod, in_page=False, domain=(0.5, 3.0), analytic=False, way=lambda x, y: np.trunc(x / y))
def fmod(out, x, y):
    """The rest of a division: y was taken out as often as it fits."""
    return 1, -np.trunc(x / y)


@elementwise(np.float_power, in_page=False, domain=(0.2, 3.0), analytic=False)
def float_power(out, x, y):
    """A power, always in floats."""
    return y * np.power(x, y - 1), out * np.log(x)
