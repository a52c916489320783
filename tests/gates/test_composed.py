"""NumPy's functions that are others put together: NumPy's bits, and the slopes that differences show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gates.cases import quietly
from gatewise._gates.composed import COMPOSED

V = np.array([0.7, -1.3, 2.4, 0.9, -0.2])
W = np.array([1.1, 0.4, -0.8, 2.2, 0.3])
A = np.array([[0.7, -1.3, 2.4], [0.9, -0.2, 1.6]])
B = np.array([[1.2, 0.3, -0.7], [-0.4, 2.1, 0.5]])
Q = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, -0.2], [0.0, 0.4, 1.2]])
C = np.arange(24.0).reshape(2, 3, 4) ** 1.1 / 7
N = np.array([0.7, np.nan, 2.4, 0.9, -0.2])
X = np.array([0.0, 0.4, 1.0, 1.9, 2.3])

#: Calls as people write them, of one or two arrays; the arrays are what is differentiated by.
CALLS: list[tuple[str, tuple[Any, ...]]] = [
    ("np.geomspace(a[1] + 2, b[1], 4)", (V, W)),
    ("np.polydiv(a, b)[1]", (V, W[:3])),
    ("np.abs(np.roots(a))", (V,)),
    ("np.frexp(a)[0] * b", (V, W)),
    ("a[np.ix_([0, 1], b[0] > 0)] * bool(np.array2string(a)) * (np.min_scalar_type(b) == float)", (A, B)),
    ("np.nanmedian(a)", (N,)),
    ("np.nanmedian(a, axis=0)", (np.stack([N, W, X]),)),
    ("np.nanquantile(a, [0.2, 0.7], axis=1)", (np.stack([N, W, X]),)),
    ("np.nanpercentile(a, 30, method='hazen')", (N,)),
    ("np.quantile(a, 0.3, axis=(0, 2), method='weibull')", (C,)),
    ("np.fft.hfft(a)", (V,)),
    ("np.abs(np.fft.ihfft(a, norm='forward'))", (V,)),
    ("np.histogram_bin_edges(a, 3)", (V,)),
    ("np.histogram(a, 3, density=True)[0]", (V,)),
    ("a[np.unravel_index(np.argmax(a), a.shape)]", (A,)),
    ("np.sort(a, axis=None)", (A,)),
    ("np.partition(a, 2, axis=None)", (A,)),
    ("np.ravel(a)[np.argsort(a, axis=None)]", (A,)),
    ("np.ravel(a)[np.argpartition(a, 2, axis=None)]", (A,)),
    ("np.polyadd(a, b)", (V, W[:3])),
    ("np.polysub(a, b)", (V[:2], W)),
    ("np.polyint(a)", (V,)),
    ("np.trim_zeros(np.concatenate([[0.0], a, [0.0]]))", (V,)),
    ("np.unique_values(a)", (V,)),
    ("np.cumulative_sum(a)", (V,)),
    ("np.cumulative_sum(a, axis=1, include_initial=True)", (A,)),
    ("np.cumulative_prod(a)", (V,)),
    ("np.unstack(a)[1]", (A,)),
    ("np.matvec(a, b)", (A, V[:3])),
    ("np.vecmat(a, b)", (V[:2], A)),
    ("np.resize(a, (2, 4))", (V,)),
    ("np.apply_over_axes(np.sum, a, [0, 2])", (C,)),
    ("np.linspace(a, b, 4)", (1.5, 2.25)),
    ("np.linspace(a, b, 3, endpoint=False)", (V, W)),
    ("np.logspace(a, b, 4)", (0.5, 1.25)),
    ("np.piecewise(a, [a < 0, a >= 0], [lambda x: x * 2, lambda x: x**2])", (V,)),
    ("np.piecewise(a, [a > 1], [np.sin, 0.5])", (V,)),
    ("np.poly(a)", (V,)),
    ("np.polymul(a, b)", (V, W)),
    ("np.polyfit(a, b, 2)", (V, W)),
    ("np.polyfit(a, b, 1, w=[1.0, 2.0, 0.5, 1.5, 1.0])", (V, W)),
    ("np.polyfit(np.arange(2), a, 1)", (A[:, :2],)),
    ("np.polyder(a)", (V,)),
    ("np.linalg.cross(a, b)", (V[:3], W[:3])),
    ("np.linalg.tensordot(a, b, axes=1)", (Q, Q)),
    ("np.linalg.vecdot(a, b)", (V, W)),
    ("np.astype(a, float)", (V,)),
    ("np.around(a, 1) * a", (V,)),
    ("np.real_if_close(a)", (V,)),
    ("np.fft.irfft(np.fft.rfft(a))", (V[:4],)),
    ("np.fft.irfft(np.fft.rfft(a), 5)", (V,)),
    ("np.abs(np.fft.rfft(a, 7))", (V,)),
    ("np.abs(np.fft.fft2(a))", (A,)),
    ("np.real(np.fft.ifft2(a))", (A,)),
    ("np.abs(np.fft.rfft2(a))", (A,)),
    ("np.abs(np.fft.rfftn(a))", (A,)),
    ("np.fft.irfft2(np.fft.rfft2(a), (2, 3))", (A,)),
    ("np.fft.irfftn(np.fft.rfftn(a), (2, 3), axes=(0, 1))", (A,)),
    ("np.fft.fftshift(a)", (A,)),
    ("np.fft.ifftshift(a, axes=1)", (A,)),
    ("np.add.reduce(a)", (A,)),
    ("np.multiply.reduce(a, axis=1)", (A,)),
    ("np.maximum.reduce(a)", (A,)),
    ("np.add.accumulate(a)", (V,)),
    ("np.multiply.accumulate(a, axis=1)", (A,)),
    ("np.maximum.accumulate(a)", (V,)),
    ("np.minimum.accumulate(a, axis=1)", (A,)),
    ("np.subtract.outer(a, b)", (V, W[:3])),
    ("np.multiply.outer(a, b)", (A, W[:2])),
    ("np.add.outer(a, b)", (2.0, W)),
    ("np.add.reduceat(a, [0, 2, 3])", (V,)),
    ("np.divmod(a, b)[1]", (V, W + 0.05)),
    ("np.sum(a, initial=1.5)", (V,)),
    ("np.max(a, initial=0.8)", (V,)),
    ("np.min(a, axis=1, initial=0.8)", (A,)),
    ("np.amax(a, axis=0)", (A,)),
    ("np.amin(a, where=a > 0, initial=np.inf)", (V,)),
    ("np.sum(a, where=a > 0)", (A,)),
    ("np.mean(a, axis=1, where=a > 0)", (A,)),
    ("np.sum(a, dtype=np.float64)", (V,)),
    ("np.prod(a, where=b > 0)", (V, W)),
    ("np.atleast_1d(a)", (2.5,)),
    ("np.atleast_1d(a, b)[1]", (2.5, V)),
    ("np.atleast_2d(a)", (V,)),
    ("np.atleast_3d(a)", (A,)),
    ("np.atleast_3d(a)", (V,)),
    ("np.hstack([a, b])", (V, W)),
    ("np.hstack((a, b))", (A, B)),
    ("np.vstack([a, b])", (V, W)),
    ("np.vstack((a, b))", (A, B)),
    ("np.dstack([a, b])", (A, B)),
    ("np.dstack([a, b])", (V, W)),
    ("np.column_stack([a, b])", (V, W)),
    ("np.column_stack([a, b])", (A, B[:, 0])),
    ("np.block([[a, b], [b, a]])", (A, B)),
    ("np.block([a, b])", (V, W)),
    ("np.block([[a, np.zeros((2, 1))], [np.ones((1, 4))]])", (A,)),
    ("np.append(a, b)", (V, W)),
    ("np.append(a, 1.5)", (V,)),
    ("np.append(a, b, axis=0)", (A, B)),
    ("np.append(a, b)", (A, 2.0)),
    ("np.insert(a, 2, b)", (V, 9.0)),
    ("np.insert(a, [1, 3], b)", (V, W[:2])),
    ("np.insert(a, [3, 1], b)", (V, W[:2])),
    ("np.insert(a, 1, b, axis=1)", (A, B[:, 0])),
    ("np.insert(a, 1, b, axis=0)", (A, B[0])),
    ("np.insert(a, 0, 5.0, axis=1)", (A,)),
    ("np.insert(a, 2, b)", (V, W[:2])),
    ("np.delete(a, 2)", (V,)),
    ("np.delete(a, [0, -1])", (V,)),
    ("np.delete(a, 1, axis=1)", (A,)),
    ("np.delete(a, slice(0, 3))", (V,)),
    ("np.diagflat(a)", (V,)),
    ("np.diagflat(a, 1)", (A,)),
    ("np.broadcast_arrays(a, b)[0]", (V, 2.0)),
    ("np.broadcast_arrays(a, b)[1]", (A, 2.0)),
    ("np.meshgrid(a, b)[0]", (V, W)),
    ("np.meshgrid(a, b, indexing='ij')[1]", (V, W[:3])),
    ("np.meshgrid(a, b, sparse=True)[1]", (V, W[:3])),
    ("np.array_split(a, 3)[1]", (V,)),
    ("np.array_split(a, 2, axis=1)[0]", (A,)),
    ("np.hsplit(a, 3)[2]", (A,)),
    ("np.vsplit(a, 2)[1]", (A,)),
    ("np.dsplit(a, [1])[1]", (C,)),
    ("np.hsplit(a, [2])[0]", (V,)),
    ("np.take(a, [0, 3, 0])", (V,)),
    ("np.take(a, 2)", (A,)),
    ("np.take(a, [2, 0], axis=1)", (A,)),
    ("np.take(a, [7, -9], mode='clip')", (V,)),
    ("np.take(a, [7, -9], mode='wrap')", (V,)),
    ("np.take_along_axis(a, np.array([[0], [2]]), axis=1)", (A,)),
    ("np.take_along_axis(a, np.argsort(a, axis=0), axis=0)", (A,)),
    ("np.take_along_axis(a, np.array([1, 1]), axis=None)", (A,)),
    ("np.compress([True, False, True], a, axis=1)", (A,)),
    ("np.compress(np.asarray([1, 0, 1, 1, 0], bool), a)", (V,)),
    ("np.extract(a > 0, a)", (A,)),
    ("np.select([a > 1, a > 0], [a * 2, b], 0.5)", (V, W)),
    ("np.select([a > 1], [a])", (V,)),
    ("np.choose([0, 1, 0, 1, 1], [a, b])", (V, W)),
    ("np.choose(1, [a, b])", (V, W)),
    ("np.ptp(a)", (V,)),
    ("np.ptp(a, axis=1)", (A,)),
    ("np.average(a)", (V,)),
    ("np.average(a, weights=b)", (V, W)),
    ("np.average(a, axis=1, weights=[1.0, 2.0, 0.5])", (A,)),
    ("np.average(a, axis=0)", (A,)),
    ("np.average(a, weights=b, returned=True)[0]", (V, W)),
    ("np.trapezoid(a)", (V,)),
    ("np.trapezoid(a, dx=0.1)", (V,)),
    ("np.trapezoid(a, b)", (V, X)),
    ("np.trapezoid(a, b, axis=1)", (A, X[:3])),
    ("np.trapezoid(a, axis=0)", (A,)),
    ("np.cov(a)", (A,)),
    ("np.cov(a)", (V,)),
    ("np.cov(a, b)", (V, W)),
    ("np.cov(a, rowvar=False)", (A,)),
    ("np.cov(a, bias=True)", (A,)),
    ("np.cov(a, ddof=0)", (A,)),
    ("np.corrcoef(a)", (A,)),
    ("np.corrcoef(a, b)", (V, W)),
    ("np.nansum(a)", (N,)),
    ("np.nanprod(a)", (N,)),
    ("np.nancumsum(a)", (N,)),
    ("np.nancumprod(a)", (N,)),
    ("np.nanmean(a)", (N,)),
    ("np.nanmean(a, axis=0)", (A,)),
    ("np.nanvar(a)", (N,)),
    ("np.nanstd(a, ddof=1)", (N,)),
    ("np.nanmax(a)", (N,)),
    ("np.nanmin(a)", (N,)),
    ("np.nanmax(a, axis=1)", (A,)),
    ("np.max(a, axis=1, initial=-9.0) * b", (A[:, :0], V[:2])),
    ("np.min(a, axis=0, initial=2.0, where=a > 0) + np.sum(a) + b", (A[:0], V[:3])),
    ("np.percentile(a, 30)", (V,)),
    ("np.percentile(a, [10, 50.0, 90])", (V,)),
    ("np.percentile(a, 75, axis=1)", (A,)),
    ("np.quantile(a, 0.25)", (A,)),
    ("np.quantile(a, [0.1, 0.9], axis=0)", (A,)),
    ("np.quantile(a, 0.4, axis=1, keepdims=True)", (A,)),
    ("np.diff(a)", (V,)),
    ("np.diff(a, n=2)", (V,)),
    ("np.diff(a, axis=0)", (A,)),
    ("np.diff(a, prepend=0.0)", (V,)),
    ("np.diff(a, append=a[:1])", (V,)),
    ("np.diff(a, prepend=0.0, axis=0)", (A,)),
    ("np.ediff1d(a)", (A,)),
    ("np.ediff1d(a, to_begin=0.5, to_end=[1.0, 2.0])", (V,)),
    ("np.gradient(a)", (V,)),
    ("np.gradient(a, 0.1)", (V,)),
    ("np.gradient(a, b)", (V, X)),
    ("np.gradient(a)[0]", (A,)),
    ("np.gradient(a, axis=1)", (A,)),
    ("np.gradient(a, 0.1, 0.2)[1]", (A,)),
    ("np.gradient(a, edge_order=2)", (V,)),
    ("np.gradient(a, b, edge_order=2)", (V, X)),
    ("np.interp(a, np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, -1.0]))", (V,)),
    ("np.interp([0.5, 1.2, 9.0, -3.0], a, b)", (X, W)),
    ("np.interp(a, [0.0, 1.0], b)", (0.3, W[:2])),
    ("np.interp(a, [0.0, 1.0, 2.0], b, left=-1.0, right=7.0)", (V, W[:3])),
    ("np.correlate(a, b)", (V, W[:3])),
    ("np.correlate(a, b, 'full')", (V, W[:3])),
    ("np.correlate(a, b, 'same')", (V, W[:2])),
    ("np.correlate(a, b, 'same')", (V[:2], W)),
    ("np.correlate(a, b, 'full')", (V[:3], W)),
    ("np.polyval(a, b)", (V, W)),
    ("np.polyval(a, b)", (V, 0.3)),
    ("np.polyval([1.0, 2.0, 3.0], a)", (V,)),
    ("np.vander(a)", (V,)),
    ("np.vander(a, 3, increasing=True)", (V,)),
    ("np.nan_to_num(a)", (N,)),
    ("np.nan_to_num(a, nan=1.0)", (V,)),
    ("np.unwrap(a)", (V * 3,)),
    ("np.unwrap(a, axis=0)", (A * 4,)),
    ("np.bincount([0, 2, 0, 1, 2], weights=a)", (V,)),
    ("np.bincount([0, 2, 0, 1, 2], weights=a, minlength=6)", (V,)),
    ("np.apply_along_axis(lambda r: np.sum(r * r), 1, a)", (A,)),
    ("np.apply_along_axis(lambda r: np.cumsum(r), 0, a)", (A,)),
    *((f"np.linalg.norm(a, {o})", (Q,)) for o in ("'nuc'", 1, -1, 2, -2, "np.inf", "-np.inf")),
    *((f"np.linalg.norm(a, {o}, axis=(2, 0), keepdims=True)", (C,)) for o in ("'nuc'", 1, 2, "-np.inf")),
    ("np.linalg.vector_norm(a)", (A,)),
    ("np.linalg.vector_norm(a, axis=1, ord=3)", (A,)),
    ("np.linalg.matrix_norm(a)", (C,)),
    ("np.linalg.matrix_norm(a, ord=2)", (Q,)),
    ("np.linalg.qr(a, mode='r')", (Q,)),
    ("np.linalg.svdvals(a)", (A,)),
    ("np.linalg.cond(a)", (Q,)),
    ("np.linalg.cond(a, -2)", (Q,)),
    *((f"np.linalg.matrix_power(a, {n})", (Q,)) for n in (0, 1, 2, 3, 5, -2)),
    ("np.linalg.tensorsolve(a, b)", (np.eye(4).reshape(2, 2, 2, 2) + 0.1, A[:, :2])),
    ("np.linalg.tensorinv(a)", (np.eye(4).reshape(2, 2, 2, 2) + C[:, :2, :4].reshape(2, 2, 2, 2) / 9,)),
    ("np.linalg.multi_dot([a, b, a])", (Q, Q.T)),
    ("np.linalg.diagonal(a)", (Q,)),
    ("np.linalg.trace(a)", (Q,)),
    ("np.linalg.matrix_transpose(a)", (A,)),
    ("np.linalg.matmul(a, b)", (Q, Q)),
    ("np.linalg.outer(a, b)", (V, W)),
    ("np.unique(a)", (V,)),
    ("a * np.histogram(b, 3)[0][0] + np.histogram(b, 4)[1]", (V, W)),
    ("a * np.histogram(b, [0.0, 1.0, 2.0])[0][1] + np.histogram(b, 4, (0.0, 1.0))[0][0]", (V, W)),
    ("np.unique(a, return_inverse=True)[0]", (A,)),
    ("a[np.nonzero(a > 0)]", (V,)),
    ("a * np.count_nonzero(b)", (V, W)),
    ("a[np.argwhere(a > 0)[:, 0]]", (V,)),
    ("a[np.lexsort((b, a))]", (V, W)),
    ("a if np.allclose(a, b) else b", (V, W)),
    ("a[np.digitize(b, [0.0, 1.0])]", (V, W)),
    ("a / np.linalg.matrix_rank(a)", (Q,)),
    ("b[np.isin(a, [0.7, 2.4])]", (V + 0.1, W)),
    ("a * np.iscomplex(b)[0] + np.isreal(b)", (V, W)),
    ("a * (np.array_equal(a, b) + np.array_equiv(a, b))", (V, W)),
    ("a * np.shares_memory(a, b) + np.may_share_memory(b, a)", (V, W)),
    ("a[np.nanargmax(b)] + a[np.nanargmin(b)]", (V, W)),
    ("a * np.isposinf(b) + np.isneginf(a) + np.isrealobj(a)", (V, W)),
    ("a[np.ravel_multi_index((np.argmax(a.ravel()),), (5,))]", (V,)),
    ("a[np.tril_indices_from(a)]", (Q,)),
    ("a[np.diag_indices_from(a)]", (Q,)),
    ("a[np.flatnonzero(b > 0)]", (V, W)),
    ("a * np.can_cast(a.dtype, float) + np.common_type(a)(1)", (V,)),
    ("a[np.triu_indices_from(a)]", (Q,)),
    ("np.argsort(a) * 1.0", (V,)),
    ("a[np.searchsorted([0.0, 1.0], b)]", (V, W)),
]


#: These are put together in another order than NumPy does: the last bits may differ.
ROUNDED = (
    "np.nan",
    "np.quantile(a, 0.3, axis=(0, 2)",
    "np.histogram",
    "np.linalg.multi_dot",
    "np.linalg.svdvals",
    "np.linalg.cond",
    "np.fft.",
    "np.abs(np.fft",
    "np.real(np.fft",
)


def of(text: str) -> Any:
    return eval(f"lambda a, b=None: {text}", {"np": np})  # noqa: S307  (the texts are ours)


@pytest.mark.parametrize(("text", "values"), CALLS, ids=[text for text, _ in CALLS])
def test_composed(text: str, values: tuple[Any, ...]) -> None:
    f = of(text)
    want = quietly(f, *values)
    have = quietly(f, *(gw.tensor(v) for v in values))
    have = have.value if type(have) is gw.Tensor else have
    assert type(have) is type(want), f"{type(have)} instead of {type(want)}"
    assert (np.shape(have), np.asarray(have).dtype) == (np.shape(want), np.asarray(want).dtype)
    if text.startswith(ROUNDED):
        np.testing.assert_allclose(have, want, rtol=1e-13, atol=1e-15)
    else:
        np.testing.assert_array_equal(have, want)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, np.shape(want))

    def total(*given: Any) -> Any:
        return np.sum(f(*given) * weights)

    found = quietly(gw.grad(total, tuple(range(len(values)))), *values)
    for k, (g, v) in enumerate(zip(found, values, strict=True)):
        assert type(g) is type(v)
        assert np.shape(g) == np.shape(v)
        for place in np.ndindex(np.shape(v)):
            if np.isnan(np.asarray(v)[place]):
                assert np.asarray(g)[place] == 0
                continue
            slope = along(total, values, k, place, 1.0)
            assert abs(np.asarray(g)[place] - slope) <= 1e-8 * max(1, abs(slope)), (k, place, g, slope)


#: What NumPy orders by hash: entries that move come out in another order.
BY_HASH = "np.unique_values"


@pytest.mark.parametrize(("text", "values"), CALLS, ids=[text for text, _ in CALLS])
def test_composed_of_complex_numbers(text: str, values: tuple[Any, ...]) -> None:
    """NumPy's value and the slopes along both axes, or a clear refusal; what NumPy itself refuses is left out."""
    f, rng = of(text), np.random.default_rng(3)
    values = tuple(np.asarray(v) + 1j * rng.uniform(0.2, 0.9, np.shape(v)) for v in values)
    try:
        want = quietly(f, *values)
    except (TypeError, ValueError):
        pytest.skip("NumPy does not take complex numbers here")
    try:
        have = quietly(f, *map(gw.tensor, values))
        have = have.value if type(have) is gw.Tensor else have
        assert np.shape(have) == np.shape(want)
        np.testing.assert_allclose(have, want, rtol=1e-13, atol=1e-14)
        if np.asarray(want).dtype.kind not in "fc" or text.startswith(BY_HASH):
            return
        weights = rng.normal(size=np.shape(want)) + 1j * rng.normal(size=np.shape(want))

        def total(*given: Any) -> Any:
            return np.sum(np.real(weights * f(*given)))

        found = quietly(gw.grad(total, tuple(range(len(values)))), *values)
    except gw.GatewiseError:
        return
    for k, (g, v) in enumerate(zip(found, values, strict=True)):
        for place in np.ndindex(np.shape(v)):
            if np.isnan(v[place]):
                continue
            slope = sum(axis * along(total, values, k, place, axis) for axis in (1, 1j))
            assert abs(g[place] - slope) <= 1e-8 * max(1, abs(slope)), (k, place, g, slope)


