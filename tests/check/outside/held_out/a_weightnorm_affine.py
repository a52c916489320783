import numpy as np


def wn_affine_forward(x, v, g, b):
    """
    Fully connected layer with weight normalization (Salimans & Kingma).

    Inputs:
    - x: array of shape (N, d_1, ..., d_k)
    - v: directions, shape (D, M), D = d_1 * ... * d_k
    - g: lengths, shape (M,)
    - b: biases, shape (M,)

    Returns a tuple of:
    - out: output, shape (N, M)
    - cache: what backward needs
    """
    N = x.shape[0]
    norm = np.sqrt(np.sum(v ** 2, axis=0))
    v_hat = v / norm
    w = g * v_hat
    out = x.reshape(N, -1).dot(w) + b
    cache = (x, v, g, norm, v_hat, w)
    return out, cache


def wn_affine_backward(dout, cache):
    """
    Returns a tuple of dx, dv, dg, db with the shapes of x, v, g, b.
    """
    x, v, g, norm, v_hat, w = cache
    N = x.shape[0]
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T.dot(dout)
    db = np.sum(dout, axis=0)
    dg = np.sum(dw * v_hat, axis=0)
    # the part of dw along v only changes the length, which v does not have any more
    dv = g / norm * (dw - v_hat * dg)
    return dx, dv, dg, db
