"""A library turns a Tensor into a plain array: the error has the user's line, the function, and a cure that works."""

from __future__ import annotations

import linecache
import sys
import types

import numpy as np
import pytest

import gatewise as gw
from gatewise._errors import GatewiseError, ReadingError, UnsupportedError

X = np.array([1.0, 2.0, 3.0])

#: A library as pip installs one: public names in a package, their code in a private file, wrapped and nested.
PRIVATE = """
import numpy as np

class sparse_matrix:
    __array_priority__ = 10.1

    def __init__(self, dense):
        self.dense = np.asarray(dense)

    def toarray(self):
        return self.dense

    def __matmul__(self, other):
        return self._dispatch(other)

    def dot(self, other):
        return self._dispatch(other)

    def _dispatch(self, other):
        other = np.asanyarray(other)
        return self.dense @ other

class interpolator:
    def __call__(self, x):
        return np.asarray(x) * 2

def solve(a, b):
    return _inner(a, b)

def _inner(a, b):
    return np.linalg.solve(a, np.asarray(b))

def special(x):
    return np.asfarray(x) if hasattr(np, "asfarray") else np.asarray(x)

def medians(x):
    return np.i0(x)[0]

def wrapped(f):
    def inner(*args):
        return f(*args)
    return inner

hidden = wrapped(special)
"""


@pytest.fixture(scope="module")
def library():
    package, private = types.ModuleType("sparselib"), types.ModuleType("sparselib._core")
    file = "/usr/lib/python3/site-packages/sparselib/_core.py"
    linecache.cache[file] = (len(PRIVATE), None, PRIVATE.splitlines(keepends=True), file)
    exec(compile(PRIVATE, file, "exec"), vars(private))
    for name in ("sparse_matrix", "solve", "special", "medians", "hidden", "interpolator"):
        setattr(package, name, getattr(private, name))
    sys.modules |= {"sparselib": package, "sparselib._core": private}
    yield package
    del sys.modules["sparselib"], sys.modules["sparselib._core"], linecache.cache[file]


def told(f):
    with pytest.raises(GatewiseError) as caught:
        gw.grad(f)(X)
    return str(caught.value)


def test_a_sparse_matrix_is_named_with_a_cure_that_works(library):
    S = library.sparse_matrix(2 * np.eye(3))
    message = told(lambda x: np.sum((S @ x) ** 2))
    assert "(S @ x) ** 2" in message
    assert "asanyarray" not in message
    assert "S.toarray() @ x" in message
    assert gw.grad(lambda x: np.sum((S.toarray() @ x) ** 2))(X).tolist() == [8.0, 16.0, 24.0]
    assert "sparse_matrix.dot" in told(lambda x: np.sum(S.dot(x)))
    for turned in (lambda x: np.sum(x @ S), lambda x: np.sum(x * S), lambda x: np.sum(np.multiply(x, S))):
        assert "S.toarray()" in told(turned)


@pytest.mark.parametrize(
    ("f", "called", "cure"),
    [
        (lambda x: np.sum(sys.modules["sparselib"].solve(np.eye(3), x)), "sparselib.solve", "np.linalg.solve"),
        (lambda x: np.sum(sys.modules["sparselib"].special(x)), "sparselib.special", "gatewise gates"),
        (lambda x: np.sum(sys.modules["sparselib"].hidden(x)), "a function of sparselib's", "gatewise gates"),
        (lambda x: sys.modules["sparselib"].medians(x), "np.i0, which sparselib.medians calls", "gatewise gates"),
        (lambda x: np.sum(sys.modules["sparselib"].interpolator()(x)), "by interpolator.", "t.numpy()"),
        (lambda x: np.sum(sys.modules["sparselib"].sparse_matrix(x).dense), "by sparse_matrix.", "t.numpy()"),
    ],
)
def test_the_users_line_and_the_function_are_named(library, f, called, cure):
    message = told(f)
    assert called in message
    assert cure in message
    assert 'sys.modules["sparselib"]' in message


def test_scipy_itself():
    special = pytest.importorskip("scipy.special")
    linalg = pytest.importorskip("scipy.linalg")
    sparse = pytest.importorskip("scipy.sparse")
    S = sparse.csr_matrix(2 * np.eye(3))
    assert "S.toarray() @ x" in told(lambda x: np.sum((S @ x) ** 2))
    assert "S.toarray()" in told(lambda x: np.sum(x @ S))
    assert "scipy.linalg.lu_factor" in told(lambda x: np.sum(linalg.lu_factor(np.diag(x))[0]))
    assert "scipy.special.bdtr has no gate" in told(lambda x: np.sum(special.bdtr(1, 5, x / 9)))


class Series:
    """What looks like an array and has an arithmetic of its own, as a column of a table has."""

    def __init__(self, values):
        self.values = np.asarray(values)

    def __array__(self, dtype=None, copy=None):
        return self.values

    def __array_ufunc__(self, ufunc, method, *operands):
        return NotImplemented


def test_other_libraries_arrays_are_not_taken_for_plain_ones():
    column = Series([1.0, 2.0, 3.0])
    for f in (lambda x: np.sum(x * column), lambda x: x @ column, lambda x: np.sum(np.where(x > 0, x, column))):
        with pytest.raises(GatewiseError, match=r"np\.asarray\(column\)"):
            gw.grad(f)(X)
    assert gw.grad(lambda x: np.sum(x * np.asarray(column)))(X).tolist() == [1.0, 2.0, 3.0]


def test_a_library_without_a_user_in_front_has_its_own_line(library):
    S = library.sparse_matrix(np.eye(3))
    with pytest.raises((ReadingError, UnsupportedError), match="line"):
        gw.grad(S.dot)(X)
