"""SciPy's functions in people's code: values are SciPy's own to the bit, gradients agree with differences."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy
import scipy.optimize
import scipy.special as sp
from scipy import linalg, stats
from scipy.special import erf, expit, logsumexp
from scipy.stats import multivariate_normal, norm

import gatewise as gw
from gatewise._errors import GatewiseError, UnsupportedError
from gatewise._gates import NAMES
from gatewise.scipy import linalg as seen_linalg
from gatewise.scipy import special as seen_special
from gatewise.scipy import stats as seen_stats

X = np.array([0.3, 0.8, 1.7])
A = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, -0.2], [0.0, 0.4, 1.2]])
S = A @ A.T

#: Calls as people write them: what is differentiated comes first.
CALLS = {
    "expit by its name": (lambda x: expit(x), X),
    "erf by its name": (lambda x: erf(x), X),
    "special as sp": (lambda x: sp.gammaln(x) + sp.digamma(x), X),
    "scipy.special": (lambda x: scipy.special.xlogy(x, 2 * x), X),
    "a list": (lambda x: expit([x[0], 2 * x[1]]), X),
    "logsumexp of a list": (lambda x: logsumexp([x[0], x[1], 0.0]), X),
    "logsumexp with factors": (lambda x: logsumexp(x, b=[1.0, 2.0, 0.5]), X),
    "logsumexp along an axis": (lambda x: logsumexp(np.outer(x, x), axis=1, keepdims=True), X),
    "logsumexp of factors": (lambda x: logsumexp(X, b=x), X),
    "softmax": (lambda x: sp.softmax(np.outer(x, x), axis=1), X),
    "log_softmax": (lambda x: sp.log_softmax(x), X),
    "comb": (lambda x: sp.comb(5.3, x), X),
    "factorial": (lambda x: sp.factorial(x), X),
    "multigammaln": (lambda x: sp.multigammaln(x + 2, 3), X),
    "polygamma": (lambda x: sp.polygamma(1, x), X),
    "zeta": (lambda x: sp.zeta(3, x), X),
    "sinc": (lambda x: sp.sinc(x), X),
    "jn": (lambda x: sp.jn(2, x) + sp.jv(0.5, x), X),
    "solve": (lambda x: linalg.solve(A + np.diag(x), x), X),
    "solve by keywords": (lambda x: linalg.solve(a=S + np.diag(x), b=[1.0, 2.0, 3.0], assume_a="pos"), X),
    "solve, not checked": (lambda x: linalg.solve(A, 2 * x, check_finite=False, overwrite_b=True), X),
    "inv": (lambda x: linalg.inv(A + np.diag(x)), X),
    "det": (lambda x: linalg.det(A + np.diag(x)), X),
    "cholesky": (lambda x: linalg.cholesky(S + np.diag(x), lower=True), X),
    "cho_factor": (lambda x: linalg.cho_solve(linalg.cho_factor(S + np.diag(x)), x), X),
    "cho_factor, lower": (lambda x: linalg.cho_solve(linalg.cho_factor(S + np.diag(x), lower=True), np.eye(3)), X),
    "the other half of cho_factor": (lambda x: linalg.cho_factor(S + np.outer(x, x))[0], X),
    "solve_triangular": (lambda x: linalg.solve_triangular(A + np.diag(x), x, lower=True), X),
    "expm": (lambda x: linalg.expm(np.outer(x, [1.0, -1.0, 0.5])), X),
    "norm": (lambda x: linalg.norm(x), X),
    "norm of a matrix": (lambda x: linalg.norm(np.outer(x, x) + A, 2), X),
    "eigh": (lambda x: linalg.eigh(S + np.diag(x), eigvals_only=True), X),
    "eigvalsh": (lambda x: linalg.eigvalsh(S + np.diag(x)), X),
    "svdvals": (lambda x: linalg.svdvals(A + np.diag(x)), X),
    "qr": (lambda x: linalg.qr(A + np.diag(x), mode="economic")[1], X),
    "norm.logpdf": (lambda x: norm.logpdf(x, 0.2, 1.3), X),
    "norm.logpdf by keywords": (lambda x: norm.logpdf(x, loc=x[0], scale=x[2]), X),
    "stats.norm.cdf": (lambda x: stats.norm.cdf(x), X),
    "norm.ppf": (lambda x: norm.ppf(x / 2, scale=2.0), X),
    "a frozen norm": (lambda x: norm(x[0], x[1]).logpdf(X) + norm(0.0, 2.0).logcdf(x), X),
    "multivariate_normal.logpdf": (lambda x: multivariate_normal.logpdf(x, np.zeros(3), S), X),
    "multivariate_normal.logpdf of the matrix": (lambda x: multivariate_normal.logpdf(X, cov=S + np.diag(x)), X),
    "a frozen multivariate_normal": (lambda x: multivariate_normal(x, S).pdf(X), X),
}  # fmt: skip


def weighed(value):
    """One number in which every entry counts otherwise."""
    return np.sum(value * np.cos(np.arange(1.0, 1.0 + np.size(value))).reshape(np.shape(value)))


@pytest.mark.parametrize("name", CALLS)
def test_values_are_scipys_and_gradients_agree_with_differences(name):
    f, x = CALLS[name]
    value, _ = gw.vjp(f, x)
    assert np.asarray(value).tobytes() == np.asarray(f(x)).tobytes()
    assert np.shape(value) == np.shape(f(x))
    gradient = gw.grad(lambda x: weighed(f(x)))(x)
    for k in range(len(x)):
        step = 1e-6 * np.eye(len(x))[k]
        slope = (weighed(f(x + step)) - weighed(f(x - step))) / 2e-6
        assert gradient[k] == pytest.approx(slope, rel=2e-7, abs=2e-8)


@pytest.mark.parametrize("name", CALLS)
def test_the_printed_program_runs_on_its_own(name):
    f, x = CALLS[name]

    def loss(x):
        return np.sum(f(x))

    circuit = gw.circuit(loss, x)
    namespace: dict = {}
    exec(str(circuit.code()), namespace)
    value, gradient = namespace["loss_and_gradients"](x, **circuit.captured)
    assert value == pytest.approx(loss(x), rel=1e-14)
    assert np.allclose(gradient, gw.grad(loss)(x), rtol=1e-11, atol=1e-12)


def imports_inside(x):
    import scipy.linalg as sl
    import scipy.special
    from scipy.special import expit as squashed

    return squashed(x) + scipy.special.erf(x) + sl.expm(np.array([[x, 1.0], [0.0, x]]))[0, 1]


def test_imports_in_the_body_are_answered():
    want = (imports_inside(0.4 + 1e-6) - imports_inside(0.4 - 1e-6)) / 2e-6
    assert gw.grad(imports_inside)(0.4) == pytest.approx(want, rel=1e-8)


class Model:
    """Code that gatewise does not see into: a class with slots."""

    __slots__ = ()

    def loss(self, x):
        return seen_stats.norm.logpdf(x) + seen_special.logsumexp([x, 1.0]) + seen_linalg.norm([x, 2.0])

    def unseen(self, x):
        return logsumexp(np.stack([x, 1.0]))


def test_gatewise_scipy_is_for_classes():
    want = (Model().loss(0.4 + 1e-6) - Model().loss(0.4 - 1e-6)) / 2e-6
    assert gw.grad(lambda x: Model().loss(x))(0.4) == pytest.approx(want, rel=1e-8)
    with pytest.raises(GatewiseError, match=r"scipy\.special\.logsumexp") as caught:
        gw.grad(lambda x: Model().unseen(x))(0.4)
    assert "gatewise.scipy.special" in str(caught.value)


def test_outside_a_derivative_the_face_is_scipy():
    assert seen_special.expit(X).tobytes() == expit(X).tobytes()
    assert type(seen_special.expit(0.3)) is type(expit(0.3))
    assert seen_special.bdtr is sp.bdtr
    assert seen_stats.gamma is stats.gamma
    assert seen_linalg.lu_factor is linalg.lu_factor
    assert seen_linalg.solve(A, X).tobytes() == linalg.solve(A, X).tobytes()
    assert seen_stats.norm.rvs(random_state=3) == norm.rvs(random_state=3)
    assert seen_stats.norm(1.0, 2.0).mean() == 1.0
    assert set(dir(sp)) <= set(dir(seen_special))


#: What has no gate: a call with a gradient in it, and the name that the error gives.
WITHOUT = {
    "scipy.optimize.minimize": lambda x: scipy.optimize.minimize(lambda p: np.sum((p - x) ** 2), np.zeros(1)).fun,
    "scipy.integrate.quad": lambda x: scipy.integrate.quad(lambda t: t * x, 0, 1)[0],
    "scipy.special.bdtr": lambda x: sp.bdtr(2, 5, x),
    "scipy.special.jv has no rule for its v": lambda x: sp.jv(x, 2.0),
    "scipy.special.gammainc has no rule for its a": lambda x: sp.gammainc(x, 2.0),
    "scipy.special.logsumexp(..., return_sign=True)": lambda x: logsumexp([x, 1.0], return_sign=True)[0],
    "scipy.special.comb(..., exact=True)": lambda x: sp.comb(x, 2, exact=True),
    "scipy.linalg.lu_factor": lambda x: linalg.lu_factor(np.array([[x, 1.0], [2.0, 3.0]]))[0],
    "scipy.linalg.qr(..., pivoting=True)": lambda x: linalg.qr(np.array([[x, 1.0], [2.0, 3.0]]), pivoting=True)[1],
    "scipy.linalg.solve(..., assume_a='banded')": lambda x: linalg.solve(A + x, X, assume_a="banded"),
    "scipy.linalg.eigh(..., subset_by_index=...)": lambda x: linalg.eigh(A + x, subset_by_index=[0, 1])[0],
    "scipy.stats.t.logpdf": lambda x: stats.t.logpdf(x, 3.0),
    "scipy.stats.norm": lambda x: norm.fit(np.array([x, 1.0, 2.0]))[0],
    "scipy.signal.convolve": lambda x: scipy.signal.convolve(np.array([x, 1.0]), [1.0, 2.0]),
    "scipy.fft.fft": lambda x: scipy.fft.fft(np.array([x, 1.0])),
    "scipy.ndimage.gaussian_filter": lambda x: scipy.ndimage.gaussian_filter(np.array([x, 1.0]), 1.0),
    "CubicSpline": lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], np.array([0.0, x, 1.0]))(0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT)
def test_others_are_refused_by_their_name_at_the_users_line(name):
    with pytest.raises(GatewiseError) as caught:
        gw.grad(WITHOUT[name])(0.5)
    assert name in str(caught.value)
    line = re.search(r"\n  line (\d+):", str(caught.value))
    assert line is not None
    assert WITHOUT[name].__code__.co_firstlineno == int(line[1])


def test_what_carries_no_gradient_may_go_anywhere():
    found = gw.grad(lambda x: x * linalg.lu_factor(np.array([[gw.stop_gradient(x), 1.0], [2.0, 3.0]]))[0][0, 0])(0.5)
    assert found == 2.0


#: At the edges values are SciPy's, and so is NaN; the slope is a limit, or NaN.
EDGES = {
    "logit": ([0.0, 1.0, 2.0], [np.inf, np.inf, -0.5]),
    "erfcx": ([60.0, 1e8], [-(1 - 1.5 / 3600 + 3.75 / 3600**2) / 3600 / np.sqrt(np.pi), -1e-16 / np.sqrt(np.pi)]),
    "log_ndtr": ([-1e4, -40.0], [1e4 + 1e-4, 40.02497]),
    "entr": ([0.0, -1.0], [np.inf, np.nan]),
    "loggamma": ([-0.5], [np.nan]),
    "exprel": ([1e-12, -1e-9], [0.5, 0.5]),
}


@pytest.mark.parametrize("name", EDGES)
def test_edges(name):
    points, slopes = EDGES[name]
    for point, slope in zip(points, slopes, strict=True):
        with np.errstate(all="ignore"):
            value, pullback = gw.vjp(getattr(seen_special, name), point)
            [found] = pullback(1.0)
            assert np.array_equal(value, getattr(sp, name)(point), equal_nan=True)
        assert found == pytest.approx(slope, rel=1e-6, nan_ok=True)


def test_a_scale_that_is_none_has_no_slope():
    with np.errstate(all="ignore"):
        value, pullback = gw.vjp(lambda x: norm.logpdf(x, 0.0, -1.0), 0.5)
        assert np.isnan(value)
        assert np.isnan(pullback(1.0)[0])


def test_a_name_that_the_module_has_in_the_text_is_left_alone():
    def f(x, special):
        return np.sum(expit(x) * special)

    code = str(gw.circuit(f, X, 2.0).code())
    assert "from scipy import special as special_\n" in code
    namespace: dict = {}
    exec(code, namespace)
    value, (dx, _) = namespace["f_and_gradients"](X, 2.0)
    assert value == np.sum(expit(X) * 2.0)
    assert np.allclose(dx, 2 * expit(X) * expit(-X))


def test_importing_gatewise_does_not_import_scipy():
    code = """
