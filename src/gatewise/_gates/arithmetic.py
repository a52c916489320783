"""Sums, products, quotients and powers."""

import numpy as np

from gatewise._gates.families import elementwise
from gatewise._gates.fitting import facing


@elementwise(np.add, infix="+", pattern="distributes", commutes=True)
def add(out, x, y):
    """Hands the whole gradient to both inputs, undivided."""
    return 1, 1


@elementwise(np.subtract, infix="-", pattern="distributes")
def subtract(out, x, y):
    """Hands the gradient to x, and its negative to y."""
    return 1, -1


@elementwise(np.multiply, infix="*", pattern="swaps")
def multiply(out, x, y):
    """Each input's gradient is scaled by the *other* input."""
    return y, x


@elementwise(np.divide, infix="/", domain=(0.5, 3.0))
def divide(out, x, y):
    """Dividing by a big y damps both gradients."""
    return lambda g: g / y, -out / y


@elementwise(
    np.power,
    infix="**",
    domain=(0.5, 2.5),
    at=[((0.0, 2.0), (0.0, 0.0)), ((0.0, 1.0), (1.0, 0.0)), ((0.0, 0.0), (0.0, 0.0))],
)
def power(out, x, y):
    """The school rule in x, a logarithm in y; at x = 0 the logarithm passes 0, and so does a zero exponent."""
    return y * x ** (y - (y != 0)), out * np.log(np.where(x == 0, 1, x))


@elementwise(np.negative, symbol="*-1", tame=True, exact=True)
def negative(out, x):
    """Flips the sign of the gradient."""
    return -1


@elementwise(np.positive, symbol="+", pattern="distributes", exact=True)
def positive(out, x):
    """Passes the gradient on unchanged."""
    return 1


@elementwise(
    np.absolute,
    symbol="abs",
    corner="size",
    at=[((0.0,), (0.0,))],
    tame=True,
    analytic=False,
    complex=True,
    exact=True,
    way=np.sign,
)
def absolute(out, x):
    """Keeps the gradient where x is positive and flips it where x is negative; at 0 it passes 0."""
    return facing(x)


@elementwise(np.square, symbol="^2", tame=True)
def square(out, x):
    """Twice the input times the gradient."""
    return 2 * x


@elementwise(
    np.reciprocal,
    symbol="1/x",
    domain=(0.5, 3.0),
)
def reciprocal(out, x):
    """Flips the gradient's sign and damps it by x squared."""
    return -1.0 / x**2


@elementwise(
    np.sqrt,
    domain=(0.2, 3.0),
    at=[((0.0,), (np.inf,))],
)
def sqrt(out, x):
    """Steep near zero: the slope at 0 is infinite."""
    return 0.5 / out


@elementwise(
    np.remainder,
    infix="%",
    symbol="mod",
    domain=(0.5, 3.0),
    sample=[((2.5, 1.0), {}), ((0.7, 1.0), {})],
    analytic=False,
    way=np.floor_divide,
)
def remainder(out, x, y):
    """A saw tooth: slope 1 in x, and minus the number of whole teeth in y."""
    return 1, -np.floor_divide(x, y)
