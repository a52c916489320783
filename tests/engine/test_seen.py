"""What a function sees of NumPy, math and its own module while a derivative is taken of it."""

from __future__ import annotations

import functools
import math
import threading
from math import exp as m_exp
from typing import Any, NamedTuple

import numpy
import numpy as np
import pytest
from numpy import zeros

import gatewise as gw

X = np.array([0.5, 1.5, 2.5])
SCALE = 3.0
COUNT = 0
LOG: list[Any] = []


def helper(x):
    out = np.zeros(3)
    for i in range(3):
        out[i] = x[i] ** 2
    return out


def by_a_helper(x):
    return np.sum(helper(x)) * SCALE


def under_another_name(x):
    out = zeros(3)
    out[:] = numpy.sin(x)
    return numpy.sum(out) + m_exp(x[0])


def imports_inside(x):
    import math as m

    import numpy as n
    from numpy import array

    return n.sum(array([x[0], m.exp(x[1])]))


def counts(x):
    global COUNT
    COUNT += 1
    return np.sum(np.array([x[0], x[1] * COUNT]))


def class_inside(x):
    class Pair(NamedTuple):
        one: Any
        other: Any

    class Plain:
        size = 3
        doubled = size * 2

    pair = Pair(x[0], math.sin(x[1]))
    return pair.one * pair.other * Plain.doubled


def evaluates(x):
    first = eval("SCALE * x[0]")  # noqa: S307
    return np.sum(np.array([first, globals()["SCALE"] * x[1], math.sqrt(x[2])]))


def generator_and_comprehension(x):
    return np.sum([v * SCALE for v in x]) + sum(math.cos(v) for v in x) + np.max(np.array(list(x)))


def recursion(x, n=3):
    out = np.array([x[0], x[1]])
    return np.sum(out) if n == 0 else np.sum(out) * recursion(x * 0.5, n - 1)


def decorated(f):
    @functools.wraps(f)
    def inner(x):
        return f(x) * 2

    return inner


@decorated
def is_decorated(x):
    out = np.empty(2)
    out[0], out[1] = x[0], x[2]
    return np.prod(out)


def with_closure(scale):
    table = np.array([1.0, 2.0, 3.0])

    def inner(x):
        out = np.zeros_like(table)
        out[...] = table * x * scale
        return np.sum(out**2)

    return inner


def with_default(x, maker=np.zeros, log=math.log):
    out = maker(2)
    out[0] = log(x[1])
    return np.sum(out)


class Model:
    weight = 2.0

    def energy(self, x):
        out = np.zeros(3)
        out[1:] = x[1:] * self.weight
        return np.sum(out**2)


def types(x):
    assert isinstance(x, np.ndarray)
    assert isinstance(np.zeros(3), np.ndarray)
    assert not np.isscalar(np.zeros(3))
    assert np.zeros(3, dtype=int).dtype == int
    assert type(np.zeros(3, dtype=int)) is np.ndarray
    assert np.float64(2.0) == 2.0
    return np.sum(x)


def constant_makers(x):
    parts = [np.full(3, x[0]), np.linspace(0.0, x[1], 3), np.r_[x[:2], 1.0], np.c_[x, x][:, 1], np.eye(3) @ x]
    parts += [np.vectorize(lambda v: v * v)(x), np.atleast_1d(x), np.arange(3) * x[2], np.logspace(0, 1, 3) * x]
    return np.sum(np.array(parts))


def lists_in_lists(x):
    rows = [[x[0], 1.0], [2 * x[1], x[2] ** 2]]
    joined = [np.concatenate([[x[0]], [2 * x[1]]]), np.vstack(rows), np.stack(rows), np.block([[x[:1], x[2]]])]
    chosen = np.select([x > 1.0], [[x[0], x[1], 3.0]], x)
    return sum(np.sum(part**2) for part in joined) + np.sum(chosen) + np.sum(np.abs(np.fft.fft([x[0], x[2]])) ** 2)


