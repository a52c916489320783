import numpy as np

# pre-LN feed-forward block of a small GPT, everything fp32.  x: (B, T, C)
# y = x + gelu(ln(x) @ w_up + b_up) @ w_down

GELU_C = np.float32(0.7978845608)


def block_fwd(x, ln_w, ln_b, w_up, b_up, w_down):
    mean = x.mean(-1, keepdims=True)
    xm = x - mean
    rstd = 1 / np.sqrt((xm * xm).mean(-1, keepdims=True) + np.float32(1e-5))
    norm = xm * rstd
    ln = norm * ln_w + ln_b

    pre = ln @ w_up + b_up
    th = np.tanh(GELU_C * (pre + np.float32(0.044715) * pre**3))
    act = np.float32(0.5) * pre * (1 + th)
    y = x + act @ w_down
    return y, (rstd, norm, ln_w, ln, w_up, pre, th, act, w_down)


def block_bwd(dy, saved):
    rstd, norm, ln_w, ln, w_up, pre, th, act, w_down = saved
    C = norm.shape[-1]
    F = pre.shape[-1]

    # down projection
    dact = dy @ w_down.T
    dw_down = act.reshape(-1, F).T @ dy.reshape(-1, C)

    # gelu (tanh version)
    dinner = GELU_C * (1 + 3 * np.float32(0.044715) * pre**2)
    dpre = np.float32(0.5) * (1 + th) + np.float32(0.5) * pre * (1 - th * th) * dinner
    dpre *= dact

    # up projection
    dln = dpre @ w_up.T
    dw_up = ln.reshape(-1, C).T @ dpre.reshape(-1, F)
    db_up = dpre.sum((0, 1))

    # layernorm
    dln_w = (dln * norm).sum((0, 1))
    dln_b = dln.sum((0, 1))
    dnorm = dln * ln_w
    dx = dnorm - dnorm.mean(-1, keepdims=True)
    dx -= norm * (dnorm * norm).mean(-1, keepdims=True)
    dx *= rstd

    # residual
    dx += dy
    return dx, dln_w, dln_b, dw_up, db_up, dw_down