def along(total: Any, values: tuple[Any, ...], k: int, place: tuple[int, ...], axis: complex) -> float:
    """How a total moves as one entry moves along an axis of the complex plane: three steps, extrapolated."""
    steps = []
    for h in (1e-3, 5e-4, 2.5e-4):
        ends = []
        for sign in (1, -1):
            moved = [np.array(x) for x in values]
            moved[k][place] += sign * h * axis
            ends.append(quietly(total, *moved))
        steps.append((ends[0] - ends[1]) / (2 * h))
    first = [(4 * steps[i + 1] - steps[i]) / 3 for i in range(2)]
    return (16 * first[1] - first[0]) / 15


def test_every_composition_is_called() -> None:
    called = {
        ".".join(("np", *f.__module__.split(".")[1:2], f.__name__)).replace("np.lib.", "np.")
        for f in COMPOSED
        if not f.__module__.startswith("scipy.")
    }
    texts = " ".join(text for text, _ in CALLS).replace("np.lib.stride_tricks.", "np.")
    assert [name for name in called if f"{name}(" not in texts] == []


def test_a_ufunc_computes_in_the_dtype_it_is_told() -> None:
    f = lambda a, b: np.add(a, b, dtype=np.float32)  # noqa: E731
    have = f(gw.tensor(V), gw.tensor(W))
    np.testing.assert_array_equal(have.value, f(V, W))
    assert have.dtype == np.float32
    (g,) = gw.vjp(lambda a: f(a, W), V)[1](np.ones(5, np.float32))
    np.testing.assert_array_equal(g, np.ones(5))


