"""The functions that public code calls, by name, each with its ordinary keywords: as text, in `a` and `b`, with values.

A row is a name and its calls; `a` and `b` are what is differentiated by. `V`, `W` are vectors of five, `A`, `B` are
(2, 3), `Q` is square, `C` is (2, 3, 4), `P` has positive entries, `Z` are complex numbers made of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

V = np.array([0.7, -1.3, 2.4, 0.9, -0.2])
W = np.array([1.1, 0.4, -0.8, 2.2, 0.3])
A = np.array([[0.7, -1.3, 2.4], [0.9, -0.2, 1.6]])
B = np.array([[1.2, 0.3, -0.7], [-0.4, 2.1, 0.5]])
Q = np.array([[2.0, 0.5, 0.1], [0.3, 1.5, -0.2], [0.0, 0.4, 1.2]])
S = Q @ Q.T
C = np.sin(np.arange(24.0) * 1.7 + 0.3).reshape(2, 3, 4)
P = np.array([0.7, 1.3, 2.4, 0.9, 0.2])
N = np.array([[0.7, np.nan, 2.4], [0.9, -0.2, 1.6]])

#: By name: calls, and what stands for a and b in them.
EVERYDAY: dict[str, list[tuple[str, tuple[Any, ...]]]] = {}


def row(name: str, values: Any, *calls: str) -> None:
    values = values if isinstance(values, tuple) else (values,)
    EVERYDAY.setdefault(name, []).extend((call, values) for call in calls)


# ------------------------------------------------------------------------------------------- moved, joined, repeated

row("flip", C, "np.flip(a)", "np.flip(a, 1)", "np.flip(a, axis=(0, 2))")
row("fliplr", A, "np.fliplr(a)")
row("flipud", A, "np.flipud(a)")
row("roll", C, "np.roll(a, 2)", "np.roll(a, -1, axis=1)", "np.roll(a, (1, 2), axis=(0, 2))", "np.roll(a, shift=1)")
row("rot90", A, "np.rot90(a)", "np.rot90(a, 2)", "np.rot90(a, k=-1)", "np.rot90(a, axes=(1, 0))")
row("hstack", (A, B), "np.hstack([a, b])", "np.hstack((a[0], b[1]))", "np.hstack([a, b], dtype=np.float64)")
row("vstack", (A, B), "np.vstack([a, b])", "np.vstack((a[0], b))", "np.vstack([a, b], dtype=np.float64)")
row("dstack", (A, B), "np.dstack([a, b])")
row("column_stack", (V, W), "np.column_stack([a, b])", "np.column_stack((a, np.ones(5), b))")
row("stack", (A, B), "np.stack([a, b])", "np.stack([a, b], axis=-1)", "np.stack((a, b), 1)")
row(
    "concatenate",
    (A, B),
    "np.concatenate([a, b])",
    "np.concatenate((a, b), axis=1)",
    "np.concatenate([a, b], axis=None)",
    "np.concatenate([a, b], 0, dtype=float)",
    "np.concatenate((a, b), out=np.zeros((4, 3)))",
)
row("block", (A, B), "np.block([[a, b], [b, a]])")
row("append", (A, B), "np.append(a, b)", "np.append(a, b, axis=1)", "np.append(a, values=b, axis=0)")
row("insert", (V, W), "np.insert(a, 1, b[0])", "np.insert(a, [0, 3], b[:2])", "np.insert(a, slice(1, 3), b[:2])")
row("insert", A, "np.insert(a, 1, 0.5, axis=1)", "np.insert(a, obj=0, values=a[1], axis=0)")
row("delete", A, "np.delete(a, 1, axis=1)", "np.delete(a, [0, 4])", "np.delete(a, np.s_[::2], axis=1)")
row("tile", A, "np.tile(a, 2)", "np.tile(a, (2, 1, 3))", "np.tile(a, reps=[2, 1])")
row(
    "repeat",
    A,
    "np.repeat(a, 2)",
    "np.repeat(a, 2, axis=0)",
    "np.repeat(a, [1, 0, 2], axis=1)",
    "np.repeat(a, repeats=3, axis=-1)",
)
row(
    "pad",
    A,
    "np.pad(a, 1)",
    "np.pad(a, ((1, 0), (2, 1)))",
    "np.pad(a, 1, mode='edge')",
    "np.pad(a, 1, mode='reflect')",
    "np.pad(a, (1, 2), mode='wrap')",
    "np.pad(a, 1, 'symmetric')",
    "np.pad(a, 1, constant_values=2.0)",
    "np.pad(a, ((1, 1), (0, 0)), 'constant', constant_values=((1.0, 2.0), (0.0, 0.0)))",
)
row("triu", Q, "np.triu(a)", "np.triu(a, 1)", "np.triu(a, k=-1)")
row("tril", C, "np.tril(a)", "np.tril(a, k=1)")
row("diag", (Q, V), "np.diag(a)", "np.diag(a, 1)", "np.diag(b)", "np.diag(b, k=-2)")
row(
    "diagonal",
    C,
    "np.diagonal(a)",
    "np.diagonal(a, 1)",
    "np.diagonal(a, offset=-1, axis1=1, axis2=2)",
    "a.diagonal(0, 1, 2)",
)
row("diagflat", A, "np.diagflat(a)", "np.diagflat(a, k=1)")
row("trace", C, "np.trace(a)", "np.trace(a, offset=1, axis1=1, axis2=2)", "a.trace()", "np.trace(a, dtype=float)")
row("ravel", C, "np.ravel(a)", "np.ravel(a, order='F')", "a.ravel('F')", "a.flatten()", "a.flatten(order='F')")
row(
    "reshape",
    C,
    "np.reshape(a, (4, 6))",
    "np.reshape(a, -1, order='F')",
    "a.reshape(2, -1)",
    "a.reshape((6, 4), order='F')",
)
row("moveaxis", C, "np.moveaxis(a, 0, -1)", "np.moveaxis(a, [0, 1], [2, 0])", "np.moveaxis(a, source=1, destination=0)")
row("rollaxis", C, "np.rollaxis(a, 2)", "np.rollaxis(a, 1, start=3)")
row("swapaxes", C, "np.swapaxes(a, 0, 2)", "a.swapaxes(1, -1)")
row("transpose", C, "np.transpose(a)", "np.transpose(a, (1, 2, 0))", "a.transpose(2, 0, 1)", "a.T")
row("squeeze", C[:1], "np.squeeze(a)", "np.squeeze(a, axis=0)", "a.squeeze()")
row("expand_dims", A, "np.expand_dims(a, 0)", "np.expand_dims(a, axis=(0, 3))")
row("broadcast_to", V, "np.broadcast_to(a, (2, 5))", "np.broadcast_to(a, shape=(1, 2, 5))")
row("broadcast_arrays", (A, V[:3]), "np.broadcast_arrays(a, b)[1]")
row("atleast_1d", (2.5, V), "np.atleast_1d(a)", "np.atleast_1d(a, b)[1]")
row("atleast_2d", V, "np.atleast_2d(a)")
row("atleast_3d", A, "np.atleast_3d(a)")
row("split", C, "np.split(a, 2)[1]", "np.split(a, [1, 3], axis=2)[1]", "np.split(a, indices_or_sections=3, axis=1)[0]")
row("array_split", V, "np.array_split(a, 3)[0]", "np.array_split(a, [2])[1]")
row("hsplit", A, "np.hsplit(a, 3)[1]")
row("vsplit", A, "np.vsplit(a, 2)[1]")
row("dsplit", C, "np.dsplit(a, 2)[1]")
row(
    "meshgrid",
    (V, W),
    "np.meshgrid(a, b)[0]",
    "np.meshgrid(a, b, indexing='ij')[1]",
    "np.meshgrid(a, b, sparse=True)[0]",
    "np.meshgrid(a, b, copy=False)[1]",
)
row("indices", V, "a[np.indices((2, 2))[0]]")
row("ix_", Q, "a[np.ix_([0, 2], [1, 2])]")

# ------------------------------------------------------------------------------------------------------- products

row("kron", (A, B), "np.kron(a, b)", "np.kron(a[0], b)")
row("cross", (Q[:, :2], A[0, :2]), "np.cross(a, b)", "np.cross(a, Q)", "np.cross(a.T, Q, axisa=0)", "np.cross(b, a[0])")
row("cross", (A, B), "np.cross(a, b)", "np.cross(a, b[0])")
row("cross", (C[:, :3, :3], Q), "np.cross(a, b, axis=1)", "np.cross(a, b, axisa=1, axisb=-1, axisc=0)")
row("inner", (A, B), "np.inner(a, b)", "np.inner(a[0], b[1])")
row("outer", (V, W), "np.outer(a, b)")
row("vdot", (A, B), "np.vdot(a, b)")
row("dot", (Q, A[0]), "np.dot(a, b)", "a.dot(b)", "np.dot(b, a)")
row("matmul", (C, np.swapaxes(C, 1, 2)), "np.matmul(a, b)", "a @ b")
row(
    "tensordot",
    (C, C.transpose(2, 1, 0)),
    "np.tensordot(a, b, 1)",
    "np.tensordot(a, b, axes=([2, 1], [0, 1]))",
    "np.tensordot(a, b[0], axes=[[1], [0]])",
)
row(
    "einsum",
    (Q, A),
    "np.einsum('ij,kj->ik', a, b)",
    "np.einsum('ii', a)",
    "np.einsum('ii->i', a)",
    "np.einsum('ij->ji', b)",
    "np.einsum('ij,jk,kl', b, a, a)",
    "np.einsum('ij,kj', a, b, optimize=True)",
    "np.einsum(a, [0, 1], b, [2, 1], [0, 2])",
    "np.einsum('...j,...j', b, b)",
    "np.einsum('ij,kj->', a, b, optimize='greedy')",
)

# ---------------------------------------------------------------------------------------------------------- totals

for name in ("sum", "prod", "mean", "max", "min"):
    row(
        name,
        C,
        f"np.{name}(a)",
        f"np.{name}(a, 1)",
        f"np.{name}(a, axis=(0, 2))",
        f"np.{name}(a, axis=-1, keepdims=True)",
        f"a.{name}()",
        f"a.{name}(axis=0)",
        f"a.{name}(0, keepdims=True)",
        f"np.{name}(a, axis=0, out=np.zeros((3, 4)))",
    )
for name in ("sum", "prod"):
    row(
        name,
        C,
        f"np.{name}(a, where=a > 0)",
        f"np.{name}(a, axis=1, initial=2.0)",
        f"np.{name}(a, dtype=np.float64)",
        f"np.{name}(a, axis=(1, 2), where=a > 0, keepdims=True)",
    )
row("mean", C, "np.mean(a, where=a > 0)", "np.mean(a, axis=0, dtype=np.float64)")
for name, start in (("max", "-9.0"), ("min", "9.0")):
    row(
        name,
        C,
        f"np.{name}(a, initial={start})",
        f"np.{name}(a, axis=1, where=a > 0, initial={start})",
        f"np.a{name}(a, axis=(0, 1))",
    )
for name in ("std", "var"):
    row(
        name,
        C,
        f"np.{name}(a)",
        f"np.{name}(a, axis=1)",
        f"np.{name}(a, axis=(0, 2), ddof=1)",
        f"np.{name}(a, axis=-1, keepdims=True)",
        f"a.{name}(axis=0, ddof=1)",
        f"np.{name}(a, dtype=np.float64)",
        f"np.{name}(a, axis=2, where=a > -0.9)",
        f"np.{name}(a, axis=0, mean=np.mean(a, axis=0, keepdims=True))",
        f"np.{name}(a, axis=1, correction=1)",
        f"np.{name}(a, axis=1, out=np.zeros((2, 4)))",
    )
row("ptp", C, "np.ptp(a)", "np.ptp(a, axis=(0, 1))", "np.ptp(a, axis=1, keepdims=True)")
row(
    "average",
    (A, B * B),
    "np.average(a)",
    "np.average(a, axis=1)",
    "np.average(a, axis=0, weights=b)",
    "np.average(a, weights=b)",
    "np.average(a, axis=1, weights=b[0], keepdims=True)",
    "np.average(a, axis=0, weights=b, returned=True)[1]",
)
row(
    "median",
    C,
    "np.median(a)",
    "np.median(a, axis=1)",
    "np.median(a, axis=(0, 1))",
    "np.median(a, axis=2, keepdims=True)",
    "np.median(a, axis=0, out=np.zeros((3, 4)))",
    "np.median(a, overwrite_input=True)",
)
row(
    "percentile",
    C,
    "np.percentile(a, 30)",
    "np.percentile(a, [10, 90], axis=1)",
    "np.percentile(a, q=50, axis=(0, 2))",
    "np.percentile(a, 25, axis=0, keepdims=True)",
    "np.percentile(a, 33, method='nearest')",
    "np.percentile(a, 33, method='lower')",
    "np.percentile(a, 33, method='midpoint')",
    "np.percentile(a, 33, method='hazen')",
)
row(
    "quantile",
    C,
    "np.quantile(a, 0.3)",
    "np.quantile(a, [0.1, 0.9], axis=1)",
    "np.quantile(a, 0.7, axis=(0, 1), keepdims=True)",
    "np.quantile(a, 0.4, method='higher')",
)
row(
    "cumsum",
    C,
    "np.cumsum(a)",
    "np.cumsum(a, 1)",
    "np.cumsum(a, axis=-1, dtype=float)",
    "a.cumsum(axis=0)",
    "np.cumsum(a, axis=0, out=np.zeros((2, 3, 4)))",
)
row("cumprod", C, "np.cumprod(a)", "np.cumprod(a, axis=1)", "a.cumprod(axis=2)")
row(
    "diff",
    C,
    "np.diff(a)",
    "np.diff(a, 2)",
    "np.diff(a, axis=1)",
    "np.diff(a, n=1, axis=0, prepend=0)",
    "np.diff(a, append=a[..., :1])",
)
row("ediff1d", A, "np.ediff1d(a)", "np.ediff1d(a, to_end=0.0)")
row(
    "gradient",
    C,
    "np.gradient(a)[1]",
    "np.gradient(a, axis=2)",
    "np.gradient(a, 0.5, axis=1)",
    "np.gradient(a, axis=(1, 2), edge_order=2)[0]",
    "np.gradient(a, 0.1, 0.2, 0.3)[2]",
)
row(
    "trapezoid",
    (A, np.cumsum(B * B, axis=1)),
    "np.trapezoid(a)",
    "np.trapezoid(a, b)",
    "np.trapezoid(a, x=b[0], axis=1)",
    "np.trapezoid(a, dx=0.5, axis=0)",
)
row(
    "interp",
    (V + 0.05, np.cumsum(P)),
    "np.interp(a, b, np.arange(5.0))",
    "np.interp([1.0, 2.1], b, a)",
    "np.interp(2.1, b, a, left=0.0, right=0.0)",
    "np.interp(a, [0.0, 1.0, 2.0], [1.0, 3.0, 2.0], period=3.0)",
)
row("convolve", (V, W[:3]), "np.convolve(a, b)", "np.convolve(a, b, 'same')", "np.convolve(a, v=b, mode='valid')")
row("correlate", (V, W[:3]), "np.correlate(a, b)", "np.correlate(a, b, mode='full')")
row("polyval", (W, V), "np.polyval(a, b)", "np.polyval(p=a, x=0.5)")
row("polyfit", W, "np.polyfit([0.0, 1.0, 2.0, 3.5, 5.0], a, 2)")
row("vander", V, "np.vander(a)", "np.vander(a, N=3)", "np.vander(a, 4, increasing=True)")
row(
    "cov",
    (A, B),
    "np.cov(a)",
    "np.cov(a, b)",
    "np.cov(a, rowvar=False)",
    "np.cov(a, bias=True)",
    "np.cov(a, ddof=0)",
    "np.cov(a, fweights=[1, 2, 1])",
    "np.cov(a, aweights=[0.5, 1.0, 2.0])",
)
row("corrcoef", (A, B), "np.corrcoef(a)", "np.corrcoef(a, b)", "np.corrcoef(a, rowvar=False)[0]")
for name in ("nansum", "nanprod", "nanmean", "nanmax", "nanmin", "nanstd", "nanvar"):
    row(
        name,
        N,
        f"np.{name}(a)",
        f"np.{name}(a, axis=1)",
        f"np.{name}(a, axis=(0, 1))",
        f"np.{name}(a, axis=1, keepdims=True)",
    )
row("nancumsum", N, "np.nancumsum(a)", "np.nancumsum(a, axis=1)")
for name, q in (("nanmedian", ""), ("nanpercentile", ", 30"), ("nanquantile", ", 0.3")):
    row(name, N, f"np.{name}(a{q})", f"np.{name}(a{q}, axis=1)", f"np.{name}(a{q}, axis=1, keepdims=True)")
row("count_nonzero", A, "a * np.count_nonzero(a, axis=1, keepdims=True)")

# ------------------------------------------------------------------------------------------------ chosen and ordered

row(
    "sort",
    C,
    "np.sort(a)",
    "np.sort(a, axis=0)",
    "np.sort(a, axis=None)",
    "np.sort(a, kind='stable')",
    "np.sort(a, stable=True)",
)
row("argsort", V, "a[np.argsort(a)]", "a[np.argsort(-a, kind='stable')]", "a[a.argsort()]")
row("partition", V, "np.partition(a, 2)[2]", "np.sort(np.partition(a, 2)[:2])")
row("argpartition", V, "np.sort(a[np.argpartition(a, 2)[:3]])")
row("searchsorted", V, "a[np.searchsorted([0.0, 1.0], a)]", "a[np.searchsorted([0.0, 1.0], a, side='right')]")
row(
    "argmax",
    A,
    "a[0, np.argmax(a, axis=1)]",
    "a.ravel()[a.argmax()]",
    "np.take_along_axis(a, np.argmax(a, axis=1, keepdims=True), 1)",
)
row(
    "take",
    C,
    "np.take(a, [0, 2])",
    "np.take(a, 1, axis=1)",
    "a.take([1, 0], axis=2)",
    "np.take(a, [[0, 9]], mode='wrap')",
    "np.take(a, indices=[1], axis=0)",
)
row("take_along_axis", A, "np.take_along_axis(a, np.argsort(a, axis=1), axis=1)")
row("choose", (V, W), "np.choose([0, 1, 0, 1, 1], [a, b])", "np.choose([0, 3, 0, 1, 1], [a, b], mode='clip')")
row("select", (V, W), "np.select([a > 1, b > 0], [a, b])", "np.select([a > 1], [b], default=a)")
row("piecewise", V, "np.piecewise(a, [a < 0], [lambda t: -t, lambda t: t**2])")
row("compress", A, "np.compress([True, False, True], a, axis=1)", "a.compress([True, False], axis=0)")
row("extract", A, "np.extract(a > 0, a)")
row("where", (V, W), "np.where(a > 0, a, b)", "a[np.where(a > 0)]", "np.where(a > 0, 1.0, b)")
row(
    "clip",
    (V, W),
    "np.clip(a, -1.0, 1.0)",
    "np.clip(a, None, b)",
    "np.clip(a, a_min=-1, a_max=None)",
    "a.clip(-1, 1)",
    "a.clip(min=0)",
    "np.clip(a, min=0.0, max=1.0)",
    "np.clip(a, 0, 1, out=np.zeros(5))",
)
row(
    "maximum",
    (V, W),
    "np.maximum(a, b)",
    "np.maximum(a, 0)",
    "np.maximum(a, b, out=np.zeros(5))",
    "np.maximum(a, b, dtype=float)",
)
row("fmax", (V, W), "np.fmax(a, b)", "np.fmin(a, b)", "np.minimum(a, b)")
row("unique", V, "np.unique(a)", "np.unique(a, return_index=True)[0]", "np.unique(a, return_counts=True)[0]")
row(
    "histogram",
    V,
    "a * np.histogram(a, bins=3)[0].sum()",
    "np.histogram(a, bins=3)[1]",
    "np.histogram(a, 4, density=True)[0]",
    "a * np.histogram(a, bins=3, range=(-2.0, 3.0))[0].sum()",
)
row("digitize", V, "a[np.digitize(a, [0.0, 1.0])]")
row("bincount", V, "np.bincount([0, 2, 0, 1, 2], weights=a, minlength=4)")
row("apply_along_axis", A, "np.apply_along_axis(np.sum, 1, a)", "np.apply_along_axis(lambda r: r / np.sum(r), 0, a)")
row("vectorize", V, "np.vectorize(lambda t: t**2)(a)")

# --------------------------------------------------------------------------------------------------- entry by entry

SMOOTH = (
    *(
        "exp",
        "expm1",
        "sin",
        "cos",
        "tan",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "square",
        "negative",
        "absolute",
    ),
    *("fabs", "exp2", "sinc", "deg2rad", "rad2deg", "degrees", "radians", "sign", "nan_to_num", "positive", "abs"),
)
for name in SMOOTH:
    row(name, V, f"np.{name}(a)")
for name in ("log", "log2", "log10", "log1p", "sqrt", "cbrt", "reciprocal"):
    row(name, P, f"np.{name}(a)")
for name in ("arcsin", "arccos", "arctanh"):
    row(name, P / 3, f"np.{name}(a)")
row("arccosh", P + 1, "np.arccosh(a)")
for name in ("exp", "sqrt", "sin", "log"):
    row(
        name,
        P,
        f"np.{name}(a, out=np.zeros(5))",
        f"np.{name}(a, dtype=np.float64)",
        f"np.{name}(a, where=a > 1, out=np.ones(5))",
    )
TWO = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "power",
    "float_power",
    "arctan2",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "copysign",
    "fmod",
    "mod",
    "remainder",
    "floor_divide",
    "fmax",
    "fmin",
    "heaviside",
)
for name in TWO:
    row(name, (P, P[::-1] + 0.05), f"np.{name}(a, b)", f"np.{name}(a, 1.7)", f"np.{name}(1.7, b)")
for name in ("add", "subtract", "multiply", "divide", "power"):
    row(
        name,
        (P, P[::-1] + 0.05),
        f"np.{name}(a, b, out=np.zeros(5))",
        f"np.{name}(a, b, where=b > 1, out=np.ones(5))",
        f"np.{name}(a, b, dtype=np.float64)",
    )
row("nan_to_num", N, "np.nan_to_num(a)", "np.nan_to_num(a, nan=1.0, posinf=2.0)", "np.nan_to_num(a, copy=False)")
row(
    "round",
    V,
    "np.round(a, 1) * a",
    "a.round(2) * a",
    "np.floor(a) * a",
    "np.ceil(a) * a",
    "np.trunc(a) * a",
    "np.rint(a) * a",
    "np.fix(a) * a",
)
row("unwrap", 3 * V, "np.unwrap(a)", "np.unwrap(a, discont=4.0)", "np.unwrap(a, period=5.0)")
row("modf", V, "np.modf(a)[0]", "np.divmod(a, 0.55)[1]")
row(
    "real",
    (V, W),
    "np.real(a + 1j * b)",
    "np.imag(a + 1j * b)",
    "np.abs(a + 1j * b)",
    "np.angle(a + 1j * b)",
    "np.angle(a + 1j * b, deg=True)",
    "np.real(np.conj(a + 1j * b) * b)",
    "np.real(np.exp(1j * a))",
    "(a + 1j * b).imag",
    "np.real_if_close(a)",
)
row(
    "ufunc ways",
    (A, B),
    "np.add.reduce(a, axis=1)",
    "np.add.reduce(a, axis=(0, 1))",
    "np.multiply.reduce(a, keepdims=True)",
    "np.maximum.reduce(a, axis=None)",
    "np.logaddexp.reduce(a, axis=1)",
    "np.hypot.reduce(a, axis=1)",
    "np.subtract.reduce(a)",
    "np.logaddexp.reduce(a)",
    "np.add.accumulate(a, axis=1)",
    "np.multiply.accumulate(a)",
    "np.minimum.accumulate(a, axis=1)",
    "np.multiply.outer(a, b)",
    "np.subtract.outer(a[0], b[1])",
    "np.add.reduceat(a, [0, 2], axis=1)",
    "np.add.reduce(a, initial=2.0)",
    "np.add.reduce(a, where=a > 0)",
)

# -------------------------------------------------------------------------------------------------- linear algebra

row(
    "linalg.norm",
    Q,
    *(f"np.linalg.norm(a, {o})" for o in ("'fro'", "'nuc'", "1", "-1", "2", "-2", "np.inf", "-np.inf")),
)
row(
    "linalg.norm",
    C,
    "np.linalg.norm(a)",
    "np.linalg.norm(a, axis=0)",
    "np.linalg.norm(a, axis=(0, 1))",
    "np.linalg.norm(a, ord=3, axis=2)",
    "np.linalg.norm(a, axis=1, keepdims=True)",
    "np.linalg.norm(a, 2, axis=(1, 2))",
    "np.linalg.norm(a * [1.0, 2.0, 3.0, 4.0], ord=np.inf, axis=-1)",
)
row("linalg.solve", (Q, A), "np.linalg.solve(a, b.T)", "np.linalg.solve(a, b[0])")
SHEETS = np.stack([Q, Q.T + np.eye(3)])
for name in ("inv", "pinv", "det", "svdvals"):
    row(f"linalg.{name}", SHEETS, f"np.linalg.{name}(a)", f"np.linalg.{name}(a[0])")
row(
    "linalg.pinv",
    A,
    "np.linalg.pinv(a)",
    "np.linalg.pinv(a, rcond=1e-10)",
    "np.linalg.pinv(a.T)",
)
row("linalg.slogdet", SHEETS, "np.linalg.slogdet(a)[1]", "np.linalg.slogdet(a[0]).logabsdet", "np.linalg.slogdet(a)[0]")
row(
    "linalg.lstsq",
    (A.T, V[:3]),
    "np.linalg.lstsq(a, b)[0]",
    "np.linalg.lstsq(a, b, rcond=None)[0]",
    "np.linalg.lstsq(a, b, rcond=None)[1]",
)
row("linalg.cholesky", S, "np.linalg.cholesky(a)", "np.linalg.cholesky(a @ a)", "np.linalg.cholesky(a, upper=True)")
row(
    "linalg.qr",
    Q,
    "np.linalg.qr(a)[0]",
    "np.linalg.qr(a)[1]",
    "np.linalg.qr(a, mode='r')",
    "np.linalg.qr(a, 'complete')[1]",
    "np.linalg.qr(a).R",
)
row(
    "linalg.svd",
    Q,
    "np.linalg.svd(a)[1]",
    "np.linalg.svd(a, compute_uv=False)",
    "np.linalg.svd(a, full_matrices=False)[1]",
    "np.linalg.svd(a).S",
    "np.abs(np.linalg.svd(a)[0])",
    "np.linalg.svd(a @ a.T, hermitian=True)[1]",
)
row("linalg.eigh", S, "np.linalg.eigh(a)[0]", "np.abs(np.linalg.eigh(a, UPLO='U')[1])", "np.linalg.eigh(a).eigenvalues")
row("linalg.eigvalsh", S, "np.linalg.eigvalsh(a)", "np.linalg.eigvalsh(a, 'U')")
T = np.array([[1.0, -2.0, 0.3], [1.5, 0.4, 0.2], [0.1, 0.5, 2.0]])  #: two of its eigenvalues are complex
row(
    "linalg.eig",
    T,
    "np.real(np.linalg.eig(a)[0])",
    "np.imag(np.linalg.eig(a)[0])",
    "np.abs(np.linalg.eig(a)[1])",
    "np.real(np.linalg.eig(a)[1])",
    "np.imag(np.linalg.eig(a).eigenvectors)",
    "np.abs(np.linalg.eig(a).eigenvalues)",
    "np.abs(np.linalg.eigvals(a))",
    "np.max(np.abs(np.linalg.eigvals(a)))",
)
row(
    "linalg.eig",
    S + 0.1 * Q,
    "np.linalg.eig(a)[0]",
    "np.linalg.eig(a)[1]",
    "np.linalg.eigvals(a)",
    "np.sort(np.linalg.eigvals(a))",
)
row("linalg.eig", np.stack([T, Q]), "np.abs(np.linalg.eig(a)[0])", "np.abs(np.linalg.eigvals(a))")
row(
    "linalg.matrix_power",
    SHEETS,
    "np.linalg.matrix_power(a, 3)",
    "np.linalg.matrix_power(a, -1)",
    "np.linalg.matrix_power(a, n=0)",
)
row("linalg.multi_dot", (Q, A), "np.linalg.multi_dot([b, a, a])")
row("linalg.cond", Q, "np.linalg.cond(a)", "np.linalg.cond(a, 'fro')", "np.linalg.cond(a, p=1)")
row("linalg.matrix_rank", Q, "a * np.linalg.matrix_rank(a)", "a * np.linalg.matrix_rank(a, tol=1e-8)")
row("linalg.tensorsolve", (np.eye(4).reshape(2, 2, 2, 2) + 0.1, A[:, :2]), "np.linalg.tensorsolve(a, b)")
row("linalg.tensorinv", np.eye(4).reshape(2, 2, 2, 2) + 0.1, "np.linalg.tensorinv(a)", "np.linalg.tensorinv(a, ind=2)")

# --------------------------------------------------------------------------------------------------------- spectra

for name in ("fft", "ifft", "rfft"):
    row(
        f"fft.{name}",
        A,
        f"np.abs(np.fft.{name}(a))",
        f"np.abs(np.fft.{name}(a, 4))",
        f"np.real(np.fft.{name}(a, axis=0))",
        f"np.imag(np.fft.{name}(a, n=2, norm='ortho'))",
        f"np.abs(np.fft.{name}(a, norm='forward'))",
    )
row(
    "fft.irfft",
    A,
    "np.fft.irfft(a)",
    "np.fft.irfft(a, 3)",
    "np.fft.irfft(a, axis=0, norm='ortho')",
    "np.fft.irfft(a, n=6)",
)
row("fft.hfft", A, "np.fft.hfft(a)", "np.abs(np.fft.ihfft(a))")
for name in ("fft2", "ifft2", "fftn", "ifftn", "rfft2", "rfftn"):
    row(
        f"fft.{name}",
        A,
        f"np.abs(np.fft.{name}(a))",
        f"np.real(np.fft.{name}(a, s=(2, 4), axes=(0, 1)))",
        f"np.abs(np.fft.{name}(a, norm='ortho'))",
    )
row(
    "fft.irfft2",
    A,
    "np.fft.irfft2(np.fft.rfft2(a), s=(2, 3))",
    "np.fft.irfftn(np.fft.rfftn(a), s=(2, 3), axes=(0, 1))",
    "np.fft.irfft2(a)",
)
row("fft.fftshift", A, "np.fft.fftshift(a)", "np.fft.ifftshift(a, axes=0)", "np.fft.fftshift(a, axes=(1,))")

# --------------------------------------------------------------------------------------------- called now and then

row(
    "geomspace",
    P,
    "np.geomspace(a[0], a[2], 5)",
    "np.geomspace(a, 3.0, 4, endpoint=False)",
    "np.geomspace(-a[1], -a[3], num=3)",
)
row("geomspace", P, "np.geomspace(1.0, a[:2], 4, axis=1)", "np.geomspace(a[0], 2.0, 1)")
row(
    "polydiv",
    (V, W[:3]),
    "np.polydiv(a, b)[0]",
    "np.polydiv(a, b)[1]",
    "np.polydiv(b, a)[1]",
    "np.polydiv(a, [2.0, 1.0])[0]",
)
row("roots", V, "np.abs(np.roots(a))", "np.real(np.roots(a[:3]))", "np.roots([1.0, a[1], a[2] - 9, 0.0])")
row("frexp", P, "np.frexp(a)[0]", "np.frexp(a)[1] * a")
row("ix_", Q, "a[np.ix_(a[0] > 0.3, [1, 2])]")
row("array2string", V, "a * bool(np.array2string(a))")
row("min_scalar_type", V, "a * (np.min_scalar_type(a) == np.float64)")
row("pad", A, *(f"np.pad(a, 2, mode={mode!r})" for mode in ("mean", "maximum", "minimum", "median", "linear_ramp")))
row("pad", C, "np.pad(a, ((1, 0), (0, 2), (1, 1)), mode='mean')")
row("pad", A, "np.pad(a, ((1, 2), (0, 3)), 'linear_ramp', end_values=(1.5, -2))")
