"""Ints given to a circuit are taken as floats, and are ints wherever Python counts by them."""

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import GatewiseError

x = np.arange(1.0, 7.0)


def rolled_back(x, n):
    for i in range(n - 1, -1, -1):
        x = x[:-1] + 0.5 * x[1:] + i
    return np.sum(x * x)


def halves(x, n):
    return np.sum(x[: n // 2] ** 2) + np.sum(x[-n % 4 :]) + np.zeros(2 * n).size


def by_pairs(x, pairs):
    total = 0.0
    for i, j in pairs:
        places = [2 * i, 2 * j + 1]
        total += np.sum(x[np.ix_(places)] ** 2)
    return total


@pytest.mark.parametrize(("f", "given"), [(rolled_back, 3), (halves, 5), (by_pairs, [(0, 1), (1, 2)])])
def test_what_is_computed_from_ints_is_an_int(f, given):
    c = gw.circuit(f, x, given, wrt="x")
    np.testing.assert_allclose(c.gradients["x"], gw.grad(f)(x, given), rtol=1e-14)
    assert "<svg" in c.svg()


def test_an_int_that_python_counted_by_is_not_differentiated_whatever_was_computed_on_the_way():
    c = gw.circuit(rolled_back, x, 3)
    assert c.gradients["n"] is None
    assert c.gradients["x"] is not None


def test_a_float_among_ints_makes_a_float():
    with pytest.raises(GatewiseError, match="where a whole number is needed"):
        gw.circuit(lambda x, n: np.sum(x[: n - 1.0]), x, 3, wrt="x")


def test_a_product_of_an_int_is_differentiated_as_a_float_is():
    assert gw.circuit(lambda x, n: x * (n * 2 - 1), 3.0, 4).gradients == {"x": 7.0, "n": 6.0}


def written(x, i):
    u = 2 * x
    u[i] += x[0]
    return np.sum(u * u)


@pytest.mark.parametrize("f", [lambda x, i: x[i] ** 2, written, lambda x, i: np.sum(x[i:] ** 2)])
@pytest.mark.parametrize("wrt", ["x", None])
def test_an_int_that_is_an_index_is_one_in_tables_and_pictures(f, wrt):
    c = gw.circuit(f, x, 2, wrt=wrt)
    assert "x" in str(c)
    assert "<svg" in c.svg()
    np.testing.assert_allclose(c.gradients["x"], gw.grad(f)(x, 2))
