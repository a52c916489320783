"""Weight-normalised dense layer followed by mish."""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def wn_mish_fwd(x, v, g, b):
    """x (N, I), v (O, I), g (O,), b (O,)  ->  y (N, O)"""
    vnorm = np.sqrt((v * v).sum(axis=1))
    w = v * (g / vnorm)[:, None]
    a = x @ w.T + b
    t = np.tanh(np.logaddexp(0.0, a))
    y = a * t
    ctx = dict(x=x, v=v, g=g, vnorm=vnorm, w=w, a=a, t=t)
    return y, ctx


def wn_mish_bwd(gy, ctx):
    v, g, vnorm = ctx["v"], ctx["g"], ctx["vnorm"]
    a, t = ctx["a"], ctx["t"]
    # mish'(a) = tanh(sp) + a * sech^2(sp) * sigmoid(a),  sp = softplus(a)
    ga = gy * (t + a * (1.0 - t**2) * sigmoid(a))
    gb = ga.sum(axis=0)
    gx = ga @ ctx["w"]
    gw = ga.T @ ctx["x"]
    # w = g * v/|v|: only the part of gw across v reaches v
    unit = v / vnorm[:, None]
    gg = (gw * unit).sum(axis=1)
    gv = (g / vnorm)[:, None] * (gw - gg[:, None] * unit)
    return gx, gv, gg, gb
