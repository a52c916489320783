"""Single-head graph attention on an edge list (src -> dst), no framework."""
import numpy as np

SLOPE = 0.2


def scatter_sum(values, index, size):
    acc = np.zeros((size,) + values.shape[1:])
    np.add.at(acc, index, values)
    return acc


def gat_fwd(H, W, att_src, att_dst, src, dst):
    n = H.shape[0]
    Z = H @ W
    raw = (Z @ att_src)[src] + (Z @ att_dst)[dst]
    score = np.where(raw > 0, raw, SLOPE * raw)

    # softmax over the incoming edges of every node
    top = np.full(n, -np.inf)
    np.maximum.at(top, dst, score)
    ex = np.exp(score - top[dst])
    alpha = ex / scatter_sum(ex, dst, n)[dst]

    out = scatter_sum(alpha[:, None] * Z[src], dst, n)
    return out, (H, W, att_src, att_dst, src, dst, Z, raw, alpha)


def gat_bwd(gout, cache):
    H, W, att_src, att_dst, src, dst, Z, raw, alpha = cache
    n = H.shape[0]
    gmsg = gout[dst]                                   # (E, F), one row per edge
    galpha = (gmsg * Z[src]).sum(1)
    gZ = scatter_sum(alpha[:, None] * gmsg, src, n)

    mean = scatter_sum(alpha * galpha, dst, n)
    gscore = alpha * (galpha - mean[dst])
    graw = gscore * np.where(raw > 0, 1.0, SLOPE)

    gs = scatter_sum(graw, src, n)
    gd = scatter_sum(graw, dst, n)
    g_att_src = Z.T @ gs
    g_att_dst = Z.T @ gd
    gZ += np.outer(gs, att_src)
    gZ += np.outer(gd, att_dst)

    gW = H.T @ gZ
    gH = gZ @ W.T
    return gH, gW, g_att_src, g_att_dst
