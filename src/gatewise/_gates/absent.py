"""NumPy's functions that have no gate: what gives the same, in gates.

A row is a call and what to write in its place. `x`, `y` are vectors (numbers too, where the function takes entries one
by one), `A`, `B` matrices, `k`, `n` whole numbers, `c`, `d` conditions. A row goes when the function gets a gate;
tests/gates/test_absent.py runs every row, its value and its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gatewise._gates.gate import GATES

INSTEAD = {
    # entry by entry
    "np.arcsinh(x)": "np.where(x < 0, -np.log(np.hypot(x, 1) - x), np.log(np.hypot(x, 1) + x))",
    "np.arccosh(x)": "np.log(x + np.sqrt(x - 1) * np.sqrt(x + 1))",
    "np.arctanh(x)": "(np.log1p(x) - np.log1p(-x)) / 2",
    "np.log10(x)": "np.log(x) / np.log(10)",
    "np.log2(x)": "np.log(x) / np.log(2)",
    "np.exp2(x)": "2.0**x",
    "np.logaddexp2(x, y)": "np.logaddexp(x * np.log(2), y * np.log(2)) / np.log(2)",
    "np.cbrt(x)": "np.sign(x) * np.abs(x)**(1 / 3)",
    "np.float_power(x, y)": "x**y",
    "np.fabs(x)": "np.abs(x)",
    "np.deg2rad(x)": "x * (np.pi / 180)",
    "np.radians(x)": "x * (np.pi / 180)",
    "np.rad2deg(x)": "x * (180 / np.pi)",
    "np.degrees(x)": "x * (180 / np.pi)",
    "np.copysign(x, y)": "np.abs(x) * np.where(y < 0, -1.0, 1.0)",
    "np.heaviside(x, 0.5)": "np.where(x > 0, 1.0, np.where(x < 0, 0.0, 0.5))",
    "np.fmod(x, y)": "x - np.trunc(x / y) * y",
    "np.divmod(x, y)": "(x // y, x % y)",
    "np.fmax(x, y)": "np.where(np.isnan(x), y, np.where(np.isnan(y), x, np.maximum(x, y)))",
    "np.fmin(x, y)": "np.where(np.isnan(x), y, np.where(np.isnan(y), x, np.minimum(x, y)))",
    "np.round(x)": "np.rint(x)",
    "np.round(x, k)": "np.rint(x * 10.0**k) / 10.0**k",
    "np.around(x)": "np.rint(x)",
    "np.fix(x)": "np.trunc(x)",
    "np.nan_to_num(x)": "np.clip(np.where(np.isnan(x), 0.0, x), np.finfo(float).min, np.finfo(float).max)",
    "np.isinf(x)": "np.abs(x) == np.inf",
    "np.isposinf(x)": "x == np.inf",
    "np.isneginf(x)": "x == -np.inf",
    "np.signbit(x)": "x < 0",
    "np.isclose(x, y)": "np.abs(x - y) <= 1e-8 + 1e-5 * np.abs(y)",
    "np.select([c, d], [x, y])": "np.where(c, x, np.where(d, y, 0))",
    # totals
    "np.median(x)": "np.sum(x[np.argsort(x.numpy())[[(len(x) - 1) // 2, len(x) // 2]]]) / 2",
    "np.average(x)": "np.mean(x)",
    "np.average(x, weights=y)": "np.sum(x * y) / np.sum(y)",
    "np.ptp(x)": "np.max(x) - np.min(x)",
    "np.nansum(x)": "np.sum(np.where(np.isnan(x), 0, x))",
    "np.nanmean(x)": "np.sum(np.where(np.isnan(x), 0, x)) / np.sum(~np.isnan(x))",
    "np.nanmax(x)": "np.max(np.where(np.isnan(x), -np.inf, x))",
    "np.nanmin(x)": "np.min(np.where(np.isnan(x), np.inf, x))",
    "np.count_nonzero(x)": "np.sum(x != 0)",
    "np.cumsum(x)": "np.tri(len(x)) @ x",
    "np.cumprod(x)": "np.stack([np.prod(x[: i + 1]) for i in range(len(x))])",
    "np.diff(x)": "x[1:] - x[:-1]",
    "np.trapezoid(y, x)": "np.sum((y[1:] + y[:-1]) / 2 * (x[1:] - x[:-1]))",
    "np.cov(A)": "(A - A.mean(1, keepdims=True)) @ (A - A.mean(1, keepdims=True)).T / (A.shape[1] - 1)",
    "np.polyval(x, y)": "sum(a * y**i for i, a in enumerate(x[::-1]))",
    "np.add.reduce(A)": "np.sum(A, axis=0)",
    "np.multiply.reduce(A)": "np.prod(A, axis=0)",
    "np.maximum.reduce(A)": "np.max(A, axis=0)",
    "np.minimum.reduce(A)": "np.min(A, axis=0)",
    "np.add.accumulate(x)": "np.tri(len(x)) @ x",
    "np.add.outer(x, y)": "x[:, None] + y",
    "np.subtract.outer(x, y)": "x[:, None] - y",
    "np.multiply.outer(x, y)": "np.outer(x, y)",
    # matrices
    "np.cross(x, y)": "np.stack([x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]])",
    "np.inner(x, y)": "x @ y",
    "np.inner(A, B)": "A @ B.T",
    "np.vdot(x, y)": "x @ y",
    "np.vecdot(A, B)": "np.sum(A * B, axis=-1)",
    "np.kron(x, y)": "np.ravel(np.outer(x, y))",
    "np.trace(A)": "np.sum(A * np.eye(*A.shape))",
    "np.diag(A)": "A[np.arange(len(A)), np.arange(len(A))]",
    "np.diag(x)": "x[:, None] * np.eye(len(x))",
    "np.diagonal(A)": "A[np.arange(len(A)), np.arange(len(A))]",
    "np.tril(A)": "np.where(np.tri(*A.shape) == 1, A, 0)",
    "np.triu(A)": "np.where(np.tri(*A.shape, -1) == 0, A, 0)",
    "np.linalg.norm(x)": "np.sqrt(np.sum(x**2))",
    "np.linalg.norm(A, axis=1)": "np.sqrt(np.sum(A**2, axis=1))",
    "np.linalg.det(A)": "np.linalg.slogdet(A)[0] * np.exp(np.linalg.slogdet(A)[1])",
    "np.linalg.solve(A, x)": "np.linalg.inv(A) @ x",
    "np.linalg.matrix_power(A, 2)": "A @ A",
    # order and place
    "np.sort(x)": "x[np.argsort(x.numpy())]",
    "np.argsort(x)": "np.argsort(x.numpy())",
    "np.nonzero(x)": "np.nonzero(x.numpy())",
    "np.searchsorted(x, y)": "np.searchsorted(x.numpy(), y.numpy())",
    "np.hstack([x, y])": "np.concatenate([x, y])",
    "np.hstack([A, B])": "np.concatenate([A, B], axis=1)",
    "np.vstack([x, y])": "np.stack([x, y])",
    "np.vstack([A, B])": "np.concatenate([A, B])",
    "np.dstack([A, B])": "np.stack([A, B], axis=2)",
    "np.column_stack([x, y])": "np.stack([x, y], axis=1)",
    "np.append(x, y)": "np.concatenate([x, y])",
    "np.delete(x, k)": "np.concatenate([x[:k], x[k + 1 :]])",
    "np.insert(x, k, y)": "np.concatenate([x[:k], y, x[k:]])",
    "np.hsplit(A, n)": "np.split(A, n, axis=1)",
    "np.vsplit(A, n)": "np.split(A, n)",
    "np.flip(x)": "x[::-1]",
    "np.flip(A)": "A[::-1, ::-1]",
    "np.flipud(A)": "A[::-1]",
    "np.fliplr(A)": "A[:, ::-1]",
    "np.rot90(A)": "A.T[::-1]",
    "np.roll(x, k)": "x[(np.arange(len(x)) - k) % len(x)]",
    "np.repeat(x, n)": "x[np.arange(n * len(x)) // n]",
    "np.tile(x, n)": "np.concatenate([x] * n)",
    "np.pad(x, n)": "np.concatenate([np.zeros(n), x, np.zeros(n)])",
    "np.take(x, k)": "x[k]",
    "np.compress(c, x)": "x[c]",
    "np.extract(c, x)": "x[c]",
    "np.atleast_2d(x)": "x[None, :]",
    "np.moveaxis(A, 0, 1)": "np.transpose(A, (1, 0))",
}


SIGNS = {"^": "x**2 for a power; ^ is exclusive or"}  #: what is meant by an operator that has no gate


def instead(name: str) -> str:
    """What to write for calls of a function of NumPy's that has no gate; empty where nothing is known.

    >>> instead("np.log2")
    'np.log(x) / np.log(2) for np.log2(x)'
    """
    return SIGNS.get(name) or "; ".join(f"{text} for {call}" for call, text in rows_of(name))


def rows_of(name: str) -> Iterator[tuple[str, str]]:
    """The rows of a function: `np.flip`, `np.linalg.det`, `np.add.reduce`."""
    return ((call, text) for call, text in INSTEAD.items() if call.startswith(f"{name}("))


def instead_of(bare: str) -> str:
    """The same for a bare name, also where NumPy has the function under several.

    >>> instead_of("atanh")
    '(np.log1p(x) - np.log1p(-x)) / 2 for np.arctanh(x)'
    """
    return instead(f"np.{getattr(getattr(np, bare, None), '__name__', bare)}")


def instead_if_numpys(bare: str) -> str | None:
    """The same where it is the name of a function of NumPy's that has no gate; else None.

    >>> instead_if_numpys("log2"), instead_if_numpys("sum"), instead_if_numpys("meen")
    ('np.log(x) / np.log(2) for np.log2(x)', None, None)
    """
    function = getattr(np, bare, None)
    is_without = callable(function) and not isinstance(function, type) and function not in GATES
    return instead_of(bare) if is_without else None