SINGLE = np.array([[0.3, 1.2, -0.5], [2.0, 0.1, 0.7]], np.float32)
UNKNOWN = np.array([[0.3, np.nan, -0.5], [2.0, 0.1, 0.7]], np.float32)


@pytest.mark.parametrize(
    "a", [SINGLE, UNKNOWN, SINGLE[0], UNKNOWN[0], SINGLE.astype(float)], ids=["s", "n", "s0", "n0", "d"]
)
@pytest.mark.parametrize("q", [0.55, 1, [0.2, 0.7], np.float32(0.55), np.array([0.2, 0.7], np.float32), np.array(0.4)])
@pytest.mark.parametrize("options", [{}, {"axis": -1}, {"axis": 0, "keepdims": True}, {"method": "lower"}], ids=str)
def test_quantiles_have_numpys_bits_and_dtype(a: Any, q: Any, options: Any) -> None:
    for f in (np.quantile, np.nanquantile):
        have, _ = gw.vjp(lambda x, f=f: f(x, q, **options), a)
        want = f(a, q, **options)
        assert (type(have), have.dtype, np.shape(have)) == (type(want), want.dtype, np.shape(want))
        np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize(
    "f", [np.median, lambda x, **k: np.quantile(x, 0.4, **k), lambda x, **k: np.percentile(x, 9, **k)]
)
def test_what_is_the_middle_of_nan_is_not_known(f: Any) -> None:
    x = np.array([[0.3, np.nan, -0.5], [2.0, 0.1, 0.7]])
    gradient = quietly(gw.grad(lambda x: np.sum(f(x, axis=1))), x)
    assert np.isnan(gradient[0]).all()
    np.testing.assert_array_equal(gradient[1], gw.grad(lambda x: f(x, axis=0))(x[1]))
    assert np.isnan(quietly(gw.jvp, lambda x: np.sum(f(x, axis=1)), (x,), (np.ones((2, 3)),))[1])
    assert np.isnan(quietly(gw.grad(lambda x: f(x)), x)).all()


