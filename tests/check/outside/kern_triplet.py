import numpy as np


def l2norm(v):
    n = np.sqrt(np.sum(v * v, axis=1, keepdims=True))
    return v / n, n


def l2norm_bwd(g, unit, n):
    return (g - unit * np.sum(g * unit, axis=1, keepdims=True)) / n


def triplet_loss(anchor, positive, negative, margin=0.4):
    """mean of max(0, |a-p|^2 - |a-n|^2 + margin) on the unit sphere; returns (loss, (ga, gp, gn))"""
    a, a_len = l2norm(anchor)
    p, p_len = l2norm(positive)
    n, n_len = l2norm(negative)

    ap = a - p
    an = a - n
    dist = (ap**2).sum(1) - (an**2).sum(1) + margin
    active = (dist > 0).astype(dist.dtype)
    loss = np.mean(dist * active)

    # backward
    delta = np.full_like(dist, 1.0 / len(dist))
    delta *= active
    delta = delta[:, None]
    g_ap = 2 * ap * delta
    g_an = -2 * an * delta
    g_p = -g_ap
    g_n = -g_an
    g_a = g_ap + g_an

    grad_anchor = l2norm_bwd(g_a, a, a_len)
    grad_positive = l2norm_bwd(g_p, p, p_len)
    grad_negative = l2norm_bwd(g_n, n, n_len)
    return loss, (grad_anchor, grad_positive, grad_negative)
