# reference for the fused rmsnorm + causal attention kernel, fp32 accumulate, one head
import numpy as np

f32 = np.float32


def rmsnorm(x, g):
    inv = f32(1) / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + f32(1e-5))
    return x * inv * g, inv


def rmsnorm_bwd(dy, x, g, inv):
    dg = np.sum(dy * x * inv, axis=0)
    dxn = dy * g
    dx = dxn * inv
    dx -= x * inv**3 * np.mean(dxn * x, axis=-1, keepdims=True)
    return dx, dg


def softmax_bwd(dp, p):
    return p * (dp - np.sum(dp * p, axis=-1, keepdims=True))


def attn_fwd(x, g, wq, wk, wv):
    """x [S,D], g [D], w* [D,E] -> o [S,E]"""
    S, E = x.shape[0], wq.shape[1]
    scale = f32(1 / np.sqrt(E))
    xn, inv = rmsnorm(x, g)
    q = xn @ wq
    k = xn @ wk
    v = xn @ wv
    s = (q @ k.T) * scale
    s[np.triu_indices(S, 1)] = f32(-1e9)
    p = np.exp(s - s.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    o = p @ v
    return o, (x, g, wq, wk, wv, xn, inv, q, k, v, p, scale)


def attn_bwd(do, saved):
    x, g, wq, wk, wv, xn, inv, q, k, v, p, scale = saved
    dv = p.T @ do
    dp = do @ v.T
    ds = softmax_bwd(dp, p) * scale
    dq = ds @ k
    dk = ds.T @ q

    dwq = xn.T @ dq
    dwk = xn.T @ dk
    dwv = xn.T @ dv
    dxn = dq @ wq.T
    dxn += dk @ wk.T
    dxn += dv @ wv.T
    dx, dg = rmsnorm_bwd(dxn, x, g, inv)
    return dx, dg, dwq, dwk, dwv
