"""LayerNorm over the last dimension: the numbers the fused kernel has to reproduce."""

import numpy as np

EPS = 1e-5


def layernorm_fwd(x, weight, bias):
    mu = x.mean(axis=-1, keepdims=True)
    xc = x - mu
    var = np.mean(xc * xc, axis=-1, keepdims=True)
    rstd = 1.0 / np.sqrt(var + EPS)
    xhat = xc * rstd
    y = xhat * weight + bias
    return y, (xhat, rstd, weight)


def layernorm_bwd(dy, saved):
    xhat, rstd, weight = saved
    # parameters: reduce over the rows
    dbias = dy.sum(axis=0)
    dweight = (dy * xhat).sum(axis=0)
    # input: remove from dxhat its mean and its component along xhat, row by row
    dxhat = dy * weight
    row_dot = np.mean(dxhat * xhat, axis=-1, keepdims=True)
    row_mean = np.mean(dxhat, axis=-1, keepdims=True)
    dx = dxhat - row_mean
    dx -= xhat * row_dot
    dx *= rstd
    return dx, dweight, dbias
