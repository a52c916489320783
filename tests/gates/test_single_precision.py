"""Calls with lists and plain numbers beside an array in single precision: dtype and bits are NumPy's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import gatewise as gw
from gatewise._tensor import Tensor

X = np.array([1.0, 2.0, 3.0], np.float32)
AROUND = {"L": [1.5, 2.0, -1.0], "M": [[1.0, 2.0, 3.0], [0.0, 1.0, 2.0], [2.0, 0.0, 1.0]]}

TABLE = """
np.polyval(L,x) np.polyval((1,2),x[:0]) np.polyval(x,L) np.polymul(L,x) np.polyadd(L,x) np.polysub(L,x)
np.polydiv(x,L)[0] np.polyder(x) np.polyint(x) np.polyint(x,k=1.0) np.polyfit(L,x,1) np.polyfit(x,L,1) np.poly(x)
np.roots(x) np.roots([1.0,x[0],2.0]) np.convolve(x,L) np.correlate(x,L) np.interp(L,[0.0,1.0,2.0],x)
np.interp(x,[0.0,1.0,2.0],L) np.trapezoid(x,L) np.average(x,weights=L) np.cross(x,L) np.dot(x,L) np.dot(L,x)
np.kron(x,L) np.inner(x,L) np.outer(x,L) np.vdot(x,L) np.tensordot(x,L,1) np.matmul(M,x) np.einsum('i,i',x,L)
np.where([True,False,True],x,L) np.concatenate([x,L]) np.stack([x,L]) np.vstack([x,L]) np.column_stack([x,L])
np.append(x,L) np.insert(x,1,L) np.linalg.solve(M,x) np.linalg.lstsq(M,x)[0] np.maximum(x,L) np.hypot(x,L)
np.clip(x,L,4) np.clip(x,0.0,2.0) np.select([x>1],[x],L) np.choose([0,1,0],[x,L]) np.cov(x,L) np.corrcoef(x,L)
np.gradient(x,L) np.gradient(x,0.5) np.gradient(x,L,edge_order=2) np.gradient(x) np.ediff1d(x,L)
np.diff(x,prepend=[1.0]) np.diff(x,append=1.0) np.pad(x,1,constant_values=2.0) np.linspace(x,L,3) np.linspace(L,x,3)
np.linspace(0.0,x,3) np.logspace(0,x,3) np.geomspace(1.0,x,3) np.quantile(x,[0.1,0.5]) np.percentile(x,30)
np.vander(x,3) np.power(x,L) np.power(x,2) np.float_power(x,2) np.copysign(x,L) np.logaddexp(x,L) np.fmax(x,L)
np.arctan2(x,L) np.linalg.multi_dot([M,x]) np.nan_to_num(x,nan=1.0)
np.piecewise(x,[x>2],[np.negative,1.0]) np.unwrap(x) np.bincount([0,1,1],weights=x) np.r_[x,L] np.c_[x,L]
np.array([x,L]) x@L x+L x*L np.sum(x,initial=1.0) np.prod(x,initial=2.0) np.max(x,initial=9.0) np.mean(x) np.std(x)
np.median(x) np.fft.fft(x) np.sinc(x) np.cumsum(x) np.linalg.norm(x) np.linalg.norm(x,3) np.take(x,[0,1])
np.round(x,1) np.trace(M*x) np.meshgrid(x,L)[1] np.spacing(x) np.fromiter(x,float) np.fromiter(x,np.float32,count=2)
np.lib.stride_tricks.sliding_window_view(x,2) np.divmod(x,L)[0] np.mod(x,L) np.floor_divide(x,L) np.heaviside(x,0.5)
"""
CALLS = TABLE.split()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.filterwarnings("ignore")
def test_dtype_and_bits_are_numpys(call: str) -> None:
    found = []

    def f(x: Any) -> Any:
        found.append(eval(call, {**AROUND, "np": np, "x": x}))  # noqa: S307  (a call of the table above)
        return np.sum(x)

    gw.grad(f)(X)
    with warnings.catch_warnings():
        want = np.asarray(eval(call, {**AROUND, "np": np, "x": X}))  # noqa: S307
    have = np.asarray(found[0].value if type(found[0]) is Tensor else found[0])
    assert (have.dtype, have.shape) == (want.dtype, want.shape)
    np.testing.assert_array_equal(have, want)


@pytest.mark.parametrize("least", [1.0, 1.51])
def test_a_number_of_numpys_may_be_indexed_forward_too(least: float) -> None:
    def f(x: Any) -> Any:
        double = np.add(x, x)
        return np.sum(double[double > least] ** 2)

    want = 8 * 0.7 if least < 1.4 else 0.0
    assert gw.grad(f)(0.7) == pytest.approx(want)
    assert gw.jvp(f, (0.7,), (1.0,))[1] == pytest.approx(want)
    assert gw.grad(gw.grad(f))(0.7) == pytest.approx(want / 0.7)
