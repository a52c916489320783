import numpy as np


def update(x, P, z, H, R):
    """Kalman measurement update of the mean. Returns (x_post, cache)."""
    v = z - H @ x                    # innovation
    S = H @ P @ H.T + R
    Sinv = np.linalg.inv(S)
    w = Sinv @ v
    u = H.T @ w
    x_post = x + P @ u
    cache = (x, P, H, Sinv, w, u)
    return x_post, cache


def update_backward(dx_post, cache):
    """P and R are treated as general matrices (symmetrise afterwards if you must)."""
    x, P, H, Sinv, w, u = cache

    # x_post = x + P u
    dx = dx_post.copy()
    dP = np.outer(dx_post, u)
    du = P.T @ dx_post

    # u = H' w
    dH = np.outer(w, du)
    dw = H @ du

    # w = inv(S) v
    dv = Sinv.T @ dw
    dS = -np.outer(dv, w)

    # S = H P H' + R
    dP += H.T @ dS @ H
    dH += dS @ H @ P.T + dS.T @ H @ P
    dR = dS

    # v = z - H x
    dz = dv
    dH -= np.outer(dv, x)
    dx -= H.T @ dv
    return dx, dP, dz, dH, dR