FUNCTIONS = [
    by_a_helper, under_another_name, imports_inside, class_inside, evaluates, lists_in_lists,
    generator_and_comprehension, recursion, is_decorated, with_closure(1.5), with_default, Model().energy, types,
    constant_makers, lambda x: np.sum(np.array([x[0], x[1] * x[2]])), functools.partial(recursion, n=1),
]  # fmt: skip


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: getattr(f, "__name__", "partial"))
def test_the_gradient_is_the_slope(f):
    value, g = gw.value_and_grad(f)(X.copy())
    steps = np.eye(3) * 1e-6
    assert value == pytest.approx(float(f(X.copy())), rel=1e-14)
    assert g == pytest.approx([(f(X + h) - f(X - h)) / 2e-6 for h in steps], abs=1e-7)


@pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: getattr(f, "__name__", "partial"))
def test_nothing_global_is_changed(f):
    before = {name: value for name, value in globals().items() if not name.startswith("@")}
    gw.grad(f)(X.copy())
    after = {name: value for name, value in globals().items() if not name.startswith("@")}
    assert before.keys() == after.keys()
    assert all(after[name] is value for name, value in before.items())
    assert type(np.zeros(3)) is np.ndarray
    assert math.exp is m_exp


def test_what_is_written_to_globals_reaches_the_module():
    global COUNT
    COUNT = 4
    assert gw.grad(counts)(X)[1] == 5
    assert COUNT == 5


def test_a_name_that_is_bound_again_is_seen():
    global SCALE
    assert gw.grad(by_a_helper)(X)[0] == pytest.approx(3.0)
    SCALE = 5.0
    try:
        assert gw.grad(by_a_helper)(X)[0] == pytest.approx(5.0)
    finally:
        SCALE = 3.0


def test_nonlocals_and_attributes_of_functions_are_shared():
    calls = []

    def outer():
        seen = 0

        def f(x):
            nonlocal seen
            seen += 1
            f.last = seen
            calls.append(seen)
            return np.sum(np.array([x[0], x[1]])) * seen

        return f

    f = outer()
    gw.grad(f)(X)
    assert gw.grad(f)(X)[0] == 2
    assert f.last == 2
    assert calls == [1, 2]


def test_derivatives_nest():
    def f(x):
        out = np.zeros(2)
        out[0] = gw.grad(lambda y: np.array([y, y * 2])[1] * math.exp(y))(x[0])
        out[1] = x[1]
        return np.sum(out)

    want = 2 * (2 + X[0]) * math.exp(X[0])
    assert gw.grad(f)(X)[0] == pytest.approx(want)


def test_arrays_made_in_another_thread_are_plain():
    found = []

    def f(x):
        other = threading.Thread(target=lambda: found.append(type(np.zeros(3))))
        other.start()
        other.join()
        return np.sum(x)

    gw.grad(f)(X)
    assert found[0] in (np.ndarray, gw.Tensor)


def test_an_error_in_the_function_leaves_everything_as_it_was():
    def f(x):
        global COUNT
        COUNT += 1
        raise RuntimeError("no")

    before = COUNT
    with pytest.raises(RuntimeError):
        gw.grad(f)(X)
    assert COUNT in (before, before + 1)
    assert type(np.zeros(3)) is np.ndarray


def test_a_circuit_of_complex_numbers_has_code():
    def f(p):
        X = np.fft.fft(p) * 2j
        return np.sum(np.abs(X) ** 2)

    c = gw.circuit(f, X)
    space: dict[str, Any] = {}
    exec(str(c.code()), space)
    np.testing.assert_allclose(space["f_and_gradients"](X)[1], gw.grad(f)(X), rtol=1e-12)


def required(x):
    out = np.require(x.T, requirements=["C", "W"])
    out[0] = x[:, 1] ** 2
    return np.sum(out.ravel(order="K") * np.arange(6)) * np.require(x, np.float32, "F").flags.f_contiguous


def test_an_array_that_is_required_lies_as_it_is_asked_and_says_so():
    M = np.arange(6.0).reshape(2, 3) + 0.5
    value, gradient = gw.value_and_grad(required)(M)
    assert value == required(M)
    np.testing.assert_array_equal(gradient, [[0.0, 2.0, 4.0], [0.0, 3.0 + 2 * M[1, 1], 5.0]])
    assert gw.grad(lambda x: x.sum() * np.isfortran(x.T))(M)[0, 0] == 1.0
