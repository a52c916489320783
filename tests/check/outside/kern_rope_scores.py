from types import SimpleNamespace

import numpy as np


def angles(seq_len, dim, base=100.0):
    freq = base ** (-np.arange(0, dim, 2) / dim)
    theta = np.outer(np.arange(1, seq_len + 1), freq)
    return np.cos(theta), np.sin(theta)


def rotate(x, cos, sin):
    """Rotate the pairs (x0, x1), (x2, x3), ... of the last axis."""
    out = np.empty_like(x)
    out[..., 0::2] = x[..., 0::2] * cos - x[..., 1::2] * sin
    out[..., 1::2] = x[..., 0::2] * sin + x[..., 1::2] * cos
    return out


def scores_fwd(q, k):
    # q, k: [batch, time, dim]   ->   logits: [batch, time, time]
    ctx = SimpleNamespace()
    ctx.cos, ctx.sin = angles(q.shape[1], q.shape[2])
    ctx.q_rot = rotate(q, ctx.cos, ctx.sin)
    ctx.k_rot = rotate(k, ctx.cos, ctx.sin)
    ctx.scale = 1.0 / np.sqrt(q.shape[2])
    logits = ctx.scale * np.einsum("btd,bsd->bts", ctx.q_rot, ctx.k_rot)
    return logits, ctx


def scores_bwd(grad_logits, ctx):
    g = ctx.scale * grad_logits
    grad_q_rot = np.einsum("bts,bsd->btd", g, ctx.k_rot)
    grad_k_rot = np.einsum("bts,btd->bsd", g, ctx.q_rot)
    # the inverse of a rotation is its transpose
    grad_q = np.empty_like(grad_q_rot)
    grad_q[..., 0::2] = grad_q_rot[..., 0::2] * ctx.cos + grad_q_rot[..., 1::2] * ctx.sin
    grad_q[..., 1::2] = grad_q_rot[..., 1::2] * ctx.cos - grad_q_rot[..., 0::2] * ctx.sin
    # ... which is the rotation by -theta
    grad_k = rotate(grad_k_rot, ctx.cos, -ctx.sin)
    return grad_q, grad_k
