"""LayerNorm by hand, to understand the fused kernel. float32 like the real thing."""
import numpy as np

EPS = np.float32(1e-5)


def layernorm_mse(x, gamma, beta, target):
    # ---- forward
    mu = x.mean(-1, keepdims=True)
    xc = x - mu
    var = np.square(xc).mean(-1, keepdims=True)
    rstd = 1 / np.sqrt(var + EPS)
    xhat = xc * rstd
    y = xhat * gamma + beta
    err = y - target
    loss = np.square(err).mean() / 2

    # ---- backward
    g_y = err / err.size
    g_beta = g_y.sum(0)
    g_gamma = (g_y * xhat).sum(0)
    g_xhat = g_y * gamma
    c1 = g_xhat.mean(-1, keepdims=True)
    c2 = (g_xhat * xhat).mean(-1, keepdims=True)
    g_x = rstd * (g_xhat - c1 - xhat * c2)
    return loss, (g_x, g_gamma, g_beta)
