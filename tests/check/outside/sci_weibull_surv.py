"""
Weibull accelerated failure time model with right censoring (pumps, field data).

    log T = X b + W / k,   W standard Gumbel (minimum)
"""
import numpy as np

f32 = np.float32
HOURS = np.array([0.4, 1.1, 1.5, 0.7, 1.9, 0.9], dtype=f32)     # in 1000 h
FAILED = np.array([1, 0, 1, 1, 0, 1], dtype=f32)                # 0: still running


def nll_and_grad(params, X, hours, failed):
    b = params[:-1]
    logk = params[-1]
    n = f32(len(hours))
    k = np.exp(logk)
    dev = np.log(hours) - X @ b
    z = k * dev
    H = np.exp(z)                                     # cumulative hazard
    loglik = failed * (logk + z - np.log(hours)) - H
    nll = -loglik.sum() / n

    grad_z = (H - failed) / n
    grad_dev = k * grad_z
    grad_b = -X.T @ grad_dev
    grad_k = np.sum(grad_z * dev)
    grad_logk = k * grad_k - failed.sum() / n
    return nll, np.concatenate([grad_b, [grad_logk]]).astype(f32)