import sys, numpy as np, gatewise as gw
gw.grad(lambda x: np.sum(np.exp(x)))(np.ones(2)); gw.circuit(lambda x: x * x, 2.0).code()
assert "scipy" not in sys.modules
import scipy.special
assert gw.grad(lambda x: scipy.special.expit(x))(0.0) == 0.25
assert "scipy.stats" not in sys.modules and "scipy.linalg" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_scipy_gatewise_works():
    code = """
import sys
from typing import Any
sys.modules["scipy"] = None
import numpy as np, gatewise as gw
assert gw.grad(lambda x: x * x)(3.0) == 6.0
from gatewise._gates import NAMES, load_scipys
assert not load_scipys() and "expit" not in NAMES
from gatewise._cli.catalogue import catalogue
catalogue()
try:
    from gatewise.scipy import special
except ImportError as error:
    assert "pip install 'gatewise[scipy]'" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_each_gate_of_scipys_says_where_it_comes_from():
    theirs = [gate for gate in NAMES.values() if gate.path]
    assert len(theirs) > 90
    for gate in theirs:
        home, _, rest = gate.path.partition(".")
        found = getattr(scipy, home)
        for part in rest.split("."):
            found = getattr(found, part)
        assert found == gate.function


def test_an_operand_without_a_rule_may_be_a_tensor_without_a_gradient():
    order = gw.tensor(2.0, requires_grad=False)
    assert gw.grad(lambda x: sp.jv(order, x))(1.0) == pytest.approx(0.5 * (sp.jv(1, 1.0) - sp.jv(3, 1.0)))
    with pytest.raises(UnsupportedError):
        gw.grad(lambda v: sp.jv(v, 1.0))(2.0)


@pytest.mark.parametrize("name", ["erf", "erfc", "gamma", "lgamma"])
def test_functions_of_math_with_a_gate_of_scipys(name):
    function = getattr(math, name)

    def f(x):
        return function(x * x) * x

    def plain(x):
        return getattr(math, name)(x * x) * x

    value, slope = gw.value_and_grad(f)(1.3)
    assert value == plain(1.3)
    assert slope == pytest.approx((plain(1.3 + 1e-6) - plain(1.3 - 1e-6)) / 2e-6, rel=1e-8)
    space: dict[str, Any] = {}
    exec(str(gw.circuit(f, 1.3).code()), space)
    assert space["f_and_gradients"](1.3)[1] == pytest.approx(slope, rel=1e-14)


def test_without_scipy_they_say_what_to_install(monkeypatch):
    from gatewise._twins import maths

    monkeypatch.setattr(maths, "load_scipys", lambda: False)
    with pytest.raises(gw.GatewiseError, match=r"pip install 'gatewise\[scipy\]'"):
        gw.grad(lambda x: math.erf(x))(0.5)
    assert gw.grad(lambda x: x * math.erf(0.5))(1.0) == math.erf(0.5)


@pytest.mark.parametrize("name", [gate.name for gate in NAMES.values() if gate.fixed])
def test_an_operand_without_a_rule_is_copied_where_it_is_needed(name):
    gate = NAMES[name]
    x = gw.tensor(np.array([0.3, 0.6]))
    fixed = [np.array([2.0, 3.0]) + k for k in range(len(gate.fixed))]
    want = gw.grad(lambda x: np.sum(gate(*(f.copy() for f in fixed), x)))(x.numpy())
    total = np.sum(gate(*fixed, x))
    for array in fixed:
        array[:] = np.nan
    total.backward()
    assert np.array_equal(x.grad, want)
    assert np.all(np.isfinite(want))