def test_what_is_put_beside_differences_takes_their_dtype() -> None:
    for f in (
        lambda x: np.ediff1d(x, to_end=-1.5),
        lambda x: np.ediff1d(x[:0], to_end=-1.5),
        lambda x: np.ediff1d(x, to_begin=np.float64(3), to_end=[1.0, 2.0]),
    ):
        have, _ = gw.vjp(f, SINGLE)
        np.testing.assert_array_equal(have, f(SINGLE), strict=True)
    with pytest.raises(gw.GatewiseError, match="ediff1d"):
        gw.grad(lambda x: np.real(np.ediff1d(x, to_end=1j))[0])(SINGLE)


def test_columns_of_powers_are_in_double_precision() -> None:
    have, _ = gw.vjp(lambda x: np.vander(x, 3), SINGLE[0])
    np.testing.assert_array_equal(have, np.vander(SINGLE[0], 3), strict=True)


@pytest.mark.parametrize("which", [0, 1])
def test_parts_of_a_division_of_numbers_are_numpys(which: int) -> None:
    value = gw.value_and_grad(lambda x: np.divmod(x, x * x + 0.4)[which])(-0.466)[0]
    assert type(value) is np.float64
    assert value == np.divmod(-0.466, 0.466**2 + 0.4)[which]
